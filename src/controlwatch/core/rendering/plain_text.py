"""Cards as plain text: for mail and for logs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from controlwatch.core.model import Stretch
from controlwatch.core.model.text_safety import clean, one_line
from controlwatch.core.rendering.card import Card
from controlwatch.core.rendering.facts import Fact
from controlwatch.core.rendering.message import Message
from controlwatch.core.rendering.wording import word

#: What parts two cards.
RULE = f"\n\n{'─' * 60}\n\n"


def text(message: Message) -> str:
    """Return a message as plain text, cards parted by a rule."""
    return f"{body(message.subject, message.cards)}{closing(message)}"


def body(subject: str, cards: tuple[Card, ...]) -> str:
    """Return the part of the text that is the same for everybody who gets these cards."""
    parts = ["\n".join(lines(card)) for card in cards]
    if len(parts) > 1:
        contents = "\n".join(f"  {n}. {card.badge}: {card.heading}" for n, card in enumerate(cards, 1))
        parts.insert(0, clean(f"{subject}\n\n{contents}"))
    return RULE.join(parts)


def closing(message: Message) -> str:
    """Return the end of the text, which is for one reader."""
    # In both languages: a way out must be found by whoever reads it.
    own = [
        f"{word(label, 'both')}: {one_line(address, 1000)}"
        for label, address in (("acknowledge", message.acknowledge), ("unsubscribe", message.unsubscribe))
        if address
    ]
    if message.watch:
        own.insert(0, one_line(message.watch, 1000))
    return "\n".join(["", "", RULE.strip(), "", *own, ""]) if own else "\n"


def lines(card: Card) -> Iterator[str]:
    """Yield a card line by line."""
    yield one_line(f"{card.badge}: {card.heading}", 500)
    if card.title:
        yield one_line(card.title, 500)
    if card.moved:
        yield ""
        yield f"{card.labels[0]}:"
        yield from (f"  • {one_line(line, 500)}" for line in card.moved)
    if card.redline:
        yield ""
        yield f"{card.labels[1]}: {redline(card.redline)}"
    for paragraph in card.summary:
        yield ""
        yield clean(paragraph)
    if card.facts:
        yield ""
    for fact in card.facts:
        yield f"{one_line(fact.label, 100)}: {one_line(fact.value, 800)}"
        if fact.quote:
            yield f"    「{one_line(fact.quote, 300)}」"
    yield from _caveats(card.caveats)
    if card.doubts:
        yield ""
        yield from (f"{card.labels[2]}: {one_line(doubt, 500)}" for doubt in card.doubts)
    yield ""
    if card.url:
        yield f"{card.labels[3]}: {one_line(card.url, 2000)}"
    yield from (f"{label}: {one_line(address, 2000)}" for label, address in card.links)
    yield from (one_line(line, 500) for line in card.footer)


def _caveats(caveats: tuple[Fact, ...]) -> Iterator[str]:
    if caveats:
        yield ""
        yield f"{one_line(caveats[0].label, 100)}:"
    for caveat in caveats:
        yield f"  • {one_line(caveat.value, 200)}: 「{one_line(caveat.quote, 300)}」"


def redline(stretches: Iterable[Stretch]) -> str:
    """Return a redline in signs: [-deleted-]{+inserted+}."""
    signs = {"same": ("", ""), "deleted": ("[-", "-]"), "inserted": ("{+", "+}")}
    return clean("".join(signs[stretch.op][0] + stretch.text + signs[stretch.op][1] for stretch in stretches))
