"""Which document it is: its kind, number, issuers and day, and the numbers of others that it names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

from controlwatch.core.extraction.identity.head import PAGE_TAG, DocumentHead, read_head_line
from controlwatch.core.extraction.identity.kind import (
    INSTRUMENT_KINDS,
    MARKDOWN_PREFIX,
    REPORT_KINDS,
    classify_kind,
)
from controlwatch.core.extraction.identity.passages import find_background_parts, is_beside_news
from controlwatch.core.extraction.identity.preface import Opening
from controlwatch.core.extraction.identity.published import (
    PublicationDate,
    find_date_above,
    find_publication_date,
)
from controlwatch.core.extraction.mentions.dates import OLDEST_YEAR, find_date_mentions
from controlwatch.core.extraction.mentions.issuers import (
    blank_approvals,
    collect_issuers,
    find_issuers,
    find_issuers_before,
)
from controlwatch.core.extraction.mentions.numbers import (
    MECHANISM_NAME,
    ORDER_FORM,
    NumberMention,
    assign_ministry_series,
    find_number_mentions,
    lacks_issuer,
    normalize_series,
    parse_number,
)
from controlwatch.core.extraction.mentions.places import is_of_foreign_state
from controlwatch.core.extraction.mentions.terms import contains_phrase
from controlwatch.core.extraction.text.document_text import DocumentText, Sentence
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.extraction.text.normalize import collapse_whitespace, fold_text, parse_numeral
from controlwatch.core.model import Document, DocumentNumber, Ground, NoticeKind

FOOT_ZONE = 200  #: characters at the end in which they are printed too
NUMBER_LINES = 4  #: below the title, on which a number can stand alone
LABEL_ZONE = 2500  #: characters below the title in which labels are printed
ISSUER_PHRASE = re.compile(
    r"^\s*(?:of|by) (?:the )?[A-Z][^.\n()]{3,400}"
)  # … |of the Customs Tariff Commission
#: Kinds in which an authority speaks for itself, without making a rule.
OWN_WORDS = frozenset({NoticeKind.FAQ, NoticeKind.GUIDANCE, NoticeKind.DRAFT, NoticeKind.SPOKESPERSON})
ENGLISH_ORDERS = frozenset({"Order", "Decree"})
INFERENCE_ZONE = 800  #: characters in which a draft names who drew it up
CLOSING_MARKS = re.compile(r"[\s)）】\]]")


@dataclass(frozen=True, slots=True)
class OwnNumber:
    """The number of a document, as printed, and the rule that found it."""

    number: DocumentNumber
    raw: str
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Which document it is, each answer with the rule that gave it."""

    kind: NoticeKind
    kind_rule: str  #: the rule that decided the kind
    own_number: OwnNumber | None
    issuers: tuple[str, ...]
    publication: PublicationDate | None
    publication_day: date | None
    number_mentions: tuple[NumberMention, ...]  #: every number the text names, its own among them
    is_other_business: bool = False  #: a ministry's other business: procurement, personnel, awards
    passes_on: bool = False  #: an office abroad, a firm or an association passes on what an authority did
    has_issuerless_number: bool = False  #: a report gives a number without its issuer

    @property
    def is_report(self) -> bool:
        """Whether it tells of another's act: press, commentary, or somebody who passes a notice on."""
        return self.kind in REPORT_KINDS or self.passes_on

    @property
    def is_instrument(self) -> bool:
        """Whether it has the form of an authority's own act."""
        return self.kind in INSTRUMENT_KINDS and not self.passes_on

    @property
    def anchor(self) -> date | None:
        """The day near which days without a year lie: of publication, else the middle of the year."""
        own = self.own_number.number if self.own_number else None
        year = own.year if own is not None else None
        if year is None and self.is_report:  # a report without a day: the year of the newest notice it names
            year = max((m.number.year for m in self.number_mentions if m.number.year), default=None)
        return self.publication_day or (date(year, 7, 1) if year else None)

    def list_followed(self, text: DocumentText) -> tuple[str, ...]:
        """Return the numbers that the title of an instrument names besides its own."""
        own = self.own_number.number.key if self.own_number is not None else None
        titled = (mention.number for mention in self.number_mentions if mention.end <= text.title_end)
        others = (number.canonical for number in titled if number.key != own)
        return tuple(dict.fromkeys(others)) if self.kind in INSTRUMENT_KINDS else ()


