"""Calendars and feeds with an address of their own: what programs read that cannot log in.

The token in an address is signed for one subscription or one saved filter, and ends with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol

from controlwatch.core.alerting.routing import explain_match
from controlwatch.core.alerting.signed_links import (
    TokenPurpose,
    build_calendar_path,
    sign_token,
    verify_token,
)
from controlwatch.core.law.answers import FeedNotice
from controlwatch.core.law.calendar_plan import CalendarEvent, CalendarPlan, NoticeOutline
from controlwatch.core.law.notice_filter import NoticeFilter, SavedFilter, parse_notice_filter
from controlwatch.core.model import Alert, KeyDate, Language, ReminderSubject, Subscription
from controlwatch.core.model.errors import ControlwatchError, UsageError
from controlwatch.core.model.text_safety import to_one_line
from controlwatch.core.rendering.subscription_text import describe_criteria
from controlwatch.services.names import Names
from controlwatch.services.ports import Subscriptions

MAX_SAVED_FILTERS = 100  #: of one account
MAX_FILTER_NAME = 80  #: characters
MAX_FEED_NOTICES = 60


class UnknownAddress(ControlwatchError):
    """No calendar or feed has this address."""


class EndedAddress(ControlwatchError):
    """The subscription or the saved filter of this address has ended."""


class CalendarSource(Protocol):
    """Calendar events as the store knows them."""

    def refresh(self, *, now: datetime) -> CalendarPlan:
        """Return the events of calendars now, and keep what changed of them."""

    def select_keys(self, chosen: NoticeFilter, keys: Iterable[str]) -> frozenset[str]:
        """Return those of some keys whose notices a filter lets pass."""

    def find_outlines(self, keys: Iterable[str], *, with_text: bool) -> Mapping[str, NoticeOutline]:
        """Return what criteria look at, by key of the notice."""


class SavedFilters(Protocol):
    """Saved filters in the store."""

    def save(self, *, account_id: int | None, name: str, query: str, now: datetime) -> int:
        """Save a filter, and return its number."""

    def list_saved(self, account_id: int | None) -> tuple[SavedFilter, ...]:
        """Return the filters of an account that have not ended, by name."""

    def find_saved(self, number: int) -> SavedFilter | None:
        """Return a saved filter by its number, also one that has ended."""

    def end(self, number: int, *, account_id: int | None, now: datetime) -> bool:
        """End a filter of an account. False where it has no such filter."""


class FeedSource(Protocol):
    """Notices for feeds."""

    def list_feed_notices(self, chosen: NoticeFilter, *, now: datetime, limit: int) -> tuple[FeedNotice, ...]:
        """Return the newest notices that a filter lets pass, and those changed lately."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedCalendar:
    """The events of one calendar."""

    name: str
    plan: CalendarPlan
    language: Language | None = None  #: of its subscription; None: not chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFeed:
    """The notices of one feed."""

    name: str
    query: str  #: of the filter, as in the address of the list
    notices: tuple[FeedNotice, ...]
    started_at: datetime | None = None  #: when its filter was saved


