"""What a document does: whether it changes the rules, which way, for what, to whom, and by which rule."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from controlwatch.core.extraction.findings.categories import drop_items, find_categories, keep_subjects
from controlwatch.core.extraction.findings.changes import (
    ChangeInputs,
    decide_change,
    is_change_report,
    is_operative_answer,
)
from controlwatch.core.extraction.findings.directions import (
    DirectionFinding,
    DirectionSignal,
    choose_direction,
    find_signals,
)
from controlwatch.core.extraction.findings.relations import find_relations
from controlwatch.core.extraction.identity.kind import REPORT_KINDS
from controlwatch.core.extraction.mentions.phrases import contains_phrase
from controlwatch.core.extraction.mentions.places import PlaceHit, find_place_hits
from controlwatch.core.model import Direction, Ground, NoticeKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controlwatch.core.extraction.identity.identity import Identity
    from controlwatch.core.extraction.text.document_text import DocumentText
    from controlwatch.core.extraction.text.lexicon import Lexicon
    from controlwatch.core.model import CategoryFinding, Relation

#: Regimes whose goods come from somewhere, which is no rule about where ours may go.
ORIGIN_REGIMES = frozenset({"foreign_controls", "trade_remedy"})
#: Why an instrument is none of ours: what it names is not what it is about.
OTHER_BUSINESS_RULES = frozenset({"change.other-business", "change.local"})
PROCEDURE_TITLE = re.compile(
    r"(?:办法|细则|程序|申报条件|条件和程序|指南|规程|目录)|\b(?:Measures|Rules|Procedures) (?:for|on|of)\b"
)  # 两用物项出口通用许可管理办法


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What a document does."""

    is_change: bool
    change_rule: str  #: the rule that told whether it changes the rules
    reports_change: bool
    direction_finding: DirectionFinding
    categories: tuple[CategoryFinding, ...]
    relations: tuple[Relation, ...]
    places: tuple[PlaceHit, ...]
    signals: tuple[DirectionSignal, ...]


def assess_document(text: DocumentText, lexicon: Lexicon, identity: Identity) -> Assessment:
    """Return what a document does, from what it is and what its sentences say."""
    kind, found = identity.kind, identity.number_mentions
    operative = is_operative_answer(text, kind, found, lexicon)
    places = find_place_hits(text, lexicon)
    named = find_categories(text, lexicon, kind, places, written=identity.publication_day)
    ids = tuple(category.id for category in named)
    relations = find_relations(text, lexicon, found, kind, identity.number, operative=operative)
    if kind in REPORT_KINDS and "foreign_controls" in ids:
        relations = ()  # the numbers are another government's
    framework = "framework_law" in ids
    founds = framework and kind in {NoticeKind.LAW, NoticeKind.REGULATION}
    moved = () if founds else find_signals(text, lexicon)  # a law that founds a control moves it as a whole
    change, because = decide_change(
        ChangeInputs(
            text=text,
            lexicon=lexicon,
            kind=kind,
            categories=ids,
            relations=relations,
            signals=moved,
            issuers=identity.issuers,
            is_operative=operative,
            has_own_number=identity.own_number is not None,
        )
    )
    course = choose_direction(
        kind, moved, operative=operative, framework=framework, procedural=_is_procedural(text, ids)
    )
    reports = change or is_change_report(text, kind, lexicon, ids, found, course.direction)
    return Assessment(
        is_change=change,
        change_rule=because,
        reports_change=reports,
        direction_finding=_adjust_direction(course, kind, ids, change=change, reports=reports),
        categories=_keep_subject_categories(named, text, lexicon, kind, because, reports=reports),
        relations=relations,
        places=_filter_places(places, ids, kind, reports=reports),
        signals=moved,
    )


def _is_procedural(text: DocumentText, ids: tuple[str, ...]) -> bool:
    """Tell whether a text is about how licences are asked for and handled, and about no item."""
    licences = bool(ids) and all(one.startswith("licence.") for one in ids)
    return licences and PROCEDURE_TITLE.search(text.title) is not None


def _keep_subject_categories(
    named: tuple[CategoryFinding, ...],
    text: DocumentText,
    lexicon: Lexicon,
    kind: NoticeKind,
    because: str,
    *,
    reports: bool,
) -> tuple[CategoryFinding, ...]:
    """Keep of the categories named those that the text is about."""
    if because in OTHER_BUSINESS_RULES:
        return drop_items(named, lexicon)
    if kind == NoticeKind.OTHER and contains_phrase(lexicon, "other_business", text.title):
        return ()
    if (kind in REPORT_KINDS or kind == NoticeKind.OTHER) and not reports:
        return keep_subjects(named, text, lexicon)
    return named


def _filter_places(
    places: tuple[PlaceHit, ...], ids: tuple[str, ...], kind: NoticeKind, *, reports: bool
) -> tuple[PlaceHit, ...]:
    origin = bool(ORIGIN_REGIMES & set(ids)) or kind == NoticeKind.OTHER
    return () if origin and not reports else places


def _adjust_direction(
    course: DirectionFinding, kind: NoticeKind, ids: tuple[str, ...], *, change: bool, reports: bool
) -> DirectionFinding:
    """What neither makes nor reports a change moves nothing; an answer on a foreign rule explains nothing."""
    if change or (reports and kind != NoticeKind.SPOKESPERSON):
        return course
    explains = course.direction == Direction.CLARIFY
    silent = not ids or "foreign_controls" in ids or ids == ("enforcement",)
    if explains and not silent:
        return course
    if reports and not explains:
        return DirectionFinding(direction=Direction.CLARIFY, rule="direction.explains")
    return DirectionFinding(direction=Direction.NEUTRAL, rule="direction.no-change")


def explain_assessment(text: DocumentText, verdict: Assessment) -> Iterator[Ground]:
    """Yield why it was judged so."""
    course = verdict.direction_finding
    words = text.quote_around(course.span.start, course.span.start) if course.span else ""
    yield Ground(
        about="is_change",
        value=str(verdict.is_change).lower(),
        rule=verdict.change_rule,
        quote=words if verdict.is_change else "",
    )
    yield Ground(about="direction", value=course.direction.value, rule=course.rule, quote=words)
    for place in verdict.places:
        rule = "destination.wide" if place.whole_destination else "destination.parties"
        yield Ground(
            about="destination", value=place.code, rule=rule, quote=text.quote_around(place.start, place.end)
        )
