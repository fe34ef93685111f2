"""What is asked by code or by word: which kind of thing it is, and which categories it means."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Literal

from controlwatch.core.extraction.text.lexicon import Lexicon

CONTROL_CODE = re.compile(r"(\d)([A-Ea-e])(\d{3})((?:\.[A-Za-z0-9]{1,3})*)")  # 3A001, 1c902.a.4
HS_CODE = re.compile(r"\d{4,10}")  # 8507, 8507.60, 8507 60 00, 2846.90.11.00

#: MOFCOM's FAQ no. 3 on dual-use items, 2025-04: the customs code is for reference.
DESCRIPTION_DECIDES = (
    "The description of the item decides whether it is controlled, not the HS code: "
    "HS codes in the notices are for reference"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedQuery:
    """A query, told apart."""

    kind: Literal["hs", "control", "term"]
    value: str  #: the code as the notices print it, or the folded words


def parse_query(query: str) -> ParsedQuery:
    """Tell a code from a word.

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


def match_categories(words: str, lexicon: Lexicon) -> tuple[str, ...]:
    """Return the categories that words mean: by id, by name, by the terms the reader knows.

    A group stands for its leaves; exact names outweigh parts of them.
    """
    words = _fold_words(words.strip())
    if not any(sign.isalnum() for sign in words):
        return ()
    groups, categories = _collect_names(lexicon)
    exact = [name for known in (groups, categories) for name, names in known.items() if words in names]
    within = [name for name, names in categories.items() if _is_in_name(words, names)]
    return tuple(dict.fromkeys((*exact, *within)))


@cache
def _collect_names(lexicon: Lexicon) -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """Return what groups and categories are called, folded, by id."""
    groups = {
        group: frozenset(map(_fold_words, (group, *names))) for group, names in lexicon.group_names.items()
    }
    categories = {
        found.id: frozenset(
            map(
                _fold_words,
                (found.id, found.zh, found.en, *found.terms, *found.title_terms, *found.hints),
            )
        )
        for found in lexicon.categories
    }
    return groups, categories


def _fold_words(words: str) -> str:
    """Return words in one width and one case."""
    return unicodedata.normalize("NFKC", words).casefold()


def _is_in_name(words: str, names: frozenset[str]) -> bool:
    """Say whether words are a part of one of the names: whole ones, where they are Latin."""
    if not words.isascii():
        return any(words in name for name in names)
    whole = re.compile(rf"\b{re.escape(words)}(?:s|es)?\b")
    return any(whole.search(name) for name in names)
