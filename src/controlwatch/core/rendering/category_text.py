"""Item categories, lists and destinations by their names: an answer is read without knowing an id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.model import DESTINATION_PREFIX

#: Items of a notice that are named in its row.
MAX_ITEMS = 4


def name_categories(ids: Iterable[str], lexicon: Lexicon) -> str:
    """Return the first items, then the first destinations, in English; "" for none.

    Such as "gallium, germanium · for United States".
    """
    items, places = [], []
    for name in ids:
        code = name.removeprefix(DESTINATION_PREFIX)
        if code != name:
            places.append(lexicon.get_place_name(code.upper(), "en"))
        else:
            items.append(lexicon.get_category_name(name, "en"))
    return " · ".join(filter(None, (_join_first(items), f"for {_join_first(places)}" if places else "")))


def _join_first(names: Sequence[str]) -> str:
    more = f" and {len(names) - MAX_ITEMS} more" if len(names) > MAX_ITEMS else ""
    return ", ".join(names[:MAX_ITEMS]) + more


def describe_destinations(asked: str, limits: Mapping[str, Sequence[str]], lexicon: Lexicon) -> str:
    """Return which notices name the destination asked about, and which ones name others only.

    `asked` is a code; `limits` has the codes that each notice names, by its number.
    """
    place = lexicon.get_place_name(asked, "en")
    naming = [number for number, codes in limits.items() if asked in codes]
    others = [
        f"{number} ({', '.join(lexicon.get_place_name(code, 'en') for code in codes)})"
        for number, codes in limits.items()
        if codes and asked not in codes
    ]
    unlimited = sum(not codes for codes in limits.values())
    sentences = (
        f"{place} is named by {', '.join(naming)}" if naming else f"no notice in this answer names {place}",
        f"other destinations only are named by {', '.join(others)}" if others else "",
        f"{unlimited} {'names' if unlimited == 1 else 'name'} no destination" if unlimited else "",
    )
    return "; ".join(filter(None, sentences))