@dataclass(frozen=True, slots=True, kw_only=True)
class Publications:
    """Saves filters, signs the addresses of calendars and feeds, and finds what they are about."""

    secret: bytes = field(repr=False)
    names: Names
    subscriptions: Subscriptions
    saved: SavedFilters
    calendar: CalendarSource
    feeds: FeedSource
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def build_subscription_calendar_path(self, number: int) -> str:
        """Return the path of the calendar of a subscription."""
        return build_calendar_path(self.secret, number)

    def build_filter_calendar_path(self, number: int) -> str:
        """Return the path of the calendar of a saved filter."""
        return f"/calendar/{sign_token(self.secret, 'filter-calendar', number)}.ics"

    def build_filter_feed_path(self, number: int) -> str:
        """Return the path of the feed of a saved filter."""
        return f"/feeds/{sign_token(self.secret, 'filter-feed', number)}.atom"

    def save_filter(self, *, account_id: int | None, name: str, chosen: NoticeFilter) -> int:
        """Save a filter under a name, and return its number; raises `UsageError`."""
        shown = to_one_line(name, MAX_FILTER_NAME)
        if not shown:
            raise UsageError("a saved filter needs a name")
        if len(self.saved.list_saved(account_id)) >= MAX_SAVED_FILTERS:
            raise UsageError(f"{MAX_SAVED_FILTERS} filters are saved; end one of them first")
        query = chosen.to_query()
        return self.saved.save(account_id=account_id, name=shown, query=query, now=self.clock())

    def find_calendar(self, token: str) -> PublishedCalendar:
        """Return the calendar of a token; raises `UnknownAddress` and `EndedAddress`."""
        number = verify_token(self.secret, "calendar", token)
        if number is not None:
            return self._find_subscription_calendar(number)
        saved, chosen = self._find_filter("filter-calendar", token)
        return PublishedCalendar(name=saved.name, plan=self.select_events(chosen))

    def find_feed(self, token: str) -> PublishedFeed:
        """Return the feed of a token; raises `UnknownAddress` and `EndedAddress`."""
        saved, chosen = self._find_filter("filter-feed", token)
        return replace(self.list_feed(chosen, name=saved.name), started_at=saved.created_at)

    def list_feed(self, chosen: NoticeFilter, *, name: str) -> PublishedFeed:
        """Return the feed of a filter."""
        notices = self.feeds.list_feed_notices(chosen, now=self.clock(), limit=MAX_FEED_NOTICES)
        return PublishedFeed(name=name, query=chosen.to_query(), notices=notices)

    def select_events(self, chosen: NoticeFilter) -> CalendarPlan:
        """Return the events of the notices that a filter lets pass."""
        plan = self.calendar.refresh(now=self.clock())
        if not chosen.to_query():
            return plan
        return _restrict_plan(plan, self.calendar.select_keys(chosen, _list_keys(plan)).__contains__)

    def _find_subscription_calendar(self, number: int) -> PublishedCalendar:
        subscription = self.subscriptions.find_active(number)
        if subscription is None:
            raise UnknownAddress if self.subscriptions.find_state(number) == "unknown" else EndedAddress
        if not subscription.confirmed:
            raise UnknownAddress
        now = self.clock()
        plan = self.calendar.refresh(now=now)
        outlines = self.calendar.find_outlines(_list_keys(plan), with_text=bool(subscription.terms))

        def is_wanted(event: CalendarEvent, key_date: KeyDate | None) -> bool:
            outline = outlines.get(event.key)
            return outline is not None and is_of_subscription(outline, subscription, key_date, now=now)

        return PublishedCalendar(
            name=describe_criteria(subscription),
            language=subscription.language,
            plan=CalendarPlan(
                happening=tuple(pair for pair in plan.happening if is_wanted(*pair)),
                cancelled=tuple(event for event in plan.cancelled if is_wanted(event, None)),
            ),
        )

    def _find_filter(self, purpose: TokenPurpose, token: str) -> tuple[SavedFilter, NoticeFilter]:
        number = verify_token(self.secret, purpose, token)
        saved = self.saved.find_saved(number) if number is not None else None
        if saved is None:
            raise UnknownAddress
        if saved.ended_at is not None:
            raise EndedAddress
        try:
            return saved, parse_notice_filter(saved.query, self.names)
        except UsageError as error:  # the lexicon no longer knows a name in it
            raise EndedAddress from error


def is_of_subscription(
    outline: NoticeOutline, subscription: Subscription, key_date: KeyDate | None, *, now: datetime
) -> bool:
    """Return whether the criteria of a subscription match a notice, or the key date of it that is given.

    The calendar holds the dates also where the subscription wants no reminders of them.
    """
    alert = Alert(
        kind="reminder",
        made_at=now,
        title=outline.notice.title,
        watcher="",
        notice=outline.notice,
        occasion=ReminderSubject(event=key_date) if key_date is not None else None,
    )
    return explain_match(alert, replace(subscription, reminders=True), text=outline.text) is not None


def _list_keys(plan: CalendarPlan) -> set[str]:
    return {event.key for event, _ in plan.happening} | {event.key for event in plan.cancelled}


def _restrict_plan(plan: CalendarPlan, is_wanted: Callable[[str], bool]) -> CalendarPlan:
    return CalendarPlan(
        happening=tuple(pair for pair in plan.happening if is_wanted(pair[0].key)),
        cancelled=tuple(event for event in plan.cancelled if is_wanted(event.key)),
    )
