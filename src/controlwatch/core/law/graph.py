"""The legal graph that statuses are computed from: instruments, and their acts on each other.

A graph does not depend on the order in which notices were observed: it is sorted by the day of issue.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from controlwatch.core.model import (
    Deadline,
    Direction,
    EffectiveDate,
    MovedDate,
    NoticeKind,
    Relation,
    Verb,
    to_notice_key,
)

if TYPE_CHECKING:
    from controlwatch.core.law.status import LegalStatus


class LegalState(StrEnum):
    """The legal state of a notice on a day."""

    UNKNOWN = "unknown"  #: not issued yet, or not known
    NOT_YET = "not-yet"
    IN_FORCE = "in-force"
    PARTLY = "partly-suspended"
    SUSPENDED = "suspended"
    LAPSED = "lapsed"
    REPEALED = "repealed"


#: States in which a notice no longer applies.
ENDED_STATES = frozenset({LegalState.LAPSED, LegalState.REPEALED})

#: An announcement this long after an instrument may still be about it.
ANNOUNCEMENT_WINDOW = timedelta(days=30)

#: Acts that change whether another notice is in force.
BINDING_VERBS = frozenset({Verb.SUSPENDS, Verb.RESUMES, Verb.REPEALS, Verb.EXTENDS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """A notice, with the fields that legal status depends on."""

    key: str
    number: str  #: in normal form; the title where it has none
    title: str
    issued: date  #: in Beijing; with `is_dated` False, a day by which it had been issued
    is_dated: bool = True
    issuers: tuple[str, ...] = ()  #: codes
    kind: NoticeKind = NoticeKind.ANNOUNCEMENT
    enacts: bool = True  #: False: an explanation, a draft or an announcement of intent
    direction: Direction = Direction.NEUTRAL
    effective: tuple[EffectiveDate, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    relations: tuple[Relation, ...] = ()
    categories: tuple[str, ...] = ()
    proofs: tuple[tuple[str, str], ...] = ()  #: category → the quote that proves it
    url: str = ""
    doubts: tuple[str, ...] = ()  #: disagreements between the register and what was observed


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """An act of one notice on another, from a day, and perhaps until one."""

    verb: Verb
    agent: Instrument
    target: str  #: key
    clause: str | None
    start: date
    until: date | None
    quote: str
    is_certain: bool = True  #: False: which date of the agent governs the act is inferred


@dataclass(frozen=True, slots=True, kw_only=True)
class DateCorrection:
    """A notice that corrects the date of another."""

    agent: Instrument
    relation: Relation
    is_certain: bool  #: False: which of the dates it corrects is not known, and none is changed
    moved: tuple[MovedDate, ...] = ()  #: none where it is not certain


@dataclass(frozen=True, kw_only=True, eq=False)
class LegalGraph:
    """Instruments by key, and the acts on each of them."""

    issued: tuple[Instrument, ...]  #: as they were issued, in order of issue
    instruments: Mapping[str, Instrument]  #: with their dates as corrected since
    corrections_by_target: Mapping[str, tuple[DateCorrection, ...]]  #: in order of issue
    acts_by_target: Mapping[str, tuple[Act, ...]]  #: enacted, by key of the target, in order of issue
    announced_by_target: Mapping[str, tuple[Act, ...]]  #: announced, but not enacted, by the notice
    #: caches of `status`; a graph lives as long as one query, or until the store learns something new
    status_cache: dict[tuple[str, date, bool], LegalStatus] = field(default_factory=dict)
    state_cache: dict[tuple[str, date], LegalState] = field(default_factory=dict)
    change_day_cache: dict[str, frozenset[date]] = field(default_factory=dict)

    @classmethod
    def from_instruments(cls, instruments: Iterable[Instrument]) -> LegalGraph:
        """Build a graph of instruments in any order."""
        issued = tuple(sorted(instruments, key=lambda item: (item.issued, item.key)))
        corrections, ordered = _correct_dates(issued)
        acts: defaultdict[str, list[Act]] = defaultdict(list)
        announced: defaultdict[str, list[Act]] = defaultdict(list)
        for agent in ordered:
            for act in derive_acts(agent):
                (acts if agent.enacts else announced)[act.target].append(act)
        return cls(
            issued=issued,
            corrections_by_target=corrections,
            instruments={item.key: item for item in ordered},
            acts_by_target={key: tuple(group) for key, group in acts.items()},
            announced_by_target={key: tuple(group) for key, group in announced.items()},
        )

    def restrict_to(self, day: date) -> LegalGraph:
        """Return the graph of what had been issued by a day."""
        if self.latest_issue_day is None or self.latest_issue_day <= day:
            return self
        known = self._restricted_cache.get(day)
        if known is None:
            known = LegalGraph.from_instruments(item for item in self.issued if item.issued <= day)
            # The statuses of a day are asked for together: the graph of the last day is enough.
            self._restricted_cache.clear()
            self._restricted_cache[day] = known
        return known

    def get_name(self, key: str) -> str:
        """Return the number of the notice with a key, or the key."""
        known = self.instruments.get(key)
        return key if known is None else known.number

    def is_circular(self, act: Act) -> bool:
        """Return whether the target, in turn, acts on the agent, directly or through others."""
        downstream = self._downstream_cache.get(act.target)
        if downstream is None:
            downstream = self._downstream_cache[act.target] = frozenset(
                _walk_keys(
                    act.target, lambda key: (other.target for other in self.acts_by_agent.get(key, ()))
                )
            )
        return act.agent.key in downstream

    def find_upstream(self, key: str) -> tuple[str, ...]:
        """Return the key and those of all notices that act on it, directly or through others."""
        return tuple(
            _walk_keys(key, lambda other: (act.agent.key for act in self.acts_by_target.get(other, ())))
        )

    def list_announced(self, key: str) -> tuple[Act, ...]:
        """Return what was announced about a notice, but has not been enacted."""
        return tuple(act for act in self.announced_by_target.get(key, ()) if not self._is_enacted(act))

    def _is_enacted(self, announced: Act) -> bool:
        """Return whether an instrument does what was announced: to the notice, or to what it suspends."""
        enacted = [*self.acts_by_target.get(announced.target, ())]
        if announced.verb is Verb.EXTENDS:
            enacted.extend(
                other
                for act in self.acts_by_agent.get(announced.target, ())
                if act.verb is Verb.SUSPENDS
                for other in self.acts_by_target.get(act.target, ())
                if other.agent.key != announced.target
            )
        return any(_fulfils_announcement(act, announced) for act in enacted)

    @cached_property
    def latest_issue_day(self) -> date | None:
        """The latest day of issue in the graph, or None."""
        return max((item.issued for item in self.instruments.values()), default=None)

    @cached_property
    def _restricted_cache(self) -> dict[date, LegalGraph]:
        return {}

    @cached_property
    def _downstream_cache(self) -> dict[str, frozenset[str]]:
        return {}

    @cached_property
    def acts_by_agent(self) -> Mapping[str, tuple[Act, ...]]:
        """Enacted acts by the key of the notice that acts."""
        by_agent: defaultdict[str, list[Act]] = defaultdict(list)
        for acts in self.acts_by_target.values():
            for act in acts:
                by_agent[act.agent.key].append(act)
        return {key: tuple(acts) for key, acts in by_agent.items()}


def _walk_keys(start: str, list_neighbours: Callable[[str], Iterable[str]]) -> Iterator[str]:
    """Yield a key and all keys that can be reached from it, each once."""
    reached, waiting = {start}, [start]
    yield start
    while waiting:
        for key in list_neighbours(waiting.pop()):
            if key not in reached:
                reached.add(key)
                waiting.append(key)
                yield key


def is_date_correction(relation: Relation) -> bool:
    """Return whether a notice states another day for the one that it amends."""
    return relation.verb is Verb.AMENDS and (relation.start is not None or relation.until is not None)


def _correct_dates(
    issued: Iterable[Instrument],
) -> tuple[Mapping[str, tuple[DateCorrection, ...]], tuple[Instrument, ...]]:
    """Return the corrections by target, and the instruments with their dates as corrected.

    A correction has no date of its own: those that it states are dates of the notice that it corrects.
    """
    corrected = {item.key: item for item in issued}
    corrections: defaultdict[str, list[DateCorrection]] = defaultdict(list)
    for agent in corrected.copy().values():
        for relation in filter(is_date_correction, agent.relations if agent.enacts else ()):
            key = to_notice_key(relation.target)
            spans = corrected[key].effective if key in corrected and key != agent.key else ()
            meant = [span for span in spans if relation.clause in {None, span.scope}]
            if len(meant) == 1:
                moved = tuple(_move_date(span, relation) if span in meant else span for span in spans)
                corrected[key] = replace(corrected[key], effective=moved)
                own = tuple(
                    span
                    for span in corrected[agent.key].effective
                    if (span.start, span.until) != (relation.start, relation.until)
                )
                corrected[agent.key] = replace(corrected[agent.key], effective=own)
            found = DateCorrection(
                agent=agent,
                relation=relation,
                is_certain=len(meant) == 1,
                moved=tuple(_list_moves(meant[0], relation)) if len(meant) == 1 else (),
            )
            corrections[key].append(found)
    return {key: tuple(found) for key, found in corrections.items()}, tuple(corrected.values())


def _list_moves(span: EffectiveDate, relation: Relation) -> Iterator[MovedDate]:
    """Yield the days of a date that a correction moves."""
    if relation.start is not None and relation.start != span.start:
        yield MovedDate(event="takes effect", old=span.start, new=relation.start)
    if relation.until is not None and relation.until != span.until:
        yield MovedDate(event="ends", old=span.until, new=relation.until)


def _move_date(span: EffectiveDate, relation: Relation) -> EffectiveDate:
    """Return a date as another notice corrects it, with the words that do so."""
    return replace(
        span,
        start=relation.start or span.start,
        until=relation.until or span.until,
        basis="stated",
        quote=relation.quote,
    )


def derive_acts(agent: Instrument) -> Iterator[Act]:
    """Yield the acts of a notice on others, each with its days."""
    for relation in agent.relations:
        target = to_notice_key(relation.target)
        if relation.verb in BINDING_VERBS and target != agent.key:
            span, is_certain = _find_governing_date(agent, relation)
            yield Act(
                verb=relation.verb,
                agent=agent,
                target=target,
                clause=relation.clause,
                start=relation.start or (span.start if span else None) or agent.issued,
                until=relation.until or (span.until if span else None),
                quote=relation.quote,
                is_certain=is_certain,
            )


def _find_governing_date(agent: Instrument, relation: Relation) -> tuple[EffectiveDate | None, bool]:
    """Return the effective date that governs an act, and whether the text itself connects the two.

    A single date governs everything. Of several, the one whose scope names the number of the target, else the
    one in the same sentence; else a suspension is governed by the first date with an end.
    """
    if relation.start is not None or len(agent.effective) < 2:
        return next(iter(agent.effective), None), True
    n = relation.target.rpartition("-")[2]
    named = [span for span in agent.effective if f"第{n}号" in span.scope or span.scope == relation.target]
    same_sentence = [span for span in agent.effective if span.quote and span.quote in relation.quote]
    if named or same_sentence:
        return (named or same_sentence)[0], True
    if relation.verb in {Verb.SUSPENDS, Verb.EXTENDS}:
        ending = [span for span in agent.effective if span.until is not None]
        return (ending or list(agent.effective))[0], len(ending) == 1
    return agent.effective[0], False


def _fulfils_announcement(act: Act, announced: Act) -> bool:
    """Return whether an act is the announced one: it may have been announced before or after its issue."""
    prolonging = {Verb.SUSPENDS, Verb.EXTENDS}
    is_same_verb = act.verb is announced.verb or {act.verb, announced.verb} <= prolonging
    if not is_same_verb or (act.clause is not None and act.clause != announced.clause):
        return False
    if announced.until is not None:
        return act.until is None or act.until >= announced.until
    return act.agent.issued >= announced.agent.issued - ANNOUNCEMENT_WINDOW
