"""Events of calendars: what keeps its identity, what is a newer version, and what is cancelled."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from controlwatch.core.law.calendar_plan import KEPT_FOR, CalendarEvent, CalendarPlan, plan_calendar
from controlwatch.core.model import KeyDate

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
FIRST = date(2025, 3, 1)
EFFECT = KeyDate(
    date=date(2026, 4, 1), event="takes effect", number="MOFCOM 2026-40", key="MOFCOM 2026-40", title="公告"
)


def list_all(plan: CalendarPlan) -> tuple[CalendarEvent, ...]:
    return (*(event for event, _ in plan.happening), *plan.cancelled)


def plan(
    *key_dates: KeyDate, known: tuple[CalendarEvent, ...] = (), now: datetime = NOW
) -> tuple[CalendarEvent, ...]:
    return list_all(plan_calendar(key_dates, known, first=FIRST, now=now))


def test_a_date_that_is_known_already_needs_no_change() -> None:
    events = plan(EFFECT)
    assert plan_calendar([EFFECT], events, first=FIRST, now=LATER).is_settled


def test_the_identity_of_an_event_does_not_depend_on_when_or_where_it_was_first_seen() -> None:
    assert plan(EFFECT)[0].uid == plan(EFFECT, now=LATER)[0].uid


def test_a_date_that_moves_is_a_newer_version_of_the_same_event() -> None:
    (before,) = plan(EFFECT)
    (after,) = plan(replace(EFFECT, date=date(2026, 5, 1)), known=(before,), now=LATER)
    assert (after.uid, after.sequence, after.changed_at) == (before.uid, before.sequence + 1, LATER)
    assert after.date == date(2026, 5, 1)


def test_a_part_that_is_renamed_has_not_moved() -> None:
    (before,) = plan(EFFECT)
    (after,) = plan(replace(EFFECT, slot="第二条"), known=(before,), now=LATER)
    assert (after.uid, after.sequence) == (before.uid, before.sequence)


def test_another_title_is_a_change_but_not_a_move() -> None:
    (before,) = plan(EFFECT)
    (after,) = plan(replace(EFFECT, title="公告（更正）"), known=(before,), now=LATER)
    assert (after.sequence, after.changed_at) == (0, LATER)


def test_what_no_longer_happens_is_cancelled_and_kept_for_a_year() -> None:
    (event,) = plan(EFFECT)
    (gone,) = plan(known=(event,), now=LATER)
    assert (gone.uid, gone.sequence, gone.cancelled_at) == (event.uid, 1, LATER)
    assert plan(known=(gone,), now=LATER + KEPT_FOR - timedelta(hours=1)) == (gone,)
    ended = plan_calendar([], [gone], first=FIRST, now=LATER + KEPT_FOR)
    assert list_all(ended) == ()
    assert ended.dropped == (event.uid,)


def test_what_happens_after_all_is_the_same_event_again() -> None:
    (event,) = plan(EFFECT)
    (gone,) = plan(known=(event,), now=LATER)
    (again,) = plan(EFFECT, known=(gone,), now=LATER)
    assert (again.uid, again.sequence, again.cancelled_at) == (event.uid, 2, None)


def test_a_date_that_lies_too_far_back_is_forgotten_and_not_cancelled() -> None:
    (event,) = plan(EFFECT)
    forgotten = plan_calendar([], [event], first=date(2026, 4, 2), now=LATER)
    assert (forgotten.cancelled, forgotten.dropped) == ((), (event.uid,))


def test_a_new_part_does_not_take_the_identity_of_one_that_was_renamed() -> None:
    (event,) = plan(EFFECT)
    (renamed,) = plan(replace(EFFECT, slot="第二条"), known=(event,))
    new = replace(EFFECT, date=date(2026, 9, 1))
    both = plan(replace(EFFECT, slot="第二条"), new, known=(renamed,))
    assert len({item.uid for item in both}) == 2
    assert both[0].uid == event.uid


def test_two_dates_of_a_notice_that_swap_their_parts_are_two_events() -> None:
    ends = replace(EFFECT, event="ends", date=date(2027, 4, 1))
    before = plan(EFFECT, ends)
    after = plan(EFFECT, replace(ends, date=date(2028, 4, 1)), known=before, now=LATER)
    assert [event.uid for event in after] == [event.uid for event in before]
    assert [event.sequence for event in after] == [0, 1]
