"""Notices and relations → legal status on a day, with the chain that makes it so.

The laws, each with a test of its name in `tests/core/test_status_*.py`:

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

from controlwatch.core.law.clauses import ALL, REST, covers_scope, jointly_cover_scope, touches_scope
from controlwatch.core.law.explanation import StatusStep, explain_status, explain_unknown, list_cautions
from controlwatch.core.law.graph import ENDED_STATES, Act, Instrument, LegalGraph, LegalState
from controlwatch.core.model import Day, EffectiveDate, NoticeKind, Verb

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseStatus:
    """What a part of a notice is on a day."""

    scope: str  #: "all", a clause as the notice counts it, or "rest"
    state: LegalState
    until: date | None = None  #: last day of it, None when nothing issued ends it


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalStatus:
    """What a notice is on a day, and why."""

    number: str
    on: Day
    state: LegalState
    since: date | None = None
    until: date | None = None  #: last day of it, None when nothing issued ends it
    clauses: tuple[ClauseStatus, ...] = ()
    chain: tuple[StatusStep, ...] = ()
    cautions: tuple[str, ...] = ()
    title: str = ""
    categories: tuple[str, ...] = ()


def compute_status(ledger: LegalGraph, key: str, on: date, *, chained: bool = True) -> LegalStatus:
    """Return the one status of a notice on a day, known to us or not; with its chain, if wanted."""
    known = ledger.restrict_to(on)
    instrument = known.instruments.get(key)
    if instrument is None:
        return _build_unknown_status(ledger, known, key, on)
    days = _order_change_days(known, instrument)
    _precompute_states(known, key, days)
    state, since, until = _find_state_span(
        [(day, _find_overall_state(known, instrument, day)) for day in days], on
    )
    return LegalStatus(
        number=instrument.number,
        title=instrument.title,
        on=on,
        state=state,
        since=since,
        until=until,
        clauses=tuple(
            _build_clause_status(known, instrument, scope, days, on)
            for scope in list_scopes(known, instrument)
        ),
        chain=explain_status(known, instrument, stands=partial(_is_unimpeded, known, instrument))
        if chained
        else (),
        cautions=tuple(list_cautions(known, instrument, on)),
        categories=instrument.categories,
    )


def list_scopes(ledger: LegalGraph, instrument: Instrument) -> tuple[str, ...]:
    """Return the parts of a notice that fare differently: its own, and those that acts single out."""
    own = tuple(dict.fromkeys(found.scope for found in instrument.effective)) or (ALL,)
    acted = dict.fromkeys(act.clause for act in ledger.acts_by_target.get(instrument.key, ()) if act.clause)
    extra = tuple(clause for clause in acted if clause not in own)
    if extra and own == (ALL,):
        return (*extra, REST)
    return (*own, *extra)


def find_part_state(ledger: LegalGraph, instrument: Instrument, scope: str, day: date) -> LegalState:
    """Return the state of a part of a notice on a day, by everything the ledger holds."""
    if day < instrument.issued:
        return LegalState.UNKNOWN
    acts = [act for act in ledger.acts_by_target.get(instrument.key, ()) if touches_scope(act.clause, scope)]
    gone = [act.clause for act in acts if act.verb is Verb.REPEALS and _has_taken_effect(ledger, act, day)]
    if jointly_cover_scope(gone, scope):
        return LegalState.REPEALED
    term = _find_term_state(ledger, instrument, scope, acts, day)
    if term is LegalState.LAPSED:
        return term
    held_up = [act.clause for act in acts if _is_suspending(ledger, instrument, act, acts, day)]
    return LegalState.SUSPENDED if jointly_cover_scope(held_up, scope) else term


def is_prolonged(ledger: LegalGraph, key: str, after: date) -> bool:
    """Say whether an extension carries a notice on beyond the day on which its term ends."""
    return after < date.max and any(
        act.verb is Verb.EXTENDS and _is_act_in_force(ledger, act, after + ONE_DAY)
        for act in ledger.acts_by_target.get(key, ())
    )


# --------------------------------------------------------------------------- the state of a part


def _is_unimpeded(ledger: LegalGraph, instrument: Instrument, scope: str, day: date) -> bool:
    return find_part_state(ledger, instrument, scope, day) not in {LegalState.SUSPENDED, LegalState.REPEALED}


def _find_overall_state(ledger: LegalGraph, instrument: Instrument, day: date) -> LegalState:
    found = ledger.state_cache.get((instrument.key, day))
    if found is None:
        found = ledger.state_cache[instrument.key, day] = _combine_states(
            {find_part_state(ledger, instrument, scope, day) for scope in list_scopes(ledger, instrument)}
        )
    return found


def _combine_states(states: set[LegalState]) -> LegalState:
    """Return the one word for a notice whose parts fare differently."""
    living = states - ENDED_STATES
    if not living:
        return LegalState.REPEALED if states == {LegalState.REPEALED} else LegalState.LAPSED
    if len(living) == 1:
        return next(iter(living))
    return LegalState.PARTLY if LegalState.SUSPENDED in living else LegalState.IN_FORCE


def _find_term_state(
    ledger: LegalGraph, instrument: Instrument, scope: str, acts: Iterable[Act], day: date
) -> LegalState:
    """Return what a part would be if nothing held it up: by its own dates and by what extends them."""
    if instrument.kind is NoticeKind.DRAFT:
        return LegalState.NOT_YET
    own = _find_own_dates(instrument, scope)
    begun = not own
    for found in own:
        first = found.start or instrument.issued
        if first <= day and (found.until is None or day <= found.until):
            return LegalState.IN_FORCE
        begun = begun or first <= day
    if not own:
        return LegalState.IN_FORCE
    extended = any(act.verb is Verb.EXTENDS and _is_act_in_force(ledger, act, day) for act in acts)
    return LegalState.IN_FORCE if extended else LegalState.LAPSED if begun else LegalState.NOT_YET


def _find_own_dates(instrument: Instrument, scope: str) -> tuple[EffectiveDate, ...]:
    """Return the effective dates that govern a part: its own, those of what it lies in, else the general.

    A clause that no date speaks of begins with the first that does.
    """
    exact = tuple(found for found in instrument.effective if found.scope == scope)
    within = tuple(found for found in instrument.effective if covers_scope(found.scope, scope))
    general = tuple(found for found in instrument.effective if found.scope == ALL)
    first = sorted(instrument.effective, key=lambda found: found.start or instrument.issued)[:1]
    return exact or within or general or tuple(first)


def _is_suspending(
    ledger: LegalGraph, instrument: Instrument, act: Act, acts: Iterable[Act], day: date
) -> bool:
    """Say whether an act keeps the part that it names suspended on a day."""
    suspends = act.verb is Verb.SUSPENDS or (
        act.verb is Verb.EXTENDS and _is_suspension_extension(instrument, act, acts)
    )
    return suspends and _is_act_in_force(ledger, act, day) and not _is_resumed(ledger, act, acts, day)


def _is_suspension_extension(instrument: Instrument, act: Act, acts: Iterable[Act]) -> bool:
    """Say whether an extension prolongs a suspension: of a notice suspended before, without a term itself."""
    suspended = any(other.verb is Verb.SUSPENDS and other.start < act.start for other in acts)
    return suspended and not any(found.until is not None for found in instrument.effective)


def _is_resumed(ledger: LegalGraph, act: Act, acts: Iterable[Act], day: date) -> bool:
    return any(
        other.verb is Verb.RESUMES and act.start < other.start and _has_taken_effect(ledger, other, day)
        for other in acts
    )


# --------------------------------------------------------------------------- what an act reaches


def _is_act_in_force(ledger: LegalGraph, act: Act, day: date) -> bool:
    """Say whether an act holds on a day: within its term or what prolongs it, by a notice able to act."""
    if not _can_act(ledger, act, day):
        return False
    if act.start <= day and (act.until is None or day <= act.until):
        return True
    # In a circle nobody prolongs anybody: each is taken at its word.
    return act.until is not None and any(
        longer.verb is Verb.EXTENDS
        and not ledger.is_circular(longer)
        and _is_act_in_force(ledger, longer, day)
        for longer in ledger.acts_by_target.get(act.agent.key, ())
    )


def _can_act(ledger: LegalGraph, act: Act, day: date) -> bool:
    """Say whether the notice that acts is itself in a state to act."""
    if ledger.is_circular(act):
        return True
    dead = {LegalState.REPEALED, LegalState.SUSPENDED, LegalState.UNKNOWN}
    return _find_overall_state(ledger, act.agent, max(day, act.agent.issued)) not in dead


def _has_taken_effect(ledger: LegalGraph, act: Act, day: date) -> bool:
    """Say whether what is done for good has been done: on its day, or when what held the agent up ended."""
    if day < act.start:
        return False
    days = [act.start]
    if not ledger.is_circular(act):
        days.extend(turn for turn in _collect_change_days(ledger, act.agent.key) if act.start < turn <= day)
    return any(_can_act(ledger, act, moment) for moment in days)


# --------------------------------------------------------------------------- days on which something turns


def _order_change_days(ledger: LegalGraph, instrument: Instrument) -> tuple[date, ...]:
    """Return every day from the issue on, on which a notice's state may change, in order."""
    days = {day for day in _collect_change_days(ledger, instrument.key) if day > instrument.issued}
    return (instrument.issued, *sorted(days))


