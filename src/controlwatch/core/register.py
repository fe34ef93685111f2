"""The register: known notices as facts, and how what is observed completes or corrects them.

An observed text outweighs the register; the register fills in what the text as read does not say. Where
the two disagree, both are kept in sight as a doubt that begins with `register:`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from controlwatch.core.model import (
    CategoryFinding,
    Direction,
    EffectiveDate,
    Notice,
    Relation,
    key_of,
)

DOUBT = "register: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A known notice: its facts, and the official addresses it stands at."""

    key: str
    notice: Notice
    urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """The shipped history."""

    entries: Mapping[str, Entry] = field(default_factory=dict)  #: by key
    as_of: date | None = None  #: the newest evidence; what came later is not in it
    digest: str = ""  #: of the files it was made from

    def completed(self, notice: Notice, key: str) -> Notice:
        """Return an observed notice with what the register knows beyond it, disagreements as doubts."""
        entry = self.entries.get(key)
        return notice if entry is None else complete(notice, entry.notice)

    def without(self, keys: frozenset[str]) -> Register:
        """Return the register but for some notices."""
        kept = {key: entry for key, entry in self.entries.items() if key not in keys}
        return replace(self, entries=kept)


def complete(observed: Notice, known: Notice) -> Notice:
    """Merge one notice as read with the same notice as the register knows it."""
    doubts = tuple(f"{DOUBT}{doubt}" for doubt in _disagreements(observed, known))
    change = observed.is_change or known.is_change
    return replace(
        observed,
        published=observed.published or known.published,
        is_change=change,
        reports_change=observed.reports_change or change,
        direction=known.direction if observed.direction is Direction.NEUTRAL else observed.direction,
        effective=_effective(observed, known),
        deadlines=observed.deadlines or known.deadlines,
        categories=(*observed.categories, *_categories(observed, known)),
        hs_codes=observed.hs_codes or known.hs_codes,
        control_codes=observed.control_codes or known.control_codes,
        destinations=observed.destinations or known.destinations,
        entities=observed.entities or known.entities,
        relations=tuple(_relations(observed, known)),
        doubts=(*observed.doubts, *doubts),
    )


def _stated(notice: Notice) -> tuple[EffectiveDate, ...]:
    return tuple(found for found in notice.effective if found.start is not None)


def _effective(observed: Notice, known: Notice) -> tuple[EffectiveDate, ...]:
    """Take the dates as read; their ends, and all of them where none is stated, from the register."""
    if not _stated(observed):
        return known.effective or observed.effective
    ends = {found.start: found.until for found in known.effective if found.until is not None}
    return tuple(
        replace(found, until=ends[found.start]) if found.until is None and found.start in ends else found
        for found in observed.effective
    )


def _categories(observed: Notice, known: Notice) -> Iterator[CategoryFinding]:
    stated = {found.id for found in observed.categories}
    for found in known.categories:
        if found.id not in stated:
            yield replace(found, basis="register")


def _relations(observed: Notice, known: Notice) -> Iterator[Relation]:
    """Yield the relations as read, with the terms that the register knows, and then those it knows beyond."""
    theirs = {_act(relation): relation for relation in known.relations}
    for relation in observed.relations:
        same = theirs.pop(_act(relation), None)
        if same is None:
            yield relation
        else:
            clause = relation.clause or same.clause
            yield replace(relation, clause=clause, start=same.start, until=same.until)
    yield from theirs.values()


def _act(relation: Relation) -> tuple[str, str]:
    return relation.verb.value, key_of(relation.target)


def _disagreements(observed: Notice, known: Notice) -> Iterator[str]:
    """Yield what the text as read and the register say differently, in a sentence each."""
    if observed.published and known.published and observed.published != known.published:
        yield f"issued {observed.published} by this page, {known.published} by the register"
    for name, days in (("takes effect", "start"), ("ends", "until")):
        read = {getattr(found, days) for found in observed.effective} - {None}
        held = {getattr(found, days) for found in known.effective} - {None}
        if read and held and read != held:
            yield f"{name} {_days(read)} by this page, {_days(held)} by the register"
    if known.is_change and not observed.is_change:
        yield "this page as read changes no rule; the register knows the notice as one that does"
    directions = {observed.direction, known.direction}
    if len(directions) == 2 and Direction.NEUTRAL not in directions:
        yield f"{observed.direction.value} by this page, {known.direction.value} by the register"
    acts = {_act(relation) for relation in observed.relations}
    for relation in known.relations:
        if observed.is_change and _act(relation) not in acts:
            yield f"by the register it {relation.verb.value} {relation.target}; this page as read does not"


def _days(days: set[date]) -> str:
    return ", ".join(str(day) for day in sorted(days))
