"""Who wrote a text: the issuer, as in an original, a repost or a translation, or a reporter."""

from __future__ import annotations

import re

from controlwatch.core.extraction.mentions.issuers import (
    find_issuers,
    mark_issuer_lines,
    remove_issuer_names,
)
from controlwatch.core.extraction.text.document_text import DocumentText
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.extraction.text.normalize import HAN

LEAD_LENGTH = 400  #: characters below the title that show what a text is
OPENING_LENGTH = 1200  #: characters in which an issuer begins to decide
CLOSING_LINES = 16  #: lines at the foot that can hold a signature

#: A line of the page that names a press agency; the text need not be by one.
SOURCE_LINE = re.compile(
    r"^[^\n]{0,12}(?:来源|来自|稿源|Source)\s*\**[:：][^\n]{0,60}$", re.MULTILINE | re.IGNORECASE
)  # 来源：新华社
DECISION_WORDS = re.compile(
    r"公告如下|通知如下|现予(?:以)?公布|予以公布|(?:联合)?决定(?:对|将|自|在|暂停|取消|恢复|停止|进口|采取|调整)"
    r"|\bhereby\b|\bas follows\s*:|\b(?:has|have) decided to\b|\bit (?:is|has been) decided\b",
    re.IGNORECASE,
)  # 现公告如下 · is hereby announced as follows:
SELF_REFERENCE = re.compile(
    r"本(?:公告|通知|令|决定|办法|规定|条例|通告)"
    r"|\b[Tt]his (?:[Aa]nnouncement|[Nn]otice|[Oo]rder|[Dd]ecree|[Cc]ircular|[Dd]ecision)\b"
)  # 本公告自公布之日起施行
LEGAL_BASIS = re.compile(
    r"^[ ]*(?:根据|依据|依照|按照|为[^，。\n]{2,30}，|经[^，。\n]{2,12}批准"
    r"|In accordance with|Pursuant to|According to|In order to|To (?:safeguard|protect|implement|fulfil))",
    re.MULTILINE,
)  # a paragraph that opens: 根据《…法》…
NUMBERED_CLAUSE = re.compile(
    r"^[ ]*(?:[一二三四五六七八九十]{1,3}、|第[一二三四五六七八九十]{1,3}条"
    r"|Article \w+|(?:\d{1,2}|[IVX]{1,4})[.、)] ?(?=\S))",
    re.MULTILINE,
)  # 一、… · Article 1
DATE_LINE = re.compile(
    r"^(?:\d{4}\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日|[一二][〇○零一二三四五六七八九]{3}年\S{2,6}日"
    r"|\d{4}-\d{1,2}-\d{1,2}|\d{1,2} [A-Z][a-z]+ \d{4}|[A-Z][a-z]+ \d{1,2}, \d{4})(?:\s*[/"
    r"|]\s*[A-Za-z0-9 ,]{8,24})?[.。]?$"
)  # 2026年3月2日 · March 2, 2026
REPORTED_TITLE = re.compile(
    r"(?<!关于)(?<!关于印发)(?:发布|公布|出台|宣布)(?:了|重磅|最新)?\s*(?:\d{4}\s*年)?\s*"
    r"(?:第?\s*\d{1,4}(?:\s*号?[、和及至]\s*第?\s*\d{1,4})*\s*号)?\s*公告(?:\s*[，：:！!。]|$)"
)  # …发布2026年第40号公告，对镓…
REPORTED_LEAD = re.compile(
    r"(?:部|署|总局|局|委|委员会|工作机制|三部门|两部门|多部门)(?:[^。；\n，]{0,8})(?:发布|公布|印发)了?(?!的)"
    r"[^。；\n]{0,12}?(?:\d号公告|公告[，：:。])"
)  # 商务部、海关总署发布2026年第40号公告，…
ENGLISH_FORM = re.compile(
    r"^\W*(?:joint\s+)?(?:announcement|notice|circular|order|decree|decision|regulations?|provisions|measures)s?\b"
    r"\s*(?:\(?(?:no|nos|number)\b|[\[(]?\d|of\b|on\b|by\b|regarding\b|concerning\b|to\b|$|[:：])",
    re.IGNORECASE,
)  # Announcement No. 18 of 2025 of the Ministry of Commerce and …
CHINESE_FORM = re.compile(
    r"^(?:联合)?(?:公告|令|(?=[〔\[（(]))[〔\[(（]?(?:第|\d{4}|[一二][〇○零一二三四五六七八九]{3})"
)  # 商务部|公告2026年第40号
TITLE_JOINTS = re.compile(r"[\s、，,#*]|中华人民共和国|等\S{1,3}部门")
TRANSLATION_NOTE = re.compile(
    r"\(?\s*(?:unofficial |english |full )*(?:translation|text)\s*(?:of)?\s*\)?\s*[:：]?", re.IGNORECASE
)
CONNECTIVES = re.compile(
    r"(?:people's republic of china|p\.?r\.?c\.?|china's|\bof china\b|\bthe\b"
    r"|\band\b|&|['’]s?\b|[\s,、/()#*-])+",
    re.IGNORECASE,
)
FINITE_VERB = re.compile(
    r"\b(?:imposes|tightens|suspends|places|puts|adds|removes|lifts|exempts|bans|restricts|expands|extends|resumes|eases"
    r"|relaxes|takes|affects|requires|limits|curbs|explains|says|said|announce[sd]|issue[sd]|release[sd]|publishe[sd]"
    r"|unveil(?:s|ed)|imposed|tightened)\b(?!\s+by)|\?|\bwhat\b|\bhow\b|\bwhy\b",
    re.IGNORECASE,
)  # Announcement No. 70 suspends …: a headline
REPORTING_VERB = re.compile(
    r"\b(?:(?:jointly |also |has |have )?(?:issued|released|published|announced|unveiled|promulgated"
    r"|said|imposed|imposes"
    r"|announces|issues|releases|publishes|tightened|tightens|suspended|suspends))\b(?!\s+by\b)",
    re.IGNORECASE,
)  # MOFCOM and GACC published Announcement No. 40
CHINA_WORDS = re.compile(r"\b(?:China|Beijing|Chinese)\b")


