"""The chain of custody: each entry says what was kept, and holds the hash of the entry before it.

An entry is a line of canonical JSON; its hash is the SHA-256 of that line. Whoever changes a line changes
its hash, which the next line holds, and so on up to the head: whoever noted a head proves every line
below it. The form of an entry is never changed, so that old chains can be verified.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from controlwatch.core.model.errors import UsageError

#: beginning: of the log itself; snapshot: bytes as sent; version: a notice as read;
#: reading: a version that is understood otherwise than before, in its place.
EntryKind = Literal["beginning", "snapshot", "version", "reading"]

FORMAT_VERSION = 1
#: What stands in the place of the hash before the first entry.
GENESIS_HASH = "0" * 64
#: What a version is called at the time; a number may be learnt later.
MUTABLE_FIELDS = frozenset({"notice"})


def to_canonical_json(value: object) -> str:
    """Return the one way to write a JSON value: keys in order, no blanks, Chinese as Chinese."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def compute_fingerprint(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def format_instant(moment: datetime) -> str:
    """Return an aware instant as every entry writes it: UTC, with microseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotEntry:
    """Bytes as sent, as far as the chain speaks of them."""

    id: int
    watcher: str
    url: str
    final_url: str
    fetched_at: datetime
    status: int
    headers: tuple[tuple[str, str], ...]
    sha256: str
    size: int

    def to_log_fields(self) -> dict[str, object]:
        """Return what an entry says of it."""
        return {
            "id": self.id,
            "watcher": self.watcher,
            "url": self.url,
            "final_url": self.final_url,
            "fetched_at": format_instant(self.fetched_at),
            "status": self.status,
            "headers_sha256": compute_fingerprint(self.headers_text),
            "bytes_sha256": self.sha256,
            "size": self.size,
        }

    @property
    def headers_text(self) -> str:
        """The headers as they are hashed: a list of pairs, in the order sent."""
        return to_canonical_json([list(pair) for pair in self.headers])


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnexEntry:
    """An annex of a version."""

    url: str
    name: str
    sha256: str | None
    doubt: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionEntry:
    """A notice as read, as far as the chain speaks of it."""

    id: int
    notice: str  #: its key
    kind: str
    made_at: datetime
    url: str
    title: str
    fingerprint: str
    text: str
    reading: Mapping[str, object]
    snapshot: int | None
    annexes: tuple[AnnexEntry, ...]

    def to_log_fields(self) -> dict[str, object]:
        """Return what an entry says of it."""
        return {
            "id": self.id,
            "notice": self.notice,
            "kind": self.kind,
            "made_at": format_instant(self.made_at),
            "url": self.url,
            "title": self.title,
            "fingerprint": self.fingerprint,
            "text_sha256": compute_fingerprint(self.text),
            "reading_sha256": compute_fingerprint(self.reading_text),
            "snapshot": self.snapshot,
            "annexes": [
                {"url": one.url, "name": one.name, "sha256": one.sha256, "doubt": one.doubt}
                for one in self.annexes
            ],
        }

    @property
    def reading_text(self) -> str:
        """The reading as it is hashed."""
        return to_canonical_json(self.reading)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainHead:
    """The newest entry at some time: what to note elsewhere."""

    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


EMPTY_HEAD = ChainHead(seq=0, hash=GENESIS_HASH)


def parse_head(text: str) -> ChainHead:
    """Read a head as it was printed, SEQ:HASH; raises `UsageError`."""
    seq, _, hashed = text.strip().partition(":")
    if not seq.isdecimal() or len(hashed) != 64 or not set(hashed) <= set("0123456789abcdef"):
        raise UsageError(
            f"{text!r} is no head of the log; write SEQ:HASH as `controlwatch verify` printed it"
        )
    return ChainHead(seq=int(seq), hash=hashed)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """An entry about to be written after another."""

    seq: int
    at: datetime  #: of the entering
    kind: EntryKind
    subject: Mapping[str, object]
    previous_hash: str
    is_late: bool = False  #: what it speaks of was held before the log began

    def to_line(self) -> str:
        """Return the line that is hashed."""
        said = {
            "seq": self.seq,
            "at": format_instant(self.at),
            "what": self.kind,
            "of": self.subject,
            "before": self.previous_hash,
        }
        return to_canonical_json(said | ({"late": True} if self.is_late else {}))


# --------------------------------------------------------------------------- the proof

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
    """Something that is not as it was entered."""

    seq: int | None  #: of the entry; None where there is none
    kind: FaultKind
    what: str  #: one sentence

    def __str__(self) -> str:
        return f"{f'entry {self.seq}: ' if self.seq else ''}{self.kind}: {self.what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCopy:
    """How the archive's copy of some bytes stands."""

    size: int = 0  #: of the bytes as far as they can be read
    fault: FaultKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntry:
    """An entry as the store holds it, with what the store holds of what it speaks of."""

    seq: int
    hash: str
    line: str
    snapshot_id: int | None = None
    version_id: int | None = None
    snapshot: SnapshotEntry | None = None
    version: VersionEntry | None = None
    is_superseded: bool = False  #: a later entry speaks of the same version

    @property
    def is_late(self) -> bool:
        """Whether what it speaks of was held before the log began."""
        return bool((_parse_line(self.line) or {}).get("late"))


