"""How long a source asks to be left alone: Retry-After, in seconds or as a time."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from controlwatch.core.model import Snapshot

#: Seconds that are obeyed at most: a source that wants longer is tried once a day.
MAX_REST = 86_400.0

_STATUSES = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


def read_retry_after(answer: Snapshot) -> float:
    """Return the seconds for which an answer of 429 or 503 asks for a pause, at most a day; else 0."""
    value = (answer.get_header("retry-after") or "").strip()
    if answer.status not in _STATUSES or not value:
        return 0.0
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), MAX_REST)
    until = _parse_time(value)
    if until is None:
        return 0.0
    # By the clock of the source, which may differ from ours.
    now = _parse_time(answer.get_header("date") or "") or answer.fetched_at
    return min(max(0.0, (until - now).total_seconds()), MAX_REST)


def _parse_time(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
