"""What a document is: an instrument, an answer, an explanation, a report of the press, or nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from controlwatch.core.extraction.identity.authorship import (
    LEAD,
    head,
    headed,
    pressed,
    told,
    verbatim,
    voices,
)
from controlwatch.core.extraction.identity.non_documents import is_challenge, is_empty, is_garbled, is_listing
from controlwatch.core.extraction.mentions.issuers import named
from controlwatch.core.extraction.mentions.phrases import says
from controlwatch.core.extraction.mentions.places import opens_abroad
from controlwatch.core.extraction.text.normalize import HAN
from controlwatch.core.model import Kind

if TYPE_CHECKING:
    from controlwatch.core.extraction.text.document_text import Text
    from controlwatch.core.extraction.text.lexicon import Lexicon

INSTRUMENTS = frozenset({Kind.ANNOUNCEMENT, Kind.ORDER, Kind.NOTICE, Kind.LAW, Kind.REGULATION})
REPORTS = frozenset({Kind.NEWS, Kind.COMMENTARY})

ASKED = re.compile(r"^[ ]*(?:有记者问|记者问|问[:：]|A reporter asked|Q[:：])", re.MULTILINE)  # 问：…
HEARSAY_ZONE = 3000  #: characters in which whoever passes a text on says so
TENDER = re.compile(r"(?:中标|招标|成交|采购)[^，。]{0,12}(?:公告|公示)$|统计(?:快讯|公报|数据)")
DRAFT_TITLE = re.compile(
    r"征求[^。；\n]{0,80}意见|公开听取[^。；\n]{0,60}意见"
)  # 关于公开征求对…管制安排意见的公告
MARKDOWN = re.compile(r"^[#*\s]+")  # "# 商务部公告…"
ORDER_TITLE = re.compile(
    r"令\s*(?:[〔\[(（]?\s*(?:\d{4}|[一二][〇○零\d一二三四五六七八九]{3}))|令\s*第?\s*\d+\s*号|令$"
)  # 商务部令二〇二五年第6号
REGULATION_TITLE = re.compile(r"(?:条例|规定|办法|细则|规则)(?:》)?(?:（[^）]*）)?$")  # …出口管制条例
LAW_TITLE = re.compile(
    r"^(?:中华人民共和国)?[^，。：《》]{2,24}(?<!办)法(?:（[^）]*）)?$"
)  # 中华人民共和国出口管制法
ANNOUNCEMENT_TITLE = re.compile(r"公\s*告|的决定|决定$|工作机制\s*[〔\[(（]\s*\d{4}")  # 关于…的公告
NOTICE_TITLE = re.compile(r"通知|通告|的函|复函|实施意见")  # 关于…的通知
LAW_DECISION = re.compile(
    r"(?:全国人民代表大会|全国人大)[^《》]{0,20}(?:修改|废止|修订)《[^《》]{2,40}(?<!办)法》的决定"
)  # 全国人民代表大会常务委员会关于修改《…法》的决定
LAW_ENGLISH = re.compile(
    r"^(?:[A-Z][\w-]* ){1,5}Law of the People's Republic of China\W*$"
)  # Export Control Law of …
CHINESE_TITLES = (
    (LAW_DECISION, Kind.LAW),
    (ORDER_TITLE, Kind.ORDER),
    (LAW_TITLE, Kind.LAW),
    (ANNOUNCEMENT_TITLE, Kind.ANNOUNCEMENT),
    (NOTICE_TITLE, Kind.NOTICE),
    (REGULATION_TITLE, Kind.REGULATION),
)
ENGLISH_TITLES = (
    (LAW_ENGLISH, Kind.LAW),
    (
        re.compile(r"\bAnnouncement\b|\bNotice\s+(?:No|\d|[\[(]\d)|\bDecision\b", re.IGNORECASE),
        Kind.ANNOUNCEMENT,
    ),
    (re.compile(r"\bOrder\b|\bDecree\b", re.IGNORECASE), Kind.ORDER),
    (re.compile(r"\bNotice\b|\bCircular\b", re.IGNORECASE), Kind.NOTICE),
    (re.compile(r"\bRegulations?\b|\bProvisions\b|\bMeasures\b", re.IGNORECASE), Kind.REGULATION),
)
SELF = (
    (re.compile(r"本公告"), Kind.ANNOUNCEMENT),  # 本公告自公布之日起施行
    (re.compile(r"本通知"), Kind.NOTICE),
    (re.compile(r"本令"), Kind.ORDER),
    (re.compile(r"本条例|本规定|本办法"), Kind.REGULATION),
    (re.compile(r"本法"), Kind.LAW),
    (re.compile(r"本决定"), Kind.ANNOUNCEMENT),
    (re.compile(r"(?:T|t)his (?:a|A)nnouncement (?:shall|will|takes|comes)"), Kind.ANNOUNCEMENT),
)
PRESENTS = re.compile(
    r"发言人[^就。]{0,4}(?:介绍|表示|谈|回应|宣布|称)|[Ss]pokesperson (?:says|said)"
)  # 新闻发言人介绍…情况
SIGNING = re.compile(r"签署.{0,8}令|日前.{0,6}公告")  # 李强签署国务院令: the press tells of a signature


def kind_of(text: Text, lexicon: Lexicon, *, label: str | None = None) -> tuple[Kind, str]:
    """Return what a document is, and by which rule: its title first, then how its text speaks of itself.

    `label` is the document number that the page prints as its label (【发布文号】), if it does.
    """
    if is_garbled(text.folded):
        return Kind.OTHER, "kind.garbled"
    for blank, kind in ((is_empty, Kind.EMPTY), (is_challenge, Kind.CHALLENGE), (is_listing, Kind.LISTING)):
        if blank(text):
            return kind, f"kind.{kind}"
    title = MARKDOWN.sub("", text.title).strip()
    judged = (
        ("kind.answer", _answer(text, title, lexicon)),
        ("kind.verbatim", _repeated(text, title, lexicon)),
        ("kind.report", _report(text, title, lexicon)),
        ("kind.foreign", _abroad(title, lexicon)),
        ("kind.title", _titled(title, lexicon)),
        ("kind.label", _labelled(label)),
    )
    found = next(((kind, rule) for rule, kind in judged if kind is not None), None)
    kind, rule = found or (_speaking(text, title, lexicon), "kind.speaks-of-itself")
    if kind in INSTRUMENTS and says(lexicon, "hearsay", text.folded[:HEARSAY_ZONE]):
        return Kind.OTHER, "kind.hearsay"
    return kind, rule


def _answer(text: Text, title: str, lexicon: Lexicon) -> Kind | None:
    lead = text.folded[text.title_end + 1 :][:LEAD]
    if ASKED.search(f"{title}\n{lead}"):
        return Kind.SPOKESPERSON
    # The press tells that a spokesperson spoke; the ministry prints question and answer.
    if (
        len(title) < 200
        and says(lexicon, "spokesperson", title)
        and not (PRESENTS.search(title) and pressed(text, lexicon))
    ):
        return Kind.SPOKESPERSON
    if len(title) < 60 and says(lexicon, "faq", title) and not says(lexicon, "press", title):
        return Kind.FAQ
    return None


def _repeated(text: Text, title: str, lexicon: Lexicon) -> Kind | None:
    """Return the kind of an instrument that a paper or a translator prints word for word."""
    if not verbatim(text, lexicon):
        return None
    kind = _titled(title, lexicon) or _speaking(text, title, lexicon)
    return kind if kind in INSTRUMENTS or kind == Kind.DRAFT else None


def _report(text: Text, title: str, lexicon: Lexicon) -> Kind | None:
    if says(lexicon, "commentary", head(text)):
        return Kind.COMMENTARY
    if pressed(text, lexicon) or SIGNING.search(title):
        return Kind.NEWS
    if headed(title, lexicon) and (HAN.search(title) or voices(text, lexicon)):
        return None
    return Kind.NEWS if told(text, lexicon) else None


def _abroad(title: str, lexicon: Lexicon) -> Kind | None:
    """Tell a foreign government's rule by its title: what it is at home, it is news here."""
    ours = named(title.replace("美国商务部", ""), lexicon) or headed(title, lexicon)
    return Kind.NEWS if not ours and opens_abroad(title, lexicon) else None


