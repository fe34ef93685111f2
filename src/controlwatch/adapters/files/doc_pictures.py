"""Find what is drawn in old binary Office files: text boxes, and pictures large enough to hold a table.

A picture in a line is a PICF in the stream Data, with the size at which it is drawn (2.9.190). One that
floats is stored as a file behind the text; how large it is drawn is told elsewhere, so its pixels decide.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from itertools import pairwise

from controlwatch.core.sources.picture_sizes import FRAME_REACH, measure_picture

_HEADER_BYTES = 0x44
_GOAL_OFFSET = 0x1C  # dxaGoal, dyaGoal in twips, then mx, my in thousandths
_MIN_PICTURE = (3_402, 1_701)  # 6 by 3 cm, in twips; less is a seal, a sign or an ornament
_MIN_PIXELS = (400, 200)
_TEXT_OBJECT, _CONTINUE, _DRAWING_GROUP = 0x01B6, 0x003C, 0x00EB
_SHEET_BITMAP = 0x007F  # a bitmap as Excel 95 and some libraries keep it
_MAX_PICTURES = 200
#: The beginning of a metafile or a bitmap in a drawing; its fifth bit says that two hashes follow, not one.
_DRAWN = re.compile(rb"(?:[\x40\x50]\x3d\x1a|[\x60\x70]\x21\x1b|[\x80\x90]\x7a\x1f)\xf0")
_BITMAP, _EMU_OF_TWIP = 0x1F, 635
_FILE = re.compile(rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff[\xe0-\xef\xdb]")


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
        size = measure_picture(main[start : min(end, start + FRAME_REACH)])
        if size is not None and size[0] >= _MIN_PIXELS[0] and size[1] >= _MIN_PIXELS[1]:
            yield main[start:end]


def list_sheet_pictures(stream: bytes) -> Iterator[bytes]:
    """Yield the large pictures on the sheets of an old workbook; nothing for one that is not PNG or JPEG.

    All are kept in one drawing group, which is cut into records of eight kilobytes ([MS-XLS] 2.4.171).
    """
    group, is_inside = b"", False
    for kind, record in _list_records(stream):
        is_inside = kind == _DRAWING_GROUP or (is_inside and kind == _CONTINUE)
        if is_inside:
            group += record
        elif kind == _SHEET_BITMAP and len(record) >= 16:
            size = struct.unpack_from("<2H", record, 12)
            if all(side >= least for side, least in zip(size, _MIN_PIXELS, strict=True)):
                yield b""
    yield from list_floating_pictures(group)
    yield from (b"" for hit in _DRAWN.finditer(group) if _is_drawn_large(group, hit))


def _is_drawn_large(group: bytes, hit: re.Match[bytes]) -> bool:
    """Return whether a metafile or a bitmap can hold a table ([MS-ODRAW] 2.2.24 to 2.2.29)."""
    is_bitmap = hit[0][2] == _BITMAP
    hashes = 2 if hit[0][0] & 0x10 else 1
    at = hit.end() + 4 + 16 * hashes + (5 if is_bitmap else 20)
    if at + 8 > len(group):
        return False
    size = struct.unpack_from("<2I", group, at)
    least = _MIN_PIXELS if is_bitmap else tuple(side * _EMU_OF_TWIP for side in _MIN_PICTURE)
    return all(side >= bound for side, bound in zip(size, least, strict=True))


def list_box_texts(stream: bytes) -> Iterator[str]:
    """Yield the words of the boxes and comments on the sheets of an old workbook ([MS-XLS] 2.4.329)."""
    expected = 0
    for kind, record in _list_records(stream):
        length = len(record)
        if kind == _TEXT_OBJECT and length >= 12:
            expected = struct.unpack_from("<H", record, 10)[0]
        elif kind == _CONTINUE and expected and record:
            encoding = "utf-16-le" if record[0] & 1 else "latin-1"
            size = expected * (2 if record[0] & 1 else 1)
            yield record[1 : 1 + size].decode(encoding, errors="replace")
            expected = 0


def _list_records(stream: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield kind and content of the records of an old workbook."""
    at = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<2H", stream, at)
        yield kind, stream[at + 4 : at + 4 + length]
        at += 4 + length
