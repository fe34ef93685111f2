"""The history of controls: every step in the explanations of some notices, in order of time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from controlwatch.core.law.answers import HistoryStep
from controlwatch.core.law.graph import LegalGraph
from controlwatch.core.law.status import collect_change_days, compute_status
from controlwatch.core.model import Verb

#: After every day that a notice names.
END_OF_TIME = date.max
_VERBS = frozenset(Verb)


def build_newest_history(
    graph: LegalGraph, keys: Iterable[str], others: Iterable[HistoryStep], count: int
) -> tuple[HistoryStep, ...]:
    """Return the same for the notices that reach furthest: the `count` newest steps of all are in it."""
    known, remarks = [key for key in keys if key in graph.instruments], tuple(others)
    latest = {key: max(collect_change_days(graph, key)) for key in known}
    ordered = sorted(known, key=latest.__getitem__, reverse=True)
    taken = count
    while True:
        chosen = frozenset(ordered[:taken])
        steps = build_history(graph, (key for key in known if key in chosen), remarks)
        # The notices that are left out end by a day: what comes later is complete.
        bound = latest[ordered[taken]] if taken < len(ordered) else None
        if bound is None or sum(step.date is None or step.date > bound for step in steps) >= count:
            return steps
        taken *= 2


def build_history(
    graph: LegalGraph, keys: Iterable[str], others: Iterable[HistoryStep] = ()
) -> tuple[HistoryStep, ...]:
    """Return the steps of these notices and of all that act on them, each once; `others` mixed in."""
    by_number = {instrument.number: instrument for instrument in graph.instruments.values()}
    statuses = (compute_status(graph, key, END_OF_TIME) for key in keys if key in graph.instruments)
    steps: dict[HistoryStep, None] = {}
    for step in (step for status in statuses for step in status.chain):
        agent = by_number.get(step.number)
        what = step.verb
        if what == "suspension ends":
            what += f" of {graph.get_name(step.target)}"
        elif what.rpartition(": ")[2] in _VERBS:
            what += f" {graph.get_name(step.target)}"
        row = HistoryStep(
            date=step.date,
            what=f"{what} {step.clause}" if step.clause else what,
            number=step.number,
            title=agent.title if agent is not None else "",
            direction=agent.direction.value if agent is not None else "",
            quote=step.quote,
            url=agent.url if agent is not None else "",
            key=agent.key if agent is not None else "",
        )
        steps[row] = None
    in_order = sorted(
        (*steps, *others), key=lambda step: (step.date is None, str(step.date), step.what != "issued")
    )
    return tuple(in_order)
