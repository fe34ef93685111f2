"""What a document is: an instrument, an answer, an explanation, a report of the press, or not a document."""

from __future__ import annotations

import re
from collections.abc import Iterator

from controlwatch.core.extraction.identity.authorship import (
    LEAD_LENGTH,
    count_issuer_marks,
    extract_head,
    has_instrument_title,
    is_verbatim,
    speaks_of_issuer,
)
from controlwatch.core.extraction.identity.head import DocumentHead
from controlwatch.core.extraction.mentions.issuers import find_issuers
from controlwatch.core.extraction.mentions.places import opens_with_foreign_state
from controlwatch.core.extraction.mentions.terms import contains_phrase
from controlwatch.core.extraction.text.document_text import DocumentText
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.extraction.text.normalize import HAN
from controlwatch.core.model import NoticeKind

INSTRUMENT_KINDS = frozenset(
    {NoticeKind.ANNOUNCEMENT, NoticeKind.ORDER, NoticeKind.NOTICE, NoticeKind.LAW, NoticeKind.REGULATION}
)
REPORT_KINDS = frozenset({NoticeKind.NEWS, NoticeKind.COMMENTARY})

QUESTION_LINE = re.compile(r"^[ ]*(?:有记者问|记者问|问[:：]|A reporter asked|Q[:：])", re.MULTILINE)  # 问：…
HEARSAY_ZONE = 3000  #: characters in which a text that is passed on says so
TENDER_TITLE = re.compile(r"(?:中标|招标|成交|采购)[^，。]{0,12}(?:公告|公示)$|统计(?:快讯|公报|数据)")
DRAFT_TITLE = re.compile(
    r"征求[^。；\n]{0,80}意见|公开听取[^。；\n]{0,60}意见"
)  # 关于公开征求对…管制安排意见的公告
MARKDOWN_PREFIX = re.compile(r"^[#*\s]+")  # "# 商务部公告…"
ORDER_TITLE = re.compile(
    r"令\s*(?:[〔\[(（]?\s*(?:\d{4}|[一二][〇○零\d一二三四五六七八九]{3}))|令\s*第?\s*\d+\s*号|令$"
)  # 商务部令二〇二五年第6号
REGULATION_TITLE = re.compile(r"(?:条例|规定|办法|细则|规则)(?:》)?(?:（[^）]*）)?$")  # …出口管制条例
FOUNDING_TITLE = re.compile(r"^[^，。；\n《》]{2,30}条例(?:$|[\s_（(])")  # 战略性矿产出口管理条例
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
#: The form of an instrument by the last word of its subject, or by the word for its form.
HEAD_FORMS = (
    (re.compile(r"令[》）]?$|\b(?:order|decree)", re.IGNORECASE), NoticeKind.ORDER),
    (
        re.compile(r"(?:公告|决定)[》）]?$|\b(?:announcement|decision|bekanntmachung)", re.IGNORECASE),
        NoticeKind.ANNOUNCEMENT,
    ),
    (
        re.compile(r"(?:通知|通告|函|意见|更正|公示|文件)[》）]?$|\b(?:notice|circular)", re.IGNORECASE),
        NoticeKind.NOTICE,
    ),
)
COMPANY_NOTICE = re.compile(r"证券代码|证券简称|股票代码|董事会及全体董事|上市公司")
AGENCY_DATELINE = re.compile(
    r"^[【（(]?[\u4e00-\u9fff]{2,8}(?:社|报|网)(?:记者|[\u4e00-\u9fff]{0,8})[^。；]{0,40}(?:\d+日)?电[）)】]?"
)  # （中央社记者…上海2027年7月9日电）
CORRECTION = re.compile(r"(?:更正|勘误|更正(?:说明|启事|公告))")
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
)  # 李强签署国务院令: the press reports the signature
CHALLENGE_SCRIPT = re.compile(
    r"\$_ts\b|cf-chl|__cf_chl|acw_sc__v2|aliyun_waf|yunsuo_session"
)  # a bot wall's script, named as the common walls name theirs
CHALLENGE_WORDS = re.compile(
    r"Just a moment\.\.\.|Checking (?:your browser|if the site connection is secure)"
    r"|[Vv]erify(?:ing)? (?:that )?you are (?:a )?human|Attention Required!|[Ee]nable JavaScript and cookies"
    r"|(?:请|需要)(?:先)?(?:开启|启用)\s*Java[Ss]cript|请完成(?:安全|人机|滑动)?验证|人机验证|安全验证|滑块验证|拖动滑块"
    r"|请输入验证码|访问验证|访问(?:过于|太)频繁|请求(?:已|已经|被)?被?拦截|疑似(?:攻击|黑客)|网站防火墙|Web应用防火墙"
    r"|访问被(?:拒绝|阻断|禁止)|Access [Dd]enied|Request (?:was )?[Bb]locked|unusual traffic"
)  # 请开启JavaScript并刷新该页
CHALLENGE_LENGTH = 1500  #: characters; a longer text only speaks of bot walls
SAMPLE_LENGTH = 20_000
SERVER_NOISE = re.compile(
    r"\[an error occurred while processing this directive\]|\bnull\b|\bundefined\b"
    r"|(?:正在)?加载中|\bLoading\b"
    r"|您的位置|当前位置|首页|【[^】\n]{0,8}】|[\W_\d]+",
    re.IGNORECASE,
)  # printed even by a page without its article
NOISE_LENGTH = 400
FRAME_LENGTH = 600  #: characters; a longer page has an article
SYMBOLS = re.compile(r"[\W_]+")
MIN_PAGE_WORDS = 4  #: characters of a page's own words in a frame
MIN_ARTICLE = 16  #: characters that an article has at least
TITLE_LENGTH = 60
_DATE = r"(?:\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?|\d{1,2}-\d{1,2})"
DATED_ROW = re.compile(
    rf"^\W{{0,4}}{_DATE}(?:\W|$)|{_DATE}\s*[\])）】]?\s*$"
)  # 关于…的公告 [2026-03-02] · 2026-03-02 关于…的公告
ROW_LENGTH = 130
MIN_ROWS = 5  #: dated rows that make an index
SENTENCE_END = re.compile(r"[。；]|\. [A-Z]")  # a row of an index is not a sentence
#: The most frequent characters of Chinese prose and notices; wrongly decoded text has hardly any.
COMMON_CHARACTERS = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出会年月日本公告第号部商务关海总物项口进对及等或与法规定应当实施管制"
)
GARBLED_LENGTH = 40  #: Han characters below which the share proves nothing
GARBLED_SHARE = 0.04
LOST_CHARACTERS = re.compile(r"\ufffd|\?{3,}")  # 公告2026年第�号 · ????
LOST_SHARE = 0.02
HEADED_LOST_SHARE = 0.25


