"""The day that a notice states for another, in place of the one that was printed first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Literal

from controlwatch.core.extraction.mentions.dates import find_date_mentions
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.extraction.text.normalize import fold_text
from controlwatch.core.model import EffectiveDate, MovedDate, Notice, Relation, Verb

#: What a correction may quote from the notice that it corrects.
QUOTED_VERBS = frozenset({Verb.SUSPENDS, Verb.EXTENDS, Verb.RESUMES, Verb.REPEALS})


def add_corrected_dates(
    relations: tuple[Relation, ...], effective: Iterable[EffectiveDate], lexicon: Lexicon, *, title: str
) -> tuple[Relation, ...]:
    """Return the relations, the amendment of a notice with the day that it puts in place of the old one.

    The sentence that does so is its quote. Of several notices that are amended, none is given the day. What a
    correction quotes, such as a suspension until a day, is not done again: it amends.
    """
    replacing = [found for found in effective if _replaces_day(found, lexicon)]
    if replacing and lexicon.get_pattern("measure.correction").search(fold_text(title)):
        quotes = [found.quote for found in replacing]
        relations = tuple(
            replace(found, verb=Verb.AMENDS)
            if found.verb in QUOTED_VERBS and any(quote in found.quote for quote in quotes)
            else found
            for found in relations
        )
    amended = [found for found in relations if found.verb is Verb.AMENDS]
    if len(replacing) != 1 or len({found.target for found in amended}) != 1:
        return relations
    (day,) = replacing
    clause = amended[0].clause or (None if day.scope == "all" else day.scope)
    moved = replace(amended[0], start=day.start, until=day.until, clause=clause, quote=day.quote)
    return tuple(moved if found is amended[0] else found for found in relations)


def list_moves(notice: Notice, lexicon: Lexicon) -> tuple[tuple[Relation, MovedDate], ...]:
    """Return the dates of other notices that a notice moves, each with what it does to that notice."""
    return tuple(
        (relation, move) for relation in notice.relations for move in _list_moved_dates(relation, lexicon)
    )


def list_own_dates(notice: Notice, lexicon: Lexicon) -> tuple[EffectiveDate, ...]:
    """Return the dates of a notice itself, without those that it states for another."""
    moved = {(relation.start, relation.until) for relation, _ in list_moves(notice, lexicon)}
    return tuple(found for found in notice.effective if (found.start, found.until) not in moved)


def _list_moved_dates(relation: Relation, lexicon: Lexicon) -> tuple[MovedDate, ...]:
    """Return the dates that a notice moves by amending another, with the old ones where they are stated."""
    if relation.verb is not Verb.AMENDS:
        return ()
    old = sorted(_find_replaced_days(relation.quote, lexicon) - {relation.start, relation.until})
    new: tuple[tuple[Literal["takes effect", "ends"], date | None], ...] = (
        ("takes effect", relation.start),
        ("ends", relation.until),
    )
    found = [(event, day) for event, day in new if day is not None]
    # Two days that are replaced are the first and the last one, in this order.
    befores = old if len(old) == len(found) else [None] * len(found)
    return tuple(
        MovedDate(event=event, old=before, new=day)
        for (event, day), before in zip(found, befores, strict=True)
    )


def _replaces_day(found: EffectiveDate, lexicon: Lexicon) -> bool:
    """Return whether a date stands in its sentence in the place of another day."""
    old = _find_replaced_days(found.quote, lexicon)
    return bool(old) and not old & {found.start, found.until}


def _find_replaced_days(quote: str, lexicon: Lexicon) -> set[date]:
    """Return the days of a sentence that it replaces by others."""
    words, replaced = fold_text(quote), lexicon.get_pattern("date.replaced-after")
    return {
        mention.day
        for mention in find_date_mentions(words, lexicon, anchor=None)
        if mention.day and replaced.match(words[mention.end :])
    }
