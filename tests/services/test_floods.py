"""Many new notices of one source at one poll: held for a person, told to the operators, and nothing lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from controlwatch.core.model import NoticeRef
from controlwatch.core.model.state import NewReference
from tests.services.world import HOST, WATCHER, Page, World, tightening

pytestmark = pytest.mark.usefixtures("sound_chain")

#: A site that holds no more than this many new ones at once, on one page of its list.
LIMIT = replace(
    WATCHER,
    expect=replace(WATCHER.expect, new_at_once=5),
    index=replace(WATCHER.index, pages=replace(WATCHER.index.pages, style="none")),
)


def notice(number: int) -> Page:
    title = f"商务部公告2026年第{number}号 公布对镓相关物项实施出口管制的决定"
    return Page(f"/notices/art_{number}.html", title, tightening(number) + f"第{number}号")


def told(w: World) -> list[tuple[str, str]]:
    return [(alert.kind, alert.title) for alert in w.alerts()]


@pytest.fixture
def flooded(w: World) -> World:
    """A world whose source has just listed twelve new notices at once."""
    w.ministry.size = 200
    w.ministry.publish(notice(901))
    w.poll(LIMIT)
    w.ministry.publish(*(notice(number) for number in range(910, 922)))
    assert w.poll(LIMIT).held == 12
    return w


def test_as_many_as_the_source_may_list_at_once_are_told(w: World) -> None:
    w.ministry.publish(notice(901))
    w.poll(LIMIT)
    w.ministry.publish(*(notice(number) for number in range(910, 915)))
    assert w.poll(LIMIT).held == 0
    assert [kind for kind, _ in told(w)] == ["new"] * 5


def test_more_are_one_alert_to_the_operators_with_a_preview(flooded: World) -> None:
    alerts = flooded.alerts()
    assert {alert.kind for alert in alerts} == {"health-down"}
    assert {alert.title for alert in alerts} == {"ministry: 12 new notices at once are held"}
    assert notice(921).title in alerts[0].body
    assert "controlwatch held release ministry" in alerts[0].body


def test_it_is_said_again_while_nobody_decides_and_what_appears_later_is_told(flooded: World) -> None:
    flooded.alerts()
    flooded.ministry.publish(notice(930))
    flooded.poll(LIMIT)
    assert told(flooded) == [("new", notice(930).title)]
    flooded.poll(LIMIT, later=timedelta(days=1, hours=1))
    assert {title for _, title in told(flooded)} == {"ministry: 12 new notices at once are still held"}


def test_what_is_released_is_told_as_new(flooded: World) -> None:
    flooded.alerts()
    references = flooded.store.references
    assert references.settle_held("ministry", may_alert=True, containing="第915号", now=flooded.now) == 1
    assert references.settle_held("ministry", may_alert=False, containing="", now=flooded.now) == 11
    assert references.list_held() == ()
    flooded.poll(LIMIT)
    assert told(flooded) == [("new", notice(915).title)]
    assert len(flooded.store.queries.list_notices()) == 13


def test_what_could_not_alert_when_it_was_listed_does_not_when_it_is_released(w: World) -> None:
    references = w.store.references
    news = [
        NewReference(ref=NoticeRef(url=f"{HOST}/notices/{name}.html", title=name), may_alert=may_alert)
        for name, may_alert in (("new", True), ("old", False))
    ]
    references.track("ministry", news, w.now, is_held=True)
    references.settle_held("ministry", may_alert=True, containing="", now=w.now)
    due = {item.ref.title: item.may_alert for item in references.list_due("ministry", w.now)}
    assert due == {"new": True, "old": False}


def test_the_first_poll_of_a_source_is_no_flood(w: World) -> None:
    w.ministry.size = 200
    w.ministry.publish(*(notice(number) for number in range(910, 940)))
    report = w.poll(LIMIT)
    assert (report.outcome, report.held) == ("shelved", 0)
