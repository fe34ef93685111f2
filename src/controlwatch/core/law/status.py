"""The legal status of a notice on a day, with the steps that explain it.

The laws, each with a test of the same name in `tests/core/test_status_*.py`:

* A status on a day depends on what had been issued by that day. Later facts do not change the past.
* The day named as the end is the last day: suspended 至2026年11月10日 means in force again on the 11th.
* A suspension before the effective date applies from its own first day.
* A repeal is permanent, also of a suspended notice. A repeal by a notice that is itself suspended or repealed
  before it could act does not happen.
* An act on a clause does not change the rest; the whole is then `partly-suspended`.
* A resumption ends every suspension that began before it. A notice resumes, repeals or extends another only
  while, or once, it is able to act itself.
* An extension prolongs the term of the notice that it names, and what that notice suspends; where the notice
  has been suspended and has no term, the suspension of its suspended clauses. A gap between the end and the
  extension remains a gap.
* Of two suspensions of one notice each applies on its own days.
* A repealed notice no longer suspends another.
* A measure that was announced but not enacted changes nothing; it is shown as such.
* A correction of a date counts from its issue: the corrected day is that of the notice from then on.
* Where two notices act on each other, each act applies as written, both are shown, and a caution is given.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from controlwatch.core.extraction.mentions.clauses import (
    ALL,
    REST,
    covers_scope,
    jointly_cover_scope,
    touches_scope,
)
from controlwatch.core.law.coverage import Coverage
from controlwatch.core.law.explanation import (
    StatusStep,
    explain_status,
    explain_unknown,
    list_announced_measures,
    list_cautions,
)
from controlwatch.core.law.graph import ENDED_STATES, Act, Instrument, LegalGraph, LegalState
from controlwatch.core.model import AnnouncedMeasure, Day, EffectiveDate, NoticeKind, Verb

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseStatus:
    """The status of a part of a notice on a day."""

    scope: str  #: "all", a clause as the notice counts it, or "rest"
    state: LegalState
    until: date | None = None  #: last day of it, None when nothing issued ends it


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalStatus:
    """The status of a notice on a day, and why."""

    number: str
    on: Day
    state: LegalState
    since: date | None = None
    until: date | None = None  #: last day of it, None when nothing issued ends it
    then: LegalState | None = None  #: the state from the next day on
    clauses: tuple[ClauseStatus, ...] = ()
    chain: tuple[StatusStep, ...] = ()
    cautions: tuple[str, ...] = ()
    title: str = ""
    categories: tuple[str, ...] = ()
    announced: tuple[AnnouncedMeasure, ...] = ()  #: announced about it, without a legal instrument
    coverage: Coverage | None = None  #: until when the sources that could change it were read


def compute_status(graph: LegalGraph, key: str, on: date, *, chained: bool = True) -> LegalStatus:
    """Return the status of a notice on a day, also of an unknown one; `chained`: with its explanation."""
    name = key, on, chained
    if name not in graph.status_cache:
        graph.status_cache[name] = _compute_status(graph, key, on, chained=chained)
    return graph.status_cache[name]


def _compute_status(graph: LegalGraph, key: str, on: date, *, chained: bool) -> LegalStatus:
    known = graph.restrict_to(on)
    instrument = known.instruments.get(key)
    if instrument is None:
        return _build_unknown_status(graph, known, key, on)
    # Every day from the issue on, on which the state may change.
    later = {day for day in collect_change_days(known, key) if day > instrument.issued}
    days = (instrument.issued, *sorted(later))
    _precompute_states(known, key, days)
    overall = [(day, _find_overall_state(known, instrument, day)) for day in days]
    state, since, until = _find_state_span(overall, on)
    clauses = []
    for scope in list_scopes(known, instrument):
        states = [(day, find_part_state(known, instrument, scope, day)) for day in days]
        part_state, _, part_until = _find_state_span(states, on)
        clauses.append(ClauseStatus(scope=scope, state=part_state, until=part_until))

    def is_unimpeded(scope: str, day: date) -> bool:
        part = find_part_state(known, instrument, scope, day)
        return part not in {LegalState.SUSPENDED, LegalState.REPEALED}

    is_repealed = state is LegalState.REPEALED
    return LegalStatus(
        number=instrument.number,
        title=instrument.title,
        on=on,
        state=state,
        since=since,
        until=until,
        then=next((later for day, later in overall if until and day > until), None),
        clauses=tuple(clauses),
        chain=explain_status(known, instrument, is_unimpeded=is_unimpeded) if chained else (),
        cautions=tuple(list_cautions(known, instrument, on, is_repealed=is_repealed)),
        categories=instrument.categories,
        announced=() if is_repealed else list_announced_measures(known, (key,), after=on),
    )


def list_scopes(graph: LegalGraph, instrument: Instrument) -> tuple[str, ...]:
    """Return the parts of a notice that may differ in state: of its own dates, and those that acts name."""
    own = tuple(dict.fromkeys(span.scope for span in instrument.effective)) or (ALL,)
    acted = dict.fromkeys(act.clause for act in graph.acts_by_target.get(instrument.key, ()) if act.clause)
    extra = tuple(clause for clause in acted if clause not in own)
    if extra and own == (ALL,):
        return (*extra, REST)
    return (*own, *extra)


def find_part_state(graph: LegalGraph, instrument: Instrument, scope: str, day: date) -> LegalState:
    """Return the state of a part of a notice on a day, by everything in the graph."""
    if day < instrument.issued:
        return LegalState.UNKNOWN
    acts = [act for act in graph.acts_by_target.get(instrument.key, ()) if touches_scope(act.clause, scope)]
    repealed = [act.clause for act in acts if act.verb is Verb.REPEALS and _has_taken_effect(graph, act, day)]
    if jointly_cover_scope(repealed, scope):
        return LegalState.REPEALED
    term = _find_term_state(graph, instrument, scope, acts, day)
    if term is LegalState.LAPSED:
        return term
    suspended = [act.clause for act in acts if _is_suspending(graph, instrument, act, acts, day)]
    return LegalState.SUSPENDED if jointly_cover_scope(suspended, scope) else term


def was_in_force(graph: LegalGraph, instrument: Instrument, scope: str, by: date) -> bool:
    """Return whether a part of a notice was in force on any day until a day."""
    days = {instrument.issued, *collect_change_days(graph, instrument.key)}
    return any(
        find_part_state(graph, instrument, scope, day) is LegalState.IN_FORCE
        for day in days
        if instrument.issued <= day <= by
    )


def is_prolonged(graph: LegalGraph, key: str, after: date) -> bool:
    """Return whether an extension prolongs a notice beyond the last day of its term."""
    return after < date.max and any(
        act.verb is Verb.EXTENDS and _is_act_in_force(graph, act, after + ONE_DAY)
        for act in graph.acts_by_target.get(key, ())
    )


# --------------------------------------------------------------------------- the state of a part


def _find_overall_state(graph: LegalGraph, instrument: Instrument, day: date) -> LegalState:
    """Return the state of a whole notice, whose parts may differ."""
    state = graph.state_cache.get((instrument.key, day))
    if state is not None:
        return state
    parts = {find_part_state(graph, instrument, scope, day) for scope in list_scopes(graph, instrument)}
    living = parts - ENDED_STATES
    if not living:
        state = LegalState.REPEALED if parts == {LegalState.REPEALED} else LegalState.LAPSED
    elif len(living) == 1:
        state = next(iter(living))
    else:
        state = LegalState.PARTLY if LegalState.SUSPENDED in living else LegalState.IN_FORCE
    graph.state_cache[instrument.key, day] = state
    return state


def _find_term_state(
    graph: LegalGraph, instrument: Instrument, scope: str, acts: Iterable[Act], day: date
) -> LegalState:
    """Return the state of a part without suspensions: by its own dates and by what extends them."""
    if instrument.kind is NoticeKind.DRAFT:
        return LegalState.NOT_YET
    own = _find_own_dates(instrument, scope)
    if not own:
        return LegalState.IN_FORCE
    begun = False
    for span in own:
        first = span.start or instrument.issued
        if first <= day and (span.until is None or day <= span.until):
            return LegalState.IN_FORCE
        begun = begun or first <= day
    extended = any(act.verb is Verb.EXTENDS and _is_act_in_force(graph, act, day) for act in acts)
    return LegalState.IN_FORCE if extended else LegalState.LAPSED if begun else LegalState.NOT_YET


def _find_own_dates(instrument: Instrument, scope: str) -> tuple[EffectiveDate, ...]:
    """Return the effective dates that govern a part: its own, those of what contains it, else the general.

    A clause without a date begins with the first of the notice.
    """
    exact = tuple(span for span in instrument.effective if span.scope == scope)
    within = tuple(span for span in instrument.effective if covers_scope(span.scope, scope))
    general = tuple(span for span in instrument.effective if span.scope == ALL)
    first = sorted(instrument.effective, key=lambda span: span.start or instrument.issued)[:1]
    return exact or within or general or tuple(first)


def _is_suspending(
    graph: LegalGraph, instrument: Instrument, act: Act, acts: Iterable[Act], day: date
) -> bool:
    """Return whether an act suspends the part that it names on a day.

    An extension does where the notice was suspended before and has no term itself.
    """
    if act.verb is Verb.EXTENDS:
        if any(span.until is not None for span in instrument.effective):
            return False
        if not any(other.verb is Verb.SUSPENDS and other.start < act.start for other in acts):
            return False
    elif act.verb is not Verb.SUSPENDS:
        return False
    return _is_act_in_force(graph, act, day) and not any(
        other.verb is Verb.RESUMES and act.start < other.start and _has_taken_effect(graph, other, day)
        for other in acts
    )


# --------------------------------------------------------------------------- acts


def _is_act_in_force(graph: LegalGraph, act: Act, day: date) -> bool:
    """Return whether an act applies on a day: within its term or an extension, by a notice able to act."""
    if not _can_act(graph, act, day):
        return False
    if act.start <= day and (act.until is None or day <= act.until):
        return True
    # In a circle, no act prolongs another: each applies as written.
    return act.until is not None and any(
        extension.verb is Verb.EXTENDS
        and not graph.is_circular(extension)
        and _is_act_in_force(graph, extension, day)
        for extension in graph.acts_by_target.get(act.agent.key, ())
    )


def _can_act(graph: LegalGraph, act: Act, day: date) -> bool:
    """Return whether the notice that acts is itself in a state to act."""
    if graph.is_circular(act):
        return True
    unable = {LegalState.REPEALED, LegalState.SUSPENDED, LegalState.UNKNOWN}
    return _find_overall_state(graph, act.agent, max(day, act.agent.issued)) not in unable


def _has_taken_effect(graph: LegalGraph, act: Act, day: date) -> bool:
    """Return whether a permanent act has happened: on its day, or once its agent became able to act."""
    if day < act.start:
        return False
    days = [act.start]
    if not graph.is_circular(act):
        days.extend(turn for turn in collect_change_days(graph, act.agent.key) if act.start < turn <= day)
    return any(_can_act(graph, act, moment) for moment in days)


# --------------------------------------------------------------------------- days on which a state may change


def collect_change_days(graph: LegalGraph, key: str) -> frozenset[date]:
    """Return all days on which the state of a notice may change, by it and by all that act on it."""
    cached = graph.change_day_cache.get(key)
    if cached is None:
        days: set[date] = set()
        for other in graph.find_upstream(key):
            instrument = graph.instruments.get(other)
            spans = [(own.start, own.until) for own in instrument.effective] if instrument else []
            spans += [(act.start, act.until) for act in graph.acts_by_target.get(other, ())]
            if instrument is not None:
                days.add(instrument.issued)
            days.update(first for first, _ in spans if first is not None)
            days.update(last + ONE_DAY for _, last in spans if last is not None and last < date.max)
        cached = graph.change_day_cache[key] = frozenset(days)
    return cached


#: With more notices upstream, each is computed before those it acts on, which keeps the recursion shallow.
DEEP_GRAPH_SIZE = 40


def _precompute_states(graph: LegalGraph, key: str, days: Iterable[date]) -> None:
    upstream = graph.find_upstream(key)
    if len(upstream) > DEEP_GRAPH_SIZE:
        known = [graph.instruments[other] for other in upstream if other in graph.instruments]
        for instrument in sorted(known, key=lambda item: (item.issued, item.key), reverse=True):
            for day in days:
                _find_overall_state(graph, instrument, max(day, instrument.issued))


def _find_state_span(
    states: list[tuple[date, LegalState]], on: date
) -> tuple[LegalState, date | None, date | None]:
    """Return the state on a day, with its first and its last day."""
    changes = [states[0], *(new for old, new in pairwise(states) if new[1] is not old[1])]
    here = max(place for place, (day, _) in enumerate(changes) if day <= on)
    until = changes[here + 1][0] - ONE_DAY if here + 1 < len(changes) else None
    return changes[here][1], changes[here][0], until


def _build_unknown_status(graph: LegalGraph, known: LegalGraph, key: str, on: date) -> LegalStatus:
    """Return the status of a notice that was issued later, or is known only from others."""
    later = graph.instruments.get(key)
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
        cautions=(f"{key} itself is not known here, only what others say about it",),
    )
