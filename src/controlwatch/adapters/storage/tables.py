"""The tables: one class for each noun of the glossary. Instants are UTC; columns refuse naive ones."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from controlwatch.adapters.storage.column_types import (
    TableRow,
    build_json_field,
    build_text_field,
)


class WatcherRow(TableRow, table=True):
    """The state of a watcher after its last poll."""

    __tablename__ = "watcher"

    id: str = Field(primary_key=True)
    first_poll_at: datetime | None = None
    last_poll_at: datetime | None = None
    last_success_at: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None
    kind: str | None = None
    reason: str | None = None
    retry_at: datetime | None = None
    concern: str = ""
    concern_reason: str = build_text_field(default="")
    concern_since: datetime | None = None
    learnt: dict[str, Any] = build_json_field()
    whole_at: datetime | None = None
    rows: int = 0
    newest: date | None = None
    epoch: int = Field(
        default=0, sa_column_kwargs={"server_default": "0"}
    )  #: raised by each worker that polls it


class HealthNoticeRow(TableRow, table=True):
    """What was last notified of a source's trouble, as long as it lasts."""

    __tablename__ = "warned"

    watcher_id: str = Field(primary_key=True)
    times: int
    at: datetime
    since: datetime
    word: str


class PollRow(TableRow, table=True):
    """A poll that failed, or that found something new."""

    __tablename__ = "poll"

    id: int | None = Field(default=None, primary_key=True)
    watcher_id: str = Field(index=True)
    started_at: datetime = Field(index=True)
    outcome: str
    kind: str | None = None
    reason: str = ""
    rows: int = 0
    unseen: int = 0
    read: int = 0
    alerts: int = 0


class ResourceRow(TableRow, table=True):
    """The validators of the last body that was trusted."""

    __tablename__ = "resource"

    url: str = Field(primary_key=True)
    etag: str | None = None
    last_modified: str | None = None
    sha256: str | None = None
    not_modified: int = 0


class ReferenceRow(TableRow, table=True):
    """A tracked reference: a notice that a watcher's list page has shown."""

    __tablename__ = "reference"
    __table_args__ = (
        UniqueConstraint("watcher_id", "address"),
        Index("reference_due", "watcher_id", "next_look_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    watcher_id: str
    address: str  #: canonical
    url: str  #: as listed
    title: str
    listed_on: date | None = None
    content: str | None = None
    rings: bool
    since: date | None = None
    first_seen_at: datetime
    taken: bool = False
    next_look_at: datetime | None = None
    failures: int = 0
    reason: str | None = None
    absent_since: datetime | None = None
    notice_id: int | None = Field(default=None, foreign_key="notice.id")
    held_at: datetime | None = None  #: not read until a person decides; then it is due at no time
    prior_title: str | None = None  #: as listed when the page was last read, where the row has changed since


class SnapshotRow(TableRow, table=True):
    """Bytes from a source: where from, when, and the SHA-256 under which the archive stores them."""

    __tablename__ = "snapshot"

    id: int | None = Field(default=None, primary_key=True)
    watcher_id: str
    url: str = Field(index=True)
    final_url: str
    fetched_at: datetime
    status: int
    headers: list[list[str]] = build_json_field()
    sha256: str = Field(index=True)
    size: int


class NoticeRow(TableRow, table=True):
    """A notice: the unit of everything."""

    __tablename__ = "notice"

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)  #: the number's key, else the canonical address
    number: str | None = Field(default=None, index=True)
    title: str
    kind: str
    issuers: list[str] = build_json_field()
    published: date | None = Field(default=None, index=True)
    is_change: bool
    direction: str
    official: bool
    rung: bool = False
    watcher_id: str
    url: str
    about: str | None = Field(default=None, index=True)  #: for reports: key of the official notice
    first_seen_at: datetime = Field(index=True)
    version_id: int | None = None  #: latest version


class AddressRow(TableRow, table=True):
    """An address at which a notice is published; the first one is the original, the others are copies."""

    __tablename__ = "address"

    id: int | None = Field(default=None, primary_key=True)
    address: str = Field(unique=True)
    url: str
    notice_id: int = Field(foreign_key="notice.id", index=True)
    watcher_id: str
    first_seen_at: datetime
    version_id: int | None = None  #: latest version at this address
    differs: bool = False  #: its words differ from the notice's own address


class VersionRow(TableRow, table=True):
    """A notice as read at one address at one time."""

    __tablename__ = "version"

    id: int | None = Field(default=None, primary_key=True)
    notice_id: int = Field(foreign_key="notice.id", index=True)
    address_id: int = Field(foreign_key="address.id")
    snapshot_id: int | None = Field(default=None, foreign_key="snapshot.id")
    kind: str  #: new, amended, copy, reread
    made_at: datetime = Field(index=True)
    title: str
    text: str = build_text_field()
    fingerprint: str = Field(index=True)
    fallback: bool = False
    reading: dict[str, Any] = build_json_field()
    redline: list[list[str]] = build_json_field()
    moved: list[str] = build_json_field()
    quiet_because: str = ""


class AnnexRow(TableRow, table=True):
    """An annex of a version, and its bytes' SHA-256."""

    __tablename__ = "annex"

    id: int | None = Field(default=None, primary_key=True)
    version_id: int = Field(foreign_key="version.id", index=True)
    url: str
    name: str
    sha256: str | None = None
    doubt: str | None = None


class CustodyRow(TableRow, table=True):
    """An entry of the chain of custody: its line is hashed, the other columns are for finding it."""

    __tablename__ = "custody"

    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    hash: str = Field(unique=True)
    before: str = Field(unique=True)  #: two processes can never append to the same entry
    snapshot_id: int | None = Field(default=None, index=True)
    version_id: int | None = Field(default=None, index=True)
    opinion_id: int | None = Field(default=None, index=True)
    line: str = build_text_field()


class InstallationRow(TableRow, table=True):
    """The state folder that this database belongs to: one row, with the mark that the folder bears too."""

    __tablename__ = "installation"

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})  #: always 1
    mark: str
    marked_at: datetime


