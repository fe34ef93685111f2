"""A disk that is full, a database that somebody holds, a file that the power took: told once, when it is over."""

from __future__ import annotations

import contextlib
import resource
import signal
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from controlwatch.adapters.archive.snapshots import FolderArchive
from controlwatch.services.verify import verify_chain
from controlwatch.testing.sites import Answer
from tests.services.test_never_lost import COVER, FILE, SUBSTANCE
from tests.services.test_news import started
from tests.services.world import HOST, Page, World, tightening

if TYPE_CHECKING:
    from collections.abc import Iterator

TITLE = "关于对镓相关物项实施出口管制的公告"
URL = f"{HOST}/notices/art_1.html"
HOUR = timedelta(hours=1)


@contextmanager
def full_disk(*, after: int) -> Iterator[None]:
    """Let no file of this process grow any more once `after` statements and commits were made."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    left = after

    def step(*_: object) -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))

    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # the write itself fails then, as on a full disk
    for name in ("before_cursor_execute", "commit"):
        event.listen(Engine, name, step)
    try:
        yield
    finally:
        for name in ("before_cursor_execute", "commit"):
            event.remove(Engine, name, step)
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)


@pytest.fixture
def begun(w: World) -> World:
    """A world whose shelf is filled, with a notice that has just been put up."""
    w.ministry.publish(Page("/notices/art_0.html", "商务部召开座谈会", "会议部署了下一阶段任务。"))
    w.poll()
    w.ministry.publish(Page("/notices/art_1.html", TITLE, tightening(40)))
    return w


def told(w: World) -> list[str]:
    return [f"{alert.kind} {alert.title}" for alert in w.alerts() if alert.kind in {"new", "amended"}]


def sound(w: World, folder: Path) -> bool:
    with closing(sqlite3.connect(folder / "store.db")) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    return verify_chain(w.store.custody, FolderArchive(folder / "snapshots")).is_sound


@pytest.mark.parametrize("after", range(1, 60, 6))
def test_a_disk_that_fills_up_at_any_step_of_a_poll_costs_no_notice(
    begun: World, tmp_path: Path, after: int
) -> None:
    with full_disk(after=after), contextlib.suppress(OperationalError, OSError):
        begun.poll()
    for _ in range(3):
        begun.poll(later=HOUR)
    assert told(begun) == [f"new {TITLE}"]
    assert sound(begun, tmp_path)
    assert not list((tmp_path / "snapshots").rglob("*.part"))


@pytest.mark.parametrize("after", range(1, 60, 12))
def test_a_database_that_somebody_else_holds_costs_no_notice(
    begun: World, tmp_path: Path, after: int
) -> None:
    def impatient(connection: Any, *_: object) -> None:
        connection.execute("PRAGMA busy_timeout=20")

    event.listen(begun.store.engine, "checkout", lambda dbapi, *_: impatient(dbapi))
    begins = count(1)
    with closing(sqlite3.connect(tmp_path / "store.db", isolation_level=None)) as other:

        def hold(*_: object) -> None:
            if next(begins) >= after and not other.in_transaction:
                with contextlib.suppress(sqlite3.OperationalError):  # we are writing ourselves just now
                    other.execute("BEGIN IMMEDIATE")

        engines = (begun.store.database.write, begun.store.database.read)
        for engine in engines:
            event.listen(engine, "begin", hold, insert=True)
        with contextlib.suppress(OperationalError):
            begun.poll()
        for engine in engines:
            event.remove(engine, "begin", hold)
        if other.in_transaction:
            other.execute("ROLLBACK")
    for _ in range(3):
        begun.poll(later=HOUR)
    assert told(begun) == [f"new {TITLE}"]
    assert sound(begun, tmp_path)


def newest(folder: Path) -> Path:
    return max((folder / "snapshots").rglob("*.gz"), key=lambda path: path.stat().st_mtime_ns)


@pytest.mark.parametrize("left", [0, 1, 40])
def test_a_copy_cut_short_by_a_loss_of_power_is_named_and_fetched_anew(
    begun: World, tmp_path: Path, left: int
) -> None:
    html = Page("/notices/art_1.html", TITLE, tightening(40)).html.encode()
    begun.sites.put(URL, Answer(body=html, etag=True))
    begun.poll()
    copy = newest(tmp_path)
    copy.write_bytes(copy.read_bytes()[:left])
    verdict = verify_chain(begun.store.custody, FolderArchive(tmp_path / "snapshots"))
    assert set(verdict.counts) <= {"bytes cut short", "bytes damaged"}
    assert URL in verdict.faults[0].what
    for _ in range(2):
        begun.poll(later=HOUR)
    assert told(begun) == [f"new {TITLE}"]
    assert sound(begun, tmp_path)


def test_an_annex_whose_copy_the_power_took_is_fetched_anew_and_is_no_amendment(
    w: World, tmp_path: Path
) -> None:
    w.sites.put(FILE, Answer(body=SUBSTANCE, content_type="application/pdf", etag=True))
    started(w).ministry.publish(replace(COVER))
    w.poll()
    (annexed,) = [kept for kept in w.store.custody.iterate_snapshots() if kept.url == FILE]
    (tmp_path / "snapshots" / annexed.sha256[:2] / f"{annexed.sha256[2:]}.gz").write_bytes(b"")
    w.poll(later=HOUR)
    assert [line.split()[0] for line in told(w)] == ["new"]
    assert sound(w, tmp_path)


def test_bytes_kept_before_the_power_failed_and_their_row_did_not_come_are_read_again(
    begun: World, tmp_path: Path
) -> None:
    """Commit 1 is two steps: the bytes come first, so that no row ever speaks of bytes that are not there."""
    archive = FolderArchive(tmp_path / "snapshots")
    archive.save_bytes(Page("/notices/art_1.html", TITLE, tightening(40)).html.encode())
    begun.poll()
    assert told(begun) == [f"new {TITLE}"]
    assert sound(begun, tmp_path)
