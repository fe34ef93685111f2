"""Days as people read them, in one style: 8 Nov 2025, or 2025年11月8日. JSON and files keep ISO 8601."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING

from controlwatch.core.model import Language
from controlwatch.core.model.timezones import format_beijing_time, to_beijing_day

if TYPE_CHECKING:
    from controlwatch.core.asking.day_readings import DaySpan
    from controlwatch.core.law.coverage import Coverage

#: A day in a sentence of this program; not a part of an address, of an id or of a file name.
ISO_DAY = re.compile(r"(?<![\w./=-])(\d{4})-(\d\d)-(\d\d)(?![\w/=-]|\.\w)", re.ASCII)
#: The space before and behind a day in a Chinese sentence.
CHINESE_GAPS = re.compile(
    r"(?<=[\u4e00-\u9fff）]) (?=\d{1,4}年\d{1,2}月\d{1,2}日)|(?<=\d日) (?=[\u4e00-\u9fff])"
)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def format_date(day: date, language: Language = "en") -> str:
    """Return a day in words, in one language: of both languages, in English.

    >>> format_date(date(2025, 11, 8)), format_date(date(2025, 11, 8), "zh")
    ('8 Nov 2025', '2025年11月8日')
    """
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def format_beijing_day(instant: datetime, language: Language = "en") -> str:
    """Return the day in Beijing of an aware instant, in words."""
    return format_date(to_beijing_day(instant), language)


def spell_beijing_time(instant: datetime, language: Language = "en") -> str:
    """Return an aware instant in Beijing in words: 8 Nov 2025 09:30 Beijing time."""
    text = spell_dates(format_beijing_time(instant), language)
    return text.replace(" Beijing time", "（北京时间）") if language == "zh" else text


def format_span(span: DaySpan, language: Language = "en") -> str:
    """Return a period in words: "1 Nov 2025 to 15 Nov 2025", or one day."""
    first, last = format_date(span.first, language), format_date(span.last, language)
    if span.is_day:
        return first
    return f"{first}至{last}" if language == "zh" else f"{first} to {last}"


def add_known_day(text: str, coverage: Coverage | None, language: Language = "en") -> str:
    """Return what a headline says and, where the sources have a gap, the last day that is known.

    "on 1 Dec 2026, as known on 9 Oct 2026"; without a gap, the text alone.
    """
    if coverage is None or coverage.as_known_on is None:
        return text
    day = format_date(coverage.as_known_on, language)
    return f"{text}，所知截至{day}" if language == "zh" else f"{text}, as known on {day}"


def spell_dates(text: str, language: Language = "en") -> str:
    """Return a sentence of this program with its days in words; words of a notice must stay as they are.

    >>> spell_dates("read until 2026-11-09 11:40; see 2025-58")
    'read until 9 Nov 2026 11:40; see 2025-58'
    """

    def spell(match: re.Match[str]) -> str:
        try:
            return format_date(date(int(match[1]), int(match[2]), int(match[3])), language)
        except ValueError:  # no day of the calendar
            return match[0]

    spelled = ISO_DAY.sub(spell, text)
    return CHINESE_GAPS.sub("", spelled) if language == "zh" else spelled
