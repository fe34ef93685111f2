"""Make one list of the dates that the sentences of a notice repeat, complete and contradict."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from controlwatch.core.model import EffectiveDate

if TYPE_CHECKING:
    from collections.abc import Iterable


def merge_dates(found: Iterable[EffectiveDate], *, several: bool = False) -> tuple[EffectiveDate, ...]:
    """Keep each date once; a date with an end or a scope replaces the same date without.

    `several` tells that more than one clause does something: an end of one of them is not the end of all.
    """
    kept: list[EffectiveDate] = []
    for one in found:
        twin = next((i for i, other in enumerate(kept) if _is_same_date(one, other, several=several)), None)
        if twin is None:
            kept.append(one)
        else:
            kept[twin] = _merge_pair(kept[twin], one)
    return _attach_lone_end(tuple(kept), several=several)


def _merge_pair(known: EffectiveDate, one: EffectiveDate) -> EffectiveDate:
    """Return two findings of the same start as one."""
    clock = known.time or one.time
    if known.until is None and one.until is not None:
        return replace(one, time=clock)
    if known.basis == "stated" and one.basis == "on-publication":
        # "2025-04-04 (upon publication)": one day, and the ground it stands on.
        return replace(one, until=known.until or one.until, time=clock)
    return replace(known, time=clock)


def _attach_lone_end(found: tuple[EffectiveDate, ...], *, several: bool) -> tuple[EffectiveDate, ...]:
    """Give an end that stands alone (暂停期限延长至…) the start that the closing sentence states."""
    ends = [one for one in found if one.start is None and one.basis == "not-stated"]
    starts = [one for one in found if one.until is None and one.basis != "not-stated" and one.scope == "all"]
    if len(ends) != 1 or len(starts) != 1 or len(found) != 2:
        return found
    if several and ends[0].scope != "all":
        return (
            starts[0],
            replace(
                starts[0], until=ends[0].until, scope=ends[0].scope, quote=ends[0].quote, rule=ends[0].rule
            ),
        )
    return (
        replace(
            starts[0], until=ends[0].until, quote=ends[0].quote if not starts[0].quote else starts[0].quote
        ),
    )


#: A sentence that sets something of its own, beyond "this notice takes effect".
OWN_ACT_WORDS = re.compile(r"取消|停止|将[^，。]{1,40}(?:下调|上调|调整)|加征")  # 自2026年4月1日起，取消…


def _is_same_date(one: EffectiveDate, other: EffectiveDate, *, several: bool) -> bool:
    if one.start != other.start:
        return False
    if one.until == other.until:
        return one.scope == other.scope or "all" in (one.scope, other.scope)
    lone = one if one.until is None else other if other.until is None else None
    return lone is not None and not several and not OWN_ACT_WORDS.search(lone.quote)
