"""Polling in the store: state and validators of watchers, the log of polls, and a cache of quiet polls.

Nine polls of ten find nothing new. For those, state, validators and the next due time come from memory:
`preload` reads them for all watchers at once, and `flush` writes them in one transaction. A process that is
killed in between loses the time of its last quiet polls, never a notice. The cache of a watcher ends with any
poll that is not quiet; references that another process tracks are found at the next `flush`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime

from sqlalchemy import Connection, bindparam, case, delete, func, select, update

from controlwatch.adapters.storage.base import (
    POLL,
    REFERENCE,
    RESOURCE,
    WATCHER,
    StorePart,
    build_insert,
    upsert,
)
from controlwatch.adapters.storage.engine import Database
from controlwatch.core.model import Validators
from controlwatch.core.model.state import Baseline, FailureCount, PollDay, PollReport, WatcherState
from controlwatch.core.model.timezones import BEIJING

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
_BATCH_SIZE = 500  #: SQLite allows some thousand bound values in a statement
_QUERY_NEXT_DUE = (
    select(REFERENCE.c.watcher_id, func.min(REFERENCE.c.next_look_at))
    .where(REFERENCE.c.next_look_at.is_not(None))
    .group_by(REFERENCE.c.watcher_id)
)
_STATE_COLUMNS = tuple(column.name for column in WATCHER.columns)


@dataclass(slots=True)
class CachedWatcher:
    """What is cached for one watcher."""

    state: WatcherState  #: as in the store, but for the times of its last poll
    validators: dict[str, Validators]
    next_due_at: datetime | None
    is_saved: bool = True  #: the store has all of it


@dataclass(slots=True)
class PollCache:
    """The watchers of this process whose last poll was quiet, or that were preloaded."""

    _watchers: dict[str, CachedWatcher] = field(default_factory=dict)
    _watcher_by_url: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    is_enabled: bool = True  #: False where several processes poll: what another has found must be seen

    def find_state(self, watcher_id: str) -> WatcherState | None:
        """Return the cached state."""
        quiet = self._watchers.get(watcher_id)
        return None if quiet is None else quiet.state

    def find_validators(self, url: str) -> Validators | None:
        """Return the cached validators of a list page."""
        quiet = self._watchers.get(self._watcher_by_url.get(url, ""))
        return None if quiet is None else quiet.validators.get(url)

    def has_nothing_due(self, watcher_id: str, now: datetime) -> bool:
        """Return whether the cache knows that no reference is due."""
        quiet = self._watchers.get(watcher_id)
        return quiet is not None and (quiet.next_due_at is None or quiet.next_due_at > now)

    def remember(
        self, state: WatcherState, validators: Mapping[str, Validators], *, next_due_at: datetime | None
    ) -> None:
        """Cache a watcher as the store has it."""
        if not self.is_enabled:
            return
        with self._lock:
            self._watchers[state.id] = CachedWatcher(state, dict(validators), next_due_at)
            self._watcher_by_url.update(dict.fromkeys(validators, state.id))

    def record_quiet_poll(self, state: WatcherState, validators: Mapping[str, Validators]) -> bool:
        """Record one more quiet poll in memory; return False where more than its time must be written.

        Alerts about sources are made from the store, so it must have every other change.
        """
        with self._lock:
            quiet = self._watchers.get(state.id)
            if quiet is None or quiet.validators.keys() != validators.keys():
                return False
            later = replace(
                quiet.state, last_poll_at=state.last_poll_at, last_success_at=state.last_success_at
            )
            if later != state:
                return False
            quiet.state, quiet.is_saved = state, False
            quiet.validators.update(validators)
            return True

    def forget(self, watcher_id: str) -> None:
        """Drop a watcher from the cache: the store decides again."""
        with self._lock:
            quiet = self._watchers.pop(watcher_id, None)
            for url in quiet.validators if quiet is not None else ():
                self._watcher_by_url.pop(url, None)

    def take_unsaved(self) -> list[CachedWatcher]:
        """Return what the store does not have yet."""
        with self._lock:
            waiting = [quiet for quiet in self._watchers.values() if not quiet.is_saved]
            for quiet in waiting:
                quiet.is_saved = True
            return [replace(quiet, validators=dict(quiet.validators)) for quiet in waiting]

    def update_next_due(self, due_at: Mapping[str, datetime]) -> None:
        """Update when references are due, by watcher; a watcher that is not named has none."""
        with self._lock:
            for watcher_id, quiet in self._watchers.items():
                quiet.next_due_at = due_at.get(watcher_id)


class PollingStore(StorePart):
    """State and validators of watchers, and the log of polls."""

    def __init__(self, database: Database, poll_cache: PollCache) -> None:
        super().__init__(database)
        self._poll_cache = poll_cache

    def load_state(self, watcher_id: str) -> WatcherState:
        """Return the state of a watcher; a new one where it was never polled."""
        cached = self._poll_cache.find_state(watcher_id)
        if cached is not None:
            return cached
        (state,) = self.load_states([watcher_id])
        return state

    def preload(self, pages: Mapping[str, Iterable[str]]) -> None:
        """Read at once what the next polls of watchers need: by watcher, its first list pages.

        A watcher that was never polled is left out, and so is all where several processes poll.
        """
        if not self._poll_cache.is_enabled:
            return
        ids = list(pages)
        for place in range(0, len(ids), _BATCH_SIZE):
            batch = ids[place : place + _BATCH_SIZE]
            states = self.load_states(batch)
            urls = [url for watcher_id in batch for url in pages[watcher_id]]
            with self._read_engine.begin() as connection:
                next_due = _query_next_due(connection, batch)
                validators = _query_validators(connection, urls)
            for state in states:
                if state.first_poll_at is not None:
                    known = {url: validators[url] for url in pages[state.id] if url in validators}
                    self._poll_cache.remember(state, known, next_due_at=next_due.get(state.id))

    def load_states(self, watcher_ids: Iterable[str]) -> tuple[WatcherState, ...]:
        """Return the states of these watchers, in the same order."""
        ids = list(watcher_ids)
        failing = (
            select(REFERENCE.c.watcher_id, func.count().label("n"))
            .where(REFERENCE.c.watcher_id.in_(ids), REFERENCE.c.failures > 0, REFERENCE.c.taken.is_(False))
            .group_by(REFERENCE.c.watcher_id)
        )
        with self._read_engine.begin() as connection:
            rows = {
                row["id"]: row
                for row in connection.execute(select(WATCHER).where(WATCHER.c.id.in_(ids))).mappings()
            }
            counts = {row.watcher_id: row.n for row in connection.execute(failing)}
        states: list[WatcherState] = []
        for watcher_id in ids:
            row = rows.get(watcher_id)
            if row is None:
                states.append(WatcherState(id=watcher_id))
                continue
            learnt = row["learnt"]
            baseline = Baseline(
                rows=tuple(learnt.get("rows", ())),
                silence=learnt.get("silence", 0),
                dated=learnt.get("dated", False),
            )
            unread = counts.get(watcher_id, 0)
            states.append(WatcherState(**{**row, "learnt": baseline}, unread=unread))
        return tuple(states)

    def find_validators(self, url: str) -> Validators | None:
        """Return the validators of the last body that was trusted."""
        if (cached := self._poll_cache.find_validators(url)) is not None:
            return cached
        with self._read_engine.begin() as connection:
            return _query_validators(connection, [url]).get(url)

    def save_validators(self, url: str, validators: Validators) -> None:
        """Save the validators of a body that was read and trusted."""
        with self._engine.begin() as connection:
            upsert(connection, RESOURCE, {"url": url, **asdict(validators)}, key=["url"])

    def record_poll(
        self,
        report: PollReport,
        state: WatcherState,
        *,
        keep: Mapping[str, Validators],
        drop: Iterable[str],
        now: datetime,
    ) -> None:
        """Record how a poll ended; the log gets a row only where something changed or failed.

        One more quiet poll is recorded in memory and written by `flush`. Nothing is written where another
        worker has begun to poll the source since the state was loaded.
        """
        dropped = list(drop)
        quiet = report.outcome == "unchanged" and not dropped
        if quiet and self._poll_cache.record_quiet_poll(state, keep):
            return
        self._poll_cache.forget(state.id)
        values = {name: getattr(state, name) for name in _STATE_COLUMNS} | {"learnt": asdict(state.learnt)}
        if state.first_poll_at is None:
            del values["first_poll_at"]  # `references.track` may have set it since

        with self._engine.begin() as connection:
            if not _write_state(connection, values, epoch=state.epoch):
                return  # another worker has begun to poll this source since
            for url, validators in keep.items():
                upsert(connection, RESOURCE, {"url": url, **asdict(validators)}, key=["url"])
            if dropped:
                connection.execute(delete(RESOURCE).where(RESOURCE.c.url.in_(dropped)))
            if report.outcome != "unchanged":
                copied = ("started_at", "outcome", "kind", "rows", "unseen", "read")
                row: dict[str, object] = {name: getattr(report, name) for name in copied}
                row |= {"watcher_id": report.watcher, "alerts": len(report.alerts)}
                row["reason"] = "; ".join(part for part in (report.reason, *report.unread) if part)[:2000]
                connection.execute(POLL.insert().values(row))
            if quiet:
                next_due_at = _query_next_due(connection, [state.id]).get(state.id)
                self._poll_cache.remember(state, keep, next_due_at=next_due_at)

    def count_poll_days(self, *, since: datetime) -> tuple[PollDay, ...]:
        """Return, by watcher and day in Beijing, the polls that failed and those that found something."""
        with self._read_engine.begin() as connection:
            if connection.dialect.name == "sqlite":
                day = func.date(POLL.c.started_at, "+8 hours")
            else:
                day = func.date(func.timezone(BEIJING.key, POLL.c.started_at))
            failed = func.sum(case((POLL.c.outcome == "failed", 1), else_=0))
            counted = (
                select(POLL.c.watcher_id, day.label("day"), failed.label("failed"), func.count().label("all"))
                .where(POLL.c.started_at >= since)
                .group_by(POLL.c.watcher_id, day)
            )
            return tuple(
                PollDay(
                    watcher=row.watcher_id,
                    day=row.day if isinstance(row.day, date) else date.fromisoformat(row.day),
                    failed=int(row.failed),
                    found=int(row.all) - int(row.failed),
                )
                for row in connection.execute(counted)
            )

    def count_failures(self, *, since: datetime) -> tuple[FailureCount, ...]:
        """Return, by watcher and kind of error, how often polls failed since an instant; the most first."""
        failed = (POLL.c.outcome == "failed", POLL.c.started_at >= since)
        times, last = func.count().label("times"), func.max(POLL.c.id).label("last")
        first_at = func.min(POLL.c.started_at, type_=POLL.c.started_at.type).label("first_at")
        grouped = (
            select(POLL.c.watcher_id, POLL.c.kind, times, first_at, last)
            .where(*failed)
            .group_by(POLL.c.watcher_id, POLL.c.kind)
            .subquery()
        )
        newest = select(grouped, POLL.c.reason, POLL.c.started_at).join(POLL, POLL.c.id == grouped.c.last)
        with self._read_engine.begin() as connection:
            rows = connection.execute(newest.order_by(grouped.c.times.desc(), POLL.c.id.desc())).all()
        return tuple(
            FailureCount(
                watcher=row.watcher_id,
                kind=row.kind or "failed",
                times=row.times,
                first_at=row.first_at,
                last_at=row.started_at,
                reason=row.reason,
            )
            for row in rows
        )

    def flush(self) -> None:
        """Write the quiet polls that are only in memory, in one transaction."""
        waiting = self._poll_cache.take_unsaved()
        if not waiting:
            return
        polled = [{"id_": quiet.state.id, "at": quiet.state.last_success_at} for quiet in waiting]
        answered = [
            {"url_": url, **{f"{name}_": getattr(validators, name) for name in _VALIDATOR_FIELDS}}
            for quiet in waiting
            for url, validators in quiet.validators.items()
        ]
        with self._engine.begin() as connection:
            connection.execute(_UPDATE_POLL_TIMES, polled)
            if answered:
                connection.execute(_UPDATE_VALIDATORS, answered)
            self._poll_cache.update_next_due(_query_next_due(connection))


def _query_next_due(connection: Connection, watcher_ids: list[str] | None = None) -> dict[str, datetime]:
    """Return when the next reference of each of these watchers is due, or of all; not of one without any."""
    chosen = _QUERY_NEXT_DUE
    if watcher_ids is not None:
        chosen = chosen.where(REFERENCE.c.watcher_id.in_(watcher_ids))
    return {row.watcher_id: row[1] for row in connection.execute(chosen)}


def _query_validators(connection: Connection, urls: list[str]) -> dict[str, Validators]:
    """Return the validators of the last bodies that were trusted, by address."""
    found = connection.execute(select(RESOURCE).where(RESOURCE.c.url.in_(urls))).mappings()
    return {row["url"]: Validators(**{name: row[name] for name in _VALIDATOR_FIELDS}) for row in found}


def _write_state(connection: Connection, values: dict[str, object], *, epoch: int) -> bool:
    """Write the state of a watcher unless its epoch has changed; return whether it was written."""
    changed = {name: value for name, value in values.items() if name != "id"}
    statement = build_insert(connection, WATCHER).values(values)
    written = statement.on_conflict_do_update(
        index_elements=["id"], set_=changed, where=WATCHER.c.epoch == epoch
    )
    return connection.execute(written.returning(WATCHER.c.id)).first() is not None
