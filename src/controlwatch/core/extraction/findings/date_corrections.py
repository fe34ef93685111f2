"""The day that a notice states for another, in place of the one that was printed first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from controlwatch.core.extraction.mentions.dates import find_date_mentions
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.extraction.text.normalize import fold_text
from controlwatch.core.model import EffectiveDate, Relation, Verb


def add_corrected_dates(
    relations: tuple[Relation, ...], effective: Iterable[EffectiveDate], lexicon: Lexicon
) -> tuple[Relation, ...]:
    """Return the relations, the amendment of a notice with the day that it puts in place of the old one.

    The sentence that does so is its quote. Of several notices that are amended, none is given the day.
    """
    replacing = [found for found in effective if _replaces_day(found, lexicon)]
    amended = [found for found in relations if found.verb is Verb.AMENDS]
    if len(replacing) != 1 or len({found.target for found in amended}) != 1:
        return relations
    (day,) = replacing
    clause = amended[0].clause or (None if day.scope == "all" else day.scope)
    moved = replace(amended[0], start=day.start, until=day.until, clause=clause, quote=day.quote)
    return tuple(moved if found is amended[0] else found for found in relations)


def _replaces_day(found: EffectiveDate, lexicon: Lexicon) -> bool:
    """Return whether a date stands in its sentence in the place of another day."""
    words, replaced = fold_text(found.quote), lexicon.get_pattern("date.replaced-after")
    old = {
        mention.day
        for mention in find_date_mentions(words, lexicon, anchor=None)
        if mention.day and replaced.match(words[mention.end :])
    }
    return bool(old) and not old & {found.start, found.until}
