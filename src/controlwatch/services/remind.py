"""Keep time: ring for the days that draw near, for alerts that nobody acts on, for numbers not seen."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from controlwatch.core.alerting.follow_up import plan_due_reminder, plan_escalation
from controlwatch.core.alerting.reminders import PlannedAlert, decide_reminders
from controlwatch.core.alerting.routing import route_alert
from controlwatch.core.alerting.source_health import plan_health_alerts
from controlwatch.core.law.number_gaps import Lead, find_gaps
from controlwatch.core.model import Alert

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from controlwatch.core.alerting.source_health import EffectiveState, HealthAlert
    from controlwatch.core.model import Subscription
    from controlwatch.core.model.state import HealthNotice, PlannedDelivery, WatcherState
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
    stands: EffectiveState,
    lacks: str,
    now: datetime,
) -> tuple[str, ...]:
    """Do one round over the sources: tell of what is wrong, and of what is right again; return the titles.

    `stands` says how a source fares by now, by its state as its last poll left it; `lacks` what the machine
    lacks.
    """
    every = tuple(watchers)
    subscriptions = store.list_subscriptions()

    def decide(
        states: Mapping[str, WatcherState],
        told: Mapping[str, HealthNotice],
        taken_in: Mapping[str, tuple[str, ...]],
    ) -> Iterator[tuple[HealthAlert, tuple[PlannedDelivery, ...]]]:
        standing = {watcher.id: stands(watcher, states[watcher.id]) for watcher in every}
        for ring_ in plan_health_alerts(every, standing, told, taken_in, lacks=lacks, now=now):
            planned = route_alert(ring_.alert, subscriptions, now=now) if ring_.alert is not None else ()
            yield ring_, planned

    alerts = store.record_health_alerts((watcher.id for watcher in every), decide)
    return tuple(f"{alert.kind}: {alert.title}" for alert in alerts)


def remind(store: Store, watchers: Iterable[Watcher], *, now: datetime) -> tuple[str, ...]:
    """Do one round of the clock; return the titles of the alerts made."""
    store.repair_clock_skew(now=now)
    store.purge_polls(now - POLLS_KEPT)
    rings = store.record_reminders(partial(decide_reminders, now=now), now=now)
    again = store.record_follow_ups(
        (partial(plan_escalation, now=now), partial(plan_due_reminder, now=now)), now=now
    )
    titles = [f"{found.alert.kind}: {found.alert.title}" for found in (*rings, *again)]
    store.close_leads(now=now)
    raised = store.raise_leads(_gaps(store, watchers, now=now), partial(_told, now=now), now=now)
    if raised:
        titles.append(f"lead: {_title(raised)}")
    return tuple(titles)


def _gaps(store: Store, watchers: Iterable[Watcher], *, now: datetime) -> Iterable[Lead]:
    for watcher in watchers:
        since = store.load_watcher_state(watcher.id).first_poll_at
        for series in watcher.expect.series if since is not None else ():
            yield from find_gaps(
                series,
                store.list_observed_numbers(series, watcher.id),
                since=since or now,
                patience=timedelta(days=watcher.expect.gap_days),
                now=now,
            )


def _told(leads: tuple[Lead, ...], subscriptions: tuple[Subscription, ...], *, now: datetime) -> PlannedAlert:
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
    return PlannedAlert(alert=alert, deliveries=route_alert(alert, subscriptions, now=now))


def _title(leads: tuple[Lead, ...]) -> str:
    more = f" and {len(leads) - SHOWN} more" if len(leads) > SHOWN else ""
    return f"not seen: {', '.join(lead.subject for lead in leads[:SHOWN])}{more}"
