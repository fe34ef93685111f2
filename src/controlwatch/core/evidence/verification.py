"""Verification: compare the chain of custody with itself, the stored rows and the archived bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from controlwatch.core.evidence.custody import (
    EMPTY_HEAD,
    ChainHead,
    SnapshotEntry,
    StoredEntry,
    compute_fingerprint,
    parse_line,
)
from controlwatch.core.evidence.timestamps import VerifiedTimestamp

#: Faults that a result lists; more are only counted.
MAX_LISTED_FAULTS = 1_000

FaultKind = Literal[
    "beginning missing",
    "entry altered",
    "entry out of place",
    "entries missing",
    "chain broken",
    "row missing",
    "row altered",
    "row not entered",
    "bytes missing",
    "bytes cut short",
    "bytes damaged",
    "bytes altered",
    "head not found",
    "stamp not good",
    "stamped head not found",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyFault:
    """A difference from what was entered in the log."""

    seq: int | None  #: of the entry; None where there is none
    kind: FaultKind
    what: str  #: one sentence

    def __str__(self) -> str:
        return f"{f'entry {self.seq}: ' if self.seq else ''}{self.kind}: {self.what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCopy:
    """The state of the archived copy of some bytes."""

    size: int = 0  #: bytes that can be read
    fault: FaultKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnloggedRow:
    """A stored row without an entry."""

    table: Literal["snapshot", "version", "notice", "opinion"]
    id: int


@dataclass(slots=True)
class VerificationResult:
    """The result of a verification so far."""

    head: ChainHead = EMPTY_HEAD
    snapshots: int = 0
    versions: int = 0
    late_entries: int = 0  #: entries about rows stored before the log began
    faults: list[CustodyFault] = field(default_factory=list)  #: the first `MAX_LISTED_FAULTS`
    counts: dict[str, int] = field(default_factory=dict)  #: of all faults, by kind
    noted_heads: list[ChainHead] = field(default_factory=list)  #: noted heads that are in the chain
    #: valid time stamps of heads that are in the chain, oldest first
    stamps: list[VerifiedTimestamp] = field(default_factory=list)
    unchecked_tokens: int = 0  #: time stamps that cannot be read here

    @property
    def is_sound(self) -> bool:
        """Whether no fault was found."""
        return not self.counts

    def add_fault(self, fault: CustodyFault) -> None:
        """Count a fault, and list it."""
        self.counts[fault.kind] = self.counts.get(fault.kind, 0) + 1
        if len(self.faults) < MAX_LISTED_FAULTS:
            self.faults.append(fault)


@dataclass(slots=True)
class ChainChecker:
    """Follows a chain from its beginning, or from any entry, and reports where it breaks."""

    last: ChainHead | None = EMPTY_HEAD  #: None: the first entry checked has no predecessor to compare with

    def check_next(self, entry: StoredEntry) -> Iterator[CustodyFault]:
        """Check the next entry; yield its faults, the most serious last."""
        last, self.last = self.last, ChainHead(seq=entry.seq, hash=entry.hash)
        if compute_fingerprint(entry.line) != entry.hash:
            yield CustodyFault(seq=entry.seq, kind="entry altered", what="its words do not give its hash")
            return
        fields = parse_line(entry.line) or {}
        if fields.get("seq") != entry.seq:
            place = fields.get("seq", "?")
            yield CustodyFault(
                seq=entry.seq,
                kind="entry out of place",
                what=f"it was written as entry {place}, but is at place {entry.seq}",
            )
        elif not _has_same_subject(fields, entry):
            yield CustodyFault(
                seq=entry.seq, kind="entry altered", what="it is filed under another row than its own"
            )
        if last is None:
            return
        if entry.seq != last.seq + 1:
            missing = f"{last.seq + 1}" if entry.seq == last.seq + 2 else f"{last.seq + 1} to {entry.seq - 1}"
            kind: FaultKind = "entries missing" if last.seq else "beginning missing"
            yield CustodyFault(seq=entry.seq, kind=kind, what=f"before it, {missing} should be")
        elif fields.get("before") != last.hash:
            yield CustodyFault(
                seq=entry.seq,
                kind="chain broken",
                what=f"it does not hold the hash of entry {last.seq}: one of the two was rewritten",
            )


def compare_with_row(entry: StoredEntry) -> Iterator[CustodyFault]:
    """Yield where the stored row that an entry is about differs from what was entered."""
    fields = parse_line(entry.line)
    if fields is None or fields.get("what") == "beginning":
        return
    entered = fields.get("of")
    row = entry.snapshot or entry.version or entry.opinion
    if row is None or not isinstance(entered, dict):
        yield CustodyFault(
            seq=entry.seq,
            kind="row missing",
            what=f"{_describe_subject(fields)} is not in the store any more",
        )
        return
    actual = row.to_log_fields()
    differing = _list_differing_fields(entry, entered, actual)
    if differing:
        names = ", ".join(name.removesuffix("_sha256") for name in differing)
        yield CustodyFault(
            seq=entry.seq,
            kind="row altered",
            what=f"{_describe_subject(fields)} has other {names} than entered",
        )
    yield from _compare_with_notice(entry, entered, actual)


def _list_differing_fields(
    entry: StoredEntry, entered: Mapping[str, object], actual: Mapping[str, object]
) -> list[str]:
    """Return the fields of a row that differ from what was entered and may not differ."""
    ignored = {"heading"}  # compared by itself
    was, now = str(entered.get("notice")), str(actual.get("notice"))
    # An address is the key until the number is known; a notice whose number proved to be that of another gets
    # a key of its own. Newer entries say it by the id in their heading.
    if "heading" in entered or "/" in was or f"#{was}" in now:
        ignored.add("notice")
    if entry.is_superseded:
        # A version from the register is replaced as a whole; of an observed one, only the extraction.
        ignored |= set(entered) if entry.version and entry.version.kind == "register" else {"reading_sha256"}
    return sorted(name for name in entered if name not in ignored and entered[name] != actual.get(name))


def _compare_with_notice(
    entry: StoredEntry, entered: Mapping[str, object], actual: Mapping[str, object]
) -> Iterator[CustodyFault]:
    """Yield where the notice that a version belongs to differs from what was entered last."""
    heading, now = entered.get("heading"), actual.get("heading")
    names = ""
    if isinstance(heading, dict) and isinstance(now, dict):
        compared = heading if entry.is_newest_of_notice else {"id"}
        names = ", ".join(sorted(name for name in compared if heading[name] != now.get(name)))
    if names:
        what = f"notice {heading['key'] if isinstance(heading, dict) else ''} has other {names} than entered"
        yield CustodyFault(seq=entry.seq, kind="row altered", what=what)
    for table in entry.underivable_tables:
        what = f"the {table} of notice {entered.get('notice')} are not those of its newest reading"
        yield CustodyFault(seq=entry.seq, kind="row altered", what=what)


def compare_with_bytes(
    entry: StoredEntry, snapshot: SnapshotEntry, copy: StoredCopy
) -> Iterator[CustodyFault]:
    """Yield what is wrong with the archived copy of the bytes that an entry is about."""
    kind = copy.fault or ("bytes altered" if copy.size != snapshot.size else None)
    if kind is not None:
        yield CustodyFault(seq=entry.seq, kind=kind, what=f"{snapshot.sha256}, sent by {snapshot.url}")


def report_unlogged_row(row: UnloggedRow) -> CustodyFault:
    """Return the fault of a row that was stored without an entry."""
    return CustodyFault(seq=None, kind="row not entered", what=f"{row.table} {row.id} is in no entry")


def _has_same_subject(fields: Mapping[str, object], entry: StoredEntry) -> bool:
    """Return whether an entry is filed under the row that its line is about."""
    subject = fields.get("of")
    number = subject.get("id") if isinstance(subject, dict) else None
    match fields.get("what"):
        case "beginning":
            expected = (None, None, None)
        case "snapshot":
            expected = (number, None, None)
        case "opinion":
            expected = (None, None, number)
        case _:
            expected = (None, number, None)
    return (entry.snapshot_id, entry.version_id, entry.opinion_id) == expected


def _describe_subject(fields: Mapping[str, object]) -> str:
    subject = fields.get("of")
    if not isinstance(subject, dict):
        return "its subject"
    if fields.get("what") == "snapshot":
        return f"snapshot {subject.get('id')} of {subject.get('url')}"
    if fields.get("what") == "opinion":
        return f"opinion {subject.get('id')} on version {subject.get('version')}"
    return f"version {subject.get('id')} of {subject.get('notice')}"
