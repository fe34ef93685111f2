"""The number of a document itself: in its title, its label, its head, a caption above, its signature."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from controlwatch.core.extraction.identity.head import PAGE_TAG, DocumentHead, read_head_line
from controlwatch.core.extraction.identity.kind import MARKDOWN_PREFIX
from controlwatch.core.extraction.identity.preface import Opening
from controlwatch.core.extraction.mentions.issuers import find_issuers, find_issuers_before
from controlwatch.core.extraction.mentions.numbers import (
    MECHANISM_NAME,
    ORDER_FORM,
    NumberMention,
    find_number_mentions,
    normalize_series,
    parse_number,
)
from controlwatch.core.extraction.text.document_text import DocumentText
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.extraction.text.normalize import collapse_whitespace, fold_text, parse_numeral
from controlwatch.core.model import DocumentNumber

LABEL_ZONE = 2500  #: characters below the title in which labels are printed
NUMBER_LINES = 4  #: below the title, on which a number can stand alone
ISSUER_PHRASE = re.compile(
    r"^\s*(?:of|by) (?:the )?[A-Z][^.\n()]{3,400}"
)  # … |of the Customs Tariff Commission
ENGLISH_ORDERS = frozenset({"Order", "Decree"})
CLOSING_MARKS = re.compile(r"[\s)）】\]]")


@dataclass(frozen=True, slots=True)
class OwnNumber:
    """The number of a document, as printed, and the rule that found it."""

    number: DocumentNumber
    raw: str
    rule: str


def find_own_number(
    opening: Opening,
    lexicon: Lexicon,
    found: tuple[NumberMention, ...],
    *,
    label: str | None,
    labels: Mapping[str, str],
    year: int | None,
    passes_on: bool,
) -> OwnNumber | None:
    """Return the number that an instrument prints as its own, with the issuers printed with it.

    `found` are all numbers that it names, `label` the one that the page labels, `labels` all particulars of
    the page by name, `year` that of its day. One that passes on another's act quotes no full text of its own.
    """
    text = opening.text
    own = _read_head_number(opening, year, lexicon) or _search_own_number(text, lexicon, found, label)
    own = own or (None if passes_on else _find_full_text_number(text, lexicon, found))
    return _complete_number(own, opening, labels, lexicon) or _find_number_above(opening, lexicon, year)


def sign_number(
    own: OwnNumber | None, opening: Opening, lexicon: Lexicon, issuers: tuple[str, ...], *, year: int | None
) -> OwnNumber | None:
    """Return the number with those who sign: one alone on a line, or printed without any issuer."""
    if own is None:
        return _find_signed_number(opening.text, lexicon, issuers, year)
    return _complete_by_signature(own, issuers, opening, lexicon)


def _complete_number(
    own: OwnNumber | None, opening: Opening, labels: Mapping[str, str], lexicon: Lexicon
) -> OwnNumber | None:
    """Return a number printed without issuers (公告2027年第15号) with those of the head, or of the labels."""
    if own is None or own.number.letter or own.number.issuers:
        return own
    printed = fold_text(" ".join(labels[name] for name in lexicon.phrases["issuer_labels"] if name in labels))
    issuers = (opening.head.issuers if opening.head else ()) or find_issuers(printed, lexicon)
    if not issuers:
        return own
    return replace(own, number=normalize_series(replace(own.number, issuers=issuers)))


def _find_signed_number(
    text: DocumentText, lexicon: Lexicon, issuers: tuple[str, ...], year: int | None
) -> OwnNumber | None:
    """Return the number that stands alone on a line below the title, with the issuers of the signature."""
    at = text.title_end + 1
    for _ in range(NUMBER_LINES):
        end = text.folded_text.find("\n", at)
        if end < 0:
            break
        line = read_head_line(text.folded_text, at, end, lexicon)
        if line.figure and not (line.issuers or line.subject):
            number = DocumentHead(start=at, end=end, lines=(replace(line, issuers=issuers),)).build_number(
                year, lexicon
            )
            raw = text.get_original(at, end).strip(" （()）")
            return OwnNumber(normalize_series(number), raw, "number.head") if number else None
        at = end + 1
    return None


def _complete_by_signature(
    own: OwnNumber, issuers: tuple[str, ...], opening: Opening, lexicon: Lexicon
) -> OwnNumber:
    """Return a number printed without any issuer with all who sign: Announcement No. 54 of 2028."""
    if own.number.letter or find_issuers(fold_text(own.raw), lexicon):
        return own
    if (opening.head and opening.head.issuers) or not set(own.number.issuers) < set(issuers):
        return own
    return replace(own, number=normalize_series(replace(own.number, issuers=issuers)))


def _find_number_above(opening: Opening, lexicon: Lexicon, year: int | None) -> OwnNumber | None:
    """Return the one number that a caption above the head gives, where it is of the head's own issuers."""
    head = opening.head
    if head is None or not opening.preface or not head.issuers:
        return None
    caption = DocumentText.from_parts("", opening.preface)
    named = find_number_mentions(caption, lexicon, year=year)
    own = [m for m in named if set(m.number.issuers) & set(head.issuers) and m.number.year in {year, None}]
    if len(named) != 1 or not own:
        return None
    number = own[0].number
    return OwnNumber(number, caption.get_original(own[0].start, own[0].end), "number.above")


