"""What a table lists and another place leaves out: replaced cells, parts and rows that prose excludes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from controlwatch.core.extraction.text.lexicon import Lexicon

CELL_GAP = re.compile(r"[ ]*[\t|][ ]*| {3,}| [/;] ")  #: between the cells of a row
MAX_ROWS = 400
LAST_NUMBER = re.compile(r"\d[\d.]{5,14}$")  #: a code that runs into the cell before it


@dataclass(frozen=True, slots=True)
class CellRow:
    """A line with several cells: its place, and those of its cells."""

    start: int
    end: int
    cells: tuple[tuple[int, int], ...]

    def read_cells(self, folded: str) -> tuple[str, ...]:
        """Return the words of the cells."""
        return tuple(folded[start:end] for start, end in self.cells)


def find_rows(folded: str) -> Iterator[CellRow]:
    """Yield the lines of a text that have several cells, at most as many as a long annex has."""
    at = rows = 0
    for line in folded.split("\n"):
        start, at = at, at + len(line) + 1
        if rows >= MAX_ROWS or not (gaps := list(CELL_GAP.finditer(line))):
            continue
        edges = [0, *(edge for gap in gaps for edge in gap.span()), len(line)]
        cells = [(start + a, start + b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b]
        if len(cells) > 1:
            rows += 1
            yield CellRow(start, start + len(line), tuple(cells))


def is_in_row(folded: str, at: int) -> bool:
    """Return whether an offset lies in a line with several cells."""
    start, end = folded.rfind("\n", 0, at) + 1, folded.find("\n", at)
    return CELL_GAP.search(folded[start : end if end >= 0 else len(folded)].strip()) is not None


def find_replaced_cells(folded: str, lexicon: Lexicon) -> Iterator[tuple[int, int]]:
    """Yield the cells of the column that a correction replaces: 原表内容 beside 更正后."""
    replaced = lexicon.get_pattern("exclusion.column-replaced")
    correct = lexicon.get_pattern("exclusion.column-correct")
    if not correct.search(folded):
        return
    column, width = -1, 0
    for row in find_rows(folded):
        cells = row.read_cells(folded)
        old = next((place for place, cell in enumerate(cells) if replaced.fullmatch(cell)), -1)
        if old >= 0 and any(correct.fullmatch(cell) for cell in cells):
            column, width = old, len(cells)
        elif 0 <= column < len(cells) == width:
            yield row.cells[column]
        elif column > 0 and len(cells) == width - 1:  # the name and the old number run into one another
            start, end = row.cells[column - 1]
            if number := LAST_NUMBER.search(folded, start, end):
                yield number.span()


def find_named_rows(
    folded: str, spans: Iterable[tuple[int, int]], lexicon: Lexicon
) -> Iterator[tuple[int, int]]:
    """Yield the parts of annexes, and the rows of tables, that an excluded clause names.

    附表第三部分产品（聚碳酸酯）…不重复规定 · Boneless beef is kept in the table solely for continuity
    """
    clauses = [words for start, end in spans if "\n" not in (words := folded[start:end])]
    part, goods = lexicon.get_pattern("exclusion.named-part"), lexicon.get_pattern("exclusion.named-goods")
    labels = {hit[1] for words in clauses if (hit := part.match(words))}
    names = {hit[1].lower() for words in clauses if (hit := goods.match(words))}
    for label in labels:
        head = re.compile(rf"^[ ]*{re.escape(label)}(?=[:： \t（(\n])", re.MULTILINE)
        if hit := head.search(folded):
            following = lexicon.get_pattern("exclusion.part-label").search(folded, hit.end())
            yield hit.start(), following.start() if following else len(folded)
    for row in find_rows(folded) if names else ():
        if any(cell.lower().startswith(name) for cell in row.read_cells(folded) for name in names):
            yield row.start, row.end
