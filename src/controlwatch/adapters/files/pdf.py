"""Parse the text of a PDF: ruled tables as rows, other visual lines joined into paragraphs."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterable
from functools import partial
from itertools import chain

import pypdfium2
from pypdf import PdfReader

from controlwatch.adapters.files import ENCRYPTED, ParsedFile, Unreadable
from controlwatch.adapters.files.parse_errors import get_parse_errors
from controlwatch.adapters.files.pdf_fonts import use_box_font
from controlwatch.adapters.files.pdf_marks import list_attached, read_marks
from controlwatch.adapters.files.pdf_page import (
    Box,
    count_unmapped_characters,
    covers_with_picture,
    find_picture,
    get_page_transform,
    has_raised_figures,
    is_text_unseen,
    read_glyphs,
    read_ruling_lines,
)
from controlwatch.adapters.files.pdf_paragraphs import to_text_lines
from controlwatch.adapters.files.pdf_tables import RuledTable, join_continued_tables, split_page
from controlwatch.adapters.files.picture_text import MAX_SIDE, PictureReader, Pixels
from controlwatch.adapters.files.pictures import RecognizedPages, add_recognized, recognize_pages

PageContent = tuple[str | RuledTable, ...]

_LEGIBLE = re.compile(r"[0-9\u3400-\u9fff]")
_MORE = 1.1  # a library that finds so much more than the other knows the fonts better
_FEW_UNMAPPED, _UNMAPPED_SHARE = 3, 0.05  # bullets of a page are not worth a doubt
_FEW_LEGIBLE, _MAX_MARK = 7, 60  # characters of the mark of a scanner: 扫描全能王创建
_MAX_PAGES = 600
_MAX_CPU_SECONDS = 15  # of CPU for all pages; the pages read by then are kept
_DOTS_PER_POINT = 200 / 72  # small print is still legible


def read_pdf(body: bytes, *, reader: PictureReader | None = None) -> ParsedFile:
    """Parse a PDF; pages without text may be scanned: they are recognised by a reader, or are a doubt."""
    file = _PdfFile(body)
    start = time.process_time()
    pages: list[PageContent] = []
    while len(pages) < min(file.count, _MAX_PAGES) and time.process_time() - start <= _MAX_CPU_SECONDS:
        pages.append(file.read_page(len(pages)))
    pages = [() if file.is_scan(number, page) else page for number, page in enumerate(pages)]
    blank = [number for number, page in enumerate(pages) if not page]
    drawn = [number for number in blank if file.has_drawing(number)]
    unseen = {number for number, page in enumerate(pages) if page and file.is_text_unseen(number)}
    inlaid = [
        (number, box)
        for number, page in enumerate(pages)
        if page and number not in unseen and (box := file.find_picture(number)) is not None
    ]
    whole = ((number, partial(file.draw_page, number)) for number in drawn)
    parts = (
        (len(pages) + at, partial(file.draw_part, number, box)) for at, (number, box) in enumerate(inlaid)
    )
    seen = recognize_pages(chain(whole, parts), reader)
    seen_pages, seen_parts = _split_seen(seen, count=len(pages))
    doubts = [*file.describe_text(unseen), *seen_pages.describe(blank=len(blank), count=len(pages))]
    if not pages:
        doubts.append("the file has no pages")
    elif len(pages) < file.count:
        why = "" if len(pages) == _MAX_PAGES else f" within {_MAX_CPU_SECONDS} seconds"
        doubts.append(f"only the first {len(pages)} of {file.count} pages were read{why}")
    parsed = ParsedFile(
        "\n".join(to_text_lines(join_continued_tables(pages))),
        tuple(doubts),
        pictures=len(drawn) - len(seen_pages.pages),
        picture_text=seen_pages.text,
    )
    return add_recognized(parsed, seen_parts, count=len(inlaid))


def _split_seen(seen: RecognizedPages, *, count: int) -> tuple[RecognizedPages, RecognizedPages]:
    """Return what was recognised on the `count` pages of a file, and in the pictures beside their texts."""
    whole = {number: content for number, content in seen.pages.items() if number < count}
    parts = {number: content for number, content in seen.pages.items() if number >= count}
    return RecognizedPages(whole, seen.illegible), RecognizedPages(parts)


class _PdfFile:
    """A PDF in two libraries: PDFium gives positions, PyPDF the text of pages without ruled tables."""

    def __init__(self, body: bytes) -> None:
        use_box_font()
        self.unmapped = 0  #: characters that are drawn and cannot be read
        self.struck = 0  #: passages that are struck through by a mark over the page
        self._pdfium: pypdfium2.PdfDocument | None = None
        try:
            self._pdfium = pypdfium2.PdfDocument(body)
        except pypdfium2.PdfiumError as error:
            if error.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD:
                raise Unreadable(ENCRYPTED) from error
        self._pypdf: PdfReader | None = None
        try:
            self._pypdf = PdfReader(io.BytesIO(body))
            self.count = len(self._pypdf.pages)
        except get_parse_errors():
            if self._pdfium is None:
                raise
        if self._pdfium is not None:
            self.count = len(self._pdfium)

    def read_page(self, number: int) -> PageContent:
        """Return the visual lines and ruled tables of a page, from top to bottom, then what lies over it."""
        content = self._read_content(number)
        if self._pypdf is None or number >= len(self._pypdf.pages):
            return content
        marks = read_marks(self._pypdf.pages[number])
        self.struck += marks.struck
        return (*content, *marks.lines)

    def describe_text(self, unseen: Iterable[int]) -> tuple[str, ...]:
        """Return the doubts about the text; `unseen` are the pages on which it lies under a scan."""
        doubts: list[str] = []
        if self.unmapped:
            doubts.append(
                f"{self.unmapped} characters are in a font that does not tell what they are;"
                " they were not read"
            )
        if count := len(tuple(unseen)):
            pages = "1 page" if count == 1 else f"{count} pages"
            doubts.append(
                f"the text of {pages} was recognised in a scan by its maker; compare it with the scan"
            )
        if self.struck:
            passages = "1 passage is" if self.struck == 1 else f"{self.struck} passages are"
            doubts.append(f"{passages} struck through by a mark over the page and still read; look")
        files = list_attached(self._pypdf) if self._pypdf is not None else ()
        return (*doubts, *(f"{name} was attached and not read; hand it in separately" for name in files))

    def _read_content(self, number: int) -> PageContent:
        content: PageContent = ()
        legible, needs_places = 0, False
        if self._pdfium is not None:
            legible, needs_places = self._inspect_page(number)
            content = _read_with_pdfium(self._pdfium, number, is_ruled=True)
        if any(isinstance(part, RuledTable) for part in content):
            return content
        if self._pdfium is not None and needs_places:
            return _read_with_pdfium(self._pdfium, number, is_ruled=False)
        try:
            if self._pypdf is None:
                raise Unreadable("no library opens it")
            text = self._pypdf.pages[number].extract_text()
        except get_parse_errors():
            if self._pdfium is None:
                raise
            return _read_with_pdfium(self._pdfium, number, is_ruled=False)
        if self._pdfium is not None and legible > _MORE * len(_LEGIBLE.findall(text)):
            return _read_with_pdfium(self._pdfium, number, is_ruled=False)
        return tuple(line for line in text.splitlines() if line.strip())

    def is_scan(self, number: int, content: PageContent) -> bool:
        """Return whether a page is one picture with no more on it than a number or the mark of a scanner."""
        words = "".join(part for part in content if isinstance(part, str))
        has_table = any(isinstance(part, RuledTable) for part in content)
        has_text = len(words) > _MAX_MARK or len(_LEGIBLE.findall(words)) > _FEW_LEGIBLE
        if self._pdfium is None or not content or has_table or has_text:
            return False
        page = self._pdfium[number]
        try:
            return covers_with_picture(page)
        finally:
            page.close()

    def is_text_unseen(self, number: int) -> bool:
        """Return whether most of the text of a page lies under a scan."""
        if self._pdfium is None:
            return False
        page = self._pdfium[number]
        try:
            return is_text_unseen(page)
        finally:
            page.close()

    def find_picture(self, number: int) -> Box | None:
        """Return the place of a picture beside the text of a page that can hold a table."""
        if self._pdfium is None:
            return None
        page = self._pdfium[number]
        try:
            return find_picture(page)
        finally:
            page.close()

    def has_drawing(self, number: int) -> bool:
        """Return whether a page shows anything; one that cannot be opened does not."""
        try:
            page = self._pdfium[number] if self._pdfium is not None else None
        except pypdfium2.PdfiumError:
            return False
        if page is None:
            return False
        try:
            return any(True for _ in page.get_objects(max_depth=1))
        finally:
            page.close()

    def draw_page(self, number: int) -> Pixels:
        """Return a page as it looks. Raises `Unreadable` where no library can draw it."""
        return self._draw(number, (0, 0, 0, 0))

    def draw_part(self, number: int, box: Box) -> Pixels:
        """Return a part of a page as it looks; the whole of one that is turned. Raises `Unreadable`."""
        if self._pdfium is None:
            raise Unreadable("no library draws it")
        page = self._pdfium[number]
        try:
            left, bottom, right, top = page.get_bbox()
            if page.get_rotation():
                return self.draw_page(number)
        finally:
            page.close()
        return self._draw(number, (box[0] - left, box[1] - bottom, right - box[2], top - box[3]))

    def _draw(self, number: int, crop: Box) -> Pixels:
        """Return a page without margins at its left, bottom, right and top."""
        if self._pdfium is None:
            raise Unreadable("no library draws it")
        page = self._pdfium[number]
        try:
            scale = min(_DOTS_PER_POINT, MAX_SIDE / max(page.get_size()))
            drawn: Pixels = page.render(scale=scale, crop=crop).to_numpy()[:, :, :3].copy()
            return drawn
        finally:
            page.close()

    def _inspect_page(self, number: int) -> tuple[int, bool]:
        """Return how many figures and Han characters a page shows, and whether some are powers or indices.

        What cannot be read is counted in `unmapped`.
        """
        if self._pdfium is None:
            return 0, False
        try:
            page = self._pdfium[number]
        except pypdfium2.PdfiumError:
            return 0, False
        try:
            text = page.get_textpage().get_text_range()
            unmapped = count_unmapped_characters(page)
            if unmapped > max(_FEW_UNMAPPED, len(text) * _UNMAPPED_SHARE):
                self.unmapped += unmapped
            return len(_LEGIBLE.findall(text)), has_raised_figures(page, get_page_transform(page))
        finally:
            page.close()


def _read_with_pdfium(file: pypdfium2.PdfDocument, number: int, *, is_ruled: bool) -> PageContent:
    """Return a page as PDFium reads it; with `is_ruled`, nothing for a page without ruling lines."""
    try:
        page = file[number]
    except pypdfium2.PdfiumError:
        return ()
    try:
        transform = get_page_transform(page)
        horizontal, vertical = read_ruling_lines(page, transform) if is_ruled else ([], [])
        if is_ruled and not (horizontal and len(vertical) > 1):
            return ()
        return tuple(split_page(read_glyphs(page, transform), horizontal, vertical))
    finally:
        page.close()
