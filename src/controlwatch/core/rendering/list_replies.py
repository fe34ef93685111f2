"""Answers that are lists: notices, steps of a history, differences between two days, categories."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from controlwatch.core.asking.category_names import CategoryLine
from controlwatch.core.extraction.mentions.clauses import REST, name_clause
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.answers import HistoryStep, NoticeLine, StatusDifference
from controlwatch.core.model import Attention, Language, describe_judgement
from controlwatch.core.rendering.category_text import name_categories
from controlwatch.core.rendering.clause_text import name_part
from controlwatch.core.rendering.day_text import format_date
from controlwatch.core.rendering.law_answers import tell_all
from controlwatch.core.rendering.replies import Reply, ReplyRow
from controlwatch.core.rendering.sentences_zh import translate_fact
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


def history_reply(steps: Iterable[HistoryStep], *, title: str, language: Language = "en") -> Reply:
    """Return the steps of a history in the order of time."""
    rows = tuple(
        ReplyRow(
            heading=f"{format_stated(step.date, language)} {describe_step(step, language)}",
            body=" · ".join(filter(None, (step.number, step.title))),
            quote=translate_fact(step.quote) if language == "zh" else step.quote,
        )
        for step in steps
    )
    note = "" if rows else pick_language("No change is known.", "未见已知变化。", language)
    return Reply(title=title, rows=rows, note=note)


def describe_step(step: HistoryStep, language: Language = "en") -> str:
    """Return what happened in a step, with its provision: suspends MOFCOM 2024-46 item 2."""
    if language != "zh":
        return " ".join(map(name_clause, step.what.split(" ")))
    what = step.what.replace("announced, not enacted: ", f"{find_word('announced, not enacted', language)}：")
    what = what.replace("suspension ends of ", f"{find_word('suspension ends', language)} ")
    for word in ("suspension ends", "takes effect"):
        what = what.replace(word, find_word(word, language))
    return " ".join(
        name_part(word, language) if word == REST else find_word(word, language) for word in what.split(" ")
    )


def differences_reply(
    found: Iterable[StatusDifference],
    lexicon: Lexicon,
    *,
    first: date,
    last: date,
    cautions: Iterable[str] = (),
    language: Language = "en",
) -> Reply:
    """Return the notices whose status differs between two days, each with the acts that changed it."""
    rows = tuple(
        ReplyRow(
            heading=f"{item.number}: {format_state(item.before, None, language=language)} → "
            f"{format_state(item.after, item.until, item.announced, language=language)}",
            body=" · ".join(
                filter(
                    None,
                    (
                        name_categories(item.categories, lexicon, language),
                        item.title,
                        *(
                            " ".join(
                                (
                                    format_date(step.date, language),
                                    find_word(step.verb, language),
                                    step.number,
                                )
                            )
                            for step in item.because
                        ),
                    ),
                )
            ),
            question=f"status {item.number} {last}",
        )
        for item in found
    )
    note = (
        ""
        if rows
        else pick_language("No known notice has another status.", "已知公告的效力均未变化。", language)
    )
    return Reply(
        title=pick_language(
            f"{format_date(first)} compared with {format_date(last)}",
            f"{format_date(first, 'zh')}与{format_date(last, 'zh')}对比",
            language,
        ),
        rows=rows,
        note=note,
        cautions=tell_all(cautions, language),
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
