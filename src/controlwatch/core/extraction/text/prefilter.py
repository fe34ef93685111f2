"""Regular expressions that are searched only in texts that hold the characters which a match needs.

Most of the reader's patterns match in few sentences. Whether the characters that every match contains occur
in a text is seen some ten times faster than the engine of `re` sees that a pattern does not match.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import islice

from controlwatch.core.extraction.text.automaton import build_automaton
from controlwatch.core.extraction.text.pattern_literals import (
    can_be_empty,
    choose_literals,
    lower_pattern,
    split_alternatives,
)

MIN_SEARCHES = 40  #: before a pattern is worth a prefilter
MIN_LENGTH = 64  #: of words in which replacing takes longer than looking for what to replace
MAX_SINGLE = 6  #: literals that are looked for one by one; more of them are found by an automaton


class PatternIndex:
    """Many patterns, of which those that may match a text are found by the literals that they need.

    A set of patterns is a number whose bits are their places in the order given.
    """

    def __init__(self, needed: Sequence[tuple[str, ...]]) -> None:
        """Take the literals of each pattern, one of which every match holds; () where nothing is known."""
        self._always = sum(1 << place for place, literals in enumerate(needed) if not literals)
        self._bits: dict[str, int] = defaultdict(int)
        for place, literals in enumerate(needed):
            for literal in literals:
                self._bits[literal] |= 1 << place
        self._automaton = build_automaton(self._bits) if len(self._bits) > MAX_SINGLE else None

    def find(self, words: str) -> tuple[int, ...]:
        """Return the places of the patterns that may match, in ascending order."""
        bits = self._always
        if self._automaton is None:
            for literal, its_bits in self._bits.items():
                if literal in words:
                    bits |= its_bits
        else:
            for _, its_bits in self._automaton.iter(words):
                bits |= its_bits
        return _list_places(bits) if bits else ()


@lru_cache(maxsize=4096)
def _list_places(bits: int) -> tuple[int, ...]:
    """Return the places of the bits that are set."""
    return tuple(place for place in range(bits.bit_length()) if bits >> place & 1)


class PrefilteredPattern:
    """A compiled pattern with the methods of `re.Pattern` that the reader uses.

    Its alternatives are searched one by one: those whose literals the text holds. Where case is ignored,
    they are looked for in small letters: the engine finds fixed characters fast only where case counts.
    What is returned is always a match of the whole pattern in the words as given.

    The prefilter is made only for a pattern that is searched often: a command that reads one text does not
    wait for it.
    """

    def __init__(
        self, source: str, flags: re.RegexFlag = re.NOFLAG, *, min_searches: int = MIN_SEARCHES
    ) -> None:
        """Compile; raise `re.error` for an unsound pattern."""
        self.pattern = source
        self._flags = flags
        self._regex = re.compile(source, flags)
        self._searches_left = min_searches
        self._index: PatternIndex | None = None
        self._alternatives: list[re.Pattern[str]] = []
        self._is_whole = False  #: whether the only alternative is the pattern itself
        #: Literals are in small letters; the alternatives are, but for those that mix both ways.
        self._has_small_literals = bool(self._regex.flags & re.IGNORECASE) or "(?i:" in source
        self._has_small_alternatives = bool(flags & re.IGNORECASE) and "(?-i" not in source
        self.match = self._regex.match
        self.fullmatch = self._regex.fullmatch
        self.split = self._regex.split

    def search(self, words: str, pos: int = 0, endpos: int = sys.maxsize) -> re.Match[str] | None:
        """Return the first match, as `re.Pattern.search`."""
        if pos or endpos < sys.maxsize:
            return self._regex.search(words, pos, endpos)
        index = self._index or self._find_index()
        if index is None:
            return self._regex.search(words)
        lowered = lower_each(words) if self._has_small_literals else words
        places = index.find(lowered)
        if not places:
            return None
        if self._is_whole:
            return self._regex.search(words)
        searched = lowered if self._has_small_alternatives else words
        starts = [hit.start() for place in places if (hit := self._alternatives[place].search(searched))]
        return self._regex.search(words, min(starts)) if starts else None

    def finditer(self, words: str, pos: int = 0, endpos: int = sys.maxsize) -> Iterator[re.Match[str]]:
        """Return an iterator of the matches, as `re.Pattern.finditer`."""
        if pos or endpos < sys.maxsize:
            return self._regex.finditer(words, pos, endpos)
        index = self._index or self._find_index()
        if index is None:
            return self._regex.finditer(words)
        lowered = lower_each(words) if self._has_small_literals else words
        places = index.find(lowered)
        if not places:
            return iter(())
        if self._is_whole:
            return self._regex.finditer(words)
        searched = lowered if self._has_small_alternatives else words
        if len(places) > 1:
            return self._merge(places, words, searched)
        hits = self._alternatives[places[0]].finditer(searched)
        return (match for hit in hits if (match := self._regex.match(words, hit.start())))

    def _merge(self, places: tuple[int, ...], words: str, searched: str) -> Iterator[re.Match[str]]:
        """Yield the matches in the order of the text, each looked for behind the one before."""
        hits = {place: self._alternatives[place].search(searched) for place in places}
        while starts := [hit.start() for hit in hits.values() if hit]:
            match = self._regex.search(words, min(starts))
            if match is None:
                return
            yield match
            for place, hit in hits.items():
                if hit and hit.start() < match.end():
                    hits[place] = self._alternatives[place].search(searched, match.end())

    def sub(self, new: str | Callable[[re.Match[str]], str], words: str, count: int = 0) -> str:
        """Return words with the matches replaced, as `re.Pattern.sub`."""
        if len(words) < MIN_LENGTH or (self._index or self._find_index()) is None:
            return self._regex.sub(new, words, count)
        parts: list[str] = []
        end = 0
        for match in islice(self.finditer(words), count or None):
            parts += words[end : match.start()], match.expand(new) if isinstance(new, str) else new(match)
            end = match.end()
        return "".join((*parts, words[end:])) if parts else words

    def list_literals(self) -> tuple[str, ...]:
        """Return literals one of which every match holds, see `choose_literals`."""
        return choose_literals(self.pattern, self._flags)

    def _find_index(self) -> PatternIndex | None:
        """Return the index of the alternatives, made at the search that makes it worth while; None before."""
        self._searches_left -= 1
        if self._searches_left > 0:
            return None
        sources = split_alternatives(self.pattern)
        needed = [choose_literals(source, self._flags) for source in sources]
        if not any(needed) or can_be_empty(self.pattern):
            self._searches_left = sys.maxsize
            return None
        flags = self._flags
        if self._has_small_alternatives:
            sources, flags = [lower_pattern(source) for source in sources], flags & ~re.IGNORECASE
        self._is_whole = len(sources) == 1 and not self._has_small_alternatives
        self._alternatives = [] if self._is_whole else [re.compile(source, flags) for source in sources]
        self._index = PatternIndex(needed)
        return self._index


@lru_cache(maxsize=64)
def lower_each(words: str) -> str:
    """Return words in small letters, each in its place: a letter that would become two stays as it is."""
    lowered = words.lower()
    if len(lowered) == len(words):
        return lowered
    return "".join(low if len(low := sign.lower()) == 1 else sign for sign in words)
