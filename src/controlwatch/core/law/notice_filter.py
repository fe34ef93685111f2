"""The filter of notices that the list, the feeds, the exports and the API share, as an address carries it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from urllib.parse import parse_qsl, urlencode

from controlwatch.core.model import Direction
from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.text_safety import to_one_line

#: Characters of a text that is searched for.
MAX_SEARCH_TEXT = 200
#: The word in an address that begins the position of a notice without a stated day.
NO_DAY = "undated"


class FilterNames(Protocol):
    """Resolves names as people write them; each raises `UsageError` with the nearest known names."""

    def find_category(self, name: str) -> str:
        """Return a category id."""

    def find_issuer(self, name: str) -> str:
        """Return an issuer's code."""

    def find_destination(self, name: str) -> str:
        """Return a destination's ISO code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeFilter:
    """Which notices to list; what is not set does not limit them. Days are days in Beijing."""

    category: str | None = None  #: an id; a group covers its categories
    issuer: str | None = None  #: a code
    direction: Direction | None = None
    destination: str | None = None  #: an ISO code
    first: date | None = None  #: published, or first seen where no day is stated, on this day or later
    last: date | None = None  #: the same, on this day or before
    text: str = ""  #: in the title or the text, exactly; the case of Latin letters does not matter
    changes_only: bool = False

    def list_parameters(self) -> dict[str, str]:
        """Return the parameters of an address that `parse_notice_filter` reads, in a fixed order."""
        given = {
            "category": self.category,
            "issuer": self.issuer,
            "direction": self.direction.value if self.direction is not None else None,
            "destination": self.destination,
            "from": self.first.isoformat() if self.first is not None else None,
            "to": self.last.isoformat() if self.last is not None else None,
            "text": self.text,
            "changes": "1" if self.changes_only else None,
        }
        return {name: value for name, value in given.items() if value}

    def to_query(self) -> str:
        """Return the query string of an address: equal filters have equal ones, and no limit is "".

        >>> NoticeFilter(category="rare_earth", first=date(2026, 1, 1), changes_only=True).to_query()
        'category=rare_earth&from=2026-01-01&changes=1'
        """
        return urlencode(self.list_parameters())


EVERY_NOTICE = NoticeFilter()


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedFilter:
    """A filter that a person saved; its feed and its calendar have addresses. Instants are UTC."""

    id: int
    account_id: int | None  #: None: of an installation without accounts
    name: str
    query: str  #: as `NoticeFilter.to_query` wrote it
    created_at: datetime
    ended_at: datetime | None = None  #: its addresses no longer answer since then


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPosition:
    """The place of a notice in a list, newest published first; those without a stated day come last."""

    published: date | None
    id: int

    def to_text(self) -> str:
        """Return the position as an address carries it.

        >>> ListPosition(published=date(2026, 3, 2), id=17).to_text()
        '2026-03-02.17'
        """
        return f"{self.published.isoformat() if self.published is not None else NO_DAY}.{self.id}"


def parse_notice_filter(parameters: Mapping[str, str] | str, names: FilterNames) -> NoticeFilter:
    """Return the filter of the parameters of an address, or of its query string.

    Other parameters, and empty ones, are not looked at. Raises `UsageError`.
    """
    given = dict(parse_qsl(parameters)) if isinstance(parameters, str) else parameters
    value = {name: to_one_line(text, MAX_SEARCH_TEXT) for name, text in given.items()}
    first, last = _parse_day(value.get("from", "")), _parse_day(value.get("to", ""))
    if first is not None and last is not None and first > last:
        raise UsageError(f"the period ends before it begins: from {first} to {last}")
    return NoticeFilter(
        category=names.find_category(value["category"]) if value.get("category") else None,
        issuer=names.find_issuer(value["issuer"]) if value.get("issuer") else None,
        direction=parse_direction(value["direction"]) if value.get("direction") else None,
        destination=names.find_destination(value["destination"]) if value.get("destination") else None,
        first=first,
        last=last,
        text=value.get("text", ""),
        changes_only=_parse_switch(value.get("changes", "")),
    )


def parse_direction(text: str) -> Direction:
    """Return a direction; raises `UsageError`."""
    if text not in set(Direction):
        raise UsageError(f"{text!r} is not a direction; use one of {', '.join(Direction)}")
    return Direction(text)


def parse_list_position(text: str) -> ListPosition:
    """Return the position that `ListPosition.to_text` wrote; raises `UsageError`."""
    day, dot, number = text.rpartition(".")
    # The largest number that a database stores has nineteen digits.
    is_number = number.isascii() and number.isdecimal() and len(number) <= 18
    if not dot or not is_number:
        raise UsageError(f"{to_one_line(text)!r} is not a position in a list")
    return ListPosition(published=None if day == NO_DAY else _parse_day(day), id=int(number))


def _parse_day(text: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a day; use YYYY-MM-DD") from None
    return day


def _parse_switch(text: str) -> bool:
    if text.casefold() in {"1", "true", "yes", "on"}:
        return True
    if text.casefold() in {"", "0", "false", "no", "off"}:
        return False
    raise UsageError(f"{text!r} does not say whether to list changes only; use 1 or 0")
