"""A person who mistypes a command is told in plain words what is wrong, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from controlwatch.cli.root import build_app
from controlwatch.core.model.errors import ControlwatchError
from tests.cli.test_docs import commands


def list_commands() -> Iterator[tuple[str, ...]]:
    """Yield the words of every command."""

    def walk(words: tuple[str, ...], command: Any) -> Iterator[tuple[str, ...]]:
        yield words
        for name, below in getattr(command, "commands", {}).items():
            yield from walk((*words, name), below)

    for name, command in commands().items():
        yield from walk((name,), command)


def run(*words: str) -> Result:
    return CliRunner().invoke(build_app(), list(words), env={"COLUMNS": "400", "NO_COLOR": "1"})


@pytest.mark.parametrize("words", list_commands(), ids=" ".join)
def test_an_unknown_option_is_answered_with_an_example_or_the_nearest_option(words: tuple[str, ...]) -> None:
    result = run(*words, "--no-such-option")
    assert result.exit_code == 2
    assert any(hint in result.output for hint in ("For example: ", "Its commands: ", "Possible options"))


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("latst",), "Did you mean 'latest'"),
        (("watchers", "prob"), "Did you mean 'probe'"),
        (("show",), "Missing argument 'notice'. For example: controlwatch show 2025-61"),
        (("compare", "2025-01-01"), "For example: controlwatch compare --from 2025-11-01 --to 2025-11-15"),
        (("latest", "--days", "abc"), "write a whole number, such as 7"),
        (("unsubscribe", "abc"), "write a whole number, such as 7"),
        (("review", "abc"), "For example: controlwatch review 12 --as change"),
        (("users", "add", "bob", "--role", "king"), "'--role': 'king' is not one of 'reader'"),
    ],
)
def test_a_mistake_is_told_with_what_to_write(words: tuple[str, ...], hint: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert hint in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("words", "one"),
    [
        (
            ("status", "MOFCOM", "2025-61", "--on", "2026-01-05"),
            ("status", "MOFCOM 2025-61", "--on", "2026-01-05"),
        ),
        (("entity", "--json", "Shield", "AI"), ("entity", "Shield AI", "--json")),
        (("lookup", "rare", "earth"), ("lookup", "rare earth")),
        (("show", "MOFCOM", "2025-61", "--no-such"), ("show", "MOFCOM 2025-61", "--no-such")),
    ],
)
def test_several_words_are_one_argument_without_quotation_marks(
    words: tuple[str, ...], one: tuple[str, ...], tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTROLWATCH_STATE_DIR", str(tmp_path))
    assert run(*words).output == run(*one).output


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("lookup", "xyzzy"), "write a name, an HS code or a control code"),
        (("show", "hello"), "write its number, such as 2025-61, or its address"),
        (("intake", "ftp://host/a.html"), "neither a file nor an address"),
        (("upcoming", "--category", "foo"), "to list them: controlwatch categories"),
        (("evidence", "2025-61"), "start with `controlwatch run`"),
    ],
)
def test_what_does_not_exist_is_told_with_what_to_do(
    words: tuple[str, ...], hint: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTROLWATCH_STATE_DIR", str(tmp_path))
    error = run(*words).exception
    assert isinstance(error, ControlwatchError)
    assert hint in str(error)
