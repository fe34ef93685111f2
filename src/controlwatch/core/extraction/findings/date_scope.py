"""The part of a notice that a date governs, as the words in front of the date name it."""

from __future__ import annotations

from controlwatch.core.extraction.text.lexicon import Lexicon


def find_scope(before: str, lexicon: Lexicon) -> str:
    """Return the part of the notice that the words in front of a date name, or "all"."""
    if lexicon.get_pattern("date.whole-notice").match(before):
        return "all"
    part = lexicon.get_pattern("date.part-scope").search(before)
    return part[1].strip().lstrip("，、 ") if part else "all"
