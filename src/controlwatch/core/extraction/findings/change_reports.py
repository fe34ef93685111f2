"""Whether a text that is not an instrument reports or explains one of the Chinese side."""

from __future__ import annotations

import re

from controlwatch.core.extraction.findings.changes import (
    CONTROL_WORDS,
    NEAR_TITLE,
    SHORT_OPENING,
    ChangeInputs,
)
from controlwatch.core.extraction.mentions.issuers import find_issuers
from controlwatch.core.extraction.mentions.terms import contains_phrase
from controlwatch.core.model import Direction, NoticeKind

PUBLISHING_WORDS = re.compile(
    r"発表|公布し|government announced|announced it|dated \d|veröffentlicht|Bekanntmachung|published"
    r"|公告|宣布|发布|决定|公布|更新|列入|纳入|\bissued?\b|\bannounc|\bsaid\b|\bnew rules?\b"
    r"|\bgovernment\b|新规|挂出|下来了|刚出|\bsuspend|\badd(?:s|ed"
    r"|ing)\b|\breleased?\b|export controls? .{0,80}by the Ministry",
    re.IGNORECASE,
)  # 商务部发布…公告
CHINA_WORDS = re.compile(
    r"\bour (?:government|customs)\b|\b(?:Beijing|Peking|Chinas?|Chinese|chinesische\w*"
    r"|Ministry of Commerce)\b|我国|中国|内地|大陆"
    r"|商务省|Китай"
)
LISTING_ANSWER = re.compile(
    r"就将[^，。]{2,40}列入"
)  # 就将…列入…答记者问: parties just listed by the ministry
#: A question that repeats what the ministry has just announced.
ANNOUNCED_QUESTION = re.compile(
    r"(?:商务部|海关总署)[^。；？\n]{0,30}(?:今天|今日|\d日)?[^。；？\n]{0,10}(?:发布|公布)[^。；？\n]{0,12}公告[^。；？\n]{0,60}(?:管制|名单|清单|暂停|恢复)"
)
#: A spokesperson who says that nothing has changed.
DENIAL = re.compile(r"(?:情况|说法|报道)[^。；\n]{0,6}(?:不属实|不实)|没有任何变化|没有进一步的消息")


def is_change_report(case: ChangeInputs, direction: Direction) -> bool:
    """Return whether a text that is not an instrument reports or explains one of the Chinese side."""
    text, lexicon, identity = case.context.text, case.context.lexicon, case.context.identity
    if case.category_ids & {"foreign_controls", "enforcement"}:
        return False
    if identity.kind == NoticeKind.SPOKESPERSON:
        return _explains_change(case)
    moves = direction not in {Direction.NEUTRAL, Direction.CLARIFY}
    opening = text.folded_text[: text.title_end + NEAR_TITLE]
    if not identity.is_report or not moves or lexicon.get_pattern("change.proposed").search(opening):
        return False
    if not any(category.change for category in case.categories):
        # An item that no category names: the number and the words of control must tell.
        has_issuer = any(mention.number.issuers for mention in identity.number_mentions)
        is_moved = any(not signal.weak for signal in case.signals)
        return has_issuer and (is_moved or CONTROL_WORDS.search(text.folded_text) is not None)
    return bool(identity.number_mentions) or _tells_of_authority(case)


def _explains_change(case: ChangeInputs) -> bool:
    """Return whether a spokesperson explains what was announced, and does not deny it."""
    text, lexicon = case.context.text, case.context.lexicon
    announced = ANNOUNCED_QUESTION.search(text.folded_text[: text.title_end + SHORT_OPENING])
    if announced and not contains_phrase(lexicon, "foreign_act", announced[0]):
        return True
    if DENIAL.search(text.folded_text):
        return False
    listed = LISTING_ANSWER.search(text.title)
    is_own_listing = listed is not None and not contains_phrase(lexicon, "foreign_act", text.title)
    return bool(case.context.identity.number_mentions) or is_own_listing


def _tells_of_authority(case: ChangeInputs) -> bool:
    """Return whether a sentence has a Chinese authority announce something, or move a control."""
    lexicon = case.context.lexicon
    moving = {signal.sentence.start for signal in case.signals}
    return any(
        (sentence.start in moving or PUBLISHING_WORDS.search(sentence.words))
        and (find_issuers(sentence.words, lexicon) or CHINA_WORDS.search(sentence.words))
        and not contains_phrase(lexicon, "draft", sentence.words)
        and not lexicon.get_pattern("change.supposed").search(sentence.words)
        for sentence in case.context.text.sentences
    )
