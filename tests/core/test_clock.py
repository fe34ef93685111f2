"""The laws of the clock: what the calendar holds, what is rung on which day, and who hears of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from controlwatch.core.alerting.reminder_plan import GRACE_PERIOD, ScheduledReminder, plan_reminders
from controlwatch.core.alerting.reminders import (
    ReminderContext,
    ReminderNotice,
    ReminderRound,
    decide_reminders,
)
from controlwatch.core.law.graph import Instrument, LegalGraph
from controlwatch.core.law.key_dates import find_key_dates, number_slots
from controlwatch.core.model import (
    CategoryFinding,
    Direction,
    EffectiveDate,
    KeyDate,
    Notice,
    NoticeKind,
    Relation,
    ReminderSubject,
    Subscription,
    Verb,
    to_notice_key,
)
from controlwatch.core.model.alert import ANNOUNCED_ONLY, ENDS, SUSPENSION_ENDS, TAKES_EFFECT

ONE_DAY = timedelta(days=1)


def day(text: str) -> date:
    return date.fromisoformat(text)


# --------------------------------------------------------------------------- which days ring


def event(
    on: str, name: str = TAKES_EFFECT, *, number: str = "MOFCOM 2026-58", scope: str = "all", quote: str = ""
) -> KeyDate:
    return KeyDate(
        date=day(on),
        event=name,
        number=number,
        key=to_notice_key(number),
        title=number,
        scope=scope,
        slot=scope,
        quote=quote,
    )


def told(on: str, *, known: str, lead: int | None = None, alerted: bool = False) -> ScheduledReminder:
    """An appointment that is held for a notice's entry into force."""
    return ScheduledReminder(
        key="MOFCOM 2026-58",
        event=TAKES_EFFECT,
        slot="all",
        date=day(on),
        known_on=day(known),
        days_before=lead,
        was_reminded=lead is not None,
        alerted=alerted,
    )


def said(today: date, occasion: ReminderSubject) -> str:
    """A ring in words: the day it rings, and what it says."""
    if occasion.gone:
        return f"{today}: {occasion.was} is gone"
    if occasion.was is not None:
        return f"{today}: {occasion.was} moved to {occasion.event.date}"
    return f"{today}: {occasion.event.date}"


def live(
    first: str, last: str, calendar: Iterable[KeyDate], held: Iterable[ScheduledReminder] = ()
) -> tuple[list[str], tuple[ScheduledReminder, ...]]:
    """Let the clock tick on each day, both included, and return what it said with what it holds then."""
    today, heard, kept = day(first), [], tuple(held)
    while today <= day(last):
        # The store hands out events from a week ago on, oldest first.
        seen = [found for found in number_slots(calendar) if found.date >= today - GRACE_PERIOD]
        decided = plan_reminders(seen, kept, today=today)
        heard.extend(said(today, occasion) for occasion in decided.occasions)
        kept, today = decided.active_reminders, today + ONE_DAY
    return heard, kept


def test_a_day_is_rung_for_thirty_seven_and_one_days_before_and_on_it_once_each() -> None:
    heard, _ = live("2026-01-01", "2026-04-30", [event("2026-04-01")])
    assert heard == [f"{on}: 2026-04-01" for on in ("2026-03-02", "2026-03-25", "2026-03-31", "2026-04-01")]


def test_a_second_tick_of_the_same_day_rings_nothing() -> None:
    once = plan_reminders(
        [event("2026-04-01")], [told("2026-04-01", known="2026-01-01")], today=day("2026-03-02")
    )
    again = plan_reminders([event("2026-04-01")], once.active_reminders, today=day("2026-03-02"))
    assert (len(once.occasions), again.occasions) == (1, ())


