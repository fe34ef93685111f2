"""Pictures that carry a part of a notice: a scan where its annex should stand, a table in its text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from selectolax.lexbor import LexborNode

#: 附件 · 附件2： · 附表一 · Annex 1 on a line of its own.
_HEADING = re.compile(
    r"附(?:件|表|录|錄)[\s\d一二三四五六七八九十]{0,4}[:：]?|(?:annex|appendix)\s*[\dIVX]{0,4}:?",
    re.IGNORECASE,
)
#: The line before a picture that carries a part of the text.
_POINTS_AT_PICTURE = re.compile(
    r"[:：]$|如下|下表|下图|下圖|附图|附圖|见图|見圖|扫描件|掃描件|as follows|below$"
)
_MAX_LINES_BETWEEN = 2  #: between the heading and the picture: its title, a note
_SMALL = 100  #: pixels; a smaller picture is a sign beside a link
_LARGE = (400, 200)  #: pixels; a picture declared so large may hold a table
_LARGE_DATA = 40_000  #: characters of a picture that stands in the page itself
_ADORNS = re.compile(r"icon|logo|banner|qrcode|ewm|erweima|weixin|wechat|share|print", re.IGNORECASE)
_STYLE_SIZE = re.compile(r"(?<![\w-])(width|height)\s*:\s*(\d{1,5})(?:\.\d+)?(px|pt|%)", re.IGNORECASE)
_POINT, _PAGE_WIDTH = 4 / 3, 1_000  #: pixels of a point, and of the width of a page


@dataclass(frozen=True, slots=True)
class _PagePicture:
    """A picture with the line before it, and how many lines stand between it and the heading of an annex."""

    node: LexborNode
    line_before: str
    lines_below_heading: int

    @property
    def is_annex(self) -> bool:
        return self.lines_below_heading <= _MAX_LINES_BETWEEN


def describe_annex_pictures(nodes: Iterable[LexborNode], *, without: set[int]) -> tuple[str, ...]:
    """Return a doubt about the pictures right below the heading of an annex, which are not read."""
    count = sum(picture.is_annex for picture in _list_pictures(nodes, without))
    if not count:
        return ()
    some = (
        "a picture below an annex's heading was"
        if count == 1
        else f"{count} pictures below an annex's heading were"
    )
    return (f"needs OCR: {some} not read; look",)


def describe_article_pictures(nodes: Iterable[LexborNode], *, without: set[int]) -> tuple[str, ...]:
    """Return a doubt about the other pictures that may carry a part of the text.

    Such a picture is declared large, is in the page itself with many bytes, or is pointed at by the line
    before it. A photograph, a seal or a logo seldom is.
    """
    count = sum(
        not picture.is_annex and _may_carry_text(picture) for picture in _list_pictures(nodes, without)
    )
    if not count:
        return ()
    some = "a picture in the article was" if count == 1 else f"{count} pictures in the article were"
    return (f"needs OCR: {some} not read; look",)


def _list_pictures(nodes: Iterable[LexborNode], without: set[int]) -> Iterator[_PagePicture]:
    line, lines_below = "", _MAX_LINES_BETWEEN + 1
    for root in nodes:
        for node in root.traverse(include_text=True):
            if node.mem_id in without:
                continue
            if node.tag == "-text":
                if words := (node.text() or "").strip():
                    line = words
                    lines_below = 0 if _HEADING.fullmatch(words) else lines_below + 1
            elif node.tag in {"img", "canvas"} and not _is_small(node):
                yield _PagePicture(node, line, lines_below)


def _may_carry_text(picture: _PagePicture) -> bool:
    source = picture.node.attributes.get("src") or ""
    if source.startswith("data:"):
        return len(source) > _LARGE_DATA
    width, height = (_find_size(picture.node, name) for name in ("width", "height"))
    is_large = (width or _LARGE[0]) >= _LARGE[0] and (height or _LARGE[1]) >= _LARGE[1]
    is_declared = bool(width or height)
    return is_large and (is_declared or _POINTS_AT_PICTURE.search(picture.line_before) is not None)


def _find_size(node: LexborNode, name: str) -> float:
    """Return the declared width or height of a picture in pixels, 0 where it is not declared."""
    for kind, number, unit in _STYLE_SIZE.findall(node.attributes.get("style") or ""):
        if kind.lower() == name:
            factor = {"pt": _POINT, "%": _PAGE_WIDTH / 100}.get(unit.lower(), 1)
            return int(number) * factor if name == "width" or unit != "%" else 0
    digits = (node.attributes.get(name) or "").strip().lower().removesuffix("px")
    if digits.endswith("%") and digits[:-1].isdecimal():
        return int(digits[:-1]) * _PAGE_WIDTH / 100 if name == "width" else 0
    return int(digits) if digits.isdecimal() else 0


def _is_small(picture: LexborNode) -> bool:
    """Return whether a picture is declared to be small, or is by its name a sign, a logo or a code."""
    sizes = (_find_size(picture, name) for name in ("width", "height"))
    source = picture.attributes.get("src") or ""
    adorns = not source.startswith("data:") and _ADORNS.search(source) is not None
    return any(0 < size < _SMALL for size in sizes) or adorns
