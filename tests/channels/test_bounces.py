"""Mails that come back: whose they were, and what that means for the address."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from controlwatch.core.alerting.bounce_reports import (
    MAX_MAIL_BYTES,
    BounceReport,
    NotABounce,
    RecipientStatus,
    parse_report,
)

KEY = "0123456789abcdef0123456789abcdef"
ID = f"<{KEY}@controlwatch.example>"
DESK = "desk@b.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report as the tests write it."""

    status: str = "5.1.1"
    action: str = "failed"
    final: str = f"rfc822; {DESK}"
    said: str = "smtp; 550 5.1.1 <desk@b.example>: user unknown"
    returned: str = f"Message-ID: {ID}\nSubject: =?utf-8?b?5YWs5ZGK?=\n\nthe alert"
    returned_type: str = "message/rfc822"

    @property
    def bytes(self) -> bytes:
        return f"""\
Return-Path: <>
From: MAILER-DAEMON@mx.b.example (Mail Delivery System)
To: alerts@controlwatch.example
Subject: Undelivered Mail
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="cut"

--cut
Content-Type: text/plain; charset=us-ascii

Your message could not be delivered to <{DESK}>: 550 5.1.1.
--cut
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.b.example
Arrival-Date: Mon, 2 Mar 2026 01:00:00 +0000

Final-Recipient: {self.final}
Action: {self.action}
Status: {self.status}
Diagnostic-Code: {self.said}

--cut
Content-Type: {self.returned_type}

{self.returned}
--cut--
""".encode()


#: The forms of some servers, in our own words.
POSTFIX = Report(
    final=f"rfc822; {DESK}\nOriginal-Recipient: rfc822;{DESK}",
    said=f"smtp; 550 5.1.1 <{DESK}>: Recipient address\n    rejected: User unknown in virtual mailbox table",
    returned_type="text/rfc822-headers",
)
EXIM = Report(status="5.0.0", final=f"rfc822;{DESK}", said="smtp; 550 No such person at this address")
EXCHANGE = Report(
    status="5.1.10",
    final=f"rfc822;{DESK}",
    said="smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
)
GMAIL = Report(
    status="5.1.1",
    said="smtp; 550-5.1.1 The email account that you tried to reach does not exist.\n"
    " 550 5.1.1 Please check for typos.",
    returned=f"MIME-Version: 1.0\nMessage-ID: {ID}\nContent-Type: multipart/alternative; boundary=b\n\n--b--",
)
QMAIL = f"""\
Return-Path: <>
From: MAILER-DAEMON@b.example
Subject: failure notice

Hi. This is the qmail-send program at b.example. I could not deliver your message.

<{DESK}>:
192.0.2.25 does not like recipient.
Remote host said: 550 no such user here

--- Below this line is a copy of the message.

Return-Path: <alerts@controlwatch.example>
Message-ID: {ID}
Subject: 550 5.7.1 tons of gallium
""".encode()
OLD_EXIM = f"""\
X-Failed-Recipients: {DESK}
Auto-Submitted: auto-generated
From: Mail Delivery System <Mailer-Daemon@b.example>

A message that you sent could not be delivered.

  {DESK}
    SMTP error from remote mail server after RCPT TO:<{DESK}>:
    550 5.1.1 unknown user

------ This is a copy of the message, including all the headers. ------

Message-ID: {ID}
""".encode()


def fate(raw: bytes) -> RecipientStatus:
    found = parse_report(raw)
    assert isinstance(found, BounceReport), found
    assert (found.key, found.message_id) == (KEY, ID)
    (only,) = found.recipients
    return only


@pytest.mark.parametrize(
    "raw",
    [
        POSTFIX.bytes,
        EXIM.bytes,
        EXCHANGE.bytes,
        GMAIL.bytes,
        QMAIL,
        OLD_EXIM,
        GMAIL.bytes.replace(b"\n", b"\r\n"),
    ],
    ids=["postfix", "exim", "exchange", "gmail", "qmail", "old exim", "gmail over the line"],
)
def test_every_server_says_in_its_own_way_that_nobody_is_there(raw: bytes) -> None:
    found = fate(raw)
    assert found.is_addressed_to(DESK)
    assert found.is_addressed_to("Desk@B.example")
    assert found.verdict == "no-such-address"


@pytest.mark.parametrize(
    ("status", "said", "verdict"),
    [
        ("5.2.2", "smtp; 552 5.2.2 mailbox full", "not-delivered"),
        ("5.4.4", "X-Postfix; Host or domain name not found", "not-delivered"),
        ("5.7.1", "smtp; 550 5.7.1 message refused as spam", "not-delivered"),
        ("5.7.26", "smtp; 550 5.7.26 unauthenticated mail is not accepted", "not-delivered"),
        ("5.3.4", "smtp; 552 5.3.4 message too big", "not-delivered"),
        ("4.4.1", "smtp; connection timed out, given up after 5 days", "not-delivered"),
        ("5.0.0", "smtp; 550 5.7.1 unknown sender policy", "not-delivered"),
        ("5.0.0", "smtp; 554 content rejected", "not-delivered"),
        ("5.0.0", "smtp; 550 relay to unknown host not permitted", "not-delivered"),
        ("5.0.0", "smtp; 550 from 195.1.2.3: mailbox unavailable", "no-such-address"),
        ("", "smtp; 550 user unknown", "not-delivered"),
    ],
)
def test_only_what_speaks_of_the_address_says_that_nobody_is_there(
    status: str, said: str, verdict: str
) -> None:
    assert fate(Report(status=status, said=said).bytes).verdict == verdict


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded", ""])
def test_what_is_not_failed_decides_nothing(action: str) -> None:
    assert fate(Report(action=f"{action} (for now)" if action else "").bytes).verdict == "undecided"


