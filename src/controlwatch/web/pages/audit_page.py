"""The page of the log of what people did, for operators."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from fastapi import APIRouter, Request, Response

from controlwatch.core.model.account import AUDIT_KINDS, AuditFilter
from controlwatch.core.model.timezones import BEIJING
from controlwatch.services.account_records import AuditRecords
from controlwatch.web.page_frame import PageFrame

PAGE_SIZE = 50
MAX_ROW_NUMBER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class AuditPages:
    """The log, newest first, with filters."""

    frame: PageFrame
    records: AuditRecords

    def build_routes(self) -> APIRouter:
        """Return the route of the log, for operators."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route("/audit", self.show_log, methods=["GET"])
        return router

    def show_log(self, request: Request) -> Response:
        """Show a part of the log. A filter that cannot be read is left out, and the form shows that."""
        query = request.query_params
        kind = query.get("what", "")
        begin, end = parse_day(query.get("from", "")), parse_day(query.get("to", ""))
        chosen = AuditFilter(
            who=query.get("who", "").strip()[:100],
            what=kind if kind in AUDIT_KINDS else "",
            begin=to_instant(begin) if begin is not None else None,
            end=to_instant(end + timedelta(days=1)) if end is not None else None,
        )
        before = parse_number(query.get("before", ""))
        found = self.records.list_entries(chosen, before=before, limit=PAGE_SIZE + 1)
        entries = found[:PAGE_SIZE]
        return self.frame.render(
            request,
            "audit.html",
            entries=entries,
            chosen=chosen,
            begin=begin,
            end=end,
            kinds=AUDIT_KINDS,
            older=entries[-1].id if len(found) > PAGE_SIZE else None,
            is_first=before is None,
        )


def parse_day(text: str) -> date | None:
    """Return a day that a form names; None for anything else, and at the ends of the calendar."""
    try:
        day = date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None
    return day if 1900 <= day.year <= 2999 else None


def to_instant(day: date) -> datetime:
    """Return when a day begins in Beijing, in UTC."""
    return datetime.combine(day, time.min, tzinfo=BEIJING).astimezone(UTC)


def parse_number(text: str) -> int | None:
    """Return a number of a row that an address names; None for anything else."""
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else 0
    return number if 0 < number <= MAX_ROW_NUMBER else None
