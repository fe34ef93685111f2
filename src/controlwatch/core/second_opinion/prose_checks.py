"""Check a translation or an explanation: every number, day and code of it must stand in the text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date

from controlwatch.core.extraction.findings.codes import find_codes
from controlwatch.core.extraction.mentions.dates import find_date_mentions
from controlwatch.core.extraction.text.document_text import DocumentText
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.extraction.text.normalize import NUMERAL, fold_text, parse_numeral
from controlwatch.core.model import Notice
from controlwatch.core.model.errors import UnusableAnswer
from controlwatch.core.model.text_safety import strip_hidden
from controlwatch.core.second_opinion.opinion import Purpose
from controlwatch.core.second_opinion.sent_text import SentText

MAX_PROSE_LENGTH = 60_000  #: characters
#: A figure, with its separators: 12,000 · 8112.92.9010 · 3A001 · 0.5 · 2025-61
FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
CHINESE_FIGURE = re.compile(rf"{NUMERAL}+")
MAX_FIGURE_LENGTH = 40  #: characters; a longer run of digits is not a number
SEPARATORS = re.compile(r"[.,]")
#: A numeral that counts something, and is not part of a word such as 一律 or 两用.
COUNTING = re.compile(rf"第?({NUMERAL}+)(?=[年月日天条款项号个家吨元倍成])")
#: Words for numbers in English; "one" is seldom a number.
NUMBER_WORDS = {
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "ninety": 90,
    "hundred": 100,
    "thousand": 1000,
}
WORD = re.compile(r"[a-z]+", re.IGNORECASE)
CONTROL_SHAPE = re.compile(r"\b\d[A-Z]\d{3}(?:\.[a-z0-9]+)*", re.IGNORECASE)
WEB_ADDRESS = re.compile(r"https?://|www\.|@", re.IGNORECASE)


def parse_prose(text: str) -> str:
    """Return the prose of an answer, without invisible characters; raises `UnusableAnswer`."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise UnusableAnswer("the answer is not JSON") from None
    prose = found.get("text") if isinstance(found, dict) else None
    if not isinstance(prose, str) or not prose.strip() or len(prose) > MAX_PROSE_LENGTH:
        raise UnusableAnswer("the answer holds no text, or too much of it")
    return strip_hidden(prose).strip()


def check_prose(
    prose: str, purpose: Purpose, sent: SentText, notice: Notice, lexicon: Lexicon
) -> tuple[str, ...]:
    """Return why a translation or an explanation is not shown, a reason each; nothing where it may be.

    Every figure, day and code in it must stand in the text sent. A translation must also hold each day and
    code that the rules found in that text.
    """
    if WEB_ADDRESS.search(prose) and not WEB_ADDRESS.search(sent.text):
        return ("it leads to another place than the text",)
    reasons: list[str] = []
    theirs, ours = _list_days(prose, lexicon, notice), _list_days(sent.text, lexicon, notice)
    ours |= set(_list_found_days(notice))
    reasons += [f"the text does not state the day {day}" for day in sorted(theirs - ours)]
    figures = _list_figures(sent.text, is_source=True)
    figures |= {part for day in ours for part in (day.year, day.month, day.day)}
    strange = _list_figures(prose, is_source=False) - figures
    reasons += [f"the text does not hold the figure {figure}" for figure in sorted(strange)]
    said, known = (
        {code.upper() for code in CONTROL_SHAPE.findall(fold_text(text))} for text in (prose, sent.text)
    )
    reasons += [f"the text does not hold the code {code}" for code in sorted(said - known)]
    if purpose is Purpose.TRANSLATION:
        reasons += _list_missing(prose, theirs, sent, notice, lexicon)
    return tuple(reasons)


def _list_missing(
    prose: str, days: set[date], sent: SentText, notice: Notice, lexicon: Lexicon
) -> Iterator[str]:
    """Yield the days and codes of the text sent that a translation leaves out."""
    stated = set(_list_found_days(notice)) & _list_days(sent.text, lexicon, notice)
    yield from (f"it leaves out the day {day}" for day in sorted(stated - days))
    codes = find_codes(DocumentText.from_parts("", sent.text), lexicon)
    squeezed = SEPARATORS.sub("", fold_text(prose)).upper()
    for found in (*codes.hs_codes, *codes.control_codes):
        if SEPARATORS.sub("", found.code).upper() not in squeezed:
            yield f"it leaves out the code {found.code}"


def _list_found_days(notice: Notice) -> Iterator[date]:
    for found in notice.effective:
        yield from (day for day in (found.start, found.until) if day is not None)
    yield from (found.date for found in notice.deadlines)
    if notice.published is not None:
        yield notice.published


def _list_days(text: str, lexicon: Lexicon, notice: Notice) -> set[date]:
    mentions = find_date_mentions(fold_text(text), lexicon, anchor=notice.published)
    return {mention.day for mention in mentions if mention.day is not None}


def _list_figures(text: str, *, is_source: bool) -> set[int]:
    """Return the numbers of a text, in figures and in words; of a source, every numeral may be one."""
    folded = fold_text(text)
    figures = [hit for hit in FIGURE.findall(folded) if len(hit) <= MAX_FIGURE_LENGTH]
    found = {int(SEPARATORS.sub("", hit)) for hit in figures}
    found |= {int(part) for hit in figures for part in SEPARATORS.split(hit)}
    numerals = CHINESE_FIGURE.findall(folded) if is_source else COUNTING.findall(folded)
    found |= {number for hit in numerals if (number := parse_numeral(hit)) is not None}
    return found | {
        NUMBER_WORDS[word] for hit in WORD.findall(folded) if (word := hit.lower()) in NUMBER_WORDS
    }
