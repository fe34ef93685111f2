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
PLACES = {"十": 10, "百": 100, "千": 1000}
NUMERAL = "[〇○零一二三四五六七八九十百千两]"
WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "twelve": 12, "a": 1, "an": 1}


def number(text: str) -> int | None:
    """Return the number written in Arabic or Chinese digits or as a small English word, else None.

    >>> number("二〇二五"), number("二十一"), number("90"), number("one")
    (2025, 21, 90, 1)
    """
    text = text.strip().lower()
    if text.isascii() and text.isdigit():
        return int(text)
    if text in WORDS:
        return WORDS[text]
    if not text or any(sign not in DIGITS and sign not in PLACES for sign in text):
        return None
    return (
        _by_places(text)
        if any(sign in PLACES for sign in text)
        else int("".join(str(DIGITS[s]) for s in text))
    )


def _by_places(text: str) -> int:
    total, digit = 0, 0
    for sign in text:
        if sign in PLACES:
            total += (digit or 1) * PLACES[sign]
            digit = 0
        else:
            digit = DIGITS[sign]
    return total + digit
