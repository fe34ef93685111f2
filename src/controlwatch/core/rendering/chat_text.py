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

from controlwatch.core.model.text_safety import one_line
from controlwatch.core.rendering.card import Card
from controlwatch.core.rendering.message import Message
from controlwatch.core.rendering.plain_text import lines, text

TWINS = str.maketrans("@<>[]*`~|\\", "＠＜＞［］＊｀～｜＼")
#: Signs that act only where a word begins or ends, or a line: _so_, # so
EDGES = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
HEADING = re.compile(r"^([ \t]*)#", re.MULTILINE)
#: An address, as far as none of its signs acts.
ADDRESS = re.compile(r"(https?://[A-Za-z0-9\-._:/?#&=%+,;!$'()]+)")
ACTS = re.compile(r"[\s@<>\[\]*`~|\\]")
CUT = "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How long a text may be."""

    most: int  #: characters, or bytes of UTF-8
    in_bytes: bool = False
    lines: int = 0  #: 0: as many as there are

    def takes(self, words: str) -> bool:
        """Say whether a text fits."""
        size = len(words.encode("utf-8", "replace")) if self.in_bytes else len(words)
        return size <= self.most and (not self.lines or words.count("\n") < self.lines)

    def share(self, parts: int) -> Room:
        """Return the room of one of so many parts, with a blank line between any two."""
        most = (self.most - 2 * (parts - 1)) // parts
        rows = max(1, (self.lines + 1) // parts - 1) if self.lines else 0
        return replace(self, most=max(1, most), lines=rows)


def inert(words: str) -> str:
    """Return a text without signs that a chat could act on; addresses stay as they are.

    >>> inert("@all see [here](https://a.example/b_c) 《~~不~~》 rare_earth")
    '＠all see ［here］(https://a.example/b_c) 《～～不～～》 rare_earth'
    """
    parts = ADDRESS.split(words)
    parts[::2] = [EDGES.sub("＿", part.translate(TWINS)) for part in parts[::2]]
    return HEADING.sub(r"\1＃", "".join(parts))


def headline(message: Message, most: int) -> str:
    """Return the subject as one line of at most so many characters."""
    return one_line(inert(message.subject), most)


def short(message: Message, room: Room) -> str:
    """Return a message as one text that fits, with every alert in it.

    What has no room is left out from the end of each alert; where the whole stands is said instead.
    """
    shown = replace(message, cards=tuple(map(_linked, message.cards)))
    whole = inert(text(shown)).strip()
    if room.takes(whole):
        return whole
    share = room.share(len(shown.cards))
    parted = "\n" if room.lines else "\n\n"
    return _cut(parted.join(_beginning(card, share) for card in shown.cards), room)


def _linked(card: Card) -> Card:
    """Write what acts in the address of a card as %40 and its like: it leads to the same place."""
    if card.url is None:
        return card
    return replace(card, url=ACTS.sub(lambda found: quote(found[0]), one_line(card.url, 2000)))


def _beginning(card: Card, room: Room) -> str:
    """Return as many lines of a card as fit, then where the whole stands."""
    drawn = [inert(line) for line in lines(card)]
    ends = (f"{CUT} the whole 全文: {inert(card.url)}", card.url, CUT) if card.url else (CUT,)
    end = next((one for one in ends if room.takes(f"{drawn[0][:20]}{CUT}\n{one}")), "")
    if not end or not room.takes(f"{drawn[0]}\n{end}"):
        return _headed(drawn[0], end, room)
    kept = [drawn[0]]
    for line in drawn[1:]:
        if not room.takes("\n".join((*kept, line, end))):
            break
        kept.append(line)
    return "\n".join((*kept, end)).replace("\n\n" + end, "\n" + end)


def _headed(head: str, end: str, room: Room) -> str:
    """Return the beginning of a headline, and the end if there is one."""
    tail = f"{CUT}\n{end}" if end else CUT
    while head and not room.takes(head + tail):
        head = head[:-1]
    return head + tail


def _cut(words: str, room: Room) -> str:
    """Return as much of a text as fits: shares of a very small room may not."""
    if room.takes(words):
        return words
    rows = words.split("\n")[: room.lines or None]
    words = "\n".join(rows)
    while words and not room.takes(words + CUT):
        words = words[:-1]
    return words + CUT
