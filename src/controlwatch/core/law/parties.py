"""Search by name among listed parties: exact and near matches, never an identification."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache

from controlwatch.core.law.graph import Instrument, LegalGraph, LegalState
from controlwatch.core.law.party_answers import NAMED_IN_TITLE, PARENT_IN_TITLE, PartyLine, PartyMatch
from controlwatch.core.law.status import LegalStatus, compute_status
from controlwatch.core.model import Direction, NoticeKind

#: Names with a lower score, of 100, are unrelated.
MIN_SCORE = 82
MAX_MATCHES = 20
MAX_PART_SCORE = 99  #: a part of a name is worth a look, but it is not the same name
#: Words of Latin names that resemble each other, of 100; and how much of the shorter name such words are.
MIN_WORD_SCORE, MIN_SHARED = 80, 0.5
#: A slip in a shorter word makes it another word: Arm, Army.
MIN_SLIP_LENGTH = 5
#: A shorter name (立方, ACT1) may stand in a title by chance.
MIN_TITLE_NAME = 4

#: Words for the legal form of a company, which do not identify it.
COMPANY_FORMS = re.compile(
    r"\b(?:co|ltd|limited|inc|incorporated|corp|corporation|company|companies|llc|llp|lp|plc|gmbh|ag|sa|nv|bv"
    r"|kk|oy|ab|pte|pty|the|group|holdings?)\b"
)
COMPANY_FORMS_ZH = re.compile(r"(?:股份|有限|责任|公司|集团|株式会社|株式會社|合伙企业|控股)+")
HAS_ASCII = re.compile(r"[a-z0-9]")  #: of a normalized name
NOT_A_NAME = re.compile(r"[^\w]+")
BETWEEN_HAN = re.compile(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")  # 洛克希德·马丁

IN_FORCE = frozenset({LegalState.IN_FORCE, LegalState.PARTLY})
#: Documents that can list a party; laws and regulations only say what a list is.
LISTING_KINDS = frozenset({NoticeKind.ANNOUNCEMENT, NoticeKind.NOTICE, NoticeKind.ORDER})
ACTION_BY_DIRECTION = {Direction.RELAX: "delist", Direction.SUSPEND: "suspend"}


@lru_cache(maxsize=65_536)
def normalize_name(name: str) -> str:
    """Return a name without legal form, punctuation and case: the same company is printed in many ways.

    >>> normalize_name("Shield AI,Inc."), normalize_name("Shield AI, Inc"), normalize_name("三菱造船株式会社")
    ('shield ai', 'shield ai', '三菱造船')
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    words = NOT_A_NAME.sub(" ", folded.replace(".", ""))
    bare = COMPANY_FORMS_ZH.sub("", COMPANY_FORMS.sub(" ", words))
    return BETWEEN_HAN.sub("", " ".join((bare if bare.strip() else words).split()))


def share_words(one: str, other: str) -> bool:
    """Return whether two normalized names have words in common, and not only letters: Intel, Intelligent.

    Words may be joined, and may have slips. Chinese names have no words: they are not told apart here.
    """
    if not (one.isascii() and other.isascii()):
        return True
    from rapidfuzz import fuzz

    if fuzz.ratio(one.replace(" ", ""), other.replace(" ", "")) >= MIN_SCORE:
        return True
    shorter, longer = sorted((one.split(), other.split()), key=lambda words: sum(map(len, words)))
    shared = [
        word
        for word in shorter
        if word in longer
        or (len(word) >= MIN_SLIP_LENGTH and any(fuzz.ratio(word, near) >= MIN_WORD_SCORE for near in longer))
    ]
    return sum(map(len, shared)) >= MIN_SHARED * sum(map(len, shorter))


