"""Read the day of a time stamp or of a printed date: on list rows, pages, in JSON answers and in feeds.

The day is that in Beijing where the stamp names its zone, else the day as it is written. CST is China's time:
sources in China write it so. What cannot be read gives no day; nothing is completed or guessed.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

from controlwatch.core.model.character_forms import fold_compatibility
from controlwatch.core.model.timezones import BEIJING, to_beijing_day

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTH = r"(?P<month>[A-Z][a-z]{2,8})\.?"
_CLOCK = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d{1,9})?)?(?!\d)"
    r"(?:\s*(?P<half>[AaPp])\.?[Mm]\b\.?)?"
)  # 10:30:00.123 · 8:30 p.m.
#: Z · +08:00 · +0800 · GMT+8 · GMT+0800 · CST; a word that is no zone is not read as one
_ZONE = r"(?P<zone>(?:GMT|UTC)?[+-]\d{1,2}(?::?\d{2})?(?!\d)|(?-i:[A-Z]{1,4})\b)"

#: Days as sources write them, in the order in which they are tried.
_DAYS = (
    re.compile(
        r"(?<!\d)(?P<year>\d{4})(?P<separator>[-./])(?P<month>\d{1,2})(?P=separator)(?P<day>\d{1,2})(?!\d)"
    ),  # [2026-09-29], 2026.9.29 10:30, 2026/09/29, 2026-09-29T10:30:00Z
    re.compile(
        r"(?<!\d)(?P<year>\d{4})\s*年\s*(?P<month>\d{1,2})\s*月\s*(?P<day>\d{1,2})\s*日"
    ),  # 发布日期：2026年08月26日
    re.compile(rf"\b{_MONTH}\s+(?P<day>\d{{1,2}}),?\s+(?P<year>\d{{4}})\b"),  # October 9, 2025 · Oct. 9 2025
    re.compile(rf"\b(?P<day>\d{{1,2}})[ -]{_MONTH}[ -]?,?\s*(?P<year>\d{{4}})\b"),  # 9 October 2025
    re.compile(
        rf"\b{_MONTH}\s+(?P<day>\d{{1,2}})\s+{_CLOCK}\s+(?:{_ZONE}\s+)?(?P<year>\d{{4}})\b"
    ),  # Fri Mar 05 10:00:00 CST 2027
    re.compile(
        rf"\b(?P<weekday>[A-Z][a-z]{{2}})[a-z]*,\s*(?P<day>\d{{1,2}})[ -]{_MONTH}[ -]"
        r"(?P<short>\d{2})(?=\s+\d)"
    ),  # Fri, 05 Mar 27 10:00:00 GMT (RFC 822)
)
#: What may follow a day: T10:30:00+08:00 ·  10:30 CST · , 8:30 p.m. GMT · at 8:30 PM EST
_TIME = re.compile(rf",?(?:T|\s+(?:at\s+)?)\s*{_CLOCK}\s*{_ZONE}?")
_CHINESE_DAY = re.compile(
    r"(?P<year>[〇○零OＯ一二三四五六七八九]{4})\s*年\s*(?P<month>[一二三四五六七八九十元]{1,2})\s*月\s*"
    r"(?P<day>[一二三四五六七八九十]{1,3})\s*日"
)  # 二〇二七年三月五日
_EPOCH = re.compile(
    r"(?:/Date\()?(\d{13}|\d{10})(?:\.0+)?(?:[+-]\d{4})?(?:\)/)?"
)  # 1790132090256 · 1790132090 · /Date(1790132090256)/
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\d{4}|\d{6})?")  # 20270305 · 20270305103000
_WIDE = str.maketrans("０１２３４５６７８９：／－．＋", "0123456789:/-.+")
_DIGITS = {
    **{digit: value for value, digit in enumerate("零一二三四五六七八九")},
    "〇": 0,
    "○": 0,
    "O": 0,
    "Ｏ": 0,
    "元": 1,
}

_ZONES = {
    **dict.fromkeys(("Z", "UT", "UTC", "GMT", "WET"), 0.0),
    **dict.fromkeys(("CST", "BJT", "HKT", "SGT"), 8.0),
    **dict.fromkeys(("JST", "KST"), 9.0),
    "IST": 5.5, "MSK": 3.0, "CET": 1.0, "BST": 1.0, "EET": 2.0, "CEST": 2.0, "EEST": 3.0,
    "EST": -5.0, "EDT": -4.0, "CDT": -5.0, "MST": -7.0, "MDT": -6.0, "PST": -8.0, "PDT": -7.0,
}  # fmt: skip
_OFFSET = re.compile(r"(?:GMT|UTC)?([+-])(\d{1,2}):?(\d{2})?")


def parse_day(text: str) -> date | None:
    """Return the first day in a text, or None.

    A stamp with a zone gives the day in Beijing, as do seconds or milliseconds since 1970; any other the day
    that it shows.
    """
    plain = fold_compatibility(text.translate(_WIDE))
    whole = plain.strip()
    if epoch := _EPOCH.fullmatch(whole):
        return to_beijing_day(
            datetime.fromtimestamp(int(epoch[1]) / (1000 if len(epoch[1]) == 13 else 1), tz=UTC)
        )
    if compact := _COMPACT.fullmatch(whole):
        return _build_date(*(int(part) for part in compact.groups()))
    for match in (match for pattern in _DAYS for match in pattern.finditer(plain)):
        if day := _read_match(match, plain):
            return day
    for match in _CHINESE_DAY.finditer(plain):
        year = "".join(str(_DIGITS[digit]) for digit in match["year"])
        if day := _build_date(int(year), _read_numeral(match["month"]), _read_numeral(match["day"])):
            return day
    return None


def _read_match(match: re.Match[str], text: str) -> date | None:
    """Return the day of a match, moved to Beijing where a time with a zone is beside it."""
    parts = match.groupdict()
    month = parts["month"]
    if not month.isdecimal():
        name = month[:3].lower()
        month = str(_MONTHS.index(name) + 1) if name in _MONTHS else "0"
    year = int(parts.get("year") or 2000 + int(parts.get("short") or 0))
    day = _build_date(year, int(month), int(parts["day"]))
    weekday = (parts.get("weekday") or "").lower()
    if day is None or (weekday and _WEEKDAYS[day.weekday()] != weekday):
        return None
    time = match if parts.get("hour") else _TIME.match(text, match.end())
    offset = _find_offset(time["zone"] or "") if time is not None else None
    hour = _read_hour(time) if time is not None else 24
    if time is None or offset is None or hour > 23 or int(time["minute"]) > 59:
        return day
    stamp = datetime(day.year, day.month, day.day, hour, int(time["minute"]), tzinfo=offset)
    try:
        return stamp.astimezone(BEIJING).date()
    except OverflowError:  # at the end of the year 9999
        return day


def _read_hour(time: re.Match[str]) -> int:
    """Return the hour of a day; 12 a.m. is its beginning and 12 p.m. is noon."""
    hour, half = int(time["hour"]), (time["half"] or "").lower()
    if not half or not 1 <= hour <= 12:
        return hour
    return hour % 12 + (12 if half == "p" else 0)


def _find_offset(zone: str) -> timezone | None:
    """Return the offset that a zone means; None for a word that is not known as one."""
    if (hours := _ZONES.get(zone)) is not None:
        return timezone(timedelta(hours=hours))
    match = _OFFSET.fullmatch(zone)
    if match is None or int(match[2]) > 14 or int(match[3] or 0) > 59:
        return None
    span = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return timezone(-span if match[1] == "-" else span)


def _build_date(year: int, month: int, day: int) -> date | None:
    """Return a day, None for one that is printed and does not exist: 2026-00-31."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _read_numeral(text: str) -> int:
    """Return a Chinese number below 100."""
    tens, mark, ones = text.rpartition("十")
    if not mark:
        return _DIGITS[text] if len(text) == 1 else 0
    return (_DIGITS.get(tens, 0) if tens else 1) * 10 + (_DIGITS.get(ones, 0) if ones else 0)
