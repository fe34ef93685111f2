"""Join visual lines into paragraphs and format the rows of tables, without page numbers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import groupby

from controlwatch.adapters.files.pdf_tables import RuledTable
from controlwatch.core.sources.html_tables import format_rows

_HAN = r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f]"
# Typesetters leave a gap between Han characters and digits, which readers print as a space: 2025 年第 18 号.
_TYPESETTING_GAP = re.compile(rf"(?<={_HAN})[ \u00a0]+(?={_HAN}|\d)|(?<=\d)[ \u00a0]+(?={_HAN})")
_PAGE_NUMBER = re.compile(r"\s*[-—–]+\s*\d{1,4}\s*[-—–]+\s*")  # — 12 —
_SENTENCE_ENDS = tuple("。；：！？.;:!?")
_FULL_LINE_RATIO = 0.9  # a line this near to the widest was broken by the margin, not by its author
_MIN_MARGIN = 50  # half-widths; narrower lines are not broken at a margin
_PARAGRAPH_START = re.compile(
    r"[第（(附【]|[一二三四五六七八九十]+、|\d+[.．、]|\d[A-E]\d{3}|\d{4}[.\d]*\s"
)  # 第二条 · （一） · 附件1 · 三、 · 4. · 1C226 · 8507.60 锂离子电池


def to_text_lines(content: Iterable[str | RuledTable]) -> Iterator[str]:
    """Turn visual lines and tables into paragraphs and rows. A line with a tab in it is already a row."""
    parts = tuple(content)
    widest = max(
        (_measure_width(part) for part in parts if isinstance(part, str) and "\t" not in part), default=0
    )
    for is_row, group in groupby(parts, key=lambda part: isinstance(part, RuledTable) or "\t" in part):
        if not is_row:
            yield from join_paragraphs((part for part in group if isinstance(part, str)), widest=widest)
            continue
        for part in group:
            for row in part.rows if isinstance(part, RuledTable) else (part.split("\t"),):
                yield from format_rows([_TYPESETTING_GAP.sub("", cell) for cell in row])


def join_paragraphs(visual: Iterable[str], *, widest: int | None = None) -> tuple[str, ...]:
    """Join the lines of a page into paragraphs, without page numbers and typesetting gaps.

    A line continues in the next one if it is nearly as wide as the widest (in half-widths).
    """
    closed = [_TYPESETTING_GAP.sub("", line.strip()) for line in visual if not _PAGE_NUMBER.fullmatch(line)]
    lines = [line for line in closed if line]
    margin = max((_measure_width(line) for line in lines), default=0) if widest is None else widest
    joined: list[str] = []
    is_open = False
    for line in lines:
        if is_open and not _PARAGRAPH_START.match(line):
            joined[-1] = _TYPESETTING_GAP.sub("", f"{joined[-1]} {line}")
        else:
            joined.append(line)
        is_open = _measure_width(line) >= max(margin * _FULL_LINE_RATIO, _MIN_MARGIN) and not line.endswith(
            _SENTENCE_ENDS
        )
    return tuple(joined)


def _measure_width(line: str) -> int:
    """Return the width in half-widths: 2 for a Han character, 1 for a Latin letter."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in line)
