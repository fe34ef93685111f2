"""What a language model adds to the rules, measured on its recorded answers: `make eval ARGS=--second=recorded`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.second_readers.recorded_answers import RecordedReader, load_recorded_answers
from controlwatch.core.model import Attention, to_notice_key
from controlwatch.core.model.errors import UnusableAnswer
from controlwatch.core.second_opinion.answer_schema import AnswerField, parse_answer
from controlwatch.core.second_opinion.comparison import compare_answer
from controlwatch.core.second_opinion.opinion import SecondDoubt, SecondOpinion
from controlwatch.services.second_recordings import build_case_question
from tests.evaluation.cases import CaseReading
from tests.evaluation.judge import fold_code, fold_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tests.evaluation.cases import Case

NO_RECORDING = (
    "no answer of a real model is recorded for these texts: nothing is known of its quality "
    "(controlwatch second record)"
)
CHANGE_DOUBTS = frozenset({AnswerField.IS_CHANGE})


@dataclass(frozen=True, kw_only=True)
class OpinionOnCase:
    """What follows from the recorded answer to a case."""

    reading: CaseReading
    opinion: SecondOpinion | None  #: None: the answer has another form than the one asked for
    items: int = 0  #: entries of the answer

    @property
    def asks_for_a_look(self) -> bool:
        """Whether a person would look at a text that the rules did not take for a change."""
        found = self.opinion
        if found is None or self.reading.notice.is_change:
            return False
        return bool(found.review) or any(doubt.field in CHANGE_DOUBTS for doubt in found.doubts)


def replay_answers(readings: Iterable[CaseReading], file: Path) -> Iterator[OpinionOnCase]:
    """Yield what follows from the recorded answers; nothing for texts without one."""
    reader, lexicon = RecordedReader(load_recorded_answers(file)), load_lexicon()
    for reading in readings:
        sent, question = build_case_question(reading.text, lexicon)
        reply = reader.ask(question)
        if reply is None:
            continue
        try:
            answer = parse_answer(reply.text)
        except UnusableAnswer:
            yield OpinionOnCase(reading=reading, opinion=None)
            continue
        was_told = reading.notice.attention is not Attention.NONE
        opinion = compare_answer(answer, sent, reading.notice, lexicon, was_told=was_told)
        yield OpinionOnCase(reading=reading, opinion=opinion, items=len(answer.items) + answer.malformed)


def measure_answers(found: Iterable[OpinionOnCase]) -> dict[str, tuple[float, float, float]]:
    """Return each figure with its count and of how many."""
    cases = list(found)
    opinions = [(one.reading.case, one.opinion) for one in cases if one.opinion is not None]
    items = sum(one.items for one in cases)
    judged = [
        right
        for case, opinion in opinions
        for doubt in opinion.doubts
        if (right := is_right(doubt, case)) is not None
    ]
    doubts = sum(len(opinion.doubts) for _, opinion in opinions)
    missed = [one for one in cases if one.reading.case.is_change and not one.reading.notice.is_change]
    neither = [one for one in cases if one.reading.case.is_neither]
    counts = {
        "answers of use": (len(opinions), len(cases)),
        "quotes refused": (sum(opinion.refused_quotes for _, opinion in opinions), items),
        "values refused": (sum(opinion.refused_values for _, opinion in opinions), items),
        "doubts per text": (doubts, len(opinions)),
        "doubts right": (sum(judged), len(judged)),
        "changes rescued": (sum(one.asks_for_a_look for one in missed), len(missed)),
        "noise": (sum(one.asks_for_a_look for one in neither), len(neither)),
    }
    return {name: (count / of if of else 0.0, count, of) for name, (count, of) in counts.items()}


def is_right(doubt: SecondDoubt, case: Case) -> bool | None:
    """Return whether the labels of a case agree with a doubt; None where they leave that open."""
    if doubt.field is AnswerField.IS_CHANGE:
        return case.is_change is (doubt.value == "true")
    if doubt.field is AnswerField.DIRECTION:
        return doubt.value in case.list_allowed("direction") if case.is_judged("direction") else None
    if doubt.field is AnswerField.NUMBER:
        return _fold_key(doubt.value) in map(_fold_key, case.list_allowed("number"))
    if doubt.field is AnswerField.EFFECTIVE:
        dates = [*case.list_tables("effective"), *case.list_tables("deadlines")]
        return any(doubt.value in {entry.get(key) for key in ("start", "until", "date")} for entry in dates)
    if doubt.field is AnswerField.RELATIONS:
        verb, _, target = doubt.value.partition(" ")
        acts = [
            (entry.get("verb"), _fold_key(entry.get("target"))) for entry in case.list_tables("relations")
        ]
        return (verb, _fold_key(target)) in acts
    return _is_listed(doubt, case)


def _fold_key(number: object) -> str:
    """Return a number without the issuers behind the first: copies of a joint notice name one or all."""
    return fold_number(to_notice_key(str(number or "")))


def _is_listed(doubt: SecondDoubt, case: Case) -> bool | None:
    names = {
        AnswerField.CODES: ("hs_codes", "control_codes"),
        AnswerField.CATEGORIES: ("categories",),
        AnswerField.PARTIES: ("entities",),
    }[doubt.field]
    keys = ("code", "id", "zh", "en")
    labels = [entry for name in names for entry in (*case.list_values(name), *case.list_optional(name))]
    if all(case.labels.get(name) is None for name in names):
        return None
    texts = {
        text
        for entry in labels
        for text in (map(entry.get, keys) if isinstance(entry, dict) else (entry,))
        if text
    }
    return fold_code(doubt.value) in map(fold_code, texts)


def draw_answers(found: Iterable[OpinionOnCase]) -> str:
    """Return the figures of recorded answers; or that there is no recording, and so no figure."""
    cases = list(found)
    if not cases:
        return NO_RECORDING
    lines = [f"recorded answers   {len(cases)} texts"]
    for name, (figure, count, of) in measure_answers(cases).items():
        lines.append(f"{name:<18}{figure:>7.3f}  {count:>4.0f}/{of:.0f}")
    return "\n".join(lines)
