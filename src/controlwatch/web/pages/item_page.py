"""An item: a category, an element, an HS code or a control code, and what controls it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from controlwatch.core.asking.category_names import CategoryLine
from controlwatch.core.law.answers import HistoryStep
from controlwatch.core.model.errors import UsageError
from controlwatch.core.rendering.day_text import add_known_day
from controlwatch.core.rendering.law_answers import name_element
from controlwatch.core.rendering.list_replies import describe_step
from controlwatch.core.rendering.timeline_picture import draw_timeline
from controlwatch.services.queries import Queries
from controlwatch.web.page_frame import PageFrame, RowPosition
from controlwatch.web.pages.notice_page import parse_day

#: Controls on a page of the list.
PER_PAGE = 25
#: Steps of the history; the newest ones.
MAX_STEPS = 40
#: Notices of a category that the page looks at; the newest ones. Its list of notices has all.
MAX_NOTICES = 200


@dataclass(frozen=True, slots=True)
class CategoryGroup:
    """A group of categories with its members."""

    head: CategoryLine
    members: tuple[CategoryLine, ...]


def build_item_routes(frame: PageFrame, queries: Queries) -> APIRouter:
    """Return the routes of the items."""
    router = APIRouter()

    def render_list(request: Request, query: str, message: str, *, status_code: int = 200) -> Response:
        lines = queries.list_categories()
        groups = tuple(
            CategoryGroup(
                head, tuple(line for line in lines if line.group == head.group and not line.is_group)
            )
            for head in lines
            if head.is_group
        )
        grouped = {group.head.id for group in groups}
        return frame.render(
            request,
            "items.html",
            groups=groups,
            others=[line for line in lines if line.group not in grouped],
            query=query,
            message=message,
            status_code=status_code,
        )

    @router.get("/items")
    def list_items(request: Request, q: str = "") -> Response:
        """Show all categories, or lead to the item that words mean."""
        message = ""
        if q.strip():
            try:
                queries.law.lookup(q, on=frame.build_context(request).today)
                return RedirectResponse(f"/items/{quote(q.strip(), safe='')}", status_code=303)
            except UsageError as error:
                message = str(error)
        return render_list(request, q, message)

    @router.get("/items/{name:path}")
    def show_item(request: Request, name: str, on: str = "", after: RowPosition = 0) -> Response:
        """Show what controls an item on a day, in pages; the picture and the history on the first."""
        context = frame.build_context(request)
        day = parse_day(on) or context.today
        try:
            found = queries.law.lookup(name, on=day, newest=MAX_NOTICES)
        except UsageError as error:  # which names the nearest ones
            return render_list(request, name, str(error), status_code=404)
        timeline = queries.law.timeline(name, today=context.today, newest=MAX_NOTICES)
        steps = () if after else _list_history(queries, name)
        last = after + PER_PAGE
        is_category = name in queries.names.list_categories()
        element = name_element(found.element, context.language)
        heading = context.name_category(name) if is_category else element or name
        return frame.render(
            request,
            "item.html",
            name=heading,
            category=name if is_category else "",
            found=found,
            hits=found.hits[after:last],
            last=last if last < len(found.hits) else 0,
            is_first=not after,
            context=context,
            on=day,
            on_day=add_known_day(context.format_date(day), found.coverage, context.language),
            timeline=draw_timeline(timeline.rows, context) if timeline.rows and not after else None,
            older=timeline.older,
            describe_step=partial(describe_step, language=context.language),
            history=steps[:MAX_STEPS],
            has_older_steps=len(steps) > MAX_STEPS,
        )

    return router


def _list_history(queries: Queries, name: str) -> tuple[HistoryStep, ...]:
    """Return the newest steps in the history of a category or an element first; none for a code."""
    try:
        return queries.law.history(name, newest=MAX_STEPS + 1, newest_notices=MAX_NOTICES)[::-1]
    except UsageError:
        return ()
