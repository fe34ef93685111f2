"""A refusal pauses a subscription only where it is about its own recipient; what is about us waits and is reported."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from controlwatch.bootstrap.question_app import build_queries
from controlwatch.core.alerting.unknown_mailbox import proves_unknown_mailbox
from controlwatch.core.model import Subscription
from controlwatch.core.model.errors import DeliveryError
from controlwatch.core.model.state import SentMessage
from controlwatch.services.bounces import process_bounce
from tests.channels.test_bounces import Report
from tests.services.test_news import GALLIUM, started
from tests.services.world import START, World

if TYPE_CHECKING:
    from controlwatch.core.rendering.message import Message

DESK = "desk@b.example"


@pytest.mark.parametrize(
    "words",
    [
        "5.1.1 <Desk@B.example>: Recipient address rejected: User unknown in relay recipient table",
        "5.1.1 The email account that you tried to reach does not exist. Please try\n5.1.1 again, see https://b.example/?p=NoSuchUser",
        "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient desk@b.example not found by SMTP address lookup",
        "5.1.2 bad destination host",
        "5.1.3 Bad recipient address syntax",
        "5.1.6 mailbox has moved",
        "#5.1.1 Address rejected desk@b.example",
        "5.0.0 550 5.1.1 unknown user",
        "5.5.0 Requested action not taken: mailbox unavailable (S2017062302)",
        "User not found: desk@b.example",
        "Invalid User: desk@b.example",
        "Mailbox not found. http://service.b.example/help?subtype=1",
        "RCPT user is not exist",
        "sorry, no mailbox here by that name. (#5.1.1)",
        "<desk@b.example> user unknown; questions to postmaster@b.example",
        "用户不存在",
        "收件人 desk@b.example 不存在",
        "无此用户",
    ],
)
def test_words_that_name_the_mailbox_as_unknown_are_a_proof(words: str) -> None:
    assert proves_unknown_mailbox(words, address=DESK)


@pytest.mark.parametrize(
    "words",
    [
        "5.7.1 Service unavailable; Client host [198.51.100.7] blocked using rbl.example",
        "<b1d0>: Helo command rejected: Host not found",
        "5.1.8 <alerts@a.example>: Sender address rejected: Domain not found",
        "Verification failed for <alerts@a.example>\nNo Such User Here\nSender verify failed",
        "<alerts@a.example>: user unknown",
        "5.1.1 <another@b.example>: no such user",
        "5.1.1 <desk@b.example>: mailbox is over quota",
        "5.1.1 sender refused",
        "5.7.1 user unknown",
        "5.4.1 Recipient address rejected: Access denied",
        "5.2.2 mailbox full",
        "4.2.1 mailbox unavailable",
        "5.1.0 Address rejected.",
        "Mailbox unavailable or access denied",
        "mailbox unavailable, blocked by a spam filter",
        "Connection frequency limited",
        "DT:SPM rejected as spam",
        "5.2.3 message exceeds fixed maximum",
        "Unrouteable address",
        "User has no permission",
        "your IP address is unknown to our users",
        "this account has been disabled",
        "发件人地址不存在",
        "收件人邮箱已满",
        "用户不存在或发信频率超过限制",
        "",
    ],
)
def test_words_about_us_about_another_or_about_a_mailbox_that_exists_prove_nothing(words: str) -> None:
    assert not proves_unknown_mailbox(words, address=DESK)


@dataclass
class Relay:
    """A mail server that refuses some recipients, and keeps what it sends to the others."""

    refusals: dict[str, DeliveryError] = field(default_factory=dict)
    name: str = "email"
    taken: list[str] = field(default_factory=list)

    def send(self, message: Message, *, target: str, key: str) -> str:
        if target in self.refusals:
            raise self.refusals[target]
        self.taken.append(target)
        return key


GONE = DeliveryError("550 5.1.1 no such user", permanent=True, target=True)
ABOUT_US = DeliveryError("554 Client host blocked using rbl.example", needs_repair=True)


def mailing(w: World, *targets: str) -> tuple[World, Relay]:
    """A world in which an alert is due to the console and to these addresses."""
    relay = Relay()
    for target in targets:
        w.store.subscriptions.subscribe(Subscription(channel="email", target=target, health=False), START)
    w.deliverer = replace(w.deliverer, channels={"console": w.channel, "email": relay})
    started(w).ministry.publish(GALLIUM)
    w.poll()
    return w, relay


def deliver(w: World, *, later: timedelta = timedelta(0)) -> None:
    w.now += later
    while any(w.deliverer.deliver(now=w.now)):
        pass


def paused(w: World) -> set[str]:
    return {item.target for item in w.store.subscriptions.list_active() if item.paused}


def subjects(w: World) -> list[str]:
    return [message.subject for message in w.channel.messages if "email" in message.subject]


def test_what_is_refused_because_of_us_pauses_nobody_is_reported_once_and_goes_out_when_it_is_mended(
    w: World,
) -> None:
    w, relay = mailing(w, "a@b.example", "c@d.example")
    relay.refusals = {"a@b.example": ABOUT_US, "c@d.example": ABOUT_US}
    for _ in range(5):
        deliver(w, later=timedelta(hours=1))
        w.reminder.checker.check_sources((), now=w.now)
    deliver(w)
    assert paused(w) == set()
    assert [subject.partition(": ")[2] for subject in subjects(w)] == ["email: messages are not accepted"]
    relay.refusals = {}
    deliver(w, later=timedelta(hours=2))
    assert sorted(relay.taken) == ["a@b.example", "c@d.example"]
    w.reminder.checker.check_sources((), now=w.now)
    deliver(w)
    assert subjects(w)[-1].endswith("email: messages are accepted again")


def test_several_recipients_refused_at_once_are_not_paused_and_are_reported(w: World) -> None:
    w, relay = mailing(w, "a@b.example", "c@d.example")
    relay.refusals = {"a@b.example": GONE, "c@d.example": GONE}
    deliver(w)
    assert paused(w) == set()
    assert len(subjects(w)) == 1
    relay.refusals = {}
    deliver(w, later=timedelta(hours=1))
    assert sorted(relay.taken) == ["a@b.example", "c@d.example"]
    assert len(relay.taken) == 2


def test_of_several_whose_proof_is_repeated_one_is_paused_and_the_next_an_hour_later(w: World) -> None:
    w, relay = mailing(w, "a@b.example", "c@d.example", "good@b.example")
    relay.refusals = {"a@b.example": GONE, "c@d.example": GONE}
    found = []
    for _ in range(5):
        deliver(w, later=timedelta(hours=1, minutes=1))
        found.append(len(paused(w)))
    assert found == [0, 0, 1, 2, 2]
    assert relay.taken == ["good@b.example"]


def test_whoever_is_paused_is_among_the_problems_with_the_reason(w: World) -> None:
    w, relay = mailing(w, "a@b.example")
    relay.refusals = {"a@b.example": GONE}
    deliver(w)
    assert paused(w) == {"a@b.example"}
    queries = build_queries(w.store, w.ingester.lexicon)
    assert [item.target for item in queries.list_paused()] == ["a@b.example"]
    assert any("is paused: 550 5.1.1" in problem for problem in queries.list_problems())


def test_of_mails_that_come_back_together_one_pauses_its_subscription_and_the_others_wait(w: World) -> None:
    addresses = ("a@b.example", "c@d.example")
    w, _ = mailing(w, *addresses)
    waiting = w.store.outbox.claim(now=w.now, owner="test", lease=60, most=9)
    said = []
    for group in waiting:
        if group[0].subscription.channel != "email":
            continue
        message_id = f"<{group[0].message}@controlwatch.example>"
        w.store.outbox.mark_sent([SentMessage(deliveries=group, receipt=message_id)], owner="test", now=w.now)
        report = Report(
            final=f"rfc822; {group[0].target}",
            said=f"smtp; 550 5.1.1 <{group[0].target}>: user unknown",
            returned=f"Message-ID: {message_id}\n\nthe alert",
        )
        said.append(
            process_bounce(report.bytes, mails=w.store.outbox, subscriptions=w.store.subscriptions, now=w.now)
        )
    assert paused(w) == {"a@b.example"}
    assert "is paused" in said[0]
    assert "Another was paused within the hour" in said[1]
