"""Which way a notice moves the control: the words of each sentence, then one direction for the whole."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from controlwatch.core.extraction.identity.identity import ReadingContext
from controlwatch.core.extraction.mentions.terms import find_phrase_ends, is_about_foreign_act, is_recital
from controlwatch.core.extraction.text.document_text import Sentence
from controlwatch.core.extraction.text.lexicon import (
    LATIN_WORD,
    NO_CONCLUSION,
    Lexicon,
    compile_family,
    matcher_for,
)
from controlwatch.core.extraction.text.masking import BLANK, mask_cited_titles
from controlwatch.core.extraction.text.normalize import parse_numeral
from controlwatch.core.model import Direction, NoticeKind, NoticePart

PERMISSION_WORDS = re.compile(
    r"可(?:以)?(?:申请)?(?:将其)?移出|可能|如需|特殊情况下|应当(?:作出|予以)|或者取消"
)  # 可申请移出关注名单: a right, not an act
BACKGROUND_RECITAL = re.compile(
    r"(?:此前|曾(?:于|经)|已于)[^。；\n]{0,60}(?:发布|公布|印发|作出|决定)"
    r"|^[ ]*\d{4}年\d{1,2}月(?:\d{1,2}日)?[，,]?[^。；\n]{0,40}(?:发布|公布|印发)(?:了"
    r"|的)?[^。；\n]{0,60}公告"
)  # 2025年10月9日，商务部公布2025年第55号公告…: the history of the measure
PRESENT_DECISION = re.compile(r"现(?:决定|将|就|予|公告)|决定自|即日起|决定(?:暂停|恢复|取消|停止|延长|终止)")
CLAUSE_NUMBER = re.compile(
    r"^\s*(第?[一二三四五六七八九十]+[、条]|[（(][一二三四五六七八九十]+[)）])"
)  # 二、…
STRICTNESS_ORDER = (Direction.TIGHTEN, Direction.SUSPEND, Direction.RESUME, Direction.RELAX)
#: A sentence says what is done before what it is done to: the first of these counts, and an imposed control
#: only where the sentence has none of them.
UNDOING_DIRECTIONS = (Direction.RESUME, Direction.SUSPEND, Direction.RELAX)
#: A measure that continues as before is not tightened: 附件1所列商品仍按原规定加征关税.
CONTINUATION_WORDS = re.compile(
    r"仍(?:按|适用|执行|依|列入|纳入|保留|属)|继续(?:按|适用|执行|实施)|照旧|\bcontinues? to\b|\bremains? "
)
DAY_WORDS = re.compile(r"\d\s*[年月日]|\b(?:19|20)\d\d\b")
#: What a sentence only quotes, or gives as its reason, is blanked: 「禁止…出口」的要求 · 鉴于情形发生变化
QUOTED_OR_REASON = re.compile(
    r"「[^「」\n]{4,200}」|(?:鉴于|由于)[^。；\n]{0,80}?(?:变化|情形|原因|条件)[^，。；\n]{0,12}"
)
FINE_WORDS = re.compile(r"罚款|违法经营额|万元|\bRMB\b|\bfines?\b")
PERIOD_WORDS = re.compile(r"有效期|期限")
PERIOD = re.compile(r"(\d{1,3}|[一二三四五六七八九十两]{1,3})\s*(年|个月)")
SUBJECT = re.compile(r"关于|公布|发布|\b(?:on|regarding|concerning)\b", re.IGNORECASE)
SUBJECT_LINE = re.compile(
    r"^[#* ]*(?:(?:关于|公布|发布)[^\n。；]{4,120}|(?:Announcement|Decision"
    r"|Notice)? ?on [A-Z][^\n.;]{8,160})$",
    re.MULTILINE,
)
SUBJECT_ZONE = 600  #: characters of the body in which the subject can stand
FIGURES = re.compile(r"\d[\d,]*(?:\.\d+)?")
CHANGED_WORDS = re.compile(r"修改为|改为|调整为|\bread\b")
DENIAL_WORDS = re.compile(
    r"(?:不是|并非|而非|不等于|不意味着|不构成)[^，。；\n]{0,16}$|\b(?:not|nor) (?:a|an|the) $"
    r"|\b(?:do|does|did) not (?:\w+ ){0,2}$|\bnor (?:does|do|did) (?:it|they) $"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectionSignal:
    """A sentence that moves the control, which way, and by which rule."""

    direction: Direction
    sentence: Sentence
    rule: str
    weak: bool = False


def find_signals(context: ReadingContext) -> tuple[DirectionSignal, ...]:
    """Return the sentences that move a control; mere consequences only where nothing else moves it.

    Of the rules that match a sentence, one that undoes a control decides before one that imposes it, a
    strong one before a weak one, then the first. Words on what may be done, or on what something is said
    not to be, do not count.
    """
    text, lexicon = context.text, context.lexicon
    masked = QUOTED_OR_REASON.sub(lambda hit: BLANK * len(hit[0]), mask_cited_titles(text.folded_text))
    matcher = matcher_for(lexicon, "direction", *UNDOING_DIRECTIONS, Direction.TIGHTEN)
    act_ends = find_phrase_ends(lexicon, "acts", masked)
    signals: list[DirectionSignal] = []
    for sentence in text.sentences:
        words = masked[sentence.start : sentence.end]
        has_act = bisect_right(act_ends, sentence.end) > bisect_right(act_ends, sentence.start)
        if not has_act and not LATIN_WORD.search(words) and not CHANGED_WORDS.search(words):
            continue
        is_background = BACKGROUND_RECITAL.search(words) and not PRESENT_DECISION.search(words)
        if is_background and (context.told_on is None or is_recital(lexicon, words, context.told_on)):
            continue
        if _is_beside_the_measure(context, words):
            continue
        if threshold := compare_thresholds(words, lexicon):
            signals.append(
                DirectionSignal(
                    direction=threshold, sentence=sentence, rule=f"direction.threshold-{threshold}"
                )
            )
            continue
        matches = [
            match
            for match in matcher.find_all(words)
            if not PERMISSION_WORDS.search(words[max(0, match.start - 12) : match.end])
            and not DENIAL_WORDS.search(words[max(0, match.start - 24) : match.start])
            and not (match.rule.of == Direction.TIGHTEN and CONTINUATION_WORDS.search(words[: match.start]))
        ]
        strong = [match for match in matches if not match.rule.weak]
        undoing = [match for match in strong if match.rule.of in UNDOING_DIRECTIONS]
        first = [match for match in strong if match.rule.first]
        if matches and not is_about_foreign_act(lexicon, words):
            rule = (first or undoing or strong or matches)[0].rule
            signals.append(
                DirectionSignal(direction=Direction(rule.of), sentence=sentence, rule=rule.id, weak=rule.weak)
            )
    return tuple(signal for signal in signals if not signal.weak) or tuple(signals)


def _is_beside_the_measure(context: ReadingContext, words: str) -> bool:
    """Return whether a sentence recalls the past, gives a reason, or says that something stays as it is."""
    lexicon = context.lexicon
    if lexicon.get_pattern("relation.present").search(words):
        return False
    gives_reason = lexicon.get_pattern("direction.reason").search(words) is not None
    return gives_reason or is_recital(lexicon, words, context.told_on)


def compare_thresholds(words: str, lexicon: Lexicon) -> Direction | None:
    """Return which way a replaced figure moves a control: 16 kW or more, now 12 kW or more, covers more."""
    for hit in lexicon.get_pattern("direction.replaced").finditer(words):
        old, new = (hit["old"] or hit["old_en"] or ""), (hit["new"] or hit["new_en"] or "")
        before, after = (
            [float(figure.replace(",", "")) for figure in FIGURES.findall(part)] for part in (old, new)
        )
        if DAY_WORDS.search(f"{old}{new}"):
            continue
        if "可以" in old and "应当" in new:
            return Direction.TIGHTEN
        pairs = [(a, b) for a, b in zip(before, after, strict=False) if a != b]
        if len(before) != len(after) or not pairs:
            continue
        a, b = pairs[0]
        if PERIOD_WORDS.search(f"{old}{new}"):  # a licence is valid for six months, not for a year
            months, later = _count_months(old), _count_months(new)
            if months and later and months != later:
                return Direction.TIGHTEN if later < months else Direction.RELAX
        if FINE_WORDS.search(f"{old}{words}"):  # a higher fine is stricter
            return Direction.TIGHTEN if pairs[0][1] > pairs[0][0] else Direction.RELAX
        at_most = lexicon.get_pattern("direction.at-most").search(f"{old} {new}")
        return Direction.TIGHTEN if (b < a) != bool(at_most) else Direction.RELAX
    return None


def _count_months(words: str) -> int | None:
    """Return the months of a period (1年, 6个月), or None."""
    period = PERIOD.search(words)
    count = parse_numeral(period[1]) if period else None
    return count * (12 if period[2] == "年" else 1) if period and count else None


def read_title(context: ReadingContext) -> DirectionSignal | None:
    """Return what the title of an instrument says of the direction, or None."""
    text = context.text
    printed = text.title
    if not SUBJECT.search(printed) and (subject := SUBJECT_LINE.search(text.body[:SUBJECT_ZONE])):
        printed = f"{printed} {subject[0]}"  # the head ends at the number
    masked = mask_cited_titles(printed)
    for rule, pattern in compile_family(context.lexicon, "title"):
        if pattern.search(printed if "《" in rule.pattern else masked):
            if rule.of == NO_CONCLUSION:
                return None
            sentence = Sentence(0, text.title_end, text.title)
            return DirectionSignal(direction=Direction(rule.of), sentence=sentence, rule=rule.id)
    return None


def find_permit(context: ReadingContext) -> Sentence | None:
    """Return the sentence on a permit in a report on a new numbered notice; None for other texts."""
    told, permit = context.told_on, context.lexicon.get_pattern("direction.permit")
    years = {mention.number.year for mention in context.identity.number_mentions if mention.number.issuers}
    if not context.identity.is_report or (told and told.year not in years) or not years:
        return None
    return next((sentence for sentence in context.text.sentences if permit.search(sentence.words)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectionFinding:
    """The one direction of a text, and the sentence that it rests on."""

    direction: Direction
    rule: str
    sentence: Sentence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectionInputs:
    """What decides the direction of a text."""

    kind: NoticeKind
    signals: tuple[DirectionSignal, ...]
    title: DirectionSignal | None = None  #: what the title of an instrument says
    is_operative: bool  #: a spokesperson's answer that itself stops or suspends a measure
    is_framework: bool  #: the text is about a law that founds a control
    is_instrument: bool  #: it has the form of an authority's own act
    is_report: bool  #: it tells of another's
    permit: Sentence | None  #: of a report on a numbered notice: the sentence that speaks of a permit
    is_procedural: bool  #: it only says how licences are applied for and handled


#: Tried in this order, before the signals: the first that applies decides.
DIRECTION_RULES: tuple[tuple[str, Direction, Callable[[DirectionInputs], bool]], ...] = (
    ("direction.draft", Direction.NEUTRAL, lambda case: case.kind == NoticeKind.DRAFT),
    (
        "direction.framework-law",
        Direction.TIGHTEN,
        lambda case: (
            case.is_framework
            and (
                case.kind in {NoticeKind.LAW, NoticeKind.REGULATION}
                or (case.kind == NoticeKind.NEWS and not case.signals)
            )
        ),
    ),
    (
        "direction.procedure",
        Direction.NEUTRAL,
        lambda case: case.is_procedural and case.is_instrument,
    ),
    (
        "direction.explains",
        Direction.CLARIFY,
        lambda case: (
            not case.is_operative
            and not case.is_report
            and case.kind in {NoticeKind.FAQ, NoticeKind.GUIDANCE, NoticeKind.SPOKESPERSON}
        ),
    ),
)


def choose_direction(case: DirectionInputs) -> DirectionFinding:
    """Return one direction: of an instrument its strictest part, of a report its opening."""
    for rule, direction, applies in DIRECTION_RULES:
        if applies(case):
            return DirectionFinding(direction=direction, rule=rule)
    signals = case.signals
    if case.title is not None and case.is_instrument:
        return DirectionFinding(
            direction=case.title.direction, rule=case.title.rule, sentence=case.title.sentence
        )
    if case.is_operative:
        # What was listed before is background to an answer that stops or suspends it.
        signals = tuple(s for s in signals if s.direction != Direction.TIGHTEN) or signals
    if case.is_instrument or case.is_operative:
        signals = tuple(sorted(signals, key=lambda signal: STRICTNESS_ORDER.index(signal.direction)))
    if not signals and case.is_report and case.permit is not None:
        return DirectionFinding(
            direction=Direction.TIGHTEN, rule="direction.report-permit", sentence=case.permit
        )
    if not signals:
        return DirectionFinding(direction=Direction.NEUTRAL, rule="direction.nothing-moves")
    first = signals[0]
    return DirectionFinding(direction=first.direction, rule=first.rule, sentence=first.sentence)


def find_parts(signals: Iterable[DirectionSignal], overall: Direction) -> tuple[NoticePart, ...]:
    """Return the numbered parts whose direction differs from the whole."""
    parts: dict[str, NoticePart] = {}
    for signal in signals:
        clause = CLAUSE_NUMBER.match(signal.sentence.words)
        if clause and signal.direction not in {overall, Direction.NEUTRAL}:
            scope = clause[1].strip("、")
            parts.setdefault(scope, NoticePart(scope=scope, direction=signal.direction))
    return tuple(parts.values())