def _labelled(label: str | None) -> Kind | None:
    """Return the form that the page's own label for the number names."""
    if not label:
        return None
    return Kind.ORDER if "令" in label else Kind.ANNOUNCEMENT if "公告" in label else Kind.NOTICE


def _titled(title: str, lexicon: Lexicon) -> Kind | None:
    # A "title" with a full stop inside is a paragraph: a report that only begins like an instrument.
    if len(title) > 200 or "。" in title.rstrip("。") or re.search(r"[a-z]\. [A-Z]", title):
        return None
    if TENDER.search(title):
        return Kind.OTHER
    if says(lexicon, "draft", title) or DRAFT_TITLE.search(title):
        return Kind.DRAFT
    if says(lexicon, "guidance", title) and not re.search(r"公告\s*\d{4}", title):
        return Kind.GUIDANCE
    if not HAN.search(title) and not (headed(title, lexicon) or LAW_ENGLISH.match(title)):
        return None
    forms = CHINESE_TITLES if HAN.search(title) else ENGLISH_TITLES
    return next((kind for pattern, kind in forms if pattern.search(title)), None)


def _speaking(text: Text, title: str, lexicon: Lexicon) -> Kind:
    body = text.folded[text.title_end + 1 :]
    for pattern, kind in SELF:
        if pattern.search(body):
            return kind
    if says(lexicon, "draft", title):
        return Kind.DRAFT
    return Kind.NEWS
