"""Which document it is: its kind, number, issuers and day, and the numbers of others that it names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from controlwatch.core.extraction.identity.kind import INSTRUMENT_KINDS, REPORT_KINDS, classify_kind
from controlwatch.core.extraction.identity.labels import (
    DATE_LABELS,
    NUMBER_LABELS,
    collect_labels,
    pick_label,
)
from controlwatch.core.extraction.identity.own_number import OwnNumber, find_own_number
from controlwatch.core.extraction.identity.published import PublicationDate, find_publication_date
from controlwatch.core.extraction.mentions.dates import OLDEST_YEAR
from controlwatch.core.extraction.mentions.issuers import collect_issuers, find_issuers
from controlwatch.core.extraction.mentions.numbers import (
    NumberMention,
    assign_ministry_series,
    find_number_mentions,
    lacks_issuer,
)
from controlwatch.core.extraction.mentions.phrases import contains_phrase
from controlwatch.core.model import Ground, NoticeKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from controlwatch.core.extraction.text.document_text import DocumentText
    from controlwatch.core.extraction.text.lexicon import Lexicon
    from controlwatch.core.model import Document, DocumentNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Which document it is, each answer with the rule that gave it."""

    kind: NoticeKind
    kind_rule: str  #: the rule that told the kind
    own_number: OwnNumber | None
    issuers: tuple[str, ...]
    publication: PublicationDate | None
    number_mentions: tuple[NumberMention, ...]  #: every number the text names, its own among them
    is_other_business: bool = False  #: a ministry's other business: procurement, personnel, awards
    has_issuerless_number: bool = False  #: a report gives a number without its issuer

    @property
    def number(self) -> DocumentNumber | None:
        """The document's own number."""
        return self.own_number.number if self.own_number else None

    @property
    def publication_day(self) -> date | None:
        """The day of publication."""
        return self.publication.day if self.publication else None


def identify_document(
    document: Document, text: DocumentText, lexicon: Lexicon, given: date | None
) -> Identity:
    """Return what tells a document from all others. `given` is its day where it tells none itself."""
    found_labels = collect_labels(document, text)
    label = pick_label(found_labels, NUMBER_LABELS)
    kind, rule = classify_kind(text, lexicon, label=label)
    published = find_publication_date(
        text,
        lexicon,
        label=pick_label(found_labels, DATE_LABELS),
        page=document.page_date,
        given=given if given and given.year >= OLDEST_YEAR else None,
        kind=kind,
        signed=kind in INSTRUMENT_KINDS or kind == NoticeKind.DRAFT,
    )
    found = find_number_mentions(text, lexicon, year=published.day.year if published else None)
    nameless = kind in REPORT_KINDS and any(lacks_issuer(mention) for mention in found)
    found = assign_ministry_series(found, text.folded_text) if nameless else found
    own = find_own_number(text, lexicon, found, label) if kind in INSTRUMENT_KINDS else None
    if kind == NoticeKind.REGULATION and _is_promulgated_by_order(own):
        kind, rule = NoticeKind.ORDER, "kind.by-order"
    return Identity(
        kind=kind,
        kind_rule=rule,
        own_number=own,
        issuers=_list_issuers(text, lexicon, kind, own),
        publication=published,
        number_mentions=found,
        is_other_business=contains_phrase(lexicon, "other_business", text.title),
        has_issuerless_number=nameless,
    )


def _is_promulgated_by_order(own: OwnNumber | None) -> bool:
    """Tell whether rules are a ministry's, promulgated by its numbered order."""
    return own is not None and bool(own.number.series) and own.number.issuers != ("State Council",)


def _list_issuers(
    text: DocumentText, lexicon: Lexicon, kind: NoticeKind, own: OwnNumber | None
) -> tuple[str, ...]:
    if kind in INSTRUMENT_KINDS:
        return collect_issuers(text, lexicon, own.number.issuers if own else ())
    return find_issuers(text.title[:80], lexicon)


def explain_identity(text: DocumentText, identity: Identity) -> Iterator[Ground]:
    """Yield why it was taken for this document."""
    yield Ground(
        about="kind", value=identity.kind.value, rule=identity.kind_rule, quote=text.quote_around(0, 0)
    )
    own, published = identity.own_number, identity.publication
    if own is not None:
        yield Ground(
            about="number", value=own.number.canonical, rule=own.rule, quote=text.find_exact(own.raw)
        )
    if published is not None:
        rule = f"published.{published.source}"
        yield Ground(about="published", value=str(published.day), rule=rule, quote=published.quote)
