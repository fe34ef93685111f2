"""Where a document begins: behind settings, mail heads, captions, notes and the tails of other texts."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from controlwatch.core.extraction.identity.authorship import count_issuer_marks
from controlwatch.core.extraction.identity.head import (
    MAX_LINE,
    PAGE_TAG,
    DocumentHead,
    find_head,
    find_opening_number,
    is_sound,
)
from controlwatch.core.extraction.mentions.terms import contains_phrase
from controlwatch.core.extraction.text.document_text import DocumentText
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.extraction.text.normalize import HAN

MAX_PREFACE_LINES = 60
MAX_PREFACE = 6000  #: characters
HEAD_ZONE = 1500  #: characters that a head can take up
MIN_TITLE = 16  #: characters of a title that a page prints twice
MIN_MARKS = 1  #: marks of an issuer's own text below a head that follows a preface
MIN_SUBJECT_MARKS = 2  #: as above, for a head with neither form nor number on a line of its own
ADDRESS_ZONE = 200  #: characters below a subject in which a circular names its addressees
NUMBERED_LINES = 14  #: below a title, in which the head with the number can stand
MAX_MAIL_HEADS = 12
MARKUP = re.compile(r"^[#>*\s]+|[*\s]+$")
#: Phrases of a title under which an instrument below is not the document, or not to be believed.
OTHER_VOICES = ("draft", "spokesperson", "faq", "guidance", "hearsay", "commentary")


@dataclass(frozen=True, slots=True)
class Opening:
    """A text from its own beginning, and the day that stands in what was left out."""

    text: DocumentText
    head: DocumentHead | None = None  #: of an instrument; its places are those of the whole text
    preface: str = ""  #: what stands above the head, folded
    day_words: str = ""  #: the setting or head that dates it


def find_opening(text: DocumentText, lexicon: Lexicon) -> Opening:
    """Return the text without settings and mail heads, from its own head where one follows a preface."""
    opening = _drop_settings(text, lexicon)
    text = opening.text
    title = PAGE_TAG.sub("", MARKUP.sub("", text.title))
    gives_full_text = lexicon.get_pattern("preface.full-text-title").search(title) is not None
    if any(contains_phrase(lexicon, voice, title) for voice in OTHER_VOICES if not gives_full_text):
        return opening
    head = _search_head(text, lexicon)
    if head is None or lexicon.get_pattern("preface.penalty").search(text.folded_text[: head.end]):
        return opening
    title = MARKUP.sub("", text.title)
    if 0 < head.start < HEAD_ZONE and lexicon.get_pattern("heading.own-title").match(title):
        # 两用物项出口通用许可管理办法, and the order that promulgates it below
        head = replace(head, start=0)
    if head.start == 0 and "\n" not in text.folded_text[: head.end]:
        return replace(opening, text=replace(text, title_end=head.end, has_head=True), head=head)
    preface = text.folded_text[: head.start]
    own = text.from_head(head.start, head.end)
    older = lexicon.get_pattern("preface.older-mail").search(own.folded_text, own.title_end)
    return replace(opening, text=own.cut_at(older.start()) if older else own, head=head, preface=preface)


def _search_head(text: DocumentText, lexicon: Lexicon) -> DocumentHead | None:
    """Return the first head of an instrument in the opening; the subject of a forwarded mail is none."""
    if lexicon.get_pattern("identity.forwarded-title").match(text.title):
        below = _search_head_from(text, text.title_end + 1, (None, None), lexicon)
        if below is not None and below.numbered is not None:
            return below
    return _search_head_from(text, 0, find_opening_number(text.title, lexicon), lexicon)


def _search_head_from(
    text: DocumentText, at: int, titled: tuple[int | None, int | None], lexicon: Lexicon
) -> DocumentHead | None:
    """Return the first head from a place on, of the notice that the title names where it names one."""
    folded = text.folded_text
    circular: DocumentHead | None = None
    close = min(MAX_PREFACE, text.related_links_start)
    for _ in range(MAX_PREFACE_LINES):
        head = find_head(text, lexicon, at, min(len(folded), at + HEAD_ZONE))
        if head is not None and is_sound(head) and _is_followed(text, head, lexicon):
            line = head.numbered
            # A page lists other notices beside its own, which its title names.
            if line is None or None in titled or (line.year, line.figure) == titled or line.letter:
                return head if line is not None else _find_english_number(text, head, lexicon) or head
            head = None
        if head is not None and circular is None and _is_circular(text, head, lexicon):
            circular = head
        end = folded.find("\n", at)
        if end < 0 or end > close:
            break
        at = end + 1
    return circular


def _find_english_number(text: DocumentText, head: DocumentHead, lexicon: Lexicon) -> DocumentHead | None:
    """Return the head with a number that a page prints below its own title in English, before any prose."""
    folded, at = text.folded_text, head.end + 1
    if head.start or HAN.search(folded[: head.end]):
        return None
    for _ in range(NUMBERED_LINES):
        end = folded.find("\n", at)
        if end < 0 or end - at > MAX_LINE:
            return None
        below = find_head(text, lexicon, at, min(len(folded), at + HEAD_ZONE))
        if below is not None and below.numbered is not None and set(below.issuers) & set(head.issuers):
            return below if _is_followed(text, below, lexicon) else None
        at = end + 1
    return None


def _is_circular(text: DocumentText, head: DocumentHead, lexicon: Lexicon) -> bool:
    """Return whether a head of a subject alone leads a circular: it is addressed to offices and decides."""
    below = text.folded_text[head.end : head.end + ADDRESS_ZONE]
    addressed = lexicon.get_pattern("preface.addressees").search(below)
    marks = count_issuer_marks(text.from_head(head.start, head.end), lexicon) if addressed else 0
    return bool(head.subject) and marks >= MIN_MARKS


def _is_followed(text: DocumentText, head: DocumentHead, lexicon: Lexicon) -> bool:
    """Return whether the text below a head reads as its issuer's own; at the top its lines are enough."""
    is_led = any(line.issuers and not line.is_loose for line in head.lines)
    is_loose = any(line.is_loose for line in head.lines) and not is_led
    above, note = text.folded_text[: head.start].strip(), lexicon.get_pattern("preface.translation-note")
    title = text.folded_text[head.start :].partition("\n")[0]
    is_top = not above or (len(title) >= MIN_TITLE and above.startswith(title)) or bool(note.search(above))
    if is_top and (head.numbered or len(head.lines) > 1) and not is_loose:
        return True
    if head.start and lexicon.get_pattern("preface.other-item").search(text.folded_text, 0, head.start):
        return False  # an item of a digest
    marks = count_issuer_marks(text.from_head(head.start, head.end), lexicon)
    return marks >= (
        MIN_MARKS if head.numbered or any(line.form for line in head.lines) else MIN_SUBJECT_MARKS
    )