def classify_kind(
    text: DocumentText, lexicon: Lexicon, *, label: str | None = None, head: DocumentHead | None = None
) -> tuple[NoticeKind, str]:
    """Return what a document is, and by which rule: its title first, then how its text speaks of itself.

    `label` is the document number that the page prints as its label (【发布文号】), if any.
    """
    verdicts = _apply_kind_rules(text, lexicon, label, head)
    is_headed = head is not None and head.numbered is not None
    kind, rule = _find_non_document(text, is_headed=is_headed) or next(
        (kind, rule) for kind, rule in verdicts if kind
    )
    if kind == NoticeKind.ORDER and FOUNDING_TITLE.match(text.title.strip()):
        kind, rule = NoticeKind.REGULATION, "kind.title"
    if kind in INSTRUMENT_KINDS and _is_frame(text, lexicon):
        return NoticeKind.EMPTY, "kind.frame"
    zone = text.title if head is not None and head.numbered else text.folded_text[:HEARSAY_ZONE]
    if kind in INSTRUMENT_KINDS and contains_phrase(lexicon, "hearsay", zone):
        return NoticeKind.OTHER, "kind.hearsay"
    return kind, rule


def _is_frame(text: DocumentText, lexicon: Lexicon) -> bool:
    """Return whether a page has the title of an instrument, and nothing below it but the words of a page."""
    body = text.body[: text.related_links_start - text.title_end]
    if not body.strip() or len(body) > FRAME_LENGTH or SENTENCE_END.search(body):
        return False
    below = SYMBOLS.sub("", body.replace(text.title.strip(), ""))
    kept = SYMBOLS.sub(
        "", lexicon.get_pattern("change.page-words").sub("", body.replace(text.title.strip(), ""))
    )
    return len(kept) < MIN_ARTICLE and len(below) - len(kept) >= MIN_PAGE_WORDS


def _find_non_document(text: DocumentText, *, is_headed: bool) -> tuple[NoticeKind, str] | None:
    """Recognise garbled text, an empty page, a bot check, and an index page saved as a document.

    `is_headed` means that the head of an instrument could be read: its text may be damaged in part.
    """
    sample = text.folded_text[:SAMPLE_LENGTH]
    lost, han = sum(len(hit[0]) for hit in LOST_CHARACTERS.finditer(sample)), HAN.findall(sample)
    common = sum(sign in COMMON_CHARACTERS for sign in han)
    share = HEADED_LOST_SHARE if is_headed else LOST_SHARE
    if (lost > share * len(sample) and lost > MIN_ROWS) or (
        len(han) >= GARBLED_LENGTH and common < GARBLED_SHARE * len(han)
    ):
        return NoticeKind.OTHER, "kind.garbled"
    body = text.body
    is_noise = not body.strip() or (len(body) < NOISE_LENGTH and not SERVER_NOISE.sub("", body))
    if is_noise and len(text.title.strip()) < TITLE_LENGTH:
        return NoticeKind.EMPTY, "kind.empty"
    # A longer text with the words of a bot check only speaks of them.
    is_short = len(text.folded_text) < CHALLENGE_LENGTH
    if CHALLENGE_SCRIPT.search(sample) or (is_short and CHALLENGE_WORDS.search(text.folded_text)):
        return NoticeKind.CHALLENGE, "kind.challenge"
    lines = [line.strip() for line in body.splitlines() if line.strip()]
    rows = [line for line in lines if len(line) <= ROW_LENGTH and not SENTENCE_END.search(line)]
    dated = sum(1 for line in rows if DATED_ROW.search(line))
    if dated >= max(MIN_ROWS, 0.4 * len(lines)) and len(rows) >= 0.8 * len(lines):
        return NoticeKind.LISTING, "kind.listing"
    return None


