"""The clock's side of the store: appointments, rings and leads, each round one transaction."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select, update

from controlwatch.adapters.storage.base import (
    ALERT,
    DELIVERY,
    FINDING,
    LEAD,
    NOTICE,
    REFERENCE,
    SCHEDULED_REMINDER,
    SUBSCRIPTION,
    VERSION,
    StorePart,
    acquire_round_lock,
    match_prefix,
    notice_from_json,
)
from controlwatch.adapters.storage.legal_graph import select_graph, select_keys_changed_between
from controlwatch.adapters.storage.outbox import write_alert
from controlwatch.adapters.storage.subscriptions import select_active_subscriptions
from controlwatch.core.alerting.reminder_plan import ScheduledReminder
from controlwatch.core.alerting.reminders import (
    ReminderContext,
    ReminderNotice,
    ReminderRound,
    find_reminder_day,
)
from controlwatch.core.law.answers import LeadLine
from controlwatch.core.law.key_dates import find_key_dates
from controlwatch.core.law.number_gaps import ObservedNumber

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date, datetime

    from sqlalchemy import Connection

    from controlwatch.core.alerting.reminders import PlannedAlert
    from controlwatch.core.law.number_gaps import Lead
    from controlwatch.core.model import KeyDate, Subscription

#: The clock looks so many years ahead, and so far back for a day that was moved into the past.
YEARS_AHEAD = 20
LOOK_BACK = timedelta(days=366)


class ReminderStore(StorePart):
    """Appointments and leads."""

    def record_reminders(
        self, decide: Callable[[ReminderContext], ReminderRound], *, now: datetime
    ) -> tuple[PlannedAlert, ...]:
        """Let the rule compare the calendar with what is held; write what it decides, all or nothing."""
        today = find_reminder_day(now)
        with self._begin_write() as connection:
            acquire_round_lock(connection)
            decided = decide(
                ReminderContext(
                    key_dates=_select_key_dates(connection, today),
                    scheduled_reminders=_select_reminders(connection),
                    subscriptions=select_active_subscriptions(connection),
                    last_outlooks=_select_outlook_days(connection),
                    find_notice=cache(lambda key: _find_notice(connection, key)),
                )
            )
            _write_round(connection, decided)
        return decided.alerts

    def list_observed_numbers(self, series: str, watcher_id: str) -> tuple[ObservedNumber, ...]:
        """Numbers of a series whose notices stand at a watcher, each with when its row was first seen."""
        numbered = re.compile(rf"{re.escape(series)} (\d{{4}})-(\d+)")
        with self._begin_read() as connection:
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

    def raise_leads(
        self,
        leads: Iterable[Lead],
        told: Callable[[tuple[Lead, ...], tuple[Subscription, ...]], PlannedAlert],
        *,
        now: datetime,
    ) -> tuple[Lead, ...]:
        """Write the leads that are new with the alert about them, all or nothing; return them.

        A number that has turned up anywhere is none.
        """
        found = {lead.subject: lead for lead in leads}
        with self._begin_write() as connection:
            acquire_round_lock(connection)
            known = set(connection.execute(select(LEAD.c.subject)).scalars())
            fresh = [lead for subject, lead in found.items() if subject not in known]
            new = tuple(lead for lead in fresh if _find_occurrence(connection, lead.subject) is None)
            for lead in new:
                row = {"subject": lead.subject, "kind": lead.kind, "reason": lead.reason}
                connection.execute(LEAD.insert().values(row | {"raised_at": now}))
            if new:
                ringing = told(new, select_active_subscriptions(connection))
                write_alert(connection, ringing.alert, ringing.deliveries)
        return new

    def close_leads(self, *, now: datetime) -> tuple[str, ...]:
        """Close every lead whose number has turned up; return their subjects."""
        closed = []
        with self._begin_write() as connection:
            acquire_round_lock(connection)
            waiting = connection.execute(select(LEAD.c.subject).where(LEAD.c.closed_at.is_(None))).scalars()
            for subject in list(waiting):
                by = _find_occurrence(connection, subject)
                if by is not None:
                    mine = update(LEAD).where(LEAD.c.subject == subject)
                    connection.execute(mine.values(closed_at=now, closed_by=by))
                    closed.append(subject)
        return tuple(closed)

    def list_leads(self, *, closed: bool = False) -> tuple[LeadLine, ...]:
        """What a person should look into, oldest first; `closed` ones too, if wanted."""
        rows = select(LEAD).order_by(LEAD.c.raised_at, LEAD.c.id)
        with self._begin_read() as connection:
            found = connection.execute(rows if closed else rows.where(LEAD.c.closed_at.is_(None))).mappings()
            names = ("subject", "kind", "reason", "raised_at", "closed_at", "closed_by")
            return tuple(LeadLine(**{name: row[name] for name in names}) for row in found)


def _select_key_dates(connection: Connection, today: date) -> tuple[KeyDate, ...]:
    first, last = today - LOOK_BACK, today.replace(year=today.year + YEARS_AHEAD, day=1)
    return find_key_dates(
        select_graph(connection, select_keys_changed_between(connection, first, last)), first, last
    )


def _select_reminders(connection: Connection) -> tuple[ScheduledReminder, ...]:
    # A reading of ours that became another is no news: only what was reminded of is then told to have moved.
    seen = VERSION.c.kind.in_(("new", "amended"))
    joined = (
        select(SCHEDULED_REMINDER, and_(NOTICE.c.rung, seen).label("rung"))
        .outerjoin(NOTICE, NOTICE.c.key == SCHEDULED_REMINDER.c.key)
        .outerjoin(VERSION, VERSION.c.id == NOTICE.c.version_id)
    )
    return tuple(
        ScheduledReminder(
            key=row.key,
            event=row.event,
            slot=row.slot,
            date=row.day,
            known_on=row.known_on,
            days_before=row.lead,
            was_reminded=row.told,
            alerted=bool(row.rung),
        )
        for row in connection.execute(joined.order_by(SCHEDULED_REMINDER.c.id))
    )


def _select_outlook_days(connection: Connection) -> dict[int, date]:
    sent = select(SUBSCRIPTION.c.id, SUBSCRIPTION.c.outlook_on).where(SUBSCRIPTION.c.outlook_on.is_not(None))
    return {row.id: row.outlook_on for row in connection.execute(sent)}


def _find_notice(connection: Connection, key: str) -> ReminderNotice | None:
    joined = select(NOTICE.c.id, VERSION.c.reading, VERSION.c.text).join(
        NOTICE, NOTICE.c.version_id == VERSION.c.id
    )
    row = connection.execute(joined.where(NOTICE.c.key == key)).first()
    if row is None:
        return None
    sent = select(DELIVERY.c.subscription_id).join(ALERT, ALERT.c.id == DELIVERY.c.alert_id)
    heard = ALERT.c.notice_id == row.id, DELIVERY.c.state != "muted"
    told = connection.execute(sent.where(*heard).distinct()).scalars()
    return ReminderNotice(notice=notice_from_json(row.reading), text=row.text, notified_ids=frozenset(told))


def _write_round(connection: Connection, decided: ReminderRound) -> None:
    for item in decided.plan.dropped_reminders:
        connection.execute(SCHEDULED_REMINDER.delete().where(_match_reminder(item)))
    for item in decided.plan.changed_reminders:
        values = {
            "day": item.date,
            "known_on": item.known_on,
            "lead": item.days_before,
            "told": item.was_reminded,
        }
        changed = connection.execute(update(SCHEDULED_REMINDER).where(_match_reminder(item)).values(values))
        if changed.rowcount == 0:
            mine = {"key": item.key, "event": item.event, "slot": item.slot}
            connection.execute(SCHEDULED_REMINDER.insert().values(mine | values))
    for found in decided.alerts:
        of = select(NOTICE.c.id).where(NOTICE.c.key == found.notice_key)
        notice_id = connection.execute(of).scalar() if found.notice_key else None
        write_alert(connection, found.alert, found.deliveries, notice_id=notice_id)
    for subscription_id, day in decided.outlook_days.items():
        mine_too = update(SUBSCRIPTION).where(SUBSCRIPTION.c.id == subscription_id)
        connection.execute(mine_too.values(outlook_on=day))


def _match_reminder(item: ScheduledReminder) -> Any:
    return and_(
        SCHEDULED_REMINDER.c.key == item.key,
        SCHEDULED_REMINDER.c.event == item.event,
        SCHEDULED_REMINDER.c.slot == item.slot,
    )


def _find_occurrence(connection: Connection, key: str) -> str | None:
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
