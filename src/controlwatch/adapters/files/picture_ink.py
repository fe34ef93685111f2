"""Find drawn lines in pictures, erase them, and find characters that stand alone. Needs the extra `ocr`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import atan, degrees
from statistics import median
from typing import TYPE_CHECKING

import cv2
import numpy

if TYPE_CHECKING:
    from controlwatch.adapters.files.picture_text import PixelBox, Pixels

_LINE_SHARE = 1 / 30  # of the longer side: shorter strokes may belong to characters
_MAX_THICKNESS = 1 / 250  # of the shorter side, 2.4 points of A4: what is thicker is an area or a seal
_RULE_SHARE = 1 / 6  # of the width: a line so long is no stroke of a character
_MAX_SLOPE = 0.08  # of a level line on paper that lay askew
_DASH = 25  # pixels: a part of a level line, also of one that is tilted by four degrees
_HEALED = 3  # pixels: a gap in a line that is dirt
_SMEAR = 3  # pixels beside a line that are still grey
_MIN_PIECE = 4  # pixels
_MIN_CONTRAST = 60  # of 255, between the ink of a character and the paper
_CHARACTER_HEIGHTS = (0.4, 1.3)  # of the usual height of a line of text
_MAX_MISSED = 200  # characters that stand alone; more are the grain of a photograph
_NEIGHBOUR_SHARE = 0.7  # of a piece of a box: so much of it within another belongs to that
_COVERED_SHARE = 0.5  # of a piece of ink: so much of it within a box was found already


@dataclass(frozen=True, slots=True)
class DrawnLines:
    """The level and upright lines of a picture, and the picture without them."""

    level: tuple[PixelBox, ...]
    upright: tuple[PixelBox, ...]
    cleaned: Pixels


def measure_line_skew(pixels: Pixels) -> float | None:
    """Return by how many degrees drawn lines fall to the right; None where none are drawn."""
    level = cv2.morphologyEx(_find_ink(pixels), cv2.MORPH_OPEN, numpy.ones((1, _DASH), "uint8"))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(level)
    slopes = []
    for number in range(1, len(stats)):
        x, y, wide, high = (int(value) for value in stats[number][:4])
        if wide >= level.shape[1] * _RULE_SHARE and high < wide * _MAX_SLOPE:
            rows, columns = numpy.nonzero(labels[y : y + high, x : x + wide] == number)
            slopes.append(float(numpy.polyfit(columns, rows, 1)[0]))
    return degrees(atan(median(slopes))) if slopes else None


def find_drawn_lines(pixels: Pixels) -> DrawnLines:
    """Return the lines of a picture that is upright."""
    ink = _find_ink(pixels)
    long = max(int(max(ink.shape) * _LINE_SHARE), 20)
    thick = max(min(ink.shape) * _MAX_THICKNESS, 4)
    erased = numpy.zeros_like(ink)
    found: list[tuple[PixelBox, ...]] = []
    for shape in ((1, long), (long, 1)):
        healed = tuple(min(side, _HEALED) for side in shape)
        closed = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, numpy.ones(healed, "uint8"))
        opened = cv2.morphologyEx(closed, cv2.MORPH_OPEN, numpy.ones(shape, "uint8"))
        _, labels, stats, _ = cv2.connectedComponentsWithStats(opened)
        thin = [at for at in range(1, len(stats)) if stats[at][4] <= thick * max(stats[at][2:4])]
        boxes = (tuple(int(value) for value in stats[number][:4]) for number in thin)
        found.append(tuple((x, y, x + wide, y + high) for x, y, wide, high in boxes))
        erased |= numpy.isin(labels, thin).astype("uint8")
    cleaned = pixels.copy()
    side = 2 * _SMEAR + 1
    cleaned[cv2.dilate(erased, numpy.ones((side, side), "uint8")) > 0] = 255
    return DrawnLines(found[0], found[1], cleaned)


def cut_boxes(lines: DrawnLines, boxes: Sequence[PixelBox]) -> list[PixelBox]:
    """Return the pieces of all lines of text, without the ends that reach into the box of a neighbour."""
    pieces = []
    for box in boxes:
        for piece in _cut_at_lines(lines, box):
            is_end = piece != box and any(_is_covered(piece, other) for other in boxes if other != box)
            pieces += [] if is_end else [piece]
    return pieces


def widen_character(cleaned: Pixels, box: PixelBox) -> Pixels:
    """Return a character that stands alone with paper beside it: a narrow strip is hard to recognise."""
    left, top, right, bottom = box
    side = bottom - top
    piece = cleaned[top:bottom, left:right]
    return cv2.copyMakeBorder(piece, 0, 0, side, side, cv2.BORDER_CONSTANT, value=(255, 255, 255))


def _is_covered(piece: PixelBox, other: PixelBox) -> bool:
    wide = min(piece[2], other[2]) - max(piece[0], other[0])
    high = min(piece[3], other[3]) - max(piece[1], other[1])
    area = (piece[2] - piece[0]) * (piece[3] - piece[1])
    return wide > 0 and high > 0 and wide * high > _NEIGHBOUR_SHARE * area


def _cut_at_lines(lines: DrawnLines, box: PixelBox) -> Iterator[PixelBox]:
    """Yield the pieces of a line of text between the upright lines that it crosses, without blank ones."""
    left, top, right, bottom = box
    middle = (top + bottom) / 2
    cuts = sorted(
        (first, last)
        for first, upper, last, lower in lines.upright
        if left < last and first < right and upper <= middle <= lower
    )
    start = left
    for begin, end in (*cuts, (right, right)):
        piece = lines.cleaned[top:bottom, start:begin]
        if begin - start >= _MIN_PIECE and int(piece.max()) - int(piece.min()) >= _MIN_CONTRAST:
            yield start, top, begin, bottom
        start = max(start, end)


def find_missed_characters(
    lines: DrawnLines, boxes: Iterable[PixelBox], height: float
) -> tuple[PixelBox, ...]:
    """Return characters that stand alone, such as the number of a row, where no box has found them.

    `height` is the usual height of a line of text in pixels.
    """
    ink = _find_ink(lines.cleaned)
    found = numpy.zeros_like(ink)
    for left, top, right, bottom in boxes:
        found[top:bottom, left:right] = 1
    joined = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, numpy.ones((3, max(int(height / 2), 1)), "uint8"))
    for left, top, right, bottom in lines.upright:
        joined[top:bottom, left:right] = 0
    _, labels, stats, _ = cv2.connectedComponentsWithStats(joined)
    low, high = (share * height for share in _CHARACTER_HEIGHTS)
    margin = int(height / 5)
    missed = []
    for number in range(1, len(stats)):
        x, y, wide, tall, area = (int(value) for value in stats[number])
        if not (low <= tall <= high and wide <= 3 * height):
            continue
        within = found[y : y + tall, x : x + wide][labels[y : y + tall, x : x + wide] == number]
        if within.sum() <= _COVERED_SHARE * area:
            missed.append((max(x - margin, 0), max(y - margin, 0), x + wide + margin, y + tall + margin))
    return tuple(missed) if len(missed) <= _MAX_MISSED else ()


def _find_ink(pixels: Pixels) -> Pixels:
    gray = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    return cv2.threshold(255 - gray, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)[1]
