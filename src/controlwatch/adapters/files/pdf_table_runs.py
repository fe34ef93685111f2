"""A table that runs over pages becomes one table again, without the headings that each page repeats."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from controlwatch.adapters.files.pdf_tables import LINE_TOLERANCE, RuledTable
from controlwatch.core.sources.html_tables import join_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_PAGE_MARK = re.compile(
    r"[-—–\s]*\d{1,4}[-—–\s]*|第?\s*\d{1,4}\s*[/页].{0,12}"
)  # — 12 — · 12/40 · 第12页 共40页
_EDGE_LINES = 2  # lines at the top and at the bottom that may be repeated on every page
_MAX_HEADING_ROWS = 3  # rows of a heading
_CODE = re.compile(
    r"\d{8}|\d{10}|\d[A-E]\d{3}(?:\.[a-z0-9]{1,2})*"
)  # what begins a row of its own: 8486209010 · 3B915.a


def join_continued_tables(pages: Iterable[Sequence[str | RuledTable]]) -> Iterator[str | RuledTable]:
    """Yield what the pages show, one after another; pages without a table as they are."""
    seen: set[str] = set()
    last: str | RuledTable | None = None
    for page in pages:
        has_table = any(isinstance(part, RuledTable) for part in page)
        for part in _drop_page_marks(page, seen) if has_table else page:
            if (
                isinstance(last, RuledTable)
                and isinstance(part, RuledTable)
                and _has_same_columns(last, part)
            ):
                last = _join_tables(last, part)
                continue
            if last is not None:
                yield last
            last = part
    if last is not None:
        yield last


def _drop_page_marks(page: Sequence[str | RuledTable], seen: set[str]) -> Iterator[str | RuledTable]:
    """Leave out page numbers, and at the edges the lines that earlier pages have shown there."""
    for number, part in enumerate(page):
        is_edge = number < _EDGE_LINES or number >= len(page) - _EDGE_LINES
        if isinstance(part, str) and is_edge:
            key = re.sub(r"\d+", "0", part)
            if _PAGE_MARK.fullmatch(part.strip()) or key in seen:
                continue
            seen.add(key)
        yield part


def _has_same_columns(one: RuledTable, other: RuledTable) -> bool:
    return len(one.columns) == len(other.columns) and all(
        abs(a - b) <= LINE_TOLERANCE for a, b in zip(one.columns, other.columns, strict=True)
    )


def _join_tables(one: RuledTable, other: RuledTable) -> RuledTable:
    heading = 0
    while heading < min(_MAX_HEADING_ROWS, len(one.rows), len(other.rows)):
        if one.rows[heading] != other.rows[heading]:
            break
        heading += 1
    rest = other.rows[heading:]
    if rest and one.rows and _is_row_rest(rest[0]):
        whole = tuple(
            join_lines(part for part in pair if part) for pair in zip(one.rows[-1], rest[0], strict=True)
        )
        return RuledTable(one.columns, (*one.rows[:-1], whole, *rest[1:]))
    return RuledTable(one.columns, (*one.rows, *rest))


def _is_row_rest(row: Sequence[str]) -> bool:
    """A row that a page broke in two goes on without its number and without codes of its own."""
    return not row[0] and not any(_CODE.fullmatch(cell) for cell in row)