def _collect_change_days(ledger: LegalGraph, key: str) -> frozenset[date]:
    """Return the days that a notice, and all that act on it, name; more than turn anything, never fewer."""
    found = ledger.change_day_cache.get(key)
    if found is None:
        days: set[date] = set()
        for other in ledger.find_upstream(key):
            instrument = ledger.instruments.get(other)
            spans = [(own.start, own.until) for own in instrument.effective] if instrument else []
            spans += [(act.start, act.until) for act in ledger.acts_by_target.get(other, ())]
            if instrument is not None:
                days.add(instrument.issued)
            days.update(day for span in spans for day in _list_boundaries(*span))
        found = ledger.change_day_cache[key] = frozenset(days)
    return found


def _list_boundaries(first: date | None, last: date | None) -> Iterator[date]:
    if first is not None:
        yield first
    if last is not None and last < date.max:
        yield last + ONE_DAY


#: With so many notices behind one, each is worked out before those it acts on: no recursion goes deep.
DEEP_GRAPH_SIZE = 40


def _precompute_states(ledger: LegalGraph, key: str, days: Iterable[date]) -> None:
    behind = ledger.find_upstream(key)
    if len(behind) > DEEP_GRAPH_SIZE:
        known = [ledger.instruments[other] for other in behind if other in ledger.instruments]
        for instrument in sorted(known, key=lambda found: (found.issued, found.key), reverse=True):
            for day in days:
                _find_overall_state(ledger, instrument, max(day, instrument.issued))


