"""How wide and high a picture is, by the first bytes of its file."""

from __future__ import annotations

import re
import struct

#: Bytes before the frame of a JPEG: a thumbnail, a profile.
FRAME_REACH = 70_000
_FRAME = re.compile(rb"\xff[\xc0-\xc2]\x00[\x0b-\x14]\x08(.{4})", re.DOTALL)  # height and width of a JPEG


def measure_picture(file: bytes) -> tuple[int, int] | None:
    """Return the width and height of a PNG, JPEG or GIF in pixels; None where they are not told."""
    if file.startswith(b"\x89PNG") and len(file) >= 24:
        width, height = struct.unpack_from(">2I", file, 16)
        return width, height
    if file.startswith(b"GIF8") and len(file) >= 10:
        width, height = struct.unpack_from("<2H", file, 6)
        return width, height
    frame = _FRAME.search(file[:FRAME_REACH])
    if frame is None:
        return None
    height, width = struct.unpack(">2H", frame[1])
    return width, height
