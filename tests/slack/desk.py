"""A Slack with our bot in it: signed requests over a real HTTP server, the real Bolt, a real store."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from controlwatch.bootstrap.app import App, open_app
from controlwatch.cli.common import configure_log
from controlwatch.core.alerting.routing import route_alert
from controlwatch.core.model import Alert
from controlwatch.demo.stage import shipped_watchers
from controlwatch.settings import Settings
from controlwatch.slack.bolt_app import open_bolt_app
from controlwatch.testing.sites import Sites
from controlwatch.testing.slack import Posted, SlackAsker, SlackStandIn
from controlwatch.testing.slack_limits import texts
from controlwatch.web.serving import serve_in_thread
from controlwatch.web.site import build_web_app
from tests.known import known
from tests.waiting import PATIENCE

NOW = datetime(2026, 10, 1, 1, 0, tzinfo=UTC)
BOSS, OFFICER = "U0BOSS", "U0OFFICER"
CHANNEL = "C0CONTROLS"


@dataclass(slots=True)
class Desk:
    """Somebody's Slack."""

    app: App
    slack: SlackStandIn
    asker: SlackAsker
    web: str
    folder: Path

    def ask(self, text: str, **who: str) -> str:
        """Type a command and return every word of the answer."""
        response = self.asker.command(self.web, text, **who)
        assert response.status_code == 200
        answer = self.asker.answer()
        assert "error" not in answer, answer
        return said(answer)

    def tell(self, number: str, *, kind: str = "new", title: str = "", at: datetime = NOW) -> Posted:
        """Tell the subscribers of a notice of the register, and return the last message."""
        self.tell_nobody(number, kind=kind, title=title, at=at)
        return self.slack.posted[-1]

    def tell_nobody(self, number: str, *, kind: str = "new", title: str = "", at: datetime = NOW) -> None:
        """Tell of a notice where perhaps no message arrives."""
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
        store.outbox.enqueue_alert(
            alert, route_alert(alert, store.subscriptions.list_active(), now=at), about=record.line.key
        )
        self.deliver(at + timedelta(seconds=1))

    def deliver(self, now: datetime) -> None:
        """Send what is due."""
        while any(self.app.deliverer.deliver(now=now)):
            pass

    def remind(self, now: datetime) -> None:
        """Run a round of reminders, over no source."""
        reminder = self.app.reminder
        checker = replace(reminder.checker, sources=replace(reminder.checker.sources, watchers=()))
        replace(reminder, checker=checker).run_round(now=now)

    def press(self, posted: Posted, action_id: str, *, user: str = OFFICER, **chosen: Any) -> dict[str, Any]:
        """Press or choose something below a message, and return the answer."""
        action = {**element(posted, action_id), **chosen}
        channel = "D0OFFICER" if posted.channel.startswith("U") else posted.channel
        assert self.asker.press(self.web, action, user=user, channel=channel, on=posted).status_code == 200
        return self.asker.answer()


@contextmanager
def busy(desk: Desk) -> Iterator[None]:
    """Keep the store's one lock for writing, as a long transaction of another process does."""
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        with desk.app.store.engine.begin():
            held.set()
            release.wait(PATIENCE)

    holding = threading.Thread(target=hold)
    holding.start()
    held.wait()
    try:
        with store_timeout(0.5):
            yield
    finally:
        release.set()
        holding.join()


@contextmanager
def store_timeout(seconds: float) -> Iterator[None]:
    """Change for how long an answer waits for the store."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("controlwatch.slack.ack_deadline.STORE_TIMEOUT", seconds)
        yield


@contextmanager
def desk_in(folder: Path, *, managers: str | None = None, **more: Any) -> Iterator[Desk]:
    """Set up a Slack and our bot in it, with a log as the service writes it."""
    configure_log("INFO")
    slack = SlackStandIn(channels=frozenset({CHANNEL, BOSS, OFFICER}))
    with Sites() as sites:
        asker = slack.commands(sites)
        settings = Settings(
            state_dir=known(folder),
            watchers_dir=shipped_watchers(),
            slack_bot_token=slack.token,
            slack_api_url=slack.put_up(sites),
            slack_signing_secret=asker.secret,
            slack_managers=managers,
            **more,
        )
        with (
            store_timeout(PATIENCE),  # a loaded machine is not a busy store
            open_app(settings) as app,
            open_bolt_app(app) as bolt,
            serve_in_thread(build_web_app(app, bolt), host="127.0.0.1", port=0) as web,
        ):
            yield Desk(app=app, slack=slack, asker=asker, web=web, folder=folder)


def element(shown: Posted | dict[str, Any], action_id: str) -> dict[str, Any]:
    """Return a button or a menu of a message or a view, with the block that it stands in."""
    blocks = shown["blocks"] if isinstance(shown, dict) else shown.blocks
    return next(
        {**item, "block_id": block.get("block_id", "b")}
        for block in blocks
        if block["type"] == "actions"
        for item in block["elements"]
        if item["action_id"] == action_id
    )


def said(shown: dict[str, Any]) -> str:
    """Return every word of a view or an answer."""
    return "\n".join(texts(shown.get("blocks", [])))
