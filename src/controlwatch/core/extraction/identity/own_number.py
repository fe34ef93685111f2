"""The number of the document itself: of its title, its label, or the head of its text."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from controlwatch.core.extraction.identity.kind import MARKDOWN_PREFIX
from controlwatch.core.extraction.mentions.issuers import find_issuers, find_issuers_before
from controlwatch.core.extraction.mentions.numbers import (
    FIGURE,
    MECHANISM_NAME,
    YEAR,
    NumberMention,
    normalize_series,
    parse_number,
)
from controlwatch.core.extraction.text.normalize import collapse_whitespace, fold_text
from controlwatch.core.extraction.text.numerals import parse_numeral
from controlwatch.core.model import DocumentNumber

if TYPE_CHECKING:
    from controlwatch.core.extraction.text.document_text import DocumentText
    from controlwatch.core.extraction.text.lexicon import Lexicon

BARE_FORM = re.compile(
    r"\s*(?:公\s*告|令|第|[〔\[（(]?\d|(?:announcement|order|notice)\b)", re.IGNORECASE
)  # 公告2026年第66号
ISSUERS_FIRST = re.compile(r"^[^《》\n]{2,60}?(?=关于)|^[^:\n]{6,160}(?=:)")  # 商务部 海关总署|关于…
ISSUER_PHRASE = re.compile(
    r"^\s*(?:of|by) (?:the )?[A-Z][^.\n()]{3,160}"
)  # … |of the Customs Tariff Commission
BEFORE_OWN_NUMBER = re.compile(
    r"^[\s#*【\[(（\]】]*(?:中华人民共和国)?[\s]*$"
)  # what may stand before a title's own number
CLOSING_MARKS = re.compile(r"[\s)）】\]]")
BEFORE_APPENDED_NUMBER = re.compile(
    r"(?:公告|决定|令|通知|措施|名单|清单)\s*[（(【\[\s]\s*$|^\s*关于\s*$"
)  # 关于…的公告（|商务部公告2026年第40号）
BRACKET_LINE = re.compile(
    rf"^[ ]*(?:公\s*告)?[ ]*[〔\[﹝(（]\s*(\d{{4}})\s*[〕\]﹞)）]\s*第?\s*({FIGURE})\s*号[ ]*$", re.MULTILINE
)  # a line of its own below the title: 〔2026〕10号
HEAD_LINE = re.compile(
    rf"^[ ]*(?:[〔\[（(]?{YEAR}[〕\]）)]?\s*年?\s*)?第\s*({FIGURE})\s*号[ ]*(?:[（(]关于[^\n]*)?$",
    re.MULTILINE,
)  # a line of its own below the issuers: 2022年 第42号 · 第792号 · 2026年第141号（关于…的公告）
AFTER_HEAD_NUMBER = re.compile(
    r"^\s*(?:$|[　 ]{2,}\S|[|｜]|[（(](?:关于|公布)|(?:信息)?来源|发布|发文|时间|日期|【)"
)  # what may follow a number that opens a line of the head


@dataclass(frozen=True, slots=True)
class OwnNumber:
    """The number of a document, as printed, and the rule that found it."""

    number: DocumentNumber
    raw: str
    rule: str


def find_own_number(
    text: DocumentText, lexicon: Lexicon, found: tuple[NumberMention, ...], label: str | None
) -> OwnNumber | None:
    """Return the number of the document itself: of its title, its label, or the head of its text."""
    for mention in found:
        if mention.end <= text.title_end and BEFORE_OWN_NUMBER.match(
            MARKDOWN_PREFIX.sub("", text.folded_text[: mention.start])
        ):
            return _build_own_number(text, lexicon, mention, "number.title")
    if closing := _find_at_title_end(text, found):
        return _build_own_number(text, lexicon, closing, "number.end-of-title")
    if label and (number := parse_label_number(label, lexicon)):
        return OwnNumber(number, collapse_whitespace(label), "number.label")
    head = find_head_number(text, lexicon) or _find_on_head_line(text, found)
    return _build_own_number(text, lexicon, head, "number.head") if head else None


def _build_own_number(text: DocumentText, lexicon: Lexicon, mention: NumberMention, rule: str) -> OwnNumber:
    raw = collapse_whitespace(text.original[mention.start : mention.end])
    return OwnNumber(_add_title_issuers(text, lexicon, mention), raw, rule)


def _add_title_issuers(text: DocumentText, lexicon: Lexicon, mention: NumberMention) -> DocumentNumber:
    """Give a number that is printed without issuers (公告2026年第66号) those that head the title."""
    printed = mention.number
    if not BARE_FORM.match(text.folded_text[mention.start : mention.end]) or printed.letter:
        return printed
    heading = ISSUERS_FIRST.match(text.title)
    issuers = find_issuers(heading[0], lexicon) if heading else ()
    return (
        normalize_series(replace(printed, issuers=issuers))
        if len(issuers) > len(printed.issuers)
        else printed
    )


def _find_at_title_end(text: DocumentText, found: tuple[NumberMention, ...]) -> NumberMention | None:
    """Return the number in brackets or behind a blank at the end of the title, where pages append it."""
    for mention in found:
        before, behind = text.folded_text[: mention.start], text.folded_text[mention.end : text.title_end]
        if (
            mention.end <= text.title_end
            and not CLOSING_MARKS.sub("", behind)
            and BEFORE_APPENDED_NUMBER.search(before)
        ):
            return mention
    return None


def _find_on_head_line(text: DocumentText, found: tuple[NumberMention, ...]) -> NumberMention | None:
    """Return a number that fills a line of the head, as pages print it below the title."""
    for mention in found:
        if mention.start > text.title_end + 600:
            return None
        line_start = text.folded_text.rfind("\n", 0, mention.start) + 1
        line_end = text.folded_text.find("\n", mention.end)
        behind = text.folded_text[mention.end : line_end if line_end >= 0 else len(text.folded_text)]
        behind = ISSUER_PHRASE.sub("", behind)
        opens = not text.folded_text[line_start : mention.start].strip(" （(")
        if mention.start > text.title_end and opens and AFTER_HEAD_NUMBER.match(behind.lstrip("）)")):
            return mention
    return None


def find_head_number(text: DocumentText, lexicon: Lexicon) -> NumberMention | None:
    """Return the number printed on a line of its own below the issuers' names (公 告 / 2022年 第42号)."""
    head = text.folded_text[: text.title_end + 600]
    hit = HEAD_LINE.search(head, text.title_end)
    if hit is None:
        return _find_bracketed_number(text, head)
    above = re.sub(r"[ ]", "", head[: hit.start()])
    kind = re.search(r"(公告|令)\s*$", above)
    n = parse_numeral(hit[2])
    if n is None or kind is None:
        return None
    issuers = find_issuers_before(above, kind.start(), lexicon)[1]
    if not issuers:
        return None
    parts = DocumentNumber(
        issuers=issuers,
        series="Order" if kind[1] == "令" else "",
        year=parse_numeral(hit[1]) if hit[1] else None,
        n=n,
    )
    return NumberMention(start=hit.start(), end=hit.end(), number=normalize_series(parts))


def _find_bracketed_number(text: DocumentText, head: str) -> NumberMention | None:
    """Return 〔2026〕10号 on a line of its own, the way the working mechanism numbers its announcements."""
    hit = BRACKET_LINE.search(head, text.title_end)
    n = parse_numeral(hit[2]) if hit else None
    if hit is None or n is None or MECHANISM_NAME not in head[: hit.start()]:
        return None
    return NumberMention(
        start=hit.start(), end=hit.end(), number=DocumentNumber(issuers=("UEL",), year=int(hit[1]), n=n)
    )


def parse_label_number(label: str, lexicon: Lexicon) -> DocumentNumber | None:
    """Return the number of a printed label such as 【发布文号】商务部公告2025年第10号."""
    return parse_number(fold_text(label), lexicon)
