"""The stock phrases of the lexicon: does a text betray press, a draft, a foreign act?"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from controlwatch.core.extraction.mentions.terms import Automaton, automaton_of

if TYPE_CHECKING:
    from controlwatch.core.extraction.text.lexicon import Lexicon

#: 日前 is "the other day"; in 三十日前 it is "before the thirtieth".
COUNTS = frozenset("0123456789一二三四五六七八九十")


@lru_cache(maxsize=256)
def _phrases(lexicon: Lexicon, name: str) -> Automaton:
    return automaton_of(lexicon.phrases[name])


def says(lexicon: Lexicon, name: str, text: str) -> bool:
    """Tell whether a text contains a phrase of that list, Latin phrases bounded by non-letters."""
    return any(
        _stands(text, last - len(phrase) + 1, last + 1, phrase)
        for last, phrase in _phrases(lexicon, name).iter(text)
    )


def speaks_abroad(lexicon: Lexicon, words: str) -> bool:
    """Tell whether words are about another government's act, with no Chinese one beside it."""
    return says(lexicon, "foreign_act", words) and not says(lexicon, "chinese_act", words)


def _stands(text: str, start: int, end: int, phrase: str) -> bool:
    before = text[start - 1] if start else " "
    behind = text[end] if end < len(text) else " "
    if _letter(phrase[0]) and _letter(before):
        return False
    if _letter(phrase[-1]) and _letter(behind):
        return False
    return not (phrase[0] == "日" and before in COUNTS)


def _letter(sign: str) -> bool:
    return sign.isascii() and sign.isalnum()
