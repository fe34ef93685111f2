"""Read a DOCX file: paragraphs and tables in their order."""

from __future__ import annotations

import io

import docx
from docx.table import Table, _Row

from controlwatch.adapters.formats import Reading


def read_docx(body: bytes) -> Reading:
    """Read the body of a DOCX file. Numbers that Word makes while printing a list are not in the file."""
    found: list[str] = []
    for part in docx.Document(io.BytesIO(body)).iter_inner_content():
        if isinstance(part, Table):
            found.extend(_row(row) for row in part.rows)
        else:
            found.extend(line.strip(" \u3000\t") for line in part.text.split("\n"))
    return Reading("\n".join(line for line in found if line))


def _row(row: _Row) -> str:
    """A merged cell is handed out once for each column that it covers; keep the first."""
    cells = row.cells
    kept = [cell for n, cell in enumerate(cells) if n == 0 or cell._tc is not cells[n - 1]._tc]
    return "\t".join(" ".join(cell.text.split()) for cell in kept).rstrip()
