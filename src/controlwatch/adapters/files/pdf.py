"""Read the text of a PDF: rows of ruled tables as rows, other visual lines joined to paragraphs again."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING

import pypdfium2
from pypdf import PdfReader

from controlwatch.adapters.files import ENCRYPTED, Reading, Unreadable
from controlwatch.adapters.files.parse_errors import TROUBLE
from controlwatch.adapters.files.pdf_page import glyphs, rules, upright
from controlwatch.adapters.files.pdf_paragraphs import text_of
from controlwatch.adapters.files.pdf_table_runs import continued
from controlwatch.adapters.files.pdf_tables import Table, stretches

if TYPE_CHECKING:
    from collections.abc import Iterator

    Page = tuple[str | Table, ...]

_MOST_PAGES = 600
_SECONDS = 15  # of CPU for all pages; what was read by then is better than nothing


def read_pdf(body: bytes) -> Reading:
    """Read a PDF; pages without text are a doubt, never an empty document taken for granted."""
    file = _File(body)
    pages = tuple(_pages(file))
    return Reading("\n".join(text_of(continued(pages))), tuple(_doubts(pages, file.count)))


def _pages(file: _File) -> Iterator[Page]:
    begun = time.process_time()
    for number in range(min(file.count, _MOST_PAGES)):
        if time.process_time() - begun > _SECONDS:
            return
        yield file.page(number)


def _doubts(pages: tuple[Page, ...], count: int) -> Iterator[str]:
    blank = sum(not page for page in pages)
    if blank:
        yield "needs OCR" if blank == len(pages) else f"needs OCR: {blank} of {len(pages)} pages have no text"
    if not pages:
        yield "the file has no pages"
    elif len(pages) < count:
        why = "" if len(pages) == _MOST_PAGES else f", as far as {_SECONDS} seconds go"
        yield f"only the first {len(pages)} of {count} pages were read{why}"


class _File:
    """A PDF by two libraries: PDFium knows where a page draws, PyPDF reads what has no lines drawn."""

    def __init__(self, body: bytes) -> None:
        self._drawn = _drawn(body)
        self._written: PdfReader | None = None
        try:
            self._written = PdfReader(io.BytesIO(body))
            self.count = len(self._written.pages)
        except TROUBLE:
            if self._drawn is None:
                raise
        if self._drawn is not None:
            self.count = len(self._drawn)

    def page(self, number: int) -> Page:
        """Return the visual lines and ruled tables of a page, from top to bottom."""
        found = _looked_at(self._drawn, number, is_ruled=True) if self._drawn is not None else ()
        if any(isinstance(part, Table) for part in found):
            return found
        try:
            return self._lines(number)
        except TROUBLE:
            if self._drawn is None:
                raise
            return _looked_at(self._drawn, number, is_ruled=False)

    def _lines(self, number: int) -> Page:
        if self._written is None:
            raise Unreadable("no library opens it")
        text = self._written.pages[number].extract_text()
        return tuple(line for line in text.splitlines() if line.strip())


def _drawn(body: bytes) -> pypdfium2.PdfDocument | None:
    try:
        return pypdfium2.PdfDocument(body)
    except pypdfium2.PdfiumError as error:
        if error.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD:
            raise Unreadable(ENCRYPTED) from error
        return None


def _looked_at(file: pypdfium2.PdfDocument, number: int, *, is_ruled: bool) -> Page:
    """A page as PDFium sees it. Where only ruled tables are asked for, a page without lines is not read."""
    try:
        page = file[number]
    except pypdfium2.PdfiumError:
        return ()
    try:
        turn = upright(page)
        level, standing = rules(page, turn) if is_ruled else ([], [])
        if is_ruled and not (level and len(standing) > 1):
            return ()
        return tuple(stretches(glyphs(page, turn), level, standing))
    finally:
        page.close()
