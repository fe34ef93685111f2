"""What the bot remembers, on SQLite or PostgreSQL: the same code, the same contract."""

from __future__ import annotations

from controlwatch.adapters.store.acting import Acting
from controlwatch.adapters.store.answers import Answers
from controlwatch.adapters.store.clock import Clock
from controlwatch.adapters.store.custody import Custody
from controlwatch.adapters.store.engine import open_engine
from controlwatch.adapters.store.law import Law
from controlwatch.adapters.store.notices import Notices
from controlwatch.adapters.store.outbox import Outbox
from controlwatch.adapters.store.setback import SetBack
from controlwatch.adapters.store.shipping import Shipping
from controlwatch.adapters.store.subscriptions import Subscriptions
from controlwatch.adapters.store.watching import Watching


class SqlStore(
    Watching, Notices, Subscriptions, Outbox, Answers, Law, Shipping, Clock, Acting, Custody, SetBack
):
    """The store. Every public method is one transaction."""

    @classmethod
    def open(cls, url: str) -> SqlStore:
        """Open the database at a SQLAlchemy address, bringing its schema up to date."""
        return cls(open_engine(url))

    def close(self) -> None:
        """Write what is only in memory, and let go of every connection."""
        self.flush()
        self._engine.dispose()
