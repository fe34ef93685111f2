"""What is verified is not changed by it: not a byte, not a file, not beside the database either."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from controlwatch.adapters.storage import SqlStore
from controlwatch.core.model import Snapshot
from controlwatch.core.model.errors import UsageError
from tests.cli.test_commands import TEXT, Terminal, terminal
from tests.processes import server_of_forks
from tests.store.steps import NOW
from tests.store.test_migrations import at_work

__all__ = ["terminal"]

SENT = Snapshot(url="u", final_url="u", fetched_at=NOW, status=200, headers=(), body=b"")


def files(folder: Path) -> dict[str, tuple[str, int, int]]:
    """Every file of a folder with its hash, its mode and the time at which it was written, and every folder."""
    return {
        str(path.relative_to(folder)): (
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
            path.stat().st_mode,
            path.stat().st_mtime_ns,
        )
        for path in sorted((folder, *folder.rglob("*")))
    }


@pytest.fixture
def state(terminal: Terminal) -> Path:
    """The state of an installation that has taken a notice in, and is not running."""
    terminal.types("intake", terminal.file("n.txt", TEXT))
    return terminal.folder / "state"


def killed(database: str) -> None:
    """Write to a store, and die before it is closed."""
    store = SqlStore.open(database)
    store.references.record_snapshot(SENT, "a" * 64, "w")
    os.kill(os.getpid(), signal.SIGKILL)


def left_by_a_kill(folder: Path) -> None:
    process = server_of_forks.Process(target=killed, args=(f"sqlite:///{folder / 'controlwatch.db'}",))
    process.start()
    process.join()
    assert (folder / "controlwatch.db-wal").stat().st_size > 0


def test_what_proves_changes_nothing(terminal: Terminal, state: Path) -> None:
    before = files(state)
    terminal.types("verify")
    terminal.types("evidence", "2026-40", "--to", str(terminal.folder / "out.zip"))
    terminal.types("warc", str(terminal.folder / "all.warc.gz"))
    assert files(state) == before


def test_what_a_killed_process_left_is_verified_in_full_and_stays_as_it_was(
    terminal: Terminal, state: Path
) -> None:
    entries = json.loads(terminal.types("verify", "--json"))["entries"]
    left_by_a_kill(state)
    before = files(state)
    verdict = json.loads(terminal.fails("verify", "--json"))
    assert (verdict["entries"], verdict["counts"]) == (entries + 1, {"bytes missing": 1})
    assert files(state) == before


def test_a_store_copied_without_its_memory_file_is_verified_in_full(terminal: Terminal, state: Path) -> None:
    left_by_a_kill(state)
    (state / "controlwatch.db-shm").unlink()
    before = {name: one[0] for name, one in files(state).items()}
    assert json.loads(terminal.fails("verify", "--json"))["counts"] == {"bytes missing": 1}
    after = {name: one[0] for name, one in files(state).items()}
    after.pop("controlwatch.db-shm")  # which SQLite cannot do without
    assert after == before


def test_a_store_of_another_revision_is_refused_with_what_to_do_and_left_alone(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    folder = tmp_path / "state"
    folder.mkdir()
    at_work(f"sqlite:///{folder / 'controlwatch.db'}")
    before = files(folder)
    assert "has revision 0001" in terminal.fails("verify")
    assert files(folder) == before
    terminal.types("watchers")  # which the sentence names
    assert "bytes missing" in terminal.fails("verify")


@pytest.mark.parametrize(
    ("done", "said"),
    [
        ("UPDATE alembic_version SET version_num = '9999'", "newer version"),
        ("DROP TABLE alembic_version", "no store of controlwatch"),
    ],
)
def test_what_is_no_store_of_this_version_is_said_to_be_none(
    terminal: Terminal, state: Path, done: str, said: str
) -> None:
    with closing(sqlite3.connect(state / "controlwatch.db")) as connection, connection:
        connection.execute(done)
    before = files(state)
    assert said in terminal.fails("verify")
    assert files(state) == before


def test_a_file_that_is_no_database_is_said_to_be_none(terminal: Terminal, state: Path) -> None:
    (state / "controlwatch.db").write_bytes(b"garbage" * 1000)
    assert "its file is damaged or is not a database" in terminal.fails("verify")


def test_where_there_is_nothing_nothing_is_made(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    assert "no store exists at" in terminal.fails("verify")
    assert not (terminal.folder / "state").exists()


def test_a_service_at_work_can_be_verified(state: Path) -> None:
    url = f"sqlite:///{state / 'controlwatch.db'}"
    at_work_now = SqlStore.open(url)
    with SqlStore.open_read_only(url) as looked_at:
        before = looked_at.custody.load_head()
        at_work_now.references.record_snapshot(SENT, "a" * 64, "w")
        assert looked_at.custody.load_head() == at_work_now.custody.load_head()
        assert looked_at.custody.load_head().seq == before.seq + 1
    at_work_now.close()


def live(url: str) -> None:
    store = SqlStore.open(url)
    store.references.record_snapshot(SENT, "a" * 64, "w")
    store.close()


def test_a_service_that_starts_and_writes_meanwhile_is_noticed(state: Path) -> None:
    url = f"sqlite:///{state / 'controlwatch.db'}"
    with pytest.raises(UsageError, match="began to write"), SqlStore.open_read_only(url):
        live(url)


def test_nothing_can_be_written_through_a_store_that_is_only_looked_at(database: str) -> None:
    SqlStore.open(database).close()
    with SqlStore.open_read_only(database) as store:
        assert store.custody.load_head().seq == 1
        with pytest.raises(DBAPIError, match=r"read-?only"):
            store.references.record_snapshot(SENT, "a" * 64, "w")
        assert store.custody.count_entries() == 1


def test_a_store_of_another_revision_is_refused_on_either_database(empty_database: str) -> None:
    at_work(empty_database)
    with pytest.raises(UsageError, match="has revision 0001"), SqlStore.open_read_only(empty_database):
        pass


def test_a_server_that_cannot_be_reached_is_said_without_its_password() -> None:
    url = "postgresql://user:hunter2@127.0.0.1:1/x"
    with pytest.raises(UsageError, match="connection refused") as said, SqlStore.open_read_only(url):
        pass
    assert "hunter2" not in str(said.value)
