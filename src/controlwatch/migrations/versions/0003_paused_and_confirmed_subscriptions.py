"""Subscriptions that are paused for a reason, and those that wait to be confirmed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from controlwatch.adapters.storage.column_types import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Plain statements: a batch would build the table anew, and drop one that others refer to.
    op.add_column("subscription", sa.Column("paused_reason", sa.String(), nullable=True))
    op.add_column("subscription", sa.Column("paused_at", UtcDateTime(), nullable=True))
    # Whoever subscribed before was not asked, and is believed.
    op.add_column(
        "subscription", sa.Column("confirmed", sa.Boolean(), nullable=False, server_default=sa.true())
    )
