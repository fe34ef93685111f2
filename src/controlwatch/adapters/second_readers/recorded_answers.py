"""Answers of a model that were recorded, one JSON object a line: replayed without a network."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from controlwatch.core.model.errors import UsageError
from controlwatch.core.second_opinion.instructions import ReaderQuestion, ReaderReply
from controlwatch.core.second_opinion.records import RecordedAnswer


def format_recorded_answer(answer: RecordedAnswer) -> str:
    """Return the line of a file for an answer, with its end."""
    return json.dumps(asdict(answer), ensure_ascii=False, sort_keys=True) + "\n"


def load_recorded_answers(path: Path) -> tuple[RecordedAnswer, ...]:
    """Return the answers of a file; raises `UsageError` naming the line that is none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the recorded answers in {path} cannot be read: {type(error).__name__}") from error
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
            answer = RecordedAnswer(**fields)
        except (ValueError, TypeError):
            raise UsageError(f"{path}, line {number}, is not a recorded answer") from None
        if not all(isinstance(text, str) for text in (answer.prompt, answer.text_sha256, answer.answer)):
            raise UsageError(f"{path}, line {number}, is not a recorded answer")
        found.append(answer)
    return tuple(found)


class RecordedReader:
    """Gives the answer that was recorded for the very same words about the very same text."""

    host = ""

    def __init__(self, answers: Iterable[RecordedAnswer]) -> None:
        self._answers = {(answer.prompt, answer.text_sha256): answer for answer in answers}
        models = sorted({answer.model for answer in self._answers.values()})
        self.model = " + ".join(models) or "no recording"

    def ask(self, question: ReaderQuestion) -> ReaderReply | None:
        """Return the recorded answer to a question; None where there is none."""
        found = self._answers.get((question.prompt_version, question.text_sha256))
        return None if found is None else ReaderReply(text=found.answer, tokens=0)

    def close(self) -> None:
        """Close nothing."""
