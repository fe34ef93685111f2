"""Read the sheets of a workbook, one row a line."""

from __future__ import annotations

import io
import re
from datetime import date, datetime, time
from typing import TYPE_CHECKING

from python_calamine import load_workbook

from controlwatch.adapters.files import ParsedFile, Unreadable
from controlwatch.core.sources.html_tables import format_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_calamine import CalamineSheet

_CODE_HEADING = re.compile(
    r"商品编|税则|税号|税目|海关|\bHS\b|\b(?:commodity|tariff)", re.IGNORECASE
)  # 海关商品编号
_HEADING_ROWS = 30  # rows from the top among which the heading of a column is looked for
_SHORTENED_LENGTHS = (7, 9)  # digits of a customs code whose leading zero the sheet has lost


def read_sheets(body: bytes) -> ParsedFile:
    """Read every sheet of an XLS or XLSX file; where there are several, each begins with its name.

    Raises `Unreadable`, or what calamine raises, for a damaged one.
    """
    try:
        return _read_workbook(body)
    except BaseException as error:
        # Calamine is written in Rust, whose panics are no Exception: they would pass by every handler.
        if type(error).__module__ == "pyo3_runtime":
            raise Unreadable("the workbook is damaged") from error
        raise


def _read_workbook(body: bytes) -> ParsedFile:
    workbook = load_workbook(io.BytesIO(body))
    found: list[str] = []
    for name in workbook.sheet_names:
        filled = tuple(_read_sheet(workbook.get_sheet_by_name(name)))
        if filled and len(workbook.sheet_names) > 1:
            found.append(name)
        found.extend(filled)
    return ParsedFile("\n".join(found))


def _read_sheet(sheet: CalamineSheet) -> Iterator[str]:
    kept = sheet.to_python()
    table = [[_format_cell(cell) for cell in row] for row in kept]
    for number, column in _find_shortened_codes(kept, table):
        table[number][column] = f"0{table[number][column]}"
    _fill_merged_cells(table, sheet)
    return (line for row in table for line in format_rows(row) if line.strip())


def _find_shortened_codes(
    kept: Sequence[Sequence[object]], table: Sequence[Sequence[str]]
) -> Iterator[tuple[int, int]]:
    """A sheet keeps 0101210000 as the number 101210000; below a heading of customs codes we can tell."""
    headed = {
        column
        for row in table[:_HEADING_ROWS]
        for column, cell in enumerate(row)
        if _CODE_HEADING.search(cell)
    }
    for number, row in enumerate(table):
        for column in headed.intersection(range(len(row))):
            if isinstance(kept[number][column], float) and len(row[column]) in _SHORTENED_LENGTHS:
                yield number, column


def _fill_merged_cells(table: list[list[str]], sheet: CalamineSheet) -> None:
    """Write a cell that is merged over several rows into each of them that says something of its own."""
    top, left = sheet.start or (0, 0)
    own = [any(row) for row in table]
    for (first, column), (last, _) in sheet.merged_cell_ranges or ():
        at = column - left
        for number in range(first - top + 1, min(last - top + 1, len(table))):
            if own[number] and 0 <= at < len(table[number]) and first >= top:
                table[number][at] = table[first - top][at]


def _format_cell(value: object) -> str:
    """HS headings and quantities are whole numbers, though the format keeps them as 8507.0."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    return " ".join(str(value).split())
