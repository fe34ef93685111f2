"""A table that runs over pages becomes one table again, without the headings that each page repeats."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from controlwatch.adapters.files.pdf_tables import NEAR, Table
from controlwatch.core.sources.html_tables import joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_PAGE_MARK = re.compile(
    r"[-—–\s]*\d{1,4}[-—–\s]*|第?\s*\d{1,4}\s*[/页].{0,12}"
)  # — 12 — · 12/40 · 第12页 共40页
_EDGE = 2  # lines at the top and at the bottom that may be repeated on every page
_MOST_HEADING = 3  # rows of a heading
_CODE = re.compile(
    r"\d{8}|\d{10}|\d[A-E]\d{3}(?:\.[a-z0-9]{1,2})*"
)  # what begins a row of its own: 8486209010 · 3B915.a


def continued(pages: Iterable[Sequence[str | Table]]) -> Iterator[str | Table]:
    """Yield what the pages show, one after another; pages without a table as they are."""
    seen: set[str] = set()
    last: str | Table | None = None
    for page in pages:
        has_table = any(isinstance(part, Table) for part in page)
        for part in _without_marks(page, seen) if has_table else page:
            if isinstance(last, Table) and isinstance(part, Table) and _is_same(last, part):
                last = _united(last, part)
                continue
            if last is not None:
                yield last
            last = part
    if last is not None:
        yield last


def _without_marks(page: Sequence[str | Table], seen: set[str]) -> Iterator[str | Table]:
    """Leave out page numbers, and at the edges the lines that earlier pages have shown there."""
    for number, part in enumerate(page):
        is_edge = number < _EDGE or number >= len(page) - _EDGE
        if isinstance(part, str) and is_edge:
            key = re.sub(r"\d+", "0", part)
            if _PAGE_MARK.fullmatch(part.strip()) or key in seen:
                continue
            seen.add(key)
        yield part


def _is_same(one: Table, other: Table) -> bool:
    return len(one.columns) == len(other.columns) and all(
        abs(a - b) <= NEAR for a, b in zip(one.columns, other.columns, strict=True)
    )


def _united(one: Table, other: Table) -> Table:
    heading = 0
    while heading < min(_MOST_HEADING, len(one.rows), len(other.rows)):
        if one.rows[heading] != other.rows[heading]:
            break
        heading += 1
    rest = other.rows[heading:]
    if rest and one.rows and _is_rest(rest[0]):
        whole = tuple(
            joined(part for part in pair if part) for pair in zip(one.rows[-1], rest[0], strict=True)
        )
        return Table(one.columns, (*one.rows[:-1], whole, *rest[1:]))
    return Table(one.columns, (*one.rows, *rest))


def _is_rest(row: Sequence[str]) -> bool:
    """A row that a page broke in two goes on without its number and without codes of its own."""
    return not row[0] and not any(_CODE.fullmatch(cell) for cell in row)