def _find_full_text_number(
    text: DocumentText, lexicon: Lexicon, found: tuple[NumberMention, ...]
) -> OwnNumber | None:
    """Return the number that a repost gives in the sentence above the full text: …第66号，全文如下："""
    lead = lexicon.get_pattern("identity.full-text-lead")
    for mention in found:
        sentence = text.find_sentence(mention.start)
        if sentence.start < text.title_end + LABEL_ZONE and lead.search(sentence.words):
            return _build_own_number(text, lexicon, mention, "number.above")
    return None


def _read_head_number(opening: Opening, year: int | None, lexicon: Lexicon) -> OwnNumber | None:
    """Return the number that a head prints outside its subject; a follow-up has none of its own."""
    get_pattern = lexicon.get_pattern
    head = opening.head
    number = head.build_number(year, lexicon) if head else None
    if head is None or number is None or head.numbered is None:
        return None
    start, end = (at - head.start for at in (head.numbered.start, head.numbered.end))
    words = opening.text.folded_text[start:end]
    rest = get_pattern("identity.to-number").sub("", words)
    if get_pattern("identity.follow-up-alone").match(rest) and get_pattern("identity.follow-up").search(rest):
        return None
    subject = get_pattern("identity.subject-lead").search(words) if head.numbered.subject else None
    end = start + subject.start() if subject and subject.start() else end
    raw = opening.text.get_original(start, end).strip(" （(《|")
    return OwnNumber(normalize_series(number), raw, "number.head")


def _search_own_number(
    text: DocumentText, lexicon: Lexicon, found: tuple[NumberMention, ...], label: str | None
) -> OwnNumber | None:
    """Return the number of the document itself: of its title, its label, or the head of its text."""
    get_pattern = lexicon.get_pattern
    folded = text.folded_text
    titled = [mention for mention in found if mention.end <= text.title_end]
    followed_up: set[str] = set()  # the title is about these
    for mention in titled:
        before = PAGE_TAG.sub("", MARKDOWN_PREFIX.sub("", folded[: mention.start]))
        if get_pattern("identity.before-own-number").match(before):
            if not _is_followed_up(text, mention, titled, lexicon):
                return _build_own_number(text, lexicon, mention, "number.title")
            followed_up.add(mention.number.key)
    for mention in titled:
        # Pages append it to the title, in brackets or behind a blank.
        appended = get_pattern("identity.before-appended-number").search(folded[: mention.start])
        if appended and not CLOSING_MARKS.sub("", folded[mention.end : text.title_end]):
            return _build_own_number(text, lexicon, mention, "number.end-of-title")
    if label and (number := parse_number(fold_text(label), lexicon)):  # 【发布文号】商务部公告2025年第10号
        return OwnNumber(number, collapse_whitespace(label), "number.label")
    if (head := _find_head_number(text, lexicon)) and head.number.key not in followed_up:
        return _build_own_number(text, lexicon, head, "number.head")
    for mention in found:
        # Pages print it on a line of the head, with the issuers or the date behind it.
        in_head = text.title_end < mention.start <= text.title_end + 600
        if in_head and mention.number.key not in followed_up:
            before = folded[folded.rfind("\n", 0, mention.start) + 1 : mention.start].strip(" （(")
            opens = not before or get_pattern("identity.land-before").fullmatch(before)
            behind = ISSUER_PHRASE.sub("", folded[mention.end :].partition("\n")[0])
            if get_pattern("identity.corrected-behind").search(behind):
                continue  # 公告2028年第12号附件中，“…”应为“…”: the number of what is corrected
            if opens and get_pattern("identity.after-head-number").match(behind.lstrip("）)")):
                return _build_own_number(text, lexicon, mention, "number.head")
    return None


