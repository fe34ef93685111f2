"""What people did about alerts: acknowledged them, or found them not relevant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, func, select

from controlwatch.adapters.store.base import ACT, ALERT, DELIVERY, NOTICE, SUBSCRIPTION, Part
from controlwatch.core.answers import AlertLine

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


class Acting(Part):
    """The log of alerts."""

    def act(
        self, key: str, *, what: str, who: str, targets: Iterable[str], note: str = "", now: datetime
    ) -> bool:
        """Note what somebody did about a delivery, by its key; False where it went to none of the targets."""
        mine = (
            select(DELIVERY.c.id)
            .join(SUBSCRIPTION, SUBSCRIPTION.c.id == DELIVERY.c.subscription_id)
            .where(DELIVERY.c.key == key, SUBSCRIPTION.c.target.in_(list(targets)))
        )
        with self._write() as connection:
            delivery_id = connection.execute(mine).scalar()
            if delivery_id is None:
                return False
            row = {"delivery_id": delivery_id, "what": what, "who": who, "note": note, "at": now}
            connection.execute(ACT.insert().values(row))
        return True

    def alert_log(self, *, open_only: bool = False, limit: int = 100) -> tuple[AlertLine, ...]:
        """Alerts as they were delivered, newest first, each with what was last done about it."""
        latest = select(func.max(ACT.c.id)).group_by(ACT.c.delivery_id)
        joined = (
            select(
                ALERT.c.id.label("alert"),
                ALERT.c.kind,
                ALERT.c.made_at,
                ALERT.c.title,
                NOTICE.c.number,
                SUBSCRIPTION.c.channel,
                SUBSCRIPTION.c.target,
                DELIVERY.c.state,
                DELIVERY.c.sent_at,
                ACT.c.what,
                ACT.c.who,
                ACT.c.at.label("acted_at"),
                ACT.c.note,
            )
            .join(DELIVERY, DELIVERY.c.alert_id == ALERT.c.id)
            .join(SUBSCRIPTION, SUBSCRIPTION.c.id == DELIVERY.c.subscription_id)
            .outerjoin(NOTICE, NOTICE.c.id == ALERT.c.notice_id)
            .outerjoin(ACT, and_(ACT.c.delivery_id == DELIVERY.c.id, ACT.c.id.in_(latest)))
            .order_by(ALERT.c.id.desc(), DELIVERY.c.id)
            .limit(limit)
        )
        if open_only:
            joined = joined.where(ACT.c.id.is_(None))
        with self._read() as connection:
            return tuple(AlertLine(**row) for row in connection.execute(joined).mappings())
