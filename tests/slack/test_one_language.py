"""A channel or a user with Chinese subscriptions gets Chinese from the app, one with English ones English."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from controlwatch.core.model import Language, Subscription
from tests.languages import find_chinese, find_english
from tests.slack.desk import BOSS, CHANNEL, NOW, OFFICER, Desk, desk_in, element, said
from tests.waiting import PATIENCE, wait_for

LANGUAGES = pytest.mark.parametrize("language", ["zh", "en"])
COMMANDS = (
    "help", "subscriptions", "alerts", "alerts open", "team", "review", "watchers", "categories metal", "why 2025-58",
    "subscribe battery US tighten daily", "subscribe baterry", "subscribe battery now", "unsubscribe 999",
    "pause 1", "pause 1", "subscriptions", "resume 1", "resume 1", "mute battery 7", "mute battery 9999", "unmute battery",
    "mute battery 3 days", "subscriptions", "unsubscribe 1",
)  # fmt: skip
#: Its title is in the register, and its notice is in Chinese.
NOTICE, TITLE = "2025-58", "锂电池"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_in(tmp_path, managers=BOSS) as made:
        yield made


def subscribe(desk: Desk, language: Language, target: str = CHANNEL, **more: Any) -> int:
    wanted = Subscription(channel="slack", target=target, owner=BOSS, language=language, **more)
    return desk.app.store.subscriptions.subscribe(wanted, NOW)


def find_foreign(desk: Desk, words: str, language: Language) -> list[str]:
    """Return the lines of the other language; notices, sources and items keep their names."""
    queries = desk.app.queries
    lines = queries.latest(now=NOW, limit=10_000)
    named = {text for line in lines for text in (line.title, line.title_en)} | {TITLE, "drone, 石墨"}
    named |= {line.name for line in queries.list_watchers()}
    if language == "zh":
        return find_english(words.splitlines(), named)
    issuers = {name for issuer in queries.names.lexicon.issuers for name in issuer.zh}
    categories = {line.zh for line in queries.list_categories("")}
    return find_chinese(words.splitlines(), named | issuers | categories | {"中文"})


@LANGUAGES
def test_every_command_is_answered_in_the_language_of_the_channel(desk: Desk, language: Language) -> None:
    subscribe(desk, language)
    desk.tell(NOTICE, title=TITLE)
    for command in COMMANDS:
        assert find_foreign(desk, desk.ask(command, user=BOSS), language) == [], command


@LANGUAGES
def test_a_refusal_is_in_the_language_of_the_channel(desk: Desk, language: Language) -> None:
    subscribe(desk, language)
    for command in ("subscribe battery", "mute battery", "pause 1"):
        assert find_foreign(desk, desk.ask(command, user=OFFICER), language) == [], command
    posted = desk.tell(NOTICE, title=TITLE)
    button = {**element(posted, "controlwatch_acknowledge"), "block_id": f"controlwatch_alert:{'0' * 32}"}
    desk.asker.press(desk.web, button, user=OFFICER, channel=CHANNEL, on=posted)
    refused = desk.asker.answer()
    assert refused["response_type"] == "ephemeral"
    assert find_foreign(desk, refused["text"], language) == []


@LANGUAGES
def test_what_was_done_is_shown_in_the_language_of_the_channel(desk: Desk, language: Language) -> None:
    subscribe(desk, language)
    posted = desk.tell(NOTICE, title=TITLE)
    reason = {"selected_option": {"value": "items"}}
    for action, chosen in (
        ("acknowledge", {}),
        ("assign", {"selected_user": OFFICER}),
        ("due", {"selected_date": "2026-12-01"}),
        ("irrelevant", reason),
    ):
        shown = desk.press(posted, f"controlwatch_{action}", **chosen)
    done = [block for block in shown["blocks"] if str(block.get("block_id")).startswith("controlwatch_done")]
    assert len(done) == 1
    assert find_foreign(desk, said({"blocks": done}), language) == []
    for command in ("alerts", "team"):
        assert find_foreign(desk, desk.ask(command, user=BOSS), language) == [], command


@LANGUAGES
def test_the_home_is_in_the_language_of_the_subscriptions(desk: Desk, language: Language) -> None:
    subscribe(desk, language, OFFICER, categories=("battery",))
    paused = subscribe(desk, language, OFFICER, categories=("gallium",), rate="weekly")
    desk.app.store.subscriptions.pause(paused, f"paused by {OFFICER}", NOW)
    desk.tell(NOTICE, title=TITLE)
    desk.asker.event(desk.web, {"type": "app_home_opened", "user": OFFICER, "tab": "home"}, event_id="Ev1")
    wait_for(lambda: OFFICER in desk.slack.homes)
    assert find_foreign(desk, said(desk.slack.homes[OFFICER]), language) == []


@LANGUAGES
def test_the_form_is_in_the_language_of_the_channel(desk: Desk, language: Language) -> None:
    subscribe(desk, language)
    assert desk.asker.command(desk.web, "subscribe", user=BOSS).status_code == 200
    form = desk.slack.opened.get(timeout=PATIENCE)
    assert find_foreign(desk, said(form), language) == []
    values = {
        block["block_id"]: {block["element"]["action_id"]: {"selected_option": option}}
        for block in form["blocks"]
        if block["type"] == "input" and (option := block["element"].get("initial_option"))
    }
    more = element(form, "controlwatch_more")
    opened = {**form, "state": {"values": values}}
    desk.asker.press_in_view(desk.web, more, view=opened, user=BOSS)
    widened = desk.slack.opened.get(timeout=PATIENCE)
    assert find_foreign(desk, said(widened), language) == []
