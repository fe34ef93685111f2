"""Parse the old binary Office files: Word (and WPS, which writes the same format) here, Excel by calamine.

Layout of a Word file as published in [MS-DOC]: the FIB at the start of the stream WordDocument points into
the table stream, where the piece table lists the stretches of the first stream that are the text, with their
encodings. Two cell marks in a row may end a row or be an empty cell; the properties of the paragraph tell
(2.8.25 and 2.9.33).
"""

from __future__ import annotations

import io
import re
import struct
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

import olefile

from controlwatch.adapters.files import ENCRYPTED, LEGACY_WORD, ParsedFile, Unreadable
from controlwatch.adapters.files.spreadsheets import read_sheets
from controlwatch.core.sources.html_tables import format_rows

_WORD_MAGIC = 0xA5EC
_FLAGS_OFFSET, _USES_TABLE_1, _IS_ENCRYPTED = 0x0A, 0x0200, 0x0100
_TEXT_LENGTH_OFFSET = 0x4C  # ccpText: characters of the main text; notes and headers follow it
_CLX_OFFSET = 0x01A2  # fcClx, lcbClx: where the piece table is
_COMPRESSED_FLAG = 0x4000_0000

_PARAGRAPHS_OFFSET = 0x0102  # fcPlcfBtePapx, lcbPlcfBtePapx: which pages of 512 bytes hold the properties
_PAGE_BYTES = 512
_PAGE_NUMBER_MASK = 0x3F_FFFF
_IN_TABLE, _TABLE_ROW_END = 0x2416, 0x2417  # sprmPFInTable, sprmPFTtp
_LONG_TABLE, _LONG_TABS = 0xD608, 0xC615  # properties whose length is stored differently
_OPERAND_SIZES = {0: 1, 1: 1, 2: 2, 3: 4, 4: 2, 5: 2, 7: 3}  # bytes, by the top bits of a property's number

_FIELD_CODE = re.compile("\x13[^\x13\x14\x15]*(?:\x14|\x15)")  # ␓ HYPERLINK "http…" ␔附件␕
_CELL_ENDS = re.compile("\x07+")
_CONTROL_CHARACTERS = re.compile("[\x00-\x06\x08\x0e-\x1d\x1f]")
_ROW_END = "\x1e"  # replaces the mark of a cell that is known to end a row


def read_ole(body: bytes) -> ParsedFile:
    """Parse a DOC, WPS, XLS or ET file. Raises `Unreadable` for any other OLE container."""
    with olefile.OleFileIO(io.BytesIO(body)) as container:
        if container.exists("Workbook") or container.exists("Book"):
            return read_sheets(body)
        if container.exists("WordDocument"):
            return _read_word(container)
        if container.exists("EncryptedPackage"):  # a DOCX or XLSX with a password comes in a container
            return ParsedFile("", (ENCRYPTED,))
    raise Unreadable("an OLE container without a supported document")


def _read_word(container: olefile.OleFileIO) -> ParsedFile:
    main = container.openstream("WordDocument").read()
    if len(main) < _CLX_OFFSET + 8 or struct.unpack_from("<H", main)[0] != _WORD_MAGIC:
        return ParsedFile("", (LEGACY_WORD,))
    flags = struct.unpack_from("<H", main, _FLAGS_OFFSET)[0]
    if flags & _IS_ENCRYPTED:
        return ParsedFile("", (ENCRYPTED,))
    table = container.openstream("1Table" if flags & _USES_TABLE_1 else "0Table").read()
    start, size = struct.unpack_from("<II", main, _CLX_OFFSET)
    try:
        paragraphs = sorted(_list_table_paragraphs(main, table), key=lambda paragraph: paragraph.start)
    except (struct.error, IndexError):
        paragraphs = []
    if not any(paragraph.is_row_end for paragraph in paragraphs):
        paragraphs = []
    pieces = _read_pieces(main, table[start : start + size])
    text = "".join(_mark_row_ends(piece, paragraphs) for piece in pieces)
    length = struct.unpack_from("<I", main, _TEXT_LENGTH_OFFSET)[0]
    return ParsedFile(_clean_text(text[:length], is_marked=bool(paragraphs)))


@dataclass(frozen=True, slots=True)
class _TextPiece:
    text: str
    start: int  # of its first character in the stream
    width: int  # bytes of a character


