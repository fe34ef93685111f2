"""Where the tables of an old Word file stand: the paragraph properties of [MS-DOC], 2.8.25 and 2.9.33.

Two cell marks in a row may end a row, or be an empty cell: only the properties of the paragraph tell.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PARAGRAPHS_OFFSET = 0x0102  # fcPlcfBtePapx, lcbPlcfBtePapx: which pages of 512 bytes hold the properties
_PAGE_BYTES = 512
_PAGE_NUMBER_MASK = 0x3F_FFFF
_IN_TABLE, _ROW_END = 0x2416, 0x2417  # sprmPFInTable, sprmPFTtp
_LONG_TABLE, _LONG_TABS = 0xD608, 0xC615  # properties whose own length is kept differently
_OPERAND_SIZES = {
    0: 1,
    1: 1,
    2: 2,
    3: 4,
    4: 2,
    5: 2,
    7: 3,
}  # bytes of a property, by the top bits of its number


@dataclass(frozen=True, slots=True)
class TableParagraph:
    """A paragraph in a table: its first byte and the byte after its last in the main stream."""

    start: int
    end: int
    is_row_end: bool


def find_table_paragraphs(main: bytes, table: bytes) -> tuple[TableParagraph, ...]:
    """Return the paragraphs in tables in their order; none where the file does not say, or is damaged."""
    try:
        start, size = struct.unpack_from("<II", main, _PARAGRAPHS_OFFSET)
        count = (size - 4) // 8
        numbers = struct.unpack_from(f"<{count}I", table, start + 4 * (count + 1)) if count > 0 else ()
        found = [
            place
            for number in numbers
            for place in _read_page(main, _PAGE_BYTES * (number & _PAGE_NUMBER_MASK))
        ]
    except (struct.error, IndexError):
        return ()
    return tuple(sorted(found, key=lambda place: place.start)) if any(p.is_row_end for p in found) else ()


def _read_page(main: bytes, start: int) -> Iterator[TableParagraph]:
    """n+1 byte positions, then n entries of 13 bytes, the first of which says where the properties are."""
    page = main[start : start + _PAGE_BYTES]
    count = page[_PAGE_BYTES - 1]
    positions = struct.unpack_from(f"<{count + 1}I", page)
    for number in range(count):
        at = 2 * page[4 * (count + 1) + 13 * number]
        properties = dict(_parse_properties(_slice_properties(page, at))) if at else {}
        if properties.get(_IN_TABLE) or properties.get(_ROW_END):
            is_row_end = bool(properties.get(_ROW_END))
            yield TableParagraph(positions[number], positions[number + 1], is_row_end)


def _slice_properties(page: bytes, at: int) -> bytes:
    """The properties after the number of the style; their length is counted in words, odd or even."""
    words = page[at]
    start, size = (at + 1, 2 * words - 1) if words else (at + 2, 2 * page[at + 1])
    return page[start + 2 : start + size]


def _parse_properties(packed: bytes) -> Iterator[tuple[int, int]]:
    at = 0
    while at + 3 <= len(packed):
        name = int(struct.unpack_from("<H", packed, at)[0])
        yield name, packed[at + 2]
        at += 2 + _measure_operand(name, packed, at + 2)


def _measure_operand(name: int, packed: bytes, at: int) -> int:
    if name == _LONG_TABLE:
        return int(struct.unpack_from("<H", packed, at)[0]) + 1
    if name == _LONG_TABS and packed[at] == 255:
        return len(packed)  # tabs come last and are not looked at
    return _OPERAND_SIZES.get(name >> 13, packed[at] + 1)
