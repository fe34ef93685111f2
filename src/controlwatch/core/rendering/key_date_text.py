"""Reminders, moved dates and the key dates of a week, as cards show them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from controlwatch.core.alerting.system_alerts import format_moment_pair
from controlwatch.core.extraction.mentions.clauses import name_clause
from controlwatch.core.law.status import ONE_DAY
from controlwatch.core.model import Direction, KeyDate, Notice, ReleasedPart, ReminderSubject
from controlwatch.core.model.alert import ENDS, SUSPENSION_ENDS, TAKES_EFFECT
from controlwatch.core.rendering.day_text import add_known_day, spell_dates
from controlwatch.core.rendering.facts import CardContext, CardFact
from controlwatch.core.rendering.headlines import name_number
from controlwatch.core.rendering.state_text import explain_announced, format_announced
from controlwatch.core.rendering.wording import find_word

MAX_SHOWN_ITEMS = 6
MAX_MISSING = 3
#: Characters of the numbers of notices in a heading.
MAX_NUMBERS = 60
#: Characters of a heading: the badge comes before it, and Slack cuts at 150.
MAX_HEADING = 100
#: Event → its word once it has happened.
ENDING_WORDS = {SUSPENSION_ENDS: "suspension ended", ENDS: "ended on"}
#: Event → that it does not happen on a day, in English before the day and in Chinese behind it.
CANCELLED_WORDS = {
    TAKES_EFFECT: ("does not take effect on", "不生效"),
    SUSPENSION_ENDS: ("suspension does not end on", "暂停期不届满"),
    ENDS: ("does not end on", "不期满"),
}


def choose_occasion_badge(occasion: ReminderSubject, context: CardContext) -> str:
    """Return the badge: a reminder, a date that changed, or one that was cancelled."""
    if occasion.gone:
        return context.find_word("gone-day")
    return context.find_word("reminder" if occasion.was is None else "moved-day")


def name_event(event: KeyDate, notice: Notice, context: CardContext) -> str:
    """Return what happens on a key date: a suspension begins, where that is what takes effect."""
    is_suspension = event.event == TAKES_EFFECT and notice.direction is Direction.SUSPEND
    return context.find_word("suspension begins" if is_suspension else event.event)


def describe_cancelled(event: KeyDate, context: CardContext) -> str:
    """Return that something does not happen on the day that was announced."""
    event_words = f"{find_word(event.event, 'en')} on", find_word(event.event, "zh")
    english, chinese = CANCELLED_WORDS.get(event.event, event_words)
    day = context.format_date(event.date)
    return context.pick_one(f"{english} {day}", f"{day}{chinese}")


def build_occasion_heading(
    occasion: ReminderSubject, notice: Notice, context: CardContext, *, others: Sequence[ReminderSubject] = ()
) -> str:
    """Return the line that must suffice on a phone: what, when, for which items, by which notice.

    `others` are the further dates that the reminder is about, of the notice or, cancelled, of others.
    """
    event = occasion.event
    number = name_number(notice.number.canonical, context) if notice.number is not None else ""
    foreign = [item.event for item in others if item.event.key != event.key]
    if number and foreign:
        names = dict.fromkeys(name_number(item.number, context) for item in foreign)
        number = context.join_within([number, *names], MAX_NUMBERS)
    day = context.format_date(event.date)
    what = f"{name_event(event, notice, context)} {day}"
    left = (event.date - context.today).days
    if occasion.gone:
        left, what = 0, describe_cancelled(event, context)
    if occasion.was is not None and not occasion.gone:
        was = context.format_date(occasion.was)
        moved = context.pick_one(f"moved from {was} to {day}", f"由{was}改为{day}")
        what = f"{context.find_word(event.event)} {moved}"
    if left > 0:
        what += context.pick_one(f" (in {left} day{'' if left == 1 else 's'})", f"（{left}天后）")
    elif left == 0 and not occasion.gone:
        what += context.pick_one(" (today)", "（今日）")
    elif event.event in ENDING_WORDS and not occasion.gone:
        what = f"{context.find_word(ENDING_WORDS[event.event])} {day}"
    if others:
        more = len(others)
        what += context.pick_one(f" +{more} more date{'' if more == 1 else 's'}", f"等{more + 1}个日期")
    what = add_known_day(what, context.coverage, context.language)
    announced = format_announced(event.announced, language=context.language)
    ids = dict.fromkeys(found.id for found in notice.categories)
    ids |= dict.fromkeys(name for item in foreign for name in item.categories)
    items = context.join_within([context.name_briefly(name) for name in ids], MAX_HEADING - len(what))
    parts = [what, announced, items] if event.affects or items else [what, announced, notice.title[:60]]
    named = context.pick_one(f" ({number})", f"（{number}）") if number else ""
    return " · ".join(filter(None, parts)) + named


def summarize_occasion(occasion: ReminderSubject, context: CardContext) -> tuple[str, ...]:
    """Return what the end of a term means, what was announced, and until when the sources were read.

    Nothing is said flatly that an extension could still change.
    """
    event = occasion.event
    if event.event not in ENDING_WORDS or occasion.gone or occasion.was is not None:
        return ()
    announced = [explain_announced(item, language=context.language) for item in event.announced]
    if event.date > context.today:
        return (" ".join((_describe_coming_end(event, context), *announced)),)
    ended = context.pick_language(
        f"The term {'ends today' if event.date == context.today else 'has ended'}.",
        "期限今日届满。" if event.date == context.today else "期限已届满。",
    )
    return (" ".join((ended, _describe_reading(context), *announced)),)


def _describe_coming_end(event: KeyDate, context: CardContext) -> str:
    day = context.format_date(event.date + ONE_DAY)
    if event.event == SUSPENSION_ENDS:
        return context.pick_language(
            f"Unless the suspension is extended, the measures apply from {day}.",
            f"如不延长，相关措施自{day}起适用。",
        )
    return context.pick_language(
        f"Unless it is extended, it ends before {day}.", f"如不延长，将于{day}前失效。"
    )


def _describe_reading(context: CardContext) -> str:
    """Return that no extension was seen, and how many of the official sources were read until when."""
    coverage = context.coverage
    if coverage is None or not coverage.sources:
        return context.pick_language("No extension is known.", "未见延期文件。")
    read = [source for source in coverage.sources if not source.is_failing and source.read_until is not None]
    total = len(coverage.sources)
    if not read:
        return context.pick_language(
            f"None of the {total} official sources was read: an extension may have been published.",
            f"{total}个官方来源均未读取，可能已有延期文件。",
        )
    moment, moment_zh = format_moment_pair(min(source.read_until for source in read if source.read_until))
    moment, moment_zh = spell_dates(moment), spell_dates(moment_zh, "zh")
    missing = [source.name for source in coverage.sources if source not in read]
    named = f" Not read: {'; '.join(missing[:MAX_MISSING])}." if missing else ""
    named_zh = f"未读取：{'；'.join(missing[:MAX_MISSING])}。" if missing else ""
    return context.pick_language(
        f"No extension has been seen in the sources; {len(read)} of {total} were read at {moment} or later."
        + named,
        f"来源中未见延期文件；{total}个官方来源中{len(read)}个已于{moment_zh}或之后读取。{named_zh}",
    )


def list_occasion_facts(
    occasion: ReminderSubject, notice: Notice, context: CardContext
) -> Iterator[CardFact]:
    """Yield what happens, the date known before, and the items concerned."""
    event = occasion.event
    scope = "" if event.scope == "all" else f" ({context.pick_one(name_clause(event.scope), event.scope)})"
    word = ENDING_WORDS.get(event.event, event.event) if event.date < context.today else event.event
    name = context.find_word(word) if word != event.event else name_event(event, notice, context)
    what = f"{name} {context.format_day(event.date)}{scope}"
    if occasion.gone:
        what = f"{describe_cancelled(event, context)}{scope}"
    yield context.build_fact("what", what, event.quote)
    if occasion.was is not None and not occasion.gone:
        yield context.build_fact("was", context.format_date(occasion.was))
    if event.event == SUSPENSION_ENDS and (event.releases or event.affects):
        parts = describe_releases(event.releases, context) or list(event.affects)
        yield context.build_fact("again", context.join_first(parts, MAX_SHOWN_ITEMS))
    items = [context.name_briefly(finding.id) for finding in notice.categories]
    if items:
        yield context.build_fact("categories", context.join_first(items, MAX_SHOWN_ITEMS))


def build_cancelled_fact(event: KeyDate, context: CardContext) -> CardFact:
    """Return a cancelled date of another notice as a fact: what, of which notice, for which items."""
    items = context.summarize_categories(event.categories)
    parts = (describe_cancelled(event, context), name_number(event.number, context), items)
    return context.build_fact("what", " · ".join(filter(None, parts)))


def describe_releases(releases: Iterable[ReleasedPart], context: CardContext) -> list[str]:
    """Return what applies after a suspension: what did before, then what does for the first time."""
    again: list[str] = []
    first: list[str] = []
    for part in releases:
        number, clause = name_number(part.number, context), part.clause or ""
        name = context.pick_one(f"{number} {name_clause(clause)}".rstrip(), f"{number}{clause}")
        (first if part.is_first_time else again).append(name)
    if first:
        first[0] = context.pick_one("for the first time: ", "首次适用：") + first[0]
    return again + first


def build_agenda_fact(event: KeyDate, context: CardContext) -> CardFact:
    """Return a key date of a week as a fact: the day, then what happens to which notice and items."""
    parts = describe_releases(event.releases, context) or list(event.affects)
    affects = f" ({context.join_first(parts, MAX_SHOWN_ITEMS)})" if parts else ""
    announced = format_announced(event.announced, language=context.language)
    what = f"{context.find_word(event.event)}{affects}"
    number = name_number(event.number, context)
    rest = (what, announced, number, context.summarize_categories(event.categories))
    value = " · ".join(part for part in rest if part)
    return CardFact(
        label=context.format_day(event.date), value=value, quote=context.translate_proof(event.quote)
    )
