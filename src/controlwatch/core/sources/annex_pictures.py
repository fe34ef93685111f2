"""Pictures that carry a part of a notice: a scan where its annex should stand, a table in its text."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from selectolax.lexbor import LexborNode

from controlwatch.core.sources.html_text import INLINE_TAGS
from controlwatch.core.sources.picture_sizes import FRAME_REACH, measure_picture

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
#: Names of ornaments; screenshots that people paste are called 微信图片_2026.png or WechatIMG12.jpg.
_ADORNS = re.compile(
    r"(?<!sil)icon|\bico[_-]|(?<!cata)logo|banner|qrcode|\bqr[_-]|(?<!n)ewm|erweima|weixin|wechat(?!img)|weibo"
    r"|(?<![a-z])share(?!d|holder)|bdshare|(?<!blue)print(?!ed)|emoji|(?<!n)arrow"
    r"|二维码|二維碼|微信(?!图片|截图|截屏)|微博|分享|打印|图标|扫一扫",
    re.IGNORECASE,
)
#: Files that stand for a picture until a script has loaded it, are drawn by code, or adorn an error page.
_NO_SCAN = re.compile(r"spacer|blank|loading|\.svg\b|\.ico\b|/(?:404|err(?:or)?|captcha)\.", re.IGNORECASE)
#: The line that says what a photograph shows, before or after it.
_CAPTION = re.compile(
    r"^(?:图为|圖為|图\d|资料图)|摄[）)]?$|摄影|\bphoto\b", re.IGNORECASE
)  # 图为发布会现场。
#: Where pages keep the address of a picture that a script loads once it is scrolled to.
_LATE_SOURCE = re.compile(r"(?:data-|_|file|original|zoom|real)")
_PICTURE_NAME = re.compile(r"\.(?:jpe?g|png|gif|bmp|webp|tiff?)(?=$|[?#!@])", re.IGNORECASE)
_SET_WIDTH = re.compile(r"\s(\d{2,5})w\b")  # /a/1.jpg 1080w
_STYLE_SIZE = re.compile(r"(?<![\w-])(width|height)\s*:\s*(\d{1,5})(?:\.\d+)?(px|pt|%)", re.IGNORECASE)
_POINT, _PAGE_WIDTH = 4 / 3, 1_000  #: pixels of a point, and of the width of a page


@dataclass(frozen=True, slots=True)
class _PagePicture:
    """A picture with the line before it, and how many lines stand between it and the heading of an annex."""

    node: LexborNode
    line_before: str
    lines_below_heading: int
    line_after: str = ""

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


def describe_article_pictures(
    nodes: Iterable[LexborNode], *, without: set[int], is_article: bool
) -> tuple[str, ...]:
    """Return a doubt about the other pictures that may carry a part of the text.

    Such a picture is large, by its declaration or by its own bytes where the page holds them, or is pointed
    at by the line before it. One whose size is not known counts in an article where it has a line to itself,
    leads nowhere else and is not a photograph by its caption. No picture is requested to learn its size.
    """
    count = sum(
        not picture.is_annex and _may_carry_text(picture, is_article=is_article)
        for picture in _list_pictures(nodes, without)
    )
    if not count:
        return ()
    some = "a picture in the article was" if count == 1 else f"{count} pictures in the article were"
    return (f"needs OCR: {some} not read; look",)


def _list_pictures(nodes: Iterable[LexborNode], without: set[int]) -> Iterator[_PagePicture]:
    line, lines_below = "", _MAX_LINES_BETWEEN + 1
    waiting: list[_PagePicture] = []
    for root in nodes:
        for node in root.traverse(include_text=True):
            if node.mem_id in without:
                continue
            if node.tag == "-text":
                if words := (node.text() or "").strip():
                    yield from (replace(picture, line_after=words) for picture in waiting)
                    waiting = []
                    line = words
                    lines_below = 0 if _HEADING.fullmatch(words) else lines_below + 1
            elif node.tag in {"img", "canvas"} and not _is_small(node):
                waiting.append(_PagePicture(node, line, lines_below))
    yield from waiting


def _may_carry_text(picture: _PagePicture, *, is_article: bool) -> bool:
    source = _find_source(picture.node)
    if source.startswith("data:"):
        size = _measure_data(source)
        return _is_large(*size) if size is not None else len(source) > _LARGE_DATA
    width, height = (_find_size(picture.node, name) for name in ("width", "height"))
    if width or height:
        return _is_large(width or _LARGE[0], height or _LARGE[1])
    if _POINTS_AT_PICTURE.search(picture.line_before):
        return True
    is_photograph = _CAPTION.search(picture.line_before) or _CAPTION.search(picture.line_after)
    return is_article and bool(source) and not is_photograph and _has_line_to_itself(picture.node)


def _is_large(width: float, height: float) -> bool:
    return width >= _LARGE[0] and height >= _LARGE[1]


def _has_line_to_itself(node: LexborNode) -> bool:
    """Return whether a picture stands between no words on its line, and in no link but to a picture."""
    while True:
        for direction in ("prev", "next"):
            beside = getattr(node, direction)
            while beside is not None and (beside.tag in INLINE_TAGS or beside.tag == "-text"):
                if (beside.text(deep=True) or "").strip():
                    return False
                beside = getattr(beside, direction)
        parent = node.parent
        if parent is None or parent.tag not in INLINE_TAGS:
            return True
        if parent.tag == "a" and not _PICTURE_NAME.search(parent.attributes.get("href") or ""):
            return not parent.attributes.get("href")
        node = parent


def _find_source(node: LexborNode) -> str:
    """Return the address of a picture, also where a script loads it."""
    attributes = {name: value or "" for name, value in node.attributes.items()}
    late = (
        value
        for name, value in attributes.items()
        if _LATE_SOURCE.match(name) and _PICTURE_NAME.search(value)
    )
    listed = attributes.get("srcset", "").strip().partition(" ")[0]
    return next(late, "") or attributes.get("data-src", "") or attributes.get("src", "") or listed


def _measure_data(source: str) -> tuple[int, int] | None:
    """Return the size of a picture that the page itself holds, where its bytes tell it."""
    coded = source.partition("base64,")[2][: FRAME_REACH * 4 // 3 // 4 * 4]
    try:
        return measure_picture(binascii.a2b_base64(coded + "=" * (-len(coded) % 4)))
    except binascii.Error:
        return None


def _find_size(node: LexborNode, name: str) -> float:
    """Return the declared width or height of a picture in pixels, 0 where it is not declared."""
    for kind, number, unit in _STYLE_SIZE.findall(node.attributes.get("style") or ""):
        if kind.lower() == name:
            factor = {"pt": _POINT, "%": _PAGE_WIDTH / 100}.get(unit.lower(), 1)
            return int(number) * factor if name == "width" or unit != "%" else 0
    widths = _SET_WIDTH.findall(node.attributes.get("srcset") or "") if name == "width" else []
    if widths:
        return max(map(int, widths))
    digits = (node.attributes.get(name) or "").strip().lower().removesuffix("px")
    if digits.endswith("%") and digits[:-1].isdecimal():
        return int(digits[:-1]) * _PAGE_WIDTH / 100 if name == "width" else 0
    return int(digits) if digits.isdecimal() else 0


def _is_small(picture: LexborNode) -> bool:
    """Return whether a picture is declared to be small, or is by its name a sign, a logo or a code."""
    sizes = (_find_size(picture, name) for name in ("width", "height"))
    source = _find_source(picture)
    names = [picture.attributes.get(name) or "" for name in ("class", "id", "alt", "title")]
    if not source.startswith("data:"):
        names.append(source)
        if _NO_SCAN.search(source):
            return True
    return any(0 < size < _SMALL for size in sizes) or any(map(_ADORNS.search, names))
