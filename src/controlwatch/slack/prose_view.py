"""The window with what a language model wrote about a notice: under its name, with what was not shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from controlwatch.core.model import Language
from controlwatch.core.model.text_safety import to_one_line
from controlwatch.core.model.timezones import format_beijing_time
from controlwatch.core.rendering.day_text import spell_dates
from controlwatch.core.rendering.facts import CardContext
from controlwatch.core.rendering.prose_text import (
    CAUTION,
    HEADINGS,
    LANGUAGE_NAMES,
    OFFER_LABELS,
    OFFERS,
    STATES,
)
from controlwatch.core.rendering.slack_blocks import MAX_TEXT, MAX_VIEW_BLOCKS
from controlwatch.core.rendering.wording import list_languages, pick_language
from controlwatch.core.second_opinion.opinion import Purpose
from controlwatch.core.second_opinion.records import ProseLine

Block = dict[str, Any]

#: Action id of a button that asks for a text; what it asks for follows.
PROSE_ASK = "controlwatch_prose_ask_"
UNSETTLED_STATES = frozenset({"wanted", "asked"})
PROSE_ACTIONS = "controlwatch_prose_actions"
ON_ITS_WAY = (
    "It is usually here within a minute. If it is not, open this window again.",
    "通常一分钟内显示。如未显示，请重新打开本窗口。",
)
SENT_TO = ("The text of the notice is sent to {host}.", "正文将发送至 {host}。")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProsePlace:
    """The alert whose button opened the window, as the window carries it."""

    key: str  #: of the delivery
    channel: str

    def to_metadata(self) -> str:
        """Return it as text."""
        return json.dumps({"key": self.key, "channel": self.channel})

    @classmethod
    def from_metadata(cls, text: str) -> ProsePlace:
        """Return it from the text that `to_metadata` made."""
        found = json.loads(text)
        return cls(key=str(found["key"]), channel=str(found["channel"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProseContent:
    """What the window shows."""

    place: ProsePlace
    title: str  #: of the notice
    lines: tuple[ProseLine, ...]  #: one of each purpose and language
    host: str  #: that its text is sent to
    context: CardContext

    def find_line(self, purpose: Purpose, language: str) -> ProseLine | None:
        """Return the text of a purpose in a language, or how far it is."""
        same = (line for line in self.lines if (line.purpose, line.language) == (purpose, language))
        return next(same, None)


def build_prose_view(content: ProseContent, *, problem: str = "") -> Block:
    """Return the window, with a `problem` at the top."""
    language = content.context.language
    blocks = [_build_section(f"⚠️ {to_one_line(problem, 400)}")] if problem else []
    blocks += [
        _build_section(to_one_line(content.title, 300)),
        _build_context(pick_language(*CAUTION, language)),
    ]
    for line in content.lines:
        blocks += _render_line(line, content.context)
    buttons = [
        {
            "type": "button",
            "text": {"type": "plain_text", "text": pick_language(*OFFER_LABELS[offer], language)},
            "action_id": f"{PROSE_ASK}{offer}",
        }
        for offer in list_offers(language)
    ]
    english, chinese = (words.format(host=content.host) for words in SENT_TO)
    sent_to = pick_language(english, chinese, language)
    actions = [{"type": "actions", "block_id": PROSE_ACTIONS, "elements": buttons}, _build_context(sent_to)]
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": pick_language("By a machine", "机器生成", language)},
        "close": {"type": "plain_text", "text": pick_language("Close", "关闭", language)},
        "private_metadata": content.place.to_metadata(),
        "blocks": [*blocks[: MAX_VIEW_BLOCKS - len(actions)], *actions],
    }


def list_offers(language: Language) -> tuple[str, ...]:
    """Return what readers of a language may ask for: texts in that language, or in both."""
    languages = list_languages(language)
    return tuple(offer for offer, (_, written) in OFFERS.items() if written in languages)


def describe_prose(line: ProseLine, language: Language) -> str:
    """Return what a text is, and how far it is where it is not there."""
    state = STATES.get(line.state)
    return " · ".join(
        filter(
            None,
            (
                pick_language(*HEADINGS[line.purpose], language),
                LANGUAGE_NAMES[line.language],
                to_one_line(line.model, 60),
                pick_language(*state, language) if state is not None else "",
            ),
        )
    )


def _render_line(line: ProseLine, context: CardContext) -> Iterator[Block]:
    yield {
        "type": "header",
        "text": {
            "type": "plain_text",
            "text": to_one_line(describe_prose(line, context.language), 150),
            "emoji": False,
        },
    }
    at = format_beijing_time(line.at)
    yield _build_context(pick_language(spell_dates(at), spell_dates(at, "zh"), context.language))
    yield from (_build_section(piece) for piece in _split_text(line.text))
    if line.state in UNSETTLED_STATES:
        yield _build_section(pick_language(*ON_ITS_WAY, context.language))
    if line.reason:
        reasons = context.translate_doubts(line.reason.split("; "))
        yield _build_section("\n".join(f"• {to_one_line(reason, 300)}" for reason in reasons)[:MAX_TEXT])


def _split_text(text: str) -> Iterator[str]:
    """Yield a text in pieces that a block can hold, cut where a line or a word ends."""
    rest = text.strip()
    while len(rest) > MAX_TEXT:
        at = max(rest.rfind(sign, MAX_TEXT // 2, MAX_TEXT) for sign in ("\n", " ", "。"))
        end = at + 1 if at > 0 else MAX_TEXT
        yield rest[:end].rstrip()
        rest = rest[end:].lstrip()
    if rest:
        yield rest


def _build_section(text: str) -> Block:
    # No emoji: Slack would draw one in place of words between two colons.
    return {"type": "section", "text": {"type": "plain_text", "text": text or "—", "emoji": False}}


def _build_context(text: str) -> Block:
    return {"type": "context", "elements": [{"type": "plain_text", "text": text, "emoji": False}]}
