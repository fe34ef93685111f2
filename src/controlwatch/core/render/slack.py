"""Cards as Slack blocks, within Slack's documented limits.

Everything that came from the net stands in `plain_text` or in `rich_text` elements, where Slack reads
neither mentions nor links nor formatting: no text can call a channel or forge a link.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from controlwatch.core.model import Stretch
from controlwatch.core.render.facts import Fact
from controlwatch.core.render.message import Card, Message
from controlwatch.core.render.safe import clipped, one_line

Block = dict[str, Any]

#: What people may do about an alert, and why it may not be relevant; kept for tuning.
ACKNOWLEDGE, IRRELEVANT, ORIGINAL = (
    "controlwatch_acknowledge",
    "controlwatch_irrelevant",
    "controlwatch_original",
)
REASONS = {
    "items": "not our items · 物项不符",
    "destination": "not our destinations · 目的地不符",
    "no-change": "changes nothing for us · 无影响",
    "duplicate": "known already · 已知",
    "wrong": "read wrongly · 识别有误",
}
LONGEST_URL = 3_000
HEADER = 150
TEXT = 2_900
MOST_BLOCKS = 50
#: Slack refuses messages of about 13,200 characters in all, whatever their blocks.
MOST_CHARACTERS = 12_000
#: Facts of a card that are drawn, in a digest and alone; how many more there are is said.
BRIEF, FACTS = 4, 24
MARKS = {
    "tighten": "🔴",
    "resume": "🔴",
    "suspend": "🟡",
    "relax": "🟢",
    "clarify": "🔵",
    "neutral": "⚪",
    "report": "📰",
    "health-down": "⚠️",
    "health-up": "✅",
}


def blocks(message: Message) -> list[Block]:
    """Return the blocks of a message: at most 50, within Slack's size."""
    made: list[Block] = []
    if len(message.cards) > 1:
        made.append(_header(message.subject))
    actions = list(_actions(message))
    left = MOST_BLOCKS - len(made) - len(actions)
    drawn = _drawn(message.cards, room=MOST_CHARACTERS - len(message.subject), blocks_left=left)
    return [*made, *(block for card in drawn for block in card), *actions]


def _actions(message: Message) -> Iterator[Block]:
    """Yield what people may do about an alert; the bot notes who did."""
    if not message.acts_on or len(message.cards) != 1:
        return
    elements: list[Block] = [
        {
            "type": "button",
            "style": "primary",
            "text": {"type": "plain_text", "text": "Acknowledge · 已阅"},
            "action_id": ACKNOWLEDGE,
            "value": message.acts_on,
        },
        {
            "type": "static_select",
            "action_id": IRRELEVANT,
            "placeholder": {"type": "plain_text", "text": "Not relevant · 无关"},
            "options": [
                {"text": {"type": "plain_text", "text": words}, "value": f"{message.acts_on}:{reason}"}
                for reason, words in REASONS.items()
            ],
        },
    ]
    url = message.cards[0].url
    if url is not None and url.startswith(("http://", "https://")) and len(url) <= LONGEST_URL:
        text = {"type": "plain_text", "text": "Original · 原文"}
        elements.append({"type": "button", "text": text, "action_id": ORIGINAL, "url": url})
    yield {"type": "actions", "elements": elements}


def _drawn(cards: tuple[Card, ...], *, room: int, blocks_left: int) -> list[list[Block]]:
    """Draw every card, each as fully as there is room for once all the others have their headline."""
    alone = len(cards) == 1
    drawn = [list(_headline(card)) for card in cards]
    if _size(drawn) > room or sum(map(len, drawn)) > blocks_left:
        # More alerts than one message holds; deliveries are claimed so that this does not happen.
        return [*drawn[:5], [_context(f"… {len(cards) - 5} more: controlwatch latest")]]
    for place, card in enumerate(cards):
        others = [block for n, other in enumerate(drawn) if n != place for block in other]
        for fuller in (list(_card(card, brief=not alone)), list(_card(card, brief=True))):
            fits = _size([*others, *fuller]) <= room and len(others) + len(fuller) <= blocks_left
            if fits:
                drawn[place] = fuller
                break
    return drawn


