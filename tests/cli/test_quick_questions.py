"""Questions as commands load what they need, and answer the same with a cache, without one and with a damaged one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from importlib import resources
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from controlwatch.adapters.catalog.element_loader import load_elements
from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.catalog.parsed_catalog import (
    Catalog,
    compute_catalog_key,
    dump_catalog,
    parse_catalog,
)
from controlwatch.adapters.catalog.watcher_loader import load_watchers
from controlwatch.adapters.system.user_cache import compute_package_key, read_cached, write_cached
from controlwatch.bootstrap.question_app import CACHE_FOLDER, CATALOG_FILE, REFERENCE_FILE
from controlwatch.cli.complete import app
from controlwatch.cli.root import QUICK_COMMANDS, build_app
from controlwatch.demo.stage import shipped_watchers
from tests.known import known

#: What sends, fetches, serves, schedules, logs or migrates.
UNNEEDED = (
    "slack_sdk",
    "slack_bolt",
    "httpx",
    "fastapi",
    "smtplib",
    "imaplib",
    "structlog",
    "alembic",
    "psycopg",
)
PROGRAM = """
import sys
from controlwatch.cli import main
sys.argv = ["controlwatch", *sys.argv[1:]]
try:
    main()
finally:
    print(*sorted(sys.modules), file=sys.stderr)
