"""Questions of law: the status of a notice or an item on a day, upcoming dates, differences between days.

Days are days in Beijing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from typing import Protocol

from controlwatch.core.extraction.mentions.numbers import parse_number
from controlwatch.core.law.answers import (
    CategoryStatus,
    CodeMention,
    HistoryStep,
    LookupResult,
    PartyLine,
    PartySearchResult,
    RegisterLine,
    StatusDifference,
)
from controlwatch.core.law.graph import ENDED_STATES, Instrument, LegalGraph, LegalState
from controlwatch.core.law.history import build_history
from controlwatch.core.law.key_dates import find_key_dates
from controlwatch.core.law.lookup import (
    DESCRIPTION_DECIDES,
    STATE_RANK,
    ParsedQuery,
    find_controls,
    is_control,
    match_categories,
    parse_query,
)
from controlwatch.core.law.parties import MAX_MATCHES, match_parties
from controlwatch.core.law.status import LegalStatus, compute_status
from controlwatch.core.model import KeyDate, covers_category
from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.timezones import to_beijing_day
from controlwatch.services.names import Names
from controlwatch.services.source_states import SourceStates

#: Before this day the register knows single notices only.
REGISTER_BEGINS = date(2020, 1, 1)
#: Sources named in the caution about sources that cannot be watched.
MAX_NAMED_SOURCES = 3
REGISTER_ONLY = "no watcher has looked yet: this rests on the register alone"


class LegalSource(Protocol):
    """The law as the store knows it."""

    def load_graph(self, keys: Iterable[str]) -> LegalGraph:
        """Return the notices of these keys with all that act on them."""

    def list_keys_touching(self, category: str) -> tuple[str, ...]:
        """Return the keys of the changes that touch a category; a group covers its leaves."""

    def list_keys_changed_between(self, first: date, last: date) -> tuple[str, ...]:
        """Return the keys of notices that something may have happened to between two days, both included."""

    def find_code_mentions(self, kind: str, code: str) -> tuple[CodeMention, ...]:
        """Return where changes name a code, a longer one that begins with it, or a heading above it."""

    def suggest_codes(self, kind: str, code: str) -> tuple[str, ...]:
        """Return codes that begin as this one does."""

    def list_parties(self) -> tuple[PartyLine, ...]:
        """Return every party that an official notice lists, delists or suspends."""

    def list_incomplete_listings(self) -> tuple[str, ...]:
        """Return the numbers of listing notices whose parties are not all known here."""

    def find_last_success_time(self) -> datetime | None:
        """Return when a watcher last polled with success."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalQueries:
    """Answers questions of law, each with the cautions that limit it."""

    names: Names
    law: LegalSource
    register: RegisterSource
    history_source: HistorySource
    sources: SourceStates
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def status(self, wanted: str, *, on: date) -> LegalStatus | CategoryStatus:
        """What a notice (by number or address), or an item category, is on a day, and why."""
        category = self._find_category(wanted)
        if category is not None:
            return self._find_category_status(category, on)
        key = self.names.to_key(wanted)
        ledger = self.law.load_graph([key])
        if key not in ledger.instruments and not ledger.acts_by_target.get(key):
            raise self.build_unknown_error(wanted, key)
        found = compute_status(ledger, key, on)
        return replace(found, cautions=(*found.cautions, *self.list_cautions(on)))

    def lookup(self, query: str, *, on: date) -> LookupResult:
        """What controls an HS code, a control code or an item on a day, by which notice and clause."""
        what = parse_query(query)
        wanted = match_categories(query, self.names.lexicon) if what.kind == "term" else ()
        named = self._find_mentions(what, wanted)
        if not named and not wanted:
            raise self._build_no_match_error(query, what)
        keys = tuple(dict.fromkeys(one.key for one in named))
        ledger = self.law.load_graph(keys).restrict_to(on)
        statuses = {key: compute_status(ledger, key, on, chained=False) for key in keys}
        found = tuple(
            dict.fromkeys(find_controls(ledger, named, statuses, self.names.lexicon, wanted=wanted))
        )
        living = sorted(
            (hit for hit in found if hit.state not in ENDED_STATES),
            key=lambda hit: STATE_RANK.index(hit.state),
        )
        numbers = {hit.number for hit in living}
        cautions = [DESCRIPTION_DECIDES] if what.kind == "hs" else []
        over = sorted({hit.number for hit in found} - numbers)
        if over:
            cautions.append(f"lapsed or repealed by then, left out: {', '.join(over)}")
        cautions += [said for one in statuses.values() if one.number in numbers for said in one.cautions]
        return LookupResult(
            query=query,
            on=on,
            hits=tuple(living),
            cautions=tuple(dict.fromkeys((*cautions, *self.list_cautions(on)))),
        )

    def upcoming(self, *, on: date, days: int = 30, categories: Iterable[str] = ()) -> tuple[KeyDate, ...]:
        """What takes effect, ends or closes from a day on, as far as it was known by then."""
        last = on + timedelta(days=max(0, min(days, (date.max - on).days - 1)))
        wanted = tuple(self.names.find_category(name) for name in categories)
        ledger = self.law.load_graph(self.law.list_keys_changed_between(on, last))
        return tuple(
            event
            for event in find_key_dates(ledger, on, last, known_on=on)
            if not wanted or _is_touched(event, wanted)
        )

    def compare(
        self, *, first: date, last: date, categories: Iterable[str] = ()
    ) -> tuple[StatusDifference, ...]:
        """Which notices stand otherwise on the last day than on the first."""
        if last < first:
            raise UsageError(f"{last} comes before {first}: compare from the earlier day to the later")
        wanted = tuple(self.names.find_category(name) for name in categories)
        # What ended on the first day is over on the next.
        ledger = self.law.load_graph(self.law.list_keys_changed_between(first, last))
        return tuple(_compare_days(ledger, first, last, wanted))

    def history(self, wanted: str) -> tuple[HistoryStep, ...]:
        """How a category, or a notice, came to be what it is: every step, oldest first."""
        category = self._find_category(wanted)
        keys = self.law.list_keys_touching(category) if category else (self.names.to_key(wanted),)
        ledger = self.law.load_graph(keys)
        if category is None and keys[0] not in ledger.instruments:
            raise self.build_unknown_error(wanted, keys[0])
        return build_history(ledger, keys, self.history_source.list_history_remarks(keys))

    def find_parties(self, name: str, *, on: date) -> PartySearchResult:
        """Listed parties whose names resemble one: exact, or nearly so, in either language."""
        if not name.strip():
            raise UsageError("an empty name matches every party; write the name of a party")
        parties = self.law.list_parties()
        ledger = self.law.load_graph({party.key for party in parties})
        cautions = ["Names alone identify nobody: compare address, owners and registration"]
        missing = self.law.list_incomplete_listings()
        if missing:
            cautions.append(
                f"the parties of these listings are not all known here, read them: {', '.join(missing)}"
            )
        matches = match_parties(name, parties, ledger, on=on)
        if len(matches) == MAX_MATCHES:
            cautions.append(f"only the {MAX_MATCHES} nearest are shown: write more of the name")
        return PartySearchResult(
            query=name,
            on=on,
            matches=matches,
            cautions=(*cautions, *self.list_cautions(on)),
        )

    def list_registered(self, *, disagreements: bool = False) -> tuple[RegisterLine, ...]:
        """The register, oldest first; or only what observed pages disagree with."""
        found = self.register.list_entries()
        return tuple(line for line in found if line.disagreements) if disagreements else found

    def list_cautions(self, on: date) -> tuple[str, ...]:
        """Return where our knowledge of a day ends."""
        last_success_at = self.law.find_last_success_time()
        polled_on = to_beijing_day(last_success_at) if last_success_at is not None else None
        known_until = max(filter(None, (self.register.find_date(), polled_on)), default=None)
        cautions = [REGISTER_ONLY] if last_success_at is None else []
        if known_until is not None and on > known_until:
            cautions.append(
                f"known up to {known_until}: what was or will be issued later is not in this answer"
            )
        if on < REGISTER_BEGINS:
            cautions.append(f"before {REGISTER_BEGINS} only single notices are known here")
        return (*cautions, *self._list_unwatched_sources())

    def _list_unwatched_sources(self) -> Iterator[str]:
        """Yield a caution for official sources that cannot be watched now: their notices may be missing."""
        official = [
            watcher for watcher in self.sources.watchers if watcher.enabled and watcher.role == "official"
        ]
        lost = [
            f"{watcher.name} ({state.health} since {to_beijing_day(state.failing_since)})"
            for watcher, state in self.sources.load(official, now=self.clock())
            if state.health in {"blind", "blocked"} and state.failing_since is not None
        ]
        if lost:
            hidden = len(lost) - MAX_NAMED_SOURCES
            more = f" and {hidden} more" if hidden > 0 else ""
            names = "; ".join(lost[:MAX_NAMED_SOURCES])
            yield f"not watched now: {names}{more}: what is published only there is not in this answer"

    def build_unknown_error(self, wanted: str, key: str) -> UsageError:
        """Return the refusal of a number that nobody has seen, with those near it."""
        near = self.history_source.suggest_numbers(key)
        hint = f"; nearest: {', '.join(near)}" if near else ""
        return UsageError(f"no notice {wanted!r} is known here{hint}")

    def _find_category(self, wanted: str) -> str | None:
        """Return the category that is meant, None where a number or an address is."""
        name = wanted.strip().lower()
        if name in self.names.list_categories():
            return name
        if parse_number(wanted, self.names.lexicon) is not None or "/" in wanted:
            return None
        found = match_categories(wanted, self.names.lexicon)
        if not found:
            if any(sign.isdigit() for sign in wanted):
                return None
            return self.names.find_category(wanted)  # refuses it, with the nearest ones
        if found[0] in self.names.lexicon.group_ids or len(found) == 1:
            return found[0]
        raise UsageError(f"{wanted!r} may mean {', '.join(found[:8])}; say which")

    def _find_category_status(self, category: str, on: date) -> CategoryStatus:
        keys = self.law.list_keys_touching(category)
        ledger = self.law.load_graph(keys)
        known = ledger.restrict_to(on)
        statuses = [
            compute_status(known, key, on)
            for key in keys
            if (instrument := known.instruments.get(key)) is not None and is_control(instrument)
        ]
        statuses.sort(key=lambda found: (STATE_RANK.index(found.state), found.number))
        cautions = dict.fromkeys(caution for found in statuses for caution in found.cautions)
        return CategoryStatus(
            category=category,
            on=on,
            state=statuses[0].state if statuses else LegalState.UNKNOWN,
            notices=tuple(statuses),
            cautions=(*cautions, *self.list_cautions(on)),
        )

    def _find_mentions(self, what: ParsedQuery, wanted: tuple[str, ...]) -> tuple[CodeMention, ...]:
        """Return where a code is named, or which notices touch the categories that words mean."""
        if what.kind != "term":
            return self.law.find_code_mentions(what.kind, what.value)
        keys = dict.fromkeys(key for chosen in wanted for key in self.law.list_keys_touching(chosen))
        return tuple(CodeMention(key=key, code="", quote="") for key in keys)

    def _build_no_match_error(self, query: str, what: ParsedQuery) -> UsageError:
        if what.kind == "term":
            near = get_close_matches(query.casefold(), sorted(self.names.list_categories()), n=3, cutoff=0.4)
            return UsageError(f"no item {query!r} is known here; nearest: {', '.join(near) or 'none'}")
        like = self.law.suggest_codes(what.kind, what.value)
        near = get_close_matches(what.value, like, n=3, cutoff=0.5)
        name = "HS" if what.kind == "hs" else "control"
        return UsageError(
            f"no change known here names the {name} code {query!r}; nearest: {', '.join(near) or 'none'}. "
            "That is no proof that nothing controls it"
        )


def _compare_days(
    ledger: LegalGraph, first: date, last: date, wanted: tuple[str, ...]
) -> Iterator[StatusDifference]:
    then, now = ledger.restrict_to(first), ledger.restrict_to(last)
    for key, instrument in now.instruments.items():
        if not instrument.enacts or (wanted and not _is_touched(instrument, wanted)):
            continue
        before, after = compute_status(then, key, first), compute_status(now, key, last)
        parts = [(part.scope, part.state) for part in before.clauses]
        if before.state is after.state and parts == [(part.scope, part.state) for part in after.clauses]:
            continue
        yield StatusDifference(
            number=instrument.number,
            title=instrument.title,
            categories=instrument.categories,
            before=before.state,
            after=after.state,
            until=after.until,
            because=tuple(link for link in after.chain if first <= link.date <= last),
        )


def _is_touched(what: KeyDate | Instrument, wanted: tuple[str, ...]) -> bool:
    return any(covers_category(chosen, name) for chosen in wanted for name in what.categories)
