"""Searches by name among listed parties: one name, or many at once with the same results.

Days are days in Beijing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from controlwatch.core.law.coverage import Coverage
from controlwatch.core.law.graph import ENDED_STATES, LegalGraph, LegalState
from controlwatch.core.law.parties import MAX_MATCHES, PartyMatcher, list_listings
from controlwatch.core.law.party_answers import (
    IncompleteListing,
    ListingSummary,
    PartyLine,
    PartyMatch,
    PartySearchResult,
    ScreenedName,
    ScreeningResult,
)
from controlwatch.core.model import Direction
from controlwatch.core.model.errors import UsageError

ENTITY_GROUP = "entity"
NO_IDENTIFICATION = "A name alone does not identify a party: compare address, owners and registration"
NO_NAME_READ = "names no party of this listing that was read here; read the notice"
#: Listings that have not begun or are over by the day.
NOT_LISTING = ENDED_STATES | {LegalState.UNKNOWN}

#: Called with the number of names done, of all, and the present one.
Progress = Callable[[int, int, str], None]


class PartySource(Protocol):
    """The listed parties as the store knows them."""

    def load_graph(self, keys: Iterable[str]) -> LegalGraph:
        """Return the notices of these keys with all that act on them."""

    def list_keys_touching(self, category: str) -> tuple[str, ...]:
        """Return the keys of the changes that touch a category; a group covers its leaves."""

    def list_parties(self) -> tuple[PartyLine, ...]:
        """Return every party that an official notice lists, delists or suspends."""

    def list_incomplete_listings(self) -> tuple[IncompleteListing, ...]:
        """Return the listings of which the register lacks names that no page has completed."""


class AnswerLimits(Protocol):
    """What an answer rests on, and where it ends."""

    def find_coverage(self, graph: LegalGraph | None = None, *, on: date | None = None) -> Coverage:
        """Return what an answer about a day rests on: the sources of the issuers of its notices."""

    def list_cautions(self, on: date, coverage: Coverage | None = None) -> tuple[str, ...]:
        """Return where our knowledge of a day ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyQueries:
    """Searches the listed parties by name; each answer names the listings that are not known whole."""

    law: PartySource
    limits: AnswerLimits

    def find_parties(self, name: str, *, on: date) -> PartySearchResult:
        """Return the listed parties whose name, in either language, equals or resembles one."""
        if not name.strip():
            raise UsageError("an empty name matches every party; write the name of a party")
        matcher, incomplete, coverage = self._prepare(on)
        matches = matcher.match(name)
        cautions = [NO_IDENTIFICATION]
        if len(matches) == MAX_MATCHES:
            cautions.append(f"only the {MAX_MATCHES} nearest are shown: write more of the name")
        return PartySearchResult(
            query=name,
            on=on,
            matches=matches,
            cautions=(
                *cautions,
                *_collect_cautions(matcher, matches),
                *self.limits.list_cautions(on, coverage),
            ),
            incomplete_listings=incomplete,
            coverage=coverage,
        )

    def summarize_listings(self, *, on: date) -> tuple[ListingSummary, ...]:
        """Return every listing with the parties that it names, newest first."""
        matcher, incomplete, _ = self._prepare(on)
        gaps = {listing.key: listing.gap for listing in incomplete}
        grouped: dict[str, list[PartyLine]] = {}
        for party in self.law.list_parties():
            grouped.setdefault(party.key, []).append(party)
        found = []
        for key, parties in grouped.items():
            status, first = matcher.get_status(key), parties[0]
            found.append(
                ListingSummary(
                    key=key,
                    number=first.number,
                    list=first.list,
                    since=first.since,
                    state=status.state,
                    until=status.until,
                    announced=status.announced,
                    parties=tuple(parties),
                    gap=gaps.get(key, ""),
                )
            )
        return tuple(sorted(found, key=lambda item: (item.since or date.min, item.number), reverse=True))

    def screen_names(
        self, names: Iterable[str], *, on: date, progress: Progress | None = None
    ) -> ScreeningResult:
        """Return the possible matches of each name, in the order asked; empty names are left out.

        A name has the same matches as in `find_parties`.
        """
        wanted = [name for name in names if name.strip()]
        if not wanted:
            raise UsageError("no name to screen was found")
        matcher, incomplete, coverage = self._prepare(on)
        screened: list[ScreenedName] = []
        known: dict[str, tuple[PartyMatch, ...]] = {}
        for done, name in enumerate(wanted, 1):
            if name not in known:
                known[name] = matcher.match(name)
            screened.append(ScreenedName(name=name, matches=known[name]))
            if progress is not None:
                progress(done, len(wanted), name)
        cautions = [NO_IDENTIFICATION]
        cut = sum(len(item.matches) == MAX_MATCHES for item in screened)
        if cut:
            cautions.append(f"of {cut} names only the {MAX_MATCHES} nearest matches are given")
        matches = [match for item in screened for match in item.matches]
        return ScreeningResult(
            on=on,
            names=tuple(screened),
            cautions=(
                *cautions,
                *_collect_cautions(matcher, matches),
                *self.limits.list_cautions(on, coverage),
            ),
            incomplete_listings=incomplete,
            coverage=coverage,
        )

    def _prepare(self, on: date) -> tuple[PartyMatcher, tuple[IncompleteListing, ...], Coverage]:
        """Return a matcher of all known parties, the listings on that day that are not known whole, and
        what both rest on.
        """
        parties = self.law.list_parties()
        named = {party.key for party in parties}
        graph = self.law.load_graph({*named, *self.law.list_keys_touching(ENTITY_GROUP)})
        matcher = PartyMatcher(parties, graph, on=on)
        incomplete = {listing.key: listing for listing in self.law.list_incomplete_listings()}
        for listing in list_listings(graph):
            if listing.direction is Direction.TIGHTEN and listing.key not in named:
                gap = IncompleteListing(
                    key=listing.key,
                    number=listing.number,
                    title=listing.title,
                    url=listing.url,
                    gap=NO_NAME_READ,
                )
                incomplete.setdefault(listing.key, gap)
        unfinished = tuple(
            listing
            for listing in incomplete.values()
            if matcher.get_status(listing.key).state not in NOT_LISTING
        )
        return matcher, unfinished, self.limits.find_coverage(graph, on=on)


def _collect_cautions(matcher: PartyMatcher, matches: Iterable[PartyMatch]) -> tuple[str, ...]:
    """Return the cautions about the listings of some matches, each once and with the number it is about."""
    statuses = [matcher.get_status(key) for key in dict.fromkeys(match.key for match in matches)]
    return tuple(
        dict.fromkeys(
            caution if status.number in caution else f"{status.number}: {caution}"
            for status in statuses
            for caution in status.cautions
        )
    )
