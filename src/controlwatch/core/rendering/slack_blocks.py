"""Cards as Slack blocks, within Slack's documented limits.

Everything that came from the net stands in `plain_text` or in `rich_text` elements, where Slack reads
neither mentions nor links nor formatting: no text can call a channel or forge a link.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from controlwatch.core.model import Stretch
from controlwatch.core.model.text_safety import clipped, one_line
from controlwatch.core.rendering.card import Card
from controlwatch.core.rendering.facts import Fact
from controlwatch.core.rendering.message import Message

Block = dict[str, Any]

#: What people may do about an alert.
ACKNOWLEDGE, ASSIGN, DUE, MUTE, IRRELEVANT, ORIGINAL = (
    "controlwatch_acknowledge",
    "controlwatch_assign",
    "controlwatch_due",
    "controlwatch_mute",
    "controlwatch_irrelevant",
    "controlwatch_original",
)
#: The block of these begins so, and then names the delivery by its key.
ALERT_BLOCK = "controlwatch_alert:"
#: Why an alert may not be relevant; kept for tuning.
REASONS = {
    "items": "not our items · 物项不符",
    "destination": "not our destinations · 目的地不符",
    "no-change": "changes nothing for us · 无影响",
    "duplicate": "known already · 已知",
    "wrong": "read wrongly · 识别有误",
}
#: For how many days a category may be muted, and how many of an alert's categories are offered.
MUTE_DAYS = (7, 30, 90)
MUTABLE = 10
LONGEST_URL = 3_000
HEADER = 150
TEXT = 2_900
MOST_BLOCKS = 50
MOST_CARDS = 5
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
    # Deliveries are claimed so that none is left out.
    cards, more = message.cards[:MOST_CARDS], len(message.cards) - MOST_CARDS
    keys = message.acts_on or ("",) * len(message.cards)
    actions = [_actions(card, key, alone=len(cards) == 1) for card, key in zip(cards, keys, strict=False)]
    if more > 0:
        actions[-1].append(_context(f"… {more} more: controlwatch latest"))
    watch = [_context(message.watch)] if message.watch else []
    drawn = _drawn(
        cards,
        room=MOST_CHARACTERS - len(message.subject) - _size(actions) - _size(watch),
        blocks_left=MOST_BLOCKS - len(made) - len(watch) - sum(map(len, actions)),
    )
    made += [block for card, acts in zip(drawn, actions, strict=True) for block in (*card, *acts)]
    return [*made, *watch]


def _actions(card: Card, key: str, *, alone: bool) -> list[Block]:
    """Return what people may do about an alert; the bot notes who did. In a digest, only the most needed."""
    if not key:
        return []
    elements: list[Block] = [_button("Acknowledge · 已阅", ACKNOWLEDGE)]
    if card.weight != "quiet":
        elements[0]["style"] = "primary"
    if alone:
        elements.append(_chooser("users_select", ASSIGN, "Assign to · 指派"))
        elements.append(_chooser("datepicker", DUE, "Due date · 处理期限"))
        muting = [
            _option(f"{one_line(name, 50)}: {days} days · 天", f"{category}:{days}")
            for category, name in card.mutable[:MUTABLE]
            for days in MUTE_DAYS
        ]
        if muting:
            elements.append(_chooser("static_select", MUTE, "Mute · 静音", options=muting))
    reasons = [_option(words, reason) for reason, words in REASONS.items()]
    elements.append(_chooser("static_select", IRRELEVANT, "Not relevant · 无关", options=reasons))
    url = card.url
    if url is not None and url.startswith(("http://", "https://")) and len(url) <= LONGEST_URL:
        elements.append(_button("Original · 原文", ORIGINAL, url=url))
    return [{"type": "actions", "block_id": f"{ALERT_BLOCK}{key}", "elements": elements}]


def _button(text: str, action_id: str, **more: str) -> Block:
    return {
        "type": "button",
        "text": {"type": "plain_text", "text": text},
        "action_id": action_id,
        **more,
    }


def _chooser(kind: str, action_id: str, text: str, **more: object) -> Block:
    return {
        "type": kind,
        "action_id": action_id,
        "placeholder": {"type": "plain_text", "text": text},
        **more,
    }


def _option(text: str, value: str) -> Block:
    return {"text": {"type": "plain_text", "text": text}, "value": value}


def _drawn(cards: tuple[Card, ...], *, room: int, blocks_left: int) -> list[list[Block]]:
    """Draw every card, each as fully as there is room for once all the others have their headline."""
    alone = len(cards) == 1
    drawn = [list(_headline(card)) for card in cards]
    for place, card in enumerate(cards):
        others = [block for n, other in enumerate(drawn) if n != place for block in other]
        for fuller in (list(_card(card, brief=not alone)), list(_card(card, brief=True))):
            fits = _size([*others, *fuller]) <= room and len(others) + len(fuller) <= blocks_left
            if fits:
                drawn[place] = fuller
                break
    return drawn


def _top(card: Card) -> Block:
    """Return the first line: loud where something binds already, low where it only explains."""
    mark = "🚨" if card.weight == "urgent" else MARKS[card.tone]
    text = f"{mark} {card.badge}: {card.heading}"
    if card.weight == "quiet":
        line = _styled(one_line(text, HEADER), bold=True)
        return _rich({"type": "rich_text_section", "elements": [line]})
    return _header(text)


def _headline(card: Card) -> Iterator[Block]:
    yield _top(card)
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
    yield _top(card)
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
        ours = [part for label, address in card.links for part in (_styled(" · "), _link(address, label))]
        elements = [_styled(f"{card.labels[3]}: "), link, *ours]
        yield _rich({"type": "rich_text_section", "elements": elements})
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


def _link(address: str, text: str) -> Block:
    return {"type": "link", "url": address, "text": text}


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
