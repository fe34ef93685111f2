"""The report of a dossier as a page that stands alone: no script, nothing fetched."""

from __future__ import annotations

from jinja2 import Environment, StrictUndefined

from controlwatch.core.evidence.dossier import EvidenceReport

_PAGE = Environment(autoescape=True, undefined=StrictUndefined).from_string("""\
<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{{ report.heading }}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
body { margin: 4vh auto; max-width: 70em; padding: 0 1em }
body { font: 15px/1.5 Helvetica, Arial, sans-serif; color: #101828 }
h1 { font-size: 22px; margin: 0 } h2 { font-size: 17px; margin: 28px 0 4px }
table { border-collapse: collapse; width: 100% } .warning { color: #b42318 }
th, td { text-align: left; vertical-align: top; padding: 4px 12px 4px 0; border-top: 1px solid #eaecf0 }
td { overflow-wrap: anywhere }
pre { white-space: pre-wrap; font: inherit; background: #f9fafb; padding: 16px }
</style></head><body>
<h1>{{ report.heading }}</h1><p lang="zh">{{ report.title }}</p><p>Exported on {{ report.exported_on }}.</p>
{% for warning in report.warnings %}<p class="warning">{{ warning }}</p>
{% endfor %}
{% for section in report.sections %}<h2>{{ section.title }}</h2>
{% for text in section.words %}<p>{{ text }}</p>
{% endfor %}
{% if section.rows %}<table><tr>{% for name in section.columns %}<th>{{ name }}</th>{% endfor %}</tr>
{% for row in section.rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</table>{% endif %}
{% endfor %}
<h2>The text as it was read · 正文</h2>
<pre lang="zh">{{ text }}</pre>
</body></html>
""")


def render_report(report: EvidenceReport, text: str) -> str:
    """Return the page; `text` is the notice's as it was read last. Both must be harmless already."""
    return _PAGE.render(report=report, text=text)
