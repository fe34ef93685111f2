"""Alerts as they were delivered: open ones, by whom they were acted on, and acting on them."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from controlwatch.core.alerting.follow_up import Action
from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.text_safety import to_one_line
from controlwatch.services.store import AlertActions
from controlwatch.web.access import get_visitor
from controlwatch.web.form_guard import get_form, get_text
from controlwatch.web.page_frame import PageFrame, RowPosition

PER_PAGE = 40
#: What officers do here, by the value of the button.
OFFERED_ACTIONS: dict[str, Action] = {
    "acknowledged": "acknowledged",
    "not relevant": "not relevant",
    "assigned": "assigned",
    "due": "due",
}
#: How the log calls an action, where it has another word.
LOGGED_AS: dict[Action, str] = {"acknowledged": "acknowledge", "assigned": "assign"}
DONE = {"yes": "The action was recorded.", "no": "Nothing has changed: this alert is not known."}


def build_alert_list_routes(frame: PageFrame, actions: AlertActions) -> APIRouter:
    """Return the route of the list, which every reader may open."""
    router = APIRouter()

    @router.get("/alerts")
    def list_alerts(
        request: Request,
        all: str = "",  # noqa: A002 - in addresses
        alert: RowPosition = 0,
        delivery: RowPosition = 0,
        done: str = "",
    ) -> Response:
        """Show the open alerts, or all, newest first, behind the alert and delivery where a part ended."""
        show_all = all == "yes"
        before = (alert, delivery) if alert else None
        found = actions.list_alerts(open_only=not show_all, before=before, limit=PER_PAGE + 1)
        lines = found[:PER_PAGE]
        return frame.render(
            request,
            "alerts.html",
            lines=lines,
            show_all=show_all,
            is_first=before is None,
            last=lines[-1] if len(found) > PER_PAGE else None,
            done=frame.translate(request, DONE[done]) if done in DONE else "",
        )

    return router


def build_alert_action_routes(frame: PageFrame, actions: AlertActions) -> APIRouter:
    """Return the route by which officers act."""
    router = APIRouter()

    @router.post("/alerts/act", dependencies=[Depends(frame.forms.check)])
    def act_on_alert(request: Request) -> Response:
        """Record an action of the person."""
        form, who = get_form(request), get_visitor(request).name
        chosen, note = get_text(form, "what"), to_one_line(get_text(form, "note"), 200)
        what = OFFERED_ACTIONS.get(chosen)
        if what is None:
            raise UsageError(f"an alert cannot be {chosen[:20]!r}")
        if what == "due":
            note = _parse_due_day(note)
        if what == "assigned" and not note:
            raise UsageError("write in the field who is to deal with it")
        key, target = get_text(form, "key"), get_text(form, "target")
        recorded = actions.record_action(
            key,
            what=what,
            who=who,
            targets=[target],
            note=note,
            now=frame.clock(),
        )
        frame.record_action(request, LOGGED_AS.get(what, what), f"alert {key}", note)
        return RedirectResponse(f"/alerts?done={'yes' if recorded else 'no'}", status_code=303)

    return router


def _parse_due_day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise UsageError(f"{text!r} is not a day; write it like 2026-11-30") from None
