"""Write tables that a spreadsheet opens: CSV and XLSX, in which no cell is a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from xlsxwriter import Workbook

from controlwatch.core.model.text_safety import to_spreadsheet_cell

#: Rows of cells; the first row is the heading.
Table = Iterable[Sequence[str | int]]
COLUMN_WIDTH = 24  #: characters


def write_csv(table: Table, stream: TextIO) -> None:
    """Write a table as CSV."""
    writer = csv.writer(stream)
    for row in table:
        writer.writerow([to_spreadsheet_cell(str(cell)) for cell in row])


def write_workbook(sheets: Mapping[str, Table], path: Path) -> None:
    """Write tables to an XLSX file, each as a sheet of its name; an existing file is replaced."""
    # Strings are never formulas, links or numbers; rows go to the disk as they are written.
    with Workbook(path, {"constant_memory": True, "strings_to_formulas": False}) as workbook:
        heading = workbook.add_format({"bold": True})
        for name, table in sheets.items():
            sheet = workbook.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, 16, COLUMN_WIDTH)
            for number, row in enumerate(table):
                for place, cell in enumerate(row):
                    style = heading if number == 0 else None
                    if isinstance(cell, int):
                        sheet.write_number(number, place, cell, style)
                    else:
                        sheet.write_string(number, place, to_spreadsheet_cell(cell), style)
