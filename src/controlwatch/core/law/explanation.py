"""Why a notice is what it is: who did what to it from which day, in whose words, and what to beware of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from controlwatch.core.law.clauses import ALL
from controlwatch.core.law.graph import Act, Instrument, Ledger
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


def chain(ledger: Ledger, instrument: Instrument, *, stands: Callable[[str, date], bool]) -> tuple[Link, ...]:
    """Return what made the notice what it is, oldest first, then what was only announced.

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
    return _ordered(ledger, instrument.key, steps)


def chain_of_unknown(ledger: Ledger, key: str) -> tuple[Link, ...]:
    """Return what others did to a notice that we have never seen itself."""
    return _ordered(ledger, key, [])


def acts_behind(ledger: Ledger, key: str) -> Iterator[Act]:
    """Yield the acts on a notice, and on those that act on it."""
    for other in ledger.behind(key):
        yield from ledger.acts.get(other, ())


def announced(ledger: Ledger, key: str) -> tuple[Act, ...]:
    """Return what was said, but not enacted, of a notice and of those that act on it."""
    return tuple(dict.fromkeys(said for other in ledger.behind(key) for said in ledger.announced(other)))


UNENDING = {Verb.SUSPENDS: "suspension", Verb.EXTENDS: "extension"}
_ORDER = {"issued": 0, "ends": 2, "suspension ends": 2}


def _ordered(ledger: Ledger, key: str, steps: list[Link]) -> tuple[Link, ...]:
    acted = (link for act in acts_behind(ledger, key) for link in _links(act))
    enacted = sorted((*steps, *acted), key=lambda step: (step.date, _ORDER.get(step.verb, 1)))
    said = (
        _link(act, f"announced, not enacted: {act.verb.value}", act.agent.issued)
        for act in announced(ledger, key)
    )
    return tuple(dict.fromkeys((*enacted, *said)))


def _links(act: Act) -> Iterator[Link]:
    yield _link(act, act.verb.value, act.start)
    if act.verb in {Verb.SUSPENDS, Verb.EXTENDS} and act.until is not None:
        yield _link(act, "suspension ends" if act.verb is Verb.SUSPENDS else "ends", act.until)


def _link(act: Act, verb: str, day: date) -> Link:
    return Link(
        verb=verb, number=act.agent.number, date=day, clause=act.clause, quote=act.quote, target=act.target
    )


def cautions(ledger: Ledger, instrument: Instrument, on: date) -> Iterator[str]:
    """Yield what a person must know before relying on the status of a notice."""
    yield from _of_itself(instrument)
    for act in ledger.acts.get(instrument.key, ()):
        yield from _of_an_act(ledger, instrument, act, on)
    for act in acts_behind(ledger, instrument.key):
        if act.verb in UNENDING and act.until is None:
            yield f"{act.agent.number} states no end of the {UNENDING[act.verb]}"
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
    starts = [found.start for found in instrument.effective if found.start is not None]
    if starts and min(starts) < issued:
        yield f"{number} was issued on {issued} and reaches back to {min(starts)}"
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
