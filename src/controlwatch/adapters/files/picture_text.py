"""Read the text of pictures by RapidOCR, where the extra `ocr` is installed.

Runs only in the sandboxed process. A cell between drawn lines is recognised by itself, so that the number of
a row never becomes a part of the code beside it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from math import atan2, degrees
from statistics import fmean, median
from typing import TYPE_CHECKING, Any, TypeAlias

from controlwatch.adapters.files import Unreadable
from controlwatch.adapters.files.pdf_lines import Glyph, group_lines
from controlwatch.adapters.files.pdf_tables import RuledTable, RulingLine, split_page

if TYPE_CHECKING:
    import numpy

    from controlwatch.adapters.files.picture_ink import DrawnLines

    Pixels: TypeAlias = "numpy.ndarray[Any, Any]"  #: rows, columns, and blue, green and red
else:
    Pixels = Any  # numpy comes with the extra

MAX_SIDE = 4_000  #: pixels of a picture on its longer side; a larger one is reduced
_MAX_PIXELS = 100_000_000  # of a picture as it is stored; a few bytes can declare billions
_PAGE_WIDTH = 595  # points of an A4 page: pictures are measured as if they were one
_MIN_SCORE = 0.6  # what is recognised with less certainty is not text
_MIN_ALONE_SCORE = 0.8  # likewise, of what only looks like a character
_MIN_PAGE_SCORE = 0.75  # a page below may stand on its head
_COLUMN_GAP = 1.2  # sizes; a gap this wide separates columns where no lines are drawn
_MARGIN = 0.15  # sizes by which a box reaches beyond its characters
_SKEW, _TEXT_SKEW, _MAX_SKEW = 0.1, 0.5, 15.0  # degrees: boxes of text tell it roughly; above, it is no scan
_SKEW_SPREAD = 1.5  # degrees between the lines of one page
_LONG = 2.5  # a box so much wider than high tells how its line runs
_TALL = 1.5  # a box so much higher than wide is a line that runs upwards
_WHITE = (255, 255, 255)


def can_read_pictures() -> bool:
    """Return whether the extra `ocr` is installed, which recognises text in pictures."""
    return all(find_spec(name) is not None for name in ("rapidocr", "onnxruntime", "cv2"))


@dataclass(frozen=True, slots=True)
class PictureContent:
    """The lines and tables of a picture from top to bottom, and how many lines could not be read."""

    parts: tuple[str | RuledTable, ...]
    illegible: int = 0


PixelBox: TypeAlias = tuple[int, int, int, int]  #: left, top, right, bottom


@dataclass(frozen=True, slots=True)
class _RecognizedText:
    box: PixelBox
    text: str
    score: float


class PictureReader:
    """Finds and recognises text in pictures. Loading the models takes a second or two."""

    def __init__(self) -> None:
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
            os.environ[name] = "1"  # each thread would reserve memory of its own
        os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(_MAX_PIXELS)
        import cv2  # noqa: PLC0415  (an extra)
        import numpy  # noqa: PLC0415
        from rapidocr import RapidOCR  # noqa: PLC0415

        cv2.setNumThreads(1)
        threads = "EngineConfig.onnxruntime.{}_op_num_threads"
        self._cv2, self._numpy = cv2, numpy
        self._engine = RapidOCR(
            params={
                threads.format("intra"): 1,
                threads.format("inter"): 1,
                "Global.log_level": "critical",
            }
        )

    def decode_picture(self, body: bytes) -> list[Pixels]:
        """Return the pages of a PNG, JPEG or TIFF as pixels. Raises `Unreadable` for damage."""
        try:
            is_whole, pages = self._cv2.imdecodemulti(
                self._numpy.frombuffer(body, "uint8"), self._cv2.IMREAD_COLOR
            )
        except self._cv2.error as error:
            raise Unreadable("a picture that is damaged or too large") from error
        if not is_whole or not pages:
            raise Unreadable("a picture that is damaged")
        return [self._reduce(page) for page in pages]

    def read_page(self, pixels: Pixels) -> PictureContent:
        """Return what a picture shows, turned upright and straight."""
        upright, boxes = self._turn_upright(pixels)
        lines, found = self._recognize(upright, boxes)
        if found and fmean(hit.score for hit in found) < _MIN_PAGE_SCORE:
            turned = self._cv2.rotate(upright, self._cv2.ROTATE_180)
            other_lines, other = self._recognize(turned, self._detect(turned))
            if other and fmean(hit.score for hit in other) > fmean(hit.score for hit in found):
                lines, found = other_lines, other
        legible = [hit for hit in found if hit.score >= _MIN_SCORE and hit.text.strip()]
        return PictureContent(tuple(_place_texts(lines, legible)), len(found) - len(legible))

    def _reduce(self, pixels: Pixels) -> Pixels:
        scale = MAX_SIDE / max(pixels.shape[:2])
        if scale >= 1:
            return pixels
        return self._cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=self._cv2.INTER_AREA)

    def _detect(self, pixels: Pixels) -> list[Pixels]:
        """Return the four corners of each line of text."""
        found = self._engine(pixels, use_det=True, use_cls=False, use_rec=False)
        boxes = getattr(found, "boxes", None)
        return [] if boxes is None else list(boxes)

    def _turn_upright(self, pixels: Pixels) -> tuple[Pixels, list[Pixels]]:
        """Return a picture with its lines level and their boxes.

        It is turned by a quarter, or by the few degrees by which the paper lay askew.
        """
        boxes = self._detect(pixels)
        tall = sum(self._measure(box)[1] > _TALL * self._measure(box)[0] for box in boxes)
        if tall > len(boxes) / 2 > 0:
            pixels = self._cv2.rotate(pixels, self._cv2.ROTATE_90_CLOCKWISE)
            boxes = self._detect(pixels)
        from controlwatch.adapters.files.picture_ink import measure_line_skew  # noqa: PLC0415  (an extra)

        drawn = measure_line_skew(pixels)
        skew, least = (self._measure_skew(boxes), _TEXT_SKEW) if drawn is None else (drawn, _SKEW)
        if not least < abs(skew) < _MAX_SKEW:
            return pixels, boxes
        height, width = pixels.shape[:2]
        turn = self._cv2.getRotationMatrix2D((width / 2, height / 2), skew, 1)
        level = self._cv2.warpAffine(
            pixels, turn, (width, height), flags=self._cv2.INTER_CUBIC, borderValue=_WHITE
        )
        return level, self._detect(level)

    def _measure(self, box: Pixels) -> tuple[float, float]:
        (left, top), (right, bottom) = box.min(axis=0), box.max(axis=0)
        return float(right - left), float(bottom - top)

    def _measure_skew(self, boxes: Sequence[Pixels]) -> float:
        """Return by how many degrees lines of text fall to the right: the mean of those near the median."""
        edges = [
            (float(box[1][0] - box[0][0]), float(box[1][1] - box[0][1]))
            for box in boxes
            if self._measure(box)[0] > _LONG * self._measure(box)[1]
        ]
        if not edges:
            return 0.0
        usual = median(degrees(atan2(down, across)) for across, down in edges)
        near = [
            (across, down)
            for across, down in edges
            if abs(degrees(atan2(down, across)) - usual) < _SKEW_SPREAD
        ]
        return degrees(atan2(sum(down for _, down in near), sum(across for across, _ in near)))

    def _recognize(self, pixels: Pixels, boxes: list[Pixels]) -> tuple[DrawnLines, list[_RecognizedText]]:
        """Return the texts of a picture; a line that crosses drawn lines is cut there and read in pieces."""
        from controlwatch.adapters.files import picture_ink  # noqa: PLC0415  (an extra)

        lines = picture_ink.find_drawn_lines(pixels)
        height, width = pixels.shape[:2]
        whole: list[PixelBox] = []
        for box in boxes:
            (left, top), (right, bottom) = box.min(axis=0), box.max(axis=0)
            edges = (
                max(int(left), 0),
                max(int(top), 0),
                min(int(right) + 1, width),
                min(int(bottom) + 1, height),
            )
            whole.append(edges)
        places = picture_ink.cut_boxes(lines, whole)
        alone: tuple[PixelBox, ...] = ()
        if places:
            usual = median(bottom - top for _, top, _, bottom in places)
            alone = picture_ink.find_missed_characters(lines, whole, usual)
        pieces = [lines.cleaned[top:bottom, left:right] for left, top, right, bottom in places]
        pieces += [picture_ink.widen_character(lines.cleaned, box) for box in alone]
        if not pieces:
            return lines, []
        read = self._engine.recognize_txt(pieces)
        found = [
            _RecognizedText(place, text, float(score))
            for place, text, score in zip((*places, *alone), read.txts or (), read.scores or (), strict=True)
        ]
        # What was no line of text to the detector and is no character either is dirt.
        return lines, [hit for hit in found if hit.box not in alone or hit.score >= _MIN_ALONE_SCORE]


def _place_texts(lines: DrawnLines, hits: Sequence[_RecognizedText]) -> Iterator[str | RuledTable]:
    """Yield recognised texts as tables where lines are drawn, else as lines with tabs at wide gaps."""
    if not hits:
        return
    scale = _PAGE_WIDTH / float(min(lines.cleaned.shape[:2]))  # points of a pixel
    size = median(hit.box[3] - hit.box[1] for hit in hits) * scale
    glyphs = [
        Glyph(
            y=(hit.box[1] + hit.box[3]) / 2 * scale + size / 3,  # `pdf_tables` looks above the base line
            x=hit.box[0] * scale + _MARGIN * size,
            end=hit.box[2] * scale - _MARGIN * size,
            size=size,
            text=hit.text,
        )
        for hit in hits
    ]
    level = (
        RulingLine((top + bottom) / 2 * scale, left * scale, right * scale)
        for left, top, right, bottom in lines.level
    )
    upright = (
        RulingLine((left + right) / 2 * scale, top * scale, bottom * scale)
        for left, top, right, bottom in lines.upright
    )
    parts = tuple(split_page(glyphs, level, upright))
    has_table = any(isinstance(part, RuledTable) for part in parts)
    yield from parts if has_table else group_lines(glyphs, wide_gap=_COLUMN_GAP)
