"""Parse OFD files, the page format of Chinese offices (GB/T 33190): XML pages in a zip."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import NoReturn
from xml.etree.ElementTree import Element, TreeBuilder  # builds only; the parser below refuses entities
from xml.parsers import expat
from zipfile import ZipFile

from controlwatch.adapters.files import PICTURE, ParsedFile, Unreadable
from controlwatch.adapters.files.pdf_lines import Glyph, group_lines
from controlwatch.adapters.files.pdf_paragraphs import to_text_lines
from controlwatch.adapters.files.pdf_tables import (
    RuledTable,
    RulingLine,
    join_continued_tables,
    split_page,
)

_POINTS_PER_MM = 72 / 25.4  # the format measures in millimetres, `pdf_tables` and `pdf_lines` in points
_COLUMN_GAP = 2.0  # sizes; a gap this wide separates columns where no lines are drawn
_MAX_PAGES = 600
_MAX_OFFSETS = 10_000  # offsets of one run of text: "g 9999999 5" takes only a few bytes
_MAX_DISTANCE = 1e5  # millimetres
_PAGE_NAME = re.compile(r"Pages/Page_(\d+)/Content\.xml$")  # Doc_0/Pages/Page_0/Content.xml
_PATH_TOKEN = re.compile(r"([MLC])|([-+.\d]+)\s+([-+.\d]+)")  # M 0 0 L 160 0 C


def read_ofd(archive: ZipFile) -> ParsedFile:
    """Parse the text of every page from top to bottom. Raises `Unreadable` for XML that declares entities.

    The pages are in the order in which each document lists them, else in the order of their numbers.
    """
    names = set(archive.namelist())
    listed = [
        posixpath.normpath(posixpath.join(posixpath.dirname(document), page.get("BaseLoc", "")))
        for document in sorted(name for name in names if name.endswith("Document.xml"))
        for page in _parse_xml(archive.read(document)).iter("Page")
    ]
    page_names = [name for name in listed if name in names]
    if not page_names:
        numbered = ((_PAGE_NAME.search(name), name) for name in names)
        page_names = [name for _, name in sorted((int(found[1]), name) for found, name in numbered if found)]
    pages: list[tuple[str | RuledTable, ...]] = []
    for name in page_names[:_MAX_PAGES]:
        page = _parse_xml(archive.read(name))
        glyphs = tuple(_read_glyphs(page))
        content = tuple(split_page(glyphs, *_read_ruling_lines(page)))
        if not any(isinstance(part, RuledTable) for part in content):
            content = tuple(group_lines(glyphs, wide_gap=_COLUMN_GAP))  # a wide gap separates cells
        pages.append(content)
    text = "\n".join(to_text_lines(join_continued_tables(pages)))
    if len(page_names) > _MAX_PAGES:
        return ParsedFile(text, (f"only the first {_MAX_PAGES} of {len(page_names)} pages were read",))
    return ParsedFile(text, () if text else (PICTURE,))


def _read_glyphs(page: Element) -> Iterator[Glyph]:
    """Yield the characters with their positions: the box of the text object plus the offset in it."""
    for text in page.iter("TextObject"):
        left, top, _, height = _parse_floats(text.get("Boundary", ""), 4)
        size = _parse_floats(text.get("Size", ""), 1)[0] or height
        for code in text.iter("TextCode"):
            x, y = (_parse_floats(code.get(name, ""), 1)[0] for name in ("X", "Y"))
            offsets = _parse_offsets(code.get("DeltaX", ""))
            for character in (code.text or "").strip("\r\n"):
                width = size if ord(character) >= 0x2E80 else size / 2
                start = (left + x) * _POINTS_PER_MM
                yield Glyph(
                    (top + y) * _POINTS_PER_MM,
                    start,
                    start + width * _POINTS_PER_MM,
                    size * _POINTS_PER_MM,
                    character,
                )
                x += next(offsets, width)


def _parse_offsets(numbers: str) -> Iterator[float]:
    """Yield the distance of each character from the one before; "g 3 5" is three times five."""
    parts = iter(numbers.split()[:_MAX_OFFSETS])
    for part in parts:
        if part == "g":
            times, offset = _parse_floats(next(parts, ""), 1)[0], _parse_floats(next(parts, ""), 1)[0]
            yield from (offset for _ in range(min(int(times), _MAX_OFFSETS)))
        else:
            yield _parse_floats(part, 1)[0]


def _read_ruling_lines(page: Element) -> tuple[list[RulingLine], list[RulingLine]]:
    """Return the horizontal and the vertical lines of a page."""
    horizontal: list[RulingLine] = []
    vertical: list[RulingLine] = []
    for shape in page.iter("PathObject"):
        left, top = _parse_floats(shape.get("Boundary", ""), 2)
        strokes = (side for data in shape.iter("AbbreviatedData") for side in _parse_strokes(data.text or ""))
        for start, end in strokes:
            x1, x2 = sorted((left + start[0], left + end[0]))
            y1, y2 = sorted((top + start[1], top + end[1]))
            if y2 - y1 < 1 / _POINTS_PER_MM < x2 - x1:
                horizontal.append(RulingLine(y1 * _POINTS_PER_MM, x1 * _POINTS_PER_MM, x2 * _POINTS_PER_MM))
            elif x2 - x1 < 1 / _POINTS_PER_MM < y2 - y1:
                vertical.append(RulingLine(x1 * _POINTS_PER_MM, y1 * _POINTS_PER_MM, y2 * _POINTS_PER_MM))
    return horizontal, vertical


def _parse_strokes(data: str) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    """Yield start and end of the straight strokes of a drawn path."""
    start = last = (0.0, 0.0)
    command = "M"
    for token in _PATH_TOKEN.finditer(data):
        if token[1] == "C":
            yield last, start
        elif token[1]:
            command = token[1]
        else:
            x, y = _parse_floats(token[0], 2)
            if command == "L":
                yield last, (x, y)
            else:
                start = x, y
            last = x, y


def _parse_floats(text: str, count: int) -> tuple[float, ...]:
    """Return `count` numbers, with 0 for each that is missing, malformed, or larger than any paper."""
    numbers = [0.0] * count
    for place, word in enumerate(text.split()[:count]):
        with suppress(ValueError):
            number = float(word)
            numbers[place] = number if abs(number) < _MAX_DISTANCE else 0.0
    return tuple(numbers)


def _parse_xml(data: bytes) -> Element:
    """Parse XML without namespaces; refuse a DOCTYPE, which every XML bomb needs."""

    def refuse_doctype(*_: object) -> NoReturn:
        raise Unreadable("its XML declares entities")

    builder = TreeBuilder()
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse_doctype
    parser.StartElementHandler = lambda tag, given: builder.start(tag.rpartition(":")[2], given)
    parser.EndElementHandler = lambda tag: builder.end(tag.rpartition(":")[2])
    parser.CharacterDataHandler = builder.data
    parser.Parse(data, True)  # noqa: FBT003  (expat takes it by position only)
    return builder.close()
