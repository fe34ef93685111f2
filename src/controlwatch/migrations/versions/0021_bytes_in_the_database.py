"""Bytes and time stamps in the database, for installations of several machines."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from controlwatch.adapters.storage.column_types import UtcDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stored_body",
        sa.Column("sha256", sa.String(), primary_key=True),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.Column("stored_at", UtcDateTime(), nullable=False),
    )
    if op.get_bind().dialect.name == "postgresql":
        # They are compressed already; to try it again costs time and saves nothing.
        op.execute("ALTER TABLE stored_body ALTER COLUMN packed SET STORAGE EXTERNAL")
    op.create_table(
        "timestamp_token",
        sa.Column("seq", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("hash", sa.String(), primary_key=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("stored_at", UtcDateTime(), nullable=False),
    )
