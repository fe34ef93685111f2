"""Answers as a person reads them in a chat: a title, rows and cautions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from controlwatch.core.alerting.health_advice import EXPLANATIONS
from controlwatch.core.law.answers import ReviewLine, WatcherLine
from controlwatch.core.model import Language, Subscription
from controlwatch.core.rendering.day_text import format_date
from controlwatch.core.rendering.law_answers import LawAnswer
from controlwatch.core.rendering.palette import MARKS
from controlwatch.core.rendering.sentences_zh import translate_fact, translate_sentence
from controlwatch.core.rendering.state_text import format_state
from controlwatch.core.rendering.wording import find_word, pick_language


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyRow:
    """A line of an answer."""

    heading: str  #: the subject, in bold
    body: str = ""
    quote: str = ""  #: the quote that proves it
    user: str = ""  #: id of a Slack user, shown behind the body
    url: str = ""
    question: str = ""  #: what asks for more about it


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyButton:
    """A button below a reply."""

    text: str
    value: str  #: a subscription, packed; or a question
    #: form: open the form with the subscription; save: save it; ask: answer the question
    does: Literal["form", "save", "ask"] = "form"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer, before a channel formats it."""

    title: str
    rows: tuple[ReplyRow, ...] = ()
    cautions: tuple[str, ...] = ()
    note: str = ""  #: a sentence below the title, or what to try next
    offers: tuple[ReplyButton, ...] = ()
    language: Language = "en"  #: of its fixed words
    rows_per_page: int | None = None  #: where they are short; else the channel decides


def law_reply(answer: LawAnswer) -> Reply:
    """Return an answer about the law; its states are marked by colour."""
    rows = []
    for table in answer.tables:
        for row in table.rows:
            heading, details = row.cells[: table.heading_columns], row.cells[table.heading_columns :]
            mark = MARKS[row.state] if row.state else ""
            rows.append(
                ReplyRow(
                    heading=" ".join(filter(None, (mark, *heading))),
                    body=" · ".join(
                        filter(
                            None,
                            (
                                format_state(row.state, row.until, row.announced, language=answer.language),
                                *details,
                            ),
                        )
                    ),
                    quote=translate_fact(row.quote) if answer.language == "zh" else row.quote,
                )
            )
    colon = "：" if answer.language == "zh" else ": "
    title = answer.title
    if answer.state:
        title = f"{MARKS[answer.state]} {answer.title}{colon}{answer.state_text}"
    note = " · ".join(filter(None, (*answer.notes, answer.basis)))
    return Reply(title=title, note=note, rows=tuple(rows), cautions=answer.cautions)


def review_reply(lines: Iterable[ReviewLine], language: Language = "en") -> Reply:
    """Return the documents that wait for a person, oldest first, each with the first reason."""
    rows = []
    for line in lines:
        reason = line.reasons[0] if line.reasons else None
        published = format_date(line.published, language) if line.published is not None else ""
        why = reason.reason if reason is not None else ""
        rows.append(
            ReplyRow(
                heading=" ".join(filter(None, (f"{line.id} ·", published, line.number or line.watcher))),
                body=" · ".join(
                    filter(None, (line.title, line.url, translate_sentence(why) if language == "zh" else why))
                ),
                quote=reason.quote if reason else "",
            )
        )
    note = pick_language(
        "Settle them with the buttons on their alerts, or in the App Home.",
        "请用提醒下方的按钮判定，或在 App Home 判定。",
        language,
    )
    return Reply(
        title=pick_language(f"{len(rows)} need review", f"{len(rows)}份文件待人工判定", language),
        rows=tuple(rows),
        note=note if rows else pick_language("Nothing needs review.", "没有待判定的文件。", language),
    )


def watchers_reply(lines: Iterable[WatcherLine], language: Language = "en") -> Reply:
    """Return the health of the watchers, those with problems first."""
    order = ("blind", "blocked", "degraded", "quiet", "new", "healthy")
    shown = sorted((line for line in lines if line.enabled), key=lambda line: order.index(line.health))
    rows = [
        ReplyRow(
            heading=f"{find_word(line.health_word, language)} {line.id}",
            body=" · ".join(filter(None, (line.name, describe_source_problem(line, language)))),
        )
        for line in shown
    ]
    healthy = sum(line.health == "healthy" for line in shown)
    title = pick_language(
        f"{healthy} of {len(shown)} sources watched",
        f"{len(shown)}个来源中有{healthy}个监测正常",
        language,
    )
    return Reply(title=title, rows=tuple(rows))


def describe_source_problem(line: WatcherLine, language: Language = "en") -> str:
    """Return what is wrong with a source, or "": in English as it was recorded, in Chinese its kind."""
    kind = line.state.kind if line.state.failures else line.state.concern
    if language != "zh" or not line.state.problem:
        return line.state.problem
    return EXPLANATIONS[kind][1] if kind in EXPLANATIONS else line.state.problem


def subscriptions_reply(
    found: Iterable[tuple[Subscription, str]], *, title: str, language: Language = "en"
) -> Reply:
    """Return subscriptions, each with its description."""
    rows = tuple(
        ReplyRow(heading=pick_language(f"No. {item.id}", f"{item.id}号", language), body=words)
        for item, words in found
    )
    none = pick_language("None yet; try: subscribe battery", "尚无订阅；可输入：订阅 电池", language)
    return Reply(title=title, rows=rows, note="" if rows else none)


def offer_questions(questions: Iterable[str]) -> tuple[ReplyButton, ...]:
    """Return buttons that ask these questions, each once."""
    return tuple(
        ReplyButton(text=question, value=question, does="ask")
        for question in dict.fromkeys(questions)
        if question.strip()
    )


def number_rows(reply: Reply) -> Reply:
    """Return a reply whose rows have numbers, where one can ask for more about each: #3."""
    rows = tuple(
        replace(row, heading=f"#{number} {row.heading}") if row.question else row
        for number, row in enumerate(reply.rows, 1)
    )
    return replace(reply, rows=rows)


def select_page(reply: Reply, page: int, *, size: int) -> tuple[tuple[ReplyRow, ...], int]:
    """Return the rows of a page, counted from 1, and how many pages there are."""
    pages = max(1, -(-len(reply.rows) // size))
    start = (min(max(page, 1), pages) - 1) * size
    return reply.rows[start : start + size], pages
