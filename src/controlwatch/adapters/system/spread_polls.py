"""When sources are polled by many workers: at their schedules, but not all in the same second."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from controlwatch.adapters.system.poll_times import compute_next_poll
from controlwatch.core.sources.watcher import Watcher

#: Sources that are polled this often or more are spread over the whole time between two polls, up to a limit;
#: others, which people may wait for at a time of day, over a minute.
FREQUENT, LONGEST_SPREAD, SHORT_SPREAD = timedelta(hours=1), timedelta(minutes=10), timedelta(minutes=1)
#: Any day will do to see how often a source is polled.
_SOME_DAY = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)


def compute_spread_poll(watcher: Watcher, after: datetime) -> datetime | None:
    """Return the first poll time of a source after a time; None when its schedule is empty.

    It is later than the schedule says by a time that is always the same for this source.
    """
    offset = compute_offset(watcher)
    due = compute_next_poll(watcher, after - offset)
    return None if due is None else due + offset


def compute_offset(watcher: Watcher) -> timedelta:
    """Return how much later than its schedule says a source is polled."""
    number = int.from_bytes(hashlib.sha256(watcher.id.encode()).digest()[:8])
    return _find_spread(watcher) * (number / 2**64)


def _find_spread(watcher: Watcher) -> timedelta:
    key = watcher.schedule.cron, watcher.schedule.timezone
    if key not in _spreads:
        first = compute_next_poll(watcher, _SOME_DAY)
        second = compute_next_poll(watcher, first + timedelta(seconds=1)) if first is not None else None
        gap = second - first if first is not None and second is not None else FREQUENT * 2
        _spreads[key] = min(gap, LONGEST_SPREAD) if gap <= FREQUENT else SHORT_SPREAD
    return _spreads[key]


_spreads: dict[tuple[tuple[str, ...], str], timedelta] = {}
