"""Cards as Slack blocks, within Slack's documented limits.

Everything that came from the net stands in `plain_text` or in `rich_text` elements, where Slack reads
neither mentions nor links nor formatting: no text can call a channel or forge a link.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from controlwatch.core.model import RedlineSegment
from controlwatch.core.model.text_safety import to_one_line, truncate_text
from controlwatch.core.rendering.card import Card
from controlwatch.core.rendering.facts import CardFact
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
MAX_MUTE_CATEGORIES = 10
MAX_URL = 3_000
MAX_HEADER = 150
MAX_TEXT = 2_900
MAX_BLOCKS = 50
MAX_CARDS = 5
#: Slack refuses messages of about 13,200 characters in all, whatever their blocks.
MAX_CHARACTERS = 12_000
#: Facts of a card that are drawn, in a digest and alone; how many more there are is said.
MAX_BRIEF_FACTS, MAX_FACTS = 4, 24
TONE_MARKS = {
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


def render_message_blocks(message: Message) -> list[Block]:
    """Return the blocks of a message: at most 50, within Slack's size."""
    made: list[Block] = []
    if len(message.cards) > 1:
        made.append(_build_header(message.subject))
    # Deliveries are claimed so that none is left out.
    cards, more = message.cards[:MAX_CARDS], len(message.cards) - MAX_CARDS
    keys = message.action_keys or ("",) * len(message.cards)
    actions = [
        _build_action_blocks(card, key, alone=len(cards) == 1) for card, key in zip(cards, keys, strict=False)
    ]
    if more > 0:
        actions[-1].append(_build_context(f"… {more} more: controlwatch latest"))
    watch = [_build_context(message.health_line)] if message.health_line else []
    drawn = _fit_cards(
        cards,
        room=MAX_CHARACTERS - len(message.subject) - _count_characters(actions) - _count_characters(watch),
        blocks_left=MAX_BLOCKS - len(made) - len(watch) - sum(map(len, actions)),
    )
    made += [block for card, acts in zip(drawn, actions, strict=True) for block in (*card, *acts)]
    return [*made, *watch]


def _build_action_blocks(card: Card, key: str, *, alone: bool) -> list[Block]:
    """Return what people may do about an alert; the bot notes who did. In a digest, only the most needed."""
    if not key:
        return []
    elements: list[Block] = [_build_button("Acknowledge · 已阅", ACKNOWLEDGE)]
    if card.weight != "quiet":
        elements[0]["style"] = "primary"
    if alone:
        elements.append(_build_menu("users_select", ASSIGN, "Assign to · 指派"))
        elements.append(_build_menu("datepicker", DUE, "Due date · 处理期限"))
        muting = [
            _build_option(f"{to_one_line(name, 50)}: {days} days · 天", f"{category}:{days}")
            for category, name in card.mutable[:MAX_MUTE_CATEGORIES]
            for days in MUTE_DAYS
        ]
        if muting:
            elements.append(_build_menu("static_select", MUTE, "Mute · 静音", options=muting))
    reasons = [_build_option(words, reason) for reason, words in REASONS.items()]
    elements.append(_build_menu("static_select", IRRELEVANT, "Not relevant · 无关", options=reasons))
    url = card.url
    if url is not None and url.startswith(("http://", "https://")) and len(url) <= MAX_URL:
        elements.append(_build_button("Original · 原文", ORIGINAL, url=url))
    return [{"type": "actions", "block_id": f"{ALERT_BLOCK}{key}", "elements": elements}]


def _build_button(text: str, action_id: str, **more: str) -> Block:
    return {
        "type": "button",
        "text": {"type": "plain_text", "text": text},
        "action_id": action_id,
        **more,
    }


def _build_menu(kind: str, action_id: str, text: str, **more: object) -> Block:
    return {
        "type": kind,
        "action_id": action_id,
        "placeholder": {"type": "plain_text", "text": text},
        **more,
    }


def _build_option(text: str, value: str) -> Block:
    return {"text": {"type": "plain_text", "text": text}, "value": value}


def _fit_cards(cards: tuple[Card, ...], *, room: int, blocks_left: int) -> list[list[Block]]:
    """Draw every card, each as fully as there is room for once all the others have their headline."""
    alone = len(cards) == 1
    drawn = [list(_render_headline(card)) for card in cards]
    for place, card in enumerate(cards):
        others = [block for n, other in enumerate(drawn) if n != place for block in other]
        for fuller in (list(_render_card(card, brief=not alone)), list(_render_card(card, brief=True))):
            fits = _count_characters([*others, *fuller]) <= room and len(others) + len(fuller) <= blocks_left
            if fits:
                drawn[place] = fuller
                break
    return drawn


def _build_top_line(card: Card) -> Block:
    """Return the first line: loud where something binds already, low where it only explains."""
    mark = "🚨" if card.weight == "urgent" else TONE_MARKS[card.tone]
    text = f"{mark} {card.badge}: {card.heading}"
    if card.weight == "quiet":
        line = _build_text(to_one_line(text, MAX_HEADER), bold=True)
        return _build_rich_text({"type": "rich_text_section", "elements": [line]})
    return _build_header(text)


