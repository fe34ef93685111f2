"""Acting on an alert in Slack: who did what is noted, shown on the message and kept in the log."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from typer.testing import CliRunner

from controlwatch.cli.complete import app as commands
from controlwatch.core.alerting.routing import route_alert
from controlwatch.core.model import Alert, Subscription
from controlwatch.testing.slack_limits import texts
from tests.slack.desk import BOSS, CHANNEL, NOW, OFFICER, Desk, busy, desk_in, element
from tests.waiting import PATIENCE


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_in(tmp_path) as made:
        made.app.store.subscriptions.subscribe(Subscription(channel="slack", target=CHANNEL), NOW)
        yield made


def test_whoever_acknowledges_is_noted_and_shown_on_the_message(desk: Desk) -> None:
    posted = desk.tell("MOFCOM 2025-61")
    button = element(posted, "controlwatch_acknowledge")
    assert desk.asker.press(desk.web, button, user="U0OFFICER", on=posted).status_code == 200
    answer = desk.asker.answer()
    assert answer["replace_original"]
    assert '"user_id": "U0OFFICER"' in json.dumps(answer["blocks"][-1])
    assert answer["blocks"][:-1] == posted.blocks
    (line,) = desk.app.store.actions.list_alerts()
    assert (line.what, line.who, line.number) == ("acknowledged", "U0OFFICER", "MOFCOM 2025-61")
    assert desk.app.store.actions.list_alerts(open_only=True) == ()


def test_what_is_not_relevant_is_kept_with_its_reason(desk: Desk) -> None:
    posted = desk.tell("MOFCOM 2025-61")
    chosen = element(posted, "controlwatch_irrelevant")
    action = {"type": "static_select", **chosen, "selected_option": chosen["options"][0]}
    desk.asker.press(desk.web, action, on=posted)
    assert "not our items" in "\n".join(texts(desk.asker.answer()["blocks"]))
    (line,) = desk.app.store.actions.list_alerts()
    assert (line.what, line.note) == ("not relevant", "items")


def test_nobody_acts_on_an_alert_of_another_channel(desk: Desk) -> None:
    posted = desk.tell("MOFCOM 2025-61")
    button = element(posted, "controlwatch_acknowledge")
    desk.asker.press(desk.web, button, channel="C0OTHERS", on=posted)
    assert "not sent to this channel" in desk.asker.answer()["text"]
    desk.asker.press(desk.web, {**button, "block_id": f"controlwatch_alert:{'0' * 32}"}, on=posted)
    assert "not sent to this channel" in desk.asker.answer()["text"]
    (line,) = desk.app.store.actions.list_alerts()
    assert line.what is None


def test_the_whole_alert_opens_in_a_window_for_those_it_was_sent_to(desk: Desk) -> None:
    posted = desk.tell("MOFCOM-GACC 2025-58")
    button = element(posted, "controlwatch_whole")
    desk.asker.press(desk.web, button, user="U0OFFICER", on=posted)
    shown = "\n".join(texts(desk.slack.opened.get(timeout=PATIENCE)["blocks"]))
    assert len(shown) > sum(map(len, texts(posted.blocks[1:-1])))
    desk.asker.press(desk.web, button, channel="C0OTHERS", on=posted)
    assert "not sent to this channel" in desk.asker.answer()["text"]


def test_what_follows_on_an_alert_stands_in_its_thread(desk: Desk) -> None:
    first = desk.tell("MOFCOM 2025-61")
    other = desk.tell("MOFCOM 2025-62", at=NOW + timedelta(minutes=1))
    second = desk.tell("MOFCOM 2025-61", kind="amended", at=NOW + timedelta(minutes=2))
    assert (first.thread_ts, other.thread_ts, second.thread_ts) == ("", "", first.ts)


def test_the_log_is_printed_and_exported_with_nothing_that_a_spreadsheet_would_run(desk: Desk) -> None:
    desk.tell("MOFCOM 2025-61", title='=HYPERLINK("https://evil.example")')
    env = {"CONTROLWATCH_STATE_DIR": str(desk.folder), "COLUMNS": "200", "NO_COLOR": "1"}
    shown = CliRunner().invoke(commands, ["alerts"], env=env)
    assert "MOFCOM 2025-61" in shown.output
    exported = CliRunner().invoke(commands, ["alerts", "--csv"], env=env)
    rows = list(csv.DictReader(io.StringIO(exported.output)))
    assert rows[0]["title"].startswith("'=")
    assert rows[0]["target"] == "C0CONTROLS"


def test_a_direct_message_is_acted_on_by_the_person_it_went_to(desk: Desk) -> None:
    desk.app.store.subscriptions.subscribe(Subscription(channel="slack", target="U0OFFICER"), NOW)
    desk.tell("MOFCOM 2025-61")
    (posted,) = [item for item in desk.slack.posted if item.channel == OFFICER]
    button = element(posted, "controlwatch_acknowledge")
    desk.asker.press(desk.web, button, user="U0OFFICER", channel="D0OFFICER", on=posted)
    assert desk.asker.answer()["replace_original"]


def test_however_many_press_while_the_store_is_busy_slack_hears_of_each_in_time(desk: Desk) -> None:
    posted = desk.tell("MOFCOM 2025-61")
    button = element(posted, "controlwatch_acknowledge")

    def press(number: int) -> int:
        return desk.asker.press(desk.web, button, user=f"U0PERSON{number}", on=posted).status_code

    with busy(desk), ThreadPoolExecutor(12) as people:
        assert set(people.map(press, range(12))) == {200}
    answers = [desk.asker.answer() for _ in range(12)]
    assert all(answer["replace_original"] for answer in answers)


def test_what_could_not_be_noted_is_told_to_whoever_pressed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: object, **__: object) -> None:
        raise OperationalError("BEGIN IMMEDIATE", {}, Exception("database is locked"))

    posted = desk.tell("MOFCOM 2025-61")
    monkeypatch.setattr(type(desk.app.store.actions), "record_action", locked)
    answer = desk.press(posted, "controlwatch_acknowledge")
    assert "did not work" in answer["text"]
    assert not answer["replace_original"]


def test_an_alert_is_assigned_and_has_a_day_and_all_of_it_stands_on_the_message(desk: Desk) -> None:
    posted = desk.tell("MOFCOM 2025-61")
    desk.press(posted, "controlwatch_assign", selected_user=BOSS)
    answer = desk.press(posted, "controlwatch_due", selected_date="2026-10-05")
    shown = json.dumps(answer["blocks"][-1])
    assert "assigned to" in shown
    assert BOSS in shown
    assert "2026-10-05" in shown
    (line,) = desk.app.store.actions.list_alerts(open_only=True)
    assert (line.assigned_to, line.due) == (BOSS, "2026-10-05")


def test_on_its_day_whoever_an_alert_is_assigned_to_is_reminded_once(desk: Desk) -> None:
    posted = desk.tell("MOFCOM 2025-61")
    desk.press(posted, "controlwatch_assign", selected_user=BOSS)
    desk.press(posted, "controlwatch_due", selected_date="2026-10-05")
    for day in (3, 4, 5, 6):
        at = NOW + timedelta(days=day)
        desk.remind(at)
        desk.deliver(at)
    (reminder,) = desk.slack.posted[1:]
    assert reminder.channel == BOSS
    assert "Due 5 Oct 2026" in "\n".join(texts(reminder.blocks))
    assert reminder.thread_ts == ""


def test_a_muted_category_is_kept_back_and_logged_until_the_mute_ends(desk: Desk) -> None:
    posted = desk.tell("MOFCOM-GACC 2025-58")
    choice = element(posted, "controlwatch_mute")["options"]
    touched = sorted({option["value"].rpartition(":")[0] for option in choice})
    for category in touched:
        action = next(option for option in choice if option["value"] == f"{category}:30")
        desk.press(posted, "controlwatch_mute", selected_option=action)
    record = desk.app.queries.show("MOFCOM-GACC 2025-58")
    before = len(desk.slack.posted)
    desk.tell(record.line.key, kind="amended", at=datetime.now(UTC) + timedelta(days=1))
    assert len(desk.slack.posted) == before
    assert desk.app.store.actions.list_alerts()[0].state == "muted"
    desk.tell("MOFCOM-GACC 2025-57", at=datetime.now(UTC) + timedelta(days=1))
    assert len(desk.slack.posted) == before + 1
    desk.tell(record.line.key, kind="amended", at=datetime.now(UTC) + timedelta(days=31))
    assert len(desk.slack.posted) == before + 2


def test_what_nobody_acts_on_is_told_again_once_to_whom_the_subscription_names(desk: Desk) -> None:
    store = desk.app.store
    number = store.subscriptions.list_active()[0].id
    store.subscriptions.unsubscribe(number)
    store.subscriptions.subscribe(
        Subscription(channel="slack", target=CHANNEL, escalate_after=60, escalate_to=BOSS), NOW
    )
    taken = desk.tell("MOFCOM 2025-61")
    left = desk.tell("MOFCOM 2025-62", at=NOW + timedelta(minutes=1))
    desk.press(taken, "controlwatch_assign", selected_user=OFFICER)
    for minutes in (30, 65, 130, 3000):
        at = NOW + timedelta(minutes=minutes)
        desk.remind(at)
        desk.deliver(at)
    (again,) = [posted for posted in desk.slack.posted if posted not in (taken, left)]
    assert again.channel == BOSS
    words = "\n".join(texts(again.blocks))
    assert "NO ACTION SO FAR" in words
    assert "MOFCOM 2025-62" in words
    desk.press(again, "controlwatch_acknowledge", user=BOSS)
    assert [line.number for line in store.actions.list_alerts(open_only=True)] == ["MOFCOM 2025-61"]


def test_an_escalation_without_a_person_stands_in_the_thread_of_the_alert(desk: Desk) -> None:
    store = desk.app.store
    store.subscriptions.unsubscribe(store.subscriptions.list_active()[0].id)
    store.subscriptions.subscribe(Subscription(channel="slack", target=CHANNEL, escalate_after=60), NOW)
    first = desk.tell("MOFCOM 2025-61")
    at = NOW + timedelta(hours=2)
    desk.remind(at)
    desk.deliver(at)
    again = desk.slack.posted[-1]
    assert (again.channel, again.thread_ts) == (CHANNEL, first.ts)


@pytest.mark.parametrize(("kind", "badge"), [("report", "PRESS REPORT"), ("amended", "TEXT AMENDED")])
def test_what_is_told_again_is_still_the_kind_of_alert_that_it_was(desk: Desk, kind: str, badge: str) -> None:
    store = desk.app.store
    store.subscriptions.unsubscribe(store.subscriptions.list_active()[0].id)
    store.subscriptions.subscribe(Subscription(channel="slack", target=CHANNEL, escalate_after=60), NOW)
    desk.tell("MOFCOM 2025-61", kind=kind)
    at = NOW + timedelta(hours=2)
    desk.remind(at)
    desk.deliver(at)
    top = "\n".join(texts(desk.slack.posted[-1].blocks[:1]))
    assert "NO ACTION SO FAR" in top
    assert badge in top


def test_each_alert_of_a_digest_is_acted_on_by_itself(desk: Desk) -> None:
    store = desk.app.store
    store.subscriptions.unsubscribe(store.subscriptions.list_active()[0].id)
    store.subscriptions.subscribe(Subscription(channel="slack", target=CHANNEL, rate="daily"), NOW)
    for n, number in enumerate(("MOFCOM 2025-61", "MOFCOM 2025-62")):
        desk_tell_later(desk, number, n)
    desk.deliver(NOW + timedelta(days=1))
    (digest,) = desk.slack.posted
    buttons = [block for block in digest.blocks if block["type"] == "actions"]
    assert len(buttons) == 2
    action = {**buttons[1]["elements"][0], "block_id": buttons[1]["block_id"]}
    desk.asker.press(desk.web, action, user=OFFICER, on=digest)
    answer = desk.asker.answer()
    assert [line.number for line in store.actions.list_alerts(open_only=True)] == ["MOFCOM 2025-61"]
    after = replace(digest, blocks=answer["blocks"])
    action = {**buttons[0]["elements"][0], "block_id": buttons[0]["block_id"]}
    desk.asker.press(desk.web, action, user=BOSS, on=after)
    shown = desk.asker.answer()["blocks"]
    below = [json.dumps(shown[shown.index(block) + 1]) for block in buttons]
    assert BOSS in below[0]
    assert OFFICER in below[1]


def desk_tell_later(desk: Desk, number: str, n: int) -> None:
    """Tell of a notice; the message waits for its digest."""
    record = desk.app.queries.show(number)
    alert = Alert(kind="new", made_at=NOW, title=record.line.title, watcher="w", notice=record.notice)
    at = NOW + timedelta(minutes=n)
    desk.app.store.outbox.enqueue_alert(
        alert, route_alert(alert, desk.app.store.subscriptions.list_active(), now=at), about=record.line.key
    )


def test_a_channel_that_is_gone_is_paused_and_whoever_made_its_subscription_is_told(desk: Desk) -> None:
    store = desk.app.store
    store.subscriptions.unsubscribe(store.subscriptions.list_active()[0].id)
    number = store.subscriptions.subscribe(Subscription(channel="slack", target=CHANNEL, owner=OFFICER), NOW)
    desk.slack.refusing = {CHANNEL: "is_archived"}
    desk.tell("MOFCOM 2025-61")
    (told,) = desk.slack.posted
    assert told.channel == OFFICER
    assert "is_archived" in "\n".join(texts(told.blocks))
    assert store.subscriptions.list_active()[0].paused
    desk.slack.refusing = {}
    assert store.subscriptions.resume(number)
    desk.deliver(NOW + timedelta(days=1))
    assert desk.slack.posted[-1].channel == CHANNEL


def test_an_owner_who_cannot_be_told_either_is_shown_and_not_tried_for_ever(desk: Desk) -> None:
    store = desk.app.store
    store.subscriptions.unsubscribe(store.subscriptions.list_active()[0].id)
    store.subscriptions.subscribe(Subscription(channel="slack", target=CHANNEL, owner="U0GONE"), NOW)
    desk.slack.refusing = {CHANNEL: "not_in_channel", "U0GONE": "user_disabled"}
    desk.slack.channels = frozenset({CHANNEL})
    desk.tell_nobody("MOFCOM 2025-61")
    assert "user_disabled" in {
        item.reason.rpartition(" ")[2] for item in store.queries.list_refused_deliveries()
    }
    desk.deliver(NOW + timedelta(days=9))
    assert desk.slack.posted == []


@pytest.mark.parametrize("error", ["token_revoked", "account_inactive"])
def test_when_the_bot_is_taken_out_nobody_is_paused_and_one_alert_goes_another_way(
    desk: Desk, error: str
) -> None:
    store = desk.app.store
    store.subscriptions.subscribe(Subscription(channel="slack", target=OFFICER, owner=OFFICER), NOW)
    store.subscriptions.subscribe(Subscription(channel="console", target="-"), NOW)
    desk.slack.revoked = error
    desk.tell_nobody("MOFCOM 2025-61")
    assert [item.paused for item in store.subscriptions.list_active()] == ["", "", ""]
    told = [line for line in store.actions.list_alerts() if line.kind == "health-down"]
    assert [line.channel for line in told] == ["console"]
    desk.slack.revoked = ""
    desk.deliver(NOW + timedelta(days=1))
    assert {posted.channel for posted in desk.slack.posted} == {CHANNEL, OFFICER}


def test_one_message_a_second_goes_to_a_channel(desk: Desk) -> None:
    desk.slack.paced = True
    desk.tell("MOFCOM-GACC 2025-58")
    desk.tell("MOFCOM 2025-61")
    assert [posted.channel for posted in desk.slack.posted] == [CHANNEL, CHANNEL]
    assert desk.slack.refused == 0
