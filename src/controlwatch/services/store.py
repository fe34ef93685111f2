"""The store as the entry points use it: one Protocol for each of its parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Protocol

from controlwatch.core.alerting.delivery_lines import DeliveryLine, ReplayResult
from controlwatch.core.alerting.follow_up import AcknowledgeResult, Action, ActionRecord
from controlwatch.core.evidence.custody import ChainHead
from controlwatch.core.law.answers import AlertEvidence, AlertLine, DeliveryReason
from controlwatch.core.law.calendar_plan import CalendarEvent
from controlwatch.core.law.register import Register
from controlwatch.core.model import ChannelName, Mute
from controlwatch.services.account_records import AuditRecords, PeopleRecords, SessionRecords
from controlwatch.services.bounces import SentMails
from controlwatch.services.copy_archive import TimestampCollection
from controlwatch.services.element_queries import ElementSource
from controlwatch.services.import_subscriptions import SubscriptionChanges
from controlwatch.services.ingest import Matching
from controlwatch.services.legal_sources import HistorySource, LegalSource, RegisterSource
from controlwatch.services.party_queries import PartySource
from controlwatch.services.ports import Archive, Health, Outbox, Polling, References, Subscriptions
from controlwatch.services.publications import CalendarSource, FeedSource, SavedFilters
from controlwatch.services.queries import ChannelHealth, DossierSource, LeadSource, NoticeQueries
from controlwatch.services.remind import FollowUps, Leads, Maintenance, Reminders
from controlwatch.services.second_opinions import OpinionRecords
from controlwatch.services.settle_review import Reviews
from controlwatch.services.subscribe import EndingOutbox
from controlwatch.services.timestamp import NewestEntry
from controlwatch.services.verify import CustodyLog


class AlertActions(FollowUps, Protocol):
    """What people do about alerts."""

    def record_action(
        self,
        key: str,
        *,
        what: Action,
        who: str,
        targets: Iterable[str] | None,
        note: str = "",
        now: datetime,
    ) -> tuple[ActionRecord, ...]:
        """Record an action on a delivery, by its key; return all actions on it.

        Nothing is recorded, and nothing returned, where the delivery went to none of the targets; None: to
        whichever it went.
        """

    def acknowledge(self, delivery_id: int, *, now: datetime) -> AcknowledgeResult:
        """Record that the reader of a mail acknowledged all of it; return what became of that."""

    def find_subscription_id(self, key: str, targets: Iterable[str]) -> int | None:
        """Return the subscription that a delivery was made for, where it is one of the targets'."""

    def mute_category(self, subscription_id: int, mute: Mute) -> bool:
        """Mute a category for a subscription. False where the subscription does not exist."""

    def list_alerts(
        self,
        *,
        open_only: bool = False,
        targets: Iterable[str] | None = None,
        made_between: tuple[datetime, datetime] | None = None,
        before: tuple[int, int] | None = None,
        limit: int = 100,
    ) -> tuple[AlertLine, ...]:
        """Return alerts as they were delivered, newest first, each with what was done about it.

        `before` begins behind an alert and a delivery of it, by their numbers.
        """


class StoredNotices(NoticeQueries, HistorySource, Protocol):
    """Notices, alerts and deliveries, and why they were delivered."""

    def list_alert_reasons(self, key: str, targets: Iterable[str]) -> tuple[DeliveryReason, ...]:
        """Return why a notice was, or was not, alerted to these targets."""

    def find_alert_evidence(self, delivery_id: int) -> AlertEvidence | None:
        """Return what a delivered alert rests on."""

    def find_revision(self) -> tuple[object, ...]:
        """Return what differs once the store has learnt something new about notices."""

    def count_deliveries(self) -> Mapping[str, int]:
        """Return the number of deliveries by state."""


class StoredSubscriptions(Subscriptions, Protocol):
    """Subscriptions, one by one or several at once."""

    def transaction(self) -> AbstractContextManager[SubscriptionChanges]:
        """Open a transaction in which several are changed."""


class StoredCalendar(CalendarSource, Protocol):
    """Key dates as calendars know them."""

    def list_events(self, first: date, last: date) -> tuple[CalendarEvent, ...]:
        """Return the events between two days, both included, as calendars were last given them."""


class StoredLeads(Leads, LeadSource, Protocol):
    """Leads, to be raised and to be listed."""


class StoredHealth(Health, ChannelHealth, Protocol):
    """Alerts about sources and channels, and which channels accept our messages."""