def _render_headline(card: Card) -> Iterator[Block]:
    yield _build_top_line(card)
    if card.title:
        yield _build_context(to_one_line(card.title, 300))
    if card.url and len(card.url) <= 500:
        link = {"type": "link", "url": card.url, "text": to_one_line(card.url, 200)}
        yield _build_rich_text({"type": "rich_text_section", "elements": [link]})


def render_fallback_text(message: Message) -> str:
    """Return the text for notifications and screen readers, escaped as Slack asks."""
    text = to_one_line(message.subject, 300)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _render_card(card: Card, *, brief: bool) -> Iterator[Block]:
    yield _build_top_line(card)
    if card.title:
        yield _build_rich_text(
            {"type": "rich_text_section", "elements": [_build_text(to_one_line(card.title, 400), bold=True)]}
        )
    yield from _render_changes(card)
    body = [_build_text(truncate_text(text, MAX_TEXT // 2) + "\n") for text in card.summary]
    if body:
        yield _build_rich_text({"type": "rich_text_section", "elements": body})
    facts = card.facts[: MAX_BRIEF_FACTS if brief else MAX_FACTS]
    if len(facts) < len(card.facts):
        facts = (*facts, CardFact(label="…", value=f"+{len(card.facts) - len(facts)}"))
    if facts:
        yield _build_rich_text(
            {
                "type": "rich_text_section",
                "elements": [part for fact in facts for part in _render_fact(fact, brief=brief)],
            }
        )
    if card.caveats:
        elements = list(_render_caveats(card.caveats, brief=brief))
        yield _build_rich_text({"type": "rich_text_section", "elements": elements})
    if card.doubts:
        yield _build_context(f"❓ {card.labels[2]}: " + "; ".join(card.doubts))
    if card.url:
        link = {"type": "link", "url": card.url[:2_000], "text": to_one_line(card.url, 200)}
        ours = [
            part
            for label, address in card.links
            for part in (_build_text(" · "), _build_link(address, label))
        ]
        elements = [_build_text(f"{card.labels[3]}: "), link, *ours]
        yield _build_rich_text({"type": "rich_text_section", "elements": elements})
    yield _build_context(" · ".join(card.footer))


def _render_fact(fact: CardFact, *, brief: bool) -> Iterator[Block]:
    yield _build_text(f"{to_one_line(fact.label, 100)}: ", bold=True)
    yield _build_text(to_one_line(fact.value, 500) + "\n")
    if fact.quote and not brief:
        yield _build_text(f"   「{to_one_line(fact.quote, 160)}」\n", italic=True)


def _render_caveats(caveats: tuple[CardFact, ...], *, brief: bool) -> Iterator[Block]:
    yield _build_text(f"❗ {to_one_line(caveats[0].label, 100)}", bold=True)
    for caveat in caveats:
        yield _build_text(f"\n• {to_one_line(caveat.value, 100)} ")
        yield _build_text(f"「{to_one_line(caveat.quote, 60 if brief else 160)}」", italic=True)


def _build_link(address: str, text: str) -> Block:
    return {"type": "link", "url": address, "text": text}


def _render_changes(card: Card) -> Iterator[Block]:
    if card.moved:
        lines = "".join(f"\n• {to_one_line(line, 300)}" for line in card.moved)
        yield _build_rich_text(
            {
                "type": "rich_text_section",
                "elements": [_build_text(card.labels[0], bold=True), _build_text(lines)],
            }
        )
    parts = [_render_stretch(stretch) for stretch in card.redline if stretch.text]
    if parts:  # Slack refuses a quote of nothing
        yield _build_rich_text({"type": "rich_text_quote", "elements": parts})


def _render_stretch(stretch: RedlineSegment) -> Block:
    text = truncate_text(stretch.text, 600) or " "
    return _build_text(text, strike=stretch.op == "deleted", bold=stretch.op == "inserted")


def _build_text(text: str, **style: bool) -> Block:
    chosen = {name: value for name, value in style.items() if value}
    element: Block = {"type": "text", "text": text or " "}
    return element | ({"style": chosen} if chosen else {})


def _build_rich_text(*elements: Block) -> Block:
    return {"type": "rich_text", "elements": list(elements)}


def _build_header(text: str) -> Block:
    return {
        "type": "header",
        "text": {"type": "plain_text", "text": to_one_line(text, MAX_HEADER), "emoji": True},
    }


def _build_context(text: str) -> Block:
    element = {"type": "plain_text", "text": truncate_text(text, 1_900) or "—", "emoji": True}
    return {"type": "context", "elements": [element]}


def _count_characters(value: object) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(_count_characters(item) for item in value.values())
    return sum(_count_characters(item) for item in value) if isinstance(value, list) else 0
