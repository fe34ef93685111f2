"""One script and one width, every character at its place: offsets stay those of the original."""

from __future__ import annotations

import re
from functools import cache

from opencc_purepy import OpenCC

HAN = re.compile(r"[\u3400-\u9fff]")  # 稀
LATIN = re.compile(r"[A-Za-z]")  # r
CYRILLIC = re.compile(r"[\u0400-\u04ff]")  # б
KANA = re.compile(r"[\u3040-\u30ff]")  # の
#: Full-width forms with a half-width twin (１ → 1); （ stays, Chinese brackets are read as such.
_HALF_WIDTHS = {
    code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
}
_HALF_WIDTHS |= {0xFF0E: ord("."), 0xFF0D: ord("-"), 0xFF0F: ord("/"), 0xFF05: ord("%"), 0xFF0B: ord("+")}
_HALF_WIDTHS |= {
    0x3000: ord(" "),
    0x00A0: ord(" "),
    0x2002: ord(" "),
    0x2003: ord(" "),
    0x2009: ord(" "),
    0x202F: ord(" "),
}
_HALF_WIDTHS |= {ord("\t"): ord("\t"), ord("\r"): ord(" "), 0x2011: ord("-")}


@cache
def _load_converter() -> OpenCC:
    return OpenCC("t2s")


@cache
def _simplify_character(character: str) -> str:
    """Return the simplified twin of one character, or itself where the twin is not one character."""
    twin = str(_load_converter().convert(character))
    return twin if len(twin) == 1 else character


def fold_text(text: str) -> str:
    """Return the text in half-width digits and letters and simplified script, of the same length.

    >>> fold_text("２０２６年１月起對鎵實施")
    '2026年1月起对镓实施'
    """
    table = dict(_HALF_WIDTHS)
    for character in set(text):
        if HAN.match(character):
            twin = _simplify_character(character)
            if twin != character:
                table[ord(character)] = ord(twin)
    return text.translate(table)


def collapse_whitespace(text: str) -> str:
    """Return the text with every run of white space as one blank, as quotes are compared."""
    return " ".join(text.split())


def detect_language(text: str) -> str:
    """Return the language of a text by its script: zh-Hans, zh-Hant, en, mixed, ja, ru, or und."""
    han, latin = len(HAN.findall(text)), len(LATIN.findall(text))
    cyrillic, kana = len(CYRILLIC.findall(text)), len(KANA.findall(text))
    if cyrillic > max(han, latin):
        # The letters і, ї, є and ґ are Ukrainian.
        return "uk" if re.search(r"[іїєґ]", text) else "ru"
    if kana > han / 4 and kana > latin / 8:
        return "ja"
    if not han and not latin:
        return "und"
    # A Han character carries about as much as four Latin letters.
    if 4 * han < latin / 8:
        return "en"
    if 4 * han < latin:
        return "mixed"
    return "zh-Hant" if _is_traditional(text, han) else "zh-Hans"


def _is_traditional(text: str, han: int) -> bool:
    changed = (sign for sign in set(text) if HAN.match(sign) and _simplify_character(sign) != sign)
    return sum(text.count(sign) for sign in changed) > han / 20
