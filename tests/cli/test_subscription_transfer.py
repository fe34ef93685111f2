"""Subscriptions as a file on the command line."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.test_commands import Terminal, terminal

__all__ = ["terminal"]


def test_what_one_desk_exports_another_imports_once(terminal: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "subscriptions.json"
    terminal.types("subscribe", "email", "ada@desk.example", "--category", "battery", "--rate", "daily")
    terminal.types("subscriptions", "export", str(path))
    other = {"CONTROLWATCH_STATE_DIR": str(tmp_path / "other")}
    assert "+ email ada@desk.example" in terminal.types("subscriptions", "import", str(path), **other)
    again = terminal.types("subscriptions", "import", str(path), **other)
    assert "0 added, 0 changed, 0 ended" in again
    listed = json.loads(terminal.types("subscriptions", "--json", **other))
    assert [item["categories"] for item in listed if item["channel"] == "email"] == [["battery"]]


def test_a_dry_run_shows_the_difference_and_changes_nothing(terminal: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "subscriptions.json"
    terminal.types("subscribe", "email", "ada@desk.example", "--category", "battery")
    terminal.types("subscriptions", "export", str(path))
    before = path.read_text(encoding="utf-8")
    path.write_text(before.replace('"battery"', '"graphite"'), encoding="utf-8")
    printed = terminal.types("subscriptions", "import", str(path), "--dry-run")
    assert "email ada@desk.example: categories: battery, immediate → graphite, immediate" in printed
    assert "Nothing was changed yet: 0 added, 1 changed" in printed
    terminal.types("subscriptions", "export", str(path))
    assert path.read_text(encoding="utf-8") == before


def test_a_bad_file_is_refused_with_every_problem(terminal: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "subscriptions.json"
    terminal.types("subscribe", "email", "ada@desk.example", "--category", "battery")
    terminal.types("subscriptions", "export", str(path))
    text = path.read_text(encoding="utf-8").replace('"battery"', '"unobtainium"').replace("ada@", "ada ")
    path.write_text(text, encoding="utf-8")
    refusal = terminal.fails("subscriptions", "import", str(path))
    assert "target: 'ada desk.example' is not an e-mail address" in refusal
    assert "category: no category 'unobtainium'" in refusal
