"""Coverage: until when the official sources that could change an answer were read without a gap.

An answer about the law is as old as the source that was read longest ago. A press feed that was read a minute
ago says nothing about the ministry.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from controlwatch.core.model import Day
from controlwatch.core.model.state import WatcherState
from controlwatch.core.model.timezones import BEIJING, format_beijing_time, to_beijing_day
from controlwatch.core.sources.watcher import Watcher

#: The official sources may be behind the question by this much without a caution.
FRESH_FOR = timedelta(days=1)
#: Sources that a caution names; the others are counted.
MAX_NAMED_SOURCES = 3
#: The code under which watchers are declared, for issuers that publish at another office.
PUBLISHED_AT = {"UELWM": "MOFCOM", "UEL": "MOFCOM"}
#: Whatever the issuer of a notice, these may change it.
HIGHER_AUTHORITIES = frozenset({"State Council"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCoverage:
    """Until when one official source was read without a gap."""

    watcher: str  #: id
    name: str
    issuer: str
    last_read: datetime | None  #: None: never
    gap: str = ""  #: why it was not read without a gap
    is_failing: bool = False  #: it cannot be read now
    is_blocked: bool = False  #: it was never read: the site is known to refuse automated access
    unread: int = 0  #: listed notices whose page could not be read yet

    @property
    def read_until(self) -> datetime | None:
        """Until when it was read without a gap; None: never, or with a gap."""
        return None if self.gap else self.last_read


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What an answer rests on: the official sources that could change it, and the reference database."""

    sources: tuple[SourceCoverage, ...] = ()
    database_until: date | None = None  #: day of the newest evidence in the reference database
    #: the last day that all of it knows; None where that is the day asked, or today
    as_known_on: Day | None = None

    @property
    def oldest(self) -> SourceCoverage | None:
        """The source that limits the answer: one that was never read, else the one read longest ago."""
        counted = [source for source in self.sources if not source.is_blocked]
        unread = [source for source in counted if source.read_until is None]
        return next(iter(unread), None) or min(
            counted,
            key=lambda source: source.read_until or datetime.max.replace(tzinfo=BEIJING),
            default=None,
        )

    @property
    def read_until(self) -> datetime | None:
        """Until when all sources were read without a gap; None where one was not."""
        return self.oldest.read_until if self.oldest is not None else None

    @property
    def basis(self) -> str:
        """One sentence: what the answer rests on."""
        read = [source for source in self.sources if source.read_until is not None]
        if not read:
            return (
                f"Based on the reference database alone, which ends on {self.database_until}."
                if self.database_until
                else "Based on what was handed in by people: no source has been read."
            )
        oldest = min(read, key=lambda source: source.read_until or datetime.max.replace(tzinfo=BEIJING))
        return (
            f"Based on {len(read)} of {len(self.sources)} official sources that could change it, read "
            f"without a gap until {format_beijing_time(oldest.read_until)} (oldest: {oldest.name})."
        )

    def limit_to(self, on: date, *, now: datetime) -> Coverage:
        """Return the coverage of an answer about a day in Beijing, with the last day that all of it knows."""
        last = min(on, to_beijing_day(now))
        known = min(self._list_known_days(on, now), default=self.database_until)
        return replace(self, as_known_on=known if known is not None and known < last else None)

    def _list_known_days(self, on: date, now: datetime) -> Iterator[date]:
        """Yield until which day each source was read without a gap; without it, the database counts."""
        stale = self._find_stale_sources(on, now)
        for source in self.sources:
            if source.is_blocked:
                continue
            if source.read_until is not None:
                yield to_beijing_day(source.read_until if source in stale else now)
            elif self.database_until is not None:
                yield self.database_until

    def list_cautions(self, on: date, *, now: datetime) -> Iterator[str]:
        """Yield where our knowledge of a day ends, as sentences; `on` is a day in Beijing."""
        today = to_beijing_day(now)
        if self.database_until is not None and not any(source.last_read for source in self.sources):
            yield (
                "no official source has been read: this answer rests on the reference database alone, which "
                f"ends on {self.database_until}"
            )
        else:
            yield from self._list_stale_sources(on, now)
            yield from self._list_missing_pages()
        if on > today:
            yield f"known up to {self._find_last_day(today)}: what will be issued later is not in this answer"

    def _find_last_day(self, today: date) -> date:
        until = self.read_until
        return min(today, to_beijing_day(until)) if until is not None else self.database_until or today

    def _find_stale_sources(self, on: date, now: datetime) -> list[SourceCoverage]:
        """Return the sources that were not read until the day asked; without those with a gap before."""
        asked = now
        if on < to_beijing_day(now):
            asked = datetime(on.year, on.month, on.day, tzinfo=BEIJING) + timedelta(days=1)
        return [
            source
            for source in self.sources
            if source.read_until is not None
            and not source.is_blocked
            and (asked - source.read_until > FRESH_FOR or (source.is_failing and source.read_until < asked))
        ]

    def _list_stale_sources(self, on: date, now: datetime) -> Iterator[str]:
        """Yield the sources that were not read until the day asked, and those with a gap."""
        counted = [source for source in self.sources if not source.is_blocked]
        stale = sorted(
            (source.read_until, source.name)
            for source in self._find_stale_sources(on, now)
            if source.read_until is not None
        )
        if stale:
            names = [f"{name} (until {format_beijing_time(until)})" for until, name in stale]
            yield f"not watched now: {_join_names(names)}: what was published later is not in this answer"
        ends = f", which ends on {self.database_until}" if self.database_until else ""
        never = [
            f"{source.name} ({source.gap})" if source.gap else source.name
            for source in counted
            if source.read_until is None and (self.database_until is None or on > self.database_until)
        ]
        if never:
            yield (
                f"not read without a gap: {_join_names(never)}: for these the answer rests on the reference "
                f"database{ends}"
            )

    def _list_missing_pages(self) -> Iterator[str]:
        """Yield the sites that refuse automated access, and the listed pages that were not read yet."""
        blocked = [source.name for source in self.sources if source.is_blocked]
        if blocked:
            yield f"not watched: {_join_names(blocked)}, which refuses automated access"
        unread = [f"{source.name} ({source.unread})" for source in self.sources if source.unread]
        if unread:
            yield f"listed, and not read yet: notices of {_join_names(unread)}"


