"""Find what is drawn in old binary Office files: text boxes, and pictures large enough to hold a table.

A picture in a line is a PICF in the stream Data, with the size at which it is drawn (2.9.190). One that
floats is stored as a file behind the text; how large it is drawn is told elsewhere, so its pixels decide.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from itertools import pairwise

_HEADER_BYTES = 0x44
_GOAL_OFFSET = 0x1C  # dxaGoal, dyaGoal in twips, then mx, my in thousandths
_MIN_PICTURE = (3_402, 1_701)  # 6 by 3 cm, in twips; less is a seal, a sign or an ornament
_MIN_PIXELS = (400, 200)
_TEXT_OBJECT, _CONTINUE = 0x01B6, 0x003C
_MAX_PICTURES = 200
_FILE = re.compile(rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff[\xe0-\xef\xdb]")
_FRAME = re.compile(rb"\xff[\xc0-\xc2]\x00[\x0b-\x14]\x08(.{4})", re.DOTALL)  # height and width of a JPEG
_FRAME_REACH = 70_000  # bytes before the frame of a JPEG: a thumbnail, a profile


def list_inline_pictures(data: bytes) -> Iterator[bytes]:
    """Yield the large pictures of the stream Data; nothing for one whose bytes are of another format."""
    at = 0
    for _ in range(_MAX_PICTURES):
        if at + _HEADER_BYTES > len(data):
            return
        length, header = struct.unpack_from("<IH", data, at)
        if header != _HEADER_BYTES or length < header:
            return
        goals, scales = (
            struct.unpack_from("<2H", data, at + _GOAL_OFFSET),
            struct.unpack_from("<2H", data, at + 0x20),
        )
        sizes = (goal * (scale or 1_000) / 1_000 for goal, scale in zip(goals, scales, strict=True))
        if all(size >= least for size, least in zip(sizes, _MIN_PICTURE, strict=True)):
            inside = data[at : at + length]
            file = _FILE.search(inside)
            yield inside[file.start() :] if file is not None else b""
        at += length


def list_floating_pictures(main: bytes) -> Iterator[bytes]:
    """Yield the large PNG and JPEG files that are stored behind the text."""
    starts = [hit.start() for hit in _FILE.finditer(main)][:_MAX_PICTURES]
    for start, end in pairwise((*starts, len(main))):
        size = _measure(main[start : min(end, start + _FRAME_REACH)])
        if size is not None and size[0] >= _MIN_PIXELS[0] and size[1] >= _MIN_PIXELS[1]:
            yield main[start:end]


def list_box_texts(stream: bytes) -> Iterator[str]:
    """Yield the words of the boxes and comments on the sheets of an old workbook ([MS-XLS] 2.4.329)."""
    at, expected = 0, 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<2H", stream, at)
        record = stream[at + 4 : at + 4 + length]
        if kind == _TEXT_OBJECT and length >= 12:
            expected = struct.unpack_from("<H", record, 10)[0]
        elif kind == _CONTINUE and expected and record:
            encoding = "utf-16-le" if record[0] & 1 else "latin-1"
            size = expected * (2 if record[0] & 1 else 1)
            yield record[1 : 1 + size].decode(encoding, errors="replace")
            expected = 0
        at += 4 + length


def _measure(file: bytes) -> tuple[int, int] | None:
    """Return how wide and high a PNG or JPEG is, in pixels; None where it does not say."""
    if file.startswith(b"\x89PNG") and len(file) >= 24:
        width, height = struct.unpack_from(">2I", file, 16)
        return width, height
    frame = _FRAME.search(file)
    if frame is None:
        return None
    height, width = struct.unpack(">2H", frame[1])
    return width, height
