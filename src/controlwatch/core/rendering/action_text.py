"""What was done about alerts, in the reader's language."""

from __future__ import annotations

from controlwatch.core.law.answers import AlertLine
from controlwatch.core.model import Language
from controlwatch.core.rendering.day_text import spell_beijing_time, spell_dates
from controlwatch.core.rendering.slack_blocks import REASONS
from controlwatch.core.rendering.wording import find_word, pick_language

#: What was done; the name of the user follows.
ACTION_PHRASES: dict[str, tuple[str, str]] = {
    "acknowledged": ("acknowledged by ", "已阅："),
    "not relevant": ("marked not relevant by ", "标记为无关："),
    "due": ("due date set by ", "设定处理期限："),
    "muted": ("muted by ", "静音："),
    "judged": ("judged by ", "判定："),
    "assigned": ("assigned by ", "指派："),
}
#: Words in the notes of actions.
VERDICTS = {"change": ("change", "属规则调整"), "no-change": ("no-change", "无调整")}


def name_alert_kind(kind: str, language: Language) -> str:
    """Return the kind of an alert: new notice, date moved."""
    word = "moved-day" if kind == "moved" else kind
    return pick_language(find_word(word, "en").lower(), find_word(word, "zh"), language)


def describe_due_day(line: AlertLine, language: Language) -> str:
    """Return by when an alert is to be dealt with, or ""."""
    if not line.due:
        return ""
    return pick_language(f"due {spell_dates(line.due)}", f"处理期限{spell_dates(line.due, 'zh')}", language)


def describe_last_action(line: AlertLine, language: Language) -> str:
    """Return the last action on an alert; the user follows."""
    if not line.what or line.acted_at is None:
        return ""
    english, chinese = ACTION_PHRASES.get(line.what, (f"{line.what} by ", f"{line.what}："))
    done = pick_language(english.removesuffix(" by "), chinese.removesuffix("："), language)
    told = describe_note(line.note, language) if line.note and line.what != "assigned" else ""
    note = pick_language(f" ({told})", f"（{told}）", language) if told else ""
    at = spell_beijing_time(line.acted_at, language)
    return pick_language(f"{done}{note} {at} by", f"{done}{note}，{at}，操作人", language)


def describe_note(note: str, language: Language) -> str:
    """Return the note of an action: a reason, a verdict, or what is muted until when; else as it is."""
    if note in REASONS:
        return pick_language(*REASONS[note], language)
    verdict, colon, rest = note.partition(": ")
    if verdict in VERDICTS:
        return pick_language(*VERDICTS[verdict], language) + colon + rest
    muted, until, day = note.partition(" until ")
    if until:
        english = f"{muted} until {spell_dates(day)}"
        return pick_language(english, f"{muted} 至{spell_dates(day, 'zh')}", language)
    return note
