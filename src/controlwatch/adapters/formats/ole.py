"""Read the old binary Office files: Word (and WPS, which writes the same) here, Excel by calamine.

Layout of a Word file as published in [MS-DOC]: the FIB at the start of the stream WordDocument points into
the table stream, where the piece table says which stretches of the first stream are the text, and in which
encoding.
"""

from __future__ import annotations

import io
import re
import struct
from typing import TYPE_CHECKING

import olefile

from controlwatch.adapters.formats import Reading, Unreadable
from controlwatch.adapters.formats.sheets import read_sheets

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORD_MAGIC = 0xA5EC
_FLAGS, _TABLE_1, _ENCRYPTED = 0x0A, 0x0200, 0x0100
_LENGTH_OF_TEXT = 0x4C  # ccpText: characters of the main text; notes and headers follow it
_CLX = 0x01A2  # fcClx, lcbClx: where the piece table is
_COMPRESSED = 0x4000_0000

_FIELD_CODE = re.compile("\x13[^\x13\x14\x15]*(?:\x14|\x15)")  # ␓ HYPERLINK "http…" ␔附件␕
_CELL_ENDS = re.compile("\x07+")
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1f]")


def read_ole(body: bytes) -> Reading:
    """Read a DOC, WPS, XLS or ET file. Raises `Unreadable` for any other OLE container."""
    with olefile.OleFileIO(io.BytesIO(body)) as container:
        if container.exists("Workbook") or container.exists("Book"):
            return read_sheets(body)
        if container.exists("WordDocument"):
            return _word(container)
    raise Unreadable("an OLE container that holds no document known here")


def _word(container: olefile.OleFileIO) -> Reading:
    main = container.openstream("WordDocument").read()
    if len(main) < _CLX + 8 or struct.unpack_from("<H", main)[0] != _WORD_MAGIC:
        return Reading("", ("legacy DOC not readable here",))
    flags = struct.unpack_from("<H", main, _FLAGS)[0]
    if flags & _ENCRYPTED:
        return Reading("", ("the file is encrypted",))
    table = container.openstream("1Table" if flags & _TABLE_1 else "0Table").read()
    start, size = struct.unpack_from("<II", main, _CLX)
    text = "".join(_pieces(main, _piece_table(table[start : start + size])))
    length = struct.unpack_from("<I", main, _LENGTH_OF_TEXT)[0]
    return Reading(_readable(text[:length]))


def _piece_table(clx: bytes) -> bytes:
    """Skip the formatting that may stand before the piece table (marked 2)."""
    at = 0
    while at < len(clx) and clx[at] == 1:
        at += 3 + int(struct.unpack_from("<H", clx, at + 1)[0])
    if at >= len(clx) or clx[at] != 2:
        raise Unreadable("the Word file has no piece table")
    size = struct.unpack_from("<I", clx, at + 1)[0]
    return clx[at + 5 : at + 5 + size]


def _pieces(main: bytes, table: bytes) -> Iterator[str]:
    """n pieces: n+1 character positions of 4 bytes, then n descriptors of 8 bytes."""
    count = (len(table) - 4) // 12
    positions = struct.unpack_from(f"<{count + 1}I", table)
    for number in range(count):
        length = positions[number + 1] - positions[number]
        place = struct.unpack_from("<I", table, 4 * (count + 1) + 8 * number + 2)[0]
        if place & _COMPRESSED:
            start = (place & ~_COMPRESSED) // 2
            yield main[start : start + length].decode("cp1252", errors="replace")
        else:
            yield main[place : place + 2 * length].decode("utf-16-le", errors="replace")


def _readable(text: str) -> str:
    """Paragraph marks become lines, cell marks tabs; two cell marks together end a row."""
    seen = _FIELD_CODE.sub("", text)
    rows = _CELL_ENDS.sub(lambda marks: "\n" if len(marks[0]) > 1 else "\t", seen)
    clean = _UNSEEN.sub("", rows.replace("\r", "\n").replace("\x0b", "\n").replace("\x0c", "\n"))
    return "\n".join(line.strip(" \u3000").rstrip("\t") for line in clean.split("\n") if line.strip())
