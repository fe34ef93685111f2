"""The names of older documents on which an instrument acts: they say what its measure is on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from controlwatch.core.extraction.identity.identity import ReadingContext


def find_acted_titles(context: ReadingContext) -> Iterator[re.Match[str]]:
    """Yield the cited titles in sentences of an instrument that suspend, amend or repeal what they cite."""
    text, get_pattern = context.text, context.lexicon.get_pattern
    if not context.identity.is_instrument:
        return
    for title in get_pattern("category.cited-name").finditer(text.folded_text):
        sentence = text.find_sentence(title.start())
        before = sentence.words[: max(0, title.start() - sentence.start)]
        acts = get_pattern("category.acting-on-name").search(sentence.words)
        if acts and not get_pattern("category.basis-before").search(before):
            yield title
