"""Whether a poll is plausible, and when a page is read again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from controlwatch.core.model import Snapshot
from controlwatch.core.model.errors import Challenged, Implausible, Refused, SourceError, Unreachable
from controlwatch.core.model.timezones import schedule_recheck, schedule_retry
from controlwatch.core.sources.plausibility import (
    check_expectations,
    check_response,
    choose_reported_error,
    is_gone,
    is_host_down,
)
from controlwatch.core.sources.watcher import Expect

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def answer(status: int, body: bytes = b"<html></html>") -> Snapshot:
    return Snapshot(url="u", final_url="u", fetched_at=NOW, status=status, headers=(), body=body)


def test_too_few_rows_are_not_plausible() -> None:
    with pytest.raises(Implausible, match="only 2 notices"):
        check_expectations(Expect(rows=5), rows=2, newest_on=None, today=date(2026, 3, 2))


def test_a_list_that_is_silent_too_long_is_not_plausible() -> None:
    expect = Expect(rows=1, newest_within_days=30)
    check_expectations(expect, rows=9, newest_on=date(2026, 2, 1), today=date(2026, 3, 2))
    with pytest.raises(Implausible, match="31 days ago"):
        check_expectations(expect, rows=9, newest_on=date(2026, 1, 30), today=date(2026, 3, 2))


def test_an_error_status_is_a_refusal_or_a_challenge() -> None:
    check_response(answer(200))
    with pytest.raises(Refused, match="HTTP 503"):
        check_response(answer(503))
    with pytest.raises(Challenged):
        check_response(answer(412, b"<script>$_ts=window['$_ts'];if(!$_ts)$_ts={};</script>"))


def test_looks_at_a_new_notice_come_later_and_later_and_end() -> None:
    looks = []
    now: datetime | None = NOW
    while now is not None:
        now = schedule_recheck(seen_at=NOW, listed_on=None, now=now)
        looks.append(now)
    gaps = [after - before for before, after in zip([NOW, *looks], looks[:-1], strict=False)]  # type: ignore[operator]
    assert looks[0] == NOW + timedelta(minutes=10)
    assert gaps == sorted(gaps)
    assert looks[-2] == NOW + timedelta(days=60)


def test_an_old_notice_found_at_the_first_poll_is_not_read_again() -> None:
    assert schedule_recheck(seen_at=NOW, listed_on=date(2025, 1, 1), now=NOW) is None


def test_a_failing_page_is_never_given_up() -> None:
    waits = [schedule_retry(failures=n, now=NOW) - NOW for n in range(1, 50)]
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(days=1)


DOWN, GONE, CHALLENGED = (
    Unreachable("no answer"),
    Refused("HTTP 404", status=404),
    Challenged("a human check"),
)


@pytest.mark.parametrize(
    ("errors", "read", "expected"),
    [
        ((), 0, False),
        ((DOWN, DOWN), 0, False),
        ((DOWN, DOWN, DOWN), 0, True),
        ((GONE, DOWN, DOWN, DOWN), 0, True),
        ((DOWN, DOWN, GONE), 0, False),
        ((CHALLENGED,), 0, True),
        ((CHALLENGED,), 1, False),  # a page was read: the source answers
    ],
)
def test_a_source_fails_when_its_pages_do_not_answer_or_are_challenges(
    errors: tuple[SourceError, ...], read: int, expected: bool
) -> None:
    assert is_host_down(errors, read=read) is expected


def test_a_challenge_is_reported_before_other_errors_of_pages() -> None:
    assert choose_reported_error((DOWN, CHALLENGED)) is CHALLENGED
    assert str(choose_reported_error((GONE, DOWN))) == "2 notices could not be read: HTTP 404"


def test_only_a_page_that_the_source_says_is_gone_is_gone() -> None:
    assert is_gone(GONE)
    assert not is_gone(Refused("HTTP 500", status=500))
    assert not is_gone(DOWN)
