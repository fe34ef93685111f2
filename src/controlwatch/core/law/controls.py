"""What controls an item on a day: notices that name its code or touch its category, part by part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.answers import Hit, Named
from controlwatch.core.law.clauses import ALL
from controlwatch.core.law.graph import ACTING, Instrument, Ledger, State
from controlwatch.core.law.status import Status
from controlwatch.core.model import Direction, covers

#: From what binds most to what no longer does.
RANK = (
    State.IN_FORCE,
    State.PARTLY,
    State.SUSPENDED,
    State.NOT_YET,
    State.LAPSED,
    State.REPEALED,
    State.UNKNOWN,
)


def is_control(instrument: Instrument) -> bool:
    """Say whether a notice sets a rule of its own, and does not only hold up or undo another's."""
    acts = any(relation.verb in ACTING for relation in instrument.relations)
    lifting = instrument.direction in {Direction.SUSPEND, Direction.RESUME}
    return instrument.enacts and not (acts and lifting)


def hits(
    ledger: Ledger,
    named: Iterable[Named],
    statuses: Mapping[str, Status],
    lexicon: Lexicon,
    *,
    wanted: tuple[str, ...] = (),
) -> Iterator[Hit]:
    """Yield a hit for each part of each control that was issued by then, in the order named.

    `wanted` are the categories that words meant; a code belongs to the category that lists it.
    """
    for one in named:
        instrument = ledger.instruments.get(one.key)
        if instrument is None or not is_control(instrument):
            continue
        names = _touched(instrument, wanted) if wanted else (_owner(instrument, one.code, lexicon),)
        for name in names:
            yield from _parts(instrument, statuses[one.key], name, one)


def _touched(instrument: Instrument, wanted: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in instrument.categories if any(covers(chosen, name) for chosen in wanted))


def _owner(instrument: Instrument, code: str, lexicon: Lexicon) -> str:
    """Return the category of a notice that a code belongs to: the one that lists it, else the first."""
    for name in instrument.categories:
        category = lexicon.category(name)
        owned = () if category is None else (*category.hs, *category.control)
        if any(code.startswith(own) or own.startswith(code) for own in owned):
            return name
    return next(iter(instrument.categories), "")


def _parts(instrument: Instrument, found: Status, category: str, named: Named) -> Iterator[Hit]:
    """Yield a hit for each part of the notice that fares on its own."""
    proof = named.quote or dict(instrument.proofs).get(category, "")
    for part in found.clauses:
        yield Hit(
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
