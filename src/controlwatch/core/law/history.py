"""How controls came to be what they are: every step of the chains of some notices, in order of time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from controlwatch.core.law.answers import HistoryStep
from controlwatch.core.law.explanation import StatusStep
from controlwatch.core.law.graph import Instrument, LegalGraph
from controlwatch.core.law.status import compute_status
from controlwatch.core.model import Verb

#: After every day that a notice names.
END_OF_TIME = date.max
_VERBS = frozenset(Verb)


def build_history(
    ledger: LegalGraph, keys: Iterable[str], others: Iterable[HistoryStep] = ()
) -> tuple[HistoryStep, ...]:
    """Return the steps of these notices and of all that act on them, each once; `others` mixed in."""
    by_number = {found.number: found for found in ledger.instruments.values()}
    found = dict.fromkeys(
        _build_step(ledger, link, by_number)
        for key in keys
        if key in ledger.instruments
        for link in compute_status(ledger, key, END_OF_TIME).chain
    )
    return tuple(sorted((*found, *others), key=_get_sort_key))


def _build_step(ledger: LegalGraph, link: StatusStep, by_number: dict[str, Instrument]) -> HistoryStep:
    agent = by_number.get(link.number)
    return HistoryStep(
        date=link.date,
        what="".join(_describe_step(ledger, link)),
        number=link.number,
        title=agent.title if agent is not None else "",
        direction=agent.direction.value if agent is not None else "",
        quote=link.quote,
        url=agent.url if agent is not None else "",
    )


def _describe_step(ledger: LegalGraph, link: StatusStep) -> Iterator[str]:
    yield link.verb
    if link.verb.rpartition(": ")[2] in _VERBS or link.verb == "suspension ends":
        yield f"{' of' if link.verb == 'suspension ends' else ''} {ledger.get_name(link.target)}"
    if link.clause:
        yield f" {link.clause}"


def _get_sort_key(step: HistoryStep) -> tuple[bool, str, bool]:
    return step.date is None, str(step.date), step.what != "issued"
