"""The deliveries of one subscription in their order, for its log."""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("delivery_log", "delivery", ["subscription_id", "id"])