@pytest.mark.parametrize(
    ("learnt", "rung"),
    [
        ("2026-03-01", ["2026-03-02", "2026-03-25", "2026-03-31", "2026-04-01"]),
        ("2026-03-02", ["2026-03-25", "2026-03-31", "2026-04-01"]),
        ("2026-03-20", ["2026-03-25", "2026-03-31", "2026-04-01"]),
        ("2026-03-31", ["2026-04-01"]),
        ("2026-04-01", []),
        ("2026-04-03", []),
    ],
)
def test_what_is_learnt_late_is_not_rung_for_in_arrears(learnt: str, rung: list[str]) -> None:
    heard, _ = live(learnt, "2026-04-30", [event("2026-04-01")])
    assert heard == [f"{on}: 2026-04-01" for on in rung]


@pytest.mark.parametrize(
    ("back", "rung"),
    [
        ("2026-03-10", ["2026-03-10", "2026-03-25", "2026-03-31", "2026-04-01"]),
        ("2026-03-27", ["2026-03-27", "2026-03-31", "2026-04-01"]),
        ("2026-03-31", ["2026-03-31", "2026-04-01"]),
        ("2026-04-03", ["2026-04-03"]),
        ("2026-04-08", ["2026-04-08"]),
        ("2026-04-09", []),
    ],
)
def test_rings_missed_while_nobody_ran_are_made_up_for_by_the_nearest_and_the_day_for_a_week(
    back: str, rung: list[str]
) -> None:
    heard, _ = live(back, "2026-04-30", [event("2026-04-01")], [told("2026-04-01", known="2026-01-01")])
    assert heard == [f"{on}: 2026-04-01" for on in rung]


@pytest.mark.parametrize(
    ("held", "heard"),
    [
        (told("2026-04-01", known="2026-01-01"), []),
        (
            told("2026-04-01", known="2026-01-01", alerted=True),
            ["2026-03-10: 2026-04-01 moved to 2026-06-01"],
        ),
        (told("2026-04-01", known="2026-01-01", lead=30), ["2026-03-10: 2026-04-01 moved to 2026-06-01"]),
    ],
)
def test_a_moved_day_is_told_only_where_people_had_heard_of_it(
    held: ScheduledReminder, heard: list[str]
) -> None:
    assert live("2026-03-10", "2026-03-10", [event("2026-06-01")], [held])[0] == heard


def test_a_moved_day_is_rung_for_anew() -> None:
    held = told("2026-04-01", known="2026-01-01", lead=7)
    heard, _ = live("2026-03-28", "2026-07-01", [event("2026-06-01")], [held])
    assert heard == [
        "2026-03-28: 2026-04-01 moved to 2026-06-01",
        *(f"{on}: 2026-06-01" for on in ("2026-05-02", "2026-05-25", "2026-05-31", "2026-06-01")),
    ]


def test_a_day_that_moves_twice_is_told_twice() -> None:
    """Whoever was told the second date has heard of it, before any reminder."""
    reminded = told("2026-04-01", known="2026-01-01", lead=30)
    first, held = live("2026-03-10", "2026-03-10", [event("2026-06-01")], [reminded])
    second, _ = live("2026-03-12", "2026-03-12", [event("2026-07-01")], held)
    assert (first, second) == (
        ["2026-03-10: 2026-04-01 moved to 2026-06-01"],
        ["2026-03-12: 2026-06-01 moved to 2026-07-01"],
    )


def test_a_day_that_moved_and_then_does_not_come_is_told_as_gone() -> None:
    reminded = told("2026-04-01", known="2026-01-01", lead=30)
    _, held = live("2026-03-10", "2026-03-10", [event("2026-06-01")], [reminded])
    assert live("2026-03-12", "2026-03-12", [], held)[0] == ["2026-03-12: 2026-06-01 is gone"]


def test_a_day_that_moves_between_two_days_long_past_is_not_told() -> None:
    held = told("2026-03-01", known="2026-01-01", lead=0)
    assert live("2026-03-05", "2026-03-05", [event("2026-03-02")], [held])[0] == []


@pytest.mark.parametrize(
    ("held", "heard"),
    [
        (told("2026-04-01", known="2026-01-01"), []),
        (told("2026-04-01", known="2026-01-01", alerted=True), []),
        (told("2026-04-01", known="2026-01-01", lead=30), ["2026-03-10: 2026-04-01 is gone"]),
        (told("2026-03-09", known="2026-01-01", lead=0), []),
    ],
)
def test_a_day_that_no_longer_comes_is_told_only_where_people_were_reminded(
    held: ScheduledReminder, heard: list[str]
) -> None:
    assert live("2026-03-10", "2026-03-12", [], [held])[0] == heard