def _find_state_span(
    states: list[tuple[date, LegalState]], on: date
) -> tuple[LegalState, date | None, date | None]:
    """Return the state on a day with the first and the last day of it."""
    changes = [states[0], *(new for old, new in pairwise(states) if new[1] is not old[1])]
    here = max(place for place, (day, _) in enumerate(changes) if day <= on)
    until = changes[here + 1][0] - ONE_DAY if here + 1 < len(changes) else None
    return changes[here][1], changes[here][0], until


def _build_clause_status(
    ledger: LegalGraph, instrument: Instrument, scope: str, days: tuple[date, ...], on: date
) -> ClauseStatus:
    states = [(day, find_part_state(ledger, instrument, scope, day)) for day in days]
    state, _, until = _find_state_span(states, on)
    return ClauseStatus(scope=scope, state=state, until=until)


def _build_unknown_status(ledger: LegalGraph, known: LegalGraph, key: str, on: date) -> LegalStatus:
    """Answer for a notice that was not issued yet on the day, or that we have never seen itself."""
    later = ledger.instruments.get(key)
    if later is not None:
        caution = f"{later.number} was issued on {later.issued}, after {on}"
        return LegalStatus(
            number=later.number, title=later.title, on=on, state=LegalState.UNKNOWN, cautions=(caution,)
        )
    return LegalStatus(
        number=key,
        on=on,
        state=LegalState.UNKNOWN,
        chain=explain_unknown(known, key),
        cautions=(f"{key} itself is not known here, only what others say of it",),
    )
