"""Questions of law: status, lookup, key dates ahead, differences between two days. Days are in Beijing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from controlwatch.adapters.catalog.vocabulary_loader import load_vocabulary
from controlwatch.bootstrap.app import App
from controlwatch.core.asking.typed_numbers import read_typed_number
from controlwatch.core.law.answers import CategoryStatus, LookupResult, StatusDifference
from controlwatch.core.law.status import LegalStatus
from controlwatch.core.model import KeyDate
from controlwatch.core.model.timezones import to_beijing_day
from controlwatch.core.model.typed_text import normalize_typed_text
from controlwatch.services.input_types import MAX_CATEGORIES, IsoDay, Name, NoticeName
from controlwatch.web.api.cursors import FORBID_OTHERS
from controlwatch.web.api.json_answers import render_json

#: Days that `upcoming` looks ahead.
MAX_DAYS_AHEAD = 3_660
OnDay = Annotated[IsoDay | None, Field(description="The day to answer for. Default: today in Beijing.")]
Categories = Annotated[
    list[Name],
    Field(max_length=MAX_CATEGORIES, description="Only these categories, groups or elements; repeatable."),
]


class StatusQuery(BaseModel):
    """What to tell the status of."""

    model_config = FORBID_OTHERS

    subject: NoticeName = Field(description="A notice by number or address, a category or an element.")
    on: OnDay = None


class LookupQuery(BaseModel):
    """What to look up."""

    model_config = FORBID_OTHERS

    query: Name = Field(description="An HS code, a control code, or a name in Chinese or English.")
    on: OnDay = None


class UpcomingQuery(BaseModel):
    """Which key dates to list."""

    model_config = FORBID_OTHERS

    days: int = Field(30, ge=1, le=MAX_DAYS_AHEAD)
    on: OnDay = None
    category: Categories = Field(default_factory=list)


class CompareQuery(BaseModel):
    """Which days to compare."""

    model_config = FORBID_OTHERS

    first: IsoDay = Field(alias="from", description="The earlier day.")
    last: IsoDay | None = Field(None, alias="to", description="The later day. Default: today.")
    category: Categories = Field(default_factory=list)


class UpcomingAnswer(BaseModel):
    """Key dates, earliest first."""

    on: date
    days: int
    items: list[KeyDate]
    cautions: list[str] = Field(description="What limits the answer: read these before you rely on it.")


class CompareAnswer(BaseModel):
    """Notices whose status differs."""

    first: date
    last: date
    items: list[StatusDifference]
    cautions: list[str] = Field(description="What limits the answer: read these before you rely on it.")


def build_law_routes(app: App) -> APIRouter:
    """Return the routes of questions of law."""
    router, law = APIRouter(tags=["law"]), app.queries.law
    patterns = load_vocabulary().numbers

    @router.get("/status", response_model=LegalStatus | CategoryStatus)
    def get_status(request: Request, asked: Annotated[StatusQuery, Query()]) -> Response:
        """Say whether a notice, a category or an element is in force on a day, and why."""
        subject = read_typed_number(asked.subject, patterns, app.lexicon)
        return render_json(request, law.status(subject, on=asked.on or find_today()))

    @router.get("/lookup", response_model=LookupResult)
    def look_up(request: Request, asked: Annotated[LookupQuery, Query()]) -> Response:
        """Say which notices and provisions control an item on a day. No hit proves nothing."""
        query = normalize_typed_text(asked.query) or asked.query
        return render_json(request, law.lookup(query, on=asked.on or find_today()))

    @router.get("/upcoming", response_model=UpcomingAnswer)
    def list_upcoming(request: Request, asked: Annotated[UpcomingQuery, Query()]) -> Response:
        """List what takes effect, ends or closes in the days after a day."""
        on = asked.on or find_today()
        items = law.upcoming(on=on, days=asked.days, categories=asked.category)
        answer = {"on": on, "days": asked.days, "items": items, "cautions": law.list_cautions(on)}
        return render_json(request, answer)

    @router.get("/compare", response_model=CompareAnswer)
    def compare_days(request: Request, asked: Annotated[CompareQuery, Query()]) -> Response:
        """List the notices whose status differs between two days, with the acts that changed it."""
        last = asked.last or find_today()
        items = law.compare(first=asked.first, last=last, categories=asked.category)
        answer = {"first": asked.first, "last": last, "items": items, "cautions": law.list_cautions(last)}
        return render_json(request, answer)

    return router


def find_today() -> date:
    """Return the current day in Beijing."""
    return to_beijing_day(datetime.now(UTC))
