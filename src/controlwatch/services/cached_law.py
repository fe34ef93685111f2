"""The law as the store knows it, kept in memory until the store learns something new.

The pages and the API ask the same things again and again: a graph of some hundred notices takes longer to
load, and its states longer to compute, than all the rest of an answer. What limits an answer, such as until
when the sources were read, is never kept.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import date
from typing import Protocol, TypeVar

from controlwatch.core.law.answers import CodeMention
from controlwatch.core.law.graph import LegalGraph
from controlwatch.core.law.party_answers import IncompleteListing, PartyLine
from controlwatch.services.element_queries import ElementSource
from controlwatch.services.legal_sources import LegalSource
from controlwatch.services.party_queries import PartySource

#: Answers of the store that are kept, the latest used.
MAX_KEPT = 200

Value = TypeVar("Value")


class KeptLaw(LegalSource, ElementSource, PartySource, Protocol):
    """Everything that is asked about the law."""


class RevisionCache:
    """Keeps answers of the store until it learns something new; safe between threads."""

    def __init__(self, find_revision: Callable[[], Hashable]) -> None:
        self._find_revision = find_revision
        self._lock = threading.Lock()
        self._revision: Hashable = None
        self._kept: OrderedDict[Hashable, object] = OrderedDict()

    def recall(self, name: Hashable, load: Callable[[], Value]) -> Value:
        """Return what is kept under a name, or load it; never what an older revision of the store said."""
        revision = self._find_revision()
        with self._lock:
            if revision != self._revision:
                self._kept.clear()
                self._revision = revision
            if name in self._kept:
                self._kept.move_to_end(name)
                return self._kept[name]  # type: ignore[return-value]
        value = load()
        with self._lock:
            if revision == self._revision:
                self._kept[name] = value
                while len(self._kept) > MAX_KEPT:
                    self._kept.popitem(last=False)
        return value


class CachedLaw:
    """Answers as another source of the law does, from memory where the store has learnt nothing since."""

    def __init__(self, law: KeptLaw, cache: RevisionCache) -> None:
        self._law = law
        self._recall = cache.recall

    def load_graph(self, keys: Iterable[str]) -> LegalGraph:
        """Return the notices of these keys with all that act on them, directly or through others."""
        chosen = frozenset(keys)
        return self._recall(("graph", chosen), lambda: self._law.load_graph(chosen))

    def list_keys_touching(self, category: str) -> tuple[str, ...]:
        """Return the keys of the changes that touch a category; a group covers its leaves."""
        return self._recall(("touching", category), lambda: self._law.list_keys_touching(category))

    def list_newest_keys_touching(self, category: str, *, by: date, most: int) -> tuple[str, ...]:
        """Return the keys of the newest changes that touch a category and were published by a day."""
        name = ("newest", category, by, most)
        return self._recall(name, lambda: self._law.list_newest_keys_touching(category, by=by, most=most))

    def list_keys_changed_between(self, first: date, last: date) -> tuple[str, ...]:
        """Return the keys of notices that something may have happened to between two days, both included."""
        name = ("changed", first, last)
        return self._recall(name, lambda: self._law.list_keys_changed_between(first, last))

    def find_code_mentions(self, kind: str, code: str) -> tuple[CodeMention, ...]:
        """Return where changes name a code, a longer one that begins with it, or a heading above it."""
        return self._recall(("mentions", kind, code), lambda: self._law.find_code_mentions(kind, code))

    def suggest_codes(self, kind: str, code: str) -> tuple[str, ...]:
        """Return codes that begin as this one does."""
        return self._law.suggest_codes(kind, code)

    def find_first_listed_days(self) -> dict[str, date]:
        """Return the oldest day that the list of each watcher has shown, by its id."""
        return self._law.find_first_listed_days()  # it limits answers, and grows without a new version

    def list_quotes(self, keys: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
        """Return the sentences of each notice that prove its categories and codes."""
        chosen = frozenset(keys)
        return self._recall(("quotes", chosen), lambda: self._law.list_quotes(chosen))

    def list_parties(self) -> tuple[PartyLine, ...]:
        """Return every party that an official notice lists, delists or suspends."""
        return self._recall(("parties",), self._law.list_parties)

    def list_incomplete_listings(self) -> tuple[IncompleteListing, ...]:
        """Return the listings of which the register lacks names that no page has completed."""
        return self._recall(("incomplete",), self._law.list_incomplete_listings)
