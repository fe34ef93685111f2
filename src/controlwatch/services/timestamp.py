"""Have the head of the chain stamped by a time-stamping authority, and store what it returns."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from controlwatch.core.evidence.custody import ChainHead, compute_fingerprint
from controlwatch.core.evidence.timestamps import TimestampToken, VerifiedTimestamp
from controlwatch.core.model.errors import Unstamped


class NewestEntry(Protocol):
    """The end of the chain of custody."""

    def find_newest_entry(self) -> tuple[ChainHead, str] | None:
        """Return the newest entry and its line; None where the log is empty."""


class TimestampStore(Protocol):
    """Stores the time stamps of heads."""

    def save_token(self, token: TimestampToken) -> None:
        """Store a token durably."""

    def has_token(self, head: ChainHead) -> bool:
        """Return whether there is a token of this head."""

    def find_newest(self) -> tuple[ChainHead, datetime] | None:
        """Return the newest head that has a token, and when that was stored, in UTC."""


class TimestampAuthority(Protocol):
    """Stamps heads with the time."""

    def request_token(self, head: ChainHead, line: str) -> tuple[TimestampToken, VerifiedTimestamp]:
        """Have the line of a head stamped; raises `Unstamped`."""


def stamp_head(
    custody: NewestEntry,
    tokens: TimestampStore,
    authority: TimestampAuthority,
    *,
    now: datetime,
    every: timedelta | None = None,
) -> VerifiedTimestamp | None:
    """Return the new time stamp of the head; None where it has one, or the last is younger than `every`.

    Raises `Unstamped`, and then nothing is stored.
    """
    newest = custody.find_newest_entry()
    last = tokens.find_newest()
    if newest is None or tokens.has_token(newest[0]):
        return None
    if every is not None and last is not None and now - last[1] < every:
        return None
    head, line = newest
    if compute_fingerprint(line) != head.hash:
        raise Unstamped(f"entry {head.seq} was altered and is not stamped; see controlwatch verify")
    token, verified = authority.request_token(head, line)
    tokens.save_token(token)
    return verified
