"""A document as the rules read it: folded text, sentences, and quotes that stay verbatim."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import pairwise
from operator import attrgetter

from controlwatch.core.extraction.text.cleaning import clean_text, find_origin
from controlwatch.core.extraction.text.normalize import fold_text

#: Where a sentence ends: Chinese stops, line ends, and English stops before a capital.
SENTENCE_STOP = re.compile(
    r"[。！？；\n]|[.!?][\"”’)\]]?(?=\s+[\"“(\[]?[A-Z*#-])"
    r"(?!(?:(?<=\D\d\.)|(?<=\D\d\d\.))\s+(?:Januar|Februar|März|April|Mai|Juni|Juli|August|September"
    r"|Oktober|November|Dezember)\b)"
)  # 起施行。 · "from May 1. The", but "ab dem 1. Januar"
#: Abbreviations whose stop does not end a sentence.
ABBREVIATION = re.compile(
    r"(?:\b(?:No|Nos|Nr|Inc|Ltd|Pte|Pty|Co|Corp|Mr|Ms|Dr|St|Art|vs|[Rr]ef|[Aa]pprox|[Ii]ncl|[Ee]xcl|[Cc]f|e\.g|i\.e|[Pp]aras?|[Aa]nn|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov"
    r"|Dec)|\bU\.S|\b[ap]\.m|\b[A-Z]|(?<![^\n])[ ]{0,3}(?:\d{1,2}|[IVX]{1,4}))\.$"
)  # No. · Inc. · U.S. · Nov. · the number of an item: 1. Announcement No. 40
DATELINE_TITLE = re.compile(r"\s*\d{4}-\d{1,2}-\d{1,2}\s+\S{2,20}\s*")  # 2025-03-04 央视网（新闻联播）
#: A title that is only the number; the subject follows on the next line.
NUMBER_ONLY = re.compile(
    r"(?:公告|令|函|通知)[^，。《》关于]{0,4}\s*[〔\[（(]?\s*(?:\d{4}|[一二][〇○零一二三四五六七八九]{3})[^，。《》]{0,12}号\s*$"
    r"|\b(?:Order|Announcement|Decree) No\. ?\d+ of \d{4}\s*$"
)
SUBTITLE = re.compile(
    r"\s*\n[（(]?(?:关于|公布|发布|Measures|Regulations|Provisions|Announcement|Decision|Notice"
    r"|On )[^\n]{4,110}"
)  # 关于…的公告
#: Repeated blanks between English words, and two between any others; more are the gap of a column.
DOUBLE_BLANKS = re.compile(r"(?<=[A-Za-z0-9,.;)])[ \u00a0]{2,4}(?=[A-Za-z0-9(])|(?<=\S)[ \u00a0]{2}(?=\S)")
#: Long white space, which is shortened: a pattern that skips blanks would try each of its positions.
LONG_BLANKS = re.compile(r"(\s{40})\s+")
HEADLINE_LIMIT = 140
#: The line above the titles of other notices.
RELATED_LINKS = re.compile(
    r"^[ 【\[]*(?:相关链接|相关稿件|相关新闻|相关阅读|相关文章|推荐阅读|延伸阅读|上一篇|下一篇|上一条"
    r"|下一条|热门(?:文章|推荐|新闻)?|热点(?:新闻)?|热搜|猜你喜欢|更多阅读|Previous|Next|Related(?: links"
    r"| articles)?)"
    r"[ 】\]]*(?:[:：]|(?<=[】\]])|$)",
    re.MULTILINE,
)  # 相关链接：关于…的公告
LINKS_BELOW = 0.25  #: the share of a text below which a line of links is its head
BRACKET_REACH = 120  #: characters in which a bracket that holds a semicolon opens and closes
CLAUSE_BREAKS = "，,、：:"
SENTENCE_LIMIT = 1500  #: characters; anything longer is a table or garbage, and is cut
QUOTE_LIMIT = 240  #: characters; of a longer sentence only the clauses around the proof are quoted


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the text, or a piece of a very long one: its place and its folded words."""

    start: int
    end: int
    words: str


