"""Maintenance: what is not kept for ever, and rows that a wrong clock dated into the future.

Deleted is only what proves nothing: the log of polls, failed logins, sessions and tokens that have ended.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import and_, delete, or_, select, update

from controlwatch.adapters.storage.account_tables import API_TOKEN, AUDIT, LOGIN_SESSION
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

#: The clocks of several machines differ by less.
TOLERANCE = timedelta(minutes=5)


class MaintenanceStore(StorePart):
    """Maintenance of the store."""

    def purge_logs(self, before: datetime) -> int:
        """Delete the entries of the poll log and the failed logins before a time; return their number."""
        failed_logins = delete(AUDIT).where(AUDIT.c.at < before, AUDIT.c.what == "login failed")
        with self._engine.begin() as connection:
            polls = connection.execute(delete(POLL).where(POLL.c.started_at < before)).rowcount
            return polls + connection.execute(failed_logins).rowcount

    def purge_accesses(self, before: datetime) -> int:
        """Delete sessions and tokens that ended or expired before a time; return their number."""
        with self._engine.begin() as connection:
            return sum(
                connection.execute(
                    delete(table).where(or_(table.c.ended_at < before, table.c.expires_at < before))
                ).rowcount
                for table in (LOGIN_SESSION, API_TOKEN)
            )

    def repair_clock_skew(self, *, now: datetime) -> int:
        """Make due now what a clock that ran ahead has delayed; return the number of rows.

        These are deliveries of alerts made in the future; leases and retries later than any can be; rows
        first observed, last polled or last notified in the future.
        """
        ahead, day = now + TOLERANCE, now + timedelta(days=1)
        made_ahead = DELIVERY.c.alert_id.in_(select(ALERT.c.id).where(ALERT.c.made_at > ahead))
        retried = and_(DELIVERY.c.attempts > 0, DELIVERY.c.due_at > day)
        delayed = and_(DELIVERY.c.state == "pending", DELIVERY.c.due_at > now, or_(made_ahead, retried))
        leased = and_(DELIVERY.c.state == "leased", DELIVERY.c.lease_until > day)
        unread = and_(REFERENCE.c.failures > 0, REFERENCE.c.next_look_at > ahead + RETRY_DELAYS[-1])
        changes = (
            update(DELIVERY).where(delayed).values(due_at=now),
            update(DELIVERY).where(leased).values(lease_until=now),
            update(REFERENCE).where(unread).values(next_look_at=now),
            update(REFERENCE)
            .where(REFERENCE.c.first_seen_at > ahead, REFERENCE.c.held_at.is_(None))
            .values(first_seen_at=now, next_look_at=now),
            update(WATCHER).where(WATCHER.c.last_poll_at > ahead).values(last_poll_at=now),
            update(HEALTH_NOTICE).where(HEALTH_NOTICE.c.at > ahead).values(at=now),
        )
        with self._engine.begin() as connection:
            return sum(connection.execute(change).rowcount for change in changes)
