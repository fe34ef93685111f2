"""The evidence of an alert: conclusions with their sentences, the text as it was read, the bytes as sent.

Alerts hold the signed address. Bytes of a source are served as a download only, so that no browser shows them
as one of our pages.
"""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, StrictUndefined

from controlwatch.core.alerting.signed_links import verify_token
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.answers import AlertEvidence
from controlwatch.core.model.text_safety import strip_hidden, to_one_line
from controlwatch.core.model.timezones import BEIJING, to_beijing_day
from controlwatch.core.rendering.card import build_card
from controlwatch.core.rendering.facts import CardContext
from controlwatch.services.ports import Archive
from controlwatch.services.store import StoredNotices
from controlwatch.web.message_page import SECURITY_HEADERS, UNKNOWN_LINK, render_page

NO_BYTES_NOTE = (
    "No bytes are kept of this notice: it is known from the reference database or from a list page only."
)
_environment = Environment(autoescape=True, undefined=StrictUndefined)
_environment.filters["clean"] = strip_hidden
_environment.filters["line"] = lambda value: to_one_line(value, 2_000)
_PAGE = _environment.from_string("""\
<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{{ card.heading|line }}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
<style>
body { margin: 4vh auto; max-width: 52em; padding: 0 1em }
body { font: 16px/1.5 Helvetica, Arial, sans-serif; color: #101828 }
h1 { font-size: 20px; margin: 4px 0 } h2 { font-size: 17px }
td { padding: 4px 16px 4px 0; vertical-align: top } td:first-child, q { color: #667085 }
pre { white-space: pre-wrap; font: inherit; background: #f9fafb; padding: 16px } .doubt { color: #b54708 }
</style></head><body>
<strong>{{ card.badge|line }}</strong>
<h1>{{ card.heading|line }}</h1><p lang="zh">{{ found.title|line }}</p>
{% for paragraph in card.summary %}<p>{{ paragraph|clean }}</p>{% endfor %}
<h2>Conclusions and their sentences · 结论与依据</h2>
<table>
{% for fact in card.facts + card.caveats %}
<tr><td>{{ fact.label|line }}</td><td>{{ fact.value|line }}
{% if fact.quote %}<br><q lang="zh">{{ fact.quote|line }}</q>{% endif %}</td></tr>
{% endfor %}
</table>
{% for doubt in card.doubts %}<p class="doubt">Doubt: {{ doubt|line }}</p>{% endfor %}
<h2>Our copy · 存档</h2>
{% if found.sha256 %}
<p>From {{ found.url|line }}, {{ fetched }} Beijing time, SHA-256 <code>{{ found.sha256 }}</code>.
<a href="{{ token }}/copy">The bytes as sent</a></p>
{% else %}
<p>{{ no_bytes }}</p>
{% endif %}
<pre lang="zh">{{ found.text|clean }}</pre>
</body></html>
""")


def build_evidence_routes(
    secret: bytes, notices: StoredNotices, archive: Archive, lexicon: Lexicon
) -> APIRouter:
    """Return the routes of the evidence; `secret` is what their addresses are signed with."""
    router = APIRouter()

    def find_evidence(token: str) -> AlertEvidence | None:
        subject = verify_token(secret, "alert", token) if secret else None
        return notices.find_alert_evidence(subject) if subject is not None else None

    @router.get("/alert/{token}")
    def show_evidence(token: str) -> Response:
        """Show the evidence of an alert."""
        found = find_evidence(token)
        if found is None:
            return render_page(UNKNOWN_LINK, status=404)
        drawn = build_card(
            found.alert,
            CardContext(lexicon=lexicon, language="both", today=to_beijing_day(found.alert.made_at)),
        )
        fetched = f"{found.fetched_at.astimezone(BEIJING):%Y-%m-%d %H:%M}" if found.fetched_at else ""
        # The link to the copy is relative: the path of the page depends on how the server is reached.
        body = _PAGE.render(card=drawn, found=found, fetched=fetched, token=token, no_bytes=NO_BYTES_NOTE)
        return HTMLResponse(body, headers=SECURITY_HEADERS)

    @router.get("/alert/{token}/copy")
    def send_copy(token: str) -> Response:
        """Send the bytes as the source sent them."""
        found = find_evidence(token)
        try:
            body = archive.load_bytes(found.sha256) if found is not None and found.sha256 else None
        except KeyError:
            body = None
        if found is None or body is None:
            return render_page(UNKNOWN_LINK if found is None else NO_BYTES_NOTE, status=404)
        name = f'attachment; filename="{found.sha256}.bin"'
        headers = {**SECURITY_HEADERS, "Content-Disposition": name, "Content-Security-Policy": "sandbox"}
        return Response(body, media_type="application/octet-stream", headers=headers)

    return router
