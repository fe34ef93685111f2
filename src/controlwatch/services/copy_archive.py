"""Copy stored bytes and time stamps from one archive to another, verified; it may be repeated."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from controlwatch.core.evidence.timestamps import TimestampToken
from controlwatch.services.ports import Archive
from controlwatch.services.timestamp import TimestampStore


class TimestampCollection(TimestampStore, Protocol):
    """Stores the time stamps of heads, and returns all of them."""

    def load_tokens(self) -> tuple[TimestampToken, ...]:
        """Return every token, the oldest head first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveCopy:
    """What copying has done."""

    copied: int  #: bodies written to the target
    kept: int  #: bodies that the target had already, intact
    lost: tuple[str, ...]  #: hashes of bodies that the source does not have, or has damaged


def copy_bodies(
    hashes: Iterable[str],
    source: Archive,
    target: Archive,
    *,
    on_progress: Callable[[int, int, str], None] = lambda _done, _total, _what: None,
) -> ArchiveCopy:
    """Copy the bodies of these hashes, each read back from the target and compared.

    What the target has intact is not copied again. Raises OSError where an archive cannot be used, and where
    the target does not return what was written.
    """
    chosen = sorted(set(hashes))
    copied = kept = 0
    lost: list[str] = []
    for place, sha256 in enumerate(chosen):
        on_progress(place, len(chosen), sha256[:12])
        if target.inspect_copy(sha256).fault is None:
            kept += 1
            continue
        try:
            body = source.load_bytes(sha256)
        except KeyError:
            lost.append(sha256)
            continue
        target.save_bytes(body)
        fault = target.inspect_copy(sha256).fault
        if fault is not None:
            raise OSError(None, f"the copy of {sha256} is not what was written: {fault}")
        copied += 1
    return ArchiveCopy(copied=copied, kept=kept, lost=tuple(lost))


def copy_tokens(source: TimestampCollection, target: TimestampCollection) -> int:
    """Copy the time stamps that the target does not have; return their number."""
    missing = [token for token in source.load_tokens() if token.body and not target.has_token(token.head)]
    for token in missing:
        target.save_token(token)
    return len(missing)
