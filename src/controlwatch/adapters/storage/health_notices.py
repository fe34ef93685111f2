"""Alerts about source health that were sent, in the store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict

from sqlalchemy import Connection, delete, func, select

from controlwatch.adapters.storage.alert_writer import write_alert
from controlwatch.adapters.storage.base import (
    ALERT,
    DELIVERY,
    HEALTH_NOTICE,
    ROUND_LOCK,
    SUBSCRIPTION,
    StorePart,
    take_turns,
    upsert,
)
from controlwatch.adapters.storage.due_deliveries import IS_TRIED
from controlwatch.core.alerting.channel_troubles import ChannelTrouble
from controlwatch.core.alerting.health_alerts import HealthAlert
from controlwatch.core.model.state import HealthNotice, PlannedDelivery


class SqlHealthTransaction:
    """One transaction: compare source health with what was notified, and write the alerts."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def load_notices(self) -> dict[str, HealthNotice]:
        """Return what was last notified of each source with trouble."""
        return {
            row["watcher_id"]: HealthNotice(**{name: row[name] for name in ("times", "at", "since", "word")})
            for row in self._connection.execute(select(HEALTH_NOTICE)).mappings()
        }

    def list_titles_since(self, notices: Mapping[str, HealthNotice]) -> dict[str, tuple[str, ...]]:
        """Return the titles of the alerts from each source since its trouble began, oldest first."""
        kinds = ("new", "amended", "report", "review", "judged-change")
        titles: dict[str, tuple[str, ...]] = {}
        for watcher_id, notice in notices.items():
            alerts = select(ALERT.c.title).where(
                ALERT.c.watcher_id == watcher_id, ALERT.c.made_at >= notice.since, ALERT.c.kind.in_(kinds)
            )
            titles[watcher_id] = tuple(self._connection.execute(alerts.order_by(ALERT.c.id)).scalars())
        return titles

    def list_channel_troubles(self) -> tuple[ChannelTrouble, ...]:
        """Return, for each channel that did not accept something, what waits for another try."""
        return _select_channel_troubles(self._connection)

    def record(self, health_alert: HealthAlert, deliveries: Iterable[PlannedDelivery]) -> None:
        """Write an alert about sources, and what is notified with it."""
        connection = self._connection
        for watcher_id, notice in health_alert.health_notices.items():
            if notice is None:
                connection.execute(delete(HEALTH_NOTICE).where(HEALTH_NOTICE.c.watcher_id == watcher_id))
            else:
                values = {"watcher_id": watcher_id, **asdict(notice)}
                upsert(connection, HEALTH_NOTICE, values, key=["watcher_id"])
        if health_alert.alert is not None:
            write_alert(connection, health_alert.alert, deliveries)


class HealthStore(StorePart):
    """Alerts about sources."""

    @contextmanager
    def transaction(self) -> Iterator[SqlHealthTransaction]:
        """Open a transaction; rounds of several processes take turns."""
        with self._engine.begin() as connection:
            take_turns(connection, ROUND_LOCK)
            yield SqlHealthTransaction(connection)

    def list_channel_troubles(self) -> tuple[ChannelTrouble, ...]:
        """Return, for each channel that did not accept something, what waits for another try."""
        with self._read_engine.begin() as connection:
            return _select_channel_troubles(connection)


def _select_channel_troubles(connection: Connection) -> tuple[ChannelTrouble, ...]:
    """Return, for each channel that did not accept something, what waits for another try."""
    waiting = (
        select(
            SUBSCRIPTION.c.channel,
            func.count().label("waiting"),
            func.max(DELIVERY.c.attempts).label("tries"),
            func.min(ALERT.c.made_at).label("since"),
            func.max(DELIVERY.c.reason).label("reason"),
        )
        .join(SUBSCRIPTION, SUBSCRIPTION.c.id == DELIVERY.c.subscription_id)
        .join(ALERT, ALERT.c.id == DELIVERY.c.alert_id)
        .where(IS_TRIED, DELIVERY.c.state.in_(("pending", "leased")), DELIVERY.c.reason.is_not(None))
        .where(SUBSCRIPTION.c.active, SUBSCRIPTION.c.paused_at.is_(None))
        .group_by(SUBSCRIPTION.c.channel)
        .order_by(SUBSCRIPTION.c.channel)
    )
    return tuple(ChannelTrouble(**row) for row in connection.execute(waiting).mappings())
