"""What the bot remembers, on SQLite or PostgreSQL: the same code, the same contract."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from controlwatch.adapters.store.acting import Acting
from controlwatch.adapters.store.answers import Answers
from controlwatch.adapters.store.clock import Clock
from controlwatch.adapters.store.custody import Custody
from controlwatch.adapters.store.engine import open_engine
from controlwatch.adapters.store.law import Law
from controlwatch.adapters.store.notices import Notices
from controlwatch.adapters.store.outbox import Outbox
from controlwatch.adapters.store.reading import read_only
from controlwatch.adapters.store.setback import SetBack
from controlwatch.adapters.store.shipping import Shipping
from controlwatch.adapters.store.subscriptions import Subscriptions
from controlwatch.adapters.store.watching import Watching

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
