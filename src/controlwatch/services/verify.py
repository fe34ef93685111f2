"""Verify: follow the chain of custody, and compare every entry with the store and the archive."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from controlwatch.core.evidence.custody import ChainHead, StoredEntry, format_instant
from controlwatch.core.evidence.timestamps import TimestampToken, VerifiedTimestamp
from controlwatch.core.evidence.verification import (
    ChainChecker,
    CustodyFault,
    UnloggedRow,
    VerificationResult,
    compare_with_bytes,
    compare_with_row,
    report_unlogged_row,
)
from controlwatch.core.model.errors import Unstamped
from controlwatch.services.ports import Archive

#: Entries between two reports of progress.
PROGRESS_STEP = 200


class CustodyLog(Protocol):
    """The chain of custody as the store holds it."""

    def iterate_entries(self) -> Iterator[StoredEntry | UnloggedRow]:
        """Yield every entry from the first on, with what the store holds of it; then the rows without one."""

    def count_entries(self) -> int:
        """Return the number of entries."""


def verify_chain(
    custody: CustodyLog,
    archive: Archive,
    *,
    noted: Iterable[ChainHead] = (),
    tokens: Iterable[TimestampToken] = (),
    check: Callable[[TimestampToken], VerifiedTimestamp] | None = None,
    on_progress: Callable[[int, int, str], None] | None = None,
) -> VerificationResult:
    """Return whether everything is as it was entered.

    `noted` are heads that must be in the chain, and so must be those of the `tokens`; `check` reads a token,
    or raises `Unstamped`. Without it they are counted as not checked.
    """
    total = custody.count_entries()
    result, checker, missing = VerificationResult(), ChainChecker(), set(noted)
    token_by_head = {token.head: token for token in tokens}
    heads_found: set[ChainHead] = set()
    for entry in custody.iterate_entries():
        if isinstance(entry, UnloggedRow):
            result.add_fault(report_unlogged_row(entry))
            continue
        faults = [*checker.check_next(entry), *compare_with_row(entry)]
        if entry.snapshot is not None:
            result.snapshots += 1
            faults += compare_with_bytes(entry, entry.snapshot, archive.inspect_copy(entry.snapshot.sha256))
        elif entry.version is not None and not entry.is_superseded:
            result.versions += 1
        result.late_entries += entry.is_late
        for fault in faults:
            result.add_fault(fault)
        head = ChainHead(seq=entry.seq, hash=entry.hash)
        if head in missing:
            missing.remove(head)
            result.noted_heads.append(head)
        if head in token_by_head:
            heads_found.add(head)
        result.head = head
        if on_progress is not None and entry.seq % PROGRESS_STEP == 0:
            on_progress(entry.seq, total, "")
    if result.head.seq == 0:
        result.add_fault(CustodyFault(seq=None, kind="beginning missing", what="the log is empty"))
    for head in sorted(missing, key=lambda head: head.seq):
        what = f"{head} was noted, and is not in the chain any more"
        result.add_fault(CustodyFault(seq=None, kind="head not found", what=what))
    for head, token in token_by_head.items():
        _check_token(token, result, check, is_in_chain=head in heads_found)
    return result


def _check_token(
    token: TimestampToken,
    result: VerificationResult,
    check: Callable[[TimestampToken], VerifiedTimestamp] | None,
    *,
    is_in_chain: bool,
) -> None:
    """Add a time stamp to the result: what it proves, then whether the chain still holds its head."""
    if check is None:
        result.unchecked_tokens += 1
        return
    try:
        stamp = check(token)
    except Unstamped as error:
        result.add_fault(CustodyFault(seq=token.head.seq, kind="stamp not good", what=str(error)))
        return
    if is_in_chain:
        result.stamps.append(stamp)
        return
    what = f"it was stamped by {stamp.by} at {format_instant(stamp.at)}, and is not in the chain any more"
    result.add_fault(CustodyFault(seq=token.head.seq, kind="stamped head not found", what=what))
