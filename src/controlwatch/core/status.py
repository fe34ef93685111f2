"""Notices and relations → legal status on a day, with the chain that makes it so.

The laws, each with a test of its name in `tests/core/test_status.py`:

* An answer for a day rests on what had been issued by that day. Later facts do not change the past.
* The day named as the end is the last day: suspended 至2026年11月10日 means in force again on the 11th.
* A suspension that comes before the effective date holds from its own first day.
* A repeal is for good, from a notice that is suspended too. What repeals by a notice that is itself
  suspended or repealed before it could act does not happen.
* An act on a clause leaves the rest as it was; the whole is then `partly-suspended`.
* A resumption ends every suspension that began before it.
* An extension prolongs the term of the notice that it names; of one that is suspended and has no
  term, it prolongs the suspension. A gap between the end and the extension is a gap.
* Of two suspensions of one notice each holds for its own days.
* A suspending notice that is repealed suspends no longer.
* What was said but not enacted changes nothing; it is shown as announced, not enacted.
* Where two notices act on each other, each act is taken at its word, both are shown, and a doubt is raised.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import pairwise

from controlwatch.core.chain import Link, cautions, chain, links
from controlwatch.core.clauses import ALL, REST, covers
from controlwatch.core.ledger import OVER, Act, Instrument, Ledger, State
from controlwatch.core.model import Day, EffectiveDate, Kind, Verb

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseStatus:
    """What a part of a notice is on a day."""

    scope: str  #: "all", a clause as the notice counts it, or "rest"
    state: State
    until: date | None = None  #: last day of it, None when nothing issued ends it


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What a notice is on a day, and why."""

    number: str
    on: Day
    state: State
    since: date | None = None
    until: date | None = None  #: last day of it, None when nothing issued ends it
    clauses: tuple[ClauseStatus, ...] = ()
    chain: tuple[Link, ...] = ()
    cautions: tuple[str, ...] = ()
    title: str = ""
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Spell:
    """Days on which something holds, both ends included."""

    first: date
    last: date | None

    def holds(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


def status(ledger: Ledger, key: str, on: date) -> Status:
    """Return the one status of a notice on a day, known to us or not."""
    known = ledger.known_by(on)
    instrument = known.instruments.get(key)
    if instrument is None:
        return _unknown(ledger, known, key, on)
    days = _turning_days(known, key)
    states = [(day, _overall(known, instrument, day)) for day in days]
    state, since, until = _around(states, on)
    return Status(
        number=instrument.number,
        title=instrument.title,
        on=on,
        state=state,
        since=since,
        until=until,
        clauses=tuple(_clause(known, instrument, scope, days, on) for scope in scopes(known, instrument)),
        chain=tuple(chain(known, instrument, stands=partial(_stands, known, instrument))),
        cautions=tuple(cautions(known, instrument, on)),
        categories=instrument.categories,
    )


def state_on(ledger: Ledger, key: str, on: date) -> State:
    """Return the state alone; as `status`, but for what leads to it."""
    known = ledger.known_by(on)
    instrument = known.instruments.get(key)
    return State.UNKNOWN if instrument is None else _overall(known, instrument, on)


def scopes(ledger: Ledger, instrument: Instrument) -> tuple[str, ...]:
    """Return the parts of a notice that fare differently: its own, and those that acts single out."""
    own = tuple(dict.fromkeys(found.scope for found in instrument.effective)) or (ALL,)
    acted = dict.fromkeys(act.clause for act in ledger.acts.get(instrument.key, ()) if act.clause)
    extra = tuple(clause for clause in acted if clause not in own)
    if extra and own == (ALL,):
        return (*extra, REST)
    return (*own, *extra)


def _stands(ledger: Ledger, instrument: Instrument, scope: str, day: date) -> bool:
    return part_on(ledger, instrument, scope, day) not in {State.SUSPENDED, State.REPEALED}


# --------------------------------------------------------------------------- the state of a part


def _overall(ledger: Ledger, instrument: Instrument, day: date) -> State:
    found = ledger.states.get((instrument.key, day))
    if found is None:
        found = ledger.states[instrument.key, day] = _together(
            {part_on(ledger, instrument, scope, day) for scope in scopes(ledger, instrument)}
        )
    return found


def _together(states: set[State]) -> State:
    """Return the one word for a notice whose parts fare differently."""
    living = states - OVER
    if not living:
        return State.REPEALED if states == {State.REPEALED} else State.LAPSED
    if len(living) == 1:
        return next(iter(living))
    return State.PARTLY if State.SUSPENDED in living else State.IN_FORCE


def part_on(ledger: Ledger, instrument: Instrument, scope: str, day: date) -> State:
    """Return the state of a part of a notice on a day, by everything the ledger holds."""
    if day < instrument.issued:
        return State.UNKNOWN
    acts = [act for act in ledger.acts.get(instrument.key, ()) if covers(act.clause, scope)]
    if any(act.verb is Verb.REPEALS and _has_fired(ledger, act, day) for act in acts):
        return State.REPEALED
    terms = tuple(_terms(ledger, instrument, scope, acts))
    if all(term.last is not None and term.last < day for term in terms):
        return State.LAPSED
    if any(_suspended(ledger, instrument, act, acts, day) for act in acts):
        return State.SUSPENDED
    if instrument.kind is Kind.DRAFT or not any(term.first <= day for term in terms):
        return State.NOT_YET
    return State.IN_FORCE if any(term.holds(day) for term in terms) else State.NOT_YET


def _terms(ledger: Ledger, instrument: Instrument, scope: str, acts: Iterable[Act]) -> Iterator[_Spell]:
    """Yield the spells for which a part is meant to hold, extensions of the notice included."""
    own = _own(instrument, scope)
    for found in own:
        yield _Spell(found.start or instrument.issued, found.until)
    if not own:
        yield _Spell(instrument.issued, None)
    if any(found.until is not None for found in own):
        for act in acts:
            if act.verb is Verb.EXTENDS and _alive(ledger, act, act.start):
                yield _Spell(act.start, act.until)


def _own(instrument: Instrument, scope: str) -> tuple[EffectiveDate, ...]:
    """Return the effective dates that govern a part: its own, those of what it lies in, else the general."""
    exact = tuple(found for found in instrument.effective if found.scope == scope)
    within = tuple(found for found in instrument.effective if covers(found.scope, scope))
    general = tuple(found for found in instrument.effective if found.scope == ALL)
    return exact or within or general or instrument.effective[:1]


def _suspended(ledger: Ledger, instrument: Instrument, act: Act, acts: Iterable[Act], day: date) -> bool:
    """Say whether an act holds a part up on a day."""
    if not any(spell.holds(day) for spell in _held_up(ledger, instrument, act)):
        return False
    resumed = any(
        other.verb is Verb.RESUMES and act.start < other.start <= day and _alive(ledger, other, other.start)
        for other in acts
    )
    return not resumed and _alive(ledger, act, day)


def _held_up(ledger: Ledger, instrument: Instrument, act: Act) -> Iterator[_Spell]:
    """Yield the days for which an act suspends, with what prolongs the act itself."""
    if act.verb is Verb.EXTENDS:
        # Of a notice without a term of its own it can only be the suspension that is prolonged.
        if not any(found.until is not None for found in instrument.effective):
            yield _Spell(act.start, act.until)
        return
    if act.verb is not Verb.SUSPENDS:
        return
    yield _Spell(act.start, act.until)
    if act.until is not None:
        for longer in ledger.acts.get(act.agent.key, ()):
            if longer.verb is Verb.EXTENDS and _alive(ledger, longer, longer.start):
                yield _Spell(longer.start, longer.until)


def _alive(ledger: Ledger, act: Act, day: date) -> bool:
    """Say whether the notice that acts is itself in a state to act."""
    if ledger.circular(act):
        return True
    dead = {State.REPEALED, State.SUSPENDED, State.UNKNOWN}
    return _overall(ledger, act.agent, max(day, act.agent.issued)) not in dead


def _has_fired(ledger: Ledger, act: Act, day: date) -> bool:
    """Say whether a repeal has taken place: on its day, or when what held the repealing notice up ended."""
    if day < act.start:
        return False
    days = [act.start]
    if not ledger.circular(act):
        days.extend(turn for turn in _turning_days(ledger, act.agent.key) if act.start < turn <= day)
    return any(_alive(ledger, act, moment) for moment in days)


# --------------------------------------------------------------------------- days on which something turns


def _turning_days(ledger: Ledger, key: str) -> tuple[date, ...]:
    """Return every day on which a notice's state may change, in order."""
    return tuple(sorted(_turns(ledger, key)))


def _turns(ledger: Ledger, key: str) -> frozenset[date]:
    found = ledger.turns.get(key)
    if found is not None:
        return found
    instrument = ledger.instruments.get(key)
    days: set[date] = set()
    if instrument is not None:
        days.add(instrument.issued)
        for own in instrument.effective:
            days.update(_ends(own.start, own.until))
    for act in ledger.acts.get(key, ()):
        days.update(_ends(act.start, act.until))
        if not ledger.circular(act):
            days |= _turns(ledger, act.agent.key)
    if instrument is not None:
        days = {day for day in days if day >= instrument.issued}
    turns = ledger.turns[key] = frozenset(days)
    return turns


def _ends(first: date | None, last: date | None) -> Iterator[date]:
    if first is not None:
        yield first
    if last is not None and last < date.max:
        yield last + ONE_DAY


def _around(states: list[tuple[date, State]], on: date) -> tuple[State, date | None, date | None]:
    """Return the state on a day with the first and the last day of it."""
    changes = [states[0], *(new for old, new in pairwise(states) if new[1] is not old[1])]
    here = max(place for place, (day, _) in enumerate(changes) if day <= on)
    until = changes[here + 1][0] - ONE_DAY if here + 1 < len(changes) else None
    return changes[here][1], changes[here][0], until


def _clause(
    ledger: Ledger, instrument: Instrument, scope: str, days: tuple[date, ...], on: date
) -> ClauseStatus:
    states = [(day, part_on(ledger, instrument, scope, day)) for day in days]
    state, _, until = _around(states, on)
    return ClauseStatus(scope=scope, state=state, until=until)


def _unknown(ledger: Ledger, known: Ledger, key: str, on: date) -> Status:
    """Answer for a notice that was not issued yet on the day, or that we have never seen itself."""
    later = ledger.instruments.get(key)
    if later is not None:
        caution = f"{later.number} was issued on {later.issued}, after {on}"
        return Status(number=later.number, title=later.title, on=on, state=State.UNKNOWN, cautions=(caution,))
    return Status(
        number=key,
        on=on,
        state=State.UNKNOWN,
        chain=tuple(links(known, key, seen=frozenset({key}))),
        cautions=(f"{key} itself is not known here, only what others say of it",),
    )
