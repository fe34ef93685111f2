"""The figures, months, document numbers and codes of a text, and of what was made of it by a model."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from controlwatch.core.extraction.mentions.dates import DOTTED_DAY, MONTHS, NEWEST_YEAR, OLDEST_YEAR, ONES
from controlwatch.core.extraction.mentions.numbers import find_number_mentions
from controlwatch.core.extraction.text.document_text import DocumentText
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.extraction.text.normalize import NUMERAL, parse_numeral

#: 12,000 · 0.5 · .5 · 8112.92.9010 · No.61; and numerals: each begins where no other has begun, so that a
#: text of nothing but digits is gone through once.
FIGURE = (
    r"(?<![\w.])\.\d+|(?<!\d)(?<!\d[.,])(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)*)"
    r"|(?<=\d,)\d+(?:\.\d+)*"
)
MAX_FIGURE_LENGTH = 40  #: characters; a longer run of digits or numerals is not a number
NUMERALS = rf"(?<!{NUMERAL}){NUMERAL}{{1,{MAX_FIGURE_LENGTH}}}(?!{NUMERAL})"
#: Words for numbers in English; "one" is seldom a number.
NUMBER_WORDS = {name: number for name, number in ONES.items() if number > 1}
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
TENS = {name: 10 * place for place, name in enumerate(_TENS, 2)}
NUMBER_WORDS |= TENS
#: sixty-one
WORDED_NUMBER = re.compile(rf"\b({'|'.join(TENS)})[- ]({'|'.join(ONES)})\b", re.IGNORECASE)
#: What a figure is multiplied by.
MAGNITUDES = {
    "hundred": 100,
    "thousand": 1_000,
    "million": 10**6,
    "billion": 10**9,
    "百": 100,
    "千": 1_000,
    "万": 10**4,
    "亿": 10**8,
}
#: 12 million · twelve hundred · 1200万 · 一百万 · 1.5亿
MULTIPLE = re.compile(
    rf"(?:\b({'|'.join(NUMBER_WORDS)}|one|an?)\b|({FIGURE})|({NUMERALS}))"
    r"\s*(hundred|thousand|million|billion|百|千|[百千]?万|[百千]?亿)",
    re.IGNORECASE,
)
ANY_FIGURE = re.compile(FIGURE)
ANY_NUMERAL = re.compile(NUMERALS)
#: A numeral that counts something, and is not part of a word such as 一律 or 两用.
COUNTING = re.compile(rf"({NUMERALS})(?=[年月日天条款项号个家吨元倍成])")
WORD = re.compile(r"[a-z]+", re.IGNORECASE)
CONTROL_CODE = re.compile(r"\b\d[A-Z]\d{3}(?:\.?[a-z0-9])*", re.IGNORECASE)

_MONTH_NAMES = "January|February|March|April|June|July|August|September|October|November|December"
_SHORT_NAMES = "Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
#: April 2026 · Apr. 2026 · in May · MAY 2026; "may" is a verb too, and begins sentences.
ENGLISH_MONTH = re.compile(
    rf"\b((?i:{_MONTH_NAMES})|(?i:{_SHORT_NAMES})(?=\.? \d)|(?<=[a-z0-9,] )May|(?i:May)(?=,? \d))\b"
    r"(?:\.?,? (\d{4})\b)?"
)
CHINESE_MONTH = re.compile(rf"(?:(\d{{4}}|{NUMERAL}{{4}})年)?(\d{{1,2}}|{NUMERAL}{{1,3}})月")
#: 12 of 2025 · 12 (2025) · 12 [2025]
NUMBER_AND_YEAR = re.compile(r"\b(\d{1,4}) ?(?:of |[(\[])((?:19|20)\d\d)\b")
#: 2025-12, and no day
YEAR_AND_NUMBER = re.compile(r"(?<![\d-])((?:19|20)\d\d)-(\d{1,4})(?![-\d])")
#: 4/1/2026 is the fourth of January, or the first of April.
SLASHED_DAY = re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})/(\d{4})(?![\d/])")
#: 2026-04-01 · 2026年4月1日, and what only looks like one
WRITTEN_DAY = re.compile(r"(?<!\d)(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})(?!\.?\d)|年(\d{1,2})月(\d{1,2})日)")
ORDINAL_DAY = re.compile(
    rf"\b((?:[a-z]+-)?(?:first|second|third|[a-z]+th)) (?:day )?of (?:{_MONTH_NAMES}|May)\b",
    re.IGNORECASE,
)

Month = tuple[int | None, int]  #: the year, where it is stated, and the month
NumberOfYear = tuple[int, int]  #: the year and the number of a document


def list_figures(folded: str, *, is_source: bool) -> set[Decimal]:
    """Return the numbers of a folded text, in figures and in words; of a source, every numeral may be one."""
    found: set[Decimal] = set()

    def take_multiple(hit: re.Match[str]) -> str:
        value = _parse_factor(hit)
        if value is None:
            return hit[0]
        found.add(value.normalize())
        return hit[0] if is_source else " "

    def take_words(hit: re.Match[str]) -> str:
        found.add(Decimal(TENS[hit[1].lower()] + ONES[hit[2].lower()]))
        return " "

    rest = MULTIPLE.sub(take_multiple, WORDED_NUMBER.sub(take_words, folded))
    for hit in ANY_FIGURE.findall(rest):
        if len(hit) <= MAX_FIGURE_LENGTH:
            found |= set(_parse_figure(hit, is_source=is_source))
    numerals = ANY_NUMERAL.findall(rest) if is_source else COUNTING.findall(rest)
    found |= {Decimal(number) for hit in numerals if (number := parse_numeral(hit)) is not None}
    words = (word.lower() for word in WORD.findall(rest))
    return found | {Decimal(NUMBER_WORDS[word]) for word in words if word in NUMBER_WORDS}


def _parse_factor(hit: re.Match[str]) -> Decimal | None:
    """Return the value of a figure with its magnitude, None where it is none."""
    word, figure, numeral, magnitude = hit.groups()
    if word:
        factor = Decimal(NUMBER_WORDS.get(word.lower(), 1))
    elif figure and figure.count(".") <= 1 and len(figure) <= MAX_FIGURE_LENGTH:
        factor = Decimal(figure.replace(",", ""))
    else:
        number = parse_numeral(numeral or "")
        if number is None:
            return None
        factor = Decimal(number)
    for part in [magnitude.lower()] if magnitude.isascii() else magnitude:
        factor *= MAGNITUDES[part]
    return factor


def _parse_figure(figure: str, *, is_source: bool) -> Iterator[Decimal]:
    """Yield the values that a figure may have: a code with dots is the number of its digits."""
    plain = figure.replace(",", "")
    joined = Decimal(plain.replace(".", ""))
    if plain.count(".") > 1:
        yield joined
        return
    yield Decimal(plain).normalize()
    if is_source and "." in plain and len(plain.partition(".")[0]) >= 4:
        yield joined  # the beginning of a customs code: 8112.92


def list_months(folded: str) -> set[Month]:
    """Return the months of a folded text that are named, with their years where these stand beside them."""
    found: set[Month] = set()
    for hit in ENGLISH_MONTH.finditer(folded):
        found.add((int(hit[2]) if hit[2] else None, MONTHS[hit[1][:3].lower()]))
    for hit in CHINESE_MONTH.finditer(folded):
        year, month = parse_numeral(hit[1] or ""), parse_numeral(hit[2])
        if month is not None and 1 <= month <= 12:
            found.add((year, month))
    return found


def list_strange_months(
    months: Iterable[Month], known: Iterable[Month], days: Iterable[date]
) -> Iterator[str]:
    """Yield the months that neither other months nor days account for, as they are printed in a reason."""
    allowed = {*known, *((day.year, day.month) for day in days)}
    allowed |= {(None, month) for _, month in allowed}
    # A month that the text names without its year may be of any year.
    loose = {month for year, month in known if year is None}
    for year, month in sorted(months, key=str):
        if (year, month) not in allowed and (year is None or month not in loose):
            yield f"{year}-{month:02}" if year is not None else f"{month}"


def list_document_numbers(text: str, lexicon: Lexicon) -> set[NumberOfYear]:
    """Return the document numbers of a text that name a year."""
    document = DocumentText.from_parts("", text)
    mentioned = find_number_mentions(document, lexicon)
    found = {
        (mention.number.year, mention.number.n)
        for mention in mentioned
        if mention.number.year is not None and mention.number.n is not None
    }
    folded = document.folded_text
    found |= {(int(hit[2]), int(hit[1])) for hit in NUMBER_AND_YEAR.finditer(folded)}
    return found | {(int(hit[1]), int(hit[2])) for hit in YEAR_AND_NUMBER.finditer(folded)}


def list_unclear_days(folded: str) -> Iterator[str]:
    """Yield the days that are in no calendar, in words, or such that they can be read in two ways."""
    yield from (hit[0] for hit in ORDINAL_DAY.finditer(folded))
    for hit in WRITTEN_DAY.finditer(folded):
        year, month, day = int(hit[1]), int(hit[3] or hit[5]), int(hit[4] or hit[6])
        if not (
            OLDEST_YEAR <= year <= NEWEST_YEAR and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]
        ):
            yield hit[0]
    for hit in SLASHED_DAY.finditer(folded):
        if int(hit[1]) <= 12 and int(hit[2]) <= 12 and hit[1] != hit[2]:
            yield hit[0]
    for hit in DOTTED_DAY.finditer(folded):
        first, second, _ = hit[0].split(".")
        if int(first) <= 12 and int(second) <= 12 and first != second:
            yield hit[0]
