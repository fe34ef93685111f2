"""Find tables by their ruling lines: lines and characters of a page in, stretches of text and rows out."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from controlwatch.adapters.files.pdf_lines import Glyph, group_lines
from controlwatch.core.sources.html_tables import join_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

#: Points between lines that are one line drawn twice, or its two edges; no column and no row is as narrow.
LINE_TOLERANCE = 3.0
_MAX_LINES = 3_000  # lines of a page; what has more is a drawing


@dataclass(frozen=True, slots=True, order=True)
class RulingLine:
    """A level or an upright line: where it stands, and from where to where it runs, from above, from left."""

    position: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class RuledTable:
    """The rows of a ruled table, and where its columns begin and end."""

    columns: tuple[float, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(slots=True)
class _LineFrame:
    """The rules that touch each other."""

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
    """Yield a page from top to bottom: visual lines of text, and tables with two columns or more."""
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
    """Join the pieces of lines: borders are drawn cell by cell."""
    whole: list[RulingLine] = []
    shelves: dict[float, list[RulingLine]] = defaultdict(list)
    place = float("-inf")
    for rule in sorted(rules):
        place = rule.position if rule.position - place > LINE_TOLERANCE else place
        shelves[place].append(rule)
    for at, pieces in shelves.items():
        start, end = min((piece.start, piece.end) for piece in pieces)
        for piece in sorted(pieces, key=lambda piece: piece.start):
            if piece.start > end + LINE_TOLERANCE:
                whole.append(RulingLine(at, start, end))
                start, end = piece.start, piece.end
            end = max(end, piece.end)
        whole.append(RulingLine(at, start, end))
    return [rule for rule in whole if rule.end - rule.start > LINE_TOLERANCE]


def _find_frames(level: list[RulingLine], upright: list[RulingLine]) -> Iterator[_LineFrame]:
    """Rules that cross or meet belong together; a line without an upright one is an underline."""
    if len(level) + len(upright) > _MAX_LINES:
        return
    waiting, left = set(upright), set(level)
    while waiting:
        fresh = {waiting.pop()}
        frame = _LineFrame(upright=list(fresh))
        while fresh:
            flat = {rule for rule in left if any(_is_touching(rule, other) for other in fresh)}
            fresh = {rule for rule in waiting if any(_is_touching(other, rule) for other in flat)}
            left -= flat
            waiting -= fresh
            frame.level += flat
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
    """The fields between the lines of a frame; fields without a line between them are one cell."""

    def __init__(self, frame: _LineFrame) -> None:
        self.xs, self.ys = frame.column_edges, frame.row_edges
        self._wide, self._high = len(self.xs) - 1, len(self.ys) - 1
        self._cell = list(range(max(self._wide * self._high, 0)))
        self._glyphs: dict[int, list[Glyph]] = defaultdict(list)
        if self.is_table:
            self._merge_cells(
                _find_drawn_sides(frame.level, self.ys, self.xs),
                _find_drawn_sides(frame.upright, self.xs, self.ys),
            )

    @property
    def is_table(self) -> bool:
        return self._wide > 1 and self._high > 0

    def take_glyph(self, glyph: Glyph) -> bool:
        """Keep a character that stands in the table; the middle of its body says in which field."""
        row = bisect_right(self.ys, glyph.y - glyph.size / 3) - 1
        column = bisect_right(self.xs, (glyph.x + glyph.end) / 2) - 1
        if not (0 <= row < self._high and 0 <= column < self._wide):
            return False
        self._glyphs[self._find_root(row * self._wide + column)].append(glyph)
        return True

    def build_table(self) -> RuledTable:
        texts = {cell: join_lines(group_lines(glyphs)) for cell, glyphs in self._glyphs.items()}
        found = (self._build_row(row, texts) for row in range(self._high))
        return RuledTable(self.xs, tuple(row for row in found if any(row)))

    def _build_row(self, row: int, texts: dict[int, str]) -> tuple[str, ...]:
        """A cell stands in every row it covers, and in the first of the columns."""
        cells = [self._find_root(row * self._wide + column) for column in range(self._wide)]
        if not any(texts.get(cell) for cell in cells if cell // self._wide == row):
            return ()
        return tuple(
            texts.get(cell, "") if number == 0 or cell != cells[number - 1] else ""
            for number, cell in enumerate(cells)
        )

    def _merge_cells(self, level: set[tuple[int, int]], upright: set[tuple[int, int]]) -> None:
        for row in range(self._high):
            for column in range(self._wide):
                here = row * self._wide + column
                if column + 1 < self._wide and (column + 1, row) not in upright:
                    self._join_cells(here, here + 1)
                if row + 1 < self._high and (row + 1, column) not in level:
                    self._join_cells(here, here + self._wide)

    def _join_cells(self, one: int, other: int) -> None:
        first, second = sorted((self._find_root(one), self._find_root(other)))
        self._cell[second] = first  # the topmost, leftmost field speaks for the cell

    def _find_root(self, field_: int) -> int:
        while self._cell[field_] != field_:
            self._cell[field_] = self._cell[self._cell[field_]]
            field_ = self._cell[field_]
        return field_


def _find_drawn_sides(
    rules: Iterable[RulingLine], places: Sequence[float], along: Sequence[float]
) -> set[tuple[int, int]]:
    """Which sides of fields are drawn: (number of the line, number of the stretch along it)."""
    drawn: set[tuple[int, int]] = set()
    for rule in rules:
        line = bisect_right(places, rule.position + LINE_TOLERANCE / 10) - 1
        for number in range(len(along) - 1):
            middle = (along[number] + along[number + 1]) / 2
            if rule.start - LINE_TOLERANCE <= middle <= rule.end + LINE_TOLERANCE:
                drawn.add((line, number))
    return drawn
