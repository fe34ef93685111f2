"""Webhooks: the log of their deliveries, and sending one again. For operators only."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from controlwatch.bootstrap.app import App
from controlwatch.core.alerting.delivery_lines import DeliveryLine, ReplayResult
from controlwatch.core.model import Subscription
from controlwatch.web.api.action_log import ApiActionLog
from controlwatch.web.api.alert_routes import DeliveryKey
from controlwatch.web.api.api_access import ApiGuard, ApiVisitor
from controlwatch.web.api.cursors import (
    FORBID_OTHERS,
    PAGE_SIZE,
    Cursor,
    Page,
    PageSize,
    parse_number_position,
    read_cursor,
    write_cursor,
)
from controlwatch.web.api.json_answers import render_json
from controlwatch.web.api.problems import ApiProblem
from controlwatch.web.api.subscription_models import SubscriptionResource, show_subscription
from controlwatch.web.api.subscription_routes import Number, find_active

#: Why a delivery is not sent again.
REFUSALS: dict[ReplayResult, tuple[int, str]] = {
    "unknown": (404, "This webhook has no delivery of this key."),
    "ended": (409, "The subscription has ended."),
    "muted": (409, "The delivery was muted: it was never to be sent."),
    "under-way": (409, "The delivery is being sent, or waits for its first attempt."),
}


class DeliveryListQuery(BaseModel):
    """A part of the log."""

    model_config = FORBID_OTHERS

    limit: PageSize = PAGE_SIZE
    cursor: Cursor = None


class WebhookList(BaseModel):
    """Active subscriptions whose channel is webhook."""

    items: list[SubscriptionResource]


class ReplayAnswer(BaseModel):
    """A delivery that is due again."""

    key: str
    due_at: datetime


def build_webhook_routes(app: App, guard: ApiGuard, log: ApiActionLog) -> APIRouter:
    """Return the routes of webhooks."""
    router = APIRouter(tags=["webhooks"], dependencies=[Depends(guard.allow("operate"))])
    deliveries = app.store.deliveries

    @router.get("/webhooks", response_model=WebhookList)
    def list_webhooks(request: Request, visitor: ApiVisitor) -> Response:
        """List the active subscriptions whose channel is webhook."""
        items = [item for item in app.store.subscriptions.list_active() if item.channel == "webhook"]
        return render_json(request, {"items": [show_subscription(item, visitor) for item in items]})

    @router.get("/webhooks/{number}/deliveries", response_model=Page[DeliveryLine])
    def list_deliveries(
        request: Request, number: Number, asked: Annotated[DeliveryListQuery, Query()]
    ) -> Response:
        """List the deliveries of a webhook, newest first, with their states and the reasons of failures."""
        of_list = f"webhook {find_webhook(app, number).id}"
        before = parse_number_position(read_cursor(asked.cursor, of_list)) if asked.cursor else None
        found = deliveries.list_deliveries(number, before=before, limit=asked.limit + 1)
        items = found[: asked.limit]
        more = write_cursor(str(items[-1].id), of_list) if len(found) > asked.limit else None
        return render_json(request, {"items": items, "next": more})

    @router.post("/webhooks/{number}/deliveries/{key}/replay", response_model=ReplayAnswer, status_code=202)
    def replay_delivery(request: Request, visitor: ApiVisitor, number: Number, key: DeliveryKey) -> Response:
        """Send a delivery again, with all that its message carried and under the same key."""
        find_webhook(app, number)
        now = datetime.now(UTC)
        result = deliveries.replay(number, key, now=now)
        if result != "replayed":
            status, detail = REFUSALS[result]
            raise ApiProblem(status, f"not-replayed-{result}", detail)
        log.record_action(request, "replay", f"subscription {number}", key)
        return render_json(request, {"key": key, "due_at": now}, status=202)

    return router


def find_webhook(app: App, number: int) -> Subscription:
    """Return an active webhook by its number; raises `ApiProblem`."""
    found = find_active(app, number)
    if found.channel != "webhook":
        raise ApiProblem(404, "unknown-webhook", f"subscription {number} is not a webhook")
    return found