def test_two_days_of_one_part_are_told_apart() -> None:
    both = [event("2026-04-01", scope="第二条"), event("2026-04-03", scope="第二条")]
    heard, _ = live("2026-03-20", "2026-04-30", both)
    assert heard == [
        "2026-03-25: 2026-04-01",
        "2026-03-27: 2026-04-03",
        "2026-03-31: 2026-04-01",
        "2026-04-01: 2026-04-01",
        "2026-04-02: 2026-04-03",
        "2026-04-03: 2026-04-03",
    ]


def test_when_the_first_of_two_days_of_one_part_has_passed_the_second_has_not_moved() -> None:
    """A rebate that falls on 1 April and again on 1 January: nothing moves a week after the first."""
    both = [event("2026-04-01", scope="第二条"), event("2027-01-01", scope="第二条")]
    heard, _ = live("2026-03-20", "2027-01-02", both)
    assert heard == [
        *(f"{on}: 2026-04-01" for on in ("2026-03-25", "2026-03-31", "2026-04-01")),
        *(f"{on}: 2027-01-01" for on in ("2026-12-02", "2026-12-25", "2026-12-31", "2027-01-01")),
    ]


def test_days_of_different_parts_do_not_disturb_each_other() -> None:
    parts = [event("2026-04-01", scope="第一条"), event("2026-04-01", scope="第二条")]
    heard, _ = live("2026-03-31", "2026-03-31", parts[:1])
    both, _ = live("2026-03-30", "2026-03-31", parts)
    assert (heard, both) == ([], ["2026-03-31: 2026-04-01"] * 2)


def test_an_end_that_was_only_announced_rings_for_nobody() -> None:
    heard, held = live("2026-11-01", "2027-01-20", [event("2027-01-10", ANNOUNCED_ONLY)])
    assert (heard, held) == ([], ())


# --------------------------------------------------------------------------- what the calendar holds


def notice(
    number: str,
    issued: str,
    *acts: Relation,
    starts: str | None = None,
    until: str | None = None,
    kind: NoticeKind = NoticeKind.ANNOUNCEMENT,
    enacts: bool = True,
) -> Instrument:
    own = EffectiveDate(
        start=day(starts or issued), until=day(until) if until else None, basis="stated", quote=""
    )
    return Instrument(
        key=to_notice_key(number),
        number=number,
        title=number,
        issued=day(issued),
        kind=kind,
        enacts=enacts,
        effective=(own,) if enacts else (),
        relations=acts,
    )


def act(verb: Verb, target: str, *, start: str | None = None, until: str | None = None) -> Relation:
    return Relation(
        verb=verb,
        target=target,
        start=day(start) if start else None,
        until=day(until) if until else None,
        quote=f"{verb.value} {target}",
    )


def calendar(*notices: Instrument, first: str = "2026-01-01") -> list[tuple[str, str, str, tuple[str, ...]]]:
    found = find_key_dates(LegalGraph.from_instruments(notices), day(first), day("2036-01-01"))
    return [(str(item.date), item.event, item.number, item.affects) for item in found]


BATTERIES = notice("MOFCOM-GACC 2025-58", "2025-10-09", starts="2025-11-08")
ABROAD = notice("MOFCOM 2025-61", "2025-10-09")
PAUSE = notice(
    "MOFCOM-GACC 2025-70",
    "2025-11-07",
    act(Verb.SUSPENDS, "MOFCOM-GACC 2025-58"),
    act(Verb.SUSPENDS, "MOFCOM 2025-61"),
    until="2026-11-10",
)


def test_a_suspension_ends_on_one_day_for_all_that_it_holds_up() -> None:
    both = ("MOFCOM-GACC 2025-58", "MOFCOM 2025-61")
    assert calendar(BATTERIES, ABROAD, PAUSE) == [
        ("2026-11-10", SUSPENSION_ENDS, "MOFCOM-GACC 2025-70", both)
    ]


