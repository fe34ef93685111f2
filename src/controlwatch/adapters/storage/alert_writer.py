"""Write an alert and its deliveries, within the transaction of what they are about."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from sqlalchemy import Connection

from controlwatch.adapters.storage.base import ALERT, DELIVERY, alert_to_json
from controlwatch.adapters.storage.new_deliveries import note_new_deliveries
from controlwatch.core.model import Alert
from controlwatch.core.model.state import PlannedDelivery


def write_alert(
    connection: Connection,
    alert: Alert,
    deliveries: Iterable[PlannedDelivery],
    *,
    notice_id: int | None = None,
    version_id: int | None = None,
    follows: int | None = None,
) -> None:
    """Write an alert and its deliveries, pending; `follows` is the delivery that they repeat."""
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
    rows = [
        {
            "alert_id": alert_id,
            "subscription_id": planned.subscription_id,
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
        connection.execute(DELIVERY.insert(), rows)
        note_new_deliveries(connection)
