"""Saved filters: each has a feed and a calendar, whose addresses end with it."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from controlwatch.core.model.errors import UsageError
from controlwatch.services.publications import Publications
from controlwatch.services.queries import Queries
from controlwatch.web.access import get_visitor
from controlwatch.web.form_guard import get_form, get_text
from controlwatch.web.page_frame import PageFrame
from controlwatch.web.publication_routes import PublicationWriter


def build_saved_filter_routes(
    frame: PageFrame, queries: Queries, publications: Publications, writer: PublicationWriter
) -> APIRouter:
    """Return the routes of saved filters."""
    router = APIRouter()

    def show(request: Request, *, problem: str = "", status_code: int = 200) -> Response:
        saved = publications.saved.list_saved(get_visitor(request).account_id)
        return frame.render(
            request,
            "saved_filters.html",
            status_code=status_code,
            saved=[
                (
                    item,
                    publications.build_filter_feed_path(item.id),
                    publications.build_filter_calendar_path(item.id),
                )
                for item in saved
            ],
            base=writer.find_base(request),
            is_public=writer.public_url is not None,
            problem=problem,
        )

    @router.get("/filters")
    def list_filters(request: Request) -> Response:
        """List the saved filters of a person."""
        return show(request)

    @router.post("/filters", dependencies=[Depends(frame.forms.check)])
    def save_filter(request: Request) -> Response:
        """Save the filter of a list under a name."""
        form = get_form(request)
        try:
            chosen = queries.parse_filter(get_text(form, "query", most=2_000))
            number = publications.save_filter(
                account_id=get_visitor(request).account_id, name=get_text(form, "name"), chosen=chosen
            )
        except UsageError as error:
            return show(request, problem=str(error), status_code=422)
        frame.record_action(request, "save a filter", str(number), chosen.to_query())
        return RedirectResponse(f"/filters#filter-{number}", status_code=303)

    @router.post("/filters/{number}/end", dependencies=[Depends(frame.forms.check)])
    def end_filter(request: Request, number: int) -> Response:
        """End a filter: its feed and its calendar no longer answer."""
        account_id = get_visitor(request).account_id
        if not publications.saved.end(number, account_id=account_id, now=frame.clock()):
            problem = frame.translate(request, "You have no saved filter of this number.")
            return show(request, problem=problem, status_code=404)
        frame.record_action(request, "end a saved filter", str(number))
        return RedirectResponse("/filters", status_code=303)

    return router


def build_filter_feed_routes(
    queries: Queries, publications: Publications, writer: PublicationWriter
) -> APIRouter:
    """Return the route of the feed of any filter, for those who can log in."""
    router = APIRouter()

    @router.get("/feeds/notices.atom")
    def send_filter_feed(request: Request) -> Response:
        """Send the feed of the filter in the address."""
        try:
            chosen = queries.parse_filter(request.query_params)
        except UsageError as error:
            return Response(f"{error}\n", status_code=422, media_type="text/plain")
        name = chosen.to_query() or "notices"
        published = publications.list_feed(chosen, name=name)
        return writer.send_feed(request, published, feed_id=f"notices?{chosen.to_query()}")

    return router
