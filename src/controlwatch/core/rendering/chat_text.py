"""A message as one text for other chats: no longer than they take, and nothing in it acts.

Many chats read signs even in what is sent as plain text: @all calls everybody, <at user_id="all"> too,
[words](address) hides where a link leads, ~~not~~ strikes a word out. Such signs are replaced by their
full-width twins, which every reader knows and no chat acts on. Addresses stay as they are: what they show
is where they lead.
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
#: Signs that act only where a word begins or ends, or a line: _so_, # so
EDGE_UNDERSCORE = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
HEADING_SIGN = re.compile(r"^([ \t]*)#", re.MULTILINE)
#: An address, as far as none of its signs acts.
ADDRESS = re.compile(r"(https?://[A-Za-z0-9\-._:/?#&=%+,;!$'()]+)")
ACTIVE_SIGN = re.compile(r"[\s@<>\[\]*`~|\\]")
ELLIPSIS = "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLimit:
    """How long a text may be."""

    max_size: int  #: characters, or bytes of UTF-8
    in_bytes: bool = False
    max_lines: int = 0  #: 0: as many as there are

    def has_room_for(self, words: str) -> bool:
        """Say whether a text fits."""
        size = len(words.encode("utf-8", "replace")) if self.in_bytes else len(words)
        return size <= self.max_size and (not self.max_lines or words.count("\n") < self.max_lines)

    def divide_into(self, parts: int) -> TextLimit:
        """Return the room of one of so many parts, with a blank line between any two."""
        most = (self.max_size - 2 * (parts - 1)) // parts
        rows = max(1, (self.max_lines + 1) // parts - 1) if self.max_lines else 0
        return replace(self, max_size=max(1, most), max_lines=rows)


def neutralize_signs(words: str) -> str:
    """Return a text without signs that a chat could act on; addresses stay as they are.

    >>> neutralize_signs("@all see [here](https://a.example/b_c) 《~~不~~》 rare_earth")
    '＠all see ［here］(https://a.example/b_c) 《～～不～～》 rare_earth'
    """
    parts = ADDRESS.split(words)
    parts[::2] = [EDGE_UNDERSCORE.sub("＿", part.translate(FULL_WIDTH_TWINS)) for part in parts[::2]]
    return HEADING_SIGN.sub(r"\1＃", "".join(parts))


def render_headline(message: Message, most: int) -> str:
    """Return the subject as one line of at most so many characters."""
    return to_one_line(neutralize_signs(message.subject), most)


def render_chat_text(message: Message, room: TextLimit) -> str:
    """Return a message as one text that fits, with every alert in it.

    What has no room is left out from the end of each alert; where the whole stands is said instead.
    """
    shown = replace(message, cards=tuple(map(_escape_card_link, message.cards)))
    whole = neutralize_signs(render_text(shown)).strip()
    if room.has_room_for(whole):
        return whole
    share = room.divide_into(len(shown.cards))
    parted = "\n" if room.max_lines else "\n\n"
    return _truncate_text(parted.join(_fit_card(card, share) for card in shown.cards), room)


def _escape_card_link(card: Card) -> Card:
    """Write what acts in the address of a card as %40 and its like: it leads to the same place."""
    if card.url is None:
        return card
    return replace(card, url=ACTIVE_SIGN.sub(lambda found: quote(found[0]), to_one_line(card.url, 2000)))


def _fit_card(card: Card, room: TextLimit) -> str:
    """Return as many lines of a card as fit, then where the whole stands."""
    drawn = [neutralize_signs(line) for line in render_card_lines(card)]
    ends = (
        (f"{ELLIPSIS} the whole 全文: {neutralize_signs(card.url)}", card.url, ELLIPSIS)
        if card.url
        else (ELLIPSIS,)
    )
    end = next((one for one in ends if room.has_room_for(f"{drawn[0][:20]}{ELLIPSIS}\n{one}")), "")
    if not end or not room.has_room_for(f"{drawn[0]}\n{end}"):
        return _fit_headline(drawn[0], end, room)
    kept = [drawn[0]]
    for line in drawn[1:]:
        if not room.has_room_for("\n".join((*kept, line, end))):
            break
        kept.append(line)
    return "\n".join((*kept, end)).replace("\n\n" + end, "\n" + end)


def _fit_headline(head: str, end: str, room: TextLimit) -> str:
    """Return the beginning of a headline, and the end if there is one."""
    tail = f"{ELLIPSIS}\n{end}" if end else ELLIPSIS
    while head and not room.has_room_for(head + tail):
        head = head[:-1]
    return head + tail


def _truncate_text(words: str, room: TextLimit) -> str:
    """Return as much of a text as fits: shares of a very small room may not."""
    if room.has_room_for(words):
        return words
    rows = words.split("\n")[: room.max_lines or None]
    words = "\n".join(rows)
    while words and not room.has_room_for(words + ELLIPSIS):
        words = words[:-1]
    return words + ELLIPSIS
