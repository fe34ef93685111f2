"""Look up what controls an item: by a code or by words, part by part of each notice, on a day."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from controlwatch.core.extraction.mentions.clauses import ALL
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.answers import CodeMention, ControlHit
from controlwatch.core.law.elements import Element
from controlwatch.core.law.graph import BINDING_VERBS, ENDED_STATES, Instrument, LegalGraph, LegalState
from controlwatch.core.law.register import DOUBT_PREFIX
from controlwatch.core.law.status import LegalStatus
from controlwatch.core.model import Direction, covers_category

# --------------------------------------------------------------------------- the query

CONTROL_CODE = re.compile(r"(\d)([A-Ea-e])(\d{3})((?:\.[A-Za-z0-9]{1,3})*)")  # 3A001, 1c902.a.4
HS_CODE = re.compile(r"\d{4,10}")  # 8507, 8507.60, 8507 60 00, 2846.90.11.00

#: MOFCOM's FAQ no. 3 on dual-use items, 2025-04: the customs code is for reference.
DESCRIPTION_DECIDES = (
    "The description of the item decides whether it is controlled, not the HS code: "
    "HS codes in the notices are for reference"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedQuery:
    """A query with its kind."""

    kind: Literal["hs", "control", "term"]
    value: str  #: the code as the notices print it, or the folded words


def parse_query(query: str) -> ParsedQuery:
    """Return whether a query is a code or words, in normal form.

    >>> parse_query("8507.60").value, parse_query("3a001").value, parse_query("稀土").kind
    ('850760', '3A001', 'term')
    """
    bare = unicodedata.normalize("NFKC", query).strip()
    code = CONTROL_CODE.fullmatch(bare)
    if code is not None:
        return ParsedQuery(kind="control", value=f"{code[1]}{code[2].upper()}{code[3]}{code[4].lower()}")
    digits = re.sub(r"[.\s-]", "", bare)
    if HS_CODE.fullmatch(digits) and digits.isascii():
        return ParsedQuery(kind="hs", value=digits)
    return ParsedQuery(kind="term", value=bare.casefold())


def list_sibling_notes(query: ParsedQuery, is_known: Callable[[str], bool]) -> tuple[str, ...]:
    """Return the known control codes of the same number in other product groups, as at most one sentence.

    >>> list_sibling_notes(parse_query("3A901.a"), {"3B901", "3C901"}.__contains__)
    ('See also 3B901, 3C901: the same number in another product group.',)
    """
    if query.kind != "control":
        return ()
    digit, group, number = query.value[0], query.value[1], query.value[2:5]
    others = [f"{digit}{other}{number}" for other in "ABCDE" if other != group]
    related = [code for code in others if is_known(code)]
    return (f"See also {', '.join(related)}: the same number in another product group.",) if related else ()


def match_categories(words: str, lexicon: Lexicon) -> tuple[str, ...]:
    """Return the categories that words mean: by id, by name, or by the terms of the lexicon.

    A group stands for its leaves; exact names come before names that contain the words. Latin words match
    only as whole words.
    """
    words = _fold_words(words.strip())
    if not any(sign.isalnum() for sign in words):
        return ()
    groups, categories = _collect_names(lexicon)
    exact = [name for known in (groups, categories) for name, names in known.items() if words in names]
    pattern = re.compile(rf"\b{re.escape(words)}(?:s|es)?\b" if words.isascii() else re.escape(words))
    within = [name for name, names in categories.items() if any(map(pattern.search, names))]
    return tuple(dict.fromkeys((*exact, *within)))


def find_code_categories(code: str, lexicon: Lexicon) -> tuple[str, ...]:
    """Return the categories of an HS code, and those that the English names of these mean.

    A category has a code where it lists that code, a heading above it, or a longer code below it.
    """
    owners = [item for item in lexicon.categories if any(_is_same_branch(code, own) for own in item.hs)]
    named = (name for item in owners for name in match_categories(item.en, lexicon))
    return tuple(dict.fromkeys((*(item.id for item in owners), *named)))


def _is_same_branch(code: str, other: str) -> bool:
    return code.startswith(other) or other.startswith(code)


@cache
def _collect_names(lexicon: Lexicon) -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """Return the folded names of groups and of categories, by id."""
    groups = {
        group: frozenset(map(_fold_words, (group, *names))) for group, names in lexicon.group_names.items()
    }
    categories = {
        category.id: frozenset(
            map(
                _fold_words,
                (
                    *(category.id, category.zh, category.en),
                    *(*category.terms, *category.title_terms, *category.lone_terms, *category.hints),
                ),
            )
        )
        for category in lexicon.categories
    }
    return groups, categories


def _fold_words(words: str) -> str:
    """Return words in one width and one case."""
    return unicodedata.normalize("NFKC", words).casefold()


# --------------------------------------------------------------------------- the controls

#: From the most to the least binding.
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
    """Return whether a notice sets a rule itself, and does not only suspend or resume another."""
    acts = any(relation.verb in BINDING_VERBS for relation in instrument.relations)
    is_lifting = instrument.direction in {Direction.SUSPEND, Direction.RESUME}
    return instrument.enacts and not (acts and is_lifting)


def find_controls(
    graph: LegalGraph,
    named: Iterable[CodeMention],
    statuses: Mapping[str, LegalStatus],
    lexicon: Lexicon,
    *,
    wanted: tuple[str, ...] = (),
) -> Iterator[ControlHit]:
    """Yield a hit for each part of each control that had been issued, in the order of `named`.

    `wanted` are the categories that the query means, for mentions without a code; a code belongs to the
    category that lists it.
    """
    for mention in named:
        instrument = graph.instruments.get(mention.key)
        if instrument is None or not is_control(instrument):
            continue
        if mention.code:
            categories = [_find_owner(instrument, mention.code, lexicon)]
        else:
            owners = instrument.categories
            categories = [name for name in owners if any(covers_category(chosen, name) for chosen in wanted)]
        for category in categories:
            yield from _build_hits(instrument, statuses[mention.key], category, mention)


def find_element_controls(
    graph: LegalGraph, element: Element, notices: Mapping[str, str], statuses: Mapping[str, LegalStatus]
) -> Iterator[ControlHit]:
    """Yield a hit for each part of each control among these notices, with the codes of the element.

    `notices` are their keys, each with the sentence that names the element, or "".
    """
    for key, naming in notices.items():
        instrument = graph.instruments.get(key)
        if instrument is None or not is_control(instrument):
            continue
        touched = (name for name in element.categories if name in instrument.categories)
        category = next(touched, element.categories[0])
        known = element.find_control(key)
        codes = ", ".join(known.control) if known is not None else ""
        quote = naming or dict(instrument.proofs).get(category, "")
        if known is not None and (not quote or quote.startswith(DOUBT_PREFIX)):
            under = f" under {codes}" if codes else ""
            quote = f"{DOUBT_PREFIX}names {element.en} {element.zh}{under}"
        mention = CodeMention(key=key, code=codes, quote=quote)
        yield from _build_hits(instrument, statuses[key], category, mention)


def sort_live_controls(controls: Iterable[ControlHit]) -> tuple[ControlHit, ...]:
    """Return the controls that are not over, the most binding first."""
    live = [control for control in controls if control.state not in ENDED_STATES]
    return tuple(sorted(live, key=lambda control: STATE_RANK.index(control.state)))


def list_lookup_cautions(query: ParsedQuery, controls: Iterable[ControlHit]) -> Iterator[str]:
    """Yield what limits the answer to a lookup: what a code proves, and which notices are left out."""
    live = dict.fromkeys(hit.number for hit in controls if hit.state not in ENDED_STATES)
    if query.kind != "control":
        yield DESCRIPTION_DECIDES
    if query.kind == "hs":
        printed = {hit.number for hit in controls if _is_same_branch(hit.code or "-", query.value)}
        others = [number for number in live if number not in printed]
        if others:
            yield (
                f"the code {query.value} does not stand in {', '.join(others)}, as far as known here; they "
                "concern items that are declared under it"
            )
    ended = sorted({hit.number for hit in controls} - set(live))
    if ended:
        yield f"expired or repealed by then, left out: {', '.join(ended)}"


def _build_hits(
    instrument: Instrument, status: LegalStatus, category: str, mention: CodeMention
) -> Iterator[ControlHit]:
    """Yield a hit for each part of a control that has a state of its own."""
    for part in status.clauses:
        yield ControlHit(
            category=category,
            number=status.number,
            clause=None if part.scope == ALL else part.scope,
            state=part.state,
            since=status.since if len(status.clauses) == 1 else None,
            until=part.until,
            quote=mention.quote or dict(instrument.proofs).get(category, ""),
            title=status.title,
            code=mention.code or None,
            announced=status.announced,
            key=instrument.key,
        )


def _find_owner(instrument: Instrument, code: str, lexicon: Lexicon) -> str:
    """Return the category of a notice that lists a code, else its first category."""
    for name in instrument.categories:
        category = lexicon.find_category(name)
        codes = () if category is None else (*category.hs, *category.control)
        if any(_is_same_branch(code, own) for own in codes):
            return name
    return next(iter(instrument.categories), "")
