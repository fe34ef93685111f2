"""The API as an application of its own below /api/v1, whose every error is problem details."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from fastapi import Depends, FastAPI, Request, Response, Security
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from controlwatch.bootstrap.app import App
from controlwatch.core.model.errors import ControlwatchError, StoreLost, UnclearName
from controlwatch.core.rendering.json_schemas import correct_schema
from controlwatch.services.audit import AuditLog
from controlwatch.web.api.action_log import ApiActionLog
from controlwatch.web.api.alert_routes import build_alert_routes
from controlwatch.web.api.api_access import ApiGuard, GuardedApp
from controlwatch.web.api.entity_routes import build_entity_routes
from controlwatch.web.api.law_routes import build_law_routes
from controlwatch.web.api.notice_routes import build_notice_routes
from controlwatch.web.api.problems import (
    PROBLEM_TYPE,
    ApiProblem,
    FieldProblem,
    ProblemDetails,
    describe_store_failure,
    render_problem,
)
from controlwatch.web.api.source_routes import build_source_routes
from controlwatch.web.api.subscription_routes import (
    build_subscription_action_routes,
    build_subscription_routes,
)
from controlwatch.web.api.webhook_routes import build_webhook_routes

API_PATH = "/api/v1"
#: Invalid parts of a request that an error names.
MAX_FIELD_PROBLEMS = 20
DESCRIPTION = """\
Notices of China's export-control regulators, what is in force on a day, listed parties, subscriptions and
alerts. Days are YYYY-MM-DD in Beijing, instants are UTC. `null` means that it is not stated. A `quote` is
verbatim from the notice, unless it begins with `register:`. Read `cautions` before you rely on an answer.
"""
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemDetails} for status in (400, 401, 403, 404, 405, 409, 413, 422, 429, 503)
}


def build_api_mount(app: App, guard: ApiGuard) -> Mount:
    """Return the API of an open app at `API_PATH`."""
    mount = Mount(API_PATH, app=GuardedApp(EncodedPath(build_api_app(app, guard)), guard))
    # Also a path with a line break in it is one of the API.
    mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
    return mount


def build_api_app(app: App, guard: ApiGuard) -> FastAPI:
    """Return the application with its routes and its schema."""
    api = FastAPI(
        title="controlwatch",
        version="1",
        description=DESCRIPTION,
        servers=[{"url": API_PATH}],
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        responses=PROBLEMS,
        generate_unique_id_function=_name_operation,
    )
    bearer = Security(HTTPBearer(auto_error=False, description="A personal token."))
    readers = (
        build_notice_routes(app),
        build_law_routes(app),
        build_entity_routes(app, guard),
        build_source_routes(app),
    )
    for router in readers:
        api.include_router(router, dependencies=[Depends(guard.allow("read")), bearer])
    actions = ApiActionLog(AuditLog(app.store.audit))
    for router in (
        build_subscription_routes(app, guard, actions),
        build_subscription_action_routes(app, guard, actions),
        build_alert_routes(app, guard, actions),
        build_webhook_routes(app, guard, actions),
    ):
        api.include_router(router, dependencies=[bearer])

    @api.get("/openapi.json", include_in_schema=False, dependencies=[Depends(guard.allow("read"))])
    @cache  # built when it is first asked for: it takes longer than all the rest of a start
    def get_schema() -> dict[str, Any]:
        """Return the schema of the API."""
        return _build_schema(api)

    _add_error_handlers(api)
    return api


class EncodedPath:
    """Leaves paths percent-encoded: the key of a notice may be an address, with slashes of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http":
            scope = {**scope, "path": scope["raw_path"].decode("latin-1")}
        await self._app(scope, receive, send)


def _name_operation(route: APIRoute) -> str:
    return route.name


def _build_schema(api: FastAPI) -> dict[str, Any]:
    """Return the schema, in which errors have the media type that they are sent with."""
    schema: dict[str, Any] = correct_schema(api.openapi())
    for path in schema["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                content = response.get("content", {})
                if status >= "400" and "application/json" in content:
                    response["content"] = {PROBLEM_TYPE: content["application/json"]}
    return schema


def _add_error_handlers(api: FastAPI) -> None:
    @api.exception_handler(ApiProblem)
    async def answer_problem(_request: Request, error: ApiProblem) -> Response:
        return render_problem(error)

    @api.exception_handler(ControlwatchError)
    async def answer_refusal(_request: Request, error: ControlwatchError) -> Response:
        near = error.candidates if isinstance(error, UnclearName) else ()
        name = "unknown-name" if isinstance(error, UnclearName) else "refused"
        return render_problem(ApiProblem(422, name, str(error), candidates=near))

    @api.exception_handler(RequestValidationError)
    async def answer_invalid(_request: Request, error: RequestValidationError) -> Response:
        return render_problem(describe_invalid_request(error))

    @api.exception_handler(HTTPException)
    async def answer_http_error(_request: Request, error: HTTPException) -> Response:
        return render_problem(describe_http_error(error))

    @api.exception_handler(SQLAlchemyError)
    @api.exception_handler(StoreLost)
    async def answer_store_failure(request: Request, error: Exception) -> Response:
        return render_problem(describe_store_failure(error, getattr(request.scope.get("route"), "path", "")))

    @api.exception_handler(Exception)
    async def answer_fault(_request: Request, _error: Exception) -> Response:
        return render_problem(ApiProblem(500, "fault", "An error of this program; its log says more."))


def describe_invalid_request(error: RequestValidationError) -> ApiProblem:
    """Return the problem of a request that is not valid: which parts, and why."""
    errors = tuple(
        FieldProblem(location=".".join(map(str, item["loc"])), message=str(item["msg"]))
        for item in error.errors()[:MAX_FIELD_PROBLEMS]
    )
    return ApiProblem(422, "invalid-request", "The request is not valid; see `errors`.", errors=errors)


def describe_http_error(error: HTTPException) -> ApiProblem:
    """Return the problem of an error of the framework: an unknown path, a method that is not offered."""
    names = {404: "unknown-path", 405: "method-not-allowed", 400: "unreadable-request"}
    headers: Mapping[str, str] = error.headers or {}
    return ApiProblem(
        error.status_code, names.get(error.status_code, "refused"), str(error.detail), headers=headers
    )
