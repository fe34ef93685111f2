"""Read model: the report of a week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from controlwatch.core.law.answers import AlertLine, NoticeLine, ReviewLine, WatcherLine
from controlwatch.core.law.coverage import Coverage
from controlwatch.core.model import Day, KeyDate


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyReport:
    """What happened in a week, by what is known when the report is made."""

    first: Day  #: a Monday in Beijing
    last: Day
    made_at: datetime
    days_ahead: int  #: for which dates that come are reported, from the day after the last
    changes: tuple[NoticeLine, ...]  #: new rules, newest first
    happened: tuple[KeyDate, ...]
    coming: tuple[KeyDate, ...]
    reviews: tuple[ReviewLine, ...]  #: that wait for a person when the report is made
    failing: tuple[WatcherLine, ...]  #: sources that cannot be read, or only in part
    coverage: Coverage  #: until when each official source was read
    alerts: tuple[AlertLine, ...]  #: made in the week, with what was done about them
    has_more: bool  #: more changes or alerts than the report holds
    cautions: tuple[str, ...]

    @property
    def week(self) -> str:
        """The week of ISO 8601: 2026-W48."""
        year, week, _ = self.first.isocalendar()
        return f"{year}-W{week:02}"
