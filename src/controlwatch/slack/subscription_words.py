"""A subscription from words: battery US tighten daily me."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from controlwatch.core.law.lookup import match_categories
from controlwatch.core.model import Direction, Language, Rate, Subscription
from controlwatch.core.model.errors import UsageError

if TYPE_CHECKING:
    from controlwatch.services.queries import Queries

RATES: dict[str, Rate] = {
    "immediate": "immediate",
    "daily": "daily",
    "weekly": "weekly",
    "每日": "daily",
    "每周": "weekly",
}
LANGUAGES: dict[str, Language] = {"en": "en", "english": "en", "zh": "zh", "中文": "zh", "both": "both"}
#: Words that say nothing of what is wanted.
FILLERS = frozenset({"to", "for", "and", "here", "the", "hs", "this", "channel"})
SELF_WORDS = frozenset({"me", "我"})


def parse_subscription(words: Iterable[str], channel: str, user: str, queries: Queries) -> Subscription:
    """Return the subscription that words ask for; for the channel, or, with `me`, for the asker.

    Categories by id or name, issuers, ISO codes of destinations, directions, HS prefixes, a rate and a
    language, in any order. Raises `UsageError` naming the word that is none of them.
    """
    found: dict[str, list[str]] = {"categories": [], "issuers": [], "destinations": [], "hs_prefixes": []}
    directions: list[Direction] = []
    rate: Rate = "immediate"
    language: Language = "both"
    target, outlook = channel, False
    for word in words:
        plain = word.strip(",;").casefold()
        if plain in FILLERS:
            continue
        if plain in SELF_WORDS:
            target = user
        elif plain == "outlook":
            outlook = True
        elif plain in RATES:
            rate = RATES[plain]
        elif plain in LANGUAGES:
            language = LANGUAGES[plain]
        elif plain in set(Direction):
            directions.append(Direction(plain))
        else:
            kind, value = _parse_criterion(word.strip(",;"), queries)
            found[kind].append(value)
    return Subscription(
        channel="slack",
        target=target,
        directions=tuple(directions),
        rate=rate,
        language=language,
        outlook=outlook,
        categories=_drop_duplicates(found["categories"]),
        issuers=_drop_duplicates(found["issuers"]),
        destinations=_drop_duplicates(found["destinations"]),
        hs_prefixes=_drop_duplicates(found["hs_prefixes"]),
    )


def _drop_duplicates(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _parse_criterion(word: str, queries: Queries) -> tuple[str, str]:
    digits = word.replace(".", "")
    if digits.isascii() and digits.isdigit() and 2 <= len(digits) <= 10:
        return "hs_prefixes", digits
    if word.lower() in queries.names.list_categories():
        return "categories", word.lower()
    named: tuple[tuple[str, Callable[[str], str]], ...] = (
        ("issuers", queries.names.find_issuer),
        ("destinations", queries.names.find_destination),
    )
    for kind, lookup in named:
        try:
            return kind, lookup(word.upper() if word.isascii() else word)
        except UsageError:
            continue
    meanings = match_categories(word, queries.names.lexicon)
    if len(meanings) == 1 or (meanings and meanings[0] in queries.names.lexicon.group_ids):
        return "categories", meanings[0]
    return "categories", queries.names.find_category(word)
