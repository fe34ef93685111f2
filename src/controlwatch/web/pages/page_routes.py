"""All pages together, and what is shown where one may not be."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import RedirectResponse

from controlwatch.bootstrap.app import App
from controlwatch.bootstrap.connections import load_signing_secret
from controlwatch.bootstrap.feed_addresses import build_publications
from controlwatch.core.model.account import Role
from controlwatch.core.model.errors import UnclearName, UsageError
from controlwatch.core.rendering.problems_zh import explain_problem
from controlwatch.core.rendering.wording import find_word
from controlwatch.services.audit import AuditLog
from controlwatch.services.exports import Exports
from controlwatch.services.publications import Publications
from controlwatch.services.weekly_reports import WeeklyReports
from controlwatch.web.access import AccessGuard, LoginRequired, NotLocal, RoleRequired, is_loopback
from controlwatch.web.form_guard import ForgedForm, FormGuard
from controlwatch.web.page_frame import PageFrame
from controlwatch.web.pages.account_routes import build_account_routes
from controlwatch.web.pages.alert_page import build_alert_action_routes, build_alert_list_routes
from controlwatch.web.pages.calendar_page import build_calendar_routes
from controlwatch.web.pages.entity_page import build_entity_routes
from controlwatch.web.pages.export_routes import build_export_routes
from controlwatch.web.pages.item_page import build_item_routes
from controlwatch.web.pages.notice_list_page import build_notice_list_routes
from controlwatch.web.pages.notice_page import build_notice_routes
from controlwatch.web.pages.operations_page import build_operations_routes
from controlwatch.web.pages.prose_page import build_prose_routes
from controlwatch.web.pages.report_page import build_report_routes
from controlwatch.web.pages.review_page import build_review_list_routes, build_review_routes
from controlwatch.web.pages.saved_filters_page import (
    build_filter_feed_routes,
    build_saved_filter_routes,
)
from controlwatch.web.pages.source_page import build_source_routes
from controlwatch.web.pages.subscription_file_page import build_subscription_file_routes
from controlwatch.web.pages.subscription_page import (
    build_subscription_action_routes,
    build_subscription_list_routes,
    build_subscription_routes,
)
from controlwatch.web.pages.today_page import build_today_routes
from controlwatch.web.publication_routes import PublicationWriter, build_publication_routes

#: Paths of requests whose body may be an upload.
UPLOAD_PATHS = frozenset({"/entities/screening", "/subscriptions/import", "/api/v1/entities/screening"})
#: Paths that programs ask for, which get no page.
PROGRAM_PATHS = ("/api/", "/mcp", "/slack/", "/static/")
NOT_LOCAL = (
    "No account exists yet, so the pages are served only to the machine that controlwatch runs on. To open "
    "them to others, create the first account there: controlwatch users add NAME --role operator"
)
FORGED = "This form was not sent by this page, or is too old. Nothing has changed; open the page again."


def build_access_guard(app: App) -> AccessGuard:
    """Return the guard of an open app: whether it is served to its own machine only."""
    host = (app.settings.listen or "").rpartition(":")[0]
    is_local = is_loopback(host) and app.settings.public_url is None
    is_https = (app.settings.public_url or "").startswith("https:")
    return AccessGuard(accounts=app.store.accounts, is_local_server=is_local, is_https=is_https)


def add_pages(web: FastAPI, app: App, guard: AccessGuard) -> None:
    """Add the pages, and what is shown where a page may not be."""
    forms, audit = FormGuard(load_signing_secret(app.settings)), AuditLog(app.store.audit)
    frame = PageFrame(lexicon=app.lexicon, forms=forms, audit=audit)
    web.include_router(frame.build_static_routes())
    accounts = build_account_routes(app, frame, guard)
    web.include_router(accounts.public)
    for role, router in accounts.guarded.items():
        web.include_router(router, dependencies=[Depends(guard.allow(role))])
    publications = build_publications(app)
    writer = PublicationWriter(lexicon=app.lexicon, public_url=app.settings.public_url)
    for role, routers in _build_routers(app, frame, publications, writer).items():
        for router in routers:
            web.include_router(router, dependencies=[Depends(guard.allow(role))], include_in_schema=False)
    web.include_router(build_publication_routes(publications, writer))
    _add_refusals(web, frame)


def _build_routers(
    app: App, frame: PageFrame, publications: Publications, writer: PublicationWriter
) -> dict[Role, list[APIRouter]]:
    """Return the routers of the pages by the role that opens them."""
    queries = app.queries
    return {
        Role.READER: [
            build_today_routes(frame, app),
            build_notice_list_routes(frame, queries),
            build_notice_routes(frame, app),
            build_item_routes(frame, queries),
            build_entity_routes(frame, queries),
            build_subscription_list_routes(frame, app),
            build_alert_list_routes(frame, app.store.actions),
            build_review_list_routes(frame, app.store.reviews),
            build_source_routes(frame, app),
            build_calendar_routes(frame, queries, app.store.calendar, publications, writer),
            build_saved_filter_routes(frame, queries, publications, writer),
            build_filter_feed_routes(queries, publications, writer),
            build_export_routes(queries, Exports(queries=queries, alert_log=app.store.actions)),
            build_report_routes(frame, WeeklyReports(queries=queries, alert_log=app.store.actions)),
        ],
        Role.OFFICER: [
            build_subscription_file_routes(frame, app),
            build_subscription_routes(frame, app, publications),
            build_subscription_action_routes(frame, app),
            build_alert_action_routes(frame, app.store.actions),
            build_review_routes(frame, app.store.reviews),
            build_prose_routes(frame, app.second_opinions),
        ],
        Role.OPERATOR: [build_operations_routes(frame, app)],
    }


def _add_refusals(web: FastAPI, frame: PageFrame) -> None:
    """Answer requests that may not be answered: a login, or a page that says why."""

    @web.exception_handler(LoginRequired)
    async def ask_to_log_in(request: Request, _error: Exception) -> Response:
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        wanted = wanted if request.method in {"GET", "HEAD"} else "/"
        return RedirectResponse(f"/login?next={quote(wanted, safe='')}", status_code=303)

    @web.exception_handler(NotLocal)
    async def refuse_distant(request: Request, _error: Exception) -> Response:
        text = frame.translate(request, NOT_LOCAL)
        return _render_message(frame, request, "Not served here", text, status=403)

    @web.exception_handler(RoleRequired)
    async def refuse_role(request: Request, error: Exception) -> Response:
        word = find_word(f"role-{error}", frame.choose_language(request))
        text = frame.translate(request, "This needs the role {role}.", role=word)
        return _render_message(frame, request, "Not allowed", text, status=403)

    @web.exception_handler(404)
    async def explain_unknown_path(request: Request, error: Exception) -> Response:
        if request.url.path.startswith(PROGRAM_PATHS):
            return await http_exception_handler(request, error)  # type: ignore[arg-type]
        text = frame.translate(request, "This page does not exist.")
        return _render_message(frame, request, "Not found", text, status=404)

    @web.exception_handler(UsageError)
    async def explain_usage_error(request: Request, error: Exception) -> Response:
        is_unknown = isinstance(error, UnclearName)
        heading, status = ("Not found", 404) if is_unknown else ("This cannot be done", 400)
        text = explain_problem(str(error), frame.choose_language(request))
        return _render_message(frame, request, heading, text, status=status)

    @web.exception_handler(ForgedForm)
    async def refuse_form(request: Request, _error: Exception) -> Response:
        return _render_message(frame, request, "Form refused", frame.translate(request, FORGED), status=403)


def _render_message(frame: PageFrame, request: Request, heading: str, text: str, *, status: int) -> Response:
    heading = frame.translate(request, heading)
    return frame.render(
        request, "message.html", heading=heading, paragraphs=(text,), link=None, status_code=status
    )