class PartyMatcher:
    """Searches the listed parties by name, as their listings stand on a day.

    A known delisting or suspension of a party is a match of its own, with the notice that ordered it. A party
    that only the title of a listing names is a match too.
    """

    def __init__(self, parties: Iterable[PartyLine], graph: LegalGraph, *, on: date) -> None:
        """Index the names of the parties, and the titles of the listings in the graph."""
        known = tuple(parties)
        self._graph, self._on = graph, on
        self._titles = tuple((listing, normalize_name(listing.title)) for listing in list_listings(graph))
        self._parties = (*known, *self._find_titled_parties(known))
        #: Of each listing, the parties that it names itself; and by its English title, its keys.
        self._units: defaultdict[str, list[PartyLine]] = defaultdict(list)
        self._english_titles: defaultdict[str, set[str]] = defaultdict(set)
        for party in self._parties:
            if party.note != NAMED_IN_TITLE:
                self._units[party.key].append(party)
                self._english_titles[normalize_name(party.listing_en)].add(party.key)
        self._places: defaultdict[str, list[int]] = defaultdict(list)
        for place, party in enumerate(self._parties):
            for name in {normalize_name(party.zh), normalize_name(party.en)} - {""}:
                self._places[name].append(place)
        self._names = tuple(self._places)
        #: Those that have a character in common with a query: of Latin letters or figures, or of others.
        self._latin_names = tuple(name for name in self._places if HAS_ASCII.search(name))
        self._other_names = tuple(name for name in self._places if not name.isascii())
        self._statuses: dict[str, LegalStatus] = {}

    def match(self, name: str) -> tuple[PartyMatch, ...]:
        """Return the parties with a name, in either language, that is or resembles this one.

        Those of listings in force come first, then the best. No more than `MAX_MATCHES`.
        """
        best: dict[int, int] = {}
        query = normalize_name(name)
        for known, score in self._score_names(query):
            for place in self._places[known]:
                best[place] = max(score, best.get(place, 0))
        scored = [(score, self._parties[place]) for place, score in best.items()]
        scored = self._add_titled(scored, name, query)
        scored.sort(key=lambda pair: (-pair[0], str(pair[1].since), pair[1].number, pair[1].en))
        matches = [self._build_match(party, score) for score, party in scored[:MAX_MATCHES]]
        return tuple(sorted(matches, key=lambda match: (match.state not in IN_FORCE, -match.score)))

    def _add_titled(
        self, scored: list[tuple[int, PartyLine]], name: str, query: str
    ) -> list[tuple[int, PartyLine]]:
        """Add what titles say: a listing of units of the party that its title names shows them all.

        They may bear other names. Where no party of a listing is known, its title is the match.
        """
        same = {party.key for score, party in scored if score == 100}
        found = list(scored)
        named = {listing.key: listing for listing, title in self._titles if _is_in_title(query, title)}
        units = self._list_units(query, named)
        zh, en = ("", name) if query.isascii() else (name, "")
        matched = {party.key for _, party in scored}
        for key, listing in named.items():
            if key not in units and key not in matched:
                found.append((MAX_PART_SCORE, _build_titled_party(listing, zh=zh, en=en)))
        for key in units.keys() - same:
            scores = {party: score for score, party in scored if party.key == key}
            found = [pair for pair in found if pair[1].key != key]
            found += [
                (scores.get(party, MIN_SCORE), replace(party, note=PARENT_IN_TITLE)) for party in units[key]
            ]
        return found

    def _list_units(self, query: str, named: Mapping[str, Instrument]) -> dict[str, list[PartyLine]]:
        """Return the parties of each listing whose title says that they are units of the party."""
        parents = {
            key for key, listing in named.items() if is_parent_in_title(query, normalize_name(listing.title))
        }
        english = {title for title in self._english_titles if is_parent_in_title(query, title)}
        keys = parents.union(*(self._english_titles[title] for title in english))
        units = {
            key: [
                party
                for party in self._units.get(key, ())
                if key in parents or normalize_name(party.listing_en) in english
            ]
            for key in keys
        }
        return {key: parties for key, parties in units.items() if parties}

    def get_status(self, key: str) -> LegalStatus:
        """Return the status of a listing on the day."""
        if key not in self._statuses:
            self._statuses[key] = compute_status(self._graph, key, self._on)
        return self._statuses[key]

    def _find_titled_parties(self, parties: Iterable[PartyLine]) -> Iterator[PartyLine]:
        """Yield the known parties that the title of a listing names, and that are not known to be of it."""
        names = {
            normalize_name(name): (party, _fold(name))
            for party in parties
            for name in (party.zh, party.en)
            if len(name) >= MIN_TITLE_NAME
        }
        of_listing = {(party.key, normalize_name(name)) for party in parties for name in (party.zh, party.en)}
        by_start: defaultdict[str, list[str]] = defaultdict(list)
        for bare, (_, printed) in names.items():
            by_start[printed[:MIN_TITLE_NAME]].append(bare)
        for listing, title in self._titles:
            folded, named = _fold(listing.title), set()
            for bare in _list_by_start(folded, by_start):
                party, printed = names[bare]
                # The name as printed: 洛克希德·马丁公司 is not in 洛克希德·马丁导弹与火控公司.
                is_named = printed in folded and _is_in_title(bare, title)
                if is_named and party not in named and (listing.key, bare) not in of_listing:
                    named.add(party)
                    yield _build_titled_party(listing, zh=party.zh, en=party.en)

    def _score_names(self, query: str) -> Iterator[tuple[str, int]]:
        """Yield the known names that resemble a normalized name, with scores from `MIN_SCORE` to 100."""
        if query in self._places:
            yield query, 100
        if len(query) < 2:
            return
        from rapidfuzz import fuzz, process  # slow to load, and only names need it

        names = self._names
        if query.isascii():
            names = self._latin_names
        elif not HAS_ASCII.search(query):
            names = self._other_names
        for scorer in (fuzz.WRatio, fuzz.token_set_ratio):
            # half a point lower: scores are rounded
            close = process.extract(
                query, names, scorer=scorer, processor=None, score_cutoff=MIN_SCORE - 0.5, limit=None
            )
            for known, score, _ in close:
                if round(score) >= MIN_SCORE and share_words(query, known):
                    yield known, min(MAX_PART_SCORE, round(score))

    def _build_match(self, party: PartyLine, score: int) -> PartyMatch:
        status, listing = self.get_status(party.key), self._graph.instruments.get(party.key)
        return PartyMatch(
            zh=party.zh,
            en=party.en,
            list=party.list,
            action=party.action,
            number=party.number,
            since=party.since,
            state=status.state,
            until=status.until if status.state is not LegalState.UNKNOWN else None,
            score=score,
            note=party.note,
            url=listing.url if listing is not None else "",
            key=party.key,
            announced=status.announced,
        )


