"""A notice: the original beside its reading, status on any day, versions, relations, evidence."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter, Request, Response

from controlwatch.bootstrap.app import App
from controlwatch.core.law.answers import NoticeRecord
from controlwatch.core.law.explanation import StatusStep
from controlwatch.core.model import Verb, to_notice_key
from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.timezones import to_beijing_day
from controlwatch.core.rendering.conclusions import list_conclusions
from controlwatch.core.rendering.day_text import add_known_day, spell_dates
from controlwatch.core.rendering.facts import CardContext
from controlwatch.core.rendering.law_answers import EVENT_NAMES
from controlwatch.core.rendering.marked_text import mark_quotes
from controlwatch.core.rendering.state_text import list_date_corrections
from controlwatch.core.rendering.timeline_picture import draw_timeline
from controlwatch.web.evidence_file import send_evidence_file
from controlwatch.web.page_frame import PAGE_HEADERS, PageFrame
from controlwatch.web.pages.prose_page import build_prose_view

#: Characters of a text, and conclusions, that the first view shows.
MAX_SHOWN_TEXT, MAX_SHOWN_CONCLUSIONS = 12_000, 80
#: Kind of a version → what happened.
REVISION_WORDS = {
    "new": "first read",
    "amended": "text amended",
    "copy": "a copy differs",
    "reread": "read again with newer rules",
    "register": "from the reference database",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedNotice:
    """A notice in the picture of relations."""

    key: str
    number: str
    text: str  #: what it does, or what is done to it
    is_own: bool = False
    is_known: bool = True  #: there is a page of it


def build_notice_routes(frame: PageFrame, app: App) -> APIRouter:
    """Return the routes of a notice and of its evidence."""
    router, queries = APIRouter(), app.queries

    @router.get("/notices/{key:path}")
    def show_notice(request: Request, key: str, on: str = "", text: str = "") -> Response:
        """Show a notice, by its key, number or address."""
        context = frame.build_context(request)
        record = queries.show(key)
        day = parse_day(on) or context.today
        conclusions = list_conclusions(record.notice, context)
        shown = conclusions[:MAX_SHOWN_CONCLUSIONS]
        is_cut = len(record.text) > MAX_SHOWN_TEXT and text != "whole"
        segments = mark_quotes(
            record.text[:MAX_SHOWN_TEXT] if is_cut else record.text, [item.quote for item in shown]
        )
        status = queries.find_status(record, on=day)
        known = queries.law.select_known(relation.target for relation in record.notice.relations)
        timeline = queries.law.notice_timeline(record.line.key, today=context.today) if status else None
        return frame.render(
            request,
            "notice.html",
            record=record,
            line=record.line,
            context=context,
            summary=spell_dates(
                record.notice.summary.zh if context.language == "zh" else record.notice.summary.en,
                context.language,
            ),
            conclusions=shown,
            more_conclusions=len(conclusions) - len(shown),
            segments=segments,
            placed={place for segment in segments for place in segment.begins},
            is_cut=is_cut,
            status=status,
            steps=[_describe_step(step, context) for step in status.chain] if status else (),
            corrections=list_date_corrections(status, context.language) if status else (),
            on=day,
            on_day=add_known_day(
                context.format_date(day), status.coverage if status else None, context.language
            ),
            timeline=draw_timeline(timeline.rows, context) if timeline and timeline.rows else None,
            doubts=context.translate_doubts(record.notice.doubts),
            known=known,
            relations=tuple(_list_related(record, context, known)),
            revision_words=REVISION_WORDS,
            prose=build_prose_view(app, record),
        )

    @router.get("/evidence")
    def send_evidence(key: str) -> Response:
        """Send what proves a notice, as a zip file that can be checked without this program."""
        response = send_evidence_file(app, queries.find_dossier(key), on=to_beijing_day(frame.clock()))
        response.headers.update(PAGE_HEADERS)
        return response

    return router


def parse_day(text: str) -> date | None:
    """Return a day from the field of a form; None for a blank one. Raises `UsageError` for any other text."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(f"{text.strip()[:40]!r} is not a day; write it like 2026-11-30") from None


def _describe_step(step: StatusStep, context: CardContext) -> str:
    """Return what happened, by which notice, to which provision."""
    verb = step.verb if context.language == "zh" else EVENT_NAMES.get(step.verb, step.verb)
    words = context.find_word(verb)
    clause = context.name_scope(step.clause) if step.clause else ""
    return " · ".join(filter(None, (words, step.number, clause)))


def _list_related(
    record: NoticeRecord, context: CardContext, known: Collection[str]
) -> Iterator[RelatedNotice]:
    """Yield the notice itself, those that it acts on, and those that act on it; none where it is alone."""
    line, relations = record.line, record.notice.relations
    if not relations and not record.acts:
        return
    name, this = line.number or line.title, context.find_word("this-notice")
    yield RelatedNotice(key=line.key, number=name, text=this, is_own=True, is_known=False)
    for relation in relations:
        clause = context.name_scope(relation.clause) if relation.clause else ""
        has_term = relation.until is not None and relation.verb is not Verb.AMENDS
        until = f"→ {context.format_date(relation.until)}" if relation.until and has_term else ""
        text = " ".join(filter(None, (context.find_word(relation.verb.value), clause, until)))
        yield RelatedNotice(
            key=to_notice_key(relation.target),
            number=relation.target,
            text=f"→ {text}",
            is_known=relation.target in known,
        )
    for act in record.acts:
        day = context.format_date(act.published) if act.published else ""
        text = " · ".join(filter(None, (f"← {context.find_word(act.verb)}", day)))
        yield RelatedNotice(key=act.key, number=act.number or act.title, text=text)
