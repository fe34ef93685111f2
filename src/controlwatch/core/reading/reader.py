"""Read a document into a notice: the parts in the order in which each needs the one before."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from controlwatch.core.model import Direction, Ground, Kind, Notice
from controlwatch.core.reading.categories import categories_of, subjects
from controlwatch.core.reading.caveats import caveats_of
from controlwatch.core.reading.changes import Case, is_change, operative_answer, reports_change
from controlwatch.core.reading.codes import Codes, codes_of
from controlwatch.core.reading.deadlines import deadlines_of
from controlwatch.core.reading.directions import Course, course_of, parts_of, signals
from controlwatch.core.reading.doubts import doubts_of
from controlwatch.core.reading.effective import effective_dates
from controlwatch.core.reading.entities import entities_of, stated_count
from controlwatch.core.reading.fold import language
from controlwatch.core.reading.issuers import issuers_of, named
from controlwatch.core.reading.kinds import INSTRUMENTS, REPORTS, kind_of
from controlwatch.core.reading.labels import DATE_LABELS, NUMBER_LABELS, first, labels
from controlwatch.core.reading.numbers import Mention, mentions, of_series, unsigned
from controlwatch.core.reading.own_number import OwnNumber, own_number
from controlwatch.core.reading.phrases import says
from controlwatch.core.reading.places import place_hits
from controlwatch.core.reading.published import Published, published_on
from controlwatch.core.reading.relations import relations_of
from controlwatch.core.reading.summary import summary_of
from controlwatch.core.reading.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from controlwatch.core.model import CategoryFinding, Deadline, Document
    from controlwatch.core.reading.lexicon import Lexicon

#: Regimes whose goods come from somewhere, which is no rule about where ours may go.
NO_DESTINATION = frozenset({"foreign_controls", "trade_remedy"})
NO_DOCUMENT = frozenset({Kind.EMPTY, Kind.CHALLENGE, Kind.LISTING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Which document it is: what was read about its number, issuers, kind and day."""

    kind: Kind
    rule: str  #: the rule that told the kind
    own: OwnNumber | None
    issuers: tuple[str, ...]
    published: Published | None
    found: tuple[Mention, ...]
    business: bool = False  #: a ministry's other business: procurement, personnel, awards
    nameless: bool = False  #: a report gives a number without its issuer


def read(document: Document, lexicon: Lexicon, *, published: date | None = None) -> Notice:
    """Return what a document says. `published` is used where neither text nor page tells the day."""
    text = Text.of(document.title, document.text)
    identity = _identity(document, text, lexicon, published)
    blank = Notice(
        title=document.title, language=language(text.original), kind=identity.kind, doubts=document.doubts
    )
    if identity.kind in NO_DOCUMENT:
        day = identity.published.day if identity.published else None
        nothing = replace(blank, published=day, grounds=tuple(_identified(text, identity)))
        return replace(nothing, summary=summary_of(nothing, lexicon))
    notice = _judged(blank, text, lexicon, identity)
    doubts = doubts_of(
        notice, document, published=identity.published, nameless=identity.nameless, stated=stated_count(text)
    )
    notice = replace(notice, doubts=(*document.doubts, *doubts))
    return replace(notice, summary=summary_of(notice, lexicon))


def _identity(document: Document, text: Text, lexicon: Lexicon, given: date | None) -> Identity:
    found_labels = labels(document, text)
    kind, rule = kind_of(text, lexicon, label=first(found_labels, NUMBER_LABELS))
    published = published_on(
        text,
        lexicon,
        label=first(found_labels, DATE_LABELS),
        page=document.page_date,
        given=given,
        kind=kind,
        signed=kind in INSTRUMENTS or kind == Kind.DRAFT,
    )
    found = mentions(text, lexicon, year=published.day.year if published else None)
    nameless = kind in REPORTS and any(unsigned(mention) for mention in found)
    found = of_series(found, text.folded) if nameless else found
    own = (
        own_number(text, lexicon, found, first(found_labels, NUMBER_LABELS)) if kind in INSTRUMENTS else None
    )
    if kind == Kind.REGULATION and own and own.number.series and own.number.issuers != ("State Council",):
        kind, rule = Kind.ORDER, "kind.by-order"
    numbered = own.number.issuers if own else ()
    issuers = issuers_of(text, lexicon, numbered) if kind in INSTRUMENTS else named(text.title[:80], lexicon)
    return Identity(
        kind=kind,
        rule=rule,
        own=own,
        issuers=issuers,
        published=published,
        found=found,
        business=says(lexicon, "other_business", text.title),
        nameless=nameless,
    )


