"""The evidence of a notice holds what a second reader answered, and a stranger can check it."""

from __future__ import annotations

import ast
import inspect
import json
import sys
from contextlib import contextmanager
from html import unescape
from typing import TYPE_CHECKING

import pypdfium2
import pytest
from sqlalchemy import text

from controlwatch.core.evidence import dossier_check, dossier_pages, dossier_report
from controlwatch.core.second_opinion.opinion import Purpose
from controlwatch.testing.model_host import ModelHost
from tests.second_opinion.making import to_json
from tests.services.second_reader import let_say, opinions_of
from tests.services.test_evidence import checked, exported, files_of, forged, unpacked, without
from tests.services.test_second_opinions import CHANGE, DENIAL, deliver, publish
from tests.services.world import World, world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.services.test_evidence import Files

NUMBER = "MOFCOM 2026-2"
INVENTED = ("2099-01-01", "本公告自2099年1月1日起正式实施")
EXPLANATION = "You need a licence from 1 April 2026 for 8112929010."
WRONG = "You need a licence from 1 May 2026."


@contextmanager
def doubted(folder: Path) -> Iterator[World]:
    """A world with a notice that a second reader has doubted, explained, and translated wrongly."""
    with world(folder) as w, ModelHost() as host:
        let_say(
            host, is_change=[DENIAL], effective=[("2026-04-01", "本公告自2026年4月1日起正式实施"), INVENTED]
        )
        publish(w, CHANGE)
        deliver(w)
        opinions = opinions_of(w, host)
        opinions.run_round(now=w.now)
        for purpose, said in ((Purpose.EXPLANATION, EXPLANATION), (Purpose.TRANSLATION, WRONG)):
            host.say = lambda _text, said=said: {"text": said}  # type: ignore[misc]
            opinions.want_prose(NUMBER, purpose, "en", who="a person", now=w.now)
            opinions.run_round(now=w.now)
        yield w


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with doubted(tmp_path_factory.mktemp("doubted")) as w:
        yield w


def entered(files: Files) -> list[dict[str, object]]:
    """What the chain of a dossier says of answers, oldest first."""
    entries = [json.loads(line) for line in files["chain.jsonl"].splitlines()]
    return [entry["of"] for entry in entries if entry["what"] == "opinion"]


def test_a_dossier_holds_every_answer_as_it_came_with_what_followed(lived: World) -> None:
    packed, faults = exported(lived, NUMBER)
    files = files_of(packed)
    reading, explanation, translation = entered(files)
    assert faults == ()
    assert (reading["model"], reading["tokens"], explanation["purpose"]) == ("a-model", 1234, "explanation")
    answer = json.loads(files[f"opinions/answer-{reading['id']}.json"])
    assert answer == json.loads(to_json({"is_change": [DENIAL], "effective": answer_days(answer)}))
    outcome = json.loads(files[f"opinions/outcome-{reading['id']}.json"])
    assert [doubt["field"] for doubt in outcome["doubts"]] == ["is_change"]
    assert (outcome["agreed"], outcome["refused_quotes"]) == (["effective"], 1)
    assert files[f"opinions/prose-{explanation['id']}.txt"].decode() == EXPLANATION
    assert files[f"opinions/prose-{translation['id']}.txt"] == b""
    assert json.loads(files[f"opinions/answer-{translation['id']}.json"]) == {"text": WRONG}


def answer_days(answer: dict[str, list[dict[str, str]]]) -> list[tuple[str, str]]:
    return [(entry["value"], entry["quote"]) for entry in answer["effective"]]


def test_the_report_states_model_question_tokens_answer_and_doubts_as_a_page_and_as_a_pdf(
    lived: World, tmp_path: Path
) -> None:
    folder = unpacked(exported(lived, NUMBER)[0], tmp_path)
    page = unescape((folder / "report.html").read_text(encoding="utf-8"))
    sheets = pypdfium2.PdfDocument(folder / "report.pdf")
    printed = "".join(sheet.get_textpage().get_text_range() for sheet in sheets)
    reading, explanation, _ = entered({"chain.jsonl": (folder / "chain.jsonl").read_bytes()})
    for shown in (page, printed.replace("\r\n", "")):
        for said in (
            "second reader",
            "a-model",
            "127.0.0.1",
            str(reading["prompt"]),
            "1,234",
            "doubt: is_change",
            DENIAL[1],
            "quotes that are not in the text: 1",
            INVENTED[0],
            "not proved",
            f"opinions/answer-{explanation['id']}.json",
            EXPLANATION,
            "does not state the day 2026-05-01",
        ):
            assert said in shown, said
    assert WRONG not in page
    assert page.index("By the rule") < page.index("A second reader")


