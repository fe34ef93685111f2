"""The chain of custody in the store: written with what it speaks of, as one, and followed again."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select

from controlwatch.adapters.storage.base import (
    ADDRESS,
    ANNEX,
    CUSTODY,
    NOTICE,
    SNAPSHOT,
    VERSION,
    Part,
)
from controlwatch.adapters.storage.notice_queries import id_of, record_of
from controlwatch.core.evidence.custody import (
    FORM,
    NOTHING,
    Entry,
    Head,
    Hung,
    Kept,
    Link,
    Loose,
    Understood,
    fingerprint_of,
)
from controlwatch.core.evidence.dossier import Dossier
from controlwatch.core.evidence.timestamps import entered_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Table

    from controlwatch.core.evidence.custody import What

_BATCH = 500
_NAMED = ("id", "kind", "made_at", "title", "fingerprint", "text", "reading")
_VERSION = (*(VERSION.c[name] for name in _NAMED), VERSION.c.snapshot_id)
_SENT = ("id", "url", "final_url", "fetched_at", "status", "sha256", "size")


class Custody(Part):
    """The log of what was kept and understood."""

    def head(self) -> Head:
        """The newest entry."""
        with self._read() as connection:
            return _head(connection)

    def newest(self) -> tuple[Head, str] | None:
        """The newest entry and its line; None where the log is empty."""
        last = select(CUSTODY.c.seq, CUSTODY.c.hash, CUSTODY.c.line).order_by(CUSTODY.c.seq.desc()).limit(1)
        with self._read() as connection:
            row = connection.execute(last).first()
        return None if row is None else (Head(seq=row.seq, hash=row.hash), row.line)

    def stands(self, head: Head) -> bool:
        """Whether a head is in the chain, by what the chain says of itself."""
        with self._read() as connection:
            found = select(CUSTODY.c.hash).where(CUSTODY.c.seq == head.seq)
            return connection.execute(found).scalar() == head.hash

    def entered_after(self, seq: int) -> datetime | None:
        """When the first entry after another was entered; None where there is none."""
        some = select(CUSTODY.c.line).where(CUSTODY.c.seq > seq).order_by(CUSTODY.c.seq).limit(1)
        with self._read() as connection:
            line = connection.execute(some).scalar()
        return None if line is None else entered_at(line)

    def links(self) -> Iterator[Link | Loose]:
        """Every entry from the first on, with what the store holds of it; then the rows that have none.

        One transaction, a few hundred rows in memory at a time: close the generator to end it early.
        """
        with self._steady() as connection:
            after = 0
            while batch := _batch(connection, after):
                yield from batch
                after = batch[-1].seq
            yield from _loose(connection)

    def dossier(self, key: str) -> Dossier | None:
        """What proves a notice, by the key of its number or by a canonical address."""
        with self._steady() as connection:
            notice_id = id_of(connection, key)
            if notice_id is None:
                return None
            ids = select(VERSION.c.id).where(VERSION.c.notice_id == notice_id).order_by(VERSION.c.id)
            versions = understood(connection, connection.execute(ids).scalars())
            snapshots = _kept(connection, _read_from(connection, list(versions.values())))
            about = select(CUSTODY).where(
                or_(CUSTODY.c.version_id.in_(list(versions)), CUSTODY.c.snapshot_id.in_(list(snapshots)))
            )
            rows = connection.execute(about.order_by(CUSTODY.c.seq)).mappings().all()
            return Dossier(
                record=record_of(connection, notice_id),
                versions=tuple(versions[one] for one in sorted(versions)),
                snapshots=tuple(snapshots[one] for one in sorted(snapshots)),
                links=tuple(as_links(connection, rows)),
                head=_head(connection),
            )

    def stretch(self, dossier: Dossier) -> Iterator[str]:
        """The lines of the chain from before the first about a notice up to the head of its dossier."""
        last = min((link.seq for link in dossier.links), default=dossier.head.seq) - 2
        while last < dossier.head.seq:
            within = CUSTODY.c.seq > last, CUSTODY.c.seq <= dossier.head.seq
            some = select(CUSTODY.c.seq, CUSTODY.c.line).where(*within).order_by(CUSTODY.c.seq)
            with self._read() as connection:
                rows = connection.execute(some.limit(_BATCH)).all()
            if not rows:
                return
            yield from (row.line for row in rows)
            last = rows[-1].seq

    def kept(self) -> Iterator[Kept]:
        """All bytes as they were sent, oldest first, a few hundred in memory at a time."""
        with self._steady() as connection:
            for ids in _ids(connection, SNAPSHOT):
                found = _kept(connection, ids)
                yield from (found[one] for one in ids)

    def entered(self) -> int:
        """How many entries there are, as a measure of how long `links` takes."""
        with self._read() as connection:
            return int(connection.execute(select(func.count()).select_from(CUSTODY)).scalar_one())


def _read_from(connection: Connection, versions: list[Understood]) -> set[int]:
    """Return the snapshots that versions and their annexes were read from."""
    ids = {one.snapshot for one in versions if one.snapshot is not None}
    for annex in {annex for one in versions for annex in one.annexes if annex.sha256}:
        these = SNAPSHOT.c.url == annex.url, SNAPSHOT.c.sha256 == annex.sha256
        ids.update(connection.execute(select(SNAPSHOT.c.id).where(*these)).scalars())
    return ids


def begin(connection: Connection, *, at: datetime) -> None:
    """Begin the log, and enter what a store holds already, marked as entered late."""
    held = {
        name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for name, table in (("snapshots", SNAPSHOT), ("versions", VERSION))
    }
    _append(connection, [("beginning", {"form": FORM, "log": uuid.uuid4().hex, **held})], at=at)
    for ids in _ids(connection, SNAPSHOT):
        kept = _kept(connection, ids)
        _append(connection, [("snapshot", kept[one].said()) for one in ids], at=at, late=True)
    for ids in _ids(connection, VERSION):
        read = understood(connection, ids)
        _append(connection, [("version", read[one].said()) for one in ids], at=at, late=True)


def enter_snapshot(connection: Connection, snapshot_id: int, *, at: datetime) -> None:
    """Enter bytes that were kept. The last thing in a transaction: others wait from here on."""
    kept = _kept(connection, [snapshot_id])[snapshot_id]
    _append(connection, [("snapshot", kept.said())], at=at)


def enter_versions(connection: Connection, version_ids: Sequence[int], *, at: datetime) -> None:
    """Enter versions as they now stand; those entered before have another reading since."""
    before = select(CUSTODY.c.version_id).where(CUSTODY.c.version_id.in_(version_ids))
    again = set(connection.execute(before).scalars())
    read = understood(connection, version_ids)
    said: list[tuple[What, dict[str, object]]] = [
        ("reading" if one in again else "version", read[one].said()) for one in version_ids
    ]
    _append(connection, said, at=at)


def _append(
    connection: Connection,
    said: Iterable[tuple[What, dict[str, object]]],
    *,
    at: datetime,
    late: bool = False,
) -> None:
    if connection.dialect.name == "postgresql":
        # One at a time; SQLite's immediate transactions do it by themselves.
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7305014)")
    head = _head(connection)
    rows: list[dict[str, Any]] = []
    for what, of in said:
        line = Entry(seq=head.seq + 1, at=at, what=what, of=of, before=head.hash, late=late).line()
        rows.append(
            {
                "seq": head.seq + 1,
                "hash": fingerprint_of(line),
                "before": head.hash,
                "snapshot_id": of.get("id") if what == "snapshot" else None,
                "version_id": of.get("id") if what in {"version", "reading"} else None,
                "line": line,
            }
        )
        head = Head(seq=head.seq + 1, hash=rows[-1]["hash"])
    if rows:
        connection.execute(CUSTODY.insert(), rows)


def _head(connection: Connection) -> Head:
    newest = select(CUSTODY.c.seq, CUSTODY.c.hash).order_by(CUSTODY.c.seq.desc()).limit(1)
    row = connection.execute(newest).first()
    return NOTHING if row is None else Head(seq=row.seq, hash=row.hash)


def _batch(connection: Connection, after: int) -> list[Link]:
    some = select(CUSTODY).where(CUSTODY.c.seq > after).order_by(CUSTODY.c.seq).limit(_BATCH)
    return as_links(connection, connection.execute(some).mappings().all())


def as_links(connection: Connection, rows: Sequence[Any]) -> list[Link]:
    """Return entries with what the store holds of them."""
    kept = _kept(connection, [row["snapshot_id"] for row in rows if row["snapshot_id"] is not None])
    ids = [row["version_id"] for row in rows if row["version_id"] is not None]
    read = understood(connection, ids)
    newest = select(CUSTODY.c.version_id, func.max(CUSTODY.c.seq)).where(CUSTODY.c.version_id.in_(ids))
    last = {one: seq for one, seq in connection.execute(newest.group_by(CUSTODY.c.version_id))}  # noqa: C416
    return [
        Link(
            **{name: row[name] for name in ("seq", "hash", "line", "snapshot_id", "version_id")},
            snapshot=kept.get(row["snapshot_id"]),
            version=read.get(row["version_id"]),
            superseded=last.get(row["version_id"], 0) > row["seq"],
        )
        for row in rows
    ]


def _kept(connection: Connection, ids: Iterable[int]) -> dict[int, Kept]:
    rows = connection.execute(select(SNAPSHOT).where(SNAPSHOT.c.id.in_(list(ids)))).mappings()
    return {
        row["id"]: Kept(
            watcher=row["watcher_id"],
            headers=tuple((name, value) for name, value in row["headers"]),
            **{name: row[name] for name in _SENT},
        )
        for row in rows
    }


def understood(connection: Connection, ids: Iterable[int]) -> dict[int, Understood]:
    """Return versions as the chain speaks of them, by id."""
    wanted = list(ids)
    joined = (
        # The columns by name: a migration calls this while later ones do not exist yet.
        select(*_VERSION, NOTICE.c.key, ADDRESS.c.url)
        .join(NOTICE, NOTICE.c.id == VERSION.c.notice_id)
        .join(ADDRESS, ADDRESS.c.id == VERSION.c.address_id)
        .where(VERSION.c.id.in_(wanted))
    )
    annexes: dict[int, tuple[Hung, ...]] = {}
    columns = (ANNEX.c.version_id, ANNEX.c.url, ANNEX.c.name, ANNEX.c.sha256, ANNEX.c.doubt)
    hung = select(*columns).where(ANNEX.c.version_id.in_(wanted)).order_by(ANNEX.c.id)
    for version_id, url, name, sha256, doubt in connection.execute(hung):
        one = Hung(url=url, name=name, sha256=sha256, doubt=doubt)
        annexes[version_id] = (*annexes.get(version_id, ()), one)
    return {
        row["id"]: Understood(
            notice=row["key"],
            url=row["url"],
            snapshot=row["snapshot_id"],
            annexes=annexes.get(row["id"], ()),
            **{name: row[name] for name in _NAMED},
        )
        for row in connection.execute(joined).mappings()
    }


def _ids(connection: Connection, table: Table) -> Iterator[list[int]]:
    after = 0
    while True:
        some = select(table.c.id).where(table.c.id > after).order_by(table.c.id).limit(_BATCH)
        ids = [int(one) for one in connection.execute(some).scalars()]
        if not ids:
            return
        yield ids
        after = ids[-1]


def _loose(connection: Connection) -> Iterator[Loose]:
    for name, table, column in (
        ("snapshot", SNAPSHOT, CUSTODY.c.snapshot_id),
        ("version", VERSION, CUSTODY.c.version_id),
    ):
        of_it = select(CUSTODY.c.seq).where(column == table.c.id).exists()
        for one in connection.execute(select(table.c.id).where(~of_it).order_by(table.c.id)).scalars():
            yield Loose(table=name, id=int(one))  # type: ignore[arg-type]
