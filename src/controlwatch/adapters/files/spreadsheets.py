"""Parse the sheets of a workbook, one line per row."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

from python_calamine import CalamineSheet, SheetVisibleEnum, load_workbook

from controlwatch.adapters.files import ParsedFile, Unreadable
from controlwatch.core.sources.html_tables import format_rows

# 海关商品编号
_CODE_HEADING = re.compile(r"商品编|税则|税号|税目|海关|\bHS\b|\b(?:commodity|tariff)", re.IGNORECASE)
_HEADING_ROWS = 30  # rows from the top that may hold the heading of a column
_SHORTENED_LENGTHS = (7, 9)  # digits of a customs code whose leading zero the sheet has lost


@dataclass(frozen=True, slots=True)
class SheetTable:
    """The cells of a sheet as text, and which of them it keeps as numbers, by row and column."""

    cells: list[list[str]]
    numbers: set[tuple[int, int]]

    def repeat_down(self, top: int, column: int, below: Iterable[int]) -> None:
        """Repeat a cell that is merged over several rows in each of them that has other text."""
        for row in below:
            cells = self.cells[row]
            if any(cells) and 0 <= column < len(self.cells[top]):
                cells.extend([""] * (column + 1 - len(cells)))
                cells[column] = self.cells[top][column]

    def list_lines(self) -> Iterator[str]:
        """Yield the rows as lines, with the leading zeros of customs codes: 0101210000, not 101210000."""
        headings = self.cells[:_HEADING_ROWS]
        codes = {at for row in headings for at, cell in enumerate(row) if _CODE_HEADING.search(cell)}
        for number, row in enumerate(self.cells):
            for column in codes.intersection(range(len(row))):
                if (number, column) in self.numbers and len(row[column]) in _SHORTENED_LENGTHS:
                    row[column] = f"0{row[column]}"
        yield from (line for row in self.cells for line in format_rows(row) if line.strip())


def read_sheets(body: bytes) -> ParsedFile:
    """Parse every sheet of an XLS or XLSX file; where there are several, each begins with its name.

    Raises `Unreadable`, or an error of calamine, for a damaged file.
    """
    lines: list[str] = []
    doubts: list[str] = []
    try:
        workbook = load_workbook(io.BytesIO(body))
        for sheet in workbook.sheets_metadata:
            sheet_lines = _read_sheet(workbook.get_sheet_by_name(sheet.name))
            if sheet_lines and len(workbook.sheet_names) > 1:
                lines.append(sheet.name)
            if sheet_lines and sheet.visible != SheetVisibleEnum.Visible:
                doubts.append(f"the sheet “{sheet.name}” is hidden in the file; it was read")
            lines.extend(sheet_lines)
    except BaseException as error:
        # Calamine is written in Rust; its panics do not derive from Exception and would pass every handler.
        if type(error).__module__ == "pyo3_runtime":
            raise Unreadable("the workbook is damaged") from error
        raise
    return ParsedFile("\n".join(lines), tuple(doubts))


def _read_sheet(sheet: CalamineSheet) -> list[str]:
    values = sheet.to_python()
    numbers = {
        (row, column)
        for row, cells in enumerate(values)
        for column, cell in enumerate(cells)
        if isinstance(cell, float)
    }
    table = SheetTable([[_format_cell(cell) for cell in row] for row in values], numbers)
    top, left = sheet.start or (0, 0)
    for (first, column), (last, _) in sheet.merged_cell_ranges or ():
        if first >= top:
            below = range(first - top + 1, min(last - top + 1, len(values)))
            table.repeat_down(first - top, column - left, below)
    return list(table.list_lines())


def _format_cell(value: object) -> str:
    """Return a cell as text; HS headings and quantities are whole numbers, though stored as 8507.0."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    return " ".join(str(value).split())
