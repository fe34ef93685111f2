"""The title that a row showed before it changed, and until when a source wants to be left alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from controlwatch.adapters.storage.column_types import UtcDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reference", sa.Column("prior_title", sa.String(), nullable=True))
    op.add_column("watcher", sa.Column("retry_at", UtcDateTime(), nullable=True))
