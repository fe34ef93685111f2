"""What second readers were asked and answered, and the reviews that they asked for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from controlwatch.adapters.storage.column_types import Json, UtcDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "opinion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("purpose", "language", "state")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("prompt", "model", "host", "key")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("text_sha256", "wanted_by")),
        *(sa.Column(name, UtcDateTime(), nullable=True) for name in ("wanted_at", "asked_at", "answered_at")),
        sa.Column("is_call", sa.Boolean(), nullable=False),
        sa.Column("tokens", sa.Integer(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("outcome", Json(), nullable=False),
        sa.Column("prose", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("doubts", "reviews", "refused")),
        sa.ForeignKeyConstraint(["version_id"], ["version.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("version_id", "purpose", "language", "prompt", "model"),
    )
    op.create_index("opinion_key", "opinion", ["key"])
    op.create_index("opinion_state", "opinion", ["state", "asked_at"])
    op.create_index("ix_opinion_asked_at", "opinion", ["asked_at"])
    op.add_column("custody", sa.Column("opinion_id", sa.Integer(), nullable=True))
    op.create_index("ix_custody_opinion_id", "custody", ["opinion_id"])
    op.add_column("review", sa.Column("asked", Json(), nullable=True))
