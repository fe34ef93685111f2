"""Mail through a real SMTP server on loopback."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
import ssl
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from aiosmtpd.smtp import AuthResult, LoginPassword
from hypothesis import given, settings
from hypothesis import strategies as st

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.channels.email import EmailChannel, SmtpServer
from controlwatch.adapters.channels.email_message import MailWriter
from controlwatch.core.alerting.signed_links import SignedLinks, verify_token
from controlwatch.core.model import (
    Alert,
    CategoryFinding,
    Change,
    Delivery,
    Direction,
    DocumentNumber,
    KeyDate,
    Notice,
    RedlineSegment,
    ReminderSubject,
    Subscription,
    Summary,
)
from controlwatch.core.model.errors import DeliveryError
from controlwatch.core.rendering.card import Card
from controlwatch.core.rendering.html_mail import render_html
from controlwatch.core.rendering.message import Message, MessageComposer
from controlwatch.testing.smtp import Mailbox
from tests.waiting import PATIENCE

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
    kind="amended",
    redline=(RedlineSegment(op="deleted", text="4月1日"), RedlineSegment(op="inserted", text="5月1日")),
)


LINKS = SignedLinks(public_url="https://alerts.controlwatch.example.com/behind/a/proxy", secret=b"s" * 32)
ALERT = Alert(
    kind="amended",
    made_at=NOW,
    title="公告",
    watcher="w",
    url="https://a.example/1",
    notice=NOTICE,
    change=CHANGE,
)


def message(*titles: str, alert: Alert = ALERT, links: SignedLinks = LINKS) -> Message:
    subscription = Subscription(id=17, channel="email", target="a@b.example")
    alerts = [replace(alert, title=title) for title in titles or (alert.title,)]
    deliveries = tuple(
        Delivery(
            id=n,
            alert_id=n,
            alert=alert,
            subscription=subscription,
            attempts=1,
            key=KEY,
            message=KEY,
            why="category x",
        )
        for n, alert in enumerate(alerts)
    )
    return MessageComposer(lexicon=load_lexicon(), now=NOW, links=links).compose(deliveries)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as opened:
        yield opened


def channel(mailbox: Mailbox, *, longest: float = 2 * PATIENCE) -> EmailChannel:
    server = SmtpServer(host="127.0.0.1", port=mailbox.port)
    sender = "controlwatch <alerts@controlwatch.example>"
    return EmailChannel(server, sender=sender, timeout=PATIENCE, longest=longest)


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
    assert mail["Subject"] == "3 new controls · 新增管制3项"


NUMBERED = replace(NOTICE, number=DocumentNumber(issuers=("MOFCOM", "GACC"), year=2026, n=40))
EVENT = KeyDate(
    date=date(2026, 4, 1),
    event="takes effect",
    number="MOFCOM-GACC 2026-40",
    key="MOFCOM 2026-40",
    title="公告",
    url="https://c.example/moved.html",
)
ABOUT_ONE_NOTICE = {
    "the first alert": replace(ALERT, kind="new", change=None, notice=NUMBERED),
    "an amendment": replace(ALERT, notice=NUMBERED),
    "a copy printed with one issuer": replace(
        ALERT, notice=replace(NOTICE, number=DocumentNumber(issuers=("MOFCOM",), year=2026, n=40)), url=None
    ),
    "a reminder": replace(
        ALERT, kind="reminder", change=None, notice=NUMBERED, occasion=ReminderSubject(event=EVENT)
    ),
    "a press report": replace(ALERT, kind="report", about="MOFCOM-GACC 2026-40", url="https://p.example/"),
}


@pytest.mark.parametrize("alert", ABOUT_ONE_NOTICE.values(), ids=ABOUT_ONE_NOTICE)
def test_every_mail_about_one_notice_answers_to_one_root(mailbox: Mailbox, alert: Alert) -> None:
    for n, about in enumerate((ABOUT_ONE_NOTICE["the first alert"], alert)):
        channel(mailbox).send(message(alert=about), target="a@b.example", key=f"{n:032x}")
    first, later = mailbox.mails
    assert first["References"] == later["References"] == first["In-Reply-To"] == later["In-Reply-To"]
    assert first["Message-ID"] != later["Message-ID"]


def test_mails_about_different_notices_and_digests_are_no_thread(mailbox: Mailbox) -> None:
    elsewhere = replace(ALERT, url="https://a.example/2")
    silent = replace(ALERT, kind="health-down", notice=None, change=None)
    for drawn in (message(), message(alert=elsewhere), message("一", "二"), message(alert=silent)):
        channel(mailbox).send(drawn, target="a@b.example", key=KEY)
    roots = [mail["References"] for mail in mailbox.mails]
    assert len(set(roots[:2])) == 2
    assert roots[2:] == [None, None]


def headers(source: bytes) -> dict[str, str]:
    """The headers as they went over the line, each as one string with its folds."""
    head = source.partition(b"\r\n\r\n")[0].decode("ascii")
    return dict(re.findall(r"^([\w-]+): ?(.*(?:\r\n[ \t].*)*)", head, re.MULTILINE))


def test_a_mail_program_finds_the_way_out_in_the_headers_and_a_reader_in_the_text(mailbox: Mailbox) -> None:
    channel(mailbox).send(message(), target="a@b.example", key=KEY)
    sent = headers(mailbox.sources[0])
    link = sent["List-Unsubscribe"].strip("\r<>")
    assert link.startswith("https://alerts.controlwatch.example.com/behind/a/proxy/unsubscribe/17.")
    assert verify_token(LINKS.secret, "unsubscribe", link.rpartition("/")[2]) == 17
    assert sent["List-Unsubscribe-Post"].strip() == "List-Unsubscribe=One-Click"
    assert sent["List-Id"].strip() == "controlwatch <alerts.controlwatch.example>"
    plain, rich = (part.get_content() for part in mailbox.mails[0].iter_parts())  # type: ignore[attr-defined]
    assert f"Unsubscribe 退订: {link}" in plain
    assert f"Calendar of key dates 重要日期日历: {LINKS.public_url}/calendar/17." in plain
    assert f'<a href="{link}"' in rich


def test_one_click_is_offered_over_https_only_and_no_way_out_where_nobody_reaches_us(
    mailbox: Mailbox,
) -> None:
    plain = SignedLinks(public_url="http://alerts.example", secret=b"s" * 32)
    for links in (plain, SignedLinks()):
        channel(mailbox).send(message(links=links), target="a@b.example", key=KEY)
    unsafe, none = (headers(source) for source in mailbox.sources)
    assert "List-Unsubscribe-Post" not in unsafe
    assert unsafe["List-Unsubscribe"].startswith("<http://alerts.example/unsubscribe/17.")
    assert "List-Unsubscribe" not in none
    assert "Unsubscribe" not in mailbox.mails[1].get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_a_channel_for_many_shows_nobody_the_link_that_ends_it() -> None:
    subscription = Subscription(id=17, channel="slack", target="C1")
    delivery = Delivery(
        id=1, alert_id=1, alert=ALERT, subscription=subscription, attempts=1, key=KEY, message=KEY
    )
    composed = MessageComposer(lexicon=load_lexicon(), now=NOW, links=LINKS).compose((delivery,))
    assert composed.unsubscribe == ""


def refusal(mailbox: Mailbox, target: str) -> DeliveryError:
    with pytest.raises(DeliveryError) as error:
        channel(mailbox).send(message(), target=target, key=KEY)
    return error.value


def test_an_address_that_is_refused_for_good_is_told_from_a_server_that_is_busy(mailbox: Mailbox) -> None:
    mailbox.refuse.add("gone@b.example")
    mailbox.defer.add("later@b.example")
    gone, later = refusal(mailbox, "gone@b.example"), refusal(mailbox, "later@b.example")
    assert (gone.permanent, gone.target) == (True, True)
    assert "550" in str(gone)
    assert (later.permanent, later.target) == (False, False)


@pytest.mark.parametrize(
    "reply",
    [
        "550 no such user here",
        "550 5.1.1 <a@b.example>: Recipient address rejected: User unknown in relay recipient table",
        "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient a@b.example not found by SMTP address lookup",
        "550 User not found: a@b.example",
        "550 Mailbox unavailable",
        "550 5.5.0 Requested action not taken: mailbox unavailable",
        "554 delivery error: dd This user doesn't have a webmail account (a@b.example) [0]",
    ],
)
def test_what_servers_say_of_an_address_that_is_no_more(mailbox: Mailbox, reply: str) -> None:
    mailbox.replies["a@b.example"] = reply
    error = refusal(mailbox, "a@b.example")
    assert (error.permanent, error.target) == (True, True)
    assert reply in str(error)


@pytest.mark.parametrize(
    "reply",
    [
        "554 5.7.1 <a@b.example>: Relay access denied",
        "550 relay not permitted",
        "530 5.7.0 Must issue a STARTTLS command first",
        "550 5.7.26 Unauthenticated email is not accepted due to the domain's policy",
        "552 5.3.4 Message size exceeds fixed limit",
        "550 5.1.8 <alerts@controlwatch.example>: Sender address rejected: Domain not found",
        "554 Service unavailable; Client host [192.0.2.7] blocked using rbl.example",
        "550 <b1d0>: Helo command rejected: Host not found",
        "550 Connection frequency limited",
        "554 DT:SPM rejected as spam",
        "550 Mailbox unavailable or access denied",
        "550 5.4.1 Recipient address rejected: Access denied",
        "552 5.2.2 mailbox full",
        "550 5.1.1 <somebody.else@b.example>: user unknown",
        "550 <alerts@controlwatch.example>: user unknown",
        "554 this account has been disabled",
    ],
)
def test_a_server_that_takes_nothing_from_us_says_nothing_about_the_address(
    mailbox: Mailbox, reply: str
) -> None:
    mailbox.replies["a@b.example"] = reply
    error = refusal(mailbox, "a@b.example")
    assert (error.permanent, error.target, error.needs_repair) == (False, False, True)


def test_a_server_that_is_down_is_tried_again(mailbox: Mailbox) -> None:
    closed = EmailChannel(SmtpServer(host="127.0.0.1", port=1), sender="a@b.example", timeout=2)
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
            server = SmtpServer(host="127.0.0.1", port=box.port, user="u", password=password, tls="starttls")
            sender = EmailChannel(server, sender="a@b.example", timeout=PATIENCE, context=trusted)
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
        server = SmtpServer(host="127.0.0.1", port=box.port, tls="starttls")
        with pytest.raises(DeliveryError, match="certificate"):
            EmailChannel(server, sender="a@b.example", timeout=PATIENCE).send(
                message(), target="a@b.example", key=KEY
            )
        assert box.mails == []


MAILS = MailWriter("controlwatch", "a@b.example")
OURS = {
    "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress", "List-Id",
    "In-Reply-To", "References", "List-Unsubscribe", "List-Unsubscribe-Post", "MIME-Version", "Content-Type",
}  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    st.text(max_size=200), st.sampled_from(["", "\r\nBcc: all@corp.example\r\n", "<script>alert(1)</script>"])
)
def test_no_text_of_a_notice_becomes_a_header_or_markup(text: str, attack: str) -> None:
    hostile = text + attack + text
    card = Card(tone="neutral", badge=hostile, heading=hostile, title=hostile, url=hostile)
    drawn = Message(subject=hostile, cards=(card,) * 2, thread=hostile, unsubscribe=f"https://a/{hostile}")
    source = MAILS.write_mail(drawn, target="to@b.example", key=KEY)
    mail = email.message_from_bytes(source, policy=email.policy.default)
    assert set(mail.keys()) <= OURS
    assert set(headers(source)) == set(mail.keys())
    assert mail["To"] == "to@b.example"
    assert max(len(line) for line in source.split(b"\r\n")) <= 998
    page = render_html(drawn)
    assert "<script" not in page
    assert "<img" not in page


@pytest.mark.parametrize(
    "target", ["a@b.example, c@d.example", "a@b.example\r\nBcc: all@c.example", "nobody", ""]
)
def test_what_is_not_one_address_gets_no_mail_and_pauses_its_subscription(target: str) -> None:
    with pytest.raises(DeliveryError) as error:
        MAILS.write_mail(message(), target=target, key=KEY)
    assert (error.value.permanent, error.value.target) == (True, True)


def test_mails_to_two_readers_differ_in_what_is_theirs_alone(mailbox: Mailbox) -> None:
    sender = channel(mailbox)
    for target, number in (("a@b.example", 17), ("c@d.example", 18)):
        mine = replace(message(), unsubscribe=LINKS.build_unsubscribe_url(number))
        sender.send(mine, target=target, key=f"{number:032x}")
    sender.close()
    one, two = mailbox.mails
    assert {name for name in one if one[name] != two[name]} - {"Date"} == {
        "To", "Message-ID", "List-Unsubscribe",
    }  # fmt: skip
    for part, other in zip(one.iter_parts(), two.iter_parts(), strict=True):  # type: ignore[attr-defined]
        ours, theirs = part.get_content(), other.get_content()
        assert ours.replace(LINKS.build_unsubscribe_url(17), LINKS.build_unsubscribe_url(18)) == theirs
        assert part["Content-Transfer-Encoding"] == "base64"


class Sleepy(Mailbox):
    """Answers each recipient after a while, sooner than a single wait would be given up."""

    async def handle_RCPT(self, *args: Any) -> str:  # noqa: N802
        await asyncio.sleep(3)
        return await super().handle_RCPT(*args)


def test_a_mail_that_takes_longer_than_its_lease_allows_is_given_up() -> None:
    with Sleepy() as box, pytest.raises(DeliveryError):
        channel(box, longest=0.5).send(message(), target="a@b.example", key=KEY)
    assert box.mails == []


@given(st.text(max_size=400), st.text(max_size=400))
def test_texts_that_differ_have_threads_that_differ(one: str, other: str) -> None:
    roots = {dict(MAILS.build_thread_headers(thread)).get("References") for thread in (one, other)}
    assert len(roots) == len({one, other})


def test_the_longest_link_stands_in_one_line_within_what_mail_may_hold() -> None:
    link = "https://" + "a" * 192 + "/unsubscribe/9223372036854775807." + "A" * 43
    source = MAILS.write_mail(replace(message(), unsubscribe=link), target="to@b.example", key=KEY)
    lines = source.split(b"\r\n")
    assert f"List-Unsubscribe: <{link}>".encode() in lines
    assert max(len(line) for line in lines) <= 998


def test_mails_that_follow_each_other_go_over_one_connection(mailbox: Mailbox) -> None:
    sender = channel(mailbox)
    mailbox.refuse.add("gone@b.example")
    for target in ("a@b.example", "b@b.example"):
        sender.send(message(), target=target, key=KEY)
    with pytest.raises(DeliveryError):
        sender.send(message(), target="gone@b.example", key=KEY)
    sender.send(message(), target="c@b.example", key=KEY)
    assert len(mailbox.mails) == 3
    assert len(mailbox.peers) == 1
    sender.close()


def test_a_server_that_left_meanwhile_is_connected_to_again() -> None:
    with Mailbox() as first:
        port = first.port
        sender = channel(first)
        sender.send(message(), target="a@b.example", key=KEY)
    with Mailbox(port=port) as second:
        sender.send(message(), target="a@b.example", key=KEY)
        assert len(second.mails) == 1
        sender.close()


def test_a_server_that_hangs_up_on_one_mail_takes_the_next(mailbox: Mailbox) -> None:
    mailbox.replies["busy@b.example"] = "421 4.3.2 shutting down"
    sender = channel(mailbox)
    with pytest.raises(DeliveryError):
        sender.send(message(), target="busy@b.example", key=KEY)
    sender.send(message(), target="a@b.example", key=KEY)
    assert len(mailbox.mails) == 1
    sender.close()
