"""Document numbers: every wild form in which notices write them, lists and ranges expanded."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from controlwatch.core.extraction.mentions.dates import find_date_mentions
from controlwatch.core.extraction.mentions.issuers import (
    blank_approvals,
    find_issuers,
    find_issuers_after,
    find_issuers_before,
)
from controlwatch.core.extraction.text.document_text import DocumentText, Span
from controlwatch.core.extraction.text.normalize import HAN
from controlwatch.core.extraction.text.numerals import NUMERAL, parse_numeral
from controlwatch.core.model import DocumentNumber

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from controlwatch.core.extraction.text.lexicon import Lexicon

YEAR = r"(\d{4}|[一二][〇○零一二三四五六七八九]{3})"
FIGURE = rf"(?:\d{{1,4}}(?!\d|%|\s*月)|{NUMERAL}{{1,6}}(?!{NUMERAL}|\s*月))"
_JOINT = r"(?:、|,|，|和|及|与|以及|至|到|-|~|－|—)"
_MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December"
    "|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
)
FORM_FIRST = re.compile(
    rf"(公\s*告|令|(?:不可靠实体清单)?工作机制)\s*+(?:[〔\[【(（]?\s*{YEAR}\s*[〕\]】)）]?\s*年?\s*)?"
    rf"((?:第\s*)?{FIGURE}\s*号?(?:\s*{_JOINT}\s*(?:\d{{4}}\s*年\s*)?(?:第\s*)?{FIGURE}\s*号?){{0,40}})"
)  # 公告2022年第55号、56号、2023年第7号 · 令二〇二五年第6号 · 工作机制〔2025〕4号 · 令第792号
NUMBER_FIRST_END = re.compile(
    r"号\s*(公告|令)"
)  # 第67|号公告: what stands before is read backwards, so that no list is read twice
NUMBER_FIRST = re.compile(
    rf"(?<![\d/])(?:{YEAR}\s*年?\s*)?((?:第\s*)?{FIGURE}\s*号?(?:\s*{_JOINT}\s*(?:第\s*)?{FIGURE}\s*号?){{0,12}})\s*(公告|令)$"
)  # 2024年第67号公告 · 第19、20号公告 · 18号公告 · 2005年第29号令
LETTER_NUMBER = re.compile(
    r"[\u4e00-\u9fff]{2,14}[〔\[﹝]\s*\d{4}\s*[〕\]﹞]\s*第?\s*\d{1,5}\s*号"
)  # 工信部联安全函〔2025〕335号
ENGLISH_NUMBER = re.compile(
    r"\b([Aa]nnouncement|[Nn]otice|[Oo]rder|[Dd]ecree|ANNOUNCEMENT|NOTICE|ORDER|DECREE|公告)s?\s+(?:[\[(]?(\d{4})[\])]?,?\s+)?(\(?No(?:s)?\.?\s*|Number\s+)?"
    rf"(\d{{1,3}}(?!\d|\s*(?:{_MONTHS})\b)(?:(?:\s*,\s*and\s+|\s*,\s*|\s+and\s+|\s*&\s*|\s*[-–]\s*|\s+to\s+)(?:No(?:s)?\.?\s*)?"
    rf"\d{{1,3}}(?![\d%]|st|nd|rd|th|\s*(?:{_MONTHS})\b))*)"
    r"(?:\s*/\s*(\d{4})\b|,?\s+(?:of|in|for|OF)\s+(\d{4})\b|,\s+(20\d\d)\b|\s*[\[(](?:[A-Z][a-z]+\.?\s+\d{1,2},\s+|\d{1,2}\s+[A-Z][a-z]+\s+)?(\d{4})[\])])?"
)  # Announcement No. 61 of 2025 · Announcements 55-58 · Announcement 70/2025 · Notice No.18 [2025]
ISSUER_FIRST = re.compile(
    r"\b(?:announcement|notice|order|decree|decision)s? (?:of|by) (?:the )?"
    r"((?:(?!\b(?:announcement|notice|order|decree|decision|on|to)s?\b)[^\n.()\[\]]){6,160}?),?\s*"
    r"(?:[(\[](?P<year>\d{4})[)\]],?\s*No\.?\s*(?P<n>\d{1,4})\b"
    r"|\(?No\.?\s*(?P<n_of>\d{1,4})(?:,?\s+(?:of|in)\s+|,\s+|\s*[\[(])(?P<of_year>20\d\d)\b)",
    re.IGNORECASE,
)  # Order of the Ministry of Commerce No. 2 of 2027 · … of the Working Mechanism (2026) No. 12
CANONICAL_NUMBER = re.compile(
    r"(?<![\w-])([A-Za-z]{2,8}(?:-[A-Za-z]{2,8})*)\s+(?:(Order)\s+)?(\d{4})\s*-\s*(\d{1,4})(?![\d-])",
    re.IGNORECASE,
)  # MOFCOM-GACC 2025-18 · MOFCOM Order 2025-6 · UEL 2025-10
STATE_COUNCIL_ORDER = re.compile(
    r"\bState Council (?:Order|Decree)(?: No\.?)?\s*(\d{1,4})\b", re.IGNORECASE
)  # State Council Order 792
BARE_NUMBER = re.compile(r"(\d{4})\s*[-年]\s*(?:第\s*)?(\d{1,4})\s*号?")  # 2025-18 · 2025年第18号
RANGE_WORD = re.compile(r"(?:至|到|-|~|－|—|–|\bto\b)")  # 第15至17号
JOINTLY_WITH = re.compile(r"\bjointly with\b", re.IGNORECASE)
TOGETHER_WITH = re.compile(r"([\u4e00-\u9fff]{2,16})会同$")
LIST_PIECE = re.compile(
    rf"({_JOINT}|\band\b|\bto\b|&|–)?\s*(?:(\d{{4}})\s*年\s*)?(?:第|No(?:s)?\.?)?\s*({FIGURE})"
)
MECHANISM_NAME = "不可靠实体清单工作机制"
EXPORT_CONTROL_WORDS = re.compile(
    r"\bexport (?:controls?|curbs?|restrictions?|licen[cs])|\bdual-use\b|出口管制|两用物项", re.IGNORECASE
)
NUMBER_LIMIT = 1900  #: a "number" beyond is a year: 2024-2025
TAIL_WINDOW = 60  #: characters before 号公告 in which its list may stand
MAX_MENTIONS = 500  #: a text that names more numbers is no notice
MAX_RANGE = 30  #: a longer "range" is something else
LEAD_LENGTH = 800  #: characters in which a text names the authority it speaks of


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberMention:
    """A document number where it stands in the text."""

    start: int  #: of the issuers, where they stand right before the number
    end: int
    number: DocumentNumber


def find_number_mentions(
    text: DocumentText, lexicon: Lexicon, *, year: int | None = None
) -> tuple[NumberMention, ...]:
    """Return the numbers a text names, in order; `year` is the text's own, for numbers without one."""
    raw = sorted(
        _find_all_forms(text.folded_text[: text.related_links_start], lexicon),
        key=lambda found: (found.start, -found.end),
    )
    kept: list[NumberMention] = []
    for mention in raw[:MAX_MENTIONS]:
        # Numbers of one list share their span; another reading of the same words does not count.
        if (
            kept
            and mention.start < kept[-1].end
            and (mention.start, mention.end) != (kept[-1].start, kept[-1].end)
        ):
            continue
        kept.append(mention)
    return _expand_short_forms(tuple(_fill_elided_parts(kept, text, lexicon, year)))


