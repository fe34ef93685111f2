"""Read a document into a notice: the parts in the order in which each needs the one before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from controlwatch.core.model import Direction, Kind, Notice
from controlwatch.core.reading.categories import categories_of
from controlwatch.core.reading.changes import is_change, operative_answer, reports_change
from controlwatch.core.reading.codes import codes_of
from controlwatch.core.reading.deadlines import deadlines_of
from controlwatch.core.reading.directions import direction_of, parts_of, signals
from controlwatch.core.reading.effective import effective_dates
from controlwatch.core.reading.entities import entities_of
from controlwatch.core.reading.fold import language
from controlwatch.core.reading.issuers import issuers_of, named
from controlwatch.core.reading.kinds import INSTRUMENTS, REPORTS, kind_of
from controlwatch.core.reading.labels import DATE_LABELS, NUMBER_LABELS, first, labels
from controlwatch.core.reading.numbers import Mention, mentions, of_series, unsigned
from controlwatch.core.reading.own_number import own_number
from controlwatch.core.reading.places import place_hits
from controlwatch.core.reading.published import Published, published_on
from controlwatch.core.reading.relations import relations_of
from controlwatch.core.reading.summary import summary_of
from controlwatch.core.reading.text import Text

if TYPE_CHECKING:
    from datetime import date

    from controlwatch.core.model import Document, DocumentNumber
    from controlwatch.core.reading.lexicon import Lexicon

NO_DOCUMENT = frozenset({Kind.EMPTY, Kind.CHALLENGE, Kind.LISTING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Which document it is: what was read about its number, issuers, kind and day."""

    kind: Kind
    number: DocumentNumber | None
    raw: str | None
    issuers: tuple[str, ...]
    published: Published | None
    found: tuple[Mention, ...]
    nameless: bool = False  #: a report gives a number without its issuer


def read(document: Document, lexicon: Lexicon, *, published: date | None = None) -> Notice:
    """Return what a document says. `published` is used where neither text nor page tells the day."""
    text = Text.of(document.title, document.text)
    identity = _identity(document, text, lexicon, published)
    blank = Notice(
        title=document.title, language=language(text.original), kind=identity.kind, doubts=document.doubts
    )
    if identity.kind in NO_DOCUMENT:
        return replace(blank, summary=summary_of(blank, lexicon))
    notice = _judged(blank, text, lexicon, identity)
    notice = replace(notice, doubts=(*document.doubts, *_doubts(notice, identity, document)))
    return replace(notice, summary=summary_of(notice, lexicon))


def _identity(document: Document, text: Text, lexicon: Lexicon, given: date | None) -> Identity:
    kind = kind_of(text, lexicon)
    found_labels = labels(document, text)
    published = published_on(
        text,
        lexicon,
        label=first(found_labels, DATE_LABELS),
        page=document.page_date,
        given=given,
        instrument=kind in INSTRUMENTS,
    )
    found = mentions(text, lexicon, year=published.day.year if published else None)
    nameless = kind in REPORTS and any(unsigned(mention) for mention in found)
    found = of_series(found, text.folded) if nameless else found
    number, raw = (
        own_number(text, lexicon, found, first(found_labels, NUMBER_LABELS))
        if kind in INSTRUMENTS
        else (None, None)
    )
    numbered = number.issuers if number else ()
    issuers = issuers_of(text, lexicon, numbered) if kind in INSTRUMENTS else named(text.title[:80], lexicon)
    return Identity(
        kind=kind,
        number=number,
        raw=raw,
        issuers=issuers,
        published=published,
        found=found,
        nameless=nameless,
    )


def _judged(blank: Notice, text: Text, lexicon: Lexicon, identity: Identity) -> Notice:
    """Fill in everything that depends on what kind of document it is."""
    kind, found = identity.kind, identity.found
    operative = operative_answer(text, kind, found, lexicon)
    places = place_hits(text, lexicon)
    categories = categories_of(text, lexicon, kind, places)
    ids = tuple(category.id for category in categories)
    relations = relations_of(text, found, kind, identity.number, operative=operative)
    if kind in REPORTS and "foreign_controls" in ids:
        relations = ()  # the numbers are another government's
    change = is_change(text, kind, lexicon, ids, relations, operative=operative)
    moved = signals(text, lexicon)
    direction = direction_of(kind, moved, operative=operative, framework="framework_law" in ids)
    reports = change or reports_change(text, kind, lexicon, ids, found, direction)
    direction = _settled(direction, kind, ids, change=change, reports=reports)
    notice = replace(
        blank,
        is_change=change,
        reports_change=reports,
        direction=direction,
        categories=categories,
        relations=relations,
    )
    return replace(
        _listed(notice, text, lexicon, identity),
        destinations=() if "foreign_controls" in ids else tuple(place.code for place in places),
        entities=entities_of(text, ids, direction),
        parts=parts_of(text, moved, direction) if change else (),
    )


def _listed(notice: Notice, text: Text, lexicon: Lexicon, identity: Identity) -> Notice:
    """Add identity, days and codes, which are read as they stand."""
    published = identity.published
    codes = codes_of(text)
    dates = effective_dates(text, lexicon, published, own=notice.is_change) if notice.reports_change else ()
    return replace(
        notice,
        number=identity.number,
        number_raw=identity.raw,
        issuers=identity.issuers,
        published=published.day if published else None,
        effective=dates,
        deadlines=deadlines_of(text, anchor=published.day if published else None),
        hs_codes=codes.hs,
        control_codes=codes.control,
        codes_excluded=codes.excluded,
    )


def _settled(
    direction: Direction, kind: Kind, ids: tuple[str, ...], *, change: bool, reports: bool
) -> Direction:
    """What neither makes nor reports a change moves nothing; an answer on a foreign rule explains nothing."""
    if change or (reports and kind != Kind.SPOKESPERSON):
        return direction
    if direction == Direction.CLARIFY:
        return (
            Direction.NEUTRAL
            if not ids or "foreign_controls" in ids or ids == ("enforcement",)
            else direction
        )
    return Direction.CLARIFY if reports else Direction.NEUTRAL


def _doubts(notice: Notice, identity: Identity, document: Document) -> list[str]:
    doubts = []
    if document.replaced:
        doubts.append(f"{document.replaced} characters of the page could not be decoded.")
    if notice.is_change and identity.published and identity.published.source == "page":
        doubts.append("The publication date is the page's own; a repost may be later than the notice.")
    if identity.nameless:
        doubts.append(
            "The report gives a number without its issuer; export-control announcements are MOFCOM's series."
        )
    if notice.is_change and not notice.number:
        doubts.append("The text shows no document number of its own.")
    if notice.is_change and any(
        found.basis == "on-publication" and not found.start for found in notice.effective
    ):
        doubts.append("It takes effect on publication, but no publication date is stated.")
    if notice.is_change and not notice.categories:
        doubts.append("The text names no item; its subject follows from the notices it acts on.")
    return doubts
