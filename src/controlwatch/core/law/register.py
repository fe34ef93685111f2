"""The register: known notices as facts, and how what is observed completes or corrects them.

An observed text outweighs the register; the register fills in what the text as read does not say. Where
the two disagree, both are kept in sight as a doubt that begins with `register:`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from controlwatch.core.law.party_names import normalize_name
from controlwatch.core.model import (
    CategoryFinding,
    CodeFinding,
    Direction,
    EffectiveDate,
    Notice,
    Relation,
    to_notice_key,
)

DOUBT_PREFIX = "register: "
#: The rule of a fact that the register brought.
REGISTER_RULE = "register"
#: So many codes or names are spelt out in a doubt.
MAX_SPELT_OUT = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterEntry:
    """A known notice: its facts, the official addresses it stands at, and what else it is called."""

    key: str  #: its number's key; of an unnumbered notice a name of ours
    notice: Notice
    urls: tuple[str, ...] = ()  #: as a person opens them
    addresses: tuple[str, ...] = ()  #: the same, canonical
    aliases: tuple[str, ...] = ()  #: titles that notices cite it by


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """The shipped history."""

    entries: Mapping[str, RegisterEntry] = field(default_factory=dict)  #: by key
    as_of: date | None = None  #: the newest evidence; what came later is not in it
    digest: str = ""  #: of the files it was made from

    def complete_notice(self, notice: Notice, address: str) -> Notice:
        """Return an observed notice with what the register knows beyond it, disagreements as doubts.

        It is found by its number, or, where it has none, by its canonical address.
        """
        key = notice.number.key if notice.number is not None else self._find_by_address(address)
        entry = self.entries.get(key or "")
        return (
            notice if entry is None else merge_register_facts(notice, entry.notice, same=self.resolve_target)
        )

    def resolve_target(self, name: str) -> str:
        """Return the key behind a number or a title that a notice cites."""
        return self._map_aliases().get(name, to_notice_key(name))

    def exclude_keys(self, keys: frozenset[str]) -> Register:
        """Return the register but for some notices."""
        kept = {key: entry for key, entry in self.entries.items() if key not in keys}
        return replace(self, entries=kept)

    def _find_by_address(self, address: str) -> str | None:
        return next((key for key, entry in self.entries.items() if address in entry.addresses), None)

    def _map_aliases(self) -> dict[str, str]:
        return {alias: key for key, entry in self.entries.items() for alias in entry.aliases}


def merge_register_facts(
    observed: Notice, known: Notice, *, same: Callable[[str], str] = to_notice_key
) -> Notice:
    """Merge one notice as read with the same notice as the register knows it.

    `same` gives the key behind a number or title, so that the two can cite one notice differently.
    """
    doubts = tuple(f"{DOUBT_PREFIX}{doubt}" for doubt in _find_disagreements(observed, known, same))
    change = observed.is_change or known.is_change
    return replace(
        observed,
        published=_merge_issue_day(observed, known),
        is_change=change,
        reports_change=observed.reports_change or change,
        direction=known.direction if observed.direction is Direction.NEUTRAL else observed.direction,
        effective=_merge_effective(observed, known),
        deadlines=observed.deadlines or known.deadlines,
        categories=(*observed.categories, *_find_added_categories(observed, known)),
        hs_codes=observed.hs_codes or known.hs_codes,
        control_codes=observed.control_codes or known.control_codes,
        destinations=observed.destinations or known.destinations,
        entities=observed.entities or known.entities,
        relations=tuple(_merge_relations(observed, known, same)),
        doubts=(*observed.doubts, *doubts, *_list_gaps(observed, known)),
    )


def strip_register_facts(notice: Notice) -> Notice:
    """Return a completed notice without what an earlier register had filled in."""
    return replace(
        notice,
        effective=tuple(found for found in notice.effective if found.rule != REGISTER_RULE),
        deadlines=tuple(found for found in notice.deadlines if found.rule != REGISTER_RULE),
        categories=tuple(found for found in notice.categories if found.basis != "register"),
        hs_codes=tuple(found for found in notice.hs_codes if found.rule != REGISTER_RULE),
        control_codes=tuple(found for found in notice.control_codes if found.rule != REGISTER_RULE),
        relations=tuple(found for found in notice.relations if found.rule != REGISTER_RULE),
        doubts=tuple(doubt for doubt in notice.doubts if not doubt.startswith(DOUBT_PREFIX)),
    )


def _merge_issue_day(observed: Notice, known: Notice) -> date | None:
    """Return the earlier day: a page can go up after its notice was issued, never before."""
    days = [day for day in (observed.published, known.published) if day is not None]
    return min(days, default=None)


def _merge_effective(observed: Notice, known: Notice) -> tuple[EffectiveDate, ...]:
    """Take the dates as read; their ends, and all of them where none is stated, from the register."""
    if not any(found.start is not None for found in observed.effective):
        return known.effective or observed.effective
    return tuple(_fill_end(found, observed, known) for found in observed.effective)


def _fill_end(found: EffectiveDate, observed: Notice, known: Notice) -> EffectiveDate:
    """Give a date the end that the register knows of it: of the same part, or of the only one."""
    if found.until is not None or found.start is None:
        return found
    begun = [held for held in known.effective if held.start == found.start]
    alone = len(begun) == len([other for other in observed.effective if other.start == found.start]) == 1
    same = [held for held in begun if alone or held.scope == found.scope]
    return replace(found, until=same[0].until) if same and same[0].until is not None else found


def _find_added_categories(observed: Notice, known: Notice) -> Iterator[CategoryFinding]:
    stated = {found.id for found in observed.categories}
    for found in known.categories:
        if found.id not in stated:
            yield replace(found, basis="register")


def _list_gaps(observed: Notice, known: Notice) -> tuple[str, ...]:
    """Return what the register lacks of what is taken from it, such as the other parties of a list."""
    if observed.entities:
        return ()
    said = (doubt for doubt in known.doubts if doubt.startswith(DOUBT_PREFIX))
    return tuple(doubt for doubt in said if doubt not in observed.doubts)


def _merge_relations(observed: Notice, known: Notice, same: Callable[[str], str]) -> Iterator[Relation]:
    """Yield the relations as read, with the terms that the register knows, and then those it knows beyond."""
    left = list(known.relations)
    for relation in observed.relations:
        held = _find_counterpart(relation, left, observed, same)
        if held is None:
            yield relation
            continue
        left.remove(held)
        yield replace(
            relation,
            clause=relation.clause or held.clause,
            start=relation.start or held.start,
            until=relation.until or held.until,
        )
    yield from left


def _find_counterpart(
    relation: Relation, left: list[Relation], observed: Notice, same: Callable[[str], str]
) -> Relation | None:
    """Return the register's words for an act: on the same clause, or the only such act on the target."""
    act = relation.verb, same(relation.target)
    alike = [held for held in left if (held.verb, same(held.target)) == act]
    exact = [held for held in alike if held.clause == relation.clause]
    mine = [other for other in observed.relations if (other.verb, same(other.target)) == act]
    alone = alike if len(alike) == len(mine) == 1 else []
    return next(iter(exact or alone), None)


