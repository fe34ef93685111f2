"""The weekly report for the file: what is new, what took effect and ended, what comes, what waits."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from controlwatch.core.law.weekly_report import WeeklyReport
from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.timezones import BEIJING, to_beijing_day
from controlwatch.services.exports import AlertLog
from controlwatch.services.queries import Queries

#: 2026-W48: a week of ISO 8601, from Monday to Sunday.
WEEK = re.compile(r"([0-9]{4})-?[Ww]([0-9]{1,2})")
FIRST_YEAR, LAST_YEAR = 2000, 2100
DAYS_AHEAD = 60
MAX_CHANGES, MAX_ALERTS = 300, 500


def parse_week(text: str, *, today: date) -> date:
    """Return the Monday of a week written as 2026-W48, by default of the last whole one.

    Raises `UsageError`.
    """
    if not text.strip():
        return today - timedelta(days=today.weekday() + 7)
    found = WEEK.fullmatch(text.strip())
    refusal = UsageError(f"{text[:40]!r} is not a week; use 2026-W48")
    if found is None or not FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
        raise refusal
    try:
        return date.fromisocalendar(int(found[1]), int(found[2]), 1)
    except ValueError:
        raise refusal from None


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyReports:
    """Builds the report of a week, by what is known now."""

    queries: Queries
    alert_log: AlertLog
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def build_report(self, monday: date) -> WeeklyReport:
        """Return the report of the week that begins on a Monday in Beijing."""
        now, sunday = self.clock(), monday + timedelta(days=6)
        law = self.queries.law
        changes = self.queries.latest(
            now=now, within=(monday, sunday), changes_only=True, limit=MAX_CHANGES + 1
        )
        begin = datetime.combine(monday, time(), BEIJING).astimezone(UTC)
        alerts = self.alert_log.list_alerts(
            made_between=(begin, begin + timedelta(days=7)), limit=MAX_ALERTS + 1
        )
        watchers = [line for line in self.queries.list_watchers() if line.enabled]
        return WeeklyReport(
            first=monday,
            last=sunday,
            made_at=now,
            days_ahead=DAYS_AHEAD,
            changes=changes[:MAX_CHANGES],
            happened=law.list_key_dates(monday, sunday),
            coming=law.list_key_dates(sunday + timedelta(days=1), sunday + timedelta(days=DAYS_AHEAD)),
            reviews=self.queries.list_reviews(),
            failing=tuple(line for line in watchers if line.health not in {"healthy", "quiet"}),
            coverage=law.find_coverage(),
            alerts=alerts[:MAX_ALERTS],
            has_more=len(changes) > MAX_CHANGES or len(alerts) > MAX_ALERTS,
            cautions=law.list_cautions(min(sunday, to_beijing_day(now))),
        )