def _headline(card: Card) -> Iterator[Block]:
    yield _header(f"{MARKS[card.tone]} {card.badge}: {card.heading}")
    if card.title:
        yield _context(one_line(card.title, 300))
    if card.url and len(card.url) <= 500:
        link = {"type": "link", "url": card.url, "text": one_line(card.url, 200)}
        yield _rich({"type": "rich_text_section", "elements": [link]})


def fallback(message: Message) -> str:
    """Return the text for notifications and screen readers, escaped as Slack asks."""
    text = one_line(message.subject, 300)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _card(card: Card, *, brief: bool) -> Iterator[Block]:
    yield _header(f"{MARKS[card.tone]} {card.badge}: {card.heading}")
    if card.title:
        yield _rich(
            {"type": "rich_text_section", "elements": [_styled(one_line(card.title, 400), bold=True)]}
        )
    yield from _changes(card)
    body = [_styled(clipped(text, TEXT // 2) + "\n") for text in card.summary]
    if body:
        yield _rich({"type": "rich_text_section", "elements": body})
    facts = card.facts[: BRIEF if brief else FACTS]
    if len(facts) < len(card.facts):
        facts = (*facts, Fact(label="…", value=f"+{len(card.facts) - len(facts)}"))
    if facts:
        yield _rich(
            {
                "type": "rich_text_section",
                "elements": [part for fact in facts for part in _fact(fact, brief=brief)],
            }
        )
    if card.caveats:
        elements = list(_caveats(card.caveats, brief=brief))
        yield _rich({"type": "rich_text_section", "elements": elements})
    if card.doubts:
        yield _context(f"❓ {card.labels[2]}: " + "; ".join(card.doubts))
    if card.url:
        link = {"type": "link", "url": card.url[:2_000], "text": one_line(card.url, 200)}
        yield _rich({"type": "rich_text_section", "elements": [_styled(f"{card.labels[3]}: "), link]})
    yield _context(" · ".join(card.footer))


def _fact(fact: Fact, *, brief: bool) -> Iterator[Block]:
    yield _styled(f"{one_line(fact.label, 100)}: ", bold=True)
    yield _styled(one_line(fact.value, 500) + "\n")
    if fact.quote and not brief:
        yield _styled(f"   「{one_line(fact.quote, 160)}」\n", italic=True)


def _caveats(caveats: tuple[Fact, ...], *, brief: bool) -> Iterator[Block]:
    yield _styled(f"❗ {one_line(caveats[0].label, 100)}", bold=True)
    for caveat in caveats:
        yield _styled(f"\n• {one_line(caveat.value, 100)} ")
        yield _styled(f"「{one_line(caveat.quote, 60 if brief else 160)}」", italic=True)


def _changes(card: Card) -> Iterator[Block]:
    if card.moved:
        lines = "".join(f"\n• {one_line(line, 300)}" for line in card.moved)
        yield _rich(
            {"type": "rich_text_section", "elements": [_styled(card.labels[0], bold=True), _styled(lines)]}
        )
    parts = [_stretch(stretch) for stretch in card.redline if stretch.text]
    if parts:  # Slack refuses a quote of nothing
        yield _rich({"type": "rich_text_quote", "elements": parts})


def _stretch(stretch: Stretch) -> Block:
    text = clipped(stretch.text, 600) or " "
    return _styled(text, strike=stretch.op == "deleted", bold=stretch.op == "inserted")


def _styled(text: str, **style: bool) -> Block:
    chosen = {name: value for name, value in style.items() if value}
    element: Block = {"type": "text", "text": text or " "}
    return element | ({"style": chosen} if chosen else {})


def _rich(*elements: Block) -> Block:
    return {"type": "rich_text", "elements": list(elements)}


def _header(text: str) -> Block:
    return {"type": "header", "text": {"type": "plain_text", "text": one_line(text, HEADER), "emoji": True}}


def _context(text: str) -> Block:
    element = {"type": "plain_text", "text": clipped(text, 1_900) or "—", "emoji": True}
    return {"type": "context", "elements": [element]}


def _size(value: object) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(_size(item) for item in value.values())
    return sum(_size(item) for item in value) if isinstance(value, list) else 0
