"""What may be asked: the same answers for the command line, the bot and the web."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING

from controlwatch.core.address import canonical
from controlwatch.core.answers import Event, Line, Record, Step, Undelivered, WatcherLine
from controlwatch.core.errors import UsageError
from controlwatch.core.reading.numbers import parse_number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controlwatch.core.reading.lexicon import Lexicon
    from controlwatch.core.watcher import Watcher
    from controlwatch.ports import Books


@dataclass(frozen=True, slots=True, kw_only=True)
class Queries:
    """Questions over the books. Every wrong name is refused with the nearest right ones."""

    books: Books
    lexicon: Lexicon
    watched: tuple[Watcher, ...]

    def latest(
        self,
        *,
        now: datetime,
        days: int | None = None,
        category: str | None = None,
        issuer: str | None = None,
        containing: str | None = None,
        changes_only: bool = False,
        limit: int = 20,
    ) -> tuple[Line, ...]:
        """Notices, newest published first; `days` counts back from `now` by when we first saw them."""
        return self.books.lines(
            since=now - timedelta(days=days) if days is not None else None,
            category=self.category(category) if category else None,
            issuer=self.issuer(issuer) if issuer else None,
            containing=containing,
            changes_only=changes_only,
            limit=limit,
        )

    def show(self, asked: str) -> Record:
        """Everything about a notice, asked by number in any spelling, or by address."""
        key = self._key(asked)
        record = self.books.record(key)
        if record is None:
            near = self.books.numbers_like(key)
            hint = f"; nearest: {', '.join(near)}" if near else ""
            raise UsageError(f"no notice {asked!r} is known here{hint}")
        return record

    def upcoming(self, *, on: date, days: int = 30) -> tuple[Event, ...]:
        """What takes effect, ends or closes from a day on."""
        return self.books.events(on, on + timedelta(days=days))

    def history(self, asked: str) -> tuple[Step, ...]:
        """The history of a category, or of a notice."""
        if asked in self._categories():
            return self.books.history_of_category(asked)
        if parse_number(asked, self.lexicon) is None and "/" not in asked:
            self.category(asked)
        return self.books.history_of_notice(self.show(asked))

    def watchers(self) -> tuple[WatcherLine, ...]:
        """Every declared watcher and how it fares."""
        states = self.books.states(watcher.id for watcher in self.watched)
        return tuple(
            WatcherLine(
                id=watcher.id,
                name=watcher.name,
                issuer=watcher.issuer,
                role=watcher.role,
                enabled=watcher.enabled,
                health="blocked" if watcher.blocked and state.kind == "blocked" else state.health,
                state=state,
            )
            for watcher, state in zip(self.watched, states, strict=True)
        )

    def needs_a_person(self) -> tuple[str, ...]:
        """What somebody must look at: blind watchers (not those blocked by design), refused deliveries."""
        by_design = {watcher.id for watcher in self.watched if watcher.blocked}
        blind = (
            f"{line.id} is {line.health}: {line.state.reason}"
            for line in self.watchers()
            if line.health in {"blind", "blocked"} and not (line.health == "blocked" and line.id in by_design)
        )
        refused = (f"{item.channel} {item.target}: {item.reason}" for item in self.refusals())
        return (*blind, *refused)

    def refusals(self) -> tuple[Undelivered, ...]:
        """Deliveries that a channel refused for good."""
        return self.books.refusals()

    # ------------------------------------------------------------------ names

    def category(self, name: str) -> str:
        """Return a category id; raises `UsageError` with the nearest ones."""
        return _chosen(name.strip().lower(), self._categories(), "category")

    def issuer(self, name: str) -> str:
        """Return an issuer's code, given as code or as Chinese name."""
        for issuer in self.lexicon.issuers:
            if name in issuer.zh or name.casefold() in {
                word.casefold() for word in (issuer.code, *issuer.en)
            }:
                return issuer.code
        return _chosen(name, {issuer.code for issuer in self.lexicon.issuers}, "issuer")

    def destination(self, name: str) -> str:
        """Return a destination's ISO code, given as code or as name."""
        for place in self.lexicon.places:
            if name in place.zh or name.casefold() in {word.casefold() for word in (place.code, *place.en)}:
                return place.code
        return _chosen(name, {place.code for place in self.lexicon.places}, "destination")

    def watcher(self, name: str) -> Watcher:
        """Return a declared watcher."""
        chosen = _chosen(name, {watcher.id for watcher in self.watched}, "watcher")
        return next(watcher for watcher in self.watched if watcher.id == chosen)

    def _categories(self) -> frozenset[str]:
        return self.lexicon.ids | self.lexicon.groups

    def _key(self, asked: str) -> str:
        number = parse_number(asked, self.lexicon)
        if number is None:
            return canonical(asked) if "/" in asked else asked
        if number.issuers or number.letter:
            return number.key
        # A bare 2025-61 is MOFCOM's, the series that people mean.
        return f"MOFCOM {number.key}"


def _chosen(name: str, allowed: Iterable[str], what: str) -> str:
    names = sorted(allowed)
    if name in names:
        return name
    near = get_close_matches(name, names, n=3, cutoff=0.5) or [item for item in names if name in item][:3]
    hint = f"did you mean {', '.join(near)}?" if near else f"there are {', '.join(names)}"
    raise UsageError(f"no {what} {name!r}; {hint}")
