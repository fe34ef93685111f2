"""Read a document into a notice: which document it is, what it does, and what it says of days and codes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from controlwatch.core.extraction.findings.assess import Verdict, decided, judge
from controlwatch.core.extraction.findings.caveats import caveats_of
from controlwatch.core.extraction.findings.codes import Codes, codes_of
from controlwatch.core.extraction.findings.deadlines import deadlines_of
from controlwatch.core.extraction.findings.directions import parts_of
from controlwatch.core.extraction.findings.effective import effective_dates
from controlwatch.core.extraction.findings.entities import entities_of, stated_count
from controlwatch.core.extraction.identity.identity import Identity, identified, identify
from controlwatch.core.extraction.identity.kind import INSTRUMENTS, REPORTS
from controlwatch.core.extraction.report.doubts import doubts_of
from controlwatch.core.extraction.report.summary import summary_of
from controlwatch.core.extraction.text.document_text import Text
from controlwatch.core.extraction.text.normalize import language
from controlwatch.core.model import Ground, Kind, Notice

if TYPE_CHECKING:
    from datetime import date

    from controlwatch.core.extraction.text.lexicon import Lexicon
    from controlwatch.core.model import Deadline, Document

NO_DOCUMENT = frozenset({Kind.EMPTY, Kind.CHALLENGE, Kind.LISTING})


def read(document: Document, lexicon: Lexicon, *, published: date | None = None) -> Notice:
    """Return what a document says. `published` is used where neither text nor page tells the day."""
    text = Text.of(document.title, document.text)
    identity = identify(document, text, lexicon, published)
    notice = Notice(
        title=document.title,
        language=language(text.original),
        kind=identity.kind,
        published=identity.day,
        doubts=document.doubts,
        grounds=tuple(identified(text, identity)),
    )
    if identity.kind not in NO_DOCUMENT:
        notice = _with_verdict(notice, text, lexicon, identity, judge(text, lexicon, identity))
        notice = _with_codes(notice, text, lexicon)
        doubts = doubts_of(
            notice,
            document,
            published=identity.published,
            nameless=identity.nameless,
            stated=stated_count(text),
        )
        notice = replace(notice, doubts=(*document.doubts, *doubts))
    return replace(notice, summary=summary_of(notice, lexicon))


def _with_verdict(
    notice: Notice, text: Text, lexicon: Lexicon, identity: Identity, verdict: Verdict
) -> Notice:
    """Add what the document does, and when and to whom."""
    own, direction = identity.own, verdict.course.direction
    states = (name for place in lexicon.places for name in place.zh)
    ids = [category.id for category in verdict.categories]
    dates = effective_dates(text, lexicon, identity.published, own=verdict.change) if verdict.reports else ()
    return replace(
        notice,
        number=own.number if own else None,
        number_raw=own.raw if own else None,
        issuers=identity.issuers,
        is_change=verdict.change,
        reports_change=verdict.reports,
        direction=direction,
        effective=dates,
        deadlines=_deadlines(notice, text, identity, verdict),
        categories=verdict.categories,
        destinations=tuple(place.code for place in verdict.places),
        entities=entities_of(text, ids, verdict.moved, states) if verdict.reports else (),
        parts=parts_of(text, verdict.moved, direction) if verdict.change else (),
        relations=verdict.relations,
        grounds=(*notice.grounds, *decided(text, verdict)),
    )


def _deadlines(notice: Notice, text: Text, identity: Identity, verdict: Verdict) -> tuple[Deadline, ...]:
    """Return the closing days of instruments and drafts on trade, and of reports about them."""
    invites = notice.kind in INSTRUMENTS | REPORTS | {Kind.DRAFT} or verdict.reports
    foreign = any(found.id == "foreign_controls" for found in verdict.categories)
    return deadlines_of(text, anchor=identity.day) if invites and not (identity.business or foreign) else ()


def _with_codes(notice: Notice, text: Text, lexicon: Lexicon) -> Notice:
    """Add codes and caveats, which are read as they stand; the codes of foreign lists are not ours."""
    foreign = any(found.id == "foreign_controls" for found in notice.categories)
    codes = Codes() if foreign else codes_of(text)
    left_out = (
        Ground(about="code left out", value=found.code, rule=found.rule, quote=found.quote)
        for found in codes.excluded
    )
    return replace(
        notice,
        hs_codes=codes.hs,
        control_codes=codes.control,
        codes_excluded=tuple(found.code for found in codes.excluded),
        caveats=caveats_of(text, lexicon) if notice.reports_change else (),
        grounds=(*notice.grounds, *left_out),
    )
