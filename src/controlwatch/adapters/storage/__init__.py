"""What the service remembers, in SQLite or PostgreSQL: the same code, the same contract."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from controlwatch.adapters.storage.actions import ActionStore
from controlwatch.adapters.storage.custody_log import CustodyStore
from controlwatch.adapters.storage.engine import open_engine
from controlwatch.adapters.storage.health_notices import HealthStore
from controlwatch.adapters.storage.leads import LeadStore
from controlwatch.adapters.storage.legal_graph import LegalGraphStore
from controlwatch.adapters.storage.maintenance import MaintenanceStore
from controlwatch.adapters.storage.notice_queries import NoticeQueryStore
from controlwatch.adapters.storage.notices import NoticeStore
from controlwatch.adapters.storage.outbox import OutboxStore
from controlwatch.adapters.storage.poll_cache import PollCache
from controlwatch.adapters.storage.polling import PollingStore
from controlwatch.adapters.storage.read_only import open_read_only_engine
from controlwatch.adapters.storage.references import ReferenceStore
from controlwatch.adapters.storage.register_import import RegisterImport
from controlwatch.adapters.storage.reminder_calendar import ReminderStore
from controlwatch.adapters.storage.subscriptions import SubscriptionStore


class SqlStore:
    """The store: one part for each subject, over one engine."""

    def __init__(self, engine: Engine) -> None:
        poll_cache = PollCache()
        self.engine = engine
        self.polling = PollingStore(engine, poll_cache)
        self.references = ReferenceStore(engine, poll_cache)
        self.notices = NoticeStore(engine)
        self.law = LegalGraphStore(engine)
        self.register = RegisterImport(engine)
        self.queries = NoticeQueryStore(engine)
        self.subscriptions = SubscriptionStore(engine)
        self.outbox = OutboxStore(engine)
        self.actions = ActionStore(engine)
        self.reminders = ReminderStore(engine)
        self.leads = LeadStore(engine)
        self.health = HealthStore(engine)
        self.custody = CustodyStore(engine)
        self.maintenance = MaintenanceStore(engine)

    @classmethod
    def open(cls, url: str) -> SqlStore:
        """Open the database at a SQLAlchemy address, bringing its schema up to date."""
        return cls(open_engine(url))

    @classmethod
    @contextmanager
    def open_read_only(cls, url: str) -> Iterator[SqlStore]:
        """Open the database for reading only; raises `UsageError` where it cannot be opened so."""
        with open_read_only_engine(url) as engine:
            yield cls(engine)

    def close(self) -> None:
        """Write what is only in memory, and close every connection."""
        self.polling.flush()
        self.engine.dispose()
