"""Days and periods as people write them. What looks like a day and cannot be read as one is said, not guessed."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from controlwatch.core.asking.vocabulary import DayGrammar, RelativeDays, UnitName

MONTHS_IN = {"month": 1, "quarter": 3, "year": 12}
#: Patterns that count units from today.
COUNTED = ("count-ahead", "count-back", "unit-back", "day-ahead", "day-back", "count")
#: The word before these is not part of them: since 2024.
LEAD_IS_CONTEXT = frozenset({"month", "year"})


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


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedDays:
    """When a question is about, and the text without the words that say it."""

    rest: str  #: of the same length: with spaces in the place of those words
    span: DaySpan | None = None
    count: int | None = None  #: days without a direction
    problem: str = ""
    choices: tuple[str, ...] = ()  #: the text with each of the readings in place of unclear words


def find_asked_days(text: str, grammar: DayGrammar, *, today: date) -> AskedDays:
    """Find the days of a question in folded text.

    Two days are a period from the first to the second. A day behind `since` or `until` begins or ends a
    period. Days that do not exist, and days without their year, are reported as a problem.
    """
    mentions = _drop_overlaps(list(_find_mentions(text, grammar, today)))
    unclear = next((mention for mention in mentions if mention.problem), None)
    if unclear is not None:
        choices = tuple(
            f"{text[: unclear.start]} {span} {text[unclear.end :]}".strip() for span in unclear.readings
        )
        rest = _cut_mentions(text, mentions)
        return AskedDays(rest=rest, problem=unclear.problem, choices=choices)
    spans = [mention.span for mention in mentions if mention.span is not None]
    count = next((mention.count for mention in mentions if mention.count is not None), None)
    if len(spans) > 2 or (spans and count is not None):
        return AskedDays(
            rest=_cut_mentions(text, mentions), problem="there are several dates; write one, or two"
        )
    if len(spans) == 2:
        joined = _widen_mentions(text, mentions, grammar)
        span = DaySpan(first=spans[0].first, last=spans[1].last)
        return AskedDays(rest=_cut_mentions(text, joined), span=span)
    if not spans:
        return AskedDays(rest=_cut_mentions(text, mentions), count=count)
    (only,) = _widen_mentions(
        text, [item for item in mentions if item.span is not None], grammar, today=today
    )
    return AskedDays(rest=_cut_mentions(text, [only]), span=only.span)


def _cut_mentions(text: str, mentions: list[DayMention]) -> str:
    for mention in mentions:
        text = blank_out(text, mention.start, mention.end)
    return text


def _widen_mentions(
    text: str, mentions: list[DayMention], grammar: DayGrammar, *, today: date | None = None
) -> list[DayMention]:
    """Return mentions with the words around them that belong to them; with `today`, as they say."""
    widened = []
    for mention in mentions:
        lead, start = _match_words(text[: mention.start], grammar.leads, at_end=True)
        tail, end = _match_words(text[mention.end :], grammar.tails, at_end=False)
        span = mention.span
        if today is not None and span is not None:
            span = _extend_span(span, {lead, tail}, today)
        left = start if lead else mention.start
        right = mention.end + end if tail else mention.end
        widened.append(replace(mention, start=left, end=right, span=span))
    return widened


def _extend_span(span: DaySpan, roles: set[str], today: date) -> DaySpan:
    """Return the period that a day or a period begins or ends."""
    first, last = span.first, span.last
    if roles & {"since", "after"}:
        if "after" in roles and not span.is_day:
            first = last + timedelta(1)
        # What is still to come has no end; a year is shown with its dates.
        return DaySpan(first=first, last=today if first <= today else add_units(first, 1, "year"))
    if roles & {"until", "before"}:
        if "before" in roles and not span.is_day:
            last = first - timedelta(1)
        return DaySpan(first=min(today, last), last=last)
    return span


def _match_words(text: str, words: Any, *, at_end: bool) -> tuple[str, int]:
    """Return the role of the words that a text ends or begins with, and where they begin or end."""
    roles = sorted(
        ((word, role) for role, found in words.items() for word in found), key=lambda item: -len(item[0])
    )
    for word, role in roles:
        latin = word[0].isascii() and word[0].isalnum()
        edge = (r"(?<![a-z0-9])" if at_end else r"(?![a-z0-9])") if latin else ""
        escaped = re.escape(word)
        pattern = rf"{edge}{escaped}\s*$" if at_end else rf"^\s*{escaped}{edge}"
        if hit := re.search(pattern, text):
            return role, hit.start() if at_end else hit.end()
    return "", 0


def _drop_overlaps(mentions: list[DayMention]) -> list[DayMention]:
    """Return mentions in the order of the text; where two overlap, the longer one, or the earlier found."""
    kept: list[DayMention] = []
    for mention in sorted(mentions, key=lambda item: item.start - item.end):
        if all(mention.end <= other.start or mention.start >= other.end for other in kept):
            kept.append(mention)
    return sorted(kept, key=lambda item: item.start)


def _find_mentions(text: str, grammar: DayGrammar, today: date) -> Iterator[DayMention]:
    for entry in grammar.relative:
        for word in entry.words:
            edge = r"(?<![a-z0-9])", r"(?![a-z0-9])"
            before, after = edge if word.isascii() else ("", "")
            for hit in re.finditer(rf"{before}{re.escape(word)}{after}", text):
                yield DayMention(start=hit.start(), end=hit.end(), span=_resolve_relative(entry, today))
    for pattern in grammar.patterns:
        for hit in pattern.compiled.finditer(text):
            # Groups of alternatives are numbered: count, count2.
            groups = {name.rstrip("0123456789"): value for name, value in hit.groupdict().items() if value}
            start = hit.start()
            if pattern.id in LEAD_IS_CONTEXT:
                start = min(hit.start(name) for name, value in hit.groupdict().items() if value)
            mention = DayMention(start=start, end=hit.end())
            try:
                yield _read_mention(
                    pattern.id, groups, text[start : hit.end()].strip(), mention, grammar, today
                )
            except (ValueError, OverflowError):
                yield replace(mention, problem=f"{hit[0].strip()!r} is not a date")


def _read_mention(
    kind: str, groups: dict[str, str], words: str, mention: DayMention, grammar: DayGrammar, today: date
) -> DayMention:
    """Read one mention; raise `ValueError` or `OverflowError` where it is no day."""
    if kind in COUNTED:
        return _read_counted(kind, groups, mention, grammar, today)
    year = int(groups["year"]) if "year" in groups else None
    name = groups.get("month", "")
    month = grammar.months.get(name) or (int(name) if name.isdecimal() else None)
    if kind == "figures":
        raise ValueError(words)
    if kind == "year-last":
        return _read_figures(groups, words, mention)
    if kind in {"weekday", "chinese-weekday"}:
        return _read_weekday(kind, groups, words, mention, grammar, today)
    if kind == "bare-day":
        return replace(mention, problem=f"{words!r} does not state the month; write the date as 2026-11-30")
    if kind == "quarter" and year:
        first = date(year, _read_number(groups["quarter"], grammar) * 3 - 2, 1)
        return replace(mention, span=DaySpan(first=first, last=add_units(first, 1, "quarter") - timedelta(1)))
    if kind == "year" and year:
        return replace(mention, span=DaySpan(first=date(year, 1, 1), last=date(year, 12, 31)))
    if "day" in groups and month and year:
        day = date(year, month, int(groups["day"]))
        return replace(mention, span=DaySpan(first=day, last=day))
    if month and year:
        return replace(mention, span=_span_month(year, month))
    if not month or month > 12:
        raise ValueError(words)
    return _read_without_year(groups, month, words, mention, today)


def _read_without_year(
    groups: dict[str, str], month: int, words: str, mention: DayMention, today: date
) -> DayMention:
    """Return what a day or a month without its year may mean: this year's, and the nearest other one."""
    readings = []
    for year in (today.year, today.year + 1 if month <= today.month else today.year - 1):
        if "day" not in groups:
            readings.append(_span_month(year, month))
        elif 1 <= int(groups["day"]) <= calendar.monthrange(year, month)[1]:
            day = date(year, month, int(groups["day"]))
            readings.append(DaySpan(first=day, last=day))
    if not readings:
        date(2000, month, int(groups["day"]))  # raises, but for a day of leap years
    return replace(mention, problem=f"{words!r} does not state the year", readings=tuple(readings))


