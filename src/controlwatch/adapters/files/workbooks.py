"""Parse XLSX files as a spreadsheet program draws them: formats, powers, struck and hidden cells."""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from zipfile import ZipFile

from openpyxl import load_workbook
from openpyxl.cell import Cell
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.worksheet.worksheet import Worksheet

from controlwatch.adapters.files import ParsedFile, Unreadable, describe_left_out
from controlwatch.adapters.files.parse_errors import get_parse_errors
from controlwatch.adapters.files.picture_text import PictureReader
from controlwatch.adapters.files.pictures import add_pictures
from controlwatch.adapters.files.sheet_drawings import read_drawings
from controlwatch.adapters.files.spreadsheets import SheetTable, read_sheets
from controlwatch.core.sources.script_signs import decode_symbol_font, to_subscript, to_superscript

_MAX_SHEET_BYTES = 12_000_000  # of all sheets, unpacked; larger ones are read without their looks
_MAX_MERGED_CELLS = 200_000
_WIDE_GAP = 50  # columns; a cell further away than this stands beside its neighbour
_MAX_NAMED_ROWS = 8  # hidden rows that a doubt names
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell [^>]*ref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')
#: A cell whose formula has no result in the file: a program wrote it that does not calculate.
_UNCALCULATED = re.compile(
    rb"<(?:\w+:)?c\b(?![^>]*\bt=\"str\")[^>]*>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_FORMAT_LITERAL = re.compile(r'"([^"]*)"|\\(.)')
_FORMAT_CONTROL = re.compile(r"\[[^\]]*\]|_.|\*.")
_PLACES = re.compile(r"[0#?][0#?.,]*")


def read_workbook(body: bytes, *, reader: PictureReader | None = None) -> ParsedFile:
    """Parse every sheet; where there are several, each begins with its name. Text boxes stand at the end.

    Hidden sheets and rows are read, and named in doubts: a filter hides rows that a list still holds. Struck
    cells and comments are left out, and a doubt quotes them. Formulas without a result are a doubt. Pictures
    that are large enough to hold a table are recognised by a reader; without one they are a doubt.
    """
    parsed = _read_cells(body)
    with ZipFile(io.BytesIO(body)) as package:
        drawings = read_drawings(package)
        uncalculated = _count_uncalculated(package)
    doubts = list(parsed.doubts)
    if uncalculated:
        one = uncalculated == 1
        some = "1 cell is a formula" if one else f"{uncalculated} cells are formulas"
        doubts.append(f"{some} without a result in the file; {'it was' if one else 'they were'} not read")
    doubts += describe_left_out({"in comments": drawings.comments}, "file")
    lines = (parsed.text, *drawings.lines) if parsed.text else drawings.lines
    return add_pictures(ParsedFile("\n".join(lines), tuple(doubts)), drawings.pictures, reader)


def _read_cells(body: bytes) -> ParsedFile:
    if not _is_bounded(body):
        return read_sheets(body)
    try:
        return _read_drawn(body)
    except get_parse_errors():
        return read_sheets(body)  # a file that this library refuses is often sound enough for the other


def _count_uncalculated(package: ZipFile) -> int:
    sheets = (
        member
        for member in package.infolist()
        if "worksheets/" in member.filename and member.filename.endswith(".xml")
    )
    return sum(
        len(_UNCALCULATED.findall(package.read(member)))
        for member in sheets
        if member.file_size <= _MAX_SHEET_BYTES
    )


def _is_bounded(body: bytes) -> bool:
    """Return whether the sheets are small enough to be read cell by cell."""
    size = merged = 0
    with ZipFile(io.BytesIO(body)) as archive:
        for member in archive.infolist():
            if "sheets/" not in member.filename or not member.filename.endswith(".xml"):
                continue
            size += member.file_size
            if size > _MAX_SHEET_BYTES:
                return False
            for left, top, right, bottom in _MERGED.findall(archive.read(member)):
                wide = _count_column(right) - _count_column(left) + 1
                merged += wide * (int(bottom) - int(top) + 1)
    return merged <= _MAX_MERGED_CELLS


def _count_column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _read_drawn(body: bytes) -> ParsedFile:
    workbook = load_workbook(io.BytesIO(body), data_only=True, rich_text=True)
    lines: list[str] = []
    doubts: list[str] = []
    struck: list[str] = []
    if not workbook.worksheets:
        raise Unreadable("the workbook has no sheet")
    for sheet in workbook.worksheets:
        sheet_lines = list(_build_table(sheet, struck).list_lines())
        if sheet_lines and len(workbook.worksheets) > 1:
            lines.append(sheet.title)
        lines.extend(sheet_lines)
        if sheet_lines:
            doubts += _describe_hidden(sheet)
    return ParsedFile("\n".join(lines), (*doubts, *describe_left_out({"struck through": struck}, "file")))


def _build_table(sheet: Worksheet, struck: list[str]) -> SheetTable:
    """Return the cells of a sheet; far stray cells are moved to the others."""
    rows: dict[int, dict[int, Cell]] = defaultdict(dict)
    for (row, column), cell in sheet._cells.items():
        if getattr(cell, "value", None) is not None:
            rows[row][column] = cell
    places = _place_columns({column for cells in rows.values() for column in cells})
    numbers = sorted(rows)
    table: list[list[str]] = []
    is_number: set[tuple[int, int]] = set()
    for at, number in enumerate(numbers):
        line = [""] * (max(places[column] for column in rows[number]) + 1)
        for column, cell in rows[number].items():
            line[places[column]] = _show_cell(cell, struck)
            if isinstance(cell.value, int | float) and not isinstance(cell.value, bool):
                is_number.add((at, places[column]))
        table.append(line)
    found = SheetTable(table, is_number)
    index = {number: at for at, number in enumerate(numbers)}
    for merge in sheet.merged_cells.ranges:
        if merge.min_row in index and merge.min_col in places:
            below = (index[row] for row in range(merge.min_row + 1, merge.max_row + 1) if row in index)
            found.repeat_down(index[merge.min_row], places[merge.min_col], below)
    return found


def _place_columns(columns: set[int]) -> Mapping[int, int]:
    places: dict[int, int] = {}
    last, place = None, 0
    for column in sorted(columns):
        if last is not None:
            place += column - last if column - last <= _WIDE_GAP else 1
        places[column] = place
        last = column
    return places


def _describe_hidden(sheet: Worksheet) -> Iterator[str]:
    if sheet.sheet_state != "visible":
        yield f"the sheet “{sheet.title}” is hidden in the file; it was read"
    hidden = [
        str(number)
        for number, row in sorted(sheet.row_dimensions.items())
        if (row.hidden or row.ht == 0) and any(cell.value is not None for cell in sheet[number])
    ]
    if hidden:
        named = ", ".join(hidden[:_MAX_NAMED_ROWS]) + (", …" if len(hidden) > _MAX_NAMED_ROWS else "")
        yield f"the sheet “{sheet.title}” hides rows that were read: {named}"
    columns = [name for name, column in sheet.column_dimensions.items() if column.hidden]
    if columns:
        named = ", ".join(columns[:_MAX_NAMED_ROWS])
        yield f"the sheet “{sheet.title}” hides columns that were read: {named}"


# --------------------------------------------------------------------------- one cell


def _show_cell(cell: Cell, struck: list[str]) -> str:
    """Return a cell as one line of text, as it is drawn."""
    value, font = cell.value, cell.font
    if isinstance(value, CellRichText):
        text = "".join(_show_block(block, struck) for block in value)
    elif isinstance(value, bool):
        text = str(value)
    elif isinstance(value, int | float):
        text = show_number(value, cell.number_format or "General")
    elif isinstance(value, datetime) and value.time() == time():
        text = value.date().isoformat()
    elif isinstance(value, date | datetime | time):
        text = value.isoformat()
    else:
        text = str(value)
    if font is not None and (font.name or "").lower() == "symbol":
        text = decode_symbol_font(text)
    if font is not None and font.strike:
        struck.append(text)
        return ""
    return " ".join(text.split())


def _show_block(block: str | TextBlock, struck: list[str]) -> str:
    if isinstance(block, str):
        return block
    text = decode_symbol_font(block.text) if (block.font.rFont or "").lower() == "symbol" else block.text
    if block.font.strike:
        struck.append(text)
        return ""
    match block.font.vertAlign:
        case "superscript":
            return to_superscript(text)
        case "subscript":
            return to_subscript(text)
    return str(text)


def show_number(value: float, number_format: str) -> str:
    """Return a number with the percent sign, the unit or the leading zeros of its format, never rounded.

    >>> show_number(0.999, "0%"), show_number(101210000, "0000000000"), show_number(1.2, '0.0"kg"')
    ('99.9%', '0101210000', '1.2kg')
    """
    section = _FORMAT_CONTROL.sub("", number_format.split(";", maxsplit=1)[0])
    bare = _FORMAT_LITERAL.sub("", section)
    is_percent = "%" in bare
    number = round(value * 100, 10) if is_percent else value
    text = str(int(number)) if float(number).is_integer() else repr(number)
    digits = _PLACES.search(bare)
    if digits is None or bare.startswith("General"):
        return text
    if set(digits[0]) == {"0"}:
        text = text.zfill(len(digits[0])) if "." not in text else text
    shown = _FORMAT_LITERAL.sub(lambda hit: hit[1] or hit[2] or "", section)
    first, last = shown.find(digits[0]), shown.find(digits[0]) + len(digits[0])
    if first < 0 or "E" in bare or "/" in bare:
        return text
    return shown[:first].strip() + text + shown[last:].strip()
