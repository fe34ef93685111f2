"""What a document is: an instrument, an answer, an explanation, a report of the press, or nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from controlwatch.core.extraction.identity.authorship import (
    LEAD_LENGTH,
    extract_head,
    has_instrument_title,
    has_press_marks,
    is_verbatim,
    issuer_marks,
    speaks_of_issuer,
)
from controlwatch.core.extraction.identity.non_documents import is_challenge, is_empty, is_garbled, is_listing
from controlwatch.core.extraction.mentions.issuers import find_issuers
from controlwatch.core.extraction.mentions.phrases import contains_phrase
from controlwatch.core.extraction.mentions.places import opens_with_foreign_state
from controlwatch.core.extraction.text.normalize import HAN
from controlwatch.core.model import NoticeKind

if TYPE_CHECKING:
    from controlwatch.core.extraction.text.document_text import DocumentText
    from controlwatch.core.extraction.text.lexicon import Lexicon

INSTRUMENT_KINDS = frozenset(
    {NoticeKind.ANNOUNCEMENT, NoticeKind.ORDER, NoticeKind.NOTICE, NoticeKind.LAW, NoticeKind.REGULATION}
)
REPORT_KINDS = frozenset({NoticeKind.NEWS, NoticeKind.COMMENTARY})

QUESTION_LINE = re.compile(r"^[ ]*(?:有记者问|记者问|问[:：]|A reporter asked|Q[:：])", re.MULTILINE)  # 问：…
HEARSAY_ZONE = 3000  #: characters in which whoever passes a text on says so
TENDER_TITLE = re.compile(r"(?:中标|招标|成交|采购)[^，。]{0,12}(?:公告|公示)$|统计(?:快讯|公报|数据)")
DRAFT_TITLE = re.compile(
    r"征求[^。；\n]{0,80}意见|公开听取[^。；\n]{0,60}意见"
)  # 关于公开征求对…管制安排意见的公告
MARKDOWN_PREFIX = re.compile(r"^[#*\s]+")  # "# 商务部公告…"
ORDER_TITLE = re.compile(
    r"令\s*(?:[〔\[(（]?\s*(?:\d{4}|[一二][〇○零\d一二三四五六七八九]{3}))|令\s*第?\s*\d+\s*号|令$"
)  # 商务部令二〇二五年第6号
REGULATION_TITLE = re.compile(r"(?:条例|规定|办法|细则|规则)(?:》)?(?:（[^）]*）)?$")  # …出口管制条例
LAW_TITLE = re.compile(
    r"^(?:中华人民共和国)?[^，。：《》]{2,24}(?<!办)法(?:（[^）]*）)?$"
)  # 中华人民共和国出口管制法
ANNOUNCEMENT_TITLE = re.compile(r"公\s*告|的决定|决定$|工作机制\s*[〔\[(（]\s*\d{4}")  # 关于…的公告
NOTICE_TITLE = re.compile(r"通知|通告|的函|复函|实施意见")  # 关于…的通知
LAW_DECISION_TITLE = re.compile(
    r"(?:全国人民代表大会|全国人大)[^《》]{0,20}(?:修改|废止|修订)《[^《》]{2,40}(?<!办)法》的决定"
)  # 全国人民代表大会常务委员会关于修改《…法》的决定
ENGLISH_LAW_TITLE = re.compile(
    r"^(?:[A-Z][\w-]* ){1,5}Law of the People's Republic of China\W*$"
)  # Export Control Law of …
CHINESE_TITLES = (
    (LAW_DECISION_TITLE, NoticeKind.LAW),
    (ORDER_TITLE, NoticeKind.ORDER),
    (LAW_TITLE, NoticeKind.LAW),
    (ANNOUNCEMENT_TITLE, NoticeKind.ANNOUNCEMENT),
    (NOTICE_TITLE, NoticeKind.NOTICE),
    (REGULATION_TITLE, NoticeKind.REGULATION),
)
ENGLISH_TITLES = (
    (ENGLISH_LAW_TITLE, NoticeKind.LAW),
    (
        re.compile(r"\bAnnouncement\b|\bNotice\s+(?:No|\d|[\[(]\d)|\bDecision\b", re.IGNORECASE),
        NoticeKind.ANNOUNCEMENT,
    ),
    (re.compile(r"\bOrder\b|\bDecree\b", re.IGNORECASE), NoticeKind.ORDER),
    (re.compile(r"\bNotice\b|\bCircular\b", re.IGNORECASE), NoticeKind.NOTICE),
    (re.compile(r"\bRegulations?\b|\bProvisions\b|\bMeasures\b", re.IGNORECASE), NoticeKind.REGULATION),
)
SELF_REFERENCES = (
    (re.compile(r"本公告"), NoticeKind.ANNOUNCEMENT),  # 本公告自公布之日起施行
    (re.compile(r"本通知"), NoticeKind.NOTICE),
    (re.compile(r"本令"), NoticeKind.ORDER),
    (re.compile(r"本条例|本规定|本办法"), NoticeKind.REGULATION),
    (re.compile(r"本法"), NoticeKind.LAW),
    (re.compile(r"本决定"), NoticeKind.ANNOUNCEMENT),
    (re.compile(r"(?:T|t)his (?:a|A)nnouncement (?:shall|will|takes|comes)"), NoticeKind.ANNOUNCEMENT),
)
SPOKESPERSON_REPORT = re.compile(
    r"发言人[^就。]{0,4}(?:介绍|表示|谈|回应|宣布|称)|[Ss]pokesperson (?:says|said)"
)  # 新闻发言人介绍…情况
SIGNING_REPORT = re.compile(
    r"签署.{0,8}令|日前.{0,6}公告"
)  # 李强签署国务院令: the press tells of a signature


def classify_kind(
    text: DocumentText, lexicon: Lexicon, *, label: str | None = None
) -> tuple[NoticeKind, str]:
    """Return what a document is, and by which rule: its title first, then how its text speaks of itself.

    `label` is the document number that the page prints as its label (【发布文号】), if it does.
    """
    if is_garbled(text.folded_text):
        return NoticeKind.OTHER, "kind.garbled"
    for blank, kind in (
        (is_empty, NoticeKind.EMPTY),
        (is_challenge, NoticeKind.CHALLENGE),
        (is_listing, NoticeKind.LISTING),
    ):
        if blank(text):
            return kind, f"kind.{kind}"
    title = MARKDOWN_PREFIX.sub("", text.title).strip()
    judged = (
        ("kind.answer", _classify_answer(text, title, lexicon)),
        ("kind.verbatim", _classify_verbatim(text, title, lexicon)),
        ("kind.report", _classify_report(text, title, lexicon)),
        ("kind.foreign", _classify_foreign(title, lexicon)),
        ("kind.title", _classify_by_title(title, lexicon)),
        ("kind.label", _classify_by_label(label)),
    )
    found = next(((kind, rule) for rule, kind in judged if kind is not None), None)
    kind, rule = found or (_classify_by_self_reference(text, title, lexicon), "kind.speaks-of-itself")
    if kind in INSTRUMENT_KINDS and contains_phrase(lexicon, "hearsay", text.folded_text[:HEARSAY_ZONE]):
        return NoticeKind.OTHER, "kind.hearsay"
    return kind, rule


def _classify_answer(text: DocumentText, title: str, lexicon: Lexicon) -> NoticeKind | None:
    lead = text.folded_text[text.title_end + 1 :][:LEAD_LENGTH]
    if QUESTION_LINE.search(f"{title}\n{lead}"):
        return NoticeKind.SPOKESPERSON
    # The press tells that a spokesperson spoke; the ministry prints question and answer.
    if (
        len(title) < 200
        and contains_phrase(lexicon, "spokesperson", title)
        and not (SPOKESPERSON_REPORT.search(title) and has_press_marks(text, lexicon))
    ):
        return NoticeKind.SPOKESPERSON
    if (
        len(title) < 60
        and contains_phrase(lexicon, "faq", title)
        and not contains_phrase(lexicon, "press", title)
    ):
        return NoticeKind.FAQ
    return None


def _classify_verbatim(text: DocumentText, title: str, lexicon: Lexicon) -> NoticeKind | None:
    """Return the kind of an instrument that a paper or a translator prints word for word."""
    if not is_verbatim(text, lexicon):
        return None
    kind = _classify_by_title(title, lexicon) or _classify_by_self_reference(text, title, lexicon)
    return kind if kind in INSTRUMENT_KINDS or kind == NoticeKind.DRAFT else None


def _classify_report(text: DocumentText, title: str, lexicon: Lexicon) -> NoticeKind | None:
    if contains_phrase(lexicon, "commentary", extract_head(text)):
        return NoticeKind.COMMENTARY
    if has_press_marks(text, lexicon) or SIGNING_REPORT.search(title):
        return NoticeKind.NEWS
    if has_instrument_title(title, lexicon) and (HAN.search(title) or issuer_marks(text, lexicon)):
        return None
    return NoticeKind.NEWS if speaks_of_issuer(text, lexicon) else None


def _classify_foreign(title: str, lexicon: Lexicon) -> NoticeKind | None:
    """Tell a foreign government's rule by its title: what it is at home, it is news here."""
    ours = find_issuers(title.replace("美国商务部", ""), lexicon) or has_instrument_title(title, lexicon)
    return NoticeKind.NEWS if not ours and opens_with_foreign_state(title, lexicon) else None


