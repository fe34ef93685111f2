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


def build_timeline(graph: LegalGraph, keys: Iterable[str], *, today: date) -> tuple[TimelineRow, ...]:
    """Return a row for each known instrument of these keys, oldest first."""
    known_by: dict[date, LegalGraph] = {}
    rows = []
    for key in dict.fromkeys(keys):
        instrument = graph.instruments.get(key)
        if instrument is None or not instrument.enacts:
            continue
        rows.append(
            TimelineRow(
                key=key,
                number=instrument.number,
                title=instrument.title,
                periods=tuple(_list_periods(graph, key, known_by)),
                announced=list_announced_measures(graph, (key,), after=today),
            )
        )
    return tuple(sorted(rows, key=lambda row: (graph.instruments[row.key].issued, row.key)))


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
