"""Answers are written for people: days in words, names of items and lists; ids and ISO days belong to JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from controlwatch.adapters.catalog.vocabulary_loader import load_vocabulary
from controlwatch.bootstrap.question_app import open_question
from controlwatch.core.rendering.replies import Reply
from controlwatch.services.answer_question import QuestionResponder
from controlwatch.settings import Settings

NOW = datetime(2026, 10, 20, 4, tzinfo=UTC)
ISO_DAY = re.compile(r"\b\d{4}-\d\d-\d\d\b")
QUESTIONS = (
    "latest", "latest battery", "latest rare earth", "show 2025-58", "show 2024-46", "status 2025-58", "status battery",
    "status dysprosium", "lookup 8507.60", "lookup gallium", "lookup 镝", "upcoming 90", "upcoming rare_earth 90",
    "history gallium", "history 2024-46", "compare 2025-11-01 2025-11-15", "entity Skydio", "entity Zwiebelkuchen Allgäu",
)  # fmt: skip


@pytest.fixture(scope="module")
def responder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QuestionResponder]:
    with open_question(Settings(state_dir=tmp_path_factory.mktemp("none"))) as app:
        yield QuestionResponder(queries=app.queries, vocabulary=load_vocabulary())


def answered(responder: QuestionResponder, text: str, now: datetime = NOW) -> Reply:
    return responder.answer(responder.understand(text, now=now), now=now)


def list_words(reply: Reply) -> list[str]:
    """What a reader sees, without the words of notices and the addresses."""
    rows = [part for row in reply.rows for part in (row.heading, re.sub(r"https?://\S+", "", row.body))]
    return [reply.title, reply.note, *rows, *reply.cautions]


@pytest.mark.parametrize("text", QUESTIONS)
def test_an_answer_has_no_iso_day_and_no_id_of_a_category(responder: QuestionResponder, text: str) -> None:
    words = list_words(answered(responder, text))
    assert [line for line in words if ISO_DAY.search(line)] == []
    lexicon = responder.queries.names.lexicon
    ids = {name for name in lexicon.category_ids if "." in name or "_" in name}
    shown = {word.strip(",;()") for line in words for word in line.split()}
    assert shown & ids == set()
