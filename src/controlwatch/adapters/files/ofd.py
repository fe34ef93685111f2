"""Parse OFD files, the page format of Chinese offices (GB/T 33190): XML pages in a zip."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import atan2, hypot, pi
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
from controlwatch.adapters.files.picture_text import PictureReader
from controlwatch.adapters.files.pictures import add_pictures

Point = tuple[float, float]

_POINTS_PER_MM = 72 / 25.4  # the format measures in millimetres, `pdf_tables` and `pdf_lines` in points
_COLUMN_GAP = 2.0  # sizes; a gap this wide separates columns where no lines are drawn
_MIN_PICTURE = (60, 30)  # millimetres; less is a seal, a sign or an ornament
_MAX_PAGES = 600
_MAX_OFFSETS = 10_000  # offsets of one run of text: "g 9999999 5" takes only a few bytes
_MAX_DISTANCE = 1e5  # millimetres
_PAGE_NAME = re.compile(r"Pages/Page_(\d+)/Content\.xml$")  # Doc_0/Pages/Page_0/Content.xml
_PATH_TOKEN = re.compile(r"([MLC])|([-+.\d]+)\s+([-+.\d]+)")  # M 0 0 L 160 0 C


def read_ofd(archive: ZipFile, *, reader: PictureReader | None = None) -> ParsedFile:
    """Parse the text of every page from top to bottom. Raises `Unreadable` for XML that declares entities.

    The pages are in the order in which each document lists them, else in the order of their numbers. Pictures
    that are large enough to hold a table are recognised by a reader; without one they are a doubt. So are
    the files that are attached.
    """
    package = _Package(archive)
    page_names = package.list_pages()
    pages: list[tuple[str | RuledTable, ...]] = []
    pictures: dict[str, None] = {}
    for name in page_names[:_MAX_PAGES]:
        layers = package.read_layers(name)
        turn = _find_turn(layers)
        glyphs = tuple(turn.turn_glyph(glyph) for layer in layers for glyph in _read_glyphs(layer))
        ruling = turn.turn_lines(*_read_ruling_lines(layers))
        content = tuple(split_page(glyphs, *ruling))
        if not any(isinstance(part, RuledTable) for part in content):
            content = tuple(group_lines(glyphs, wide_gap=_COLUMN_GAP))  # a wide gap separates cells
        pages.append(content)
        pictures |= dict.fromkeys(picture for layer in layers for picture in package.find_pictures(layer))
    text = "\n".join(to_text_lines(join_continued_tables(pages)))
    doubts = [f"{name} was attached and not read; hand it in separately" for name in package.list_attached()]
    if len(page_names) > _MAX_PAGES:
        doubts.append(f"only the first {_MAX_PAGES} of {len(page_names)} pages were read")
    if not text and not pictures:
        doubts.append(PICTURE)
    bodies = [package.read_picture(name) for name in pictures]
    return add_pictures(ParsedFile(text, tuple(doubts)), bodies, reader)


class _Package:
    """The parts of an OFD file: pages, the templates behind them, and what they refer to."""

    def __init__(self, archive: ZipFile) -> None:
        self._archive = archive
        self._names = {name.replace("\\", "/").lstrip("/"): name for name in archive.namelist()}
        self._documents = {
            name: _parse_xml(self.read(name)) for name in sorted(self._names) if name.endswith("Document.xml")
        }
        self._templates = {
            page.get("ID", ""): _resolve(name, page.get("BaseLoc", ""))
            for name, document in self._documents.items()
            for page in document.iter("TemplatePage")
        }
        self._media = dict(self._list_media())

    def read(self, name: str) -> bytes:
        return self._archive.read(self._names[name])

    def read_picture(self, name: str) -> bytes:
        return self.read(name) if name in self._names else b""

    def list_pages(self) -> list[str]:
        listed = [
            _resolve(name, page.get("BaseLoc", ""))
            for name, document in self._documents.items()
            for page in document.iter("Page")
        ]
        if names := [name for name in listed if name in self._names]:
            return names
        numbered = ((_PAGE_NAME.search(name), name) for name in self._names)
        return [name for _, name in sorted((int(found[1]), name) for found, name in numbered if found)]

    def read_layers(self, name: str) -> list[Element]:
        """Return a page and the templates that are drawn with it."""
        page = _parse_xml(self.read(name))
        used = (self._templates.get(use.get("TemplateID", ""), "") for use in page.iter("Template"))
        return [page, *(_parse_xml(self.read(part)) for part in used if part in self._names)]

    def find_pictures(self, layer: Element) -> Iterator[str]:
        """Yield the names of the pictures that are drawn large on a page, "" for one that is missing."""
        for picture in layer.iter("ImageObject"):
            _, _, width, height = _parse_floats(picture.get("Boundary", ""), 4)
            if width >= _MIN_PICTURE[0] and height >= _MIN_PICTURE[1]:
                yield self._media.get(picture.get("ResourceID", ""), "")

    def list_attached(self) -> Iterator[str]:
        """Yield the names of attached files, as a person sees them."""
        for name in self._names:
            if name.endswith("Attachments.xml"):
                for entry in _parse_xml(self.read(name)).iter("Attachment"):
                    location = next((part.text or "" for part in entry.iter("FileLoc")), "")
                    yield entry.get("Name") or posixpath.basename(location) or "a file"

    def _list_media(self) -> Iterator[tuple[str, str]]:
        for name in self._names:
            if not name.endswith("Res.xml"):
                continue
            resources = _parse_xml(self.read(name))
            folder = _resolve(name, resources.get("BaseLoc", ""))
            for entry in resources.iter("MultiMedia"):
                file = next((part.text or "" for part in entry.iter("MediaFile")), "").strip()
                yield entry.get("ID", ""), _resolve(f"{folder}/", file)


def _resolve(name: str, location: str) -> str:
    """Return the name of a part that another part refers to: from the root of the file, or beside it."""
    joined = posixpath.join("/", posixpath.dirname(name), location.replace("\\", "/"))
    return posixpath.normpath(joined).lstrip("/")


@dataclass(frozen=True, slots=True)
class _Turn:
    """How a reader turns a page to read most of its characters: the number of quarters to the left."""

    quarters: int

    def turn_point(self, x: float, y: float) -> tuple[float, float]:
        return ((x, y), (y, -x), (-x, -y), (-y, x))[self.quarters]

    def turn_glyph(self, glyph: _PlacedGlyph) -> Glyph:
        (x1, y1), (x2, _) = self.turn_point(glyph.x, glyph.y), self.turn_point(*glyph.end)
        return Glyph(y1, min(x1, x2), max(x1, x2), glyph.size, glyph.text)

    def turn_lines(
        self, level: list[RulingLine], upright: list[RulingLine]
    ) -> tuple[list[RulingLine], list[RulingLine]]:
        if not self.quarters:
            return level, upright
        strokes = [((line.start, line.position), (line.end, line.position)) for line in level]
        strokes += [((line.position, line.start), (line.position, line.end)) for line in upright]
        return _sort_strokes((self.turn_point(*start), self.turn_point(*end)) for start, end in strokes)


@dataclass(frozen=True, slots=True)
class _PlacedGlyph:
    """A character with the points where it starts and ends, as the page lies."""

    x: float
    y: float
    end: tuple[float, float]
    size: float
    text: str


@dataclass(frozen=True, slots=True)
class _Matrix:
    """The matrix of an object: from a place in it to one on the page."""

    left: float
    top: float
    factors: tuple[float, ...]

    @classmethod
    def of(cls, shape: Element) -> _Matrix:
        left, top = _parse_floats(shape.get("Boundary", ""), 2)
        given = shape.get("CTM", "")
        return cls(left, top, _parse_floats(given, 6) if given.split() else (1.0, 0.0, 0.0, 1.0, 0.0, 0.0))

    @property
    def quarters(self) -> int:
        """By how many quarters the object is turned to the right."""
        return round(atan2(self.factors[1], self.factors[0]) / (pi / 2)) % 4

    def place(self, x: float, y: float) -> tuple[float, float]:
        a, b, c, d, e, f = self.factors
        return (
            (self.left + a * x + c * y + e) * _POINTS_PER_MM,
            (self.top + b * x + d * y + f) * _POINTS_PER_MM,
        )


def _find_turn(layers: Sequence[Element]) -> _Turn:
    turns = Counter(
        {
            quarters: sum(
                len(code.text or "")
                for layer in layers
                for text in layer.iter("TextObject")
                if _Matrix.of(text).quarters == quarters
                for code in text.iter("TextCode")
            )
            for quarters in range(4)
        }
    )
    return _Turn(turns.most_common(1)[0][0])


def _read_glyphs(page: Element) -> Iterator[_PlacedGlyph]:
    """Yield the characters with their positions: the matrix of the text object on the offset in it."""
    for text in page.iter("TextObject"):
        matrix = _Matrix.of(text)
        height = _parse_floats(text.get("Boundary", ""), 4)[3]
        size = _parse_floats(text.get("Size", ""), 1)[0] or height
        drawn_size = size * hypot(*matrix.factors[2:4]) * _POINTS_PER_MM
        for code in text.iter("TextCode"):
            x, y = (_parse_floats(code.get(name, ""), 1)[0] for name in ("X", "Y"))
            offsets = _parse_offsets(code.get("DeltaX", ""))
            for character in (code.text or "").strip("\r\n"):
                width = size if ord(character) >= 0x2E80 else size / 2
                yield _PlacedGlyph(*matrix.place(x, y), matrix.place(x + width, y), drawn_size, character)
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


def _read_ruling_lines(layers: Sequence[Element]) -> tuple[list[RulingLine], list[RulingLine]]:
    """Return the horizontal and the vertical lines of a page."""
    return _sort_strokes(
        (matrix.place(*start), matrix.place(*end))
        for layer in layers
        for shape in layer.iter("PathObject")
        for matrix in (_Matrix.of(shape),)
        for data in shape.iter("AbbreviatedData")
        for start, end in _parse_strokes(data.text or "")
    )


def _sort_strokes(strokes: Iterable[tuple[Point, Point]]) -> tuple[list[RulingLine], list[RulingLine]]:
    """Return the strokes that are level and those that are upright."""
    horizontal: list[RulingLine] = []
    vertical: list[RulingLine] = []
    for start, end in strokes:
        (x1, x2), (y1, y2) = sorted((start[0], end[0])), sorted((start[1], end[1]))
        if y2 - y1 < 1 < x2 - x1:
            horizontal.append(RulingLine(y1, x1, x2))
        elif x2 - x1 < 1 < y2 - y1:
            vertical.append(RulingLine(x1, y1, y2))
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
