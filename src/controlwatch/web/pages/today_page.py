"""The first page: what changed, what is in force from today, what ends soon, what waits for a person."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Request, Response

from controlwatch.core.model.timezones import to_beijing_day
from controlwatch.services.queries import Queries
from controlwatch.web.access import get_visitor
from controlwatch.web.page_frame import PageFrame

#: Days of changes that are shown to a person who never marked the news as read.
NEWS_DAYS = 14
MAX_NEWS = 50


def build_today_routes(frame: PageFrame, queries: Queries) -> APIRouter:
    """Return the route of the first page."""
    router = APIRouter()

    @router.get("/", include_in_schema=False)
    def show_today(request: Request) -> Response:
        """Show what matters today."""
        now, visitor = frame.clock(), get_visitor(request)
        begin = visitor.looked_at or now - timedelta(days=NEWS_DAYS)
        lines = queries.latest(now=now, days=(now - begin).days + 1, changes_only=True, limit=MAX_NEWS)
        watchers = [line for line in queries.list_watchers() if line.enabled]
        healthy = sum(line.health in {"healthy", "quiet"} for line in watchers)
        return frame.render(
            request,
            "today.html",
            changes=lines,
            since=frame.translate(request, "In the last {days} days.", days=NEWS_DAYS),
            health=frame.translate(
                request, "{healthy} of {all} sources can be read.", healthy=healthy, all=len(watchers)
            ),
            cautions=queries.law.list_cautions(to_beijing_day(now)),
        )

    return router