def _drop_settings(text: DocumentText, lexicon: Lexicon) -> Opening:
    """Return the text behind the front matter or the heads of a mail; their title becomes its title."""
    folded, setting = text.folded_text, lexicon.get_pattern("preface.setting")
    block = lexicon.get_pattern("preface.front-matter").match(folded)
    if block:
        end, settings = block.end(), list(setting.finditer(folded, block.start("block"), block.end("block")))
    elif lexicon.get_pattern("preface.first-mail-head").match(folded):
        settings, end = [], 0
        for line in re.finditer(r"[^\n]*(?:\n|\Z)", folded[:MAX_PREFACE]):
            head = setting.match(folded, line.start(), line.end())
            if head is None and line[0].strip():
                break
            settings += setting.finditer(folded, line.start(), line.end()) if head else []
            end = line.end()
            if len(settings) > MAX_MAIL_HEADS or end >= len(folded):
                break
    else:
        return Opening(text=text)
    named = {hit["name"].lower(): hit for hit in reversed(settings)}
    title = next((named[name] for name in named if name in lexicon.phrases["title_settings"]), None)
    dated = next((named[name] for name in named if name in lexicon.phrases["date_settings"]), None)
    body = text.slice_original(end).lstrip("\n")
    if title is None or not title["value"].strip(" \"'"):
        first, _, body = body.partition("\n")
        opened = DocumentText.from_parts(MARKUP.sub("", first), body)
    else:
        words = text.get_original(*title.span("value"))
        opened = DocumentText.from_parts(words.strip(" \"'"), body)
    return Opening(text=opened, day_words=dated["value"].strip(" \"'") if dated else "")
