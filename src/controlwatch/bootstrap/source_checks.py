"""Build what judges sources."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from controlwatch.adapters.system.poll_times import compute_next_poll
from controlwatch.core.sources.watcher import Watcher
from controlwatch.services.source_checker import SourceChecker
from controlwatch.services.source_states import SourceStates

if TYPE_CHECKING:
    from controlwatch.services.store import Store


def build_source_states(store: Store, watchers: tuple[Watcher, ...]) -> SourceStates:
    """Return the states of sources as this process judges them.

    What was due before it started is not overdue.
    """
    return SourceStates(
        polling=store.polling,
        watchers=watchers,
        next_poll=compute_next_poll,
        started_at=datetime.now(UTC),
    )


def build_source_checker(
    store: Store, sources: SourceStates, disk_warning: Callable[[], str] = str
) -> SourceChecker:
    """Return what alerts people to sources and channels in trouble."""
    return SourceChecker(
        polling=store.polling,
        subscriptions=store.subscriptions,
        health=store.health,
        held=store.references,
        sources=sources,
        disk_warning=disk_warning,
    )