def _expand_short_forms(found: tuple[NumberMention, ...]) -> tuple[NumberMention, ...]:
    """Write a number named in full once, in full everywhere: a headline leaves the joint issuers out."""
    full: dict[str, DocumentNumber] = {}
    for mention in found:
        known = full.get(mention.number.key)
        if known is None or len(mention.number.issuers) > len(known.issuers):
            full[mention.number.key] = mention.number
    bare = {
        (number.year, number.n): number for number in full.values() if number.issuers and not number.series
    }
    return tuple(replace(mention, number=_find_full_number(mention.number, full, bare)) for mention in found)


def _find_full_number(
    parts: DocumentNumber,
    full: Mapping[str, DocumentNumber],
    bare: Mapping[tuple[int | None, int | None], DocumentNumber],
) -> DocumentNumber:
    if parts.letter or parts.series:
        return parts
    return full[parts.key] if parts.issuers else bare.get((parts.year, parts.n), parts)


def assign_ministry_series(found: Iterable[NumberMention], folded: str) -> tuple[NumberMention, ...]:
    """Give numbers that a report of export controls leaves without an issuer to the ministry's series.

    The Export Control Law makes the Ministry of Commerce the authority that announces them; a
    headline says "Announcement No. 40 of 2026" and no more. The reader adds a doubt.
    """
    if not EXPORT_CONTROL_WORDS.search(folded):
        return tuple(found)
    return tuple(
        replace(mention, number=replace(mention.number, issuers=("MOFCOM",)))
        if lacks_issuer(mention)
        else mention
        for mention in found
    )


def lacks_issuer(mention: NumberMention) -> bool:
    """Tell whether an announcement's number names no issuer."""
    parts = mention.number
    return not (parts.issuers or parts.series or parts.letter)


