"""The web application: pages, health, metrics, links in mails, evidence and Slack's requests."""

from __future__ import annotations

from functools import partial

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse
from slack_bolt import App as Bolt
from slack_bolt import BoltRequest
from starlette.requests import ClientDisconnect

from controlwatch.bootstrap.app import App
from controlwatch.bootstrap.cluster import measure_cluster
from controlwatch.mcp_server.server import McpEndpoint, build_mcp_server
from controlwatch.web.api.api_access import ApiGuard
from controlwatch.web.api.api_app import API_PATH, build_api_mount
from controlwatch.web.api.problems import ApiProblem, render_problem
from controlwatch.web.api.rate_limits import RateLimits
from controlwatch.web.body_limit import BodyLimit
from controlwatch.web.evidence import build_evidence_routes
from controlwatch.web.health import build_health_routes
from controlwatch.web.links import build_link_routes
from controlwatch.web.mcp_route import build_mcp_route
from controlwatch.web.metrics import render_metrics
from controlwatch.web.middleware import add_middleware
from controlwatch.web.pages.page_routes import UPLOAD_PATHS, add_pages, build_access_guard

#: Slack's requests are far smaller; more is not read.
MAX_BODY_BYTES = 1_000_000


def build_web_app(app: App, bolt: Bolt | None) -> FastAPI:
    """Return the web application, composed of the parts of an open app that it needs."""
    guard = build_access_guard(app)
    mcp = McpEndpoint(build_mcp_server(app.queries, app.lexicon))
    web = FastAPI(
        title="controlwatch",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=lambda _web: mcp.run(),
    )
    add_middleware(web)
    web.add_middleware(BodyLimit, upload_paths=UPLOAD_PATHS, render_refusal=refuse_large_body)

    @web.get("/metrics")
    def metrics() -> Response:
        """Return the metrics in the text format of Prometheus."""
        opinions = app.store.opinions if app.second_opinions is not None else None
        measure = partial(measure_cluster, app.cluster) if app.cluster is not None else None
        text = render_metrics(
            app.queries, app.store.queries, app.store.backlog, opinions=opinions, measure_cluster=measure
        )
        return PlainTextResponse(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    web.include_router(build_health_routes(app.queries))
    secret, store = app.links.secret, app.store
    web.include_router(build_link_routes(secret, store.subscriptions, store.outbox, store.actions))
    web.include_router(
        build_evidence_routes(secret, store.queries, app.ingester.archive, app.queries.names.lexicon)
    )
    add_pages(web, app, guard)
    api_guard = ApiGuard(guard=guard, rates=RateLimits(app.settings.api_requests_per_minute))
    web.router.routes.append(build_mcp_route(mcp, api_guard))
    web.router.routes.append(build_api_mount(app, api_guard))
    if bolt is not None and app.settings.slack_signing_secret is not None:
        _add_slack_route(web, bolt)
    return web


def refuse_large_body(path: str, words: str) -> Response:
    """Return the answer to a request that is too large, in the form that its path has."""
    if path.startswith(f"{API_PATH}/"):
        return render_problem(ApiProblem(413, "too-large", words))
    return PlainTextResponse(words, status_code=413)


def _add_slack_route(web: FastAPI, bolt: Bolt) -> None:
    @web.post("/slack/events", include_in_schema=False)
    async def receive_slack_request(request: Request) -> Response:
        """Handle commands, events and interactions; Bolt refuses requests that Slack has not signed."""
        sent_at = request.headers.get("x-slack-request-timestamp", "0")
        if not (
            sent_at.isascii() and sent_at.isdecimal() and len(sent_at) < 20
        ):  # Slack's SDK takes it for a number unseen
            return PlainTextResponse("not signed", status_code=401)
        body = b""
        try:
            async for part in request.stream():
                body += part
                if len(body) > MAX_BODY_BYTES:
                    return PlainTextResponse("too large", status_code=413)
        except ClientDisconnect:
            return PlainTextResponse("incomplete", status_code=400)  # which the client does not read
        try:
            slack_request = BoltRequest(
                body=body.decode("utf-8", "replace"),
                query=request.url.query,
                headers={name: [value] for name, value in request.headers.items()},
            )
        except (ValueError, RecursionError):  # Bolt parses the body before it checks the signature
            return PlainTextResponse("not a request of Slack's", status_code=400)
        answer = await run_in_threadpool(bolt.dispatch, slack_request)
        response = Response(content=answer.body, status_code=answer.status)
        for name, values in answer.headers.items():
            for value in values:
                response.headers.append(name, value)
        return response
