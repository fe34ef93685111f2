"""Stamp: have the head of the chain stamped by an authority, and keep what it gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controlwatch.core.evidence.custody import compute_fingerprint
from controlwatch.core.model.errors import Unstamped

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from controlwatch.core.evidence.timestamps import VerifiedTimestamp
    from controlwatch.services.ports import CustodyLog, TimestampAuthority, TimestampStore


def stamp(
    custody: CustodyLog,
    stamps: TimestampStore,
    authority: TimestampAuthority,
    *,
    now: datetime,
    every: timedelta | None = None,
) -> VerifiedTimestamp | None:
    """Return the new time stamp of the head; None where it has one, or the last is younger than `every`.

    Raises `Unstamped`, and then nothing is kept.
    """
    newest = custody.find_newest_entry()
    last = stamps.find_newest()
    if newest is None or stamps.has_token(newest[0]):
        return None
    if every is not None and last is not None and now - last[1] < every:
        return None
    head, line = newest
    if compute_fingerprint(line) != head.hash:
        raise Unstamped(f"entry {head.seq} was altered and is not stamped; see controlwatch verify")
    token, found = authority.request_token(head, line)
    stamps.save_token(token)
    return found
