"""The calendar: what takes effect, ends and closes, in a month or as a list, and how to subscribe to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from fastapi import APIRouter, Request, Response

from controlwatch.core.asking.category_names import list_category_tree
from controlwatch.core.law.month_grid import MarkedDate, build_month, mark_key_dates
from controlwatch.core.model.account import Visitor
from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.timezones import to_beijing_day
from controlwatch.core.rendering.facts import CardContext
from controlwatch.core.rendering.reason_text import name_criteria
from controlwatch.core.rendering.state_text import format_announced
from controlwatch.services.publications import Publications
from controlwatch.services.queries import Queries
from controlwatch.services.store import StoredCalendar
from controlwatch.web.access import get_visitor
from controlwatch.web.page_frame import PageFrame
from controlwatch.web.pages.subscription_page import find_calendar_path
from controlwatch.web.publication_routes import PublicationWriter

#: Days that the list shows, from the first of the month.
LIST_DAYS = 366
MAX_LISTED, MAX_ADDRESSES = 80, 20
FIRST_MONTH, LAST_MONTH = date(1990, 1, 1), date(2100, 12, 1)
MONTHS = {
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December"),
    "zh": tuple(f"{number}月" for number in range(1, 13)),
}  # fmt: skip
WEEKDAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "zh": ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarAddress:
    """A calendar that programs can subscribe to."""

    name: str
    path: str


def build_calendar_routes(
    frame: PageFrame,
    queries: Queries,
    calendar: StoredCalendar,
    publications: Publications,
    writer: PublicationWriter,
) -> APIRouter:
    """Return the route of the calendar."""
    router = APIRouter()

    def find_dates(first: date, category: str, *, is_list: bool) -> tuple[MarkedDate, ...]:
        weeks = build_month(first, ())
        begin, end = weeks[0][0].day, weeks[-1][-1].day
        if is_list:
            begin, end = first, first + timedelta(LIST_DAYS)
        calendar.refresh(now=frame.clock())
        found = queries.law.list_key_dates(begin, end, categories=(category,) if category else ())
        return mark_key_dates(found, calendar.list_events(begin, end), with_cancelled=not category)

    @router.get("/calendar")
    def show_calendar(request: Request, month: str = "", category: str = "", view: str = "month") -> Response:
        """Show a month, or the list of a year from the first of a month on."""
        today, problem, is_list = to_beijing_day(frame.clock()), "", view == "list"
        first = today.replace(day=1)
        dates: tuple[MarkedDate, ...] = ()
        try:
            first = parse_month(month, today)
            dates = find_dates(first, category, is_list=is_list)
        except UsageError as error:
            problem = str(error)
        return frame.render(
            request,
            "calendar.html",
            first=first,
            previous=shift_month(first, -1),
            following=shift_month(first, 1),
            weeks=build_month(first, dates),
            dates=dates[:MAX_LISTED],
            left_out=max(0, len(dates) - MAX_LISTED),
            category=category,
            categories=list_category_tree(queries.names.lexicon),
            is_list=is_list,
            problem=problem,
            addresses=_list_addresses(publications, get_visitor(request), frame.build_context(request)),
            base=writer.find_base(request),
            is_public=writer.public_url is not None,
            format_announced=format_announced,
            months=MONTHS,
            weekdays=WEEKDAYS,
        )

    return router


def parse_month(text: str, today: date) -> date:
    """Return the first day of a month written as 2026-12, by default of this month; raises `UsageError`."""
    if not text:
        return today.replace(day=1)
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        raise UsageError(f"{text[:40]!r} is not a month; use YYYY-MM") from None
    return min(max(first, FIRST_MONTH), LAST_MONTH)


def shift_month(first: date, months: int) -> date:
    """Return the first day of a month some months later, within the months that are shown."""
    count = first.year * 12 + first.month - 1 + months
    return min(max(date(count // 12, count % 12 + 1, 1), FIRST_MONTH), LAST_MONTH)


def _list_addresses(
    publications: Publications, visitor: Visitor, context: CardContext
) -> list[CalendarAddress]:
    """Return the calendars of a person: of saved filters, and of the first subscriptions that send to them.

    An operator sees those of the first of all; each one has its calendar on the page that changes it.
    """
    subscriptions = publications.subscriptions
    if visitor.is_operator:
        active = subscriptions.list_active(limit=MAX_ADDRESSES)
    else:
        active = subscriptions.list_own(owner=visitor.name, address=visitor.email)[:MAX_ADDRESSES]
    saved = [
        CalendarAddress(name=item.name, path=publications.build_filter_calendar_path(item.id))
        for item in publications.saved.list_saved(visitor.account_id)
    ]
    subscribed = [
        CalendarAddress(name=f"{item.channel} {item.target} · {name_criteria(item, context)}", path=path)
        for item in active
        if (path := find_calendar_path(publications, item, visitor))
    ]
    return saved + subscribed
