"""The engine of many machines: each process is a worker, and all are alike.

What is to be done is in the store: the schedule of polls, the outbox, the periodic jobs. A job of the queue
only wakes a worker. Which worker does what is decided in the database: by the queue, by the schedule, by
turns with each host, and by leases of deliveries.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import cast
from urllib.parse import urlsplit

import structlog
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from controlwatch.adapters.storage.base import COORDINATION_LOCK
from controlwatch.adapters.storage.explain_errors import explain_database_error
from controlwatch.adapters.storage.fanout import has_unrouted_alerts
from controlwatch.adapters.storage.poll_schedule import list_due_hosts, release_dead_polls, take_due_ticks
from controlwatch.adapters.storage.shared_turns import release_dead_turns
from controlwatch.adapters.system.job_queue import Crew, Job, QueueLost
from controlwatch.adapters.system.memory_arenas import release_free_memory
from controlwatch.adapters.system.spread_polls import compute_spread_poll
from controlwatch.bootstrap.app import App
from controlwatch.bootstrap.cluster import (
    DELIVER_JOB,
    PERIODIC_JOB,
    POLL_JOB,
    POLL_QUEUE,
    SERVICE_QUEUE,
    Cluster,
    wake_deliveries,
)
from controlwatch.core.model import ChannelName
from controlwatch.core.sources.watcher import Watcher
from controlwatch.engine.liveness import (
    HANG_EXIT_STATUS,
    HANG_TIMEOUT,
    STOP_TIMEOUT,
    Watchdog,
    write_heartbeat,
)
from controlwatch.engine.service_jobs import PeriodicJob, ServiceJobs

#: Polls that one worker does at the same time, and its other jobs.
POLL_THREADS, SERVICE_THREADS = 16, 12
#: Hosts that wait in the queue at most: the schedule holds the others, and a long queue is slow.
MAX_WAITING_HOSTS = 200
#: Seconds between two signs of life, with which others' lost work is given back too.
BEAT_EVERY = 3.0
#: Seconds before the queue is served again after its connection was lost.
RESTART_AFTER = 2.0
#: A schedule that is empty is looked at again after this time.
NEVER = timedelta(days=1)

log = structlog.get_logger()


class DatabaseClock:
    """The clock of the database, as last compared with that of this machine."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def read_time(self) -> datetime:
        """Return the time now by the clock of the database, in UTC."""
        return datetime.now(UTC) + self._ahead

    def compare(self, theirs: datetime, *, began_at: datetime) -> None:
        """Take the time that the database told in an exchange which began at a time of this machine."""
        ours = datetime.now(UTC)
        self._ahead = theirs - (began_at + (ours - began_at) / 2)


