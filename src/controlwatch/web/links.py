"""The links of our mails: unsubscribe and confirm.

A GET only shows a button: programs that scan mail follow links. The button, and the one click of a mail
program (RFC 8058), POST.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment

from controlwatch.core.tokens import Purpose, verify

if TYPE_CHECKING:
    from controlwatch.app import App

_PAGE = Environment(autoescape=True).from_string("""\
<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>controlwatch</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"></head>
<body style="margin:10vh auto;max-width:36em;padding:0 1em;\
font:17px/1.5 Helvetica,Arial,sans-serif;color:#101828">
<h1 style="font-size:20px">controlwatch</h1><p>{{ words }}</p>
{% if button -%}
<form method="post"><button style="font:inherit;padding:.5em 1em">{{ button }}</button></form>
{%- endif %}
</body></html>
""")
#: The pages load nothing, run nothing and can stand in no frame.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_UNKNOWN = "This link is not one of ours, or was cut on its way. Nothing has been changed."


def links(app: App) -> APIRouter:
    """Return the routes of the links."""
    router = APIRouter()

    @router.get("/unsubscribe/{token}")
    def ask_to_end(token: str) -> Response:
        """Ask whether the subscription is to end."""
        return _asked(app, "unsubscribe", token, "End this subscription?", "Unsubscribe · 退订")

    @router.post("/unsubscribe/{token}")
    def end(token: str) -> Response:
        """End the subscription; ending it twice is no error."""
        return _done(app, "unsubscribe", token, app.store.unsubscribe, "The subscription has ended.")

    @router.get("/confirm/{token}")
    def ask_to_confirm(token: str) -> Response:
        """Ask whether the address wants what was asked for it."""
        return _asked(app, "confirm", token, "Send alerts to this address?", "Confirm · 确认")

    @router.post("/confirm/{token}")
    def confirm(token: str) -> Response:
        """Confirm the subscription."""
        return _done(app, "confirm", token, app.store.confirm, "Confirmed. Alerts will come to this address.")

    return router


def _asked(app: App, purpose: Purpose, token: str, words: str, button: str) -> Response:
    if _subject(app, purpose, token) is None:
        return _page(_UNKNOWN, status=404)
    return _page(words, button=button)


def _done(app: App, purpose: Purpose, token: str, act: Callable[[int], bool], words: str) -> Response:
    subject = _subject(app, purpose, token)
    if subject is None:
        return _page(_UNKNOWN, status=404)
    act(subject)
    return _page(words)


def _subject(app: App, purpose: Purpose, token: str) -> int | None:
    secret = app.pipeline.links.secret
    return verify(secret, purpose, token) if secret else None


def _page(words: str, *, button: str = "", status: int = 200) -> Response:
    return HTMLResponse(_PAGE.render(words=words, button=button), status_code=status, headers=_HEADERS)
