"""The clock: which days are to be rung for today, and which days people must be told have moved.

A day is rung for 30, 7 and 1 days before it and on the day itself, once each. What we learn of late
is not rung for in arrears: the alert, or the quiet load of the register, has said it already. A ring
that was missed while nobody ran is made up for by the next that is due; on the day itself it is made
up for up to a week later.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from controlwatch.core.law.key_dates import ANNOUNCED_ONLY
from controlwatch.core.model import Day, KeyDate, ReminderSubject

#: Days before an event on which it is rung for.
REMINDER_DAYS = (30, 7, 1, 0)
#: An event that passed while nobody ran is still rung for so long.
GRACE_PERIOD = timedelta(days=7)

#: Of an event: the notice's key, what happens, and to which part.
KeyDateName = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledReminder:
    """An event as the clock holds it: what people have been told of it so far."""

    key: str  #: of the notice
    event: str
    slot: str  #: the part of the notice, counted where a part has several such days
    date: Day
    known_on: Day  #: the day we learnt of this date
    days_before: int | None = None  #: the latest reminder sent for this date, in days before
    was_reminded: bool = False  #: the clock has told people of this day, on this date or on one before
    alerted: bool = False  #: an alert has gone out about the notice as it reads now

    @property
    def name(self) -> KeyDateName:
        """What tells it from every other."""
        return self.key, self.event, self.slot

    @property
    def is_notified(self) -> bool:
        """Whether anybody has been told of it."""
        return self.was_reminded or self.alerted


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderPlan:
    """What to ring now, and what to hold from now on."""

    occasions: tuple[ReminderSubject, ...]
    active_reminders: tuple[ScheduledReminder, ...]  #: all that is held from now on
    changed_reminders: tuple[ScheduledReminder, ...]  #: those of them that are new or differ
    dropped_reminders: tuple[ScheduledReminder, ...]


def plan_reminders(
    events: Iterable[KeyDate], held: Iterable[ScheduledReminder], *, today: date
) -> ReminderPlan:
    """Compare the calendar as the law stands with what is held, on a day in Beijing.

    `events` reach back for a year, oldest first: a day that was moved into the past has not gone. Nothing
    happens on a day that nobody enacted; such events are left out.
    """
    coming = [event for event in events if event.event != ANNOUNCED_ONLY]
    before = {item.name: item for item in held}
    pairs = _pair_reminders(coming, before)
    rings: list[ReminderSubject] = []
    kept: list[ScheduledReminder] = []
    changed: list[ScheduledReminder] = []
    for event, old in pairs:
        item, moved = _update_reminder(old, event, today)
        if moved is not None:
            rings.append(moved)
        lead = _find_due_reminder(item, today)
        if lead is not None:
            rings.append(ReminderSubject(event=event))
            item = replace(item, days_before=lead, was_reminded=True)
        kept.append(item)
        if item != old:
            changed.append(item)
    paired = {old.name for _, old in pairs if old is not None}
    renamed = {old.name for event, old in pairs if old is not None and old.name != _build_name(event)}
    gone = tuple(item for name, item in before.items() if name not in paired)
    rings.extend(_build_gone_occasion(item) for item in gone if item.date >= today and item.was_reminded)
    dropped = (*gone, *(before[name] for name in renamed))
    return ReminderPlan(
        occasions=tuple(rings),
        active_reminders=tuple(kept),
        changed_reminders=tuple(changed),
        dropped_reminders=dropped,
    )


def _pair_reminders(
    events: list[KeyDate], before: dict[KeyDateName, ScheduledReminder]
) -> list[tuple[KeyDate, ScheduledReminder | None]]:
    """Pair each event with the appointment that is held for it: by name, else by its day, else by its kind.

    A part that is named otherwise, or counted otherwise, on the same day has not moved; of one notice, the
    one event of a kind that is left over is the one that was held.
    """
    found = {_build_name(event): before.get(_build_name(event)) for event in events}
    left = [item for name, item in before.items() if name not in found]
    for same, alone in ((_is_same_day, False), (_is_same_kind, True)):
        fresh = [event for event in events if found[_build_name(event)] is None]
        for event in fresh:
            alike = [item for item in left if same(item, event)]
            rivals = [other for item in alike for other in fresh if same(item, other)]
            if alike and (not alone or len(alike) == len(rivals) == 1):
                found[_build_name(event)] = alike[0]
                left.remove(alike[0])
    return [(event, found[_build_name(event)]) for event in events]


def _build_name(event: KeyDate) -> KeyDateName:
    return event.key, event.event, event.slot


def _is_same_day(item: ScheduledReminder, event: KeyDate) -> bool:
    return (item.key, item.event, item.date) == (event.key, event.event, event.date)


def _is_same_kind(item: ScheduledReminder, event: KeyDate) -> bool:
    return (item.key, item.event) == (event.key, event.event)


def _update_reminder(
    old: ScheduledReminder | None, event: KeyDate, today: date
) -> tuple[ScheduledReminder, ReminderSubject | None]:
    fresh = ScheduledReminder(
        key=event.key, event=event.event, slot=event.slot, date=event.date, known_on=today
    )
    if old is None:
        return fresh, None
    if old.date == event.date:
        return replace(old, slot=event.slot), None
    if not old.is_notified or max(old.date, event.date) < today:
        return replace(fresh, alerted=old.alerted), None
    return replace(fresh, alerted=old.alerted, was_reminded=True), ReminderSubject(event=event, was=old.date)


def _find_due_reminder(item: ScheduledReminder, today: date) -> int | None:
    """Return the reminder to send now: the nearest of those whose day has come since we learnt of it."""
    if item.date < today - GRACE_PERIOD:
        return None
    for lead in sorted(REMINDER_DAYS):
        day = item.date - timedelta(days=lead)
        if item.known_on < day <= today:
            return lead if item.days_before is None or lead < item.days_before else None
    return None


def _build_gone_occasion(item: ScheduledReminder) -> ReminderSubject:
    event = KeyDate(
        date=item.date,
        event=item.event,
        number=item.key,
        key=item.key,
        title="",
        scope=item.slot,
        slot=item.slot,
    )
    return ReminderSubject(event=event, was=item.date, gone=True)
