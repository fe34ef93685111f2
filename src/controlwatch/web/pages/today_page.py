"""The first page: what changed, what is in force from today, what comes next, what waits for a person."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from controlwatch.bootstrap.app import App
from controlwatch.core.model import KeyDate
from controlwatch.core.model.alert import SUSPENSION_ENDS, TAKES_EFFECT
from controlwatch.core.model.timezones import format_beijing_time
from controlwatch.web.access import get_visitor
from controlwatch.web.page_frame import PageFrame
from controlwatch.web.pages.source_page import summarize_health

#: Days of changes that are shown to a person who never marked the news as read, and days ahead.
NEWS_DAYS, DAYS_AHEAD = 14, 60
MAX_NEWS, MAX_DATES, MAX_COUNTED = 50, 30, 100


def build_today_routes(frame: PageFrame, app: App) -> APIRouter:
    """Return the route of the first page."""
    router, queries = APIRouter(), app.queries

    @router.get("/")
    def show_today(request: Request) -> Response:
        """Show what matters today."""
        now, visitor, today = frame.clock(), get_visitor(request), frame.build_context(request).today
        begin = visitor.looked_at or now - timedelta(days=NEWS_DAYS)
        lines = queries.latest(now=now, days=(now - begin).days + 1, changes_only=True, limit=MAX_NEWS)
        if visitor.looked_at is not None:
            lines = tuple(line for line in lines if line.first_seen_at > begin)
        since = (
            frame.translate(request, "In the last {days} days.", days=NEWS_DAYS)
            if visitor.looked_at is None
            else frame.translate(
                request,
                "Since you last marked the news as read, {when}.",
                when=format_beijing_time(visitor.looked_at),
            )
        )
        # A suspension that ended yesterday leaves its notices in force from today.
        dates = queries.law.upcoming(on=today - timedelta(days=1), days=DAYS_AHEAD + 1)
        return frame.render(
            request,
            "today.html",
            changes=lines,
            since=since,
            may_mark=visitor.account_id is not None,
            begins=[item for item in dates if _begins_on(item, today)],
            upcoming=[item for item in dates if item.date >= today and not _begins_on(item, today)][
                :MAX_DATES
            ],
            open_alerts=len(app.store.actions.list_alerts(open_only=True, limit=MAX_COUNTED + 1)),
            max_counted=MAX_COUNTED,
            reviews=app.store.reviews.count_open(),
            health=summarize_health(frame, request, queries.list_watchers()),
            cautions=queries.law.list_cautions(today),
        )

    @router.post("/today/read", dependencies=[Depends(frame.forms.check)])
    def mark_news_read(request: Request) -> Response:
        """Count as news for this person what is seen from now on."""
        visitor = get_visitor(request)
        if visitor.account_id is not None:
            app.store.accounts.record_look(visitor.account_id, now=frame.clock())
        return RedirectResponse("/", status_code=303)

    return router


def _begins_on(item: KeyDate, today: object) -> bool:
    """Return whether something applies from a day on: it takes effect, or its suspension ended before."""
    if item.event == TAKES_EFFECT:
        return item.date == today
    return item.event == SUSPENSION_ENDS and item.date + timedelta(days=1) == today