@dataclass(frozen=True, kw_only=True)
class ReadingContext:
    """What every finding is read from: the text, the lexicon, and which document it is."""

    text: DocumentText
    lexicon: Lexicon
    identity: Identity
    #: By sentence, the number of the older notice whose act it recites, as far as it was looked for.
    reciting_numbers: dict[Sentence, NumberMention | None] = field(default_factory=dict, compare=False)

    @cached_property
    def background_parts(self) -> tuple[tuple[int, int], ...]:
        """The passages of a report that do not tell its news: background, quoted mail, rows that stay."""
        if not self.identity.is_report:
            return ()
        return find_background_parts(self.text, self.identity.publication_day, self.lexicon)

    def is_background(self, offset: int) -> bool:
        """Return whether an offset lies in such a part, or in the part of a digest on another state."""
        if any(start <= offset < end for start, end in self.background_parts):
            return True
        return self.identity.is_report and is_of_foreign_state(self.text, offset, self.lexicon)

    def is_beside_news(self, words: str) -> bool:
        """Return whether a sentence of a report recalls what has long stood, or only supposes something."""
        written = self.identity.publication_day
        return self.identity.is_report and is_beside_news(words, self.text, written, self.lexicon)

    @property
    def told_on(self) -> date | None:
        """The day of a report; None for an issuer's own text."""
        return self.identity.publication_day if self.identity.is_report else None

    @cached_property
    def news_day(self) -> date | None:
        """The day by which the news of a report is told from what was done before: its own day.

        Of a report without one, the latest day on which it says that something was issued.
        """
        if self.told_on is not None or not self.identity.is_report:
            return self.told_on
        issued = self.lexicon.get_pattern("relation.told-as-issued")
        hits = (issued.search(sentence.words) for sentence in self.text.sentences)
        days = (word.day for hit in hits if hit for word in find_date_mentions(hit[0], self.lexicon))
        return max(filter(None, days), default=None)


def identify_document(document: Document, opening: Opening, lexicon: Lexicon, given: date | None) -> Identity:
    """Return which document it is. `given` is its day where the document states none."""
    get_pattern = lexicon.get_pattern
    text = opening.text
    stated = next(
        (word.day for word in find_date_mentions(fold_text(opening.day_words), lexicon) if word.day), None
    )
    labels = dict(document.labels)  # those of the page win over those inside the text
    body = text.folded_text
    labelled = f"{opening.preface}\n{body[: text.title_end + LABEL_ZONE]}"
    if len(body) > text.title_end + LABEL_ZONE:
        labelled += f"\n{body[-FOOT_ZONE:]}"
    for pattern in (
        get_pattern("identity.bracketed-label"),
        get_pattern("identity.plain-label"),
        get_pattern("identity.cell-label"),
        get_pattern("identity.inline-label"),
    ):
        for hit in pattern.finditer(labelled):
            labels.setdefault(re.sub(r"\s", "", hit[1]), hit[2].strip())
    label = next((labels[name] for name in lexicon.phrases["number_labels"] if name in labels), None)
    head = opening.head
    kind, rule = classify_kind(text, lexicon, label=label, head=head)
    published = find_publication_date(
        text,
        lexicon,
        label=next((labels[name] for name in lexicon.phrases["date_labels"] if name in labels), None),
        page=document.page_date or stated,
        given=given if given and given.year >= OLDEST_YEAR else None,
        kind=kind,
    )
    if published is None and opening.preface:  # a wire's dateline above the full text
        published = find_date_above(opening.preface, f"{document.title}\n{document.text}", lexicon)
    found = find_number_mentions(text, lexicon, year=published.day.year if published else None)
    passes_on = _passes_on(text, lexicon, kind, found)
    issuerless = (kind in REPORT_KINDS or passes_on) and any(lacks_issuer(mention) for mention in found)
    found = assign_ministry_series(found, text.folded_text, lexicon) if issuerless else found
    own, issuers = None, find_issuers(text.title[:80], lexicon)
    if kind in INSTRUMENT_KINDS:
        year = published.day.year if published else None
        own = _read_head_number(opening, year, lexicon) or find_own_number(text, lexicon, found, label)
        own = own or (None if passes_on else _find_full_text_number(text, lexicon, found))
        own = _complete_number(own, opening, labels, lexicon) or _find_number_above(opening, lexicon, year)
        named = own.number.issuers if own and own.number.issuers else head.issuers if head else ()
        # A joint notice can carry the number of one of its issuers, beside whom a line names the others.
        joint = [line.issuers for line in (head.lines if head else ()) if set(named) < set(line.issuers)]
        named = max((named, *joint), key=len)
        issuers = collect_issuers(text, lexicon, named) or find_issuers(text.title[:80], lexicon)
        own = own or (None if passes_on else _find_signed_number(text, lexicon, issuers, year))
        own = _complete_by_signature(own, issuers, opening, lexicon)
    elif kind in OWN_WORDS and not issuers:
        issuers = collect_issuers(text, lexicon, ())
    issuers = issuers or _infer_issuers(opening, kind, lexicon)
    if not issuers and found and get_pattern("identity.correction").search(text.title):
        issuers = found[0].number.issuers  # those who issued what it corrects
    if kind == NoticeKind.LAW and own is not None and "NPCSC" in own.number.issuers:
        own = None  # the number is that of the President's order
    by_order = own is not None and bool(own.number.series) and own.number.issuers != ("State Council",)
    # A ministry promulgates its rules, and its decisions, by a numbered order.
    if kind in {NoticeKind.REGULATION, NoticeKind.ANNOUNCEMENT} and by_order:
        kind, rule = NoticeKind.ORDER, "kind.by-order"
    return Identity(
        kind=kind,
        kind_rule=rule,
        own_number=own,
        issuers=issuers,
        publication=published,
        publication_day=published.day if published else None,
        number_mentions=found,
        passes_on=passes_on,
        is_other_business=contains_phrase(lexicon, "other_business", text.title),
        has_issuerless_number=issuerless,
    )


