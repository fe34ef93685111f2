"""Numbers of notices, rows and item codes in what people ask."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from controlwatch.core.asking.typed_days import blank_out
from controlwatch.core.asking.vocabulary import fold_asked
from controlwatch.core.extraction.text.lexicon import Lexicon, Pattern
from controlwatch.core.model.typed_text import normalize_typed_text

#: The series of orders, in the number and in what people write before it.
ORDER, ORDER_WORDS = " Order", ("order", "decree")
WORDS_BEFORE_NUMBER = re.compile(
    r"(?:\b(?:announcement|notice|no|number)\b\.?|公告|通告|[()&,、/-]|\band\b|\s)+$"
)
#: #3, 3: a row of the last list, or a subscription
ROW = re.compile(r"#\s?(\d{1,4})(?![\w-])", re.ASCII)
#: 3A001, 1c902.a.4; 8507.60, 85076000, 2846.90.11.00. Four bare digits may be a year.
CODE = re.compile(
    r"(?<![\w.#/-])(?:\d[a-e]\d{3}(?:\.[a-z0-9]{1,3})*|\d{4}\.\d{2}(?:\.\d{2}){0,3}|\d{6,10}"
    r"|\d{4}\s\d{2}\s\d{2}|(?!(?:19|20)\d\d)\d{4})(?![\w/-])",
    re.ASCII,
)
#: 2025-12: a month, or the number of a notice.
MONTH = re.compile(r"(?<![\w./-])((?:19|20)\d\d)-(0[1-9]|1[0-2])(?![\w/-]|\.\d)", re.ASCII)
WITHOUT_YEAR = "without-year"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedNumber:
    """The number of a notice in a question, and the text without it."""

    number: str  #: as this program writes it; "" where there is none
    rest: str
    is_without_year: bool = False
    others: tuple[str, ...] = ()  #: further numbers


def find_asked_number(text: str, patterns: Iterable[Pattern], lexicon: Lexicon) -> AskedNumber:
    """Find the number of a notice in folded text: MOFCOM No. 61/2025, 2025年第61号.

    Without issuers it is written as 2025-61.
    """
    found: list[tuple[int, int, str]] = []
    for pattern in patterns:
        for hit in pattern.compiled.finditer(text):
            if any(hit.start() < end and start < hit.end() for start, end, _ in found):
                continue
            groups = {name.rstrip("0123456789"): value for name, value in hit.groupdict().items() if value}
            if pattern.id == WITHOUT_YEAR:
                if not found:
                    rest = blank_out(text, hit.start(), hit.end())
                    return AskedNumber(number=groups["n"], rest=rest, is_without_year=True)
                continue
            start, issuers = _find_issuers_before(text[: hit.start()], lexicon)
            end = hit.end()
            if not issuers:
                length, issuers = _find_issuer_behind(text[end:], lexicon)
                end += length
            if issuers and not issuers.endswith(ORDER) and hit[0].startswith(ORDER_WORDS):
                issuers += ORDER
            number = f"{issuers} {groups['year']}-{int(groups['n'])}".strip()
            found.append((start, end, number))
    found.sort()
    rest = text
    for start, end, _ in found:
        rest = blank_out(rest, start, end)
    numbers = tuple(dict.fromkeys(number for _, _, number in found))
    return AskedNumber(number=numbers[0] if numbers else "", rest=rest, others=numbers[1:])


def find_typed_month(text: str, number: str) -> tuple[int, int]:
    """Return where the number that was found may also be a month, as in 2025-12; (0, 0) where it may not.

    A number with its issuers is none, and a month has two figures: 2025-7 is the number of a notice.
    """
    for hit in MONTH.finditer(text):
        if number == f"{hit[1]}-{int(hit[2])}":
            return hit.span()
    return 0, 0


def read_typed_number(typed: str, patterns: Iterable[Pattern], lexicon: Lexicon) -> str:
    """Return the number of a notice in the spelling of this program, other text as if typed plainly.

    A text that also has other words is not a number.
    """
    plain = normalize_typed_text(typed) or typed
    found = find_asked_number(fold_asked(plain), patterns, lexicon)
    return found.number if found.number and not found.is_without_year and not found.rest.strip() else plain


@cache
def _list_issuer_names(lexicon: Lexicon) -> tuple[tuple[str, str], ...]:
    """Return the folded names of issuers with their codes, the longest first."""
    names = {
        fold_asked(name): issuer.code
        for issuer in lexicon.issuers
        for name in (issuer.code, *issuer.zh, *issuer.en)
    }
    return tuple(sorted(names.items(), key=lambda item: -len(item[0])))


def _find_issuer_behind(text: str, lexicon: Lexicon) -> tuple[int, str]:
    """Return how long the issuer that a text begins with is, and its code: of the Ministry of Commerce."""
    hit = re.match(r"\s*(?:of|by|from)\s(?:the\s)?", text)
    if hit is None:
        return 0, ""
    behind = text[hit.end() :]
    for name, code in _list_issuer_names(lexicon):
        if re.match(rf"{re.escape(name)}(?![a-z0-9])", behind):
            return hit.end() + len(name), code
    return 0, ""


def _find_issuers_before(text: str, lexicon: Lexicon) -> tuple[int, str]:
    """Return where the issuers that a text ends with begin, and their codes; the end and "" without any."""
    codes: list[str] = []
    end, order = len(text), ""
    if hit := WORDS_BEFORE_NUMBER.search(text):
        end = hit.start()
    if hit := re.search(r"(?:\border\b|令)\s*$", text[:end]):
        end, order = hit.start(), ORDER
    names = _list_issuer_names(lexicon)
    start = len(text)
    while True:
        before = re.sub(r"(?:\s|[-&,、/]|\band|\bthe|\bof|和|会同)+$", "", text[:end])
        match = next(((name, code) for name, code in names if _ends_with_name(before, name)), None)
        if match is None or match[1] in codes:
            break
        codes.insert(0, match[1])
        start = end = len(before) - len(match[0])
    return (start, "-".join(codes) + order) if codes else (len(text), "")


def _ends_with_name(text: str, name: str) -> bool:
    """Return whether a text ends with a name; a Latin one as whole words."""
    return text.endswith(name) and not (name.isascii() and re.search(r"[a-z0-9]$", text[: -len(name)]))


def find_asked_row(text: str) -> tuple[int | None, str]:
    """Return the row that #3 names, None without one, and the text without it."""
    hit = ROW.search(text)
    if hit is None:
        return None, text
    return int(hit[1]), blank_out(text, hit.start(), hit.end())


def find_asked_code(text: str) -> tuple[str, str]:
    """Return the HS or control code of a folded text, "" without one, and the text without it."""
    hit = CODE.search(text)
    if hit is None:
        return "", text
    return hit[0].upper(), blank_out(text, hit.start(), hit.end())
