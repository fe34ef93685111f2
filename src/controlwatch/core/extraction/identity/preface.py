"""Where a document begins: behind settings, mail heads, captions, notes and the tails of other texts."""

from __future__ import annotations

import re
from dataclasses import dataclass

from controlwatch.core.extraction.identity.authorship import (
    SELF_REFERENCE,
    count_issuer_marks,
    has_instrument_title,
)
from controlwatch.core.extraction.identity.kind import classify_title
from controlwatch.core.extraction.mentions.issuers import find_issuers, remove_issuer_names
from controlwatch.core.extraction.mentions.terms import contains_phrase
from controlwatch.core.extraction.text.document_text import NUMBER_ONLY, DocumentText
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.extraction.text.normalize import HAN

MAX_PREFACE_LINES = 60
MAX_PREFACE = 6000  #: characters
MAX_HEADING = 160  #: characters; a longer line is a paragraph
MIN_MARKS = 3  #: marks of an issuer's own text below a heading that make it the document's
MAX_MAIL_HEADS = 12
#: Phrases of a title under which an instrument below is not the document, or not to be believed.
OTHER_VOICES = ("draft", "spokesperson", "faq", "guidance", "hearsay", "commentary")
ISSUER_JOINTS = re.compile(r"[\s、，,和与及]|中华人民共和国|等\S{1,3}部门")
FORM_WORD = re.compile(r"^\W*(?:公告|令|通告)\W*$")
MARKUP = re.compile(r"^[#>*\s]+|[*\s]+$")
TITLE_SETTINGS = frozenset({"title", "subject", "标题", "主题"})
DATE_SETTINGS = frozenset({"date", "sent", "日期", "发送时间", "published", "publish_date", "发布日期"})


@dataclass(frozen=True, slots=True)
class Opening:
    """A text from its own beginning, and the day that stands in what was left out."""

    text: DocumentText
    day_words: str = ""  #: the setting or head that dates it


def find_opening(text: DocumentText, lexicon: Lexicon) -> Opening:
    """Return the text without settings and mail heads, from its own heading where one follows a preface."""
    opening = _drop_settings(text, lexicon)
    start = _find_heading(opening.text, lexicon)
    return Opening(_cut_before(opening.text, start), opening.day_words) if start else opening


def _cut_before(text: DocumentText, start: int) -> DocumentText:
    """Return the text from a line on, which becomes its title."""
    title, _, body = text.slice_original(start).partition("\n")
    return DocumentText.from_parts(MARKUP.sub("", title), body)


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
            settings += [head] if head else []
            end = line.end()
            if len(settings) > MAX_MAIL_HEADS or end >= len(folded):
                break
    else:
        return Opening(text)
    named = {hit["name"].lower(): hit for hit in reversed(settings)}
    title = next((named[name] for name in named if name in TITLE_SETTINGS), None)
    dated = next((named[name] for name in named if name in DATE_SETTINGS), None)
    body = text.slice_original(end).lstrip("\n")
    if title is None or not title["value"].strip(" \"'"):
        first, _, body = body.partition("\n")
        opened = DocumentText.from_parts(MARKUP.sub("", first), body)
    else:
        words = text.get_original(*title.span("value"))
        opened = DocumentText.from_parts(words.strip(" \"'"), body)
    return Opening(opened, dated["value"].strip(" \"'") if dated else "")


def _find_heading(text: DocumentText, lexicon: Lexicon) -> int:
    """Return where the heading of an instrument begins that follows other lines; 0 for none."""
    title = MARKUP.sub("", text.title.strip())
    if _is_own_title(title, lexicon) or any(contains_phrase(lexicon, of, title) for of in OTHER_VOICES):
        return 0
    at, folded = 0, text.folded_text
    for _ in range(MAX_PREFACE_LINES):
        end = folded.find("\n", at)
        if end < 0 or at > min(MAX_PREFACE, text.related_links_start):
            return 0
        line = MARKUP.sub("", folded[at:end])
        if at and _is_heading(line, lexicon):
            below = _cut_before(text, at)
            marks = count_issuer_marks(below, lexicon)
            if marks >= MIN_MARKS and (SELF_REFERENCE.search(below.body) or marks > MIN_MARKS):
                return at
        at = end + 1
    return 0


def _is_own_title(title: str, lexicon: Lexicon) -> bool:
    """Return whether a first line is a document's: its heading, the name of its form, or of its issuers."""
    if _is_heading(title, lexicon) or classify_title(title, lexicon) is not None:
        return True
    rest = remove_issuer_names(title, lexicon)
    return rest != title and not ISSUER_JOINTS.sub("", rest)


def _is_heading(line: str, lexicon: Lexicon) -> bool:
    """Return whether a line is the heading of an instrument and nothing else."""
    if not line or len(line) > MAX_HEADING or "。" in line:
        return False
    if has_instrument_title(line, lexicon):
        return True
    if not HAN.search(line):
        return False
    rest = remove_issuer_names(line, lexicon)
    if rest != line and FORM_WORD.match(ISSUER_JOINTS.sub("", rest)):
        return True  # 商务部 海关总署公告, with the number on the next line
    if NUMBER_ONLY.search(line) and find_issuers(line[:60], lexicon):
        return True
    return lexicon.get_pattern("heading.titled-act").match(line) is not None
