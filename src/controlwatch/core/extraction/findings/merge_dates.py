"""Dates that repeat each other: each once, with the end and the hour that any of them states."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.extraction.text.normalize import fold_text
from controlwatch.core.model import EffectiveDate


def merge_dates(
    found: Iterable[EffectiveDate], lexicon: Lexicon, *, is_several: bool
) -> tuple[EffectiveDate, ...]:
    """Keep each date once; a date with an end or a scope replaces the same date without.

    `is_several` means that more than one clause does something: an end of one is not the end of all.
    """
    get_pattern = lexicon.get_pattern
    kept: list[EffectiveDate] = []
    for new in found:
        twin = next(
            (i for i, known in enumerate(kept) if _is_same(new, known, lexicon, is_several=is_several)), None
        )
        if twin is None:
            kept.append(new)
            continue
        known = kept[twin]
        clock = known.time or new.time
        if known.until is None and new.until is not None:
            kept[twin] = replace(new, time=clock)
        elif known.basis == "stated" and new.basis == "on-publication":
            # "2025-04-04 (upon publication)": one day, and what it follows from.
            kept[twin] = replace(new, until=known.until or new.until, time=clock)
        else:
            kept[twin] = replace(known, time=clock)
    if any(d.basis == "stated" and d.start for d in kept):
        # What ends with this notice is another one: …公告自本公告发布之日起废止.
        kept = [
            d
            for d in kept
            if d.basis != "on-publication" or not get_pattern("date.others-end").search(fold_text(d.quote))
        ]
    begun = max((d.start for d in kept if d.start), default=None)
    ends = [d for d in kept if d.start is None and d.basis == "not-stated"]
    known_ends = {d.until for d in kept if d.start}
    outlived = [  # the end of something older, or one that is known already
        d for d in ends if d.until in known_ends or (begun and d.until and d.until < begun)
    ]
    ends, kept = [d for d in ends if d not in outlived], [d for d in kept if d not in outlived]
    spans = [d for d in kept if d.start and d.until]
    if (
        len(spans) == len(ends) == 1
        and len(kept) == 2
        and get_pattern("date.prolonged").search(fold_text(ends[0].quote))
    ):  # a part is prolonged from the same day, for a shorter time
        return (*spans, replace(ends[0], start=spans[0].start, basis=spans[0].basis))
    first = next((d for d in kept if d.start and d.until is None and d.scope == "all"), None)
    if (
        len(ends) == 1
        and first
        and len(kept) > 2
        and get_pattern("date.whole-term").search(fold_text(ends[0].quote))
    ):
        return tuple(replace(d, until=ends[0].until) if d is first else d for d in kept if d is not ends[0])
    starts = [d for d in kept if d.until is None and d.basis != "not-stated" and d.scope == "all"]
    if len(ends) != 1 or len(starts) != 1 or len(kept) != 2:
        return tuple(kept)
    # An end that comes alone (暂停期限延长至…) takes the start that the closing sentence states.
    start, end = starts[0], ends[0]
    own_act, rests = get_pattern("date.own-act"), get_pattern("date.rests")
    begins, ends_later = fold_text(start.quote), fold_text(end.quote)
    is_other = own_act.search(begins) and rests.search(ends_later) and not rests.search(begins)
    if is_other or _is_of_other_part(start.quote, end.quote, lexicon):
        return (start, replace(start, until=end.until, scope=end.scope, quote=end.quote, rule=end.rule))
    if is_several and end.scope != "all":
        return (start, replace(start, until=end.until, scope=end.scope, quote=end.quote, rule=end.rule))
    return (replace(start, until=end.until, quote=start.quote or end.quote),)


def _is_same(new: EffectiveDate, known: EffectiveDate, lexicon: Lexicon, *, is_several: bool) -> bool:
    """Return whether two findings are of one date: an end that only one states counts for both."""
    if new.start != known.start:
        return False
    if new.until == known.until:
        return new.scope == known.scope or "all" in (new.scope, known.scope)
    open_ended = new if new.until is None else known if known.until is None else None
    ended = known if open_ended is new else new
    if open_ended and open_ended.rule == "date.column" and open_ended.scope != "all":
        return ended.quote.strip(" |") in open_ended.quote  # of the same row
    if open_ended and _are_two_items(open_ended.quote, ended.quote, lexicon):
        return False
    if open_ended and _is_of_other_part(open_ended.quote, ended.quote, lexicon):
        return False
    return (
        open_ended is not None
        and not is_several
        and not lexicon.get_pattern("date.own-act").search(fold_text(open_ended.quote))
    )


def _are_two_items(quote: str, other: str, lexicon: Lexicon) -> bool:
    """Return whether two quotes are different items of a list, each with goods of its own."""
    mark = lexicon.get_pattern("date.list-item")
    return quote != other and bool(mark.match(quote)) and bool(mark.match(other))


def _is_of_other_part(quote: str, ended: str, lexicon: Lexicon) -> bool:
    """Return whether a part ends or applies again on the day from which the rest rests or goes on."""
    get_pattern, words, other = lexicon.get_pattern, fold_text(quote), fold_text(ended)
    goes_on = get_pattern("date.rests").search(other) or get_pattern("date.prolonged").search(other)
    is_other = get_pattern("date.other-part").search(words) and not get_pattern("date.rests").search(words)
    return quote != ended and bool(goes_on) and bool(is_other)
