"""An answer is in one language: that of the question or, for a command, that of the chat.

Notices, parties and sources keep their own names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from controlwatch.adapters.catalog.vocabulary_loader import load_vocabulary
from controlwatch.bootstrap.question_app import open_question
from controlwatch.core.model import Language
from controlwatch.core.rendering.replies import Reply
from controlwatch.services.answer_question import QuestionResponder
from controlwatch.settings import Settings
from tests.languages import find_chinese, find_english

NOW = datetime(2026, 10, 20, 4, tzinfo=UTC)
COMMANDS = (
    "help", "latest", "latest battery", "latest 7", "latest MOFCOM", "show 2025-58", "show 2024-46", "status 2025-58",
    "status battery", "status dysprosium", "status neodymium", "lookup 8507.60", "lookup gallium", "lookup 3A001",
    "upcoming 90", "upcoming rare_earth 90", "upcoming 3000", "history gallium", "history 2024-46", "history battery.liion",
    "compare 2025-11-01 2025-11-15", "entity Skydio", "categories", "categories metal", "watchers", "review",
    # for a person or a channel
    "alerts", "team", "why 2025-58", "subscriptions", "mute battery 7", "pause 3", "subscribe battery",
    # mistakes
    "#3", "show", "status", "lookup", "entity", "mute", "categories zzz", "lookup 9999.99", "lookup 9Z999",
    "lookup unobtainium", "history unobtainium", "status MOFCOM 2025-6100", "status 61", "status 2026-02-31",
    "latest 2025-13-01", "latest 03/04/2026", "latest 31 Nov", "latest May 2026 7 June 2026 8 July 2026", "latest 2025-12",
    "status battery 2025-01-01 2025-02-01", "show 2025-58 2026-01-01", "compare battery", "compare 2025-11-15 2025-11-01",
    "status lithium battery", "latest 99999", "Zwiebelkuchen", "x" * 300, "hello", "upcoming next monday",
)  # fmt: skip
CHINESE = (
    "帮助", "最新", "最新 电池", "本周有什么变化", "显示 2025-58", "状态 稀土", "查询 镓", "镓能出口到美国吗", "即将 90",
    "历史 石墨", "比较 2025-11-01 2025-11-15", "实体 Skydio", "类别 金属", "监测", "待判定", "提醒记录", "团队", "我的订阅",
    "暂停 3", "状态 不明物", "状态 2026-02-31", "比较 2025-11-15 2025-11-01", "你好",
)  # fmt: skip


@pytest.fixture(scope="module")
def responder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QuestionResponder]:
    with open_question(Settings(state_dir=tmp_path_factory.mktemp("none"))) as app:
        yield QuestionResponder(queries=app.queries, vocabulary=load_vocabulary())


@pytest.fixture(scope="module")
def titles(responder: QuestionResponder) -> frozenset[str]:
    """The titles of notices, the names of sources and of parties, as they are in the reference database."""
    queries = responder.queries
    lines = queries.latest(now=NOW, limit=10_000)
    graph = queries.law.law.load_graph(tuple(line.key for line in lines))
    named = (
        item for instrument in graph.instruments.values() for item in (instrument.number, instrument.title)
    )
    sources = (line.name for line in queries.list_watchers())
    own = (text for line in lines for text in (line.title, line.title_en))
    return frozenset(text for text in (*own, *named, *sources) if " " in text or not text.isascii())


def answer(responder: QuestionResponder, text: str, chat: Language) -> Reply:
    question = replace(responder.understand(text, now=NOW), chat_language=chat)
    return responder.answer(question, now=NOW)


def list_words(reply: Reply) -> list[str]:
    """Every word of an answer besides the quotes."""
    rows = (part for row in reply.rows for part in (row.heading, row.body))
    return [reply.title, reply.note, *rows, *reply.cautions, *(offer.text for offer in reply.offers)]


@pytest.mark.parametrize("text", COMMANDS)
def test_a_command_is_answered_in_the_language_of_the_chat(
    responder: QuestionResponder, titles: frozenset[str], text: str
) -> None:
    chinese = answer(responder, text, "zh")
    assert (chinese.language, find_english(list_words(chinese), titles)) == ("zh", [])
    english = answer(responder, text, "en")
    own = [english.title, english.note, *(offer.text for offer in english.offers)]
    elements = {element.zh for element in responder.queries.law.subjects.elements.catalogue.elements}
    assert (english.language, find_chinese(own, titles | elements)) == ("en", [])


@pytest.mark.parametrize("text", CHINESE)
def test_a_chinese_question_is_answered_in_chinese_in_every_chat(
    responder: QuestionResponder, titles: frozenset[str], text: str
) -> None:
    assert find_english(list_words(answer(responder, text, "en")), titles) == []


@pytest.mark.parametrize("text", ["what changed this week?", "which categories are there?"])
def test_an_english_sentence_is_answered_in_english_in_a_chinese_chat(
    responder: QuestionResponder, text: str
) -> None:
    assert find_chinese([answer(responder, text, "zh").title]) == []


@pytest.mark.parametrize("text", ["本周有什么变化", "状态 锂电池", "最新 2025-12", "显示"])
def test_the_buttons_of_a_chinese_answer_ask_for_chinese_answers(
    responder: QuestionResponder, text: str
) -> None:
    offers = answer(responder, text, "en").offers
    assert offers
    for offer in offers:
        assert answer(responder, offer.value, "en").language == "zh"
