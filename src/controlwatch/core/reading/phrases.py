"""The stock phrases of the lexicon as patterns: does a text betray press, a draft, a foreign act?"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from controlwatch.core.reading.lexicon import Lexicon


@lru_cache(maxsize=256)
def pattern(lexicon: Lexicon, name: str) -> re.Pattern[str]:
    """Return a phrase list as one pattern, Latin phrases bounded by non-letters."""
    words = sorted(lexicon.phrases[name], key=len, reverse=True)
    return re.compile("|".join(_bounded(word) for word in words))


def _bounded(word: str) -> str:
    if word[0].isascii() and word[0].isalnum():
        return rf"\b{re.escape(word)}(?!\w)"
    # 日前 is "the other day"; in 三十日前 it is "before the thirtieth".
    guard = r"(?<![\d一二三四五六七八九十])" if word.startswith("日") else ""
    return guard + re.escape(word)


def says(lexicon: Lexicon, name: str, text: str) -> bool:
    """Tell whether a text contains a phrase of that list."""
    return pattern(lexicon, name).search(text) is not None
