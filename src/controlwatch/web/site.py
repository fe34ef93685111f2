"""The web application: small, and over the same queries as everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, PlainTextResponse
from slack_bolt import BoltRequest

from controlwatch.web.evidence import build_evidence_routes
from controlwatch.web.links import build_link_routes
from controlwatch.web.metrics import render_metrics
from controlwatch.web.pages import SECURITY_HEADERS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from slack_bolt import App as Bolt
    from slack_bolt import BoltResponse

    from controlwatch.bootstrap import App

#: Slack's own requests are far smaller; more is not read.
MAX_BODY_BYTES = 1_000_000


def build_web_app(app: App, bolt: Bolt | None) -> FastAPI:
    """Return the web application of an open app."""
    web = FastAPI(
        title="controlwatch", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False
    )
    web.middleware("http")(_add_security_headers)

    @web.get("/healthz")
    def healthz() -> Response:
        """Say whether anything needs a person: 200 when nothing does, else 503 with what."""
        waiting = app.queries.list_problems()
        return JSONResponse({"ok": not waiting, "needs": list(waiting)}, status_code=503 if waiting else 200)

    @web.get("/metrics")
    def metrics() -> Response:
        """Return the metrics in Prometheus' text format."""
        return PlainTextResponse(render_metrics(app), media_type="text/plain; version=0.0.4; charset=utf-8")

    web.include_router(build_link_routes(app))
    web.include_router(build_evidence_routes(app))
    if bolt is not None and app.settings.slack_signing_secret is not None:
        _add_slack_route(web, bolt)
    return web


async def _add_security_headers(
    request: Request, answer: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Let no answer of ours run, load or be framed, those to requests that are none included."""
    response = await answer(request)
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _add_slack_route(web: FastAPI, bolt: Bolt) -> None:
    @web.post("/slack/events", include_in_schema=False)
    async def receive_slack_request(request: Request) -> Response:
        """Take commands, events and interactions; Bolt refuses what Slack did not sign."""
        body = await _read_body(request)
        if body is None:
            return PlainTextResponse("too large", status_code=413)
        asked = BoltRequest(
            body=body.decode("utf-8", "replace"),
            query=request.url.query,
            headers={name: [value] for name, value in request.headers.items()},
        )
        return _to_response(await run_in_threadpool(bolt.dispatch, asked))


async def _read_body(request: Request) -> bytes | None:
    read = b""
    async for part in request.stream():
        read += part
        if len(read) > MAX_BODY_BYTES:
            return None
    return read


def _to_response(answer: BoltResponse) -> Response:
    response = Response(content=answer.body, status_code=answer.status)
    for name, values in answer.headers.items():
        for value in values:
            response.headers.append(name, value)
    return response
