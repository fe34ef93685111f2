"""A fact as cards show it, and how days and long lists are put."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from controlwatch.core.model import Language
from controlwatch.core.rendering.wording import find_word, pick_language


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFact:
    """A label, what is concluded, and the words that prove it."""

    label: str
    value: str
    quote: str = ""


def format_days_left(day: date, today: date, language: Language) -> str:
    """Return a day with the days left until it; of one that is past, the day alone."""
    left = (day - today).days
    if left == 0:
        return f"{day} ({find_word('today', language)})"
    if left < 0:
        return f"{day}"
    days = "day" if left == 1 else "days"
    return f"{day} ({pick_language(f'in {left} {days}', f'{left} 天后', language)})"


def join_first(items: list[str], most: int, language: Language) -> str:
    """Return the first of a list, and how many more there are."""
    more = len(items) - most
    rest = " " + pick_language(f"and {more} more", f"等共 {len(items)} 项", language) if more > 0 else ""
    return ", ".join(items[:most]) + rest
