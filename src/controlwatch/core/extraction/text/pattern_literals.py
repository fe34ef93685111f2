"""Which characters every match of a regular expression contains, read off the parsed pattern.

So do the prefilters of RE2 and of Code Search. The module `re` does not publish its parser.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

Literals = frozenset[str]  #: a match holds at least one of them

MAX_EXACT = 24  #: of the words that a part of a pattern stands for, written out one by one
MAX_LITERALS = 600  #: of one set that is looked for
MAX_RATE = 3.0  #: of a set that tells something, see `_rate`
MAX_SET_OPTIONS = 6  #: characters of a set [...] that are written out
REPEATS = {op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT}
#: Flags within the pattern, and references to a group, which may lie in another alternative.
INDIVISIBLE = re.compile(r"\(\?[aiLmsux-]+[:)]|\(\?P=|\(\?\(|(?<!\\)\\[1-9]")
PATTERN_SIGN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[()|]", re.DOTALL)  #: escapes and sets as a whole
CAPITAL = re.compile(r"(?<!\\)(?<!\(\?)[A-ZÀ-ÖØ-Þ]")  #: of a pattern, neither in \S nor in (?P


@dataclass(frozen=True, slots=True)
class Required:
    """What a part of a pattern needs."""

    exact: Literals | None  #: all the words it can stand for, None where these are too many
    sets: tuple[Literals, ...] = ()  #: of each of these sets a match holds one, besides `exact`

    def list_sets(self) -> tuple[Literals, ...]:
        """Return every set of which a match holds one."""
        return self.sets if self.exact is None or "" in self.exact else (*self.sets, self.exact)


NOTHING = Required(None)
EMPTY = Required(frozenset([""]))


def split_alternatives(source: str) -> list[str]:
    """Return the alternatives of a pattern, a|b or (?:a|b); itself where they depend on another."""
    if INDIVISIBLE.search(source):
        return [source]
    while True:
        depth, cuts, is_wrapped = 0, [-1], source.startswith("(?:")
        for sign in PATTERN_SIGN.finditer(source):
            depth += (sign[0] == "(") - (sign[0] == ")")
            if sign[0] == "|" and depth == 0:
                cuts.append(sign.start())
            is_wrapped = is_wrapped and (depth > 0 or sign.end() == len(source))
        if not is_wrapped or len(cuts) > 1:
            return [source[start + 1 : end] for start, end in pairwise([*cuts, len(source)])]
        source = source[3:-1]


def can_be_empty(source: str) -> bool:
    """Return whether a pattern can match no character at all."""
    return bool(parser.parse(source).getwidth()[0] == 0)


def lower_pattern(source: str) -> str:
    """Return a pattern in small letters; its escapes and the names of its groups stay."""
    return CAPITAL.sub(lambda hit: hit[0].lower(), source)


def choose_literals(source: str, flags: re.RegexFlag = re.NOFLAG) -> tuple[str, ...]:
    """Return the most telling literals of which every match holds one; () where nothing is known.

    In small letters where the pattern ignores case.
    """
    lowers = bool(flags & re.IGNORECASE) or "(?i" in source
    found = _read_sequence(parser.parse(source, flags)).list_sets()
    sets = {_drop_longer(word.lower() if lowers else word for word in literals) for literals in found}
    telling = [literals for literals in sets if len(literals) <= MAX_LITERALS and _rate(literals) <= MAX_RATE]
    return tuple(sorted(min(telling, key=lambda found: (_rate(found), sorted(found)), default=())))


def _rate(literals: Iterable[str]) -> float:
    """Return how often one of the literals will occur outside a match, as a rough figure to compare by."""
    return sum(2.0 ** -sum(1 if sign.isascii() else 2 for sign in word if sign != " ") for word in literals)


def _drop_longer(literals: Iterable[str]) -> Literals:
    """Return literals without those that hold another one."""
    words = set(literals)
    return frozenset(word for word in words if not any(other != word and other in word for other in words))


def _read_sequence(parts: Iterable[tuple[Any, Any]]) -> Required:
    """Return what parts one behind the other need."""
    exact: Literals | None = frozenset([""])
    is_whole = True
    sets: list[Literals] = []
    for kind, value in parts:
        part = _read_part(kind, value)
        sets += part.sets
        if exact is not None and part.exact is not None and len(exact) * len(part.exact) <= MAX_EXACT:
            exact = frozenset(before + after for before in exact for after in part.exact)
            continue
        is_whole = False
        sets += Required(exact).list_sets()
        exact = part.exact
    return Required(exact, tuple(sets)) if is_whole else Required(None, (*sets, *Required(exact).list_sets()))


def _read_part(kind: Any, value: Any) -> Required:
    """Return what one part of a parsed pattern needs."""
    if kind is op.LITERAL:
        found = Required(frozenset([chr(value)]))
    elif kind is op.IN:
        found = _read_set(value)
    elif kind is op.SUBPATTERN:
        found = _read_sequence(value[3])
    elif kind is op.ATOMIC_GROUP:
        found = _read_sequence(value)
    elif kind is op.BRANCH:
        found = _unite([_read_sequence(branch) for branch in value[1]])
    elif kind in REPEATS:
        found = _read_repeat(*value)
    elif kind is op.ASSERT:
        found = Required(EMPTY.exact, _read_sequence(value[1]).list_sets())
    else:
        found = EMPTY if kind in {op.AT, op.ASSERT_NOT} else NOTHING
    return found


def _read_set(options: list[tuple[Any, Any]]) -> Required:
    """Return the characters of a short set [...] of characters."""
    if len(options) > MAX_SET_OPTIONS or any(kind is not op.LITERAL for kind, _ in options):
        return NOTHING
    return Required(frozenset(chr(value) for _, value in options))


def _read_repeat(least: int, most: int, repeated: Any) -> Required:
    """Return what a repeated part needs."""
    found = _read_sequence(repeated)
    if least == 0:
        optional = most == 1 and found.exact is not None
        return Required(found.exact | {""}) if optional and found.exact is not None else NOTHING
    return found if most == 1 else Required(None, found.list_sets())


def _unite(branches: list[Required]) -> Required:
    """Return what branches have in common: of the best set of each of them a match holds one."""
    exact: Literals = frozenset().union(*(branch.exact or () for branch in branches))
    if len(exact) <= MAX_LITERALS and all(branch.exact and not branch.sets for branch in branches):
        return Required(exact)
    best = [min(branch.list_sets(), key=_rate, default=frozenset()) for branch in branches]
    return Required(None, (frozenset().union(*best),)) if all(best) else NOTHING
