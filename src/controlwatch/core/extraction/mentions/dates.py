"""The days and periods written in a text: Chinese, ISO and English, with year, without, or month only."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.extraction.text.normalize import NUMERAL, parse_numeral
from controlwatch.core.model import EffectiveDate

_ENGLISH = "January|February|March|April|May|June|July|August|September|October|November|December"
_GERMAN = "Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember"
_MONTH = rf"({_ENGLISH}|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec)"
MONTHS = {name[:3].lower(): month for month, name in enumerate(_ENGLISH.split("|"), 1)}
MONTHS |= {name.lower(): month for month, name in enumerate(_GERMAN.split("|"), 1)}
_YEAR = r"(\d{4}|[一二][〇○零一二三四五六七八九]{3})"
_SMALL = rf"(\d{{1,2}}|{NUMERAL}{{1,3}})"
ENGLISH_RELATIVE_YEAR = re.compile(
    r"\s*(?:of )?(next|this|last|the same|that) year\b", re.IGNORECASE
)  # Jan. 15 |next year
ENGLISH_RELATIVE_YEARS = {"next": 1, "this": 0, "last": -1, "the same": 0, "that": 0}
ISO_DAY = re.compile(r"(?<![\d.])(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\.?\d)")  # 2025-11-08 · 2025/11/8
COMPACT_DAY = re.compile(r"^[ \t]*(20\d\d)(0[1-9]|1[0-2])([0-2]\d|3[01])[ \t]*$", re.MULTILINE)  # 20270916
DAY_FIRST = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th)?(?:\s+|-)(?:of\s+)?{_MONTH}\b\.?(?:(?:,?\s+|-)(\d{{4}})\b)?",
    re.IGNORECASE,
)  # 8 November 2025
MONTH_FIRST = re.compile(
    rf"\b{_MONTH}\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?\b(?!\s*[:%])(?:,?\s+(\d{{4}})\b)?", re.IGNORECASE
)  # November 8, 2025 · Nov. 8
YEAR_FIRST = re.compile(
    rf"\b(\d{{4}}) (?:{_MONTH}\.? (\d{{1,2}})\b(?! month)|year (\d{{1,2}}) month (\d{{1,2}}) day)",
    re.IGNORECASE,
)  # 2028 June 8 · 2027 year 5 month 18 day
DOTTED_DAY = re.compile(r"\b\d{1,2}\.\d{1,2}\.\d{4}\b")
GERMAN_DAY = re.compile(
    rf"\b(\d{{1,2}})\.\s?({_GERMAN})(?:\s+(\d{{4}}))?\b|\b(\d{{1,2}})\.(\d{{1,2}})\.(\d{{4}})\b"
)
ENGLISH_DAYS = ((DAY_FIRST, 1, 2), (MONTH_FIRST, 2, 1))  #: pattern, group of the day, group of the month
_ORDINALS = (
    "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth"
    "|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|twenty-first|twenty-second|twenty-third|twenty-fourth"
    "|twenty-fifth|twenty-sixth|twenty-seventh|twenty-eighth|twenty-ninth|thirtieth|thirty-first"
)
ORDINALS = {name: day for day, name in enumerate(_ORDINALS.split("|"), 1)}
_ONES = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen"
    "|sixteen|seventeen|eighteen|nineteen"
)
ONES = {name: figure for figure, name in enumerate(_ONES.split("|"), 1)}
TENS = {"twenty": 20, "thirty": 30, "forty": 40}
WORDED_DAY = re.compile(
    rf"\b({'|'.join(sorted(ORDINALS, key=len, reverse=True))}) (?:day )?of ({_ENGLISH}),?\s+"
    rf"two thousand(?: and)?"
    rf"(?: (twenty|thirty|forty))?(?:[ -]({_ONES}))?\b",
    re.IGNORECASE,
)  # the fifteenth of September, two thousand and twenty-nine
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEKDAY = re.compile(
    r"\b(?:from|on|since|starting|effective|until|as of|last|this|coming)\s+((?:last |this |(next) )?)"
    r"(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b(?!,? (?:the )?\d|,? (?:Jan|Feb|Mar|Apr|May|Jun|Jul"
    r"|Aug|Sep|Oct|Nov|Dec))",
    re.IGNORECASE,
)  # from Wednesday; "Monday, 26 March" has its day
END_OF_YEAR = re.compile(r"\b(?:the )?end of ((?:19|20)\d\d)\b", re.IGNORECASE)
BRACKETS_OF_DAY = re.compile(r"\s*[〔（(\[【][〕）)\]】]")
HALF_A_WEEK = timedelta(days=3)


#: A text without these contains no day.
ANY_MONTH = re.compile(
    "end of (?:19|20)|Jan|Feb|Mar|Apr|May|Mai|Jun|Jul|Aug|Sep|O[ck]t|Nov|De[cz]|März| month |day\\b",
    re.IGNORECASE,
)
ANY_YEAR = re.compile(r"\d{4}[-/.]\d|^[ \t]*20\d{6}[ \t]*$|\d\.\d{4}", re.MULTILINE)
REPUBLIC_YEARS = 1911
CACHED_LENGTH = 2000  #: characters; the days of longer texts are not cached
OLDEST_YEAR, NEWEST_YEAR = 1900, 2199  #: years that a text can mean
MAX_CALENDAR_YEAR = 9998  #: of Python's calendar, with a year to spare


@dataclass(frozen=True, slots=True)
class DateMention:
    """A day as written: its place, and which day it is, or None where that cannot be known."""

    start: int
    end: int
    day: date | None
    yearless: bool = False  #: the year was inferred from the anchor
    relative: bool = False  #: so was the month: from Saturday, the 20th of this month


def find_date_mentions(text: str, lexicon: Lexicon, *, anchor: date | None = None) -> tuple[DateMention, ...]:
    """Return the days of a text in order. A day without a year takes the year nearest to the anchor."""
    # The days of a sentence are asked for more than once.
    return (
        _collect_cached(text, anchor, lexicon)
        if len(text) <= CACHED_LENGTH
        else _collect_dates(text, anchor, lexicon)
    )


@lru_cache(maxsize=1024)
def _collect_cached(text: str, anchor: date | None, lexicon: Lexicon) -> tuple[DateMention, ...]:
    return _collect_dates(text, anchor, lexicon)


def _collect_dates(text: str, anchor: date | None, lexicon: Lexicon) -> tuple[DateMention, ...]:
    """Return the days of a text in order; a hit that overlaps an earlier one does not count."""
    found: list[DateMention] = []
    if lexicon.get_pattern("date.signs").search(text):
        found += _find_chinese_days(text, anchor, lexicon)
    if ANY_YEAR.search(text):
        for hit in ISO_DAY.finditer(text):
            found.append(_mention(hit, _build_date(int(hit[1]), int(hit[3]), int(hit[4]))))
        for hit in COMPACT_DAY.finditer(text):
            found.append(_mention(hit, _build_date(int(hit[1]), int(hit[2]), int(hit[3]))))
    if ANY_MONTH.search(text) or DOTTED_DAY.search(text) or "New Year" in text:
        found += _find_latin_days(text, anchor, lexicon)
    kept: list[DateMention] = []
    for mention in sorted(found, key=lambda mention: (mention.start, -mention.end)):
        if kept and mention.start < kept[-1].end:
            continue
        around = text[kept[-1].end : mention.start] + text[mention.end : mention.end + 1] if kept else ""
        if kept and mention.day == kept[-1].day and BRACKETS_OF_DAY.fullmatch(around):
            kept[-1] = replace(kept[-1], end=mention.end + 1)  # 民国116年5月15日〔2027年5月15日〕
        else:
            kept.append(mention)
    return tuple(kept)


def _mention(hit: re.Match[str], day: date | None, *, yearless: bool = False) -> DateMention:
    return DateMention(hit.start(), hit.end(), day, yearless=yearless)


def _find_chinese_days(text: str, anchor: date | None, lexicon: Lexicon) -> Iterator[DateMention]:
    get_pattern = lexicon.get_pattern
    for hit in get_pattern("date.day").finditer(text):
        year, month = parse_numeral(hit[1]), parse_numeral(hit[2])
        if hit["end"] and year and month and month <= 12:
            yield _mention(hit, _build_date(year, month, calendar.monthrange(year, month)[1]))
        else:
            yield _mention(hit, _build_date(year, month, parse_numeral(hit[3] or "1")))
    for hit in get_pattern("date.republic-day").finditer(text):
        year = parse_numeral(hit[1] or hit[2])
        yield _mention(
            hit,
            _build_date(
                year + REPUBLIC_YEARS if year else None, parse_numeral(hit[3]), parse_numeral(hit[4])
            ),
        )
    for hit in get_pattern("date.yearless-day").finditer(text):
        month, day = parse_numeral(hit[4]) or 0, parse_numeral(hit[5]) or 0
        if hit[1]:
            year = anchor.year + _get_offset(hit) if anchor else None
            yield _mention(hit, _build_date(year, month, day))
        else:
            yield _mention(hit, _find_nearest_date(month, day, anchor), yearless=True)
    for hit in get_pattern("date.day-of-month").finditer(text):
        first = add_duration(anchor.replace(day=1), _get_offset(hit), "month") if anchor else None
        near = _build_date(first.year, first.month, parse_numeral(hit[3])) if first else None
        yield DateMention(hit.start(), hit.end(), near, relative=True)
    for hit in get_pattern("date.bare-day").finditer(text) if anchor else ():
        near = _build_date(anchor.year, anchor.month, int(hit[1])) if anchor else None
        yield DateMention(hit.start(), hit.end(), near, relative=True)
    for hit in get_pattern("date.new-year").finditer(text):
        yield _mention(hit, _find_new_year(hit, anchor))
    for hit in get_pattern("date.year-end").finditer(text):
        year = int(hit[1]) if hit[1] else anchor.year + _get_offset(hit) if anchor else None
        yield _mention(hit, _build_date(year, 12, 31))


def _find_new_year(hit: re.Match[str], anchor: date | None) -> date | None:
    """Return the first of January that is meant: of the year named, else the next one."""
    if hit[3] or (hit[1] and hit[1][0].isdigit()):
        return date(int(hit[3] or hit[1][:4]), 1, 1)
    if anchor is None:
        return None
    return _build_date(anchor.year + (0 if hit["this"] else 1), 1, 1)


def _get_offset(hit: re.Match[str]) -> int:
    """Return how many years or months ahead a word means: 明年 1, 上月 -1, 今年 0."""
    named = hit.groupdict()
    return 1 if named.get("next") else -1 if named.get("last") else 0


def _find_latin_days(text: str, anchor: date | None, lexicon: Lexicon) -> Iterator[DateMention]:
    for pattern, day_at, month_at in ENGLISH_DAYS:
        for hit in pattern.finditer(text):
            month, day_of_month = MONTHS[hit[month_at][:3].lower()], int(hit[day_at])
            year = int(hit[3]) if hit[3] else None
            behind = ENGLISH_RELATIVE_YEAR.match(text, hit.end()) if not year else None
            if behind and anchor:
                year = anchor.year + ENGLISH_RELATIVE_YEARS[behind[1].lower()]
            day = _build_date(year, month, day_of_month) or (
                None if year else _find_nearest_date(month, day_of_month, anchor)
            )
            end = behind.end() if behind else hit.end()
            yield DateMention(hit.start(), end, day, yearless=not year)
    for hit in YEAR_FIRST.finditer(text):
        month = MONTHS[hit[2][:3].lower()] if hit[2] else int(hit[4])
        yield _mention(hit, _build_date(int(hit[1]), month, int(hit[3] or hit[5])))
    for hit in GERMAN_DAY.finditer(text):
        if hit[2] and not hit[3]:
            day = _find_nearest_date(MONTHS[hit[2].lower()], int(hit[1]), anchor)
            yield _mention(hit, day, yearless=True)
        else:
            month = MONTHS[hit[2].lower()] if hit[2] else int(hit[5])
            yield _mention(hit, _build_date(int(hit[3] or hit[6]), month, int(hit[1] or hit[4])))
    for hit in END_OF_YEAR.finditer(text):
        yield _mention(hit, date(int(hit[1]), 12, 31))
    for hit in WORDED_DAY.finditer(text):
        year = 2000 + TENS.get((hit[3] or "").lower(), 0) + ONES.get((hit[4] or "").lower(), 0)
        yield _mention(hit, _build_date(year, MONTHS[hit[2][:3].lower()], ORDINALS[hit[1].lower()]))
    for hit in lexicon.get_pattern("date.new-year").finditer(text):
        yield _mention(hit, _find_new_year(hit, anchor))
    for hit in WEEKDAY.finditer(text) if anchor else ():
        if anchor:
            ahead = (WEEKDAYS.index(hit[3][:3].lower()) - anchor.weekday()) % 7
            ahead -= 7 if ahead > HALF_A_WEEK.days else 0  # the nearest one
            ahead += 7 if hit[2] and ahead <= 0 else 0
            near = anchor + timedelta(days=ahead)
            yield DateMention(hit.start(1), hit.end(), near, yearless=True, relative=True)


def _build_date(year: int | None, month: int | None, day: int | None) -> date | None:
    if year is None or not OLDEST_YEAR <= year <= NEWEST_YEAR:
        return None
    try:
        return date(year, month or 0, day or 0)
    except ValueError:  # 2025年13月40日: written, but not a day
        return None


def _find_nearest_date(month: int, day: int, anchor: date | None) -> date | None:
    """Return the date of that day and month nearest to the anchor: notices mean the months around them."""
    if anchor is None:
        return None
    near = [
        found
        for year in (anchor.year - 1, anchor.year, anchor.year + 1)
        if (found := _build_date(year, month, day))
    ]
    return min(near, key=lambda found: abs(found - anchor), default=None)


def place_after(end: DateMention, starts: Iterable[DateMention], words: str) -> DateMention:
    """Return an end without a year of its own in the first year that lies behind its start."""
    begun = [start.day for start in starts if start.day and start.end <= end.start]
    is_relative = end.yearless or words.startswith("同年", end.start)
    if not begun or end.day is None or not is_relative:
        return end
    start = begun[-1]
    years = (start.year, start.year + 1)
    days = (end.day.replace(year=year) for year in years if (end.day.month, end.day.day) != (2, 29))
    return replace(end, day=next((day for day in days if day >= start), end.day))


def add_duration(start: date, count: int, unit: str) -> date:
    """Return the day a period after another; the day of the month is cut to the length of the month.

    >>> add_duration(date(2025, 11, 10), 1, "年")
    datetime.date(2026, 11, 10)
    """
    if unit in {"天", "日", "day", "tag"}:
        return start + timedelta(days=count)
    months = count * 12 if unit.endswith("年") or unit in {"year", "jahr"} else count
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    year = min(year, MAX_CALENDAR_YEAR)
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))


def apply_duration(found: EffectiveDate, behind: str, before: str, lexicon: Lexicon) -> EffectiveDate:
    """Return a date with the end counted from its start, where a period follows or precedes it."""
    get_pattern = lexicon.get_pattern
    if found.start is None:
        return found
    term: tuple[int, str] | None = None
    for period in get_pattern("date.period").finditer(behind):
        tail, lead = behind[period.end() :], behind[max(0, period.start() - 24) : period.start()]
        spans = get_pattern("date.within-period").match(tail) or (
            get_pattern("date.duration-before").search(lead)
            and not get_pattern("date.time-limit").match(tail)
            and not get_pattern("date.permit-words").search(lead)
            and not get_pattern("date.at-most-before").search(lead)
        )
        if spans and (term := parse_period(period)):
            break
    term = term or find_duration(before, lexicon)
    if term is None:
        return found
    end = add_duration(found.start, *term)
    return replace(found, until=end, derived=True, rule=f"{found.rule}-for-a-period")


def find_duration(words: str, lexicon: Lexicon) -> tuple[int, str] | None:
    """Return the term that words set for a measure (count, unit); the validity of a licence is not one."""
    get_pattern = lexicon.get_pattern
    for period in get_pattern("date.period").finditer(words):
        before = words[max(0, period.start() - 60) : period.start()]
        is_term = get_pattern("date.term-before").search(before[-24:])
        if (
            (is_term or get_pattern("date.prolonged-by").search(before))
            and not get_pattern("date.at-most-before").search(before)
            and not get_pattern("date.permit-words").search(before)
            and not get_pattern("date.time-limit").match(words[period.end() :])
            and (term := parse_period(period))
        ):
            return term
    return None


def parse_period(period: re.Match[str]) -> tuple[int, str] | None:
    """Return count and unit of a period (年, 个年, 个月, 天, 日, year, month, day), or None."""
    counted, unit = (group for group in period.groups() if group)
    if (counted, unit) == ("半", "年"):
        return 6, "个月"
    count = 1 if counted.lower() == "another" else parse_numeral(counted)
    return (count, unit.lower()) if count else None
