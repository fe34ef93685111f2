"""Questions asked in Slack: signed as Slack signs, over a real HTTP server, answered by the real Bolt."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.slack.desk import BOSS, Desk, desk_in, said
from tests.waiting import wait_for


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk_in(tmp_path_factory.mktemp("bot"), managers=BOSS) as desk:
        yield desk


def test_help_names_every_command_with_an_example(workspace: Desk) -> None:
    answer = workspace.ask("help")
    for name in ("latest", "show", "status", "upcoming", "lookup", "entity", "subscribe", "watchers", "why"):
        assert name in answer
    assert workspace.ask("") == answer


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("status 2025-61 2026-06-30", "MOFCOM 2025-61 on 30 Jun 2026: suspended until 10 Nov 2026"),
        ("  STATUS　MOFCOM 2024-46 on 2026-06-28", "MOFCOM 2024-46 on 28 Jun 2026: partially suspended"),
        ("状态 稀土 2026-06-30", "稀土（2026年6月30日）：有效"),
        ("lookup 8507.60 2026-06-30", "suspended until 10 Nov 2026 · rechargeable lithium-ion batteries"),
        ("查询 石墨 2026-06-30", "MOFCOM-GACC 2023-39"),
        ("graphite", "MOFCOM-GACC 2023-39"),
        ("2025-70", "suspends"),
        ("商务部公告2025年第61号", "MOFCOM 2025-61"),
        ("upcoming 3000", "takes effect"),
        ("latest MOFCOM", "MOFCOM 2026-44"),
        ("history battery.liion", "suspends MOFCOM-GACC 2025-58"),
        ("entity Shield AI", "Possible matches, verify identity"),
        (
            "entity Zwiebelkuchen Allgäu",
            "1 listing is known without all names: MOFCOM Order 2026-2 (https://",
        ),
        ("entity Zwiebelkuchen Allgäu", "). · No known listed party has a similar name"),
        ("status holmium 2026-06-30", "holmium 钬 (Ho) on 30 Jun 2026: suspended"),
        ("镝", "1C905"),
        ("lookup 钕 2026-06-30", "no notice known here controls it by name"),
        ("upcoming Ho 3000", "Within 3000 days"),
        ("history 镝", "MOFCOM-GACC 2025-18"),
        ("watchers", "sources watched"),
        ("why 2025-58", "No alert about it"),
    ],
)
def test_a_question_is_answered_forgivingly(workspace: Desk, text: str, expected: str) -> None:
    assert expected in workspace.ask(text)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("status", "needs something to look for"),
        ("status MOFCOM 2025-6100", "nearest"),
        ("subscribe baterry", "did you mean battery"),
        ("unsubscribe 999", "no subscription 999"),
        ("lookup zzzz", "write a name, an HS code"),
        ("status battery 2026-02-31", "is not a date"),
        ("may we ship this " * 20, "question is too long"),
    ],
)
def test_a_wrong_question_is_answered_with_what_would_be_right(workspace: Desk, text: str, hint: str) -> None:
    answer = workspace.ask(text)
    assert "That did not work" in answer or "Please say it more exactly" in answer
    assert hint in answer


def test_a_long_answer_has_pages_that_a_button_turns(workspace: Desk) -> None:
    workspace.asker.command(workspace.web, "latest")
    first = workspace.asker.answer()
    (turning,) = [block for block in first["blocks"] if block["type"] == "actions"]
    (forward,) = turning["elements"]
    response = workspace.asker.press(workspace.web, forward)
    assert response.status_code == 200
    second = workspace.asker.answer()
    assert second["replace_original"]
    assert said(first) != said(second)


def test_a_subscription_is_made_shown_and_ended(workspace: Desk) -> None:
    made = workspace.ask("subscribe battery US tighten daily now", user="U0BOSS")
    number = made.split()[1].rstrip(":")
    assert "battery and tighten and US, daily" in made
    assert f"No. {number}" in workspace.ask("subscriptions")
    assert "has ended" in workspace.ask(f"unsubscribe {number}", user="U0BOSS")
    assert f"No. {number}" not in workspace.ask("subscriptions")


def test_only_managers_touch_the_subscriptions_of_a_channel_and_anybody_their_own(
    workspace: Desk,
) -> None:
    assert "only managers may change" in workspace.ask("subscribe battery")
    mine = workspace.ask("subscribe me rare_earth now")
    assert "rare_earth" in mine
    number = mine.split()[1].rstrip(":")
    assert "no subscription" in workspace.ask(f"unsubscribe {number}", user="U0OTHER")
    assert "has ended" in workspace.ask(f"unsubscribe {number}")


def test_a_mention_is_answered_in_its_thread_once_however_often_slack_sends_it(workspace: Desk) -> None:
    before = len(workspace.slack.posted)
    event = {
        "type": "app_mention",
        "user": "U0ASKER",
        "channel": "C0CONTROLS",
        "text": "<@U0BOT> status 2025-61 2026-06-30",
        "ts": "1.5",
    }
    for _ in range(3):
        assert workspace.asker.event(workspace.web, event, event_id="EvOnce").status_code == 200
    wait_for(lambda: len(workspace.slack.posted) > before)
    other = {**event, "text": "<@U0BOT> help", "ts": "1.6"}
    assert workspace.asker.event(workspace.web, other, event_id="EvOther").status_code == 200
    wait_for(lambda: any("What you can ask" in str(one.blocks) for one in workspace.slack.posted))
    first, second = workspace.slack.posted[before:]
    assert "suspended until 10 Nov 2026" in str(first.blocks)
    assert "What you can ask" in str(second.blocks)


def test_what_slack_did_not_sign_is_refused(workspace: Desk) -> None:
    body = "command=%2Fcontrolwatch&text=subscribe+me&user_id=U1&channel_id=C1"
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    good = workspace.asker.signed(body)
    old = workspace.asker.signed(body, at=time.time() - 600)
    forged = {**good, "X-Slack-Signature": "v0=" + "0" * 64}
    for headers in ({}, forged, old):
        response = httpx.post(f"{workspace.web}/slack/events", content=body, headers={**kind, **headers})
        assert response.status_code == 401
    assert httpx.post(f"{workspace.web}/slack/events", content=b"x" * 2_000_000).status_code == 413


def test_health_says_what_needs_a_person_and_metrics_can_be_scraped(workspace: Desk) -> None:
    health = httpx.get(f"{workspace.web}/healthz")
    assert (health.status_code, health.json()["ok"]) == (200, True)
    metrics = httpx.get(f"{workspace.web}/metrics").text
    assert 'controlwatch_watcher_health{health="new",watcher="mofcom-policy"} 1.0' in metrics
    assert "controlwatch_open_leads 0.0" in metrics


@pytest.mark.parametrize(
    "attack", ["<!channel>", "<https://evil.example|click>", "*b* `c`", "\u202e\x00", "'; DROP"]
)
def test_hostile_words_are_only_words(workspace: Desk, attack: str) -> None:
    workspace.asker.command(workspace.web, f"lookup {attack}")
    answer = workspace.asker.answer()
    assert '"mrkdwn"' not in json.dumps(answer)
    assert "\u202e" not in said(answer)


def test_a_fault_of_ours_is_told_to_whoever_asked(workspace: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("an internal fault")

    monkeypatch.setattr(type(workspace.app.store.queries), "list_history_remarks", broken)
    answer = workspace.ask("history gallium")
    assert "Internal error" in answer
    assert "RuntimeError" not in answer


def test_what_comes_is_said_with_where_our_knowledge_ends(workspace: Desk) -> None:
    assert "no official source has been read" in workspace.ask("upcoming 3000")
