"""The log of the deliveries of a subscription, and sending one again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, or_, select, update

from controlwatch.adapters.storage.base import ALERT, DELIVERY, NOTICE, SUBSCRIPTION, StorePart
from controlwatch.core.alerting.delivery_lines import DeliveryLine, ReplayResult

_COPIED = ("id", "key", "message", "state", "why", "attempts", "due_at", "sent_at", "receipt", "reason")


class DeliveryLogStore(StorePart):
    """The deliveries of a subscription."""

    def list_deliveries(
        self, subscription_id: int, *, before: int | None = None, limit: int = 50
    ) -> tuple[DeliveryLine, ...]:
        """Return deliveries, newest first; with `before`, those that are older than this one."""
        own = DELIVERY.c
        query = (
            select(
                *(own[name] for name in _COPIED),
                ALERT.c.id.label("alert"),
                ALERT.c.kind,
                ALERT.c.title,
                ALERT.c.made_at,
                NOTICE.c.number,
            )
            .join(ALERT, ALERT.c.id == own.alert_id)
            .outerjoin(NOTICE, NOTICE.c.id == ALERT.c.notice_id)
            .where(own.subscription_id == subscription_id)
            .order_by(own.id.desc())
            .limit(limit)
        )
        if before is not None:
            query = query.where(own.id < before)
        with self._read_engine.begin() as connection:
            return tuple(DeliveryLine(**row) for row in connection.execute(query).mappings())

    def replay(self, subscription_id: int, key: str, *, now: datetime) -> ReplayResult:
        """Make a delivery due again, with all that its message carried and under the same key.

        A receiver that knows the key would drop a message with other content.
        """
        own = DELIVERY.c
        chosen = (
            select(own.id, own.state, own.attempts, own.message, SUBSCRIPTION.c.active)
            .join(SUBSCRIPTION, SUBSCRIPTION.c.id == own.subscription_id)
            .where(own.subscription_id == subscription_id, own.key == key)
            .with_for_update()
        )
        with self._engine.begin() as connection:
            found = connection.execute(chosen).first()
            if found is None:
                return "unknown"
            if not found.active:
                return "ended"
            if found.state == "muted":
                return "muted"
            if found.state == "leased" or (found.state == "pending" and not found.attempts):
                return "under-way"
            same = own.id == found.id
            if found.message is not None:
                same = or_(same, and_(own.message == found.message, own.subscription_id == subscription_id))
            again = update(DELIVERY).where(same, own.state.in_(("sent", "refused", "pending")))
            connection.execute(again.values(state="pending", due_at=now, attempts=0))
        return "replayed"
