"""The chain of custody in the store: written in one transaction with what it records, and read again."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Table, func, or_, select, true

from controlwatch.adapters.storage.base import (
    CUSTODY,
    CUSTODY_LOCK,
    NOTICE,
    OPINION,
    SNAPSHOT,
    VERSION,
    StorePart,
    take_turns,
)
from controlwatch.adapters.storage.custody_rows import (
    build_stored_entries,
    select_headings,
    select_opinion_entries,
    select_snapshot_entries,
    select_version_entries,
)
from controlwatch.adapters.storage.notice_queries import find_notice_id
from controlwatch.core.evidence.custody import (
    EMPTY_HEAD,
    FORMAT_VERSION,
    ChainHead,
    EntryKind,
    LogEntry,
    SnapshotEntry,
    StoredEntry,
    parse_line,
)
from controlwatch.core.evidence.dossier import Dossier
from controlwatch.core.evidence.timestamps import parse_entry_time
from controlwatch.core.evidence.verification import UnloggedRow

_BATCH_SIZE = 500
_LoggedTable = Literal["snapshot", "version", "opinion"]


class CustodyStore(StorePart):
    """The log of stored bytes and of what was read from them."""

    @contextmanager
    def _begin_consistent_read(self) -> Iterator[Connection]:
        """Begin a transaction in which every query sees the same state."""
        is_sqlite = self._read_engine.dialect.name == "sqlite"
        options = {} if is_sqlite else {"isolation_level": "REPEATABLE READ"}
        with self._read_engine.execution_options(**options).begin() as connection:
            yield connection

    def load_head(self) -> ChainHead:
        """Return the newest entry."""
        with self._read_engine.begin() as connection:
            return _select_head(connection)

    def find_newest_entry(self) -> tuple[ChainHead, str] | None:
        """Return the newest entry and its line; None where the log is empty."""
        last = select(CUSTODY.c.seq, CUSTODY.c.hash, CUSTODY.c.line).order_by(CUSTODY.c.seq.desc()).limit(1)
        with self._read_engine.begin() as connection:
            row = connection.execute(last).first()
        return None if row is None else (ChainHead(seq=row.seq, hash=row.hash), row.line)

    def has_head(self, head: ChainHead) -> bool:
        """Return whether a head is in the chain, by the hash that the chain states."""
        with self._read_engine.begin() as connection:
            stated = select(CUSTODY.c.hash).where(CUSTODY.c.seq == head.seq)
            return connection.execute(stated).scalar() == head.hash

    def find_entry_time_after(self, seq: int) -> datetime | None:
        """Return when the first entry after another was written; None where there is none."""
        following = select(CUSTODY.c.line).where(CUSTODY.c.seq > seq).order_by(CUSTODY.c.seq).limit(1)
        with self._read_engine.begin() as connection:
            line = connection.execute(following).scalar()
        return None if line is None else parse_entry_time(line)

    def iterate_entries(self) -> Iterator[StoredEntry | UnloggedRow]:
        """Yield every entry from the first on, with the rows it records; then the rows without an entry.

        One transaction, a few hundred rows in memory at a time: close the generator to end it early.
        """
        with self._begin_consistent_read() as connection:
            after = 0
            while True:
                following = select(CUSTODY).where(CUSTODY.c.seq > after).order_by(CUSTODY.c.seq)
                rows = connection.execute(following.limit(_BATCH_SIZE)).mappings().all()
                if not rows:
                    break
                yield from build_stored_entries(connection, rows)
                after = rows[-1]["seq"]
            answered = OPINION.c.answered_at.is_not(None)
            tables: tuple[tuple[_LoggedTable, Table, Any, ColumnElement[bool]], ...] = (
                ("snapshot", SNAPSHOT, CUSTODY.c.snapshot_id, true()),
                ("version", VERSION, CUSTODY.c.version_id, true()),
                ("opinion", OPINION, CUSTODY.c.opinion_id, answered),
            )
            for name, table, column, is_entered in tables:
                is_logged = select(CUSTODY.c.seq).where(column == table.c.id).exists()
                unlogged = select(table.c.id).where(~is_logged, is_entered).order_by(table.c.id)
                for row_id in connection.execute(unlogged).scalars():
                    yield UnloggedRow(table=name, id=int(row_id))
            logged = CUSTODY.join(VERSION, VERSION.c.id == CUSTODY.c.version_id)
            entries = select(CUSTODY.c.seq).select_from(logged).where(VERSION.c.notice_id == NOTICE.c.id)
            unlogged = select(NOTICE.c.id).where(~entries.exists()).order_by(NOTICE.c.id)
            for row_id in connection.execute(unlogged).scalars():
                yield UnloggedRow(table="notice", id=int(row_id))

    def find_dossier(self, key: str) -> Dossier | None:
        """Return the evidence for a notice, by the key of its number or by a canonical URL."""
        with self._begin_consistent_read() as connection:
            notice_id = find_notice_id(connection, key)
            if notice_id is None:
                return None
            ids = select(VERSION.c.id).where(VERSION.c.notice_id == notice_id).order_by(VERSION.c.id)
            versions = select_version_entries(connection, connection.execute(ids).scalars())
            # Snapshots of the pages, then of the annexes that were read with them.
            sources = {version.snapshot for version in versions.values() if version.snapshot is not None}
            for annex in {
                annex for version in versions.values() for annex in version.annexes if annex.sha256
            }:
                same = SNAPSHOT.c.url == annex.url, SNAPSHOT.c.sha256 == annex.sha256
                sources.update(connection.execute(select(SNAPSHOT.c.id).where(*same)).scalars())
            snapshots = select_snapshot_entries(connection, sources)
            answered = select(OPINION.c.id).where(OPINION.c.version_id.in_(list(versions)))
            opinions = select_opinion_entries(connection, connection.execute(answered).scalars())
            opinion_ids = (*opinions, *_list_lost_opinions(connection, versions))
            about = select(CUSTODY).where(
                or_(
                    CUSTODY.c.version_id.in_(list(versions)),
                    CUSTODY.c.snapshot_id.in_(list(snapshots)),
                    CUSTODY.c.opinion_id.in_(opinion_ids),
                )
            )
            rows = connection.execute(about.order_by(CUSTODY.c.seq)).mappings().all()
            return Dossier(
                heading=select_headings(connection, [notice_id])[notice_id],
                versions=tuple(versions[row_id] for row_id in sorted(versions)),
                snapshots=tuple(snapshots[row_id] for row_id in sorted(snapshots)),
                opinions=tuple(opinions[row_id] for row_id in sorted(opinions)),
                entries=tuple(build_stored_entries(connection, rows)),
                head=_select_head(connection),
            )

    def iterate_chain_lines(self, dossier: Dossier) -> Iterator[str]:
        """Yield the lines of the chain from before the first about a notice up to the head of its dossier."""
        last = min((link.seq for link in dossier.entries), default=dossier.head.seq) - 2
        while last < dossier.head.seq:
            within = CUSTODY.c.seq > last, CUSTODY.c.seq <= dossier.head.seq
            lines = select(CUSTODY.c.seq, CUSTODY.c.line).where(*within).order_by(CUSTODY.c.seq)
            with self._read_engine.begin() as connection:
                rows = connection.execute(lines.limit(_BATCH_SIZE)).all()
            if not rows:
                return
            yield from (row.line for row in rows)
            last = rows[-1].seq

    def iterate_snapshots(self) -> Iterator[SnapshotEntry]:
        """Yield all snapshots, oldest first, a few hundred in memory at a time."""
        with self._begin_consistent_read() as connection:
            for ids in _iterate_id_batches(connection, SNAPSHOT):
                snapshots = select_snapshot_entries(connection, ids)
                yield from (snapshots[snapshot_id] for snapshot_id in ids)

    def count_entries(self) -> int:
        """Return the number of entries, as a measure of how long `iterate_entries` takes."""
        with self._read_engine.begin() as connection:
            return int(connection.execute(select(func.count()).select_from(CUSTODY)).scalar_one())


def begin_log(connection: Connection, *, at: datetime) -> None:
    """Begin the log, and enter what is stored already, marked as entered late."""
    counts = {
        name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for name, table in (("snapshots", SNAPSHOT), ("versions", VERSION))
    }
    _append_entries(
        connection, [("beginning", {"form": FORMAT_VERSION, "log": uuid.uuid4().hex, **counts})], at=at
    )
    for ids in _iterate_id_batches(connection, SNAPSHOT):
        snapshots = select_snapshot_entries(connection, ids)
        _append_entries(
            connection, [("snapshot", snapshots[row_id].to_log_fields()) for row_id in ids], at=at, late=True
        )
    for ids in _iterate_id_batches(connection, VERSION):
        versions = select_version_entries(connection, ids)
        _append_entries(
            connection, [("version", versions[row_id].to_log_fields()) for row_id in ids], at=at, late=True
        )


def append_late_headings(connection: Connection, *, at: datetime) -> None:
    """Enter the notices whose newest entry is of a version of controlwatch that did not enter them yet."""
    for ids in _iterate_id_batches(connection, NOTICE):
        newest = select(func.max(CUSTODY.c.seq)).join(VERSION, VERSION.c.id == CUSTODY.c.version_id)
        places = newest.where(VERSION.c.notice_id.in_(ids)).group_by(VERSION.c.notice_id)
        entries = select(CUSTODY.c.version_id, CUSTODY.c.line).where(CUSTODY.c.seq.in_(places))
        version_ids = [
            row.version_id
            for row in connection.execute(entries.order_by(CUSTODY.c.seq))
            if '"heading":{' not in row.line
        ]
        versions = select_version_entries(connection, version_ids)
        readings: list[tuple[EntryKind, dict[str, object]]] = [
            ("reading", versions[row_id].to_log_fields()) for row_id in version_ids
        ]
        _append_entries(connection, readings, at=at, late=True)


def append_snapshot_entry(connection: Connection, snapshot_id: int, *, at: datetime) -> None:
    """Enter stored bytes. This comes last in a transaction: others wait from here on."""
    snapshot = select_snapshot_entries(connection, [snapshot_id])[snapshot_id]
    _append_entries(connection, [("snapshot", snapshot.to_log_fields())], at=at)


def append_opinion_entry(connection: Connection, opinion_id: int, *, at: datetime) -> None:
    """Enter what a second reader answered. This comes last in a transaction: others wait from here on."""
    opinion = select_opinion_entries(connection, [opinion_id])[opinion_id]
    _append_entries(connection, [("opinion", opinion.to_log_fields())], at=at)


def append_version_entries(connection: Connection, version_ids: Sequence[int], *, at: datetime) -> None:
    """Enter versions in their present state; those entered before have a new reading.

    Whatever changes the heading of a notice, its newest version or its addresses calls this in the same
    transaction, and last.
    """
    if not version_ids:
        return
    before = select(CUSTODY.c.version_id).where(CUSTODY.c.version_id.in_(version_ids))
    logged = set(connection.execute(before).scalars())
    versions = select_version_entries(connection, version_ids)
    entries: list[tuple[EntryKind, dict[str, object]]] = [
        ("reading" if row_id in logged else "version", versions[row_id].to_log_fields())
        for row_id in version_ids
    ]
    _append_entries(connection, entries, at=at)


def _append_entries(
    connection: Connection,
    entries: Iterable[tuple[EntryKind, dict[str, object]]],
    *,
    at: datetime,
    late: bool = False,
) -> None:
    take_turns(connection, CUSTODY_LOCK)
    head = _select_head(connection)
    rows: list[dict[str, Any]] = []
    for kind, subject in entries:
        line, digest = LogEntry(
            seq=head.seq + 1, at=at, kind=kind, subject=subject, previous_hash=head.hash, is_late=late
        ).to_hashed_line()
        rows.append(
            {
                "seq": head.seq + 1,
                "hash": digest,
                "before": head.hash,
                "snapshot_id": subject.get("id") if kind == "snapshot" else None,
                "version_id": subject.get("id") if kind in {"version", "reading"} else None,
                "line": line,
                # A migration writes entries while this column does not exist yet.
                **({"opinion_id": subject.get("id")} if kind == "opinion" else {}),
            }
        )
        head = ChainHead(seq=head.seq + 1, hash=digest)
    if rows:
        connection.execute(CUSTODY.insert(), rows)


def _list_lost_opinions(connection: Connection, version_ids: Collection[int]) -> Iterator[int]:
    """Yield the opinions on versions that were entered and are not stored any more."""
    is_stored = select(OPINION.c.id).where(OPINION.c.id == CUSTODY.c.opinion_id).exists()
    lost = select(CUSTODY.c.opinion_id, CUSTODY.c.line).where(CUSTODY.c.opinion_id.is_not(None), ~is_stored)
    for opinion_id, line in connection.execute(lost):
        subject = (parse_line(line) or {}).get("of")
        if isinstance(subject, dict) and subject.get("version") in version_ids:
            yield opinion_id


def _select_head(connection: Connection) -> ChainHead:
    newest = select(CUSTODY.c.seq, CUSTODY.c.hash).order_by(CUSTODY.c.seq.desc()).limit(1)
    row = connection.execute(newest).first()
    return EMPTY_HEAD if row is None else ChainHead(seq=row.seq, hash=row.hash)


def _iterate_id_batches(connection: Connection, table: Table) -> Iterator[list[int]]:
    after = 0
    while True:
        following = select(table.c.id).where(table.c.id > after).order_by(table.c.id).limit(_BATCH_SIZE)
        ids = [int(row_id) for row_id in connection.execute(following).scalars()]
        if not ids:
            return
        yield ids
        after = ids[-1]
