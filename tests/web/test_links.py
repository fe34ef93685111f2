"""The links of our mails, over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from controlwatch.bootstrap.app import App, open_app
from controlwatch.core.alerting.signed_links import sign_token
from controlwatch.core.model import Alert, Subscription
from controlwatch.core.model.state import PlannedDelivery, SentMessage
from controlwatch.demo.stage import shipped_watchers
from controlwatch.settings import Settings
from controlwatch.web.serving import serve_in_thread
from controlwatch.web.site import build_web_app
from tests.known import known

SECRET = "a-secret-of-at-least-thirty-two-characters"
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
READER = Subscription(channel="email", target="desk@reader.example")


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[tuple[App, str]]:
    settings = Settings(
        state_dir=known(tmp_path),
        watchers_dir=shipped_watchers(),
        public_url="https://watch.example",
        secret=SECRET,
    )
    with (
        open_app(settings) as app,
        serve_in_thread(build_web_app(app, None), host="127.0.0.1", port=0) as web,
    ):
        yield app, web


def ids(app: App) -> set[int]:
    return {item.id for item in app.store.subscriptions.list_active() if item.channel == "email"}


def test_one_click_ends_a_subscription_and_twice_is_no_error(opened: tuple[App, str]) -> None:
    app, web = opened
    number = app.store.subscriptions.subscribe(READER, NOW)
    link = f"{web}/unsubscribe/{sign_token(SECRET.encode(), 'unsubscribe', number)}"
    for _ in range(2):
        answer = httpx.post(link, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
    assert ids(app) == set()


def test_a_program_that_follows_links_ends_and_confirms_nothing(opened: tuple[App, str]) -> None:
    app, web = opened
    number = app.store.subscriptions.subscribe(READER, NOW)
    waiting = app.store.subscriptions.subscribe(
        replace(READER, target="new@reader.example", confirmed=False), NOW
    )
    for purpose, subject in (("unsubscribe", number), ("confirm", waiting)):
        answer = httpx.get(f"{web}/{purpose}/{sign_token(SECRET.encode(), purpose, subject)}")
        assert answer.status_code == 200
        assert "<form" in answer.text
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert number in ids(app)
    assert not next(item for item in app.store.subscriptions.list_active() if item.id == waiting).confirmed


def test_a_confirmed_address_is_confirmed(opened: tuple[App, str]) -> None:
    app, web = opened
    number = app.store.subscriptions.subscribe(replace(READER, confirmed=False), NOW)
    httpx.post(f"{web}/confirm/{sign_token(SECRET.encode(), 'confirm', number)}").raise_for_status()
    assert next(item for item in app.store.subscriptions.list_active() if item.id == number).confirmed


@pytest.mark.parametrize("token", ["", "x", "1.abc", "<script>", "%00", "../../etc/passwd"])
def test_what_we_did_not_sign_changes_nothing(opened: tuple[App, str], token: str) -> None:
    app, web = opened
    number = app.store.subscriptions.subscribe(READER, NOW)
    confirming = sign_token(SECRET.encode(), "confirm", number)
    for wrong in (token, confirming):
        answer = httpx.post(f"{web}/unsubscribe/{wrong}")
        assert answer.status_code in {404, 405}
        assert "<script>" not in answer.text
    assert number in ids(app)


def test_whoever_acknowledges_a_mail_acknowledges_all_that_left_in_it(opened: tuple[App, str]) -> None:
    app, web = opened
    number = app.store.subscriptions.subscribe(READER, NOW)
    for key in ("MOFCOM 2025-61", "MOFCOM 2025-62", "MOFCOM-GACC 2025-58"):
        record = app.queries.show(key)
        alert = Alert(kind="new", made_at=NOW, title=key, watcher="w", notice=record.notice)
        app.store.outbox.enqueue_alert(
            alert, [PlannedDelivery(subscription_id=number, due_at=NOW, why="")], about=record.line.key
        )
        if key == "MOFCOM 2025-62":
            (mail,) = app.store.outbox.claim(now=NOW, owner="me", lease=60, most=1)
            app.store.outbox.mark_sent(
                [SentMessage(deliveries=mail, receipt="<1@a.example>")], owner="me", now=NOW
            )
    link = f"{web}/acknowledge/{sign_token(SECRET.encode(), 'acknowledge', mail[0].id)}"
    assert "<form" in httpx.get(link).text
    assert len(app.store.actions.list_alerts(open_only=True)) == 2
    httpx.post(link).raise_for_status()
    assert app.store.actions.list_alerts(open_only=True) == ()
    done = [line for line in app.store.actions.list_alerts() if line.what]
    assert {(line.number, line.who) for line in done} == {
        ("MOFCOM 2025-61", READER.target),
        ("MOFCOM 2025-62", READER.target),
    }
