"""The periods of the legal state of notices, for a picture of what controlled an item, and when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from controlwatch.core.law.explanation import list_announced_measures
from controlwatch.core.law.graph import LegalGraph, LegalState
from controlwatch.core.law.status import collect_change_days, compute_status
from controlwatch.core.model import AnnouncedMeasure, Day


@dataclass(frozen=True, slots=True, kw_only=True)
class StatePeriod:
    """Days on which a notice had one state; a status on a day rests on what had been issued by that day."""

    first: Day
    last: Day | None  #: None: nothing issued ends it
    state: LegalState


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineRow:
    """A notice and the periods of its state, from the day of its issue on."""

    key: str
    number: str  #: the title where it has none
    title: str
    periods: tuple[StatePeriod, ...]
    announced: tuple[AnnouncedMeasure, ...] = ()  #: announced about it, without a legal instrument


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The newest notices of a subject, and how many older ones there are."""

    rows: tuple[TimelineRow, ...]  #: oldest first
    older: int = 0


def build_timeline(graph: LegalGraph, keys: Iterable[str], *, today: date, most: int) -> Timeline:
    """Return rows for the `most` newest known instruments of these keys."""
    issued = [
        (graph.instruments[key].issued, key)
        for key in dict.fromkeys(keys)
        if key in graph.instruments and graph.instruments[key].enacts
    ]
    chosen = [key for _, key in sorted(issued)[-most:]]
    # All that acts on them, and no more: each day has a graph of its own.
    reached = {other for key in chosen for other in graph.find_upstream(key)} & graph.instruments.keys()
    closed = LegalGraph.from_instruments(graph.instruments[key] for key in reached)
    known_by: dict[date, LegalGraph] = {}
    rows = []
    for key in chosen:
        instrument = graph.instruments[key]
        rows.append(
            TimelineRow(
                key=key,
                number=instrument.number,
                title=instrument.title,
                periods=tuple(_list_periods(closed, key, known_by)),
                announced=list_announced_measures(graph, (key,), after=today),
            )
        )
    return Timeline(rows=tuple(rows), older=len(issued) - len(chosen))


def _list_periods(graph: LegalGraph, key: str, known_by: dict[date, LegalGraph]) -> Iterator[StatePeriod]:
    issued = graph.instruments[key].issued
    days = sorted({issued, *(day for day in collect_change_days(graph, key) if day > issued)})
    states: list[tuple[date, LegalState]] = []
    for day in days:
        known = known_by.setdefault(day, graph.restrict_to(day))
        state = compute_status(known, key, day, chained=False).state
        if not states or states[-1][1] is not state:
            states.append((day, state))
    ends = [day - timedelta(days=1) for day, _ in states[1:]]
    for (first, state), last in zip(states, [*ends, None], strict=True):
        yield StatePeriod(first=first, last=last, state=state)
