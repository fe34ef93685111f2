"""Notices and relations → legal status on a day, with the chain that makes it so.

The laws, each with a test of its name in `tests/core/test_status.py`:

* An answer for a day rests on what had been issued by that day. Later facts do not change the past.
* The day named as the end is the last day: suspended 至2026年11月10日 means in force again on the 11th.
* A suspension that comes before the effective date holds from its own first day.
* A repeal is for good, from a notice that is suspended too. What repeals by a notice that is itself
  suspended or repealed before it could act does not happen.
* An act on a clause leaves the rest as it was; the whole is then `partly-suspended`.
* A resumption ends every suspension that began before it. What resumes, repeals or extends does so only
  while, or once, it is in a state to act itself.
* An extension prolongs the term of the notice that it names, and what that notice suspends; of one that has
  been suspended and has no term, it prolongs the suspension, of the clauses that were suspended. A gap
  between the end and the extension is a gap.
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

from controlwatch.core.law.clauses import ALL, REST, covered, covers, touches
from controlwatch.core.law.explanation import Link, cautions, chain, chain_of_unknown
from controlwatch.core.law.graph import OVER, Act, Instrument, Ledger, State
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


def status(ledger: Ledger, key: str, on: date, *, chained: bool = True) -> Status:
    """Return the one status of a notice on a day, known to us or not; with its chain, if wanted."""
    known = ledger.known_by(on)
    instrument = known.instruments.get(key)
    if instrument is None:
        return _unknown(ledger, known, key, on)
    days = _turning_days(known, instrument)
    _prepare(known, key, days)
    state, since, until = _around([(day, _overall(known, instrument, day)) for day in days], on)
    return Status(
        number=instrument.number,
        title=instrument.title,
        on=on,
        state=state,
        since=since,
        until=until,
        clauses=tuple(_clause(known, instrument, scope, days, on) for scope in scopes(known, instrument)),
        chain=chain(known, instrument, stands=partial(_stands, known, instrument)) if chained else (),
        cautions=tuple(cautions(known, instrument, on)),
        categories=instrument.categories,
    )


def scopes(ledger: Ledger, instrument: Instrument) -> tuple[str, ...]:
    """Return the parts of a notice that fare differently: its own, and those that acts single out."""
    own = tuple(dict.fromkeys(found.scope for found in instrument.effective)) or (ALL,)
    acted = dict.fromkeys(act.clause for act in ledger.acts.get(instrument.key, ()) if act.clause)
    extra = tuple(clause for clause in acted if clause not in own)
    if extra and own == (ALL,):
        return (*extra, REST)
    return (*own, *extra)


def part_on(ledger: Ledger, instrument: Instrument, scope: str, day: date) -> State:
    """Return the state of a part of a notice on a day, by everything the ledger holds."""
    if day < instrument.issued:
        return State.UNKNOWN
    acts = [act for act in ledger.acts.get(instrument.key, ()) if touches(act.clause, scope)]
    gone = [act.clause for act in acts if act.verb is Verb.REPEALS and _has_fired(ledger, act, day)]
    if covered(gone, scope):
        return State.REPEALED
    term = _term(ledger, instrument, scope, acts, day)
    if term is State.LAPSED:
        return term
    held_up = [act.clause for act in acts if _holds_up(ledger, instrument, act, acts, day)]
    return State.SUSPENDED if covered(held_up, scope) else term


def prolonged(ledger: Ledger, key: str, after: date) -> bool:
    """Say whether an extension carries a notice on beyond the day on which its term ends."""
    return after < date.max and any(
        act.verb is Verb.EXTENDS and _in_reach(ledger, act, after + ONE_DAY)
        for act in ledger.acts.get(key, ())
    )


# --------------------------------------------------------------------------- the state of a part


def _stands(ledger: Ledger, instrument: Instrument, scope: str, day: date) -> bool:
    return part_on(ledger, instrument, scope, day) not in {State.SUSPENDED, State.REPEALED}


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


def _term(ledger: Ledger, instrument: Instrument, scope: str, acts: Iterable[Act], day: date) -> State:
    """Return what a part would be if nothing held it up: by its own dates and by what extends them."""
    if instrument.kind is Kind.DRAFT:
        return State.NOT_YET
    own = _own(instrument, scope)
    begun = not own
    for found in own:
        first = found.start or instrument.issued
        if first <= day and (found.until is None or day <= found.until):
            return State.IN_FORCE
        begun = begun or first <= day
    if not own:
        return State.IN_FORCE
    extended = any(act.verb is Verb.EXTENDS and _in_reach(ledger, act, day) for act in acts)
    return State.IN_FORCE if extended else State.LAPSED if begun else State.NOT_YET


def _own(instrument: Instrument, scope: str) -> tuple[EffectiveDate, ...]:
    """Return the effective dates that govern a part: its own, those of what it lies in, else the general.

    A clause that no date speaks of begins with the first that does.
    """
    exact = tuple(found for found in instrument.effective if found.scope == scope)
    within = tuple(found for found in instrument.effective if covers(found.scope, scope))
    general = tuple(found for found in instrument.effective if found.scope == ALL)
    first = sorted(instrument.effective, key=lambda found: found.start or instrument.issued)[:1]
    return exact or within or general or tuple(first)


def _holds_up(ledger: Ledger, instrument: Instrument, act: Act, acts: Iterable[Act], day: date) -> bool:
    """Say whether an act keeps the part that it names suspended on a day."""
    suspends = act.verb is Verb.SUSPENDS or (act.verb is Verb.EXTENDS and _goes_on(instrument, act, acts))
    return suspends and _in_reach(ledger, act, day) and not _resumed(ledger, act, acts, day)


def _goes_on(instrument: Instrument, act: Act, acts: Iterable[Act]) -> bool:
    """Say whether an extension prolongs a suspension: of a notice suspended before, without a term itself."""
    suspended = any(other.verb is Verb.SUSPENDS and other.start < act.start for other in acts)
    return suspended and not any(found.until is not None for found in instrument.effective)


def _resumed(ledger: Ledger, act: Act, acts: Iterable[Act], day: date) -> bool:
    return any(
        other.verb is Verb.RESUMES and act.start < other.start and _has_fired(ledger, other, day)
        for other in acts
    )


# --------------------------------------------------------------------------- what an act reaches


def _in_reach(ledger: Ledger, act: Act, day: date) -> bool:
    """Say whether an act holds on a day: within its term or what prolongs it, by a notice able to act."""
    if not _alive(ledger, act, day):
        return False
    if act.start <= day and (act.until is None or day <= act.until):
        return True
    # In a circle nobody prolongs anybody: each is taken at its word.
    return act.until is not None and any(
        longer.verb is Verb.EXTENDS and not ledger.circular(longer) and _in_reach(ledger, longer, day)
        for longer in ledger.acts.get(act.agent.key, ())
    )


def _alive(ledger: Ledger, act: Act, day: date) -> bool:
    """Say whether the notice that acts is itself in a state to act."""
    if ledger.circular(act):
        return True
    dead = {State.REPEALED, State.SUSPENDED, State.UNKNOWN}
    return _overall(ledger, act.agent, max(day, act.agent.issued)) not in dead


def _has_fired(ledger: Ledger, act: Act, day: date) -> bool:
    """Say whether what is done for good has been done: on its day, or when what held the agent up ended."""
    if day < act.start:
        return False
    days = [act.start]
    if not ledger.circular(act):
        days.extend(turn for turn in _turns(ledger, act.agent.key) if act.start < turn <= day)
    return any(_alive(ledger, act, moment) for moment in days)


# --------------------------------------------------------------------------- days on which something turns


def _turning_days(ledger: Ledger, instrument: Instrument) -> tuple[date, ...]:
    """Return every day from the issue on, on which a notice's state may change, in order."""
    days = {day for day in _turns(ledger, instrument.key) if day > instrument.issued}
    return (instrument.issued, *sorted(days))


