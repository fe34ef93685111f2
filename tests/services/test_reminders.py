"""The clock over the whole pipeline: what is rung, once, for whom; and numbers that nobody has seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import event

from controlwatch.core.model import Alert, Mute, Subscription
from controlwatch.core.sources.watcher import Expect
from tests.services.test_news import GALLIUM, started
from tests.services.world import START, WATCHER, Page, World, tightening

pytestmark = pytest.mark.usefixtures("sound_chain")

#: 09:30 in Beijing
MORNING = timedelta(hours=1, minutes=30)
MEETING = Page("/notices/art_9.html", "商务部召开工作会议", "会议总结了上半年工作，部署了下一阶段任务。")
SUSPENSION = Page(
    "/notices/art_70.html",
    "商务部 海关总署公告2026年第70号 公布暂停实施商务部、海关总署公告2026年第40号的决定",
    "经批准，自即日起至2026年6月30日，暂停实施商务部、海关总署公告2026年第40号（公布对有关物项实施出口管制的决定）。\n"
    "商务部 海关总署\n2026年3月10日",
    day="2026-03-10",
)


def at(day: str) -> datetime:
    """Half past nine in Beijing on a day."""
    return datetime.fromisoformat(day).replace(tzinfo=UTC) + MORNING


def rung(w: World, *days: str) -> list[tuple[str, str]]:
    """Do a round of the clock on each of these days; return what was rung, in order."""
    for day in days:
        w.remind([WATCHER], now=at(day))
    return [(alert.kind, said(alert)) for alert in w.alerts()]


def said(alert: Alert) -> str:
    if alert.occasion is None:
        return alert.title
    event = alert.occasion.event
    return f"{event.number} {event.event} {event.date}"


def gallium(w: World) -> World:
    """A world in which the gallium notice, in force from 2026-04-01, has been told."""
    started(w, MEETING).ministry.publish(replace(GALLIUM))
    w.poll()
    w.remind([WATCHER], now=w.now)
    assert [alert.kind for alert in w.alerts()][:1] == ["new"]
    return w


def test_a_day_is_rung_for_seven_days_and_one_day_before_and_on_it_once_each(w: World) -> None:
    gallium(w)  # seen on 2026-03-02: thirty days before was told by the alert itself
    days = ("2026-03-20", "2026-03-25", "2026-03-25", "2026-03-28", "2026-03-31", "2026-04-01", "2026-04-02")
    assert rung(w, *days) == [("reminder", "MOFCOM-GACC 2026-40 takes effect 2026-04-01")] * 3


def test_a_notice_suspended_in_time_takes_no_effect_and_those_reminded_are_told(w: World) -> None:
    gallium(w)
    assert len(rung(w, "2026-03-25")) == 1
    w.ministry.publish(replace(SUSPENSION))
    w.now = at("2026-03-26")
    w.poll()
    w.alerts()
    told = rung(w, "2026-03-26", "2026-03-31", "2026-04-01")
    assert told == [("moved", "MOFCOM-GACC 2026-40 takes effect 2026-04-01")]


def test_a_suspension_of_several_notices_is_one_message_on_the_dates_that_concern_each_subscriber(
    w: World,
) -> None:
    everything, of_gallium = subscribed(w), subscribed(w, categories=("minor_metals.gallium",))
    items = {40: "金属镓", 41: "天然石墨", 42: "金属锗"}
    numbers = [f"公告2026年第{number}号" for number in items]
    started(w, MEETING).ministry.publish(
        *(
            Page(
                f"/notices/art_{number}.html",
                f"商务部 海关总署公告2026年第{number}号 公布对{item}相关物项实施出口管制的决定",
                tightening(number, item=item),
            )
            for number, item in items.items()
        )
    )
    w.poll()
    w.remind([WATCHER], now=w.now)
    w.alerts()
    assert len(set(rung(w, "2026-03-25"))) == 3
    named = "、".join(f"商务部、海关总署{number}" for number in numbers)
    w.ministry.publish(
        replace(
            SUSPENSION,
            title=f"商务部 海关总署公告2026年第70号 公布暂停实施{named}的决定",
            text=f"经批准，自即日起至2026年6月30日，暂停实施{named}。\n商务部 海关总署\n2026年3月10日",
        )
    )
    w.now = at("2026-03-26")
    w.poll()
    w.alerts()
    w.remind([WATCHER], now=at("2026-03-26"))
    told: dict[int, list[list[str]]] = {everything: [], of_gallium: []}
    while claimed := w.claim(at("2026-03-26")):
        for item in claimed:
            occasions = (item.alert.occasion, *item.alert.others)
            told.setdefault(item.subscription.id, []).append(
                sorted(found.event.number for found in occasions if found is not None)
            )
        w.mark_sent(claimed)
    assert told[of_gallium] == [["MOFCOM-GACC 2026-40"]]
    assert told[everything] == [["MOFCOM-GACC 2026-40", "MOFCOM-GACC 2026-41", "MOFCOM-GACC 2026-42"]]


def test_the_silent_end_of_a_suspension_is_rung_for(w: World) -> None:
    gallium(w).ministry.publish(replace(SUSPENSION))
    w.poll()
    w.alerts()
    w.remind([WATCHER], now=at("2026-03-11"))
    (first, *_) = rung(w, "2026-05-31", "2026-06-23", "2026-06-29", "2026-06-30", "2026-07-01")
    assert first == ("reminder", "MOFCOM-GACC 2026-70 suspension ends 2026-06-30")


def test_a_date_that_is_amended_is_rung_for_anew_and_its_move_is_told(w: World) -> None:
    gallium(w)
    rung(w, "2026-03-25")
    page = next(page for page in w.ministry.pages if page.path == GALLIUM.path)
    page.text = page.text.replace("2026年4月1日", "2026年6月1日")
    w.ministry.render()
    w.now = at("2026-03-26")
    w.poll()
    assert [alert.kind for alert in w.alerts()] == ["amended"]
    assert rung(w, "2026-03-26", "2026-04-01", "2026-05-02", "2026-05-25") == [
        ("moved", "MOFCOM-GACC 2026-40 takes effect 2026-06-01"),
        ("reminder", "MOFCOM-GACC 2026-40 takes effect 2026-06-01"),
        ("reminder", "MOFCOM-GACC 2026-40 takes effect 2026-06-01"),
    ]


def test_an_outlook_comes_once_a_day_to_those_who_want_it_empty_weeks_included(w: World) -> None:
    wanted = Subscription(channel="console", target="-", outlook=True, at=time(9, 0), categories=("battery",))
    w.store.subscriptions.subscribe(wanted, START)
    gallium(w)
    w.alerts()
    told = rung(w, "2026-03-28", "2026-03-28", "2026-03-29")
    assert [kind for kind, _ in told].count("outlook") == 2


def test_a_number_that_stays_away_is_a_lead_and_is_closed_when_it_turns_up(w: World) -> None:
    watcher = replace(WATCHER, expect=Expect(rows=1, series=("MOFCOM",), gap_days=3))
    started(w)  # number 1 is on the shelf
    w.ministry.publish(
        *(
            replace(
                GALLIUM,
                path=f"/notices/art_{n}.html",
                title=f"商务部公告2026年第{n}号 公布对镓相关物项实施出口管制的决定",
                text=tightening(n),
            )
            for n in (2, 3, 5)
        )
    )
    w.poll()
    w.alerts()
    assert w.remind([watcher], now=w.now + timedelta(days=2)) == ()
    assert w.remind([watcher], now=w.now + timedelta(days=4)) == ("lead: not seen: MOFCOM 2026-4",)
    assert w.remind([watcher], now=w.now + timedelta(days=5)) == ()
    assert [lead.subject for lead in w.store.leads.list_all()] == ["MOFCOM 2026-4"]
    w.ministry.publish(
        replace(
            GALLIUM,
            path="/notices/art_4.html",
            title="商务部公告2026年第4号 公布对镓相关物项实施出口管制的决定",
            text=tightening(4),
        )
    )
    w.poll(later=timedelta(days=6))
    w.remind([watcher], now=w.now)
    assert w.store.leads.list_all() == ()
    (closed,) = w.store.leads.list_all(closed=True)
    assert closed.closed_by == "https://www.ministry.example/notices/art_4.html"


def subscribed(w: World, **criteria: object) -> int:
    """Subscribe somebody else, and return the number."""
    return w.store.subscriptions.subscribe(Subscription(channel="console", target="-", **criteria), START)  # type: ignore[arg-type]


def readers(w: World, day: str) -> set[int]:
    """Do a round of the clock and return who was reminded."""
    w.remind([WATCHER], now=at(day))
    found: set[int] = set()
    while claimed := w.claim(at(day) + timedelta(days=40)):
        found.update(item.subscription.id for item in claimed if item.alert.kind == "reminder")
        w.mark_sent(claimed)
    return found


def test_whoever_was_told_of_a_notice_is_reminded_of_its_day(w: World) -> None:
    """By a term of the text, by a code, or because the items could not be read: the alert found them."""
    by_term, by_code = subscribed(w, terms=("许可",)), subscribed(w, hs_prefixes=("8112",))
    gallium(w)
    assert {by_term, by_code} <= readers(w, "2026-03-25")


def test_what_is_muted_is_kept_back_from_those_too_who_were_told_of_it_before(w: World) -> None:
    """Their wishes have changed since; they still hear of it, but not while its items are muted."""
    number = subscribed(w, terms=("许可",))
    found = gallium(w).store.queries.find_record("MOFCOM 2026-40")
    assert found is not None
    muted = tuple(Mute(category=item.id, until=at("2026-03-28")) for item in found.notice.categories)
    (mine,) = [item for item in w.store.subscriptions.list_active() if item.id == number]
    assert w.store.subscriptions.update(replace(mine, terms=("稀土",), muted=muted))
    assert number not in readers(w, "2026-03-25")
    assert number in readers(w, "2026-03-31")


def test_the_end_of_a_suspension_reaches_those_who_follow_the_codes_that_bind_again(w: World) -> None:
    by_code = subscribed(w, hs_prefixes=("8112",))
    gallium(w).ministry.publish(replace(SUSPENSION))
    w.poll()
    w.alerts()
    w.remind([WATCHER], now=at("2026-03-11"))
    assert by_code in readers(w, "2026-06-23")


def test_a_reminder_does_not_wait_for_a_weekly_digest(w: World) -> None:
    subscribed(w, rate="weekly", weekday=0, at=time(17, 0))
    gallium(w)
    w.remind([WATCHER], now=at("2026-03-31"))
    due = w.claim(at("2026-03-31") + timedelta(hours=9))
    while due:
        kinds = {item.alert.kind for item in due if item.subscription.rate == "weekly"}
        if kinds:
            assert "reminder" in kinds
            return
        w.mark_sent(due)
        due = w.claim(at("2026-03-31") + timedelta(hours=9))
    raise AssertionError("the weekly reader was not reminded on the day")


def test_our_own_better_reading_moves_days_in_silence(w: World) -> None:
    started(w, MEETING)
    repealing = GALLIUM.text.replace("本公告自", "商务部公告2020年第9号同时废止。本公告自")
    w.ministry.publish(replace(GALLIUM, text=repealing))
    w.poll()
    w.remind([WATCHER], now=w.now)
    w.alerts()
    record = w.store.queries.find_record("MOFCOM 2026-40")
    assert record is not None
    (version,) = w.store.notices.list_acting_versions("MOFCOM 2020-9")
    other_day = replace(record.notice.effective[0], start=date(2026, 4, 2))
    w.store.notices.record_rereading(version, replace(record.notice, effective=(other_day,)), now=w.now)
    assert rung(w, "2026-03-10") == []
    assert rung(w, "2026-03-26") == [("reminder", "MOFCOM-GACC 2026-40 takes effect 2026-04-02")]


def test_pages_of_the_shelf_that_are_read_late_open_no_gap(w: World) -> None:
    watcher = replace(WATCHER, expect=Expect(rows=1, series=("MOFCOM",), gap_days=3))
    pages = [
        replace(
            GALLIUM,
            path=f"/notices/art_{n}.html",
            title=f"商务部公告2026年第{n}号 公布对镓相关物项实施出口管制的决定",
            text=tightening(n),
        )
        for n in (2, 9)
    ]
    w.ministry.publish(*pages)
    w.sites.take_down(f"{w.ministry.host}/notices/art_9.html")
    w.poll()
    w.ministry.render()
    w.poll(later=timedelta(hours=3))
    assert w.remind([watcher], now=w.now + timedelta(days=5)) == ()


def test_the_end_of_a_suspension_reaches_those_who_were_told_of_what_binds_again(w: World) -> None:
    """By a word that only the suspended notice holds: its end makes that notice bind."""
    by_term = subscribed(w, terms=("应当申请许可",))
    gallium(w).ministry.publish(replace(SUSPENSION))
    w.poll()
    w.alerts()
    w.remind([WATCHER], now=at("2026-03-11"))
    assert by_term in readers(w, "2026-06-23")


def test_a_round_asks_the_database_no_more_often_for_many_sources(w: World) -> None:
    def count_statements(sources: int) -> int:
        asked: list[str] = []
        note = lambda *words: asked.append(words[2])  # noqa: E731
        engines = w.store.database.read, w.store.database.write
        for engine in engines:
            event.listen(engine, "before_cursor_execute", note)
        w.remind([replace(WATCHER, id=f"source-{n}") for n in range(sources)], now=w.now)
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
        return len(asked)

    count_statements(2)  # the calendar is kept from now on
    assert count_statements(2) == count_statements(40)
