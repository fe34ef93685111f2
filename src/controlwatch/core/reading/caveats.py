"""What a reader must not overlook: thresholds, exemptions, reach beyond the border, goods under way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controlwatch.core.model import Caveat
from controlwatch.core.reading.masks import acts_only
from controlwatch.core.reading.rules import firing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controlwatch.core.reading.lexicon import Lexicon
    from controlwatch.core.reading.text import Text

MOST = 6  #: caveats of one kind; a control list has hundreds of thresholds


def caveats_of(text: Text, lexicon: Lexicon) -> tuple[Caveat, ...]:
    """Return the sentences that limit or widen what a notice seems to say, each kind in order."""
    return tuple(_found(text, lexicon))


def _found(text: Text, lexicon: Lexicon) -> Iterator[Caveat]:
    words = acts_only(text.folded)
    for kind in dict.fromkeys(rule.of for rule in lexicon.rules["caveat"]):
        quoted: dict[str, Caveat] = {}
        for fired in firing(lexicon, "caveat", kind).every(words):
            if fired.start < text.title_end:
                continue
            quote = text.quote(fired.start, fired.end)
            quoted.setdefault(quote, Caveat(kind=kind, quote=quote, rule=fired.rule.id))
            if len(quoted) == MOST:
                break
        yield from quoted.values()
