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
What = Literal["beginning", "snapshot", "version", "reading"]

FORM = 1
#: What stands in the place of the hash before the first entry.
BEFORE_ALL = "0" * 64
#: What a version is called at the time; a number may be learnt later.
PASSING = frozenset({"notice"})


def canonical_json(value: object) -> str:
    """Return the one way to write a JSON value: keys in order, no blanks, Chinese as Chinese."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def fingerprint_of(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def instant(moment: datetime) -> str:
    """Return an aware instant as every entry writes it: UTC, with microseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
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

    def said(self) -> dict[str, object]:
        """Return what an entry says of it."""
        return {
            "id": self.id,
            "watcher": self.watcher,
            "url": self.url,
            "final_url": self.final_url,
            "fetched_at": instant(self.fetched_at),
            "status": self.status,
            "headers_sha256": fingerprint_of(self.headers_text),
            "bytes_sha256": self.sha256,
            "size": self.size,
        }

    @property
    def headers_text(self) -> str:
        """The headers as they are hashed: a list of pairs, in the order sent."""
        return canonical_json([list(pair) for pair in self.headers])


@dataclass(frozen=True, slots=True, kw_only=True)
class Hung:
    """An annex of a version."""

    url: str
    name: str
    sha256: str | None
    doubt: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
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
    annexes: tuple[Hung, ...]

    def said(self) -> dict[str, object]:
        """Return what an entry says of it."""
        return {
            "id": self.id,
            "notice": self.notice,
            "kind": self.kind,
            "made_at": instant(self.made_at),
            "url": self.url,
            "title": self.title,
            "fingerprint": self.fingerprint,
            "text_sha256": fingerprint_of(self.text),
            "reading_sha256": fingerprint_of(self.reading_text),
            "snapshot": self.snapshot,
            "annexes": [
                {"url": one.url, "name": one.name, "sha256": one.sha256, "doubt": one.doubt}
                for one in self.annexes
            ],
        }

    @property
    def reading_text(self) -> str:
        """The reading as it is hashed."""
        return canonical_json(self.reading)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The newest entry at some time: what to note elsewhere."""

    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


NOTHING = Head(seq=0, hash=BEFORE_ALL)


def noted(text: str) -> Head:
    """Read a head as it was printed, SEQ:HASH; raises `UsageError`."""
    seq, _, hashed = text.strip().partition(":")
    if not seq.isdecimal() or len(hashed) != 64 or not set(hashed) <= set("0123456789abcdef"):
        raise UsageError(
            f"{text!r} is no head of the log; write SEQ:HASH as `controlwatch verify` printed it"
        )
    return Head(seq=int(seq), hash=hashed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry about to be written after another."""

    seq: int
    at: datetime  #: of the entering
    what: What
    of: Mapping[str, object]
    before: str
    late: bool = False  #: what it speaks of was held before the log began

    def line(self) -> str:
        """Return the line that is hashed."""
        said = {
            "seq": self.seq,
            "at": instant(self.at),
            "what": self.what,
            "of": self.of,
            "before": self.before,
        }
        return canonical_json(said | ({"late": True} if self.late else {}))


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
class Fault:
    """Something that is not as it was entered."""

    seq: int | None  #: of the entry; None where there is none
    kind: FaultKind
    what: str  #: one sentence

    def __str__(self) -> str:
        return f"{f'entry {self.seq}: ' if self.seq else ''}{self.kind}: {self.what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """How the archive's copy of some bytes stands."""

    size: int = 0  #: of the bytes as far as they can be read
    fault: FaultKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An entry as the store holds it, with what the store holds of what it speaks of."""

    seq: int
    hash: str
    line: str
    snapshot_id: int | None = None
    version_id: int | None = None
    snapshot: Kept | None = None
    version: Understood | None = None
    superseded: bool = False  #: a later entry speaks of the same version

    @property
    def late(self) -> bool:
        """Whether what it speaks of was held before the log began."""
        return bool((_read(self.line) or {}).get("late"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Loose:
    """A row that no entry speaks of."""

    table: Literal["snapshot", "version"]
    id: int


@dataclass(slots=True)
class Follower:
    """Follows a chain from its beginning, or from any entry, and says where it breaks."""

    last: Head | None = NOTHING  #: None: the first entry seen is taken as it is

    def follow(self, link: Link) -> Iterator[Fault]:
        """Take the next entry; yield what is wrong with it, the worst last."""
        last, self.last = self.last, Head(seq=link.seq, hash=link.hash)
        if fingerprint_of(link.line) != link.hash:
            yield Fault(seq=link.seq, kind="entry altered", what="its words do not give its hash")
            return
        said = _read(link.line)
        if said is None or said.get("seq") != link.seq:
            place = said.get("seq") if said else "?"
            yield Fault(
                seq=link.seq,
                kind="entry out of place",
                what=f"it was written as entry {place}, and stands at place {link.seq}",
            )
        elif not _same_subject(said, link):
            yield Fault(seq=link.seq, kind="entry altered", what="it is filed under another row than its own")
        if last is not None:
            yield from _joined(last, link, said or {})


def _joined(last: Head, link: Link, said: Mapping[str, object]) -> Iterator[Fault]:
    if link.seq != last.seq + 1:
        missing = f"{last.seq + 1}" if link.seq == last.seq + 2 else f"{last.seq + 1} to {link.seq - 1}"
        kind: FaultKind = "entries missing" if last.seq else "beginning missing"
        yield Fault(seq=link.seq, kind=kind, what=f"before it, {missing} should stand")
    elif said.get("before") != last.hash:
        yield Fault(
            seq=link.seq,
            kind="chain broken",
            what=f"it does not hold the hash of entry {last.seq}: one of the two was written anew",
        )


def held_against(link: Link) -> Iterator[Fault]:
    """Yield where the row that an entry speaks of differs from what was entered."""
    said = _read(link.line)
    if said is None or said.get("what") == "beginning":
        return
    entered = said.get("of")
    row = link.snapshot or link.version
    if row is None or not isinstance(entered, dict):
        yield Fault(seq=link.seq, kind="row missing", what=f"{_named(said)} is gone from the store")
        return
    passing = set(PASSING)
    if link.superseded:
        # What the register says of a notice is replaced as a whole; of what was observed, only the reading.
        passing |= set(entered) if link.version and link.version.kind == "register" else {"reading_sha256"}
    actual = row.said()
    differing = sorted(name for name in entered if name not in passing and entered[name] != actual.get(name))
    if differing:
        words = ", ".join(name.removesuffix("_sha256") for name in differing)
        yield Fault(seq=link.seq, kind="row altered", what=f"{_named(said)} has other {words} than entered")


def against_copy(link: Link, kept: Kept, copy: Copy) -> Iterator[Fault]:
    """Yield what is wrong with the archive's copy of the bytes that an entry speaks of."""
    kind = copy.fault or ("bytes altered" if copy.size != kept.size else None)
    if kind is not None:
        yield Fault(seq=link.seq, kind=kind, what=f"{kept.sha256}, sent by {kept.url}")


def not_entered(loose: Loose) -> Fault:
    """Return that a row has come into the store past the log."""
    return Fault(seq=None, kind="row not entered", what=f"{loose.table} {loose.id} is in no entry")


def _read(line: str) -> dict[str, object] | None:
    try:
        said = json.loads(line)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def _same_subject(said: Mapping[str, object], link: Link) -> bool:
    of = said.get("of")
    subject = of.get("id") if isinstance(of, dict) else None
    match said.get("what"):
        case "beginning":
            return (link.snapshot_id, link.version_id) == (None, None)
        case "snapshot":
            return (link.snapshot_id, link.version_id) == (subject, None)
        case _:
            return (link.snapshot_id, link.version_id) == (None, subject)


def _named(said: Mapping[str, object]) -> str:
    of = said.get("of")
    if not isinstance(of, dict):
        return "what it speaks of"
    if said.get("what") == "snapshot":
        return f"snapshot {of.get('id')} of {of.get('url')}"
    return f"version {of.get('id')} of {of.get('notice')}"
