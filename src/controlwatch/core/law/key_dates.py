"""What a calendar should hold: days on which something begins, ends or closes, as the law stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from controlwatch.core.law.clauses import ALL, touches
from controlwatch.core.law.graph import OVER, Act, Instrument, Ledger, State
from controlwatch.core.law.status import ONE_DAY, part_on, prolonged, scopes
from controlwatch.core.model import EffectiveDate, Event, Kind, Verb, key_of

TAKES_EFFECT, SUSPENSION_ENDS, ENDS = "takes effect", "suspension ends", "ends"
ANNOUNCED = "announced, not enacted"


def events(ledger: Ledger, first: date, last: date, *, known_on: date | None = None) -> tuple[Event, ...]:
    """Return what happens between two days, both included, oldest first.

    `known_on` is the day whose knowledge counts (default: all there is). A day that no longer comes
    is left out: a notice that is suspended or repealed by then takes no effect, and a suspension that
    something carries on does not end.
    """
    known = ledger if known_on is None else ledger.known_by(known_on)
    found = (
        event
        for instrument in known.instruments.values()
        for event in counted(_of(known, instrument))
        if first <= event.date <= last
    )
    return tuple(sorted(found, key=lambda event: (event.date, event.number, event.event, event.scope)))


def counted(found: Iterable[Event]) -> Iterator[Event]:
    """Tell days of one name and part of a notice apart by their order: 第二条, 第二条 2."""
    count: dict[tuple[str, str], int] = {}
    for event in sorted(found, key=lambda event: event.date):
        name = event.event, event.slot
        count[name] = count.get(name, 0) + 1
        yield event if count[name] == 1 else replace(event, slot=f"{event.slot} {count[name]}")


def _of(ledger: Ledger, instrument: Instrument) -> Iterator[Event]:
    if instrument.enacts:
        for found in instrument.effective:
            yield from _starts(ledger, instrument, found)
        yield from _terms(ledger, instrument)
        yield from _suspensions(ledger, instrument)
    else:
        yield from _said(ledger, instrument)
    for deadline in instrument.deadlines:
        if _stands(ledger, instrument, ALL, deadline.date):
            yield _event(instrument, deadline.date, deadline.kind, quote=deadline.quote)


def _starts(ledger: Ledger, instrument: Instrument, found: EffectiveDate) -> Iterator[Event]:
    if found.start is not None and _stands(ledger, instrument, found.scope, found.start):
        yield _event(instrument, found.start, TAKES_EFFECT, scope=found.scope, quote=found.quote)


def _terms(ledger: Ledger, instrument: Instrument) -> Iterator[Event]:
    """Yield the ends of a notice's own terms, but for those that are the ends of what it suspends."""
    suspending = {act.until for act in _prolonging(ledger, instrument)}
    for found in dict.fromkeys(instrument.effective):
        until = found.until
        if until is None or until in suspending or prolonged(ledger, instrument.key, until):
            continue
        if _stands(ledger, instrument, found.scope, until):
            yield _event(instrument, until, ENDS, scope=found.scope, quote=found.quote)


def _suspensions(ledger: Ledger, instrument: Instrument) -> Iterator[Event]:
    """Yield the ends of what a notice suspends, or goes on to suspend, with what is free again.

    Suspensions that end on one day are one event, whatever number of notices they touch.
    """
    acts = _prolonging(ledger, instrument)
    for until in sorted({act.until for act in acts if act.until is not None}):
        ending = [act for act in acts if act.until == until]
        if prolonged(ledger, instrument.key, until) or not _stands(ledger, instrument, ALL, until):
            continue
        held = [found for act in ending for found in _held_up(ledger, act)]
        targets = tuple(dict.fromkeys(act.target for act in held if _frees(ledger, act, until)))
        own = next((found for found in instrument.effective if found.until == until), None)
        quote = own.quote if own is not None else ending[0].quote
        if targets:
            freed = tuple(ledger.name(key) for key in targets)
            yield _event(instrument, until, SUSPENSION_ENDS, quote=quote, affects=freed, targets=targets)
        elif not held:  # what it extended was a term, and no suspension
            names = tuple(dict.fromkeys(ledger.name(act.target) for act in ending))
            yield _event(instrument, until, ENDS, quote=quote, affects=names)


def _prolonging(ledger: Ledger, instrument: Instrument) -> tuple[Act, ...]:
    mine = ledger.by_agent.get(instrument.key, ())
    return tuple(act for act in mine if act.verb in {Verb.SUSPENDS, Verb.EXTENDS})


def _held_up(ledger: Ledger, act: Act, seen: frozenset[str] = frozenset()) -> Iterator[Act]:
    """Yield the suspensions that an act upholds: itself, or those of the notice that it extends."""
    if act.verb is Verb.SUSPENDS:
        yield act
        return
    target = ledger.instruments.get(act.target)
    term = target is not None and any(found.until is not None for found in target.effective)
    if not term and any(other.verb is Verb.SUSPENDS for other in ledger.acts.get(act.target, ())):
        yield act
    if act.target not in seen:
        for other in ledger.by_agent.get(act.target, ()):
            if other.verb in {Verb.SUSPENDS, Verb.EXTENDS}:
                yield from _held_up(ledger, other, seen | {act.target})


def _frees(ledger: Ledger, act: Act, until: date) -> bool:
    """Say whether some part of the target is suspended on the last day and no longer on the next."""
    target = ledger.instruments.get(act.target)
    if target is None or until == date.max:
        return target is None
    return any(
        part_on(ledger, target, scope, until) is State.SUSPENDED
        and part_on(ledger, target, scope, until + ONE_DAY) not in {*OVER, State.SUSPENDED}
        for scope in scopes(ledger, target)
        if act.clause is None or touches(act.clause, scope)
    )


def _said(ledger: Ledger, instrument: Instrument) -> Iterator[Event]:
    """Yield the ends that were announced without an instrument."""
    said = [
        act
        for key in dict.fromkeys(relation.target for relation in instrument.relations)
        for act in ledger.announced(key_of(key))
        if act.agent.key == instrument.key and act.until is not None
    ]
    for until in sorted({act.until for act in said if act.until is not None}):
        ending = [act for act in said if act.until == until]
        names = tuple(dict.fromkeys(ledger.name(act.target) for act in ending))
        yield _event(instrument, until, ANNOUNCED, quote=ending[0].quote, affects=names)


def _stands(ledger: Ledger, instrument: Instrument, scope: str, day: date) -> bool:
    """Say whether a part of a notice is neither suspended nor gone on a day."""
    if instrument.kind is Kind.DRAFT:
        return True
    return part_on(ledger, instrument, scope, day) not in {*OVER, State.SUSPENDED}


def _event(
    instrument: Instrument,
    day: date,
    name: str,
    *,
    scope: str = ALL,
    quote: str = "",
    affects: tuple[str, ...] = (),
    targets: tuple[str, ...] = (),
) -> Event:
    return Event(
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
