"""What the workers of several machines share: schedule, turns, signs of life; and the epoch of a source."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from controlwatch.adapters.storage.column_types import UtcDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

#: Versions that know this revision, or a newer one, may run on the schema. A later migration that takes
#: something away raises it; one that only adds leaves it.
OLDEST_SUPPORTED = "0022"


def upgrade() -> None:
    op.add_column("watcher", sa.Column("epoch", sa.Integer(), server_default="0", nullable=False))
    op.create_table(
        "schedule",
        sa.Column("watcher_id", sa.String(), primary_key=True),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("taken_at", UtcDateTime(), nullable=True),
    )
    op.create_index("schedule_due", "schedule", ["next_at"])
    op.create_index("schedule_host", "schedule", ["host"])
    op.create_table(
        "tick",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("next_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "turn",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("held_until", UtcDateTime(), nullable=True),
        sa.Column("last_at", UtcDateTime(), nullable=True),
        sa.Column("resting_until", UtcDateTime(), nullable=True),
    )
    op.create_table(
        "worker",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("machine", sa.String(), nullable=False),
        sa.Column("engine", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("revision", sa.String(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("beat_at", UtcDateTime(), nullable=False),
    )
    support = op.create_table(
        "schema_support",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("oldest", sa.String(), nullable=False),
    )
    op.bulk_insert(support, [{"id": 1, "oldest": OLDEST_SUPPORTED}])
