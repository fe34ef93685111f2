"""Read the sheets of a workbook, one row a line."""

from __future__ import annotations

import io
from datetime import date, datetime, time
from typing import TYPE_CHECKING

from python_calamine import load_workbook

from controlwatch.adapters.formats import Reading

if TYPE_CHECKING:
    from collections.abc import Iterable


def read_sheets(body: bytes) -> Reading:
    """Read every sheet of an XLS or XLSX file; where there are several, each begins with its name."""
    workbook = load_workbook(io.BytesIO(body))
    found: list[str] = []
    for name in workbook.sheet_names:
        rows = [_row(row) for row in workbook.get_sheet_by_name(name).to_python()]
        filled = [row for row in rows if row.strip()]
        if filled and len(workbook.sheet_names) > 1:
            found.append(name)
        found.extend(filled)
    return Reading("\n".join(found))


def _row(cells: Iterable[object]) -> str:
    return "\t".join(_cell(cell) for cell in cells).rstrip()


def _cell(value: object) -> str:
    """HS headings and quantities are whole numbers, though the format keeps them as 8507.0."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    return " ".join(str(value).split())
