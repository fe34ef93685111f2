"""A quiet watcher costs its request and nothing else: what its polls need is remembered, and noted in groups.

Nine polls of ten bring no news. For those, the state, the validators and the next due moment come
from memory, and "looked, all quiet" is written for all watchers in one transaction by `flush`. A
process killed in between loses the time of its last quiet looks, never a notice. The memory of a
watcher ends with anything that is not quiet; what another process put on its shelf is seen at the
next `flush`.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from controlwatch.core.model import Validators
    from controlwatch.core.model.state import WatcherState


@dataclass(slots=True)
class CachedWatcher:
    """What is remembered of one watcher."""

    state: WatcherState
    validators: dict[str, Validators]
    next_due_at: datetime | None
    is_saved: bool = True  #: the store holds all of it


@dataclass(slots=True)
class PollCache:
    """The quiet watchers of this process."""

    _watchers: dict[str, CachedWatcher] = field(default_factory=dict)
    _watcher_by_url: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def find_state(self, watcher_id: str) -> WatcherState | None:
        """The remembered state."""
        quiet = self._watchers.get(watcher_id)
        return None if quiet is None else quiet.state

    def find_validators(self, url: str) -> Validators | None:
        """The remembered validators of an index."""
        quiet = self._watchers.get(self._watcher_by_url.get(url, ""))
        return None if quiet is None else quiet.validators.get(url)

    def has_nothing_due(self, watcher_id: str, now: datetime) -> bool:
        """Whether it is known that no reference is due."""
        quiet = self._watchers.get(watcher_id)
        return quiet is not None and (quiet.next_due_at is None or quiet.next_due_at > now)

    def remember(
        self,
        state: WatcherState,
        validators: Mapping[str, Validators],
        *,
        next_due_at: datetime | None,
    ) -> None:
        """Begin to remember a watcher whose poll was quiet and has been written."""
        with self._lock:
            self._watchers[state.id] = CachedWatcher(state, dict(validators), next_due_at)
            self._watcher_by_url.update(dict.fromkeys(validators, state.id))

    def record_quiet_poll(self, state: WatcherState, validators: Mapping[str, Validators]) -> bool:
        """Note one more quiet poll in memory; False when the watcher is not remembered as it is now.

        What is odd about a source is written: it is told from the store.
        """
        with self._lock:
            quiet = self._watchers.get(state.id)
            if quiet is None or quiet.validators.keys() != validators.keys():
                return False
            if quiet.state.concern != state.concern:
                return False
            quiet.state, quiet.is_saved = state, False
            quiet.validators.update(validators)
            return True

    def forget(self, watcher_id: str) -> None:
        """End the memory of a watcher: the store is right again."""
        with self._lock:
            quiet = self._watchers.pop(watcher_id, None)
            for url in quiet.validators if quiet is not None else ():
                self._watcher_by_url.pop(url, None)

    def take_unsaved(self) -> list[CachedWatcher]:
        """Take what the store does not hold yet."""
        with self._lock:
            waiting = [quiet for quiet in self._watchers.values() if not quiet.is_saved]
            for quiet in waiting:
                quiet.is_saved = True
            return [replace(quiet, validators=dict(quiet.validators)) for quiet in waiting]

    def update_next_due(self, found: Mapping[str, datetime]) -> None:
        """Take over the moments at which references are due, by watcher; one not named has none."""
        with self._lock:
            for watcher_id, quiet in self._watchers.items():
                quiet.next_due_at = found.get(watcher_id)
