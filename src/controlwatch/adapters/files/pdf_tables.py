"""Find ruled tables on pages, and join those that run over several pages.

Input are the characters and ruling lines of a page; output are visual lines of text and tables.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from controlwatch.adapters.files.pdf_lines import Glyph, group_lines
from controlwatch.core.sources.html_tables import join_lines

#: Points; lines closer than this are one line drawn twice, or its two edges. Columns and rows are wider.
LINE_TOLERANCE = 3.0
_MAX_LINES = 3_000  # lines of a page; a page with more is a drawing

_PAGE_MARK = re.compile(  # — 12 — · 12/40 · 第12页 共40页
    r"[-—–\s]*\d{1,4}[-—–\s]*|第?\s*\d{1,4}\s*[/页].{0,12}"
)
_EDGE_LINES = 2  # lines at the top and at the bottom that may be repeated on every page
_MAX_HEADING_ROWS = 3  # rows of a heading
_CODE = re.compile(  # begins a new row: 8486209010 · 3B915.a
    r"\d{8}|\d{10}|\d[A-E]\d{3}(?:\.[a-z0-9]{1,2})*"
)


@dataclass(frozen=True, slots=True, order=True)
class RulingLine:
    """A horizontal line (y, first and last x) or a vertical one (x, first and last y), in points."""

    position: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class RuledTable:
    """The rows of a ruled table, and the edges of its columns in points."""

    columns: tuple[float, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(slots=True)
class _LineFrame:
    """Horizontal (level) and vertical (upright) lines that touch each other."""

    level: list[RulingLine] = field(default_factory=list)
    upright: list[RulingLine] = field(default_factory=list)

    @property
    def row_edges(self) -> tuple[float, ...]:
        ends = (end for rule in self.upright for end in (rule.start, rule.end))
        return _drop_near_duplicates([*(rule.position for rule in self.level), *ends])

    @property
    def column_edges(self) -> tuple[float, ...]:
        ends = (end for rule in self.level for end in (rule.start, rule.end))
        return _drop_near_duplicates([*(rule.position for rule in self.upright), *ends])


def split_page(
    glyphs: Sequence[Glyph], level: Iterable[RulingLine], upright: Iterable[RulingLine]
) -> Iterator[str | RuledTable]:
    """Yield the content of a page from top to bottom: visual lines, and tables of at least two columns."""
    grids = [_CellGrid(frame) for frame in _find_frames(_merge_lines(level), _merge_lines(upright))]
    tables = sorted((grid for grid in grids if grid.is_table), key=lambda grid: grid.ys[0])
    free: list[Glyph] = []
    for glyph in glyphs:
        if not any(grid.take_glyph(glyph) for grid in tables):
            free.append(glyph)
    for grid in tables:
        yield from group_lines(glyph for glyph in free if glyph.y < grid.ys[0])
        free = [glyph for glyph in free if glyph.y >= grid.ys[0]]
        yield grid.build_table()
    yield from group_lines(free)


def _merge_lines(rules: Iterable[RulingLine]) -> list[RulingLine]:
    """Join the pieces of lines: borders are often drawn cell by cell."""
    whole: list[RulingLine] = []
    by_position: dict[float, list[RulingLine]] = defaultdict(list)
    place = float("-inf")
    for rule in sorted(rules):
        place = rule.position if rule.position - place > LINE_TOLERANCE else place
        by_position[place].append(rule)
    for at, pieces in by_position.items():
        start, end = min((piece.start, piece.end) for piece in pieces)
        for piece in sorted(pieces, key=lambda piece: piece.start):
            if piece.start > end + LINE_TOLERANCE:
                whole.append(RulingLine(at, start, end))
                start, end = piece.start, piece.end
            end = max(end, piece.end)
        whole.append(RulingLine(at, start, end))
    return [rule for rule in whole if rule.end - rule.start > LINE_TOLERANCE]


def _find_frames(level: list[RulingLine], upright: list[RulingLine]) -> Iterator[_LineFrame]:
    """Group the lines that cross or meet; a horizontal line without a vertical one is an underline."""
    if len(level) + len(upright) > _MAX_LINES:
        return
    waiting, left = set(upright), set(level)
    while waiting:
        fresh = {waiting.pop()}
        frame = _LineFrame(upright=list(fresh))
        while fresh:
            crossed = {rule for rule in left if any(_is_touching(rule, other) for other in fresh)}
            fresh = {rule for rule in waiting if any(_is_touching(other, rule) for other in crossed)}
            left -= crossed
            waiting -= fresh
            frame.level += crossed
            frame.upright += fresh
        yield frame


def _is_touching(level: RulingLine, upright: RulingLine) -> bool:
    return (
        level.start - LINE_TOLERANCE <= upright.position <= level.end + LINE_TOLERANCE
        and upright.start - LINE_TOLERANCE <= level.position <= upright.end + LINE_TOLERANCE
    )


def _drop_near_duplicates(places: list[float]) -> tuple[float, ...]:
    kept: list[float] = []
    for place in sorted(places):
        if not kept or place - kept[-1] > LINE_TOLERANCE:
            kept.append(place)
    return tuple(kept)


class _CellGrid:
    """The fields between the lines of a frame; fields without a line between them form one cell."""

    def __init__(self, frame: _LineFrame) -> None:
        self.xs, self.ys = frame.column_edges, frame.row_edges
        self._wide, self._high = len(self.xs) - 1, len(self.ys) - 1
        self._cell = list(range(max(self._wide * self._high, 0)))
        self._glyphs: dict[int, list[Glyph]] = defaultdict(list)
        if not self.is_table:
            return
        level = _find_drawn_sides(frame.level, self.ys, self.xs)
        upright = _find_drawn_sides(frame.upright, self.xs, self.ys)
        for row in range(self._high):
            for column in range(self._wide):
                here = row * self._wide + column
                if column + 1 < self._wide and (column + 1, row) not in upright:
                    self._join_cells(here, here + 1)
                if row + 1 < self._high and (row + 1, column) not in level:
                    self._join_cells(here, here + self._wide)

    @property
    def is_table(self) -> bool:
        return self._wide > 1 and self._high > 0

    def take_glyph(self, glyph: Glyph) -> bool:
        """Add a character to the field that holds its middle; return False for one outside the table."""
        row = bisect_right(self.ys, glyph.y - glyph.size / 3) - 1
        column = bisect_right(self.xs, (glyph.x + glyph.end) / 2) - 1
        if not (0 <= row < self._high and 0 <= column < self._wide):
            return False
        self._glyphs[self._find_root(row * self._wide + column)].append(glyph)
        return True

    def build_table(self) -> RuledTable:
        texts = {cell: join_lines(group_lines(glyphs)) for cell, glyphs in self._glyphs.items()}
        rows: list[tuple[str, ...]] = []
        for row in range(self._high):
            cells = [self._find_root(row * self._wide + column) for column in range(self._wide)]
            if not any(texts.get(cell) for cell in cells if cell // self._wide == row):
                continue  # every cell is blank, or began in a row above
            # A cell is repeated in every row that it covers, but only in the first of its columns.
            rows.append(
                tuple(
                    texts.get(cell, "") if number == 0 or cell != cells[number - 1] else ""
                    for number, cell in enumerate(cells)
                )
            )
        return RuledTable(self.xs, tuple(row for row in rows if any(row)))

    def _join_cells(self, one: int, other: int) -> None:
        first, second = sorted((self._find_root(one), self._find_root(other)))
        self._cell[second] = first  # the topmost, leftmost field represents the cell

    def _find_root(self, field_: int) -> int:
        while self._cell[field_] != field_:
            self._cell[field_] = self._cell[self._cell[field_]]
            field_ = self._cell[field_]
        return field_


def _find_drawn_sides(
    rules: Iterable[RulingLine], places: Sequence[float], along: Sequence[float]
) -> set[tuple[int, int]]:
    """Return the sides of fields that are drawn: (number of the line, number of the segment along it)."""
    drawn: set[tuple[int, int]] = set()
    for rule in rules:
        line = bisect_right(places, rule.position + LINE_TOLERANCE / 10) - 1
        for number in range(len(along) - 1):
            middle = (along[number] + along[number + 1]) / 2
            if rule.start - LINE_TOLERANCE <= middle <= rule.end + LINE_TOLERANCE:
                drawn.add((line, number))
    return drawn


# --------------------------------------------------------------------------- tables over several pages


def join_continued_tables(pages: Iterable[Sequence[str | RuledTable]]) -> Iterator[str | RuledTable]:
    """Yield the content of all pages, with tables joined that continue on the next page.

    Pages with a table lose their page numbers and repeated edge lines, tables their repeated headings.
    """
    edge_lines: set[str] = set()  #: of all pages so far, their numbers as 0
    last: str | RuledTable | None = None
    for page in pages:
        has_table = any(isinstance(part, RuledTable) for part in page)
        for number, part in enumerate(page):
            is_edge = number < _EDGE_LINES or number >= len(page) - _EDGE_LINES
            if has_table and is_edge and isinstance(part, str):
                key = re.sub(r"\d+", "0", part)
                if _PAGE_MARK.fullmatch(part.strip()) or key in edge_lines:
                    continue
                edge_lines.add(key)
            joined = _join_tables(last, part)
            if joined is not None:
                last = joined
                continue
            if last is not None:
                yield last
            last = part
    if last is not None:
        yield last


def _join_tables(one: str | RuledTable | None, other: str | RuledTable) -> RuledTable | None:
    """Return two tables with the same columns as one; None for other content."""
    if not (isinstance(one, RuledTable) and isinstance(other, RuledTable)):
        return None
    if len(one.columns) != len(other.columns):
        return None
    if any(abs(a - b) > LINE_TOLERANCE for a, b in zip(one.columns, other.columns, strict=True)):
        return None
    heading = 0
    while heading < min(_MAX_HEADING_ROWS, len(one.rows), len(other.rows)):
        if one.rows[heading] != other.rows[heading]:
            break
        heading += 1
    rest = other.rows[heading:]
    # A row that was broken by the page continues without its number and without codes.
    if rest and one.rows and not rest[0][0] and not any(_CODE.fullmatch(cell) for cell in rest[0]):
        pairs = zip(one.rows[-1], rest[0], strict=True)
        whole = tuple(join_lines(part for part in pair if part) for pair in pairs)
        return RuledTable(one.columns, (*one.rows[:-1], whole, *rest[1:]))
    return RuledTable(one.columns, (*one.rows, *rest))
