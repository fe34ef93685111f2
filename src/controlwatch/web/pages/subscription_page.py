"""Subscriptions: mine and the team's; create and change them with a preview, pause, mute, end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from controlwatch.bootstrap.app import App
from controlwatch.core.alerting.subscription_criteria import WEEKDAYS
from controlwatch.core.model import Mute, Subscription
from controlwatch.core.model.account import Visitor
from controlwatch.core.model.errors import UsageError
from controlwatch.core.rendering.reason_text import name_criteria
from controlwatch.core.rendering.subscription_text import describe_timing, describe_timing_zh
from controlwatch.services.ports import Subscriptions
from controlwatch.services.publications import Publications
from controlwatch.web.access import get_visitor
from controlwatch.web.form_guard import get_form, get_text
from controlwatch.web.new_subscriptions import check_target, create_subscription
from controlwatch.web.page_frame import PageFrame, RowPosition
from controlwatch.web.pages.subscription_form import (
    DIRECTIONS,
    build_form_values,
    list_category_choices,
    parse_subscription_form,
    read_form_values,
)

#: Subscriptions of the team that are shown at once.
PER_PAGE = 40
NEW = Subscription(channel="email", target="", health=False)
#: What was done → the sentence that says so.
DONE = {
    "saved": "The subscription was saved.",
    "asked": "The address was sent a mail to confirm; nothing else is sent until then.",
    "pause": "The subscription is paused; its alerts wait.",
    "resume": "The subscription is active again.",
    "mute": "The category is muted.",
    "end": "The subscription has ended.",
    "none": "Nothing has changed: the subscription was in that state already.",
}


def build_subscription_list_routes(frame: PageFrame, app: App) -> APIRouter:
    """Return the route of the list, which every reader may open."""
    router = APIRouter()

    @router.get("/subscriptions")
    def list_subscriptions(request: Request, done: str = "", after: RowPosition = 0) -> Response:
        """Show the subscriptions of the person, and a part of those of the team."""
        own = list_own(app.store.subscriptions, get_visitor(request))
        found = app.store.subscriptions.list_active(after=after, limit=PER_PAGE + 1)
        part, context = found[:PER_PAGE], frame.build_context(request)
        describe = describe_timing_zh if context.language == "zh" else describe_timing
        return frame.render(
            request,
            "subscriptions.html",
            own=own if not after else (),
            others=[item for item in part if item not in own],
            descriptions={item.id: name_criteria(item, context) for item in (*own, *part)},
            timings={item.id: describe(item) for item in (*own, *part)},
            is_first=not after,
            next_after=part[-1].id if len(found) > PER_PAGE else None,
            categories=sorted(app.queries.names.list_categories()),
            done=frame.translate(request, DONE[done]) if done in DONE else "",
        )

    return router


def list_own(subscriptions: Subscriptions, visitor: Visitor) -> tuple[Subscription, ...]:
    """Return the subscriptions of a person: those that they made, and those that go to their address."""
    if visitor.account_id is None:
        return ()
    return subscriptions.list_own(owner=visitor.name, address=visitor.email)


def find_subscription(app: App, number: int) -> Subscription:
    """Return an active subscription; raises `UsageError` where there is none of this number."""
    found = app.store.subscriptions.find_active(number)
    if found is None:
        raise UsageError(f"no active subscription {number}")
    return found


def build_subscription_routes(frame: PageFrame, app: App, publications: Publications) -> APIRouter:
    """Return the routes that change subscriptions."""
    router, queries = APIRouter(), app.queries
    checked = [Depends(frame.forms.check)]

    def render_form(request: Request, before: Subscription, values: dict[str, Any], **more: Any) -> Response:
        known: dict[str, Any] = {"error": "", "preview": None, "has_more": bool(before.id), **more}
        return frame.render(
            request,
            "subscription_form.html",
            values=values,
            number=before.id,
            calendar=find_calendar_path(publications, before, get_visitor(request)),
            channels=sorted({*app.channels, "email", "slack", "webhook"}),
            groups=list_category_choices(queries.names, values["categories"]),
            directions=DIRECTIONS,
            weekdays=WEEKDAYS,
            **known,
        )

    def handle_form(request: Request, before: Subscription) -> Response:
        form, visitor = get_form(request), get_visitor(request)
        values = read_form_values(form)
        try:
            wanted = parse_subscription_form(values, before, queries.names)
            wanted = replace(
                wanted,
                target=check_target(app, wanted.channel, wanted.target),
                owner=before.owner or visitor.name,
            )
            if get_text(form, "step") != "save":
                preview = queries.preview(wanted, now=frame.clock())
                return render_form(request, before, values, preview=preview, has_more=True)
            done = _save(app, wanted, before, visitor, frame)
        except UsageError as error:
            return render_form(request, before, values, error=str(error), has_more=True, status_code=422)
        frame.record_action(request, "subscribe", f"subscription {wanted.id or 'new'}", wanted.target)
        return RedirectResponse(f"/subscriptions?done={done}", status_code=303)

    @router.get("/subscriptions/new")
    def show_new_form(request: Request) -> Response:
        """Show an empty form, with the address of the person."""
        new = replace(NEW, target=get_visitor(request).email)
        return render_form(request, new, build_form_values(new))

    @router.post("/subscriptions/new", dependencies=checked)
    def create_subscription(request: Request) -> Response:
        """Show what a new subscription would have got, or save it."""
        return handle_form(request, NEW)

    @router.get("/subscriptions/{number}/edit")
    def show_form(request: Request, number: int) -> Response:
        """Show the form of a subscription."""
        item = find_subscription(app, number)
        return render_form(request, item, build_form_values(item))

    @router.post("/subscriptions/{number}/edit", dependencies=checked)
    def change_subscription(request: Request, number: int) -> Response:
        """Show what a changed subscription would have got, or save it."""
        return handle_form(request, find_subscription(app, number))

    return router


def find_calendar_path(publications: Publications, item: Subscription, visitor: Visitor) -> str:
    """Return the path of the calendar of a subscription; "" where the person may not have it.

    A person may have the calendars of the subscriptions that send to them, an operator those of all.
    """
    is_theirs = bool(visitor.email) and item.target.casefold() == visitor.email.casefold()
    if not item.id or not item.confirmed or not (is_theirs or visitor.is_operator):
        return ""
    return publications.build_subscription_calendar_path(item.id)


def build_subscription_action_routes(frame: PageFrame, app: App) -> APIRouter:
    """Return the route that pauses, resumes, mutes or ends a subscription."""
    router, subscriptions = APIRouter(), app.store.subscriptions

    @router.post("/subscriptions/{number}/{action}", dependencies=[Depends(frame.forms.check)])
    def act_on_subscription(request: Request, number: int, action: str) -> Response:
        """Pause, resume, mute or end a subscription."""
        form, visitor, item = get_form(request), get_visitor(request), find_subscription(app, number)
        detail = ""
        match action:
            case "pause":
                changed = subscriptions.pause(item.id, f"paused by {visitor.name}", frame.clock())
            case "resume":
                changed = subscriptions.resume(item.id)
            case "end":
                changed = subscriptions.unsubscribe(item.id)
            case "mute":
                days = get_text(form, "days") or "30"
                if not days.isascii() or not days.isdigit() or int(days) > 366:
                    raise UsageError(f"{days!r} is not a number of days up to 366")
                detail = app.queries.names.find_category(get_text(form, "category"))
                until = frame.clock() + timedelta(days=int(days))
                changed = app.store.actions.mute_category(
                    item.id, Mute(category=detail, until=until, who=visitor.name)
                )
            case _:
                raise UsageError(f"a subscription cannot be {action[:20]!r}")
        frame.record_action(request, action, f"subscription {number}", detail)
        return RedirectResponse(f"/subscriptions?done={action if changed else 'none'}", status_code=303)

    return router


def _save(app: App, wanted: Subscription, before: Subscription, visitor: Visitor, frame: PageFrame) -> str:
    """Save a subscription, and return what became of it.

    Only operators subscribe the address of another person without asking it.
    """
    is_other = wanted.channel == "email" and wanted.target.casefold() != visitor.email.casefold()
    if before.id:
        if is_other and wanted.target != before.target and not visitor.is_operator:
            raise UsageError(
                "an address of another person is a new subscription: they are asked to confirm it"
            )
        return "saved" if app.store.subscriptions.update(wanted) else "none"
    who = "A colleague on the pages of this service (本服务网页用户)"
    created = create_subscription(app, wanted, visitor, who=who, now=frame.clock())
    return "asked" if created.must_confirm else "saved"
