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
        is_basis = get_pattern("category.basis-before").search(before)
        # A list of firms that meet an industry's norms is a list under those norms.
        if acts and (not is_basis or get_pattern("change.norms").match(title[0])):
            yield title
