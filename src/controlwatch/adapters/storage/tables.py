"""The tables: one class for each noun of the glossary. Instants are UTC; columns refuse naive ones."""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from controlwatch.adapters.storage.column_types import (
    BIG_KEY,
    TableRow,
    build_json_field,
    build_partial_index,
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


class AlertActionRow(TableRow, table=True):
    """An action on a delivered alert."""

    __tablename__ = "act"

    id: int | None = Field(default=None, primary_key=True)
    delivery_id: int = Field(foreign_key="delivery.id", index=True, sa_type=BIG_KEY)
    what: str  #: acknowledged, not relevant, assigned, due, muted
    who: str
    note: str = ""
    at: datetime


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


class AlertRow(TableRow, table=True):
    """An alert."""

    __tablename__ = "alert"

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    made_at: datetime = Field(index=True)
    title: str
    watcher_id: str
    notice_id: int | None = Field(default=None, foreign_key="notice.id", index=True)
    version_id: int | None = Field(default=None, foreign_key="version.id")
    payload: dict[str, Any] = build_json_field()


class SubscriptionRow(TableRow, table=True):
    """A subscription: criteria, target and times."""

    __tablename__ = "subscription"
    __table_args__ = (Index("subscription_target", "target", "channel"),)

    id: int | None = Field(default=None, primary_key=True)
    channel: str
    target: str
    categories: list[str] = build_json_field()
    issuers: list[str] = build_json_field()
    directions: list[str] = build_json_field()
    destinations: list[str] = build_json_field()
    hs_prefixes: list[str] = build_json_field()
    terms: list[str] = build_json_field()
    rate: str
    at: time
    weekday: int
    timezone: str
    quiet_from: time | None = None
    quiet_to: time | None = None
    language: str
    reports: bool
    health: bool
    reminders: bool = True
    outlook: bool = False
    outlook_on: date | None = None  #: the day, in its time zone, of the last outlook
    active: bool = True
    paused_reason: str | None = None
    paused_at: datetime | None = None
    confirmed: bool = True
    owner: str = ""
    escalate_after: int = 0
    escalate_to: str = ""
    muted: list[dict[str, str]] = build_json_field()
    created_at: datetime


class DeliveryRow(TableRow, table=True):
    """One alert to one subscription: pending → leased → sent, pending again, or refused; muted stays."""

    __tablename__ = "delivery"
    # What is done each minute reads a partial index: its cost follows what is open, not all that was sent.
    __table_args__ = (
        UniqueConstraint("alert_id", "subscription_id"),
        build_partial_index("delivery_pending", "channel", "due_at", where="state = 'pending'"),
        build_partial_index("delivery_leased", "lease_until", where="state = 'leased'"),
        build_partial_index(
            "delivery_fresh", "subscription_id", "due_at", where="state = 'pending' AND message IS NULL"
        ),
        build_partial_index(
            "delivery_tried", "subscription_id", where="state <> 'sent' AND message IS NOT NULL"
        ),
        build_partial_index("delivery_recent", "subscription_id", "sent_at", where="state = 'sent'"),
        build_partial_index("delivery_wanted", "wanted_by", where="wanted_by IS NOT NULL"),
        Index("delivery_log", "subscription_id", "id"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_KEY)
    alert_id: int = Field(foreign_key="alert.id")
    subscription_id: int = Field(foreign_key="subscription.id")
    state: str = "pending"  #: pending, leased, sent, refused, muted
    channel: str = Field(default="", sa_column_kwargs={"server_default": ""})  #: of the subscription
    addressee: str = ""  #: the recipient, where that is not the subscription's own target
    follows: int | None = Field(default=None, sa_type=BIG_KEY)  #: id of the delivery that it repeats
    taken_at: datetime | None = None  #: when a reader took it on: it is not escalated
    closed_at: datetime | None = None  #: when a reader closed it
    escalated_at: datetime | None = None  #: when it was escalated; when it was sent, where escalation is off
    wanted_by: date | None = None  #: its due day; none once the reminder was sent
    due_at: datetime
    why: str = ""
    key: str = Field(unique=True)
    message: str | None = None  #: key of the first delivery of its message, sent or perhaps sent
    attempts: int = 0
    lease_until: datetime | None = None
    lease_owner: str | None = None
    sent_at: datetime | None = None
    receipt: str | None = None
    reason: str | None = None


class FanoutRow(TableRow, table=True):
    """An alert that was not routed to all subscriptions yet: those up to this id have their deliveries."""

    __tablename__ = "fanout"

    alert_id: int = Field(primary_key=True, foreign_key="alert.id", sa_column_kwargs={"autoincrement": False})
    after_id: int
