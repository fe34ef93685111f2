"""Subscriptions: list, try, create, change, pause, resume, mute, end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, Field

from controlwatch.bootstrap.app import App
from controlwatch.core.model import Mute, Subscription
from controlwatch.core.model.account import Visitor
from controlwatch.core.model.errors import UsageError
from controlwatch.services.input_types import Name
from controlwatch.web.api.action_log import ApiActionLog
from controlwatch.web.api.api_access import ApiGuard, ApiVisitor
from controlwatch.web.api.cursors import (
    FORBID_OTHERS,
    MAX_ID,
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
from controlwatch.web.api.subscription_models import (
    NewSubscription,
    SubscriptionAnswer,
    SubscriptionResource,
    SubscriptionSettings,
    build_subscription,
    is_same_wish,
    show_preview,
    show_subscription,
)
from controlwatch.web.new_subscriptions import CreatedSubscription, check_target, create_subscription

#: Who asked, in the mail that asks an address to confirm: never a text that they gave.
ASKED_BY = "A colleague by the API of this service (本服务接口用户)"
#: Days that a mute lasts at most.
MAX_MUTE_DAYS = 366
LIST_NAME = "subscriptions"
Number = Annotated[int, Path(ge=1, le=MAX_ID, description="The number of a subscription.")]


class SubscriptionListQuery(BaseModel):
    """A part of the list."""

    model_config = FORBID_OTHERS

    limit: PageSize = PAGE_SIZE
    cursor: Cursor = None


class TryQuery(BaseModel):
    """Whether to save."""

    model_config = FORBID_OTHERS

    dry_run: Annotated[bool, Field(description="Only say what it would have got; save nothing.")] = False


class MuteRequest(BaseModel):
    """A category to mute."""

    model_config = FORBID_OTHERS

    category: Name
    days: int = Field(30, ge=0, le=MAX_MUTE_DAYS, description="0 ends the mute.")


def build_subscription_routes(app: App, guard: ApiGuard, log: ApiActionLog) -> APIRouter:
    """Return the routes that list, create and change subscriptions."""
    router, store = build_subscriber_router(guard), app.store.subscriptions

    def render_answer(
        request: Request, wanted: Subscription, visitor: Visitor, created: CreatedSubscription | None
    ) -> Response:
        answer = {
            "subscription": show_subscription(wanted, visitor),
            "preview": show_preview(app.queries.preview(wanted, now=datetime.now(UTC))),
            "saved": created is not None,
            "must_confirm": created is not None and created.must_confirm,
        }
        if created is None:
            return render_json(request, answer)
        location = {"Location": f"/api/v1/subscriptions/{created.number}"}
        return render_json(request, answer, status=201, headers=location)

    @router.get("/subscriptions", response_model=Page[SubscriptionResource])
    def list_subscriptions(
        request: Request, visitor: ApiVisitor, asked: Annotated[SubscriptionListQuery, Query()]
    ) -> Response:
        """List the active subscriptions of the team, oldest first."""
        after = parse_number_position(read_cursor(asked.cursor, LIST_NAME)) if asked.cursor else 0
        later = store.list_active(after=after, limit=asked.limit + 1)
        items = later[: asked.limit]
        more = write_cursor(str(items[-1].id), LIST_NAME) if len(later) > asked.limit else None
        return render_json(
            request, {"items": [show_subscription(item, visitor) for item in items], "next": more}
        )

    @router.post(
        "/subscriptions",
        response_model=SubscriptionAnswer,
        status_code=201,
        responses={200: {"model": SubscriptionAnswer, "description": "Tried, and not saved."}},
    )
    def create_new_subscription(
        request: Request, visitor: ApiVisitor, asked: NewSubscription, how: Annotated[TryQuery, Query()]
    ) -> Response:
        """Create a subscription, or only say what it would have got in the last 90 days."""
        wanted = build_wanted(app, asked, visitor)
        if how.dry_run:
            return render_answer(request, wanted, visitor, None)
        same = next((item for item in store.list_active() if is_same_wish(item, wanted)), None)
        if same is not None:
            raise ApiProblem(409, "already-subscribed", f"Subscription {same.id} is the same.")
        created = create_subscription(app, wanted, visitor, who=ASKED_BY, now=datetime.now(UTC))
        log.record_action(request, "subscribe", f"subscription {created.number}", wanted.target)
        return render_answer(request, find_active(app, created.number), visitor, created)

    @router.get("/subscriptions/{number}", response_model=SubscriptionResource)
    def get_subscription(request: Request, visitor: ApiVisitor, number: Number) -> Response:
        """Return an active subscription."""
        return render_json(request, show_subscription(find_active(app, number), visitor))

    @router.patch("/subscriptions/{number}", response_model=SubscriptionResource)
    def change_subscription(
        request: Request, visitor: ApiVisitor, number: Number, asked: SubscriptionSettings
    ) -> Response:
        """Change what is given of a subscription; the rest stays. Its target stays: create another."""
        store.update(build_subscription(asked, find_active(app, number), app.queries.names))
        log.record_action(request, "change", f"subscription {number}", ", ".join(asked.model_fields_set))
        return render_json(request, show_subscription(find_active(app, number), visitor))

    return router


def build_subscription_action_routes(app: App, guard: ApiGuard, log: ApiActionLog) -> APIRouter:
    """Return the routes that pause, resume, mute and end subscriptions."""
    router, store = build_subscriber_router(guard), app.store.subscriptions

    def render_changed(request: Request, visitor: Visitor, number: int, what: str, detail: str) -> Response:
        log.record_action(request, what, f"subscription {number}", detail)
        return render_json(request, show_subscription(find_active(app, number), visitor))

    @router.post("/subscriptions/{number}/pause", response_model=SubscriptionResource)
    def pause_subscription(request: Request, visitor: ApiVisitor, number: Number) -> Response:
        """Hold alerts back until the subscription is resumed."""
        item = find_active(app, number)
        if not store.pause(item.id, f"paused by {visitor.name}", datetime.now(UTC)):
            raise ApiProblem(409, "already-paused", f"Subscription {number} is paused already.")
        return render_changed(request, visitor, number, "pause", "")

    @router.post("/subscriptions/{number}/resume", response_model=SubscriptionResource)
    def resume_subscription(request: Request, visitor: ApiVisitor, number: Number) -> Response:
        """Send alerts again, and what has waited."""
        if not store.resume(find_active(app, number).id):
            raise ApiProblem(409, "not-paused", f"Subscription {number} is not paused.")
        return render_changed(request, visitor, number, "resume", "")

    @router.post("/subscriptions/{number}/mute", response_model=SubscriptionResource)
    def mute_category(request: Request, visitor: ApiVisitor, number: Number, asked: MuteRequest) -> Response:
        """Send no alerts about a category for some days."""
        category = app.queries.names.find_category(asked.category)
        until = datetime.now(UTC) + timedelta(days=asked.days)
        app.store.actions.mute_category(
            find_active(app, number).id, Mute(category=category, until=until, who=visitor.name)
        )
        return render_changed(request, visitor, number, "mute", f"{category} for {asked.days} days")

    @router.delete("/subscriptions/{number}", status_code=204, response_class=Response)
    def end_subscription(request: Request, visitor: ApiVisitor, number: Number) -> Response:
        """End a subscription; what was due to it is dropped."""
        store.unsubscribe(find_active(app, number).id)
        log.record_action(request, "end", f"subscription {number}")
        return Response(status_code=204)

    return router


def build_subscriber_router(guard: ApiGuard) -> APIRouter:
    """Return a router for those who may subscribe."""
    return APIRouter(tags=["subscriptions"], dependencies=[Depends(guard.allow("subscribe"))])


def build_wanted(app: App, asked: NewSubscription, visitor: Visitor) -> Subscription:
    """Return the subscription that is asked for. Raises `UsageError`, and `ApiProblem` for a webhook."""
    if asked.channel == "webhook" and not visitor.is_operator:
        raise ApiProblem(403, "role-required", "Only operators choose the addresses of webhooks.")
    if asked.channel not in app.channels:
        raise UsageError(f"{asked.channel} is not set up here; see docs/settings.md")
    target = check_target(app, asked.channel, asked.target)
    before = Subscription(channel=asked.channel, target=target, health=False, owner=visitor.name)
    plain = SubscriptionSettings.model_validate(
        asked.model_dump(exclude={"channel", "target"}, exclude_unset=True)
    )
    return build_subscription(plain, before, app.queries.names)


def find_active(app: App, number: int) -> Subscription:
    """Return an active subscription; raises `ApiProblem`."""
    found = app.store.subscriptions.find_active(number)
    if found is None:
        raise ApiProblem(404, "unknown-subscription", f"no active subscription {number}")
    return found
