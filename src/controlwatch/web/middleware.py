"""What all routes have in common: HEAD, security headers, and an answer when the store cannot be used."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog
from fastapi import FastAPI, Request, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp, Receive, Scope, Send

from controlwatch.adapters.storage.explain_errors import explain_database_error
from controlwatch.core.model.errors import StoreLost
from controlwatch.web.message_page import SECURITY_HEADERS, render_page

STORE_FAILURE = "The service cannot do this at the moment. Nothing has changed; please try again later."

log = structlog.get_logger()


def add_middleware(web: FastAPI) -> None:
    """Add what all routes have in common."""
    for kind in (SQLAlchemyError, StoreLost):
        web.add_exception_handler(kind, _answer_store_failure)
    web.middleware("http")(_add_security_headers)
    web.add_middleware(HeadAsGet)


class HeadAsGet:
    """Answers HEAD as GET; the server leaves the body out."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}
        await self._app(scope, receive, send)


async def _add_security_headers(
    request: Request, answer: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Add the security headers to every response, also to malformed requests."""
    response = await answer(request)
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    return response


async def _answer_store_failure(request: Request, error: Exception) -> Response:
    log.warning(
        "a request was not answered",
        route=getattr(request.scope.get("route"), "path", ""),
        reason=explain_database_error(error) or type(error).__name__,
    )
    return render_page(STORE_FAILURE, status=503)
