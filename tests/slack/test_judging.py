"""Judging in Slack a document that needs review: by a button, with a note, where its alert was sent."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from controlwatch.core.model import Snapshot, Subscription
from controlwatch.services.intake import submit
from controlwatch.testing.slack_limits import texts
from tests.services.reviewed import CIRCULAR, TITLE
from tests.slack.desk import BOSS, CHANNEL, OFFICER, Desk, busy, desk_in, element, said
from tests.waiting import PATIENCE, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from controlwatch.testing.slack import Posted

CHANGE, NO_CHANGE = "controlwatch_judge_change", "controlwatch_judge_no_change"
NOTE = "controlwatch_note"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_in(tmp_path) as made:
        made.app.store.subscriptions.subscribe(
            Subscription(channel="slack", target=CHANNEL, owner=OFFICER), datetime.now(UTC)
        )
        yield made


def take_in(desk: Desk) -> Posted:
    """Hand in the circular, and return the message about it."""
    now = datetime.now(UTC)
    url = "https://www.mofcom.gov.cn/zwgk/art_60.html"
    page = Snapshot(
        url=url,
        final_url=url,
        fetched_at=now,
        status=200,
        headers=(("content-type", "text/html; charset=utf-8"),),
        body=CIRCULAR.html.encode(),
    )
    submit(page, desk.app.ingester, desk.app.fetch, (), title=TITLE, now=now)
    desk.deliver(datetime.now(UTC))
    return desk.slack.posted[-1]


def open_note(desk: Desk, posted: Posted, action_id: str, **who: str) -> dict[str, Any]:
    """Press a verdict, and return the form for the note."""
    button = element(posted, action_id)
    assert desk.asker.press(desk.web, button, on=posted, **{"user": OFFICER, **who}).status_code == 200
    return desk.slack.opened.get(timeout=PATIENCE)


def confirm(desk: Desk, view: dict[str, Any], note: str = "", user: str = OFFICER) -> str:
    """Submit the form, and return what it says then."""
    values = {NOTE: {NOTE: {"type": "plain_text_input", "value": note or None}}}
    return said(desk.asker.submit(desk.web, view, values, user=user).json()["view"])


def test_the_alert_shows_why_and_has_a_button_for_each_verdict(desk: Desk) -> None:
    posted = take_in(desk)
    words = "\n".join(texts(posted.blocks))
    for part in ("NEEDS REVIEW", TITLE, "It has the form of an official instrument", "controlwatch review 1"):
        assert part in words
    assert element(posted, CHANGE)
    assert element(posted, NO_CHANGE)


def test_a_pressed_verdict_is_recorded_with_its_note_and_told_in_the_thread(desk: Desk) -> None:
    posted = take_in(desk)
    assert "judged no change by U0OFFICER" in confirm(desk, open_note(desk, posted, NO_CHANGE), "a meeting")
    shown = desk.asker.answer()
    assert shown["replace_original"]
    assert '"user_id": "U0OFFICER"' in json.dumps(shown["blocks"])
    assert CHANGE not in json.dumps(shown["blocks"])
    (line,) = desk.app.store.reviews.list_reviews(settled=True)
    assert line.judgement is not None
    assert (line.judgement.verdict, line.judgement.who, line.judgement.note) == (
        "no-change",
        OFFICER,
        "a meeting",
    )
    desk.deliver(datetime.now(UTC))
    after = desk.slack.posted[-1]
    assert (after.channel, after.thread_ts) == (CHANNEL, posted.ts)
    assert "needs nothing from you" in "\n".join(texts(after.blocks))


def test_whoever_presses_second_is_told_how_it_was_judged(desk: Desk) -> None:
    posted = take_in(desk)
    late = open_note(desk, posted, CHANGE, user=BOSS)
    confirm(desk, open_note(desk, posted, NO_CHANGE))
    assert "Nothing has changed: judged no change by U0OFFICER" in confirm(desk, late, user=BOSS)
    for _ in range(2):
        assert "U0OFFICER" in json.dumps(desk.asker.answer()["blocks"])
    answer = desk.press(posted, CHANGE, user=BOSS)
    assert "judged no change by U0OFFICER" in answer["text"]
    assert len(desk.app.store.reviews.list_labels()) == 1


def test_nobody_judges_an_alert_of_another_channel(desk: Desk) -> None:
    posted = take_in(desk)
    desk.asker.press(desk.web, element(posted, CHANGE), channel="C0OTHERS", on=posted)
    assert "not sent to this channel" in desk.asker.answer()["text"]
    view = open_note(desk, posted, CHANGE)
    forged = {**json.loads(view["private_metadata"]), "channel": "C0OTHERS"}
    assert "not sent to this channel" in confirm(desk, {**view, "private_metadata": json.dumps(forged)})
    assert desk.app.store.reviews.count_open().count == 1


def test_a_verdict_given_while_the_store_is_busy_is_answered_in_time_and_recorded_later(desk: Desk) -> None:
    view = open_note(desk, take_in(desk), NO_CHANGE)
    with busy(desk):
        assert "as soon as possible" in confirm(desk, view)
    wait_for(lambda: desk.app.store.reviews.list_reviews() == ())


def test_the_home_lists_what_waits_and_it_is_judged_there(desk: Desk) -> None:
    take_in(desk)
    event = {"type": "app_home_opened", "user": OFFICER, "tab": "home", "channel": "D1"}
    desk.asker.event(desk.web, event)
    wait_for(lambda: OFFICER in desk.slack.homes)
    home = desk.slack.homes.pop(OFFICER)
    assert TITLE in said(home)
    desk.asker.press_in_view(desk.web, element(home, CHANGE), view=home, user=OFFICER)
    assert "judged a change" in confirm(desk, desk.slack.opened.get(timeout=PATIENCE))
    wait_for(lambda: OFFICER in desk.slack.homes)
    assert "Needs review" not in said(desk.slack.homes[OFFICER])


def test_what_waits_is_a_question_too(desk: Desk) -> None:
    assert "Nothing needs review" in desk.ask("review")
    take_in(desk)
    assert TITLE in desk.ask("review")
    assert "needs review" in desk.ask("latest graphite")


def test_what_waits_is_counted_for_a_monitoring_system(desk: Desk) -> None:
    posted = take_in(desk)
    metrics = httpx.get(f"{desk.web}/metrics").text
    assert "controlwatch_open_reviews 1.0" in metrics
    assert "controlwatch_oldest_review_timestamp_seconds" in metrics
    confirm(desk, open_note(desk, posted, NO_CHANGE))
    assert "controlwatch_open_reviews 0.0" in httpx.get(f"{desk.web}/metrics").text
