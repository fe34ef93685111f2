"""Calendars and feeds at their signed addresses: programs read them, which cannot log in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import get_args

from fastapi import APIRouter, Request, Response

from controlwatch.adapters.files.atom_writer import write_feed
from controlwatch.adapters.files.icalendar_writer import write_calendar
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.model import Language
from controlwatch.core.rendering.calendar_text import (
    CalendarEntry,
    build_calendar_entry,
    build_cancelled_entry,
)
from controlwatch.core.rendering.facts import CardContext
from controlwatch.core.rendering.feed_text import TAG_PREFIX, build_feed_entry
from controlwatch.services.publications import (
    EndedAddress,
    Publications,
    PublishedCalendar,
    PublishedFeed,
    UnknownAddress,
)
from controlwatch.web.conditional import answer_unless_known
from controlwatch.web.message_page import UNKNOWN_LINK, render_page
from controlwatch.web.page_frame import build_notice_path

CALENDAR_TYPE = "text/calendar; charset=utf-8"
FEED_TYPE = "application/atom+xml; charset=utf-8"
ENDED = "What this address showed has ended. Remove it from your program, or ask for a new address."
NEVER = datetime.fromtimestamp(0, UTC)
#: The days left until a date would make every entry another one each day: seen from here, every day is past.
NO_DAYS_LEFT = date.max
LANGUAGES: tuple[Language, ...] = get_args(Language)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicationWriter:
    """Writes calendars and feeds in the language that is asked for, with links to the pages."""

    lexicon: Lexicon
    public_url: str | None = None  #: without a trailing slash; None: the address of the request

    def find_base(self, request: Request) -> str:
        """Return the address that paths are added to."""
        return self.public_url or str(request.base_url).rstrip("/")

    def send_calendar(self, request: Request, published: PublishedCalendar) -> Response:
        """Send a calendar."""
        language = choose_language(request, published.language)
        context = CardContext(lexicon=self.lexicon, language=language, today=NO_DAYS_LEFT)
        entries = self.build_entries(published, context, self.find_base(request))
        body = write_calendar(entries, name=f"controlwatch · {published.name}")
        return answer_unless_known(request, body, media_type=CALENDAR_TYPE, name="controlwatch.ics")

    def build_entries(
        self, published: PublishedCalendar, context: CardContext, base: str
    ) -> list[CalendarEntry]:
        """Return the entries of a calendar, oldest first; the cancelled ones follow."""
        happening = [
            build_calendar_entry(event, key_date, context, page_url=base + build_notice_path(event.key))
            for event, key_date in published.plan.happening
        ]
        cancelled = [
            build_cancelled_entry(event, context, page_url=base + build_notice_path(event.key))
            for event in published.plan.cancelled
        ]
        return happening + cancelled

    def send_feed(self, request: Request, published: PublishedFeed, *, feed_id: str) -> Response:
        """Send a feed; `feed_id` is what follows the prefix of its id."""
        base = self.find_base(request)
        context = CardContext(lexicon=self.lexicon, language=choose_language(request), today=NO_DAYS_LEFT)
        entries = [
            build_feed_entry(item, context, page_url=base + build_notice_path(item.line.key))
            for item in published.notices
        ]
        updated_at = max((entry.updated_at for entry in entries), default=published.started_at or NEVER)
        body = write_feed(
            entries,
            feed_id=f"{TAG_PREFIX}{feed_id}",
            title=f"controlwatch · {published.name}",
            updated_at=updated_at,
            self_url=base + request.url.path + (f"?{request.url.query}" if request.url.query else ""),
            page_url=f"{base}/notices?{published.query}".rstrip("?"),
        )
        return answer_unless_known(request, body, media_type=FEED_TYPE, name="controlwatch.atom")


def choose_language(request: Request, default: Language | None = None) -> Language:
    """Return the language that the address asks for, else the default, else both."""
    asked = request.query_params.get("lang")
    return next((language for language in LANGUAGES if language == asked), default or "both")


def build_publication_routes(publications: Publications, writer: PublicationWriter) -> APIRouter:
    """Return the routes of the signed addresses; the token in them is the right to read."""
    router = APIRouter()

    @router.get("/calendar/{token}.ics", include_in_schema=False)
    def send_calendar(token: str, request: Request) -> Response:
        """Send the calendar of a subscription or of a saved filter."""
        try:
            return writer.send_calendar(request, publications.find_calendar(token))
        except UnknownAddress:
            return render_page(UNKNOWN_LINK, status=404)
        except EndedAddress:
            return render_page(ENDED, status=410)

    @router.get("/feeds/{token}.atom", include_in_schema=False)
    def send_feed(token: str, request: Request) -> Response:
        """Send the feed of a saved filter."""
        try:
            return writer.send_feed(request, publications.find_feed(token), feed_id=f"feed:{token}")
        except UnknownAddress:
            return render_page(UNKNOWN_LINK, status=404)
        except EndedAddress:
            return render_page(ENDED, status=410)

    return router
