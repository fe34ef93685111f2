"""Translations and explanations by a language model: on the page of a notice, behind a button."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from controlwatch.bootstrap.app import App
from controlwatch.core.law.answers import NoticeRecord
from controlwatch.core.model.errors import UsageError
from controlwatch.core.rendering.prose_text import HEADINGS, LANGUAGE_NAMES, OFFERS, STATES
from controlwatch.core.second_opinion.opinion import Purpose
from controlwatch.core.second_opinion.records import OpinionState, ProseLine
from controlwatch.services.second_opinions import SecondOpinions
from controlwatch.web.access import get_visitor
from controlwatch.web.form_guard import get_form, get_text
from controlwatch.web.page_frame import PageFrame, build_notice_path


@dataclass(frozen=True, slots=True, kw_only=True)
class ProseView:
    """What of a language model stands on the page of a notice."""

    lines: tuple[ProseLine, ...]
    is_offered: bool  #: more can be asked for
    host: str  #: that the text would be sent to

    @property
    def headings(self) -> Mapping[Purpose, str]:
        """The heading of each purpose, in English."""
        return {purpose: english for purpose, (english, _) in HEADINGS.items()}

    @property
    def states(self) -> Mapping[OpinionState, str]:
        """Words for each state without a text, in English."""
        return {state: english for state, (english, _) in STATES.items()}

    @property
    def languages(self) -> Mapping[str, str]:
        """The names of languages, each in itself."""
        return LANGUAGE_NAMES


def build_prose_view(app: App, record: NoticeRecord) -> ProseView:
    """Return what was translated and explained of a notice, and whether more can be asked for."""
    opinions = app.second_opinions
    sources = opinions.prose_sources if opinions is not None else frozenset()
    is_offered = record.line.watcher in sources and bool(record.text)
    host = opinions.reader.host if opinions is not None else ""
    return ProseView(lines=app.store.opinions.list_prose(record.line.key), is_offered=is_offered, host=host)


def build_prose_routes(frame: PageFrame, opinions: SecondOpinions | None) -> APIRouter:
    """Return the route by which officers ask for a translation or an explanation."""
    router = APIRouter()

    @router.post("/prose", dependencies=[Depends(frame.forms.check)])
    def want_prose(request: Request) -> Response:
        """Note what is wanted; the service asks for it in its next round."""
        form = get_form(request)
        key, wanted = get_text(form, "key"), get_text(form, "wanted")
        if opinions is None:
            raise UsageError("no second reader is set up; see docs/second-reader.md")
        if wanted not in OFFERS:
            raise UsageError("choose a translation or an explanation")
        purpose, language = OFFERS[wanted]
        opinions.want_prose(key, purpose, language, who=get_visitor(request).name, now=frame.clock())
        frame.record_action(request, wanted, key)
        return RedirectResponse(build_notice_path(key), status_code=303)

    return router