class ClusterEngine:
    """A worker: does whatever is due, beside others."""

    def __init__(self, app: App, cluster: Cluster) -> None:
        self._app, self._cluster = app, cluster
        self._clock = DatabaseClock()
        self._watchdog = Watchdog()
        self.jobs = ServiceJobs(app, clock=self._clock.read_time, deliver_soon=self.deliver_soon)
        self._watchers = {watcher.id: watcher for watcher in app.watchers if watcher.enabled}
        self._shared = {job.name: job for job in self.jobs.list_shared_jobs()}
        self._polling: set[str] = set()  #: the sources that this worker polls at this moment
        self._stopped = threading.Event()

    def run(self, stopped: threading.Event) -> tuple[str, ...]:
        """Work until the event is set; return the names of the threads that do not end."""
        cluster = self._cluster
        cluster.presence.check_engines()
        self._record_beat()
        self._declare_schedule()
        threads = [threading.Thread(target=self._serve_queue, name="queue", daemon=True)]
        for job in (*self.jobs.list_local_jobs(), _build_trim_job()):
            threads.append(threading.Thread(target=self._repeat, args=(job,), name=job.name, daemon=True))
        for thread in threads:
            thread.start()
        log.info(
            "working",
            worker=cluster.identity.id,
            watchers=len(self._watchers),
            channels=sorted(self._app.channels),
        )
        while not stopped.wait(BEAT_EVERY):
            self._guard("beat", self._record_beat)
            self._guard("sweep", self._release_lost)
            if self._watchdog.has_stalled():
                log.critical("the worker has stalled: the process ends itself", seconds=HANG_TIMEOUT)
                os._exit(HANG_EXIT_STATUS)
        log.info("stopping")
        self._app.stop()
        self._stopped.set()
        ends_at = time.monotonic() + STOP_TIMEOUT + 1.0
        for thread in threads:
            thread.join(max(0.0, ends_at - time.monotonic()))
        self._guard("leave", self._leave)
        log.info("stopped")
        return tuple(thread.name for thread in threads if thread.is_alive())

    def deliver_soon(self) -> None:
        """Do nothing: each delivery has woken a worker in the transaction that wrote it."""

    # ------------------------------------------------------------------ jobs

    def poll_host(self, host: str) -> None:
        """Poll the sources of a host that are due, one after the other."""
        schedule, owner = self._cluster.store.schedule, self._cluster.identity.id
        while not self._stopped.is_set():
            taken = schedule.take_poll(host, owner=owner, known=self._watchers)
            if taken is None:
                return
            watcher = self._watchers[taken.watcher_id]
            self._polling.add(watcher.id)
            try:
                self._poll(watcher)
                if self._app.poller.stopped.is_set():
                    return  # given back as it is: the next worker polls it at once
                next_at = self._compute_next_poll(watcher)
                if not schedule.finish_poll(taken, owner=owner, next_at=next_at):
                    log.warning("another worker has taken the source meanwhile", watcher=watcher.id)
            finally:
                self._polling.discard(watcher.id)

    def _poll(self, watcher: Watcher) -> None:
        try:
            self.jobs.poll(watcher)
        except Exception as error:  # one source must not end the worker
            log.exception("job failed", job=watcher.id)
            self.jobs.record_crash(watcher, error)

    def deliver(self, argument: str) -> None:
        """Deliver all that is due by a channel."""
        self.jobs.deliver(cast(ChannelName, argument.partition(":")[0]))

    def run_periodic_job(self, name: str) -> None:
        """Do what is done once in the whole cluster."""
        if name in self._shared:
            self._run_job(self._shared[name])

    def find_due(self) -> None:
        """Wake workers for whatever is due and not being done."""
        queue = self._cluster.queue
        with self._cluster.store.engine.begin() as connection:
            if not _may_coordinate(connection, COORDINATION_LOCK):
                return
            waiting = queue.count_waiting(connection).get(POLL_QUEUE, 0)
            hosts = list_due_hosts(connection, max(0, MAX_WAITING_HOSTS - waiting))
            queue.enqueue(connection, (Job(name=POLL_JOB, argument=host, queue=POLL_QUEUE) for host in hosts))
            names = take_due_ticks(connection, {name: job.seconds for name, job in self._shared.items()})
            ticks = (Job(name=PERIODIC_JOB, argument=name, queue=SERVICE_QUEUE) for name in names)
            queue.enqueue(connection, ticks)
            has_unrouted = has_unrouted_alerts(connection)
        channels = self._app.store.outbox.list_due_channels(now=self._clock.read_time())
        if has_unrouted:
            channels |= self._app.channels.keys()
        if channels:
            with self._cluster.store.engine.begin() as connection:
                wake_deliveries(queue, sorted(channels), connection)

    # ------------------------------------------------------------------ living beside others

    def _serve_queue(self) -> None:
        """Serve the queue until the worker stops, and begin again whenever it is lost."""
        cluster = self._cluster
        handlers: dict[str, Callable[[str], None]] = {
            POLL_JOB: self._guard_handler("poll", self.poll_host),
            DELIVER_JOB: self._guard_handler("deliver", self.deliver),
            PERIODIC_JOB: self.run_periodic_job,
        }
        crews = (
            Crew(queue=POLL_QUEUE, size=POLL_THREADS, is_notified=False),
            Crew(queue=SERVICE_QUEUE, size=SERVICE_THREADS),
        )
        while not self._stopped.is_set():
            try:
                with cluster.store.engine.begin() as connection:
                    cluster.queue.install(connection)
                cluster.queue.run(
                    handlers,
                    lambda: self._guard("due", self.find_due),
                    crews=crews,
                    stopped=self._stopped,
                    longest=STOP_TIMEOUT,
                )
            except QueueLost as error:
                log.warning("the queue was lost, and is served again", reason=str(error))
            except Exception as error:  # noqa: BLE001 - as long as the database is gone, whatever says so
                reason = explain_database_error(error) or f"{type(error).__name__}: {error}"
                log.warning("the queue cannot be served, and is tried again", reason=reason)
            self._stopped.wait(RESTART_AFTER)

    def _record_beat(self) -> None:
        began_at = datetime.now(UTC)
        theirs = self._cluster.presence.record_beat()
        self._clock.compare(theirs, began_at=began_at)
        self._watchdog.record_beat()
        write_heartbeat(self._app.settings, datetime.now(UTC))

    def _release_lost(self) -> None:
        """Give back what workers had begun that give no sign of life."""
        store, queue = self._cluster.store, self._cluster.queue
        store.schedule.release_own(self._cluster.identity.id, busy=tuple(self._polling))
        with store.engine.begin() as connection:
            if not _may_coordinate(connection, COORDINATION_LOCK + 1):
                return
            polls, turns = release_dead_polls(connection), release_dead_turns(connection)
            jobs = queue.sweep(connection) if queue.exists(connection) else 0
        if polls or turns or jobs:
            log.warning("work of dead workers was given back", polls=polls, turns=turns, jobs=jobs)

    def _leave(self) -> None:
        self._cluster.store.schedule.release_own(self._cluster.identity.id, grace=0.0)
        self._cluster.presence.leave()

    def _declare_schedule(self) -> None:
        """Let the schedule hold the sources declared here; new ones are due now."""
        schedule, now = self._cluster.store.schedule, self._clock.read_time()
        unscheduled = schedule.list_unscheduled(self._watchers)
        hosts = {name: urlsplit(each.index.url).hostname or name for name, each in self._watchers.items()}
        times = {
            name: now if name in unscheduled else self._compute_next_poll(watcher)
            for name, watcher in self._watchers.items()
        }
        schedule.declare(hosts, times)
        schedule.declare_ticks(self._shared)

    def _compute_next_poll(self, watcher: Watcher) -> datetime:
        now = self._clock.read_time()
        return compute_spread_poll(watcher, now) or now + NEVER

    def _repeat(self, job: PeriodicJob) -> None:
        """Do a job of this machine again and again."""
        while not self._stopped.is_set():
            self._run_job(job)
            self._stopped.wait(job.seconds)

    def _run_job(self, job: PeriodicJob) -> None:
        try:
            job.run()
        except Exception as error:  # a job that fails must not end the worker
            log.exception("job failed", job=job.name)
            job.handle_failure(error)

    def _guard(self, name: str, work: Callable[[], None]) -> None:
        try:
            work()
        except SQLAlchemyError as error:
            log.warning("the database cannot be used", job=name, reason=explain_database_error(error))
        except Exception:  # likewise
            log.exception("job failed", job=name)

    def _guard_handler(self, name: str, handler: Callable[[str], None]) -> Callable[[str], None]:
        return lambda argument: self._guard(f"{name} {argument}", lambda: handler(argument))


def _may_coordinate(connection: Connection, lock: int) -> bool:
    """Return whether this transaction is the one that looks after all workers at this moment."""
    found = connection.execute(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": lock})
    return bool(found.scalar())


def _build_trim_job() -> PeriodicJob:
    return PeriodicJob(name="trim", seconds=60.0, run=release_free_memory)
