"""The name of a provision of a notice."""

from __future__ import annotations

from controlwatch.core.extraction.mentions.clauses import ALL, REST, name_clause
from controlwatch.core.model import Language


def name_part(clause: str | None, language: Language) -> str:
    """Return the name of a provision in one language, "" for the whole notice."""
    if clause is None or clause in {"", ALL}:
        return ""
    if language != "zh":
        return name_clause(clause)
    return "其余条款" if clause == REST else clause
