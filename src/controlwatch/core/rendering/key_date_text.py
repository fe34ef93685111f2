"""Reminders, moved days and the events of a week, as cards show them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.key_dates import SUSPENSION_ENDS
from controlwatch.core.model import Event, Language, Notice, Occasion
from controlwatch.core.rendering.facts import Fact, day_left, some
from controlwatch.core.rendering.wording import pick, tongues, word

SHOWN = 6


def occasion_badge(occasion: Occasion, language: Language) -> str:
    """Return the badge: a reminder, a day that moved, or one that no longer comes."""
    if occasion.gone:
        return word("gone-day", language)
    return word("reminder" if occasion.was is None else "moved-day", language)


def occasion_heading(
    occasion: Occasion, notice: Notice, lexicon: Lexicon, language: Language, today: date
) -> str:
    """Return the line that must be enough on a phone: which notice, what, when, for which items."""
    event = occasion.event
    number = notice.number.canonical if notice.number is not None else ""
    what = f"{word(event.event, language)} {day_left(event.date, today, language)}"
    items = _names([found.id for found in notice.categories], lexicon, language)
    return " · ".join(part for part in (number, what, items) if part)


def occasion_facts(
    occasion: Occasion, notice: Notice, lexicon: Lexicon, language: Language, today: date
) -> Iterator[Fact]:
    """Yield what happens, what was said before, and whom it touches."""
    event = occasion.event
    scope = "" if event.scope == "all" else f" ({event.scope})"
    what = f"{word(event.event, language)} {day_left(event.date, today, language)}{scope}"
    yield Fact(label=word("what", language), value=what, quote=event.quote)
    if occasion.was is not None and not occasion.gone:
        yield Fact(label=word("was", language), value=str(occasion.was))
    if event.affects and event.event == SUSPENSION_ENDS:
        yield Fact(label=word("again", language), value=some(list(event.affects), SHOWN, language))
    items = [
        pick(lexicon.category_name(found.id, "en"), lexicon.category_name(found.id, "zh"), language)
        for found in notice.categories
    ]
    if items:
        yield Fact(label=word("categories", language), value=some(items, SHOWN, language))


def coming(event: Event, lexicon: Lexicon, language: Language, today: date) -> Fact:
    """Return an event of a week as a fact: the day, then what happens to which notice and items."""
    names = _names(event.categories, lexicon, language)
    affects = f" ({some(list(event.affects), SHOWN, language)})" if event.affects else ""
    parts = (f"{word(event.event, language)}{affects}", event.number, names)
    value = " · ".join(part for part in parts if part)
    return Fact(label=day_left(event.date, today, language), value=value, quote=event.quote)


def _names(ids: Iterable[str], lexicon: Lexicon, language: Language) -> str:
    tongue = tongues(language)[0]
    names = [lexicon.category_name(name, tongue) for name in ids]
    return ", ".join(names[:3]) + (f" +{len(names) - 3}" if len(names) > 3 else "")
