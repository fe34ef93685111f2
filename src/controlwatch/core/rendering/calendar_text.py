"""Calendar events in words: what happens, by which notice, the sentence that proves it, where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from controlwatch.core.extraction.mentions.clauses import ALL
from controlwatch.core.law.calendar_plan import CalendarEvent
from controlwatch.core.model import Day, KeyDate
from controlwatch.core.model.alert import ANNOUNCED_ONLY, SUSPENSION_ENDS
from controlwatch.core.model.text_safety import strip_hidden, to_one_line, to_safe_link
from controlwatch.core.rendering.facts import CardContext
from controlwatch.core.rendering.headlines import name_number
from controlwatch.core.rendering.key_date_text import describe_releases
from controlwatch.core.rendering.proof_text import format_proof
from controlwatch.core.rendering.state_text import explain_announced, format_announced

#: confirmed: it will happen as the law is known; tentative: it was announced only; cancelled: it will not.
EventStatus = Literal["confirmed", "tentative", "cancelled"]
MAX_SUMMARY, MAX_TITLE, MAX_QUOTE = 250, 120, 2_000  #: characters


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEntry:
    """An event as a calendar program gets it, without control characters. Instants are UTC."""

    uid: str
    date: Day
    summary: str  #: one line
    description: str
    categories: tuple[str, ...] = ()  #: names
    url: str = ""
    status: EventStatus
    sequence: int
    changed_at: datetime


def build_calendar_entry(
    event: CalendarEvent, key_date: KeyDate, context: CardContext, *, page_url: str = ""
) -> CalendarEntry:
    """Return the entry of an event that happens; `page_url` is the address of the page of the notice."""
    source = to_safe_link(key_date.url) or ""
    return CalendarEntry(
        uid=event.uid,
        date=event.date,
        summary=to_one_line(summarize_key_date(key_date, context), MAX_SUMMARY),
        description=strip_hidden("\n".join(_list_lines(key_date, context, source, page_url))),
        categories=tuple(to_one_line(context.name_category(name)) for name in key_date.categories),
        url=page_url or source,
        status="tentative" if key_date.event == ANNOUNCED_ONLY else "confirmed",
        sequence=event.sequence,
        changed_at=event.changed_at,
    )


def build_cancelled_entry(event: CalendarEvent, context: CardContext, *, page_url: str = "") -> CalendarEntry:
    """Return the entry of an event that does not happen."""
    word = f"{context.find_word('gone-day')}: {context.find_word(event.event)}"
    return CalendarEntry(
        uid=event.uid,
        date=event.date,
        summary=to_one_line(f"{word} · {event.summary}", MAX_SUMMARY),
        description=strip_hidden("\n".join(filter(None, (event.summary, page_url)))),
        url=page_url,
        status="cancelled",
        sequence=event.sequence,
        changed_at=event.changed_at,
    )


def summarize_key_date(key_date: KeyDate, context: CardContext) -> str:
    """Return what happens, where it stands, the items and the notice, in one line.

    takes effect · Rare earth items (MOFCOM–GACC 2025-18)
    """
    announced = format_announced(key_date.announced, language=context.language)
    items = context.join_within([context.name_briefly(name) for name in key_date.categories], MAX_TITLE)
    title = key_date.title if len(key_date.title) <= MAX_TITLE else f"{key_date.title[: MAX_TITLE - 1]}…"
    what = context.find_word(key_date.event)
    if key_date.scope != ALL:
        what += f" ({context.name_scope(key_date.scope)})"
    parts = (what, announced, items or title)
    has_number = key_date.number != key_date.title
    name = name_number(key_date.number, context)
    number = context.pick_one(f" ({name})", f"（{name}）") if has_number else ""
    return " · ".join(filter(None, parts)) + number


def _list_lines(key_date: KeyDate, context: CardContext, source: str, page_url: str) -> list[str]:
    number = name_number(key_date.number, context) if key_date.number != key_date.title else ""
    lines = [" ".join(filter(None, (number, key_date.title)))]
    if key_date.quote:
        lines.append(format_proof(context.translate_proof(key_date.quote), MAX_QUOTE))
    released = describe_releases(key_date.releases, context) or list(key_date.affects)
    if released:
        word = "again" if key_date.event == SUSPENSION_ENDS else "relations"
        lines.append(f"{context.find_word(word)}: {', '.join(released)}")
    lines += [explain_announced(item, language=context.language) for item in key_date.announced]
    if source:
        lines.append(f"{context.find_word('source')}: {source}")
    if page_url:
        lines.append(page_url)
    lines.append(
        context.pick_language(
            "Read from the notice by a program: check the original before you act.",
            "由程序从公告中读取：采取行动前请核对原文。",
        )
    )
    return lines
