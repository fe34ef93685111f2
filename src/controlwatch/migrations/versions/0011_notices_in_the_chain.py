"""Notices are in the chain of custody too, the stored ones entered late; and databases are marked.

The rows that repeat a reading for searches are written again where they do not follow from it: `verify`
compares them from now on.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from controlwatch.adapters.storage.base import NOTICE, VERSION, notice_from_json
from controlwatch.adapters.storage.column_types import UtcDateTime
from controlwatch.adapters.storage.custody_log import append_late_headings
from controlwatch.adapters.storage.custody_rows import find_underivable_tables
from controlwatch.adapters.storage.findings import write_findings

revision = "0011"
down_revision = "0009"
branch_labels = None
depends_on = None

BATCH_SIZE = 500


def upgrade() -> None:
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("marked_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    connection = op.get_bind()
    ids = connection.execute(sa.select(NOTICE.c.id).order_by(NOTICE.c.id)).scalars().all()
    for place in range(0, len(ids), BATCH_SIZE):
        underivable = find_underivable_tables(connection, ids[place : place + BATCH_SIZE])
        joined = sa.select(NOTICE.c.id, NOTICE.c.version_id, VERSION.c.reading)
        joined = joined.join(VERSION, VERSION.c.id == NOTICE.c.version_id)
        for row in connection.execute(joined.where(NOTICE.c.id.in_(list(underivable)))).all():
            with suppress(ValueError):  # a damaged reading is a fault of its own
                write_findings(connection, row.id, row.version_id, notice_from_json(row.reading))
    append_late_headings(connection, at=datetime.now(UTC))
