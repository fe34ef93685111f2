"""A page with one sentence, and the security headers of all pages."""

from __future__ import annotations

from fastapi import Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, StrictUndefined

_PAGE = Environment(autoescape=True, undefined=StrictUndefined).from_string("""\
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
#: The pages load nothing, run nothing and cannot be framed.
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
UNKNOWN_LINK = "This link is not valid, or is incomplete. Nothing has changed."


def render_page(words: str, *, button: str = "", status: int = 200) -> Response:
    """Return a page with a sentence and, where it has a label, a button that posts to the same address."""
    return HTMLResponse(
        _PAGE.render(words=words, button=button), status_code=status, headers=SECURITY_HEADERS
    )
