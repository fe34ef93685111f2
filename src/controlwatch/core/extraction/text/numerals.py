"""Chinese numerals as numbers: 二〇二五 digit by digit, 二十一 by places, 两 as two."""

from __future__ import annotations

DIGITS = {
    "〇": 0,
    "○": 0,
    "零": 0,
    "Ｏ": 0,
    "一": 1,
    "二": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
    "两": 2,
}
PLACE_VALUES = {"十": 10, "百": 100, "千": 1000}
NUMERAL = "[〇○零一二三四五六七八九十百千两]"
ENGLISH_NUMERALS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "twelve": 12,
    "a": 1,
    "an": 1,
}


def parse_numeral(text: str) -> int | None:
    """Return the number written in Arabic or Chinese digits or as a small English word, else None.

    >>> parse_numeral("二〇二五"), parse_numeral("二十一"), parse_numeral("90"), parse_numeral("one")
    (2025, 21, 90, 1)
    """
    text = text.strip().lower()
    if text.isascii() and text.isdigit():
        return int(text)
    if text in ENGLISH_NUMERALS:
        return ENGLISH_NUMERALS[text]
    if not text or any(sign not in DIGITS and sign not in PLACE_VALUES for sign in text):
        return None
    return (
        _parse_place_values(text)
        if any(sign in PLACE_VALUES for sign in text)
        else int("".join(str(DIGITS[s]) for s in text))
    )


def _parse_place_values(text: str) -> int:
    total, digit = 0, 0
    for sign in text:
        if sign in PLACE_VALUES:
            total += (digit or 1) * PLACE_VALUES[sign]
            digit = 0
        else:
            digit = DIGITS[sign]
    return total + digit
