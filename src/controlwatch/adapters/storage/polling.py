"""The watchers' side of the store: shelves, validators, health."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, bindparam, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from controlwatch.adapters.storage.base import (
    ADDRESS,
    POLL,
    REFERENCE,
    RESOURCE,
    SNAPSHOT,
    VERSION,
    WATCHER,
    StorePart,
)
from controlwatch.adapters.storage.custody_log import append_snapshot_entry
from controlwatch.adapters.storage.poll_cache import PollCache
from controlwatch.core.model import NoticeRef
from controlwatch.core.model.addresses import canonicalize_url
from controlwatch.core.model.state import (
    Baseline,
    NewReference,
    PendingReference,
    PollReport,
    ReadReference,
    SnapshotRecord,
    Validators,
    WatcherState,
)
from controlwatch.core.model.timezones import schedule_retry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from sqlalchemy import Connection, Engine, RowMapping, Table

    from controlwatch.core.model import Snapshot

_BATCH_SIZE = 500  #: SQLite allows some thousand bound values a statement
_UPDATE_POLL_TIMES = (
    update(WATCHER)
    .where(WATCHER.c.id == bindparam("id_"))
    .values(last_poll_at=bindparam("at"), last_success_at=bindparam("at"))
)
_VALIDATOR_FIELDS = ("etag", "last_modified", "sha256", "not_modified")
_UPDATE_VALIDATORS = (
    update(RESOURCE)
    .where(RESOURCE.c.url == bindparam("url_"))
    .values({name: bindparam(f"{name}_") for name in _VALIDATOR_FIELDS})
)
_QUERY_NEXT_DUE = (
    select(REFERENCE.c.watcher_id, func.min(REFERENCE.c.next_look_at))
    .where(REFERENCE.c.next_look_at.is_not(None))
    .group_by(REFERENCE.c.watcher_id)
)
_STATE_COLUMNS = tuple(column.name for column in WATCHER.columns)


class PollingStore(StorePart):
    """Shelves, validators and health."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._poll_cache = PollCache()

    def load_watcher_state(self, watcher_id: str) -> WatcherState:
        """How a watcher has fared; a fresh state for one never polled."""
        return self._poll_cache.find_state(watcher_id) or self.load_watcher_states([watcher_id])[0]

    def load_watcher_states(self, watcher_ids: Iterable[str]) -> tuple[WatcherState, ...]:
        """How these watchers have fared, in the order asked."""
        ids = list(watcher_ids)
        unread = (
            select(REFERENCE.c.watcher_id, func.count().label("n"))
            .where(REFERENCE.c.watcher_id.in_(ids), REFERENCE.c.failures > 0, REFERENCE.c.taken.is_(False))
            .group_by(REFERENCE.c.watcher_id)
        )
        with self._begin_read() as connection:
            rows = {
                row["id"]: row
                for row in connection.execute(select(WATCHER).where(WATCHER.c.id.in_(ids))).mappings()
            }
            counts = {row.watcher_id: row.n for row in connection.execute(unread)}
        return tuple(
            _to_watcher_state(watcher_id, rows.get(watcher_id), counts.get(watcher_id, 0))
            for watcher_id in ids
        )

    def find_validators(self, url: str) -> Validators | None:
        """What the server said of the body we last believed."""
        if (held := self._poll_cache.find_validators(url)) is not None:
            return held
        with self._begin_read() as connection:
            row = connection.execute(select(RESOURCE).where(RESOURCE.c.url == url)).mappings().first()
        if row is None:
            return None
        return Validators(**{name: row[name] for name in _VALIDATOR_FIELDS})

    def save_validators(self, url: str, validators: Validators) -> None:
        """Remember the validators of a body that was read and believed."""
        with self._begin_write() as connection:
            upsert(connection, RESOURCE, {"url": url, **asdict(validators)}, key=["url"])

    def find_tracked_urls(self, watcher_id: str, urls: Iterable[str]) -> frozenset[str]:
        """Which of these (canonical) addresses the watcher's shelf holds."""
        addresses = list(urls)
        found: set[str] = set()
        with self._begin_read() as connection:
            for place in range(0, len(addresses), _BATCH_SIZE):
                batch = addresses[place : place + _BATCH_SIZE]
                held = select(REFERENCE.c.address).where(
                    REFERENCE.c.watcher_id == watcher_id, REFERENCE.c.address.in_(batch)
                )
                found.update(connection.execute(held).scalars())
        return frozenset(found)

    def track_references(self, watcher_id: str, unseen: Iterable[NewReference], now: datetime) -> None:
        """Put references on the shelf, due at once; marks the first poll as done."""
        self._poll_cache.forget(watcher_id)
        rows = [_build_reference_row(watcher_id, item, now) for item in unseen]
        with self._begin_write() as connection:
            upsert(
                connection,
                WATCHER,
                {**_build_fresh_row(watcher_id), "first_poll_at": now},
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
                connection.execute(
                    _build_insert(connection, REFERENCE).values(batch).on_conflict_do_nothing()
                )

    def list_due_references(self, watcher_id: str, now: datetime) -> tuple[PendingReference, ...]:
        """References to be read now, never-read ones first, in the order the index listed them."""
        if self._poll_cache.has_nothing_due(watcher_id, now):
            return ()
        waiting = _query_references(REFERENCE.c.watcher_id == watcher_id).where(
            REFERENCE.c.next_look_at <= now
        )
        with self._begin_read() as connection:
            return tuple(_to_pending_reference(row) for row in connection.execute(waiting).mappings())

    def find_reference(self, watcher_id: str, url: str) -> PendingReference | None:
        """The reference of a watcher's shelf at this address, due or not."""
        with self._begin_read() as connection:
            one = _query_references(
                REFERENCE.c.watcher_id == watcher_id, REFERENCE.c.address == canonicalize_url(url)
            )
            row = connection.execute(one).mappings().first()
        return None if row is None else _to_pending_reference(row)

    def list_read_references(self) -> tuple[ReadReference, ...]:
        """Every reference that was read, with the latest bytes it was read from; oldest first."""
        joined = (
            select(REFERENCE, ADDRESS.c.version_id, VERSION.c.snapshot_id)
            .join(ADDRESS, ADDRESS.c.address == REFERENCE.c.address)
            .join(VERSION, VERSION.c.id == ADDRESS.c.version_id)
            .where(REFERENCE.c.taken)
            .order_by(REFERENCE.c.first_seen_at, REFERENCE.c.id)
        )
        with self._begin_read() as connection:
            rows = connection.execute(joined).mappings().all()
            ids = [row["snapshot_id"] for row in rows if row["snapshot_id"] is not None]
            bytes_of = {row["id"]: _to_snapshot_record(row) for row in _select_snapshots(connection, ids)}
        return tuple(
            ReadReference(
                watcher_id=row["watcher_id"],
                reference=_to_pending_reference(row),
                snapshot=bytes_of.get(row["snapshot_id"]),
            )
            for row in rows
        )

    def find_snapshot(self, url: str, sha256: str) -> SnapshotRecord | None:
        """How these bytes of an address were sent, if we kept them."""
        these = select(SNAPSHOT).where(SNAPSHOT.c.url == url, SNAPSHOT.c.sha256 == sha256)
        latest = these.order_by(SNAPSHOT.c.id.desc()).limit(1)
        with self._begin_read() as connection:
            row = connection.execute(latest).mappings().first()
        return None if row is None else _to_snapshot_record(row)

    def record_fetch_failure(
        self, due: PendingReference, *, reason: str, absent: bool, now: datetime
    ) -> None:
        """A reference could not be read; it stays due, later and later."""
        values: dict[str, Any] = {
            "failures": due.failures + 1,
            "reason": reason,
            "next_look_at": schedule_retry(failures=due.failures + 1, now=now),
        }
        with self._begin_write() as connection:
            connection.execute(update(REFERENCE).where(REFERENCE.c.id == due.id).values(values))
            if absent:
                first = update(REFERENCE).where(REFERENCE.c.id == due.id, REFERENCE.c.absent_since.is_(None))
                connection.execute(first.values(absent_since=now))

    def record_unchanged(self, due: PendingReference, *, next_look_at: datetime | None) -> None:
        """A reference was looked at again and nothing differs."""
        with self._begin_write() as connection:
            mark_reference_read(connection, due.id, next_look_at=next_look_at)

    def record_poll(
        self,
        report: PollReport,
        state: WatcherState,
        *,
        believed: Mapping[str, Validators],
        doubted: Iterable[str],
        now: datetime,
    ) -> None:
        """Record how a poll ended; a row in the log only where there is something to say.

        One more quiet poll is noted in memory and written by `flush`.
        """
        quiet = report.outcome == "unchanged" and not doubted
        if quiet and self._poll_cache.record_quiet_poll(state, believed):
            return
        self._poll_cache.forget(state.id)
        values = {name: getattr(state, name) for name in _STATE_COLUMNS} | {"learnt": asdict(state.learnt)}
        if state.first_poll_at is None:
            del values["first_poll_at"]  # `track_references` may have set it since
        forgotten = list(doubted)
        with self._begin_write() as connection:
            upsert(connection, WATCHER, values, key=["id"])
            for url, validators in believed.items():
                upsert(connection, RESOURCE, {"url": url, **asdict(validators)}, key=["url"])
            if forgotten:
                connection.execute(delete(RESOURCE).where(RESOURCE.c.url.in_(forgotten)))
            if report.outcome != "unchanged":
                connection.execute(POLL.insert().values(_build_log_row(report)))
            if quiet:
                mine = _QUERY_NEXT_DUE.where(REFERENCE.c.watcher_id == state.id)
                next_due_at = connection.execute(
                    mine.with_only_columns(func.min(REFERENCE.c.next_look_at))
                ).scalar()
                self._poll_cache.remember(state, believed, next_due_at=next_due_at)

    def flush(self) -> None:
        """Write the quiet polls that are only in memory, all in one transaction."""
        waiting = self._poll_cache.take_unsaved()
        if not waiting:
            return
        looked = [{"id_": quiet.state.id, "at": quiet.state.last_success_at} for quiet in waiting]
        counted = [
            {"url_": url, **{f"{name}_": value for name, value in asdict(held).items()}}
            for quiet in waiting
            for url, held in quiet.validators.items()
        ]
        with self._begin_write() as connection:
            connection.execute(_UPDATE_POLL_TIMES, looked)
            if counted:
                connection.execute(_UPDATE_VALIDATORS, counted)
            self._poll_cache.update_next_due(
                {row.watcher_id: row[1] for row in connection.execute(_QUERY_NEXT_DUE)}
            )

    def purge_polls(self, before: datetime) -> int:
        """Drop what the log of polls says of the time before; return how many entries."""
        with self._begin_write() as connection:
            return connection.execute(delete(POLL).where(POLL.c.started_at < before)).rowcount

    def record_snapshot(self, snapshot: Snapshot, sha256: str, watcher_id: str) -> int:
        """Commit 1: that these bytes came from there, then. Unchanged bytes give the row they had."""
        latest = select(SNAPSHOT.c.id, SNAPSHOT.c.sha256).where(SNAPSHOT.c.url == snapshot.url)
        with self._begin_write() as connection:
            held = connection.execute(latest.order_by(SNAPSHOT.c.id.desc()).limit(1)).first()
            if held is not None and held.sha256 == sha256:
                return int(held.id)
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
            made = int(connection.execute(row.returning(SNAPSHOT.c.id)).scalar_one())
            append_snapshot_entry(connection, made, at=snapshot.fetched_at)
            return made


def mark_reference_read(connection: Connection, reference_id: int, **values: object) -> None:
    """A reference's page was read: it is no longer failing or absent."""
    settled = {"taken": True, "failures": 0, "reason": None, "absent_since": None} | values
    connection.execute(update(REFERENCE).where(REFERENCE.c.id == reference_id).values(settled))


def _build_log_row(report: PollReport) -> dict[str, Any]:
    same = ("started_at", "outcome", "kind", "rows", "unseen", "read")
    reason = "; ".join(part for part in (report.reason, *report.unread) if part)[:2000]
    values = {name: getattr(report, name) for name in same}
    return values | {"watcher_id": report.watcher, "reason": reason, "alerts": len(report.alerts)}


def _select_snapshots(connection: Connection, ids: list[int]) -> Iterator[RowMapping]:
    for place in range(0, len(ids), _BATCH_SIZE):
        batch = select(SNAPSHOT).where(SNAPSHOT.c.id.in_(ids[place : place + _BATCH_SIZE]))
        yield from connection.execute(batch).mappings()


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
        failures=row["failures"],
    )


