"""Which way a notice moves the control: the words of each sentence, then one direction for the whole."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from controlwatch.core.extraction.findings.compared_values import (
    compare_moved_days,
    compare_rates,
    compare_thresholds,
)
from controlwatch.core.extraction.findings.relation_verbs import find_reciting_number
from controlwatch.core.extraction.identity.identity import ReadingContext
from controlwatch.core.extraction.mentions.terms import find_phrase_ends, is_about_foreign_act, is_recital
from controlwatch.core.extraction.text.document_text import Sentence
from controlwatch.core.extraction.text.lexicon import (
    LATIN_WORD,
    NO_CONCLUSION,
    Lexicon,
    Rule,
    compile_family,
    lower_letters,
    matcher_for,
)
from controlwatch.core.extraction.text.masking import BLANK, blank_untouched, mask_cited_titles
from controlwatch.core.model import Direction, NoticeKind, NoticePart, Relation, Verb

STRICTNESS_ORDER = (Direction.TIGHTEN, Direction.SUSPEND, Direction.RESUME, Direction.RELAX)
#: A sentence says what is done before what it is done to: the first of these counts, and an imposed control
#: only where the sentence has none of them.
UNDOING_DIRECTIONS = (Direction.RESUME, Direction.SUSPEND, Direction.RELAX)
#: What a verb does to another notice, said as the direction of its control.
RELATED_DIRECTIONS = {Verb.SUSPENDS: Direction.SUSPEND, Verb.RESUMES: Direction.RESUME}
REPORT_RULE = ".report"  #: ends the id of a rule for the language of reports: weak in an instrument
OWN_SUBJECT = re.compile(r"(?<=号)[（(](关于[^（）()\n]{4,120})[）)]")  # 公告2028年第37号（关于…的公告）
NEAR_TITLE = 80  #: characters below a head in which the subject of a catalogue can stand
SUBJECT_ZONE = 600  #: characters of the body in which the subject can stand
CLAUSES = re.compile(r"[，；]|, |; ")


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
    masked = lexicon.get_pattern("direction.quoted-or-reason").sub(
        lambda hit: BLANK * len(hit[0]), mask_cited_titles(text.folded_text, lexicon)
    )
    masked = blank_untouched(masked, text.folded_text, lexicon)
    masked = lexicon.get_pattern("relation.relative-clause").sub(lambda hit: BLANK * len(hit[0]), masked)
    described = lexicon.get_pattern("direction.numbered-description")
    masked = described.sub(lambda hit: hit[1] + BLANK * len(hit[2]), masked)
    masked = lexicon.get_pattern("date.aside").sub(lambda hit: " " * len(hit[0]), masked)
    matcher = matcher_for(lexicon, "direction", *UNDOING_DIRECTIONS, Direction.TIGHTEN)
    act_ends = find_phrase_ends(lexicon, "acts", masked)
    changed, present = lexicon.get_pattern("direction.changed"), lexicon.get_pattern("direction.present")
    background = lexicon.get_pattern("direction.background")
    signals: list[DirectionSignal] = []
    for sentence in text.sentences:
        words = masked[sentence.start : sentence.end]
        has_act = bisect_right(act_ends, sentence.end) > bisect_right(act_ends, sentence.start)
        if not has_act and not LATIN_WORD.search(words) and not changed.search(words):
            continue
        is_background = background.search(words) is not None and present.search(words) is None
        if is_background and (context.news_day is None or is_recital(lexicon, words, context.news_day)):
            continue
        if _is_beside_the_measure(context, words) or _recites_another(context, sentence):
            continue
        if context.is_background(sentence.start) or context.is_beside_news(sentence.words):
            continue
        if lexicon.get_pattern("direction.repeals-suspension").search(sentence.words):
            signals.append(
                DirectionSignal(
                    direction=Direction.RESUME, sentence=sentence, rule="direction.repeals-suspension"
                )
            )
            continue
        if threshold := compare_thresholds(words, lexicon) or compare_rates(words, lexicon):
            signals.append(
                DirectionSignal(
                    direction=threshold, sentence=sentence, rule=f"direction.threshold-{threshold}"
                )
            )
            continue
        if moved := compare_moved_days(sentence.words, context):
            signals.append(
                DirectionSignal(direction=moved, sentence=sentence, rule=f"direction.day-moved-{moved}")
            )
            continue
        matches = [
            match
            for match in matcher.find_all(words)
            if not lexicon.get_pattern("direction.permission").search(
                words[max(0, match.start - 12) : match.end]
            )
            and not lexicon.get_pattern("direction.denial-before").search(
                words[max(0, match.start - 24) : match.start]
            )
            and not (
                match.rule.of == Direction.TIGHTEN
                and lexicon.get_pattern("direction.continuation").search(words[: match.end])
            )
        ]
        strong = [match for match in matches if not match.rule.weak]
        undoing = [match for match in strong if match.rule.of in UNDOING_DIRECTIONS]
        first = [match for match in strong if match.rule.first]
        if matches and not is_about_foreign_act(lexicon, words):
            rule = (first or undoing or strong or matches)[0].rule
            signals.append(
                DirectionSignal(
                    direction=Direction(rule.of),
                    sentence=sentence,
                    rule=rule.id,
                    weak=_is_weak(context, rule, words),
                )
            )
    if not signals and (composed := _compose_signal(context, masked)):
        signals.append(composed)
    return tuple(signal for signal in signals if not signal.weak) or tuple(signals)


def _is_weak(context: ReadingContext, rule: Rule, words: str) -> bool:
    """Return whether a rule only hints at the direction: a consequence, the words of reports, a subject."""
    get_pattern, identity = context.lexicon.get_pattern, context.identity
    # In a report a duty that begins on a day is the news; in a notice it follows from the control.
    is_news = identity.is_report and get_pattern("change.start-day").search(words)
    is_of_reports = identity.is_instrument and rule.id.endswith(REPORT_RULE)
    is_subject = get_pattern("direction.subject-clause").search(words) is not None
    return (rule.weak and not is_news) or is_of_reports or is_subject


def _recites_another(context: ReadingContext, sentence: Sentence) -> bool:
    """Return whether a sentence of an instrument only says what an older notice decided."""
    if not context.identity.is_instrument or context.lexicon.get_pattern("relation.present").search(
        sentence.words
    ):
        return False
    return find_reciting_number(context, sentence) is not None


def _is_beside_the_measure(context: ReadingContext, words: str) -> bool:
    """Return whether a sentence recalls the past, gives a reason, or says that something stays as it is."""
    lexicon = context.lexicon
    if lexicon.get_pattern("relation.present").search(words):
        return False
    if context.identity.is_report and lexicon.get_pattern("direction.asked").search(words):
        return True
    gives_reason = lexicon.get_pattern("direction.reason").search(words) is not None
    return gives_reason or is_recital(lexicon, words, context.news_day)


def _compose_signal(context: ReadingContext, masked: str) -> DirectionSignal | None:
    """Return which way the first clause moves a control that raises or lowers something, or None.

    What is raised or lowered decides: more control is stricter, more of a relief is not.
    """
    lexicon = context.lexicon
    for sentence in context.text.sentences:
        words = lower_letters(masked[sentence.start : sentence.end])
        if (sentence.start < context.text.title_end) == context.identity.is_instrument:
            continue  # of a report the headline sums up; that of an instrument has rules of its own
        if is_about_foreign_act(lexicon, sentence.words) or _is_beside_the_measure(context, words):
            continue
        for clause in CLAUSES.split(words):
            if direction := _weigh_clause(clause, lexicon):
                rule = f"direction.composed-{direction}"
                return DirectionSignal(direction=direction, sentence=sentence, rule=rule, weak=True)
    return None


def _weigh_clause(clause: str, lexicon: Lexicon) -> Direction | None:
    """Return which way a clause moves a control by what it raises or lowers; of two verbs the last counts."""
    moves = [
        (hit.start(), is_more)
        for name, is_more in (("direction.more", True), ("direction.less", False))
        for hit in lexicon.get_pattern(name).finditer(clause)
    ]
    is_relief = lexicon.get_pattern("direction.relief").search(clause) is not None
    if not moves or not (is_relief or lexicon.get_pattern("direction.control").search(clause)):
        return None
    is_more = max(moves)[1]
    return Direction.TIGHTEN if is_more != is_relief else Direction.RELAX


def read_title(context: ReadingContext) -> DirectionSignal | None:
    """Return what the title of an instrument says of the direction, or None.

    A clause in place of a title (现就…有关事项公告如下) is weak: it names a measure, not what is done to it.
    """
    get_pattern = context.lexicon.get_pattern
    text = context.text
    printed, is_weak = text.title, False
    if not get_pattern("direction.subject").search(printed) and (
        subject := get_pattern("direction.subject-line").search(text.body[:SUBJECT_ZONE])
    ):
        printed = f"{printed} {subject[0]}"  # the head ends at the number
    elif not get_pattern("direction.subject").search(printed) and (
        clause := get_pattern("direction.subject-clause").search(text.body[:SUBJECT_ZONE])
    ):
        printed, is_weak = f"{printed} {clause[1]}", True
    printed = lower_letters(OWN_SUBJECT.sub(r" \1", printed))
    masked = mask_cited_titles(printed, context.lexicon)
    for rule, pattern in compile_family(context.lexicon, "title"):
        if pattern.search(printed if "《" in rule.pattern else masked):
            if rule.of == NO_CONCLUSION:
                return None
            sentence = Sentence(0, text.title_end, text.title)
            return DirectionSignal(
                direction=Direction(rule.of), sentence=sentence, rule=rule.id, weak=is_weak
            )
    return None


def weigh_catalogue(context: ReadingContext) -> DirectionSignal | None:
    """Return which way a yearly catalogue moves a control by what it adds or drops; None for other texts."""
    text, get_pattern = context.text, context.lexicon.get_pattern
    if not get_pattern("direction.catalogue-title").search(text.folded_text[: text.title_end + NEAR_TITLE]):
        return None
    for name, direction in (
        ("direction.catalogue-grows", Direction.TIGHTEN),
        ("direction.catalogue-shrinks", Direction.RELAX),
    ):
        for sentence in text.sentences:
            if get_pattern(name).search(sentence.words):
                return DirectionSignal(direction=direction, sentence=sentence, rule=name)
    return None


def relate_direction(relations: Iterable[Relation], lexicon: Lexicon, folded: str) -> Direction | None:
    """Return which way the notices move that a text puts to rest, wakes or prolongs; None if not one way.

    What is prolonged is a suspension where the text speaks of one.
    """
    found = {
        RELATED_DIRECTIONS[relation.verb] for relation in relations if relation.verb in RELATED_DIRECTIONS
    }
    if not found and any(relation.verb == Verb.EXTENDS for relation in relations):
        rests = lexicon.get_pattern("relation.rests").search(folded)
        return Direction.SUSPEND if rests else None
    return found.pop() if len(found) == 1 else None


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
    title: DirectionSignal | None = None  #: what the title of an instrument says, or its catalogue
    is_operative: bool  #: a spokesperson's answer that itself stops or suspends a measure
    is_framework: bool  #: the text is about a law that founds a control
    is_instrument: bool  #: it has the form of an authority's own act
    is_report: bool  #: it tells of another's
    stops_in_title: bool = False  #: its title says that something stops, not that it is repealed
    is_rulebook: bool = False  #: it publishes rules, and is no more than them
    is_vague_headline: bool = False  #: its title says only that something is eased; the text says how
    related: Direction | None = None  #: of what an instrument does to another notice
    permit: Sentence | None  #: of a report on a numbered notice: the sentence that speaks of a permit
    is_procedural: (
        bool  #: it only says how licences are applied for and handled, or leaves the scope as it is
    )


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
        "direction.rulebook",
        Direction.NEUTRAL,
        lambda case: (
            case.is_rulebook
            and case.title is None
            and {signal.direction for signal in case.signals} == {Direction.RELAX}
        ),
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
    title = case.title
    is_topic = title is not None and title.weak and title.direction == Direction.TIGHTEN
    is_undone = any(not s.weak and s.direction in UNDOING_DIRECTIONS for s in signals)
    rests = next((s for s in signals if not s.weak and s.direction == Direction.SUSPEND), None)
    if case.stops_in_title and rests is not None and case.is_instrument:  # for a time, as the body says
        return DirectionFinding(direction=rests.direction, rule=rests.rule, sentence=rests.sentence)
    if title is not None and case.is_instrument and not (is_topic and is_undone):
        return DirectionFinding(direction=title.direction, rule=title.rule, sentence=title.sentence)
    if case.is_operative:
        # What was listed before is background to an answer that stops or suspends it.
        signals = tuple(s for s in signals if s.direction != Direction.TIGHTEN) or signals
    if case.is_instrument or case.is_operative:
        signals = tuple(sorted(signals, key=lambda signal: STRICTNESS_ORDER.index(signal.direction)))
    if all(signal.weak for signal in signals) and (inferred := _infer_direction(case)):
        return inferred
    first = signals[0]
    if case.is_vague_headline and first.direction == Direction.RELAX and not case.is_instrument:
        first = next((s for s in signals[1:2] if s.direction == Direction.SUSPEND), first)
    return DirectionFinding(direction=first.direction, rule=first.rule, sentence=first.sentence)


def _infer_direction(case: DirectionInputs) -> DirectionFinding | None:
    """Return a direction that no sentence states; None where one at least hints at it."""
    if case.is_instrument and case.related is not None:
        return DirectionFinding(direction=case.related, rule="direction.of-relation")
    if case.signals:
        return None
    if case.is_report and case.permit is not None:
        return DirectionFinding(
            direction=Direction.TIGHTEN, rule="direction.report-permit", sentence=case.permit
        )
    return DirectionFinding(direction=Direction.NEUTRAL, rule="direction.nothing-moves")


def find_parts(
    signals: Iterable[DirectionSignal], overall: Direction, lexicon: Lexicon
) -> tuple[NoticePart, ...]:
    """Return the numbered parts whose direction differs from the whole."""
    parts: dict[str, NoticePart] = {}
    for signal in signals:
        clause = lexicon.get_pattern("direction.clause-number").match(signal.sentence.words)
        if clause and signal.direction not in {overall, Direction.NEUTRAL}:
            scope = clause[1].strip("、")
            parts.setdefault(scope, NoticePart(scope=scope, direction=signal.direction))
    return tuple(parts.values())
