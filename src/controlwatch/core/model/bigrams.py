"""Words for a full-text index of Chinese: overlapping pairs of characters, and whole Latin words."""

from __future__ import annotations

import re
import unicodedata

#: A run of Han characters, or a Latin word or number: 稀土永磁, NdFeB, 85076000
WORD_RUN = re.compile(r"[㐀-鿿]+|[A-Za-z0-9]+")


def to_index_words(text: str) -> tuple[str, ...]:
    """Return the index words of a text: 稀土管制 → 稀土 土管 管制 制; Latin in lower case.

    The last character stands alone as well, so that a query of one character can match by prefix.
    """
    found: list[str] = []
    for match in WORD_RUN.finditer(unicodedata.normalize("NFKC", text)):
        run = match.group()
        if run[0].isascii():
            found.append(run.lower())
        else:
            found.extend(run[place : place + 2] for place in range(len(run)))
    return tuple(found)


def to_query_words(text: str) -> tuple[str, ...]:
    """Return the index words that a text containing these words must have; a lone character is a prefix."""
    found: list[str] = []
    for match in WORD_RUN.finditer(unicodedata.normalize("NFKC", text)):
        run = match.group()
        if run[0].isascii() or len(run) == 1:
            found.append(run.lower())
        else:
            found.extend(run[place : place + 2] for place in range(len(run) - 1))
    return tuple(found)
