"""The report of a dossier as a PDF; its Chinese is in a font that PDF readers supply, so none is embedded.

Needs the extra `evidence`. The same report gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from importlib.util import find_spec
from io import BytesIO
from typing import Any

from controlwatch.core.evidence.dossier import EvidenceReport

#: What to do where the libraries are not installed.
INSTALL_HINT = "needs the extra: pip install 'controlwatch[evidence]'"
_FONT_NAME = "STSong-Light"
_MARGIN = 48  # points
#: A cell longer than a page cannot be laid out; the dossier has the full text in separate files.
_MAX_CELL_LENGTH = 900


def is_installed() -> bool:
    """Return whether PDFs can be written here."""
    return find_spec("reportlab") is not None


def render_pdf(report: EvidenceReport) -> bytes:
    """Return the report as a PDF."""
    from reportlab.lib.pagesizes import A4, landscape
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.platypus import SimpleDocTemplate

    registerFont(UnicodeCIDFont(_FONT_NAME))
    out = BytesIO()
    page = SimpleDocTemplate(
        out,
        pagesize=landscape(A4),
        invariant=True,
        title=report.heading,
        author="controlwatch",
        **dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), _MARGIN),
    )
    page.build(
        list(_build_flow(report, page.width)), onFirstPage=_draw_page_number, onLaterPages=_draw_page_number
    )
    return out.getvalue()


def _draw_page_number(canvas: Any, page: Any) -> None:
    canvas.setFont(_FONT_NAME, 8)
    canvas.drawRightString(page.width + _MARGIN, _MARGIN / 2, str(canvas.getPageNumber()))


def _build_flow(report: EvidenceReport, width: float) -> Iterator[Any]:
    from reportlab.platypus import Spacer, Table

    yield _build_paragraph(report.heading, 16)
    yield _build_paragraph(report.title, 11)
    yield _build_paragraph(f"Exported on {report.exported_on}.", 9)
    for warning in report.warnings:
        yield _build_paragraph(warning, 9, colour="#b42318")
    for section in report.sections:
        yield Spacer(0, 10)
        yield _build_paragraph(section.title, 12, with_next=True)
        for text in section.words:
            yield _build_paragraph(text, 9)
        if not section.rows:
            continue
        has_heading = any(section.columns)
        rows = [section.columns, *section.rows] if has_heading else list(section.rows)
        longest = [
            max(min(max((len(row[column]) for row in rows), default=1), 64), 10)
            for column in range(len(section.columns))
        ]
        yield Table(
            [[_build_paragraph(cell, 8) for cell in row] for row in rows],
            colWidths=[width * length / sum(longest) for length in longest],
            repeatRows=has_heading,
            style=[("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEABOVE", (0, 0), (-1, -1), 0.4, "#d0d5dd")],
        )


def _build_paragraph(text: str, size: float, *, colour: str = "#101828", with_next: bool = False) -> Any:
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph

    shown = text if len(text) <= _MAX_CELL_LENGTH else text[: _MAX_CELL_LENGTH - 1] + "…"
    style = ParagraphStyle(
        "words",
        fontName=_FONT_NAME,
        fontSize=size,
        leading=size * 1.4,
        wordWrap="CJK",
        textColor=colour,
        keepWithNext=with_next,
    )
    return Paragraph(escape(shown).replace("\n", "<br/>"), style)
