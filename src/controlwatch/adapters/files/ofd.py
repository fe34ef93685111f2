"""Read an OFD file, the page format of Chinese offices (GB/T 33190): XML pages in a zip."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, NoReturn
from xml.etree.ElementTree import Element, TreeBuilder  # builds only; the parser below refuses entities
from xml.parsers import expat

from controlwatch.adapters.files import ParsedFile, Unreadable
from controlwatch.adapters.files.pdf_lines import Glyph, group_lines
from controlwatch.adapters.files.pdf_paragraphs import to_text_lines
from controlwatch.adapters.files.pdf_table_runs import join_continued_tables
from controlwatch.adapters.files.pdf_tables import RuledTable, RulingLine, split_page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zipfile import ZipFile

_POINTS_PER_MM = (
    72 / 25.4
)  # a millimetre, the unit of the format, in the points that `ruled` and `visual` count in
_COLUMN_GAP = 2.0  # sizes; a gap of so much parts columns where no lines are drawn
_MAX_PAGES = 600
_MAX_OFFSETS = 10_000  # offsets of one run of text: "g 9999999 5" is written in a few bytes
_MAX_DISTANCE = 1e5  # millimetres
_PAGE_NAME = re.compile(r"Pages/Page_(\d+)/Content\.xml$")  # Doc_0/Pages/Page_0/Content.xml
_PATH_TOKEN = re.compile(r"([MLC])|([-+.\d]+)\s+([-+.\d]+)")  # M 0 0 L 160 0 C


def read_ofd(archive: ZipFile) -> ParsedFile:
    """Read the text of every page from top to bottom. Raises `Unreadable` for XML that declares entities."""
    names = _list_pages(archive)
    pages = tuple(tuple(_read_page(_parse_xml(archive.read(name)))) for name in names[:_MAX_PAGES])
    text = "\n".join(to_text_lines(join_continued_tables(pages)))
    if len(names) > _MAX_PAGES:
        return ParsedFile(text, (f"only the first {_MAX_PAGES} of {len(names)} pages were read",))
    return ParsedFile(text, () if text else ("needs OCR",))


def _read_page(page: Element) -> Iterator[str | RuledTable]:
    """Ruled tables, and lines around them; without lines drawn, a clear gap parts the cells of a row."""
    glyphs = tuple(_read_glyphs(page))
    level, upright = _read_ruling_lines(page)
    found = tuple(split_page(glyphs, level, upright))
    return iter(
        found
        if any(isinstance(part, RuledTable) for part in found)
        else group_lines(glyphs, wide_gap=_COLUMN_GAP)
    )


def _list_pages(archive: ZipFile) -> tuple[str, ...]:
    """The pages in the order that each document lists them, else in the order of their numbers."""
    names = set(archive.namelist())
    documents = sorted(name for name in names if name.endswith("Document.xml"))
    listed = [
        posixpath.normpath(posixpath.join(posixpath.dirname(document), page.get("BaseLoc", "")))
        for document in documents
        for page in _parse_xml(archive.read(document)).iter("Page")
    ]
    known = tuple(name for name in listed if name in names)
    numbered = ((_PAGE_NAME.search(name), name) for name in names)
    return known or tuple(
        name for _, name in sorted((int(found[1]), name) for found, name in numbered if found)
    )


def _read_glyphs(page: Element) -> Iterator[Glyph]:
    """Text codes with their place: the box of the object plus the offset within it."""
    for shown in page.iter("TextObject"):
        left, top, _, high = _parse_floats(shown.get("Boundary", ""), 4)
        size = _parse_floats(shown.get("Size", ""), 1)[0] or high
        for code in shown.iter("TextCode"):
            x, y = (_parse_floats(code.get(name, ""), 1)[0] for name in ("X", "Y"))
            places = _parse_offsets(code.get("DeltaX", ""))
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
                x += next(places, width)


def _parse_offsets(written: str) -> Iterator[float]:
    """How far each character is from the one before; "g 3 5" is three times five."""
    parts = iter(written.split()[:_MAX_OFFSETS])
    for part in parts:
        if part == "g":
            times, offset = _parse_floats(next(parts, ""), 1)[0], _parse_floats(next(parts, ""), 1)[0]
            yield from (offset for _ in range(min(int(times), _MAX_OFFSETS)))
        else:
            yield _parse_floats(part, 1)[0]


def _read_ruling_lines(page: Element) -> tuple[list[RulingLine], list[RulingLine]]:
    level: list[RulingLine] = []
    upright: list[RulingLine] = []
    for shown in page.iter("PathObject"):
        left, top = _parse_floats(shown.get("Boundary", ""), 2)
        drawn = (data.text or "" for data in shown.iter("AbbreviatedData"))
        for one, other in (side for data in drawn for side in _parse_strokes(data)):
            x1, x2 = sorted((left + one[0], left + other[0]))
            y1, y2 = sorted((top + one[1], top + other[1]))
            if y2 - y1 < 1 / _POINTS_PER_MM < x2 - x1:
                level.append(RulingLine(y1 * _POINTS_PER_MM, x1 * _POINTS_PER_MM, x2 * _POINTS_PER_MM))
            elif x2 - x1 < 1 / _POINTS_PER_MM < y2 - y1:
                upright.append(RulingLine(x1 * _POINTS_PER_MM, y1 * _POINTS_PER_MM, y2 * _POINTS_PER_MM))
    return level, upright


def _parse_strokes(data: str) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    """The straight strokes of a drawn path."""
    start = last = (0.0, 0.0)
    sign = "M"
    for found in _PATH_TOKEN.finditer(data):
        if found[1] == "C":
            yield last, start
        elif found[1]:
            sign = found[1]
        else:
            x, y = _parse_floats(found[0], 2)
            if sign == "L":
                yield last, (x, y)
            else:
                start = x, y
            last = x, y


def _parse_floats(numbers: str, count: int) -> tuple[float, ...]:
    """So many numbers, 0 for each that is missing, is no number, or lies beyond any paper."""
    found = [_parse_float(number) for number in numbers.split()[:count]]
    return (*found, *[0.0] * (count - len(found)))


def _parse_float(number: str) -> float:
    try:
        found = float(number)
    except ValueError:
        return 0.0
    return found if abs(found) < _MAX_DISTANCE else 0.0


def _parse_xml(data: bytes) -> Element:
    """Parse without name spaces; a DOCTYPE, the door of every XML bomb, is refused."""
    builder = TreeBuilder()
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = lambda tag, given: builder.start(tag.rpartition(":")[2], given)
    parser.EndElementHandler = lambda tag: builder.end(tag.rpartition(":")[2])
    parser.CharacterDataHandler = builder.data
    parser.Parse(data, True)  # noqa: FBT003  (expat takes it by position only)
    return builder.close()


def _refuse_doctype(*_: object) -> NoReturn:
    raise Unreadable("its XML declares entities")