def _apply_kind_rules(
    text: DocumentText, lexicon: Lexicon, label: str | None, head: DocumentHead | None
) -> Iterator[tuple[NoticeKind | None, str]]:
    """Yield what each rule says, in order: a kind, or None where it does not apply; the last always does."""
    title = MARKDOWN_PREFIX.sub("", text.title).strip()
    lead = extract_head(text)
    is_press = contains_phrase(lexicon, "press", lead)
    # The press reports that a spokesperson spoke; the ministry prints question and answer.
    is_reported = (is_press and SPOKESPERSON_REPORT.search(title)) or AGENCY_DATELINE.match(title)
    is_answer = len(title) < 200 and not is_reported and contains_phrase(lexicon, "spokesperson", title)
    if is_answer or QUESTION_LINE.search(f"{title}\n{text.body[:LEAD_LENGTH]}"):
        yield NoticeKind.SPOKESPERSON, "kind.answer"
    is_faq = len(title) < 60 and contains_phrase(lexicon, "faq", title)
    if is_faq and not contains_phrase(lexicon, "press", title):
        yield NoticeKind.FAQ, "kind.answer"
    if COMPANY_NOTICE.search(f"{title}\n{text.body[:LEAD_LENGTH]}"):
        yield NoticeKind.NEWS, "kind.report"
    if AGENCY_DATELINE.match(title):
        yield NoticeKind.NEWS, "kind.report"
    if head is not None:
        yield _classify_head(head, lexicon), "kind.head"
    if CORRECTION.fullmatch(re.sub(r"\s", "", title)):
        yield NoticeKind.NOTICE, "kind.correction"
    by_title = classify_title(title, lexicon)
    referred = (kind for pattern, kind in SELF_REFERENCES if pattern.search(text.body))
    default = NoticeKind.DRAFT if contains_phrase(lexicon, "draft", title) else NoticeKind.NEWS
    by_self_reference = next(referred, default)
    # A paper or a translator prints an instrument word for word.
    kind = by_title or by_self_reference
    if kind in INSTRUMENT_KINDS | {NoticeKind.DRAFT} and is_verbatim(text, lexicon):
        yield kind, "kind.verbatim"
    yield NoticeKind.COMMENTARY if contains_phrase(lexicon, "commentary", lead) else None, "kind.report"
    is_titled = has_instrument_title(title, lexicon)
    is_own = is_titled and (HAN.search(title) or count_issuer_marks(text, lexicon))
    if is_press or SIGNING_REPORT.search(title) or (not is_own and speaks_of_issuer(text, lexicon)):
        yield NoticeKind.NEWS, "kind.report"
    # A foreign government's rule, whatever it is at home, is news here.
    is_chinese = is_titled or find_issuers(title.replace("美国商务部", ""), lexicon)
    if not is_chinese and opens_with_foreign_state(title, lexicon):
        yield NoticeKind.NEWS, "kind.foreign"
    yield by_title, "kind.title"
    if label:
        by_label = NoticeKind.ANNOUNCEMENT if "公告" in label else NoticeKind.NOTICE
        yield NoticeKind.ORDER if "令" in label else by_label, "kind.label"
    yield by_self_reference, "kind.speaks-of-itself"


def _classify_head(head: DocumentHead, lexicon: Lexicon) -> NoticeKind | None:
    """Return the kind that the head of an instrument names: by the word for its form, else by its subject."""
    subject = head.subject
    if contains_phrase(lexicon, "draft", subject) or DRAFT_TITLE.search(subject):
        return NoticeKind.DRAFT
    if TENDER_TITLE.search(subject):
        return NoticeKind.OTHER
    if "State Council" in head.issuers and REGULATION_TITLE.search(subject):
        return NoticeKind.REGULATION
    if LAW_DECISION_TITLE.search(f"{'全国人大' if 'NPCSC' in head.issuers else ''}{subject}"):
        return NoticeKind.LAW
    for words in (subject, head.form):
        for pattern, kind in HEAD_FORMS:
            if pattern.search(words):
                return kind
    return NoticeKind.NOTICE if head.numbered and head.numbered.letter else None


def classify_title(title: str, lexicon: Lexicon) -> NoticeKind | None:
    """Return the kind of document that a title names by its form, or None."""
    # A "title" with a full stop inside is a paragraph of a report that only begins like an instrument.
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
