"""A link that says what became of it; and a subscription that a link has ended: told, and undone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from controlwatch.bootstrap.app import App, open_app
from controlwatch.core.alerting.signed_links import LIFETIMES, LinkToken, SignedLinks, read_token, sign_token
from controlwatch.core.model import Alert, Subscription
from controlwatch.core.model.state import PlannedDelivery, SentMessage
from controlwatch.demo.stage import shipped_watchers
from controlwatch.settings import Settings
from controlwatch.testing.smtp import Mailbox
from controlwatch.web.serving import serve_in_thread
from controlwatch.web.site import build_web_app
from tests.cli.test_commands import Terminal
from tests.known import known
from tests.web.test_links import NOW, READER, SECRET

OPERATOR = Subscription(channel="email", target="operator@corp.example")
NO_HEALTH = replace(OPERATOR, target="other@corp.example", health=False)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as opened:
        yield opened


@pytest.fixture
def opened(tmp_path: Path, mailbox: Mailbox) -> Iterator[tuple[App, str]]:
    settings = Settings(
        state_dir=known(tmp_path / "state"),
        watchers_dir=shipped_watchers(),
        public_url="https://watch.example",
        secret=SECRET,
        smtp_url=mailbox.url,
        mail_from="alerts@controlwatch.example",
    )
    with (
        open_app(settings) as app,
        serve_in_thread(build_web_app(app, None), host="127.0.0.1", port=0) as web,
    ):
        yield app, web


def follow(web: str, purpose: str, subject: int, *, last_day: date | None = None) -> httpx.Response:
    """Press the button that a link leads to."""
    token = sign_token(SECRET.encode(), purpose, subject, last_day=last_day)  # type: ignore[arg-type]
    return httpx.post(f"{web}/{purpose}/{token}")


def list_active(app: App) -> set[int]:
    return {item.id for item in app.store.subscriptions.list_active()}


def read_body(mailbox: Mailbox, recipient: str) -> str:
    """Return the text of the one mail to a recipient."""
    (mail,) = [mail for mail, to in zip(mailbox.mails, mailbox.recipients, strict=True) if to == [recipient]]
    body = mail.get_body(("plain",))
    assert body is not None
    return f"{mail['Subject']}\n{body.get_content()}"


def test_whoever_reads_a_subscription_that_a_link_has_ended_can_continue_it(
    opened: tuple[App, str], mailbox: Mailbox
) -> None:
    app, web = opened
    number, operator, _ = (
        app.store.subscriptions.subscribe(one, NOW) for one in (READER, OPERATOR, NO_HEALTH)
    )
    assert "has ended" in follow(web, "unsubscribe", number).text
    assert number not in list_active(app)
    app.deliverer.deliver_all(lambda: datetime.now(UTC))
    assert {to for (to,) in mailbox.recipients} == {READER.target, OPERATOR.target}
    told = " ".join(read_body(mailbox, OPERATOR.target).split())
    assert f"subscription {number} (email {READER.target}) was ended by a link" in told
    assert f"controlwatch resume {number}" in told
    own = read_body(mailbox, READER.target)
    assert "UNSUBSCRIBED" in own
    link = re.search(r"https://watch\.example(/resubscribe/\S+)", own)
    assert link is not None
    assert "/unsubscribe/" not in own
    assert "<form" in httpx.get(web + link[1]).text
    assert number not in list_active(app)  # a program that follows links changes nothing
    assert "The subscription continues" in httpx.post(web + link[1]).text
    assert {number, operator} <= list_active(app)
    assert "has not ended" in httpx.post(web + link[1]).text
    assert app.deliverer.deliver_all(lambda: datetime.now(UTC)) == (0, 0)


def test_a_subscription_that_a_link_has_ended_is_told_of_once(
    opened: tuple[App, str], mailbox: Mailbox
) -> None:
    app, web = opened
    number = app.store.subscriptions.subscribe(READER, NOW)
    for _ in range(3):
        assert follow(web, "unsubscribe", number).status_code == 200
    app.deliverer.deliver_all(lambda: datetime.now(UTC))
    assert mailbox.recipients == [[READER.target]]


def test_an_address_that_never_confirmed_is_not_written_to(opened: tuple[App, str], mailbox: Mailbox) -> None:
    app, web = opened
    number = app.store.subscriptions.subscribe(replace(READER, confirmed=False), NOW)
    follow(web, "unsubscribe", number)
    app.deliverer.deliver_all(lambda: datetime.now(UTC))
    assert mailbox.mails == []


def test_one_command_continues_a_subscription_that_has_ended(tmp_path: Path) -> None:
    known(tmp_path / "state")
    terminal = Terminal(tmp_path)
    terminal.types("subscribe", "email", "desk@b.example")
    terminal.types("unsubscribe", "1")
    assert "active again" in terminal.types("resume", "1")
    assert "desk@b.example" in terminal.types("subscriptions")
    assert "nor one that has ended" in terminal.fails("resume", "1")
    assert "nor one that has ended" in terminal.fails("resume", "99")


def test_a_confirmation_says_what_became_of_it(opened: tuple[App, str]) -> None:
    app, web = opened
    number = app.store.subscriptions.subscribe(replace(READER, confirmed=False), NOW)
    assert "Confirmed." in follow(web, "confirm", number).text
    assert "confirmed before" in follow(web, "confirm", number).text
    app.store.subscriptions.unsubscribe(number)
    ended = follow(web, "confirm", number)
    assert ended.status_code == 410
    assert "has ended" in ended.text
    assert "Confirmed" not in ended.text
    assert number not in list_active(app)
    assert follow(web, "confirm", 999).status_code == 404
    assert follow(web, "unsubscribe", 999).status_code == 404
    assert follow(web, "resubscribe", 999).status_code == 404


def send_alert(app: App, subscription_id: int) -> int:
    """Send an alert to a subscription; return the number of its delivery."""
    record = app.queries.show("MOFCOM 2025-61")
    alert = Alert(kind="new", made_at=NOW, title="t", watcher="w", notice=record.notice)
    planned = PlannedDelivery(subscription_id=subscription_id, due_at=NOW, why="")
    app.store.outbox.enqueue_alert(alert, [planned], about=record.line.key)
    (mail,) = app.store.outbox.claim(now=NOW, owner="me", lease=60, most=1)
    app.store.outbox.mark_sent([SentMessage(deliveries=mail, receipt="<1@a.example>")], owner="me", now=NOW)
    return mail[0].id


def test_an_acknowledgement_says_what_became_of_it(opened: tuple[App, str]) -> None:
    app, web = opened
    number = app.store.subscriptions.subscribe(READER, NOW)
    delivery = send_alert(app, number)
    assert "Acknowledged." in follow(web, "acknowledge", delivery).text
    again = follow(web, "acknowledge", delivery)
    assert "Nothing has changed" in again.text
    assert "Acknowledged" not in again.text
    (line,) = app.store.actions.list_alerts()
    assert (line.what, line.who) == ("acknowledged", READER.target)
    unknown = follow(web, "acknowledge", 999)
    assert unknown.status_code == 404
    assert "Acknowledged" not in unknown.text


def test_a_mail_of_an_ended_subscription_is_not_acknowledged(opened: tuple[App, str]) -> None:
    app, web = opened
    number = app.store.subscriptions.subscribe(READER, NOW)
    delivery = send_alert(app, number)
    app.store.subscriptions.unsubscribe(number)
    answer = follow(web, "acknowledge", delivery)
    assert answer.status_code == 410
    assert "has ended" in answer.text
    assert [line.what for line in app.store.actions.list_alerts()] == [None]


@pytest.mark.parametrize("purpose", ["confirm", "acknowledge", "resubscribe", "unsubscribe"])
def test_a_link_whose_time_is_over_changes_nothing_and_says_so(opened: tuple[App, str], purpose: str) -> None:
    app, web = opened
    number = app.store.subscriptions.subscribe(READER, NOW)
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    answer = follow(web, purpose, number, last_day=yesterday)
    assert answer.status_code == 410
    assert "expired" in answer.text
    token = sign_token(SECRET.encode(), purpose, number, last_day=yesterday)  # type: ignore[arg-type]
    assert "<form" not in httpx.get(f"{web}/{purpose}/{token}").text
    assert list_active(app) >= {number}


def test_links_in_mails_end_except_the_one_to_unsubscribe() -> None:
    links = SignedLinks(public_url="https://watch.example", secret=SECRET.encode())
    today = date(2027, 3, 5)

    def read(url: str, purpose: str) -> LinkToken | None:
        return read_token(links.secret, purpose, url.rpartition("/")[2])  # type: ignore[arg-type]

    confirm = read(links.build_confirm_url(7, on=today), "confirm")
    assert confirm == LinkToken(subject=7, last_day=today + LIFETIMES["confirm"])
    assert not confirm.has_expired(datetime(2027, 3, 19, 23, 59, tzinfo=UTC))
    assert confirm.has_expired(datetime(2027, 3, 20, 0, 0, tzinfo=UTC))
    assert read(links.build_unsubscribe_url(7), "unsubscribe") == LinkToken(subject=7)
    assert read(links.build_resubscribe_url(7, on=today), "confirm") is None  # of another purpose


@pytest.mark.parametrize(
    "change", [("20270319", "20370319"), ("20270319.", ""), ("7.2027", "8.2027"), ("20270319", "20270399")]
)
def test_nobody_prolongs_a_link(change: tuple[str, str]) -> None:
    token = sign_token(SECRET.encode(), "confirm", 7, last_day=date(2027, 3, 19))
    assert read_token(SECRET.encode(), "confirm", token) is not None
    assert read_token(SECRET.encode(), "confirm", token.replace(*change)) is None
