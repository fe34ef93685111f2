"""Which document it is: its kind, number, issuers and day, and the numbers of others that it names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from controlwatch.core.extraction.identity.kind import INSTRUMENTS, REPORTS, kind_of
from controlwatch.core.extraction.identity.labels import DATE_LABELS, NUMBER_LABELS, first, labels
from controlwatch.core.extraction.identity.own_number import OwnNumber, own_number
from controlwatch.core.extraction.identity.published import Published, published_on
from controlwatch.core.extraction.mentions.dates import OLDEST
from controlwatch.core.extraction.mentions.issuers import issuers_of, named
from controlwatch.core.extraction.mentions.numbers import Mention, mentions, of_series, unsigned
from controlwatch.core.extraction.mentions.phrases import says
from controlwatch.core.model import Ground, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from controlwatch.core.extraction.text.document_text import Text
    from controlwatch.core.extraction.text.lexicon import Lexicon
    from controlwatch.core.model import Document, DocumentNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Which document it is, each answer with the rule that gave it."""

    kind: Kind
    rule: str  #: the rule that told the kind
    own: OwnNumber | None
    issuers: tuple[str, ...]
    published: Published | None
    found: tuple[Mention, ...]  #: every number the text names, its own among them
    business: bool = False  #: a ministry's other business: procurement, personnel, awards
    nameless: bool = False  #: a report gives a number without its issuer

    @property
    def number(self) -> DocumentNumber | None:
        """The document's own number."""
        return self.own.number if self.own else None

    @property
    def day(self) -> date | None:
        """The day of publication."""
        return self.published.day if self.published else None


def identify(document: Document, text: Text, lexicon: Lexicon, given: date | None) -> Identity:
    """Return what tells a document from all others. `given` is its day where it tells none itself."""
    found_labels = labels(document, text)
    label = first(found_labels, NUMBER_LABELS)
    kind, rule = kind_of(text, lexicon, label=label)
    published = published_on(
        text,
        lexicon,
        label=first(found_labels, DATE_LABELS),
        page=document.page_date,
        given=given if given and given.year >= OLDEST else None,
        kind=kind,
        signed=kind in INSTRUMENTS or kind == Kind.DRAFT,
    )
    found = mentions(text, lexicon, year=published.day.year if published else None)
    nameless = kind in REPORTS and any(unsigned(mention) for mention in found)
    found = of_series(found, text.folded) if nameless else found
    own = own_number(text, lexicon, found, label) if kind in INSTRUMENTS else None
    if kind == Kind.REGULATION and _by_order(own):
        kind, rule = Kind.ORDER, "kind.by-order"
    return Identity(
        kind=kind,
        rule=rule,
        own=own,
        issuers=_issuers(text, lexicon, kind, own),
        published=published,
        found=found,
        business=says(lexicon, "other_business", text.title),
        nameless=nameless,
    )


def _by_order(own: OwnNumber | None) -> bool:
    """Tell whether rules are a ministry's, promulgated by its numbered order."""
    return own is not None and bool(own.number.series) and own.number.issuers != ("State Council",)


def _issuers(text: Text, lexicon: Lexicon, kind: Kind, own: OwnNumber | None) -> tuple[str, ...]:
    if kind in INSTRUMENTS:
        return issuers_of(text, lexicon, own.number.issuers if own else ())
    return named(text.title[:80], lexicon)


def identified(text: Text, identity: Identity) -> Iterator[Ground]:
    """Yield why it was taken for this document."""
    yield Ground(about="kind", value=identity.kind.value, rule=identity.rule, quote=text.quote(0, 0))
    own, published = identity.own, identity.published
    if own is not None:
        yield Ground(about="number", value=own.number.canonical, rule=own.rule, quote=text.found(own.raw))
    if published is not None:
        rule = f"published.{published.source}"
        yield Ground(about="published", value=str(published.day), rule=rule, quote=published.quote)