def list_listings(graph: LegalGraph) -> tuple[Instrument, ...]:
    """Return the notices of a graph that put parties on a list, or take them off it."""
    return tuple(
        item
        for item in graph.instruments.values()
        if item.enacts and item.kind in LISTING_KINDS and _get_list(item)
    )


def _list_by_start(text: str, by_start: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """Yield the entries, each once, whose start is in a text; no start is longer than `MIN_TITLE_NAME`."""
    seen: set[str] = set()
    for first in range(len(text)):
        for length in range(1, MIN_TITLE_NAME + 1):
            start = text[first : first + length]
            if start in by_start and start not in seen:
                seen.add(start)
                yield from by_start[start]


def _build_titled_party(listing: Instrument, *, zh: str, en: str) -> PartyLine:
    return PartyLine(
        zh=zh,
        en=en,
        action=ACTION_BY_DIRECTION.get(listing.direction, "list"),
        list=_get_list(listing),
        key=listing.key,
        number=listing.number,
        since=listing.issued if listing.is_dated else None,
        note=NAMED_IN_TITLE,
    )


def _is_in_title(bare: str, title: str) -> bool:
    """Return whether a normalized title has a normalized name; a Latin one as whole words only."""
    if len(bare) < MIN_TITLE_NAME or bare not in title:
        return False
    return not bare.isascii() or re.search(rf"(?<![a-z0-9]){re.escape(bare)}(?![a-z0-9])", title) is not None


def is_parent_in_title(bare: str, title: str) -> bool:
    """Return whether a normalized title is about units of a party: X5家子公司, five units of X.

    What goes on behind a Chinese name is another name, or others beside it: X导弹公司, X等5家.
    """
    if not _is_in_title(bare, title):
        return False
    name = re.escape(bare)
    if bare.isascii():
        return re.search(rf"\bof (?:the )?{name}\b|\b{name} (?:units|subsidiaries)\b", title) is not None
    return re.search(rf"{name} ?(?!\w)|{name}\d", title) is not None


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _get_list(listing: Instrument) -> str:
    return next((name for name in listing.categories if name.startswith("entity.")), "")
