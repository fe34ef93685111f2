"""The register, the clock, listed parties and leads."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from controlwatch.adapters.storage.column_types import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "party",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("zh", sa.String(), nullable=False),
        sa.Column("en", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_party_notice_id", "party", ["notice_id"])
    op.create_table(
        "shipped",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=True),
        sa.Column("first_at", UtcDateTime(), nullable=False),
        sa.Column("loaded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "appointment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("slot", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("known_on", sa.Date(), nullable=False),
        sa.Column("lead", sa.Integer(), nullable=True),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key", "event", "slot"),
    )
    op.create_index("ix_appointment_day", "appointment", ["day"])
    op.create_table(
        "lead",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("raised_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("subject"),
    )
    # Plain statements: a batch would build the table anew, and drop one that others refer to.
    for name, default in (("reminders", sa.true()), ("outlook", sa.false())):
        op.add_column("subscription", sa.Column(name, sa.Boolean(), nullable=False, server_default=default))
    op.add_column("subscription", sa.Column("outlook_on", sa.Date(), nullable=True))
    op.add_column("finding", sa.Column("until", sa.Date(), nullable=True))
    op.drop_index("finding_value", table_name="finding")
    op.drop_index("ix_finding_notice_id", table_name="finding")
    op.create_index("finding_notice", "finding", ["notice_id", "kind"])
    op.create_index(
        "finding_value", "finding", ["kind", "value"], postgresql_ops={"value": "varchar_pattern_ops"}
    )
    _join_the_ends()


def _join_the_ends() -> None:
    """Give each effective date the end that stood in a row of its own."""
    op.execute(
        sa.text(
            "UPDATE finding SET until = (SELECT min(ends.start) FROM finding AS ends "
            "WHERE ends.kind = 'until' AND ends.notice_id = finding.notice_id "
            "AND ends.scope = finding.scope AND ends.quote = finding.quote) WHERE kind = 'effective'"
        )
    )
