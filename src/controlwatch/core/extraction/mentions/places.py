"""The destinations that a rule singles out, and whether the rule is for the whole destination."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from controlwatch.core.extraction.text.automaton import Automaton, build_word_automaton
from controlwatch.core.extraction.text.document_text import DocumentText
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.extraction.text.masking import keep_spans, mask_cited_titles

ANY_BUT_LINE_END = re.compile(r"[^\n]")
LIST_CELL = "place.list-cell"
REASON = "place.reason"
#: Each pattern, the forms of the names that it looks for, and whether it is for the whole destination.
PLACE_PATTERNS: tuple[tuple[str, frozenset[str], bool], ...] = (
    ("place.export", frozenset({"zh"}), True),
    ("place.export-short", frozenset({"short"}), True),
    ("place.origin", frozenset({"zh", "en"}), True),
    ("place.section", frozenset({"zh", "en"}), True),
    (LIST_CELL, frozenset({"zh", "en"}), True),
    ("place.english-export", frozenset({"en"}), True),
    ("place.import", frozenset({"zh", "en"}), False),
    ("place.parties", frozenset({"zh"}), False),
    ("place.parties-short", frozenset({"short"}), False),
    ("place.heading", frozenset({"zh"}), False),
    ("place.english-parties", frozenset({"en"}), False),
    ("place.named-party", frozenset({"zh"}), False),
    (REASON, frozenset({"zh", "en"}), False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceHit:
    """A destination that is singled out, and where."""

    code: str
    start: int
    end: int
    whole_destination: bool  #: the rule is for the destination, not for parties in it


@dataclass(frozen=True, slots=True)
class PlaceIndex:
    """The names of places in a lexicon, ready to be searched for."""

    codes: dict[str, str]  #: of a name in any language or form
    automata: dict[str, Automaton[str]]  #: by form of the names: "zh", "en", "short"
    folded_names: frozenset[str]  #: of states and regions, in small letters
    foreign_opening: re.Pattern[str]  #: a foreign state's name at the beginning


@lru_cache(maxsize=4)
def _build_place_index(lexicon: Lexicon) -> PlaceIndex:
    places = lexicon.places
    names = {name: place.code for place in places for name in (*place.zh, *place.en)}
    foreign = [name for place in places for name in (*place.zh, *place.en) if place.code != "TW"]
    bounded = (
        rf"{re.escape(name)}\b" if name[0].isascii() else re.escape(name)
        for name in sorted((*foreign, *map(str.upper, foreign)), key=len, reverse=True)
    )
    return PlaceIndex(
        codes=names | {place.short: place.code for place in places if place.short},
        automata={
            "zh": build_word_automaton(name for place in places for name in place.zh),
            "en": build_word_automaton(name for place in places for name in place.en),
            "short": build_word_automaton(place.short for place in places if place.short),
        },
        folded_names=frozenset(name.lower() for name in names),
        foreign_opening=re.compile(rf"\W*(?:[Tt]he )?(?:{'|'.join(bounded)})"),
    )


def find_place_hits(
    text: DocumentText,
    lexicon: Lexicon,
    *,
    is_beside: Callable[[int], bool] = lambda _at: False,
    titles: Iterable[re.Match[str]] = (),
) -> tuple[PlaceHit, ...]:
    """Return the destinations in the order of the text, each once; one for the whole destination wins.

    `is_beside` tells whether a place is beside the news of a report: what it names there does not count.
    Where the text itself names none, those in `titles` count: the cited titles that it acts on.
    """
    own = _find_places(mask_cited_titles(text.folded_text, lexicon), text, lexicon, is_beside)
    return own or _find_places(keep_spans(text.folded_text, titles), text, lexicon, is_beside)


def _find_places(
    words: str, text: DocumentText, lexicon: Lexicon, is_beside: Callable[[int], bool]
) -> tuple[PlaceHit, ...]:
    """Return the destinations that masked words of a text name."""
    index = _build_place_index(lexicon)
    has_parties = lexicon.get_pattern("place.list-of-parties").search(text.folded_text) is not None
    has_lists = has_parties or (
        lexicon.get_pattern("place.list-of-states").search(text.folded_text) is not None
    )
    # The patterns are slow: try only those whose form of names occurs, on the sentences that name a place.
    named = {form: [last for last, _ in found.iter(words)] for form, found in index.automata.items()}
    present = {form for form, places in named.items() if places}
    words = _keep_sentences(words, text, (last for places in named.values() for last in places))
    hits: list[PlaceHit] = []
    for pattern_id, forms, whole in PLACE_PATTERNS:
        is_unfit = (pattern_id == LIST_CELL and not has_lists) or (pattern_id == REASON and not has_parties)
        if present.isdisjoint(forms) or is_unfit:
            continue
        for hit in lexicon.get_pattern(pattern_id).finditer(words):
            listed = next(group for group in hit.groups() if group)
            names = (
                name.strip().removeprefix("the ")
                for name in lexicon.get_pattern("place.name-joint").split(listed)
            )
            is_list = pattern_id == LIST_CELL
            hits += [
                PlaceHit(
                    code=index.codes[name],
                    start=hit.start(),
                    end=hit.end(),
                    whole_destination=whole and not (is_list and has_parties),
                )
                for name in names
                if name in index.codes
            ]
    best: dict[str, PlaceHit] = {}
    for found in sorted(hits, key=lambda found: found.start):
        if is_beside(found.start):
            continue
        if found.code not in best or (found.whole_destination and not best[found.code].whole_destination):
            best[found.code] = found
    return tuple(best.values())


def _keep_sentences(words: str, text: DocumentText, places: Iterable[int]) -> str:
    """Return masked words of a text with all blanked but line ends and the sentences at some places."""
    kept = sorted({(sentence.start, sentence.end) for sentence in map(text.find_sentence, places)})
    pieces: list[str] = []
    at = 0
    for start, end in (*kept, (len(words), len(words))):
        pieces += [ANY_BUT_LINE_END.sub(" ", words[at:start]), words[start:end]]
        at = end
    return "".join(pieces)


def opens_with_foreign_state(title: str, lexicon: Lexicon) -> bool:
    """Return whether a title opens with a foreign state: 美国商务部修订…规则."""
    return _build_place_index(lexicon).foreign_opening.match(title) is not None


def is_of_foreign_state(text: DocumentText, at: int, lexicon: Lexicon) -> bool:
    """Return whether a place lies in an item of a digest that a foreign state heads: 4. Korea. …"""
    start = text.folded_text.rfind("\n", 0, at) + 1
    end = text.folded_text.find("\n", at)
    line = text.folded_text[start : end if end >= 0 else len(text.folded_text)]
    headed = [
        is_foreign for begin, is_foreign in _find_state_headings(text.folded_text, lexicon) if begin <= start
    ]
    if headed and headed[-1]:
        return True
    lead = lexicon.get_pattern("place.item-mark").match(line)
    if lead is None:
        return False
    state = _build_place_index(lexicon).foreign_opening.match(line, lead.end())
    return (
        state is not None
        and lexicon.get_pattern("place.heading-end").match(line, state.end()) is not None
        and lexicon.get_pattern("change.china").search(line) is None
    )


@lru_cache(maxsize=4)
def _find_state_headings(folded: str, lexicon: Lexicon) -> tuple[tuple[int, bool], ...]:
    """Return where the lines stand that are the name of a state and no more, and whether it is foreign."""
    names = _build_place_index(lexicon).folded_names
    found = []
    for hit in lexicon.get_pattern("place.state-heading").finditer(folded):
        name = hit[1].strip().lower()
        is_china = lexicon.get_pattern("place.china-heading").fullmatch(name) is not None
        if is_china or name in names:
            found.append((hit.start(), not is_china))
    # One name alone is a title, or the cell of a list.
    return tuple(found) if any(not is_foreign for _, is_foreign in found) and len(found) > 1 else ()


def is_place_name(words: str, lexicon: Lexicon) -> bool:
    """Return whether words are the name of a state or region and nothing else."""
    return words in _build_place_index(lexicon).codes
