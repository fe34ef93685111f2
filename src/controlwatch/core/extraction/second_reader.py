"""A second reader beside the rules: a linear model of how instruments are worded, trained on labelled texts.

It knows the form of an instrument, not its matter, and concludes nothing: it can only ask a person to look.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, sqrt

#: A Han character, a word, a number, or a sign. White space counts for nothing.
TOKEN = re.compile(r"[\u3400-\u9fff]|[a-z\u00c0-\u024f\u0400-\u04ff\u3040-\u30ff]+|\d+(?:[.,]\d+)*|\S")
MAX_GRAM = 4  #: tokens
HEAD_LINES = 3
HEAD_LENGTH, BODY_LENGTH, TAIL_LENGTH = 400, 4000, 250  #: characters
ZONES = ("head", "body", "tail")

Weights = Mapping[str, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class WordingModel:
    """The weights of the model: for each zone of a text, those of its n-grams of tokens."""

    texts: int  #: labelled texts that it was trained on
    threshold: float  #: the least probability with which it asks a person to look
    bias: float
    head: Weights
    body: Weights
    tail: Weights

    def estimate(self, text: str) -> float:
        """Return the probability that a folded text is an instrument that changes the rules."""
        total = self.bias
        for weights, zone in zip((self.head, self.body, self.tail), split_zones(text), strict=True):
            grams = find_grams(zone)
            total += sum(weights[gram] for gram in grams & weights.keys()) / sqrt(len(grams) or 1)
        return 1 / (1 + exp(-total))

    def find_telling_sentence(self, sentences: Sequence[str]) -> int:
        """Return the index of the folded sentence that speaks most for an instrument."""
        weights, grams = self.body, (find_grams(sentence) for sentence in sentences)
        sums = [sum(weights[gram] for gram in found & weights.keys()) for found in grams]
        return max(range(len(sums)), key=sums.__getitem__, default=0)


def split_zones(text: str) -> tuple[str, str, str]:
    """Return the zones of a folded text: its first lines, its beginning, and its end."""
    lines = [line for line in text[:BODY_LENGTH].splitlines() if line.strip()]
    return "\n".join(lines[:HEAD_LINES])[:HEAD_LENGTH], text[:BODY_LENGTH], text.rstrip()[-TAIL_LENGTH:]


def find_grams(text: str) -> set[str]:
    """Return the n-grams of a folded text, of 1 to 4 tokens. Every number is 0; a word ends with a blank.

    >>> sorted(find_grams("公告 No. 61"), key=len)[-1]
    '公告no .'
    """
    tokens = [_name_token(token) for token in TOKEN.findall(text.lower())]
    grams = set(tokens)
    for size in range(2, MAX_GRAM + 1):
        grams.update(map("".join, zip(*(tokens[start:] for start in range(size)), strict=False)))
    return grams


def _name_token(token: str) -> str:
    if len(token) > 1 or token.isascii():
        return "0" if token[0].isdigit() else f"{token} " if token.isalpha() else token
    return token


def parse_wording_model(table: Mapping[str, object]) -> WordingModel:
    """Return the second reader of a parsed file, whose weights are whole thousandths."""
    zones = (table[name] for name in ZONES)
    head, body, tail = (
        {gram: n / 1000 for gram, n in zone.items()} for zone in zones if isinstance(zone, dict)
    )
    return WordingModel(
        texts=int(str(table["texts"])),
        threshold=float(str(table["threshold"])),
        bias=float(str(table["bias"])),
        head=head,
        body=body,
        tail=tail,
    )
