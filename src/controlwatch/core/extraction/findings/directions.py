"""Where a notice moves the control: the words of each sentence, then one direction for the whole."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from controlwatch.core.extraction.identity.kind import INSTRUMENT_KINDS
from controlwatch.core.extraction.mentions.phrases import contains_phrase, is_about_foreign_act
from controlwatch.core.extraction.text.masking import mask_cited_titles
from controlwatch.core.extraction.text.rules import LATIN_WORD, RuleMatch, matcher_for
from controlwatch.core.model import Direction, NoticeKind, NoticePart

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from controlwatch.core.extraction.text.document_text import DocumentText, Span
    from controlwatch.core.extraction.text.lexicon import Lexicon

PERMISSION_WORDS = re.compile(
    r"可(?:以)?(?:申请)?(?:将其)?移出|可能|如需|特殊情况下|应当(?:作出|予以)|或者取消"
)  # 可申请移出关注名单: a right, not an act
BACKGROUND_RECITAL = re.compile(
    r"(?:此前|曾(?:于|经)|已于)[^。；\n]{0,60}(?:发布|公布|印发|作出|决定)"
    r"|^[ ]*\d{4}年\d{1,2}月(?:\d{1,2}日)?[，,]?[^。；\n]{0,40}(?:发布|公布|印发)(?:了"
    r"|的)?[^。；\n]{0,60}公告"
)  # 2025年10月9日，商务部公布2025年第55号公告…: how it came about
PRESENT_DECISION = re.compile(r"现(?:决定|将|就|予|公告)|决定自|即日起|决定(?:暂停|恢复|取消|停止|延长|终止)")
CLAUSE_NUMBER = re.compile(
    r"^\s*(第?[一二三四五六七八九十]+[、条]|[（(][一二三四五六七八九十]+[)）])"
)  # 二、…
STRICTNESS_ORDER = (Direction.TIGHTEN, Direction.SUSPEND, Direction.RESUME, Direction.RELAX)
#: What is done comes before what it is done to: of these the first in the sentence counts, a control that is
#: imposed only where none of them stands.
UNDOING_DIRECTIONS = (Direction.RESUME, Direction.SUSPEND, Direction.RELAX)
#: What goes on as it was is not tightened: 附件1所列商品仍按原规定加征关税.
CONTINUATION_WORDS = re.compile(
    r"仍(?:按|适用|执行|依)|继续(?:按|适用|执行|实施)|照旧|\bcontinues? to\b|\bremains? "
)
DENIAL_WORDS = re.compile(
    r"(?:不是|并非|而非|不等于|不意味着|不构成)[^，。；\n]{0,16}$|\b(?:not|nor) (?:a|an|the) $"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectionSignal:
    """A sentence that moves the control, where, and by which rule."""

    direction: Direction
    span: Span
    rule: str
    weak: bool = False


def find_signals(text: DocumentText, lexicon: Lexicon) -> tuple[DirectionSignal, ...]:
    """Return the sentences that move a control; mere consequences only where nothing else moves."""
    found = tuple(_find_all_signals(text, lexicon))
    strong = tuple(signal for signal in found if not signal.weak)
    return strong or found


def _find_all_signals(text: DocumentText, lexicon: Lexicon) -> Iterator[DirectionSignal]:
    words = mask_cited_titles(text.folded_text)
    for span in text.sentences:
        sentence = words[span.start : span.end]
        if not LATIN_WORD.search(sentence) and not contains_phrase(lexicon, "acts", sentence):
            continue
        if BACKGROUND_RECITAL.search(sentence) and not PRESENT_DECISION.search(sentence):
            continue
        moved = _match_direction(sentence, lexicon)
        if moved is not None and not is_about_foreign_act(lexicon, sentence):
            direction, fired = moved
            yield DirectionSignal(direction=direction, span=span, rule=fired.rule.id, weak=fired.rule.weak)


def _match_direction(sentence: str, lexicon: Lexicon) -> tuple[Direction, RuleMatch] | None:
    found = [
        (direction, fired)
        for direction in (*UNDOING_DIRECTIONS, Direction.TIGHTEN)
        for fired in matcher_for(lexicon, "direction", direction).find_all(sentence)
        if not _is_only_mentioned(sentence, fired)
        and not (direction == Direction.TIGHTEN and CONTINUATION_WORDS.search(sentence[: fired.start]))
    ]
    strong = [hit for hit in found if not hit[1].rule.weak]
    undoing = [hit for hit in strong if hit[0] in UNDOING_DIRECTIONS]
    return min(undoing or strong or found, key=lambda hit: hit[1].start, default=None)


def _is_only_mentioned(sentence: str, fired: RuleMatch) -> bool:
    """Tell whether a rule fired on what may be done, or on what something is said not to be."""
    before = sentence[max(0, fired.start - 24) : fired.start]
    return (
        PERMISSION_WORDS.search(sentence[max(0, fired.start - 12) : fired.end]) is not None
        or DENIAL_WORDS.search(before) is not None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectionFinding:
    """The one direction of a text, and what it rests on."""

    direction: Direction
    rule: str
    span: Span | None = None


def choose_direction(
    kind: NoticeKind, found: Iterable[DirectionSignal], *, operative: bool, framework: bool, procedural: bool
) -> DirectionFinding:
    """Return one direction: of an instrument its strictest part, of a report its opening.

    `procedural` tells of an instrument that only says how licences are asked for and handled.
    """
    found = tuple(found)
    if kind == NoticeKind.DRAFT:
        return DirectionFinding(direction=Direction.NEUTRAL, rule="direction.draft")
    if framework and (
        kind in {NoticeKind.LAW, NoticeKind.REGULATION} or (kind == NoticeKind.NEWS and not found)
    ):
        return DirectionFinding(direction=Direction.TIGHTEN, rule="direction.framework-law")
    if kind in INSTRUMENT_KINDS and procedural:
        return DirectionFinding(direction=Direction.NEUTRAL, rule="direction.procedure")
    if operative:
        # What was listed before is background to an answer that stops or suspends it.
        found = tuple(signal for signal in found if signal.direction != Direction.TIGHTEN) or found
    if kind in INSTRUMENT_KINDS or operative:
        strictest = min(found, key=lambda signal: STRICTNESS_ORDER.index(signal.direction), default=None)
        return _to_direction_finding(strictest)
    if kind in {NoticeKind.FAQ, NoticeKind.GUIDANCE, NoticeKind.SPOKESPERSON}:
        return DirectionFinding(direction=Direction.CLARIFY, rule="direction.explains")
    return _to_direction_finding(found[0] if found else None)


def _to_direction_finding(signal: DirectionSignal | None) -> DirectionFinding:
    if signal is None:
        return DirectionFinding(direction=Direction.NEUTRAL, rule="direction.nothing-moves")
    return DirectionFinding(direction=signal.direction, rule=signal.rule, span=signal.span)


def find_parts(
    text: DocumentText, found: Iterable[DirectionSignal], overall: Direction
) -> tuple[NoticePart, ...]:
    """Return the numbered parts whose direction differs from the whole."""
    parts: dict[str, NoticePart] = {}
    for signal in found:
        clause = CLAUSE_NUMBER.match(text.get_words(signal.span))
        if clause and signal.direction not in {overall, Direction.NEUTRAL}:
            scope = clause[1].strip("、")
            parts.setdefault(scope, NoticePart(scope=scope, direction=signal.direction))
    return tuple(parts.values())
