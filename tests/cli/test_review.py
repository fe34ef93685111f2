"""The command `review`: what waits for a person, their judgement, and the labels that it leaves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from controlwatch.cli.complete import app
from controlwatch.core.model.errors import UsageError
from tests.known import known
from tests.services.reviewed import CIRCULAR, TITLE

if TYPE_CHECKING:
    from pathlib import Path


class Operator:
    """A person at a terminal, to whom the circular has been handed in."""

    def __init__(self, folder: Path) -> None:
        state = known(folder / "state")
        self.env = {"CONTROLWATCH_STATE_DIR": str(state), "COLUMNS": "300", "NO_COLOR": "1"}
        page = folder / "circular.html"
        page.write_text(CIRCULAR.html, encoding="utf-8")
        self.types("intake", str(page), "--url", "https://www.mofcom.gov.cn/zwgk/art_60.html")

    def types(self, *words: str) -> str:
        """Type a command, and return what it printed."""
        done = CliRunner().invoke(app, list(words), env=self.env)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.output


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    return Operator(tmp_path)


def test_what_waits_is_listed_with_why_and_its_sentence(operator: Operator) -> None:
    shown = operator.types("review")
    assert TITLE in shown
    assert "It has the form of an official instrument" in shown
    (line,) = json.loads(operator.types("review", "--json"))
    assert (line["id"], line["state"], line["alerted"], line["judgement"]) == (1, "open", True, None)
    assert line["possible_categories"] == ["graphite"]
    assert line["reasons"][0]["quote"]
    assert "needs review 1" in operator.types("latest", "--category", "graphite")
    record = operator.types("show", "https://www.mofcom.gov.cn/zwgk/art_60.html")
    assert "needs review 1" in record
    assert "changes no rule" not in record


def test_a_judgement_is_kept_and_exported_as_a_label(operator: Operator, tmp_path: Path) -> None:
    assert "judged no change by Li" in operator.types(
        "review", "1", "--as", "no-change", "--by", "Li", "--note", "a meeting"
    )
    assert "Nothing has changed" in operator.types("review", "1", "--as", "change", "--by", "Wang")
    assert "Nothing needs review" in operator.types("review")
    assert "judged no change by Li" in operator.types("review", "--all")
    labels = tmp_path / "labels.jsonl"
    operator.types("review", "export", "--jsonl", str(labels))
    (label,) = (json.loads(line) for line in labels.read_text(encoding="utf-8").splitlines())
    assert (label["title"], label["verdict"], label["note"]) == (TITLE, "no-change", "a meeting")
    assert set(label) == {"title", "text_sha256", "source", "url", "reasons", "verdict", "note", "day"}
    operator.types("review", "1", "--reopen")
    assert TITLE in operator.types("review")


def test_a_judged_change_is_listed_with_who_and_when(operator: Operator) -> None:
    operator.types("review", "1", "--as", "change", "--by", "Li")
    assert "judged a change" in operator.types("latest", "--changes", "--category", "graphite")
    (line,) = (
        line
        for line in json.loads(operator.types("latest", "--category", "graphite", "--json"))
        if line["title"] == TITLE
    )
    assert (line["attention"], line["is_change"], line["effective"]) == ("change", True, [])
    assert line["judgement"]["who"] == "Li"


@pytest.mark.parametrize(
    "words",
    [("1",), ("1", "--as", "maybe"), ("1", "--as", "change", "--reopen"), ("99", "--as", "change")],
)
def test_what_cannot_be_settled_is_refused_with_what_to_type(
    operator: Operator, words: tuple[str, ...]
) -> None:
    with pytest.raises(UsageError, match="controlwatch review"):
        operator.types("review", *words)


def test_a_backup_has_what_waits_and_what_was_judged(operator: Operator, tmp_path: Path) -> None:
    operator.types("review", "1", "--as", "no-change", "--by", "Li")
    copy = tmp_path / "backup.tar.gz"
    operator.types("backup", str(copy))
    operator.env["CONTROLWATCH_STATE_DIR"] = str(tmp_path / "elsewhere")
    operator.types("restore", str(copy))
    assert "judged no change by Li" in operator.types("review", "--all")


def test_the_doctor_says_how_many_wait_and_since_when(operator: Operator) -> None:
    operator.env["CONTROLWATCH_CONNECT_TO"] = "http://127.0.0.1:1"
    assert "1 document needs review, the oldest since" in " ".join(operator.types("doctor").split())
