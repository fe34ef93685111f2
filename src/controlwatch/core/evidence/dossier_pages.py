"""The report of a dossier as a page and as a PDF. The same report gives the same bytes.

A part of check.py, as `dossier_report` is. The page stands alone: no script, nothing fetched. The PDF has its
Chinese in a font that PDF readers supply, so none is embedded; it is written here and not by a library,
because a reader must be able to make the same bytes again with nothing but Python.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from controlwatch.core.evidence.dossier_report import EvidenceReport, ReportSection

_STYLE = """\
body { margin: 4vh auto; max-width: 70em; padding: 0 1em }
body { font: 15px/1.5 Helvetica, Arial, sans-serif; color: #101828 }
h1 { font-size: 22px; margin: 0 } h2 { font-size: 17px; margin: 28px 0 4px }
table { border-collapse: collapse; width: 100% } .warning { color: #b42318 }
th, td { text-align: left; vertical-align: top; padding: 4px 12px 4px 0; border-top: 1px solid #eaecf0 }
td { overflow-wrap: anywhere }
pre { white-space: pre-wrap; font: inherit; background: #f9fafb; padding: 16px }"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
EXPORTED_ON = "Exported on "


def render_page(report: EvidenceReport, text: str) -> str:
    """Return the page; `text` is that of the newest version, without invisible characters."""
    head = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(report.heading)}</title>\n"
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"<style>\n{_STYLE}\n</style></head><body>\n"
        f'<h1>{escape(report.heading)}</h1><p lang="zh">{escape(report.title)}</p>'
        f"<p>{EXPORTED_ON}{report.exported_on}.</p>\n"
    )
    warnings = "".join(f'<p class="warning">{escape(warning)}</p>\n' for warning in report.warnings)
    sections = "".join(_render_section(section) for section in report.sections)
    tail = f'<h2>The text as it was read · 正文</h2>\n<pre lang="zh">{escape(text)}</pre>\n</body></html>\n'
    return head + warnings + sections + tail


def _render_section(section: ReportSection) -> str:
    words = "".join(f"<p>{escape(text)}</p>\n" for text in section.words)
    if not section.rows:
        return f"<h2>{escape(section.title)}</h2>\n{words}"
    names = "".join(f"<th>{escape(name)}</th>" for name in section.columns)
    cells = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in section.rows)
    table = f"<table><tr>{names}</tr>\n" + "".join(f"<tr>{row}</tr>\n" for row in cells) + "</table>\n"
    return f"<h2>{escape(section.title)}</h2>\n{words}{table}"


# --------------------------------------------------------------------------- the PDF

#: Points: A4 across.
PAGE_WIDTH, PAGE_HEIGHT, MARGIN = 842, 595, 48
#: A longer cell does not fit on a page; the dossier has the full text in separate files.
MAX_CELL_LENGTH = 900

Line = tuple[float, float, float, str]  #: x, y from below, size, text


def render_pdf(report: EvidenceReport) -> bytes:
    """Return the report as a PDF."""
    return _write_pdf(report.heading, [_draw_lines(lines) for lines in _lay_out(report)])


def _lay_out(report: EvidenceReport) -> list[list[Line]]:
    """Return the lines of each page."""
    pages: list[list[Line]] = [[]]
    left = float(PAGE_HEIGHT - 2 * MARGIN)
    for size, cells, widths in _list_rows(report):
        columns = [_wrap_text(cell, width / size) for cell, width in zip(cells, widths, strict=True)]
        height = max(map(len, columns), default=0) * size * 1.4 + (size / 2 if len(cells) > 1 else 0)
        if height > left and pages[-1]:
            pages.append([])
            left = float(PAGE_HEIGHT - 2 * MARGIN)
        top, x = MARGIN + left, float(MARGIN)
        for lines, width in zip(columns, widths, strict=True):
            pages[-1] += [(x, top - (n + 1) * size * 1.4, size, line) for n, line in enumerate(lines)]
            x += width
        left -= height
    for number, page in enumerate(pages, 1):
        page.append((PAGE_WIDTH - MARGIN, MARGIN / 2, 8, str(number)))
    return pages


def _list_rows(report: EvidenceReport) -> Iterator[tuple[float, tuple[str, ...], tuple[float, ...]]]:
    """Yield the rows of the PDF from above: the size of the font, the cells and their widths."""
    full = float(PAGE_WIDTH - 2 * MARGIN)
    yield 16, (report.heading,), (full,)
    yield 11, (report.title,), (full,)
    for line in (f"{EXPORTED_ON}{report.exported_on}.", *report.warnings):
        yield 9, (line,), (full,)
    for section in report.sections:
        for size, text in ((6, ""), (12, section.title), *((9, text) for text in section.words)):
            yield size, (text,), (full,)
        rows = [section.columns, *section.rows] if any(section.columns) else list(section.rows)
        if not section.rows:
            continue
        longest = [
            max(10, *(min(_measure_text(row[n]), 64) for row in rows)) for n in range(len(section.columns))
        ]
        for row in rows:
            yield 8, row, tuple(full * length / sum(longest) for length in longest)


def _measure_text(text: str) -> float:
    """Return the width of a text, in heights of its font: a Latin letter is half as wide as a Chinese one."""
    return sum(0.5 if " " <= character <= "~" else 1.0 for character in text)


def _wrap_text(text: str, width: float) -> list[str]:
    """Return a text in lines that fit the width of a column, with a margin to the next."""
    text = text if len(text) <= MAX_CELL_LENGTH else text[: MAX_CELL_LENGTH - 1] + "…"
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line, used = "", 0.0
        for character in paragraph:
            wide = _measure_text(character)
            if line and used + wide > width - 1:
                lines.append(line)
                line, used = "", 0.0
            line, used = line + character, used + wide
        lines.append(line)
    return lines


def _draw_lines(lines: list[Line]) -> bytes:
    commands = (
        f"BT /F1 {size} Tf {x:.2f} {y:.2f} Td <{text.encode('utf-16-be', 'replace').hex()}> Tj ET"
        for x, y, size, text in lines
    )
    return "\n".join(commands).encode()


def _write_pdf(title: str, pages: list[bytes]) -> bytes:
    """Return a PDF of pages that use one font, F1."""
    kids = " ".join(f"{6 + 2 * n} 0 R" for n in range(len(pages)))
    shown_title = title.encode("utf-16", "replace").hex()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UTF16-H "
        b"/DescendantFonts [4 0 R] >>",
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /DW 1000 /W [1 95 500] "
        b"/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> "
        b"/FontDescriptor << /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /ItalicAngle 0 "
        b"/FontBBox [-25 -254 1000 880] /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >> >>",
        f"<< /Title <{shown_title}> /Author (controlwatch) >>".encode(),
    ]
    for number, drawn in enumerate(pages):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {PAGE_WIDTH} {PAGE_HEIGHT}] "
            f"/Resources << /Font << /F1 3 0 R >> >> /Contents {7 + 2 * number} 0 R >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%b\nendstream" % (len(drawn), drawn))
    out, places = b"%PDF-1.5\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    trailer = b"trailer\n<< /Size %d /Root 1 0 R /Info 5 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % count + table + trailer
