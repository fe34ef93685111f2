"""The key dates of a month in weeks, each with its mark: what happens, and whether it still does."""

from __future__ import annotations

from calendar import Calendar
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from controlwatch.core.law.calendar_plan import CalendarEvent
from controlwatch.core.law.key_date_pairs import KeyDateName, name_key_date
from controlwatch.core.model import Day, KeyDate
from controlwatch.core.model.alert import ANNOUNCED_ONLY

#: announced: without a legal instrument; moved: calendars were given another day before; cancelled: it does
#: not happen.
KeyDateMark = Literal["expected", "announced", "moved", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedDate:
    """A key date as a calendar page shows it."""

    date: Day
    event: str
    key: str
    number: str
    title: str
    mark: KeyDateMark
    quote: str = ""
    categories: tuple[str, ...] = ()
    key_date: KeyDate | None = None  #: None: it was cancelled


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthDay:
    """A day of a month, or one beside it that fills a week."""

    day: Day
    is_in_month: bool
    dates: tuple[MarkedDate, ...]


def mark_key_dates(
    key_dates: Iterable[KeyDate], events: Iterable[CalendarEvent], *, with_cancelled: bool = True
) -> tuple[MarkedDate, ...]:
    """Return key dates with their marks, and those of the same days that were cancelled; oldest first."""
    known: Mapping[KeyDateName, CalendarEvent] = {event.name: event for event in events}
    marked = [_mark(key_date, known.get(name_key_date(key_date))) for key_date in key_dates]
    if with_cancelled:
        marked += [
            MarkedDate(
                date=event.date,
                event=event.event,
                key=event.key,
                number=event.key,
                title=event.summary,
                mark="cancelled",
            )
            for event in known.values()
            if event.cancelled_at is not None
        ]
    return tuple(sorted(marked, key=lambda item: (item.date, item.number, item.event)))


def build_month(month: Day, dates: Iterable[MarkedDate]) -> tuple[tuple[MonthDay, ...], ...]:
    """Return the weeks of the month of a day, from Monday on; the first and the last week are whole."""
    by_day: defaultdict[Day, list[MarkedDate]] = defaultdict(list)
    for item in dates:
        by_day[item.date].append(item)
    weeks = Calendar().monthdatescalendar(month.year, month.month)
    return tuple(
        tuple(
            MonthDay(day=day, is_in_month=day.month == month.month, dates=tuple(by_day[day])) for day in week
        )
        for week in weeks
    )


def _mark(key_date: KeyDate, event: CalendarEvent | None) -> MarkedDate:
    has_moved = event is not None and event.sequence > 0
    mark: KeyDateMark = "moved" if has_moved else "expected"
    if key_date.event == ANNOUNCED_ONLY:
        mark = "announced"
    return MarkedDate(
        date=key_date.date,
        event=key_date.event,
        key=key_date.key,
        number=key_date.number,
        title=key_date.title,
        mark=mark,
        quote=key_date.quote,
        categories=key_date.categories,
        key_date=key_date,
    )
