"""What controls an item on a day: notices that name its code or touch its category, part by part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.answers import CodeMention, ControlHit
from controlwatch.core.law.clauses import ALL
from controlwatch.core.law.graph import BINDING_VERBS, Instrument, LegalGraph, LegalState
from controlwatch.core.law.status import LegalStatus
from controlwatch.core.model import Direction, covers_category

#: From what binds most to what no longer does.
STATE_RANK = (
    LegalState.IN_FORCE,
    LegalState.PARTLY,
    LegalState.SUSPENDED,
    LegalState.NOT_YET,
    LegalState.LAPSED,
    LegalState.REPEALED,
    LegalState.UNKNOWN,
)


def is_control(instrument: Instrument) -> bool:
    """Say whether a notice sets a rule of its own, and does not only hold up or undo another's."""
    acts = any(relation.verb in BINDING_VERBS for relation in instrument.relations)
    lifting = instrument.direction in {Direction.SUSPEND, Direction.RESUME}
    return instrument.enacts and not (acts and lifting)


def find_controls(
    ledger: LegalGraph,
    named: Iterable[CodeMention],
    statuses: Mapping[str, LegalStatus],
    lexicon: Lexicon,
    *,
    wanted: tuple[str, ...] = (),
) -> Iterator[ControlHit]:
    """Yield a hit for each part of each control that was issued by then, in the order named.

    `wanted` are the categories that words meant; a code belongs to the category that lists it.
    """
    for one in named:
        instrument = ledger.instruments.get(one.key)
        if instrument is None or not is_control(instrument):
            continue
        names = (
            _select_categories(instrument, wanted)
            if wanted
            else (_find_owner(instrument, one.code, lexicon),)
        )
        for name in names:
            yield from _split_parts(instrument, statuses[one.key], name, one)


def _select_categories(instrument: Instrument, wanted: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        name for name in instrument.categories if any(covers_category(chosen, name) for chosen in wanted)
    )


def _find_owner(instrument: Instrument, code: str, lexicon: Lexicon) -> str:
    """Return the category of a notice that a code belongs to: the one that lists it, else the first."""
    for name in instrument.categories:
        category = lexicon.find_category(name)
        owned = () if category is None else (*category.hs, *category.control)
        if any(code.startswith(own) or own.startswith(code) for own in owned):
            return name
    return next(iter(instrument.categories), "")


def _split_parts(
    instrument: Instrument, found: LegalStatus, category: str, named: CodeMention
) -> Iterator[ControlHit]:
    """Yield a hit for each part of the notice that fares on its own."""
    proof = named.quote or dict(instrument.proofs).get(category, "")
    for part in found.clauses:
        yield ControlHit(
            category=category,
            number=found.number,
            clause=None if part.scope == ALL else part.scope,
            state=part.state,
            since=found.since if len(found.clauses) == 1 else None,
            until=part.until,
            quote=proof,
            title=found.title,
            code=named.code or None,
        )
