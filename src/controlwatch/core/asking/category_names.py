"""One rule of spelling for item categories: gallium, minor_metals.gallium, 镓, "rare earth", rare-earth."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

from controlwatch.core.extraction.text.lexicon import GroupKind, Lexicon
from controlwatch.core.law.lookup import match_categories
from controlwatch.core.model.typed_text import normalize_typed_text

#: The longest name in signs of a Chinese text, and in words of a Latin one.
MAX_HAN_LENGTH, MAX_WORDS = 12, 6
MAX_SUGGESTIONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryLine:
    """An item category or a group, with what is known about it."""

    id: str
    group: str
    is_group: bool
    kind: str  #: item, scope or instrument
    en: str
    zh: str
    notices: int  #: official changes that name it; of a group, those that name any of its categories
    subscriptions: int  #: active ones that are limited to it, or to its group


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedCategory:
    """The name of a category in a text."""

    name: str
    start: int
    end: int


def find_category_meanings(name: str, lexicon: Lexicon) -> tuple[str, ...]:
    """Return the categories that a name may mean: one where that is clear, none where it is unknown.

    Ids, parts of ids, names and terms in both languages; spaces, hyphens and underscores are the same, and so
    are singular and plural. A group is preferred to its categories.
    """
    plain = fold_category_name(normalize_typed_text(name))
    names = _collect_exact_names(lexicon)
    for spelling in _list_spellings(plain):
        if spelling in names:
            return names[spelling]
    for spelling in _list_spellings(plain):
        matched = match_categories(spelling, lexicon)
        groups = tuple(found for found in matched if found in lexicon.group_ids)
        if matched:
            return groups[:1] or matched
    return ()


def suggest_categories(name: str, lexicon: Lexicon) -> tuple[str, ...]:
    """Return the categories whose names are most similar to an unknown one."""
    names = _collect_exact_names(lexicon)
    near = get_close_matches(fold_category_name(normalize_typed_text(name)), names, n=6, cutoff=0.7)
    return tuple(dict.fromkeys(category for found in near for category in names[found]))[:MAX_SUGGESTIONS]


def is_category_name(name: str, lexicon: Lexicon) -> bool:
    """Return whether words are exactly a name of a category."""
    names = _collect_exact_names(lexicon)
    return any(spelling in names for spelling in _list_spellings(fold_category_name(name)))


def find_named_category(text: str, lexicon: Lexicon, *, kinds: frozenset[GroupKind]) -> NamedCategory | None:
    """Return the longest name of a category of these kinds in folded text, or None.

    Names within a sentence must be exact: a part of a name may be any word.
    """
    names = _collect_exact_names(lexicon)

    def is_name(chosen: str) -> bool:
        return any(
            _get_kind(category, lexicon) in kinds
            for spelling in _list_spellings(fold_category_name(chosen))
            for category in names.get(spelling, ())
        )

    words = list(re.finditer(r"[^\s,;:!?()]+", text))
    for length in range(min(MAX_WORDS, len(words)), 0, -1):
        for first, last in zip(words, words[length - 1 :], strict=False):
            name = text[first.start() : last.end()].strip(".")
            if is_name(" ".join(name.split())):
                return NamedCategory(name=" ".join(name.split()), start=first.start(), end=last.end())
    for length in range(min(MAX_HAN_LENGTH, len(text)), 0, -1):
        for start in range(len(text) - length + 1):
            name = text[start : start + length]
            if not name.isascii() and " " not in name and is_name(name):
                return NamedCategory(name=name, start=start, end=start + length)
    return None


def list_category_tree(lexicon: Lexicon) -> Iterator[tuple[str, str, bool]]:
    """Yield each group followed by its categories: the id, the group, and whether it is a group."""
    for group in sorted(lexicon.group_ids):
        leaves = [item.id for item in lexicon.categories if item.group == group and item.id != group]
        yield group, group, bool(leaves)
        for leaf in leaves:
            yield leaf, group, False


def fold_category_name(name: str) -> str:
    """Return a name in one spelling: one width, one case, single spaces.

    >>> fold_category_name("Rare-Earth_Magnets")
    'rare earth magnets'
    """
    return " ".join(re.split(r"[\s_-]+", name.casefold())).strip()


def _get_kind(category: str, lexicon: Lexicon) -> GroupKind:
    """Return the kind of a category, or of the first one of a group."""
    return next(item.kind for item in lexicon.categories if category in {item.id, item.group})


def _list_spellings(name: str) -> tuple[str, ...]:
    """Return a folded name, and its other number."""
    if not name.isascii() or len(name) < 3:
        return (name,)
    others = [name[:-1]] if name.endswith("s") else [f"{name}s"]
    if name.endswith("ies"):
        others.append(f"{name[:-3]}y")
    elif name.endswith("es"):
        others.append(name[:-2])
    elif name.endswith("y"):
        others.append(f"{name[:-1]}ies")
    return (name, *others)


@cache
def _collect_exact_names(lexicon: Lexicon) -> Mapping[str, tuple[str, ...]]:
    """Return the categories of each name: those of the first kind of names that has it."""
    leaves = lexicon.categories
    kinds: list[list[tuple[str, str]]] = [
        [(name, name) for name in (*lexicon.group_ids, *lexicon.category_ids)],
        [(name, group) for group, names in lexicon.group_names.items() if group for name in names],
        [(name, item.id) for item in leaves for name in (item.zh, item.en)],
        [(term, item.id) for item in leaves for term in (*item.terms, *item.title_terms, *item.lone_terms)],
    ]
    names: dict[str, tuple[str, ...]] = {}
    for kind in kinds:
        found: dict[str, list[str]] = {}
        for name, category in kind:
            folded = fold_category_name(name)
            owners = found.setdefault(folded, [])
            if category not in owners:
                owners.append(category)
        for name, owners in found.items():
            if name and not any(spelling in names for spelling in _list_spellings(name)):
                names[name] = tuple(owners)
    return names
