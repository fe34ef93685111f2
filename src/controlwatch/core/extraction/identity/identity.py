"""Which document it is: its kind, number, issuers and day, and the numbers of others that it names."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from controlwatch.core.extraction.identity.kind import (
    INSTRUMENT_KINDS,
    REPORT_KINDS,
    classify_kind,
)
from controlwatch.core.extraction.identity.own_number import (
    LABEL_ZONE,
    OwnNumber,
    find_own_number,
    sign_number,
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
)
from controlwatch.core.extraction.mentions.numbers import (
    NumberMention,
    assign_ministry_series,
    find_number_mentions,
    lacks_issuer,
)
from controlwatch.core.extraction.mentions.places import is_of_foreign_state
from controlwatch.core.extraction.mentions.terms import contains_phrase
from controlwatch.core.extraction.text.document_text import DocumentText, Sentence
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.extraction.text.normalize import fold_text
from controlwatch.core.model import Document, Ground, NoticeKind

FOOT_ZONE = 200  #: characters at the end in which they are printed too
#: Kinds in which an authority speaks for itself, without making a rule.
OWN_WORDS = frozenset({NoticeKind.FAQ, NoticeKind.GUIDANCE, NoticeKind.DRAFT, NoticeKind.SPOKESPERSON})
INFERENCE_ZONE = 800  #: characters in which a draft names who drew it up


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
        own = find_own_number(
            opening, lexicon, found, label=label, labels=labels, year=year, passes_on=passes_on
        )
        named = own.number.issuers if own and own.number.issuers else head.issuers if head else ()
        # A joint notice can carry the number of one of its issuers, beside whom a line names the others.
        joint = [line.issuers for line in (head.lines if head else ()) if set(named) < set(line.issuers)]
        named = max((named, *joint), key=len)
        issuers = collect_issuers(text, lexicon, named) or find_issuers(text.title[:80], lexicon)
        own = own if passes_on else sign_number(own, opening, lexicon, issuers, year=year)
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
