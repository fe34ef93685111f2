"""`controlwatch second` and the doctor: what leaves the house, what it has cost, and a recording."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from controlwatch.bootstrap.second_reader_setup import choose_second_sources
from controlwatch.cli.complete import app
from controlwatch.core.model.errors import DeclarationError, UsageError
from controlwatch.doctor import check_installation
from controlwatch.settings import Settings
from controlwatch.testing.model_host import ModelHost
from controlwatch.testing.sites import Sites
from tests.cli.test_service import DECLARATION
from tests.services.second_reader import let_say
from tests.services.world import WATCHER, other
from tests.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.processes import RunningService

KEY = "key-of-the-stand-in"


@pytest.fixture
def host() -> Iterator[ModelHost]:
    with ModelHost(key=KEY) as opened:
        yield opened


@pytest.fixture
def environment(tmp_path: Path, host: ModelHost) -> dict[str, str]:
    """The settings of an installation with a second reader."""
    key = tmp_path / "key"
    key.write_text(f"{KEY}\n", encoding="utf-8")
    return {
        "CONTROLWATCH_STATE_DIR": str(tmp_path / "state"),
        "CONTROLWATCH_SECOND_READER": "openai",
        "CONTROLWATCH_SECOND_READER_URL": host.chat_url,
        "CONTROLWATCH_SECOND_READER_MODEL": "a-model",
        "CONTROLWATCH_SECOND_READER_KEY_FILE": str(key),
    }


def types(environment: dict[str, str], *words: str, answer: str = "") -> str:
    """Type a command, and return what it printed."""
    plain = {"COLUMNS": "300", "NO_COLOR": "1"}
    done = CliRunner().invoke(app, list(words), env=environment | plain, input=answer)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


def test_the_doctor_says_what_leaves_the_house_and_to_which_host(environment: dict[str, str]) -> None:
    settings = Settings.parse(environment)
    said = [check.message for check in check_installation(settings) if "second reader" in check.message]
    (sentence,) = said
    assert "to 127.0.0.1 (model a-model)" in sentence
    assert "2,000,000 tokens a month" in sentence
    assert KEY not in sentence


def test_the_doctor_warns_of_texts_that_may_be_private_and_of_an_address_without_encryption(
    environment: dict[str, str],
) -> None:
    changed = {
        "CONTROLWATCH_SECOND_READER_URL": "http://models.example/v1",
        "CONTROLWATCH_SECOND_READER_SOURCES": "intake",
    }
    settings = Settings.parse(environment | changed)
    said = "\n".join(check.message for check in check_installation(settings))
    assert "may be private, because they are named: intake" in said
    assert "sent to models.example is not encrypted" in said


@pytest.mark.parametrize("missing", ["URL", "MODEL"])
def test_a_setting_that_is_missing_is_named_at_the_start(environment: dict[str, str], missing: str) -> None:
    del environment[f"CONTROLWATCH_SECOND_READER_{missing}"]
    with pytest.raises(DeclarationError, match=f"SECOND_READER_{missing}"):
        types(environment, "second", "status")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("URL", "ftp://host"),
        ("URL", "https://user:secret@host/v1"),
        ("MONTHLY_TOKENS", "many"),
        ("TIMEOUT", "0"),
        ("SOURCES", "no-such-source"),
        ("", "some-gateway"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_its_key(
    environment: dict[str, str], name: str, value: str
) -> None:
    key = f"CONTROLWATCH_SECOND_READER_{name}".rstrip("_")
    with pytest.raises(DeclarationError, match=key) as error:
        types(environment | {key: value}, "second", "status")
    assert "secret" not in str(error.value)


def test_texts_of_the_mailbox_and_of_people_are_sent_only_where_they_are_named() -> None:
    mailbox = other("mailbox", "https://mail.example")
    press = other("press", "https://press.example", role="secondary")
    watchers = (WATCHER, mailbox, press)
    assert choose_second_sources(Settings(), watchers) == {"ministry"}
    named = Settings(second_reader_sources="ministry, mailbox,intake")
    assert choose_second_sources(named, watchers) == {"ministry", "mailbox", "intake"}


def test_the_status_says_what_was_done_and_what_it_cost(environment: dict[str, str]) -> None:
    assert "no second reader is set up" in types(
        {"CONTROLWATCH_STATE_DIR": environment["CONTROLWATCH_STATE_DIR"]}, "second", "status"
    )
    shown = json.loads(types(environment, "second", "status", "--json"))
    assert (shown["model"], shown["host"], shown["tokens_this_month"]) == ("a-model", "127.0.0.1", 0)
    assert "mailbox" not in shown["sources"]
    assert KEY not in types(environment, "second", "status")


def test_a_recording_says_its_cost_and_sends_nothing_before_a_person_agrees(
    environment: dict[str, str], host: ModelHost, tmp_path: Path
) -> None:
    let_say(host, is_change=[("true", "决定对镓实施出口管制")])
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "one.txt").write_text("商务部公告2026年第3号\n决定对镓实施出口管制。", encoding="utf-8")
    file = tmp_path / "answers.jsonl"
    words = ("second", "record", str(texts), "--to", str(file), "--price", "10")
    refused = types(environment, *words, answer="n\n")
    assert "1 texts are sent to 127.0.0.1" in refused
    assert "at the price given" in refused
    assert host.asked == []
    assert "1 answers, 1,234 tokens" in types(environment, *words, answer="y\n")
    (line,) = file.read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["model"] == "a-model"
    assert "1 are recorded already" in types(environment, *words)
    assert len(host.asked) == 1


@pytest.mark.parametrize("form", ["a folder of cases", "paths", "labels", "a folder with labels"])
def test_a_list_names_its_documents_in_any_of_these_forms(
    environment: dict[str, str], host: ModelHost, tmp_path: Path, form: str
) -> None:
    folder = tmp_path / "list"
    for name in ("one", "two"):
        (folder / name).mkdir(parents=True)
        (folder / name / "text.txt").write_text(f"公告 {name}\n{name}的内容", encoding="utf-8")
    paths = "one/text.txt\n\ntwo/text.txt\n"
    labels = '{"file": "one/text.txt"}\n{"file": "two/text.txt"}\n'
    place = {"paths": folder / "list.txt", "labels": folder / "gold.jsonl"}.get(form, folder)
    if form != "a folder of cases":
        (folder / ("list.txt" if form == "paths" else "gold.jsonl")).write_text(
            paths if form == "paths" else labels, encoding="utf-8"
        )
    file = tmp_path / "answers.jsonl"
    said = types(environment, "second", "record", str(place), "--to", str(file), "--yes")
    assert "2 answers" in said
    assert sorted(text.splitlines()[0] for text in host.told) == ["公告 one", "公告 two"]


@pytest.mark.parametrize("content", ["no-such-file.txt", "{}", "[1]", '{"file": 5}'])
def test_a_list_that_cannot_be_read_is_refused_before_anything_is_sent(
    environment: dict[str, str], host: ModelHost, tmp_path: Path, content: str
) -> None:
    place = tmp_path / "list.txt"
    place.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError):
        types(environment, "second", "record", str(place), "--to", str(tmp_path / "a.jsonl"), "--yes")
    assert host.asked == []


@pytest.mark.parametrize("reader", [None, "wording"])
def test_nothing_is_recorded_without_a_model(
    environment: dict[str, str], tmp_path: Path, reader: str
) -> None:
    changed = {**environment, "CONTROLWATCH_SECOND_READER": reader or ""}
    with pytest.raises(UsageError, match="openai or anthropic"):
        types(changed, "second", "record", str(tmp_path), "--to", str(tmp_path / "a.jsonl"))


@pytest.mark.slow
def test_the_service_sends_its_alerts_and_stops_although_the_host_hangs(
    environment: dict[str, str], host: ModelHost, tmp_path: Path, start_service: Callable[..., RunningService]
) -> None:
    host.fault = "slow bytes"
    watchers = tmp_path / "watchers"
    watchers.mkdir()
    (watchers / "sample.toml").write_text(DECLARATION, encoding="utf-8")
    inbox = tmp_path / "state" / "inbox"
    inbox.mkdir(parents=True)
    (inbox / "notice.txt").write_text(
        "海关总署公告2026年第77号\n决定自2026年5月1日起，对下列物项实施出口管制：金属锗。\n海关总署\n2026年3月2日",
        encoding="utf-8",
    )
    with Sites() as sites:
        env = {
            **{key: value for key, value in os.environ.items() if not key.startswith("CONTROLWATCH_")},
            **environment,
            "CONTROLWATCH_SECOND_READER_SOURCES": "intake",
            "CONTROLWATCH_WATCHERS_DIR": str(watchers),
            "CONTROLWATCH_CONNECT_TO": sites.origin,
        }
        service = start_service(env)
        wait_for(lambda: host.asked)
        assert "2026-77" in service.output
        assert service.stop() == 0