def _build_reference_row(watcher_id: str, item: NewReference, now: datetime) -> dict[str, Any]:
    return {
        "watcher_id": watcher_id,
        "address": canonicalize_url(item.ref.url),
        "url": item.ref.url,
        "title": item.ref.title,
        "listed_on": item.ref.listed_on,
        "content": item.ref.content,
        "rings": item.may_alert,
        "since": item.alert_since,
        "first_seen_at": now,
        "next_look_at": now,
        "taken": False,
        "failures": 0,
    }


def _build_fresh_row(watcher_id: str) -> dict[str, Any]:
    return {"id": watcher_id, "failures": 0, "rows": 0, "concern": "", "concern_reason": "", "learnt": {}}


def _to_watcher_state(watcher_id: str, row: RowMapping | None, unread: int) -> WatcherState:
    if row is None:
        return WatcherState(id=watcher_id)
    learnt = row["learnt"]
    usual = Baseline(
        rows=tuple(learnt.get("rows", ())),
        silence=learnt.get("silence", 0),
        dated=learnt.get("dated", False),
    )
    return WatcherState(**{**row, "learnt": usual}, unread=unread)


def _build_insert(connection: Connection, table: Table) -> Any:
    return (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(table)


def upsert(
    connection: Connection, table: Table, values: dict[str, Any], *, key: list[str], keep: bool = False
) -> None:
    """Insert a row, or overwrite (`keep`: leave alone) the one that is there."""
    statement = _build_insert(connection, table).values(values)
    if keep:
        connection.execute(statement.on_conflict_do_nothing(index_elements=key))
    else:
        changed = {name: value for name, value in values.items() if name not in key}
        connection.execute(statement.on_conflict_do_update(index_elements=key, set_=changed))
