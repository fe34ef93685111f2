"""The store of the service, in SQLite or PostgreSQL: the same code, the same contract."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from controlwatch.adapters.storage.engine import Database, open_database
from controlwatch.adapters.storage.polling import PollCache, PollingStore
from controlwatch.adapters.storage.references import ReferenceStore

if TYPE_CHECKING:
    from controlwatch.adapters.storage.account_store import AccountStore
    from controlwatch.adapters.storage.actions import ActionStore
    from controlwatch.adapters.storage.audit_store import AuditStore
    from controlwatch.adapters.storage.backlog import BacklogStore
    from controlwatch.adapters.storage.calendar_store import CalendarStore
    from controlwatch.adapters.storage.custody_log import CustodyStore
    from controlwatch.adapters.storage.delivery_log import DeliveryLogStore
    from controlwatch.adapters.storage.feed_queries import FeedQueryStore
    from controlwatch.adapters.storage.health_notices import HealthStore
    from controlwatch.adapters.storage.housekeeping import MaintenanceStore
    from controlwatch.adapters.storage.installation import InstallationStore
    from controlwatch.adapters.storage.leads import LeadStore
    from controlwatch.adapters.storage.legal_graph import LegalGraphStore
    from controlwatch.adapters.storage.notice_queries import NoticeQueryStore
    from controlwatch.adapters.storage.notice_store import NoticeStore
    from controlwatch.adapters.storage.opinion_store import OpinionStore
    from controlwatch.adapters.storage.outbox import OutboxStore
    from controlwatch.adapters.storage.people_store import PeopleStore
    from controlwatch.adapters.storage.poll_schedule import ScheduleStore
    from controlwatch.adapters.storage.register_store import RegisterStore
    from controlwatch.adapters.storage.reminder_calendar import ReminderStore
    from controlwatch.adapters.storage.review_store import ReviewStore
    from controlwatch.adapters.storage.saved_filters import SavedFilterStore
    from controlwatch.adapters.storage.stored_bodies import DatabaseArchive, TimestampTable
    from controlwatch.adapters.storage.subscriptions import SubscriptionStore
    from controlwatch.adapters.storage.worker_registry import WorkerRegistry

#: The module and the class of each part, imported when the part is first used: a question needs few of them.
_PARTS = {
    "notices": ("notice_store", "NoticeStore"),
    "law": ("legal_graph", "LegalGraphStore"),
    "register": ("register_store", "RegisterStore"),
    "queries": ("notice_queries", "NoticeQueryStore"),
    "subscriptions": ("subscriptions", "SubscriptionStore"),
    "outbox": ("outbox", "OutboxStore"),
    "deliveries": ("delivery_log", "DeliveryLogStore"),
    "actions": ("actions", "ActionStore"),
    "reminders": ("reminder_calendar", "ReminderStore"),
    "reviews": ("review_store", "ReviewStore"),
    "opinions": ("opinion_store", "OpinionStore"),
    "leads": ("leads", "LeadStore"),
    "health": ("health_notices", "HealthStore"),
    "custody": ("custody_log", "CustodyStore"),
    "maintenance": ("housekeeping", "MaintenanceStore"),
    "accounts": ("account_store", "AccountStore"),
    "saved_filters": ("saved_filters", "SavedFilterStore"),
    "calendar": ("calendar_store", "CalendarStore"),
    "feeds": ("feed_queries", "FeedQueryStore"),
    "people": ("people_store", "PeopleStore"),
    "audit": ("audit_store", "AuditStore"),
    "installation": ("installation", "InstallationStore"),
    "bodies": ("stored_bodies", "DatabaseArchive"),
    "timestamps": ("stored_bodies", "TimestampTable"),
    "schedule": ("poll_schedule", "ScheduleStore"),
    "backlog": ("backlog", "BacklogStore"),
    "workers": ("worker_registry", "WorkerRegistry"),
}


class SqlStore:
    """The store: one part for each subject, over one database."""

    notices: NoticeStore
    law: LegalGraphStore
    register: RegisterStore
    queries: NoticeQueryStore
    subscriptions: SubscriptionStore
    outbox: OutboxStore
    deliveries: DeliveryLogStore
    actions: ActionStore
    reminders: ReminderStore
    reviews: ReviewStore
    opinions: OpinionStore
    leads: LeadStore
    health: HealthStore
    custody: CustodyStore
    maintenance: MaintenanceStore
    accounts: AccountStore
    saved_filters: SavedFilterStore
    calendar: CalendarStore
    feeds: FeedQueryStore
    people: PeopleStore
    audit: AuditStore
    installation: InstallationStore
    bodies: DatabaseArchive
    timestamps: TimestampTable
    schedule: ScheduleStore
    backlog: BacklogStore
    workers: WorkerRegistry

    def __init__(self, database: Database, *, caches_polls: bool = True) -> None:
        poll_cache = PollCache(is_enabled=caches_polls)
        self.database = database
        self.engine = database.write
        self.polling = PollingStore(database, poll_cache)
        self.references = ReferenceStore(database, poll_cache)

    def __getattr__(self, name: str) -> Any:
        """Return a part that was not used before, and keep it."""
        if name not in _PARTS:
            raise AttributeError(f"a store has no part {name!r}")
        module, part = _PARTS[name]
        made = getattr(import_module(f"{__name__}.{module}"), part)(self.database)
        return self.__dict__.setdefault(name, made)

    @classmethod
    def open(cls, url: str, snapshot: bytes = b"", *, is_cluster: bool = False) -> SqlStore:
        """Open the database at a SQLAlchemy URL and migrate its schema; one in memory, with a snapshot.

        In a cluster the schema is only checked, and no polls are kept in memory.
        """
        return cls(open_database(url, snapshot, migrates=not is_cluster), caches_polls=not is_cluster)

    @classmethod
    @contextmanager
    def open_read_only(cls, url: str) -> Iterator[SqlStore]:
        """Open the database for reading only; raises `UsageError` where that is impossible."""
        from controlwatch.adapters.storage.read_only import open_read_only

        with open_read_only(url) as database:
            yield cls(database)

    def find_problem(self) -> str:
        """Return what happened to the file of the database since it was opened, or ""."""
        return self.database.find_problem()

    def close(self) -> None:
        """Write the polls that are only in memory, and close every connection."""
        try:
            if not self.find_problem():
                self.polling.flush()
        finally:
            self.database.dispose()
