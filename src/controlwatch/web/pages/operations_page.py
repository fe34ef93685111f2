"""What operators look after: deliveries, paused targets, held floods, the review queue, leads."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from controlwatch.bootstrap.app import App
from controlwatch.core.model.errors import UsageError
from controlwatch.web.form_guard import get_form, get_text
from controlwatch.web.page_frame import PageFrame

DONE = {
    "retry": "What had failed is due now.",
    "resume": "The subscription is active again.",
    "held": "The held notices will be read at the next polls of their source.",
    "none": "Nothing has changed.",
}


def build_operations_routes(frame: PageFrame, app: App) -> APIRouter:
    """Return the routes for operators."""
    router, queries, store = APIRouter(), app.queries, app.store
    checked = [Depends(frame.forms.check)]

    @router.get("/operations")
    def show_operations(request: Request, done: str = "") -> Response:
        """Show what needs a person."""
        return frame.render(
            request,
            "operations.html",
            problems=queries.find_problems(),
            deliveries=store.queries.count_deliveries(),
            troubles=queries.list_channel_troubles(),
            refused=queries.list_refused_deliveries(),
            paused=queries.list_paused(),
            held=queries.list_held(),
            reviews=store.reviews.count_open(),
            leads=queries.list_leads(),
            done=frame.translate(request, DONE[done]) if done in DONE else "",
        )

    @router.post("/operations/retry", dependencies=checked)
    def retry_deliveries(request: Request) -> Response:
        """Make due what was refused or waits."""
        count = store.outbox.retry_failed(frame.clock())
        frame.record_action(request, "retry", "deliveries", str(count))
        return RedirectResponse(f"/operations?done={'retry' if count else 'none'}", status_code=303)

    @router.post("/operations/resume", dependencies=checked)
    def resume_target(request: Request) -> Response:
        """Send to a paused subscription again."""
        number = get_text(get_form(request), "number")
        if not number.isascii() or not number.isdigit() or len(number) > 18:
            raise UsageError(f"no subscription {number[:20]!r}")
        has_resumed = store.subscriptions.resume(int(number))
        frame.record_action(request, "resume", f"subscription {number}")
        return RedirectResponse(f"/operations?done={'resume' if has_resumed else 'none'}", status_code=303)

    @router.post("/operations/held", dependencies=checked)
    def settle_held(request: Request) -> Response:
        """Release or shelve the held notices of a source."""
        form = get_form(request)
        watcher = queries.names.find_watcher(get_text(form, "watcher"))
        what, containing = get_text(form, "what"), get_text(form, "containing")
        if what not in {"release", "shelve"}:
            raise UsageError("choose whether to alert people to them")
        count = store.references.settle_held(
            watcher.id, may_alert=what == "release", containing=containing, now=frame.clock()
        )
        frame.record_action(request, what, watcher.id, containing)
        return RedirectResponse(f"/operations?done={'held' if count else 'none'}", status_code=303)

    return router
