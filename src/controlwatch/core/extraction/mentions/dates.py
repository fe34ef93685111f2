"""Days written in a text, where they stand: Chinese, ISO and English, full-year, year-less and month-only."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from controlwatch.core.extraction.text.numerals import NUMERAL, parse_numeral

if TYPE_CHECKING:
    from collections.abc import Iterator

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(January|February|March|April|May|June|July|August|September|October|November|December"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec)"
)
HAN_DAY = re.compile(
    rf"(?<!\d)(\d{{4}}|[一二][〇○零一二三四五六七八九]{{3}})\s*年\s*(\d{{1,2}}|{NUMERAL}{{1,3}})\s*月"
    rf"(?:\s*(\d{{1,2}}|{NUMERAL}{{1,3}})\s*[日号])?"
)  # 2025年11月8日 · 二〇二六年十二月一日 · 2026年1月
HAN_YEARLESS = re.compile(
    r"(?:(明年|次年|今年|本年|去年)的?|(?<![\d年]))(\d{1,2})\s*月\s*(\d{1,2})\s*日"
)  # 4月10日 · 明年1月1日
REPUBLIC_DAY = re.compile(
    r"民国\s*(\d{2,3})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日"
)  # 中华民国116年4月7日: years since 1911
RELATIVE_YEARS = {"明年": 1, "次年": 1, "今年": 0, "本年": 0, "去年": -1}
ENGLISH_RELATIVE_YEAR = re.compile(r"\s*(?:of )?(next|this|last) year\b", re.IGNORECASE)  # Jan. 15 |next year
ENGLISH_RELATIVE_YEARS = {"next": 1, "this": 0, "last": -1}
ISO_DAY = re.compile(r"(?<![\d.])(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\.?\d)")  # 2025-11-08 · 2025/11/8
DAY_FIRST = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\s+{_MONTH}\b\.?(?:,?\s+(\d{{4}})\b)?", re.IGNORECASE
)  # 8 November 2025
MONTH_FIRST = re.compile(
    rf"\b{_MONTH}\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?\b(?!\s*[:%])(?:,?\s+(\d{{4}})\b)?", re.IGNORECASE
)  # November 8, 2025 · Nov. 8
PERIOD = re.compile(
    rf"(?<![\d第])(\d{{1,3}}|{NUMERAL}{{1,3}})\s*(个?年|年|个月|月|天|日)|\b(\d{{1,3}}|one|two"
    rf"|three|six|a)[\s-]*(?:additional |more )?(year|month|day)s?\b",
    re.IGNORECASE,
)  # 一年 · 90天 · 2个月 · one year · 90 days


@dataclass(frozen=True, slots=True)
class DateMention:
    """A day as written: where it stands and which day it is; None where no year can be known."""

    start: int
    end: int
    day: date | None
    yearless: bool = False  #: the year was inferred from the anchor


#: What a text must hold for a day to stand in it.
ANY_MONTH = re.compile("Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec", re.IGNORECASE)
ANY_YEAR = re.compile(r"\d{4}[-/.]\d")
CACHED_LENGTH = 2000  #: characters; of longer texts the days are not remembered
OLDEST_YEAR, NEWEST_YEAR = 1900, 2199  #: years of which a text can mean a day
MAX_CALENDAR_YEAR = 9998  #: of the calendar, near enough


def find_date_mentions(text: str, *, anchor: date | None = None) -> tuple[DateMention, ...]:
    """Return the days of a text in order. A year-less day takes the year nearest to the anchor."""
    return _find_cached_dates(text, anchor) if len(text) <= CACHED_LENGTH else _collect_dates(text, anchor)


@lru_cache(maxsize=1024)
def _find_cached_dates(text: str, anchor: date | None) -> tuple[DateMention, ...]:
    """Remember the days of sentences, which are asked for more than once; never those of whole texts."""
    return _collect_dates(text, anchor)


def _collect_dates(text: str, anchor: date | None) -> tuple[DateMention, ...]:
    found = sorted(
        [
            *(_find_chinese_dates(text, anchor) if "月" in text else ()),
            *(_find_iso_dates(text) if ANY_YEAR.search(text) else ()),
            *(_find_english_dates(text, anchor) if ANY_MONTH.search(text) else ()),
        ],
        key=lambda word: (word.start, -word.end),
    )
    kept: list[DateMention] = []
    for word in found:
        if not kept or word.start >= kept[-1].end:
            kept.append(word)
    return tuple(kept)


def _find_chinese_dates(text: str, anchor: date | None) -> Iterator[DateMention]:
    for hit in HAN_DAY.finditer(text):
        yield DateMention(
            hit.start(),
            hit.end(),
            _build_date(parse_numeral(hit[1]), parse_numeral(hit[2]), parse_numeral(hit[3]) if hit[3] else 1),
        )
    for hit in REPUBLIC_DAY.finditer(text):
        yield DateMention(hit.start(), hit.end(), _build_date(int(hit[1]) + 1911, int(hit[2]), int(hit[3])))
    for hit in HAN_YEARLESS.finditer(text):
        month, day = int(hit[2]), int(hit[3])
        if hit[1]:
            found = _build_date(anchor.year + RELATIVE_YEARS[hit[1]], month, day) if anchor else None
        else:
            found = _find_nearest_date(month, day, anchor)
        yield DateMention(hit.start(), hit.end(), found, yearless=not hit[1])


def _find_iso_dates(text: str) -> Iterator[DateMention]:
    for hit in ISO_DAY.finditer(text):
        yield DateMention(hit.start(), hit.end(), _build_date(int(hit[1]), int(hit[3]), int(hit[4])))


def _find_english_dates(text: str, anchor: date | None) -> Iterator[DateMention]:
    for pattern, day_at, month_at in ((DAY_FIRST, 1, 2), (MONTH_FIRST, 2, 1)):
        for hit in pattern.finditer(text):
            month = _MONTHS.index(hit[month_at][:3].lower()) + 1
            year = int(hit[3]) if hit[3] else None
            behind = ENGLISH_RELATIVE_YEAR.match(text, hit.end()) if not year else None
            if behind and anchor:
                year = anchor.year + ENGLISH_RELATIVE_YEARS[behind[1].lower()]
            day = (
                _build_date(year, month, int(hit[day_at]))
                if year
                else _find_nearest_date(month, int(hit[day_at]), anchor)
            )
            yield DateMention(hit.start(), behind.end() if behind else hit.end(), day, yearless=not year)


def _build_date(year: int | None, month: int | None, day: int | None) -> date | None:
    if year is None or not OLDEST_YEAR <= year <= NEWEST_YEAR:
        return None
    try:
        return date(year, month or 0, day or 0)
    except ValueError:  # 2025年13月40日: written, but not a day
        return None


def _find_nearest_date(month: int, day: int, anchor: date | None) -> date | None:
    """Return the day of that month nearest to the anchor: notices speak of the months around them."""
    if anchor is None:
        return None
    near = [
        found
        for year in (anchor.year - 1, anchor.year, anchor.year + 1)
        if (found := _build_date(year, month, day))
    ]
    return min(near, key=lambda found: abs(found - anchor), default=None)


def add_duration(start: date, count: int, unit: str) -> date:
    """Return the day a period after another; a month's end stays a month's end.

    >>> add_duration(date(2025, 11, 10), 1, "年")
    datetime.date(2026, 11, 10)
    """
    if unit in {"天", "日", "day"}:
        return start + timedelta(days=count)
    months = count * 12 if unit.endswith("年") or unit == "year" else count
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    year = min(year, MAX_CALENDAR_YEAR)
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))
