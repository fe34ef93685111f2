"""Search by name among listed parties: exact and near matches, never an identification."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from rapidfuzz import fuzz

from controlwatch.core.law.answers import PartyLine, PartyMatch
from controlwatch.core.law.graph import LegalGraph, LegalState
from controlwatch.core.law.party_names import normalize_name
from controlwatch.core.law.status import compute_status

#: Below so many points of a hundred two names have nothing to do with each other.
MIN_SCORE = 82
MAX_MATCHES = 20


def match_parties(
    name: str, parties: Iterable[PartyLine], ledger: LegalGraph, *, on: date
) -> tuple[PartyMatch, ...]:
    """Return the parties whose name, in either language, is or resembles one; the best first.

    The state is that of the listing on the day: a party whose own delisting or suspension is known
    stands with the notice that did it, as a line of its own.
    """
    wanted = normalize_name(name)
    scored = [(score, party) for party in parties if (score := _score_party(wanted, party)) >= MIN_SCORE]
    scored.sort(key=lambda pair: (-pair[0], str(pair[1].since), pair[1].number, pair[1].en))
    return tuple(_build_match(score, party, ledger, on) for score, party in scored[:MAX_MATCHES])


def _score_party(wanted: str, party: PartyLine) -> int:
    return max(
        (_score_names(wanted, normalize_name(name)) for name in (party.zh, party.en) if name), default=0
    )


def _score_names(wanted: str, name: str) -> int:
    if not wanted or not name:
        return 0
    if wanted == name:
        return 100
    if len(wanted) < 2:
        return 0
    # A part of a name is a match worth looking at, but never the same name.
    return min(99, round(max(fuzz.WRatio(wanted, name), fuzz.token_set_ratio(wanted, name))))


def _build_match(score: int, party: PartyLine, ledger: LegalGraph, on: date) -> PartyMatch:
    listing = compute_status(ledger, party.key, on)
    known = listing.state is not LegalState.UNKNOWN
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
