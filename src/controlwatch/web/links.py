"""The links of our mails: unsubscribe, confirm, acknowledge.

A GET only shows a button: programs that scan mail follow links. The button, and the one click of a mail
program (RFC 8058), POST.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from fastapi import APIRouter, Response

from controlwatch.core.alerting.signed_links import TokenPurpose, verify_token
from controlwatch.web.pages import UNKNOWN_LINK, render_page

if TYPE_CHECKING:
    from controlwatch.bootstrap import App


def build_link_routes(app: App) -> APIRouter:
    """Return the routes of the links."""
    router = APIRouter()

    @router.get("/unsubscribe/{token}")
    def ask_to_end(token: str) -> Response:
        """Ask whether the subscription is to end."""
        return _render_question(app, "unsubscribe", token, "End this subscription?", "Unsubscribe · 退订")

    @router.post("/unsubscribe/{token}")
    def end_subscription(token: str) -> Response:
        """End the subscription; ending it twice is no error."""
        return _perform_action(
            app, "unsubscribe", token, app.store.subscriptions.unsubscribe, "The subscription has ended."
        )

    @router.get("/confirm/{token}")
    def ask_to_confirm(token: str) -> Response:
        """Ask whether the address wants what was asked for it."""
        return _render_question(app, "confirm", token, "Send alerts to this address?", "Confirm · 确认")

    @router.post("/confirm/{token}")
    def confirm_subscription(token: str) -> Response:
        """Confirm the subscription."""
        return _perform_action(
            app,
            "confirm",
            token,
            app.store.subscriptions.confirm,
            "Confirmed. Alerts will come to this address.",
        )

    @router.get("/acknowledge/{token}")
    def ask_to_acknowledge(token: str) -> Response:
        """Ask whether the alert is acknowledged."""
        return _render_question(
            app, "acknowledge", token, "Acknowledge what this mail says?", "Acknowledge · 已阅"
        )

    @router.post("/acknowledge/{token}")
    def acknowledge_alerts(token: str) -> Response:
        """Note that whoever the mail went to has acknowledged it."""
        act = partial(app.store.actions.acknowledge, now=datetime.now(UTC))
        return _perform_action(
            app, "acknowledge", token, act, "Acknowledged. It stands in the log of alerts."
        )

    return router


def _render_question(app: App, purpose: TokenPurpose, token: str, words: str, button: str) -> Response:
    if _verify_token(app, purpose, token) is None:
        return render_page(UNKNOWN_LINK, status=404)
    return render_page(words, button=button)


def _perform_action(
    app: App, purpose: TokenPurpose, token: str, act: Callable[[int], bool], words: str
) -> Response:
    subject = _verify_token(app, purpose, token)
    if subject is None:
        return render_page(UNKNOWN_LINK, status=404)
    act(subject)
    return render_page(words)


def _verify_token(app: App, purpose: TokenPurpose, token: str) -> int | None:
    secret = app.links.secret
    return verify_token(secret, purpose, token) if secret else None
