"""What a document is: an instrument, an answer, an explanation, a report of the press, or nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from controlwatch.core.model import Kind
from controlwatch.core.reading.phrases import says

if TYPE_CHECKING:
    from controlwatch.core.reading.lexicon import Lexicon
    from controlwatch.core.reading.text import Text

INSTRUMENTS = frozenset({Kind.ANNOUNCEMENT, Kind.ORDER, Kind.NOTICE, Kind.LAW, Kind.REGULATION})
REPORTS = frozenset({Kind.NEWS, Kind.COMMENTARY})
LEAD = 400  #: characters after the title in which a text shows what it is

CHALLENGE = re.compile(
    r"\$_ts\b|Just a moment\.\.\.|cf-chl|请完成安全验证"
)  # a bot wall's script or its words
ASKED = re.compile(r"^[ ]*(?:有记者问|记者问|问[:：]|A reporter asked|Q[:：])", re.MULTILINE)  # 问：…
MARKDOWN = re.compile(r"^[#*\s]+")  # "# 商务部公告…"
ORDER_TITLE = re.compile(
    r"令\s*(?:[〔\[(（]?\s*(?:\d{4}|[一二][〇○零\d一二三四五六七八九]{3}))|令\s*第?\s*\d+\s*号|令$"
)  # 商务部令二〇二五年第6号
REGULATION_TITLE = re.compile(r"(?:条例|规定|办法|细则|规则)(?:》)?(?:（[^）]*）)?$")  # …出口管制条例
LAW_TITLE = re.compile(
    r"^(?:中华人民共和国)?[^，。：《》]{2,24}法(?:（[^）]*）)?$"
)  # 中华人民共和国出口管制法
ANNOUNCEMENT_TITLE = re.compile(r"公\s*告|的决定|决定$|\bAnnouncement\b")  # 关于…的公告
NOTICE_TITLE = re.compile(r"通知|通告|的函|复函|实施意见|\bCircular\b|^Notice\b")  # 关于…的通知
SELF = (
    (re.compile(r"本公告"), Kind.ANNOUNCEMENT),  # 本公告自公布之日起施行
    (re.compile(r"本通知"), Kind.NOTICE),
    (re.compile(r"本令"), Kind.ORDER),
    (re.compile(r"本条例|本规定|本办法"), Kind.REGULATION),
    (re.compile(r"本法"), Kind.LAW),
    (re.compile(r"本决定"), Kind.ANNOUNCEMENT),
    (re.compile(r"(?:T|t)his (?:a|A)nnouncement (?:shall|will|takes|comes)"), Kind.ANNOUNCEMENT),
)
SIGNING = re.compile(r"签署.{0,8}令|日前.{0,6}公告")  # 李强签署国务院令: the press tells of a signature


def kind_of(text: Text, lexicon: Lexicon) -> Kind:
    """Return what a document is, judged by its title first, then by the way its text speaks of itself."""
    body = text.folded[text.title_end + 1 :]
    if not body.strip() and len(text.title.strip()) < 60:
        return Kind.EMPTY
    if CHALLENGE.search(text.folded[:20_000]):
        return Kind.CHALLENGE
    title = MARKDOWN.sub("", text.title).strip()
    lead = body[:LEAD]
    return (
        _answer(title, lead, lexicon)
        or _report(title, lead, lexicon)
        or _titled(title, lexicon)
        or _speaking(body, title, lexicon)
    )


def _answer(title: str, lead: str, lexicon: Lexicon) -> Kind | None:
    if (len(title) < 200 and says(lexicon, "spokesperson", title)) or ASKED.search(f"{title}\n{lead}"):
        return Kind.SPOKESPERSON
    if len(title) < 60 and says(lexicon, "faq", title) and not says(lexicon, "press", title):
        return Kind.FAQ
    return None


def _report(title: str, lead: str, lexicon: Lexicon) -> Kind | None:
    if not says(lexicon, "press", f"{title}\n{lead}") and not SIGNING.search(title):
        return Kind.COMMENTARY if says(lexicon, "commentary", f"{title}\n{lead}") else None
    return Kind.COMMENTARY if says(lexicon, "commentary", f"{title}\n{lead}") else Kind.NEWS


def _titled(title: str, lexicon: Lexicon) -> Kind | None:
    # A "title" with a full stop inside is a paragraph: a report that only begins like an instrument.
    if len(title) > 200 or "。" in title.rstrip("。") or re.search(r"[a-z]\. [A-Z]", title):
        return None
    if says(lexicon, "draft", title):
        return Kind.DRAFT
    if says(lexicon, "guidance", title) and not re.search(r"公告\s*\d{4}", title):
        return Kind.GUIDANCE
    for pattern, kind in (
        (ORDER_TITLE, Kind.ORDER),
        (LAW_TITLE, Kind.LAW),
        (ANNOUNCEMENT_TITLE, Kind.ANNOUNCEMENT),
        (NOTICE_TITLE, Kind.NOTICE),
        (REGULATION_TITLE, Kind.REGULATION),
    ):
        if pattern.search(title):
            return kind
    return None


def _speaking(body: str, title: str, lexicon: Lexicon) -> Kind:
    for pattern, kind in SELF:
        if pattern.search(body):
            return kind
    if says(lexicon, "draft", title):
        return Kind.DRAFT
    return Kind.NEWS
