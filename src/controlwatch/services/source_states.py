"""The state of every source as it is now: a source whose polls have stopped counts as blind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from controlwatch.core.alerting.source_health import NextPoll, compute_effective_state
from controlwatch.core.model.state import WatcherState
from controlwatch.core.sources.watcher import Watcher

if TYPE_CHECKING:
    from controlwatch.services.ports import Polling


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStates:
    """Loads the states of sources and judges them by the schedule."""

    polling: Polling
    watchers: tuple[Watcher, ...] = ()
    next_poll: NextPoll = lambda _watcher, _after: None  #: when a source is due after an instant
    started_at: datetime | None = None  #: start of this service; polls due before it are not overdue

    def load(
        self, watchers: Iterable[Watcher] | None = None, *, now: datetime
    ) -> Iterator[tuple[Watcher, WatcherState]]:
        """Yield sources, all by default, each with its state now."""
        chosen = self.watchers if watchers is None else tuple(watchers)
        states = self.polling.load_states(watcher.id for watcher in chosen)
        for watcher, state in zip(chosen, states, strict=True):
            yield (
                watcher,
                compute_effective_state(
                    state, watcher, now=now, next_poll=self.next_poll, since=self.started_at
                ),
            )
