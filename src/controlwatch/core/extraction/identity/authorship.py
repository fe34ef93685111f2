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

ENGLISH_FORM = re.compile(
    r"^\W*(?:joint\s+)?(?:announcement|notice|circular|order|decree|decision|regulations?|provisions|measures)s?\b"
    r"\s*(?:\(?(?:no|nos|number)\b|[\[(]?\d|of\b|on\b|by\b|regarding\b|concerning\b|to\b|$|[:：])",
    re.IGNORECASE,
)  # Announcement No. 18 of 2025 of the Ministry of Commerce and …
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
    get_pattern = lexicon.get_pattern
    opening = text.body[:OPENING_LENGTH]
    return sum(
        (
            get_pattern("authorship.decision").search(opening) is not None,
            get_pattern("authorship.self-reference").search(text.body) is not None,
            get_pattern("authorship.legal-basis").search(opening) is not None,
            get_pattern("authorship.numbered-clause").search(text.body) is not None,
            _has_signature(text.body, lexicon),
        )
    )


def is_verbatim(text: DocumentText, lexicon: Lexicon) -> bool:
    """Return whether a text is an instrument word for word, whatever headline a paper gave it."""
    get_pattern = lexicon.get_pattern
    return (
        get_pattern("authorship.self-reference").search(text.body) is not None
        and (
            get_pattern("authorship.decision").search(text.body[:OPENING_LENGTH]) is not None
            or _has_signature(text.body, lexicon)
        )
        and count_issuer_marks(text, lexicon) >= 4
    )


def _has_signature(body: str, lexicon: Lexicon) -> bool:
    """Return whether issuers stand above a line with only a day, or on it, near the foot."""
    lines = [line.strip() for line in body[-2500:].splitlines() if line.strip()][-CLOSING_LINES:]
    dated = [
        place for place, line in enumerate(lines) if lexicon.get_pattern("authorship.date-line").match(line)
    ]
    if not dated:
        return False
    named = mark_issuer_lines([line if len(line) <= 90 else "" for line in lines], lexicon)
    return any(any(named[max(0, place - 6) : place + 1]) for place in dated)


def extract_head(text: DocumentText, lexicon: Lexicon) -> str:
    """Return title and lead without the lines that only name a source."""
    return lexicon.get_pattern("authorship.source-line").sub(
        "", f"{text.title.strip()}\n{text.body[:LEAD_LENGTH]}"
    )


def speaks_of_issuer(text: DocumentText, lexicon: Lexicon) -> bool:
    """Return whether title or lead say that an issuer publishes, as the issuer never does of itself."""
    get_pattern = lexicon.get_pattern
    title, lead = text.title.strip(), text.body[:LEAD_LENGTH].strip()
    reported_lead = get_pattern("authorship.reported-lead").search(lead.partition("\n")[0][:80])
    if reported_lead or get_pattern("authorship.reported-title").search(title):
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
    get_pattern = lexicon.get_pattern
    form = remove_issuer_names(title, lexicon)
    if HAN.search(title):
        return (
            get_pattern("authorship.chinese-form").match(get_pattern("authorship.title-joint").sub("", form))
            is not None
        )
    form = TRANSLATION_NOTE.sub("", form)
    form = CONNECTIVES.sub(" ", form[:120]).strip() + form[120:]
    return ENGLISH_FORM.match(form) is not None and FINITE_VERB.search(form) is None
