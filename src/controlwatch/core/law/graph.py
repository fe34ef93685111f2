"""What status is computed from: notices as law, and who acts on whom.

A ledger does not depend on the order in which notices reached us: it is sorted by the day of issue.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property

from controlwatch.core.model import (
    Deadline,
    Direction,
    EffectiveDate,
    NoticeKind,
    Relation,
    Verb,
    to_notice_key,
)


class LegalState(StrEnum):
    """What a notice is on a day."""

    UNKNOWN = "unknown"  #: not issued yet, or not known to us
    NOT_YET = "not-yet"
    IN_FORCE = "in-force"
    PARTLY = "partly-suspended"
    SUSPENDED = "suspended"
    LAPSED = "lapsed"
    REPEALED = "repealed"


#: States in which a notice no longer counts.
ENDED_STATES = frozenset({LegalState.LAPSED, LegalState.REPEALED})

#: What was said so long after an instrument still speaks of it.
ANNOUNCEMENT_WINDOW = timedelta(days=30)

#: Acts that change whether another notice binds.
BINDING_VERBS = frozenset({Verb.SUSPENDS, Verb.RESUMES, Verb.REPEALS, Verb.EXTENDS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """A notice as far as legal status depends on it."""

    key: str
    number: str  #: as people write it; the title where there is none
    title: str
    issued: date  #: in Beijing; with `is_dated` False, the first day by which it must have been issued
    is_dated: bool = True
    kind: NoticeKind = NoticeKind.ANNOUNCEMENT
    enacts: bool = True  #: it is an instrument, not an explanation, a draft or an announcement of intent
    direction: Direction = Direction.NEUTRAL
    effective: tuple[EffectiveDate, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    relations: tuple[Relation, ...] = ()
    categories: tuple[str, ...] = ()
    proofs: tuple[tuple[str, str], ...] = ()  #: category → the words that prove it
    url: str = ""
    doubts: tuple[str, ...] = ()  #: disagreements between the register and what was observed


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One notice acting on another, from a day, perhaps until one."""

    verb: Verb
    agent: Instrument
    target: str  #: key
    clause: str | None
    start: date
    until: date | None
    quote: str
    is_certain: bool = True  #: False: which of the agent's dates governs this act is our inference


