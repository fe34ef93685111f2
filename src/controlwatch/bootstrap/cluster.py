"""What a process needs to work beside others on one database."""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from importlib.metadata import version

import structlog
from sqlalchemy import Connection

from controlwatch.adapters.storage import SqlStore
from controlwatch.adapters.storage.engine import parse_database_url
from controlwatch.adapters.storage.new_deliveries import wake_at_commit
from controlwatch.adapters.storage.poll_schedule import ScheduleFigures
from controlwatch.adapters.storage.schema_revisions import find_newest_revision
from controlwatch.adapters.storage.shared_turns import WORKER_PREFIX, SharedTurns
from controlwatch.adapters.storage.worker_registry import WorkerIdentity, WorkerRegistry
from controlwatch.adapters.system import job_queue
from controlwatch.adapters.system.job_queue import Job, JobQueue
from controlwatch.core.model import ChannelName
from controlwatch.core.model.errors import DeclarationError, OldSchema, UsageError
from controlwatch.settings import PRIVATE_ARCHIVE, Settings

KEY = "CONTROLWATCH_ENGINE"
#: Seconds for which a worker waits for the schema that it needs, and between two looks.
SCHEMA_PATIENCE, SCHEMA_INTERVAL = 120.0, 2.0
#: The queues, the more urgent one last: polls never keep a delivery waiting.
POLL_QUEUE, SERVICE_QUEUE = "polls", "service"
#: Jobs by name.
POLL_JOB, DELIVER_JOB, PERIODIC_JOB = "poll_host", "deliver", "tick"
#: How many workers may serve a channel at the same time. Where all its messages go to one server, it is one.
DELIVERY_SHARES: dict[ChannelName, int] = {"console": 1, "slack": 1, "email": 1, "webhook": 4, "apprise": 4}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """Tells the other processes on a database of this one."""

    identity: WorkerIdentity
    workers: WorkerRegistry

    def check_engines(self) -> None:
        """Raise `UsageError` where a service with another engine runs on this database."""
        for other in self.workers.list_workers():
            if other.is_live and other.engine != self.identity.engine:
                raise UsageError(
                    f"a service with CONTROLWATCH_ENGINE={other.engine} runs on this database, on "
                    f"{other.machine}: stop it first, or set CONTROLWATCH_ENGINE={other.engine} here too"
                )

    def record_beat(self) -> datetime:
        """Give a sign of life; return the time by the clock of the database."""
        return self.workers.record_beat(self.identity)

    def leave(self) -> None:
        """Say that this process ends."""
        self.workers.remove(self.identity.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """The parts by which processes work together."""

    presence: Presence
    store: SqlStore
    queue: JobQueue
    turns: SharedTurns

    @property
    def identity(self) -> WorkerIdentity:
        """By what the other processes know this one."""
        return self.presence.identity


def check_cluster_settings(settings: Settings) -> None:
    """Raise `DeclarationError` where the settings do not allow several machines."""
    if not settings.has_server:
        raise DeclarationError(
            "environment", KEY, "postgresql needs CONTROLWATCH_DATABASE_URL=postgresql://…"
        )
    if settings.archive == PRIVATE_ARCHIVE:
        reason = (
            "postgresql needs an archive that all machines reach: set CONTROLWATCH_ARCHIVE to database, "
            "s3://bucket/prefix, or file:///folder where that is shared"
        )
        raise DeclarationError("environment", KEY, reason)
    if settings.secret is None:
        reason = "postgresql needs CONTROLWATCH_SECRET, the same on all machines: it signs links"
        raise DeclarationError("environment", KEY, reason)
    if not job_queue.is_installed():
        raise DeclarationError("environment", KEY, f"postgresql {job_queue.INSTALL_HINT}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterFigures:
    """How the processes work together at this moment."""

    schedule: ScheduleFigures
    workers: Mapping[str, int]  #: those that live, by version
    waiting: Mapping[str, int]  #: jobs that no worker has begun, by queue


def measure_cluster(cluster: Cluster) -> ClusterFigures:
    """Return how the processes work together at this moment."""
    store, queue = cluster.store, cluster.queue
    with store.engine.begin() as connection:
        waiting = queue.count_waiting(connection) if queue.exists(connection) else {}
    live = Counter(worker.version for worker in store.workers.list_workers() if worker.is_live)
    return ClusterFigures(
        schedule=store.schedule.measure(),
        workers=live,
        waiting={name: waiting.get(name, 0) for name in (POLL_QUEUE, SERVICE_QUEUE)},
    )


def join_cluster(
    settings: Settings, store: SqlStore, channels: Iterable[ChannelName], *, is_worker: bool
) -> Cluster:
    """Return the parts by which this process works with others; workers are woken by what it writes.

    Only a worker gives signs of life.
    """
    identity = build_identity(settings, is_worker=is_worker)
    queue = JobQueue(parse_database_url(settings.database))
    wake_at_commit(store.engine, partial(wake_deliveries, queue, tuple(channels)))
    return Cluster(
        presence=Presence(identity=identity, workers=store.workers),
        store=store,
        queue=queue,
        turns=SharedTurns(store.database, owner=identity.id),
    )


def build_presence(settings: Settings, store: SqlStore) -> Presence | None:
    """Return what tells others of a service alone on its database; None where no other can reach that."""
    if settings.is_cluster or not settings.has_server:
        return None
    return Presence(identity=build_identity(settings), workers=store.workers)


def wait_for_schema(settings: Settings, *, seconds: float = SCHEMA_PATIENCE) -> None:
    """Wait until somebody has run `controlwatch migrate`; raises `OldSchema` after these seconds."""
    check_cluster_settings(settings)
    ends_at = time.monotonic() + seconds
    while True:
        try:
            SqlStore.open(settings.database, is_cluster=True).close()
        except OldSchema as error:
            if time.monotonic() > ends_at:
                raise
            log.warning("waiting for the schema", reason=str(error))
            time.sleep(SCHEMA_INTERVAL)
        else:
            return


def install_queue(settings: Settings, store: SqlStore) -> None:
    """Make the tables of the queue where they are missing."""
    with store.engine.begin() as connection:
        JobQueue(parse_database_url(settings.database)).install(connection)


def build_identity(settings: Settings, *, is_worker: bool = True) -> WorkerIdentity:
    """Return by what the other processes know this one."""
    machine = socket.gethostname()
    prefix = WORKER_PREFIX if is_worker else "command:"
    return WorkerIdentity(
        id=f"{prefix}{machine}:{os.getpid()}:{secrets.token_hex(4)}",
        machine=machine,
        engine=settings.engine,
        version=version("controlwatch"),
        revision=find_newest_revision(),
    )


def wake_deliveries(queue: JobQueue, channels: Iterable[ChannelName], connection: Connection) -> None:
    """Wake workers for these channels, within a transaction."""
    jobs = (
        Job(name=DELIVER_JOB, argument=f"{channel}:{share}", queue=SERVICE_QUEUE, priority=10)
        for channel in channels
        for share in range(DELIVERY_SHARES[channel])
    )
    queue.enqueue(connection, jobs)