# --------------------------------------------------------------------------- what the two say differently


def _find_disagreements(observed: Notice, known: Notice, same: Callable[[str], str]) -> Iterator[str]:
    """Yield what the text as read and the register say differently, in a sentence each."""
    if observed.published and known.published and observed.published != known.published:
        yield f"issued {observed.published} by this page, {known.published} by the register"
    for name, days in (("takes effect", "start"), ("ends", "until")):
        read = {str(getattr(found, days)) for found in observed.effective} - {"None"}
        held = {str(getattr(found, days)) for found in known.effective} - {"None"}
        yield from _describe_difference(name, read, held)
    if known.is_change and not observed.is_change:
        yield "this page as read changes no rule; the register knows the notice as one that does"
    directions = {observed.direction, known.direction}
    if len(directions) == 2 and Direction.NEUTRAL not in directions:
        yield f"{observed.direction.value} by this page, {known.direction.value} by the register"
    yield from _describe_difference("singles out", set(observed.destinations), set(known.destinations))
    yield from _compare_codes("HS", observed.hs_codes, known.hs_codes)
    yield from _compare_codes("control", observed.control_codes, known.control_codes)
    yield from _compare_parties(observed, known)
    if observed.is_change:
        yield from _compare_acts(observed, known, same)


def _describe_difference(what: str, read: set[str], held: set[str]) -> Iterator[str]:
    if read and held and read != held:
        yield f"{what} {_shorten_list(read)} by this page, {_shorten_list(held)} by the register"


def _compare_codes(what: str, read: tuple[CodeFinding, ...], held: tuple[CodeFinding, ...]) -> Iterator[str]:
    """Yield what codes the register names and the page does not; that a page names more is its right."""
    printed = {found.code for found in read}
    missing = {found.code for found in held if not any(code.startswith(found.code) for code in printed)}
    if printed and missing:
        yield f"the register names {what} codes that this page as read does not: {_shorten_list(missing)}"


def _compare_parties(observed: Notice, known: Notice) -> Iterator[str]:
    read = {normalize_name(name) for party in observed.entities for name in (party.zh, party.en) if name}
    missing = {
        party.en or party.zh
        for party in known.entities
        if not read & {normalize_name(name) for name in (party.zh, party.en) if name}
    }
    if read and missing:
        yield f"the register lists parties that this page as read does not: {_shorten_list(missing)}"


def _compare_acts(observed: Notice, known: Notice, same: Callable[[str], str]) -> Iterator[str]:
    left = list(known.relations)
    for relation in observed.relations:
        held = _find_counterpart(relation, left, observed, same)
        if held is None:
            continue
        left.remove(held)
        yield from _compare_terms(relation, held)
    for relation in left:
        clause = f" {relation.clause}" if relation.clause else ""
        act = f"{relation.verb.value} {relation.target}{clause}"
        yield f"by the register it {act}; this page as read does not"


def _compare_terms(read: Relation, held: Relation) -> Iterator[str]:
    act = f"{read.verb.value} {read.target}"
    for name in ("clause", "start", "until"):
        one, other = getattr(read, name), getattr(held, name)
        if one is not None and other is not None and one != other:
            yield f"{act}: {name} {one} by this page, {other} by the register"


def _shorten_list(values: set[str]) -> str:
    ordered = sorted(values)
    more = f" and {len(ordered) - MAX_SPELT_OUT} more" if len(ordered) > MAX_SPELT_OUT else ""
    return ", ".join(ordered[:MAX_SPELT_OUT]) + more
