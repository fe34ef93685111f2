"""Answers as plain text for a program that reads them to a person: the cautions come first."""

from __future__ import annotations

from collections.abc import Iterator

from controlwatch.core.model.text_safety import to_one_line
from controlwatch.core.rendering.proof_text import format_proof
from controlwatch.core.rendering.replies import Reply

#: Rows of an answer that the text has; the others are in the structured answer.
MAX_TEXT_ROWS = 20


def render_reply_text(reply: Reply) -> str:
    """Return an answer as plain text: its cautions, its title and note, then rows with their quotes.

    Every title and quote is one line without invisible characters, so that the words of a page cannot look
    like a line of the answer.
    """
    return "\n".join(_list_lines(reply))


def _list_lines(reply: Reply) -> Iterator[str]:
    yield from (f"Caution: {to_one_line(caution, 500)}" for caution in dict.fromkeys(reply.cautions))
    yield from (to_one_line(text, 600) for text in (reply.title, reply.note) if text)
    for row in reply.rows[:MAX_TEXT_ROWS]:
        yield to_one_line(" · ".join(filter(None, ("-", row.heading, row.body))).replace("- · ", "- "), 600)
        if row.quote:
            yield f"  {format_proof(row.quote)}"
        if row.url:
            yield f"  {to_one_line(row.url, 2000)}"
    hidden = len(reply.rows) - MAX_TEXT_ROWS
    if hidden > 0:
        yield f"{hidden} more rows are in the structured answer."
