"""A document as the reader walks it: folded text, sentences, and quotes that stay verbatim."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

from controlwatch.core.extraction.text.normalize import collapse_whitespace, fold_text

#: Where a sentence ends: Chinese stops, line ends, and English stops before a capital.
SENTENCE_STOP = re.compile(
    r"[。！？；\n]|[.!?][\"”’)\]]?(?=\s+[\"“(\[]?[A-Z*#-])"
)  # 起施行。 · "from May 1. The"
#: Abbreviations whose stop ends nothing.
ABBREVIATION = re.compile(
    r"(?:\b(?:No|Nos|Inc|Ltd|Co|Corp|Mr|Ms|Dr|St|Art|vs|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)|\bU\.S|\b[A-Z])\.$"
)  # No. · Inc. · U.S. · Nov.
DATELINE_TITLE = re.compile(r"\s*\d{4}-\d{1,2}-\d{1,2}\s+\S{2,20}\s*")  # 2025-03-04 央视网（新闻联播）
#: A title that is but the number; what it is about stands on the next line.
NUMBER_ONLY = re.compile(
    r"(?:公告|令|函|通知)[^，。《》关于]{0,4}\s*[〔\[（(]?\s*(?:\d{4}|[一二][〇○零一二三四五六七八九]{3})[^，。《》]{0,12}号\s*$"
    r"|\b(?:Order|Announcement|Decree) No\. ?\d+ of \d{4}\s*$"
)
SUBTITLE = re.compile(
    r"\s*\n[（(]?(?:关于|公布|发布|Measures|Regulations|Provisions|Announcement|Decision|Notice"
    r"|On )[^\n]{4,110}"
)  # 关于…的公告
#: Blanks between words of English, where one would do.
DOUBLE_BLANKS = re.compile(r"(?<=[A-Za-z0-9,.;)])[ \u00a0]{2,}(?=[A-Za-z0-9(])")
#: White space that goes on; patterns that skip blanks would try every beginning of it.
LONG_BLANKS = re.compile(r"(\s{40})\s+")
HEADLINE_LIMIT = 140
#: Below it stand the titles of other notices.
RELATED_LINKS = re.compile(
    r"^[ 【\[]*(?:相关链接|相关稿件|相关新闻|相关阅读|相关文章|推荐阅读|延伸阅读|上一篇|下一篇|上一条"
    r"|下一条|Previous|Next|Related(?: links"
    r"| articles)?)"
    r"[ 】\]]*(?:[:：]|$)",
    re.MULTILINE,
)  # 相关链接：关于…的公告
CLAUSE_BREAKS = "，,、：:"
SENTENCE_LIMIT = 1500  #: characters; beyond it there is no sentence but a table or garbage
QUOTE_LIMIT = 240  #: characters; a longer sentence is quoted by its clauses around the proof


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the text."""

    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class DocumentText:
    """Title and text joined by a line end; `folded_text` has the same length as `original`."""

    original: str
    folded_text: str
    title_end: int

    @classmethod
    def from_parts(cls, title: str, body: str) -> DocumentText:
        """Build from title and body; below a title that is only a dateline stands the headline."""
        original = DOUBLE_BLANKS.sub(" ", LONG_BLANKS.sub(r"\1", f"{title}\n{body}"))
        folded = fold_text(original)
        end = original.find("\n")
        return cls(original=original, folded_text=folded, title_end=_find_heading_end(folded, end))

    @property
    def title(self) -> str:
        """The folded title."""
        return self.folded_text[: self.title_end]

    @cached_property
    def sentences(self) -> tuple[Span, ...]:
        """The sentences in order, blank ones left out."""
        return tuple(_split_sentences(self.folded_text))

    @cached_property
    def _sentence_starts(self) -> list[int]:
        return [span.start for span in self.sentences]

    @cached_property
    def related_links_start(self) -> int:
        """Where the links to other pages begin that sites hang below a text; the end where there are none."""
        hit = RELATED_LINKS.search(self.folded_text, self.title_end)
        return hit.start() if hit else len(self.folded_text)

    def get_words(self, span: Span) -> str:
        """Return the folded words of a span."""
        return self.folded_text[span.start : span.end]

    def find_sentence(self, offset: int) -> Span:
        """Return the sentence that holds an offset."""
        index = bisect_right(self._sentence_starts, offset) - 1
        return self.sentences[max(index, 0)] if self.sentences else Span(0, 0)

    def quote_around(self, start: int, end: int) -> str:
        """Return the sentence around the proof, verbatim but for white space; a long one by its clauses."""
        sentence = self.find_sentence(start)
        left, right = min(sentence.start, start), max(sentence.end, end)
        if right - left > QUOTE_LIMIT:
            left, right = self._limit_to_clauses(left, right, start, end)
        return collapse_whitespace(self.original[left:right])

    def find_original(self, folded: str) -> str:
        """Return the original words of a folded piece of this text; "" where it is not in it."""
        at = self.folded_text.find(folded) if folded else -1
        return collapse_whitespace(self.original[at : at + len(folded)]) if at >= 0 else ""

    def find_exact(self, words: str) -> str:
        """Return words with their white space as in a quote, or "" where the text does not hold them."""
        return words if words in collapse_whitespace(self.original) else ""

    def _limit_to_clauses(self, left: int, right: int, start: int, end: int) -> tuple[int, int]:
        room = max((QUOTE_LIMIT - (end - start)) // 2, 0)
        near_left, near_right = max(left, start - room), min(right, end + room)
        breaks = [i for i in range(near_left, start) if self.folded_text[i] in CLAUSE_BREAKS]
        if near_left > left:
            near_left = breaks[0] + 1 if breaks else start
        if near_right < right:
            stops = [i for i in range(end, near_right) if self.folded_text[i] in CLAUSE_BREAKS]
            near_right = stops[-1] if stops else end
        return near_left, near_right


def _find_heading_end(folded: str, end: int) -> int:
    """Return where the heading ends: a bare number or dateline is followed by what the text is about."""
    title = folded[:end]
    below = SUBTITLE.match(folded, end) if NUMBER_ONLY.search(title) else None
    if below:
        line_end = below.end()
    elif DATELINE_TITLE.fullmatch(title):
        line_end = folded.find("\n", end + 1)
    else:
        return end
    return line_end if 0 < line_end < end + HEADLINE_LIMIT else end


def _split_sentences(folded: str) -> list[Span]:
    spans: list[Span] = []
    start = 0
    for stop in SENTENCE_STOP.finditer(folded):
        if folded[stop.start()] == "." and ABBREVIATION.search(
            folded, max(start, stop.start() - 6), stop.start() + 1
        ):
            continue
        _add_pieces(spans, folded, start, stop.end())
        start = stop.end()
    _add_pieces(spans, folded, start, len(folded))
    return spans


def _add_pieces(spans: list[Span], folded: str, start: int, end: int) -> None:
    """Keep a sentence; one beyond any sentence's length in pieces, so that no reading of it can run away."""
    for left in range(start, max(end, start + 1), SENTENCE_LIMIT):
        _add_span(spans, folded, left, min(left + SENTENCE_LIMIT, end))


def _add_span(spans: list[Span], folded: str, start: int, end: int) -> None:
    while start < end and folded[start].isspace():
        start += 1
    while end > start and folded[end - 1].isspace():
        end -= 1
    if start < end:
        spans.append(Span(start, end))
