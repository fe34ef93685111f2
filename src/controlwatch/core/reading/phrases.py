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
    bounded = (
        rf"\b{re.escape(word)}\b" if word[0].isascii() and word[0].isalnum() else re.escape(word)
        for word in words
    )
    return re.compile("|".join(bounded))


def says(lexicon: Lexicon, name: str, text: str) -> bool:
    """Tell whether a text contains a phrase of that list."""
    return pattern(lexicon, name).search(text) is not None
