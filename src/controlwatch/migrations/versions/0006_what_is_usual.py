"""What is usual for a source, and what people were told of its trouble."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from controlwatch.adapters.storage.column_types import UtcDateTime

JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "warned",
        sa.Column("watcher_id", sa.String(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("word", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("watcher_id"),
    )
    op.execute(
        "INSERT INTO warned (watcher_id, times, at, since, word) "
        "SELECT id, 1, last_poll_at, failing_since, "
        "CASE WHEN kind = 'blocked' THEN 'blocked' ELSE 'blind' END FROM watcher "
        "WHERE alerted AND last_poll_at IS NOT NULL AND failing_since IS NOT NULL"
    )
    op.drop_column("watcher", "alerted")
    op.add_column("watcher", sa.Column("concern", sa.String(), nullable=False, server_default=""))
    op.add_column("watcher", sa.Column("concern_reason", sa.Text(), nullable=False, server_default=""))
    op.add_column("watcher", sa.Column("concern_since", UtcDateTime(), nullable=True))
    op.add_column("watcher", sa.Column("learnt", JSON, nullable=False, server_default="{}"))
