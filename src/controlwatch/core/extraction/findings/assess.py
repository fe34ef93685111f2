"""What a document does: whether it changes the rules, which way, for what, to whom, and by which rule."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from controlwatch.core.extraction.findings.categories import categories_of, subjects, without_items
from controlwatch.core.extraction.findings.changes import Case, is_change, operative_answer, reports_change
from controlwatch.core.extraction.findings.directions import Course, Signal, course_of, signals
from controlwatch.core.extraction.findings.relations import relations_of
from controlwatch.core.extraction.identity.kind import REPORTS
from controlwatch.core.extraction.mentions.phrases import says
from controlwatch.core.extraction.mentions.places import PlaceHit, place_hits
from controlwatch.core.model import Direction, Ground, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controlwatch.core.extraction.identity.identity import Identity
    from controlwatch.core.extraction.text.document_text import Text
    from controlwatch.core.extraction.text.lexicon import Lexicon
    from controlwatch.core.model import CategoryFinding, Relation

#: Regimes whose goods come from somewhere, which is no rule about where ours may go.
NO_DESTINATION = frozenset({"foreign_controls", "trade_remedy"})
#: Why an instrument is none of ours: what it names is not what it is about.
STUFF = frozenset({"change.other-business", "change.local"})
PROCEDURE = re.compile(
    r"(?:办法|细则|程序|申报条件|条件和程序|指南|规程|目录)|\b(?:Measures|Rules|Procedures) (?:for|on|of)\b"
)  # 两用物项出口通用许可管理办法


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a document does."""

    change: bool
    because: str  #: the rule that told whether it changes the rules
    reports: bool
    course: Course
    categories: tuple[CategoryFinding, ...]
    relations: tuple[Relation, ...]
    places: tuple[PlaceHit, ...]
    moved: tuple[Signal, ...]


def judge(text: Text, lexicon: Lexicon, identity: Identity) -> Verdict:
    """Return what a document does, from what it is and what its sentences say."""
    kind, found = identity.kind, identity.found
    operative = operative_answer(text, kind, found, lexicon)
    places = place_hits(text, lexicon)
    named = categories_of(text, lexicon, kind, places, written=identity.day)
    ids = tuple(category.id for category in named)
    relations = relations_of(text, lexicon, found, kind, identity.number, operative=operative)
    if kind in REPORTS and "foreign_controls" in ids:
        relations = ()  # the numbers are another government's
    framework = "framework_law" in ids
    founds = framework and kind in {Kind.LAW, Kind.REGULATION}
    moved = () if founds else signals(text, lexicon)  # a law that founds a control moves it as a whole
    change, because = is_change(
        Case(
            text=text,
            lexicon=lexicon,
            kind=kind,
            categories=ids,
            relations=relations,
            moved=moved,
            issuers=identity.issuers,
            operative=operative,
            numbered=identity.own is not None,
        )
    )
    course = course_of(
        kind, moved, operative=operative, framework=framework, procedural=_procedural(text, ids)
    )
    reports = change or reports_change(text, kind, lexicon, ids, found, course.direction)
    return Verdict(
        change=change,
        because=because,
        reports=reports,
        course=_settled(course, kind, ids, change=change, reports=reports),
        categories=_about(named, text, lexicon, kind, because, reports=reports),
        relations=relations,
        places=_singled_out(places, ids, kind, reports=reports),
        moved=moved,
    )


def _procedural(text: Text, ids: tuple[str, ...]) -> bool:
    """Tell whether a text is about how licences are asked for and handled, and about no item."""
    licences = bool(ids) and all(one.startswith("licence.") for one in ids)
    return licences and PROCEDURE.search(text.title) is not None


def _about(
    named: tuple[CategoryFinding, ...],
    text: Text,
    lexicon: Lexicon,
    kind: Kind,
    because: str,
    *,
    reports: bool,
) -> tuple[CategoryFinding, ...]:
    """Keep of the categories named those that the text is about."""
    if because in STUFF:
        return without_items(named, lexicon)
    if kind == Kind.OTHER and says(lexicon, "other_business", text.title):
        return ()
    if (kind in REPORTS or kind == Kind.OTHER) and not reports:
        return subjects(named, text, lexicon)
    return named


def _singled_out(
    places: tuple[PlaceHit, ...], ids: tuple[str, ...], kind: Kind, *, reports: bool
) -> tuple[PlaceHit, ...]:
    origin = bool(NO_DESTINATION & set(ids)) or kind == Kind.OTHER
    return () if origin and not reports else places


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


def decided(text: Text, verdict: Verdict) -> Iterator[Ground]:
    """Yield why it was judged so."""
    course = verdict.course
    words = text.quote(course.span.start, course.span.start) if course.span else ""
    yield Ground(
        about="is_change",
        value=str(verdict.change).lower(),
        rule=verdict.because,
        quote=words if verdict.change else "",
    )
    yield Ground(about="direction", value=course.direction.value, rule=course.rule, quote=words)
    for place in verdict.places:
        rule = "destination.wide" if place.wide else "destination.parties"
        yield Ground(
            about="destination", value=place.code, rule=rule, quote=text.quote(place.start, place.end)
        )
