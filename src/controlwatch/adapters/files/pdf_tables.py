"""Find tables by their ruling lines: lines and characters of a page in, stretches of text and rows out."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from controlwatch.adapters.files.pdf_lines import Glyph, lines_of
from controlwatch.core.sources.html_tables import joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

#: Points between lines that are one line drawn twice, or its two edges; no column and no row is as narrow.
NEAR = 3.0
_MOST_RULES = 3_000  # lines of a page; what has more is a drawing


@dataclass(frozen=True, slots=True, order=True)
class Rule:
    """A level or an upright line: where it stands, and from where to where it runs, from above, from left."""

    at: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a ruled table, and where its columns begin and end."""

    columns: tuple[float, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(slots=True)
class _Frame:
    """The rules that touch each other."""

    level: list[Rule] = field(default_factory=list)
    upright: list[Rule] = field(default_factory=list)

    @property
    def ys(self) -> tuple[float, ...]:
        ends = (end for rule in self.upright for end in (rule.start, rule.end))
        return _distinct([*(rule.at for rule in self.level), *ends])

    @property
    def xs(self) -> tuple[float, ...]:
        ends = (end for rule in self.level for end in (rule.start, rule.end))
        return _distinct([*(rule.at for rule in self.upright), *ends])


def stretches(
    glyphs: Sequence[Glyph], level: Iterable[Rule], upright: Iterable[Rule]
) -> Iterator[str | Table]:
    """Yield a page from top to bottom: visual lines of text, and tables with two columns or more."""
    grids = [_Grid(frame) for frame in _frames(_merged(level), _merged(upright))]
    tables = sorted((grid for grid in grids if grid.is_table), key=lambda grid: grid.ys[0])
    free: list[Glyph] = []
    for glyph in glyphs:
        if not any(grid.take(glyph) for grid in tables):
            free.append(glyph)
    for grid in tables:
        yield from lines_of(glyph for glyph in free if glyph.y < grid.ys[0])
        free = [glyph for glyph in free if glyph.y >= grid.ys[0]]
        yield grid.table()
    yield from lines_of(free)


def _merged(rules: Iterable[Rule]) -> list[Rule]:
    """Join the pieces of lines: borders are drawn cell by cell."""
    whole: list[Rule] = []
    shelves: dict[float, list[Rule]] = defaultdict(list)
    place = float("-inf")
    for rule in sorted(rules):
        place = rule.at if rule.at - place > NEAR else place
        shelves[place].append(rule)
    for at, pieces in shelves.items():
        start, end = min((piece.start, piece.end) for piece in pieces)
        for piece in sorted(pieces, key=lambda piece: piece.start):
            if piece.start > end + NEAR:
                whole.append(Rule(at, start, end))
                start, end = piece.start, piece.end
            end = max(end, piece.end)
        whole.append(Rule(at, start, end))
    return [rule for rule in whole if rule.end - rule.start > NEAR]


def _frames(level: list[Rule], upright: list[Rule]) -> Iterator[_Frame]:
    """Rules that cross or meet belong together; a line without an upright one is an underline."""
    if len(level) + len(upright) > _MOST_RULES:
        return
    waiting, left = set(upright), set(level)
    while waiting:
        fresh = {waiting.pop()}
        frame = _Frame(upright=list(fresh))
        while fresh:
            flat = {rule for rule in left if any(_touch(rule, other) for other in fresh)}
            fresh = {rule for rule in waiting if any(_touch(other, rule) for other in flat)}
            left -= flat
            waiting -= fresh
            frame.level += flat
            frame.upright += fresh
        yield frame


def _touch(level: Rule, upright: Rule) -> bool:
    return (
        level.start - NEAR <= upright.at <= level.end + NEAR
        and upright.start - NEAR <= level.at <= upright.end + NEAR
    )


def _distinct(places: list[float]) -> tuple[float, ...]:
    kept: list[float] = []
    for place in sorted(places):
        if not kept or place - kept[-1] > NEAR:
            kept.append(place)
    return tuple(kept)


class _Grid:
    """The fields between the lines of a frame; fields without a line between them are one cell."""

    def __init__(self, frame: _Frame) -> None:
        self.xs, self.ys = frame.xs, frame.ys
        self._wide, self._high = len(self.xs) - 1, len(self.ys) - 1
        self._cell = list(range(max(self._wide * self._high, 0)))
        self._glyphs: dict[int, list[Glyph]] = defaultdict(list)
        if self.is_table:
            self._unite(_cover(frame.level, self.ys, self.xs), _cover(frame.upright, self.xs, self.ys))

    @property
    def is_table(self) -> bool:
        return self._wide > 1 and self._high > 0

    def take(self, glyph: Glyph) -> bool:
        """Keep a character that stands in the table; the middle of its body says in which field."""
        row = bisect_right(self.ys, glyph.y - glyph.size / 3) - 1
        column = bisect_right(self.xs, (glyph.x + glyph.end) / 2) - 1
        if not (0 <= row < self._high and 0 <= column < self._wide):
            return False
        self._glyphs[self._root(row * self._wide + column)].append(glyph)
        return True

    def table(self) -> Table:
        texts = {cell: joined(lines_of(glyphs)) for cell, glyphs in self._glyphs.items()}
        found = (self._row(row, texts) for row in range(self._high))
        return Table(self.xs, tuple(row for row in found if any(row)))

    def _row(self, row: int, texts: dict[int, str]) -> tuple[str, ...]:
        """A cell stands in every row it covers, and in the first of the columns."""
        cells = [self._root(row * self._wide + column) for column in range(self._wide)]
        if not any(texts.get(cell) for cell in cells if cell // self._wide == row):
            return ()
        return tuple(
            texts.get(cell, "") if number == 0 or cell != cells[number - 1] else ""
            for number, cell in enumerate(cells)
        )

    def _unite(self, level: set[tuple[int, int]], upright: set[tuple[int, int]]) -> None:
        for row in range(self._high):
            for column in range(self._wide):
                here = row * self._wide + column
                if column + 1 < self._wide and (column + 1, row) not in upright:
                    self._join(here, here + 1)
                if row + 1 < self._high and (row + 1, column) not in level:
                    self._join(here, here + self._wide)

    def _join(self, one: int, other: int) -> None:
        first, second = sorted((self._root(one), self._root(other)))
        self._cell[second] = first  # the topmost, leftmost field speaks for the cell

    def _root(self, field_: int) -> int:
        while self._cell[field_] != field_:
            self._cell[field_] = self._cell[self._cell[field_]]
            field_ = self._cell[field_]
        return field_


def _cover(rules: Iterable[Rule], places: Sequence[float], along: Sequence[float]) -> set[tuple[int, int]]:
    """Which sides of fields are drawn: (number of the line, number of the stretch along it)."""
    drawn: set[tuple[int, int]] = set()
    for rule in rules:
        line = bisect_right(places, rule.at + NEAR / 10) - 1
        for number in range(len(along) - 1):
            middle = (along[number] + along[number + 1]) / 2
            if rule.start - NEAR <= middle <= rule.end + NEAR:
                drawn.add((line, number))
    return drawn
