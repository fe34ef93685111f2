"""Subscriptions with owners, mutes and escalation; deliveries that tell an alert again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from controlwatch.adapters.storage.column_types import UtcDateTime

JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Plain statements: a batch would build the tables anew, and drop ones that others refer to.
    op.add_column("subscription", sa.Column("owner", sa.String(), nullable=False, server_default=""))
    minutes = sa.Column("escalate_after", sa.Integer(), nullable=False, server_default="0")
    op.add_column("subscription", minutes)
    op.add_column("subscription", sa.Column("escalate_to", sa.String(), nullable=False, server_default=""))
    op.add_column("subscription", sa.Column("muted", JSON, nullable=False, server_default="[]"))
    op.add_column("delivery", sa.Column("addressee", sa.String(), nullable=False, server_default=""))
    op.add_column("delivery", sa.Column("follows", sa.Integer(), nullable=True))
    for moment in ("taken_at", "closed_at", "escalated_at"):
        op.add_column("delivery", sa.Column(moment, UtcDateTime(), nullable=True))
    op.add_column("delivery", sa.Column("wanted_by", sa.Date(), nullable=True))
    op.create_index("ix_delivery_wanted_by", "delivery", ["wanted_by"])
    # So far, whatever somebody did about an alert closed it.
    op.execute("UPDATE delivery SET taken_at = (SELECT max(at) FROM act WHERE act.delivery_id = delivery.id)")
    op.execute("UPDATE delivery SET closed_at = taken_at")
