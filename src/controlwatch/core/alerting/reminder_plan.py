"""Which dates to remind of today, and which moved dates subscribers must be notified of.

A date causes a reminder 30, 7 and 1 days before it and on the day itself, once each; the end of a term also
one on the day after, which says whether an extension has been seen. Reminders from before
the date became known are not sent late: the alert, or the import of the register, has covered them. One
that was missed while the service did not run is replaced by the next that is due; the one for the day
itself is sent up to a week late.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from controlwatch.core.law.key_date_pairs import KeyDateName, name_key_date, pair_key_dates
from controlwatch.core.model import Day, KeyDate, ReminderSubject
from controlwatch.core.model.alert import ANNOUNCED_ONLY, ENDS, SUSPENSION_ENDS

#: Days before a date on which a reminder is sent; the end of a term is also reported on the day after.
REMINDER_DAYS = (30, 7, 1, 0)
DAY_AFTER = -1
ENDING_EVENTS = frozenset({SUSPENSION_ENDS, ENDS})
#: A date that passed while the service did not run still causes a reminder for this time.
GRACE_PERIOD = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledReminder:
    """A key date with what subscribers have been notified of so far."""

    key: str  #: of the notice
    event: str
    slot: str  #: the part of the notice, counted where a part has several such days
    date: Day
    known_on: Day  #: the day this date became known
    days_before: int | None = None  #: the latest reminder sent for this date, in days before
    was_reminded: bool = False  #: a reminder was sent, for this date or for an earlier one
    alerted: bool = False  #: an alert was sent about the notice's current text

    @property
    def name(self) -> KeyDateName:
        """What identifies the key date."""
        return self.key, self.event, self.slot

    @property
    def is_notified(self) -> bool:
        """Return whether any subscriber was notified of it."""
        return self.was_reminded or self.alerted


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderPlan:
    """What to remind of now, and what is scheduled from now on."""

    occasions: tuple[ReminderSubject, ...]
    active_reminders: tuple[ScheduledReminder, ...]  #: all that is scheduled from now on
    changed_reminders: tuple[ScheduledReminder, ...]  #: those of them that are new or differ
    dropped_reminders: tuple[ScheduledReminder, ...]


def plan_reminders(
    key_dates: Iterable[KeyDate], scheduled: Iterable[ScheduledReminder], *, today: date
) -> ReminderPlan:
    """Compare the calendar under the current law with what is scheduled, on a day in Beijing.

    `key_dates` reach back for a year, oldest first: a date that was moved into the past is not cancelled.
    Dates that were announced but not enacted are left out: nothing happens on them.
    """
    calendar = [key_date for key_date in key_dates if key_date.event != ANNOUNCED_ONLY]
    before = {item.name: item for item in scheduled}
    paired = pair_key_dates(calendar, before.values())
    occasions: list[ReminderSubject] = []
    active: list[ScheduledReminder] = []
    for key_date in calendar:
        key, event, slot = name_key_date(key_date)
        old = paired[key, event, slot]
        item = ScheduledReminder(key=key, event=event, slot=slot, date=key_date.date, known_on=today)
        if old is not None and old.date == key_date.date:
            item = replace(old, slot=slot)
        elif old is not None:
            is_moved = old.is_notified and max(old.date, key_date.date) >= today
            item = replace(item, alerted=old.alerted, was_reminded=is_moved)
            if is_moved:
                occasions.append(ReminderSubject(event=key_date, was=old.date))
        lead = _find_due_reminder(item, today)
        if lead is not None:
            occasions.append(ReminderSubject(event=key_date))
            item = replace(item, days_before=lead, was_reminded=True)
        active.append(item)
    kept = {old.name for old in paired.values() if old is not None}
    renamed = [old for name, old in paired.items() if old is not None and old.name != name]
    gone = [item for name, item in before.items() if name not in kept]
    for item in gone:
        if item.date >= today and item.was_reminded:
            key_date = KeyDate(
                date=item.date,
                event=item.event,
                number=item.key,
                key=item.key,
                title="",
                scope=item.slot,
                slot=item.slot,
            )
            occasions.append(ReminderSubject(event=key_date, was=item.date, gone=True))
    return ReminderPlan(
        occasions=tuple(occasions),
        active_reminders=tuple(active),
        changed_reminders=tuple(item for item in active if item != paired[item.name]),
        dropped_reminders=(*gone, *renamed),
    )


def _find_due_reminder(item: ScheduledReminder, today: date) -> int | None:
    """Return the reminder to send now: the nearest of those whose day has come since the date is known."""
    if item.date < today - GRACE_PERIOD:
        return None
    leads = (DAY_AFTER, *sorted(REMINDER_DAYS)) if item.event in ENDING_EVENTS else sorted(REMINDER_DAYS)
    for lead in leads:
        day = item.date - timedelta(days=lead)
        if item.known_on < day <= today:
            return lead if item.days_before is None or lead < item.days_before else None
    return None
