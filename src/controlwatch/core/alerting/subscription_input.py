"""What people write when they subscribe → what a subscription holds."""

from __future__ import annotations

import unicodedata
from datetime import time

from controlwatch.core.model.errors import UsageError


def parse_hs_prefix(text: str) -> str:
    """Return an HS code or its beginning as digits; raises `UsageError`.

    >>> parse_hs_prefix("8507.60"), parse_hs_prefix("８５０７")
    ('850760', '8507')
    """
    digits = unicodedata.normalize("NFKC", text).replace(".", "").replace(" ", "")
    if not digits.isdecimal() or not digits.isascii() or not 2 <= len(digits) <= 10:
        raise UsageError(
            f"{text!r} is not an HS code or its beginning; write 2 to 10 digits, such as 8507 or 8507.60"
        )
    return digits


def check_quiet_hours(start: time | None, end: time | None) -> tuple[time, time] | None:
    """Return the hours in which nothing is sent, or None; raises `UsageError` on a half, or on all day."""
    if start is None and end is None:
        return None
    if start is None or end is None:
        raise UsageError("quiet hours have a beginning and an end")
    if start == end:
        raise UsageError("these hours would be quiet all day; to stop alerts, unsubscribe")
    return start, end
