"""Mail through a real SMTP server on loopback."""

from __future__ import annotations

import ssl
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
import trustme
from aiosmtpd.smtp import AuthResult, LoginPassword
from hypothesis import given, settings
from hypothesis import strategies as st

from controlwatch.adapters.email import EmailChannel, Server
from controlwatch.adapters.lexicon import load_lexicon
from controlwatch.core.errors import DeliveryError
from controlwatch.core.model import (
    Alert,
    CategoryFinding,
    Change,
    Delivery,
    Direction,
    Notice,
    Stretch,
    Subscription,
    Summary,
)
from controlwatch.core.render.mail import html
from controlwatch.core.render.message import Card, Message, compose
from controlwatch.demo.mailbox import Mailbox

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
KEY = "0123456789abcdef0123456789abcdef"
NOTICE = Notice(
    title="公布对镓相关物项实施出口管制的决定",
    language="zh-Hans",
    published=date(2026, 3, 2),
    is_change=True,
    direction=Direction.TIGHTEN,
    categories=(CategoryFinding(id="minor_metals.gallium", quote="金属镓"),),
    summary=Summary(en="Tightens control of gallium.", zh="收紧对镓的管制。"),
)
CHANGE = Change(
    kind="amended", redline=(Stretch(op="deleted", text="4月1日"), Stretch(op="inserted", text="5月1日"))
)


def message(*titles: str) -> Message:
    subscription = Subscription(id=1, channel="email", target="a@b.example")
    alerts = [
        Alert(
            kind="amended",
            made_at=NOW,
            title=title,
            watcher="w",
            url="https://a.example/1",
            notice=NOTICE,
            change=CHANGE,
        )
        for title in titles or ("公告",)
    ]
    deliveries = tuple(
        Delivery(
            id=n, alert_id=n, alert=alert, subscription=subscription, attempts=1, key=KEY, why="category x"
        )
        for n, alert in enumerate(alerts)
    )
    return compose(deliveries, load_lexicon(), now=NOW)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as opened:
        yield opened


def channel(mailbox: Mailbox, **changes: object) -> EmailChannel:
    server = Server(host="127.0.0.1", port=mailbox.port, **changes)  # type: ignore[arg-type]
    return EmailChannel(server, sender="controlwatch <alerts@controlwatch.example>", timeout=5)


def test_a_mail_carries_chinese_in_text_and_html_with_the_redline(mailbox: Mailbox) -> None:
    channel(mailbox).send(message(), target="a@b.example", key=KEY)
    (mail,) = mailbox.mails
    assert mailbox.recipients == [["a@b.example"]]
    plain, rich = (part.get_content() for part in mail.iter_parts())  # type: ignore[attr-defined]
    assert "收紧对镓的管制。" in plain
    assert "[-4月1日-]{+5月1日+}" in plain
    assert "<del" in rich
    assert "收紧对镓的管制。" in rich
    assert "src=" not in rich


def test_every_try_of_a_delivery_has_the_same_message_id(mailbox: Mailbox) -> None:
    for _ in range(2):
        channel(mailbox).send(message(), target="a@b.example", key=KEY)
    assert [mail["Message-ID"] for mail in mailbox.mails] == [f"<{KEY}@controlwatch.example>"] * 2
    assert mailbox.mails[0]["Auto-Submitted"] == "auto-generated"


def test_a_digest_is_one_mail_with_a_table_of_contents(mailbox: Mailbox) -> None:
    channel(mailbox).send(message("第一号", "第二号", "第三号"), target="a@b.example", key=KEY)
    (mail,) = mailbox.mails
    assert "3 alerts" in mail["Subject"]


def test_an_unknown_recipient_is_refused_for_good_and_a_busy_server_for_now(mailbox: Mailbox) -> None:
    mailbox.refuse.add("gone@b.example")
    mailbox.defer.add("later@b.example")
    with pytest.raises(DeliveryError) as refused:
        channel(mailbox).send(message(), target="gone@b.example", key=KEY)
    assert refused.value.permanent
    assert "550" in str(refused.value)
    with pytest.raises(DeliveryError) as deferred:
        channel(mailbox).send(message(), target="later@b.example", key=KEY)
    assert not deferred.value.permanent


def test_a_server_that_is_down_is_tried_again(mailbox: Mailbox) -> None:
    closed = EmailChannel(Server(host="127.0.0.1", port=1), sender="a@b.example", timeout=2)
    with pytest.raises(DeliveryError) as error:
        closed.send(message(), target="a@b.example", key=KEY)
    assert not error.value.permanent


def test_starttls_and_a_password_are_used_and_a_wrong_one_is_no_refusal_for_good() -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)

    def check(
        _server: object, _session: object, _envelope: object, _mechanism: str, data: LoginPassword
    ) -> AuthResult:
        return AuthResult(success=data.password == b"right", handled=False)

    options = {
        "tls_context": context,
        "require_starttls": True,
        "auth_required": True,
        "authenticator": check,
    }
    with Mailbox(**options) as box:
        for password, expected in (("right", 1), ("wrong", 1)):
            server = Server(host="127.0.0.1", port=box.port, user="u", password=password, tls="starttls")
            sender = EmailChannel(server, sender="a@b.example", timeout=5, context=trusted)
            if password == "right":
                sender.send(message(), target="a@b.example", key=KEY)
            else:
                with pytest.raises(DeliveryError) as error:
                    sender.send(message(), target="a@b.example", key=KEY)
                assert not error.value.permanent
            assert len(box.mails) == expected


def test_a_server_whose_certificate_is_unknown_gets_no_mail() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with Mailbox(tls_context=context) as box:
        server = Server(host="127.0.0.1", port=box.port, tls="starttls")
        with pytest.raises(DeliveryError, match="certificate"):
            EmailChannel(server, sender="a@b.example", timeout=5).send(
                message(), target="a@b.example", key=KEY
            )
        assert box.mails == []


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_no_text_of_a_notice_becomes_a_header_or_markup(text: str) -> None:
    hostile = text + "\r\nBcc: all@corp.example\n<script>alert(1)</script><img src=x>"
    drawn = message(hostile)
    mail = EmailChannel(Server(host="h", port=1), sender="a@b.example")._mail(drawn, "to@b.example", KEY)
    assert mail["Bcc"] is None
    assert mail["To"] == "to@b.example"
    page = html(
        Message(
            subject=hostile, cards=(Card(tone="neutral", badge=hostile, heading=hostile, title=hostile),) * 2
        )
    )
    assert "<script" not in page
    assert "<img" not in page
    assert mail.as_bytes()
