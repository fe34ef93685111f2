"""Item categories, lists and destinations by their names: an answer is read without knowing an id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.model import DESTINATION_PREFIX, Language
from controlwatch.core.rendering.wording import pick_language

#: Items of a notice that are named in its row.
MAX_ITEMS = 4


def name_categories(ids: Iterable[str], lexicon: Lexicon, language: Language = "en") -> str:
    """Return the first items, then the first destinations, in one language; "" for none.

    Such as "gallium, germanium · for United States".
    """
    one: Literal["en", "zh"] = "zh" if language == "zh" else "en"
    items, places = [], []
    for name in ids:
        code = name.removeprefix(DESTINATION_PREFIX)
        if code != name:
            places.append(lexicon.get_place_name(code.upper(), one))
        else:
            items.append(lexicon.get_category_name(name, one))
    to = pick_language("for ", "目的地：", one) + _join_first(places, one) if places else ""
    return " · ".join(filter(None, (_join_first(items, one), to)))


def _join_first(names: Sequence[str], language: Language) -> str:
    hidden = len(names) - MAX_ITEMS
    more = pick_language(f" and {hidden} more", f"等{len(names)}项", language) if hidden > 0 else ""
    return pick_language(", ", "、", language).join(names[:MAX_ITEMS]) + more


def describe_destinations(
    asked: str, limits: Mapping[str, Sequence[str]], lexicon: Lexicon, language: Language = "en"
) -> str:
    """Return which notices name the destination asked about, and which ones name others only.

    `asked` is a code; `limits` has the codes that each notice names, by its number.
    """
    one: Literal["en", "zh"] = "zh" if language == "zh" else "en"
    place = lexicon.get_place_name(asked, one)
    naming = ", ".join(number for number, codes in limits.items() if asked in codes)
    others = ", ".join(
        f"{number} ({', '.join(lexicon.get_place_name(code, one) for code in codes)})"
        for number, codes in limits.items()
        if codes and asked not in codes
    )
    unlimited = sum(not codes for codes in limits.values())
    if one == "zh":
        chinese = (
            f"{naming} 点名{place}" if naming else f"本答复中的公告均未点名{place}",
            f"仅点名其他目的地：{others}" if others else "",
            f"{unlimited} 件未限定目的地" if unlimited else "",
        )
        return "；".join(filter(None, chinese))
    sentences = (
        f"{place} is named by {naming}" if naming else f"no notice in this answer names {place}",
        f"other destinations only are named by {others}" if others else "",
        f"{unlimited} {'names' if unlimited == 1 else 'name'} no destination" if unlimited else "",
    )
    return "; ".join(filter(None, sentences))
