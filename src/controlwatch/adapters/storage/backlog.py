"""How much is due and not done, for metrics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from controlwatch.adapters.storage.base import DELIVERY, SUBSCRIPTION, StorePart
from controlwatch.adapters.storage.due_deliveries import IS_SENDABLE
from controlwatch.core.model import ChannelName


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryBacklog:
    """The deliveries that are due and wait."""

    oldest: dict[ChannelName, float]  #: by channel, the seconds for which the oldest is due
    expired_leases: int  #: deliveries that a process took and neither sent nor gave back in time


class BacklogStore(StorePart):
    """What is due in the store."""

    def measure_deliveries(self, *, now: datetime) -> DeliveryBacklog:
        """Return what is due and waits; `now` is the time to compare with."""
        first = func.min(DELIVERY.c.due_at, type_=DELIVERY.c.due_at.type)
        waiting = (
            select(SUBSCRIPTION.c.channel, first.label("first"))
            .join(DELIVERY, DELIVERY.c.subscription_id == SUBSCRIPTION.c.id)
            .where(DELIVERY.c.state == "pending", DELIVERY.c.due_at <= now, IS_SENDABLE)
            .group_by(SUBSCRIPTION.c.channel)
        )
        expired = select(func.count()).where(DELIVERY.c.state == "leased", DELIVERY.c.lease_until < now)
        with self._read_engine.begin() as connection:
            oldest = {row.channel: (now - row.first).total_seconds() for row in connection.execute(waiting)}
            return DeliveryBacklog(
                oldest=oldest, expired_leases=int(connection.execute(expired).scalar() or 0)
            )
