"""The tables: one for each noun of the glossary. Instants are UTC; columns refuse naive ones.

They are plain tables of SQLAlchemy: rows become values of the core, never objects of a mapper.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    Time,
    UniqueConstraint,
)

from controlwatch.adapters.storage.column_types import Json, UtcDateTime

METADATA = MetaData()

#: The state of a watcher after its last poll.
WATCHER = Table(
    "watcher",
    METADATA,
    Column("id", String, primary_key=True),
    Column("first_poll_at", UtcDateTime),
    Column("last_poll_at", UtcDateTime),
    Column("last_success_at", UtcDateTime),
    Column("failures", Integer, nullable=False, default=0),
    Column("failing_since", UtcDateTime),
    Column("kind", String),
    Column("reason", String),
    Column("concern", String, nullable=False, default=""),
    Column("concern_reason", Text, nullable=False),
    Column("concern_since", UtcDateTime),
    Column("learnt", Json, nullable=False),
    Column("whole_at", UtcDateTime),
    Column("rows", Integer, nullable=False, default=0),
    Column("newest", Date),
)

#: What was last notified of a source's trouble, as long as it lasts.
HEALTH_NOTICE = Table(
    "warned",
    METADATA,
    Column("watcher_id", String, primary_key=True),
    Column("times", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("word", String, nullable=False),
)

#: A poll that failed, or that found something new.
POLL = Table(
    "poll",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("watcher_id", String, nullable=False, index=True),
    Column("started_at", UtcDateTime, nullable=False, index=True),
    Column("outcome", String, nullable=False),
    Column("kind", String),
    Column("reason", String, nullable=False, default=""),
    Column("rows", Integer, nullable=False, default=0),
    Column("unseen", Integer, nullable=False, default=0),
    Column("read", Integer, nullable=False, default=0),
    Column("alerts", Integer, nullable=False, default=0),
)

#: The validators of the last body that was trusted.
RESOURCE = Table(
    "resource",
    METADATA,
    Column("url", String, primary_key=True),
    Column("etag", String),
    Column("last_modified", String),
    Column("sha256", String),
    Column("not_modified", Integer, nullable=False, default=0),
)

#: A tracked reference: a notice that a watcher's list page has shown.
REFERENCE = Table(
    "reference",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("watcher_id", String, nullable=False),
    Column("address", String, nullable=False),  #: canonical
    Column("url", String, nullable=False),  #: as listed
    Column("title", String, nullable=False),
    Column("listed_on", Date),
    Column("content", String),
    Column("rings", Boolean, nullable=False),
    Column("since", Date),
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("taken", Boolean, nullable=False, default=False),
    Column("next_look_at", UtcDateTime),
    Column("failures", Integer, nullable=False, default=0),
    Column("reason", String),
    Column("absent_since", UtcDateTime),
    Column("notice_id", Integer, ForeignKey("notice.id")),
    Column("held_at", UtcDateTime),  #: not read until a person decides; then it is due at no time
    UniqueConstraint("watcher_id", "address"),
    Index("reference_due", "watcher_id", "next_look_at"),
)

#: Bytes from a source: where from, when, and the SHA-256 under which the archive stores them.
SNAPSHOT = Table(
    "snapshot",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("watcher_id", String, nullable=False),
    Column("url", String, nullable=False, index=True),
    Column("final_url", String, nullable=False),
    Column("fetched_at", UtcDateTime, nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", Json, nullable=False),
    Column("sha256", String, nullable=False, index=True),
    Column("size", Integer, nullable=False),
)

#: A notice: the unit of everything.
NOTICE = Table(
    "notice",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("key", String, nullable=False, unique=True),  #: the number's key, else the canonical address
    Column("number", String, index=True),
    Column("title", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("issuers", Json, nullable=False),
    Column("published", Date, index=True),
    Column("is_change", Boolean, nullable=False),
    Column("direction", String, nullable=False),
    Column("official", Boolean, nullable=False),
    Column("rung", Boolean, nullable=False, default=False),
    Column("watcher_id", String, nullable=False),
    Column("url", String, nullable=False),
    Column("about", String, index=True),  #: for reports: key of the official notice
    Column("first_seen_at", UtcDateTime, nullable=False, index=True),
    Column("version_id", Integer),  #: latest version
)

#: An address at which a notice is published; the first one is the original, the others are copies.
ADDRESS = Table(
    "address",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("address", String, nullable=False, unique=True),
    Column("url", String, nullable=False),
    Column("notice_id", Integer, ForeignKey("notice.id"), nullable=False, index=True),
    Column("watcher_id", String, nullable=False),
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("version_id", Integer),  #: latest version at this address
    Column(
        "differs", Boolean, nullable=False, default=False
    ),  #: its words differ from the notice's own address
)

#: A notice as read at one address at one time.
VERSION = Table(
    "version",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("notice_id", Integer, ForeignKey("notice.id"), nullable=False, index=True),
    Column("address_id", Integer, ForeignKey("address.id"), nullable=False),
    Column("snapshot_id", Integer, ForeignKey("snapshot.id")),
    Column("kind", String, nullable=False),  #: new, amended, copy, reread
    Column("made_at", UtcDateTime, nullable=False),
    Column("title", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("fingerprint", String, nullable=False, index=True),
    Column("fallback", Boolean, nullable=False, default=False),
    Column("reading", Json, nullable=False),
    Column("redline", Json, nullable=False),
    Column("moved", Json, nullable=False),
    Column("quiet_because", String, nullable=False, default=""),
)

#: An annex of a version, and its bytes' SHA-256.
ANNEX = Table(
    "annex",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("version_id", Integer, ForeignKey("version.id"), nullable=False, index=True),
    Column("url", String, nullable=False),
    Column("name", String, nullable=False),
    Column("sha256", String),
    Column("doubt", String),
)

#: An entry of the chain of custody: its line is hashed, the other columns are for finding it.
CUSTODY = Table(
    "custody",
    METADATA,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("hash", String, nullable=False, unique=True),
    Column(
        "before", String, nullable=False, unique=True
    ),  #: two processes can never append to the same entry
    Column("snapshot_id", Integer, index=True),
    Column("version_id", Integer, index=True),
    Column("line", Text, nullable=False),
)

#: The state folder that this database belongs to: one row, with the mark that the folder bears too.
INSTALLATION = Table(
    "installation",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),  #: always 1
    Column("mark", String, nullable=False),
    Column("marked_at", UtcDateTime, nullable=False),
)

#: A conclusion of the latest version of a notice, with the quote that proves it.
FINDING = Table(
    "finding",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("notice_id", Integer, ForeignKey("notice.id"), nullable=False),
    Column("version_id", Integer, ForeignKey("version.id"), nullable=False),
    Column(
        "kind", String, nullable=False
    ),  #: category, possible, hs, control, destination, relation, effective, until, deadline
    Column("value", String, nullable=False),
    Column("basis", String, nullable=False, default=""),
    Column("scope", String, nullable=False, default=""),
    Column("start", Date),
    Column("until", Date),
    Column("quote", Text, nullable=False),
    # On PostgreSQL, `value` has the operator class of prefixes: migrations name it, which loads the dialect.
    Index("finding_value", "kind", "value"),
    Index("finding_start", "kind", "start"),
    Index("finding_notice", "notice_id", "kind"),
)

#: A party that the latest version of a notice lists, delists or suspends.
PARTY = Table(
    "party",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("notice_id", Integer, ForeignKey("notice.id"), nullable=False, index=True),
    Column("zh", String, nullable=False),
    Column("en", String, nullable=False),
    Column("action", String, nullable=False),
)

#: The register that was imported last, and when the first one was.
REGISTER_IMPORT = Table(
    "shipped",
    METADATA,
    Column("id", String, primary_key=True),
    Column("digest", String, nullable=False),
    Column("as_of", Date),
    Column("first_at", UtcDateTime, nullable=False),
    Column("loaded_at", UtcDateTime, nullable=False),
)

#: A key date with the reminders that were sent for it.
SCHEDULED_REMINDER = Table(
    "appointment",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("key", String, nullable=False),  #: of the notice
    Column("event", String, nullable=False),
    Column("slot", String, nullable=False),
    Column("day", Date, nullable=False, index=True),
    Column("known_on", Date, nullable=False),
    Column("lead", Integer),
    Column("told", Boolean, nullable=False, default=False),
    UniqueConstraint("key", "event", "slot"),
)

#: An action on a delivered alert.
ALERT_ACTION = Table(
    "act",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("delivery_id", Integer, ForeignKey("delivery.id"), nullable=False, index=True),
    Column("what", String, nullable=False),  #: acknowledged, not relevant, assigned, due, muted
    Column("who", String, nullable=False),
    Column("note", String, nullable=False, default=""),
    Column("at", UtcDateTime, nullable=False),
)

#: A lead to check: a number that a series skips.
LEAD = Table(
    "lead",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("subject", String, nullable=False, unique=True),  #: a number's key
    Column("kind", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("raised_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    Column("closed_by", String),
)

#: An alert.
ALERT = Table(
    "alert",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("made_at", UtcDateTime, nullable=False, index=True),
    Column("title", String, nullable=False),
    Column("watcher_id", String, nullable=False),
    Column("notice_id", Integer, ForeignKey("notice.id"), index=True),
    Column("version_id", Integer, ForeignKey("version.id")),
    Column("payload", Json, nullable=False),
)

#: A subscription: criteria, target and times.
SUBSCRIPTION = Table(
    "subscription",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("channel", String, nullable=False),
    Column("target", String, nullable=False),
    Column("categories", Json, nullable=False),
    Column("issuers", Json, nullable=False),
    Column("directions", Json, nullable=False),
    Column("destinations", Json, nullable=False),
    Column("hs_prefixes", Json, nullable=False),
    Column("terms", Json, nullable=False),
    Column("rate", String, nullable=False),
    Column("at", Time, nullable=False),
    Column("weekday", Integer, nullable=False),
    Column("timezone", String, nullable=False),
    Column("quiet_from", Time),
    Column("quiet_to", Time),
    Column("language", String, nullable=False),
    Column("reports", Boolean, nullable=False),
    Column("health", Boolean, nullable=False),
    Column("reminders", Boolean, nullable=False, default=True),
    Column("outlook", Boolean, nullable=False, default=False),
    Column("outlook_on", Date),  #: the day, in its time zone, of the last outlook
    Column("active", Boolean, nullable=False, default=True),
    Column("paused_reason", String),
    Column("paused_at", UtcDateTime),
    Column("confirmed", Boolean, nullable=False, default=True),
    Column("owner", String, nullable=False, default=""),
    Column("escalate_after", Integer, nullable=False, default=0),
    Column("escalate_to", String, nullable=False, default=""),
    Column("muted", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

#: One alert to one subscription: pending → leased → sent, pending again, or refused; muted stays.
DELIVERY = Table(
    "delivery",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("alert_id", Integer, ForeignKey("alert.id"), nullable=False),
    Column("subscription_id", Integer, ForeignKey("subscription.id"), nullable=False),
    Column("state", String, nullable=False, default="pending"),  #: pending, leased, sent, refused, muted
    Column(
        "addressee", String, nullable=False, default=""
    ),  #: the recipient, where that is not the subscription's own target
    Column("follows", Integer),  #: id of the delivery that it repeats
    Column("taken_at", UtcDateTime),  #: when a reader took it on: it is not escalated
    Column("closed_at", UtcDateTime),  #: when a reader closed it
    Column("escalated_at", UtcDateTime),  #: when it was escalated; when it was sent, where escalation is off
    Column("wanted_by", Date, index=True),  #: its due day; none once the reminder was sent
    Column("due_at", UtcDateTime, nullable=False),
    Column("why", String, nullable=False, default=""),
    Column("key", String, nullable=False, unique=True),
    Column("message", String),  #: key of the first delivery of its message, sent or perhaps sent
    Column("attempts", Integer, nullable=False, default=0),
    Column("lease_until", UtcDateTime),
    Column("lease_owner", String),
    Column("sent_at", UtcDateTime),
    Column("receipt", String),
    Column("reason", String),
    UniqueConstraint("alert_id", "subscription_id"),
    Index("delivery_due", "state", "due_at"),
)
