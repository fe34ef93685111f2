"""The clock's side of the store: appointments, rings and leads, each round one transaction."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, select, update

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
from controlwatch.core.law.key_dates import find_key_dates

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from sqlalchemy import Connection

    from controlwatch.core.model import KeyDate

#: The clock looks so many years ahead, and so far back for a day that was moved into the past.
YEARS_AHEAD = 20
LOOK_BACK = timedelta(days=366)


class ReminderTransaction:
    """One transaction: compare the calendar with the reminders scheduled so far, and write the difference."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def load_context(self, *, now: datetime) -> ReminderContext:
        """Return everything in the store that bears on a round of reminders."""
        connection = self._connection
        return ReminderContext(
            key_dates=_select_key_dates(connection, find_reminder_day(now)),
            scheduled_reminders=_select_reminders(connection),
            subscriptions=select_active_subscriptions(connection),
            last_outlooks=_select_outlook_days(connection),
            find_notice=cache(lambda key: _find_notice(connection, key)),
        )

    def record(self, decided: ReminderRound) -> None:
        """Write a round: its alerts, and what is scheduled after it."""
        _write_round(self._connection, decided)


class ReminderStore(StorePart):
    """Scheduled reminders."""

    @contextmanager
    def transaction(self) -> Iterator[ReminderTransaction]:
        """Open a transaction; rounds of several processes take turns."""
        with self._engine.begin() as connection:
            take_turns(connection, ROUND_LOCK)
            yield ReminderTransaction(connection)


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
