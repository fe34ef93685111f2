"""Listed parties: a search by name, and the screening of many names."""

from __future__ import annotations

import threading
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from controlwatch.bootstrap.app import App
from controlwatch.core.law.party_answers import PartySearchResult, ScreeningResult
from controlwatch.core.model.typed_text import normalize_typed_text
from controlwatch.services.input_types import Name
from controlwatch.web.api.api_access import ApiGuard
from controlwatch.web.api.cursors import FORBID_OTHERS
from controlwatch.web.api.json_answers import render_json
from controlwatch.web.api.law_routes import OnDay, find_today
from controlwatch.web.api.problems import ApiProblem

#: Names in one screening.
MAX_SCREENED_NAMES = 50_000
#: Screenings at a time: each takes a processor for seconds.
MAX_SCREENINGS = 1
#: Seconds after which a client may try again.
RETRY_AFTER = 10


class EntityQuery(BaseModel):
    """Whom to search."""

    model_config = FORBID_OTHERS

    name: Name = Field(description="A name or a part of it, Chinese or English.")
    on: OnDay = None


class ScreeningRequest(BaseModel):
    """Names to screen."""

    model_config = FORBID_OTHERS

    names: list[Name] = Field(min_length=1, max_length=MAX_SCREENED_NAMES)
    on: OnDay = None


def build_entity_routes(app: App, guard: ApiGuard) -> APIRouter:
    """Return the routes that search listed parties."""
    router, parties = APIRouter(tags=["entities"]), app.queries.parties
    free = threading.BoundedSemaphore(MAX_SCREENINGS)

    @router.get("/entities", response_model=PartySearchResult)
    def search_entities(request: Request, asked: Annotated[EntityQuery, Query()]) -> Response:
        """Search listed parties by name: possible matches, never an identification."""
        name = normalize_typed_text(asked.name) or asked.name
        return render_json(request, parties.find_parties(name, on=asked.on or find_today()))

    @router.post("/entities/screening", response_model=ScreeningResult)
    def screen_names(request: Request, asked: ScreeningRequest) -> Response:
        """Screen many names. Nothing is stored; a name has the same matches as in a search."""
        guard.spend_names(request, len(asked.names))
        if not free.acquire(blocking=False):
            detail = "Another screening is running; try again in some seconds."
            raise ApiProblem(503, "busy", detail, headers={"Retry-After": str(RETRY_AFTER)})
        try:
            found = parties.screen_names(asked.names, on=asked.on or find_today())
        finally:
            free.release()
        return render_json(request, found)

    return router