@dataclass(frozen=True, kw_only=True, eq=False)
class LegalGraph:
    """Instruments by key, and the acts on each of them."""

    instruments: Mapping[str, Instrument]
    acts_by_target: Mapping[str, tuple[Act, ...]]  #: enacted, by key of the target, in order of issue
    announced_by_target: Mapping[str, tuple[Act, ...]]  #: by somebody who did not enact it
    #: what `status` has worked out so far, for the length of one answer
    state_cache: dict[tuple[str, date], LegalState] = field(default_factory=dict)
    change_day_cache: dict[str, frozenset[date]] = field(default_factory=dict)

    @classmethod
    def from_instruments(cls, instruments: Iterable[Instrument]) -> LegalGraph:
        """Make a ledger of instruments in any order."""
        ordered = sorted(instruments, key=lambda found: (found.issued, found.key))
        acts: defaultdict[str, list[Act]] = defaultdict(list)
        said: defaultdict[str, list[Act]] = defaultdict(list)
        for agent in ordered:
            for act in derive_acts(agent):
                (acts if agent.enacts else said)[act.target].append(act)
        return cls(
            instruments={found.key: found for found in ordered},
            acts_by_target={key: tuple(found) for key, found in acts.items()},
            announced_by_target={key: tuple(found) for key, found in said.items()},
        )

    def restrict_to(self, day: date) -> LegalGraph:
        """Return the ledger as it stood on a day: nothing issued later."""
        if self.latest_issue_day is None or self.latest_issue_day <= day:
            return self
        return LegalGraph.from_instruments(
            found for found in self.instruments.values() if found.issued <= day
        )

    def get_name(self, key: str) -> str:
        """Return what people call the notice of a key."""
        known = self.instruments.get(key)
        return key if known is None else known.number

    def is_circular(self, act: Act) -> bool:
        """Say whether the target, in turn, acts on the agent, straight or through others."""
        return act.agent.key in self._find_downstream(act.target)

    def find_upstream(self, key: str) -> tuple[str, ...]:
        """Return the key and those of all notices that act on it, straight or through others."""
        found = {key: None}
        waiting = [key]
        while waiting:
            for act in self.acts_by_target.get(waiting.pop(), ()):
                if act.agent.key not in found:
                    found[act.agent.key] = None
                    waiting.append(act.agent.key)
        return tuple(found)

    def list_announced(self, key: str) -> tuple[Act, ...]:
        """Return what was said, but has not been enacted, of a notice."""
        return tuple(act for act in self.announced_by_target.get(key, ()) if not self._is_enacted(act))

    def _is_enacted(self, said: Act) -> bool:
        """Say whether an instrument does what was said: to the notice, or to what that notice suspends."""
        held_up = (act.target for act in self.acts_by_agent.get(said.target, ()) if act.verb is Verb.SUSPENDS)
        done = [*self.acts_by_target.get(said.target, ())]
        if said.verb is Verb.EXTENDS:
            done.extend(
                act
                for key in held_up
                for act in self.acts_by_target.get(key, ())
                if act.agent.key != said.target
            )
        return any(_fulfils_announcement(act, said) for act in done)

    def _find_downstream(self, key: str) -> frozenset[str]:
        """Return the keys that a notice acts on, through any number of others."""
        known = self._downstream_cache.get(key)
        if known is None:
            seen: set[str] = set()
            waiting = [key]
            while waiting:
                for act in self.acts_by_agent.get(waiting.pop(), ()):
                    if act.target not in seen:
                        seen.add(act.target)
                        waiting.append(act.target)
            known = self._downstream_cache[key] = frozenset(seen)
        return known

    @cached_property
    def latest_issue_day(self) -> date | None:
        """The day of the latest issue in it."""
        return max((found.issued for found in self.instruments.values()), default=None)

    @cached_property
    def _downstream_cache(self) -> dict[str, frozenset[str]]:
        return {}

    @cached_property
    def acts_by_agent(self) -> Mapping[str, tuple[Act, ...]]:
        """Enacted acts by the key of the notice that acts."""
        found: defaultdict[str, list[Act]] = defaultdict(list)
        for acts in self.acts_by_target.values():
            for act in acts:
                found[act.agent.key].append(act)
        return {key: tuple(acts) for key, acts in found.items()}


def derive_acts(agent: Instrument) -> Iterator[Act]:
    """Yield what a notice does to others, each act with the days that govern it."""
    for relation in agent.relations:
        target = to_notice_key(relation.target)
        if relation.verb in BINDING_VERBS and target != agent.key:
            span, sure = _find_governing_date(agent, relation)
            yield Act(
                verb=relation.verb,
                agent=agent,
                target=target,
                clause=relation.clause,
                start=relation.start or (span.start if span else None) or agent.issued,
                until=relation.until or (span.until if span else None),
                quote=relation.quote,
                is_certain=sure,
            )


def _find_governing_date(agent: Instrument, relation: Relation) -> tuple[EffectiveDate | None, bool]:
    """Return the effective date that an act goes by, and whether the text itself ties the two together.

    One date governs everything. Of several, the one whose scope names the target's number, else the
    one that stands in the same sentence; else a suspension goes by the first that has an end.
    """
    if relation.start is not None or len(agent.effective) < 2:
        return next(iter(agent.effective), None), True
    n = relation.target.rpartition("-")[2]
    named = [
        found for found in agent.effective if f"第{n}号" in found.scope or found.scope == relation.target
    ]
    same = [found for found in agent.effective if found.quote and found.quote in relation.quote]
    for tied in (named, same):
        if tied:
            return tied[0], True
    if relation.verb in {Verb.SUSPENDS, Verb.EXTENDS}:
        ending = [found for found in agent.effective if found.until is not None]
        return (ending or list(agent.effective))[0], len(ending) == 1
    return agent.effective[0], False


def _fulfils_announcement(act: Act, said: Act) -> bool:
    """Say whether an act is what was said: press and officials speak of instruments before and after."""
    prolongs = {Verb.SUSPENDS, Verb.EXTENDS}
    alike = act.verb is said.verb or {act.verb, said.verb} <= prolongs
    if not alike or (act.clause is not None and act.clause != said.clause):
        return False
    if said.until is not None:
        return act.until is None or act.until >= said.until
    return act.agent.issued >= said.agent.issued - ANNOUNCEMENT_WINDOW