class StoredOutbox(Outbox, SentMails, EndingOutbox, Protocol):
    """Deliveries, to be sent and to come back."""


class DeliveryLog(Protocol):
    """Deliveries, to be looked at and to be sent again."""

    def list_deliveries(
        self, subscription_id: int, *, before: int | None = None, limit: int = 50
    ) -> tuple[DeliveryLine, ...]:
        """Return the deliveries of a subscription, newest first; with `before`, those older than this one."""

    def replay(self, subscription_id: int, key: str, *, now: datetime) -> ReplayResult:
        """Make a delivery due again, with all that its message carried and under the same key."""


class StoredRegister(RegisterSource, Protocol):
    """The shipped register."""

    def find_digest(self) -> str | None:
        """Return the digest of the register that was imported last; None before the first import."""

    def import_entries(self, register: Register, now: datetime) -> int:
        """Import a register without alerting anyone; return the number of its notices."""


class StoredLaw(LegalSource, PartySource, ElementSource, Protocol):
    """The law, the parties that it lists, and what proves which elements it concerns."""


class StoredCustody(CustodyLog, NewestEntry, DossierSource, Protocol):
    """The chain of custody."""

    def has_head(self, head: ChainHead) -> bool:
        """Return whether a head is in the chain, by what the chain says of itself."""

    def find_entry_time_after(self, seq: int) -> datetime | None:
        """Return when the first entry after another was entered; None where there is none."""


class WaitingDeliveries(Protocol):
    """The deliveries that are due and wait."""

    @property
    def oldest(self) -> Mapping[ChannelName, float]:
        """By channel, the seconds for which the oldest is due."""

    @property
    def expired_leases(self) -> int:
        """The number that a process took and neither sent nor gave back in time."""


class Backlog(Protocol):
    """What is due and not done."""

    def measure_deliveries(self, *, now: datetime) -> WaitingDeliveries:
        """Return what is due and waits at a time."""


class Store(Protocol):
    """What the service remembers."""

    @property
    def polling(self) -> Polling:
        """Watchers: state, validators, log of polls."""

    @property
    def references(self) -> References:
        """Tracked references and snapshots."""

    @property
    def notices(self) -> Matching:
        """Notices, for matching and recording."""

    @property
    def law(self) -> StoredLaw:
        """The legal graph."""

    @property
    def register(self) -> StoredRegister:
        """The shipped register."""

    @property
    def queries(self) -> StoredNotices:
        """Notices, alerts and deliveries, for questions."""

    @property
    def subscriptions(self) -> StoredSubscriptions:
        """Subscriptions."""

    @property
    def outbox(self) -> StoredOutbox:
        """Alerts on their way."""

    @property
    def deliveries(self) -> DeliveryLog:
        """The log of deliveries."""

    @property
    def actions(self) -> AlertActions:
        """What people do about alerts."""

    @property
    def reminders(self) -> Reminders:
        """Scheduled reminders."""

    @property
    def reviews(self) -> Reviews:
        """Documents that need review."""

    @property
    def opinions(self) -> OpinionRecords:
        """What second readers were asked and answered."""

    @property
    def leads(self) -> StoredLeads:
        """Numbers not seen."""

    @property
    def health(self) -> StoredHealth:
        """Alerts about sources and channels."""

    @property
    def custody(self) -> StoredCustody:
        """The chain of custody."""

    @property
    def maintenance(self) -> Maintenance:
        """Upkeep."""

    @property
    def accounts(self) -> SessionRecords:
        """Sessions and tokens of people, and who a request comes from."""

    @property
    def people(self) -> PeopleRecords:
        """People, and how they log in."""

    @property
    def audit(self) -> AuditRecords:
        """The log of what people did."""

    @property
    def saved_filters(self) -> SavedFilters:
        """Filters of notices that people saved."""

    @property
    def calendar(self) -> StoredCalendar:
        """Key dates as calendars know them."""

    @property
    def feeds(self) -> FeedSource:
        """Notices for feeds."""

    @property
    def backlog(self) -> Backlog:
        """What is due and not done."""

    @property
    def bodies(self) -> Archive:
        """The bytes that are kept in the database."""

    @property
    def timestamps(self) -> TimestampCollection:
        """The time stamps that are kept in the database."""

    def find_problem(self) -> str:
        """Return what happened to the store while it was open, in a sentence; "" where nothing did."""

    def close(self) -> None:
        """Write what is only in memory, and close every connection."""