def test_suspensions_with_their_own_terms_that_end_on_one_day_are_one_event() -> None:
    answer = notice(
        "商务部新闻发言人答记者问",
        "2026-01-12",
        act(Verb.SUSPENDS, "MOFCOM-GACC 2025-58", until="2026-11-10"),
        act(Verb.SUSPENDS, "MOFCOM 2025-61", until="2026-11-10"),
    )
    ends = [found for found in calendar(BATTERIES, ABROAD, answer) if found[1] == SUSPENSION_ENDS]
    assert ends == [
        (
            "2026-11-10",
            SUSPENSION_ENDS,
            "商务部新闻发言人答记者问",
            ("MOFCOM-GACC 2025-58", "MOFCOM 2025-61"),
        )
    ]


def test_a_day_on_which_a_suspended_notice_was_to_take_effect_does_not_come() -> None:
    assert [found[1] for found in calendar(BATTERIES, PAUSE, first="2025-11-08")] == [SUSPENSION_ENDS]


@pytest.mark.parametrize("starts", ["2026-11-05", "2026-11-10", "2026-11-11"])
def test_an_end_that_an_extension_carries_on_does_not_come(starts: str) -> None:
    longer = notice(
        "MOFCOM 2026-60",
        "2026-11-05",
        act(Verb.EXTENDS, "MOFCOM-GACC 2025-70"),
        starts=starts,
        until="2027-01-10",
    )
    days = [on for on, name, _, _ in calendar(BATTERIES, ABROAD, PAUSE, longer) if name != TAKES_EFFECT]
    assert days == ["2027-01-10"]


@pytest.mark.parametrize("verb", [Verb.SUSPENDS, Verb.EXTENDS])
def test_an_end_does_not_free_what_another_act_goes_on_to_hold_up(verb: Verb) -> None:
    longer = notice(
        "MOFCOM 2026-60",
        "2026-11-05",
        act(verb, "MOFCOM-GACC 2025-58"),
        starts="2026-11-11",
        until="2027-01-10",
    )
    ends = [found for found in calendar(BATTERIES, ABROAD, PAUSE, longer) if found[1] == SUSPENSION_ENDS]
    assert [(on, affects) for on, _, _, affects in ends] == [
        ("2026-11-10", ("MOFCOM 2025-61",)),
        ("2027-01-10", ("MOFCOM-GACC 2025-58",)),
    ]


@pytest.mark.parametrize("verb", [Verb.REPEALS, Verb.RESUMES])
def test_an_end_does_not_free_what_is_repealed_or_resumed_before_it(verb: Verb) -> None:
    before = notice("MOFCOM 2026-50", "2026-03-01", act(verb, "MOFCOM-GACC 2025-58"))
    ends = [found for found in calendar(BATTERIES, ABROAD, PAUSE, before) if found[1] == SUSPENSION_ENDS]
    assert [affects for _, _, _, affects in ends] == [("MOFCOM 2025-61",)]


def test_the_end_of_an_extension_names_what_binds_again() -> None:
    longer = notice(
        "MOFCOM 2026-60", "2026-11-05", act(Verb.EXTENDS, "MOFCOM-GACC 2025-70"), until="2027-01-10"
    )
    ends = [found for found in calendar(BATTERIES, ABROAD, PAUSE, longer) if found[1] == SUSPENSION_ENDS]
    assert [affects for _, _, _, affects in ends] == [("MOFCOM-GACC 2025-58", "MOFCOM 2025-61")]


def test_the_end_of_an_extended_trial_is_no_end_of_a_suspension() -> None:
    trial = notice("MOFCOM 2023-28", "2023-07-31", until="2026-08-31")
    longer = notice("MOFCOM 2026-50", "2026-08-01", act(Verb.EXTENDS, "MOFCOM 2023-28"), until="2027-08-31")
    ends = [(on, name) for on, name, _, _ in calendar(trial, longer) if name != TAKES_EFFECT]
    assert ends == [("2027-08-31", ENDS)]


