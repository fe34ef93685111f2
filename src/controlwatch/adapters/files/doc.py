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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import olefile

from controlwatch.adapters.files import (
    ENCRYPTED,
    LEGACY_WORD,
    ParsedFile,
    Unreadable,
    describe_left_out,
    describe_objects,
)
from controlwatch.adapters.files.doc_pictures import (
    list_box_texts,
    list_floating_pictures,
    list_inline_pictures,
    list_sheet_pictures,
)
from controlwatch.adapters.files.picture_text import PictureReader
from controlwatch.adapters.files.pictures import add_pictures
from controlwatch.adapters.files.spreadsheets import read_sheets
from controlwatch.core.sources.html_tables import format_rows

_WORD_MAGIC = 0xA5EC
_FLAGS_OFFSET, _USES_TABLE_1, _IS_ENCRYPTED = 0x0A, 0x0200, 0x0100
#: Characters of the parts of the text, which follow each other: ccpText, ccpFtn, ccpHdd, … (2.5.4).
_LENGTH_OFFSETS = {
    "text": 0x4C,
    "notes": 0x50,
    "heads": 0x54,
    "macros": 0x58,
    "remarks": 0x5C,
    "ends": 0x60,
    "boxes": 0x64,
}
_READ_PARTS = ("text", "notes", "ends", "boxes")
_CLX_OFFSET = 0x01A2  # fcClx, lcbClx: where the piece table is
_COMPRESSED_FLAG = 0x4000_0000

_RUNS_OFFSET = 0x00FA  # fcPlcfBteChpx: which pages of 512 bytes hold the looks of the characters
_DELETED, _STRUCK, _HIDDEN = (0x0800,), (0x0837, 0x2A53), (0x083C,)  # sprmCFRMarkDel, sprmCFStrike, …Vanish
_LEFT_OUT = "\x1f"  # replaces a character that a person sees cancelled or not at all
_PARAGRAPHS_OFFSET = 0x0102  # fcPlcfBtePapx, lcbPlcfBtePapx: which pages of 512 bytes hold the properties
_PAGE_BYTES = 512
_PAGE_NUMBER_MASK = 0x3F_FFFF
_IN_TABLE, _TABLE_ROW_END = 0x2416, 0x2417  # sprmPFInTable, sprmPFTtp
_LONG_TABLE, _LONG_TABS = 0xD608, 0xC615  # properties whose length is stored differently
_OPERAND_SIZES = {0: 1, 1: 1, 2: 2, 3: 4, 4: 2, 5: 2, 7: 3}  # bytes, by the top bits of a property's number

_FIELD_CODE = re.compile("\x13[^\x13\x14\x15]*(?:\x14|\x15)")  # ␓ HYPERLINK "http…" ␔附件␕
_CELL_ENDS = re.compile("\x07+")
_SHOWN_CHARACTER = re.compile("[^\x07\r]")
_CONTROL_CHARACTERS = re.compile("[\x00-\x06\x08\x0e-\x1d\x1f]")
_ROW_END = "\x1e"  # replaces the mark of a cell that is known to end a row


def read_ole(body: bytes, *, reader: PictureReader | None = None) -> ParsedFile:
    """Parse a DOC, WPS, XLS or ET file. Raises `Unreadable` for any other OLE container.

    Pictures that are large enough to hold a table are recognised by a reader; without one they are a doubt.
    """
    with olefile.OleFileIO(io.BytesIO(body)) as container:
        if book := next((name for name in ("Workbook", "Book") if container.exists(name)), None):
            return _add_drawn(read_sheets(body), container.openstream(book).read(), reader)
        if container.exists("WordDocument"):
            return _read_word(container, reader)
        if container.exists("EncryptedPackage"):  # a DOCX or XLSX with a password comes in a container
            return ParsedFile("", (ENCRYPTED,))
    raise Unreadable("an OLE container without a supported document")


def _add_drawn(parsed: ParsedFile, stream: bytes, reader: PictureReader | None) -> ParsedFile:
    """Return a workbook with the words of its text boxes and comments, and with what its pictures show."""
    lines = [line for words in list_box_texts(stream) for line in words.splitlines() if line.strip()]
    text = "\n".join(line for line in (parsed.text, *lines) if line)
    return add_pictures(replace(parsed, text=text), list(list_sheet_pictures(stream)), reader)


