"""Exports: tables of notices, the log of alerts, listed parties and key dates, each bounded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from controlwatch.core.law.answers import AlertLine
from controlwatch.core.law.notice_filter import ListPosition, NoticeFilter
from controlwatch.core.model.export_subject import ExportSubject
from controlwatch.core.model.timezones import to_beijing_day
from controlwatch.core.rendering.export_rows import (
    ALERT_COLUMNS,
    ENTITY_COLUMNS,
    KEY_DATE_COLUMNS,
    NOTICE_COLUMNS,
    ExportRow,
    build_alert_row,
    build_entity_rows,
    build_key_date_row,
    build_notice_row,
)
from controlwatch.services.queries import Queries

#: Rows of a table; a last row says that there are more.
MAX_ROWS = 50_000
NOTICES_AT_ONCE = 500
CALENDAR_DAYS = 366
LAST_START = date(9000, 1, 1)


class AlertLog(Protocol):
    """The log of alerts."""

    def list_alerts(
        self,
        *,
        open_only: bool = False,
        targets: Iterable[str] | None = None,
        made_between: tuple[datetime, datetime] | None = None,
        limit: int = 100,
    ) -> tuple[AlertLine, ...]:
        """Return alerts as they were delivered, newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exports:
    """Builds tables; rows are read from the store as they are asked for."""

    queries: Queries
    alert_log: AlertLog
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def build_table(self, subject: ExportSubject, chosen: NoticeFilter) -> Iterator[ExportRow]:
        """Yield the heading and the rows of a table.

        The filter limits notices; of key dates, its category, and its days, by default a year from today;
        of parties, its last day is the day on which their listings are judged, by default today.
        """
        today = to_beijing_day(self.clock())
        match subject:
            case "notices":
                yield from _limit_rows(NOTICE_COLUMNS, self._list_notice_rows(chosen))
            case "alerts":
                lines = self.alert_log.list_alerts(limit=MAX_ROWS + 1)
                yield from _limit_rows(ALERT_COLUMNS, map(build_alert_row, lines))
            case "entities":
                listings = self.queries.parties.summarize_listings(on=chosen.last or today)
                yield from _limit_rows(ENTITY_COLUMNS, build_entity_rows(listings))
            case "calendar":
                rows = self._list_key_date_rows(chosen, today)
                yield from _limit_rows(KEY_DATE_COLUMNS, rows)

    def _list_notice_rows(self, chosen: NoticeFilter) -> Iterator[ExportRow]:
        before: ListPosition | None = None
        while lines := self.queries.list_notices(chosen, before=before, limit=NOTICES_AT_ONCE):
            yield from map(build_notice_row, lines)
            before = lines[-1].position

    def _list_key_date_rows(self, chosen: NoticeFilter, today: date) -> Iterator[ExportRow]:
        first = chosen.first or today
        last = chosen.last or min(first, LAST_START) + timedelta(days=CALENDAR_DAYS)
        categories = (chosen.category,) if chosen.category else ()
        yield from map(
            build_key_date_row, self.queries.law.list_key_dates(first, last, categories=categories)
        )


def _limit_rows(columns: tuple[str, ...], rows: Iterable[ExportRow]) -> Iterator[ExportRow]:
    yield columns
    for count, row in enumerate(rows):
        if count == MAX_ROWS:
            rest = f"only the first {MAX_ROWS} rows are here: choose fewer by a filter"
            yield (rest, *("" for _ in columns[1:]))
            return
        yield row
