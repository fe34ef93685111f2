"""How much is due and not done, for metrics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from sqlalchemy import func, literal, select

from controlwatch.adapters.storage.base import DELIVERY, SUBSCRIPTION, StorePart
from controlwatch.adapters.storage.due_deliveries import IS_LEASED, IS_PENDING, IS_SENDABLE
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
        # For each channel the head of its queue, by an index: a long queue costs no more than a short one.
        heads = [
            select(literal(name).label("channel"), DELIVERY.c.due_at)
            .join(SUBSCRIPTION, DELIVERY.c.subscription_id == SUBSCRIPTION.c.id)
            .where(IS_PENDING, DELIVERY.c.channel == name, DELIVERY.c.due_at <= now, IS_SENDABLE)
            .order_by(DELIVERY.c.due_at)
            .limit(1)
            for name in get_args(ChannelName)
        ]
        expired = select(func.count()).where(IS_LEASED, DELIVERY.c.lease_until < now)
        with self._read_engine.begin() as connection:
            firsts = [connection.execute(head).first() for head in heads]
            oldest = {first.channel: (now - first.due_at).total_seconds() for first in firsts if first}
            return DeliveryBacklog(
                oldest=oldest, expired_leases=int(connection.execute(expired).scalar() or 0)
            )
