"""Upkeep: old rows of the poll log, and rows that a clock dated into the future."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, or_, select, update

from controlwatch.adapters.storage.base import (
    ALERT,
    DELIVERY,
    HEALTH_NOTICE,
    POLL,
    REFERENCE,
    WATCHER,
    StorePart,
)
from controlwatch.core.model.timezones import RETRY_DELAYS

if TYPE_CHECKING:
    from datetime import datetime

#: Clocks of several machines differ by less.
TOLERANCE = timedelta(minutes=5)


class MaintenanceStore(StorePart):
    """Upkeep of the store."""

    def purge_polls(self, before: datetime) -> int:
        """Drop what the log of polls says of the time before; return how many entries."""
        with self._engine.begin() as connection:
            return connection.execute(delete(POLL).where(POLL.c.started_at < before)).rowcount

    def repair_clock_skew(self, *, now: datetime) -> int:
        """Make due now what a clock that ran ahead has put off; return how many things that were.

        A delivery of an alert made in the future; a lease, or another try, further off than any is; what was
        first seen, last polled or last warned of in the future.
        """
        ahead, day = now + TOLERANCE, now + timedelta(days=1)
        made_ahead = DELIVERY.c.alert_id.in_(select(ALERT.c.id).where(ALERT.c.made_at > ahead))
        tried = and_(DELIVERY.c.attempts > 0, DELIVERY.c.due_at > day)
        put_off = and_(DELIVERY.c.state == "pending", DELIVERY.c.due_at > now, or_(made_ahead, tried))
        held = and_(DELIVERY.c.state == "leased", DELIVERY.c.lease_until > day)
        unread = and_(REFERENCE.c.failures > 0, REFERENCE.c.next_look_at > ahead + RETRY_DELAYS[-1])
        changes = (
            update(DELIVERY).where(put_off).values(due_at=now),
            update(DELIVERY).where(held).values(lease_until=now),
            update(REFERENCE).where(unread).values(next_look_at=now),
            update(REFERENCE)
            .where(REFERENCE.c.first_seen_at > ahead)
            .values(first_seen_at=now, next_look_at=now),
            update(WATCHER).where(WATCHER.c.last_poll_at > ahead).values(last_poll_at=now),
            update(HEALTH_NOTICE).where(HEALTH_NOTICE.c.at > ahead).values(at=now),
        )
        with self._engine.begin() as connection:
            return sum(connection.execute(change).rowcount for change in changes)