def _classify_by_label(label: str | None) -> NoticeKind | None:
    """Return the form that the page's own label for the number names."""
    if not label:
        return None
    return (
        NoticeKind.ORDER
        if "令" in label
        else NoticeKind.ANNOUNCEMENT
        if "公告" in label
        else NoticeKind.NOTICE
    )


def _classify_by_title(title: str, lexicon: Lexicon) -> NoticeKind | None:
    # A "title" with a full stop inside is a paragraph: a report that only begins like an instrument.
    if len(title) > 200 or "。" in title.rstrip("。") or re.search(r"[a-z]\. [A-Z]", title):
        return None
    if TENDER_TITLE.search(title):
        return NoticeKind.OTHER
    if contains_phrase(lexicon, "draft", title) or DRAFT_TITLE.search(title):
        return NoticeKind.DRAFT
    if contains_phrase(lexicon, "guidance", title) and not re.search(r"公告\s*\d{4}", title):
        return NoticeKind.GUIDANCE
    if not HAN.search(title) and not (has_instrument_title(title, lexicon) or ENGLISH_LAW_TITLE.match(title)):
        return None
    forms = CHINESE_TITLES if HAN.search(title) else ENGLISH_TITLES
    return next((kind for pattern, kind in forms if pattern.search(title)), None)


def _classify_by_self_reference(text: DocumentText, title: str, lexicon: Lexicon) -> NoticeKind:
    body = text.folded_text[text.title_end + 1 :]
    for pattern, kind in SELF_REFERENCES:
        if pattern.search(body):
            return kind
    if contains_phrase(lexicon, "draft", title):
        return NoticeKind.DRAFT
    return NoticeKind.NEWS