def test_the_end_of_a_suspension_that_was_repealed_does_not_come() -> None:
    undo = notice("MOFCOM 2026-50", "2026-03-01", act(Verb.REPEALS, "MOFCOM-GACC 2025-70"))
    assert [name for _, name, _, _ in calendar(BATTERIES, ABROAD, PAUSE, undo)] == [TAKES_EFFECT]


def test_an_end_that_was_only_announced_stands_beside_the_legal_one() -> None:
    readout = notice(
        "readout",
        "2026-09-28",
        act(Verb.EXTENDS, "MOFCOM-GACC 2025-70", until="2027-01-10"),
        kind=NoticeKind.NEWS,
        enacts=False,
    )
    found = calendar(BATTERIES, ABROAD, PAUSE, readout)
    assert [(on, name) for on, name, _, _ in found] == [
        ("2026-11-10", SUSPENSION_ENDS),
        ("2027-01-10", ANNOUNCED_ONLY),
    ]


def test_the_calendar_of_a_day_rests_on_what_had_been_issued_by_then() -> None:
    ledger = LegalGraph.from_instruments([BATTERIES, PAUSE])
    then = find_key_dates(ledger, day("2025-11-01"), day("2025-12-31"), known_on=day("2025-11-01"))
    assert [(str(item.date), item.event) for item in then] == [("2025-11-08", TAKES_EFFECT)]


# --------------------------------------------------------------------------- who hears of it


