"""The state is whole or said not to be: kills of restore and backup, a lost database, questions, leftovers."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from controlwatch.adapters.storage import SqlStore
from controlwatch.adapters.system.backup import restore_backup, write_backup
from controlwatch.adapters.system.state_folder import remove_leftovers
from controlwatch.bootstrap.app import open_app
from controlwatch.core.model import Subscription
from controlwatch.core.model.errors import StoreLost, UsageError
from controlwatch.service import STORE_LOST_EXIT_STATUS
from controlwatch.settings import Settings
from tests.cli.test_care import state
from tests.cli.test_commands import Terminal, terminal
from tests.cli.test_service import environment
from tests.forked import back_up, restore
from tests.processes import RunningService, server_of_forks, typed
from tests.store.steps import NOW
from tests.waiting import PATIENCE, wait_for

__all__ = ["environment", "state", "terminal"]


def killed(work: Callable[[Path, Path, int], None], source: Path, target: Path, at: int) -> bool:
    """Run a work that is killed at a step; return whether it was."""
    process = server_of_forks.Process(target=work, args=(source, target, at))
    process.start()
    process.join()
    assert process.exitcode in {0, -signal.SIGKILL}
    return process.exitcode != 0


def content(folder: Path) -> dict[str, bytes]:
    kept = (folder / "snapshots").rglob("*.gz")
    with closing(sqlite3.connect(folder / "controlwatch.db")) as connection:
        rows = {
            table: str(connection.execute(f"SELECT * FROM {table}").fetchall()).encode()
            for table in ("notice", "version", "custody")
        }
    return (
        {str(path.relative_to(folder)): path.read_bytes() for path in kept}
        | rows
        | {"secret": (folder / "secret").read_bytes()}
    )


@pytest.mark.slow
def test_a_restore_that_is_killed_leaves_nothing_that_a_service_would_run_on(
    state: Path, tmp_path: Path
) -> None:
    copy, at, refused = tmp_path / "copy.tar", 1, 0
    write_backup(state, copy)
    while True:
        folder = tmp_path / f"again-{at}"
        if not killed(restore, copy, folder, at):
            break
        done = (folder / "controlwatch.db").exists() and not (folder / "restore-unfinished").exists()
        if done:  # killed after its last step
            assert content(folder) == content(state)
            shutil.rmtree(folder)
        if (folder / "restore-unfinished").exists():
            refused += 1
            with pytest.raises(UsageError, match="was not finished"), open_app(Settings(state_dir=folder)):
                pass
            with pytest.raises(UsageError, match="was not finished"):
                write_backup(folder, tmp_path / "never.tar")
        restore_backup(copy, folder)
        assert content(folder) == content(state)
        assert not [path.name for path in folder.iterdir() if path.name.startswith((".restore", "restore"))]
        at += 1
    assert refused > 5
    assert content(folder) == content(state)


@pytest.mark.slow
def test_a_backup_that_is_killed_leaves_private_files_and_the_next_start_removes_them(
    state: Path, tmp_path: Path
) -> None:
    at, left = 1, 0
    desk = tmp_path / "desk"
    desk.mkdir(mode=0o700)
    before = {path.name for path in state.iterdir()}
    while killed(back_up, state, desk / "copy.tar", at):
        left += len(list(desk.iterdir()))
        assert [path for path in desk.rglob("*") if path.lstat().st_mode & 0o077] == []
        if (desk / "copy.tar").exists():  # killed after its last step
            restore_backup(desk / "copy.tar", tmp_path / f"again-{at}")
            (desk / "copy.tar").unlink()
        if at % 3:
            write_backup(state, tmp_path / f"other-{at}.tar")
        else:
            remove_leftovers(state)
        # What was killed before it held its lock is removed when it is an hour old; nothing is in it.
        for path in desk.iterdir():
            path.rmdir()
        at += 1
    assert left > 3
    assert {path.name for path in desk.iterdir()} == {"copy.tar"}
    remove_leftovers(state, age=0)
    assert {path.name for path in state.iterdir()} <= before | {"controlwatch.db-wal", "controlwatch.db-shm"}


def test_what_killed_commands_left_is_removed_once_it_is_old(state: Path) -> None:
    (state / "snapshots" / "ab").mkdir(exist_ok=True)
    names = ("snapshots/ab/x.part", ".secret-x", ".restore-x/controlwatch.db")
    for name in names:
        (state / name).parent.mkdir(exist_ok=True)
        (state / name).write_text("x")
    assert remove_leftovers(state) == 0
    hours_ago = time.time() - 7200
    for name in ("snapshots/ab/x.part", ".secret-x", ".restore-x"):
        os.utime(state / name, (hours_ago, hours_ago))
    assert remove_leftovers(state) == 3
    assert not any((state / name).exists() for name in names)


# --------------------------------------------------------------------------- the database is lost


def delete(path: Path) -> None:
    path.unlink()


def replace(path: Path) -> None:
    copy = path.with_name("copy")
    shutil.copyfile(path, copy)
    copy.replace(path)


@pytest.mark.parametrize("act", [delete, replace])
def test_nothing_is_written_to_a_database_that_was_deleted_or_replaced(
    state: Path, act: Callable[[Path], None]
) -> None:
    path = state / "controlwatch.db"
    store = SqlStore.open(f"sqlite:///{path}")
    store.subscriptions.subscribe(Subscription(channel="console", target="-"), NOW)
    assert store.find_problem() == ""
    act(path)
    assert str(path) in store.find_problem()
    existed = path.exists()
    with pytest.raises(StoreLost, match="nothing more is written"):
        store.subscriptions.subscribe(Subscription(channel="console", target="-"), NOW)
    store.close()
    assert path.exists() == existed


@pytest.mark.slow
def test_a_service_whose_database_is_deleted_ends_itself_and_does_not_begin_with_an_empty_one(
    environment: tuple[dict[str, str], object],
    tmp_path: Path,
    start_service: Callable[..., RunningService],
) -> None:
    env, _ = environment
    service = start_service(env)
    wait_for((tmp_path / "state" / "heartbeat").exists)
    assert f"controlwatch runs on state {tmp_path / 'state'}: 1 subscriptions, 1 sources" in service.output
    (tmp_path / "state" / "controlwatch.db").unlink()
    assert service.process.wait(timeout=PATIENCE) == STORE_LOST_EXIT_STATUS
    assert "was deleted or moved away while it was in use" in service.output
    again = typed(["run"], env=env)
    assert again.returncode == 2
    assert "is gone" in again.stderr
    assert not (tmp_path / "state" / "controlwatch.db").exists()


# --------------------------------------------------------------------------- questions

QUESTIONS = (
    ("status", "2025-61"),
    ("lookup", "8507.60"),
    ("latest",),
    ("upcoming",),
    ("show", "2025-61"),
    ("history", "battery"),
    ("compare", "--from", "2025-11-01", "--to", "2025-11-15"),
    ("entity", "Shield AI"),
    ("known",),
    ("leads",),
    ("subscriptions",),
    ("alerts",),
    ("watchers",),
    ("held",),
)


def test_a_question_where_nothing_is_kept_yet_creates_nothing_and_is_answered_from_the_register(
    terminal: Terminal, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    said = {}
    for words in QUESTIONS:
        said[words[0]] = terminal.types(
            *words, CONTROLWATCH_STATE_DIR=str(empty), CONTROLWATCH_PUBLIC_URL="https://a.example"
        )
        assert f"No state exists at {empty}" in said[words[0]].replace("\n", " "), words
    assert "in force" in said["status"]
    assert "MOFCOM-GACC 2025-58" in said["lookup"]
    assert "no official source has been read" in said["status"].replace("\n", " ")
    assert not empty.exists()
    url = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    terminal.types("latest", CONTROLWATCH_STATE_DIR=str(empty), CONTROLWATCH_DATABASE_URL=url)
    assert not (tmp_path / "elsewhere.db").exists()
    assert not empty.exists()


def test_commands_say_which_state_they_use(terminal: Terminal) -> None:
    place = str(terminal.folder / "state")
    assert f"It is in state {place}" in terminal.types("subscribe", "console")
    assert f"state {place}" in terminal.types("--verbose", "latest")
    assert f"state {place}" not in terminal.types("latest")
    url = f"sqlite:///{terminal.folder / 'other.db'}"
    said = terminal.types("--verbose", "subscriptions", CONTROLWATCH_DATABASE_URL=url)
    assert f"database {terminal.folder / 'other.db'}" in said
