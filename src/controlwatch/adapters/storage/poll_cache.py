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

    from controlwatch.core.model.state import Validators, WatcherState


@dataclass(slots=True)
class Quiet:
    """What is remembered of one watcher."""

    state: WatcherState
    validators: dict[str, Validators]
    next_due_at: datetime | None
    noted: bool = True  #: the store holds all of it


@dataclass(slots=True)
class QuietWatchers:
    """The quiet watchers of this process."""

    _held: dict[str, Quiet] = field(default_factory=dict)
    _by_url: dict[str, str] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def state(self, watcher_id: str) -> WatcherState | None:
        """The remembered state."""
        quiet = self._held.get(watcher_id)
        return None if quiet is None else quiet.state

    def validators(self, url: str) -> Validators | None:
        """The remembered validators of an index."""
        quiet = self._held.get(self._by_url.get(url, ""))
        return None if quiet is None else quiet.validators.get(url)

    def nothing_due(self, watcher_id: str, now: datetime) -> bool:
        """Whether it is known that no reference is due."""
        quiet = self._held.get(watcher_id)
        return quiet is not None and (quiet.next_due_at is None or quiet.next_due_at > now)

    def remember(
        self,
        state: WatcherState,
        validators: Mapping[str, Validators],
        *,
        next_due_at: datetime | None,
    ) -> None:
        """Begin to remember a watcher whose poll was quiet and has been written."""
        with self._guard:
            self._held[state.id] = Quiet(state, dict(validators), next_due_at)
            self._by_url.update(dict.fromkeys(validators, state.id))

    def again(self, state: WatcherState, validators: Mapping[str, Validators]) -> bool:
        """Note one more quiet poll in memory; False when the watcher is not remembered as it is now.

        What is odd about a source is written: it is told from the store.
        """
        with self._guard:
            quiet = self._held.get(state.id)
            if quiet is None or quiet.validators.keys() != validators.keys():
                return False
            if quiet.state.concern != state.concern:
                return False
            quiet.state, quiet.noted = state, False
            quiet.validators.update(validators)
            return True

    def forget(self, watcher_id: str) -> None:
        """End the memory of a watcher: the store is right again."""
        with self._guard:
            quiet = self._held.pop(watcher_id, None)
            for url in quiet.validators if quiet is not None else ():
                self._by_url.pop(url, None)

    def unnoted(self) -> list[Quiet]:
        """Take what the store does not hold yet."""
        with self._guard:
            waiting = [quiet for quiet in self._held.values() if not quiet.noted]
            for quiet in waiting:
                quiet.noted = True
            return [replace(quiet, validators=dict(quiet.validators)) for quiet in waiting]

    def next_due(self, found: Mapping[str, datetime]) -> None:
        """Take over the moments at which references are due, by watcher; one not named has none."""
        with self._guard:
            for watcher_id, quiet in self._held.items():
                quiet.next_due_at = found.get(watcher_id)
