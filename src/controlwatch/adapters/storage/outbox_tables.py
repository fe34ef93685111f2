"""The tables of subscriptions, alerts and their deliveries. Instants are UTC."""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from controlwatch.adapters.storage.column_types import (
    BIG_KEY,
    TableRow,
    build_json_field,
    build_partial_index,
)


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


class AlertActionRow(TableRow, table=True):
    """An action on a delivered alert."""

    __tablename__ = "act"

    id: int | None = Field(default=None, primary_key=True)
    delivery_id: int = Field(foreign_key="delivery.id", index=True, sa_type=BIG_KEY)
    what: str  #: acknowledged, not relevant, assigned, due, muted
    who: str
    note: str = ""
    at: datetime


class FanoutRow(TableRow, table=True):
    """An alert that was not routed to all subscriptions yet: those up to this id have their deliveries."""

    __tablename__ = "fanout"

    alert_id: int = Field(primary_key=True, foreign_key="alert.id", sa_column_kwargs={"autoincrement": False})
    after_id: int
