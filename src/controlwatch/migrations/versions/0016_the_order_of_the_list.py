"""Find versions by their time; on PostgreSQL, an index in the order of the list, and single characters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

SINGLE_CHARACTERS = """
UPDATE notice_words SET words = ARRAY(
    SELECT word FROM unnest(words) AS word
    UNION SELECT left(word, 1) FROM unnest(words) AS word WHERE word !~ '^[A-Za-z0-9]'
    ORDER BY 1
)
"""


def upgrade() -> None:
    op.create_index("ix_version_made_at", "version", ["made_at"])
    if op.get_bind().dialect.name == "sqlite":
        return  # its index of the days holds the ids as well, and FTS5 finds single characters by prefix
    order = [sa.text("published DESC NULLS LAST"), sa.text("id DESC")]
    op.create_index("notice_newest", "notice", order)
    op.execute(SINGLE_CHARACTERS)
