"""The sources and their health."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from controlwatch.bootstrap.app import App
from controlwatch.core.law.answers import WatcherLine
from controlwatch.web.api.json_answers import render_json


class SourceList(BaseModel):
    """Every declared source."""

    items: list[WatcherLine]


def build_source_routes(app: App) -> APIRouter:
    """Return the route that lists sources."""
    router = APIRouter(tags=["sources"])

    @router.get("/sources", response_model=SourceList)
    def list_sources(request: Request) -> Response:
        """List every source with its health: when it was last read, and what was missed."""
        return render_json(request, {"items": app.queries.list_watchers()})

    return router
