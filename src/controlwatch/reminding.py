"""Keep time: ring for the days that draw near, and raise leads for numbers that nobody has seen."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from controlwatch.core.gaps import Lead, gaps
from controlwatch.core.model import Alert
from controlwatch.core.remind import ring
from controlwatch.core.route import route

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controlwatch.core.watcher import Watcher
    from controlwatch.ports import Store


def remind(store: Store, watchers: Iterable[Watcher], *, now: datetime) -> tuple[str, ...]:
    """Do one round of the clock; return the titles of the alerts made."""
    rings = store.remind(partial(ring, now=now), now=now)
    titles = [f"{found.alert.kind}: {found.alert.title}" for found in rings]
    store.close_leads(now=now)
    for lead in store.raise_leads(_gaps(store, watchers, now=now), now=now):
        alert = _told(lead, now)
        store.tell(alert, route(alert, store.subscriptions(), now=now))
        titles.append(f"lead: {alert.title}")
    return tuple(titles)


def _gaps(store: Store, watchers: Iterable[Watcher], *, now: datetime) -> Iterable[Lead]:
    for watcher in watchers:
        since = store.state(watcher.id).first_poll_at
        for series in watcher.expect.series if since is not None else ():
            yield from gaps(
                series,
                store.observed(series),
                since=since or now,
                patience=timedelta(days=watcher.expect.gap_days),
                now=now,
            )


def _told(lead: Lead, now: datetime) -> Alert:
    return Alert(
        kind="lead",
        made_at=now,
        title=f"{lead.subject} has not been seen",
        watcher="clock",
        body=f"{lead.reason}. It may stand elsewhere, or have been skipped: look it up, and hand it in "
        "with `controlwatch intake` if it is a notice.",
    )