@lru_cache(maxsize=2)
def _fold_original(original: str) -> tuple[str, array[int] | None]:
    """Return a text cleaned and folded, and where its characters stand; a text can be asked for twice."""
    cleaned, origins = clean_text(original)
    return fold_text(cleaned), origins


@dataclass(frozen=True, kw_only=True)
class DocumentText:
    """Title and text joined by a line end, as printed (`original`) and as the rules read it (`folded_text`).

    What copying added is left out of the folded text; `origins` leads its characters back (None: one to one).
    """

    original: str
    folded_text: str
    title_end: int
    origins: array[int] | None = None
    has_head: bool = False  #: the title is the whole head of an instrument: issuers, number, subject

    @classmethod
    def from_parts(cls, title: str, body: str) -> DocumentText:
        """Build from title and body. A title that is only a number or a dateline takes the next line in."""
        original = DOUBLE_BLANKS.sub(" ", LONG_BLANKS.sub(r"\1", f"{title}\n{body}"))
        folded, origins = _fold_original(original)
        end = line_end = folded.find("\n")
        heading = folded[:end]
        below = SUBTITLE.match(folded, end) if NUMBER_ONLY.search(heading) else None
        if below:
            line_end = below.end()
        elif DATELINE_TITLE.fullmatch(heading):
            line_end = folded.find("\n", end + 1)
        return cls(
            original=original,
            folded_text=folded,
            title_end=line_end if 0 < line_end < end + HEADLINE_LIMIT else end,
            origins=origins,
        )

    def from_head(self, start: int, end: int) -> DocumentText:
        """Return the text from its head on; the lines of the head are its title, in one line."""
        whole = DocumentText.from_parts(*self._split_original(start))
        length = end - start
        title = whole.folded_text[:length].replace("\n", " ")
        return replace(whole, folded_text=title + whole.folded_text[length:], title_end=length, has_head=True)

    def cut_at(self, end: int) -> DocumentText:
        """Return the text up to an offset of the folded text: what follows is another's."""
        stop = find_origin(self.origins, end, len(self.folded_text))[0]
        return replace(self, original=self.original[:stop], folded_text=self.folded_text[:end])

    def _split_original(self, start: int) -> tuple[str, str]:
        title, _, body = self.slice_original(start).partition("\n")
        return title, body

    @cached_property
    def title(self) -> str:
        """The folded title."""
        return self.folded_text[: self.title_end]

    @cached_property
    def body(self) -> str:
        """The folded text below the title."""
        return self.folded_text[self.title_end + 1 :]

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """The sentences in order; blank ones are left out."""
        folded, stops = self.folded_text, [0]
        for stop in SENTENCE_STOP.finditer(folded):
            searched_from = max(stops[-1], stop.start() - 6)
            sign = folded[stop.start()]
            is_abbreviation = sign == "." and ABBREVIATION.search(folded, searched_from, stop.start() + 1)
            if not is_abbreviation and not (sign == "；" and self._is_in_bracket(stop.start())):
                stops.append(stop.end())
        found: list[Sentence] = []
        for start, end in pairwise((*stops, len(folded))):
            # Cut what is too long to be a sentence, so that the time of a pattern stays bounded.
            for left in range(start, end, SENTENCE_LIMIT):
                piece = folded[left : min(left + SENTENCE_LIMIT, end)]
                if words := piece.strip():
                    at = left + len(piece) - len(piece.lstrip())
                    found.append(Sentence(at, at + len(words), words))
        return tuple(found)

    def _is_in_bracket(self, offset: int) -> bool:
        """Return whether an offset lies between round brackets of one line: （3C004.a；2853904051）."""
        left = max(self.folded_text.rfind("\n", 0, offset), offset - BRACKET_REACH)
        right = self.folded_text.find("\n", offset, offset + BRACKET_REACH)
        before = self.folded_text[max(left, 0) : offset]
        behind = self.folded_text[offset : right if right >= 0 else offset + BRACKET_REACH]
        opened = max(before.rfind("（"), before.rfind("("))
        is_open = opened >= 0 and not any(sign in before[opened:] for sign in "）)")
        return is_open and any(sign in behind for sign in "）)")

    @cached_property
    def related_links_start(self) -> int:
        """Where the links to other pages begin that sites print below a text; its end without any."""
        folded = self.folded_text
        hits = (hit.start() for hit in RELATED_LINKS.finditer(folded, self.title_end))
        # Above the text they are a part of the page's head.
        return next((at for at in hits if at > LINKS_BELOW * len(folded)), len(folded))

    def find_sentence(self, offset: int) -> Sentence:
        """Return the sentence that holds an offset."""
        index = bisect_right(self.sentences, offset, key=attrgetter("start")) - 1
        return self.sentences[max(index, 0)] if self.sentences else Sentence(0, 0, "")

    def quote_around(self, start: int, end: int) -> str:
        """Return the sentence around the proof, verbatim but for white space; of a long one, its clauses."""
        if self.has_head and end <= self.title_end:
            return self._quote_head_line(start, end)
        sentence, folded = self.find_sentence(start), self.folded_text
        left, right = min(sentence.start, start), max(sentence.end, end)
        if "\t" in folded[left:right]:
            left, right = self._skip_repeated_cells(left, right, start, end)
        if right - left > QUOTE_LIMIT:
            room = max((QUOTE_LIMIT - (end - start)) // 2, 0)
            if start - room > left:
                breaks = (at + 1 for at in range(start - room, start) if folded[at] in CLAUSE_BREAKS)
                left = next(breaks, start)
            if end + room < right:
                breaks = (at for at in range(end + room - 1, end - 1, -1) if folded[at] in CLAUSE_BREAKS)
                right = next(breaks, end)
        return self.get_original(left, right)

    def _quote_head_line(self, start: int, end: int) -> str:
        """Return the line of the head that holds the proof; lines between may be the page's."""
        left, right = find_origin(self.origins, start, end)
        first, last = self.original.rfind("\n", 0, left) + 1, self.original.find("\n", right)
        return " ".join(self.original[first : last if last >= 0 else None].split())

    def _skip_repeated_cells(self, left: int, right: int, start: int, end: int) -> tuple[int, int]:
        """Return the span of a table row without the cells at its ends that it shares with the row above.

        Such cells span both rows (rowspan): the page prints them once, above.
        """
        above_end = max(self.folded_text.rfind("\n", 0, left), 0)
        above_start = self.folded_text.rfind("\n", 0, above_end) + 1
        above = self.folded_text[above_start:above_end].split("\t")
        for cell in above:
            if not cell.strip() or not self.folded_text.startswith(f"{cell}\t", left):
                break
            if left + len(cell) + 1 > start:
                break
            left += len(cell) + 1
        for cell in reversed(above):
            if not cell.strip() or not self.folded_text.endswith(f"\t{cell.rstrip()}", left, right):
                break
            if right - len(cell.rstrip()) - 1 < end:
                break
            right -= len(cell.rstrip()) + 1
        return left, right

    def get_original(self, start: int, end: int) -> str:
        """Return the words of a span of the folded text as printed, with their white space collapsed."""
        left, right = find_origin(self.origins, start, end)
        return " ".join(self.original[left:right].split())

    def slice_original(self, start: int) -> str:
        """Return the text as printed from an offset of the folded text to its end."""
        return self.original[find_origin(self.origins, start, len(self.folded_text))[0] :]

    def find_original(self, folded: str) -> str:
        """Return the original words of a folded piece of this text; "" where the text does not hold it."""
        at = self.folded_text.find(folded) if folded else -1
        return self.get_original(at, at + len(folded)) if at >= 0 else ""

    def find_exact(self, words: str) -> str:
        """Return words with their white space as in a quote, or "" where the text does not hold them."""
        return words if words in " ".join(self.original.split()) else ""
