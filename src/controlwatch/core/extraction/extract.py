"""Read a document into a notice: which document it is, what it does, and what it says of days and codes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from controlwatch.core.extraction.findings.assess import Assessment, assess_document, explain_assessment
from controlwatch.core.extraction.findings.caveats import find_caveats
from controlwatch.core.extraction.findings.codes import NoticeCodes, find_codes
from controlwatch.core.extraction.findings.deadlines import find_deadlines
from controlwatch.core.extraction.findings.directions import find_parts
from controlwatch.core.extraction.findings.effective import find_effective_dates
from controlwatch.core.extraction.findings.entities import find_entities, find_stated_count
from controlwatch.core.extraction.identity.identity import Identity, explain_identity, identify_document
from controlwatch.core.extraction.identity.kind import INSTRUMENT_KINDS, REPORT_KINDS
from controlwatch.core.extraction.report.doubts import list_doubts
from controlwatch.core.extraction.report.summary import build_summary
from controlwatch.core.extraction.text.document_text import DocumentText
from controlwatch.core.extraction.text.normalize import detect_language
from controlwatch.core.model import Ground, Notice, NoticeKind

if TYPE_CHECKING:
    from datetime import date

    from controlwatch.core.extraction.text.lexicon import Lexicon
    from controlwatch.core.model import Deadline, Document

NON_DOCUMENT_KINDS = frozenset({NoticeKind.EMPTY, NoticeKind.CHALLENGE, NoticeKind.LISTING})


def read_notice(document: Document, lexicon: Lexicon, *, published: date | None = None) -> Notice:
    """Return what a document says. `published` is used where neither text nor page tells the day."""
    text = DocumentText.from_parts(document.title, document.text)
    identity = identify_document(document, text, lexicon, published)
    notice = Notice(
        title=document.title,
        language=detect_language(text.original),
        kind=identity.kind,
        published=identity.publication_day,
        doubts=document.doubts,
        grounds=tuple(explain_identity(text, identity)),
    )
    if identity.kind not in NON_DOCUMENT_KINDS:
        notice = _add_assessment(notice, text, lexicon, identity, assess_document(text, lexicon, identity))
        notice = _add_codes(notice, text, lexicon)
        doubts = list_doubts(
            notice,
            document,
            published=identity.publication,
            nameless=identity.has_issuerless_number,
            stated=find_stated_count(text),
        )
        notice = replace(notice, doubts=(*document.doubts, *doubts))
    return replace(notice, summary=build_summary(notice, lexicon))


def _add_assessment(
    notice: Notice, text: DocumentText, lexicon: Lexicon, identity: Identity, verdict: Assessment
) -> Notice:
    """Add what the document does, and when and to whom."""
    own, direction = identity.own_number, verdict.direction_finding.direction
    states = (name for place in lexicon.places for name in place.zh)
    ids = [category.id for category in verdict.categories]
    dates = (
        find_effective_dates(text, lexicon, identity.publication, own=verdict.is_change)
        if verdict.reports_change
        else ()
    )
    return replace(
        notice,
        number=own.number if own else None,
        number_raw=own.raw if own else None,
        issuers=identity.issuers,
        is_change=verdict.is_change,
        reports_change=verdict.reports_change,
        direction=direction,
        effective=dates,
        deadlines=_select_deadlines(notice, text, identity, verdict),
        categories=verdict.categories,
        destinations=tuple(place.code for place in verdict.places),
        entities=find_entities(text, ids, verdict.signals, states) if verdict.reports_change else (),
        parts=find_parts(text, verdict.signals, direction) if verdict.is_change else (),
        relations=verdict.relations,
        grounds=(*notice.grounds, *explain_assessment(text, verdict)),
    )


def _select_deadlines(
    notice: Notice, text: DocumentText, identity: Identity, verdict: Assessment
) -> tuple[Deadline, ...]:
    """Return the closing days of instruments and drafts on trade, and of reports about them."""
    invites = notice.kind in INSTRUMENT_KINDS | REPORT_KINDS | {NoticeKind.DRAFT} or verdict.reports_change
    foreign = any(found.id == "foreign_controls" for found in verdict.categories)
    return (
        find_deadlines(text, anchor=identity.publication_day)
        if invites and not (identity.is_other_business or foreign)
        else ()
    )


def _add_codes(notice: Notice, text: DocumentText, lexicon: Lexicon) -> Notice:
    """Add codes and caveats, which are read as they stand; the codes of foreign lists are not ours."""
    foreign = any(found.id == "foreign_controls" for found in notice.categories)
    codes = NoticeCodes() if foreign else find_codes(text)
    left_out = (
        Ground(about="code left out", value=found.code, rule=found.rule, quote=found.quote)
        for found in codes.excluded_codes
    )
    return replace(
        notice,
        hs_codes=codes.hs_codes,
        control_codes=codes.control_codes,
        codes_excluded=tuple(found.code for found in codes.excluded_codes),
        caveats=find_caveats(text, lexicon) if notice.reports_change else (),
        grounds=(*notice.grounds, *left_out),
    )