@dataclass(frozen=True, slots=True, kw_only=True)
class UnloggedRow:
    """A row that no entry speaks of."""

    table: Literal["snapshot", "version"]
    id: int


@dataclass(slots=True)
class ChainChecker:
    """Follows a chain from its beginning, or from any entry, and says where it breaks."""

    last: ChainHead | None = EMPTY_HEAD  #: None: the first entry seen is taken as it is

    def check_next(self, link: StoredEntry) -> Iterator[CustodyFault]:
        """Take the next entry; yield what is wrong with it, the worst last."""
        last, self.last = self.last, ChainHead(seq=link.seq, hash=link.hash)
        if compute_fingerprint(link.line) != link.hash:
            yield CustodyFault(seq=link.seq, kind="entry altered", what="its words do not give its hash")
            return
        said = _parse_line(link.line)
        if said is None or said.get("seq") != link.seq:
            place = said.get("seq") if said else "?"
            yield CustodyFault(
                seq=link.seq,
                kind="entry out of place",
                what=f"it was written as entry {place}, and stands at place {link.seq}",
            )
        elif not _has_same_subject(said, link):
            yield CustodyFault(
                seq=link.seq, kind="entry altered", what="it is filed under another row than its own"
            )
        if last is not None:
            yield from _check_succession(last, link, said or {})


def _check_succession(
    last: ChainHead, link: StoredEntry, said: Mapping[str, object]
) -> Iterator[CustodyFault]:
    if link.seq != last.seq + 1:
        missing = f"{last.seq + 1}" if link.seq == last.seq + 2 else f"{last.seq + 1} to {link.seq - 1}"
        kind: FaultKind = "entries missing" if last.seq else "beginning missing"
        yield CustodyFault(seq=link.seq, kind=kind, what=f"before it, {missing} should stand")
    elif said.get("before") != last.hash:
        yield CustodyFault(
            seq=link.seq,
            kind="chain broken",
            what=f"it does not hold the hash of entry {last.seq}: one of the two was written anew",
        )


def compare_with_row(link: StoredEntry) -> Iterator[CustodyFault]:
    """Yield where the row that an entry speaks of differs from what was entered."""
    said = _parse_line(link.line)
    if said is None or said.get("what") == "beginning":
        return
    entered = said.get("of")
    row = link.snapshot or link.version
    if row is None or not isinstance(entered, dict):
        yield CustodyFault(
            seq=link.seq, kind="row missing", what=f"{_describe_subject(said)} is gone from the store"
        )
        return
    passing = set(MUTABLE_FIELDS)
    if link.is_superseded:
        # What the register says of a notice is replaced as a whole; of what was observed, only the reading.
        passing |= set(entered) if link.version and link.version.kind == "register" else {"reading_sha256"}
    actual = row.to_log_fields()
    differing = sorted(name for name in entered if name not in passing and entered[name] != actual.get(name))
    if differing:
        words = ", ".join(name.removesuffix("_sha256") for name in differing)
        yield CustodyFault(
            seq=link.seq, kind="row altered", what=f"{_describe_subject(said)} has other {words} than entered"
        )


def compare_with_bytes(link: StoredEntry, kept: SnapshotEntry, copy: StoredCopy) -> Iterator[CustodyFault]:
    """Yield what is wrong with the archive's copy of the bytes that an entry speaks of."""
    kind = copy.fault or ("bytes altered" if copy.size != kept.size else None)
    if kind is not None:
        yield CustodyFault(seq=link.seq, kind=kind, what=f"{kept.sha256}, sent by {kept.url}")


def report_unlogged_row(loose: UnloggedRow) -> CustodyFault:
    """Return that a row has come into the store past the log."""
    return CustodyFault(seq=None, kind="row not entered", what=f"{loose.table} {loose.id} is in no entry")


def _parse_line(line: str) -> dict[str, object] | None:
    try:
        said = json.loads(line)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def _has_same_subject(said: Mapping[str, object], link: StoredEntry) -> bool:
    of = said.get("of")
    subject = of.get("id") if isinstance(of, dict) else None
    match said.get("what"):
        case "beginning":
            return (link.snapshot_id, link.version_id) == (None, None)
        case "snapshot":
            return (link.snapshot_id, link.version_id) == (subject, None)
        case _:
            return (link.snapshot_id, link.version_id) == (None, subject)


def _describe_subject(said: Mapping[str, object]) -> str:
    of = said.get("of")
    if not isinstance(of, dict):
        return "what it speaks of"
    if said.get("what") == "snapshot":
        return f"snapshot {of.get('id')} of {of.get('url')}"
    return f"version {of.get('id')} of {of.get('notice')}"
