"""A dossier: everything that proves what a notice says and what was concluded from it."""

from __future__ import annotations

from dataclasses import dataclass

from controlwatch.core.evidence.custody import (
    ChainHead,
    NoticeHeading,
    OpinionEntry,
    SnapshotEntry,
    StoredEntry,
    VersionEntry,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """Everything in the store about a notice, for export."""

    heading: NoticeHeading  #: of the notice, as the store holds it
    versions: tuple[VersionEntry, ...]  #: oldest first
    snapshots: tuple[SnapshotEntry, ...]  #: of the versions and their annexes, oldest first
    opinions: tuple[OpinionEntry, ...]  #: what second readers answered about the versions, oldest first
    entries: tuple[StoredEntry, ...]  #: the entries about versions, snapshots and opinions
    head: ChainHead

    @property
    def name(self) -> str:
        """The number of the notice, else its title."""
        return self.heading.number or self.heading.title

    @property
    def is_observed(self) -> bool:
        """Whether it was observed at a source, and is not known from the register alone."""
        return bool(self.snapshots)
