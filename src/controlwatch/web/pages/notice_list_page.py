"""The list of notices with its filter, which the address of the page carries."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from controlwatch.core.law.answers import NoticeLine
from controlwatch.core.law.notice_filter import (
    EVERY_NOTICE,
    NoticeFilter,
    parse_list_position,
)
from controlwatch.core.model import Direction
from controlwatch.core.model.errors import UsageError
from controlwatch.services.queries import Queries
from controlwatch.web.page_frame import PageFrame

PER_PAGE = 40
#: Parameters of the address that the form shows.
FIELDS = ("text", "category", "issuer", "direction", "destination", "from", "to", "changes", "before")


def build_notice_list_routes(frame: PageFrame, queries: Queries) -> APIRouter:
    """Return the route of the list."""
    router = APIRouter()

    @router.get("/notices")
    def list_notices(request: Request) -> Response:
        """Show the notices that a filter lets pass, newest first."""
        given = {name: request.query_params.get(name, "")[:200] for name in FIELDS}
        error, next_position = "", ""
        lines: tuple[NoticeLine, ...] = ()
        chosen: NoticeFilter = EVERY_NOTICE
        try:
            chosen = queries.parse_filter(given)
            before = parse_list_position(given["before"]) if given["before"] else None
            found = queries.list_notices(chosen, before=before, limit=PER_PAGE + 1)
            lines = found[:PER_PAGE]
            if len(found) > PER_PAGE:
                next_position = lines[-1].position.to_text()
        except UsageError as problem:
            error = str(problem)
        language, lexicon = frame.choose_language(request), frame.lexicon
        return frame.render(
            request,
            "notices.html",
            status_code=422 if error else 200,
            given={**given, **chosen.list_parameters()},
            query=chosen.to_query(),
            lines=lines,
            next_position=next_position,
            error=error,
            issuers=[(item.code, lexicon.get_issuer_name(item.code, language)) for item in lexicon.issuers],
            destinations=[
                (item.code, lexicon.get_place_name(item.code, language)) for item in lexicon.places
            ],
            directions=[direction.value for direction in Direction],
            categories=sorted(queries.names.list_categories()),
        )

    return router