def _passes_on(
    text: DocumentText, lexicon: Lexicon, kind: NoticeKind, found: tuple[NumberMention, ...]
) -> bool:
    """Return whether a text in the form of a notice or a guide passes on what an authority did."""
    if kind not in INSTRUMENT_KINDS | {NoticeKind.GUIDANCE, NoticeKind.FAQ, NoticeKind.OTHER}:
        return False
    opening = text.folded_text[: text.title_end + INFERENCE_ZONE]
    if lexicon.get_pattern("preface.office-abroad").search(opening):
        return lexicon.get_pattern("preface.mainland-act").search(text.folded_text) is not None
    is_numbered = any(mention.number.issuers for mention in found)
    if is_numbered and lexicon.get_pattern("preface.association").search(text.folded_text):
        return True
    is_firm = lexicon.get_pattern("preface.firm").search(f"{opening}\n{text.folded_text[-INFERENCE_ZONE:]}")
    return kind not in INSTRUMENT_KINDS | {NoticeKind.FAQ} and is_numbered and is_firm is not None


def _infer_issuers(opening: Opening, kind: NoticeKind, lexicon: Lexicon) -> tuple[str, ...]:
    """Return the issuer that a text without a signature names by its site, its bureau, or its kind."""
    words = f"{opening.preface}\n{opening.text.folded_text}"
    if kind == NoticeKind.LAW and lexicon.get_pattern("head.legislature").search(words):
        return ("NPCSC",)
    is_cabinet = lexicon.get_pattern("identity.cabinet").search(words[:INFERENCE_ZONE])
    if kind == NoticeKind.REGULATION and is_cabinet:
        return ("State Council",)
    if kind in OWN_WORDS | INSTRUMENT_KINDS and lexicon.get_pattern("head.bureau").search(words):
        return ("MOFCOM",)
    if kind == NoticeKind.DRAFT:
        return find_issuers(blank_approvals(words[:INFERENCE_ZONE], lexicon), lexicon)[:1]
    return ()


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
    own: OwnNumber | None, issuers: tuple[str, ...], opening: Opening, lexicon: Lexicon
) -> OwnNumber | None:
    """Return a number printed without any issuer with all who sign: Announcement No. 54 of 2028."""
    if own is None or own.number.letter or find_issuers(fold_text(own.raw), lexicon):
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


def find_own_number(
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


def explain_identity(text: DocumentText, identity: Identity) -> list[Ground]:
    """Return the grounds of kind, number and publication day."""
    grounds = [
        Ground(
            about="kind", value=identity.kind.value, rule=identity.kind_rule, quote=text.quote_around(0, 0)
        )
    ]
    if own := identity.own_number:
        quote = text.find_exact(own.raw)
        grounds.append(Ground(about="number", value=own.number.canonical, rule=own.rule, quote=quote))
    if published := identity.publication:
        rule, day = f"published.{published.source}", str(published.day)
        grounds.append(Ground(about="published", value=day, rule=rule, quote=published.quote))
    return grounds
