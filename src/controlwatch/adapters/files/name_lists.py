"""Read lists of names to screen: CSV, or text with one name on each line."""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import dataclass
from pathlib import Path

from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.text_safety import to_one_line

MAX_BYTES = 50_000_000
MAX_NAME_LENGTH = 300
#: First cells of a column of names; any other first row is taken for a name, so that none is lost.
NAME_HEADINGS = frozenset(
    {"name", "names", "company", "company name", "company_name", "entity", "entity name", "entity_name"}
    | {"party", "party name", "party_name", "supplier", "customer"}
    | {"名称", "企业名称", "公司名称", "单位名称", "实体名称", "客户名称", "供应商名称"}
)
DELIMITERS = ",;\t"
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NameList:
    """Names in the order of a file, without the empty ones."""

    names: tuple[str, ...]
    column: str  #: what was read, in words


def read_name_list(path: Path, column: str | None = None) -> NameList:
    """Return the names in a file; raises `UsageError` for one that cannot be read so.

    A `.csv` or `.tsv` file has columns, any other has one name on each line. `column` is a heading or a
    number from 1; without it the column headed name (名称, company, …) is read, else the first.
    """
    text = _decode(path)
    if path.suffix.lower() not in {".csv", ".tsv"}:
        if column is not None:
            raise UsageError(f"{path.name} has one name on each line; only .csv and .tsv files have columns")
        return NameList(names=_clean_names(text.splitlines()), column="each line")
    first_line = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=first_line.count)
    try:
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if any(map(str.strip, row))]
    except csv.Error as error:
        raise UsageError(f"{path.name} is not a table of names: {error}") from error
    if not rows:
        return NameList(names=(), column="no row")
    place, has_heading = _find_column(rows[0], column, path.name)
    cells = [row[place] for row in rows[int(has_heading) :] if place < len(row)]
    heading = (
        f"column {rows[0][place].strip()!r}" if has_heading else f"column {place + 1}, without a heading"
    )
    return NameList(names=_clean_names(cells), column=heading)


def _find_column(first: list[str], column: str | None, file: str) -> tuple[int, bool]:
    """Return the place of the column of names, and whether the first row is a row of headings."""
    headings = [cell.strip().casefold() for cell in first]
    has_heading = not NAME_HEADINGS.isdisjoint(headings)
    if column is None:
        return next((place for place, cell in enumerate(headings) if cell in NAME_HEADINGS), 0), has_heading
    wanted = column.strip().casefold()
    if wanted in headings:
        return headings.index(wanted), True
    if wanted.isascii() and wanted.isdigit() and 1 <= int(wanted) <= len(first):
        return int(wanted) - 1, has_heading
    raise UsageError(f"{file} has no column {column!r}; the first row has {', '.join(map(repr, first))}")


def _decode(path: Path) -> str:
    """Return the text of a file: by its byte order mark, else UTF-8, else GB18030."""
    if path.stat().st_size > MAX_BYTES:
        raise UsageError(f"{path.name} has more than {MAX_BYTES:,} bytes; split it")
    body = path.read_bytes()
    marked = next((name for mark, name in BYTE_ORDER_MARKS.items() if body.startswith(mark)), None)
    for encoding in (marked,) if marked else ("utf-8", "gb18030"):
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UsageError(f"{path.name} is not text in UTF-8, UTF-16 with a mark, or GB18030")


def _clean_names(cells: list[str]) -> tuple[str, ...]:
    names = (to_one_line(cell, MAX_NAME_LENGTH) for cell in cells)
    return tuple(name for name in names if name)
