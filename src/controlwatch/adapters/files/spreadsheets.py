"""Parse the sheets of a workbook, one line per row."""

from __future__ import annotations

import io
import re
from datetime import date, datetime, time

from python_calamine import CalamineSheet, load_workbook

from controlwatch.adapters.files import ParsedFile, Unreadable
from controlwatch.core.sources.html_tables import format_rows

# 海关商品编号
_CODE_HEADING = re.compile(r"商品编|税则|税号|税目|海关|\bHS\b|\b(?:commodity|tariff)", re.IGNORECASE)
_HEADING_ROWS = 30  # rows from the top that may hold the heading of a column
_SHORTENED_LENGTHS = (7, 9)  # digits of a customs code whose leading zero the sheet has lost


def read_sheets(body: bytes) -> ParsedFile:
    """Parse every sheet of an XLS or XLSX file; where there are several, each begins with its name.

    Raises `Unreadable`, or an error of calamine, for a damaged file.
    """
    lines: list[str] = []
    try:
        workbook = load_workbook(io.BytesIO(body))
        for name in workbook.sheet_names:
            sheet_lines = _read_sheet(workbook.get_sheet_by_name(name))
            if sheet_lines and len(workbook.sheet_names) > 1:
                lines.append(name)
            lines.extend(sheet_lines)
    except BaseException as error:
        # Calamine is written in Rust; its panics do not derive from Exception and would pass every handler.
        if type(error).__module__ == "pyo3_runtime":
            raise Unreadable("the workbook is damaged") from error
        raise
    return ParsedFile("\n".join(lines))


def _read_sheet(sheet: CalamineSheet) -> list[str]:
    values = sheet.to_python()
    table = [[_format_cell(cell) for cell in row] for row in values]
    code_columns = {
        column
        for row in table[:_HEADING_ROWS]
        for column, cell in enumerate(row)
        if _CODE_HEADING.search(cell)
    }
    for number, row in enumerate(table):
        for column in code_columns.intersection(range(len(row))):
            # The sheet stores 0101210000 as the number 101210000.
            if isinstance(values[number][column], float) and len(row[column]) in _SHORTENED_LENGTHS:
                row[column] = f"0{row[column]}"
    # A cell merged over several rows is repeated in each of them that has other text.
    top, left = sheet.start or (0, 0)
    has_text = [any(row) for row in table]
    for (first, column), (last, _) in sheet.merged_cell_ranges or ():
        at = column - left
        for number in range(first - top + 1, min(last - top + 1, len(table))):
            if has_text[number] and 0 <= at < len(table[number]) and first >= top:
                table[number][at] = table[first - top][at]
    return [line for row in table for line in format_rows(row) if line.strip()]


def _format_cell(value: object) -> str:
    """Return a cell as text; HS headings and quantities are whole numbers, though stored as 8507.0."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    return " ".join(str(value).split())
