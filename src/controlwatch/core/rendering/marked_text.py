"""The text of a notice with the words marked that prove its conclusions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedSegment:
    """A stretch of text, and the conclusions that it proves, by their place in the list."""

    text: str
    proves: tuple[int, ...] = ()
    begins: tuple[int, ...] = ()  #: those whose quote begins here


def mark_quotes(text: str, quotes: Sequence[str]) -> tuple[MarkedSegment, ...]:
    """Return a text in segments, each with the quotes that cover it; only the first place of each is marked.

    A quote that does not stand in the text word by word, such as a fact of the reference database, marks
    nothing. The segments joined are the text.
    """
    spans = []
    for place, quote in enumerate(quotes):
        start = text.find(quote) if quote.strip() else -1
        if start >= 0:
            spans.append((start, start + len(quote), place))
    borders = sorted({0, len(text), *(border for start, end, _ in spans for border in (start, end))})
    segments = []
    for start, end in pairwise(borders):
        covering = tuple(place for first, last, place in spans if first <= start and end <= last)
        begins = tuple(place for first, _, place in spans if first == start)
        segments.append(MarkedSegment(text=text[start:end], proves=covering, begins=begins))
    return tuple(segments)
