"""The words of a sentence besides its subject and its days: phrases, fillers, issuers and destinations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from controlwatch.core.asking.typed_days import blank_out
from controlwatch.core.asking.vocabulary import Vocabulary, fold_asked
from controlwatch.core.extraction.text.lexicon import Lexicon

COMMAND_MARKS = ".:,;!?"  #: after the command, as phones add them


@dataclass(frozen=True, slots=True)
class SentenceWords:
    """Takes words out of a sentence; what is taken becomes spaces, so that places stay as they are."""

    vocabulary: Vocabulary
    lexicon: Lexicon

    def take_issuer(self, text: str, rest: str) -> tuple[str, str]:
        """Return the code of the issuer that a text names, "" without one, and the text without it."""
        for name, folded, code in _list_folded_issuers(self.lexicon):
            if folded not in rest:
                continue  # to compile a pattern for each name takes a tenth of a second
            edge = (r"(?<![a-z0-9])", r"(?![a-z0-9])") if folded.isascii() else ("", "")
            hit = re.search(f"{edge[0]}{re.escape(folded)}{edge[1]}", rest)
            # A short code must be written as one: SCA, not "sca" in a word.
            if hit and (len(name) > 3 or text[hit.start() : hit.end()] == name):
                return code, blank_out(rest, *hit.span())
        return "", rest

    def take_destination(self, text: str, rest: str) -> tuple[str, str]:
        """Return the code of the destination behind `to` or 到, "" without one, and the text without it.

        Short names must be in capitals: "us" is a word.
        """
        for place in self.lexicon.places:
            for name in (*place.en, *place.zh):
                if name.lower() not in rest:
                    continue  # likewise
                before = r"\b(?:to|into|for|in)\s(?:the\s)?" if name.isascii() else "(?:到|往|去|向|给|对)"
                hit = re.search(f"{before}(?P<name>{re.escape(name.lower())})(?![a-z0-9])", rest)
                if hit and (len(name) > 3 or text[hit.start("name") : hit.end()] == name):
                    return place.code, blank_out(rest, *hit.span())
        return "", rest

    def blank_phrases(self, rest: str, *, owner: str = "") -> str:
        """Blank the phrases of one intent, or of all."""
        for start, end, owners in self.vocabulary.phrases.find_all(rest):
            if not owner or owner in owners:
                rest = blank_out(rest, start, end)
        return rest

    def strip_ends(self, text: str, rest: str, *, is_name: bool = False) -> str:
        """Return what is left of a text, as typed, without fillers and phrases at its ends.

        Single words that are in capitals there belong to a name, but for the first. With `is_name`, so do
        the fillers that names begin or end with, where no space is between: 中国电子公司.
        """
        spans = [
            (start, end)
            for finder in (self.vocabulary.filler_words, self.vocabulary.phrases)
            for start, end, _ in finder.find_all(rest)
            if start == 0 or " " in rest[start:end] or not text[start].isupper()
        ]
        if is_name:
            spans = self._drop_parts_of_name(rest, spans)
        changed = True
        while changed:
            changed = False
            for start, end in spans:
                left, right = rest[:start].strip(COMMAND_MARKS + " -"), rest[end:].strip(COMMAND_MARKS + " -")
                if (not left or not right) and rest[start:end].strip():
                    rest, changed = blank_out(rest, start, end), True
        kept = "".join(sign if kept != " " else " " for sign, kept in zip(text, rest, strict=True))
        return " ".join(kept.split()).strip(COMMAND_MARKS + "- ")

    def _drop_parts_of_name(self, rest: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Return the spans of fillers and phrases that are not joined to the words of a name."""
        kept: list[tuple[int, int]] = []
        for start, end in sorted(spans, reverse=True):  # what follows a filler decides on it
            word = rest[start:end]
            is_joined = rest[end : end + 1].isalnum() and all(end != after for after, _ in kept)
            begins = word in self.vocabulary.name_beginnings and is_joined
            ends = word in self.vocabulary.name_endings and rest[start - 1 : start].isalnum()
            if not begins and not ends:
                kept.append((start, end))
        return kept

    def find_unread(self, text: str, rest: str) -> str:
        """Return the words that no part of the question has taken, as typed."""
        for start, end, _ in self.vocabulary.filler_words.find_all(rest):
            rest = blank_out(rest, start, end)
        left = "".join(sign if kept != " " else " " for sign, kept in zip(text, rest, strict=True))
        return " ".join(word for word in left.split() if any(sign.isalnum() for sign in word))


@cache
def _list_folded_issuers(lexicon: Lexicon) -> tuple[tuple[str, str, str], ...]:
    """Return the names of all issuers, each as it is, as it is compared, and with the code of its issuer."""
    return tuple(
        (name, fold_asked(name), issuer.code)
        for issuer in lexicon.issuers
        for name in (issuer.code, *issuer.en, *issuer.zh)
    )


def fold_aligned(text: str) -> str:
    """Return a text in lower case of the same length."""
    return "".join(lower if len(lower := sign.lower()) == 1 else sign for sign in text)
