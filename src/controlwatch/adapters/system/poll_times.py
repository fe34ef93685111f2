"""When sources are polled, by their schedules."""

from __future__ import annotations

from datetime import datetime

from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger

from controlwatch.core.sources.watcher import Watcher


def compute_next_poll(watcher: Watcher, after: datetime) -> datetime | None:
    """Return the first poll time of a source after a time; None when its schedule is empty."""
    next_time: datetime | None = build_poll_trigger(watcher).get_next_fire_time(None, after)
    return next_time


def build_poll_trigger(watcher: Watcher) -> OrTrigger:
    """Return the trigger of the polls of a source, by its schedule."""
    zone = watcher.schedule.timezone
    return OrTrigger([CronTrigger.from_crontab(line, timezone=zone) for line in watcher.schedule.cron])
