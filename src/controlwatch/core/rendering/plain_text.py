"""Cards as plain text: for mail and for logs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from controlwatch.core.model import RedlineSegment
from controlwatch.core.model.text_safety import strip_hidden, to_one_line
from controlwatch.core.rendering.card import Card
from controlwatch.core.rendering.message import Message
from controlwatch.core.rendering.proof_text import format_proof
from controlwatch.core.rendering.wording import find_word

#: Between two cards.
CARD_SEPARATOR = f"\n\n{'─' * 60}\n\n"


def render_text(message: Message) -> str:
    """Return a message as plain text, cards separated by a rule."""
    return f"{render_shared_text(message.subject, message.cards)}{render_reader_text(message)}"


def render_shared_text(subject: str, cards: tuple[Card, ...]) -> str:
    """Return the part of the text that is the same for all who get these cards."""
    parts = ["\n".join(render_card_lines(card)) for card in cards]
    if len(parts) > 1:
        contents = "\n".join(f"  {n}. {card.headline}" for n, card in enumerate(cards, 1))
        parts.insert(0, strip_hidden(f"{subject}\n\n{contents}"))
    return CARD_SEPARATOR.join(parts)


def render_reader_text(message: Message) -> str:
    """Return the end of the text, for one reader."""
    # In both languages: every reader must find how to unsubscribe.
    lines = [
        f"{find_word(label, 'both')}: {to_one_line(address, 1000)}"
        for label, address in message.reader_links
        if address
    ]
    if message.health_line:
        lines.insert(0, to_one_line(message.health_line, 1000))
    return "\n".join(["", "", CARD_SEPARATOR.strip(), "", *lines, ""]) if lines else "\n"


def render_card_lines(card: Card) -> Iterator[str]:
    """Yield a card line by line."""
    yield to_one_line(card.headline, 500)
    if card.title:
        yield to_one_line(card.title, 500)
    if card.moved:
        yield ""
        yield f"{card.labels[0]}{card.colon}".rstrip()
        yield from (f"  • {to_one_line(line, 500)}" for line in card.moved)
    if card.redline:
        yield ""
        yield f"{card.labels[1]}{card.colon}{render_redline(card.redline)}"
    for paragraph in card.summary:
        yield ""
        yield strip_hidden(paragraph)
    if card.facts:
        yield ""
    for fact in card.facts:
        yield f"{to_one_line(fact.label, 100)}{card.colon}{to_one_line(fact.value, 800)}"
        if fact.quote:
            yield f"    {format_proof(fact.quote)}"
    if card.caveats:
        yield ""
        yield f"{to_one_line(card.caveats[0].label, 100)}{card.colon}".rstrip()
    for caveat in card.caveats:
        yield f"  • {to_one_line(caveat.value, 200)}: {format_proof(caveat.quote)}"
    if card.doubts:
        yield ""
        yield from (f"{card.labels[2]}{card.colon}{to_one_line(doubt, 500)}" for doubt in card.doubts)
    yield ""
    if card.url:
        yield f"{card.labels[3]}{card.colon}{to_one_line(card.url, 2000)}"
    yield from (f"{label}{card.colon}{to_one_line(address, 2000)}" for label, address in card.links)
    yield from (to_one_line(line, 500) for line in card.footer)


def render_redline(segments: Iterable[RedlineSegment]) -> str:
    """Return a redline in plain marks: [-deleted-]{+inserted+}."""
    marks = {"same": ("", ""), "deleted": ("[-", "-]"), "inserted": ("{+", "+}")}
    return strip_hidden("".join(segment.text.join(marks[segment.op]) for segment in segments))
