"""Recognize a key date again: the entry that was kept of it, though its day or its part changed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from typing import Protocol, TypeVar

from controlwatch.core.model import KeyDate

#: Of a key date: the notice's key, what happens, and to which part.
KeyDateName = tuple[str, str, str]


class DatedEntry(Protocol):
    """What is kept of a key date."""

    @property
    def key(self) -> str:
        """The key of the notice."""

    @property
    def event(self) -> str:
        """What happens."""

    @property
    def date(self) -> date:
        """The day that was known."""

    @property
    def name(self) -> KeyDateName:
        """What identifies the key date."""


Entry = TypeVar("Entry", bound=DatedEntry)


def name_key_date(key_date: KeyDate) -> KeyDateName:
    """Return what identifies a key date."""
    return key_date.key, key_date.event, key_date.slot


def pair_key_dates(key_dates: Iterable[KeyDate], before: Iterable[Entry]) -> dict[KeyDateName, Entry | None]:
    """Pair each key date with the entry kept of it: by name, else by its day, else by its kind.

    A part that has another name, or another count, on the same day has not moved; where one date of a kind
    and one entry of a notice are left over, they belong together.
    """
    calendar = list(key_dates)
    by_name = {entry.name: entry for entry in before}
    paired: dict[KeyDateName, Entry | None] = {
        name_key_date(key_date): by_name.get(name_key_date(key_date)) for key_date in calendar
    }
    left = {name: entry for name, entry in by_name.items() if name not in paired}
    new = [key_date for key_date in calendar if paired[name_key_date(key_date)] is None]
    if left and new:
        _pair_alike(new, left, paired, lambda item: (item.key, item.event, item.date), must_be_alone=False)
        new = [key_date for key_date in new if paired[name_key_date(key_date)] is None]
        _pair_alike(new, left, paired, lambda item: (item.key, item.event), must_be_alone=True)
    return paired


def _pair_alike(
    new: list[KeyDate],
    left: dict[KeyDateName, Entry],
    paired: dict[KeyDateName, Entry | None],
    identify: Callable[[KeyDate | Entry], object],
    *,
    must_be_alone: bool,
) -> None:
    entries: defaultdict[object, list[Entry]] = defaultdict(list)
    for entry in left.values():
        entries[identify(entry)].append(entry)
    rivals = Counter(identify(key_date) for key_date in new)
    for key_date in new:
        alike = entries[identify(key_date)]
        if alike and (not must_be_alone or len(alike) == rivals[identify(key_date)] == 1):
            entry = alike.pop(0)
            paired[name_key_date(key_date)] = entry
            del left[entry.name]
