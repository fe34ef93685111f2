"""Alert people to sources and channels in trouble, and to those that are over it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from controlwatch.core.alerting.channel_troubles import plan_channel_alerts, plan_channel_recoveries
from controlwatch.core.alerting.health_alerts import plan_health_alerts
from controlwatch.core.alerting.routing import route_alert
from controlwatch.core.model.state import HeldReferences
from controlwatch.core.sources.watcher import Watcher
from controlwatch.services.ports import Health, Polling, Subscriptions
from controlwatch.services.source_states import SourceStates


class Held(Protocol):
    """New notices that wait for a person."""

    def list_held(self) -> tuple[HeldReferences, ...]:
        """Return what is held, by source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceChecker:
    """Judges sources and channels by what the store holds of them."""

    polling: Polling
    subscriptions: Subscriptions
    health: Health
    held: Held
    sources: SourceStates
    disk_warning: Callable[[], str] = str  #: what the machine lacks; "" where nothing

    def check_sources(self, watchers: Iterable[Watcher] | None = None, *, now: datetime) -> tuple[str, ...]:
        """Alert people to sources and channels in trouble, and to those that are over it.

        Return kinds and titles.

        All watchers that run here by default.
        """
        chosen = self.sources.watchers if watchers is None else tuple(watchers)
        subscriptions = self.subscriptions.list_active()
        self.polling.flush()
        states = {state.id: state for _, state in self.sources.load(chosen, now=now)}
        titles: list[str] = []
        with self.health.transaction() as transaction:
            notices = transaction.load_notices()
            titles_since = transaction.list_titles_since(notices)
            warning = self.disk_warning()
            for planned in plan_health_alerts(
                chosen,
                states,
                notices,
                titles_since,
                disk_warning=warning,
                held=self.held.list_held(),
                now=now,
            ):
                alert = planned.alert
                deliveries = route_alert(alert, subscriptions, now=now) if alert is not None else ()
                transaction.record(planned, deliveries)
                titles += [f"{alert.kind}: {alert.title}"] if alert is not None else []
            troubles = transaction.list_channel_troubles()
            for plan in (plan_channel_alerts, plan_channel_recoveries):
                for found in plan(troubles, notices, subscriptions, now=now):
                    transaction.record(found.health, found.deliveries)
                    alert = found.health.alert
                    titles += [f"{alert.kind}: {alert.title}"] if alert is not None else []
        return tuple(titles)
