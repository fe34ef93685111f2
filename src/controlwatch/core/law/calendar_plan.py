"""What calendars are given: key dates that keep their identity when they move or are cancelled.

A calendar program recognizes an event by its UID, and takes a version of it for newer where its sequence is
greater. Both are kept, because the law only says what is known now.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from controlwatch.core.law.key_date_pairs import KeyDateName, name_key_date, pair_key_dates
from controlwatch.core.model import Day, KeyDate, Notice

#: Events of this time before today stay in calendars; so do those that were cancelled.
KEPT_FOR = timedelta(days=366)
UID_DOMAIN = "controlwatch"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEvent:
    """A key date as calendars were last given it. Instants are UTC."""

    uid: str
    key: str  #: of the notice
    event: str
    slot: str  #: the part of the notice, counted where a part has several such days
    date: Day
    summary: str  #: number and title of the notice, and what was announced about the date
    sequence: int = 0  #: grows when it moves, is cancelled, or happens after all
    changed_at: datetime
    cancelled_at: datetime | None = None

    @property
    def name(self) -> KeyDateName:
        """What identifies the key date."""
        return self.key, self.event, self.slot


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarPlan:
    """The events of calendars from now on, and how they differ from those that are kept."""

    happening: tuple[tuple[CalendarEvent, KeyDate], ...]  #: oldest first
    cancelled: tuple[CalendarEvent, ...]
    changed: tuple[CalendarEvent, ...] = ()  #: those that are new or differ
    dropped: tuple[str, ...] = ()  #: UIDs that calendars no longer hold

    @property
    def is_settled(self) -> bool:
        """Whether what is kept needs no change."""
        return not self.changed and not self.dropped


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeOutline:
    """What the criteria of subscriptions look at, of one notice."""

    notice: Notice
    text: str  #: "" where it was not asked for


def plan_calendar(
    key_dates: Iterable[KeyDate], known: Iterable[CalendarEvent], *, first: date, now: datetime
) -> CalendarPlan:
    """Compare the key dates from a day on with the events that calendars were given before.

    An event that is no longer among the key dates is cancelled; one whose day comes before `first` is
    dropped, and so is one that was cancelled long ago.
    """
    calendar, before = list(key_dates), list(known)
    live = [event for event in before if event.cancelled_at is None and event.date >= first]
    cancelled = {event.name: event for event in before if event.cancelled_at is not None}
    paired = pair_key_dates(calendar, live)
    used = {event.uid for event in before}
    happening: list[tuple[CalendarEvent, KeyDate]] = []
    for key_date in calendar:
        name = name_key_date(key_date)
        old = paired[name] or cancelled.get(name)
        event = _update_event(old, key_date, now) if old is not None else _start_event(key_date, used, now)
        used.add(event.uid)
        happening.append((event, key_date))
    kept = {event.uid for event, _ in happening}
    gone = [
        replace(event, cancelled_at=now, changed_at=now, sequence=event.sequence + 1)
        for event in live
        if event.uid not in kept
    ]
    remembered = [
        event
        for event in cancelled.values()
        if event.uid not in kept and event.cancelled_at is not None and event.cancelled_at > now - KEPT_FOR
    ]
    after = [*(event for event, _ in happening), *gone, *remembered]
    known_events = set(before)
    return CalendarPlan(
        happening=tuple(happening),
        cancelled=tuple(sorted((*gone, *remembered), key=lambda event: (event.date, event.uid))),
        changed=tuple(event for event in after if event not in known_events),
        dropped=tuple(sorted({event.uid for event in before} - {event.uid for event in after})),
    )


def _start_event(key_date: KeyDate, used: set[str], now: datetime) -> CalendarEvent:
    key, event, slot = name_key_date(key_date)
    return CalendarEvent(
        uid=_choose_uid((key, event, slot), used),
        key=key,
        event=event,
        slot=slot,
        date=key_date.date,
        summary=_summarize(key_date),
        changed_at=now,
    )


def _update_event(old: CalendarEvent, key_date: KeyDate, now: datetime) -> CalendarEvent:
    summary = _summarize(key_date)
    has_moved = old.date != key_date.date or old.cancelled_at is not None
    is_same = not has_moved and old.summary == summary
    return replace(
        old,
        slot=key_date.slot,
        date=key_date.date,
        summary=summary,
        sequence=old.sequence + 1 if has_moved else old.sequence,
        changed_at=old.changed_at if is_same else now,
        cancelled_at=None,
    )


def _choose_uid(name: KeyDateName, used: set[str]) -> str:
    """Return a UID that depends on the name only, so that it is the same in a new database.

    Another event may hold it, whose part has been renamed since.
    """
    for attempt in range(len(used) + 1):
        words = "\n".join((*name, *([str(attempt)] if attempt else [])))
        uid = f"{hashlib.sha256(words.encode()).hexdigest()[:32]}@{UID_DOMAIN}"
        if uid not in used:
            break
    return uid


def _summarize(key_date: KeyDate) -> str:
    announced = (f"{item.verb} announced until {item.until}" for item in key_date.announced)
    number = key_date.number if key_date.number != key_date.title else ""
    return " · ".join(filter(None, (number, key_date.title, *dict.fromkeys(announced))))
