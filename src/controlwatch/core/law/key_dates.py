"""Key dates: the days on which something takes effect, ends or closes, by the legal state of the notices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from weakref import WeakKeyDictionary

from controlwatch.core.extraction.mentions.clauses import ALL, touches_scope
from controlwatch.core.law.explanation import list_announced_measures
from controlwatch.core.law.graph import ENDED_STATES, Act, Instrument, LegalGraph, LegalState
from controlwatch.core.law.status import ONE_DAY, find_part_state, is_prolonged, list_scopes, was_in_force
from controlwatch.core.model import KeyDate, NoticeKind, ReleasedPart, Verb, to_notice_key
from controlwatch.core.model.alert import ANNOUNCED_ONLY, ENDS, SUSPENSION_ENDS, TAKES_EFFECT


def find_key_dates(
    graph: LegalGraph, first: date, last: date, *, known_on: date | None = None
) -> tuple[KeyDate, ...]:
    """Return the key dates between two days, both included, oldest first.

    Only what had been issued by `known_on` counts (default: everything). A date that will not happen is left
    out: a notice that is suspended or repealed by then does not take effect, and a prolonged suspension does
    not end.
    """
    known = graph if known_on is None else graph.restrict_to(known_on)
    return tuple(event for event in _list_key_dates(known) if first <= event.date <= last)


#: All key dates of a graph, as long as it is kept: the months of a calendar ask for them again and again.
_DATES_BY_GRAPH: WeakKeyDictionary[LegalGraph, tuple[KeyDate, ...]] = WeakKeyDictionary()


def _list_key_dates(graph: LegalGraph) -> tuple[KeyDate, ...]:
    """Return all key dates of a graph, oldest first."""
    dates = _DATES_BY_GRAPH.get(graph)
    if dates is None:
        events = (
            event
            for instrument in graph.instruments.values()
            for event in number_slots(_derive_key_dates(graph, instrument))
        )
        dates = tuple(sorted(events, key=lambda event: (event.date, event.number, event.event, event.scope)))
        _DATES_BY_GRAPH[graph] = dates
    return dates


def number_slots(events: Iterable[KeyDate]) -> Iterator[KeyDate]:
    """Yield the dates of a notice, those of one event and part numbered in order: 第二条, 第二条 2."""
    count: dict[tuple[str, str], int] = {}
    for event in sorted(events, key=lambda event: event.date):
        name = event.event, event.slot
        count[name] = count.get(name, 0) + 1
        yield event if count[name] == 1 else replace(event, slot=f"{event.slot} {count[name]}")


def _derive_key_dates(graph: LegalGraph, instrument: Instrument) -> Iterator[KeyDate]:
    if instrument.enacts:
        for span in instrument.effective:
            if span.start is not None and _is_operative(graph, instrument, span.scope, span.start):
                yield _build_key_date(
                    instrument, span.start, TAKES_EFFECT, scope=span.scope, quote=span.quote
                )
        yield from _find_term_ends(graph, instrument)
        yield from _find_suspension_ends(graph, instrument)
    else:
        announced = [
            act
            for key in dict.fromkeys(relation.target for relation in instrument.relations)
            for act in graph.list_announced(to_notice_key(key))
            if act.agent.key == instrument.key
        ]
        for until in sorted({act.until for act in announced if act.until is not None}):
            ending = [act for act in announced if act.until == until]
            names = tuple(dict.fromkeys(graph.get_name(act.target) for act in ending))
            yield _build_key_date(instrument, until, ANNOUNCED_ONLY, quote=ending[0].quote, affects=names)
    for deadline in instrument.deadlines:
        if _is_operative(graph, instrument, ALL, deadline.date):
            yield _build_key_date(instrument, deadline.date, deadline.kind, quote=deadline.quote)


def _find_term_ends(graph: LegalGraph, instrument: Instrument) -> Iterator[KeyDate]:
    """Yield the ends of the terms of a notice, except the ends of its suspensions of others."""
    suspending = {act.until for act in _list_prolonging_acts(graph, instrument)}
    for span in dict.fromkeys(instrument.effective):
        until = span.until
        if until is None or until in suspending or is_prolonged(graph, instrument.key, until):
            continue
        if _is_operative(graph, instrument, span.scope, until):
            event = _build_key_date(instrument, until, ENDS, scope=span.scope, quote=span.quote)
            announced = list_announced_measures(graph, (instrument.key,), after=until)
            yield replace(event, announced=announced)


def _find_suspension_ends(graph: LegalGraph, instrument: Instrument) -> Iterator[KeyDate]:
    """Yield the ends of the suspensions that a notice orders or extends, with the notices in force again.

    Suspensions that end on the same day are one event, for any number of notices.
    """
    acts = _list_prolonging_acts(graph, instrument)
    for until in sorted({act.until for act in acts if act.until is not None}):
        ending = [act for act in acts if act.until == until]
        if is_prolonged(graph, instrument.key, until) or not _is_operative(graph, instrument, ALL, until):
            continue
        suspensions = [origin for act in ending for origin in _trace_suspensions(graph, act)]
        targets = tuple(dict.fromkeys(act.target for act in suspensions if _is_freed(graph, act, until)))
        own = next((span for span in instrument.effective if span.until == until), None)
        quote = own.quote if own is not None else ending[0].quote
        if targets:
            event = _build_key_date(
                instrument,
                until,
                SUSPENSION_ENDS,
                quote=quote,
                affects=tuple(graph.get_name(key) for key in targets),
                targets=targets,
            )
            releases = (_build_release(graph, act, until) for act in suspensions if act.target in targets)
            announced = list_announced_measures(graph, (instrument.key, *targets), after=until)
            yield replace(event, releases=tuple(dict.fromkeys(releases)), announced=announced)
        elif not suspensions:  # it extended a term, not a suspension
            names = tuple(dict.fromkeys(graph.get_name(act.target) for act in ending))
            yield _build_key_date(instrument, until, ENDS, quote=quote, affects=names)


def _list_prolonging_acts(graph: LegalGraph, instrument: Instrument) -> tuple[Act, ...]:
    acts = graph.acts_by_agent.get(instrument.key, ())
    return tuple(act for act in acts if act.verb in {Verb.SUSPENDS, Verb.EXTENDS})


def _trace_suspensions(graph: LegalGraph, act: Act, seen: frozenset[str] = frozenset()) -> Iterator[Act]:
    """Yield the suspensions that an act orders or prolongs: itself, or those of its target."""
    if act.verb is Verb.SUSPENDS:
        yield act
        return
    target = graph.instruments.get(act.target)
    has_term = target is not None and any(span.until is not None for span in target.effective)
    if not has_term and any(
        other.verb is Verb.SUSPENDS for other in graph.acts_by_target.get(act.target, ())
    ):
        yield act
    if act.target not in seen:
        for other in graph.acts_by_agent.get(act.target, ()):
            if other.verb in {Verb.SUSPENDS, Verb.EXTENDS}:
                yield from _trace_suspensions(graph, other, seen | {act.target})


def _is_freed(graph: LegalGraph, act: Act, until: date) -> bool:
    """Return whether a part of the target is suspended on the last day, but not on the next."""
    target = graph.instruments.get(act.target)
    if target is None or until == date.max:
        return target is None
    return any(
        find_part_state(graph, target, scope, until) is LegalState.SUSPENDED
        and find_part_state(graph, target, scope, until + ONE_DAY)
        not in {*ENDED_STATES, LegalState.SUSPENDED}
        for scope in list_scopes(graph, target)
        if act.clause is None or touches_scope(act.clause, scope)
    )


def _build_release(graph: LegalGraph, act: Act, until: date) -> ReleasedPart:
    """Return the part of a notice that applies after the last day of a suspension."""
    target = graph.instruments.get(act.target)
    scopes = () if target is None else list_scopes(graph, target)
    touched = [scope for scope in scopes if act.clause is None or touches_scope(act.clause, scope)]
    return ReleasedPart(
        number=graph.get_name(act.target),
        key=act.target,
        clause=act.clause,
        is_first_time=target is not None
        and not any(was_in_force(graph, target, scope, until) for scope in touched),
    )


def _is_operative(graph: LegalGraph, instrument: Instrument, scope: str, day: date) -> bool:
    """Return whether a part of a notice is neither suspended nor ended on a day."""
    if instrument.kind is NoticeKind.DRAFT:
        return True
    return find_part_state(graph, instrument, scope, day) not in {*ENDED_STATES, LegalState.SUSPENDED}


def _build_key_date(
    instrument: Instrument,
    day: date,
    name: str,
    *,
    scope: str = ALL,
    quote: str = "",
    affects: tuple[str, ...] = (),
    targets: tuple[str, ...] = (),
) -> KeyDate:
    return KeyDate(
        date=day,
        event=name,
        number=instrument.number,
        key=instrument.key,
        title=instrument.title,
        categories=instrument.categories,
        scope=scope,
        slot="; ".join((scope, *targets)),
        quote=quote,
        url=instrument.url,
        affects=affects,
        targets=targets,
    )
