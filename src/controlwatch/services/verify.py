"""Verify: follow the chain of custody, and hold every entry against the store and the archive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controlwatch.core.evidence.custody import ChainHead, format_instant
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

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from controlwatch.core.evidence.custody import StoredEntry
    from controlwatch.core.evidence.timestamps import TimestampToken, VerifiedTimestamp
    from controlwatch.services.ports import Archive, CustodyLog

#: How often the progress is told: each so many entries.
_STEP = 200


def verify(
    custody: CustodyLog,
    archive: Archive,
    *,
    noted: Iterable[ChainHead] = (),
    tokens: Iterable[TimestampToken] = (),
    check: Callable[[TimestampToken], VerifiedTimestamp] | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> VerificationResult:
    """Return whether everything is as it was entered.

    `noted` are heads that must be in the chain, and so must be those of the `tokens`; `check` reads a token,
    or raises `Unstamped`. Without it they are counted as not checked.
    """
    total = custody.count_entries()
    verdict, follower, awaited = VerificationResult(), ChainChecker(), set(noted)
    stamped = {token.head: token for token in tokens}
    standing: set[ChainHead] = set()
    for item in custody.iterate_entries():
        if isinstance(item, UnloggedRow):
            verdict.add_fault(report_unlogged_row(item))
            continue
        _one(item, verdict, follower, archive)
        head = ChainHead(seq=item.seq, hash=item.hash)
        if head in awaited:
            awaited.remove(head)
            verdict.noted_heads.append(head)
        if head in stamped:
            standing.add(head)
        verdict.head = head
        if progress is not None and item.seq % _STEP == 0:
            progress(item.seq, total, "")
    if verdict.head.seq == 0:
        verdict.add_fault(CustodyFault(seq=None, kind="beginning missing", what="the log is empty"))
    for head in sorted(awaited, key=lambda one: one.seq):
        verdict.add_fault(
            CustodyFault(
                seq=None, kind="head not found", what=f"{head} was noted, and is not in the chain any more"
            )
        )
    for head, token in stamped.items():
        _stamp(token, verdict, check, stands=head in standing)
    return verdict


def _stamp(
    token: TimestampToken,
    verdict: VerificationResult,
    check: Callable[[TimestampToken], VerifiedTimestamp] | None,
    *,
    stands: bool,
) -> None:
    """Take a time stamp into the verdict: what it says, then whether the chain still holds its head."""
    if check is None:
        verdict.unchecked_tokens += 1
        return
    try:
        stamp = check(token)
    except Unstamped as error:
        verdict.add_fault(CustodyFault(seq=token.head.seq, kind="stamp not good", what=str(error)))
        return
    if stands:
        verdict.stamps.append(stamp)
        return
    said = f"it was stamped by {stamp.by} at {format_instant(stamp.at)}, and is not in the chain any more"
    verdict.add_fault(CustodyFault(seq=token.head.seq, kind="stamped head not found", what=said))


def _one(link: StoredEntry, verdict: VerificationResult, follower: ChainChecker, archive: Archive) -> None:
    """Take one entry into the verdict: the link itself first, then its row, then its bytes."""
    faults = [*follower.check_next(link), *compare_with_row(link)]
    if link.snapshot is not None:
        verdict.snapshots += 1
        faults += compare_with_bytes(link, link.snapshot, archive.inspect_copy(link.snapshot.sha256))
    elif link.version is not None and not link.is_superseded:
        verdict.versions += 1
    verdict.late_entries += link.is_late
    for fault in faults:
        verdict.add_fault(fault)
