"""Record the answers of a second reader to a list of documents, so that they can be replayed and measured."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.model.errors import UnusableAnswer
from controlwatch.core.second_opinion.instructions import ReaderQuestion, build_reading_question
from controlwatch.core.second_opinion.limits import MAX_FAULTS
from controlwatch.core.second_opinion.records import RecordedAnswer
from controlwatch.core.second_opinion.sent_text import SentText
from controlwatch.services.second_opinions import SecondReader


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingPlan:
    """What is to be asked, before anything is sent."""

    questions: tuple[ReaderQuestion, ...]
    kept: int = 0  #: texts whose answers are there already

    @property
    def tokens(self) -> int:
        """About how many tokens all questions and answers have, rather too many."""
        return sum(question.estimate_cost() for question in self.questions)


@dataclass(slots=True, kw_only=True)
class RecordingResult:
    """What became of a recording."""

    recorded: int = 0
    tokens: int = 0
    failed: int = 0
    last_fault: str = ""
    is_ended: bool = False  #: the host failed several times in a row, and the rest was not asked


def build_case_question(text: str, lexicon: Lexicon) -> tuple[SentText, ReaderQuestion]:
    """Return what is sent of a document, whose first line is its title, and the question about it."""
    title, _, body = text.partition("\n")
    sent = SentText.from_parts(title, body)
    return sent, build_reading_question(sent, (category.id for category in lexicon.categories))


def plan_recording(texts: Iterable[str], lexicon: Lexicon, kept: Collection[RecordedAnswer]) -> RecordingPlan:
    """Return the questions about texts that no kept answer is about, each text once."""
    known = {(answer.prompt, answer.text_sha256) for answer in kept}
    questions: dict[str, ReaderQuestion] = {}
    found = 0
    for text in texts:
        if not text.strip():
            continue
        _, question = build_case_question(text, lexicon)
        if (question.prompt_version, question.text_sha256) in known:
            found += 1
        else:
            questions.setdefault(question.text_sha256, question)
    return RecordingPlan(questions=tuple(questions.values()), kept=found)


def record_answers(
    reader: SecondReader,
    plan: RecordingPlan,
    keep: Callable[[RecordedAnswer], None],
    *,
    on_progress: Callable[[int, int, str], None] = lambda _done, _total, _title: None,
) -> RecordingResult:
    """Ask each question once, and keep each answer as it comes; end where the host fails again and again."""
    result, faults = RecordingResult(), 0
    for place, question in enumerate(plan.questions):
        on_progress(place, len(plan.questions), "")
        try:
            reply = reader.ask(question)
        except UnusableAnswer as error:
            faults += 1
            result.failed += 1
            result.last_fault = str(error)
            if faults >= MAX_FAULTS:
                result.is_ended = True
                break
            continue
        faults = 0
        if reply is None:
            continue
        tokens = reply.tokens if reply.tokens is not None else question.estimate_cost()
        keep(
            RecordedAnswer(
                prompt=question.prompt_version,
                model=reader.model,
                text_sha256=question.text_sha256,
                answer=reply.text,
                tokens=tokens,
            )
        )
        result.recorded += 1
        result.tokens += tokens
    return result
