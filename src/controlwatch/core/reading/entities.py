"""The parties that a listing names: numbered annex lines, or pairs of names inside the deciding sentence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from controlwatch.core.model import Direction, Entity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controlwatch.core.reading.text import Text

LINE = re.compile(
    r"^[ ]*\d{1,3}[ ]*[.、][ ]*([^\n（()）]{2,40}?)[ ]*[（(]([A-Za-z][^\n]{1,120}?)[）)][ ]*$", re.MULTILINE
)  # 3. 某某公司（Example Systems, Inc.）
ENGLISH_LINE = re.compile(
    r"^[ ]*\d{1,3}\.[ ]+([A-Z][A-Za-z0-9 .,&'’-]{2,80})[ ]*$", re.MULTILINE
)  # 3. Example Systems, Inc.
INLINE = re.compile(
    r"([^\s（）()、，。；：将对的等]{2,40})[ ]?[（(]([A-Z][A-Za-z0-9 .,&'’·-]{2,80})[）)]"
)  # 某某公司（Example Systems）
PAIR_MIN = re.compile(r"列入|采取|移出")

Action = Literal["list", "delist", "suspend"]
ACTIONS: dict[Direction, Action] = {Direction.SUSPEND: "suspend", Direction.RELAX: "delist"}


def entities_of(text: Text, categories: Iterable[str], direction: Direction) -> tuple[Entity, ...]:
    """Return the parties named by a listing; nothing where the text lists no parties."""
    if not any(category.startswith("entity.") for category in categories):
        return ()
    action = ACTIONS.get(direction, "list")
    pairs = [(hit[1].strip(), hit[2].strip()) for hit in LINE.finditer(text.folded)]
    if not pairs:
        pairs = [("", hit[1].strip()) for hit in ENGLISH_LINE.finditer(text.folded)]
    if not pairs:
        pairs = [pair for span in text.sentences for pair in _inline(text.at(span))]
    return tuple(Entity(zh=zh, en=en, action=action) for zh, en in dict.fromkeys(pairs))


def _inline(sentence: str) -> list[tuple[str, str]]:
    if not PAIR_MIN.search(sentence):
        return []
    return [(hit[1].strip(), hit[2].strip()) for hit in INLINE.finditer(sentence)]
