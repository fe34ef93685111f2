"""Scheduled reminders in the store: each round is one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import cache

from sqlalchemy import ColumnElement, Connection, and_, select, update

from controlwatch.adapters.storage.alert_writer import write_alert
from controlwatch.adapters.storage.base import (
    ALERT,
    DELIVERY,
    NOTICE,
    ROUND_LOCK,
    SCHEDULED_REMINDER,
    SUBSCRIPTION,
    VERSION,
    StorePart,
    notice_from_json,
    take_turns,
)
from controlwatch.adapters.storage.engine import Database
from controlwatch.adapters.storage.legal_graph import (
    select_graph,
    select_keys_changed_between,
    select_revision,
)
from controlwatch.adapters.storage.subscriptions import select_active_subscriptions
from controlwatch.core.alerting.reminder_plan import ScheduledReminder
from controlwatch.core.alerting.reminders import (
    ReminderContext,
    ReminderNotice,
    ReminderRound,
    find_reminder_day,
)
from controlwatch.core.law.key_dates import find_key_dates
from controlwatch.core.model import KeyDate

#: Reminders look this many years ahead, and this far back for a date that was moved into the past.
YEARS_AHEAD = 20
LOOK_BACK = timedelta(days=366)


class ReminderCalendar:
    """The key dates around a day, kept until the store learns something new about notices."""

    def __init__(self) -> None:
        self._known_as_of: tuple[object, ...] = ()
        self._dates: tuple[KeyDate, ...] = ()

    def list_dates(self, connection: Connection, today: date) -> tuple[KeyDate, ...]:
        """Return the key dates from a year ago on, as the transaction of a connection sees the law."""
        known_as_of = (today, *select_revision(connection))
        if known_as_of != self._known_as_of:
            first, last = today - LOOK_BACK, today.replace(year=today.year + YEARS_AHEAD, day=1)
            graph = select_graph(connection, select_keys_changed_between(connection, first, last))
            self._dates = find_key_dates(graph, first, last)
            self._known_as_of = known_as_of
        return self._dates


class SqlReminderTransaction:
    """One transaction: compare the calendar with the reminders scheduled so far, and write the difference."""

    def __init__(self, connection: Connection, calendar: ReminderCalendar) -> None:
        self._connection, self._calendar = connection, calendar

    def load_context(self, *, now: datetime) -> ReminderContext:
        """Return everything in the store that bears on a round of reminders."""
        connection, today = self._connection, find_reminder_day(now)
        outlooks = select(SUBSCRIPTION.c.id, SUBSCRIPTION.c.outlook_on)
        sent = connection.execute(outlooks.where(SUBSCRIPTION.c.outlook_on.is_not(None)))
        return ReminderContext(
            key_dates=self._calendar.list_dates(connection, today),
            scheduled_reminders=_select_reminders(connection),
            subscriptions=select_active_subscriptions(connection),
            last_outlooks={row.id: row.outlook_on for row in sent},
            find_notice=cache(self._find_notice),
        )

    def _find_notice(self, key: str) -> ReminderNotice | None:
        joined = select(NOTICE.c.id, VERSION.c.reading, VERSION.c.text).join(
            NOTICE, NOTICE.c.version_id == VERSION.c.id
        )
        row = self._connection.execute(joined.where(NOTICE.c.key == key)).first()
        if row is None:
            return None
        notified = (
            select(DELIVERY.c.subscription_id)
            .join(ALERT, ALERT.c.id == DELIVERY.c.alert_id)
            .where(ALERT.c.notice_id == row.id, DELIVERY.c.state != "muted")
            .distinct()
        )
        ids = frozenset(self._connection.execute(notified).scalars())
        return ReminderNotice(notice=notice_from_json(row.reading), text=row.text, notified_ids=ids)

    def record(self, decided: ReminderRound) -> None:
        """Write a round: its alerts, and what is scheduled after it."""
        connection, plan = self._connection, decided.plan
        for item in plan.dropped_reminders:
            connection.execute(SCHEDULED_REMINDER.delete().where(_match_reminder(item)))
        for item in plan.changed_reminders:
            values = {
                "day": item.date,
                "known_on": item.known_on,
                "lead": item.days_before,
                "told": item.was_reminded,
            }
            changed = update(SCHEDULED_REMINDER).where(_match_reminder(item)).values(values)
            if connection.execute(changed).rowcount == 0:
                name = {"key": item.key, "event": item.event, "slot": item.slot}
                connection.execute(SCHEDULED_REMINDER.insert().values(name | values))
        for planned in decided.alerts:
            by_key = select(NOTICE.c.id).where(NOTICE.c.key == planned.notice_key)
            notice_id = connection.execute(by_key).scalar() if planned.notice_key else None
            write_alert(connection, planned.alert, planned.deliveries, notice_id=notice_id)
        for subscription_id, day in decided.outlook_days.items():
            own = update(SUBSCRIPTION).where(SUBSCRIPTION.c.id == subscription_id)
            connection.execute(own.values(outlook_on=day))


class ReminderStore(StorePart):
    """Scheduled reminders."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._calendar = ReminderCalendar()

    @contextmanager
    def transaction(self) -> Iterator[SqlReminderTransaction]:
        """Open a transaction; rounds of several processes take turns."""
        with self._engine.begin() as connection:
            take_turns(connection, ROUND_LOCK)
            yield SqlReminderTransaction(connection, self._calendar)


def _select_reminders(connection: Connection) -> tuple[ScheduledReminder, ...]:
    # A better reading of the same bytes is not news: a date that it moves is notified only where a
    # reminder of it was sent.
    is_news = VERSION.c.kind.in_(("new", "amended"))
    joined = (
        select(SCHEDULED_REMINDER, and_(NOTICE.c.rung, is_news).label("alerted"))
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
            alerted=bool(row.alerted),
        )
        for row in connection.execute(joined.order_by(SCHEDULED_REMINDER.c.id))
    )


def _match_reminder(item: ScheduledReminder) -> ColumnElement[bool]:
    return and_(
        SCHEDULED_REMINDER.c.key == item.key,
        SCHEDULED_REMINDER.c.event == item.event,
        SCHEDULED_REMINDER.c.slot == item.slot,
    )
