"""Runs the polls and the other jobs of the service, and survives every error of theirs.

APScheduler runs what has times of its own. A job that must not wait for others, and that is wanted as soon as
something happens, has a thread of its own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from controlwatch.adapters.system.poll_times import build_poll_trigger
from controlwatch.core.sources.watcher import Watcher

MAX_THREADS = 64  #: for polls
SERVICE_THREADS = 8  #: for the other jobs: however many polls hang, these do not wait
#: Time between the first polls of two watchers after a start.
START_STAGGER = timedelta(seconds=1)

log = structlog.get_logger()


class Scheduler:
    """Runs jobs, rebuilt from the declarations at each start; only the store remembers anything."""

    def __init__(self, *, watchers: int) -> None:
        # A thread for each watcher: one that waits for its source delays no other.
        threads = min(watchers + 1, MAX_THREADS)
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={
                "default": ThreadPoolExecutor(threads),
                "service": ThreadPoolExecutor(SERVICE_THREADS),
            },
            # The library's defaults silently drop late runs.
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        )
        self._added = 0
        self._own_threads: dict[str, _OwnThread] = {}
        self._ended = threading.Event()
        self._changed = threading.Condition()
        self._running: list[str] = []  #: names of the jobs that run at this moment

    def schedule_polls(
        self, watcher: Watcher, job: Callable[[], None], failed: Callable[[BaseException], None]
    ) -> None:
        """Run a watcher's job at its cron times, and once soon after the start."""
        self._scheduler.add_job(
            self._guard_job(watcher.id, job, failed),
            build_poll_trigger(watcher),
            id=f"poll:{watcher.id}",
            next_run_time=datetime.now(UTC) + self._added * START_STAGGER,
        )
        self._added += 1

    def run_every(
        self,
        seconds: float,
        name: str,
        job: Callable[[], None],
        failed: Callable[[BaseException], None] = lambda _error: None,
    ) -> None:
        """Run a job at once and then at a fixed interval."""
        self._scheduler.add_job(
            self._guard_job(name, job, failed),
            IntervalTrigger(seconds=seconds),
            id=name,
            executor="service",
            next_run_time=datetime.now(UTC),
        )

    def run_in_own_thread(self, seconds: float, name: str, job: Callable[[], None]) -> None:
        """Run a job at once and then at this interval, on a thread of its own, and whenever it is woken."""
        self._own_threads[name] = _OwnThread(
            name=name, job=self._guard_job(name, job), seconds=seconds, ended=self._ended
        )

    def run_soon(self, name: str) -> None:
        """Run a job now instead of at its next time; a job that is running is not interrupted."""
        if name in self._own_threads:
            self._own_threads[name].wake()
            return
        with suppress(JobLookupError):  # the scheduler is stopping
            self._scheduler.modify_job(name, next_run_time=datetime.now(UTC))

    def start(self) -> None:
        """Start running jobs, on other threads."""
        self._scheduler.start()
        for own_thread in self._own_threads.values():
            own_thread.start()

    def stop(self, *, longest: float) -> tuple[str, ...]:
        """Start no more jobs, and wait some seconds for those that run; return the names of the others."""
        self._ended.set()
        for own_thread in self._own_threads.values():
            own_thread.wake()
        self._scheduler.shutdown(wait=False)
        with self._changed:
            self._changed.wait_for(lambda: not self._running, timeout=longest)
            return tuple(sorted(self._running))

    def _guard_job(
        self,
        name: str,
        job: Callable[[], None],
        failed: Callable[[BaseException], None] = lambda _error: None,
    ) -> Callable[[], None]:
        def run() -> None:
            if self._ended.is_set():
                return
            with self._mark_running(name):
                try:
                    job()
                except (
                    Exception
                ) as error:  # the one broad handler: a scheduler that dies is the worst failure
                    log.exception("job failed", job=name)
                    failed(error)

        return run

    @contextmanager
    def _mark_running(self, name: str) -> Iterator[None]:
        with self._changed:
            self._running.append(name)
        try:
            yield
        finally:
            with self._changed:
                self._running.remove(name)
                self._changed.notify_all()


class _OwnThread:
    """A thread that runs one job again and again."""

    def __init__(self, *, name: str, job: Callable[[], None], seconds: float, ended: threading.Event) -> None:
        self._job, self._seconds, self._ended = job, seconds, ended
        self._woken = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._woken.set()

    def _run(self) -> None:
        while not self._ended.is_set():
            self._woken.clear()
            self._job()
            self._woken.wait(self._seconds)
