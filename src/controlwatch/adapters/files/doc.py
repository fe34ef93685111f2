"""Read the old binary Office files: Word (and WPS, which writes the same) here, Excel by calamine.

Layout of a Word file as published in [MS-DOC]: the FIB at the start of the stream WordDocument points into
the table stream, where the piece table says which stretches of the first stream are the text, and in which
encoding.
"""

from __future__ import annotations

import io
import re
import struct
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

import olefile

from controlwatch.adapters.files import ENCRYPTED, LEGACY_WORD, ParsedFile, Unreadable
from controlwatch.adapters.files.doc_tables import TableParagraph, find_table_paragraphs
from controlwatch.adapters.files.spreadsheets import read_sheets
from controlwatch.core.sources.html_tables import format_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORD_MAGIC = 0xA5EC
_FLAGS_OFFSET, _USES_TABLE_1, _IS_ENCRYPTED = 0x0A, 0x0200, 0x0100
_TEXT_LENGTH_OFFSET = 0x4C  # ccpText: characters of the main text; notes and headers follow it
_CLX_OFFSET = 0x01A2  # fcClx, lcbClx: where the piece table is
_COMPRESSED_FLAG = 0x4000_0000

_FIELD_CODE = re.compile("\x13[^\x13\x14\x15]*(?:\x14|\x15)")  # ␓ HYPERLINK "http…" ␔附件␕
_CELL_ENDS = re.compile("\x07+")
_CONTROL_CHARACTERS = re.compile("[\x00-\x06\x08\x0e-\x1d\x1f]")
_ROW_END = "\x1e"  # ours: the mark of a cell, where it is known to end a row


def read_ole(body: bytes) -> ParsedFile:
    """Read a DOC, WPS, XLS or ET file. Raises `Unreadable` for any other OLE container."""
    with olefile.OleFileIO(io.BytesIO(body)) as container:
        if container.exists("Workbook") or container.exists("Book"):
            return read_sheets(body)
        if container.exists("WordDocument"):
            return _read_word(container)
        if container.exists("EncryptedPackage"):  # a DOCX or XLSX with a password comes in a container
            return ParsedFile("", (ENCRYPTED,))
    raise Unreadable("an OLE container that holds no document known here")


def _read_word(container: olefile.OleFileIO) -> ParsedFile:
    main = container.openstream("WordDocument").read()
    if len(main) < _CLX_OFFSET + 8 or struct.unpack_from("<H", main)[0] != _WORD_MAGIC:
        return ParsedFile("", (LEGACY_WORD,))
    flags = struct.unpack_from("<H", main, _FLAGS_OFFSET)[0]
    if flags & _IS_ENCRYPTED:
        return ParsedFile("", (ENCRYPTED,))
    table = container.openstream("1Table" if flags & _USES_TABLE_1 else "0Table").read()
    start, size = struct.unpack_from("<II", main, _CLX_OFFSET)
    places = find_table_paragraphs(main, table)
    pieces = _read_pieces(main, _find_piece_table(table[start : start + size]))
    text = "".join(_mark_row_ends(piece, places) for piece in pieces)
    length = struct.unpack_from("<I", main, _TEXT_LENGTH_OFFSET)[0]
    return ParsedFile(_clean_text(text[:length], is_marked=bool(places)))


def _find_piece_table(clx: bytes) -> bytes:
    """Skip the formatting that may stand before the piece table (marked 2)."""
    at = 0
    while at < len(clx) and clx[at] == 1:
        at += 3 + int(struct.unpack_from("<H", clx, at + 1)[0])
    if at >= len(clx) or clx[at] != 2:
        raise Unreadable("the Word file has no piece table")
    size = struct.unpack_from("<I", clx, at + 1)[0]
    return clx[at + 5 : at + 5 + size]


@dataclass(frozen=True, slots=True)
class _TextPiece:
    text: str
    start: int  # of its first character in the stream
    width: int  # bytes of a character


def _read_pieces(main: bytes, table: bytes) -> Iterator[_TextPiece]:
    """n pieces: n+1 character positions of 4 bytes, then n descriptors of 8 bytes."""
    count = (len(table) - 4) // 12
    positions = struct.unpack_from(f"<{count + 1}I", table)
    for number in range(count):
        length = positions[number + 1] - positions[number]
        place = struct.unpack_from("<I", table, 4 * (count + 1) + 8 * number + 2)[0]
        if place & _COMPRESSED_FLAG:
            start = (place & ~_COMPRESSED_FLAG) // 2
            yield _TextPiece(main[start : start + length].decode("cp1252", errors="replace"), start, 1)
        else:
            yield _TextPiece(_decode_utf16(main[place : place + 2 * length]), place, 2)


def _decode_utf16(data: bytes) -> str:
    """One character for each two bytes, so that its place can be told: halves of a pair stay apart."""
    return "".join(map(chr, struct.unpack(f"<{len(data) // 2}H", data[: len(data) // 2 * 2])))


def _mark_row_ends(piece: _TextPiece, places: tuple[TableParagraph, ...]) -> str:
    """Give the ends of rows their own mark, and make one line of the paragraphs of a cell."""
    shown: list[str] = []
    done = 0
    for place in places[bisect_left(places, piece.start, key=lambda place: place.end) :]:
        first, last = ((at - piece.start) // piece.width for at in (place.start, place.end))
        if first >= len(piece.text):
            break
        shown.append(piece.text[done : max(first, done)])
        inside = piece.text[max(first, done) : last].replace("\r", " ").replace("\x0b", " ")
        shown.append(inside.replace("\x07", _ROW_END) if place.is_row_end else inside)
        done = max(last, done)
    return "".join((*shown, piece.text[done:]))


def _clean_text(text: str, *, is_marked: bool) -> str:
    """Paragraph marks become lines, cell marks tabs; without better knowledge two cell marks end a row."""
    seen = _FIELD_CODE.sub("", text)
    if not is_marked:
        seen = _CELL_ENDS.sub(lambda marks: _ROW_END if len(marks[0]) > 1 else "\t", seen)
    clean = (
        _CONTROL_CHARACTERS.sub("", re.sub("[\r\x0b\x0c]", "\n", seen))
        .replace("\x07", "\t")
        .replace(_ROW_END, "\n")
    )
    lines = (shown for line in clean.split("\n") for shown in _format_line(line))
    return "\n".join(line for line in lines if line.strip())


def _format_line(line: str) -> Iterator[str]:
    if "\t" not in line:
        yield line.strip(" \u3000")
    else:
        yield from format_rows([" ".join(cell.split()) for cell in line.rstrip("\t").split("\t")])
