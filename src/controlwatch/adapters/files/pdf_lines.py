"""Group positioned characters into visual lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from controlwatch.core.sources.script_signs import to_subscript, to_superscript

_SAME_LINE = 0.5  # of the size: the distance of indices and exponents from the base line
_SAME_PLACE = 0.2  # of the size: a character printed twice is bold
_SHIFTED = frozenset("0123456789-−–+")
_SMALL = 0.85  # of the size of the line: indices and exponents are smaller than that
_OFF_LINE = 0.12  # of the size of the line: they stand off the base line by more
_WORD_GAP = 0.3  # of the size: words are further apart than letters


@dataclass(frozen=True, slots=True)
class Glyph:
    """One or several characters: base line (larger is lower), left and right edge, size, in points."""

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


def find_script(glyph: Glyph, base: float, size: float) -> Callable[[str], str] | None:
    """Return how a character is written that is smaller than its line and stands off it; else None."""
    if not 0 < glyph.size < _SMALL * size:
        return None
    distance = glyph.y - base
    if abs(distance) <= _OFF_LINE * size:
        return None
    return to_superscript if distance < 0 else to_subscript


def _render_line(line: Sequence[Glyph], wide_gap: float) -> Iterator[str]:
    """Yield the characters of a line from left to right, with blanks for gaps, unless all are blank."""
    if not line:
        return
    text = ""
    last: Glyph | None = None
    size = max(glyph.size for glyph in line)
    base = median(glyph.y for glyph in line if glyph.size >= _SMALL * size)
    for glyph in sorted(line, key=lambda glyph: glyph.x):
        if last is not None:
            if glyph.text == last.text and glyph.x - last.x < _SAME_PLACE * glyph.size:
                continue
            gap = (glyph.x - last.end) / max(glyph.size, 1e-6)
            text += "\t" if gap >= wide_gap else " " if gap > _WORD_GAP else ""
        script = find_script(glyph, base, size) if glyph.text in _SHIFTED and text[-1:].strip() else None
        text += script(glyph.text) if script is not None else glyph.text
        last = glyph
    shown = "\t".join(" ".join(part.split()) for part in text.split("\t"))
    if shown.strip():
        yield shown
