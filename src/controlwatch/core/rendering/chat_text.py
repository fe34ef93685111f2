"""A message as one text for other chats: within their limits, and without active signs.

Many chats interpret signs even in plain text: @all notifies all members, <at user_id="all"> too,
[words](address) hides where a link leads, ~~not~~ strikes a word out. Such signs are replaced by their
full-width forms, which every reader knows and no chat interprets. URLs stay as they are: they show where
they lead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import quote

from controlwatch.core.model.text_safety import to_one_line
from controlwatch.core.rendering.card import Card
from controlwatch.core.rendering.message import Message
from controlwatch.core.rendering.plain_text import render_card_lines, render_text

FULL_WIDTH_TWINS = str.maketrans("@<>[]*`~|\\", "＠＜＞［］＊｀～｜＼")
#: Signs that are active only at the edge of a word or at the beginning of a line: _so_, # so
EDGE_UNDERSCORE = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
HEADING_SIGN = re.compile(r"^([ \t]*)#", re.MULTILINE)
#: A URL, as far as none of its signs is active.
ADDRESS = re.compile(r"(https?://[A-Za-z0-9\-._:/?#&=%+,;!$'()]+)")
ACTIVE_SIGN = re.compile(r"[\s@<>\[\]*`~|\\]")
ELLIPSIS = "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLimit:
    """The largest text that a chat accepts."""

    max_size: int  #: characters, or bytes of UTF-8
    in_bytes: bool = False
    max_lines: int = 0  #: 0: any number

    def has_room_for(self, text: str) -> bool:
        """Return whether a text fits."""
        size = len(text.encode("utf-8", "replace")) if self.in_bytes else len(text)
        return size <= self.max_size and (not self.max_lines or text.count("\n") < self.max_lines)

    def divide_into(self, parts: int) -> TextLimit:
        """Return the limit for each of several parts, with a blank line between any two."""
        most = (self.max_size - 2 * (parts - 1)) // parts
        rows = max(1, (self.max_lines + 1) // parts - 1) if self.max_lines else 0
        return replace(self, max_size=max(1, most), max_lines=rows)


def neutralize_signs(text: str) -> str:
    """Return a text without signs that a chat could interpret; URLs stay as they are.

    >>> neutralize_signs("@all see [here](https://a.example/b_c) 《~~不~~》 rare_earth")
    '＠all see ［here］(https://a.example/b_c) 《～～不～～》 rare_earth'
    """
    parts = ADDRESS.split(text)
    parts[::2] = [EDGE_UNDERSCORE.sub("＿", part.translate(FULL_WIDTH_TWINS)) for part in parts[::2]]
    return HEADING_SIGN.sub(r"\1＃", "".join(parts))


def render_headline(message: Message, most: int) -> str:
    """Return the subject as one line of at most `most` characters."""
    return to_one_line(neutralize_signs(message.subject), most)


def render_chat_text(message: Message, room: TextLimit) -> str:
    """Return a message as one text that fits, with every alert in it.

    What does not fit is left out from the end of each alert, with a link to the whole notice instead.
    """
    cards = tuple(
        card
        if card.url is None
        # Active signs in the URL are percent-encoded: it leads to the same place.
        else replace(card, url=ACTIVE_SIGN.sub(lambda sign: quote(sign[0]), to_one_line(card.url, 2000)))
        for card in message.cards
    )
    whole = neutralize_signs(render_text(replace(message, cards=cards))).strip()
    if room.has_room_for(whole):
        return whole
    share = room.divide_into(len(cards))
    text = ("\n" if room.max_lines else "\n\n").join(_fit_card(card, share) for card in cards)
    if room.has_room_for(text):
        return text
    # The shares of a very small room may be too large together.
    return _cut_to_fit("\n".join(text.split("\n")[: room.max_lines or None]), ELLIPSIS, room)


def _fit_card(card: Card, room: TextLimit) -> str:
    """Return the lines of a card that fit, then the link to the whole notice."""
    heading, *lines = (neutralize_signs(line) for line in render_card_lines(card))
    endings = [ELLIPSIS]
    if card.url:
        endings = [f"{ELLIPSIS} the whole 全文: {neutralize_signs(card.url)}", card.url, ELLIPSIS]
    end = next((ending for ending in endings if room.has_room_for(f"{heading[:20]}{ELLIPSIS}\n{ending}")), "")
    if not end or not room.has_room_for(f"{heading}\n{end}"):
        return _cut_to_fit(heading, f"{ELLIPSIS}\n{end}" if end else ELLIPSIS, room)
    kept = [heading]
    for line in lines:
        if not room.has_room_for("\n".join((*kept, line, end))):
            break
        kept.append(line)
    return "\n".join((*kept, end)).replace("\n\n" + end, "\n" + end)


def _cut_to_fit(text: str, ending: str, room: TextLimit) -> str:
    """Return the beginning of a text, as much as fits before the ending."""
    while text and not room.has_room_for(text + ending):
        text = text[:-1]
    return text + ending
