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
from controlwatch.core.extraction.identity.head import PAGE_TAG, DocumentHead
from controlwatch.core.extraction.mentions.issuers import find_issuers
from controlwatch.core.extraction.mentions.places import opens_with_foreign_state
from controlwatch.core.extraction.mentions.terms import contains_phrase
from controlwatch.core.extraction.text.document_text import DocumentText
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.extraction.text.normalize import HAN
from controlwatch.core.model import NoticeKind

#: The hour at which a message was sent begins its row; a list of documents ends its rows with it.
MESSAGE_HOUR = re.compile(
    r"^\W*(?:\d{4}\D\d{1,2}\D\d{1,2}\D{0,2})?\d{1,2}:\d{2}\b(?!.*\.(?:pdf|docx?|xlsx?)\s*$)"
)
INSTRUMENT_KINDS = frozenset(
    {NoticeKind.ANNOUNCEMENT, NoticeKind.ORDER, NoticeKind.NOTICE, NoticeKind.LAW, NoticeKind.REGULATION}
)
REPORT_KINDS = frozenset({NoticeKind.NEWS, NoticeKind.COMMENTARY})

HEARSAY_ZONE = 3000  #: characters in which a text that is passed on says so
MARKDOWN_PREFIX = re.compile(r"^[#*\s]+")  # "# 商务部公告…"
CHINESE_TITLES = (
    ("kind.law-decision-title", NoticeKind.LAW),
    ("kind.order-title", NoticeKind.ORDER),
    ("kind.law-title", NoticeKind.LAW),
    ("kind.announcement-title", NoticeKind.ANNOUNCEMENT),
    ("kind.notice-title", NoticeKind.NOTICE),
    ("kind.regulation-title", NoticeKind.REGULATION),
)
ENGLISH_TITLES = (
    ("kind.english-law-title", NoticeKind.LAW),
    ("kind.english-announcement", NoticeKind.ANNOUNCEMENT),
    ("kind.english-order", NoticeKind.ORDER),
    ("kind.english-notice", NoticeKind.NOTICE),
    ("kind.english-regulation", NoticeKind.REGULATION),
)
#: The form of an instrument by the last word of its subject, or by the word for its form.
HEAD_FORMS = (
    ("kind.order-form", NoticeKind.ORDER),
    ("kind.announcement-form", NoticeKind.ANNOUNCEMENT),
    ("kind.notice-form", NoticeKind.NOTICE),
)
#: How a text speaks of itself, tried in this order.
SELF_REFERENCES = (
    ("kind.own-announcement", NoticeKind.ANNOUNCEMENT),
    ("kind.own-notice", NoticeKind.NOTICE),
    ("kind.own-order", NoticeKind.ORDER),
    ("kind.own-regulation", NoticeKind.REGULATION),
    ("kind.own-law", NoticeKind.LAW),
    ("kind.own-decision", NoticeKind.ANNOUNCEMENT),
    ("kind.own-english", NoticeKind.ANNOUNCEMENT),
)
CHALLENGE_SCRIPT = re.compile(
    r"\$_ts\b|cf-chl|__cf_chl|acw_sc__v2|aliyun_waf|yunsuo_session"
)  # a bot wall's script, named as the common walls name theirs
CHALLENGE_LENGTH = 1500  #: characters; a longer text only speaks of bot walls
SAMPLE_LENGTH = 20_000
NOISE_LENGTH = 400
FRAME_LENGTH = 600  #: characters; a longer page has an article
SYMBOLS = re.compile(r"[\W_]+")
MIN_PAGE_WORDS = 4  #: characters of a page's own words in a frame
MIN_ARTICLE = 16  #: characters that an article has at least
TITLE_LENGTH = 60
FAQ_TITLE = 60  #: characters of a Chinese title that names questions; a Latin one is twice as long
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
    kind, rule = _find_non_document(text, lexicon, is_headed=is_headed) or next(
        (kind, rule) for kind, rule in verdicts if kind
    )
    if kind == NoticeKind.ORDER and lexicon.get_pattern("kind.founding-title").match(text.title.strip()):
        kind, rule = NoticeKind.REGULATION, "kind.title"
    if _is_frame(text, lexicon):
        promises = kind in INSTRUMENT_KINDS | {NoticeKind.SPOKESPERSON}
        return NoticeKind.EMPTY, "kind.frame" if promises else "kind.empty"
    is_numbered = head is not None and head.numbered is not None
    zone = PAGE_TAG.sub("", text.title.strip()) if is_numbered else text.folded_text[:HEARSAY_ZONE]
    if kind in INSTRUMENT_KINDS and contains_phrase(lexicon, "hearsay", zone):
        return NoticeKind.OTHER, "kind.hearsay"
    return kind, rule


