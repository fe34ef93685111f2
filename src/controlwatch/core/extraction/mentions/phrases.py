"""The stock phrases of the lexicon: does a text betray press, a draft, a foreign act?"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from controlwatch.core.extraction.mentions.terms import Automaton, build_automaton

if TYPE_CHECKING:
    from controlwatch.core.extraction.text.lexicon import Lexicon

#: 日前 is "the other day"; in 三十日前 it is "before the thirtieth".
NUMERAL_CHARACTERS = frozenset("0123456789一二三四五六七八九十")


@lru_cache(maxsize=256)
def _build_phrase_automaton(lexicon: Lexicon, name: str) -> Automaton:
    return build_automaton(lexicon.phrases[name])


def contains_phrase(lexicon: Lexicon, name: str, text: str) -> bool:
    """Tell whether a text contains a phrase of that list, Latin phrases bounded by non-letters."""
    return any(
        _is_free_standing(text, last - len(phrase) + 1, last + 1, phrase)
        for last, phrase in _build_phrase_automaton(lexicon, name).iter(text)
    )


def is_about_foreign_act(lexicon: Lexicon, words: str) -> bool:
    """Tell whether words are about another government's act, with no Chinese one beside it."""
    return contains_phrase(lexicon, "foreign_act", words) and not contains_phrase(
        lexicon, "chinese_act", words
    )


def _is_free_standing(text: str, start: int, end: int, phrase: str) -> bool:
    before = text[start - 1] if start else " "
    behind = text[end] if end < len(text) else " "
    if _is_latin_letter(phrase[0]) and _is_latin_letter(before):
        return False
    if _is_latin_letter(phrase[-1]) and _is_latin_letter(behind):
        return False
    return not (phrase[0] == "日" and before in NUMERAL_CHARACTERS)


def _is_latin_letter(sign: str) -> bool:
    return sign.isascii() and sign.isalnum()