def _read_figures(groups: dict[str, str], words: str, mention: DayMention) -> DayMention:
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


def _read_weekday(
    kind: str, groups: dict[str, str], words: str, mention: DayMention, grammar: DayGrammar, today: date
) -> DayMention:
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


def _read_counted(
    kind: str, groups: dict[str, str], mention: DayMention, grammar: DayGrammar, today: date
) -> DayMention:
    number = _read_number(groups.get("count", "1"), grammar)
    unit = grammar.units[groups["unit"]]
    if kind == "count":
        return replace(mention, count=(add_units(today, number, unit) - today).days)
    other = add_units(today, number if kind.endswith("ahead") else -number, unit)
    if kind.startswith("day"):
        return replace(mention, span=DaySpan(first=other, last=other))
    return replace(mention, span=DaySpan(first=min(today, other), last=max(today, other)))


def _read_number(typed: str, grammar: DayGrammar) -> int:
    return int(typed) if typed.isdecimal() else grammar.numbers[typed]


def _resolve_relative(entry: RelativeDays, today: date) -> DaySpan:
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


def _span_month(year: int, month: int) -> DaySpan:
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


def blank_out(text: str, start: int, end: int) -> str:
    """Return a text of the same length, with spaces in the place of some of it."""
    return f"{text[:start]}{' ' * (end - start)}{text[end:]}"
