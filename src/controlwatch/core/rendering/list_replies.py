"""Answers that are lists: notices, steps of a history, differences between two days, categories."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from controlwatch.core.asking.category_names import CategoryLine
from controlwatch.core.extraction.mentions.clauses import REST, name_clause
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.answers import HistoryStep, NoticeLine, StatusDifference
from controlwatch.core.law.coverage import Coverage
from controlwatch.core.model import Attention, Language
from controlwatch.core.rendering.category_text import name_categories
from controlwatch.core.rendering.clause_text import name_part
from controlwatch.core.rendering.day_text import add_known_day, format_date
from controlwatch.core.rendering.judgement_text import describe_judgement_in
from controlwatch.core.rendering.law_answers import tell_all
from controlwatch.core.rendering.replies import Reply, ReplyRow
from controlwatch.core.rendering.sentences_zh import translate_fact, translate_sentence
from controlwatch.core.rendering.state_text import format_state
from controlwatch.core.rendering.wording import find_word, pick_language

NOT_STATED = "not stated"


def latest_reply(
    lines: Iterable[NoticeLine],
    lexicon: Lexicon,
    *,
    title: str,
    coverage: Coverage,
    others: tuple[ReplyRow, ...] = (),
    language: Language = "en",
) -> Reply:
    """Return notices: measure, items and destinations, the English and the Chinese title, the address.

    `others` are rows below them, of what happened without a notice.

    A Chinese answer has the Chinese title alone. Where the sources have a gap, that is said first: a notice
    that is not found may have been published since.
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
    notes = [describe_unknown(coverage, language)]
    if not rows and not others:
        notes.append(pick_language("Nothing known matches.", "已知内容中没有匹配项。", language))
    return Reply(
        title=add_known_day(title, coverage, language),
        rows=(*rows, *others),
        note=" · ".join(filter(None, notes)),
    )


def describe_unknown(coverage: Coverage, language: Language = "en") -> str:
    """Return since which day it is unknown what was published; "" where the sources have no gap."""
    if coverage.as_known_on is None:
        return ""
    return pick_language(
        f"What was published is unknown since {format_date(coverage.as_known_on)}",
        f"{format_date(coverage.as_known_on, 'zh')}之后发布的内容未知",
        language,
    )


def format_stated(day: date | None, language: Language = "en") -> str:
    """Return a day in words, or that it is not stated."""
    if day is not None:
        return format_date(day, language)
    return NOT_STATED if language != "zh" else find_word("not-stated", language)


def describe_measure(line: NoticeLine, language: Language = "en") -> str:
    """Return the kind of measure, why a document needs review, or what a person decided."""
    if line.attention is Attention.REVIEW:
        colon = pick_language(": ", "：", language)
        reasons = (
            pick_language(reason.reason, translate_sentence(reason.reason), language)
            for reason in line.review[:1]
        )
        return colon.join((pick_language("needs review", "待人工判定", language), *reasons))
    if line.judgement is not None:
        return describe_judgement_in(line.judgement, language)
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
    for word in ("suspension ends", "was to take effect", "takes effect"):
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
    coverage: Coverage | None = None,
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
        title=add_known_day(
            pick_language(
                f"{format_date(first)} compared with {format_date(last)}",
                f"{format_date(first, 'zh')}与{format_date(last, 'zh')}对比",
                language,
            ),
            coverage,
            language,
        ),
        rows=rows,
        note=note,
        cautions=tell_all(cautions, language),
    )


def categories_reply(lines: Iterable[CategoryLine], language: Language = "en") -> Reply:
    """Return item categories by group, with the number of notices and of subscriptions."""

    def count(number: int, one: str, many: str, chinese: str) -> str:
        return pick_language(f"{number} {one if number == 1 else many}", chinese, language)

    rows = tuple(
        ReplyRow(
            heading=line.id if line.is_group else f"· {line.id}",
            body=" · ".join(
                (
                    *filter(None, (line.en if language != "zh" or not line.zh else "", line.zh)),
                    count(line.notices, "notice", "notices", f"{line.notices}份公告"),
                    *(
                        [
                            count(
                                line.subscriptions,
                                "subscription",
                                "subscriptions",
                                f"{line.subscriptions}项订阅",
                            )
                        ]
                        if line.subscriptions
                        else []
                    ),
                )
            ),
            question=f"status {line.id}",
        )
        for line in lines
    )
    return Reply(
        title=pick_language(f"{len(rows)} item categories", f"{len(rows)}个物项类别", language),
        rows=rows,
        note="" if rows else pick_language("Nothing matches.", "没有匹配的类别。", language),
    )
