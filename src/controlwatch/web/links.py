"""The links in our mails: unsubscribe, confirm, acknowledge.

A GET only shows a button, because programs that scan mail follow links. The button and the one-click
unsubscribe of a mail program (RFC 8058) send a POST.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import APIRouter, Response

from controlwatch.core.alerting.signed_links import TokenPurpose, verify_token
from controlwatch.services.ports import Subscriptions
from controlwatch.services.store import AlertActions
from controlwatch.web.pages import UNKNOWN_LINK, render_page


@dataclass(frozen=True, slots=True)
class _LinkPages:
    """Answers links whose token was signed with the secret; without a secret, none is."""

    secret: bytes

    def ask(self, purpose: TokenPurpose, token: str, question: str, button: str) -> Response:
        """Return a page with the question and a button that posts."""
        if self._verify(purpose, token) is None:
            return render_page(UNKNOWN_LINK, status=404)
        return render_page(question, button=button)

    def perform(
        self, purpose: TokenPurpose, token: str, action: Callable[[int], object], done: str
    ) -> Response:
        """Perform an action on what a token names, and return a page that says so."""
        subject = self._verify(purpose, token)
        if subject is None:
            return render_page(UNKNOWN_LINK, status=404)
        action(subject)
        return render_page(done)

    def _verify(self, purpose: TokenPurpose, token: str) -> int | None:
        return verify_token(self.secret, purpose, token) if self.secret else None


def build_link_routes(secret: bytes, subscriptions: Subscriptions, actions: AlertActions) -> APIRouter:
    """Return the routes of the links; `secret` is what they are signed with."""
    router, pages = APIRouter(), _LinkPages(secret)

    @router.get("/unsubscribe/{token}")
    def ask_to_end(token: str) -> Response:
        """Ask whether to end the subscription."""
        return pages.ask("unsubscribe", token, "End this subscription?", "Unsubscribe · 退订")

    @router.post("/unsubscribe/{token}")
    def end_subscription(token: str) -> Response:
        """End the subscription; ending it twice is allowed."""
        return pages.perform("unsubscribe", token, subscriptions.unsubscribe, "The subscription has ended.")

    @router.get("/confirm/{token}")
    def ask_to_confirm(token: str) -> Response:
        """Ask whether to send alerts to the address."""
        return pages.ask("confirm", token, "Send alerts to this address?", "Confirm · 确认")

    @router.post("/confirm/{token}")
    def confirm_subscription(token: str) -> Response:
        """Confirm the subscription."""
        done = "Confirmed. Alerts will be sent to this address."
        return pages.perform("confirm", token, subscriptions.confirm, done)

    @router.get("/acknowledge/{token}")
    def ask_to_acknowledge(token: str) -> Response:
        """Ask whether to acknowledge the alerts."""
        return pages.ask("acknowledge", token, "Acknowledge the alerts of this mail?", "Acknowledge · 已阅")

    @router.post("/acknowledge/{token}")
    def acknowledge_alerts(token: str) -> Response:
        """Record that the recipient of the mail has acknowledged its alerts."""

        def acknowledge(delivery_id: int) -> None:
            actions.acknowledge(delivery_id, now=datetime.now(UTC))

        return pages.perform("acknowledge", token, acknowledge, "Acknowledged. The log of alerts shows it.")

    return router
