"""Why a notice is what it is: who did what to it from which day, in whose words, and what to beware of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from controlwatch.core.clauses import ALL
from controlwatch.core.ledger import Act, Instrument, Ledger
from controlwatch.core.model import Day, Kind, Verb


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A step of the chain that makes a status."""

    verb: str
    number: str  #: of the notice that does it
    date: Day  #: from which it does; of an end, the last day
    clause: str | None = None
    quote: str = ""
    target: str = ""  #: key of the notice it is done to


def chain(ledger: Ledger, instrument: Instrument, *, stands: Callable[[str, date], bool]) -> Iterator[Link]:
    """Yield what made the notice what it is, oldest first, then what was only announced.

    `stands` says of a part and a day whether nothing holds it up: a date that came while the part was
    suspended is one on which it was to take effect.
    """
    steps = [Link(verb="issued", number=instrument.number, date=instrument.issued, target=instrument.key)]
    for found in instrument.effective:
        begins = found.start is None or stands(found.scope, found.start)
        days = (("takes effect" if begins else "was to take effect", found.start), ("ends", found.until))
        for verb, day in days:
            if day is not None:
                steps.append(
                    Link(
                        verb=verb,
                        number=instrument.number,
                        date=day,
                        clause=None if found.scope == ALL else found.scope,
                        quote=found.quote,
                        target=instrument.key,
                    )
                )
    steps.extend(links(ledger, instrument.key, seen=frozenset({instrument.key})))
    yield from sorted(steps, key=lambda step: (step.date, _ORDER.get(step.verb, 1)))
    for act in announced(ledger, instrument.key):
        yield _link(act, f"announced, not enacted: {act.verb.value}", act.agent.issued)


_ORDER = {"issued": 0, "ends": 2, "suspension ends": 2}


def links(ledger: Ledger, key: str, *, seen: frozenset[str]) -> Iterator[Link]:
    """Yield what was done to a notice, and to those that did it; `seen` are keys not to come back to."""
    for act in ledger.acts.get(key, ()):
        yield _link(act, act.verb.value, act.start)
        if act.verb in {Verb.SUSPENDS, Verb.EXTENDS} and act.until is not None:
            yield _link(act, "suspension ends" if act.verb is Verb.SUSPENDS else "ends", act.until)
        if act.agent.key not in seen:
            yield from links(ledger, act.agent.key, seen=seen | {act.agent.key})


def _link(act: Act, verb: str, day: date) -> Link:
    return Link(
        verb=verb, number=act.agent.number, date=day, clause=act.clause, quote=act.quote, target=act.target
    )


def announced(ledger: Ledger, key: str) -> tuple[Act, ...]:
    """Return what was said, but not enacted, of a notice and of those that act on it."""
    own = ledger.announced.get(key, ())
    through = (said for act in ledger.acts.get(key, ()) for said in ledger.announced.get(act.agent.key, ()))
    return tuple(dict.fromkeys((*own, *through)))


def cautions(ledger: Ledger, instrument: Instrument, on: date) -> Iterator[str]:
    """Yield what a person must know before relying on the status of a notice."""
    yield from _of_itself(instrument)
    for act in ledger.acts.get(instrument.key, ()):
        yield from _of_an_act(ledger, instrument, act, on)
    for act in announced(ledger, instrument.key):
        until = f" until {act.until}" if act.until else ""
        yield (
            f"announced, not enacted: {act.agent.number} ({act.agent.issued}) says that it {act.verb.value} "
            f"{ledger.name(act.target)}{until}; no instrument is known"
        )
    yield from instrument.doubts


def _of_itself(instrument: Instrument) -> Iterator[str]:
    number, issued = instrument.number, instrument.issued
    if not instrument.dated:
        yield f"the day of issue of {number} is not known; it counts from {issued}, by which it was issued"
    if instrument.kind is Kind.DRAFT:
        yield f"{number} is a draft: it is not law"
    elif not instrument.enacts:
        yield f"{number} explains or reports: it sets no rule of its own"
    elif not instrument.effective or any(found.start is None for found in instrument.effective):
        yield f"{number} does not state when it takes effect; it counts from {issued}, its day of issue"


def _of_an_act(ledger: Ledger, instrument: Instrument, act: Act, on: date) -> Iterator[str]:
    agent, number = act.agent.number, instrument.number
    if ledger.circular(act):
        yield (
            f"{agent} {act.verb.value} {number}, and {number} acts on {agent} in turn: "
            "both acts are taken at their word, a person must decide"
        )
    if not act.sure:
        yield f"which of the dates of {agent} governs that it {act.verb.value} {number} is our inference"
    if act.start < act.agent.issued <= on:
        yield f"{agent} was issued on {act.agent.issued} and reaches back to {act.start}"
    if act.verb is Verb.SUSPENDS and act.until is None:
        yield f"{agent} states no end of the suspension"
