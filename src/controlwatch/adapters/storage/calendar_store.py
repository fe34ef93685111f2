"""Calendar events in the store, and which notices a calendar is about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from controlwatch.adapters.storage.account_tables import CALENDAR_EVENT
from controlwatch.adapters.storage.base import CALENDAR_LOCK, FINDING, NOTICE, VERSION, StorePart, take_turns
from controlwatch.adapters.storage.engine import Database
from controlwatch.adapters.storage.legal_graph import (
    select_graph,
    select_keys_changed_between,
    select_revision,
    split_batches,
)
from controlwatch.adapters.storage.notice_conditions import list_conditions
from controlwatch.core.law.calendar_plan import (
    KEPT_FOR,
    CalendarEvent,
    CalendarPlan,
    NoticeOutline,
    plan_calendar,
)
from controlwatch.core.law.key_dates import find_key_dates
from controlwatch.core.law.notice_filter import NoticeFilter
from controlwatch.core.model import CategoryFinding, CodeFinding, Direction, Notice
from controlwatch.core.model.timezones import to_beijing_day

#: Calendars look this many years ahead.
YEARS_AHEAD = 20
_COPIED_FIELDS = ("uid", "key", "event", "slot", "summary", "sequence", "changed_at", "cancelled_at")
_CRITERION_KINDS = ("category", "destination", "hs")


class CalendarStore(StorePart):
    """Key dates as calendars know them."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._settled: tuple[object, CalendarPlan] | None = None

    def refresh(self, *, now: datetime) -> CalendarPlan:
        """Return the events of calendars under the law as it is known now, and keep what changed of them.

        Several readers at once see the same: the second finds what the first has written.
        """
        with self._read_engine.begin() as connection:
            # The law is read again where something was read, judged or imported since, and each hour.
            mark = (*select_revision(connection), now.replace(minute=0, second=0, microsecond=0))
            if self._settled is not None and self._settled[0] == mark:
                return self._settled[1]
            plan = _plan_events(connection, now)
        if not plan.is_settled:
            plan = self._keep_changes(now)
        self._settled = mark, replace(plan, changed=(), dropped=())
        return plan

    def _keep_changes(self, now: datetime) -> CalendarPlan:
        """Write what changed of the events; return the plan by which it was written."""
        with self._engine.begin() as connection:
            take_turns(connection, CALENDAR_LOCK)
            plan = _plan_events(connection, now)
            rows = [_to_row(event) for event in plan.changed]
            replaced = [*plan.dropped, *(row["uid"] for row in rows)]
            for batch in split_batches(replaced):
                connection.execute(CALENDAR_EVENT.delete().where(CALENDAR_EVENT.c.uid.in_(batch)))
            if rows:
                connection.execute(CALENDAR_EVENT.insert(), rows)
            return plan

    def list_events(self, first: date, last: date) -> tuple[CalendarEvent, ...]:
        """Return the events between two days, both included, as calendars were last given them."""
        chosen = select(CALENDAR_EVENT).where(CALENDAR_EVENT.c.day.between(first, last))
        with self._read_engine.begin() as connection:
            return tuple(_to_event(row) for row in connection.execute(chosen.order_by(CALENDAR_EVENT.c.day)))

    def select_keys(self, chosen: NoticeFilter, keys: Iterable[str]) -> frozenset[str]:
        """Return those of some keys whose notices a filter lets pass."""
        found: set[str] = set()
        with self._read_engine.begin() as connection:
            conditions = tuple(list_conditions(connection, chosen, with_late=False))
            for batch in split_batches(set(keys)):
                query = select(NOTICE.c.key).where(NOTICE.c.key.in_(batch), *conditions)
                found.update(connection.execute(query).scalars())
        return frozenset(found)

    def find_outlines(self, keys: Iterable[str], *, with_text: bool) -> dict[str, NoticeOutline]:
        """Return what criteria look at, by key of the notice: issuers, direction, items, places, codes."""
        outlines: dict[str, NoticeOutline] = {}
        with self._read_engine.begin() as connection:
            for batch in split_batches(set(keys)):
                outlines |= _select_outlines(connection, batch, with_text=with_text)
        return outlines


def _plan_events(connection: Connection, now: datetime) -> CalendarPlan:
    today = to_beijing_day(now)
    first, last = today - KEPT_FOR, today.replace(year=today.year + YEARS_AHEAD, day=1)
    graph = select_graph(connection, select_keys_changed_between(connection, first, last))
    known = [_to_event(row) for row in connection.execute(select(CALENDAR_EVENT))]
    return plan_calendar(find_key_dates(graph, first, last), known, first=first, now=now)


def _select_outlines(connection: Connection, keys: list[str], *, with_text: bool) -> dict[str, NoticeOutline]:
    columns = [NOTICE.c.id, NOTICE.c.key, NOTICE.c.title, NOTICE.c.issuers, NOTICE.c.direction]
    query = select(*columns).where(NOTICE.c.key.in_(keys))
    if with_text:
        query = query.add_columns(VERSION.c.text).join(VERSION, VERSION.c.id == NOTICE.c.version_id)
    rows = connection.execute(query).all()
    values: defaultdict[tuple[int, str], list[str]] = defaultdict(list)
    findings = select(FINDING.c.notice_id, FINDING.c.kind, FINDING.c.value).where(
        FINDING.c.notice_id.in_([row.id for row in rows]), FINDING.c.kind.in_(_CRITERION_KINDS)
    )
    for finding in connection.execute(findings.order_by(FINDING.c.id)):
        values[finding.notice_id, finding.kind].append(finding.value)
    return {
        row.key: NoticeOutline(
            notice=Notice(
                title=row.title,
                language="",
                issuers=tuple(row.issuers),
                direction=Direction(row.direction),
                categories=tuple(CategoryFinding(id=name, quote="") for name in values[row.id, "category"]),
                destinations=tuple(values[row.id, "destination"]),
                hs_codes=tuple(CodeFinding(code=code, quote="") for code in values[row.id, "hs"]),
            ),
            text=row.text if with_text else "",
        )
        for row in rows
    }


def _to_event(row: Row[Any]) -> CalendarEvent:
    return CalendarEvent(date=row.day, **{name: getattr(row, name) for name in _COPIED_FIELDS})


def _to_row(event: CalendarEvent) -> dict[str, Any]:
    return {"day": event.date, **{name: getattr(event, name) for name in _COPIED_FIELDS}}
