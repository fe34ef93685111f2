"""Check a translation or an explanation: every number, day and code of it must be one of the text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from controlwatch.core.extraction.findings.codes import find_codes
from controlwatch.core.extraction.mentions.dates import find_date_mentions
from controlwatch.core.extraction.text.document_text import DocumentText
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.extraction.text.normalize import fold_text
from controlwatch.core.model import Notice
from controlwatch.core.model.errors import UnusableAnswer
from controlwatch.core.model.text_safety import strip_hidden
from controlwatch.core.second_opinion.opinion import Purpose
from controlwatch.core.second_opinion.prose_figures import (
    CHINESE_MONTH,
    CONTROL_CODE,
    list_document_numbers,
    list_figures,
    list_months,
    list_strange_months,
    list_unclear_days,
)
from controlwatch.core.second_opinion.sent_text import SentText

MAX_PROSE_LENGTH = 60_000  #: characters
SEPARATORS = re.compile(r"[., ]")
#: An address of the web or of mail, also without what it begins with: elsewhere.com/pay
WEB_ADDRESS = re.compile(
    r"(?<![\w.@-])(?:(?:https?://|www\.)[^\s<>\"'，。；、（）()]*|[\w.+-]+@[\w.-]+"
    r"|[\w-]+(?:\.[\w-]+)*\.(?:com|cn|hk|net|org|gov|edu|info|io|ru|top|xyz|example)\b(?:/[^\s<>\"'，。；、（）()]*)?)",
    re.IGNORECASE,
)


def parse_prose(text: str) -> str:
    """Return the prose of an answer, without invisible characters; raises `UnusableAnswer`."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise UnusableAnswer("the answer is not JSON") from None
    prose = found.get("text") if isinstance(found, dict) else None
    shown = strip_hidden(prose).strip() if isinstance(prose, str) else ""
    if not shown or len(shown) > MAX_PROSE_LENGTH:
        raise UnusableAnswer("the answer holds no text, or too much of it")
    return shown


def check_prose(
    prose: str, purpose: Purpose, sent: SentText, notice: Notice, lexicon: Lexicon
) -> tuple[str, ...]:
    """Return why a translation or an explanation is not shown, a reason each; nothing where it may be.

    Every figure, day, month, document number and code in it must be one of the text sent or of its findings.
    A translation must also hold each day and code that the rules found in that text.
    """
    written, text = fold_text(prose), fold_text(sent.text)
    if _list_addresses(written) - _list_addresses(text):
        return ("it leads to another place than the text",)
    theirs, ours = _list_days(written, lexicon, notice), _list_days(text, lexicon, notice)
    ours |= set(_list_found_days(notice))
    reasons = [f"the text does not state the day {day}" for day in sorted(theirs - ours)]
    reasons += [f"it writes a day as {day}" for day in list_unclear_days(written)]
    months = list_strange_months(list_months(written), list_months(text), ours)
    reasons += [f"the text does not state the month {month}" for month in months]
    reasons += _list_strange_numbers(prose, sent, notice, lexicon, ours)
    reasons += _list_strange_figures(written, text, notice, lexicon, ours)
    if purpose is Purpose.TRANSLATION:
        reasons += _list_missing(prose, theirs, sent, notice, lexicon)
    return tuple(reasons)


def list_omissions(sent: SentText) -> tuple[str, ...]:
    """Return what of the text a translation or an explanation cannot hold, in a sentence each."""
    if not sent.left_out:
        return ()
    return (f"the model was not sent the last {sent.left_out} characters of the text",)


def _list_strange_numbers(
    prose: str, sent: SentText, notice: Notice, lexicon: Lexicon, days: set[date]
) -> Iterator[str]:
    """Yield the document numbers that the text does not hold."""
    known = list_document_numbers(sent.text, lexicon) | {(day.year, day.month) for day in days}
    found = " ".join(act.target for act in notice.relations)
    found += f" {notice.number.canonical}" if notice.number is not None else ""
    known |= list_document_numbers(found, lexicon)
    for year, number in sorted(list_document_numbers(prose, lexicon) - known):
        yield f"the text does not name the document {year}-{number}"


def _list_strange_figures(
    written: str, text: str, notice: Notice, lexicon: Lexicon, days: set[date]
) -> Iterator[str]:
    """Yield the figures and codes that neither the text nor the findings hold."""
    found = [item.code.upper() for item in (*notice.hs_codes, *notice.control_codes)]
    # Days, months and codes are compared as a whole, and their parts are not figures.
    figures = list_figures(_drop_days(text, lexicon, notice), is_source=True)
    figures |= {Decimal(day.year) for day in days}
    figures |= {Decimal(code) for code in found if code.isdecimal()}
    numbers = [notice.number.year, notice.number.n] if notice.number is not None else []
    figures |= {Decimal(part) for part in numbers if part is not None}
    known = {*map(_squeeze, found), *(_squeeze(hit[0]) for hit in CONTROL_CODE.finditer(text))}
    theirs = {hit[0].upper() for hit in CONTROL_CODE.finditer(written)}
    rest = _drop_days(CONTROL_CODE.sub(" ", written), lexicon, notice)
    for figure in sorted(list_figures(rest, is_source=False) - figures):
        yield f"the text does not hold the figure {figure:f}"
    for code in sorted(code for code in theirs if _squeeze(code) not in known):
        yield f"the text does not hold the code {code}"


def _list_addresses(folded: str) -> set[str]:
    return {hit[0].rstrip(".,;:!?").lower() for hit in WEB_ADDRESS.finditer(folded)}


def _drop_days(folded: str, lexicon: Lexicon, notice: Notice) -> str:
    """Return a text without the days and the Chinese months in it."""
    kept, end = [], 0
    for mention in find_date_mentions(folded, lexicon, anchor=notice.published):
        if mention.day is not None and mention.start >= end:
            kept.append(folded[end : mention.start])
            end = mention.end
    return CHINESE_MONTH.sub(" ", " ".join((*kept, folded[end:])))


def _squeeze(code: str) -> str:
    return SEPARATORS.sub("", code).upper()


def _list_missing(
    prose: str, days: set[date], sent: SentText, notice: Notice, lexicon: Lexicon
) -> Iterator[str]:
    """Yield the days and codes of the text sent that a translation leaves out."""
    stated = set(_list_found_days(notice)) & _list_days(fold_text(sent.text), lexicon, notice)
    yield from (f"it leaves out the day {day}" for day in sorted(stated - days))
    codes = find_codes(DocumentText.from_parts("", sent.text), lexicon)
    squeezed = _squeeze(fold_text(prose))
    for found in (*codes.hs_codes, *codes.control_codes):
        if _squeeze(found.code) not in squeezed:
            yield f"it leaves out the code {found.code}"


def _list_found_days(notice: Notice) -> Iterator[date]:
    for found in notice.effective:
        yield from (day for day in (found.start, found.until) if day is not None)
    yield from (found.date for found in notice.deadlines)
    if notice.published is not None:
        yield notice.published


def _list_days(folded: str, lexicon: Lexicon, notice: Notice) -> set[date]:
    mentions = find_date_mentions(folded, lexicon, anchor=notice.published)
    return {mention.day for mention in mentions if mention.day is not None}
