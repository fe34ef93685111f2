"""Verify: follow the chain of custody, and hold every entry against the store and the archive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controlwatch.core.evidence.custody import (
    Fault,
    Follower,
    Head,
    Loose,
    against_copy,
    held_against,
    instant,
    not_entered,
)
from controlwatch.core.evidence.verification import Verdict
from controlwatch.core.model.errors import Unstamped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from controlwatch.core.evidence.custody import Link
    from controlwatch.core.evidence.timestamps import Stamp, Token
    from controlwatch.services.ports import Archive, Custody

#: How often the progress is told: each so many entries.
_STEP = 200


def verify(
    custody: Custody,
    archive: Archive,
    *,
    noted: Iterable[Head] = (),
    tokens: Iterable[Token] = (),
    check: Callable[[Token], Stamp] | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Verdict:
    """Return whether everything is as it was entered.

    `noted` are heads that must be in the chain, and so must be those of the `tokens`; `check` reads a token,
    or raises `Unstamped`. Without it they are counted as not checked.
    """
    total = custody.entered()
    verdict, follower, awaited = Verdict(), Follower(), set(noted)
    stamped = {token.head: token for token in tokens}
    standing: set[Head] = set()
    for item in custody.links():
        if isinstance(item, Loose):
            verdict.add(not_entered(item))
            continue
        _one(item, verdict, follower, archive)
        head = Head(seq=item.seq, hash=item.hash)
        if head in awaited:
            awaited.remove(head)
            verdict.found.append(head)
        if head in stamped:
            standing.add(head)
        verdict.head = head
        if progress is not None and item.seq % _STEP == 0:
            progress(item.seq, total, "")
    if verdict.head.seq == 0:
        verdict.add(Fault(seq=None, kind="beginning missing", what="the log is empty"))
    for head in sorted(awaited, key=lambda one: one.seq):
        verdict.add(
            Fault(seq=None, kind="head not found", what=f"{head} was noted, and is not in the chain any more")
        )
    for head, token in stamped.items():
        _stamp(token, verdict, check, stands=head in standing)
    return verdict


def _stamp(token: Token, verdict: Verdict, check: Callable[[Token], Stamp] | None, *, stands: bool) -> None:
    """Take a time stamp into the verdict: what it says, then whether the chain still holds its head."""
    if check is None:
        verdict.unchecked += 1
        return
    try:
        stamp = check(token)
    except Unstamped as error:
        verdict.add(Fault(seq=token.head.seq, kind="stamp not good", what=str(error)))
        return
    if stands:
        verdict.stamps.append(stamp)
        return
    said = f"it was stamped by {stamp.by} at {instant(stamp.at)}, and is not in the chain any more"
    verdict.add(Fault(seq=token.head.seq, kind="stamped head not found", what=said))


def _one(link: Link, verdict: Verdict, follower: Follower, archive: Archive) -> None:
    """Take one entry into the verdict: the link itself first, then its row, then its bytes."""
    faults = [*follower.follow(link), *held_against(link)]
    if link.snapshot is not None:
        verdict.snapshots += 1
        faults += against_copy(link, link.snapshot, archive.examine(link.snapshot.sha256))
    elif link.version is not None and not link.superseded:
        verdict.versions += 1
    verdict.late += link.late
    for fault in faults:
        verdict.add(fault)
