"""Text from the net, made harmless for where it is shown."""

from __future__ import annotations

import re

#: Control characters, bidirectional overrides and invisible marks: ESC, BEL, U+202E, U+200B …
HIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


def clean(text: str) -> str:
    """Return text without characters that act instead of being read; newlines and tabs stay."""
    return HIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str, most: int = 250) -> str:
    """Return text as one line of at most so many characters, fit for a header or a subject."""
    line = " ".join(clean(text).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def clipped(text: str, most: int) -> str:
    """Return at most so many characters of a text, the cut shown."""
    text = clean(text)
    return text if len(text) <= most else text[: most - 1] + "…"