def _is_frame(text: DocumentText, lexicon: Lexicon) -> bool:
    """Return whether a page has nothing below its title but the words of a page or of a server."""
    body = text.body[: text.related_links_start - text.title_end].replace(text.title.strip(), "")
    if not body.strip() or len(body) > FRAME_LENGTH:
        return False
    rest = lexicon.get_pattern("change.page-words").sub("", body)
    below, kept = SYMBOLS.sub("", body), SYMBOLS.sub("", rest)
    if SENTENCE_END.search(rest):
        return False
    return len(kept) < MIN_ARTICLE and len(below) - len(kept) >= MIN_PAGE_WORDS


def _find_non_document(
    text: DocumentText, lexicon: Lexicon, *, is_headed: bool
) -> tuple[NoticeKind, str] | None:
    """Recognise garbled text, an empty page, a bot check, and an index page saved as a document.

    `is_headed` means that the head of an instrument could be read: its text may be damaged in part.
    """
    get_pattern = lexicon.get_pattern
    sample = text.folded_text[:SAMPLE_LENGTH]
    lost, han = sum(len(hit[0]) for hit in LOST_CHARACTERS.finditer(sample)), HAN.findall(sample)
    common = sum(sign in COMMON_CHARACTERS for sign in han)
    share = HEADED_LOST_SHARE if is_headed else LOST_SHARE
    if (lost > share * len(sample) and lost > MIN_ROWS) or (
        len(han) >= GARBLED_LENGTH and common < GARBLED_SHARE * len(han)
    ):
        return NoticeKind.OTHER, "kind.garbled"
    if get_pattern("kind.absent-page").match(text.title.strip()) and not is_headed:
        return NoticeKind.EMPTY, "kind.absent-page"
    body = text.body
    is_noise = not body.strip() or (
        len(body) < NOISE_LENGTH and not get_pattern("kind.server-noise").sub("", body)
    )
    if is_noise and len(text.title.strip()) < TITLE_LENGTH:
        return NoticeKind.EMPTY, "kind.empty"
    # A longer text with the words of a bot check only speaks of them.
    is_short = len(text.folded_text) < CHALLENGE_LENGTH
    if CHALLENGE_SCRIPT.search(sample) or (
        is_short and get_pattern("kind.challenge-words").search(text.folded_text)
    ):
        return NoticeKind.CHALLENGE, "kind.challenge"
    lines = [line.strip() for line in body.splitlines() if line.strip()]
    rows = [line for line in lines if len(line) <= ROW_LENGTH and not SENTENCE_END.search(line)]
    dated_rows = [line for line in rows if get_pattern("kind.dated-row").search(line)]
    dated = len(dated_rows)
    is_chat = sum(MESSAGE_HOUR.match(line) is not None for line in dated_rows) > dated / 2
    if not is_chat and dated >= max(MIN_ROWS, 0.4 * len(lines)) and len(rows) >= 0.8 * len(lines):
        return NoticeKind.LISTING, "kind.listing"
    return None


def _apply_kind_rules(
    text: DocumentText, lexicon: Lexicon, label: str | None, head: DocumentHead | None
) -> Iterator[tuple[NoticeKind | None, str]]:
    """Yield what each rule says, in order: a kind, or None where it does not apply; the last always does."""
    get_pattern = lexicon.get_pattern
    title = MARKDOWN_PREFIX.sub("", text.title).strip()
    lead = extract_head(text, lexicon)
    is_press = contains_phrase(lexicon, "press", lead)
    is_dispatch = get_pattern("kind.agency-dateline").match(title) is not None
    yield from _apply_answer_rules(text, title, lexicon, is_press=is_press, is_dispatch=is_dispatch)
    if get_pattern("kind.guide-title").match(title):
        yield NoticeKind.GUIDANCE, "kind.guide"
    if get_pattern("kind.company-notice").search(f"{title}\n{text.body[:LEAD_LENGTH]}"):
        yield NoticeKind.NEWS, "kind.report"
    is_digest = get_pattern("kind.digest-title").match(title) is not None
    if is_dispatch or is_digest or get_pattern("kind.meeting-title").search(title):
        yield NoticeKind.NEWS, "kind.report"
    if head is not None:
        yield _classify_head(head, lexicon), "kind.head"
    invites = get_pattern("kind.invitation-title").search(title)
    yield NoticeKind.OTHER if invites else None, "kind.invitation"
    is_correction = get_pattern("kind.english-correction").match(title) and count_issuer_marks(text, lexicon)
    if is_correction or get_pattern("kind.correction").fullmatch(re.sub(r"\s", "", title)):
        yield NoticeKind.NOTICE, "kind.correction"
    by_title = classify_title(title, lexicon)
    referred = (kind for name, kind in SELF_REFERENCES if lexicon.get_pattern(name).search(text.body))
    default = NoticeKind.DRAFT if contains_phrase(lexicon, "draft", title) else NoticeKind.NEWS
    by_self_reference = next(referred, default)
    # A paper or a translator prints an instrument word for word.
    kind = by_title or by_self_reference
    if kind in INSTRUMENT_KINDS | {NoticeKind.DRAFT} and is_verbatim(text, lexicon):
        yield kind, "kind.verbatim"
    yield NoticeKind.COMMENTARY if contains_phrase(lexicon, "commentary", lead) else None, "kind.report"
    is_titled = has_instrument_title(title, lexicon)
    is_own = is_titled and (HAN.search(title) or count_issuer_marks(text, lexicon))
    is_own = is_own or (label is not None and by_title in INSTRUMENT_KINDS)  # only its own page labels it
    if (
        is_press
        or get_pattern("kind.signing-report").search(title)
        or (not is_own and speaks_of_issuer(text, lexicon))
    ):
        yield NoticeKind.NEWS, "kind.report"
    # A foreign government's rule, whatever it is at home, is news here.
    is_chinese = is_titled or find_issuers(get_pattern("kind.foreign-ministry").sub("", title), lexicon)
    if not is_chinese and opens_with_foreign_state(title, lexicon):
        yield NoticeKind.NEWS, "kind.foreign"
    yield by_title, "kind.title"
    if label:
        is_announcement = get_pattern("kind.announcement-label").search(label)
        by_label = NoticeKind.ANNOUNCEMENT if is_announcement else NoticeKind.NOTICE
        yield NoticeKind.ORDER if get_pattern("kind.order-label").search(label) else by_label, "kind.label"
    yield by_self_reference, "kind.speaks-of-itself"


