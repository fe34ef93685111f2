"""Acting on an alert in Slack: who did what is noted, shown on the message and kept in the log."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from controlwatch.app import App, open_app
from controlwatch.bot.slack_app import slack_app
from controlwatch.cli import app as commands
from controlwatch.core.model import Alert, Subscription
from controlwatch.core.route import route
from controlwatch.demo.serving import Sites
from controlwatch.demo.slack import Posted, SlackAsker, SlackStandIn, _texts
from controlwatch.demo.stage import shipped_watchers
from controlwatch.settings import Settings
from controlwatch.web.serving import served
from controlwatch.web.site import site

NOW = datetime(2026, 10, 1, 1, 0, tzinfo=UTC)


@dataclass(slots=True)
class Desk:
    """A channel that was sent an alert."""

    app: App
    slack: SlackStandIn
    asker: SlackAsker
    web: str
    folder: Path

    def tell(self, number: str, *, kind: str = "new", title: str = "", at: datetime = NOW) -> Posted:
        """Tell the channel of a notice of the register, and return the message."""
        record = self.app.queries.show(number)
        store = self.app.store
        alert = Alert(
            kind=kind,  # type: ignore[arg-type]
            made_at=at,
            title=title or record.line.title,
            watcher="w",
            url="https://www.mofcom.gov.cn/a.html",
            notice=record.notice,
        )
        store.tell(alert, route(alert, store.subscriptions(), now=at), about=record.line.key)
        self.app.pipeline.deliver(now=at + timedelta(seconds=1))
        return self.slack.posted[-1]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    slack = SlackStandIn()
    with Sites() as sites:
        asker = slack.commands(sites)
        settings = Settings(
            state_dir=tmp_path,
            watchers_dir=shipped_watchers(),
            slack_bot_token=slack.token,
            slack_api_url=slack.put_up(sites),
            slack_signing_secret=asker.secret,
        )
        with open_app(settings) as app, served(site(app, slack_app(app)), host="127.0.0.1", port=0) as web:
            app.store.subscribe(Subscription(channel="slack", target="C0CONTROLS"), NOW)
            yield Desk(app=app, slack=slack, asker=asker, web=web, folder=tmp_path)


def element(posted: Posted, action_id: str) -> dict[str, Any]:
    return next(
        item
        for block in posted.blocks
        if block["type"] == "actions"
        for item in block["elements"]
        if item["action_id"] == action_id
    )


def test_whoever_acknowledges_is_noted_and_shown_on_the_message(desk: Desk) -> None:
    posted = desk.tell("MOFCOM 2025-61")
    button = element(posted, "controlwatch_acknowledge")
    assert desk.asker.press(desk.web, button, user="U0OFFICER", on=posted).status_code == 200
    answer = desk.asker.answer()
    assert answer["replace_original"]
    assert '"user_id": "U0OFFICER"' in json.dumps(answer["blocks"][-1])
    assert answer["blocks"][:-1] == posted.blocks
    (line,) = desk.app.store.alert_log()
    assert (line.what, line.who, line.number) == ("acknowledged", "U0OFFICER", "MOFCOM 2025-61")
    assert desk.app.store.alert_log(open_only=True) == ()


def test_what_is_not_relevant_is_kept_with_its_reason(desk: Desk) -> None:
    posted = desk.tell("MOFCOM 2025-61")
    chosen = element(posted, "controlwatch_irrelevant")
    action = {"type": "static_select", **chosen, "selected_option": chosen["options"][0]}
    desk.asker.press(desk.web, action, on=posted)
    assert "not our items" in "\n".join(_texts(desk.asker.answer()["blocks"]))
    (line,) = desk.app.store.alert_log()
    assert (line.what, line.note) == ("not relevant", "items")


def test_nobody_acts_on_an_alert_of_another_channel(desk: Desk) -> None:
    posted = desk.tell("MOFCOM 2025-61")
    button = element(posted, "controlwatch_acknowledge")
    desk.asker.press(desk.web, button, channel="C0OTHERS", on=posted)
    assert "not one of this channel" in desk.asker.answer()["text"]
    desk.asker.press(desk.web, {**button, "value": "0" * 32}, on=posted)
    assert "not one of this channel" in desk.asker.answer()["text"]
    (line,) = desk.app.store.alert_log()
    assert line.what is None


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
    desk.slack.channels = frozenset({"C0CONTROLS", "U0OFFICER"})
    desk.app.store.subscribe(Subscription(channel="slack", target="U0OFFICER"), NOW)
    posted = desk.tell("MOFCOM 2025-61")
    assert posted.channel == "U0OFFICER"
    button = element(posted, "controlwatch_acknowledge")
    desk.asker.press(desk.web, button, user="U0OFFICER", channel="D0OFFICER", on=posted)
    assert desk.asker.answer()["replace_original"]