def count_issuer_marks(text: DocumentText, lexicon: Lexicon) -> int:
    """Count the marks of an issuer's own text: it decides, names itself, its basis, articles, a signature."""
    opening = text.body[:OPENING_LENGTH]
    return sum(
        (
            DECISION_WORDS.search(opening) is not None,
            SELF_REFERENCE.search(text.body) is not None,
            LEGAL_BASIS.search(opening) is not None,
            NUMBERED_CLAUSE.search(text.body) is not None,
            _has_signature(text.body, lexicon),
        )
    )


def is_verbatim(text: DocumentText, lexicon: Lexicon) -> bool:
    """Return whether a text is an instrument word for word, whatever headline a paper gave it."""
    return (
        SELF_REFERENCE.search(text.body) is not None
        and (
            DECISION_WORDS.search(text.body[:OPENING_LENGTH]) is not None
            or _has_signature(text.body, lexicon)
        )
        and count_issuer_marks(text, lexicon) >= 4
    )


def _has_signature(body: str, lexicon: Lexicon) -> bool:
    """Return whether a line of issuers precedes a line with only a day, near the foot."""
    lines = [line.strip() for line in body[-2500:].splitlines() if line.strip()][-CLOSING_LINES:]
    dated = [place for place, line in enumerate(lines) if DATE_LINE.match(line)]
    if not dated:
        return False
    named = mark_issuer_lines([line if len(line) <= 90 else "" for line in lines], lexicon)
    return any(any(named[max(0, place - 6) : place]) for place in dated)


def extract_head(text: DocumentText) -> str:
    """Return title and lead without the lines that only name a source."""
    return SOURCE_LINE.sub("", f"{text.title.strip()}\n{text.body[:LEAD_LENGTH]}")


def speaks_of_issuer(text: DocumentText, lexicon: Lexicon) -> bool:
    """Return whether title or lead say that an issuer publishes, as the issuer never does of itself."""
    title, lead = text.title.strip(), text.body[:LEAD_LENGTH].strip()
    if REPORTED_TITLE.search(title) or REPORTED_LEAD.search(lead.partition("\n")[0][:80]):
        return True
    if HAN.search(title):
        return False
    for words in (title, lead):
        for hit in REPORTING_VERB.finditer(words[:LEAD_LENGTH]):
            start = max(words.rfind(". ", 0, hit.start()), words.rfind("\n", 0, hit.start())) + 1
            subject = words[start : hit.start()]
            if find_issuers(subject, lexicon) or CHINA_WORDS.search(subject):
                return True
    return False


def has_instrument_title(title: str, lexicon: Lexicon) -> bool:
    """Return whether a title is an instrument's own: issuers, then its form; in English no finite verb."""
    form = remove_issuer_names(title, lexicon)
    if HAN.search(title):
        return CHINESE_FORM.match(TITLE_JOINTS.sub("", form)) is not None
    form = TRANSLATION_NOTE.sub("", form)
    form = CONNECTIVES.sub(" ", form[:120]).strip() + form[120:]
    return ENGLISH_FORM.match(form) is not None and FINITE_VERB.search(form) is None
