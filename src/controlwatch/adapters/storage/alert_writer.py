"""Write an alert and its deliveries, within the transaction of what they are about."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, select

from controlwatch.adapters.storage.base import ALERT, DELIVERY, SUBSCRIPTION, alert_to_json
from controlwatch.adapters.storage.new_deliveries import note_new_deliveries
from controlwatch.core.model import Alert
from controlwatch.core.model.state import PlannedDelivery

#: Inserts one of many, under the channel of its subscription.
_INSERT_DELIVERY = DELIVERY.insert().values(
    channel=select(SUBSCRIPTION.c.channel)
    .where(SUBSCRIPTION.c.id == bindparam("recipient"))
    .scalar_subquery()
)


def write_alert(
    connection: Connection,
    alert: Alert,
    deliveries: Iterable[PlannedDelivery],
    *,
    notice_id: int | None = None,
    version_id: int | None = None,
    follows: int | None = None,
) -> int:
    """Write an alert and its deliveries, pending; return its id. `follows` is what they repeat."""
    row = ALERT.insert().values(
        kind=alert.kind,
        made_at=alert.made_at,
        title=alert.title,
        watcher_id=alert.watcher,
        notice_id=notice_id,
        version_id=version_id,
        payload=alert_to_json(alert),
    )
    alert_id = int(connection.execute(row.returning(ALERT.c.id)).scalar_one())
    write_deliveries(connection, alert_id, deliveries, follows=follows)
    return alert_id


def write_deliveries(
    connection: Connection,
    alert_id: int,
    deliveries: Iterable[PlannedDelivery],
    *,
    follows: int | None = None,
) -> None:
    """Write deliveries of an alert, pending."""
    rows = [
        {
            "alert_id": alert_id,
            "subscription_id": planned.subscription_id,
            "recipient": planned.subscription_id,
            "state": "muted" if planned.muted else "pending",
            "due_at": planned.due_at,
            "why": planned.why,
            "addressee": planned.addressee,
            "follows": follows,
            "key": secrets.token_hex(16),
            "attempts": 0,
        }
        for planned in deliveries
    ]
    if rows:
        connection.execute(_INSERT_DELIVERY, rows)
        note_new_deliveries(connection)
