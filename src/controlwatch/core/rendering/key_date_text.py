"""Reminders, moved days and the events of a week, as cards show them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.key_dates import SUSPENSION_ENDS
from controlwatch.core.model import KeyDate, Language, Notice, ReminderSubject
from controlwatch.core.rendering.facts import CardFact, format_days_left, join_first
from controlwatch.core.rendering.wording import find_word, list_languages, pick_language

MAX_SHOWN_ITEMS = 6


def choose_occasion_badge(occasion: ReminderSubject, language: Language) -> str:
    """Return the badge: a reminder, a day that moved, or one that no longer comes."""
    if occasion.gone:
        return find_word("gone-day", language)
    return find_word("reminder" if occasion.was is None else "moved-day", language)


def build_occasion_heading(
    occasion: ReminderSubject, notice: Notice, lexicon: Lexicon, language: Language, today: date
) -> str:
    """Return the line that must be enough on a phone: which notice, what, when, for which items."""
    event = occasion.event
    number = notice.number.canonical if notice.number is not None else ""
    what = f"{find_word(event.event, language)} {format_days_left(event.date, today, language)}"
    items = _join_category_names([found.id for found in notice.categories], lexicon, language)
    return " · ".join(part for part in (number, what, items) if part)


def list_occasion_facts(
    occasion: ReminderSubject, notice: Notice, lexicon: Lexicon, language: Language, today: date
) -> Iterator[CardFact]:
    """Yield what happens, what was said before, and whom it touches."""
    event = occasion.event
    scope = "" if event.scope == "all" else f" ({event.scope})"
    what = f"{find_word(event.event, language)} {format_days_left(event.date, today, language)}{scope}"
    yield CardFact(label=find_word("what", language), value=what, quote=event.quote)
    if occasion.was is not None and not occasion.gone:
        yield CardFact(label=find_word("was", language), value=str(occasion.was))
    if event.affects and event.event == SUSPENSION_ENDS:
        yield CardFact(
            label=find_word("again", language),
            value=join_first(list(event.affects), MAX_SHOWN_ITEMS, language),
        )
    items = [
        pick_language(
            lexicon.get_category_name(found.id, "en"), lexicon.get_category_name(found.id, "zh"), language
        )
        for found in notice.categories
    ]
    if items:
        yield CardFact(
            label=find_word("categories", language), value=join_first(items, MAX_SHOWN_ITEMS, language)
        )


def build_agenda_fact(event: KeyDate, lexicon: Lexicon, language: Language, today: date) -> CardFact:
    """Return an event of a week as a fact: the day, then what happens to which notice and items."""
    names = _join_category_names(event.categories, lexicon, language)
    affects = f" ({join_first(list(event.affects), MAX_SHOWN_ITEMS, language)})" if event.affects else ""
    parts = (f"{find_word(event.event, language)}{affects}", event.number, names)
    value = " · ".join(part for part in parts if part)
    return CardFact(label=format_days_left(event.date, today, language), value=value, quote=event.quote)


def _join_category_names(ids: Iterable[str], lexicon: Lexicon, language: Language) -> str:
    tongue = list_languages(language)[0]
    names = [lexicon.get_category_name(name, tongue) for name in ids]
    return ", ".join(names[:3]) + (f" +{len(names) - 3}" if len(names) > 3 else "")
