"""Real HTTP to a host that speaks both interfaces: each answer in one form, each fault in one sentence."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from controlwatch.adapters.catalog.lexicon_loader import load_second_reader
from controlwatch.adapters.second_readers.chat_completions import ChatCompletionsReader
from controlwatch.adapters.second_readers.messages_tool import MessagesToolReader
from controlwatch.adapters.second_readers.model_endpoint import ModelAddress
from controlwatch.adapters.second_readers.recorded_answers import (
    RecordedReader,
    format_recorded_answer,
    load_recorded_answers,
)
from controlwatch.adapters.second_readers.wording_reader import WordingReader
from controlwatch.core.model.errors import UnusableAnswer, UsageError
from controlwatch.core.second_opinion.answer_schema import AnswerField, parse_answer
from controlwatch.core.second_opinion.instructions import build_prose_question, build_reading_question
from controlwatch.core.second_opinion.opinion import Purpose
from controlwatch.core.second_opinion.records import RecordedAnswer
from controlwatch.core.second_opinion.sent_text import SentText
from controlwatch.testing.model_host import ModelHost
from tests.second_opinion.making import SAME, SENT, to_json
from tests.waiting import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from controlwatch.services.second_opinions import SecondReader
    from controlwatch.testing.model_host import Fault

QUESTION = build_reading_question(SENT, ["minor_metals.gallium"])
INTERFACES = ("openai", "anthropic")


@pytest.fixture
def host() -> Iterator[ModelHost]:
    with ModelHost(say=lambda _text: json.loads(to_json(SAME))) as opened:
        yield opened


def connect(host: ModelHost, interface: str, *, key: str = "", seconds: float = PATIENCE) -> SecondReader:
    key = key or host.key
    if interface == "openai":
        return ChatCompletionsReader(ModelAddress(url=host.chat_url, key=key, seconds=seconds), "a-model")
    return MessagesToolReader(ModelAddress(url=host.origin, key=key, seconds=seconds), "a-model")


@pytest.mark.parametrize("interface", INTERFACES)
def test_a_host_is_sent_the_text_once_and_its_answer_comes_back_with_the_tokens(
    host: ModelHost, interface: str
) -> None:
    reply = connect(host, interface).ask(QUESTION)
    assert reply is not None
    assert {item.field for item in parse_answer(reply.text).items} == set(AnswerField)
    assert reply.tokens == 1234
    assert host.told == [SENT.text]


@pytest.mark.parametrize("interface", INTERFACES)
def test_the_question_has_no_history_and_no_randomness(host: ModelHost, interface: str) -> None:
    connect(host, interface).ask(QUESTION)
    (asked,) = host.asked
    body = json.loads(asked.body)
    assert len([message for message in body["messages"] if message["role"] == "user"]) == 1
    assert (body["stream"], body["temperature"]) == (False, 0)


@pytest.mark.parametrize("interface", INTERFACES)
@pytest.mark.parametrize(
    "fault",
    [
        "server error",
        "rate limit",
        "too long",
        "broken JSON",
        "a stream",
        "a list",
        "cut off",
        "no content",
        "deep nesting",
        "redirect",
        "connection closed",
    ],
)
def test_every_fault_of_a_host_is_one_error_after_one_try(
    host: ModelHost, interface: str, fault: Fault
) -> None:
    host.fault = fault
    with pytest.raises(UnusableAnswer) as error:
        connect(host, interface).ask(QUESTION)
    assert len(host.asked) == 1
    assert str(error.value).startswith("127.0.0.1 ")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("interface", INTERFACES)
def test_a_host_that_sends_byte_after_byte_is_left_when_the_time_is_up(
    host: ModelHost, interface: str
) -> None:
    host.fault = "slow bytes"
    with pytest.raises(UnusableAnswer):
        connect(host, interface, seconds=0.3).ask(QUESTION)


@pytest.mark.parametrize("interface", INTERFACES)
def test_no_error_shows_the_key(host: ModelHost, interface: str) -> None:
    key = "sk-a-secret-that-the-host-repeats"
    reader = connect(host, interface, key=key)
    with pytest.raises(UnusableAnswer) as error:
        reader.ask(QUESTION)
    assert "401" in str(error.value)
    assert key not in f"{error.value} {ModelAddress(url=host.origin, key=key)!r} {reader!r}"


def test_a_host_without_schemas_is_asked_for_any_json_with_the_schema_in_words(host: ModelHost) -> None:
    host.unknown_parameters = ("json_schema",)
    reader = connect(host, "openai")
    assert reader.ask(QUESTION) is not None
    assert reader.ask(QUESTION) is not None
    forms = [json.loads(asked.body)["response_format"]["type"] for asked in host.asked]
    assert forms == ["json_schema", "json_object", "json_object"]
    instructions = json.loads(host.asked[1].body)["messages"][0]["content"]
    assert json.loads(instructions.partition("schema of the object: ")[2]) == QUESTION.schema


def test_a_parameter_that_a_host_names_in_its_refusal_is_not_sent_again(host: ModelHost) -> None:
    host.unknown_parameters = ("json_schema", "temperature", "seed")
    reader = connect(host, "openai")
    assert reader.ask(QUESTION) is not None
    assert {"temperature", "seed"}.isdisjoint(json.loads(host.asked[-1].body))
    assert len(host.told) == 1


def test_a_host_that_names_another_parameter_for_the_length_is_asked_with_that_one(host: ModelHost) -> None:
    host.unknown_parameters = ("max_tokens",)
    assert connect(host, "openai").ask(QUESTION) is not None
    first, second = (json.loads(asked.body) for asked in host.asked)
    assert second["max_completion_tokens"] == first["max_tokens"]
    assert "max_tokens" not in second


def test_a_model_that_takes_no_temperature_is_asked_without_and_stays_so(host: ModelHost) -> None:
    host.unknown_parameters = ("temperature",)
    reader = connect(host, "anthropic")
    assert reader.ask(QUESTION) is not None
    assert reader.ask(QUESTION) is not None
    assert ["temperature" in json.loads(asked.body) for asked in host.asked] == [True, False, False]
    assert len(host.told) == 2


def test_an_answer_that_was_recorded_is_replayed_for_the_same_words_about_the_same_text(
    tmp_path: Path,
) -> None:
    kept = RecordedAnswer(
        prompt=QUESTION.prompt_version,
        model="a-model",
        text_sha256=QUESTION.text_sha256,
        answer=to_json(SAME),
        tokens=1234,
    )
    file = tmp_path / "answers.jsonl"
    file.write_text(format_recorded_answer(kept), encoding="utf-8")
    reader = RecordedReader(load_recorded_answers(file))
    reply = reader.ask(QUESTION)
    assert reply is not None
    assert reply.text == kept.answer
    assert reader.ask(build_reading_question(SENT, ["another.category"])) is None
    assert reader.ask(build_reading_question(SentText(text="another text"), ["minor_metals.gallium"])) is None
    assert (reader.model, reader.host) == ("a-model", "")


@pytest.mark.parametrize("line", ["no JSON", "{}", '{"prompt": 1}', "[]"])
def test_a_line_that_is_not_a_recorded_answer_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "answers.jsonl"
    file.write_text(f"\n{line}\n", encoding="utf-8")
    with pytest.raises(UsageError, match="line 2"):
        load_recorded_answers(file)


def test_the_model_of_the_package_says_what_it_takes_for_an_instrument_and_sends_nothing() -> None:
    reader = WordingReader(load_second_reader())
    reply = reader.ask(QUESTION)
    assert reply is not None
    (item,) = parse_answer(reply.text).items
    assert (item.field, item.value) == (AnswerField.IS_CHANGE, "true")
    assert SENT.find_quote(item.quote)
    news = build_reading_question(SentText(text="菊花展开幕\n市民可以免费参观。"), [])
    assert reader.ask(news) is None
    assert reader.ask(build_prose_question(Purpose.TRANSLATION, SENT, "en")) is None
    assert reader.host == ""
