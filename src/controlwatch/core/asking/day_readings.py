"""What words for a day mean: of the calendar, counted from today, or by weekday."""

from __future__ import annotations

import calendar
from dataclasses import dataclass, replace
from datetime import date, timedelta

from controlwatch.core.asking.vocabulary import DayGrammar, RelativeDays, UnitName

MONTHS_IN = {"month": 1, "quarter": 3, "year": 12}
#: Patterns that count units from today.
COUNTED = ("count-ahead", "count-back", "unit-back", "day-ahead", "day-back", "count")


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySpan:
    """From a day to a day, both included."""

    first: date
    last: date

    @property
    def is_day(self) -> bool:
        """Whether it is a single day."""
        return self.first == self.last

    def __str__(self) -> str:
        return str(self.first) if self.is_day else f"{self.first} to {self.last}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayMention:
    """Words that say when, at a place of the text."""

    start: int
    end: int
    span: DaySpan | None = None
    count: int | None = None  #: days without a direction
    problem: str = ""  #: why it cannot be read as a day
    readings: tuple[DaySpan, ...] = ()  #: what it may mean, where that is not clear


def read_mention(
    kind: str, groups: dict[str, str], words: str, mention: DayMention, grammar: DayGrammar, today: date
) -> DayMention:
    """Read one mention; raise `ValueError` or `OverflowError` where no such day exists."""
    if kind in COUNTED:
        return read_counted(kind, groups, mention, grammar, today)
    if kind == "figures":
        raise ValueError(words)
    if kind == "year-last":
        return read_figures(groups, words, mention)
    if kind in {"weekday", "chinese-weekday"}:
        return read_weekday(kind, groups, words, mention, grammar, today)
    if kind == "bare-day":
        return replace(mention, problem=f"{words!r} does not state the month; write the date as 2026-11-30")
    if kind == "vague-day":
        return replace(mention, problem=f"{words!r} does not state one day; write the date as 2026-11-30")
    if kind == "counted-year":
        groups = {**groups, "year": str(today.year + grammar.years[groups["counted"]])}
    return read_calendar(kind, groups, words, mention, grammar, today)


def read_calendar(
    kind: str, groups: dict[str, str], words: str, mention: DayMention, grammar: DayGrammar, today: date
) -> DayMention:
    """Read a day, a month, a quarter or a year of the calendar."""
    year = int(groups["year"]) if "year" in groups else None
    name = groups.get("month", "")
    month = grammar.months.get(name) or (int(name) if name.isdecimal() else None)
    if kind == "quarter" and year:
        first = date(year, read_number(groups["quarter"], grammar) * 3 - 2, 1)
        return replace(mention, span=DaySpan(first=first, last=add_units(first, 1, "quarter") - timedelta(1)))
    if kind == "year" and year:
        return replace(mention, span=DaySpan(first=date(year, 1, 1), last=date(year, 12, 31)))
    if "day" in groups and month and year:
        day = date(year, month, int(groups["day"]))
        return replace(mention, span=DaySpan(first=day, last=day))
    if month and year:
        return replace(mention, span=span_month(year, month))
    if not month or month > 12:
        raise ValueError(words)
    return read_without_year(groups, month, words, mention, today)


def read_without_year(
    groups: dict[str, str], month: int, words: str, mention: DayMention, today: date
) -> DayMention:
    """Return what a day or a month without its year may mean: this year's, and the nearest other one."""
    readings = []
    for year in (today.year, today.year + 1 if month <= today.month else today.year - 1):
        if "day" not in groups:
            readings.append(span_month(year, month))
        elif 1 <= int(groups["day"]) <= calendar.monthrange(year, month)[1]:
            day = date(year, month, int(groups["day"]))
            readings.append(DaySpan(first=day, last=day))
    if not readings:
        date(2000, month, int(groups["day"]))  # raises, but for a day of leap years
    return replace(mention, problem=f"{words!r} does not state the year", readings=tuple(readings))


def read_figures(groups: dict[str, str], words: str, mention: DayMention) -> DayMention:
    """Read 11/12/2026: the day comes first, or the month does; with dots, the day."""
    year, one, two = (int(groups[name]) for name in ("year", "one", "two"))
    days = []
    orders = ((two, one),) if groups["mark"] == "." else ((two, one), (one, two))
    for month, day in orders:
        if 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]:
            days.append(date(year, month, day))
    spans = tuple(DaySpan(first=day, last=day) for day in dict.fromkeys(days))
    if not spans:
        raise ValueError(words)
    if len(spans) == 1:
        return replace(mention, span=spans[0])
    problem = f"{words!r} may be {spans[0]} or {spans[1]}"
    return replace(mention, problem=problem, readings=spans)


def read_weekday(
    kind: str, groups: dict[str, str], words: str, mention: DayMention, grammar: DayGrammar, today: date
) -> DayMention:
    """Read a weekday; without a week it may be one of two days."""
    weekday = grammar.weekdays[groups["weekday"]]
    monday = today - timedelta(today.weekday())
    if kind == "chinese-weekday":
        day = monday + timedelta(weekday + 7 * grammar.weeks[groups["week"]])
        return replace(mention, span=DaySpan(first=day, last=day))
    from_day = today + timedelta(1) if "next" in words else today
    first = from_day + timedelta((weekday - from_day.weekday()) % 7)
    days = (first - timedelta(7), first) if "last" in words else (first, first + timedelta(7))
    readings = tuple(DaySpan(first=day, last=day) for day in days)
    return replace(mention, problem=f"{words!r} may be more than one day", readings=readings)


def read_counted(
    kind: str, groups: dict[str, str], mention: DayMention, grammar: DayGrammar, today: date
) -> DayMention:
    """Read a number of units: a period, a day that far away, or only a number of days."""
    number = read_number(groups.get("count", "1"), grammar)
    unit = grammar.units[groups["unit"]]
    if kind == "count":
        return replace(mention, count=(add_units(today, number, unit) - today).days)
    other = add_units(today, number if kind.endswith("ahead") else -number, unit)
    if kind.startswith("day"):
        return replace(mention, span=DaySpan(first=other, last=other))
    return replace(mention, span=DaySpan(first=min(today, other), last=max(today, other)))


def read_number(typed: str, grammar: DayGrammar) -> int:
    """Return a number in figures or in a word."""
    return int(typed) if typed.isdecimal() else grammar.numbers[typed]


def resolve_relative(entry: RelativeDays, today: date) -> DaySpan:
    """Return the days of words that are counted from today."""
    if entry.kind == "day":
        day = today + timedelta(entry.offset)
        return DaySpan(first=day, last=day)
    starts: dict[UnitName, date] = {
        "week": today - timedelta(today.weekday()),
        "month": today.replace(day=1),
        "quarter": today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1),
        "year": today.replace(month=1, day=1),
    }
    first = add_units(starts[entry.unit], entry.offset, entry.unit)
    last = add_units(first, 1, entry.unit) - timedelta(1)
    return DaySpan(first=last if entry.kind == "end" else first, last=last)


def span_month(year: int, month: int) -> DaySpan:
    """Return the first to the last day of a month; raises `ValueError`."""
    return DaySpan(first=date(year, month, 1), last=date(year, month, calendar.monthrange(year, month)[1]))


def add_units(day: date, number: int, unit: UnitName) -> date:
    """Return the day that is a number of units later; the last of the month where it has fewer days.

    Raises `OverflowError` or `ValueError` beyond the calendar.
    """
    if unit in {"day", "week"}:
        return day + timedelta(number * (7 if unit == "week" else 1))
    months = day.year * 12 + day.month - 1 + number * MONTHS_IN[unit]
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
