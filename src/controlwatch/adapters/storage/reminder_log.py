"""The clock's side of the store: appointments, rings and leads, each round one transaction."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select, update

from controlwatch.adapters.storage.base import (
    ALERT,
    APPOINTMENT,
    DELIVERY,
    FINDING,
    LEAD,
    NOTICE,
    REFERENCE,
    SUBSCRIPTION,
    VERSION,
    Part,
    begins,
    notice_from_json,
    take_turns,
)
from controlwatch.adapters.storage.legal_graph import happening, ledger
from controlwatch.adapters.storage.outbox import write_alert
from controlwatch.adapters.storage.subscriptions import active_subscriptions
from controlwatch.core.alerting.reminder_plan import Appointment
from controlwatch.core.alerting.reminders import Calendar, Known, Round, ring_day
from controlwatch.core.law.answers import LeadLine
from controlwatch.core.law.key_dates import events
from controlwatch.core.law.number_gaps import Observed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date, datetime

    from sqlalchemy import Connection

    from controlwatch.core.alerting.reminders import Ringing
    from controlwatch.core.law.number_gaps import Lead
    from controlwatch.core.model import Event, Subscription

#: The clock looks so many years ahead, and so far back for a day that was moved into the past.
FAR = 20
BACK = timedelta(days=366)


class Clock(Part):
    """Appointments and leads."""

    def remind(self, decide: Callable[[Calendar], Round], *, now: datetime) -> tuple[Ringing, ...]:
        """Let the rule compare the calendar with what is held; write what it decides, all or nothing."""
        today = ring_day(now)
        with self._write() as connection:
            take_turns(connection)
            decided = decide(
                Calendar(
                    events=_events(connection, today),
                    held=_held(connection),
                    subscriptions=active_subscriptions(connection),
                    outlooks=_outlooks(connection),
                    notice=cache(lambda key: _known(connection, key)),
                )
            )
            _write(connection, decided)
        return decided.rings

    def observed(self, series: str, watcher_id: str) -> tuple[Observed, ...]:
        """Numbers of a series whose notices stand at a watcher, each with when its row was first seen."""
        numbered = re.compile(rf"{re.escape(series)} (\d{{4}})-(\d+)")
        with self._read() as connection:
            rows = connection.execute(
                select(NOTICE.c.key, func.min(REFERENCE.c.first_seen_at).label("first_seen_at"))
                .join(REFERENCE, REFERENCE.c.notice_id == NOTICE.c.id)
                .where(REFERENCE.c.watcher_id == watcher_id, begins(connection, NOTICE.c.key, f"{series} "))
                .group_by(NOTICE.c.key)
            ).all()
        return tuple(
            Observed(year=int(found[1]), n=int(found[2]), first_seen_at=row.first_seen_at)
            for row in rows
            if (found := numbered.fullmatch(row.key)) is not None
        )

    def raise_leads(
        self,
        leads: Iterable[Lead],
        told: Callable[[tuple[Lead, ...], tuple[Subscription, ...]], Ringing],
        *,
        now: datetime,
    ) -> tuple[Lead, ...]:
        """Write the leads that are new with the alert about them, all or nothing; return them.

        A number that has turned up anywhere is none.
        """
        found = {lead.subject: lead for lead in leads}
        with self._write() as connection:
            take_turns(connection)
            known = set(connection.execute(select(LEAD.c.subject)).scalars())
            fresh = [lead for subject, lead in found.items() if subject not in known]
            new = tuple(lead for lead in fresh if _turned_up(connection, lead.subject) is None)
            for lead in new:
                row = {"subject": lead.subject, "kind": lead.kind, "reason": lead.reason}
                connection.execute(LEAD.insert().values(row | {"raised_at": now}))
            if new:
                ringing = told(new, active_subscriptions(connection))
                write_alert(connection, ringing.alert, ringing.deliveries)
        return new

    def close_leads(self, *, now: datetime) -> tuple[str, ...]:
        """Close every lead whose number has turned up; return their subjects."""
        closed = []
        with self._write() as connection:
            take_turns(connection)
            waiting = connection.execute(select(LEAD.c.subject).where(LEAD.c.closed_at.is_(None))).scalars()
            for subject in list(waiting):
                by = _turned_up(connection, subject)
                if by is not None:
                    mine = update(LEAD).where(LEAD.c.subject == subject)
                    connection.execute(mine.values(closed_at=now, closed_by=by))
                    closed.append(subject)
        return tuple(closed)

    def leads(self, *, closed: bool = False) -> tuple[LeadLine, ...]:
        """What a person should look into, oldest first; `closed` ones too, if wanted."""
        rows = select(LEAD).order_by(LEAD.c.raised_at, LEAD.c.id)
        with self._read() as connection:
            found = connection.execute(rows if closed else rows.where(LEAD.c.closed_at.is_(None))).mappings()
            names = ("subject", "kind", "reason", "raised_at", "closed_at", "closed_by")
            return tuple(LeadLine(**{name: row[name] for name in names}) for row in found)


def _events(connection: Connection, today: date) -> tuple[Event, ...]:
    first, last = today - BACK, today.replace(year=today.year + FAR, day=1)
    return events(ledger(connection, happening(connection, first, last)), first, last)


def _held(connection: Connection) -> tuple[Appointment, ...]:
    # A reading of ours that became another is no news: only what was reminded of is then told to have moved.
    seen = VERSION.c.kind.in_(("new", "amended"))
    joined = (
        select(APPOINTMENT, and_(NOTICE.c.rung, seen).label("rung"))
        .outerjoin(NOTICE, NOTICE.c.key == APPOINTMENT.c.key)
        .outerjoin(VERSION, VERSION.c.id == NOTICE.c.version_id)
    )
    return tuple(
        Appointment(
            key=row.key,
            event=row.event,
            slot=row.slot,
            date=row.day,
            known_on=row.known_on,
            lead=row.lead,
            told=row.told,
            alerted=bool(row.rung),
        )
        for row in connection.execute(joined.order_by(APPOINTMENT.c.id))
    )


def _outlooks(connection: Connection) -> dict[int, date]:
    sent = select(SUBSCRIPTION.c.id, SUBSCRIPTION.c.outlook_on).where(SUBSCRIPTION.c.outlook_on.is_not(None))
    return {row.id: row.outlook_on for row in connection.execute(sent)}


def _known(connection: Connection, key: str) -> Known | None:
    joined = select(NOTICE.c.id, VERSION.c.reading, VERSION.c.text).join(
        NOTICE, NOTICE.c.version_id == VERSION.c.id
    )
    row = connection.execute(joined.where(NOTICE.c.key == key)).first()
    if row is None:
        return None
    sent = select(DELIVERY.c.subscription_id).join(ALERT, ALERT.c.id == DELIVERY.c.alert_id)
    heard = ALERT.c.notice_id == row.id, DELIVERY.c.state != "muted"
    told = connection.execute(sent.where(*heard).distinct()).scalars()
    return Known(notice=notice_from_json(row.reading), text=row.text, told=frozenset(told))


def _write(connection: Connection, decided: Round) -> None:
    for item in decided.plan.dropped:
        connection.execute(APPOINTMENT.delete().where(_same(item)))
    for item in decided.plan.changed:
        values = {"day": item.date, "known_on": item.known_on, "lead": item.lead, "told": item.told}
        changed = connection.execute(update(APPOINTMENT).where(_same(item)).values(values))
        if changed.rowcount == 0:
            mine = {"key": item.key, "event": item.event, "slot": item.slot}
            connection.execute(APPOINTMENT.insert().values(mine | values))
    for found in decided.rings:
        of = select(NOTICE.c.id).where(NOTICE.c.key == found.key)
        notice_id = connection.execute(of).scalar() if found.key else None
        write_alert(connection, found.alert, found.deliveries, notice_id=notice_id)
    for subscription_id, day in decided.outlooks.items():
        mine_too = update(SUBSCRIPTION).where(SUBSCRIPTION.c.id == subscription_id)
        connection.execute(mine_too.values(outlook_on=day))


def _same(item: Appointment) -> Any:
    return and_(
        APPOINTMENT.c.key == item.key, APPOINTMENT.c.event == item.event, APPOINTMENT.c.slot == item.slot
    )


def _turned_up(connection: Connection, key: str) -> str | None:
    """Return where a number has turned up: as a notice, or in the words of one."""
    own = connection.execute(select(NOTICE.c.url).where(NOTICE.c.key == key)).scalar()
    if own is not None:
        return own or key
    named = (
        select(NOTICE.c.key)
        .join(FINDING, FINDING.c.notice_id == NOTICE.c.id)
        .where(FINDING.c.kind == "relation", FINDING.c.value == key)
    )
    return connection.execute(named.limit(1)).scalar()
