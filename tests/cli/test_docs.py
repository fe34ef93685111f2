"""What the documents say is so."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import typer

from controlwatch.adapters.catalog.watcher_loader import load_watcher
from controlwatch.cli import app
from controlwatch.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


def commands() -> dict[str, typer.core.TyperGroup]:
    return typer.main.get_command(app).commands  # type: ignore[attr-defined,no-any-return]


def test_the_declaration_in_the_manual_is_a_good_one(tmp_path: Path) -> None:
    ((language, block),) = BLOCK.findall((ROOT / "docs/watchers.md").read_text(encoding="utf-8"))
    assert language == "toml"
    path = tmp_path / f"{tomllib.loads(block)['id']}.toml"
    path.write_text(block, encoding="utf-8")
    assert load_watcher(path).index.pages.name == "index_{n}.html"


@pytest.mark.parametrize("line", re.findall(r"^(?:\.venv/bin/)?controlwatch (.+)$", README, re.MULTILINE))
def test_every_command_line_of_the_readme_is_one(line: str) -> None:
    words = line.split("#", maxsplit=1)[0].split()
    if words[0].startswith("-"):
        return
    command = commands()[words[0]]
    options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    assert {word for word in words[1:] if word.startswith("--")} <= options


def test_every_setting_is_in_the_readme() -> None:
    assert [name for name in Settings.model_fields if f"{PREFIX}{name.upper()}" not in README] == []


def test_every_command_is_documented_somewhere() -> None:
    said = "".join(path.read_text(encoding="utf-8") for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")))
    assert [
        name for name in commands() if f"controlwatch {name}" not in said and f"`{name}`" not in said
    ] == []


def test_every_decision_has_its_number_once() -> None:
    numbers = [path.name[:4] for path in sorted((ROOT / "docs/decisions").glob("*.md"))]
    assert numbers == [f"{n:04}" for n in range(1, len(numbers) + 1)]


def test_every_test_that_the_threat_model_names_is_there() -> None:
    rows = [
        line
        for line in (ROOT / "docs/security.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| ")
    ]
    assert len(rows) > 20
    for row in rows[1:]:
        named = re.findall(r"`([^`]+)`", row.rsplit("|", 2)[1])
        assert named, row
        file = ""
        for one in named:
            path, _, name = one.rpartition("::") if "::" in one else ("", "", one)
            if one.startswith("tests/"):
                file, name = (path, name) if path else (one, "")
            body = (ROOT / file).read_text(encoding="utf-8")
            assert f"def {name}(" in body or not name, one