def parse_number(typed: str, lexicon: Lexicon) -> DocumentNumber | None:
    """Return a number as a person types it, or None. `2025-18` has no issuers.

    >>> parse_number("mofcom-gacc 2025-18", lexicon).canonical
    'MOFCOM-GACC 2025-18'
    """
    text = DocumentText.from_parts(" ".join(typed.split()), "")
    found = next(iter(find_number_mentions(text, lexicon)), None)
    if found is not None:
        return found.number
    bare = BARE_NUMBER.fullmatch(text.title.strip())
    return DocumentNumber(year=int(bare[1]), n=int(bare[2])) if bare else None


def _find_all_forms(folded: str, lexicon: Lexicon) -> Iterator[NumberMention]:
    yield from _find_letter_numbers(folded)
    for hit in FORM_FIRST.finditer(folded):
        # 公告4: without a year the list must say 号, else it is any figure after the word.
        if hit[2] or "号" in hit[3]:
            order = hit[1] == "令"
            yield from _expand_number_list(
                folded, (hit.start(), hit.end()), lexicon, year=hit[2], numbers=hit[3], order=order
            )
    yield from _find_number_first(folded, lexicon)
    for hit in ENGLISH_NUMBER.finditer(folded):
        year = next((group for group in (hit[2], *hit.groups()[4:]) if group), None)
        # "the notice 30 days before": a small letter needs "No." or a year.
        if hit[1][0].islower() and not hit[3] and not year:
            continue
        order = hit[1].lower() in {"order", "decree"}
        yield from _expand_number_list(
            folded, (hit.start(), hit.end()), lexicon, year=year, numbers=hit[4], order=order
        )
    for hit in ISSUER_FIRST.finditer(folded):
        issuers = find_issuers(hit[1], lexicon)
        if issuers:
            series = "Order" if hit[0].lower().startswith(("order", "decree")) else ""
            n, year = hit["n"] or hit["n_of"], hit["year"] or hit["of_year"]
            parts = DocumentNumber(issuers=issuers, series=series, year=int(year), n=int(n))
            yield NumberMention(start=hit.start(), end=hit.end(), number=parts)
    yield from _find_canonical_numbers(folded, lexicon)


def _find_number_first(folded: str, lexicon: Lexicon) -> Iterator[NumberMention]:
    for tail in NUMBER_FIRST_END.finditer(folded):
        left = max(0, tail.start() - TAIL_WINDOW)
        hit = NUMBER_FIRST.search(folded[left : tail.end()])
        if hit:
            span = (left + hit.start(), tail.end())
            yield from _expand_number_list(
                folded, span, lexicon, year=hit[1], numbers=hit[2], order=hit[3] == "令"
            )


def _find_letter_numbers(folded: str) -> Iterator[NumberMention]:
    for hit in LETTER_NUMBER.finditer(folded):
        words = re.sub(r"\s", "", hit[0])
        prefix = re.split(r"[〔\[﹝]", words)[0]
        if prefix.endswith(("公告", "令", "工作机制")):
            continue
        start, end = _find_letter_span(hit)
        yield NumberMention(
            start=start, end=end, number=DocumentNumber(letter=re.sub(r"\s", "", folded[start:end]))
        )


#: A letter-style number begins with the issuing body's short form; verbs before it are not part of it.
LETTER_LEAD = re.compile(r"^.*(?:根据|按照|关于|通知|文件|印发|以及|和|与|及|的|号)")


def _find_letter_span(hit: re.Match[str]) -> tuple[int, int]:
    head = re.split(r"[〔\[﹝]", hit[0])[0]
    lead = LETTER_LEAD.match(head)
    return hit.start() + (lead.end() if lead else 0), hit.end()


def _find_canonical_numbers(folded: str, lexicon: Lexicon) -> Iterator[NumberMention]:
    known = {issuer.code.upper(): issuer.code for issuer in lexicon.issuers} | {"UEL": "UEL", "UELWM": "UEL"}
    for hit in CANONICAL_NUMBER.finditer(folded):
        codes = [known.get(code.upper()) for code in hit[1].split("-")]
        issuers = tuple(code for code in codes if code)
        if len(issuers) == len(codes) and int(hit[4]) < NUMBER_LIMIT:
            series = "Order" if hit[2] else ""
            parts = DocumentNumber(issuers=issuers, series=series, year=int(hit[3]), n=int(hit[4]))
            yield NumberMention(start=hit.start(), end=hit.end(), number=parts)
    for hit in STATE_COUNCIL_ORDER.finditer(folded):
        parts = DocumentNumber(issuers=("State Council",), series="Order", n=int(hit[1]))
        yield NumberMention(start=hit.start(), end=hit.end(), number=parts)


