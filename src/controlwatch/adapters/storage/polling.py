"""Watchers as the store knows them: state, validators, the log of polls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, RowMapping, bindparam, delete, func, select, update

from controlwatch.adapters.storage.base import POLL, REFERENCE, RESOURCE, WATCHER, StorePart, upsert
from controlwatch.adapters.storage.poll_cache import PollCache
from controlwatch.core.model import Validators
from controlwatch.core.model.state import Baseline, PollReport, WatcherState

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
    """State of watchers, validators of what they sent, log of polls."""

    def __init__(self, engine: Engine, poll_cache: PollCache) -> None:
        super().__init__(engine)
        self._poll_cache = poll_cache

    def load_state(self, watcher_id: str) -> WatcherState:
        """How a watcher has fared; a fresh state for one never polled."""
        return self._poll_cache.find_state(watcher_id) or self.load_states([watcher_id])[0]

    def load_states(self, watcher_ids: Iterable[str]) -> tuple[WatcherState, ...]:
        """How these watchers have fared, in the order asked."""
        ids = list(watcher_ids)
        unread = (
            select(REFERENCE.c.watcher_id, func.count().label("n"))
            .where(REFERENCE.c.watcher_id.in_(ids), REFERENCE.c.failures > 0, REFERENCE.c.taken.is_(False))
            .group_by(REFERENCE.c.watcher_id)
        )
        with self._read_engine.begin() as connection:
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
        with self._read_engine.begin() as connection:
            row = connection.execute(select(RESOURCE).where(RESOURCE.c.url == url)).mappings().first()
        if row is None:
            return None
        return Validators(**{name: row[name] for name in _VALIDATOR_FIELDS})

    def save_validators(self, url: str, validators: Validators) -> None:
        """Remember the validators of a body that was read and believed."""
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
        """Record how a poll ended; a row in the log only where there is something to say.

        One more quiet poll is noted in memory and written by `flush`.
        """
        dropped = list(drop)
        quiet = report.outcome == "unchanged" and not dropped
        if quiet and self._poll_cache.record_quiet_poll(state, keep):
            return
        self._poll_cache.forget(state.id)
        values = {name: getattr(state, name) for name in _STATE_COLUMNS} | {"learnt": asdict(state.learnt)}
        if state.first_poll_at is None:
            del values["first_poll_at"]  # `track_references` may have set it since

        with self._engine.begin() as connection:
            upsert(connection, WATCHER, values, key=["id"])
            for url, validators in keep.items():
                upsert(connection, RESOURCE, {"url": url, **asdict(validators)}, key=["url"])
            if dropped:
                connection.execute(delete(RESOURCE).where(RESOURCE.c.url.in_(dropped)))
            if report.outcome != "unchanged":
                connection.execute(POLL.insert().values(_build_log_row(report)))
            if quiet:
                mine = _QUERY_NEXT_DUE.where(REFERENCE.c.watcher_id == state.id)
                next_due_at = connection.execute(
                    mine.with_only_columns(func.min(REFERENCE.c.next_look_at))
                ).scalar()
                self._poll_cache.remember(state, keep, next_due_at=next_due_at)

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
        with self._engine.begin() as connection:
            connection.execute(_UPDATE_POLL_TIMES, looked)
            if counted:
                connection.execute(_UPDATE_VALIDATORS, counted)
            self._poll_cache.update_next_due(
                {row.watcher_id: row[1] for row in connection.execute(_QUERY_NEXT_DUE)}
            )


def _build_log_row(report: PollReport) -> dict[str, Any]:
    same = ("started_at", "outcome", "kind", "rows", "unseen", "read")
    reason = "; ".join(part for part in (report.reason, *report.unread) if part)[:2000]
    values = {name: getattr(report, name) for name in same}
    return values | {"watcher_id": report.watcher, "reason": reason, "alerts": len(report.alerts)}


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
