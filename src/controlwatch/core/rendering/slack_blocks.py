"""Cards as Slack blocks, within Slack's documented limits.

All text from outside is sent in `plain_text` or `rich_text` elements, where Slack interprets neither
mentions nor links nor formatting: no text can notify a channel or forge a link.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from controlwatch.core.model import Language
from controlwatch.core.model.text_safety import to_one_line, truncate_text
from controlwatch.core.rendering.card import Card
from controlwatch.core.rendering.facts import CardFact
from controlwatch.core.rendering.message import Message
from controlwatch.core.rendering.palette import MARKS
from controlwatch.core.rendering.proof_text import format_proof
from controlwatch.core.rendering.short_card import shorten_card
from controlwatch.core.rendering.wording import pick_language

Block = dict[str, Any]

#: What readers may do about an alert.
ACKNOWLEDGE, ASSIGN, DUE, MUTE, IRRELEVANT, ORIGINAL, WHOLE, PROSE = (
    "controlwatch_acknowledge",
    "controlwatch_assign",
    "controlwatch_due",
    "controlwatch_mute",
    "controlwatch_irrelevant",
    "controlwatch_original",
    "controlwatch_whole",
    "controlwatch_prose",
)
#: What a person decides about a document that needs review: it changes the rules, or it does not.
JUDGE_CHANGE, JUDGE_NO_CHANGE = "controlwatch_judge_change", "controlwatch_judge_no_change"
#: The buttons of an alert that is one line of a digest.
CLOSING_BUTTONS = frozenset({ACKNOWLEDGE, JUDGE_CHANGE, JUDGE_NO_CHANGE})
#: Action id → the words on it, in English and Chinese.
LABELS: dict[str, tuple[str, str]] = {
    ACKNOWLEDGE: ("Acknowledge", "已阅"),
    ASSIGN: ("Assign to", "指派"),
    DUE: ("Due date", "处理期限"),
    MUTE: ("Mute", "静音"),
    IRRELEVANT: ("Not relevant", "无关"),
    ORIGINAL: ("Original", "原文"),
    WHOLE: ("More", "详情"),
    PROSE: ("Translate or explain", "翻译与说明"),
    JUDGE_CHANGE: ("It is a change", "属规则调整"),
    JUDGE_NO_CHANGE: ("No change", "无调整"),
}
JUDGE_ACTIONS = (JUDGE_CHANGE, JUDGE_NO_CHANGE)
#: The block id of these actions: this prefix, then the key of the delivery.
ALERT_BLOCK = "controlwatch_alert:"
#: Why an alert may not be relevant; kept for tuning.
REASONS = {
    "items": ("not our items", "物项不符"),
    "destination": ("not our destinations", "目的地不符"),
    "no-change": ("changes nothing for us", "无影响"),
    "duplicate": ("known already", "已知"),
    "wrong": ("read wrongly", "识别有误"),
}
#: For how many days a category may be muted, and how many of an alert's categories are offered.
MUTE_DAYS = (7, 30, 90)
MAX_MUTE_CATEGORIES = 10
MAX_URL = 3_000
MAX_HEADER = 150
MAX_TEXT = 2_900
MAX_BLOCKS = 50
MAX_VIEW_BLOCKS = 100
MAX_CARDS = 20
#: Slack refuses messages of about 13,200 characters in all, whatever their blocks.
MAX_CHARACTERS = 12_000
#: Facts of a card that are shown, in a digest and alone; the number of the others is added.
MAX_BRIEF_FACTS, MAX_FACTS = 4, 24


def render_message_blocks(message: Message) -> list[Block]:
    """Return the blocks of a message: at most 50, within Slack's size.

    Each alert of a digest has at least a line with a link and a button; the gravest are shown as fully as
    fits.
    """
    alone = len(message.cards) == 1
    # Deliveries are claimed in numbers that leave no card out.
    cards, more = message.cards[:MAX_CARDS], len(message.cards) - MAX_CARDS
    keys = message.action_keys or ("",) * len(message.cards)
    header = [] if alone else [_build_header(message.subject)]
    rest = (f"… {more} more: controlwatch latest", f"… 另有{more}项：controlwatch latest")
    footer = [_build_context(pick_language(*rest, cards[0].language))] if more > 0 else []
    footer += [_build_context(message.health_line)] if message.health_line else []
    shown = [
        [*(_render_headline(card) if alone else _render_row(card)), *_render_actions(card, key, alone=alone)]
        for card, key in zip(cards, keys, strict=False)
    ]
    for place, (whole, key) in enumerate(zip(cards, keys, strict=False)):
        card = shorten_card(whole) if alone else whole
        actions = _build_actions(card, key, alone=alone) if key else None
        others = [
            *header,
            *(block for n, blocks in enumerate(shown) if n != place for block in blocks),
            *footer,
        ]
        for brief in (False, True) if alone else (True,):
            blocks = [*_render_card(card, brief=brief), *([actions] if actions else [])]
            fits = _count_characters([*others, *blocks]) + len(message.subject) <= MAX_CHARACTERS
            if fits and len(others) + len(blocks) <= MAX_BLOCKS:
                shown[place] = blocks
                break
    return [*header, *(block for blocks in shown for block in blocks), *footer]


def render_whole_alert(card: Card) -> list[Block]:
    """Return the blocks of all of an alert, for a window of its own: no sentence is left out."""
    return list(_render_card(card, brief=False))[:MAX_VIEW_BLOCKS]


def render_fallback_text(message: Message) -> str:
    """Return the text for notifications and screen readers, escaped as Slack requires."""
    text = to_one_line(message.subject, 300)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _build_actions(card: Card, key: str, *, alone: bool) -> Block:
    """Return what readers may do about an alert; in a digest, only what is needed most."""
    language = card.language
    acknowledge = _build_button(ACKNOWLEDGE, language)
    if card.weight != "quiet":
        acknowledge["style"] = "primary"
    elements = [acknowledge]
    if card.review is not None:
        elements = [_build_button(name, language) for name in (*JUDGE_ACTIONS, ACKNOWLEDGE)]
    if alone:
        elements.append(_build_menu("users_select", ASSIGN, language))
        elements.append(_build_menu("datepicker", DUE, language))
        mutes = [
            _build_option(
                f"{to_one_line(name, 50)}: {pick_language(f'{days} days', f'{days} 天', language)}",
                f"{category}:{days}",
            )
            for category, name in card.mutable[:MAX_MUTE_CATEGORIES]
            for days in MUTE_DAYS
        ]
        if mutes:
            elements.append(_build_menu("static_select", MUTE, language, options=mutes))
    reasons = [_build_option(pick_language(*words, language), reason) for reason, words in REASONS.items()]
    elements.append(_build_menu("static_select", IRRELEVANT, language, options=reasons))
    url = card.url
    if url is not None and url.startswith(("http://", "https://")) and len(url) <= MAX_URL:
        elements.append(_build_button(ORIGINAL, language, url=url))
    if card.is_shortened or not alone:
        elements.append(_build_button(WHOLE, language))
    if card.offers_prose:
        elements.append(_build_button(PROSE, language))
    return {"type": "actions", "block_id": f"{ALERT_BLOCK}{key}", "elements": elements}


def _render_actions(card: Card, key: str, *, alone: bool) -> Iterator[Block]:
    """Yield the buttons of an alert that is shown by its headline: in a digest, only what closes it."""
    if not key:
        return
    actions = _build_actions(card, key, alone=alone)
    if not alone:
        actions["elements"] = [item for item in actions["elements"] if item["action_id"] in CLOSING_BUTTONS]
    yield actions


def _build_button(action_id: str, language: Language, **more: str) -> Block:
    return {
        "type": "button",
        "text": {"type": "plain_text", "text": pick_language(*LABELS[action_id], language)},
        "action_id": action_id,
        **more,
    }


def _build_menu(kind: str, action_id: str, language: Language, **more: object) -> Block:
    return {
        "type": kind,
        "action_id": action_id,
        "placeholder": {"type": "plain_text", "text": pick_language(*LABELS[action_id], language)},
        **more,
    }


def _build_option(text: str, value: str) -> Block:
    return {"text": {"type": "plain_text", "text": text}, "value": value}


def _build_top_line(card: Card) -> Block:
    """Return the first line: a header, or only bold text where the alert merely explains."""
    mark = MARKS["urgent" if card.weight == "urgent" else card.tone]
    text = f"{mark} {card.headline}"
    if card.weight == "quiet":
        return _build_section(_build_text(to_one_line(text, MAX_HEADER), bold=True))
    return _build_header(text)


def _render_row(card: Card) -> Iterator[Block]:
    """Yield an alert of a digest in one line, which leads to the notice."""
    text = to_one_line(
        f"{MARKS['urgent' if card.weight == 'urgent' else card.tone]} {card.headline}", MAX_HEADER
    )
    has_link = card.url is not None and card.url.startswith(("http://", "https://")) and len(card.url) <= 500
    yield _build_section(_build_link(card.url, text) if card.url and has_link else _build_text(text))


def _render_headline(card: Card) -> Iterator[Block]:
    yield _build_top_line(card)
    if card.title:
        yield _build_context(to_one_line(card.title, 300))
    if card.url and len(card.url) <= 500:
        yield _build_section(_build_link(card.url, to_one_line(card.url, 200)))


def _render_card(card: Card, *, brief: bool) -> Iterator[Block]:
    yield _build_top_line(card)
    if card.title:
        yield _build_section(_build_text(to_one_line(card.title, 400), bold=True))
    if card.moved:
        lines = "".join(f"\n• {to_one_line(line, 300)}" for line in card.moved)
        yield _build_section(_build_text(card.labels[0], bold=True), _build_text(lines))
    redline = [
        _build_text(
            truncate_text(segment.text, 600) or " ",
            strike=segment.op == "deleted",
            bold=segment.op == "inserted",
        )
        for segment in card.redline
        if segment.text
    ]
    if redline:  # Slack refuses an empty quote
        yield {"type": "rich_text", "elements": [{"type": "rich_text_quote", "elements": redline}]}
    if card.summary:
        yield _build_section(
            *(_build_text(truncate_text(text, MAX_TEXT // 2) + "\n") for text in card.summary)
        )
    facts = list(_render_facts(card, brief=brief))
    if facts:
        yield _build_section(*facts)
    if card.caveats:
        yield _build_section(*_render_caveats(card.caveats, brief=brief))
    if card.doubts:
        yield _build_context(f"❓ {card.labels[2]}{card.colon}" + "; ".join(card.doubts))
    if card.url:
        links = [
            element for label, url in card.links for element in (_build_text(" · "), _build_link(url, label))
        ]
        source = _build_link(card.url[:2_000], to_one_line(card.url, 200))
        yield _build_section(_build_text(f"{card.labels[3]}{card.colon}"), source, *links)
    yield _build_context(" · ".join(card.footer))


def _render_facts(card: Card, *, brief: bool) -> Iterator[Block]:
    most = MAX_BRIEF_FACTS if brief else MAX_FACTS
    facts = card.facts[:most]
    if len(card.facts) > most:
        count, language = len(card.facts) - most, card.language
        findings = f"{count} more finding{'' if count == 1 else 's'}"
        label = pick_language("Not shown", "未显示", language)
        value = pick_language(findings, f"另有{count}项", language)
        facts = (*facts, CardFact(label=label, value=value))
    for fact in facts:
        yield _build_text(f"{to_one_line(fact.label, 100)}{card.colon}", bold=True)
        yield _build_text(to_one_line(fact.value, 500) + "\n")
        if fact.quote and not brief:
            yield _build_text(f"   {format_proof(fact.quote, 160)}\n", italic=True)


def _render_caveats(caveats: tuple[CardFact, ...], *, brief: bool) -> Iterator[Block]:
    yield _build_text(f"❗ {to_one_line(caveats[0].label, 100)}", bold=True)
    for caveat in caveats:
        yield _build_text(f"\n• {to_one_line(caveat.value, 100)} ")
        yield _build_text(format_proof(caveat.quote, 60 if brief else 160), italic=True)


def _build_link(url: str, text: str) -> Block:
    return {"type": "link", "url": url, "text": text}


def _build_text(text: str, **style: bool) -> Block:
    chosen = {name: value for name, value in style.items() if value}
    element: Block = {"type": "text", "text": text or " "}
    return element | ({"style": chosen} if chosen else {})


def _build_section(*elements: Block) -> Block:
    section = {"type": "rich_text_section", "elements": list(elements)}
    return {"type": "rich_text", "elements": [section]}


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
