"""Cards of documents that the reader did not conclude on, and of what a person decided about them."""

from __future__ import annotations

from collections.abc import Iterator

from controlwatch.core.model import Alert, AlertKind, Judgement, Notice
from controlwatch.core.model.timezones import to_beijing_day
from controlwatch.core.rendering.day_text import format_date
from controlwatch.core.rendering.facts import CardContext, CardFact
from controlwatch.core.rendering.headlines import name_number, truncate_words
from controlwatch.core.rendering.wording import list_languages

REVIEW_SUMMARY = {
    "en": "It was not concluded whether this document changes the rules. Read it, and decide.",
    "zh": "系统未能判定该文件是否改变规则，请阅读原文后判定。",
}
MAX_REASONS = 4
#: Characters of the items in a heading: badge and number stand beside them.
MAX_ITEMS_LENGTH = 80


def build_review_heading(alert: Alert, notice: Notice, context: CardContext) -> str:
    """Return the number, else issuer and kind, and the items that the document may touch."""
    canonical = notice.number.canonical if notice.number is not None else alert.about
    name = (
        name_number(canonical, context) if canonical else " ".join((*notice.issuers[:1], notice.kind.value))
    )
    items = context.join_within(
        [context.name_briefly(item) for item in _list_possible(notice)], MAX_ITEMS_LENGTH
    )
    return f"{items or truncate_words(alert.title, MAX_ITEMS_LENGTH)} ({name})"


def list_review_summaries(alert: Alert, context: CardContext) -> tuple[str, ...]:
    """Return what the reader is asked, or what a person decided, in the reader's languages."""
    texts = REVIEW_SUMMARY
    if alert.judgement is not None:
        texts = _describe_judgement(alert.original_kind, alert.judgement)
    return tuple(texts[language] for language in list_languages(context.language))


def list_review_facts(alert: Alert, notice: Notice, context: CardContext) -> Iterator[CardFact]:
    """Yield why a person was asked, each reason with its sentence, and how to settle it."""
    if alert.about:
        yield context.build_fact("about", name_number(alert.about, context))
    for reason in notice.review[:MAX_REASONS]:
        (words,) = context.translate_doubts((reason.reason,))
        yield context.build_fact("reason", words, reason.quote)
    names = [context.name_category(item) for item in _list_possible(notice)]
    if names:
        yield context.build_fact("may-touch", context.join_first(names, 6))
    if alert.original_kind == "review" and alert.review_id is not None:
        command = f"controlwatch review {alert.review_id} --as change|no-change"
        yield context.build_fact("settle", command)


def _describe_judgement(kind: AlertKind, judgement: Judgement) -> dict[str, str]:
    day, note = to_beijing_day(judgement.at), judgement.note
    english, chinese = format_date(day), format_date(day, "zh")
    if kind == "judged-change":
        return {
            "en": f"{judgement.who} judged on {english} that this document changes the rules"
            + (f": {note}" if note else "")
            + ". What it changes, and from when, was not read by controlwatch: read the original.",
            "zh": f"{judgement.who} 于{chinese}判定该文件改变规则"
            + (f"：{note}" if note else "")
            + "。具体内容和生效日期未经系统识别，请以原文为准。",
        }
    return {
        "en": f"{judgement.who} judged on {english} that this document changes nothing"
        + (f": {note}" if note else "")
        + ". It needs nothing from you.",
        "zh": f"{judgement.who} 于{chinese}判定该文件不改变规则"
        + (f"：{note}" if note else "")
        + "。无需处理。",
    }


def _list_possible(notice: Notice) -> list[str]:
    stated = [finding.id for finding in notice.categories]
    return list(dict.fromkeys((*notice.possible_categories, *stated)))
