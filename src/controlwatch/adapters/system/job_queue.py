"""The queue of jobs that workers share, on procrastinate: a job wakes a worker, and holds nothing else.

What is to be done is in the tables of the store. So the queue has a schema of its own in the database, which
may be dropped at any moment: it is made again, and whatever is due is found again.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import URL, Connection, text

if TYPE_CHECKING:
    import procrastinate

INSTALL_HINT = "needs the extra: pip install 'controlwatch[cluster]'"
#: Seconds between two signs of life of a worker, and after which a silent one has lost its jobs.
BEAT_SECONDS, DEAD_SECONDS = 3.0, 15.0
#: Seconds between two looks for jobs where no notification came.
LOOK_SECONDS = 1.0
#: The job that finds what is due, every two seconds; the last field of the line are seconds.
DUE_JOB, DUE_CRON = "due", "* * * * * */2"
#: Advisory lock of those that make the schema.
INSTALL_LOCK = 7305033
#: Connections of the queue itself, beside one that listens.
MAX_CONNECTIONS = 4

log = structlog.get_logger()


def is_installed() -> bool:
    """Return whether the extra is installed."""
    return find_spec("procrastinate") is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What wakes a worker. Of jobs of one name and argument, one waits and one runs at most."""

    name: str
    argument: str
    queue: str
    priority: int = 0

    @property
    def key(self) -> str:
        """What this job has in common with its repetitions."""
        return f"{self.name}:{self.argument}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """The threads of one process that serve a queue."""

    queue: str
    size: int
    #: Whether each new job is told to all workers: it begins at once, and costs a look by each of them.
    is_notified: bool = True


class QueueLost(RuntimeError):
    """The workers have ended by themselves: their connection was lost, or they counted as dead."""


class JobQueue:
    """The jobs in a database. Safe to use from several threads."""

    def __init__(self, url: URL) -> None:
        self._url = url

    @cached_property
    def schema(self) -> str:
        """The name of the schema: versions that need other tables have another, and run side by side."""
        from procrastinate.schema import SchemaManager

        digest = hashlib.sha256(SchemaManager.get_schema().encode()).hexdigest()
        return f"controlwatch_jobs_{digest[:8]}"

    def install(self, connection: Connection) -> bool:
        """Make the tables of the queue where they are missing; return whether they were."""
        from procrastinate.schema import SchemaManager

        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": INSTALL_LOCK})
        if self.exists(connection):
            return False
        # What is left of a queue that was dropped in part would be in the way.
        connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {self.schema} CASCADE")
        connection.exec_driver_sql(f"CREATE SCHEMA {self.schema}")
        connection.exec_driver_sql(f"SET LOCAL search_path TO {self.schema}")
        connection.exec_driver_sql(SchemaManager.get_schema().replace("%", "%%"))
        # Its triggers must find its tables whoever adds a job.
        functions = text(
            "SELECT p.oid::regprocedure::text FROM pg_proc AS p "
            "JOIN pg_namespace AS n ON n.oid = p.pronamespace WHERE n.nspname = :schema"
        )
        for signature in connection.execute(functions, {"schema": self.schema}).scalars().all():
            connection.exec_driver_sql(f"ALTER FUNCTION {signature} SET search_path TO {self.schema}")
        # It is nearly always empty, and the planner must not believe that it stays so.
        connection.exec_driver_sql(
            f"ALTER TABLE {self.schema}.procrastinate_jobs SET (autovacuum_vacuum_scale_factor = 0, "
            "autovacuum_vacuum_threshold = 500, autovacuum_analyze_threshold = 100)"
        )
        return True

    def exists(self, connection: Connection) -> bool:
        """Return whether the queue has its tables."""
        name = f"{self.schema}.procrastinate_jobs"
        return connection.execute(text("SELECT to_regclass(:name)"), {"name": name}).scalar() is not None

    def enqueue(self, connection: Connection, jobs: Iterable[Job]) -> None:
        """Add jobs within a transaction; one that waits already is left as it is, and raises nothing."""
        rows = sorted(
            jobs, key=lambda job: job.key
        )  # all in one order: two transactions never wait in a ring
        if not rows:
            return
        statement = text(
            f"INSERT INTO {self.schema}.procrastinate_jobs "  # noqa: S608
            "(queue_name, task_name, priority, lock, queueing_lock, args) "
            "SELECT queue, name, priority, key, key, jsonb_build_object('argument', argument) "
            "FROM jsonb_to_recordset(CAST(:jobs AS jsonb)) "
            "AS job(queue text, name text, priority integer, key text, argument text) ON CONFLICT DO NOTHING"
        )
        described = [
            {
                "queue": job.queue,
                "name": job.name,
                "priority": job.priority,
                "key": job.key,
                "argument": job.argument,
            }
            for job in rows
        ]
        connection.execute(statement, {"jobs": json.dumps(described)})

    def count_waiting(self, connection: Connection) -> Mapping[str, int]:
        """Return the number of jobs that wait, by queue."""
        counted = text(
            f"SELECT queue_name, count(*) FROM {self.schema}.procrastinate_jobs "  # noqa: S608
            "WHERE status = 'todo' GROUP BY queue_name"
        )
        return {row[0]: int(row[1]) for row in connection.execute(counted)}

    def sweep(self, connection: Connection) -> int:
        """Remove the jobs of workers that give no sign of life, and those workers; return the number of jobs.

        What the jobs were about is still due, so that it is found again.
        """
        dead = f"SELECT id FROM {self.schema}.procrastinate_workers WHERE last_heartbeat < now() - make_interval(secs => :dead)"  # noqa: S608, E501
        stalled = text(
            f"DELETE FROM {self.schema}.procrastinate_jobs "  # noqa: S608
            f"WHERE status <> 'todo' AND (worker_id IS NULL OR worker_id IN ({dead}))"
        )
        removed = connection.execute(stalled, {"dead": DEAD_SECONDS}).rowcount
        workers = text(f"DELETE FROM {self.schema}.procrastinate_workers WHERE id IN ({dead})")  # noqa: S608
        connection.execute(workers, {"dead": DEAD_SECONDS})
        return removed

    def run(
        self,
        handlers: Mapping[str, Callable[[str], None]],
        find_due: Callable[[], None],
        *,
        crews: Iterable[Crew],
        stopped: threading.Event,
        longest: float,
    ) -> None:
        """Run jobs on threads of this process until the event is set; then let those end that have begun.

        A handler takes the argument of a job, and raises nothing. `find_due` is called every two seconds, by
        one of all workers. Raises `QueueLost` where the workers end by themselves.
        """
        asyncio.run(self._serve(handlers, find_due, tuple(crews), stopped, longest))

    async def _serve(
        self,
        handlers: Mapping[str, Callable[[str], None]],
        find_due: Callable[[], None],
        crews: tuple[Crew, ...],
        stopped: threading.Event,
        longest: float,
    ) -> None:
        import procrastinate

        logging.getLogger("procrastinate").setLevel(logging.CRITICAL)  # what it says is said once, by us
        asyncio.get_running_loop().set_exception_handler(_note_lost_task)
        pools = {crew.queue: ThreadPoolExecutor(crew.size, crew.queue) for crew in crews}
        app = procrastinate.App(connector=self._build_connector())
        for name, handler in handlers.items():
            _add_task(app, name, handler, pools)
        pool = pools[crews[-1].queue]

        @app.periodic(cron=DUE_CRON)
        @app.task(name=DUE_JOB, queue=crews[-1].queue, queueing_lock=DUE_JOB, priority=100)
        async def due(timestamp: int) -> None:
            del timestamp
            await asyncio.get_running_loop().run_in_executor(pool, find_due)

        try:
            async with app.open_async():
                workers = [asyncio.create_task(_run_worker(app, crew, longest)) for crew in crews]
                ending = asyncio.create_task(_wait_for(stopped))
                await asyncio.wait([ending, *workers], return_when=asyncio.FIRST_COMPLETED)
                for worker in workers:
                    worker.cancel()  # which lets it end what it has begun
                ending.cancel()
                ended = await asyncio.gather(*workers, return_exceptions=True)
        finally:
            for each in pools.values():
                each.shutdown(wait=False, cancel_futures=True)
        if not stopped.is_set():
            reasons = [type(each.__cause__ or each).__name__ for each in ended if isinstance(each, Exception)]
            raise QueueLost("; ".join(reasons) or "the workers ended")

    def _build_connector(self) -> Any:
        import procrastinate

        options = f"-c search_path={self.schema}"
        if given := self._url.query.get("options"):
            options = f"{given} {options}"
        url = self._url.set(drivername="postgresql").difference_update_query(["options"])
        return procrastinate.PsycopgConnector(
            conninfo=url.render_as_string(hide_password=False),
            kwargs={"options": options},
            min_size=1,
            max_size=MAX_CONNECTIONS,
            timeout=10.0,
        )


def _add_task(
    app: procrastinate.App,
    name: str,
    handler: Callable[[str], None],
    pools: Mapping[str, ThreadPoolExecutor],
) -> None:
    """Let the jobs of a name be done by a handler, on the threads of their queue."""

    @app.task(name=name, pass_context=True)
    async def run_job(context: procrastinate.JobContext, argument: str) -> None:
        pool = pools[context.job.queue]
        await asyncio.get_running_loop().run_in_executor(pool, partial(handler, argument))


async def _run_worker(app: procrastinate.App, crew: Crew, longest: float) -> None:
    """Serve one queue until cancelled; returns where the worker ends by itself."""
    await app.run_worker_async(
        queues=[crew.queue],
        name=crew.queue,
        concurrency=crew.size,
        install_signal_handlers=False,
        delete_jobs="always",
        fetch_job_polling_interval=LOOK_SECONDS,
        listen_notify=crew.is_notified,
        shutdown_graceful_timeout=longest,
        update_heartbeat_interval=BEAT_SECONDS,
        stalled_worker_timeout=DEAD_SECONDS,
    )


def _note_lost_task(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Note what a job of a lost queue could not record; that the queue is lost is said once."""
    log.debug("a task of the queue failed", reason=repr(context.get("exception")))


async def _wait_for(stopped: threading.Event) -> None:
    while not stopped.is_set():
        await asyncio.sleep(0.2)
