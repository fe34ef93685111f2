"""The verdict: what following the chain of custody has found."""

from __future__ import annotations

from dataclasses import dataclass, field

from controlwatch.core.evidence.custody import NOTHING, Fault, Head
from controlwatch.core.evidence.timestamps import Stamp

MOST_LISTED = 1_000


@dataclass(slots=True)
class Verdict:
    """What a verification has found so far."""

    head: Head = NOTHING
    snapshots: int = 0
    versions: int = 0
    late: int = 0  #: entries about what was held before the log began
    faults: list[Fault] = field(default_factory=list)  #: the first thousand
    counts: dict[str, int] = field(default_factory=dict)  #: of all faults, by kind
    found: list[Head] = field(default_factory=list)  #: noted heads that are in the chain
    stamps: list[Stamp] = field(
        default_factory=list
    )  #: good ones of heads that are in the chain, oldest first
    unchecked: int = 0  #: time stamps that nothing here can read

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.counts

    def add(self, fault: Fault) -> None:
        """Take a fault down."""
        self.counts[fault.kind] = self.counts.get(fault.kind, 0) + 1
        if len(self.faults) < MOST_LISTED:
            self.faults.append(fault)