def _apply_answer_rules(
    text: DocumentText, title: str, lexicon: Lexicon, *, is_press: bool, is_dispatch: bool
) -> Iterator[tuple[NoticeKind | None, str]]:
    """Yield what the rules for answers say: to reporters, or to those who use the rules."""
    get_pattern = lexicon.get_pattern
    # The press reports that a spokesperson spoke; the ministry prints question and answer.
    is_reported = is_dispatch or (is_press and get_pattern("kind.spokesperson-report").search(title))
    is_answer = len(title) < 200 and not is_reported and contains_phrase(lexicon, "spokesperson", title)
    asked = get_pattern("kind.question-line").search(f"{title}\n{text.body[:LEAD_LENGTH]}")
    is_transcript = get_pattern("kind.transcript").search(f"{title}\n{text.body[:TITLE_LENGTH]}")
    if (
        is_answer
        or is_transcript
        or (asked and get_pattern("kind.press-conference").search(text.folded_text))
    ):
        yield NoticeKind.SPOKESPERSON, "kind.answer"
    # Answers to users of the rules begin with a question.
    opens_with_question = any(
        get_pattern("kind.question-line").match(words) for words in (title, text.body.lstrip())
    )
    longest = FAQ_TITLE if HAN.search(title) else 2 * FAQ_TITLE
    is_short = len(title) < longest or get_pattern("kind.faq-title").match(title)
    is_faq = opens_with_question or (is_short and contains_phrase(lexicon, "faq", title))
    if is_faq and not contains_phrase(lexicon, "press", title):
        yield NoticeKind.FAQ, "kind.answer"


def _classify_head(head: DocumentHead, lexicon: Lexicon) -> NoticeKind | None:
    """Return the kind that the head of an instrument names: by the word for its form, else by its subject."""
    get_pattern = lexicon.get_pattern
    subject = head.subject
    if contains_phrase(lexicon, "draft", subject) or get_pattern("kind.draft-title").search(subject):
        return NoticeKind.DRAFT
    if get_pattern("kind.tender-title").search(subject):
        return NoticeKind.OTHER
    if "State Council" in head.issuers and get_pattern("kind.regulation-title").search(subject):
        return NoticeKind.REGULATION
    if get_pattern("kind.law-decision-title").search(
        f"{'全国人大' if 'NPCSC' in head.issuers else ''}{subject}"
    ):
        return NoticeKind.LAW
    for words in (subject, head.form):
        for name, kind in HEAD_FORMS:
            if lexicon.get_pattern(name).search(words):
                return kind
    return NoticeKind.NOTICE if head.numbered and head.numbered.letter else None


def classify_title(title: str, lexicon: Lexicon) -> NoticeKind | None:
    """Return the kind of document that a title names by its form, or None."""
    get_pattern = lexicon.get_pattern
    # A "title" with a full stop inside is a paragraph of a report that only begins like an instrument.
    if len(title) > 200 or "。" in title.rstrip("。") or re.search(r"[a-z]\. [A-Z]", title):
        return None
    if get_pattern("kind.tender-title").search(title):
        return NoticeKind.OTHER
    if contains_phrase(lexicon, "draft", title) or get_pattern("kind.draft-title").search(title):
        return NoticeKind.DRAFT
    is_comment = contains_phrase(lexicon, "commentary", title)
    if (
        not is_comment
        and contains_phrase(lexicon, "guidance", title)
        and not get_pattern("kind.numbered-title").search(title)
    ):
        return NoticeKind.GUIDANCE
    if not HAN.search(title) and not (
        has_instrument_title(title, lexicon) or get_pattern("kind.english-law-title").match(title)
    ):
        return None
    forms = CHINESE_TITLES if HAN.search(title) else ENGLISH_TITLES
    return next((kind for name, kind in forms if lexicon.get_pattern(name).search(title)), None)
