"""Who hears of what, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time

import pytest

from controlwatch.core.alerting.routing import explain_match, find_send_time, route_alert
from controlwatch.core.model import (
    Alert,
    CategoryFinding,
    CodeFinding,
    Direction,
    Notice,
    Subscription,
    covers_category,
)

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # Monday 09:00 in Beijing
NOTICE = Notice(
    title="公布对锂电池相关物项实施出口管制的决定",
    language="zh-Hans",
    issuers=("MOFCOM", "GACC"),
    is_change=True,
    direction=Direction.TIGHTEN,
    categories=(CategoryFinding(id="battery.liion", quote="锂离子电池"),),
    destinations=("US",),
    hs_codes=(CodeFinding(code="85076000", quote="85076000"),),
)
ALERT = Alert(kind="new", made_at=NOW, title=NOTICE.title, watcher="w", notice=NOTICE)
ALL = Subscription(id=1, channel="console", target="-")


@pytest.mark.parametrize(
    ("criteria", "why"),
    [
        ({}, "subscribed to everything"),
        ({"categories": ("battery",)}, "category battery.liion"),
        ({"categories": ("battery.liion",)}, "category battery.liion"),
        ({"categories": ("battery.anode",)}, None),
        ({"categories": ("bat",)}, None),
        ({"issuers": ("GACC",)}, "issuer GACC"),
        ({"issuers": ("MIIT",)}, None),
        ({"directions": (Direction.TIGHTEN,)}, "direction tighten"),
        ({"directions": (Direction.RELAX,)}, None),
        ({"destinations": ("US", "JP")}, "destination US"),
        ({"hs_prefixes": ("8507",)}, "HS code 85076000"),
        ({"hs_prefixes": ("2504",)}, None),
        ({"terms": ("锂电池",)}, "term 锂电池"),
        ({"terms": ("石墨",)}, None),
        ({"categories": ("battery",), "issuers": ("MIIT",)}, None),
        ({"categories": ("battery",), "issuers": ("MOFCOM",)}, "category battery.liion; issuer MOFCOM"),
    ],
)
def test_criteria_of_one_kind_are_alternatives_and_different_kinds_must_all_hold(
    criteria: dict[str, tuple[str, ...]], why: str | None
) -> None:
    assert explain_match(ALERT, replace(ALL, **criteria)) == why


def test_a_change_whose_items_cannot_be_read_reaches_every_category_subscriber() -> None:
    unread = replace(ALERT, notice=replace(NOTICE, categories=()))
    assert "to be safe" in (explain_match(unread, replace(ALL, categories=("graphite",))) or "")


def test_a_press_report_without_categories_reaches_no_category_subscriber() -> None:
    unread = replace(ALERT, kind="report", notice=replace(NOTICE, categories=()))
    assert explain_match(unread, replace(ALL, categories=("graphite",))) is None


def test_reports_and_health_can_be_declined() -> None:
    assert explain_match(replace(ALERT, kind="report"), replace(ALL, reports=False)) is None
    down = Alert(kind="health-down", made_at=NOW, title="blind", watcher="w")
    assert explain_match(down, replace(ALL, health=False)) is None
    assert explain_match(down, replace(ALL, categories=("battery",))) == "health of the watchers"


def test_each_matching_subscription_gets_one_delivery() -> None:
    planned = route_alert(ALERT, [ALL, replace(ALL, id=2, issuers=("MIIT",)), replace(ALL, id=3)], now=NOW)
    assert [item.subscription_id for item in planned] == [1, 3]


@pytest.mark.parametrize(
    ("changes", "due"),
    [
        ({}, "2026-03-02T09:00:00+08:00"),
        ({"rate": "daily", "at": time(8, 30)}, "2026-03-03T08:30:00+08:00"),
        ({"rate": "daily", "at": time(9, 30)}, "2026-03-02T09:30:00+08:00"),
        ({"rate": "weekly", "at": time(8, 30), "weekday": 0}, "2026-03-09T08:30:00+08:00"),
        ({"rate": "weekly", "at": time(8, 30), "weekday": 4}, "2026-03-06T08:30:00+08:00"),
        ({"quiet": (time(8), time(10))}, "2026-03-02T10:00:00+08:00"),
        ({"quiet": (time(22), time(7))}, "2026-03-02T09:00:00+08:00"),
        ({"quiet": (time(9), time(8, 59))}, "2026-03-03T08:59:00+08:00"),
        ({"timezone": "Europe/Berlin", "quiet": (time(22), time(7))}, "2026-03-02T07:00:00+01:00"),
        ({"timezone": "America/New_York", "rate": "daily", "at": time(9)}, "2026-03-02T09:00:00-05:00"),
    ],
)
def test_deliveries_leave_at_the_hour_of_the_subscriber(changes: dict[str, object], due: str) -> None:
    assert find_send_time(replace(ALL, **changes), now=NOW) == datetime.fromisoformat(due)


def test_a_digest_over_the_change_to_summer_time_keeps_its_wall_clock_hour() -> None:
    berlin = replace(ALL, rate="daily", at=time(8, 30), timezone="Europe/Berlin")
    evening_before = datetime.fromisoformat("2026-03-28T20:00:00+01:00").astimezone(UTC)
    assert find_send_time(berlin, now=evening_before) == datetime.fromisoformat("2026-03-29T08:30:00+02:00")


def test_a_group_covers_its_leaves_and_nothing_else() -> None:
    assert covers_category("battery", "battery.anode")
    assert covers_category("battery.anode", "battery.anode")
    assert not covers_category("uav", "uavx")


def test_an_address_that_is_not_confirmed_gets_nothing_and_a_paused_one_gets_it_later() -> None:
    waits = replace(ALL, id=1, confirmed=False)
    paused = replace(ALL, id=2, paused="550")
    assert [item.subscription_id for item in route_alert(ALERT, (waits, paused), now=NOW)] == [2]
