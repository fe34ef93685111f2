"""Write the weekly report as a PDF of A4 pages, with page numbers.

Chinese is set in a font that every PDF reader has or replaces (STSong-Light of the Adobe-GB1 collection): no
font file is shipped or embedded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer

from controlwatch.core.rendering.weekly_report_text import ReportEntry, ReportText

LATIN_FONT, CHINESE_FONT = "Helvetica", "STSong-Light"
MARGIN, FOOTER = 20 * mm, 12 * mm
SOFT, LINK = HexColor("#4b5768"), HexColor("#0b4fa8")
#: What Helvetica has in the encoding that PDF readers know: Latin letters, dashes, quotation marks.
LATIN_RUN = re.compile(r"[\x20-\x7e\u00a0-\u00ff–—‘’“”•…€™]+")
#: The font has no character beyond the first plane: the mark that Chinese printers set for a missing one.
MISSING_SIGN = "〓"
BEYOND_FONT = re.compile("[\U00010000-\U0010ffff]")


def write_report_pdf(report: ReportText, path: Path) -> None:
    """Write a report to a PDF file; an existing one is replaced."""
    registerFont(UnicodeCIDFont(CHINESE_FONT))
    document = SimpleDocTemplate(
        str(path),
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        title=report.title,
        author="controlwatch",
        subject=report.lines[0] if report.lines else "",
    )
    document.build(list(_list_flowables(report)), canvasmaker=_build_canvas_maker(report.title))


def _list_flowables(report: ReportText) -> Iterator[Flowable]:
    yield _set_text(report.title, size=17, after=4)
    for line in report.lines:
        yield _set_text(line, soft=True)
    for caution in report.cautions:
        yield _set_text(f"! {caution}", before=3)
    for section in report.sections:
        yield _set_text(section.heading, size=13, before=12, after=3, keep=True)
        if not section.entries:
            yield _set_text(section.nothing, soft=True)
        for entry in section.entries:
            yield from _list_entry_flowables(entry)


def _list_entry_flowables(entry: ReportEntry) -> Iterator[Flowable]:
    yield _set_text(entry.heading, size=10, before=5, keep=bool(entry.lines or entry.quotes))
    for line in entry.lines:
        yield _set_text(line, indent=4 * mm)
    for quote in entry.quotes:
        yield _set_text(quote, indent=8 * mm, soft=True)
    if entry.url:
        link = escape(entry.url, {'"': "&quot;"})
        yield Paragraph(f'<a href="{link}">{_mark_fonts(entry.url)}</a>', _choose_style(8, 4 * mm, LINK))
    yield Spacer(0, 1 * mm)


def _set_text(
    text: str,
    *,
    size: float = 9,
    indent: float = 0,
    before: float = 0,
    after: float = 0,
    soft: bool = False,
    keep: bool = False,
) -> Paragraph:
    style = _choose_style(size, indent, SOFT if soft else HexColor("#131a26"))
    style.spaceBefore, style.spaceAfter, style.keepWithNext = before, after, int(keep)
    return Paragraph(_mark_fonts(text), style)


def _choose_style(size: float, indent: float, color: Any) -> ParagraphStyle:
    return ParagraphStyle(
        "report",
        fontName=CHINESE_FONT,
        fontSize=size,
        leading=size * 1.4,
        leftIndent=indent,
        textColor=color,
        wordWrap="CJK",
    )


def _mark_fonts(text: str) -> str:
    """Return a text as markup of a paragraph: Latin in its own font, everything else in the Chinese one."""
    marked, place = [], 0
    text = BEYOND_FONT.sub(MISSING_SIGN, text)
    for run in LATIN_RUN.finditer(text):
        marked.append(escape(text[place : run.start()]))
        marked.append(f'<font name="{LATIN_FONT}">{escape(run[0])}</font>')
        place = run.end()
    return "".join((*marked, escape(text[place:])))


def _build_canvas_maker(title: str) -> type[Canvas]:
    """Return a canvas that numbers its pages once it knows how many there are."""

    class NumberedCanvas(Canvas):  # type: ignore[misc]
        """Keeps every page until the last one is known."""

        def __init__(self, *words: Any, **options: Any) -> None:
            super().__init__(*words, **options)
            self._kept_pages: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 - of the library
            """Keep a page."""
            self._kept_pages.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            """Write the pages, each with its number."""
            for number, kept in enumerate(self._kept_pages, start=1):
                self.__dict__.update(kept)
                self.setFont(CHINESE_FONT, 8)
                self.setFillColor(SOFT)
                self.drawString(MARGIN, FOOTER, title)
                self.drawRightString(A4[0] - MARGIN, FOOTER, f"{number} / {len(self._kept_pages)}")
                super().showPage()
            super().save()

    return NumberedCanvas
