"""Numbers that a series skips: a notice may have been missed, and a person should check.

Only observed notices open a gap: the register knows single numbers of a series and omits most.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise

#: A larger gap is a misread number or another series, and becomes one lead.
MAX_GAP_LEADS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedNumber:
    """A number of a series, and when its notice was first seen."""

    year: int
    n: int
    first_seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """Something that a person should check."""

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
    """Return the numbers missing below one that was first seen after `since` and at least `patience` ago.

    `series` is what precedes the year in a key: MOFCOM, "MOFCOM Order". `since` is the time of the first
    poll: numbers that may have been missing before it are not reported.
    """
    leads = []
    ordered = sorted(observed, key=lambda item: (item.year, item.n))
    for year, numbers in groupby(ordered, key=lambda item: item.year):
        name = f"{series} {year}"
        for lower, upper in pairwise(numbers):
            if upper.first_seen_at <= since or now - upper.first_seen_at < patience:
                continue
            missing = range(lower.n + 1, upper.n)
            if len(missing) > MAX_GAP_LEADS:
                reason = (
                    f"{len(missing)} numbers from {name}-{lower.n} to {name}-{upper.n} have not been seen"
                )
                leads.append(Lead(subject=f"{name}-{missing[0]}", kind="gap", reason=reason))
                continue
            for n in missing:
                reason = f"{name}-{lower.n} and {name}-{upper.n} have been seen, {n} has not"
                leads.append(Lead(subject=f"{name}-{n}", kind="gap", reason=reason))
    return tuple(leads)
