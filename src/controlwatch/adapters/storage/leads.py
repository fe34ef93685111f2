"""Leads: numbers that a series skips, for a person to look into."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select, update

from controlwatch.adapters.storage.alert_writer import write_alert
from controlwatch.adapters.storage.base import (
    FINDING,
    LEAD,
    NOTICE,
    REFERENCE,
    ROUND_LOCK,
    StorePart,
    match_prefix,
    take_turns,
)
from controlwatch.adapters.storage.subscriptions import select_active_subscriptions
from controlwatch.core.law.answers import LeadLine
from controlwatch.core.law.number_gaps import Lead, ObservedNumber
from controlwatch.core.model import Subscription

if TYPE_CHECKING:
    from controlwatch.core.alerting.reminders import PlannedAlert


class SqlLeadTransaction:
    """One transaction: find which leads are new, and write them with the alert about them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def filter_new(self, leads: Iterable[Lead]) -> tuple[Lead, ...]:
        """Return the leads that were not raised before and whose number was not found since."""
        raised = set(self._connection.execute(select(LEAD.c.subject)).scalars())
        by_subject = {lead.subject: lead for lead in leads if lead.subject not in raised}
        return tuple(
            lead
            for subject, lead in by_subject.items()
            if _find_occurrence(self._connection, subject) is None
        )

    def list_subscriptions(self) -> tuple[Subscription, ...]:
        """Return every active subscription."""
        return select_active_subscriptions(self._connection)

    def record(self, leads: Iterable[Lead], planned: PlannedAlert, *, now: datetime) -> None:
        """Write leads and the alert about them."""
        for lead in leads:
            row = {"subject": lead.subject, "kind": lead.kind, "reason": lead.reason, "raised_at": now}
            self._connection.execute(LEAD.insert().values(row))
        write_alert(self._connection, planned.alert, planned.deliveries)


class LeadStore(StorePart):
    """Leads, open and closed."""

    @contextmanager
    def transaction(self) -> Iterator[SqlLeadTransaction]:
        """Open a transaction; rounds of several processes take turns."""
        with self._engine.begin() as connection:
            take_turns(connection, ROUND_LOCK)
            yield SqlLeadTransaction(connection)

    def list_observed_numbers(self, series: str, watcher_id: str) -> tuple[ObservedNumber, ...]:
        """Return numbers of a series with notices at a watcher, and when each row was first observed."""
        numbered = re.compile(rf"{re.escape(series)} (\d{{4}})-(\d+)")
        with self._read_engine.begin() as connection:
            rows = connection.execute(
                select(NOTICE.c.key, func.min(REFERENCE.c.first_seen_at).label("first_seen_at"))
                .join(REFERENCE, REFERENCE.c.notice_id == NOTICE.c.id)
                .where(
                    REFERENCE.c.watcher_id == watcher_id, match_prefix(connection, NOTICE.c.key, f"{series} ")
                )
                .group_by(NOTICE.c.key)
            ).all()
        return tuple(
            ObservedNumber(year=int(found[1]), n=int(found[2]), first_seen_at=row.first_seen_at)
            for row in rows
            if (found := numbered.fullmatch(row.key)) is not None
        )

    def close_found(self, *, now: datetime) -> tuple[str, ...]:
        """Close every lead whose number was found; return their subjects."""
        closed = []
        with self._engine.begin() as connection:
            take_turns(connection, ROUND_LOCK)
            pending = connection.execute(select(LEAD.c.subject).where(LEAD.c.closed_at.is_(None))).scalars()
            for subject in pending.all():
                by = _find_occurrence(connection, subject)
                if by is not None:
                    own = update(LEAD).where(LEAD.c.subject == subject)
                    connection.execute(own.values(closed_at=now, closed_by=by))
                    closed.append(subject)
        return tuple(closed)

    def list_all(self, *, closed: bool = False) -> tuple[LeadLine, ...]:
        """Return the leads to check, oldest first; with `closed`, those that were found too."""
        rows = select(LEAD).order_by(LEAD.c.raised_at, LEAD.c.id)
        with self._read_engine.begin() as connection:
            chosen = rows if closed else rows.where(LEAD.c.closed_at.is_(None))
            names = ("subject", "kind", "reason", "raised_at", "closed_at", "closed_by")
            return tuple(
                LeadLine(**{name: row[name] for name in names})
                for row in connection.execute(chosen).mappings()
            )


def _find_occurrence(connection: Connection, key: str) -> str | None:
    """Return where a number was found: as a notice, or in the text of another."""
    own = connection.execute(select(NOTICE.c.url).where(NOTICE.c.key == key)).scalar()
    if own is not None:
        return own or key
    named = (
        select(NOTICE.c.key)
        .join(FINDING, FINDING.c.notice_id == NOTICE.c.id)
        .where(FINDING.c.kind == "relation", FINDING.c.value == key)
    )
    return connection.execute(named.limit(1)).scalar()
