"""Keep time: ring for the days that draw near, for alerts that nobody acts on, for numbers not seen."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from controlwatch.core.alerting.follow_up import due, escalation
from controlwatch.core.alerting.reminders import Ringing, ring
from controlwatch.core.alerting.routing import route
from controlwatch.core.alerting.source_health import rings
from controlwatch.core.law.number_gaps import Lead, gaps
from controlwatch.core.model import Alert

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from controlwatch.core.alerting.source_health import HealthRing, Stands
    from controlwatch.core.model import Subscription
    from controlwatch.core.model.state import Planned, Warned, WatcherState
    from controlwatch.core.sources.watcher import Watcher
    from controlwatch.services.ports import Store


#: How far the log of polls goes back. What is evidence of a notice, or of who was told, is never dropped.
POLLS_KEPT = timedelta(days=400)
#: Leads named in one alert.
SHOWN = 8


def watch_over(
    store: Store,
    watchers: Iterable[Watcher],
    *,
    stands: Stands,
    lacks: str,
    now: datetime,
) -> tuple[str, ...]:
    """Do one round over the sources: tell of what is wrong, and of what is right again; return the titles.

    `stands` says how a source fares by now, by its state as its last poll left it; `lacks` what the machine
    lacks.
    """
    every = tuple(watchers)
    subscriptions = store.subscriptions()

    def decide(
        states: Mapping[str, WatcherState],
        told: Mapping[str, Warned],
        taken_in: Mapping[str, tuple[str, ...]],
    ) -> Iterator[tuple[HealthRing, tuple[Planned, ...]]]:
        standing = {watcher.id: stands(watcher, states[watcher.id]) for watcher in every}
        for ring_ in rings(every, standing, told, taken_in, lacks=lacks, now=now):
            planned = route(ring_.alert, subscriptions, now=now) if ring_.alert is not None else ()
            yield ring_, planned

    alerts = store.watch_over((watcher.id for watcher in every), decide)
    return tuple(f"{alert.kind}: {alert.title}" for alert in alerts)


def remind(store: Store, watchers: Iterable[Watcher], *, now: datetime) -> tuple[str, ...]:
    """Do one round of the clock; return the titles of the alerts made."""
    store.set_back(now=now)
    store.forget_polls(now - POLLS_KEPT)
    rings = store.remind(partial(ring, now=now), now=now)
    again = store.follow_up((partial(escalation, now=now), partial(due, now=now)), now=now)
    titles = [f"{found.alert.kind}: {found.alert.title}" for found in (*rings, *again)]
    store.close_leads(now=now)
    raised = store.raise_leads(_gaps(store, watchers, now=now), partial(_told, now=now), now=now)
    if raised:
        titles.append(f"lead: {_title(raised)}")
    return tuple(titles)


def _gaps(store: Store, watchers: Iterable[Watcher], *, now: datetime) -> Iterable[Lead]:
    for watcher in watchers:
        since = store.state(watcher.id).first_poll_at
        for series in watcher.expect.series if since is not None else ():
            yield from gaps(
                series,
                store.observed(series, watcher.id),
                since=since or now,
                patience=timedelta(days=watcher.expect.gap_days),
                now=now,
            )


def _told(leads: tuple[Lead, ...], subscriptions: tuple[Subscription, ...], *, now: datetime) -> Ringing:
    """Make one alert of the leads of a round: a gap of six numbers is one thing to look into."""
    alert = Alert(
        kind="lead",
        made_at=now,
        title=_title(leads),
        watcher="clock",
        body="; ".join(lead.reason for lead in leads[:SHOWN])
        + ". Each may stand elsewhere, or have been skipped: look it up, and hand it in with "
        "`controlwatch intake` if it is a notice. All of them: `controlwatch leads`.",
    )
    return Ringing(alert=alert, deliveries=route(alert, subscriptions, now=now))


def _title(leads: tuple[Lead, ...]) -> str:
    more = f" and {len(leads) - SHOWN} more" if len(leads) > SHOWN else ""
    return f"not seen: {', '.join(lead.subject for lead in leads[:SHOWN])}{more}"
