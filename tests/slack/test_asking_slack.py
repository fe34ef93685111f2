"""Asking in Slack: buttons ask back, #3 is a row of the last list, and a team sees its alerts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from controlwatch.core.model import Subscription
from controlwatch.core.rendering.day_text import format_beijing_day
from tests.slack.desk import BOSS, CHANNEL, NOW, OFFICER, Desk, desk_in, element, said

ASK = "controlwatch_ask_0"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_in(tmp_path, managers=BOSS) as made:
        yield made


def answered(desk: Desk, text: str, user: str = OFFICER) -> dict[str, Any]:
    desk.asker.command(desk.web, text, user=user)
    return desk.asker.answer()


def subscribed(desk: Desk, target: str = CHANNEL, **more: Any) -> int:
    subscription = Subscription(channel="slack", target=target, owner=BOSS, **more)
    return desk.app.store.subscriptions.subscribe(subscription, NOW)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("status lithium battery", "rechargeable lithium-ion batteries on"),
        ("is 2025-58 in force on 12/11/2026", "on 12 Nov 2026"),
        ("status battery 11 Nov", "batteries on"),
    ],
)
def test_what_is_unclear_is_asked_back_with_a_button_that_asks(desk: Desk, text: str, expected: str) -> None:
    answer = answered(desk, text)
    desk.asker.press(desk.web, element(answer, ASK), user=OFFICER)
    pressed = desk.asker.answer()
    assert pressed["replace_original"]
    assert expected in said(pressed)


def test_a_row_of_the_last_list_is_shown_by_its_number(desk: Desk) -> None:
    listed = answered(desk, "latest changes in 2025")
    assert "#3 " in said(listed)
    third = next(line for line in said(listed).splitlines() if line.startswith("#3 ")).split(" ", 4)[4]
    assert third in said(answered(desk, "#3"))
    assert "Row 3 of which list?" in said(answered(desk, "#3", user=BOSS))


def test_compare_and_history_are_answered_in_order_of_time(desk: Desk) -> None:
    words = said(answered(desk, "compare 2025-11-01 2025-11-15 battery"))
    assert "MOFCOM-GACC 2025-58: not yet in force → suspended" in words
    lines = said(answered(desk, "history battery.liion")).splitlines()
    dated = [line.split(" ", 3)[:3] for line in lines if line[:2].strip().isdecimal()]
    days = [datetime.strptime(" ".join(words), "%d %b %Y").astimezone(UTC) for words in dated]
    assert days
    assert days == sorted(days)


def test_the_log_of_alerts_and_who_has_taken_what_are_shown_in_the_channel(desk: Desk) -> None:
    subscribed(desk)
    posted = desk.tell("MOFCOM 2025-61")
    assert "MOFCOM 2025-61" in said(answered(desk, "alerts open"))
    assert "1 not taken yet" in said(answered(desk, "who has taken what?"))
    desk.press(posted, "controlwatch_assign", user=BOSS, selected_user=OFFICER)
    team = answered(desk, "team")
    assert "0 not taken yet" in said(team)
    assert f"'user_id': '{OFFICER}'" in str(team)
    assert f"since {format_beijing_day(datetime.now(UTC))} with" in said(team)
    desk.press(posted, "controlwatch_acknowledge", user=OFFICER)
    assert "No open alerts" in said(answered(desk, "alerts open"))
    assert "acknowledged" in said(answered(desk, "alerts"))


def test_the_alerts_of_another_channel_are_not_shown(desk: Desk) -> None:
    subscribed(desk, BOSS)
    desk.tell("MOFCOM 2025-61")
    assert "No alerts yet" in said(answered(desk, "alerts"))
    assert "No open alerts" in said(answered(desk, "team"))


def test_a_category_is_muted_and_unmuted_by_words(desk: Desk) -> None:
    subscribed(desk)
    assert "battery is muted until" in said(answered(desk, "mute battery 30 days", user=BOSS))
    (item,) = desk.app.store.subscriptions.list_active()
    (mute,) = item.muted
    assert (mute.category, mute.who, (mute.until - datetime.now(UTC)).days) == ("battery", BOSS, 29)
    assert "no longer muted" in said(answered(desk, "unmute battery", user=BOSS))
    (item,) = desk.app.store.subscriptions.list_active()
    assert all(mute.until <= datetime.now(UTC) for mute in item.muted)


def test_a_subscription_is_paused_and_resumed_by_words_and_its_alerts_wait(desk: Desk) -> None:
    number = subscribed(desk)
    assert "is paused" in said(answered(desk, f"pause {number}", user=BOSS))
    desk.tell_nobody("MOFCOM 2025-61")
    assert desk.slack.posted == []
    assert "PAUSED" in said(answered(desk, "subscriptions"))
    assert "is resumed" in said(answered(desk, f"resume subscription {number}", user=BOSS))
    desk.deliver(datetime.now(UTC))
    assert len(desk.slack.posted) == 1


@pytest.mark.parametrize(
    "text", ["mute battery 30 days", "unmute battery", "pause {}", "resume {}", "unsubscribe {}"]
)
def test_only_managers_change_what_a_channel_gets_by_any_words(desk: Desk, text: str) -> None:
    number = subscribed(desk)
    before = desk.app.store.subscriptions.list_active()
    assert "only managers may change" in said(answered(desk, text.format(number)))
    assert desk.app.store.subscriptions.list_active() == before


@pytest.mark.parametrize("text", ["pause {}", "resume {}", "unsubscribe {}"])
def test_what_belongs_to_another_person_is_changed_by_no_words(desk: Desk, text: str) -> None:
    number = subscribed(desk, BOSS)
    assert f"no subscription {number}" in said(answered(desk, text.format(number)))
    assert len(desk.app.store.subscriptions.list_active()) == 1


@pytest.mark.parametrize("text", ["mute battery 0 days", "mute battery 400 days", "mute widgets 3"])
def test_a_mute_that_cannot_be_is_explained(desk: Desk, text: str) -> None:
    subscribed(desk)
    assert "That did not work" in said(answered(desk, text, user=BOSS))
    (item,) = desk.app.store.subscriptions.list_active()
    assert item.muted == ()


def test_words_for_a_subscription_may_be_a_sentence(desk: Desk) -> None:
    answer = answered(desk, "please subscribe me to rare earth daily")
    assert "Not saved yet: rare_earth, daily" in said(answer)
    unclear = answered(desk, "subscribe me gallum daily")
    desk.asker.press(desk.web, element(unclear, ASK), user=OFFICER)
    assert "Not saved yet: minor_metals.gallium, daily" in said(desk.asker.answer())
