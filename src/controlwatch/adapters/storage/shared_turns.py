"""Turns: one exchange at a time with a host or a target, and a pause between two, over all machines.

PostgreSQL only, by its clock. A process that is killed during its turn holds up the others until the turn
expires, or until it counts as dead.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from controlwatch.adapters.storage.base import StorePart
from controlwatch.adapters.storage.engine import Database
from controlwatch.adapters.storage.worker_registry import LIVE_WORKERS
from controlwatch.core.model.state import TurnWait

#: Begins the names of owners that give signs of life.
WORKER_PREFIX = "worker:"

_TAKE = text(
    """
    INSERT INTO turn AS held (name, owner, held_until)
    VALUES (:name, :owner, clock_timestamp() + make_interval(secs => :seconds))
    ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, held_until = excluded.held_until
    WHERE held.owner IS NULL OR held.owner = :owner OR held.held_until < clock_timestamp()
    RETURNING extract(epoch FROM last_at - clock_timestamp()) AS since,
              extract(epoch FROM resting_until - clock_timestamp()) AS rest
    """
)
_END = text(
    """
    UPDATE turn SET owner = NULL, held_until = NULL, last_at = clock_timestamp(),
        resting_until = CASE WHEN :rest > 0 THEN clock_timestamp() + make_interval(secs => :rest)
                             ELSE resting_until END
    WHERE name = :name AND owner = :owner
    """
)
# Its last exchange may have been a moment ago.
_RELEASE_DEAD = text(
    "UPDATE turn SET owner = NULL, held_until = NULL, last_at = clock_timestamp() "  # noqa: S608
    f"WHERE owner LIKE '{WORKER_PREFIX}%' AND owner NOT IN ({LIVE_WORKERS})"
)


class SharedTurns(StorePart):
    """The turns of one process among those of all machines."""

    def __init__(self, database: Database, owner: str) -> None:
        super().__init__(database)
        self._owner = owner

    def take_turn(self, name: str, *, pause: float, seconds: float) -> TurnWait | None:
        """Take the turn for some seconds, the pause not counted; None while another process has it.

        Return how long to wait before the exchange.
        """
        values = {"name": name, "owner": self._owner, "seconds": pause + seconds}
        with self._engine.begin() as connection:
            row = connection.execute(_TAKE, values).first()
        if row is None:
            return None
        left = pause + float(row.since) if row.since is not None else 0.0
        return TurnWait(pause=max(0.0, left), rest=max(0.0, float(row.rest or 0.0)))

    def end_turn(self, name: str, *, rest: float = 0.0) -> None:
        """Give up the turn; the pause counts from now. With a `rest`, it is left alone for these seconds."""
        with self._engine.begin() as connection:
            connection.execute(_END, {"name": name, "owner": self._owner, "rest": rest})


def release_dead_turns(connection: Connection) -> int:
    """Give up the turns of workers that give no sign of life; return their number."""
    return connection.execute(_RELEASE_DEAD).rowcount
