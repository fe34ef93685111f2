"""Errors as problem details (RFC 9457): one shape for every error, with a stable code."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from controlwatch.adapters.storage.explain_errors import explain_database_error

PROBLEM_TYPE = "application/problem+json"
#: What the address of a kind of problem begins with.
TYPE_PREFIX = "urn:controlwatch:problem:"
#: Seconds after which a client may try again when the store cannot be used.
RETRY_AFTER = 30

log = structlog.get_logger()


class FieldProblem(BaseModel):
    """A part of a request that is not valid."""

    location: str = Field(description="Where it is: query.limit, body.names.3.")
    message: str


class ProblemDetails(BaseModel):
    """An error. Keys may be added; `type` never changes its meaning."""

    type: str = Field(description=f"The kind of problem: {TYPE_PREFIX} and its name.")
    title: str = Field(description="The kind of problem in words.")
    status: int
    detail: str = Field(default="", description="What happened, and what to do.")
    candidates: list[str] = Field(default_factory=list, description="The nearest known names.")
    errors: list[FieldProblem] = Field(default_factory=list)


class ApiProblem(Exception):
    """An error that is answered as problem details; `name` is stable, such as unknown-notice."""

    def __init__(
        self,
        status: int,
        name: str,
        detail: str = "",
        *,
        candidates: tuple[str, ...] = (),
        errors: tuple[FieldProblem, ...] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail or name)
        self.status = status
        self.name = name
        self.detail = detail
        self.candidates = candidates
        self.errors = errors
        self.headers = dict(headers or {})


def render_problem(problem: ApiProblem) -> JSONResponse:
    """Return the response for a problem."""
    body: dict[str, Any] = {
        "type": f"{TYPE_PREFIX}{problem.name}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
    }
    if problem.detail:
        body["detail"] = problem.detail
    if problem.candidates:
        body["candidates"] = list(problem.candidates)
    if problem.errors:
        body["errors"] = [error.model_dump() for error in problem.errors]
    return JSONResponse(body, status_code=problem.status, headers=problem.headers, media_type=PROBLEM_TYPE)


def describe_store_failure(error: Exception, route: str) -> ApiProblem:
    """Log that the store could not be used, and return the problem, without its details."""
    log.warning(
        "a request of the API was not answered",
        route=route,
        reason=explain_database_error(error) or type(error).__name__,
    )
    detail = "The service cannot answer at the moment. Nothing has changed; try again later."
    return ApiProblem(503, "unavailable", detail, headers={"Retry-After": str(RETRY_AFTER)})
