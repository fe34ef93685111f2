"""Why a notice has its status: which act did what from which day, with its quote, and what to beware of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from controlwatch.core.extraction.mentions.clauses import ALL
from controlwatch.core.law.graph import Act, Instrument, LegalGraph
from controlwatch.core.model import AnnouncedMeasure, Day, MovedDate, NoticeKind, Verb


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusStep:
    """A step in the explanation of a status."""

    verb: str
    number: str  #: of the notice that acts
    date: Day  #: the first day of its effect; of an end, the last day
    clause: str | None = None
    quote: str = ""
    target: str = ""  #: key of the notice that is acted on
    moved: tuple[MovedDate, ...] = ()  #: of a correction: the dates that it replaces


def explain_status(
    graph: LegalGraph, instrument: Instrument, *, is_unimpeded: Callable[[str, date], bool]
) -> tuple[StatusStep, ...]:
    """Return the steps that led to the status of a notice, oldest first, then what was only announced.

    `is_unimpeded` returns whether a part is neither suspended nor repealed on a day: a part that was
    suspended on its effective date "was to take effect".
    """
    steps = [
        StatusStep(verb="issued", number=instrument.number, date=instrument.issued, target=instrument.key)
    ]
    steps += [
        StatusStep(
            verb=DATE_CORRECTED,
            number=correction.agent.number,
            date=correction.agent.issued,
            clause=correction.relation.clause,
            quote=correction.relation.quote,
            target=instrument.key,
            moved=correction.moved,
        )
        for correction in graph.corrections_by_target.get(instrument.key, ())
        if correction.is_certain
    ]
    for span in instrument.effective:
        begins = span.start is None or is_unimpeded(span.scope, span.start)
        days = (("takes effect" if begins else "was to take effect", span.start), ("ends", span.until))
        for verb, day in days:
            if day is not None:
                steps.append(
                    StatusStep(
                        verb=verb,
                        number=instrument.number,
                        date=day,
                        clause=None if span.scope == ALL else span.scope,
                        quote=span.quote,
                        target=instrument.key,
                    )
                )
    return _order_steps(graph, instrument.key, steps)


def explain_unknown(graph: LegalGraph, key: str) -> tuple[StatusStep, ...]:
    """Return what others did to a notice that is not known itself."""
    return _order_steps(graph, key, [])


def find_upstream_acts(graph: LegalGraph, key: str) -> Iterator[Act]:
    """Yield the acts on a notice, and on those that act on it."""
    for other in graph.find_upstream(key):
        yield from graph.acts_by_target.get(other, ())


def find_announced_acts(graph: LegalGraph, key: str) -> tuple[Act, ...]:
    """Return what was announced, but not enacted, about a notice and those that act on it."""
    return tuple(
        dict.fromkeys(act for other in graph.find_upstream(key) for act in graph.list_announced(other))
    )


def list_announced_measures(
    graph: LegalGraph, keys: Iterable[str], *, after: date
) -> tuple[AnnouncedMeasure, ...]:
    """Return what was announced, but not enacted, about notices, where its term goes beyond a day."""
    acts = (act for key in keys for act in find_announced_acts(graph, key))
    return tuple(
        dict.fromkeys(
            AnnouncedMeasure(
                verb=act.verb,
                source=act.agent.number,
                on=act.agent.issued,
                until=act.until,
                quote=act.quote,
            )
            for act in acts
            if act.until is None or act.until > after
        )
    )


#: What another notice did to the date of one.
DATE_CORRECTED = "date corrected"
#: Acts with a term, which may be open-ended.
OPEN_ENDED_TERMS = {Verb.SUSPENDS: "suspension", Verb.EXTENDS: "extension"}
_STEP_ORDER = {"issued": 0, "ends": 2, "suspension ends": 2}


def _order_steps(graph: LegalGraph, key: str, steps: list[StatusStep]) -> tuple[StatusStep, ...]:
    enacted = [*steps]
    for act in find_upstream_acts(graph, key):
        enacted.append(_build_step(act, act.verb.value, act.start))
        if act.verb in OPEN_ENDED_TERMS and act.until is not None:
            verb = "suspension ends" if act.verb is Verb.SUSPENDS else "ends"
            enacted.append(_build_step(act, verb, act.until))
    enacted.sort(key=lambda step: (step.date, _STEP_ORDER.get(step.verb, 1)))
    announced = (
        _build_step(act, f"announced, not enacted: {act.verb.value}", act.agent.issued)
        for act in find_announced_acts(graph, key)
    )
    return tuple(dict.fromkeys((*enacted, *announced)))


def _build_step(act: Act, verb: str, day: date) -> StatusStep:
    return StatusStep(
        verb=verb, number=act.agent.number, date=day, clause=act.clause, quote=act.quote, target=act.target
    )


def list_cautions(
    graph: LegalGraph, instrument: Instrument, on: date, *, is_repealed: bool = False
) -> Iterator[str]:
    """Yield, as sentences, what a person must know before relying on the status of a notice.

    Of one that is repealed, no suspension and no announced extension matters.
    """
    yield from _caution_about_instrument(instrument)
    for correction in graph.corrections_by_target.get(instrument.key, ()):
        if not correction.is_certain:
            agent = correction.agent.number
            yield f"which of the dates of {instrument.number} {agent} corrects is not known: none is changed"
    for act in graph.acts_by_target.get(instrument.key, ()):
        agent, number = act.agent.number, instrument.number
        if graph.is_circular(act):
            yield (
                f"{agent} {act.verb.value} {number}, and {number} acts on {agent} in turn: "
                "both acts apply as written, a person must decide"
            )
        if not act.is_certain:
            yield f"which of the dates of {agent} governs that it {act.verb.value} {number} is our inference"
        if act.start < act.agent.issued <= on:
            yield f"{agent} was issued on {act.agent.issued} and reaches back to {act.start}"
    yield from instrument.doubts
    if is_repealed:
        return
    for act in find_upstream_acts(graph, instrument.key):
        if act.verb in OPEN_ENDED_TERMS and act.until is None:
            yield f"{act.agent.number} states no end of the {OPEN_ENDED_TERMS[act.verb]}"
    for act in find_announced_acts(graph, instrument.key):
        until = f" until {act.until}" if act.until else ""
        yield (
            f"announced, not enacted: {act.agent.number} ({act.agent.issued}) says that it {act.verb.value} "
            f"{graph.get_name(act.target)}{until}; no instrument is known"
        )


def _caution_about_instrument(instrument: Instrument) -> Iterator[str]:
    number, issued = instrument.number, instrument.issued
    if not instrument.is_dated:
        yield f"the day of issue of {number} is not known; it counts from {issued}, by which it was issued"
    starts = [span.start for span in instrument.effective if span.start is not None]
    if starts and min(starts) < issued:
        yield f"{number} was issued on {issued} and reaches back to {min(starts)}"
    if instrument.kind is NoticeKind.DRAFT:
        yield f"{number} is a draft: it is not law"
    elif not instrument.enacts:
        yield f"{number} explains or reports: it sets no rule of its own"
    elif not instrument.effective or any(span.start is None for span in instrument.effective):
        yield f"{number} does not state when it takes effect; it counts from {issued}, its day of issue"
