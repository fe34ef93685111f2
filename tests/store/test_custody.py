"""Whatever is altered after it was entered is found, and named for what was done to it."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from controlwatch.adapters.archive.snapshots import FolderArchive
from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.catalog.register_loader import load_register
from controlwatch.adapters.storage import SqlStore
from controlwatch.adapters.storage.base import NOTICE
from controlwatch.core.evidence.custody import (
    GENESIS_HASH,
    ChainHead,
    LogEntry,
    StoredEntry,
    compute_fingerprint,
)
from controlwatch.core.evidence.verification import VerificationResult
from controlwatch.core.model import Snapshot
from controlwatch.services.verify import verify_chain
from controlwatch.testing.sites import Answer
from tests.services.test_never_lost import COVER, FILE, SUBSTANCE
from tests.services.test_news import GALLIUM, OLD, started
from tests.services.world import World, world
from tests.store.steps import NOW


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state of a world with a few notices, one with an annex, one amended."""
    folder = tmp_path_factory.mktemp("lived")
    with world(folder) as w:
        live(w)
    return folder


def live(w: World) -> None:
    w.sites.put(FILE, Answer(body=SUBSTANCE, content_type="application/pdf"))
    started(w, replace(OLD), replace(COVER), replace(GALLIUM))
    w.ministry.pages[0].text = w.ministry.pages[0].text.replace("4月1日", "5月1日")
    w.ministry.render()
    w.poll(later=w.now - w.now)
    for hours in (1, 2):
        w.now = w.now.replace(hour=w.now.hour + hours)
        w.poll()


class State:
    """A copy of a state, to be tampered with."""

    def __init__(self, folder: Path) -> None:
        self.database = folder / "store.db"
        self.store = SqlStore.open(f"sqlite:///{self.database}")
        self.folder = folder / "snapshots"
        self.archive = FolderArchive(self.folder)

    def does(self, *statements: str) -> None:
        """Change the database past the programme."""
        with closing(sqlite3.connect(self.database)) as connection, connection:
            for statement in statements:
                connection.execute(statement)

    def first_file(self) -> Path:
        """The copy of the bytes that the first snapshot speaks of."""
        link = next(
            item
            for item in self.store.custody.iterate_entries()
            if isinstance(item, StoredEntry) and item.snapshot
        )
        assert link.snapshot is not None
        return self.folder / link.snapshot.sha256[:2] / f"{link.snapshot.sha256[2:]}.gz"

    def verdict(self, *noted: ChainHead) -> VerificationResult:
        return verify_chain(self.store.custody, self.archive, noted=noted)


@pytest.fixture
def state(lived: Path, tmp_path: Path) -> Iterator[State]:
    shutil.copytree(lived, tmp_path / "state")
    opened = State(tmp_path / "state")
    yield opened
    opened.store.close()


def test_what_nobody_touched_is_sound_and_every_row_is_in_the_chain(state: State) -> None:
    verdict = state.verdict()
    assert verdict.is_sound, verdict.faults
    assert verdict.head.seq == 1 + verdict.snapshots + verdict.versions
    assert (verdict.snapshots, verdict.versions, verdict.late_entries) == (5, 4, 0)


def flip(path: Path) -> None:
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(body)


def other_bytes(state: State) -> None:
    other = FolderArchive(state.folder.parent / "other")
    sha256 = other.save_bytes(b"other bytes")
    shutil.copy(state.folder.parent / "other" / sha256[:2] / f"{sha256[2:]}.gz", state.first_file())


def swapped(state: State) -> None:
    state.does(
        "UPDATE custody SET seq = 1000 WHERE seq = 4",
        "UPDATE custody SET seq = 4 WHERE seq = 5",
        "UPDATE custody SET seq = 5 WHERE seq = 1000",
    )


def rewritten(state: State) -> None:
    """Write an entry anew with a hash that fits it, as one would who knows how."""
    with state.store.engine.begin() as connection:
        line = connection.execute(text("SELECT line FROM custody WHERE seq = 4")).scalar_one()
    line = line.replace('"status":200', '"status":203')
    with state.store.engine.begin() as connection:
        values = {"line": line, "hash": compute_fingerprint(line)}
        connection.execute(text("UPDATE custody SET line = :line, hash = :hash WHERE seq = 4"), values)


def pointed_back(state: State) -> None:
    """Let the notice that was amended point to what it said before, with the findings of that."""
    state.does(
        "UPDATE notice SET version_id = (SELECT min(version.id) FROM version WHERE notice_id = notice.id)",
        "UPDATE finding SET version_id = (SELECT version_id FROM notice WHERE notice.id = finding.notice_id)",
    )


