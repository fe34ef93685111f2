"""Read the text of a PDF, its visual lines joined to paragraphs again."""

from __future__ import annotations

import io
import re
import unicodedata
from typing import TYPE_CHECKING

from pypdf import PdfReader

from controlwatch.adapters.formats import Reading

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST_PAGES = 600
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


def read_pdf(body: bytes) -> Reading:
    """Read a PDF; pages without text are a doubt, never an empty document taken for granted."""
    reader = PdfReader(io.BytesIO(body))
    pages = [reader.pages[n].extract_text() for n in range(min(len(reader.pages), _MOST_PAGES))]
    blank = sum(not page.strip() for page in pages)
    doubts = []
    if blank:
        doubts.append(
            "needs OCR" if blank == len(pages) else f"needs OCR: {blank} of {len(pages)} pages have no text"
        )
    if len(reader.pages) > _MOST_PAGES:
        doubts.append(f"only the first {_MOST_PAGES} of {len(reader.pages)} pages were read")
    return Reading("\n".join(paragraphs(line for page in pages for line in page.splitlines())), tuple(doubts))


def paragraphs(visual: Iterable[str]) -> tuple[str, ...]:
    """Join the lines of a page to paragraphs, without page numbers and typesetting gaps."""
    closed = [_GAP.sub("", line.strip()) for line in visual if not _PAGE_NUMBER.fullmatch(line)]
    shown = [line for line in closed if line]
    widest = max((_width(line) for line in shown), default=0)
    joined: list[str] = []
    is_open = False
    for line in shown:
        if is_open and not _BEGINS.match(line):
            joined[-1] = _GAP.sub("", f"{joined[-1]} {line}")
        else:
            joined.append(line)
        is_open = _width(line) >= max(widest * _FULL, _MARGIN) and not line.endswith(_ENDS)
    return tuple(joined)


def _width(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in line)
