"""Indexes of what is open only, the channel of each delivery, and alerts whose deliveries are still made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

SET_CHANNEL = """
UPDATE delivery SET channel = (SELECT channel FROM subscription WHERE subscription.id = subscription_id)
"""

#: What was tried before messages were recorded (revision 0008) gets the one that it would have had.
SET_MESSAGE = """
UPDATE delivery SET message = key
WHERE message IS NULL AND (state IN ('leased', 'refused') OR (state = 'pending' AND attempts > 0))
"""

#: Each delivery is written three times: room on its page, and dead rows that are cleared early.
KEEP_COMPACT = "ALTER TABLE delivery SET (fillfactor = 75, autovacuum_vacuum_scale_factor = 0.02)"


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    if not is_sqlite:
        op.alter_column("delivery", "id", type_=sa.BigInteger(), existing_type=sa.Integer())
        op.alter_column("delivery", "follows", type_=sa.BigInteger(), existing_type=sa.Integer())
        op.alter_column("act", "delivery_id", type_=sa.BigInteger(), existing_type=sa.Integer())
        op.execute("ALTER SEQUENCE delivery_id_seq AS bigint")
        op.execute(KEEP_COMPACT)
    op.add_column("delivery", sa.Column("channel", sa.String(), server_default="", nullable=False))
    op.execute(SET_CHANNEL)
    op.execute(SET_MESSAGE)
    for name, columns, where in (
        ("delivery_pending", ["channel", "due_at"], "state = 'pending'"),
        ("delivery_leased", ["lease_until"], "state = 'leased'"),
        ("delivery_fresh", ["subscription_id", "due_at"], "state = 'pending' AND message IS NULL"),
        ("delivery_tried", ["subscription_id"], "state <> 'sent' AND message IS NOT NULL"),
        ("delivery_recent", ["subscription_id", "sent_at"], "state = 'sent'"),
        ("delivery_wanted", ["wanted_by"], "wanted_by IS NOT NULL"),
    ):
        condition = sa.text(where)
        op.create_index(name, "delivery", columns, sqlite_where=condition, postgresql_where=condition)
    op.drop_index("delivery_due", "delivery")
    op.drop_index("ix_delivery_wanted_by", "delivery")
    op.create_index("subscription_target", "subscription", ["target", "channel"])
    op.create_table(
        "fanout",
        sa.Column("alert_id", sa.Integer(), sa.ForeignKey("alert.id"), primary_key=True, autoincrement=False),
        sa.Column("after_id", sa.Integer(), nullable=False),
    )
