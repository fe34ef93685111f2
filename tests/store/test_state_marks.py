"""A database belongs to one state folder: a second one is refused before it splits bytes and secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from controlwatch.adapters.storage import SqlStore
from controlwatch.bootstrap.app import open_app
from controlwatch.bootstrap.question_app import open_question
from controlwatch.bootstrap.read_only import open_read_only_app
from controlwatch.bootstrap.state_marks import describe_mismatch, describe_state, mark_state
from controlwatch.core.model.errors import UsageError
from controlwatch.settings import Settings


def settings_of(folder: Path, database: str) -> Settings:
    folder.mkdir(exist_ok=True)
    return Settings(state_dir=folder, database_url=database)


def mark(settings: Settings) -> None:
    store = SqlStore.open(settings.database)
    try:
        mark_state(settings, store)
    finally:
        store.close()


def test_a_second_state_folder_on_one_database_is_refused_until_it_is_adopted(
    database: str, tmp_path: Path
) -> None:
    first, second = (settings_of(tmp_path / name, database) for name in ("first", "second"))
    mark(first)
    mark(first)  # as every later command does
    with pytest.raises(UsageError, match="belongs to another state folder") as refusal, open_app(second):
        pass
    assert str(tmp_path / "second") in str(refusal.value)
    assert "controlwatch adopt" in str(refusal.value)
    assert not (tmp_path / "second" / "installation").exists()
    with open_app(second, adopt=True):
        pass
    mark(second)
    for opened in (open_app, open_read_only_app):
        with pytest.raises(UsageError, match="belongs to another state folder"), opened(first):
            pass


def test_a_state_folder_may_move_to_a_new_database(empty_database: str, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    mark(Settings(state_dir=tmp_path / "one"))
    mark(settings_of(tmp_path / "one", empty_database))
    with pytest.raises(UsageError, match="belongs to another state folder"):
        mark(settings_of(tmp_path / "two", empty_database))


def test_an_embedded_database_belongs_to_the_folder_that_it_is_in(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path)
    mark(settings)
    before = (tmp_path / "installation").read_text()
    (tmp_path / "installation").unlink()  # as after a backup of an older version was restored
    mark(settings)
    assert (tmp_path / "installation").read_text() == before
    assert (tmp_path / "installation").stat().st_mode & 0o077 == 0


def test_no_message_names_the_password_of_a_database(tmp_path: Path) -> None:
    (tmp_path / "installation").write_text("x\n")
    settings = Settings(
        state_dir=tmp_path, database_url="postgresql://u:hunter2@127.0.0.1:1/name?password=hunter3"
    )
    for said in (describe_mismatch(settings), describe_state(settings)):
        assert "127.0.0.1:1/name" in said
        assert "hunter" not in said


def test_a_state_that_is_no_directory_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("", encoding="utf-8")
    for opening in (open_app, open_question):
        with (
            pytest.raises(UsageError, match="is not a directory"),
            opening(Settings(state_dir=tmp_path / "state")),
        ):
            pass
