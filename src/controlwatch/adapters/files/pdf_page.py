"""What a PDF page draws: characters and ruling lines with their places, by PDFium."""

from __future__ import annotations

from ctypes import byref, c_double, c_float, c_int
from itertools import pairwise
from typing import TYPE_CHECKING

import pypdfium2
from pypdfium2 import raw

from controlwatch.adapters.files.pdf_lines import Glyph
from controlwatch.adapters.files.pdf_tables import LINE_TOLERANCE, RulingLine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Point = tuple[float, float]
    Transform = Callable[[float, float], Point]

_MAX_PATHS = 20_000  # drawn things of a page; a page of text has fewer
_MAX_POINTS = 20_000
_MAX_GLYPHS = 40_000
_MAX_DEPTH = 5  # forms within forms


def get_page_transform(page: pypdfium2.PdfPage) -> Transform:
    """Return what turns a place of a page, counted from below, into one as the eye sees it, from above."""
    left, bottom, right, top = page.get_mediabox()
    turns: dict[int, Transform] = {
        0: lambda x, y: (x - left, top - y),
        90: lambda x, y: (y - bottom, x - left),
        180: lambda x, y: (right - x, y - bottom),
        270: lambda x, y: (top - y, right - x),
    }
    return turns[page.get_rotation()]


def read_glyphs(page: pypdfium2.PdfPage, turn: Transform) -> tuple[Glyph, ...]:
    """Return the characters of a page, blanks of the author included."""
    shown = page.get_textpage()
    count = min(shown.count_chars(), _MAX_GLYPHS)
    found = (_read_glyph(shown, number, turn) for number in range(count))
    return tuple(glyph for glyph in found if glyph)


def _read_glyph(shown: pypdfium2.PdfTextPage, number: int, turn: Transform) -> Glyph | None:
    code = raw.FPDFText_GetUnicode(shown, number)
    if code < 32 or code in {0xFFFE, 0xFFFF} or raw.FPDFText_IsGenerated(shown, number) == 1:
        return None
    x, y, box = c_double(), c_double(), raw.FS_RECTF()
    raw.FPDFText_GetCharOrigin(shown, number, byref(x), byref(y))
    raw.FPDFText_GetLooseCharBox(shown, number, byref(box))
    (x1, y1), (x2, y2) = turn(box.left, box.bottom), turn(box.right, box.top)
    base = turn(x.value, y.value)[1]
    return Glyph(base, min(x1, x2), max(x1, x2), abs(y2 - y1), chr(code))


def read_ruling_lines(page: pypdfium2.PdfPage, turn: Transform) -> tuple[list[RulingLine], list[RulingLine]]:
    """Return the level and the upright lines of a page; none where it draws more than pages of text do."""
    level: list[RulingLine] = []
    standing: list[RulingLine] = []
    points = 0
    kinds = [raw.FPDF_PAGEOBJ_PATH]
    for number, thing in enumerate(page.get_objects(filter=kinds, max_depth=_MAX_DEPTH)):
        points += max(raw.FPDFPath_CountSegments(thing.raw), 0)
        if number >= _MAX_PATHS or points > _MAX_POINTS:
            return [], []
        for (x1, y1), (x2, y2) in _list_sides(thing, turn):
            if abs(y1 - y2) < LINE_TOLERANCE / 3 < abs(x1 - x2):
                level.append(RulingLine(y1, min(x1, x2), max(x1, x2)))
            elif abs(x1 - x2) < LINE_TOLERANCE / 3 < abs(y1 - y2):
                standing.append(RulingLine(x1, min(y1, y2), max(y1, y2)))
    return level, standing


def _list_sides(thing: pypdfium2.PdfObject, turn: Transform) -> Iterator[tuple[Point, Point]]:
    """The straight sides of what is stroked, or filled and as thin as a line."""
    fill, stroke = c_int(), c_int()
    if not raw.FPDFPath_GetDrawMode(thing.raw, byref(fill), byref(stroke)):
        return
    matrix = _compute_matrix(thing)
    for path in _list_subpaths(thing):
        placed = [turn(*matrix.on_point(*point)) for point in path]
        if stroke.value or (fill.value and _is_thin(placed)):
            yield from pairwise(placed)


def _compute_matrix(thing: pypdfium2.PdfObject) -> pypdfium2.PdfMatrix:
    """Where it is drawn: its own matrix, then those of the forms it is in."""
    matrix = thing.get_matrix()
    around = thing.container
    while around is not None:
        matrix = matrix.multiply(around.get_matrix())
        around = around.container
    return matrix


def _list_subpaths(thing: pypdfium2.PdfObject) -> Iterator[list[Point]]:
    path: list[Point] = []
    for number in range(max(raw.FPDFPath_CountSegments(thing.raw), 0)):
        segment = raw.FPDFPath_GetPathSegment(thing.raw, number)
        x, y = c_float(), c_float()
        raw.FPDFPathSegment_GetPoint(segment, byref(x), byref(y))
        if raw.FPDFPathSegment_GetType(segment) == raw.FPDF_SEGMENT_MOVETO:
            if path:
                yield path
            path = []
        path.append((x.value, y.value))
        if raw.FPDFPathSegment_GetClose(segment):
            path.append(path[0])
    if path:
        yield path


def _is_thin(path: list[Point]) -> bool:
    xs, ys = [x for x, _ in path], [y for _, y in path]
    return min(max(xs) - min(xs), max(ys) - min(ys)) <= LINE_TOLERANCE