"""


@pytest.fixture
def state(tmp_path: Path) -> Path:
    known(tmp_path / "state")
    return tmp_path / "state"


def ask(state: Path, *words: str) -> str:
    env = {"CONTROLWATCH_STATE_DIR": str(state), "COLUMNS": "200", "NO_COLOR": "1"}
    done = CliRunner().invoke(app, list(words), env=env)
    assert done.exit_code == 0, (done.output, done.exception)
    return done.output


@pytest.mark.parametrize(
    "words", [("latest",), ("status", "battery"), ("lookup", "8507.60"), ("show", "2025-61")]
)
def test_a_question_loads_nothing_that_sends_or_fetches(state: Path, words: tuple[str, ...]) -> None:
    ask(state, *words)  # fills the cache
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words],
        env={"CONTROLWATCH_STATE_DIR": str(state)},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stderr.split())
    assert not loaded.intersection(UNNEEDED)
    assert not loaded.intersection(
        {"rapidfuzz", "controlwatch.core.asking.vocabulary"} if words == ("latest",) else ()
    )
    assert "controlwatch.bootstrap.app" not in loaded
    assert "controlwatch.adapters.catalog.lexicon_loader" not in loaded


def test_a_quick_command_is_the_same_as_among_all_commands() -> None:
    every = get_command(app)
    for name in QUICK_COMMANDS:
        quick = get_command(build_app(name))
        assert [option.opts for option in quick.commands[name].params] == [
            option.opts for option in every.commands[name].params
        ]


def test_what_the_cache_holds_is_what_was_parsed() -> None:
    lexicon, watchers = load_lexicon(), load_watchers(shipped_watchers())
    elements = load_elements(lexicon)
    catalog = Catalog(lexicon=lexicon, elements=elements, watchers=watchers)
    found = parse_catalog(dump_catalog("key", catalog), "key")
    assert found is not None
    assert (found.watchers, found.elements.elements) == (watchers, elements.elements)
    for field in fields(lexicon):
        if field.name not in {"load_second_reader", "patterns"}:
            assert getattr(found.lexicon, field.name) == getattr(lexicon, field.name), field.name
    assert dict(found.lexicon.patterns) == dict(lexicon.patterns)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: text.replace('"@":"Rule"', '"@":"Popen"', 1),
        lambda text: text.replace('"@":"Rule",', "", 1).replace('"@":"Lexicon"', '"@":"Place"', 1),
        lambda text: text.replace('"key":"', '"key":"0'),
        lambda text: "[" * 100_000,
    ],
)
def test_a_damaged_cache_is_ignored_and_written_again(state: Path, damage) -> None:
    answer = ask(state, "lookup", "gallium", "--json")
    cache = state / CACHE_FOLDER / CATALOG_FILE
    whole = cache.read_text(encoding="utf-8")
    cache.write_text(damage(whole), encoding="utf-8")
    assert ask(state, "lookup", "gallium", "--json") == answer
    assert cache.read_text(encoding="utf-8") == whole


def test_a_cache_that_cannot_be_written_costs_time_only(state: Path) -> None:
    (state / CACHE_FOLDER).write_text("a file where the folder would be", encoding="utf-8")
    assert "MOFCOM 2025-61" in ask(state, "show", "2025-61")


def test_a_changed_declaration_makes_the_cache_another_one(tmp_path: Path) -> None:
    source = next(shipped_watchers().glob("*.toml"))
    (tmp_path / source.name).write_bytes(source.read_bytes())
    before = compute_catalog_key(tmp_path)
    (tmp_path / source.name).write_bytes(source.read_bytes() + b"\n")
    assert compute_catalog_key(tmp_path) != before


def test_the_cache_is_private(state: Path) -> None:
    ask(state, "latest")
    cache = state / CACHE_FOLDER
    assert [path.stat().st_mode & 0o077 for path in (cache, cache / CATALOG_FILE)] == [0, 0]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of what is kept for questions without a state."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "controlwatch"


QUESTIONS = (("lookup", "gallium"), ("status", "2025-61"), ("entity", "Skydio"))


def test_without_a_state_the_answer_is_the_same_from_the_cache_and_nothing_is_created(
    tmp_path: Path, cache: Path
) -> None:
    first = [ask(tmp_path / "none", *words) for words in QUESTIONS]
    kept = {path.name: path.read_bytes() for path in cache.iterdir()}
    assert set(kept) == {CATALOG_FILE, REFERENCE_FILE}
    assert [ask(tmp_path / "none", *words) for words in QUESTIONS] == first
    assert {path.name: path.read_bytes() for path in cache.iterdir()} == kept
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("name", [CATALOG_FILE, REFERENCE_FILE])
@pytest.mark.parametrize(
    "damage",
    [
        lambda kept: b"",
        lambda kept: kept[:-1],
        lambda kept: kept[: len(kept) // 2] + b"\0" + kept[len(kept) // 2 + 1 :],
        lambda kept: b"x" * len(kept),
    ],
)
def test_a_damaged_cache_is_made_again(
    tmp_path: Path, cache: Path, name: str, damage: Callable[[bytes], bytes]
) -> None:
    expected = ask(tmp_path / "none", "lookup", "gallium")
    (cache / name).write_bytes(damage((cache / name).read_bytes()))
    broken = (cache / name).read_bytes()
    assert ask(tmp_path / "none", "lookup", "gallium") == expected
    assert (cache / name).read_bytes() != broken


def test_content_of_another_version_is_not_used(cache: Path) -> None:
    write_cached("x", "version 1", b"content")
    assert read_cached("x", "version 1") == b"content"
    assert read_cached("x", "version 2") is None
    assert (cache / "x").stat().st_mode & 0o077 == 0


def test_a_folder_that_others_can_write_to_is_not_used(cache: Path) -> None:
    write_cached("x", "key", b"content")
    cache.chmod(0o777)
    assert read_cached("x", "key") is None
    write_cached("y", "key", b"content")
    assert not (cache / "y").exists()


def test_where_nothing_can_be_kept_questions_are_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert "gallium 镓 (Ga) on" in ask(tmp_path / "none", "lookup", "gallium")


def test_a_changed_file_of_the_package_is_another_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "controlwatch").mkdir()
    facts = tmp_path / "controlwatch" / "facts.toml"
    monkeypatch.setattr(resources, "files", lambda name: tmp_path / name)
    facts.write_text("a = 1")
    before = compute_package_key()
    assert compute_package_key() == before
    facts.write_text("a = 12")
    assert compute_package_key() != before