class FindingRow(TableRow, table=True):
    """A conclusion of the latest version of a notice, with the quote that proves it."""

    __tablename__ = "finding"
    __table_args__ = (
        # On PostgreSQL, `value` has the operator class of prefixes, which migrations name.
        Index("finding_value", "kind", "value"),
        Index("finding_start", "kind", "start"),
        Index("finding_notice", "notice_id", "kind"),
    )

    id: int | None = Field(default=None, primary_key=True)
    notice_id: int = Field(foreign_key="notice.id")
    version_id: int = Field(foreign_key="version.id")
    kind: str  #: category, possible, hs, control, destination, relation, effective, until, deadline
    value: str
    basis: str = ""
    scope: str = ""
    start: date | None = None
    until: date | None = None
    quote: str = build_text_field()


class PartyRow(TableRow, table=True):
    """A party that the latest version of a notice lists, delists or suspends."""

    __tablename__ = "party"

    id: int | None = Field(default=None, primary_key=True)
    notice_id: int = Field(foreign_key="notice.id", index=True)
    zh: str
    en: str
    action: str


class RegisterImportRow(TableRow, table=True):
    """The register that was imported last, and when the first one was."""

    __tablename__ = "shipped"

    id: str = Field(primary_key=True)
    digest: str
    as_of: date | None = None
    first_at: datetime
    loaded_at: datetime


class ScheduledReminderRow(TableRow, table=True):
    """A key date with the reminders that were sent for it."""

    __tablename__ = "appointment"
    __table_args__ = (UniqueConstraint("key", "event", "slot"),)

    id: int | None = Field(default=None, primary_key=True)
    key: str  #: of the notice
    event: str
    slot: str
    day: date = Field(index=True)
    known_on: date
    lead: int | None = None
    told: bool = False


class LeadRow(TableRow, table=True):
    """A lead to check: a number that a series skips."""

    __tablename__ = "lead"

    id: int | None = Field(default=None, primary_key=True)
    subject: str = Field(unique=True)  #: a number's key
    kind: str
    reason: str = build_text_field()
    raised_at: datetime
    closed_at: datetime | None = None
    closed_by: str | None = None
