"""Read the characters and ruling lines of a PDF page with their positions, by PDFium."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from ctypes import byref, c_double, c_float, c_int
from itertools import islice, pairwise
from math import degrees

import pypdfium2
from pypdfium2 import raw

from controlwatch.adapters.files.pdf_lines import Glyph, find_script
from controlwatch.adapters.files.pdf_tables import LINE_TOLERANCE, RulingLine

Point = tuple[float, float]
Transform = Callable[[float, float], Point]
Box = tuple[float, float, float, float]  # left, bottom, right, top, in points of the page

_MAX_PATHS = 20_000  # drawn paths on a page; a page of text has fewer
_MAX_POINTS = 20_000
_MAX_GLYPHS = 40_000
_MAX_SAMPLED = 500  # characters of a page that tell how it is turned
_UNMAPPED = frozenset({*range(9), *range(14, 32), 0xFFFD, *range(0xE000, 0xF000), *range(0xF100, 0xF900)})
_FIGURES = frozenset(map(ord, "0123456789-−–"))
_MAX_DEPTH = 5  # forms within forms
_MAX_PICTURES = 50  # pictures of a page that are looked at
_SCAN_SHARE = 0.6  # of a page; a picture that covers more is a scan
_MAX_OBJECTS = 5_000  # drawn objects of a page that tell whether its text is seen
_MIN_OUTLINES, _MAX_CHARACTER, _MAX_SEGMENTS = 40, 30, 40  # shapes of a page, points of one, its segments
_MIN_PICTURE = (170, 85)  # 6 by 3 cm, in points; less is a seal, a sign or an ornament


def get_page_transform(page: pypdfium2.PdfPage) -> Transform:
    """Return the function from a PDF position (y upwards) to one on the upright page (y downwards).

    Upright is the page as most of its words run: tables are often set sideways on it.
    """
    left, bottom, right, top = page.get_mediabox()
    transforms: dict[int, Transform] = {
        0: lambda x, y: (x - left, top - y),
        90: lambda x, y: (y - bottom, x - left),
        180: lambda x, y: (right - x, y - bottom),
        270: lambda x, y: (top - y, right - x),
    }
    return transforms[(page.get_rotation() + _find_turn(page)) % 360]


def _find_turn(page: pypdfium2.PdfPage) -> int:
    """Return by how many degrees a reader turns a page clockwise to read most of its characters."""
    text = page.get_textpage()
    step = max(text.count_chars() // _MAX_SAMPLED, 1)
    angles = Counter(
        -round(degrees(raw.FPDFText_GetCharAngle(text, number)) / 90) * 90 % 360
        for number in range(0, text.count_chars(), step)
        if raw.FPDFText_GetUnicode(text, number) > 32 and raw.FPDFText_IsGenerated(text, number) != 1
    )
    return (angles.most_common(1)[0][0] - page.get_rotation()) % 360 if angles else 0


def has_raised_figures(page: pypdfium2.PdfPage, transform: Transform) -> bool:
    """Return whether a figure stands smaller and off the line behind the character before it."""
    text = page.get_textpage()
    drawn = (
        (number, raw.FPDFText_GetUnicode(text, number))
        for number in range(min(text.count_chars(), _MAX_GLYPHS))
        if raw.FPDFText_IsGenerated(text, number) != 1
    )
    for (number, before), (next_number, code) in pairwise(drawn):
        if code in _FIGURES and before > 32:
            first, second = (_read_glyph(text, at, transform) for at in (number, next_number))
            if abs(second.y - first.y) > first.size:
                continue
            if find_script(second, first.y, first.size) is not None:
                return True
    return False


def covers_with_picture(page: pypdfium2.PdfPage) -> bool:
    """Return whether one picture covers most of a page."""
    pictures = page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=_MAX_DEPTH)
    return any(_covers(page, picture) for picture in islice(pictures, _MAX_PICTURES))


def is_text_unseen(page: pypdfium2.PdfPage) -> bool:
    """Return whether most of the text is drawn without ink or lies under a picture of the whole page.

    A program that recognised the page has put it there.
    """
    under = over = 0
    has_scan = False
    kinds = [raw.FPDF_PAGEOBJ_TEXT, raw.FPDF_PAGEOBJ_IMAGE]
    for shape in islice(page.get_objects(filter=kinds, max_depth=_MAX_DEPTH), _MAX_OBJECTS):
        if shape.type == raw.FPDF_PAGEOBJ_IMAGE:
            if _covers(page, shape):
                has_scan, under, over = True, under + over, 0
        elif raw.FPDFTextObj_GetTextRenderMode(shape.raw) == raw.FPDF_TEXTRENDERMODE_INVISIBLE:
            under += 1
        else:
            over += 1
    return has_scan and under > over


def find_picture(page: pypdfium2.PdfPage) -> Box | None:
    """Return what is drawn as a picture on a page, where it can hold a table; else None.

    Programs cut a picture into strips, and some draw characters as shapes.
    """
    left, bottom, right, top = page.get_bbox()
    pictures = page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=_MAX_DEPTH)
    boxes = [picture.get_bounds() for picture in islice(pictures, _MAX_PICTURES)]
    wide, high = _MIN_PICTURE
    large = [box for box in boxes if box[2] - box[0] >= wide or box[3] - box[1] >= wide]
    large += _list_outlines(page)
    if not large:
        return None
    around = (
        max(min(box[0] for box in large), left),
        max(min(box[1] for box in large), bottom),
        min(max(box[2] for box in large), right),
        min(max(box[3] for box in large), top),
    )
    return around if around[2] - around[0] >= wide and around[3] - around[1] >= high else None


def _list_outlines(page: pypdfium2.PdfPage) -> list[Box]:
    """Return the places of characters that are drawn as shapes; none where they are too few for a text."""
    shapes = page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH], max_depth=_MAX_DEPTH)
    found = [shape.get_bounds() for shape in islice(shapes, _MAX_OBJECTS) if _is_curved(shape)]
    small = [box for box in found if 0 < box[3] - box[1] < _MAX_CHARACTER]
    return small if len(small) >= _MIN_OUTLINES else []


def _is_curved(shape: pypdfium2.PdfObject) -> bool:
    """Return whether a path is filled and has curves, as most characters have."""
    fill, stroke = c_int(), c_int()
    if not raw.FPDFPath_GetDrawMode(shape.raw, byref(fill), byref(stroke)) or not fill.value:
        return False
    segments = min(raw.FPDFPath_CountSegments(shape.raw), _MAX_SEGMENTS)
    return any(
        raw.FPDFPathSegment_GetType(raw.FPDFPath_GetPathSegment(shape.raw, number))
        == raw.FPDF_SEGMENT_BEZIERTO
        for number in range(segments)
    )


def _covers(page: pypdfium2.PdfPage, picture: pypdfium2.PdfObject) -> bool:
    width, height = page.get_size()
    left, bottom, right, top = picture.get_bounds()
    return bool((right - left) * (top - bottom) > _SCAN_SHARE * width * height)


def count_unmapped_characters(page: pypdfium2.PdfPage) -> int:
    """Return how many drawn characters are of a font that does not tell which characters they are."""
    text = page.get_textpage()
    return sum(
        1
        for number in range(min(text.count_chars(), _MAX_GLYPHS))
        if raw.FPDFText_IsGenerated(text, number) != 1
        and (
            raw.FPDFText_GetUnicode(text, number) in _UNMAPPED
            or raw.FPDFText_HasUnicodeMapError(text, number) == 1
        )
    )


def read_glyphs(page: pypdfium2.PdfPage, transform: Transform) -> tuple[Glyph, ...]:
    """Return the characters of a page, blanks of the author included."""
    text = page.get_textpage()
    glyphs: list[Glyph] = []
    for number in range(min(text.count_chars(), _MAX_GLYPHS)):
        code = raw.FPDFText_GetUnicode(text, number)
        if code < 32 or code in {0xFFFE, 0xFFFF} or raw.FPDFText_IsGenerated(text, number) == 1:
            continue
        glyphs.append(_read_glyph(text, number, transform))
    return tuple(glyphs)


def _read_glyph(text: pypdfium2.PdfTextPage, number: int, transform: Transform) -> Glyph:
    x, y, box = c_double(), c_double(), raw.FS_RECTF()
    raw.FPDFText_GetCharOrigin(text, number, byref(x), byref(y))
    raw.FPDFText_GetLooseCharBox(text, number, byref(box))
    (x1, y1), (x2, y2) = transform(box.left, box.bottom), transform(box.right, box.top)
    base = transform(x.value, y.value)[1]
    character = chr(raw.FPDFText_GetUnicode(text, number))
    return Glyph(base, min(x1, x2), max(x1, x2), abs(y2 - y1), character)


def read_ruling_lines(
    page: pypdfium2.PdfPage, transform: Transform
) -> tuple[list[RulingLine], list[RulingLine]]:
    """Return the horizontal and the vertical lines of a page; none for a page that is a drawing."""
    horizontal: list[RulingLine] = []
    vertical: list[RulingLine] = []
    points = 0
    kinds = [raw.FPDF_PAGEOBJ_PATH]
    for number, shape in enumerate(page.get_objects(filter=kinds, max_depth=_MAX_DEPTH)):
        points += max(raw.FPDFPath_CountSegments(shape.raw), 0)
        if number >= _MAX_PATHS or points > _MAX_POINTS:
            return [], []
        for (x1, y1), (x2, y2) in _list_sides(shape, transform):
            if abs(y1 - y2) < LINE_TOLERANCE / 3 < abs(x1 - x2):
                horizontal.append(RulingLine(y1, min(x1, x2), max(x1, x2)))
            elif abs(x1 - x2) < LINE_TOLERANCE / 3 < abs(y1 - y2):
                vertical.append(RulingLine(x1, min(y1, y2), max(y1, y2)))
    return horizontal, vertical


def _list_sides(shape: pypdfium2.PdfObject, transform: Transform) -> Iterator[tuple[Point, Point]]:
    """Yield the straight sides of a path that is stroked, or filled and as thin as a line."""
    fill, stroke = c_int(), c_int()
    if not raw.FPDFPath_GetDrawMode(shape.raw, byref(fill), byref(stroke)):
        return
    matrix = shape.get_matrix()
    form = shape.container  # forms may be nested, each with another matrix
    while form is not None:
        matrix = matrix.multiply(form.get_matrix())
        form = form.container
    for path in _list_subpaths(shape):
        placed = [transform(*matrix.on_point(*point)) for point in path]
        xs, ys = [x for x, _ in placed], [y for _, y in placed]
        is_thin = min(max(xs) - min(xs), max(ys) - min(ys)) <= LINE_TOLERANCE
        if stroke.value or (fill.value and is_thin):
            yield from pairwise(placed)


def _list_subpaths(shape: pypdfium2.PdfObject) -> Iterator[list[Point]]:
    path: list[Point] = []
    for number in range(max(raw.FPDFPath_CountSegments(shape.raw), 0)):
        segment = raw.FPDFPath_GetPathSegment(shape.raw, number)
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
