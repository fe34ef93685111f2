"""Find what a web page holds and does not show: hidden by an attribute or style, or white on white."""

from __future__ import annotations

import re
from collections.abc import Iterable

from selectolax.lexbor import LexborNode

_HIDDEN_STYLE = re.compile(
    r"""(?<![\w-])(?:
        display\s*:\s*none
        |visibility\s*:\s*(?:hidden|collapse)
        |mso-hide\s*:\s*all
        |opacity\s*:\s*0*\.?0+\s*(?:;|!|$)
        |(?:font-size|max-height)\s*:\s*0*\.?0+(?:px|pt|em|rem|%)?\s*(?:;|!|$)
        |text-indent\s*:\s*-\d{3,}
        |(?:left|top|right|margin-left)\s*:\s*-\d{4,}
        |clip\s*:\s*rect\(\s*(?:0|1px)(?:px)?[\s,]+(?:0|1px)(?:px)?[\s,]+(?:0|1px)(?:px)?[\s,]+(?:0|1px)(?:px)?
        |clip-path\s*:\s*inset\(\s*(?:50|100)%
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_WHITE = r"(?:#fff(?:fff)?\b|white\b|rgba?\(\s*255\s*,\s*255\s*,\s*255\b)"
_WHITE_INK = re.compile(rf"(?<![\w-])color\s*:\s*{_WHITE}", re.IGNORECASE)
_WHITE_PAPER = re.compile(rf"(?<![\w-])background(?:-color)?\s*:\s*{_WHITE}", re.IGNORECASE)
_PAPER = re.compile(r"(?<![\w-])background", re.IGNORECASE)
_MARKED = "[hidden], [style], font[color]"
_TABLE_PARTS = frozenset({"td", "th", "tr", "thead", "tbody", "table"})  # style sheets colour their heads
_MAX_NODES = 50_000  # elements of a page that are looked at


def find_hidden_parts(nodes: Iterable[LexborNode]) -> tuple[LexborNode, ...]:
    """Return the elements below some nodes that a reader does not see, without those inside another.

    Only what the page itself says counts: style sheets and scripts are not applied.
    """
    marked = [part for node in nodes for part in node.css(_MARKED)[:_MAX_NODES] if part.mem_id != node.mem_id]
    hidden = {part.mem_id: part for part in marked if is_hidden(part)}
    return tuple(part for part in hidden.values() if not _is_within(part, hidden))


def is_hidden(element: LexborNode) -> bool:
    """Return whether an element is hidden by its own attributes."""
    attributes = element.attributes
    style = attributes.get("style") or ""
    return "hidden" in attributes or bool(_HIDDEN_STYLE.search(style)) or _is_white_on_white(element, style)


def _is_white_on_white(element: LexborNode, style: str) -> bool:
    color = (element.attributes.get("color") or "").strip() if element.tag == "font" else ""
    if not (_WHITE_INK.search(style) or (color and re.fullmatch(_WHITE, color, re.IGNORECASE))):
        return False
    part: LexborNode | None = element
    while part is not None:
        attributes = part.attributes
        declared = attributes.get("style") or ""
        if _WHITE_PAPER.search(declared):
            return True
        is_coloured = _PAPER.search(declared) or "bgcolor" in attributes or "background" in attributes
        # A class may colour the paper: it is believed to, of the element itself and of the table around it.
        may_colour = "class" in attributes and (part.mem_id == element.mem_id or part.tag in _TABLE_PARTS)
        if is_coloured or may_colour:
            return False
        part = part.parent
    return True


def _is_within(part: LexborNode, others: dict[int, LexborNode]) -> bool:
    above = part.parent
    while above is not None:
        if above.mem_id in others:
            return True
        above = above.parent
    return False
