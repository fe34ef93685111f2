"""The chain of custody: each entry records what was stored, and contains the hash of the entry before it.

An entry is a line of canonical JSON; its hash is the SHA-256 of that line. A change to a line changes its
hash, which the next line contains, and so on up to the head: a head noted elsewhere proves every line below
it. Fields may be added to an entry, none is ever changed or removed, so that old chains can be verified.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

from controlwatch.core.model.errors import UsageError

#: beginning: of the log itself; snapshot: bytes as sent; version: a notice as extracted;
#: reading: the new extraction of an existing version; opinion: what a second reader answered about one.
EntryKind = Literal["beginning", "snapshot", "version", "reading", "opinion"]

FORMAT_VERSION = 1
#: The previous hash of the first entry.
GENESIS_HASH = "0" * 64


def to_canonical_json(value: object) -> str:
    """Return JSON in its one form: sorted keys, no blanks, no escapes for Chinese."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def compute_fingerprint(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def format_instant(moment: datetime) -> str:
    """Return an aware instant in the form of the entries: UTC, with microseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotEntry:
    """A snapshot, with the fields that the chain records."""

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
        """Return the fields of an entry about it."""
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
        """The headers in the form that is hashed: a list of pairs, in the order sent."""
        return to_canonical_json([list(pair) for pair in self.headers])


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnexEntry:
    """An annex of a version."""

    url: str
    name: str
    sha256: str | None
    doubt: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressEntry:
    """An address at which a notice is published."""

    address: str  #: canonical
    url: str
    watcher: str
    first_seen_at: datetime
    differs: bool

    def to_log_fields(self) -> dict[str, object]:
        """Return the fields of an entry about it."""
        return {
            "address": self.address,
            "url": self.url,
            "watcher": self.watcher,
            "first_seen_at": format_instant(self.first_seen_at),
            "differs": self.differs,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeHeading:
    """A notice as the chain records it with each of its versions: heading facts, versions, addresses."""

    id: int
    key: str
    number: str | None
    title: str
    kind: str
    issuers: tuple[str, ...]
    published: date | None
    is_change: bool
    direction: str
    official: bool
    watcher: str
    url: str
    about: str | None
    first_seen_at: datetime
    newest_version: int | None
    versions: tuple[int, ...]
    addresses: tuple[AddressEntry, ...]

    def to_log_fields(self) -> dict[str, object]:
        """Return the fields of an entry about it."""
        return {
            "id": self.id,
            "key": self.key,
            "number": self.number,
            "title": self.title,
            "kind": self.kind,
            "issuers": list(self.issuers),
            "published": self.published.isoformat() if self.published else None,
            "is_change": self.is_change,
            "direction": self.direction,
            "official": self.official,
            "watcher": self.watcher,
            "url": self.url,
            "about": self.about,
            "first_seen_at": format_instant(self.first_seen_at),
            "newest_version": self.newest_version,
            "versions": list(self.versions),
            "addresses": [address.to_log_fields() for address in self.addresses],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionEntry:
    """A version of a notice, with the fields that the chain records."""

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
    difference: Mapping[str, object]  #: from the version before, and why no alert was made
    heading: NoticeHeading  #: of its notice, now

    def to_log_fields(self) -> dict[str, object]:
        """Return the fields of an entry about it."""
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
                {"url": annex.url, "name": annex.name, "sha256": annex.sha256, "doubt": annex.doubt}
                for annex in self.annexes
            ],
            "difference_sha256": compute_fingerprint(self.difference_text),
            "heading": self.heading.to_log_fields(),
        }

    @property
    def difference_text(self) -> str:
        """The difference from the version before in the form that is hashed."""
        return to_canonical_json(self.difference)

    @property
    def reading_text(self) -> str:
        """The extraction result in the form that is hashed."""
        return to_canonical_json(self.reading)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionEntry:
    """What a second reader answered about a version, with the fields that the chain records."""

    id: int
    version: int
    purpose: str
    language: str
    state: str
    prompt: str
    model: str
    host: str
    text_sha256: str  #: of the text that was sent
    asked_at: datetime
    answered_at: datetime
    tokens: int  #: of all tries, as estimated or as the host counted them
    answer: str
    outcome: Mapping[str, object]
    prose: str
    reason: str  #: why a translation or an explanation is not shown

    @property
    def outcome_text(self) -> str:
        """What follows from the answer in the form that is hashed."""
        return to_canonical_json(self.outcome)

    def to_log_fields(self) -> dict[str, object]:
        """Return the fields of an entry about it."""
        same = ("id", "version", "purpose", "language", "state", "prompt", "model", "host", "text_sha256")
        return {
            **{name: getattr(self, name) for name in (*same, "tokens", "reason")},
            "asked_at": format_instant(self.asked_at),
            "answered_at": format_instant(self.answered_at),
            "answer_sha256": compute_fingerprint(self.answer),
            "outcome_sha256": compute_fingerprint(self.outcome_text),
            "prose_sha256": compute_fingerprint(self.prose),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainHead:
    """The newest entry at some time: what an operator notes elsewhere."""

    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


EMPTY_HEAD = ChainHead(seq=0, hash=GENESIS_HASH)


def parse_head(text: str) -> ChainHead:
    """Parse a head as it was printed, SEQ:HASH; raises `UsageError`."""
    seq, _, digest = text.strip().partition(":")
    if not seq.isdecimal() or len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise UsageError(
            f"{text!r} is not a head of the log; write SEQ:HASH as `controlwatch verify` printed it"
        )
    return ChainHead(seq=int(seq), hash=digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """An entry about to be appended."""

    seq: int
    at: datetime  #: of the entry
    kind: EntryKind
    subject: Mapping[str, object]
    previous_hash: str
    is_late: bool = False  #: its subject was stored before the log began

    def to_line(self) -> str:
        """Return the line that is hashed."""
        fields = {
            "seq": self.seq,
            "at": format_instant(self.at),
            "what": self.kind,
            "of": self.subject,
            "before": self.previous_hash,
        }
        return to_canonical_json(fields | ({"late": True} if self.is_late else {}))

    def to_hashed_line(self) -> tuple[str, str]:
        """Return the line with its hash, which the next entry refers to."""
        line = self.to_line()
        return line, compute_fingerprint(line)


def parse_line(line: str) -> dict[str, object] | None:
    """Return the fields of a line, or None where it is not a JSON object."""
    try:
        fields = json.loads(line)
    except ValueError:
        return None
    return fields if isinstance(fields, dict) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntry:
    """A stored entry, with the stored row that it is about."""

    seq: int
    hash: str
    line: str
    snapshot_id: int | None = None
    version_id: int | None = None
    snapshot: SnapshotEntry | None = None
    opinion_id: int | None = None
    version: VersionEntry | None = None
    opinion: OpinionEntry | None = None
    is_superseded: bool = False  #: a later entry is about the same version
    is_newest_of_notice: bool = False  #: no later entry is about a version of the same notice
    #: tables whose rows about the notice do not follow from its newest reading
    underivable_tables: tuple[str, ...] = ()

    @property
    def is_late(self) -> bool:
        """Whether its subject was stored before the log began."""
        return bool((parse_line(self.line) or {}).get("late"))
