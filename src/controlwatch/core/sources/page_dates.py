"""Read a day as sites print it; the calendar is that of the issuers, Asia/Shanghai."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from controlwatch.core.model.timezones import to_beijing_day

if TYPE_CHECKING:
    from collections.abc import Iterator

_DIGITS = re.compile(
    r"(?<!\d)(\d{4})([-./])(\d{1,2})\2(\d{1,2})(?!\d)"
)  # [2026-09-29], 2026.9.29 10:30, 2026/09/29
_HAN = re.compile(r"(?<!\d)(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日")  # 发布日期：2026年08月26日
_MONTH_FIRST = re.compile(
    r"\b([A-Z][a-z]{2,8})\.?\s+(\d{1,2}),?\s+(\d{4})\b"
)  # October 9, 2025 · Oct. 9 2025
_DAY_FIRST = re.compile(r"\b(\d{1,2})\s+([A-Z][a-z]{2,8})\.?,?\s+(\d{4})\b")  # 9 October 2025
_EPOCH = re.compile(r"\s*(\d{13})\s*")  # 1790132090256, milliseconds

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def parse_day(text: str) -> date | None:
    """Return the first day printed in a text, or None. Milliseconds since 1970 give the Shanghai day."""
    epoch = _EPOCH.fullmatch(text)
    if epoch:
        return to_beijing_day(datetime.fromtimestamp(int(epoch[1]) / 1000, tz=UTC))
    return next(_keep_real_days(_find_printed_days(text)), None)


def _find_printed_days(text: str) -> Iterator[tuple[int, int, int]]:
    for found in _DIGITS.finditer(text):
        yield int(found[1]), int(found[3]), int(found[4])
    for found in _HAN.finditer(text):
        yield int(found[1]), int(found[2]), int(found[3])
    for found in _MONTH_FIRST.finditer(text):
        yield int(found[3]), _parse_month(found[1]), int(found[2])
    for found in _DAY_FIRST.finditer(text):
        yield int(found[3]), _parse_month(found[2]), int(found[1])


def _parse_month(name: str) -> int:
    short = name[:3].lower()
    return _MONTHS.index(short) + 1 if short in _MONTHS else 0


def _keep_real_days(days: Iterator[tuple[int, int, int]]) -> Iterator[date]:
    for year, month, number in days:
        try:
            yield date(year, month, number)
        except ValueError:  # 2026-00-31: printed, but not a day
            continue