def _read_word(container: olefile.OleFileIO, reader: PictureReader | None) -> ParsedFile:
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
    left_out: dict[str, list[str]] = {"struck through": [], "hidden": []}
    runs = _list_left_out(main, table)
    pieces = [_leave_out(piece, runs, left_out) for piece in _read_pieces(main, table[start : start + size])]
    text = "".join(_mark_row_ends(piece, paragraphs) for piece in pieces)
    parts = (_clean_text(part, is_marked=bool(paragraphs)) for part in _split_parts(main, text))
    objects = {path[1] for path in container.listdir() if path[0] == "ObjectPool" and len(path) > 1}
    doubts = (*describe_left_out(left_out, "file"), *describe_objects(len(objects)))
    parsed = ParsedFile("\n".join(part for part in parts if part), doubts)
    data = container.openstream("Data").read() if container.exists("Data") else b""
    return add_pictures(parsed, [*list_inline_pictures(data), *list_floating_pictures(main)], reader)


def _split_parts(main: bytes, text: str) -> Iterator[str]:
    """Yield the main text, the notes and the text boxes, which follow each other with other parts between."""
    at = 0
    for name, offset in _LENGTH_OFFSETS.items():
        length = int(struct.unpack_from("<I", main, offset)[0])
        if name in _READ_PARTS:
            yield text[at : at + length]
        at += length


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


# --------------------------------------------------------------------------- characters left out


@dataclass(frozen=True, slots=True)
class _LeftOutRun:
    """A run of characters that is struck, deleted or hidden: first byte, byte after the last, and which."""

    start: int
    end: int
    kind: str


def _list_left_out(main: bytes, table: bytes) -> list[_LeftOutRun]:
    """Return the runs that are left out, in their order; none where the file is damaged.

    A page of looks has n+1 positions, then a byte for each run that points to its properties.
    """
    runs: list[_LeftOutRun] = []
    with suppress(struct.error, IndexError):
        for page in _list_pages(main, table, _RUNS_OFFSET):
            count = page[_PAGE_BYTES - 1]
            positions = struct.unpack_from(f"<{count + 1}I", page)
            for number in range(count):
                at = 2 * page[4 * (count + 1) + number]
                if not at:
                    continue
                properties = dict(_parse_properties(page[at + 1 : at + 1 + page[at]]))
                is_struck = any(properties.get(name) == 1 for name in (*_DELETED, *_STRUCK))
                is_hidden = any(properties.get(name) == 1 for name in _HIDDEN)
                if is_struck or is_hidden:
                    kind = "struck through" if is_struck else "hidden"
                    runs.append(_LeftOutRun(positions[number], positions[number + 1], kind))
    return sorted(runs, key=lambda run: run.start)


def _leave_out(
    piece: _TextPiece, runs: Sequence[_LeftOutRun], left_out: Mapping[str, list[str]]
) -> _TextPiece:
    """Return a piece with a placeholder for each character of the runs, which are added to `left_out`."""
    text = piece.text
    for run in runs:
        first, last = (max((at - piece.start) // piece.width, 0) for at in (run.start, run.end))
        words = text[first:last]
        if words.strip("\x07\r"):
            left_out[run.kind].append(_CONTROL_CHARACTERS.sub("", words.replace("\x07", " ")))
            text = text[:first] + _SHOWN_CHARACTER.sub(_LEFT_OUT, words) + text[last:]
    return replace(piece, text=text)


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
    for page in _list_pages(main, table, _PARAGRAPHS_OFFSET):
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


def _list_pages(main: bytes, table: bytes, offset: int) -> Iterator[bytes]:
    """Yield the pages of 512 bytes to which an entry of the FIB leads; raises struct.error for damage."""
    start, size = struct.unpack_from("<II", main, offset)
    page_count = (size - 4) // 8
    if page_count <= 0:
        return
    for page_number in struct.unpack_from(f"<{page_count}I", table, start + 4 * (page_count + 1)):
        page_start = _PAGE_BYTES * (page_number & _PAGE_NUMBER_MASK)
        yield main[page_start : page_start + _PAGE_BYTES]


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
