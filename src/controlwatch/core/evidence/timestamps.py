"""Time stamps (RFC 3161) of heads of the chain: an authority's word that a head was there by a time."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from controlwatch.core.evidence.custody import ChainHead

#: The service asks for one a day, where the head has moved.
STAMP_INTERVAL = timedelta(days=1)
#: Entries that have waited for so long mean that the authority is gone, and a person must look.
OVERDUE_AFTER = timedelta(days=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampToken:
    """A time stamp as it is kept."""

    head: ChainHead  #: that it is said to stamp
    body: bytes  #: the whole answer of the authority (TimeStampResp), as sent

    @property
    def file_name(self) -> str:
        """What its file is called."""
        return f"{self.head.seq}-{self.head.hash}.tsr"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedTimestamp:
    """What a token says, after it has been checked."""

    head: ChainHead
    at: datetime  #: UTC, by the authority's clock
    by: str  #: the authority, as its certificate calls it
    rooted: (
        bool  #: its certificate leads to a root that the operator trusts; otherwise anybody may have signed
    )

    def __str__(self) -> str:
        checked = "" if self.rooted else " (not checked against a root)"
        return f"entry {self.head.seq} by {self.by} at {self.at:%Y-%m-%d %H:%M:%S} UTC{checked}"


def select_proving_tokens(
    tokens: Iterable[TimestampToken], entries: Iterable[int], head: ChainHead
) -> tuple[TimestampToken, ...]:
    """Return of the tokens up to a head those that prove entries best: the first at or after each."""
    ordered = sorted((one for one in tokens if one.head.seq <= head.seq), key=lambda one: one.head.seq)
    first = {next((one for one in ordered if one.head.seq >= seq), None) for seq in entries}
    return tuple(one for one in ordered if one in first)


def parse_entry_time(line: str) -> datetime | None:
    """Return when an entry was entered, by its line, aware; None where it does not say so."""
    try:
        return datetime.fromisoformat(json.loads(line)["at"])
    except (ValueError, TypeError, KeyError):
        return None


def describe_overdue(waiting_since: datetime | None, *, now: datetime) -> str:
    """Say that entries wait for a stamp for too long; "" where none do."""
    if waiting_since is None or now - waiting_since < OVERDUE_AFTER:
        return ""
    return (
        f"entries of the chain of custody have waited for a time stamp since {waiting_since:%Y-%m-%d}; "
        "controlwatch stamp says why"
    )
