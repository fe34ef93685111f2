"""The register: facts about known notices, and how they are merged with observed notices.

An observed text takes precedence; the register fills in what the extracted text does not say. A disagreement
becomes a doubt that begins with `register:` and shows both values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from controlwatch.core.law.parties import normalize_name
from controlwatch.core.model import (
    CodeFinding,
    Direction,
    EffectiveDate,
    Notice,
    Relation,
    to_notice_key,
)

DOUBT_PREFIX = "register: "
#: The rule of a fact that comes from the register.
REGISTER_RULE = "register"
#: Codes or names listed in a doubt; more are counted.
MAX_SPELT_OUT = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterEntry:
    """A known notice: its facts, its official addresses, and its other titles."""

    key: str  #: the key of its number; of an unnumbered notice an assigned name
    notice: Notice
    urls: tuple[str, ...] = ()  #: official addresses, as a person opens them
    addresses: tuple[str, ...] = ()  #: the same, canonical
    aliases: tuple[str, ...] = ()  #: titles that notices cite it by


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """The shipped register of known notices."""

    entries: Mapping[str, RegisterEntry] = field(default_factory=dict)  #: by key
    as_of: date | None = None  #: the day of its newest evidence; later notices are not in it
    digest: str = ""  #: of the files it was loaded from

    def complete_notice(self, notice: Notice, address: str) -> Notice:
        """Return an observed notice with further facts from the register, and disagreements as doubts.

        The entry is found by number, or, where the notice has none, by canonical address.
        """
        if notice.number is not None:
            entry = self.entries.get(notice.number.key)
        else:
            entry = next((entry for entry in self.entries.values() if address in entry.addresses), None)
        return (
            notice if entry is None else merge_register_facts(notice, entry.notice, same=self.resolve_target)
        )

    def resolve_target(self, name: str) -> str:
        """Return the key of a notice that is cited by number or by title."""
        aliases = {alias: key for key, entry in self.entries.items() for alias in entry.aliases}
        return aliases.get(name, to_notice_key(name))

    def exclude_keys(self, keys: frozenset[str]) -> Register:
        """Return the register without some notices."""
        kept = {key: entry for key, entry in self.entries.items() if key not in keys}
        return replace(self, entries=kept)


def merge_register_facts(
    observed: Notice, known: Notice, *, same: Callable[[str], str] = to_notice_key
) -> Notice:
    """Return an observed notice, completed by the same notice in the register.

    `same` returns the key for a number or title, so that the two may cite one notice differently.
    """
    doubts = [f"{DOUBT_PREFIX}{doubt}" for doubt in _find_disagreements(observed, known, same)]
    if not observed.entities:  # what the register lacks of what is taken from it, such as further parties
        gaps = (doubt for doubt in known.doubts if doubt.startswith(DOUBT_PREFIX))
        doubts += [doubt for doubt in gaps if doubt not in observed.doubts]
    stated = {category.id for category in observed.categories}
    added = (replace(item, basis="register") for item in known.categories if item.id not in stated)
    # The earlier day: a page can be published after its notice was issued, never before.
    days = [day for day in (observed.published, known.published) if day is not None]
    change = observed.is_change or known.is_change
    return replace(
        observed,
        published=min(days, default=None),
        is_change=change,
        reports_change=observed.reports_change or change,
        direction=known.direction if observed.direction is Direction.NEUTRAL else observed.direction,
        effective=tuple(_merge_effective(observed, known)),
        deadlines=observed.deadlines or known.deadlines,
        categories=(*observed.categories, *added),
        hs_codes=observed.hs_codes or known.hs_codes,
        control_codes=observed.control_codes or known.control_codes,
        destinations=observed.destinations or known.destinations,
        entities=observed.entities or known.entities,
        relations=tuple(_merge_relations(observed, known, same)),
        doubts=(*observed.doubts, *doubts),
        # The register concluded on it, whatever the reader did not.
        review=(),
        possible_categories=(),
    )


def strip_register_facts(notice: Notice) -> Notice:
    """Return a completed notice without the facts that an earlier register filled in."""
    return replace(
        notice,
        effective=tuple(fact for fact in notice.effective if fact.rule != REGISTER_RULE),
        deadlines=tuple(fact for fact in notice.deadlines if fact.rule != REGISTER_RULE),
        categories=tuple(fact for fact in notice.categories if fact.basis != "register"),
        hs_codes=tuple(fact for fact in notice.hs_codes if fact.rule != REGISTER_RULE),
        control_codes=tuple(fact for fact in notice.control_codes if fact.rule != REGISTER_RULE),
        relations=tuple(fact for fact in notice.relations if fact.rule != REGISTER_RULE),
        doubts=tuple(doubt for doubt in notice.doubts if not doubt.startswith(DOUBT_PREFIX)),
    )


def _merge_effective(observed: Notice, known: Notice) -> Iterator[EffectiveDate]:
    """Yield the observed dates with the ends from the register; the register's dates where none is stated.

    An end belongs to the date of the same part, or to the only date with the same start.
    """
    if not any(span.start is not None for span in observed.effective):
        yield from known.effective or observed.effective
        return
    starts = [span.start for span in observed.effective]
    for span in observed.effective:
        same_start = [other for other in known.effective if other.start == span.start]
        is_only = len(same_start) == starts.count(span.start) == 1
        matching = [other for other in same_start if is_only or other.scope == span.scope]
        if span.start is not None and span.until is None and matching:
            yield replace(span, until=matching[0].until)
        else:
            yield span


def _merge_relations(observed: Notice, known: Notice, same: Callable[[str], str]) -> Iterator[Relation]:
    """Yield the observed relations, with terms from the register, then those that only the register has."""
    left = list(known.relations)
    for relation in observed.relations:
        counterpart = _find_counterpart(relation, left, observed, same)
        if counterpart is None:
            yield relation
            continue
        left.remove(counterpart)
        yield replace(
            relation,
            clause=relation.clause or counterpart.clause,
            start=relation.start or counterpart.start,
            until=relation.until or counterpart.until,
        )
    yield from left


def _find_counterpart(
    relation: Relation, left: list[Relation], observed: Notice, same: Callable[[str], str]
) -> Relation | None:
    """Return the same act in the register: on the same clause, or the only such act on the target."""
    act = relation.verb, same(relation.target)
    alike = [other for other in left if (other.verb, same(other.target)) == act]
    exact = [other for other in alike if other.clause == relation.clause]
    repeated = [other for other in observed.relations if (other.verb, same(other.target)) == act]
    only = alike if len(alike) == len(repeated) == 1 else []
    return next(iter(exact or only), None)


# --------------------------------------------------------------------------- disagreements


def _find_disagreements(observed: Notice, known: Notice, same: Callable[[str], str]) -> Iterator[str]:
    """Yield the differences between the observed text and the register, one sentence each."""
    if observed.published and known.published and observed.published != known.published:
        yield f"issued {observed.published} by this page, {known.published} by the reference database"
    starts, ends = (
        [{str(getattr(span, name)) for span in notice.effective} - {"None"} for notice in (observed, known)]
        for name in ("start", "until")
    )
    yield from _describe_difference("takes effect", *starts)
    yield from _describe_difference("ends", *ends)
    if known.is_change and not observed.is_change:
        yield "this page as read changes no rule; the reference database knows the notice as one that does"
    directions = {observed.direction, known.direction}
    if len(directions) == 2 and Direction.NEUTRAL not in directions:
        yield f"{observed.direction.value} by this page, {known.direction.value} by the reference database"
    yield from _describe_difference("singles out", set(observed.destinations), set(known.destinations))
    yield from _compare_codes("HS", observed.hs_codes, known.hs_codes)
    yield from _compare_codes("control", observed.control_codes, known.control_codes)
    yield from _compare_parties(observed, known)
    if observed.is_change:
        yield from _compare_acts(observed, known, same)


def _describe_difference(what: str, observed: set[str], known: set[str]) -> Iterator[str]:
    if observed and known and observed != known:
        yield (
            f"{what} {_shorten_list(observed)} by this page, {_shorten_list(known)} by the reference database"
        )


def _compare_codes(
    what: str, observed: tuple[CodeFinding, ...], known: tuple[CodeFinding, ...]
) -> Iterator[str]:
    """Yield the codes that only the register names; the page may name more."""
    codes = {finding.code for finding in observed}
    missing = {item.code for item in known if not any(code.startswith(item.code) for code in codes)}
    if codes and missing:
        yield (
            f"the reference database names {what} codes that this page as read does not: "
            f"{_shorten_list(missing)}"
        )


def _compare_parties(observed: Notice, known: Notice) -> Iterator[str]:
    names = {normalize_name(name) for party in observed.entities for name in (party.zh, party.en) if name}
    missing = {
        party.en or party.zh
        for party in known.entities
        if not names & {normalize_name(name) for name in (party.zh, party.en) if name}
    }
    if names and missing:
        yield (
            f"the reference database lists parties that this page as read does not: {_shorten_list(missing)}"
        )


def _compare_acts(observed: Notice, known: Notice, same: Callable[[str], str]) -> Iterator[str]:
    left = list(known.relations)
    for relation in observed.relations:
        counterpart = _find_counterpart(relation, left, observed, same)
        if counterpart is None:
            continue
        left.remove(counterpart)
        act = f"{relation.verb.value} {relation.target}"
        for name in ("clause", "start", "until"):
            ours, theirs = getattr(relation, name), getattr(counterpart, name)
            if ours is not None and theirs is not None and ours != theirs:
                yield f"{act}: {name} {ours} by this page, {theirs} by the reference database"
    for relation in left:
        clause = f" {relation.clause}" if relation.clause else ""
        act = f"{relation.verb.value} {relation.target}{clause}"
        yield f"by the reference database it {act}; this page as read does not"


def _shorten_list(values: set[str]) -> str:
    ordered = sorted(values)
    more = f" and {len(ordered) - MAX_SPELT_OUT} more" if len(ordered) > MAX_SPELT_OUT else ""
    return ", ".join(ordered[:MAX_SPELT_OUT]) + more
