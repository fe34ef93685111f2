"""Requests of other workspaces change nothing, and each request is handled once, however often it is sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select

from controlwatch.adapters.storage.base import ALERT_ACTION
from controlwatch.core.model import Subscription
from controlwatch.core.rendering.slack_blocks import ACKNOWLEDGE
from controlwatch.slack.request_guard import (
    MAX_REMEMBERED,
    NOT_OUR_WORKSPACE,
    HandledRequests,
    Installation,
)
from controlwatch.testing.slack import TEAM
from tests.slack.desk import CHANNEL, NOW, OFFICER, Desk, desk_in, element, said
from tests.waiting import wait_for

OTHER = "T0OTHER"


@pytest.fixture
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk_in(tmp_path_factory.mktemp("bot")) as opened:
        yield opened


def list_targets(desk: Desk) -> list[str]:
    return [item.target for item in desk.app.store.subscriptions.list_active() if item.channel == "slack"]


def test_a_command_of_another_workspace_is_answered_in_words_and_changes_nothing(desk: Desk) -> None:
    number = desk.app.store.subscriptions.subscribe(Subscription(channel="slack", target=CHANNEL), NOW)
    desk.asker.team = OTHER
    for text in ("subscribe battery now", "subscribe me now", f"unsubscribe {number}", "subscriptions"):
        answer = desk.asker.command(desk.web, text)
        assert answer.status_code == 200
        assert answer.json()["text"] == NOT_OUR_WORKSPACE
    assert list_targets(desk) == [CHANNEL]
    desk.asker.team = TEAM
    assert "has ended" in desk.ask(f"unsubscribe {number}")


def test_a_button_pressed_by_another_workspace_does_nothing_and_says_so(desk: Desk) -> None:
    desk.app.store.subscriptions.subscribe(Subscription(channel="slack", target=CHANNEL), NOW)
    posted = desk.tell("MOFCOM 2025-61")
    desk.asker.team = OTHER
    desk.asker.press(desk.web, element(posted, ACKNOWLEDGE), channel=CHANNEL, on=posted)
    answer = desk.asker.answer()
    assert answer["text"] == NOT_OUR_WORKSPACE
    assert not answer["replace_original"]
    assert [line.what for line in desk.app.store.actions.list_alerts()] == [None]


def test_a_form_submitted_by_another_workspace_saves_nothing(desk: Desk) -> None:
    desk.asker.command(desk.web, "subscribe", user=OFFICER)
    view = desk.slack.opened.get(timeout=60)
    desk.asker.team = OTHER
    answer = desk.asker.submit(desk.web, view, {}, user=OFFICER).json()
    assert NOT_OUR_WORKSPACE in str(answer)
    assert desk.asker.suggest(desk.web, "controlwatch_destination", "a") == {"options": []}
    assert list_targets(desk) == []


def test_a_mention_by_another_workspace_is_answered_in_words_and_changes_nothing(desk: Desk) -> None:
    desk.asker.team = OTHER
    event = {
        "type": "app_mention",
        "user": "U0X",
        "channel": CHANNEL,
        "text": "<@U0BOT> subscribe battery now",
        "ts": "1.5",
    }
    desk.asker.event(desk.web, event)
    wait_for(lambda: desk.slack.posted)
    assert [one.text for one in desk.slack.posted] == [NOT_OUR_WORKSPACE]
    assert list_targets(desk) == []


@pytest.mark.parametrize(
    ("body", "is_ours"),
    [
        ({"command": "/c", "team_id": TEAM}, True),
        ({"command": "/c", "team_id": OTHER}, False),
        ({"command": "/c", "team_id": TEAM, "enterprise_id": "E0OTHER"}, False),
        ({"command": "/c", "team_id": TEAM, "enterprise_id": "E0OURS"}, True),
        ({"command": "/c"}, False),
        ({"type": "block_actions", "team": {"id": TEAM}, "user": {"id": "U", "team_id": TEAM}}, True),
        ({"type": "block_actions", "team": {"id": TEAM}, "user": {"id": "U", "team_id": OTHER}}, False),
        ({"type": "block_actions", "team": {"id": OTHER}, "user": {"id": "U"}}, False),
        ({"type": "block_actions", "team": {"id": TEAM}, "enterprise": {"id": "E0OTHER"}, "user": {"id": "U"}}, False),
        ({"team_id": TEAM, "event": {"type": "app_mention", "user": "U"}}, True),
        ({"team_id": TEAM, "event": {"user_team": OTHER, "team": TEAM}}, False),
        ({"team_id": TEAM, "event": {"user_team": "E0OTHER"}}, False),
        ({"team_id": TEAM, "event": {"user_team": "E0OURS"}}, True),
        ({"team_id": TEAM, "event": {"source_team": OTHER}}, False),
        ({"team_id": OTHER, "event": {"team": TEAM}}, True),  # our person, in a channel that they host
        ({"team_id": TEAM, "authorizations": [{"team_id": TEAM}], "event": {"team": OTHER}}, False),
    ],
)  # fmt: skip
def test_a_person_is_ours_only_where_every_id_says_so(body: dict[str, Any], *, is_ours: bool) -> None:
    assert Installation(team_id=TEAM, enterprise_id="E0OURS").includes(body) is is_ours


def test_an_app_of_a_whole_organization_answers_all_of_its_workspaces() -> None:
    ours = Installation(team_id=TEAM, enterprise_id="E0OURS", is_whole_enterprise=True)
    assert ours.includes({"command": "/c", "team_id": "T0SISTER", "enterprise_id": "E0OURS"})
    assert not ours.includes({"command": "/c", "team_id": "T0SISTER", "enterprise_id": "E0OTHER"})
    assert not ours.includes({"command": "/c", "team_id": "T0SISTER"})


def test_a_command_that_is_sent_again_is_done_once(desk: Desk) -> None:
    assert "Subscription" in desk.ask("subscribe battery now")
    for answer in desk.asker.repeat(desk.web, 3):
        assert (answer.status_code, answer.text) == (200, "")
    assert list_targets(desk) == [CHANNEL]
    assert "Subscription" in desk.ask("subscribe battery now")  # typed once more, it is another
    assert list_targets(desk) == [CHANNEL, CHANNEL]


def test_a_button_that_is_sent_again_is_pressed_once(desk: Desk) -> None:
    desk.app.store.subscriptions.subscribe(Subscription(channel="slack", target=CHANNEL), NOW)
    posted = desk.tell("MOFCOM 2025-61")
    assert "acknowledged" in said(desk.press(posted, ACKNOWLEDGE)).casefold()
    desk.asker.repeat(desk.web, 2)
    desk.ask("help")  # which is answered after them
    with desk.app.store.engine.begin() as connection:  # type: ignore[attr-defined]
        assert connection.execute(select(func.count()).select_from(ALERT_ACTION)).scalar() == 1


def test_what_is_remembered_is_limited() -> None:
    handled = HandledRequests()
    for number in range(MAX_REMEMBERED + 50):
        assert not handled.is_repeated((f"event {number}",))
    assert handled.is_repeated((f"event {MAX_REMEMBERED}",))
    assert len(handled._seen_at) <= MAX_REMEMBERED + 1