def build_coverage(
    states: Iterable[tuple[Watcher, WatcherState]],
    *,
    issuers: Iterable[str] = (),
    database_until: date | None,
    first_listed: dict[str, date],
) -> Coverage:
    """Return the coverage of an answer by the official sources of these issuers, by all where none is given.

    `first_listed`: id of a watcher → the oldest day that its list has shown. A source whose list began
    after the reference database ends was read with a gap.
    """
    wanted = {PUBLISHED_AT.get(issuer, issuer) for issuer in issuers}
    official = [
        (watcher, state) for watcher, state in states if watcher.enabled and watcher.role == "official"
    ]
    chosen = [pair for pair in official if pair[0].issuer in wanted | HIGHER_AUTHORITIES]
    if not any(watcher.issuer in wanted for watcher, _ in chosen):
        chosen = official
    return Coverage(
        sources=tuple(
            _build_source(watcher, state, database_until, first_listed.get(watcher.id))
            for watcher, state in chosen
        ),
        database_until=database_until,
    )


def _build_source(
    watcher: Watcher, state: WatcherState, database_until: date | None, first_day: date | None
) -> SourceCoverage:
    is_blocked = watcher.blocked and state.last_success_at is None
    has_gap = first_day is not None and database_until is not None and first_day > database_until
    gap = ""
    if state.last_success_at is None:
        gap = "never read" if not state.reason else f"never read: {state.kind}"
    elif has_gap:
        gap = f"its list began on {first_day}"
    return SourceCoverage(
        watcher=watcher.id,
        name=watcher.name,
        issuer=watcher.issuer,
        last_read=state.last_success_at,
        gap=gap,
        is_failing=state.health in {"blind", "blocked"},
        is_blocked=is_blocked,
        unread=state.unread,
    )


def _join_names(names: list[str]) -> str:
    hidden = len(names) - MAX_NAMED_SOURCES
    more = f" and {hidden} more" if hidden > 0 else ""
    return "; ".join(names[:MAX_NAMED_SOURCES]) + more
