"""What a calendar should hold: days on which something begins, ends or closes, as the law stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from controlwatch.core.law.clauses import ALL, touches_scope
from controlwatch.core.law.graph import ENDED_STATES, Act, Instrument, LegalGraph, LegalState
from controlwatch.core.law.status import ONE_DAY, find_part_state, is_prolonged, list_scopes
from controlwatch.core.model import EffectiveDate, KeyDate, NoticeKind, Verb, to_notice_key

TAKES_EFFECT, SUSPENSION_ENDS, ENDS = "takes effect", "suspension ends", "ends"
ANNOUNCED_ONLY = "announced, not enacted"


def find_key_dates(
    ledger: LegalGraph, first: date, last: date, *, known_on: date | None = None
) -> tuple[KeyDate, ...]:
    """Return what happens between two days, both included, oldest first.

    `known_on` is the day whose knowledge counts (default: all there is). A day that no longer comes
    is left out: a notice that is suspended or repealed by then takes no effect, and a suspension that
    something carries on does not end.
    """
    known = ledger if known_on is None else ledger.restrict_to(known_on)
    found = (
        event
        for instrument in known.instruments.values()
        for event in number_slots(_derive_key_dates(known, instrument))
        if first <= event.date <= last
    )
    return tuple(sorted(found, key=lambda event: (event.date, event.number, event.event, event.scope)))


def number_slots(found: Iterable[KeyDate]) -> Iterator[KeyDate]:
    """Tell days of one name and part of a notice apart by their order: 第二条, 第二条 2."""
    count: dict[tuple[str, str], int] = {}
    for event in sorted(found, key=lambda event: event.date):
        name = event.event, event.slot
        count[name] = count.get(name, 0) + 1
        yield event if count[name] == 1 else replace(event, slot=f"{event.slot} {count[name]}")


def _derive_key_dates(ledger: LegalGraph, instrument: Instrument) -> Iterator[KeyDate]:
    if instrument.enacts:
        for found in instrument.effective:
            yield from _find_start(ledger, instrument, found)
        yield from _find_term_ends(ledger, instrument)
        yield from _find_suspension_ends(ledger, instrument)
    else:
        yield from _find_announced_ends(ledger, instrument)
    for deadline in instrument.deadlines:
        if _is_operative(ledger, instrument, ALL, deadline.date):
            yield _build_key_date(instrument, deadline.date, deadline.kind, quote=deadline.quote)


def _find_start(ledger: LegalGraph, instrument: Instrument, found: EffectiveDate) -> Iterator[KeyDate]:
    if found.start is not None and _is_operative(ledger, instrument, found.scope, found.start):
        yield _build_key_date(instrument, found.start, TAKES_EFFECT, scope=found.scope, quote=found.quote)


def _find_term_ends(ledger: LegalGraph, instrument: Instrument) -> Iterator[KeyDate]:
    """Yield the ends of a notice's own terms, but for those that are the ends of what it suspends."""
    suspending = {act.until for act in _list_prolonging_acts(ledger, instrument)}
    for found in dict.fromkeys(instrument.effective):
        until = found.until
        if until is None or until in suspending or is_prolonged(ledger, instrument.key, until):
            continue
        if _is_operative(ledger, instrument, found.scope, until):
            yield _build_key_date(instrument, until, ENDS, scope=found.scope, quote=found.quote)


def _find_suspension_ends(ledger: LegalGraph, instrument: Instrument) -> Iterator[KeyDate]:
    """Yield the ends of what a notice suspends, or goes on to suspend, with what is free again.

    Suspensions that end on one day are one event, whatever number of notices they touch.
    """
    acts = _list_prolonging_acts(ledger, instrument)
    for until in sorted({act.until for act in acts if act.until is not None}):
        ending = [act for act in acts if act.until == until]
        if is_prolonged(ledger, instrument.key, until) or not _is_operative(ledger, instrument, ALL, until):
            continue
        held = [found for act in ending for found in _trace_suspensions(ledger, act)]
        targets = tuple(dict.fromkeys(act.target for act in held if _is_freed(ledger, act, until)))
        own = next((found for found in instrument.effective if found.until == until), None)
        quote = own.quote if own is not None else ending[0].quote
        if targets:
            freed = tuple(ledger.get_name(key) for key in targets)
            yield _build_key_date(
                instrument, until, SUSPENSION_ENDS, quote=quote, affects=freed, targets=targets
            )
        elif not held:  # what it extended was a term, and no suspension
            names = tuple(dict.fromkeys(ledger.get_name(act.target) for act in ending))
            yield _build_key_date(instrument, until, ENDS, quote=quote, affects=names)


def _list_prolonging_acts(ledger: LegalGraph, instrument: Instrument) -> tuple[Act, ...]:
    mine = ledger.acts_by_agent.get(instrument.key, ())
    return tuple(act for act in mine if act.verb in {Verb.SUSPENDS, Verb.EXTENDS})


def _trace_suspensions(ledger: LegalGraph, act: Act, seen: frozenset[str] = frozenset()) -> Iterator[Act]:
    """Yield the suspensions that an act upholds: itself, or those of the notice that it extends."""
    if act.verb is Verb.SUSPENDS:
        yield act
        return
    target = ledger.instruments.get(act.target)
    term = target is not None and any(found.until is not None for found in target.effective)
    if not term and any(other.verb is Verb.SUSPENDS for other in ledger.acts_by_target.get(act.target, ())):
        yield act
    if act.target not in seen:
        for other in ledger.acts_by_agent.get(act.target, ()):
            if other.verb in {Verb.SUSPENDS, Verb.EXTENDS}:
                yield from _trace_suspensions(ledger, other, seen | {act.target})


def _is_freed(ledger: LegalGraph, act: Act, until: date) -> bool:
    """Say whether some part of the target is suspended on the last day and no longer on the next."""
    target = ledger.instruments.get(act.target)
    if target is None or until == date.max:
        return target is None
    return any(
        find_part_state(ledger, target, scope, until) is LegalState.SUSPENDED
        and find_part_state(ledger, target, scope, until + ONE_DAY)
        not in {*ENDED_STATES, LegalState.SUSPENDED}
        for scope in list_scopes(ledger, target)
        if act.clause is None or touches_scope(act.clause, scope)
    )


def _find_announced_ends(ledger: LegalGraph, instrument: Instrument) -> Iterator[KeyDate]:
    """Yield the ends that were announced without an instrument."""
    said = [
        act
        for key in dict.fromkeys(relation.target for relation in instrument.relations)
        for act in ledger.list_announced(to_notice_key(key))
        if act.agent.key == instrument.key and act.until is not None
    ]
    for until in sorted({act.until for act in said if act.until is not None}):
        ending = [act for act in said if act.until == until]
        names = tuple(dict.fromkeys(ledger.get_name(act.target) for act in ending))
        yield _build_key_date(instrument, until, ANNOUNCED_ONLY, quote=ending[0].quote, affects=names)


def _is_operative(ledger: LegalGraph, instrument: Instrument, scope: str, day: date) -> bool:
    """Say whether a part of a notice is neither suspended nor gone on a day."""
    if instrument.kind is NoticeKind.DRAFT:
        return True
    return find_part_state(ledger, instrument, scope, day) not in {*ENDED_STATES, LegalState.SUSPENDED}


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