def test_the_conclusions_of_the_report_are_those_of_the_rules(lived: World) -> None:
    page = unescape(files_of(exported(lived, NUMBER)[0])["report.html"].decode())
    start = page.index("Conclusions and their words")
    conclusions = page[start : page.index("<h2>", start)]
    assert "2026-04-01" in conclusions
    assert INVENTED[0] not in conclusions
    assert "second reader" not in conclusions


def test_a_stranger_can_check_it(lived: World, tmp_path: Path) -> None:
    done = checked(unpacked(exported(lived, NUMBER)[0], tmp_path))
    assert done.returncode == 0, done.stdout


def first(files: Files, start: str) -> str:
    return min(name for name in files if name.startswith(start))


def swap(files: Files, start: str) -> None:
    names = sorted(name for name in files if name.startswith(start))
    files[names[0]], files[names[1]] = files[names[1]], files[names[0]]


FORGERIES: dict[str, Callable[[Files], object]] = {
    "an answer altered": lambda f: f.update({first(f, "opinions/answer"): b"{}"}),
    "an outcome altered": lambda f: f.update({first(f, "opinions/outcome"): b"{}"}),
    "an explanation altered": lambda f: f.update({first(f, "opinions/prose"): b"x"}),
    "answers exchanged": lambda f: swap(f, "opinions/answer"),
    "every answer left out": lambda f: without(f, "opinions/"),
    "an answer put in": lambda f: f.update({"opinions/answer-99.json": b"{}"}),
    "the report altered": lambda f: f.update(
        {"report.html": f["report.html"].replace(b"a-model", b"b-model")}
    ),
}


@pytest.mark.parametrize("done", FORGERIES)
def test_a_forgery_with_a_manifest_of_its_own_is_not_sound(lived: World, done: str) -> None:
    files = files_of(exported(lived, NUMBER)[0])
    assert forged(dict(files), lived).wrong == []
    FORGERIES[done](files)
    assert forged(files, lived).wrong


@pytest.mark.parametrize(
    ("forgery", "said"),
    [
        ("UPDATE opinion SET answer = '{}'", "has other answer than entered"),
        ("UPDATE opinion SET tokens = 1", "has other tokens than entered"),
        ("UPDATE opinion SET reason = 'none' WHERE reason <> ''", "has other reason than entered"),
        ("DELETE FROM opinion", "is not in the store any more"),
        ("DELETE FROM custody WHERE opinion_id IS NOT NULL", "is in no entry"),
    ],
)
def test_a_dossier_of_an_altered_store_names_it(tmp_path: Path, forgery: str, said: str) -> None:
    with doubted(tmp_path) as w:
        with w.store.engine.begin() as connection:
            connection.execute(text("PRAGMA foreign_keys = OFF"))
            connection.execute(text(forgery))
        packed, faults = exported(w, NUMBER)
        assert any(said in str(fault) for fault in faults), faults
        assert checked(unpacked(packed, tmp_path / "out")).returncode == 1


def test_a_dossier_without_an_answer_says_nothing_of_a_second_reader(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        publish(w, CHANGE)
        files = files_of(exported(w, NUMBER)[0])
    assert [name for name in files if name.startswith("opinions/")] == []
    assert b"econd reader" not in files["report.html"]


@pytest.mark.parametrize("module", [dossier_check, dossier_pages, dossier_report])
def test_what_is_copied_into_a_dossier_imports_nothing_but_python(module: object) -> None:
    tree = ast.parse(inspect.getsource(module))  # type: ignore[arg-type]
    imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {
        alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    own = {name for name in imported if name.startswith("controlwatch")}
    assert own <= {
        "controlwatch.core.evidence.dossier_pages",
        "controlwatch.core.evidence.dossier_report",
        "controlwatch.core.model.text_safety",
    }
    assert {name.partition(".")[0] for name in imported - own} <= set(sys.stdlib_module_names)
