"""Cards as an HTML mail: inline styles, no remote content, everything escaped."""

from __future__ import annotations

from jinja2 import Environment, StrictUndefined
from markupsafe import escape

from controlwatch.core.model.text_safety import strip_hidden, to_one_line
from controlwatch.core.rendering.card import Card
from controlwatch.core.rendering.message import Message
from controlwatch.core.rendering.palette import HTML_COLOURS, TONE_COLOURS
from controlwatch.core.rendering.proof_text import format_proof
from controlwatch.core.rendering.wording import find_word

#: How a badge shows its colour: as a banner where something binds already, as text elsewhere.
BADGES = {
    "urgent": "padding:4px 8px;color:#fff;background",
    "normal": "color",
    "quiet": "color",
}

TEMPLATE = """\
<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>{{ subject|line }}</title></head>
<body style="margin:0;padding:16px;background:#f2f4f7;font-family:Helvetica,Arial,'Noto Sans CJK SC',sans-serif;\
font-size:15px;line-height:1.5;color:#101828">
{% if cards|length > 1 -%}
<h1 style="font-size:18px;margin:0 0 8px">{{ subject|line }}</h1>
<ol>{% for card in cards %}<li><a href="#card{{ loop.index }}">{{ card.headline|line }}</a>\
</li>{% endfor %}</ol>
{%- endif %}
{% for card in cards -%}
<div id="card{{ loop.index }}" style="max-width:680px;margin:0 0 16px;padding:16px;background:#fff;\
border-left:6px solid {{ colours[card.tone] }}">
<div style="font-size:12px;font-weight:bold;{{ badges[card.weight] }}:{{ colours[card.tone] }}">{{ card.badge|line }}{% if card.when %} {{ card.when|line }}{% endif %}</div>
<h2 style="font-size:17px;margin:4px 0">{{ card.heading|line }}</h2>
{% if card.title %}<p style="margin:4px 0;color:#344054">{{ card.title|line }}</p>{% endif %}
{% if card.moved %}<p style="margin:8px 0 0"><b>{{ card.labels[0] }}</b></p><ul>\
{% for line in card.moved %}<li>{{ line|line }}</li>{% endfor %}</ul>{% endif %}
{% if card.redline -%}
<p style="margin:8px 0;padding:8px;background:#f9fafb">
{%- for stretch in card.redline -%}
{%- if stretch.op == "deleted" %}<del style="background:#fee4e2;color:#b42318">{{ stretch.text|clean }}</del>
{%- elif stretch.op == "inserted" %}<ins style="background:#d1fadf;color:#027a48">{{ stretch.text|clean }}</ins>
{%- else %}{{ stretch.text|clean }}{% endif -%}
{%- endfor %}</p>
{%- endif %}
{% for paragraph in card.summary %}<p style="margin:8px 0">{{ paragraph|clean }}</p>{% endfor %}
{% if card.facts -%}
<table style="border-collapse:collapse;width:100%">
{%- for fact in card.facts %}
<tr><td style="padding:4px 12px 4px 0;vertical-align:top;color:#667085;width:24%">\
{% if loop.first or fact.label != loop.previtem.label %}{{ fact.label|line }}{% endif %}</td>
<td style="padding:4px 0;vertical-align:top">{{ fact.value|line }}\
{% if fact.quote %}<br><span style="color:#667085;font-size:13px">{{ fact.quote|proof }}</span>{% endif %}</td></tr>
{%- endfor %}
</table>
{%- endif %}
{% if card.caveats -%}
<p style="margin:8px 0 0"><b>{{ card.caveats[0].label }}</b></p><ul style="margin:4px 0">\
{% for caveat in card.caveats %}<li>{{ caveat.value|line }}<br>\
<span style="color:#667085;font-size:13px">{{ caveat.quote|proof }}</span></li>{% endfor %}</ul>
{%- endif %}
{% for doubt in card.doubts %}<p style="margin:8px 0;color:#b54708">{{ card.labels[2] }}{{ card.colon }}{{ doubt|line }}</p>{% endfor %}
{% if card.url %}<p style="margin:8px 0;word-break:break-all">{{ card.labels[3] }}{{ card.colon }}<a href="{{ card.url|line }}">{{ card.url|line }}</a></p>{% endif %}
{% if card.links %}<p style="margin:8px 0">{% for label, address in card.links %}\
<a href="{{ address|line }}">{{ label|line }}</a>{{ "" if loop.last else " · " }}{% endfor %}</p>{% endif %}
<p style="margin:12px 0 0;font-size:12px;color:#667085">{{ card.footer|map("line")|join(" · ") }}</p>
</div>
{% endfor -%}
"""
READER_LINK = '<a href="{}" style="color:#667085">{}</a>'
CLOSING_LINE = '<p style="max-width:680px;margin:0;font-size:12px;color:#667085">{}</p>\n'
DOCUMENT_END = "</body></html>\n"

_TONE_COLOURS = {tone: HTML_COLOURS[colour] for tone, colour in TONE_COLOURS.items()}
_environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
_environment.filters["line"] = lambda value: to_one_line(value, 2000)
_environment.filters["proof"] = lambda quote: format_proof(quote, 2000)
_environment.filters["clean"] = strip_hidden
_template = _environment.from_string(TEMPLATE)


def render_html(message: Message) -> str:
    """Return a message as an HTML page that reads well in common mail programs."""
    return f"{render_shared_html(message.subject, message.cards)}{render_reader_html(message)}"


def render_shared_html(subject: str, cards: tuple[Card, ...]) -> str:
    """Return the part of the page that is the same for all who get these cards."""
    return _template.render(subject=subject, cards=cards, colours=_TONE_COLOURS, badges=BADGES)


def render_reader_html(message: Message) -> str:
    """Return the end of the page, for one reader."""
    links = " · ".join(
        READER_LINK.format(escape(to_one_line(address, 2000)), escape(find_word(label, "both")))
        for label, address in message.reader_links
        if address
    )
    lines = (str(escape(to_one_line(message.health_line, 1000))), links)
    return "".join(CLOSING_LINE.format(line) for line in lines if line) + DOCUMENT_END
