"""The chain of custody; what the store holds already is entered late, and says so."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from controlwatch.adapters.storage.custody_log import begin_log

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "custody",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("snapshot_id", sa.Integer(), nullable=True),
        sa.Column("version_id", sa.Integer(), nullable=True),
        sa.Column("line", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("hash"),
        sa.UniqueConstraint("before"),
    )
    op.create_index("ix_custody_snapshot_id", "custody", ["snapshot_id"])
    op.create_index("ix_custody_version_id", "custody", ["version_id"])
    # The form of an entry never changes, so that a step of long ago may use today's way to write one.
    begin_log(op.get_bind(), at=datetime.now(UTC))
