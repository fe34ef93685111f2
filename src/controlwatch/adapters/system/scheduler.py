"""APScheduler runs polls, deliveries and the inbox, and survives every error of theirs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from controlwatch.core.sources.watcher import Watcher

MAX_THREADS = 64
#: Time between the first polls of two watchers after a start.
START_STAGGER = timedelta(seconds=1)

log = structlog.get_logger()


class Scheduler:
    """Runs jobs, rebuilt from the declarations at each start; only the store remembers anything."""

    def __init__(self, *, watchers: int) -> None:
        # A thread for each watcher: one that waits for its source delays no other.
        threads = min(watchers + 4, MAX_THREADS)
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(threads)},
            # The library's defaults silently drop late runs.
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        )
        self._added = 0

    def schedule_polls(
        self, watcher: Watcher, job: Callable[[], None], failed: Callable[[BaseException], None]
    ) -> None:
        """Run a watcher's job at its cron times, and once soon after the start."""
        self._scheduler.add_job(
            _guard_job(watcher.id, job, failed),
            _build_trigger(watcher),
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
            _guard_job(name, job, failed),
            IntervalTrigger(seconds=seconds),
            id=name,
            next_run_time=datetime.now(UTC),
        )

    def run_soon(self, name: str) -> None:
        """Run a job now instead of at its next time; a job that is running is not interrupted."""
        with suppress(JobLookupError):  # the scheduler is stopping
            self._scheduler.modify_job(name, next_run_time=datetime.now(UTC))

    def start(self) -> None:
        """Start running jobs, on other threads."""
        self._scheduler.start()

    def stop(self) -> None:
        """Start no more jobs and wait for those that are running."""
        self._scheduler.shutdown(wait=True)


def compute_next_poll(watcher: Watcher, after: datetime) -> datetime | None:
    """Return the first poll time of a source after a time; None when its schedule is empty."""
    next_time: datetime | None = _build_trigger(watcher).get_next_fire_time(None, after)
    return next_time


def _build_trigger(watcher: Watcher) -> OrTrigger:
    zone = watcher.schedule.timezone
    return OrTrigger([CronTrigger.from_crontab(line, timezone=zone) for line in watcher.schedule.cron])


def _guard_job(
    name: str, job: Callable[[], None], failed: Callable[[BaseException], None]
) -> Callable[[], None]:
    def run() -> None:
        try:
            job()
        except Exception as error:  # the one broad handler: a scheduler that dies is the worst failure
            log.exception("job failed", job=name)
            failed(error)

    return run