def exchanged(state: State) -> None:
    """Give two notices each other's versions."""
    state.does(
        "UPDATE version SET notice_id = CASE (SELECT key FROM notice WHERE id = notice_id) "
        "WHEN 'MOFCOM 2026-1' THEN (SELECT id FROM notice WHERE key = 'MOFCOM 2026-40') "
        "WHEN 'MOFCOM 2026-40' THEN (SELECT id FROM notice WHERE key = 'MOFCOM 2026-1') ELSE notice_id END"
    )


NOTICE_INSERTED = (
    "INSERT INTO notice (key, title, kind, issuers, is_change, direction, official, rung, watcher_id, url, "
    "first_seen_at, version_id) SELECT 'MOFCOM 2026-99', 'forged', kind, issuers, is_change, direction, official, "
    "rung, watcher_id, url, first_seen_at, version_id FROM notice WHERE key = 'MOFCOM 2026-40'"
)
INSERTED = (
    "INSERT INTO snapshot (watcher_id, url, final_url, fetched_at, status, headers, sha256, size) "
    "SELECT watcher_id, url || '?', final_url, fetched_at, status, headers, sha256, size FROM snapshot WHERE id = 1"
)
TAMPERING: dict[str, tuple[Callable[[State], object], str]] = {
    "a power loss cut the newest file short": (
        lambda s: s.first_file().write_bytes(s.first_file().read_bytes()[:-20]),
        "bytes cut short",
    ),
    "a file lost its content": (lambda s: s.first_file().write_bytes(b""), "bytes cut short"),
    "a bit flipped on the disk": (lambda s: flip(s.first_file()), "bytes damaged"),
    "other bytes were put in their place": (other_bytes, "bytes altered"),
    "a file was deleted": (lambda s: s.first_file().unlink(), "bytes missing"),
    "a text was edited": (
        lambda s: s.does("UPDATE version SET text = replace(text, '金属镓', '金属铟')"),
        "row altered",
    ),
    "a reading was edited": (
        lambda s: s.does("UPDATE version SET reading = replace(reading, '2026-04-01', '2027-04-01')"),
        "row altered",
    ),
    "a time was edited": (
        lambda s: s.does("UPDATE snapshot SET fetched_at = '2025-01-01 00:00:00' WHERE id = 2"),
        "row altered",
    ),
    "a header was edited": (
        lambda s: s.does("""UPDATE snapshot SET headers = '[["date", "today"]]' WHERE id = 2"""),
        "row altered",
    ),
    "an annex was exchanged": (lambda s: s.does("UPDATE annex SET sha256 = 'f'"), "row altered"),
    "a row was deleted": (lambda s: s.does("DELETE FROM snapshot WHERE id = 1"), "row missing"),
    "a row was put in": (lambda s: s.does(INSERTED), "row not entered"),
    "an entry was edited": (
        lambda s: s.does("UPDATE custody SET line = replace(line, '200', '203') WHERE seq = 4"),
        "entry altered",
    ),
    "an entry was filed elsewhere": (
        lambda s: s.does("UPDATE custody SET snapshot_id = 99 WHERE seq = 3"),
        "entry altered",
    ),
    "an entry was written anew": (rewritten, "row altered"),
    "entries were deleted": (lambda s: s.does("DELETE FROM custody WHERE seq IN (4, 5)"), "entries missing"),
    "the beginning was deleted": (lambda s: s.does("DELETE FROM custody WHERE seq < 3"), "beginning missing"),
    "the log was emptied": (lambda s: s.does("DELETE FROM custody"), "row not entered"),
    "entries changed places": (swapped, "entry out of place"),
    "a notice points to what it said before": (pointed_back, "row altered"),
    "two notices exchanged their versions": (exchanged, "row altered"),
    "a notice was put in": (lambda s: s.does(NOTICE_INSERTED), "row not entered"),
    "a redline was edited": (
        lambda s: s.does("""UPDATE version SET redline = '[["=", "x"]]' WHERE kind = 'amended'"""),
        "row altered",
    ),
    "the reason for no alert was edited": (
        lambda s: s.does("UPDATE version SET quiet_because = 'told' WHERE id = 1"),
        "row altered",
    ),
    "an address was edited": (
        lambda s: s.does("UPDATE address SET url = 'https://other.example/' WHERE id = 1"),
        "row altered",
    ),
    "an address was put in": (
        lambda s: s.does(
            "INSERT INTO address (address, url, notice_id, watcher_id, first_seen_at, differs) "
            "SELECT 'x.example/', 'https://x.example/', notice_id, watcher_id, first_seen_at, 0 FROM address LIMIT 1"
        ),
        "row altered",
    ),
    "an effective date was edited": (
        lambda s: s.does("UPDATE finding SET start = '2031-01-01' WHERE kind = 'effective'"),
        "row altered",
    ),
    "a finding was deleted": (
        lambda s: s.does("DELETE FROM finding WHERE id = (SELECT max(id) FROM finding)"),
        "row altered",
    ),
    "a relation was put in": (
        lambda s: s.does(
            "INSERT INTO finding (notice_id, version_id, kind, value, basis, scope, quote) "
            "SELECT id, version_id, 'relation', 'MOFCOM 2026-1', 'repeals', '', 'x' FROM notice LIMIT 1"
        ),
        "row altered",
    ),
    "a party was put in": (
        lambda s: s.does(
            "INSERT INTO party (notice_id, zh, en, action) SELECT id, 'x', 'x', 'list' FROM notice"
        ),
        "row altered",
    ),
}


