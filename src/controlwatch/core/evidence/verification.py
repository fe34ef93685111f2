"""The verdict: what following the chain of custody has found."""

from __future__ import annotations

from dataclasses import dataclass, field

from controlwatch.core.evidence.custody import EMPTY_HEAD, ChainHead, CustodyFault
from controlwatch.core.evidence.timestamps import VerifiedTimestamp

MAX_LISTED_FAULTS = 1_000


@dataclass(slots=True)
class VerificationResult:
    """What a verification has found so far."""

    head: ChainHead = EMPTY_HEAD
    snapshots: int = 0
    versions: int = 0
    late_entries: int = 0  #: entries about what was held before the log began
    faults: list[CustodyFault] = field(default_factory=list)  #: the first thousand
    counts: dict[str, int] = field(default_factory=dict)  #: of all faults, by kind
    noted_heads: list[ChainHead] = field(default_factory=list)  #: noted heads that are in the chain
    stamps: list[VerifiedTimestamp] = field(
        default_factory=list
    )  #: good ones of heads that are in the chain, oldest first
    unchecked_tokens: int = 0  #: time stamps that nothing here can read

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.counts

    def add_fault(self, fault: CustodyFault) -> None:
        """Take a fault down."""
        self.counts[fault.kind] = self.counts.get(fault.kind, 0) + 1
        if len(self.faults) < MAX_LISTED_FAULTS:
            self.faults.append(fault)
