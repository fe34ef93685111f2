"""What questions of law ask the store for, and how long its answers are kept."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from datetime import date
from typing import Protocol, TypeVar

from controlwatch.core.law.answers import CodeMention, HistoryStep, RegisterLine, ReviewLine
from controlwatch.core.law.graph import LegalGraph

Value = TypeVar("Value")


class LegalSource(Protocol):
    """The law as the store knows it."""

    def load_graph(self, keys: Iterable[str]) -> LegalGraph:
        """Return the notices of these keys with all that act on them."""

    def list_keys_touching(self, category: str) -> tuple[str, ...]:
        """Return the keys of the changes that touch a category; a group covers its leaves."""

    def list_newest_keys_touching(self, category: str, *, by: date, most: int) -> tuple[str, ...]:
        """Return the keys of the newest changes that touch a category and were published by a day."""

    def list_keys_changed_between(self, first: date, last: date) -> tuple[str, ...]:
        """Return the keys of notices that something may have happened to between two days, both included."""

    def find_code_mentions(self, kind: str, code: str) -> tuple[CodeMention, ...]:
        """Return where changes name a code, a longer one that begins with it, or a heading above it."""

    def suggest_codes(self, kind: str, code: str) -> tuple[str, ...]:
        """Return codes that begin as this one does."""

    def find_first_listed_days(self) -> dict[str, date]:
        """Return the oldest day that the list of each watcher has shown, by its id."""


class RegisterSource(Protocol):
    """The shipped register as the store holds it."""

    def find_date(self) -> date | None:
        """Return the day of the newest evidence in the register."""

    def list_entries(self) -> tuple[RegisterLine, ...]:
        """Return every notice that the register brought, oldest first."""


class HistorySource(Protocol):
    """What happened to notices, and numbers near an unknown one."""

    def list_history_remarks(self, keys: Iterable[str]) -> tuple[HistoryStep, ...]:
        """Return what happened to notices beside the acts of the law."""

    def suggest_numbers(self, key: str) -> tuple[str, ...]:
        """Return numbers near one that is not known."""


class ReviewSource(Protocol):
    """Documents that the reader did not conclude on: no answer counts them."""

    def list_reviews(self) -> tuple[ReviewLine, ...]:
        """Return those that wait for a person, oldest first."""

    def find_by_notice(self, key: str) -> ReviewLine | None:
        """Return the review of the notice of a key, open or not."""


class Recall(Protocol):
    """Keeps answers."""

    def __call__(self, name: Hashable, load: Callable[[], Value]) -> Value:
        """Return what is kept under a name, or load it."""


def load_now(name: Hashable, load: Callable[[], Value]) -> Value:
    """Load an answer, and keep nothing."""
    del name
    return load()
