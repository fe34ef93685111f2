"""Search by name among listed parties: exact and near matches, never an identification."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date

from rapidfuzz import fuzz

from controlwatch.core.law.answers import PartyLine, PartyMatch
from controlwatch.core.law.graph import LegalGraph, LegalState
from controlwatch.core.law.status import compute_status

#: Names with a lower score, of 100, are unrelated.
MIN_SCORE = 82
MAX_MATCHES = 20

#: Words for the legal form of a company, which do not identify it.
COMPANY_FORMS = re.compile(
    r"\b(?:co|ltd|limited|inc|incorporated|corp|corporation|company|companies|llc|llp|lp|plc|gmbh|ag|sa|nv|bv"
    r"|kk|oy|ab|pte|pty|the|group|holdings?)\b"
)
COMPANY_FORMS_ZH = re.compile(r"(?:股份|有限|责任|公司|集团|株式会社|株式會社|合伙企业|控股)+")
NOT_A_NAME = re.compile(r"[^\w]+")
BETWEEN_HAN = re.compile(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")  # 洛克希德·马丁


def normalize_name(name: str) -> str:
    """Return a name without legal form, punctuation and case: the same company is printed in many ways.

    >>> normalize_name("Shield AI,Inc."), normalize_name("Shield AI, Inc"), normalize_name("三菱造船株式会社")
    ('shield ai', 'shield ai', '三菱造船')
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    words = NOT_A_NAME.sub(" ", folded.replace(".", ""))
    bare = COMPANY_FORMS_ZH.sub("", COMPANY_FORMS.sub(" ", words))
    return BETWEEN_HAN.sub("", " ".join((bare if bare.strip() else words).split()))


def match_parties(
    name: str, parties: Iterable[PartyLine], graph: LegalGraph, *, on: date
) -> tuple[PartyMatch, ...]:
    """Return the parties with a name, in either language, that is or resembles this one; the best first.

    The state is that of the listing on the day. A known delisting or suspension of a party is a line of its
    own, with the notice that ordered it.
    """
    query = normalize_name(name)
    scored = []
    for party in parties:
        names = [normalize_name(other) for other in (party.zh, party.en) if other]
        score = max((_score_names(query, other) for other in names), default=0)
        if score >= MIN_SCORE:
            scored.append((score, party))
    scored.sort(key=lambda pair: (-pair[0], str(pair[1].since), pair[1].number, pair[1].en))
    matches = []
    for score, party in scored[:MAX_MATCHES]:
        listing = compute_status(graph, party.key, on)
        matches.append(
            PartyMatch(
                zh=party.zh,
                en=party.en,
                list=party.list,
                action=party.action,
                number=party.number,
                since=party.since,
                state=listing.state,
                until=listing.until if listing.state is not LegalState.UNKNOWN else None,
                score=score,
                announced=listing.announced,
            )
        )
    return tuple(matches)


def _score_names(query: str, name: str) -> int:
    if not query or not name:
        return 0
    if query == name:
        return 100
    if len(query) < 2:
        return 0
    # A part of a name is worth a look, but it is not the same name.
    return min(99, round(max(fuzz.WRatio(query, name), fuzz.token_set_ratio(query, name))))
