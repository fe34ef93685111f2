"""Pictures that stand on a page where its annex should: a scan without a link."""

from __future__ import annotations

import re
from collections.abc import Iterable

from selectolax.lexbor import LexborNode

#: 附件 · 附件2： · 附表一 · Annex 1 on a line of its own.
_HEADING = re.compile(
    r"附(?:件|表|录|錄)[\s\d一二三四五六七八九十]{0,4}[:：]?|(?:annex|appendix)\s*[\dIVX]{0,4}:?",
    re.IGNORECASE,
)
_MAX_LINES_BETWEEN = 2  #: between the heading and the picture: its title, a note
_SMALL = 100  #: pixels; a smaller picture is a sign beside a link


def describe_annex_pictures(nodes: Iterable[LexborNode], *, without: set[int]) -> tuple[str, ...]:
    """Return a doubt about the pictures right below the heading of an annex, which are not read."""
    count, lines_below = 0, _MAX_LINES_BETWEEN + 1
    for root in nodes:
        for node in root.traverse(include_text=True):
            if node.mem_id in without:
                continue
            if node.tag == "-text":
                line = (node.text() or "").strip()
                if line:
                    lines_below = 0 if _HEADING.fullmatch(line) else lines_below + 1
            elif node.tag == "img" and lines_below <= _MAX_LINES_BETWEEN and not _is_small(node):
                count += 1
    if not count:
        return ()
    some = (
        "a picture below an annex's heading was"
        if count == 1
        else f"{count} pictures below an annex's heading were"
    )
    return (f"needs OCR: {some} not read; look",)


def _is_small(picture: LexborNode) -> bool:
    """Return whether a picture is declared to be small, or is a sign for a kind of file."""
    sizes = [picture.attributes.get(name) or "" for name in ("width", "height")]
    is_declared = any(size.rstrip("px").isdecimal() and int(size.rstrip("px")) < _SMALL for size in sizes)
    return is_declared or "icon" in (picture.attributes.get("src") or "").lower()
