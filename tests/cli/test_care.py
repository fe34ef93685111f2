"""Copies of the state that hold all of it, and a doctor who says what to do."""

from __future__ import annotations

import io
import sqlite3
import tarfile
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from controlwatch.adapters.system.backup import restore_backup, write_backup
from controlwatch.bootstrap.app import open_app
from controlwatch.core.alerting.source_health import apply_success
from controlwatch.core.model import Subscription
from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.state import PollReport
from controlwatch.settings import Settings
from controlwatch.testing.slack import SlackStandIn
from controlwatch.testing.smtp import Mailbox
from tests.cli.test_commands import Terminal, terminal
from tests.services.test_news import GALLIUM, started
from tests.services.world import world

__all__ = ["terminal"]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state folder at work: two notices, their bytes, a secret."""
    folder = tmp_path / "state"
    folder.mkdir()
    with world(folder, f"sqlite:///{folder / 'controlwatch.db'}") as w:
        started(w).ministry.publish(GALLIUM)
        w.poll()
    (folder / "secret").write_text("s" * 40)
    return folder


def notices(folder: Path) -> list[tuple[str]]:
    with closing(sqlite3.connect(folder / "controlwatch.db")) as connection:
        return connection.execute("SELECT title FROM notice ORDER BY id").fetchall()


def test_a_copy_put_back_holds_every_notice_every_byte_and_the_secret(state: Path, tmp_path: Path) -> None:
    copy, again = tmp_path / "copy.tar", tmp_path / "again"
    write_backup(state, copy)
    restore_backup(copy, again)
    assert notices(again) == notices(state)
    kept = {path.relative_to(state): path.read_bytes() for path in (state / "snapshots").rglob("*.gz")}
    assert kept
    assert all((again / name).read_bytes() == body for name, body in kept.items())
    assert (again / "secret").read_text() == "s" * 40
    assert copy.stat().st_mode & 0o077 == 0


def test_a_copy_taken_while_something_writes_is_whole(state: Path, tmp_path: Path) -> None:
    ended = threading.Event()

    def write() -> None:
        with world(state, f"sqlite:///{state / 'controlwatch.db'}") as w:
            while not ended.is_set():
                w.store.subscriptions.subscribe(
                    Subscription(channel="console", target="-"), datetime.now(UTC)
                )

    writing = threading.Thread(target=write)
    writing.start()
    try:
        for number in range(3):
            write_backup(state, tmp_path / f"{number}.tar")
    finally:
        ended.set()
        writing.join()
    for number in range(3):
        restore_backup(tmp_path / f"{number}.tar", tmp_path / f"again{number}")
        with closing(sqlite3.connect(tmp_path / f"again{number}" / "controlwatch.db")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_state_that_is_in_use_is_not_written_over(state: Path, tmp_path: Path) -> None:
    write_backup(state, tmp_path / "copy.tar")
    with pytest.raises(UsageError, match="not empty"):
        restore_backup(tmp_path / "copy.tar", state)
    with pytest.raises(UsageError, match="exists already"):
        write_backup(state, tmp_path / "copy.tar")


def test_a_copy_in_which_a_byte_has_changed_is_refused_and_nothing_is_put_in_place(
    state: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.tar"
    write_backup(state, copy)
    body = bytearray(copy.read_bytes())
    place = body.index(b"SQLite format 3") + 4_000
    body[place] ^= 0xFF
    copy.write_bytes(body)
    with pytest.raises(UsageError, match="damaged"):
        restore_backup(copy, tmp_path / "again")
    assert list((tmp_path / "again").iterdir()) == []


@pytest.mark.parametrize("name", ["../evil", "/tmp/controlwatch-evil", "snapshots/../../evil"])
def test_a_copy_that_would_write_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    copy = tmp_path / "copy.tar"
    with tarfile.open(copy, "w") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = 4
        tar.addfile(entry, io.BytesIO(b"evil"))
    with pytest.raises(UsageError, match="is not a controlwatch backup"):
        restore_backup(copy, tmp_path / "again")
    assert not (tmp_path / "evil").exists()


def test_what_is_no_backup_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_bytes(b"\x00\x01garbage" * 100)
    with pytest.raises(UsageError, match="is not a controlwatch backup"):
        restore_backup(tmp_path / "x.tar", tmp_path / "again")


def test_the_commands_copy_and_put_back(terminal: Terminal, tmp_path: Path) -> None:
    terminal.types("subscriptions")
    said = terminal.types("backup", str(tmp_path / "copy.tar"))
    assert "files" in said
    said = terminal.types("restore", str(tmp_path / "copy.tar"), CONTROLWATCH_STATE_DIR=str(tmp_path / "new"))
    assert "files restored to" in said
    assert (tmp_path / "new" / "controlwatch.db").exists()


def test_the_doctor_says_what_is_right_and_what_to_do(terminal: Terminal) -> None:
    slack = SlackStandIn(scopes=("chat:write",))
    from controlwatch.testing.sites import Sites

    with Sites() as sites, Mailbox() as box:
        said = terminal.fails(
            "doctor",
            CONTROLWATCH_SLACK_BOT_TOKEN=slack.token,
            CONTROLWATCH_SLACK_API_URL=slack.put_up(sites),
            CONTROLWATCH_SMTP_URL=box.url,
            CONTROLWATCH_MAIL_FROM="a@b.example",
            CONTROLWATCH_CONNECT_TO=sites.origin,
            COLUMNS="200",
        )
    for words in ("all watcher declarations are valid", "the database is intact", "hosts answer", "answers"):
        assert words in said
    assert "scope commands is missing" in said
    assert "→" in said


def test_a_service_that_stopped_a_day_ago_is_not_shown_as_healthy(terminal: Terminal) -> None:
    """What each source said last was that all is well; nobody has asked since."""
    now = datetime.now(UTC)
    with open_app(Settings(state_dir=terminal.folder / "state")) as app:
        for watcher in app.watchers:
            for ago in (
                (timedelta(days=1), timedelta()) if watcher.id == "mofcom-press" else (timedelta(days=1),)
            ):
                state = apply_success(app.store.polling.load_state(watcher.id), now=now - ago)
                report = PollReport(watcher=watcher.id, started_at=now - ago, outcome="looked")
                app.store.polling.record_poll(report, state, keep={}, drop=(), now=now - ago)
    shown = terminal.fails("watchers")
    assert "mofcom-policy is failing: no poll has ended since" in shown
    assert "mofcom-press is failing" not in shown
    assert "not watched now" in terminal.types("status", "2025-61")


def test_the_doctor_shows_no_password(terminal: Terminal) -> None:
    said = terminal.fails(
        "doctor",
        CONTROLWATCH_DATABASE_URL="postgresql://user:hunter2@127.0.0.1:1/x",
        CONTROLWATCH_CONNECT_TO="http://127.0.0.1:1",
        CONTROLWATCH_SMTP_URL="smtp://user:hunter3@127.0.0.1:1",
        CONTROLWATCH_MAIL_FROM="a@b.example",
        COLUMNS="200",
    )
    assert "cannot be used" in said
    assert "hunter" not in said
