"""Wake the workers for new deliveries, in the transaction that writes them, as its last step.

What wakes them may fail, or find that they are awake: neither may end the transaction.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import SQLAlchemyError

_KEY = "has_new_deliveries"


def note_new_deliveries(connection: Connection) -> None:
    """Note that the transaction of a connection writes deliveries."""
    connection.info[_KEY] = True


def wake_at_commit(engine: Engine, wake: Callable[[Connection], None]) -> None:
    """Call `wake` in every transaction of an engine that writes deliveries, just before it is committed."""

    def run_wake(connection: Connection) -> None:
        if not connection.info.pop(_KEY, False):
            return
        try:
            with connection.begin_nested():
                wake(connection)
        except SQLAlchemyError:
            return  # the jobs table is gone for a moment: what is due is found all the same

    def forget(connection: Connection) -> None:
        connection.info.pop(_KEY, None)

    event.listen(engine, "commit", run_wake)
    event.listen(engine, "rollback", forget)
