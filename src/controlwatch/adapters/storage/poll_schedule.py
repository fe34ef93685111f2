"""The schedule that workers share: which source is due, who polls it, and which periodic jobs are due.

PostgreSQL only. Every instant is the database's: a machine whose clock is wrong changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, text

from controlwatch.adapters.storage.base import WATCHER, StorePart, upsert
from controlwatch.adapters.storage.references import EMPTY_WATCHER_ROW
from controlwatch.adapters.storage.worker_registry import LIVE_WORKERS

_DECLARE = text(
    """
    INSERT INTO schedule (watcher_id, host, next_at)
    SELECT * FROM unnest(CAST(:ids AS text[]), CAST(:hosts AS text[]), CAST(:times AS timestamptz[]))
    ON CONFLICT (watcher_id) DO UPDATE
    SET host = excluded.host, next_at = least(schedule.next_at, excluded.next_at)
    WHERE schedule.host <> excluded.host OR schedule.next_at > excluded.next_at
    """
)
_FORGET = text("DELETE FROM schedule WHERE watcher_id <> ALL(CAST(:ids AS text[]))")
_LIST_NEW = text(
    "SELECT * FROM unnest(CAST(:ids AS text[])) AS known(id) "
    "WHERE NOT EXISTS (SELECT 1 FROM schedule WHERE watcher_id = known.id)"
)
_TAKE = text(
    """
    UPDATE schedule SET owner = :owner, taken_at = clock_timestamp()
    WHERE watcher_id = (
        SELECT watcher_id FROM schedule
        WHERE host = :host AND next_at <= clock_timestamp() AND owner IS NULL
          AND watcher_id = ANY(CAST(:known AS text[]))
        ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    RETURNING watcher_id, next_at, taken_at
    """
)
_FINISH = text(
    "UPDATE schedule SET owner = NULL, taken_at = NULL, next_at = :next_at "
    "WHERE watcher_id = :id AND owner = :owner AND taken_at = :taken_at"
)
_RELEASE_DEAD = text(f"UPDATE schedule SET owner = NULL WHERE owner NOT IN ({LIVE_WORKERS})")  # noqa: S608
_RELEASE_OWN = text(
    "UPDATE schedule SET owner = NULL WHERE owner = :owner AND watcher_id <> ALL(CAST(:busy AS text[])) "
    "AND taken_at < clock_timestamp() - make_interval(secs => :grace)"
)
#: Seconds in which a source may be taken, and the worker not know yet that it is.
GRACE = 5.0
# A host of which a source is being polled is left alone until that poll has ended.
_DUE_HOSTS = text(
    """
    SELECT host FROM schedule AS due
    WHERE next_at <= clock_timestamp() AND owner IS NULL
      AND NOT EXISTS (SELECT 1 FROM schedule AS busy WHERE busy.host = due.host AND busy.owner IS NOT NULL)
    GROUP BY host ORDER BY min(next_at) LIMIT :most
    """
)
_DECLARE_TICKS = text(
    "INSERT INTO tick (name, next_at) SELECT name, clock_timestamp() "
    "FROM unnest(CAST(:names AS text[])) AS names(name) ON CONFLICT DO NOTHING"
)
_TAKE_TICKS = text(
    """
    UPDATE tick SET next_at = clock_timestamp() + make_interval(secs => every.seconds)
    FROM unnest(CAST(:names AS text[]), CAST(:seconds AS double precision[])) AS every(name, seconds)
    WHERE tick.name = every.name AND tick.next_at <= clock_timestamp()
    RETURNING tick.name
    """
)
_MEASURE = text(
    f"""
    SELECT count(*) FILTER (WHERE next_at <= clock_timestamp() AND owner IS NULL) AS due,
           count(*) FILTER (WHERE owner IS NOT NULL) AS running,
           count(*) FILTER (WHERE owner NOT IN ({LIVE_WORKERS})) AS orphaned,
           count(*) AS sources,
           extract(epoch FROM clock_timestamp() - min(next_at) FILTER (WHERE owner IS NULL)) AS lag
    FROM schedule
    """  # noqa: S608
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenPoll:
    """A source that a worker polls now."""

    watcher_id: str
    due_at: datetime
    taken_at: datetime  #: by the clock of the database


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleFigures:
    """How the schedule is kept."""

    sources: int
    due: int  #: due, and polled by no worker yet
    running: int
    orphaned: int  #: taken by workers that give no sign of life
    lag: float  #: seconds for which the longest waiting source is due


class ScheduleStore(StorePart):
    """When each source is polled, by whichever worker is free."""

    def list_unscheduled(self, watcher_ids: Iterable[str]) -> frozenset[str]:
        """Return those of these sources that are not in the schedule."""
        with self._read_engine.begin() as connection:
            return frozenset(connection.execute(_LIST_NEW, {"ids": list(watcher_ids)}).scalars())

    def declare(self, hosts: Mapping[str, str], times: Mapping[str, datetime]) -> None:
        """Let the schedule hold these sources only, each with its host, due at these times at the latest."""
        ids = sorted(hosts)
        values = {"ids": ids, "hosts": [hosts[name] for name in ids], "times": [times[name] for name in ids]}
        with self._engine.begin() as connection:
            connection.execute(_DECLARE, values)
            connection.execute(_FORGET, {"ids": ids})

    def declare_ticks(self, names: Iterable[str]) -> None:
        """Let periodic jobs be due now that have never been."""
        with self._engine.begin() as connection:
            connection.execute(_DECLARE_TICKS, {"names": sorted(names)})

    def take_poll(self, host: str, *, owner: str, known: Iterable[str]) -> TakenPoll | None:
        """Take the source of a host that is due longest; None where none of the known ones is.

        Its epoch is raised, so that a poll that began before can no longer record what it found.
        """
        with self._engine.begin() as connection:
            values = {"host": host, "owner": owner, "known": list(known)}
            row = connection.execute(_TAKE, values).mappings().first()
            if row is None:
                return None
            watcher_id = row["watcher_id"]
            upsert(connection, WATCHER, {**EMPTY_WATCHER_ROW, "id": watcher_id}, key=["id"], keep=True)
            raised = WATCHER.update().where(WATCHER.c.id == watcher_id).values(epoch=WATCHER.c.epoch + 1)
            connection.execute(raised)
        return _to_taken_poll(row)

    def finish_poll(self, taken: TakenPoll, *, owner: str, next_at: datetime) -> bool:
        """Schedule the next poll; False where another worker has taken the source meanwhile."""
        values = {"id": taken.watcher_id, "owner": owner, "taken_at": taken.taken_at, "next_at": next_at}
        with self._engine.begin() as connection:
            return connection.execute(_FINISH, values).rowcount > 0

    def release_own(self, owner: str, *, busy: Iterable[str] = (), grace: float = GRACE) -> int:
        """Give back what a worker has taken and is not polling; return the number of sources.

        Where the database was gone as a poll ended, the worker could not say so. `busy` are the sources that
        it polls at this moment; what it took within the `grace`, in seconds, is left to it.
        """
        values = {"owner": owner, "busy": list(busy), "grace": grace}
        with self._engine.begin() as connection:
            return connection.execute(_RELEASE_OWN, values).rowcount

    def measure(self) -> ScheduleFigures:
        """Return how the schedule is kept at this moment."""
        with self._read_engine.begin() as connection:
            row = connection.execute(_MEASURE).mappings().one()
        lag = max(0.0, float(row["lag"] or 0.0))
        return ScheduleFigures(**{**row, "lag": lag})


def release_dead_polls(connection: Connection) -> int:
    """Give back the sources of workers that give no sign of life; return their number."""
    return connection.execute(_RELEASE_DEAD).rowcount


def list_due_hosts(connection: Connection, most: int) -> list[str]:
    """Return the hosts with sources to poll now, the longest waiting first."""
    return list(connection.execute(_DUE_HOSTS, {"most": most}).scalars())


def take_due_ticks(connection: Connection, intervals: Mapping[str, float]) -> list[str]:
    """Return the periodic jobs that are due, and schedule each again after its seconds."""
    values = {"names": list(intervals), "seconds": list(intervals.values())}
    return list(connection.execute(_TAKE_TICKS, values).scalars())


def _to_taken_poll(row: RowMapping) -> TakenPoll:
    return TakenPoll(watcher_id=row["watcher_id"], due_at=row["next_at"], taken_at=row["taken_at"])