def _expand_number_list(
    folded: str, span: tuple[int, int], lexicon: Lexicon, *, year: str | None, numbers: str, order: bool
) -> Iterator[NumberMention]:
    """Yield every number of a list such as 第55号、56号 or 15-17, all with the span of the whole."""
    start, issuers = find_issuers_before(folded, span[0], lexicon)
    leads = TOGETHER_WITH.search(folded[max(0, start - 30) : start]) if issuers else None
    if leads:  # 商务部今天会同海关总署发布2026年第52号公告
        issuers = tuple(dict.fromkeys((*find_issuers(leads[1], lexicon), *issuers)))
    if not issuers and folded.startswith(MECHANISM_NAME, span[0]):
        issuers = ("UELWM",)
    for n, own in ((n, own) for n, own in _parse_list_figures(numbers) if n < NUMBER_LIMIT):
        said = own or year
        parts = DocumentNumber(
            issuers=issuers, series="Order" if order else "", year=parse_numeral(said) if said else None, n=n
        )
        yield NumberMention(start=start, end=span[1], number=parts)


def _parse_list_figures(numbers: str) -> list[tuple[int, str | None]]:
    """Return the figures of a list, ranges filled, each with the year it brings along."""
    found: list[tuple[int, str | None]] = []
    year: str | None = None
    for piece in LIST_PIECE.finditer(numbers):
        n = parse_numeral(piece[3])
        if n is None:
            continue
        year = piece[2] or year
        last = found[-1][0] if found else None
        if last is not None and piece[1] and RANGE_WORD.fullmatch(piece[1]) and 0 < n - last <= MAX_RANGE:
            found.extend((between, year) for between in range(last + 1, n))
        found.append((n, year))
    return list(dict.fromkeys(found))


def _fill_elided_parts(
    found: Iterable[NumberMention], text: DocumentText, lexicon: Lexicon, year: int | None
) -> Iterator[NumberMention]:
    """Fill what a number elides: issuers and year from the sentence, then from the number before it."""
    default = (find_issuers(text.title, lexicon) or find_issuers(text.folded_text[:LEAD_LENGTH], lexicon))[:1]
    last: DocumentNumber | None = None
    for mention in found:
        parts = mention.number
        if parts.letter is None:
            parts = _fill_year(_fill_issuers(mention, text, lexicon, last), mention, text, last, year)
            parts = normalize_series(parts if parts.issuers else replace(parts, issuers=default))
        last = parts
        if parts.letter or parts.year or parts.series:
            yield replace(mention, number=parts)


def _fill_issuers(
    mention: NumberMention, text: DocumentText, lexicon: Lexicon, last: DocumentNumber | None
) -> DocumentNumber:
    parts = mention.number
    if parts.issuers:
        return parts
    behind = find_issuers_after(text.folded_text, mention.end, lexicon)
    if behind:
        return replace(parts, issuers=behind)
    sentence = text.find_sentence(mention.start)
    before = find_issuers(blank_approvals(text.folded_text[sentence.start : mention.start]), lexicon)
    if before:
        together = "会同" in text.folded_text[sentence.start : mention.start]
        some = before[:1] if together else before[-1:]
        return replace(
            parts, issuers=before if text.folded_text[mention.start].isascii() and not together else some
        )
    if not before and last is None and not HAN.search(text.get_words(sentence)):
        # English names the authority behind the number too: "Announcement No. 58 by MOFCOM".
        words = blank_approvals(text.get_words(sentence))
        before = find_issuers(words, lexicon)
        if before and JOINTLY_WITH.search(words) and "MOFCOM" not in before:
            before = ("MOFCOM", *before)  # "issued jointly with the customs administration", by the ministry
        if before:
            return replace(parts, issuers=before)
    if last is not None and not last.letter:
        return replace(parts, issuers=last.issuers[:1] if parts.year != last.year else last.issuers)
    return parts


def _fill_year(
    parts: DocumentNumber,
    mention: NumberMention,
    text: DocumentText,
    last: DocumentNumber | None,
    year: int | None,
) -> DocumentNumber:
    if parts.year or parts.issuers[:1] == ("State Council",):
        return parts
    sentence = text.find_sentence(mention.start)
    days = [
        word.day
        for word in find_date_mentions(
            text.get_words(Span(sentence.start, min(sentence.end, sentence.start + 400)))
        )
        if word.day
    ]
    if parts.series == "Order" and not days:
        return parts
    if last is not None and last.year and parts.series == last.series:
        return replace(parts, year=last.year)
    return replace(parts, year=days[0].year if days else year)


def normalize_series(parts: DocumentNumber) -> DocumentNumber:
    """Write the series of the working mechanism as UEL, and orders numbered through the years without one."""
    if "UELWM" in parts.issuers:
        return replace(parts, issuers=("UEL",), series="")
    if parts.series == "Order" and parts.issuers[:1] == ("State Council",):
        return replace(parts, year=None)
    return parts
