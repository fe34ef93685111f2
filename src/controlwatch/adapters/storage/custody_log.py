"""The chain of custody in the store: written with what it speaks of, as one, and followed again."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select

from controlwatch.adapters.storage.base import (
    ADDRESS,
    ANNEX,
    CUSTODY,
    CUSTODY_LOCK,
    NOTICE,
    SNAPSHOT,
    VERSION,
    StorePart,
    take_turns,
)
from controlwatch.adapters.storage.notice_queries import find_notice_id, load_record
from controlwatch.core.evidence.custody import (
    EMPTY_HEAD,
    FORMAT_VERSION,
    AnnexEntry,
    ChainHead,
    LogEntry,
    SnapshotEntry,
    StoredEntry,
    VersionEntry,
    compute_fingerprint,
)
from controlwatch.core.evidence.dossier import Dossier
from controlwatch.core.evidence.timestamps import parse_entry_time
from controlwatch.core.evidence.verification import UnloggedRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Table

    from controlwatch.core.evidence.custody import EntryKind

_BATCH_SIZE = 500
_VERSION_FIELDS = ("id", "kind", "made_at", "title", "fingerprint", "text", "reading")
_VERSION_COLUMNS = (*(VERSION.c[name] for name in _VERSION_FIELDS), VERSION.c.snapshot_id)
_SNAPSHOT_FIELDS = ("id", "url", "final_url", "fetched_at", "status", "sha256", "size")


class CustodyStore(StorePart):
    """The log of what was kept and understood."""

    def load_head(self) -> ChainHead:
        """The newest entry."""
        with self._read_engine.begin() as connection:
            return _select_head(connection)

    def find_newest_entry(self) -> tuple[ChainHead, str] | None:
        """The newest entry and its line; None where the log is empty."""
        last = select(CUSTODY.c.seq, CUSTODY.c.hash, CUSTODY.c.line).order_by(CUSTODY.c.seq.desc()).limit(1)
        with self._read_engine.begin() as connection:
            row = connection.execute(last).first()
        return None if row is None else (ChainHead(seq=row.seq, hash=row.hash), row.line)

    def has_head(self, head: ChainHead) -> bool:
        """Whether a head is in the chain, by what the chain says of itself."""
        with self._read_engine.begin() as connection:
            found = select(CUSTODY.c.hash).where(CUSTODY.c.seq == head.seq)
            return connection.execute(found).scalar() == head.hash

    def find_entry_time_after(self, seq: int) -> datetime | None:
        """When the first entry after another was entered; None where there is none."""
        some = select(CUSTODY.c.line).where(CUSTODY.c.seq > seq).order_by(CUSTODY.c.seq).limit(1)
        with self._read_engine.begin() as connection:
            line = connection.execute(some).scalar()
        return None if line is None else parse_entry_time(line)

    def iterate_entries(self) -> Iterator[StoredEntry | UnloggedRow]:
        """Every entry from the first on, with what the store holds of it; then the rows that have none.

        One transaction, a few hundred rows in memory at a time: close the generator to end it early.
        """
        with self._begin_consistent_read() as connection:
            after = 0
            while batch := _select_batch(connection, after):
                yield from batch
                after = batch[-1].seq
            yield from _iterate_unlogged_rows(connection)

    def find_dossier(self, key: str) -> Dossier | None:
        """What proves a notice, by the key of its number or by a canonical address."""
        with self._begin_consistent_read() as connection:
            notice_id = find_notice_id(connection, key)
            if notice_id is None:
                return None
            ids = select(VERSION.c.id).where(VERSION.c.notice_id == notice_id).order_by(VERSION.c.id)
            versions = select_version_entries(connection, connection.execute(ids).scalars())
            snapshots = _select_snapshot_entries(
                connection, _find_source_snapshots(connection, list(versions.values()))
            )
            about = select(CUSTODY).where(
                or_(CUSTODY.c.version_id.in_(list(versions)), CUSTODY.c.snapshot_id.in_(list(snapshots)))
            )
            rows = connection.execute(about.order_by(CUSTODY.c.seq)).mappings().all()
            return Dossier(
                record=load_record(connection, notice_id),
                versions=tuple(versions[one] for one in sorted(versions)),
                snapshots=tuple(snapshots[one] for one in sorted(snapshots)),
                entries=tuple(build_stored_entries(connection, rows)),
                head=_select_head(connection),
            )

    def iterate_chain_lines(self, dossier: Dossier) -> Iterator[str]:
        """The lines of the chain from before the first about a notice up to the head of its dossier."""
        last = min((link.seq for link in dossier.entries), default=dossier.head.seq) - 2
        while last < dossier.head.seq:
            within = CUSTODY.c.seq > last, CUSTODY.c.seq <= dossier.head.seq
            some = select(CUSTODY.c.seq, CUSTODY.c.line).where(*within).order_by(CUSTODY.c.seq)
            with self._read_engine.begin() as connection:
                rows = connection.execute(some.limit(_BATCH_SIZE)).all()
            if not rows:
                return
            yield from (row.line for row in rows)
            last = rows[-1].seq

    def iterate_snapshots(self) -> Iterator[SnapshotEntry]:
        """All bytes as they were sent, oldest first, a few hundred in memory at a time."""
        with self._begin_consistent_read() as connection:
            for ids in _iterate_id_batches(connection, SNAPSHOT):
                found = _select_snapshot_entries(connection, ids)
                yield from (found[one] for one in ids)

    def count_entries(self) -> int:
        """How many entries there are, as a measure of how long `iterate_entries` takes."""
        with self._read_engine.begin() as connection:
            return int(connection.execute(select(func.count()).select_from(CUSTODY)).scalar_one())


def _find_source_snapshots(connection: Connection, versions: list[VersionEntry]) -> set[int]:
    """Return the snapshots that versions and their annexes were read from."""
    ids = {one.snapshot for one in versions if one.snapshot is not None}
    for annex in {annex for one in versions for annex in one.annexes if annex.sha256}:
        these = SNAPSHOT.c.url == annex.url, SNAPSHOT.c.sha256 == annex.sha256
        ids.update(connection.execute(select(SNAPSHOT.c.id).where(*these)).scalars())
    return ids


def begin_log(connection: Connection, *, at: datetime) -> None:
    """Begin the log, and enter what a store holds already, marked as entered late."""
    held = {
        name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for name, table in (("snapshots", SNAPSHOT), ("versions", VERSION))
    }
    _append_entries(
        connection, [("beginning", {"form": FORMAT_VERSION, "log": uuid.uuid4().hex, **held})], at=at
    )
    for ids in _iterate_id_batches(connection, SNAPSHOT):
        kept = _select_snapshot_entries(connection, ids)
        _append_entries(
            connection, [("snapshot", kept[one].to_log_fields()) for one in ids], at=at, late=True
        )
    for ids in _iterate_id_batches(connection, VERSION):
        read = select_version_entries(connection, ids)
        _append_entries(connection, [("version", read[one].to_log_fields()) for one in ids], at=at, late=True)


def append_snapshot_entry(connection: Connection, snapshot_id: int, *, at: datetime) -> None:
    """Enter bytes that were kept. The last thing in a transaction: others wait from here on."""
    kept = _select_snapshot_entries(connection, [snapshot_id])[snapshot_id]
    _append_entries(connection, [("snapshot", kept.to_log_fields())], at=at)


def append_version_entries(connection: Connection, version_ids: Sequence[int], *, at: datetime) -> None:
    """Enter versions as they now stand; those entered before have another reading since."""
    before = select(CUSTODY.c.version_id).where(CUSTODY.c.version_id.in_(version_ids))
    again = set(connection.execute(before).scalars())
    read = select_version_entries(connection, version_ids)
    said: list[tuple[EntryKind, dict[str, object]]] = [
        ("reading" if one in again else "version", read[one].to_log_fields()) for one in version_ids
    ]
    _append_entries(connection, said, at=at)


def _append_entries(
    connection: Connection,
    said: Iterable[tuple[EntryKind, dict[str, object]]],
    *,
    at: datetime,
    late: bool = False,
) -> None:
    take_turns(connection, CUSTODY_LOCK)
    head = _select_head(connection)
    rows: list[dict[str, Any]] = []
    for what, of in said:
        line = LogEntry(
            seq=head.seq + 1, at=at, kind=what, subject=of, previous_hash=head.hash, is_late=late
        ).to_line()
        rows.append(
            {
                "seq": head.seq + 1,
                "hash": compute_fingerprint(line),
                "before": head.hash,
                "snapshot_id": of.get("id") if what == "snapshot" else None,
                "version_id": of.get("id") if what in {"version", "reading"} else None,
                "line": line,
            }
        )
        head = ChainHead(seq=head.seq + 1, hash=rows[-1]["hash"])
    if rows:
        connection.execute(CUSTODY.insert(), rows)


def _select_head(connection: Connection) -> ChainHead:
    newest = select(CUSTODY.c.seq, CUSTODY.c.hash).order_by(CUSTODY.c.seq.desc()).limit(1)
    row = connection.execute(newest).first()
    return EMPTY_HEAD if row is None else ChainHead(seq=row.seq, hash=row.hash)


def _select_batch(connection: Connection, after: int) -> list[StoredEntry]:
    some = select(CUSTODY).where(CUSTODY.c.seq > after).order_by(CUSTODY.c.seq).limit(_BATCH_SIZE)
    return build_stored_entries(connection, connection.execute(some).mappings().all())


def build_stored_entries(connection: Connection, rows: Sequence[Any]) -> list[StoredEntry]:
    """Return entries with what the store holds of them."""
    kept = _select_snapshot_entries(
        connection, [row["snapshot_id"] for row in rows if row["snapshot_id"] is not None]
    )
    ids = [row["version_id"] for row in rows if row["version_id"] is not None]
    read = select_version_entries(connection, ids)
    newest = select(CUSTODY.c.version_id, func.max(CUSTODY.c.seq)).where(CUSTODY.c.version_id.in_(ids))
    last = {one: seq for one, seq in connection.execute(newest.group_by(CUSTODY.c.version_id))}  # noqa: C416
    return [
        StoredEntry(
            **{name: row[name] for name in ("seq", "hash", "line", "snapshot_id", "version_id")},
            snapshot=kept.get(row["snapshot_id"]),
            version=read.get(row["version_id"]),
            is_superseded=last.get(row["version_id"], 0) > row["seq"],
        )
        for row in rows
    ]


def _select_snapshot_entries(connection: Connection, ids: Iterable[int]) -> dict[int, SnapshotEntry]:
    rows = connection.execute(select(SNAPSHOT).where(SNAPSHOT.c.id.in_(list(ids)))).mappings()
    return {
        row["id"]: SnapshotEntry(
            watcher=row["watcher_id"],
            headers=tuple((name, value) for name, value in row["headers"]),
            **{name: row[name] for name in _SNAPSHOT_FIELDS},
        )
        for row in rows
    }


def select_version_entries(connection: Connection, ids: Iterable[int]) -> dict[int, VersionEntry]:
    """Return versions as the chain speaks of them, by id."""
    wanted = list(ids)
    joined = (
        # The columns by name: a migration calls this while later ones do not exist yet.
        select(*_VERSION_COLUMNS, NOTICE.c.key, ADDRESS.c.url)
        .join(NOTICE, NOTICE.c.id == VERSION.c.notice_id)
        .join(ADDRESS, ADDRESS.c.id == VERSION.c.address_id)
        .where(VERSION.c.id.in_(wanted))
    )
    annexes: dict[int, tuple[AnnexEntry, ...]] = {}
    columns = (ANNEX.c.version_id, ANNEX.c.url, ANNEX.c.name, ANNEX.c.sha256, ANNEX.c.doubt)
    hung = select(*columns).where(ANNEX.c.version_id.in_(wanted)).order_by(ANNEX.c.id)
    for version_id, url, name, sha256, doubt in connection.execute(hung):
        one = AnnexEntry(url=url, name=name, sha256=sha256, doubt=doubt)
        annexes[version_id] = (*annexes.get(version_id, ()), one)
    return {
        row["id"]: VersionEntry(
            notice=row["key"],
            url=row["url"],
            snapshot=row["snapshot_id"],
            annexes=annexes.get(row["id"], ()),
            **{name: row[name] for name in _VERSION_FIELDS},
        )
        for row in connection.execute(joined).mappings()
    }


def _iterate_id_batches(connection: Connection, table: Table) -> Iterator[list[int]]:
    after = 0
    while True:
        some = select(table.c.id).where(table.c.id > after).order_by(table.c.id).limit(_BATCH_SIZE)
        ids = [int(one) for one in connection.execute(some).scalars()]
        if not ids:
            return
        yield ids
        after = ids[-1]


def _iterate_unlogged_rows(connection: Connection) -> Iterator[UnloggedRow]:
    for name, table, column in (
        ("snapshot", SNAPSHOT, CUSTODY.c.snapshot_id),
        ("version", VERSION, CUSTODY.c.version_id),
    ):
        of_it = select(CUSTODY.c.seq).where(column == table.c.id).exists()
        for one in connection.execute(select(table.c.id).where(~of_it).order_by(table.c.id)).scalars():
            yield UnloggedRow(table=name, id=int(one))  # type: ignore[arg-type]
