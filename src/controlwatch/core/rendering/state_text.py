"""The legal state of a notice in words: the state, its last day, and what was announced about it.

A measure that was announced without a legal instrument is a part of the state: it never stands in small
print behind it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from controlwatch.core.extraction.report.summary import DATE_NAMES
from controlwatch.core.law.explanation import DATE_CORRECTED, StatusStep
from controlwatch.core.law.graph import LegalState
from controlwatch.core.law.status import LegalStatus
from controlwatch.core.model import AnnouncedMeasure, Language, MovedDate, Verb, to_notice_key
from controlwatch.core.rendering.day_text import format_date
from controlwatch.core.rendering.wording import find_word, pick_language

#: What is announced, by what the announcement says that it does.
ANNOUNCED_NOUNS: dict[Verb, tuple[str, str]] = {
    Verb.EXTENDS: ("extension", "延期"),
    Verb.SUSPENDS: ("suspension", "暂停"),
    Verb.RESUMES: ("resumption", "恢复"),
    Verb.REPEALS: ("repeal", "废止"),
}


def format_state(
    state: LegalState | None,
    until: date | None,
    announced: Iterable[AnnouncedMeasure] = (),
    *,
    then: LegalState | None = None,
    language: Language = "en",
) -> str:
    """Return "suspended until 10 Nov 2026 · extension announced, no legal instrument yet", or "".

    `then` is the state after the last day: a control that is suspended in part from then on does not end.
    """
    if state is None:
        return ""
    english, chinese = find_word(state, "en"), find_word(state, "zh")
    if until is not None and state is LegalState.NOT_YET:
        start = until + timedelta(days=1)
        english += f", from {format_date(start)}"
        chinese += f"，自{format_date(start, 'zh')}起"
    elif until is not None and state is LegalState.IN_FORCE and then is LegalState.PARTLY:
        start = until + timedelta(days=1)
        english += f", {find_word(LegalState.PARTLY, 'en')} from {format_date(start)}"
        chinese += f"，自{format_date(start, 'zh')}起{find_word(LegalState.PARTLY, 'zh')}"
    elif until is not None:
        english += f" until {format_date(until)}"
        chinese += f"（至{format_date(until, 'zh')}）"
    words = pick_language(english, chinese, language)
    return " · ".join(filter(None, (words, format_announced(announced, language=language))))


def format_announced(announced: Iterable[AnnouncedMeasure], *, language: Language = "en") -> str:
    """Return "extension announced, no legal instrument yet", or "" where nothing was announced."""
    nouns = dict.fromkeys(ANNOUNCED_NOUNS[item.verb] for item in announced if item.verb in ANNOUNCED_NOUNS)
    english = " and ".join(noun for noun, _ in nouns)
    chinese = "、".join(noun for _, noun in nouns)
    if not nouns:
        return ""
    return pick_language(
        f"{english} announced, no legal instrument yet", f"已宣布{chinese}，尚无正式文件", language
    )


def list_date_corrections(status: LegalStatus, language: Language = "en") -> tuple[tuple[str, str], ...]:
    """Return which notices corrected a date of this one, each as a sentence with its quote."""
    return tuple(
        (_describe_correction(step, language), step.quote)
        for step in status.chain
        if step.verb == DATE_CORRECTED and step.target == to_notice_key(status.number)
    )


def _describe_correction(step: StatusStep, language: Language) -> str:
    moves = step.moved
    english = "; ".join(f"{name_date(move, 'en')} {describe_move(move, 'en')}" for move in moves)
    chinese = "；".join(f"{name_date(move, 'zh')}{describe_move(move, 'zh')}" for move in moves)
    return pick_language(
        f"{english or 'A date was corrected'} by {step.number} of {format_date(step.date)}.",
        f"{step.number}于{format_date(step.date, 'zh')}更正：{chinese or '日期'}。",
        language,
    )


def name_date(move: MovedDate, language: Language) -> str:
    """Return which date of a notice was moved."""
    english, chinese = DATE_NAMES[move.event]
    return pick_language(english.capitalize(), chinese, language)


def describe_move(move: MovedDate, language: Language) -> str:
    """Return "moved from 1 Apr 2026 to 10 May 2026", or only to which day where the old one is not known."""
    if move.old is None:
        return pick_language(
            f"moved to {format_date(move.new)}", f"改为{format_date(move.new, 'zh')}", language
        )
    return pick_language(
        f"moved from {format_date(move.old)} to {format_date(move.new)}",
        f"由{format_date(move.old, 'zh')}改为{format_date(move.new, 'zh')}",
        language,
    )


def explain_announced(item: AnnouncedMeasure, *, language: Language = "en") -> str:
    """Return who announced what, when and until when, in one sentence."""
    english, chinese = ANNOUNCED_NOUNS.get(item.verb, (item.verb.value, item.verb.value))
    until = f" until {format_date(item.until)}" if item.until else ""
    to = f"至{format_date(item.until, 'zh')}" if item.until else ""
    on, on_zh = format_date(item.on), format_date(item.on, "zh")
    return pick_language(
        f"{'An' if english[0] in 'aeiou' else 'A'} {english} was announced on {on}{until} ({item.source}). "
        "No legal instrument is known.",
        f"{on_zh}已宣布{chinese}{to}（{item.source}），尚未见正式文件。",
        language,
    )
