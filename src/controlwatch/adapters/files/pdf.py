"""Read the text of a PDF: rows of ruled tables as rows, other visual lines joined to paragraphs again."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING

import pypdfium2
from pypdf import PdfReader

from controlwatch.adapters.files import ENCRYPTED, ParsedFile, Unreadable
from controlwatch.adapters.files.parse_errors import PARSE_ERRORS
from controlwatch.adapters.files.pdf_page import get_page_transform, read_glyphs, read_ruling_lines
from controlwatch.adapters.files.pdf_paragraphs import to_text_lines
from controlwatch.adapters.files.pdf_table_runs import join_continued_tables
from controlwatch.adapters.files.pdf_tables import RuledTable, split_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    PageContent = tuple[str | RuledTable, ...]

_MAX_PAGES = 600
_MAX_CPU_SECONDS = 15  # of CPU for all pages; what was read by then is better than nothing


def read_pdf(body: bytes) -> ParsedFile:
    """Read a PDF; pages without text are a doubt, never an empty document taken for granted."""
    file = _PdfFile(body)
    pages = tuple(_read_pages(file))
    return ParsedFile(
        "\n".join(to_text_lines(join_continued_tables(pages))), tuple(_list_doubts(pages, file.count))
    )


def _read_pages(file: _PdfFile) -> Iterator[PageContent]:
    begun = time.process_time()
    for number in range(min(file.count, _MAX_PAGES)):
        if time.process_time() - begun > _MAX_CPU_SECONDS:
            return
        yield file.read_page(number)


def _list_doubts(pages: tuple[PageContent, ...], count: int) -> Iterator[str]:
    blank = sum(not page for page in pages)
    if blank:
        yield "needs OCR" if blank == len(pages) else f"needs OCR: {blank} of {len(pages)} pages have no text"
    if not pages:
        yield "the file has no pages"
    elif len(pages) < count:
        why = "" if len(pages) == _MAX_PAGES else f", as far as {_MAX_CPU_SECONDS} seconds go"
        yield f"only the first {len(pages)} of {count} pages were read{why}"


class _PdfFile:
    """A PDF by two libraries: PDFium knows where a page draws, PyPDF reads what has no lines drawn."""

    def __init__(self, body: bytes) -> None:
        self._drawn = _open_with_pdfium(body)
        self._written: PdfReader | None = None
        try:
            self._written = PdfReader(io.BytesIO(body))
            self.count = len(self._written.pages)
        except PARSE_ERRORS:
            if self._drawn is None:
                raise
        if self._drawn is not None:
            self.count = len(self._drawn)

    def read_page(self, number: int) -> PageContent:
        """Return the visual lines and ruled tables of a page, from top to bottom."""
        found = _read_with_pdfium(self._drawn, number, is_ruled=True) if self._drawn is not None else ()
        if any(isinstance(part, RuledTable) for part in found):
            return found
        try:
            return self._extract_lines(number)
        except PARSE_ERRORS:
            if self._drawn is None:
                raise
            return _read_with_pdfium(self._drawn, number, is_ruled=False)

    def _extract_lines(self, number: int) -> PageContent:
        if self._written is None:
            raise Unreadable("no library opens it")
        text = self._written.pages[number].extract_text()
        return tuple(line for line in text.splitlines() if line.strip())


def _open_with_pdfium(body: bytes) -> pypdfium2.PdfDocument | None:
    try:
        return pypdfium2.PdfDocument(body)
    except pypdfium2.PdfiumError as error:
        if error.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD:
            raise Unreadable(ENCRYPTED) from error
        return None


def _read_with_pdfium(file: pypdfium2.PdfDocument, number: int, *, is_ruled: bool) -> PageContent:
    """A page as PDFium sees it. Where only ruled tables are asked for, a page without lines is not read."""
    try:
        page = file[number]
    except pypdfium2.PdfiumError:
        return ()
    try:
        turn = get_page_transform(page)
        level, standing = read_ruling_lines(page, turn) if is_ruled else ([], [])
        if is_ruled and not (level and len(standing) > 1):
            return ()
        return tuple(split_page(read_glyphs(page, turn), level, standing))
    finally:
        page.close()
