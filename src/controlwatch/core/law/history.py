"""How controls came to be what they are: every step of the chains of some notices, in order of time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from controlwatch.core.law.answers import Step
from controlwatch.core.law.explanation import Link
from controlwatch.core.law.graph import Instrument, Ledger
from controlwatch.core.law.status import status
from controlwatch.core.model import Verb

#: After every day that a notice names.
END_OF_TIME = date.max
_VERBS = frozenset(Verb)


def steps(ledger: Ledger, keys: Iterable[str], others: Iterable[Step] = ()) -> tuple[Step, ...]:
    """Return the steps of these notices and of all that act on them, each once; `others` mixed in."""
    by_number = {found.number: found for found in ledger.instruments.values()}
    found = dict.fromkeys(
        _step(ledger, link, by_number)
        for key in keys
        if key in ledger.instruments
        for link in status(ledger, key, END_OF_TIME).chain
    )
    return tuple(sorted((*found, *others), key=_by_date))


def _step(ledger: Ledger, link: Link, by_number: dict[str, Instrument]) -> Step:
    agent = by_number.get(link.number)
    return Step(
        date=link.date,
        what="".join(_what(ledger, link)),
        number=link.number,
        title=agent.title if agent is not None else "",
        direction=agent.direction.value if agent is not None else "",
        quote=link.quote,
        url=agent.url if agent is not None else "",
    )


def _what(ledger: Ledger, link: Link) -> Iterator[str]:
    yield link.verb
    if link.verb.rpartition(": ")[2] in _VERBS or link.verb == "suspension ends":
        yield f"{' of' if link.verb == 'suspension ends' else ''} {ledger.name(link.target)}"
    if link.clause:
        yield f" {link.clause}"


def _by_date(step: Step) -> tuple[bool, str, bool]:
    return step.date is None, str(step.date), step.what != "issued"
