"""What is asked by code or by word: which kind of thing it is, and which categories it means."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from controlwatch.core.reading.lexicon import Category, Lexicon

CONTROL_CODE = re.compile(r"(\d)([A-Ea-e])(\d{3})((?:\.[A-Za-z0-9]{1,3})*)")  # 3A001, 1c902.a.4
HS_CODE = re.compile(r"\d{4,10}")  # 8507, 8507.60, 8507 60 00, 2846.90.11.00

#: MOFCOM's FAQ no. 3 on dual-use items, 2025-04: the customs code is for reference.
DESCRIPTION_DECIDES = (
    "The description of the item decides whether it is controlled, not the HS code: "
    "HS codes in the notices are for reference"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A query, told apart."""

    kind: Literal["hs", "control", "term"]
    value: str  #: the code as the notices print it, or the folded words


def asked(query: str) -> Asked:
    """Tell a code from a word.

    >>> asked("8507.60").value, asked("3a001").value, asked("稀土").kind
    ('850760', '3A001', 'term')
    """
    bare = unicodedata.normalize("NFKC", query).strip()
    code = CONTROL_CODE.fullmatch(bare)
    if code is not None:
        return Asked(kind="control", value=f"{code[1]}{code[2].upper()}{code[3]}{code[4].lower()}")
    digits = re.sub(r"[.\s-]", "", bare)
    if HS_CODE.fullmatch(digits) and digits.isascii():
        return Asked(kind="hs", value=digits)
    return Asked(kind="term", value=bare.casefold())


def meant(words: str, lexicon: Lexicon) -> tuple[str, ...]:
    """Return the categories that words mean: by id, by name, by the terms the reader knows.

    A group stands for its leaves; exact names outweigh parts of them.
    """
    words = unicodedata.normalize("NFKC", words).strip().casefold()
    if not any(sign.isalnum() for sign in words):
        return ()
    groups = [group for group, names in lexicon.group_names.items() if words in _folded((group, *names))]
    exact = [found.id for found in lexicon.categories if words in _folded(_names(found))]
    within = [found.id for found in lexicon.categories if _in_a_name(words, found)]
    return tuple(dict.fromkeys((*groups, *exact, *within)))


def _names(category: Category) -> tuple[str, ...]:
    return (category.id, category.zh, category.en, *category.terms, *category.title_terms, *category.hints)


def _folded(names: tuple[str, ...]) -> set[str]:
    return {name.casefold() for name in names}


def _in_a_name(words: str, category: Category) -> bool:
    """Say whether words are a part of one of a category's names: whole ones, where they are Latin."""
    if not words.isascii():
        return any(words in name for name in _names(category))
    whole = re.compile(rf"\b{re.escape(words)}(?:s|es)?\b", re.IGNORECASE)
    return any(whole.search(name) for name in _names(category))
