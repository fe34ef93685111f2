"""The notices of a feed: the newest of a filter, and older ones whose text has changed."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select

from controlwatch.adapters.storage.base import NOTICE, VERSION, StorePart, notice_from_json
from controlwatch.adapters.storage.notice_conditions import list_conditions, list_notice_ids
from controlwatch.adapters.storage.notice_queries import to_notice_line
from controlwatch.adapters.storage.review_rows import REVIEW_COLUMNS, join_review
from controlwatch.core.law.answers import FeedNotice
from controlwatch.core.law.notice_filter import NoticeFilter

#: An older notice whose text changed in this time is in the feed too.
CHANGED_WITHIN = timedelta(days=30)
#: Versions of this time among which those of a filter are looked for.
MAX_CHANGED = 2_000
_NEWS_KINDS = ("new", "amended")


class FeedQueryStore(StorePart):
    """Notices for feeds."""

    def list_feed_notices(self, chosen: NoticeFilter, *, now: datetime, limit: int) -> tuple[FeedNotice, ...]:
        """Return the newest notices that a filter lets pass, and those changed lately; the last change first.

        A better reading of the same bytes is not a change.
        """
        is_news = VERSION.c.kind.in_(_NEWS_KINDS)
        with self._read_engine.begin() as connection:
            newest = list_notice_ids(connection, chosen, limit=limit)
            latest = (
                select(VERSION.c.notice_id)
                .where(is_news, VERSION.c.made_at >= now - CHANGED_WITHIN)
                .order_by(VERSION.c.made_at.desc())
                .limit(MAX_CHANGED)
            )
            changed = list(dict.fromkeys(connection.execute(latest).scalars()))
            conditions = list_conditions(connection, chosen, with_late=False)
            passing = select(NOTICE.c.id).where(NOTICE.c.id.in_(changed), *conditions)
            passed = set(connection.execute(passing).scalars())
            ids = [*newest, *[notice_id for notice_id in changed if notice_id in passed][:limit]]
            times = (
                select(VERSION.c.notice_id, func.max(VERSION.c.made_at))
                .where(is_news, VERSION.c.notice_id.in_(ids))
                .group_by(VERSION.c.notice_id)
            )
            changed_at = {row[0]: row[1] for row in connection.execute(times)}
            joined = select(NOTICE, VERSION.c.reading, *REVIEW_COLUMNS).join(
                VERSION, VERSION.c.id == NOTICE.c.version_id
            )
            found = [
                FeedNotice(
                    line=to_notice_line(row),
                    notice=notice_from_json(row["reading"]),
                    updated_at=changed_at.get(row["id"], row["first_seen_at"]),
                )
                for row in connection.execute(join_review(joined).where(NOTICE.c.id.in_(ids))).mappings()
            ]
        return tuple(sorted(found, key=lambda item: (item.updated_at, item.line.id), reverse=True))
