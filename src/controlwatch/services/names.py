"""Names as people write them, resolved to ids; an unknown one is refused with the nearest known ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from controlwatch.core.asking.category_names import find_category_meanings, suggest_categories
from controlwatch.core.extraction.mentions.numbers import parse_number
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.model.addresses import canonicalize_url
from controlwatch.core.model.errors import UnclearName
from controlwatch.core.sources.watcher import Watcher

#: Categories that are named where a name may mean several.
MAX_MEANINGS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Resolves names of categories, issuers, destinations, watchers and notices."""

    lexicon: Lexicon
    watchers: tuple[Watcher, ...]

    def find_category(self, name: str) -> str:
        """Return the category id that a name means, in any spelling of `find_category_meanings`.

        Raises `UnclearName` with those that it may mean, or with the nearest ones.
        """
        meanings = find_category_meanings(name, self.lexicon)
        if len(meanings) == 1:
            return meanings[0]
        if meanings:
            listed = ", ".join(meanings[:MAX_MEANINGS])
            message = f"{name!r} may mean {listed}; choose one of them"
            raise UnclearName(message, name=name, candidates=meanings[:MAX_MEANINGS])
        near = suggest_categories(name, self.lexicon)
        hint = f"did you mean {', '.join(near)}?" if near else "to list them: controlwatch categories"
        raise UnclearName(f"no category {name!r}; {hint}", name=name, candidates=near)

    def find_issuer(self, name: str) -> str:
        """Return an issuer's code, given as code or as Chinese name."""
        for issuer in self.lexicon.issuers:
            if name in issuer.zh or name.casefold() in {
                word.casefold() for word in (issuer.code, *issuer.en)
            }:
                return issuer.code
        return choose_name(name, {issuer.code for issuer in self.lexicon.issuers}, "issuer")

    def find_destination(self, name: str) -> str:
        """Return a destination's ISO code, given as code or as name."""
        for place in self.lexicon.places:
            if name in place.zh or name.casefold() in {word.casefold() for word in (place.code, *place.en)}:
                return place.code
        return choose_name(name, {place.code for place in self.lexicon.places}, "destination")

    def find_watcher(self, name: str) -> Watcher:
        """Return a declared watcher."""
        return choose_watcher(name, self.watchers)

    def list_categories(self) -> frozenset[str]:
        """Return every category and group id."""
        return self.lexicon.category_ids | self.lexicon.group_ids

    def to_key(self, asked: str) -> str:
        """Return the key of a notice asked for by number in any spelling, or by address."""
        number = parse_number(asked, self.lexicon)
        if number is None:
            return canonicalize_url(asked) if "/" in asked else asked
        if number.issuers or number.letter:
            return number.key
        # A bare 2025-61 is MOFCOM's, the series that people mean.
        return f"MOFCOM {number.key}"


def choose_watcher(name: str, watchers: Iterable[Watcher]) -> Watcher:
    """Return the watcher of this id, or raise `UsageError` with the nearest ones."""
    by_id = {watcher.id: watcher for watcher in watchers}
    return by_id[choose_name(name, by_id, "watcher")]


def choose_name(name: str, allowed: Iterable[str], what: str) -> str:
    """Return a name that is allowed, or raise `UsageError` with the nearest ones."""
    names = sorted(allowed)
    if name in names:
        return name
    near = get_close_matches(name, names, n=3, cutoff=0.5) or [item for item in names if name in item][:3]
    hint = f"did you mean {', '.join(near)}?" if near else f"there are {', '.join(names)}"
    raise UnclearName(f"no {what} {name!r}; {hint}", name=name, candidates=tuple(near))
