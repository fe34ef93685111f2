"""What a person decided about a document that needed review, in the reader's language."""

from __future__ import annotations

from controlwatch.core.model import Judgement, Language, describe_judgement
from controlwatch.core.model.timezones import to_beijing_day
from controlwatch.core.rendering.day_text import format_date, spell_dates
from controlwatch.core.rendering.wording import pick_language


def describe_judgement_in(judgement: Judgement, language: Language) -> str:
    """Return a judgement in words: what, by whom, on which day (Beijing), and the note."""
    what = "属规则调整" if judgement.verdict == "change" else "无调整"
    note = f"（{judgement.note}）" if judgement.note else ""
    day = format_date(to_beijing_day(judgement.at), "zh")
    chinese = f"{judgement.who}于{day}判定{what}{note}"
    return pick_language(spell_dates(describe_judgement(judgement)), chinese, language)
