"""Search by name among listed parties: exact and near matches, never an identification."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from rapidfuzz import fuzz

from controlwatch.core.law.answers import PartyLine, PartyMatch
from controlwatch.core.law.graph import Ledger, State
from controlwatch.core.law.party_names import comparable
from controlwatch.core.law.status import status

#: Below so many points of a hundred two names have nothing to do with each other.
RESEMBLES = 82
MOST = 20


def matching(name: str, parties: Iterable[PartyLine], ledger: Ledger, *, on: date) -> tuple[PartyMatch, ...]:
    """Return the parties whose name, in either language, is or resembles one; the best first.

    The state is that of the listing on the day: a party whose own delisting or suspension is known
    stands with the notice that did it, as a line of its own.
    """
    wanted = comparable(name)
    scored = [(score, party) for party in parties if (score := _score(wanted, party)) >= RESEMBLES]
    scored.sort(key=lambda pair: (-pair[0], str(pair[1].since), pair[1].number, pair[1].en))
    return tuple(_match(score, party, ledger, on) for score, party in scored[:MOST])


def _score(wanted: str, party: PartyLine) -> int:
    return max((_alike(wanted, comparable(name)) for name in (party.zh, party.en) if name), default=0)


def _alike(wanted: str, name: str) -> int:
    if not wanted or not name:
        return 0
    if wanted == name:
        return 100
    if len(wanted) < 2:
        return 0
    # A part of a name is a match worth looking at, but never the same name.
    return min(99, round(max(fuzz.WRatio(wanted, name), fuzz.token_set_ratio(wanted, name))))


def _match(score: int, party: PartyLine, ledger: Ledger, on: date) -> PartyMatch:
    listing = status(ledger, party.key, on)
    known = listing.state is not State.UNKNOWN
    return PartyMatch(
        zh=party.zh,
        en=party.en,
        list=party.list,
        action=party.action,
        number=party.number,
        since=party.since,
        state=listing.state,
        until=listing.until if known else None,
        score=score,
    )
