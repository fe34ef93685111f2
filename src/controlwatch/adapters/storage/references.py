"""Tracked references: the rows of index pages, when each is due, and the bytes that were fetched for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, func, select, update

from controlwatch.adapters.storage.base import (
    ADDRESS,
    REFERENCE,
    SNAPSHOT,
    SNAPSHOT_LOCK,
    VERSION,
    WATCHER,
    StorePart,
    build_insert,
    take_turns_for,
    upsert,
)
from controlwatch.adapters.storage.engine import Database
from controlwatch.adapters.storage.polling import PollCache
from controlwatch.core.model import NoticeRef, Snapshot
from controlwatch.core.model.addresses import canonicalize_url
from controlwatch.core.model.state import (
    HeldReferences,
    NewReference,
    PendingReference,
    ReadReference,
    SnapshotRecord,
)
from controlwatch.core.model.timezones import schedule_retry
from controlwatch.core.sources.listed_items import RowChanges

#: What a watcher is before its first poll.
EMPTY_WATCHER_ROW = {"failures": 0, "rows": 0, "concern": "", "concern_reason": "", "learnt": {}}
MAX_HELD_TITLES = 10  #: titles shown of what is held
_BATCH_SIZE = 500  #: SQLite allows some thousand bound values in a statement


class ReferenceStore(StorePart):
    """References of watchers, and snapshots."""

    def __init__(self, database: Database, poll_cache: PollCache) -> None:
        super().__init__(database)
        self._poll_cache = poll_cache

    def find_tracked_rows(self, watcher_id: str, urls: Iterable[str]) -> Mapping[str, NoticeRef]:
        """Return the rows of those of these (canonical) URLs that the watcher tracks, as last seen."""
        addresses = list(urls)
        tracked: dict[str, NoticeRef] = {}
        columns = (REFERENCE.c.address, REFERENCE.c.url, REFERENCE.c.title, REFERENCE.c.listed_on)
        with self._read_engine.begin() as connection:
            for place in range(0, len(addresses), _BATCH_SIZE):
                batch = addresses[place : place + _BATCH_SIZE]
                known = select(*columns).where(
                    REFERENCE.c.watcher_id == watcher_id, REFERENCE.c.address.in_(batch)
                )
                for address, url, title, listed_on in connection.execute(known):
                    tracked[address] = NoticeRef(url=url, title=title, listed_on=listed_on)
        return tracked

    def record_row_changes(self, watcher_id: str, changes: RowChanges, now: datetime) -> None:
        """Keep what rows show now, and make their pages due, unless the layout of the list has changed.

        The title that was listed when the page was last read is kept until it is read again.
        """
        self._poll_cache.forget(watcher_id)
        is_read_again = REFERENCE.c.held_at.is_(None)
        with self._engine.begin() as connection:
            for ref in changes.refs:
                row = update(REFERENCE).where(
                    REFERENCE.c.watcher_id == watcher_id, REFERENCE.c.address == canonicalize_url(ref.url)
                )
                if not changes.is_layout:
                    due = {
                        "next_look_at": now,
                        "prior_title": func.coalesce(REFERENCE.c.prior_title, REFERENCE.c.title),
                    }
                    connection.execute(row.where(is_read_again).values(due))
                shown = {"title": ref.title, "listed_on": ref.listed_on, "content": ref.content}
                connection.execute(row.values(shown))

    def track(
        self, watcher_id: str, unseen: Iterable[NewReference], now: datetime, *, is_held: bool = False
    ) -> None:
        """Track new references, due at once or held; this marks the first poll as done."""
        self._poll_cache.forget(watcher_id)
        rows = [
            {
                "watcher_id": watcher_id,
                "address": canonicalize_url(item.ref.url),
                "url": item.ref.url,
                "title": item.ref.title,
                "listed_on": item.ref.listed_on,
                "content": item.ref.content,
                "rings": item.may_alert,
                "since": item.alert_since,
                "first_seen_at": now,
                "next_look_at": None if is_held else now,
                "held_at": now if is_held else None,
                "taken": False,
                "failures": 0,
            }
            for item in unseen
        ]
        with self._engine.begin() as connection:
            upsert(
                connection,
                WATCHER,
                {**EMPTY_WATCHER_ROW, "id": watcher_id, "first_poll_at": now},
                key=["id"],
                keep=True,
            )
            connection.execute(
                update(WATCHER)
                .where(WATCHER.c.id == watcher_id, WATCHER.c.first_poll_at.is_(None))
                .values(first_poll_at=now)
            )
            for place in range(0, len(rows), _BATCH_SIZE // 10):
                batch = rows[place : place + _BATCH_SIZE // 10]
                connection.execute(build_insert(connection, REFERENCE).values(batch).on_conflict_do_nothing())

    def list_held(self) -> tuple[HeldReferences, ...]:
        """Return what is held until a person decides, by source."""
        held = REFERENCE.c.held_at.is_not(None)
        counted = (
            select(
                REFERENCE.c.watcher_id,
                func.count().label("held"),
                func.min(REFERENCE.c.held_at, type_=REFERENCE.c.held_at.type).label("since"),
            )
            .where(held)
            .group_by(REFERENCE.c.watcher_id)
            .order_by(REFERENCE.c.watcher_id)
        )
        found: list[HeldReferences] = []
        with self._read_engine.begin() as connection:
            for row in connection.execute(counted).all():
                first = (
                    select(REFERENCE.c.listed_on, REFERENCE.c.title)
                    .where(held, REFERENCE.c.watcher_id == row.watcher_id)
                    .order_by(REFERENCE.c.id)
                    .limit(MAX_HELD_TITLES)
                )
                titles = tuple(
                    f"{listed_on or 'no day'} {title}" for listed_on, title in connection.execute(first)
                )
                found.append(
                    HeldReferences(watcher=row.watcher_id, count=row.held, since=row.since, titles=titles)
                )
        return tuple(found)

    def settle_held(self, watcher_id: str, *, may_alert: bool, containing: str, now: datetime) -> int:
        """Make held references due whose title contains some words; return their number.

        What could not alert when it was listed does not alert when it is released either.
        """
        chosen = (
            update(REFERENCE)
            .where(REFERENCE.c.watcher_id == watcher_id, REFERENCE.c.held_at.is_not(None))
            .where(REFERENCE.c.title.contains(containing, autoescape=True))
        )
        self._poll_cache.forget(watcher_id)
        with self._engine.begin() as connection:
            values = {"held_at": None, "next_look_at": now} | ({} if may_alert else {"rings": False})
            return connection.execute(chosen.values(values)).rowcount

    def list_due(self, watcher_id: str, now: datetime) -> tuple[PendingReference, ...]:
        """Return the references to read now, new ones first, in the order of the list page."""
        if self._poll_cache.has_nothing_due(watcher_id, now):
            return ()
        waiting = _query_references(REFERENCE.c.watcher_id == watcher_id).where(
            REFERENCE.c.next_look_at <= now
        )
        with self._read_engine.begin() as connection:
            return tuple(_to_pending_reference(row) for row in connection.execute(waiting).mappings())

    def find(self, watcher_id: str, url: str) -> PendingReference | None:
        """Return the tracked reference at this URL, due or not."""
        with self._read_engine.begin() as connection:
            chosen = _query_references(
                REFERENCE.c.watcher_id == watcher_id, REFERENCE.c.address == canonicalize_url(url)
            )
            row = connection.execute(chosen).mappings().first()
        return None if row is None else _to_pending_reference(row)

    def list_read(self) -> tuple[ReadReference, ...]:
        """Return every reference that was read, with the latest bytes it was read from; oldest first."""
        joined = (
            select(REFERENCE, ADDRESS.c.version_id, VERSION.c.snapshot_id)
            .join(ADDRESS, ADDRESS.c.address == REFERENCE.c.address)
            .join(VERSION, VERSION.c.id == ADDRESS.c.version_id)
            .where(REFERENCE.c.taken)
            .order_by(REFERENCE.c.first_seen_at, REFERENCE.c.id)
        )
        with self._read_engine.begin() as connection:
            rows = connection.execute(joined).mappings().all()
            ids = [row["snapshot_id"] for row in rows if row["snapshot_id"] is not None]
            snapshots: dict[int, SnapshotRecord] = {}
            for place in range(0, len(ids), _BATCH_SIZE):
                batch = select(SNAPSHOT).where(SNAPSHOT.c.id.in_(ids[place : place + _BATCH_SIZE]))
                for row in connection.execute(batch).mappings():
                    snapshots[row["id"]] = _to_snapshot_record(row)
        return tuple(
            ReadReference(
                watcher_id=row["watcher_id"],
                reference=_to_pending_reference(row),
                snapshot=snapshots.get(row["snapshot_id"]),
            )
            for row in rows
        )

    def record_fetch_failure(
        self, due: PendingReference, *, reason: str, absent: bool, now: datetime
    ) -> None:
        """Record that a reference could not be read; it stays due, at growing intervals."""
        values: dict[str, Any] = {
            "failures": due.failures + 1,
            "reason": reason,
            "next_look_at": schedule_retry(failures=due.failures + 1, now=now),
        }
        with self._engine.begin() as connection:
            connection.execute(update(REFERENCE).where(REFERENCE.c.id == due.id).values(values))
            if absent:
                first = update(REFERENCE).where(REFERENCE.c.id == due.id, REFERENCE.c.absent_since.is_(None))
                connection.execute(first.values(absent_since=now))

    def find_snapshot(self, url: str, sha256: str) -> SnapshotRecord | None:
        """Return when and how these bytes of a URL were sent; None where they are not stored."""
        matching = select(SNAPSHOT).where(SNAPSHOT.c.url == url, SNAPSHOT.c.sha256 == sha256)
        latest = matching.order_by(SNAPSHOT.c.id.desc()).limit(1)
        with self._read_engine.begin() as connection:
            row = connection.execute(latest).mappings().first()
        return None if row is None else _to_snapshot_record(row)

    def list_stored_hashes(self) -> tuple[str, ...]:
        """Return the SHA-256 of all bytes that the archive must hold, in order."""
        with self._read_engine.begin() as connection:
            found = connection.execute(select(SNAPSHOT.c.sha256).distinct().order_by(SNAPSHOT.c.sha256))
            return tuple(found.scalars())

    def record_snapshot(self, snapshot: Snapshot, sha256: str, watcher_id: str) -> int:
        """Commit 1: record where and when bytes came from; return the id. Unchanged ones keep their row."""
        from controlwatch.adapters.storage.custody_log import (
            append_snapshot_entry,  # a quiet poll does without
        )

        latest = select(SNAPSHOT.c.id, SNAPSHOT.c.sha256).where(SNAPSHOT.c.url == snapshot.url)
        with self._engine.begin() as connection:
            take_turns_for(connection, SNAPSHOT_LOCK, snapshot.url)
            last = connection.execute(latest.order_by(SNAPSHOT.c.id.desc()).limit(1)).first()
            if last is not None and last.sha256 == sha256:
                return int(last.id)
            row = SNAPSHOT.insert().values(
                watcher_id=watcher_id,
                url=snapshot.url,
                final_url=snapshot.final_url,
                fetched_at=snapshot.fetched_at,
                status=snapshot.status,
                headers=[list(pair) for pair in snapshot.headers],
                sha256=sha256,
                size=len(snapshot.body),
            )
            snapshot_id = int(connection.execute(row.returning(SNAPSHOT.c.id)).scalar_one())
            append_snapshot_entry(connection, snapshot_id, at=snapshot.fetched_at)
            return snapshot_id


def mark_reference_read(connection: Connection, reference_id: int, **values: object) -> None:
    """Record that the page of a reference was read: it is no longer failing or absent."""
    settled: dict[str, object] = {"taken": True, "failures": 0, "reason": None, "absent_since": None}
    settled |= {"prior_title": None} | values
    connection.execute(update(REFERENCE).where(REFERENCE.c.id == reference_id).values(settled))


def _to_snapshot_record(row: RowMapping) -> SnapshotRecord:
    headers = tuple((name, value) for name, value in row["headers"])
    same = ("url", "final_url", "fetched_at", "status", "sha256")
    return SnapshotRecord(headers=headers, **{name: row[name] for name in same})


def _query_references(*where: ColumnElement[bool]) -> Select[Any]:
    return select(REFERENCE).where(*where).order_by(REFERENCE.c.taken, REFERENCE.c.id)


def _to_pending_reference(row: RowMapping) -> PendingReference:
    ref = NoticeRef(url=row["url"], title=row["title"], listed_on=row["listed_on"], content=row["content"])
    return PendingReference(
        id=row["id"],
        ref=ref,
        may_alert=row["rings"],
        alert_since=row["since"],
        first_seen_at=row["first_seen_at"],
        was_read=row["taken"],
        prior_title=row["prior_title"] or "",
        failures=row["failures"],
    )
