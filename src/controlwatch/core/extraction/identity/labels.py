"""Labels printed in the head of a page: 【发布文号】, 【发文日期】, 来源, and their like in saved text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from controlwatch.core.extraction.text.document_text import DocumentText
    from controlwatch.core.model import Document

BRACKETED_LABEL = re.compile(
    r"^[ ]*【\s*([^】\n]{2,8}?)\s*】[:：]?[ ]*(\S[^\n【]*)", re.MULTILINE
)  # 【发布文号】商务部公告2025年第10号
PLAIN_LABEL = re.compile(
    r"^[ \-*]*(发布文号|发文字号|文号|发文日期|成文日期|发布日期)\**\s*[:：]\**\s*(\S[^\n]*)", re.MULTILINE
)  # 发文字号：工信部联安全函〔2025〕335号
HEAD_LENGTH = 2500  #: characters in which a head may stand
NUMBER_LABELS = ("发布文号", "发文字号", "文号")
DATE_LABELS = ("发文日期", "成文日期")


def collect_labels(document: Document, text: DocumentText) -> dict[str, str]:
    """Return the labels of a document by name: those of the page first, then those inline in the text."""
    found = dict(document.labels)
    head = text.folded_text[text.title_end : text.title_end + HEAD_LENGTH]
    for pattern in (BRACKETED_LABEL, PLAIN_LABEL):
        for hit in pattern.finditer(head):
            found.setdefault(hit[1].strip(), hit[2].strip())
    return found


def pick_label(found: dict[str, str], names: tuple[str, ...]) -> str | None:
    """Return the value of the first label present."""
    return next((found[name] for name in names if name in found), None)
