"""A document as the reader walks it: folded text, sentences, and quotes that stay verbatim."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

from controlwatch.core.reading.fold import fold, squeeze

#: Where a sentence ends: Chinese stops, line ends, and English stops before a capital.
STOP = re.compile(r"[。！？；\n]|[.!?][\"”’)\]]?(?=\s+[\"“(\[]?[A-Z*#-])")  # 起施行。 · "from May 1. The"
#: Abbreviations whose stop ends nothing.
ABBREVIATION = re.compile(
    r"(?:\b(?:No|Nos|Inc|Ltd|Co|Corp|Mr|Ms|Dr|St|Art|vs|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)|\bU\.S|\b[A-Z])\.$"
)  # No. · Inc. · U.S. · Nov.
CLAUSE_BREAKS = "，,、：:"
QUOTE_LIMIT = 240  #: characters; a longer sentence is quoted by its clauses around the proof


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the text."""

    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class Text:
    """Title and text joined by a line end; `folded` has the same length as `original`."""

    original: str
    folded: str
    title_end: int

    @classmethod
    def of(cls, title: str, body: str) -> Text:
        """Build from a title and a body."""
        original = f"{title}\n{body}"
        return cls(original=original, folded=fold(original), title_end=len(title))

    @property
    def title(self) -> str:
        """The folded title."""
        return self.folded[: self.title_end]

    @cached_property
    def sentences(self) -> tuple[Span, ...]:
        """The sentences in order, blank ones left out."""
        return tuple(_sentences(self.folded))

    @cached_property
    def _starts(self) -> list[int]:
        return [span.start for span in self.sentences]

    def at(self, span: Span) -> str:
        """Return the folded words of a span."""
        return self.folded[span.start : span.end]

    def sentence_of(self, offset: int) -> Span:
        """Return the sentence that holds an offset."""
        index = bisect_right(self._starts, offset) - 1
        return self.sentences[max(index, 0)] if self.sentences else Span(0, 0)

    def quote(self, start: int, end: int) -> str:
        """Return the sentence around the proof, verbatim but for white space; a long one by its clauses."""
        sentence = self.sentence_of(start)
        left, right = min(sentence.start, start), max(sentence.end, end)
        if right - left > QUOTE_LIMIT:
            left, right = self._clauses(left, right, start, end)
        return squeeze(self.original[left:right])

    def _clauses(self, left: int, right: int, start: int, end: int) -> tuple[int, int]:
        room = max((QUOTE_LIMIT - (end - start)) // 2, 0)
        near_left, near_right = max(left, start - room), min(right, end + room)
        breaks = [i for i in range(near_left, start) if self.folded[i] in CLAUSE_BREAKS]
        if near_left > left:
            near_left = breaks[0] + 1 if breaks else start
        if near_right < right:
            stops = [i for i in range(end, near_right) if self.folded[i] in CLAUSE_BREAKS]
            near_right = stops[-1] if stops else end
        return near_left, near_right


def _sentences(folded: str) -> list[Span]:
    spans: list[Span] = []
    start = 0
    for stop in STOP.finditer(folded):
        if folded[stop.start()] == "." and ABBREVIATION.search(
            folded, max(start, stop.start() - 6), stop.start() + 1
        ):
            continue
        _keep(spans, folded, start, stop.end())
        start = stop.end()
    _keep(spans, folded, start, len(folded))
    return spans


def _keep(spans: list[Span], folded: str, start: int, end: int) -> None:
    while start < end and folded[start].isspace():
        start += 1
    while end > start and folded[end - 1].isspace():
        end -= 1
    if start < end:
        spans.append(Span(start, end))