def _turns(ledger: Ledger, key: str) -> frozenset[date]:
    """Return the days that a notice, and all that act on it, name; more than turn anything, never fewer."""
    found = ledger.turns.get(key)
    if found is None:
        days: set[date] = set()
        for other in ledger.behind(key):
            instrument = ledger.instruments.get(other)
            spans = [(own.start, own.until) for own in instrument.effective] if instrument else []
            spans += [(act.start, act.until) for act in ledger.acts.get(other, ())]
            if instrument is not None:
                days.add(instrument.issued)
            days.update(day for span in spans for day in _ends(*span))
        found = ledger.turns[key] = frozenset(days)
    return found


def _ends(first: date | None, last: date | None) -> Iterator[date]:
    if first is not None:
        yield first
    if last is not None and last < date.max:
        yield last + ONE_DAY


#: With so many notices behind one, each is worked out before those it acts on: no recursion goes deep.
MANY = 40


def _prepare(ledger: Ledger, key: str, days: Iterable[date]) -> None:
    behind = ledger.behind(key)
    if len(behind) > MANY:
        known = [ledger.instruments[other] for other in behind if other in ledger.instruments]
        for instrument in sorted(known, key=lambda found: (found.issued, found.key), reverse=True):
            for day in days:
                _overall(ledger, instrument, max(day, instrument.issued))


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
        chain=chain_of_unknown(known, key),
        cautions=(f"{key} itself is not known here, only what others say of it",),
    )
