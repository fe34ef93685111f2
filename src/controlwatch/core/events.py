"""What a calendar should hold: days on which something begins, ends or closes, as the law stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from controlwatch.core.clauses import ALL
from controlwatch.core.ledger import OVER, Act, Instrument, Ledger, State
from controlwatch.core.model import EffectiveDate, Event, Kind, Verb
from controlwatch.core.status import part_on

TAKES_EFFECT, SUSPENSION_ENDS, ENDS = "takes effect", "suspension ends", "ends"
ANNOUNCED = "announced, not enacted"


def events(ledger: Ledger, first: date, last: date, *, known_on: date | None = None) -> tuple[Event, ...]:
    """Return what happens between two days, both included, oldest first.

    `known_on` is the day whose knowledge counts (default: all there is). A day that no longer comes
    is left out: a notice that is suspended or repealed by then takes no effect.
    """
    known = ledger if known_on is None else ledger.known_by(known_on)
    found = (
        event
        for instrument in known.instruments.values()
        for event in _of(known, instrument)
        if first <= event.date <= last
    )
    return tuple(sorted(found, key=lambda event: (event.date, event.number, event.event, event.scope)))


def _of(ledger: Ledger, instrument: Instrument) -> Iterator[Event]:
    if instrument.enacts:
        for found in instrument.effective:
            yield from _starts(ledger, instrument, found)
        yield from _ends(ledger, instrument)
    else:
        yield from _said(ledger, instrument)
    for deadline in instrument.deadlines:
        if _stands(ledger, instrument, ALL, deadline.date):
            yield _event(instrument, deadline.date, deadline.kind, quote=deadline.quote)


def _starts(ledger: Ledger, instrument: Instrument, found: EffectiveDate) -> Iterator[Event]:
    if found.start is not None and _stands(ledger, instrument, found.scope, found.start):
        yield _event(instrument, found.start, TAKES_EFFECT, scope=found.scope, quote=found.quote)


def _ends(ledger: Ledger, instrument: Instrument) -> Iterator[Event]:
    """Yield the last days of a notice's terms and of its suspensions, where no extension prolongs them.

    Suspensions that end on one day are one event, whatever number of notices they touch.
    """
    acts = [
        act for act in ledger.by_agent.get(instrument.key, ()) if act.verb in {Verb.SUSPENDS, Verb.EXTENDS}
    ]
    ends = {
        (found.until, found.scope, found.quote) for found in instrument.effective if found.until is not None
    }
    stated = {until for until, _, _ in ends}
    ends |= {(act.until, ALL, act.quote) for act in acts if act.until is not None and act.until not in stated}
    for until, scope, quote in sorted(ends):
        if _prolonged(ledger, instrument, until) or not _stands(ledger, instrument, scope, until):
            continue
        ending = [act for act in acts if act.until == until]
        name = SUSPENSION_ENDS if ending else ENDS
        yield _event(instrument, until, name, scope=scope, quote=quote, affects=_names(ledger, ending))


def _said(ledger: Ledger, instrument: Instrument) -> Iterator[Event]:
    """Yield the ends that were announced without an instrument."""
    said = [
        act
        for acts in ledger.announced.values()
        for act in acts
        if act.agent.key == instrument.key and act.until is not None
    ]
    for until in sorted({act.until for act in said if act.until is not None}):
        ending = [act for act in said if act.until == until]
        yield _event(instrument, until, ANNOUNCED, quote=ending[0].quote, affects=_names(ledger, ending))


def _prolonged(ledger: Ledger, instrument: Instrument, until: date) -> bool:
    return any(
        act.verb is Verb.EXTENDS and act.until is not None and act.start <= until < act.until
        for act in ledger.acts.get(instrument.key, ())
    )


def _stands(ledger: Ledger, instrument: Instrument, scope: str, day: date) -> bool:
    """Say whether a part of a notice is neither suspended nor gone on a day."""
    if instrument.kind is Kind.DRAFT:
        return True
    return part_on(ledger, instrument, scope, day) not in {*OVER, State.SUSPENDED}


def _names(ledger: Ledger, acts: Iterable[Act]) -> tuple[str, ...]:
    keys = dict.fromkeys(act.target for act in acts)
    return tuple(ledger.name(key) for key in keys)


def _event(
    instrument: Instrument,
    day: date,
    name: str,
    *,
    scope: str = ALL,
    quote: str = "",
    affects: tuple[str, ...] = (),
) -> Event:
    return Event(
        date=day,
        event=name,
        number=instrument.number,
        key=instrument.key,
        title=instrument.title,
        categories=instrument.categories,
        scope=scope,
        quote=quote,
        url=instrument.url,
        affects=affects,
    )
