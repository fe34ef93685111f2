"""Words of one language in texts that should be in the other."""

from __future__ import annotations

import re
from collections.abc import Iterable

HAN = re.compile(r"[\u3400-\u9fff]")
#: Two English words in a row; not a part of an id, of an address or of a name in capitals.
ENGLISH = re.compile(r"(?<![\w./@_-])[A-Za-z]?[a-z']{2,}[,:;.]? [A-Z]?[a-z']{2,}(?![\w./@_-])")
ADDRESS = re.compile(r"https?://\S+")
#: What is the same in both languages: commands, and words in quotes as somebody typed them.
COMMON = re.compile(r"`[^`]*`|“[^”]*”|App Home|controlwatch [a-z]+( --?[a-z]+)?")


def find_english(texts: Iterable[str], names: Iterable[str] = ()) -> list[str]:
    """Return the texts that have English words in a row besides names, addresses and commands."""
    return [text for text in texts if ENGLISH.search(_cut(text, names))]


def find_chinese(texts: Iterable[str], names: Iterable[str] = ()) -> list[str]:
    """Return the texts that have a Chinese character besides names."""
    return [text for text in texts if HAN.search(_cut(text, names))]


def _cut(text: str, names: Iterable[str]) -> str:
    for name in sorted(filter(None, names), key=len, reverse=True):
        text = text.replace(name, "#")
    return COMMON.sub("#", ADDRESS.sub("#", text))