def test_an_address_that_ours_leads_on_to_is_not_ours() -> None:
    behind = Report(final=f"rfc822; left@elsewhere.example\nOriginal-Recipient: rfc822; {DESK}")
    assert not fate(behind.bytes).is_addressed_to(DESK)


def test_the_words_of_the_server_are_kept_in_one_line_that_does_nothing() -> None:
    said = "smtp; 550 5.1.1 \x1b[31mno\u202e\r\n user"
    assert fate(Report(said=said).bytes).reason == "5.1.1 550 5.1.1 [31mno user"


NO_BOUNCES = {
    "an out-of-office reply": (
        f"From: desk@b.example\nAuto-Submitted: auto-replied\nIn-Reply-To: {ID}\n\n"
        f"I am away until 5.1.2027.\n> Message-ID: {ID}\n".encode(),
        "automatic reply",
    ),
    "a person's reply": (
        f"From: desk@b.example\nReferences: {ID}\n\n550 tons?\n> Message-ID: {ID}\n".encode(),
        "not a delivery status",
    ),
    "a receipt": (
        b"Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n"
        b"--b\nContent-Type: message/disposition-notification\n\nDisposition: manual; displayed\n--b--",
        "another kind",
    ),
    "a complaint": (
        b"Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n"
        b"--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n--b--",
        "another kind",
    ),
    "a bounce of somebody else's mail": (
        Report(returned="Message-ID: <1@x.example>\n\n").bytes,
        "no mail that controlwatch sent",
    ),
    "a bounce without a Message-ID": (
        Report(returned="Subject: x\n\n").bytes,
        "no mail that controlwatch sent",
    ),
    "a key that is too short": (
        Report(returned="Message-ID: <abc@controlwatch.example>\n\n").bytes,
        "no mail that controlwatch sent",
    ),
    "a report that only the thread names": (
        Report(returned=f"References: {ID}\n\n").bytes,
        "no mail that controlwatch sent",
    ),
    "nothing": (b"", "not a delivery status"),
    "noise": (bytes(range(256)) * 40, "not a delivery status"),
    "a mail that is too large": (b"x" * (MAX_MAIL_BYTES + 1), "larger than 10 MB"),
}


@pytest.mark.parametrize(("raw", "why"), NO_BOUNCES.values(), ids=NO_BOUNCES)
def test_everything_else_is_said_to_be_what_it_is(raw: bytes, why: str) -> None:
    found = parse_report(raw)
    assert isinstance(found, NotABounce)
    assert why in found.reason


def nested(depth: int) -> bytes:
    heads = (f'Content-Type: multipart/mixed; boundary="{n}"\n\n--{n}\n' for n in range(depth))
    return "".join(heads).encode()


def forwarded(depth: int) -> bytes:
    return b"Content-Type: message/rfc822\n\n" * depth


@pytest.mark.parametrize("raw", [nested(30), nested(5_000), forwarded(30), forwarded(5_000)])
def test_parts_within_parts_within_parts_are_no_report(raw: bytes) -> None:
    assert isinstance(parse_report(raw), NotABounce)


def test_a_report_that_returns_a_large_mail_is_read_from_its_beginning() -> None:
    large = f"Message-ID: {ID}\n\n" + base64.b64encode(b"a page" * 200_000).decode()
    assert fate(Report(returned=large).bytes).verdict == "no-such-address"


def test_charsets_that_nobody_knows_and_bytes_that_are_none_change_nothing() -> None:
    odd = POSTFIX.bytes.replace(b"us-ascii", b"x-klingon").replace(
        b"User unknown", "用户不存在".encode("gb18030")
    )
    assert fate(odd).verdict == "no-such-address"
    assert "用户不存在" in fate(odd).diagnostic


PIECES = st.sampled_from(
    [
        b"Content-Type: multipart/report; boundary=b\n", b"\n", b"--b\n", b"--b--", b"Action: failed\n",
        b"Content-Type: message/delivery-status\n", b"Content-Type: message/rfc822\n", b"Status: 5.1.1\n",
        b"Final-Recipient: rfc822; a@b.example\n", f"Message-ID: {ID}\n".encode(), b"\xff\xfe", b"\x00",
        b"Content-Type: message/delivery-status; charset*=\n", b"Content-Transfer-Encoding: base64\n",
        b"From: MAILER-DAEMON\n", b"X-Failed-Recipients: =?x?b?\xff?=\n", b"550 no\n", b"=?utf-8?q?=", b": ",
    ]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.binary(max_size=500), st.lists(PIECES, max_size=25).map(b"".join)))
@example(POSTFIX.bytes[:-400])
def test_no_bytes_raise(raw: bytes) -> None:
    found = parse_report(raw)
    if isinstance(found, BounceReport):
        assert [fate.verdict and fate.reason and fate.is_addressed_to("a") for fate in found.recipients]