def _judged(blank: Notice, text: Text, lexicon: Lexicon, identity: Identity) -> Notice:
    """Fill in everything that depends on what kind of document it is."""
    kind, found = identity.kind, identity.found
    number = identity.own.number if identity.own else None
    operative = operative_answer(text, kind, found, lexicon)
    places = place_hits(text, lexicon)
    day = identity.published.day if identity.published else None
    categories = categories_of(text, lexicon, kind, places, written=day)
    ids = tuple(category.id for category in categories)
    relations = relations_of(text, lexicon, found, kind, number, operative=operative)
    if kind in REPORTS and "foreign_controls" in ids:
        relations = ()  # the numbers are another government's
    framework = "framework_law" in ids and kind in {Kind.LAW, Kind.REGULATION}
    moved = () if framework else signals(text, lexicon)  # a law that founds a control moves it as a whole
    case = Case(
        text=text,
        lexicon=lexicon,
        kind=kind,
        categories=ids,
        relations=relations,
        moved=moved,
        issuers=identity.issuers,
        operative=operative,
        numbered=number is not None,
    )
    change, because = is_change(case)
    course = course_of(
        kind, moved, operative=operative, framework="framework_law" in ids, procedural=_procedural(text, ids)
    )
    reports = change or reports_change(text, kind, lexicon, ids, found, course.direction)
    course = _settled(course, kind, ids, change=change, reports=reports)
    notice = replace(
        blank,
        is_change=change,
        reports_change=reports,
        direction=course.direction,
        categories=categories,
        relations=relations,
        grounds=(*_identified(text, identity), *_decided(text, course, because, change=change)),
    )
    if because in STUFF:
        notice = replace(notice, categories=_without_items(categories, lexicon))
    if (kind in REPORTS or kind == Kind.OTHER) and not reports:
        notice = replace(notice, categories=subjects(categories, text, lexicon))
    parties = entities_of(text, ids, moved, _states(lexicon)) if reports else ()
    return replace(
        _listed(notice, text, lexicon, identity),
        destinations=()
        if (NO_DESTINATION & set(ids) or kind == Kind.OTHER) and not reports
        else tuple(place.code for place in places),
        entities=parties,
        parts=parts_of(text, moved, course.direction) if change else (),
    )


#: Why an instrument is none of ours: what it names is not what it is about.
STUFF = frozenset({"change.other-business", "change.local"})


def _without_items(found: tuple[CategoryFinding, ...], lexicon: Lexicon) -> tuple[CategoryFinding, ...]:
    return tuple(
        one for one in found if (c := lexicon.category(one.id)) is None or c.kind != "item" or not c.change
    )


PROCEDURE = re.compile(
    r"(?:办法|细则|程序|申报条件|条件和程序|指南|规程|目录)|\b(?:Measures|Rules|Procedures) (?:for|on|of)\b"
)


def _procedural(text: Text, ids: tuple[str, ...]) -> bool:
    """Tell whether a text is about how licences are asked for and handled, and about no item."""
    return (
        bool(ids)
        and all(one.startswith("licence.") for one in ids)
        and PROCEDURE.search(text.title) is not None
    )


def _states(lexicon: Lexicon) -> tuple[str, ...]:
    return tuple(name for place in lexicon.places for name in place.zh)


def _listed(notice: Notice, text: Text, lexicon: Lexicon, identity: Identity) -> Notice:
    """Add identity, days, codes and caveats, which are read as they stand."""
    published, own = identity.published, identity.own
    foreign = any(found.id == "foreign_controls" for found in notice.categories)
    codes = Codes() if foreign else codes_of(text)
    dates = effective_dates(text, lexicon, published, own=notice.is_change) if notice.reports_change else ()
    return replace(
        notice,
        number=own.number if own else None,
        number_raw=own.raw if own else None,
        issuers=identity.issuers,
        published=published.day if published else None,
        effective=dates,
        deadlines=_deadlines(notice, text, published, business=identity.business),
        hs_codes=codes.hs,
        control_codes=codes.control,
        codes_excluded=codes.excluded,
        caveats=caveats_of(text, lexicon) if notice.reports_change else (),
    )


def _deadlines(
    notice: Notice, text: Text, published: Published | None, *, business: bool
) -> tuple[Deadline, ...]:
    """Return the closing days of instruments and drafts on trade, and of reports about them."""
    open_to = notice.kind in INSTRUMENTS or notice.kind == Kind.DRAFT or notice.reports_change
    foreign = any(found.id == "foreign_controls" for found in notice.categories)
    if business or foreign or not (open_to or notice.kind in REPORTS):
        return ()
    return deadlines_of(text, anchor=published.day if published else None)


def _settled(course: Course, kind: Kind, ids: tuple[str, ...], *, change: bool, reports: bool) -> Course:
    """What neither makes nor reports a change moves nothing; an answer on a foreign rule explains nothing."""
    if change or (reports and kind != Kind.SPOKESPERSON):
        return course
    explains = course.direction == Direction.CLARIFY
    silent = not ids or "foreign_controls" in ids or ids == ("enforcement",)
    if explains and not silent:
        return course
    if reports and not explains:
        return Course(direction=Direction.CLARIFY, rule="direction.explains")
    return Course(direction=Direction.NEUTRAL, rule="direction.no-change")


def _identified(text: Text, identity: Identity) -> Iterator[Ground]:
    yield Ground(about="kind", value=identity.kind.value, rule=identity.rule, quote=text.quote(0, 0))
    own, published = identity.own, identity.published
    if own is not None:
        yield Ground(about="number", value=own.number.canonical, rule=own.rule, quote=text.found(own.raw))
    if published is not None:
        rule = f"published.{published.source}"
        yield Ground(about="published", value=str(published.day), rule=rule, quote=published.quote)


def _decided(text: Text, course: Course, because: str, *, change: bool) -> Iterator[Ground]:
    words = text.quote(course.span.start, course.span.start) if course.span else ""
    yield Ground(about="is_change", value=str(change).lower(), rule=because, quote=words if change else "")
    yield Ground(about="direction", value=course.direction.value, rule=course.rule, quote=words)
