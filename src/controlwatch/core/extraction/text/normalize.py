"""One script, one width, Arabic figures: offsets of folded text stay those of the original."""

from __future__ import annotations

import re
from functools import cache

from opencc_purepy import OpenCC

HAN = re.compile(r"[\u3400-\u9fff]")  # 稀
#: Half-width punctuation next to a Chinese character: 经批准,决定 · 公告(2027年
NARROW_MARK = re.compile(r"(?<=[\u3400-\u9fff”》])[,;:()?!]|[,;:()?!](?=[\u3400-\u9fff“《])")
NARROW_BRACKETS = re.compile(r"[()（）\n]")
WIDE_MARKS = dict(zip(",;:()?!", "，；：（）？！", strict=True))
LATIN = re.compile(r"[A-Za-z]")  # r
CYRILLIC = re.compile(r"[\u0400-\u04ff]")  # б
KANA = re.compile(r"[\u3040-\u30ff]")  # の
#: Full-width forms and their half-width equivalents (１ → 1); Chinese brackets （ stay as they are.
_HALF_WIDTHS = {
    code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
}
_HALF_WIDTHS |= {
    0xFF3B: ord("["),
    0xFF3D: ord("]"),
    0xFF0E: ord("."),
    0xFF0D: ord("-"),
    0xFF0F: ord("/"),
    0xFF05: ord("%"),
    0xFF0B: ord("+"),
}
_HALF_WIDTHS |= {
    0x3000: ord(" "),
    0x00A0: ord(" "),
    0x2002: ord(" "),
    0x2003: ord(" "),
    0x2009: ord(" "),
    0x202F: ord(" "),
}
#: An index below the line is a figure of the name: Ga₂O₃. A power above it is none of the number: 10⁵.
_HALF_WIDTHS |= {code: code - 0x2080 + ord("0") for code in range(0x2080, 0x208A)}
_HALF_WIDTHS |= {ord("\t"): ord("\t"), ord("\r"): ord(" "), 0x2011: ord("-")}
DIGITS = dict(zip("〇○零Ｏ一二两三四五六七八九", map(int, "00001223456789"), strict=True))
FIRST_MONTH = "元"  #: of 元月, the first month
PLACE_VALUES = dict(zip("十百千", (10, 100, 1000), strict=True))
NUMERAL = "[〇○零一二三四五六七八九十百千两]"
#: GB 2312 is a set of simplified characters; these of it have a simplified form all the same.
OLD_FORMS = frozenset("乾吒夥後徵拚捱摺於榘菸著薰薹袷醣麴麽")
#: Signs that stand for zero among Chinese numerals: 二O二七年, 二0二七年.
LOOK_ALIKE_ZEROS = re.compile(
    r"(?<=[〇○零一二三四五六七八九])[OoΟοОо0◯⚪]{1,3}(?=[〇○零一二三四五六七八九]|[ \u3000]?年)"
)
#: Figures of a day with letters among them: 2O27年l2月O5日.
LOOK_ALIKE_FIGURES = re.compile(
    r"(?<![\dA-Za-z])[12][\dOoΟО]{3}(?= ?年)"
    r"|(?<=年) ?[\dOoΟОlI|]{1,2}(?= ?月)|(?<=月) ?[\dOoΟОlI|]{1,2}(?= ?[日号])"
)
_FIGURES = str.maketrans("OoΟОlI|", "0000111")
LATIN_NUMERALS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "twelve": 12,
    "eighteen": 18,
    "thirty": 30,
    "sixty": 60,
    "ninety": 90,
    "a": 1,
    "an": 1,
    "ein": 1,
    "eine": 1,
    "einem": 1,
    "einen": 1,
    "zwei": 2,
    "drei": 3,
    "vier": 4,
    "fünf": 5,
    "sechs": 6,
    "zwölf": 12,
}


def _is_in_gb2312(character: str) -> bool:
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


@cache
def _load_converter() -> OpenCC:
    return OpenCC("t2s")


@cache
def _simplify_character(character: str) -> str:
    """Return the simplified form of a character, or the character where that form is not a single one."""
    if character not in OLD_FORMS and _is_in_gb2312(character):
        return character  # the dictionaries take longer to load than most answers
    simplified = str(_load_converter().convert(character))
    return simplified if len(simplified) == 1 else character


def fold_text(text: str) -> str:
    """Return the text in half-width digits and letters and simplified script, of the same length.

    >>> fold_text("２０２６年１月起對鎵實施")
    '2026年1月起对镓实施'
    >>> fold_text("二O二七年三月；2O27年l月；Ga₂O₃")
    '二〇二七年三月；2027年1月；Ga2O3'
    >>> fold_text('经批准,决定(12,000元)')
    '经批准，决定（12,000元）'
    """
    table = dict(_HALF_WIDTHS)
    for character in set(text):
        if HAN.match(character):
            simplified = _simplify_character(character)
            if simplified != character:
                table[ord(character)] = ord(simplified)
    return _widen_punctuation(_fold_figures(text.translate(table)))


def _fold_figures(text: str) -> str:
    """Return the text with the signs that look like figures as figures, of the same length."""
    zeros = LOOK_ALIKE_ZEROS.sub(lambda hit: "〇" * len(hit[0]), text)
    return LOOK_ALIKE_FIGURES.sub(lambda hit: hit[0].translate(_FIGURES), zeros)


def _widen_punctuation(text: str) -> str:
    """Return the text with the half-width punctuation of Chinese sentences as Chinese punctuation."""
    if NARROW_MARK.search(text) is None:
        return text
    signs = list(NARROW_MARK.sub(lambda hit: WIDE_MARKS[hit[0]], text))
    opened: list[int] = []  # brackets of this line; the second of a pair follows the first
    for hit in NARROW_BRACKETS.finditer(text):
        at = hit.start()
        if hit[0] == "\n":
            opened.clear()
        elif hit[0] in "(（":
            opened.append(at)
        elif opened and hit[0] == ")":
            first = opened.pop()
            if "（" in (signs[first], signs[at]) or signs[at] == "）":
                signs[first], signs[at] = "（", "）"
        elif opened:
            opened.pop()
    return "".join(signs)


def collapse_whitespace(text: str) -> str:
    """Return the text with every run of white space as one blank, the form in which quotes are compared."""
    return " ".join(text.split())


def parse_numeral(text: str) -> int | None:
    """Return the number written in Arabic or Chinese digits or as a small English or German word, else None.

    >>> parse_numeral("二〇二五"), parse_numeral("二十一"), parse_numeral("90"), parse_numeral("one")
    (2025, 21, 90, 1)
    """
    text = text.strip().lower()
    if text.isascii() and text.isdigit():
        return int(text)
    if text == FIRST_MONTH:
        return 1
    if text in LATIN_NUMERALS:
        return LATIN_NUMERALS[text]
    if not text or any(sign not in DIGITS and sign not in PLACE_VALUES for sign in text):
        return None
    if not any(sign in PLACE_VALUES for sign in text):  # 二〇二五
        return int("".join(str(DIGITS[sign]) for sign in text))
    total, digit = 0, 0
    for sign in text:  # 二十一
        if sign in PLACE_VALUES:
            total += (digit or 1) * PLACE_VALUES[sign]
            digit = 0
        else:
            digit = DIGITS[sign]
    return total + digit


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
    traditional = (sign for sign in set(text) if HAN.match(sign) and _simplify_character(sign) != sign)
    return "zh-Hant" if sum(text.count(sign) for sign in traditional) > han / 20 else "zh-Hans"
