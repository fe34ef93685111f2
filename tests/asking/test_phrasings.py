"""How people ask, in English, Chinese and both: each phrasing means one command, or is asked back."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.catalog.vocabulary_loader import load_vocabulary
from controlwatch.core.asking.question import Question, parse_question

TODAY = date(2026, 11, 30)
TABLE = Path(__file__).with_name("phrasings.txt").read_text(encoding="utf-8")
PHRASINGS = [
    tuple(part.strip() for part in line.split(" => "))
    for line in TABLE.splitlines()
    if (line and not line.startswith("#")) or line.startswith("#3")
]


def ask(text: str) -> Question:
    return parse_question(text, load_vocabulary(), load_lexicon(), today=TODAY)


@pytest.mark.parametrize(("text", "expected"), PHRASINGS, ids=[text for text, _ in PHRASINGS])
def test_a_phrasing_means_one_command(text: str, expected: str) -> None:
    question = ask(text)
    if problem := re.fullmatch(r'! (\w+) "(.+)"', expected):
        assert (question.intent, problem[2] in question.problem) == (problem[1], True), question
        return
    assert question.problem == ""
    command = f"{question.write_command()}{f' to {question.destination}' if question.destination else ''}"
    assert command == expected