def _read_pieces(main: bytes, clx: bytes) -> Iterator[_TextPiece]:
    """Yield n pieces: the table has n+1 character positions of 4 bytes, then n descriptors of 8 bytes."""
    at = 0
    while at < len(clx) and clx[at] == 1:  # formatting before the piece table, which is marked 2
        at += 3 + int(struct.unpack_from("<H", clx, at + 1)[0])
    if at >= len(clx) or clx[at] != 2:
        raise Unreadable("the Word file has no piece table")
    table = clx[at + 5 : at + 5 + struct.unpack_from("<I", clx, at + 1)[0]]
    count = (len(table) - 4) // 12
    positions = struct.unpack_from(f"<{count + 1}I", table)
    for number in range(count):
        length = positions[number + 1] - positions[number]
        place = struct.unpack_from("<I", table, 4 * (count + 1) + 8 * number + 2)[0]
        if place & _COMPRESSED_FLAG:
            start = (place & ~_COMPRESSED_FLAG) // 2
            yield _TextPiece(main[start : start + length].decode("cp1252", errors="replace"), start, 1)
        else:
            # One character for each two bytes, to keep positions: the halves of a surrogate pair stay apart.
            data = main[place : place + 2 * length]
            units = struct.unpack(f"<{len(data) // 2}H", data[: len(data) // 2 * 2])
            yield _TextPiece("".join(map(chr, units)), place, 2)


def _mark_row_ends(piece: _TextPiece, paragraphs: list[_TableParagraph]) -> str:
    """Replace the cell marks that end rows, and put the paragraphs of a cell into one line."""
    parts: list[str] = []
    done = 0
    first_in_piece = bisect_left(paragraphs, piece.start, key=lambda paragraph: paragraph.end)
    for paragraph in paragraphs[first_in_piece:]:
        first, last = ((at - piece.start) // piece.width for at in (paragraph.start, paragraph.end))
        if first >= len(piece.text):
            break
        parts.append(piece.text[done : max(first, done)])
        inside = piece.text[max(first, done) : last].replace("\r", " ").replace("\x0b", " ")
        parts.append(inside.replace("\x07", _ROW_END) if paragraph.is_row_end else inside)
        done = max(last, done)
    return "".join((*parts, piece.text[done:]))


def _clean_text(text: str, *, is_marked: bool) -> str:
    """Turn paragraph marks into lines and cell marks into tabs; unmarked, two cell marks end a row."""
    text = _FIELD_CODE.sub("", text)
    if not is_marked:
        text = _CELL_ENDS.sub(lambda marks: _ROW_END if len(marks[0]) > 1 else "\t", text)
    clean = (
        _CONTROL_CHARACTERS.sub("", re.sub("[\r\x0b\x0c]", "\n", text))
        .replace("\x07", "\t")
        .replace(_ROW_END, "\n")
    )
    lines: list[str] = []
    for line in clean.split("\n"):
        if "\t" in line:
            lines.extend(format_rows([" ".join(cell.split()) for cell in line.rstrip("\t").split("\t")]))
        else:
            lines.append(line.strip(" \u3000"))
    return "\n".join(line for line in lines if line.strip())


# --------------------------------------------------------------------------- paragraphs in tables


@dataclass(frozen=True, slots=True)
class _TableParagraph:
    """A paragraph in a table: its first byte and the byte after its last in the main stream."""

    start: int
    end: int
    is_row_end: bool


def _list_table_paragraphs(main: bytes, table: bytes) -> Iterator[_TableParagraph]:
    """Yield the paragraphs in tables; raises struct.error or IndexError when the file is damaged.

    A page of properties has n+1 positions, then n entries of 13 bytes that point to the properties.
    """
    start, size = struct.unpack_from("<II", main, _PARAGRAPHS_OFFSET)
    page_count = (size - 4) // 8
    if page_count <= 0:
        return
    for page_number in struct.unpack_from(f"<{page_count}I", table, start + 4 * (page_count + 1)):
        page_start = _PAGE_BYTES * (page_number & _PAGE_NUMBER_MASK)
        page = main[page_start : page_start + _PAGE_BYTES]
        count = page[_PAGE_BYTES - 1]
        positions = struct.unpack_from(f"<{count + 1}I", page)
        for number in range(count):
            at = 2 * page[4 * (count + 1) + 13 * number]
            if not at:
                continue
            # The length is counted in words, odd or even; the number of the style precedes the properties.
            words = page[at]
            first, length = (at + 1, 2 * words - 1) if words else (at + 2, 2 * page[at + 1])
            properties = dict(_parse_properties(page[first + 2 : first + length]))
            is_row_end = bool(properties.get(_TABLE_ROW_END))
            if properties.get(_IN_TABLE) or is_row_end:
                yield _TableParagraph(positions[number], positions[number + 1], is_row_end)


def _parse_properties(packed: bytes) -> Iterator[tuple[int, int]]:
    """Yield the number of each property and the first byte of its operand."""
    at = 0
    while at + 3 <= len(packed):
        name = int(struct.unpack_from("<H", packed, at)[0])
        at += 2
        yield name, packed[at]
        if name == _LONG_TABLE:
            at += int(struct.unpack_from("<H", packed, at)[0]) + 1
        elif name == _LONG_TABS and packed[at] == 255:
            return  # tabs come last and are not needed
        else:
            at += _OPERAND_SIZES.get(name >> 13, packed[at] + 1)
