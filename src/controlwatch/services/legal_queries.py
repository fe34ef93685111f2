"""Questions of law: what a notice or an item is on a day, what comes, what differs between two days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from difflib import get_close_matches

from controlwatch.core.alerting.source_health import EffectiveState
from controlwatch.core.extraction.mentions.numbers import parse_number
from controlwatch.core.law.answers import (
    CategoryStatus,
    CodeMention,
    HistoryStep,
    LeadLine,
    LookupResult,
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
from controlwatch.core.model.state import WatcherState
from controlwatch.core.model.timezones import to_beijing_day
from controlwatch.core.sources.watcher import Watcher
from controlwatch.services.name_queries import Naming
from controlwatch.services.ports import NoticeQueries

#: Before this day the register knows single notices only.
REGISTER_BEGINS = date(2020, 1, 1)
#: Sources named that are not watched.
SHOWN = 3
ONLY_THE_REGISTER = "no watcher has looked yet: this rests on the register alone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Legal(Naming):
    """What the books say of the law. Days are days in Beijing."""

    books: NoticeQueries
    stands: EffectiveState = lambda _watcher, state: state  #: how a source fares by now

    def status(self, wanted: str, *, on: date) -> LegalStatus | CategoryStatus:
        """What a notice (by number or address), or an item category, is on a day, and why."""
        category = self._category_meant(wanted)
        if category is not None:
            return self._of_category(category, on)
        key = self.key(wanted)
        ledger = self.books.load_graph([key])
        if key not in ledger.instruments and not ledger.acts_by_target.get(key):
            raise self.not_known(wanted, key)
        found = compute_status(ledger, key, on)
        return replace(found, cautions=(*found.cautions, *self.limits(on)))

    def lookup(self, query: str, *, on: date) -> LookupResult:
        """What controls an HS code, a control code or an item on a day, by which notice and clause."""
        what = parse_query(query)
        wanted = match_categories(query, self.lexicon) if what.kind == "term" else ()
        named = self._naming(what, wanted)
        if not named and not wanted:
            raise self._nothing_like(query, what)
        keys = tuple(dict.fromkeys(one.key for one in named))
        ledger = self.books.load_graph(keys).restrict_to(on)
        statuses = {key: compute_status(ledger, key, on, chained=False) for key in keys}
        found = tuple(dict.fromkeys(find_controls(ledger, named, statuses, self.lexicon, wanted=wanted)))
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
            cautions=tuple(dict.fromkeys((*cautions, *self.limits(on)))),
        )

    def upcoming(self, *, on: date, days: int = 30, categories: Iterable[str] = ()) -> tuple[KeyDate, ...]:
        """What takes effect, ends or closes from a day on, as far as it was known by then."""
        last = on + timedelta(days=max(0, min(days, (date.max - on).days - 1)))
        wanted = tuple(self.category(name) for name in categories)
        ledger = self.books.load_graph(self.books.list_keys_changed_between(on, last))
        return tuple(
            event
            for event in find_key_dates(ledger, on, last, known_on=on)
            if not wanted or _touches(event, wanted)
        )

    def compare(
        self, *, first: date, last: date, categories: Iterable[str] = ()
    ) -> tuple[StatusDifference, ...]:
        """Which notices stand otherwise on the last day than on the first."""
        if last < first:
            raise UsageError(f"{last} comes before {first}: compare from the earlier day to the later")
        wanted = tuple(self.category(name) for name in categories)
        # What ended on the first day is over on the next.
        ledger = self.books.load_graph(self.books.list_keys_changed_between(first, last))
        return tuple(_differences(ledger, first, last, wanted))

    def history(self, wanted: str) -> tuple[HistoryStep, ...]:
        """How a category, or a notice, came to be what it is: every step, oldest first."""
        category = self._category_meant(wanted)
        keys = self.books.list_keys_touching(category) if category else (self.key(wanted),)
        ledger = self.books.load_graph(keys)
        if category is None and keys[0] not in ledger.instruments:
            raise self.not_known(wanted, keys[0])
        return build_history(ledger, keys, self.books.list_history_remarks(keys))

    def entity(self, name: str, *, on: date) -> PartySearchResult:
        """Listed parties whose names resemble one: exact, or nearly so, in either language."""
        if not name.strip():
            raise UsageError("an empty name resembles everybody; write the name of a party")
        parties = self.books.list_parties()
        ledger = self.books.load_graph({party.key for party in parties})
        cautions = ["Names alone identify nobody: compare address, owners and registration"]
        missing = self.books.list_incomplete_listings()
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
            cautions=(*cautions, *self.limits(on)),
        )

    def leads(self, *, closed: bool = False) -> tuple[LeadLine, ...]:
        """What a person should look into, oldest first."""
        return self.books.list_leads(closed=closed)

    def registered(self, *, disagreements: bool = False) -> tuple[RegisterLine, ...]:
        """The register, oldest first; or only what observed pages disagree with."""
        found = self.books.list_registered_notices()
        return tuple(line for line in found if line.disagreements) if disagreements else found

    def limits(self, on: date) -> tuple[str, ...]:
        """Say where our knowledge of a day ends."""
        looked = self.books.find_last_success_time()
        ends = [self.books.find_register_date(), to_beijing_day(looked) if looked is not None else None]
        last = max((day for day in ends if day is not None), default=None)
        said = [] if looked is not None else [ONLY_THE_REGISTER]
        if last is not None and on > last:
            said.append(f"known up to {last}: what was or will be issued later is not in this answer")
        if on < REGISTER_BEGINS:
            said.append(f"before {REGISTER_BEGINS} only single notices are known here")
        return (*said, *self._unwatched())

    def _unwatched(self) -> Iterator[str]:
        """Say which official sources cannot be watched now: what stands there alone is in no answer."""
        official = [watcher for watcher in self.watched if watcher.enabled and watcher.role == "official"]
        lost = [
            f"{watcher.name} ({state.health} since {to_beijing_day(state.failing_since)})"
            for watcher, state in self.states_of(official)
            if state.health in {"blind", "blocked"} and state.failing_since is not None
        ]
        if lost:
            more = f" and {len(lost) - SHOWN} more" if len(lost) > SHOWN else ""
            names = "; ".join(lost[:SHOWN])
            yield f"not watched now: {names}{more}: what stands only there is not in this answer"

    def states_of(self, watchers: Iterable[Watcher]) -> Iterator[tuple[Watcher, WatcherState]]:
        """Yield sources, each with how it fares by now."""
        every = tuple(watchers)
        for watcher, state in zip(
            every, self.books.load_watcher_states(watcher.id for watcher in every), strict=True
        ):
            yield watcher, self.stands(watcher, state)

    def not_known(self, wanted: str, key: str) -> UsageError:
        """Return the refusal of a number that nobody has seen, with those near it."""
        near = self.books.suggest_numbers(key)
        hint = f"; nearest: {', '.join(near)}" if near else ""
        return UsageError(f"no notice {wanted!r} is known here{hint}")

    # ------------------------------------------------------------------ what is meant

    def _category_meant(self, wanted: str) -> str | None:
        """Return the category that is meant, None where a number or an address is."""
        name = wanted.strip().lower()
        if name in self.categories():
            return name
        if parse_number(wanted, self.lexicon) is not None or "/" in wanted:
            return None
        found = match_categories(wanted, self.lexicon)
        if not found:
            if any(sign.isdigit() for sign in wanted):
                return None
            return self.category(wanted)  # refuses it, with the nearest ones
        if found[0] in self.lexicon.group_ids or len(found) == 1:
            return found[0]
        raise UsageError(f"{wanted!r} may mean {', '.join(found[:8])}; say which")

    def _of_category(self, category: str, on: date) -> CategoryStatus:
        keys = self.books.list_keys_touching(category)
        ledger = self.books.load_graph(keys)
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
            cautions=(*cautions, *self.limits(on)),
        )

    def _naming(self, what: ParsedQuery, wanted: tuple[str, ...]) -> tuple[CodeMention, ...]:
        """Return where a code is named, or which notices touch the categories that words mean."""
        if what.kind != "term":
            return self.books.find_code_mentions(what.kind, what.value)
        keys = dict.fromkeys(key for chosen in wanted for key in self.books.list_keys_touching(chosen))
        return tuple(CodeMention(key=key, code="", quote="") for key in keys)

    def _nothing_like(self, query: str, what: ParsedQuery) -> UsageError:
        if what.kind == "term":
            near = get_close_matches(query.casefold(), sorted(self.categories()), n=3, cutoff=0.4)
            return UsageError(f"no item {query!r} is known here; nearest: {', '.join(near) or 'none'}")
        like = self.books.suggest_codes(what.kind, what.value)
        near = get_close_matches(what.value, like, n=3, cutoff=0.5)
        name = "HS" if what.kind == "hs" else "control"
        return UsageError(
            f"no change known here names the {name} code {query!r}; nearest: {', '.join(near) or 'none'}. "
            "That is no proof that nothing controls it"
        )


def _differences(
    ledger: LegalGraph, first: date, last: date, wanted: tuple[str, ...]
) -> Iterator[StatusDifference]:
    then, now = ledger.restrict_to(first), ledger.restrict_to(last)
    for key, instrument in now.instruments.items():
        if not instrument.enacts or (wanted and not _touches(instrument, wanted)):
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


def _touches(what: KeyDate | Instrument, wanted: tuple[str, ...]) -> bool:
    return any(covers_category(chosen, name) for chosen in wanted for name in what.categories)
