"""Characters with their places become the lines that the eye sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_SAME_LINE = 0.5  # of the size: indices and exponents stand so far from the base line
_SAME_PLACE = 0.2  # of the size: a character printed twice is bold
_WORD_GAP = 0.3  # of the size: words are further apart than letters


@dataclass(frozen=True, slots=True)
class Glyph:
    """One or several characters: left and right edge, base line (downwards is more), size, in points."""

    y: float
    x: float
    end: float
    size: float
    text: str


def group_lines(glyphs: Iterable[Glyph], *, wide_gap: float = float("inf")) -> Iterator[str]:
    """Yield lines from top to bottom. A gap of `wide_gap` sizes or more becomes a tab."""
    line: list[Glyph] = []
    for glyph in sorted(glyphs, key=lambda glyph: (glyph.y, glyph.x)):
        if line and glyph.y - line[0].y > _SAME_LINE * max(line[0].size, glyph.size):
            yield from _render_line(line, wide_gap)
            line = []
        line.append(glyph)
    yield from _render_line(line, wide_gap)


def _render_line(line: Sequence[Glyph], wide_gap: float) -> Iterator[str]:
    """The characters of a line from left to right, with a blank where the eye sees one."""
    text = ""
    last: Glyph | None = None
    for glyph in sorted(line, key=lambda glyph: glyph.x):
        if last is not None:
            if glyph.text == last.text and glyph.x - last.x < _SAME_PLACE * glyph.size:
                continue
            gap = (glyph.x - last.end) / max(glyph.size, 1e-6)
            text += "\t" if gap >= wide_gap else " " if gap > _WORD_GAP else ""
        text += glyph.text
        last = glyph
    shown = "\t".join(" ".join(part.split()) for part in text.split("\t"))
    if shown.strip():
        yield shown
