"""The clock: APScheduler drives polls, deliveries and the inbox, and survives whatever they raise."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

if TYPE_CHECKING:
    from collections.abc import Callable

    from controlwatch.core.sources.watcher import Watcher

MAX_THREADS = 64
#: Between the first polls of two watchers after a start.
START_STAGGER = timedelta(seconds=1)

log = structlog.get_logger()


class Scheduler:
    """Jobs are made anew from the declarations at each start; nothing is remembered but the store."""

    def __init__(self, *, watchers: int) -> None:
        # A thread for each watcher: one that hangs on its source holds up nobody else.
        threads = min(watchers + 4, MAX_THREADS)
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(threads)},
            # The library's defaults drop late runs without a word.
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
        """Run a job again and again."""
        self._scheduler.add_job(
            _guard_job(name, job, failed),
            IntervalTrigger(seconds=seconds),
            id=name,
            next_run_time=datetime.now(UTC),
        )

    def run_soon(self, name: str) -> None:
        """Run a job at once instead of at its next turn; one that runs already is left alone."""
        with suppress(JobLookupError):  # we are stopping
            self._scheduler.modify_job(name, next_run_time=datetime.now(UTC))

    def start(self) -> None:
        """Begin; jobs run on threads of their own."""
        self._scheduler.start()

    def stop(self) -> None:
        """Start nothing more and wait for what runs."""
        self._scheduler.shutdown(wait=True)


def compute_next_poll(watcher: Watcher, after: datetime) -> datetime | None:
    """Return when a source is to be polled next after a time; None where its schedule is empty."""
    found: datetime | None = _build_trigger(watcher).get_next_fire_time(None, after)
    return found


def _build_trigger(watcher: Watcher) -> OrTrigger:
    zone = watcher.schedule.timezone
    return OrTrigger([CronTrigger.from_crontab(line, timezone=zone) for line in watcher.schedule.cron])


def _guard_job(
    name: str, job: Callable[[], None], failed: Callable[[BaseException], None]
) -> Callable[[], None]:
    def run() -> None:
        try:
            job()
        except Exception as error:  # the one place: a clock that dies is the worst failure
            log.exception("job failed", job=name)
            failed(error)

    return run
