"""Numbers that a series skips: a notice may be missing, and a person should look.

Only what was observed opens a gap: the register knows single numbers of a series and leaves most out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

#: More numbers missing at once than this are a reading error or another series, told as one lead.
MAX_GAP_LEADS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedNumber:
    """A number of a series, and when its notice was first seen."""

    year: int
    n: int
    first_seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """Something that a person should look into."""

    subject: str  #: the key of the missing number
    kind: str
    reason: str


def find_gaps(
    series: str,
    observed: Iterable[ObservedNumber],
    *,
    since: datetime,
    patience: timedelta,
    now: datetime,
) -> tuple[Lead, ...]:
    """Return the numbers missing below one seen since the watch began, for longer than `patience`.

    `series` is what precedes the year in a key: MOFCOM, "MOFCOM Order". What may have been missing
    before we came is not told: `since` is when the shelf was filled.
    """
    years: dict[int, list[ObservedNumber]] = {}
    for item in observed:
        years.setdefault(item.year, []).append(item)
    return tuple(
        lead
        for year in sorted(years)
        for lead in _find_year_gaps(series, years[year], since=since, patience=patience, now=now)
    )


def _find_year_gaps(
    series: str, seen: list[ObservedNumber], *, since: datetime, patience: timedelta, now: datetime
) -> Iterator[Lead]:
    seen.sort(key=lambda item: item.n)
    for lower, upper in pairwise(seen):
        if upper.first_seen_at <= since or now - upper.first_seen_at < patience:
            continue
        missing = range(lower.n + 1, upper.n)
        name = f"{series} {upper.year}"
        if len(missing) > MAX_GAP_LEADS:
            yield Lead(
                subject=f"{name}-{missing[0]}",
                kind="gap",
                reason=f"{len(missing)} numbers from {name}-{lower.n} to {name}-{upper.n} have not been seen",
            )
            continue
        for n in missing:
            yield Lead(
                subject=f"{name}-{n}",
                kind="gap",
                reason=f"{name}-{lower.n} and {name}-{upper.n} have been seen, {n} has not",
            )
