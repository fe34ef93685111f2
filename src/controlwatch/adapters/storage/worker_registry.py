"""The processes that run the service on a database, and their signs of life. PostgreSQL only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from controlwatch.adapters.storage.base import StorePart

#: Seconds without a sign of life after which a worker counts as dead, and its work is given to others.
DEAD_AFTER = 15
#: The ids of the workers that live, as a subquery.
LIVE_WORKERS = f"SELECT id FROM worker WHERE beat_at > clock_timestamp() - interval '{DEAD_AFTER} seconds'"  # noqa: S608
#: Days after which a dead worker is forgotten.
FORGET_AFTER = 7

_BEAT = text(
    """
    INSERT INTO worker (id, machine, engine, version, revision, started_at, beat_at)
    VALUES (:id, :machine, :engine, :version, :revision, clock_timestamp(), clock_timestamp())
    ON CONFLICT (id) DO UPDATE SET beat_at = clock_timestamp()
    RETURNING beat_at
    """
)
_LIST = text(
    "SELECT id, machine, engine, version, revision, started_at, "
    "extract(epoch FROM clock_timestamp() - beat_at) AS silence FROM worker ORDER BY started_at, id"
)
_REMOVE = text("DELETE FROM worker WHERE id = :id")
_FORGET = text(f"DELETE FROM worker WHERE beat_at < clock_timestamp() - interval '{FORGET_AFTER} days'")  # noqa: S608


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerIdentity:
    """A process that runs the service."""

    id: str
    machine: str
    engine: str  #: embedded or postgresql
    version: str
    revision: str  #: of the schema that it knows


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownWorker(WorkerIdentity):
    """A process that runs the service, as the others see it."""

    started_at: datetime
    silence: float  #: seconds since its last sign of life

    @property
    def is_live(self) -> bool:
        """Whether it has given a sign of life lately."""
        return self.silence < DEAD_AFTER


class WorkerRegistry(StorePart):
    """Which processes run the service."""

    def record_beat(self, worker: WorkerIdentity) -> datetime:
        """Record a sign of life; return the time by the clock of the database."""
        values = {name: getattr(worker, name) for name in ("id", "machine", "engine", "version", "revision")}
        with self._engine.begin() as connection:
            beat_at: datetime = connection.execute(_BEAT, values).scalar_one()
            return beat_at

    def list_workers(self) -> tuple[KnownWorker, ...]:
        """Return the workers of the last days, the oldest first."""
        with self._read_engine.begin() as connection:
            rows = connection.execute(_LIST).mappings().all()
        return tuple(KnownWorker(**{**row, "silence": float(row["silence"])}) for row in rows)

    def remove(self, worker_id: str) -> None:
        """Forget a worker that stops, and those that died long ago."""
        with self._engine.begin() as connection:
            connection.execute(_REMOVE, {"id": worker_id})
            connection.execute(_FORGET)
