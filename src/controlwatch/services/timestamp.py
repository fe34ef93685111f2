"""Stamp: have the head of the chain stamped by an authority, and keep what it gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controlwatch.core.evidence.custody import fingerprint_of
from controlwatch.core.model.errors import Unstamped

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from controlwatch.core.evidence.timestamps import Stamp
    from controlwatch.services.ports import Authority, Custody, Stamps


def stamp(
    custody: Custody,
    stamps: Stamps,
    authority: Authority,
    *,
    now: datetime,
    every: timedelta | None = None,
) -> Stamp | None:
    """Return the new time stamp of the head; None where it has one, or the last is younger than `every`.

    Raises `Unstamped`, and then nothing is kept.
    """
    newest = custody.newest()
    last = stamps.newest()
    if newest is None or stamps.holds(newest[0]):
        return None
    if every is not None and last is not None and now - last[1] < every:
        return None
    head, line = newest
    if fingerprint_of(line) != head.hash:
        raise Unstamped(f"entry {head.seq} was altered and is not stamped; see controlwatch verify")
    token, found = authority.stamp(head, line)
    stamps.keep(token)
    return found
