"""Reminders, moved dates and the key dates of a week, as cards show them."""

from __future__ import annotations

from collections.abc import Iterator

from controlwatch.core.law.key_dates import SUSPENSION_ENDS
from controlwatch.core.model import KeyDate, Notice, ReminderSubject
from controlwatch.core.rendering.facts import CardContext, CardFact

MAX_SHOWN_ITEMS = 6


def choose_occasion_badge(occasion: ReminderSubject, context: CardContext) -> str:
    """Return the badge: a reminder, a date that changed, or one that was cancelled."""
    if occasion.gone:
        return context.find_word("gone-day")
    return context.find_word("reminder" if occasion.was is None else "moved-day")


def build_occasion_heading(occasion: ReminderSubject, notice: Notice, context: CardContext) -> str:
    """Return the line that must suffice on a phone: which notice, what, when, for which items."""
    event = occasion.event
    number = notice.number.canonical if notice.number is not None else ""
    what = f"{context.find_word(event.event)} {context.format_day(event.date)}"
    items = context.summarize_categories(finding.id for finding in notice.categories)
    return " · ".join(part for part in (number, what, items) if part)


def list_occasion_facts(
    occasion: ReminderSubject, notice: Notice, context: CardContext
) -> Iterator[CardFact]:
    """Yield what happens, the date known before, and the items concerned."""
    event = occasion.event
    scope = "" if event.scope == "all" else f" ({event.scope})"
    what = f"{context.find_word(event.event)} {context.format_day(event.date)}{scope}"
    yield context.build_fact("what", what, event.quote)
    if occasion.was is not None and not occasion.gone:
        yield context.build_fact("was", str(occasion.was))
    if event.affects and event.event == SUSPENSION_ENDS:
        yield context.build_fact("again", context.join_first(list(event.affects), MAX_SHOWN_ITEMS))
    items = [context.name_category(finding.id) for finding in notice.categories]
    if items:
        yield context.build_fact("categories", context.join_first(items, MAX_SHOWN_ITEMS))


def build_agenda_fact(event: KeyDate, context: CardContext) -> CardFact:
    """Return a key date of a week as a fact: the day, then what happens to which notice and items."""
    affects = f" ({context.join_first(list(event.affects), MAX_SHOWN_ITEMS)})" if event.affects else ""
    what = f"{context.find_word(event.event)}{affects}"
    parts = (what, event.number, context.summarize_categories(event.categories))
    value = " · ".join(part for part in parts if part)
    return CardFact(label=context.format_day(event.date), value=value, quote=event.quote)
