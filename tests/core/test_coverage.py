"""How sure an answer is: until when the official sources that could change it were read without a gap."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from controlwatch.core.law.coverage import Coverage, build_coverage
from controlwatch.core.model.state import WatcherState
from controlwatch.core.sources.watcher import Http, Index, Schedule, Watcher

NOW = datetime(2027, 3, 1, 4, tzinfo=UTC)
TODAY = date(2027, 3, 1)
DATABASE_UNTIL = date(2026, 12, 31)


def source(name: str, issuer: str, *, role: str = "official", blocked: bool = False) -> Watcher:
    return Watcher(
        id=name,
        name=name.upper(),
        issuer=issuer,
        role=role,  # type: ignore[arg-type]
        maintainers=("a maintainer",),
        confidence="B",
        blocked=blocked,
        schedule=Schedule(cron=("0 * * * *",)),
        index=Index(kind="links", url="https://a.example/"),
        http=Http(hosts=("a.example",)),
    )


def read(ago: timedelta | None, *, failures: int = 0, unread: int = 0) -> WatcherState:
    at = None if ago is None else NOW - ago
    return WatcherState(
        id="any",
        last_success_at=at,
        failures=failures,
        kind="unreachable" if failures else None,
        reason="no route" if failures else None,
        unread=unread,
    )


def covered(
    *pairs: tuple[Watcher, WatcherState],
    issuers: tuple[str, ...] = (),
    first_listed: dict[str, date] | None = None,
) -> Coverage:
    return build_coverage(
        pairs, issuers=issuers, database_until=DATABASE_UNTIL, first_listed=first_listed or {}
    )


def cautions(found: Coverage, on: date = TODAY) -> str:
    return "\n".join(found.list_cautions(on, now=NOW))


MINISTRY, CUSTOMS = source("ministry", "MOFCOM"), source("customs", "GACC")
PRESS = source("press", "press", role="secondary")
FRESH = read(timedelta(minutes=5))


def test_a_press_feed_that_was_read_says_nothing_about_the_ministry() -> None:
    found = covered((PRESS, FRESH), (MINISTRY, read(timedelta(days=49))))
    assert "MINISTRY (until 2027-01-11 12:00 Beijing time)" in cautions(found)
    assert found.read_until == NOW - timedelta(days=49)


def test_an_answer_is_as_old_as_the_source_that_was_read_longest_ago() -> None:
    found = covered((MINISTRY, FRESH), (CUSTOMS, read(timedelta(hours=3))))
    assert found.oldest is not None
    assert found.oldest.name == "CUSTOMS"
    assert "until 2027-03-01 09:00 Beijing time (oldest: CUSTOMS)" in found.basis


def test_an_answer_whose_sources_were_all_read_today_has_no_caution() -> None:
    assert cautions(covered((MINISTRY, FRESH), (CUSTOMS, FRESH))) == ""


def test_a_source_of_another_issuer_does_not_limit_the_answer() -> None:
    ministry_only = covered((MINISTRY, FRESH), (CUSTOMS, read(timedelta(days=49))), issuers=("MOFCOM",))
    joint = covered((MINISTRY, FRESH), (CUSTOMS, read(timedelta(days=49))), issuers=("MOFCOM", "GACC"))
    assert "CUSTOMS" not in cautions(ministry_only)
    assert "CUSTOMS" in cautions(joint)


def test_whatever_the_issuer_the_state_council_may_change_it() -> None:
    council = source("council", "State Council")
    found = covered((MINISTRY, FRESH), (council, read(timedelta(days=3))), issuers=("MOFCOM",))
    assert "COUNCIL" in cautions(found)


def test_an_issuer_without_a_source_of_its_own_rests_on_all_official_ones() -> None:
    found = covered((MINISTRY, FRESH), (CUSTOMS, FRESH), (PRESS, FRESH), issuers=("NMPA",))
    assert {item.watcher for item in found.sources} == {"ministry", "customs"}


def test_a_source_that_was_never_read_rests_on_the_reference_database() -> None:
    found = covered((MINISTRY, FRESH), (CUSTOMS, read(None)))
    assert found.read_until is None
    assert "CUSTOMS (never read)" in cautions(found)
    assert "CUSTOMS" not in cautions(found, DATABASE_UNTIL)


def test_a_list_that_began_after_the_database_ended_was_read_with_a_gap() -> None:
    gap = covered((MINISTRY, FRESH), first_listed={"ministry": date(2027, 1, 20)})
    whole = covered((MINISTRY, FRESH), first_listed={"ministry": date(2026, 11, 2)})
    assert "its list began on 2027-01-20" in cautions(gap)
    assert cautions(whole) == ""


def test_a_source_that_cannot_be_read_now_is_named_although_it_was_read_today() -> None:
    found = covered((MINISTRY, read(timedelta(hours=6), failures=3)))
    assert "not watched now: MINISTRY (until 2027-03-01 06:00" in cautions(found)


def test_a_site_that_refuses_automated_access_limits_no_day_and_is_named() -> None:
    refusing = replace(CUSTOMS, blocked=True)
    found = covered((MINISTRY, FRESH), (refusing, read(None, failures=3)))
    assert found.read_until == NOW - timedelta(minutes=5)
    assert "not watched: CUSTOMS, which refuses automated access" in cautions(found)


def test_listed_pages_that_were_not_read_yet_are_counted() -> None:
    assert "MINISTRY (2)" in cautions(covered((MINISTRY, read(timedelta(minutes=5), unread=2))))


@pytest.mark.parametrize("on", [date(2027, 2, 1), date(2026, 10, 1)])
def test_a_day_before_the_last_reading_has_no_caution(on: date) -> None:
    assert cautions(covered((MINISTRY, FRESH)), on) == ""


def test_what_will_be_issued_later_is_not_in_an_answer_about_a_later_day() -> None:
    assert "known up to 2027-03-01" in cautions(covered((MINISTRY, FRESH)), TODAY + timedelta(days=30))


def test_without_a_reading_the_answer_rests_on_the_database_alone() -> None:
    found = covered((MINISTRY, read(None)), (CUSTOMS, read(None)))
    assert "which ends on 2026-12-31" in cautions(found)
    assert found.basis == "Based on the reference database alone, which ends on 2026-12-31."


@pytest.mark.parametrize(
    ("pairs", "on", "known_on"),
    [
        ([(MINISTRY, FRESH), (CUSTOMS, FRESH)], TODAY, None),
        ([(MINISTRY, FRESH), (CUSTOMS, read(timedelta(days=10)))], TODAY, date(2027, 2, 19)),
        ([(MINISTRY, FRESH), (CUSTOMS, read(timedelta(days=10)))], date(2027, 2, 10), None),
        ([(MINISTRY, FRESH), (CUSTOMS, read(timedelta(days=10)))], date(2027, 6, 1), date(2027, 2, 19)),
        ([(MINISTRY, FRESH), (CUSTOMS, read(None))], TODAY, DATABASE_UNTIL),
        ([(MINISTRY, read(None))], TODAY, DATABASE_UNTIL),
        ([(MINISTRY, FRESH), (source("shut", "GACC", blocked=True), read(None))], TODAY, None),
    ],
)
def test_an_answer_with_a_gap_says_the_last_day_that_all_its_sources_were_read(
    pairs: list[tuple[Watcher, WatcherState]], on: date, known_on: date | None
) -> None:
    assert covered(*pairs).limit_to(on, now=NOW).as_known_on == known_on


def test_a_list_that_began_after_the_database_ended_leaves_the_answer_at_the_database() -> None:
    found = covered((MINISTRY, FRESH), first_listed={"ministry": date(2027, 2, 1)})
    assert found.limit_to(TODAY, now=NOW).as_known_on == DATABASE_UNTIL