def _is_followed_up(
    text: DocumentText, mention: NumberMention, titled: list[NumberMention], lexicon: Lexicon
) -> bool:
    """Return whether a title that begins with a number is about the notice of that number.

    A supplement, a correction or a postponement names it first (商务部公告2026年第5号补充公告), and so
    does a notice on several others (第5号、第6号有关事项). A notice's own title says what it is about.
    """
    get_pattern = lexicon.get_pattern
    listed = [other for other in titled if other.start <= mention.end + 2]
    if len({other.number.key for other in listed}) > 1:
        return True
    rest = text.folded_text[max(other.end for other in listed) : text.title_end]
    return any(
        pattern.match(rest)
        for pattern in (
            get_pattern("identity.follow-up-behind"),
            get_pattern("identity.follow-up-alone"),
            get_pattern("identity.follow-up-in-english"),
        )
    )


def _build_own_number(text: DocumentText, lexicon: Lexicon, mention: NumberMention, rule: str) -> OwnNumber:
    """Return the number; one printed without issuers (公告2026年第66号) takes those that begin the title."""
    get_pattern = lexicon.get_pattern
    number, raw = mention.number, text.get_original(mention.start, mention.end)
    if not number.letter and get_pattern("identity.bare-form").match(
        text.folded_text[mention.start : mention.end]
    ):
        heading = get_pattern("identity.issuers-first").match(text.title)
        issuers = find_issuers(heading[0], lexicon) if heading else ()
        if len(issuers) > len(number.issuers):
            number = normalize_series(replace(number, issuers=issuers))
    return OwnNumber(number, raw, rule)


def _find_head_number(text: DocumentText, lexicon: Lexicon) -> NumberMention | None:
    """Return the number printed on a line by itself below the issuers' names (公 告 / 2022年 第42号)."""
    get_pattern = lexicon.get_pattern
    head = text.folded_text[: text.title_end + 600]
    english = get_pattern("identity.english-head-lines").search(head, text.title_end)
    if english and (issuers := find_issuers(english["issuers"], lexicon)):
        number = DocumentNumber(
            issuers=issuers,
            series="Order" if english["form"] in ENGLISH_ORDERS else "",
            year=int(english["year"]) if english["year"] else None,
            n=int(english["n"]),
        )
        return NumberMention(start=english.start(), end=english.end(), number=normalize_series(number))
    hit = get_pattern("identity.head-line").search(head, text.title_end)
    if hit is None:
        # The working mechanism prints 〔2026〕10号 on a line by itself.
        hit = get_pattern("identity.bracket-line").search(head, text.title_end)
        n = parse_numeral(hit[2]) if hit else None
        if hit is None or n is None or MECHANISM_NAME not in head[: hit.start()]:
            return None
        number = DocumentNumber(issuers=("UEL",), year=int(hit[1]), n=n)
        return NumberMention(start=hit.start(), end=hit.end(), number=number)
    above = re.sub(r"[ ]", "", head[: hit.start()])
    form, n = get_pattern("identity.form-before").search(above), parse_numeral(hit[2])
    issuers = find_issuers_before(above, form.start(), lexicon)[1] if form else ()
    if n is None or form is None or not issuers:
        return None
    number = DocumentNumber(
        issuers=issuers,
        series="Order" if form[1] == ORDER_FORM else "",
        year=parse_numeral(hit[1]) if hit[1] else None,
        n=n,
    )
    return NumberMention(start=hit.start(), end=hit.end(), number=normalize_series(number))
