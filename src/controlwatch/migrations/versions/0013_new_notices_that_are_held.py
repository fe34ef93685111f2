"""When a new notice was held, because its source listed too many new ones at once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from controlwatch.adapters.storage.column_types import UtcDateTime

revision = "0013"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reference", sa.Column("held_at", UtcDateTime(), nullable=True))
