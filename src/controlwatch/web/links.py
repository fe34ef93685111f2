"""The links in our mails: unsubscribe, continue, confirm, acknowledge.

A GET only shows a button, because programs that scan mail follow links. The button and the one-click
unsubscribe of a mail program (RFC 8058) send a POST. The page says what became of it in the store.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from fastapi import APIRouter, Response

from controlwatch.core.alerting.follow_up import AcknowledgeResult
from controlwatch.core.alerting.signed_links import TokenPurpose, read_token
from controlwatch.services.ports import Subscriptions
from controlwatch.services.store import AlertActions, StoredOutbox
from controlwatch.services.subscribe import end_by_link
from controlwatch.web.message_page import UNKNOWN_LINK, render_page

EXPIRED_LINK = (
    "This link has expired. Nothing has changed; the operator of the service can do what it was for."
)
HAS_ENDED = "This subscription has ended. Nothing has changed; ask the operator of the service for a new one."
ACKNOWLEDGE_ANSWERS: dict[AcknowledgeResult, tuple[str, int]] = {
    "acknowledged": ("Acknowledged. The log of alerts shows it.", 200),
    "already": ("Nothing has changed: these alerts were dealt with before.", 200),
    "ended": ("Nothing has changed: the subscription that this mail belongs to has ended.", 410),
    "unknown": ("Nothing has changed: this mail is not known here.", 404),
}

log = structlog.get_logger()

#: What became of an action: the sentence of the page, and its HTTP status.
Outcome = tuple[str, int]


@dataclass(frozen=True, slots=True)
class _LinkPages:
    """Answers links whose token was signed with the secret; without a secret, none is."""

    secret: bytes

    def ask(self, purpose: TokenPurpose, token: str, question: str, button: str) -> Response:
        """Return a page with the question and a button that posts."""
        return self._answer(purpose, token, lambda _subject: render_page(question, button=button))

    def perform(self, purpose: TokenPurpose, token: str, action: Callable[[int], Outcome]) -> Response:
        """Perform an action on what a token names, and return a page that says what became of it."""

        def act(subject: int) -> Response:
            words, status = action(subject)
            return render_page(words, status=status)

        return self._answer(purpose, token, act)

    def _answer(self, purpose: TokenPurpose, token: str, answer: Callable[[int], Response]) -> Response:
        found = read_token(self.secret, purpose, token) if self.secret else None
        if found is None:
            return render_page(UNKNOWN_LINK, status=404)
        if found.has_expired(datetime.now(UTC)):
            return render_page(EXPIRED_LINK, status=410)
        return answer(found.subject)


@dataclass(frozen=True, slots=True)
class _SubscriptionActions:
    """What links do to subscriptions; each returns what became of it."""

    subscriptions: Subscriptions
    outbox: StoredOutbox

    def end(self, number: int) -> Outcome:
        """End a subscription; ending it twice is allowed."""
        if end_by_link(self.subscriptions, self.outbox, number, now=datetime.now(UTC)):
            log.warning("a link has ended a subscription", undo=f"controlwatch resume {number}")
            return "The subscription has ended. Its address is sent a link to continue it.", 200
        if self.subscriptions.find_state(number) == "unknown":
            return UNKNOWN_LINK, 404
        return "The subscription had ended before. Nothing has changed.", 200

    def resume(self, number: int) -> Outcome:
        """Continue a subscription that has ended."""
        if self.subscriptions.reactivate(number):
            log.info("a link has continued a subscription", subscription=number)
            return "The subscription continues. Alerts will be sent to this address.", 200
        if self.subscriptions.find_state(number) == "unknown":
            return UNKNOWN_LINK, 404
        return "The subscription has not ended. Nothing has changed.", 200

    def confirm(self, number: int) -> Outcome:
        """Confirm a subscription."""
        state = self.subscriptions.find_state(number)
        if state == "active":
            return "Nothing has changed: this address was confirmed before, and gets alerts.", 200
        if state == "unconfirmed" and self.subscriptions.confirm(number):
            return "Confirmed. Alerts will be sent to this address.", 200
        return (UNKNOWN_LINK, 404) if state == "unknown" else (HAS_ENDED, 410)


def build_link_routes(
    secret: bytes, subscriptions: Subscriptions, outbox: StoredOutbox, actions: AlertActions
) -> APIRouter:
    """Return the routes of the links; `secret` is what they are signed with."""
    router, pages = APIRouter(), _LinkPages(secret)
    performed = _SubscriptionActions(subscriptions, outbox)

    @router.get("/unsubscribe/{token}")
    def ask_to_end(token: str) -> Response:
        """Ask whether to end the subscription."""
        question = "End this subscription, for everybody who reads its mails?"
        return pages.ask("unsubscribe", token, question, "Unsubscribe · 退订")

    @router.post("/unsubscribe/{token}")
    def end_subscription(token: str) -> Response:
        """End the subscription."""
        return pages.perform("unsubscribe", token, performed.end)

    @router.get("/resubscribe/{token}")
    def ask_to_resume(token: str) -> Response:
        """Ask whether to continue the subscription."""
        return pages.ask("resubscribe", token, "Continue this subscription?", "Continue · 恢复")

    @router.post("/resubscribe/{token}")
    def resume_subscription(token: str) -> Response:
        """Continue the subscription."""
        return pages.perform("resubscribe", token, performed.resume)

    @router.get("/confirm/{token}")
    def ask_to_confirm(token: str) -> Response:
        """Ask whether to send alerts to the address."""
        return pages.ask("confirm", token, "Send alerts to this address?", "Confirm · 确认")

    @router.post("/confirm/{token}")
    def confirm_subscription(token: str) -> Response:
        """Confirm the subscription."""
        return pages.perform("confirm", token, performed.confirm)

    @router.get("/acknowledge/{token}")
    def ask_to_acknowledge(token: str) -> Response:
        """Ask whether to acknowledge the alerts."""
        return pages.ask("acknowledge", token, "Acknowledge the alerts of this mail?", "Acknowledge · 已阅")

    @router.post("/acknowledge/{token}")
    def acknowledge_alerts(token: str) -> Response:
        """Record that the recipient of the mail has acknowledged its alerts."""

        def acknowledge(delivery_id: int) -> Outcome:
            return ACKNOWLEDGE_ANSWERS[actions.acknowledge(delivery_id, now=datetime.now(UTC))]

        return pages.perform("acknowledge", token, acknowledge)

    return router