@pytest.mark.parametrize("done", TAMPERING)
def test_what_was_done_is_named(state: State, done: str) -> None:
    tamper, kind = TAMPERING[done]
    tamper(state)
    verdict = state.verdict()
    assert not verdict.is_sound
    assert verdict.faults[0].kind == kind, verdict.faults


def test_the_first_broken_link_is_named_and_all_are_counted(state: State) -> None:
    state.does(
        "UPDATE version SET title = title || '!'", "UPDATE custody SET line = line || ' ' WHERE seq = 3"
    )
    verdict = state.verdict()
    assert (verdict.faults[0].seq, verdict.faults[0].kind) == (3, "entry altered")
    assert verdict.counts["row altered"] == verdict.versions


def test_an_entry_written_anew_breaks_the_one_that_follows(state: State) -> None:
    rewritten(state)
    assert (5, "chain broken") in [(fault.seq, fault.kind) for fault in state.verdict().faults]


def test_a_tail_that_was_cut_off_is_missed_only_where_its_head_was_noted(state: State) -> None:
    snapshot = Snapshot(url="u", final_url="u", fetched_at=NOW, status=200, headers=(), body=b"later")
    state.store.references.record_snapshot(snapshot, state.archive.save_bytes(b"later"), "w")
    head = state.verdict().head
    state.does(
        f"DELETE FROM snapshot WHERE id = (SELECT snapshot_id FROM custody WHERE seq = {head.seq})",
        f"DELETE FROM custody WHERE seq = {head.seq}",
    )
    assert state.verdict().is_sound
    assert [fault.kind for fault in state.verdict(head).faults] == ["head not found"]


def test_a_head_noted_earlier_is_found_in_the_longer_chain(state: State) -> None:
    head = state.verdict().head
    snapshot = Snapshot(url="u", final_url="u", fetched_at=NOW, status=200, headers=(), body=b"later")
    state.store.references.record_snapshot(snapshot, state.archive.save_bytes(b"later"), "w")
    verdict = state.verdict(head)
    assert verdict.is_sound
    assert (verdict.noted_heads, verdict.head.seq) == ([head], head.seq + 1)


def test_bytes_that_come_again_mend_a_damaged_copy(state: State) -> None:
    path = state.first_file()
    sha256 = path.parent.name + path.stem
    body = state.archive.load_bytes(sha256)
    flip(path)
    with pytest.raises(KeyError):
        state.archive.load_bytes(sha256)
    assert state.archive.save_bytes(body) == sha256
    assert state.verdict().is_sound


def test_what_is_kept_is_private(state: State) -> None:
    modes = {path.stat().st_mode & 0o777 for path in state.folder.rglob("*.gz")}
    assert modes == {0o600}
    assert list(state.folder.rglob("*.part")) == []


def test_an_entry_has_one_way_to_be_written() -> None:
    entry = LogEntry(
        seq=1, at=NOW, kind="beginning", subject={"物": 1, "a": None}, previous_hash=GENESIS_HASH
    )
    assert entry.to_line() == (
        '{"at":"2026-03-02T01:00:00.000000Z","before":"' + GENESIS_HASH + '",'
        '"of":{"a":null,"物":1},"seq":1,"what":"beginning"}'
    )


# ------------------------------------------------------------------- on both databases


