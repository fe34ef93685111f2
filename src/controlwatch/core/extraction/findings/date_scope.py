"""The part of a notice that a date governs, as the words in front of the date name it."""

from __future__ import annotations

from controlwatch.core.extraction.text.lexicon import Lexicon


def find_scope(before: str, lexicon: Lexicon) -> str:
    """Return the part of the notice that the words in front of a date name, or "all"."""
    if lexicon.get_pattern("date.whole-notice").match(before):
        return "all"
    part = lexicon.get_pattern("date.part-scope").search(before)
    words = part[1] if part else ""
    if words.count("“") != words.count(
        "”"
    ):  # 第四条“2026年12月15日”应为“2027年1月15日”: only the article names it
        words = words.partition("“")[0]
    return words.strip().lstrip("，、 ") or "all"
