"""What a reader must not overlook: thresholds, exemptions, reach beyond the border, goods under way."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from controlwatch.core.extraction.text.exclusions import excluded
from controlwatch.core.extraction.text.masking import acts_only
from controlwatch.core.extraction.text.rules import firing
from controlwatch.core.model import Caveat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controlwatch.core.extraction.text.document_text import Text
    from controlwatch.core.extraction.text.lexicon import Lexicon
    from controlwatch.core.extraction.text.rules import Fired, Firing

STRETCH = 2000  #: characters searched at a time
MOST = 6  #: caveats of one kind; a control list has hundreds of thresholds
#: The bound that words set, the longer words first.
BOUNDS = (
    (
        re.compile(
            r"大于(?:或(?:者)?)?等于|等于或大于|高于或等于|不低于|不小于|不少于|达到|至少|以上|≥|⩾"
            r"|or (?:more|above)|at least|(?:not"
            r"|no) less than|greater than or equal",
            re.IGNORECASE,
        ),
        "≥",
    ),
    (
        re.compile(
            r"小于(?:或(?:者)?)?等于|等于或小于|不超过|不高于|不大于|不多于|以下|以内|≤|⩽|or (?:less"
            r"|below)|not exceeding|(?:not"
            r"|no) more than|less than or equal",
            re.IGNORECASE,
        ),
        "≤",
    ),
    (re.compile(r"大于|高于|超过|>|＞|more than|exceeding|greater than|above", re.IGNORECASE), ">"),
    (re.compile(r"小于|低于|不足|<|＜|less than|below", re.IGNORECASE), "<"),
)
BEHIND = re.compile(r"\s*\bor (?:more|less|above|below)\b.*$", re.IGNORECASE)
FIGURE = re.compile(r"\d[\d,.]*\s*(?:×\s*10\S{0,4}\s*)?[^\d\s（）()或及以]*(?:\s?[A-Za-z%/³²·°]+)?")


def caveats_of(text: Text, lexicon: Lexicon) -> tuple[Caveat, ...]:
    """Return the sentences that limit or widen what a notice seems to say, each kind in order."""
    return tuple(_found(text, lexicon))


def _found(text: Text, lexicon: Lexicon) -> Iterator[Caveat]:
    words = acts_only(text.folded)
    for kind in dict.fromkeys(rule.of for rule in lexicon.rules["caveat"]):
        kept: dict[str, Caveat] = {}
        for start, fired in _fired(words, text, firing(lexicon, "caveat", kind)):
            if kind == "threshold" and excluded(text.folded, start):
                continue
            end = start + fired.end - fired.start
            value = measured(words[start:end]) if kind == "threshold" else ""
            quote = text.quote(start, end)
            kept.setdefault(value or quote, Caveat(kind=kind, quote=quote, value=value, rule=fired.rule.id))
            if len(kept) == MOST:
                break
        yield from kept.values()


def _fired(words: str, text: Text, rules: Firing) -> Iterator[tuple[int, Fired]]:
    """Yield the hits with their places, stretch by stretch: whoever has enough need not read to the end."""
    start = text.title_end
    while start < text.furniture:
        line_end = words.find("\n", min(start + STRETCH, text.furniture), text.furniture)
        end = min(line_end if line_end >= 0 else text.furniture, start + 2 * STRETCH)
        yield from ((start + fired.start, fired) for fired in rules.every(words[start:end]))
        start = end + 1


def measured(words: str) -> str:
    """Return a threshold as bound and figure; the words themselves where they are of another build.

    >>> measured("大于等于300Wh/kg"), measured("1千克（含）以下"), measured("not exceeding 1.2 kg")
    ('≥300Wh/kg', '≤1千克', '≤1.2kg')
    """
    bound = next((sign for pattern, sign in BOUNDS if pattern.search(words)), None)
    figure = FIGURE.search(BEHIND.sub("", words))
    if bound is None or figure is None:
        return words.strip()
    return bound + re.sub(r"\s+", "", figure[0]).rstrip("，。；、")
