"""Documents that need review: the list, and settling them."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from controlwatch.core.model import Verdict
from controlwatch.core.model.errors import UsageError
from controlwatch.services.settle_review import Reviews, settle_review
from controlwatch.web.access import get_visitor
from controlwatch.web.form_guard import get_form, get_text
from controlwatch.web.page_frame import PageFrame

PER_PAGE = 40
DONE = {"yes": "The judgement was recorded.", "before": "Nothing has changed: it was judged before."}


def build_review_list_routes(frame: PageFrame, reviews: Reviews) -> APIRouter:
    """Return the route of the list, which every reader may open."""
    router = APIRouter()

    @router.get("/reviews")
    def list_reviews(request: Request, part: int = 1, done: str = "") -> Response:
        """Show a part of what waits for a person, the longest first."""
        waiting = reviews.list_reviews()
        part = max(1, min(part, 1 + len(waiting) // PER_PAGE))
        shown = part * PER_PAGE
        return frame.render(
            request,
            "reviews.html",
            lines=waiting[shown - PER_PAGE : shown],
            part=part,
            more=len(waiting) > shown,
            context=frame.build_context(request),
            done=frame.translate(request, DONE[done]) if done in DONE else "",
        )

    return router


def build_review_routes(frame: PageFrame, reviews: Reviews) -> APIRouter:
    """Return the route by which officers settle."""
    router = APIRouter()

    @router.post("/reviews/{number}", dependencies=[Depends(frame.forms.check)])
    def settle(request: Request, number: int) -> Response:
        """Record the judgement of the person."""
        form, who = get_form(request), get_visitor(request).name
        chosen, note = get_text(form, "verdict"), get_text(form, "note")
        if chosen not in {"change", "no-change"}:
            raise UsageError("choose whether it changes the rules")
        verdict: Verdict = "change" if chosen == "change" else "no-change"
        settled = settle_review(
            reviews,
            number,
            verdict=verdict,
            who=who,
            note=note,
            now=frame.clock(),
        )
        frame.record_action(request, "settle", f"review {number}", f"{verdict} {note}".strip())
        return RedirectResponse(f"/reviews?done={'yes' if settled.is_first else 'before'}", status_code=303)

    return router
