"""Visual lines become paragraphs again, and tables rows; what a page repeats is left out."""

from __future__ import annotations

import re
import unicodedata
from itertools import groupby
from typing import TYPE_CHECKING

from controlwatch.adapters.files.pdf_tables import Table
from controlwatch.core.sources.html_tables import rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_HAN = r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f]"
# Typesetters leave a gap between Han characters and digits, which readers print as a space: 2025 年第 18 号.
_GAP = re.compile(rf"(?<={_HAN})[ \u00a0]+(?={_HAN}|\d)|(?<=\d)[ \u00a0]+(?={_HAN})")
_PAGE_NUMBER = re.compile(r"\s*[-—–]+\s*\d{1,4}\s*[-—–]+\s*")  # — 12 —
_ENDS = tuple("。；：！？.;:!?")
_FULL = 0.9  # a line this near to the widest was broken by the margin, not by its author
_MARGIN = 50  # half-widths; where no line is wider, there is no margin to break at
_BEGINS = re.compile(
    r"[第（(附【]|[一二三四五六七八九十]+、|\d+[.．、]|\d[A-E]\d{3}|\d{4}[.\d]*\s"
)  # 第二条 · （一） · 附件1 · 三、 · 4. · 1C226 · 8507.60 锂离子电池


def text_of(found: Iterable[str | Table]) -> Iterator[str]:
    """Turn visual lines and tables into paragraphs and rows. A line with a tab in it is a row already."""
    parts = tuple(found)
    widest = max((_width(part) for part in parts if isinstance(part, str) and "\t" not in part), default=0)
    for is_row, group in groupby(parts, key=lambda part: isinstance(part, Table) or "\t" in part):
        if is_row:
            yield from (line for part in group for cells in _cells(part) for line in rows(cells))
        else:
            yield from paragraphs((part for part in group if isinstance(part, str)), widest=widest)


def _cells(part: str | Table) -> Iterator[list[str]]:
    for row in part.rows if isinstance(part, Table) else (part.split("\t"),):
        yield [_GAP.sub("", cell) for cell in row]


def paragraphs(visual: Iterable[str], *, widest: int | None = None) -> tuple[str, ...]:
    """Join the lines of a page to paragraphs, without page numbers and typesetting gaps."""
    closed = [_GAP.sub("", line.strip()) for line in visual if not _PAGE_NUMBER.fullmatch(line)]
    shown = [line for line in closed if line]
    margin = max((_width(line) for line in shown), default=0) if widest is None else widest
    joined: list[str] = []
    is_open = False
    for line in shown:
        if is_open and not _BEGINS.match(line):
            joined[-1] = _GAP.sub("", f"{joined[-1]} {line}")
        else:
            joined.append(line)
        is_open = _width(line) >= max(margin * _FULL, _MARGIN) and not line.endswith(_ENDS)
    return tuple(joined)


def _width(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in line)