def test_the_same_life_gives_a_sound_chain_on_either_database(database: str, tmp_path: Path) -> None:
    with world(tmp_path, database) as w:
        live(w)
        w.store.register.import_entries(load_register(load_lexicon()), NOW)
        first = verify_chain(w.store.custody, w.archive)
        # A newer register replaces what nobody has observed, and completes the rest: all of it entered.
        w.store.register.import_entries(load_register(load_lexicon()), w.now)
        second = verify_chain(w.store.custody, w.archive, noted=[first.head])
        assert first.is_sound, first.faults[:3]
        assert second.is_sound, second.faults[:3]
        assert second.head.seq > first.head.seq
        assert second.versions == first.versions
        dossier = w.store.custody.find_dossier("MOFCOM 2026-6")
        assert dossier is not None
        lines = list(w.store.custody.iterate_chain_lines(dossier))
        assert compute_fingerprint(lines[-1]) == dossier.head.hash == second.head.hash
        assert lines[1] == dossier.entries[0].line
        assert len(list(w.store.custody.iterate_snapshots())) == second.snapshots
        with w.store.engine.begin() as connection:
            connection.execute(text("UPDATE version SET text = 'x' WHERE id = 2"))
            connection.execute(text("DELETE FROM custody WHERE seq = 3"))
        third = verify_chain(w.store.custody, w.archive)
        assert third.counts["row altered"] == 1
        assert (third.counts["entries missing"], third.counts["row not entered"]) == (1, 1)


def _keep(url: str, name: str, count: int) -> None:
    store = SqlStore.open(url)
    for n in range(count):
        snapshot = Snapshot(url=f"{name}{n}", final_url="u", fetched_at=NOW, status=200, headers=(), body=b"")
        store.references.record_snapshot(snapshot, "a" * 64, "w")
    store.close()


def test_two_writers_at_once_never_fork_the_chain(database: str, store: SqlStore, tmp_path: Path) -> None:
    workers = [threading.Thread(target=_keep, args=(database, name, 40)) for name in ("a", "b")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    verdict = verify_chain(store.custody, FolderArchive(tmp_path / "none"))
    assert verdict.head.seq == 81
    assert verdict.counts == {"bytes missing": 80}


HEADING_EDITS = {
    "number": "'MOFCOM 2026-41'",
    "title": "'forged'",
    "kind": "'news'",
    "issuers": "'[]'",
    "published": "'2020-01-01'",
    "is_change": "NOT is_change",
    "direction": "'relax'",
    "official": "NOT official",
    "watcher_id": "'other'",
    "url": "'https://other.example/'",
    "about": "'MOFCOM 2026-1'",
    "first_seen_at": "'2020-01-01 00:00:00'",
    "key": "'MOFCOM 2026-41'",
    "version_id": "version_id - 1",
}


def test_an_altered_heading_of_a_notice_is_found_and_named_on_either_database(
    database: str, tmp_path: Path
) -> None:
    with world(tmp_path, database) as w:
        live(w)
        with w.store.engine.begin() as connection:
            row_id = connection.execute(
                text("SELECT id FROM notice WHERE key = 'MOFCOM 2026-40'")
            ).scalar_one()
            row = connection.execute(select(NOTICE).where(NOTICE.c.id == row_id)).mappings().one()
        for name, value in HEADING_EDITS.items():
            with w.store.engine.begin() as connection:
                connection.execute(text(f"UPDATE notice SET {name} = {value} WHERE id = {row_id}"))
            result = verify_chain(w.store.custody, w.archive)
            said = str(result.faults[0]) if result.faults else ""
            shown = {"watcher_id": "watcher", "version_id": "newest_version"}.get(name, name)
            assert f"has other {shown}" in said or "has other notice" in said, (name, said)
            with w.store.engine.begin() as connection:
                connection.execute(update(NOTICE).where(NOTICE.c.id == row_id).values(dict(row)))
        assert verify_chain(w.store.custody, w.archive).is_sound


def test_a_copy_with_the_same_words_and_an_address_used_again_leave_a_sound_chain(
    tmp_path: Path,
) -> None:
    with world(tmp_path) as w:
        started(w, replace(OLD), replace(GALLIUM))
        copied, reused = replace(GALLIUM, path="/notices/art_41.html"), w.ministry.pages[-1]
        reused.title = reused.title.replace("第1号", "第9号")
        w.ministry.publish(copied)
        for _ in range(3):
            w.now = w.now + timedelta(hours=8)
            w.poll()
        verdict = verify_chain(w.store.custody, w.archive)
        assert verdict.is_sound, verdict.faults
        record = w.store.queries.find_record("MOFCOM 2026-40")
        assert record is not None
        assert len(record.standings) == 2
        with w.store.engine.begin() as connection:
            connection.execute(text("DELETE FROM address WHERE address LIKE '%art_41%'"))
        (fault,) = verify_chain(w.store.custody, w.archive).faults
        assert "MOFCOM 2026-40 has other addresses" in fault.what
