"""The dates of other notices that a notice moves, as cards, pages and answers show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from controlwatch.core.extraction.findings.date_corrections import list_moves
from controlwatch.core.model import Notice
from controlwatch.core.rendering.facts import CardContext
from controlwatch.core.rendering.headlines import name_number
from controlwatch.core.rendering.state_text import describe_move


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveLine:
    """A date that moved: of which notice, from which day to which, and the sentence that says so."""

    word: Literal["effective", "until"]  #: of the vocabulary
    value: str
    quote: str


def list_move_lines(notice: Notice, context: CardContext) -> tuple[MoveLine, ...]:
    """Return the dates that a notice moves, in the reader's language."""
    lines = []
    for relation, move in list_moves(notice, context.lexicon):
        part = context.name_scope(relation.clause or "")
        target = f"{name_number(relation.target, context)} {part}".rstrip()
        moved = context.pick_one(describe_move(move, "en"), describe_move(move, "zh"))
        left = (move.new - context.today).days
        days = context.pick_one(
            f" (in {left} day{'' if left == 1 else 's'})" if left > 0 else "",
            f"（{left}天后）" if left > 0 else "",
        )
        lines.append(
            MoveLine(
                word="effective" if move.event == "takes effect" else "until",
                value=f"{target}{context.pick_one(': ', '：')}{moved}{days}",
                quote=relation.quote,
            )
        )
    return tuple(lines)
