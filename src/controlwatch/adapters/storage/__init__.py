"""What the bot remembers, on SQLite or PostgreSQL: the same code, the same contract."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from controlwatch.adapters.storage.actions import ActionStore
from controlwatch.adapters.storage.clock_skew import ClockSkewRepair
from controlwatch.adapters.storage.custody_log import CustodyStore
from controlwatch.adapters.storage.engine import open_engine
from controlwatch.adapters.storage.health_notices import HealthStore
from controlwatch.adapters.storage.legal_graph import LegalGraphStore
from controlwatch.adapters.storage.notice_queries import NoticeQueryStore
from controlwatch.adapters.storage.notices import NoticeStore
from controlwatch.adapters.storage.outbox import OutboxStore
from controlwatch.adapters.storage.read_only import open_read_only_engine
from controlwatch.adapters.storage.register_import import RegisterImport
from controlwatch.adapters.storage.reminder_log import ReminderStore
from controlwatch.adapters.storage.subscriptions import SubscriptionStore

if TYPE_CHECKING:
    from collections.abc import Iterator


class SqlStore(
    HealthStore,
    NoticeStore,
    SubscriptionStore,
    OutboxStore,
    NoticeQueryStore,
    LegalGraphStore,
    RegisterImport,
    ReminderStore,
    ActionStore,
    CustodyStore,
    ClockSkewRepair,
):
    """The store. Every public method is one transaction."""

    @classmethod
    def open(cls, url: str) -> SqlStore:
        """Open the database at a SQLAlchemy address, bringing its schema up to date."""
        return cls(open_engine(url))

    @classmethod
    @contextmanager
    def open_read_only(cls, url: str) -> Iterator[SqlStore]:
        """Open the database to be looked at and nothing else; raises `UsageError` where it cannot be."""
        with open_read_only_engine(url) as engine:
            yield cls(engine)

    def close(self) -> None:
        """Write what is only in memory, and let go of every connection."""
        self.flush()
        self._engine.dispose()
