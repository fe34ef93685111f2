"""Blank out what is not the measure itself: cited titles, legal bases, end uses, exclusions, file names."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from controlwatch.core.extraction.text.document_text import RELATED_LINKS
from controlwatch.core.extraction.text.exclusions import find_exclusions

if TYPE_CHECKING:
    from collections.abc import Iterable

BLANK = "\x00"  #: holds a place, matches nothing

#: Titles of documents cited in the body; the one just promulgated is the measure itself and stays.
CITED_TITLE = re.compile(
    r"(?<!号（)(?<!号公告（)(?<!公布)(?<!发布)(?<!调整)(?<!修改)(?<!修订)(?<!印发)(?<!制定)(?<!补入)(?<!列入)(?<!纳入)(?<!移出)(?<!调出)《[^《》\n]{1,120}(?:〈[^〉\n]*〉[^《》\n]*)?》(?![^。；，\n《》]{0,6}(?:作出|进行|予以)[^。；，\n]{0,8}(?:调整|修订|修改))"
)  # 根据《…法》
ANY_TITLE = re.compile(
    r"（关于[^（）《》\n]{4,80}）(?=[^\s])|《[^《》\n]{1,120}(?:〈[^〉\n]*〉[^《》\n]*)?》"
)
LEGAL_BASIS = re.compile(
    r"(?:根据|依据|依照|按照)[^。；\n]{0,400}?(?:有关规定|相关规定|规定，|等规定|规定)"
)  # 根据…有关规定
END_USE = re.compile(
    r"(?:最终用途为|用于或者可能用于|用于或可能用于)[^。；\n]{1,200}?(?:的出口申请|的[，。；]|$)"
    r"|(?<=[\u4e00-\u9fff（，、])(?:专门)?用于(?:制造|生产|研发|设计|开发|加工)[^，。；、\n（]{1,40}?的(?=[\u4e00-\u9fff])"
    r"|使用[^，。；\n]{0,80}技术[^，。；\n]{0,10}(?:生产|制造)的"
    r"|生产[0-9][A-E]\d{3}[^，。；\n]{0,20}的",
    re.MULTILINE,
)  # 最终用途为…的出口申请 · 用于制造导弹部件的 · 使用…技术在境外生产的
FILE_NAME = re.compile(
    r"^[^\n]{1,120}\.(?:pdf|docx?|xlsx?|ofd|wps|zip)[ ]*$", re.MULTILINE | re.IGNORECASE
)  # 附件…目录.pdf
RELATED_LINKS_BLOCK = re.compile(
    rf"(?:{RELATED_LINKS.pattern})[\s\S]*", re.MULTILINE
)  # 相关链接：… to the end
WEB_ADDRESS = re.compile(
    r"https?://[^\s，。；）]+|(?<![A-Za-z0-9_.])[A-Za-z0-9_.]{1,64}@[A-Za-z0-9_.]{1,100}"
)


@lru_cache(maxsize=2)
def mask_non_measure(folded: str) -> str:
    """Return the text with everything blanked that only surrounds the measure; offsets stay."""
    masked = folded
    for pattern in (CITED_TITLE, LEGAL_BASIS, END_USE, FILE_NAME, WEB_ADDRESS, RELATED_LINKS_BLOCK):
        masked = pattern.sub(lambda hit: BLANK * len(hit[0]), masked)
    return _blank_spans(masked, find_exclusions(folded))


def _blank_spans(masked: str, spans: Iterable[tuple[int, int]]) -> str:
    pieces, at = [], 0
    for start, end in spans:
        if end > at:
            pieces += [masked[at : max(start, at)], BLANK * (end - max(start, at))]
            at = end
    return "".join((*pieces, masked[at:]))


@lru_cache(maxsize=2)
def mask_cited_titles(folded: str) -> str:
    """Return the text with every cited title blanked: what is left says what is done."""
    masked = folded
    for pattern in (ANY_TITLE, FILE_NAME, RELATED_LINKS_BLOCK):
        masked = pattern.sub(lambda hit: BLANK * len(hit[0]), masked)
    return masked
