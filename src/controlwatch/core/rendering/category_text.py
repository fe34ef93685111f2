"""Item categories, lists and destinations by their names: an answer is read without knowing an id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from controlwatch.core.extraction.text.lexicon import Lexicon

#: A destination among categories: the code of the place follows.
DESTINATION = "destination."
#: Items of a notice that are named in its row.
MAX_ITEMS = 4


def name_categories(ids: Iterable[str], lexicon: Lexicon) -> str:
    """Return the first items, then the first destinations, in English; "" for none.

    Such as "gallium, germanium · for United States".
    """
    chosen = tuple(ids)
    items = [lexicon.get_category_name(name, "en") for name in chosen if not name.startswith(DESTINATION)]
    places = [
        lexicon.get_place_name(name.removeprefix(DESTINATION).upper(), "en")
        for name in chosen
        if name.startswith(DESTINATION)
    ]
    return " · ".join(filter(None, (_join_first(items), f"for {_join_first(places)}" if places else "")))


def _join_first(names: Sequence[str]) -> str:
    more = f" and {len(names) - MAX_ITEMS} more" if len(names) > MAX_ITEMS else ""
    return ", ".join(names[:MAX_ITEMS]) + more