def at(text: str, zone: str = "Asia/Shanghai") -> datetime:
    """An instant in UTC, written as people in a zone read their clocks."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


RULE = Notice(
    title="公布对锂电池相关物项实施出口管制的决定",
    language="zh-Hans",
    issuers=("MOFCOM",),
    is_change=True,
    direction=Direction.TIGHTEN,
    categories=(CategoryFinding(id="battery.liion", quote="锂离子电池"),),
)
HOLD = replace(RULE, title="公布暂停实施的决定", direction=Direction.SUSPEND)
KEY = "MOFCOM 2026-58"
EVERYTHING = Subscription(id=1, channel="console", target="-")
HELD = told("2026-04-01", known="2026-01-01")


def tick(
    now: datetime,
    *subscriptions: Subscription,
    dates: tuple[KeyDate, ...] = (event("2026-04-01"),),
    held: tuple[ScheduledReminder, ...] = (HELD,),
    outlooks: dict[int, date] | None = None,
    about: Notice = RULE,
    known: dict[str, Notice] | None = None,
    told: frozenset[int] = frozenset(),
) -> ReminderRound:
    held_notices = {
        key: ReminderNotice(notice=notice, notified_ids=told)
        for key, notice in (known or {KEY: about}).items()
    }
    books = ReminderContext(
        key_dates=dates,
        scheduled_reminders=held,
        subscriptions=subscriptions,
        last_outlooks=outlooks or {},
        find_notice=held_notices.get,
    )
    return decide_reminders(books, now=now)


def readers(found: ReminderRound) -> list[tuple[str, list[int]]]:
    return [
        (item.alert.kind, [delivery.subscription_id for delivery in item.deliveries]) for item in found.alerts
    ]


def test_nobody_is_reminded_before_eight_in_the_morning_in_beijing() -> None:
    early = tick(at("2026-03-31T07:59"), EVERYTHING, held=(replace(HELD, days_before=7),))
    due = tick(at("2026-03-31T08:00"), EVERYTHING, held=early.plan.active_reminders)
    assert (readers(early), readers(due)) == ([], [("reminder", [1])])


def test_a_reminder_waits_for_the_end_of_the_quiet_hours() -> None:
    berlin = replace(EVERYTHING, timezone="Europe/Berlin", quiet=(time(22), time(7)))
    found = tick(at("2026-03-31T08:00"), berlin)
    assert found.alerts[0].deliveries[0].due_at == at("2026-03-31T07:00", "Europe/Berlin")


def test_a_reminder_joins_the_digest_of_whoever_wants_one() -> None:
    daily = replace(EVERYTHING, rate="daily", at=time(17))
    found = tick(at("2026-03-31T08:00"), daily)
    assert found.alerts[0].deliveries[0].due_at == at("2026-03-31T17:00")


def test_a_reminder_reaches_those_whom_the_notice_concerns() -> None:
    concerned = replace(EVERYTHING, id=2, categories=("battery",))
    other = replace(EVERYTHING, id=3, categories=("graphite",))
    assert readers(tick(at("2026-03-31T08:00"), concerned, other)) == [("reminder", [2])]


def test_whoever_wants_no_reminders_gets_none() -> None:
    without = replace(EVERYTHING, reminders=False)
    assert readers(tick(at("2026-03-31T08:00"), without)) == [("reminder", [])]


@pytest.mark.parametrize("dates", [(event("2026-06-01"),), ()], ids=["moved", "gone"])
def test_whoever_wants_no_reminders_still_hears_of_a_day_that_moved_or_is_gone(
    dates: tuple[KeyDate, ...],
) -> None:
    without = replace(EVERYTHING, reminders=False)
    found = tick(
        at("2026-03-10T08:00"), without, dates=dates, held=(replace(HELD, days_before=30, was_reminded=True),)
    )
    assert readers(found) == [("moved", [1])]


@pytest.mark.parametrize(
    ("direction", "hears"),
    [
        (Direction.TIGHTEN, [1]),
        (Direction.RESUME, [1]),
        (Direction.SUSPEND, [1]),
        (Direction.RELAX, []),
        (Direction.CLARIFY, []),
    ],
)
def test_the_end_of_a_suspension_reaches_those_who_follow_what_tightens_or_resumes(
    direction: Direction, hears: list[int]
) -> None:
    follows = replace(EVERYTHING, directions=(direction,))
    ends = (event("2026-04-01", SUSPENSION_ENDS),)
    held = (replace(HELD, event=SUSPENSION_ENDS),)
    found = tick(at("2026-03-31T08:00"), follows, dates=ends, held=held, about=HOLD)
    assert readers(found) == [("reminder", hears)]


def test_the_entry_into_force_of_a_suspension_does_not_tighten() -> None:
    follows = replace(EVERYTHING, directions=(Direction.TIGHTEN, Direction.RESUME))
    assert readers(tick(at("2026-03-31T08:00"), follows, about=HOLD)) == [("reminder", [])]


# --------------------------------------------------------------------------- the outlook

OUTLOOK = replace(EVERYTHING, outlook=True, at=time(8, 30))


def outlooks_over(
    first: datetime, hours: int, subscription: Subscription, *, dates: tuple[KeyDate, ...] = ()
) -> list[datetime]:
    """Let the clock tick every ten minutes and return the instants at which an outlook was made."""
    sent: list[datetime] = []
    last: dict[int, date] = {}
    for now in (first + timedelta(minutes=10 * step) for step in range(hours * 6)):
        found = tick(now, subscription, dates=dates, held=(), outlooks=last)
        last |= found.outlook_days
        sent.extend(now for item in found.alerts if item.alert.kind == "outlook")
    return sent


def test_an_outlook_leaves_once_a_day_at_its_hour_in_the_zone_of_the_subscriber() -> None:
    berlin = replace(OUTLOOK, timezone="Europe/Berlin")
    sent = outlooks_over(at("2026-03-02T00:00", "Europe/Berlin"), 72, berlin)
    assert sent == [at(f"2026-03-0{n}T08:30", "Europe/Berlin") for n in (2, 3, 4)]


@pytest.mark.parametrize(
    ("saturday", "hour"),
    [("2026-03-28", time(8, 30)), ("2026-03-28", time(2, 30)), ("2026-10-24", time(2, 30))],
    ids=["clocks go forward", "an hour that does not exist", "an hour that comes twice"],
)
def test_an_outlook_leaves_once_a_day_when_the_clocks_change(saturday: str, hour: time) -> None:
    berlin = replace(OUTLOOK, timezone="Europe/Berlin", at=hour)
    sent = outlooks_over(at(f"{saturday}T00:00", "Europe/Berlin"), 71, berlin)
    local = [instant.astimezone(ZoneInfo("Europe/Berlin")) for instant in sent]
    assert [moment.date() for moment in local] == [day(saturday) + timedelta(days=n) for n in range(3)]
    assert all(hour <= moment.time() < time(hour.hour + 1, hour.minute) for moment in local)


def test_an_outlook_is_sent_on_an_empty_week_too() -> None:
    found = tick(at("2026-03-02T08:30"), OUTLOOK, dates=(), held=())
    assert [(item.alert.kind, item.alert.agenda) for item in found.alerts] == [("outlook", ())]
    assert readers(found) == [("outlook", [1])]


def test_an_outlook_holds_today_and_six_days_more() -> None:
    dates = tuple(event(on, scope=on) for on in ("2026-03-01", "2026-03-02", "2026-03-08", "2026-03-09"))
    found = tick(at("2026-03-02T08:30"), OUTLOOK, dates=dates, held=())
    agenda = next(item.alert.agenda for item in found.alerts if item.alert.kind == "outlook")
    assert [str(item.date) for item in agenda] == ["2026-03-02", "2026-03-08"]


def test_an_outlook_holds_what_its_reader_follows_and_what_may_concern_anybody() -> None:
    battery, graphite, unread = (event("2026-03-03", number=f"MOFCOM 2026-{n}") for n in (58, 59, 60))
    known = {
        battery.key: RULE,
        graphite.key: replace(RULE, categories=(CategoryFinding(id="graphite", quote="石墨"),)),
        unread.key: replace(RULE, categories=()),
    }
    follows = replace(OUTLOOK, categories=("battery",), reminders=False)
    found = tick(at("2026-03-02T08:30"), follows, dates=(battery, graphite, unread), held=(), known=known)
    assert [item.alert.agenda for item in found.alerts] == [(battery, unread)]


def test_an_outlook_waits_for_the_end_of_the_quiet_hours_and_for_no_digest() -> None:
    quiet = replace(OUTLOOK, rate="weekly", quiet=(time(20), time(9)))
    found = tick(at("2026-03-02T08:30"), quiet, dates=(), held=())
    assert [delivery.due_at for delivery in found.alerts[0].deliveries] == [at("2026-03-02T09:00")]


def test_whoever_did_not_ask_for_an_outlook_gets_none() -> None:
    assert tick(at("2026-03-02T08:30"), EVERYTHING, dates=(), held=()).alerts == ()


def test_an_outlook_missed_in_the_morning_is_sent_when_the_clock_runs_again() -> None:
    found = tick(at("2026-03-02T19:00"), OUTLOOK, dates=(), held=(), outlooks={1: day("2026-03-01")})
    assert found.outlook_days == {1: day("2026-03-02")}


def test_a_part_that_is_only_named_otherwise_has_not_moved_and_keeps_its_rings() -> None:
    held = replace(told("2026-04-01", known="2026-01-01", lead=30), slot="all")
    heard, kept = live("2026-03-10", "2026-03-10", [event("2026-04-01", scope="第一条")], [held])
    assert heard == []
    assert [(item.slot, item.days_before, item.was_reminded) for item in kept] == [("第一条", 30, True)]


def test_a_day_that_was_moved_into_the_past_has_not_gone() -> None:
    held = told("2026-04-01", known="2026-01-01", lead=30)
    decided = plan_reminders([event("2026-02-20")], [held], today=day("2026-03-10"))
    assert [(occasion.was, occasion.gone) for occasion in decided.occasions] == [(day("2026-04-01"), False)]


def test_what_has_not_changed_is_not_written_again() -> None:
    held = told("2026-04-01", known="2026-01-01", lead=30)
    decided = plan_reminders([event("2026-04-01")], [held], today=day("2026-03-10"))
    assert (decided.active_reminders, decided.changed_reminders, decided.dropped_reminders) == (
        (held,),
        (),
        (),
    )
