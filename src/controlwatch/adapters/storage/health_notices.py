"""The sources as a whole: how they fare, and what people were told of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from controlwatch.adapters.storage.base import ALERT, HEALTH_NOTICE, acquire_round_lock
from controlwatch.adapters.storage.outbox import write_alert
from controlwatch.adapters.storage.polling import PollingStore, upsert
from controlwatch.core.model.state import HealthNotice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sqlalchemy import Connection

    from controlwatch.core.alerting.source_health import HealthAlert
    from controlwatch.core.model import Alert
    from controlwatch.core.model.state import PlannedDelivery, WatcherState


class HealthStore(PollingStore):
    """Polls, and the rounds over all of them."""

    def record_health_alerts(
        self,
        watcher_ids: Iterable[str],
        decide: Callable[
            [Mapping[str, WatcherState], Mapping[str, HealthNotice], Mapping[str, tuple[str, ...]]],
            Iterable[tuple[HealthAlert, tuple[PlannedDelivery, ...]]],
        ],
    ) -> tuple[Alert, ...]:
        """Let the rule compare how watchers fare with what people were told; write what it decides."""
        ids = list(watcher_ids)
        self.flush()
        states = {state.id: state for state in self.load_watcher_states(ids)}
        alerts: list[Alert] = []
        with self._begin_write() as connection:
            acquire_round_lock(connection)
            told = {
                row["watcher_id"]: HealthNotice(
                    **{name: row[name] for name in ("times", "at", "since", "word")}
                )
                for row in connection.execute(select(HEALTH_NOTICE)).mappings()
            }
            for ring, planned in decide(states, told, _select_titles_since(connection, told)):
                _write_health_alert(connection, ring, planned)
                alerts += [ring.alert] if ring.alert is not None else []
        return tuple(alerts)


def _select_titles_since(
    connection: Connection, told: Mapping[str, HealthNotice]
) -> dict[str, tuple[str, ...]]:
    """Return the titles of what each source has brought since its trouble began, oldest first."""
    kinds = ("new", "amended", "report")
    found: dict[str, tuple[str, ...]] = {}
    for watcher_id, was in told.items():
        mine = ALERT.c.watcher_id == watcher_id, ALERT.c.made_at >= was.since, ALERT.c.kind.in_(kinds)
        titles = connection.execute(select(ALERT.c.title).where(*mine).order_by(ALERT.c.id)).scalars()
        found[watcher_id] = tuple(titles)
    return found


def _write_health_alert(
    connection: Connection, ring: HealthAlert, planned: Iterable[PlannedDelivery]
) -> None:
    """Write an alert about sources with what people will have been told."""
    for watcher_id, told in ring.health_notices.items():
        if told is None:
            connection.execute(delete(HEALTH_NOTICE).where(HEALTH_NOTICE.c.watcher_id == watcher_id))
        else:
            upsert(connection, HEALTH_NOTICE, {"watcher_id": watcher_id, **asdict(told)}, key=["watcher_id"])
    if ring.alert is not None:
        write_alert(connection, ring.alert, planned)
