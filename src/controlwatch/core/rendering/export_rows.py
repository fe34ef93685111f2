"""The rows of exports: notices, the log of alerts, listed parties and key dates. The first row is a heading.

Days are days in Beijing; instants are UTC in ISO 8601.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from controlwatch.core.law.answers import AlertLine, NoticeLine
from controlwatch.core.law.party_answers import ListingSummary
from controlwatch.core.model import KeyDate
from controlwatch.core.rendering.state_text import format_announced

NOTICE_COLUMNS = (
    *("number", "published", "title", "title_en", "kind", "issuers", "direction", "is_change"),
    *("effective", "until", "quotes", "categories", "official", "attention", "url", "first_seen_at", "key"),
)
ALERT_COLUMNS = (
    *("alert", "kind", "made_at", "number", "title", "channel", "target", "state", "sent_at"),
    *("action", "who", "acted_at", "note", "assigned_to", "assigned_at", "due", "key"),
)
ENTITY_COLUMNS = (
    *("zh", "en", "action", "list", "number", "since", "state", "until", "announced", "gap", "note", "key"),
)
KEY_DATE_COLUMNS = (
    *(
        "date",
        "event",
        "number",
        "title",
        "scope",
        "categories",
        "affects",
        "announced",
        "quote",
        "url",
        "key",
    ),
)

#: Cells of text and numbers.
ExportRow = tuple[str | int, ...]


def build_notice_row(line: NoticeLine) -> ExportRow:
    """Return the row of a notice; several dates, quotes and items are separated by semicolons."""
    return (
        line.number or "",
        str(line.published or ""),
        line.title,
        line.title_en,
        line.kind,
        _join(line.issuers),
        line.direction,
        _say(yes=line.is_change),
        _join(str(date.start) for date in line.effective if date.start),
        _join(str(date.until) for date in line.effective if date.until),
        _join(date.quote for date in line.effective),
        _join(line.categories),
        _say(yes=line.official),
        line.attention.value,
        line.url,
        _format_instant(line.first_seen_at),
        line.key,
    )


def build_alert_row(line: AlertLine) -> ExportRow:
    """Return the row of an alert as it was delivered to one subscriber, with the last action on it."""
    return (
        line.alert,
        line.kind,
        _format_instant(line.made_at),
        line.number or "",
        line.title,
        line.channel,
        line.target,
        line.state,
        _format_instant(line.sent_at),
        line.what or "",
        line.who or "",
        _format_instant(line.acted_at),
        line.note or "",
        line.assigned_to or "",
        _format_instant(line.assigned_at),
        line.due or "",
        line.key,
    )


def build_entity_rows(listings: Iterable[ListingSummary]) -> Iterator[ExportRow]:
    """Yield a row for each party of each listing, as it stands on the day of the summary."""
    for listing in listings:
        shared = (
            listing.number,
            str(listing.since or ""),
            listing.state.value,
            str(listing.until or ""),
            format_announced(listing.announced),
            listing.gap,
        )
        if not listing.parties:
            yield ("", "", "", listing.list, *shared, "", listing.key)
        for party in listing.parties:
            yield (party.zh, party.en, party.action, listing.list, *shared, party.note, listing.key)


def build_key_date_row(item: KeyDate) -> ExportRow:
    """Return the row of a key date."""
    return (
        str(item.date),
        item.event,
        item.number,
        item.title,
        item.scope,
        _join(item.categories),
        _join(item.affects),
        format_announced(item.announced),
        item.quote,
        item.url,
        item.key,
    )


def _join(values: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(filter(None, values)))


def _say(*, yes: bool) -> str:
    return "yes" if yes else "no"


def _format_instant(instant: datetime | None) -> str:
    return instant.isoformat(timespec="seconds") if instant is not None else ""
