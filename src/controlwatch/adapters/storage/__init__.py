"""What the bot remembers, on SQLite or PostgreSQL: the same code, the same contract."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from controlwatch.adapters.storage.actions import Acting
from controlwatch.adapters.storage.clock_skew import SetBack
from controlwatch.adapters.storage.custody_log import Custody
from controlwatch.adapters.storage.engine import open_engine
from controlwatch.adapters.storage.health_notices import Watching
from controlwatch.adapters.storage.legal_graph import Law
from controlwatch.adapters.storage.notice_queries import Answers
from controlwatch.adapters.storage.notices import Notices
from controlwatch.adapters.storage.outbox import Outbox
from controlwatch.adapters.storage.read_only import read_only
from controlwatch.adapters.storage.register_import import Shipping
from controlwatch.adapters.storage.reminder_log import Clock
from controlwatch.adapters.storage.subscriptions import Subscriptions

if TYPE_CHECKING:
    from collections.abc import Iterator


class SqlStore(
    Watching, Notices, Subscriptions, Outbox, Answers, Law, Shipping, Clock, Acting, Custody, SetBack
):
    """The store. Every public method is one transaction."""

    @classmethod
    def open(cls, url: str) -> SqlStore:
        """Open the database at a SQLAlchemy address, bringing its schema up to date."""
        return cls(open_engine(url))

    @classmethod
    @contextmanager
    def reading(cls, url: str) -> Iterator[SqlStore]:
        """Open the database to be looked at and nothing else; raises `UsageError` where it cannot be."""
        with read_only(url) as engine:
            yield cls(engine)

    def close(self) -> None:
        """Write what is only in memory, and let go of every connection."""
        self.flush()
        self._engine.dispose()
