"""Alerts as they were delivered, and what people do about them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, Field, model_validator

from controlwatch.bootstrap.app import App
from controlwatch.core.alerting.follow_up import Action, ActionRecord
from controlwatch.core.law.answers import AlertLine
from controlwatch.core.model.account import Visitor
from controlwatch.core.model.text_safety import to_one_line
from controlwatch.services.input_types import IsoDay, Name
from controlwatch.web.api.action_log import ApiActionLog
from controlwatch.web.api.api_access import ApiGuard, ApiVisitor
from controlwatch.web.api.cursors import (
    FORBID_OTHERS,
    PAGE_SIZE,
    Cursor,
    Page,
    PageSize,
    parse_number_position,
    read_cursor,
    refuse_cursor,
    write_cursor,
)
from controlwatch.web.api.json_answers import render_json
from controlwatch.web.api.problems import ApiProblem
from controlwatch.web.api.subscription_models import hide_path

MAX_KEY_LENGTH = 64
OfferedAction = Literal["acknowledged", "not relevant", "assigned", "due"]
#: What each action needs beside its name.
NEEDED: dict[OfferedAction, str] = {"assigned": "assignee", "due": "due"}
#: What an action is called in the log of what people did.
LOGGED_AS: dict[OfferedAction, str] = {
    "acknowledged": "acknowledge",
    "not relevant": "note",
    "assigned": "assign",
    "due": "note",
}
DeliveryKey = Annotated[str, Path(max_length=MAX_KEY_LENGTH, pattern="^[A-Za-z0-9_-]+$")]


class AlertListQuery(BaseModel):
    """Which alerts to list."""

    model_config = FORBID_OTHERS

    open_only: Annotated[bool, Field(description="Only those that wait for an action.")] = False
    limit: PageSize = PAGE_SIZE
    cursor: Cursor = None


class ActionRequest(BaseModel):
    """What a person does about an alert."""

    model_config = FORBID_OTHERS

    what: OfferedAction
    note: Name | None = Field(None, description="The reason why it is not relevant.")
    assignee: Name | None = Field(None, description="Who is to deal with it, when it is assigned.")
    due: IsoDay | None = Field(None, description="The day by which the work should be done.")

    @model_validator(mode="after")
    def check_parts(self) -> ActionRequest:
        """Refuse an action without what it needs, or with what it does not take."""
        for what, name in NEEDED.items():
            if (getattr(self, name) is not None) != (what == self.what):
                raise ValueError(f"{what!r} needs {name!r}, and no other action takes it")
        return self


class ActionList(BaseModel):
    """Every action on an alert, oldest first."""

    items: list[ActionRecord]


def build_alert_routes(app: App, guard: ApiGuard, log: ApiActionLog) -> APIRouter:
    """Return the routes that list alerts and act on them."""
    router, actions = APIRouter(tags=["alerts"]), app.store.actions

    @router.get("/alerts", response_model=Page[AlertLine], dependencies=[Depends(guard.allow("read"))])
    def list_alerts(
        request: Request, visitor: ApiVisitor, asked: Annotated[AlertListQuery, Query()]
    ) -> Response:
        """List alerts as they were delivered, newest first, each with the last action on it."""
        of_list = f"alerts {asked.open_only}"
        before = parse_alert_position(read_cursor(asked.cursor, of_list)) if asked.cursor else None
        found = actions.list_alerts(open_only=asked.open_only, before=before, limit=asked.limit + 1)
        items = found[: asked.limit]
        last = items[-1] if len(found) > asked.limit else None
        more = write_cursor(f"{last.alert}.{last.delivery}", of_list) if last is not None else None
        return render_json(request, {"items": [show_alert(item, visitor) for item in items], "next": more})

    @router.post(
        "/alerts/{key}/actions", response_model=ActionList, dependencies=[Depends(guard.allow("act"))]
    )
    def act_on_alert(
        request: Request, visitor: ApiVisitor, key: DeliveryKey, asked: ActionRequest
    ) -> Response:
        """Acknowledge an alert, say that it is not relevant, assign it, or set a day; returns all actions."""
        what: Action = asked.what
        due = asked.due.isoformat() if asked.due is not None else ""
        note = to_one_line(asked.assignee or due or asked.note or "", 200)
        done = actions.record_action(
            key, what=what, who=visitor.name, targets=None, note=note, now=datetime.now(UTC)
        )
        if not done:
            raise ApiProblem(404, "unknown-alert", "No alert was delivered under this key.")
        log.record_action(request, LOGGED_AS[asked.what], f"alert {key}", note)
        return render_json(request, {"items": done})

    return router


def show_alert(item: AlertLine, visitor: Visitor) -> AlertLine:
    """Return an alert as a visitor may see it: the path of a webhook is for operators."""
    if item.channel != "webhook" or visitor.is_operator:
        return item
    return replace(item, target=hide_path(item.target))


def parse_alert_position(text: str) -> tuple[int, int]:
    """Return the alert and the delivery of a position; raises `ApiProblem`."""
    alert, dot, delivery = text.partition(".")
    if not dot:
        raise refuse_cursor()
    return parse_number_position(alert), parse_number_position(delivery)
