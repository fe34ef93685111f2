"""Answers that are lists: notices, steps of a history, differences between two days, categories."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from controlwatch.core.asking.category_names import CategoryLine
from controlwatch.core.extraction.mentions.clauses import name_clause
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.answers import HistoryStep, NoticeLine, StatusDifference
from controlwatch.core.model import Attention, Language, describe_judgement
from controlwatch.core.rendering.category_text import name_categories
from controlwatch.core.rendering.day_text import format_date, spell_dates
from controlwatch.core.rendering.replies import Reply, ReplyRow
from controlwatch.core.rendering.state_text import format_state
from controlwatch.core.rendering.wording import find_word, pick_language

NOT_STATED = "not stated"


def latest_reply(
    lines: Iterable[NoticeLine], lexicon: Lexicon, *, title: str, language: Language = "en"
) -> Reply:
    """Return notices: measure, items and destinations, the English and the Chinese title, the address.

    A Chinese answer has the Chinese title alone.
    """
    rows = tuple(
        ReplyRow(
            heading=f"{format_stated(line.published, language)} {line.number or line.kind}",
            body=" · ".join(
                filter(
                    None,
                    (
                        describe_measure(line, language),
                        name_categories(line.categories, lexicon, language),
                        line.title_en if language != "zh" else "",
                        line.title,
                    ),
                )
            ),
            quote=line.review[0].quote if line.review else "",
            url=line.url,
            question=f"show {line.number or line.url}" if line.number or line.url else "",
        )
        for line in lines
    )
    note = "" if rows else pick_language("Nothing matches.", "没有匹配的内容。", language)
    return Reply(title=title, rows=rows, note=note)


def format_stated(day: date | None, language: Language = "en") -> str:
    """Return a day in words, or that it is not stated."""
    if day is not None:
        return format_date(day, language)
    return NOT_STATED if language != "zh" else find_word("not-stated", language)


def describe_measure(line: NoticeLine, language: Language = "en") -> str:
    """Return the kind of measure, why a document needs review, or what a person decided."""
    if line.attention is Attention.REVIEW:
        review = pick_language("needs review", "待人工判定", language)
        return ": ".join((review, *(reason.reason for reason in line.review[:1])))
    if line.judgement is not None:
        return describe_judgement(line.judgement)
    if not line.is_change:
        english, chinese = ("no change", "无调整") if line.official else ("press report", "媒体报道")
        return pick_language(english, chinese, language)
    return find_word(line.measure or line.direction, language).lower()


def history_reply(steps: Iterable[HistoryStep], *, title: str) -> Reply:
    """Return the steps of a history in the order of time."""
    rows = tuple(
        ReplyRow(
            heading=f"{format_stated(step.date)} {describe_step(step)}",
            body=" · ".join(filter(None, (step.number, step.title))),
            quote=step.quote,
        )
        for step in steps
    )
    return Reply(title=title, rows=rows, note="" if rows else "No change is known.")


def describe_step(step: HistoryStep) -> str:
    """Return what happened in a step, with its provision in English: suspends MOFCOM 2024-46 item 2."""
    return " ".join(map(name_clause, step.what.split(" ")))


def differences_reply(
    found: Iterable[StatusDifference],
    lexicon: Lexicon,
    *,
    first: date,
    last: date,
    cautions: Iterable[str] = (),
) -> Reply:
    """Return the notices whose status differs between two days, each with the acts that changed it."""
    rows = tuple(
        ReplyRow(
            heading=f"{item.number}: {format_state(item.before, None)} → "
            f"{format_state(item.after, item.until, item.announced)}",
            body=" · ".join(
                filter(
                    None,
                    (
                        name_categories(item.categories, lexicon),
                        item.title,
                        *(f"{format_date(step.date)} {step.verb} {step.number}" for step in item.because),
                    ),
                )
            ),
            question=f"status {item.number} {last}",
        )
        for item in found
    )
    note = "" if rows else "No known notice has another status."
    return Reply(
        title=f"{format_date(first)} compared with {format_date(last)}",
        rows=rows,
        note=note,
        cautions=tuple(map(spell_dates, cautions)),
    )


def categories_reply(lines: Iterable[CategoryLine]) -> Reply:
    """Return item categories by group, with the number of notices and of subscriptions."""
    rows = tuple(
        ReplyRow(
            heading=line.id if line.is_group else f"· {line.id}",
            body=" · ".join(
                (
                    *filter(None, (line.en, line.zh)),
                    f"{line.notices} notices",
                    *([f"{line.subscriptions} subscriptions"] if line.subscriptions else []),
                )
            ),
            question=f"status {line.id}",
        )
        for line in lines
    )
    return Reply(title=f"{len(rows)} item categories", rows=rows, note="" if rows else "Nothing matches.")
