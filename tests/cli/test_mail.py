"""Mail at the terminal: checking it, asking an address to confirm, and switching one on again."""

from __future__ import annotations

import json
import re
import sqlite3
import ssl
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import trustme
from aiosmtpd.smtp import AuthResult
from typer.testing import CliRunner

from controlwatch.adapters.channels.email import EmailChannel, SmtpServer
from controlwatch.adapters.storage import SqlStore
from controlwatch.bootstrap.app import build_reminder
from controlwatch.cli.common import now, today
from controlwatch.cli.complete import app
from controlwatch.cli.mail import build_test_message
from controlwatch.cli.smtp_advice import find_advice
from controlwatch.core.alerting.signed_links import verify_token
from controlwatch.core.model.errors import DeliveryError
from controlwatch.services.source_states import SourceStates
from controlwatch.testing.smtp import Mailbox
from tests.channels.test_bounces import DESK, Report
from tests.cli.test_commands import TEXT, Terminal
from tests.waiting import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "s" * 40


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as opened:
        yield opened


@pytest.fixture
def terminal(tmp_path: Path, mailbox: Mailbox) -> Terminal:
    made = Terminal(tmp_path)
    made.env |= {
        "CONTROLWATCH_SMTP_URL": mailbox.url,
        "CONTROLWATCH_MAIL_FROM": "controlwatch <alerts@controlwatch.example>",
        "CONTROLWATCH_PUBLIC_URL": "https://alerts.example",
        "CONTROLWATCH_SECRET": SECRET,
    }
    return made


def test_a_check_says_each_step_and_the_message_id_of_the_mail_that_arrived(
    terminal: Terminal, mailbox: Mailbox
) -> None:
    said = terminal.types("mail", "check", "me@b.example")
    (mail,) = mailbox.mails
    assert mailbox.recipients == [["me@b.example"]]
    assert [line[:2] for line in said.splitlines()[:4]] == ["✓ "] * 4
    assert f"connected to 127.0.0.1:{mailbox.port}" in said
    assert "no TLS: the mail is sent unencrypted" in said
    assert "no login" in said
    assert mail["Message-ID"] in said
    assert "controlwatch: a test mail" in mail["Subject"]


def test_a_check_that_fails_names_the_step_and_what_to_do(terminal: Terminal, mailbox: Mailbox) -> None:
    mailbox.refuse.add("gone@b.example")
    said = terminal.fails("mail", "check", "gone@b.example")
    assert "connected to" in said
    assert "550 5.1.1 no such user" in said
    assert "check its spelling" in said
    nobody = terminal.fails("mail", "check", "me@b.example", CONTROLWATCH_SMTP_URL="smtp://127.0.0.1:1")
    assert "Nothing listens there" in nobody
    assert "✓" not in nobody


@pytest.mark.parametrize("missing", ["CONTROLWATCH_SMTP_URL", "CONTROLWATCH_MAIL_FROM"])
def test_a_check_without_a_setting_names_it(terminal: Terminal, missing: str) -> None:
    assert missing in terminal.fails("mail", "check", "me@b.example", **{missing: ""})
    assert "is not an e-mail address" in terminal.fails("mail", "check", "me@b.example\nBcc: x@y.example")


def server_with_tls(*, password: str = "right") -> tuple[dict[str, object], ssl.SSLContext]:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)

    def check(
        _server: object, _session: object, _envelope: object, _mechanism: str, data: object
    ) -> AuthResult:
        return AuthResult(success=data.password == password.encode(), handled=False)  # type: ignore[attr-defined]

    options = {
        "tls_context": context,
        "require_starttls": True,
        "auth_required": True,
        "authenticator": check,
    }
    return options, trusted


def steps(box: Mailbox, context: ssl.SSLContext | None, **login: str) -> tuple[list[str], str]:
    """What a check says, and its advice where it fails."""
    server = SmtpServer(host="127.0.0.1", port=box.port, **login)  # type: ignore[arg-type]
    said: list[str] = []
    try:
        for step in EmailChannel(
            server, sender="a@b.example", timeout=PATIENCE, context=context
        ).check_delivery(build_test_message(), target="me@b.example", key="0" * 32):
            said.append(step)
    except DeliveryError as error:
        return said, find_advice(error)
    return said, ""


def test_a_check_over_tls_with_a_login_goes_all_the_way() -> None:
    options, trusted = server_with_tls()
    with Mailbox(**options) as box:
        said, wrong = steps(box, trusted, tls="starttls", user="u", password="right")
        assert wrong == ""
        assert re.fullmatch(r"TLSv1\.[23], and the certificate is valid", said[1])
        assert said[2] == "logged in as u"
        assert len(box.mails) == 1


def test_each_thing_that_is_mis_set_has_its_advice() -> None:
    options, trusted = server_with_tls()
    with Mailbox(**options) as box:
        assert "user and password" in steps(box, trusted, tls="starttls", user="u", password="wrong")[1]
        assert "certificate is for another" in steps(box, None, tls="starttls", user="u", password="right")[1]
        assert "does not start with TLS on this port" in steps(box, trusted, tls="implicit")[1]
        said, wrong = steps(box, trusted)
        assert said[1].endswith("the server offers TLS: add ?starttls=true")
        assert "requires a login" in wrong
        assert box.mails == []


def test_an_address_is_asked_once_and_gets_nothing_until_it_confirms(
    terminal: Terminal, mailbox: Mailbox
) -> None:
    said = terminal.types("subscribe", "email", "desk@b.example", "--confirm", "--category", "battery")
    assert "desk@b.example is asked to confirm by mail" in said
    (mail,) = mailbox.mails
    words = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    for sentence in (
        "The operator of this service",
        "items batteries, at once",
        "If you do nothing",
        "请打开下方链接确认",
    ):
        assert sentence in words
    link = re.search(r"https://alerts\.example/confirm/(\S+)", words)
    assert link is not None
    (held,) = json.loads(terminal.types("subscriptions", "--json"))
    assert verify_token(SECRET.encode(), "confirm", link[1]) == held["id"]
    assert not held["confirmed"]
    assert "unconfirmed" in terminal.types("subscriptions")
    again = terminal.fails("subscribe", "email", "Desk@b.example", "--confirm")
    assert "was asked already" in again
    terminal.types("deliver")
    assert len(mailbox.mails) == 1


def test_an_address_that_cannot_be_asked_is_told_at_once(terminal: Terminal, mailbox: Mailbox) -> None:
    mailbox.refuse.add("typo@b.example")
    said = terminal.types("subscribe", "email", "typo@b.example", "--confirm")
    assert "could not be sent to typo@b.example: the SMTP server answered 550" in " ".join(said.split())


@pytest.mark.parametrize(
    ("words", "env", "sentence"),
    [
        (["email", "a@b.example"], {"CONTROLWATCH_PUBLIC_URL": ""}, "needs CONTROLWATCH_PUBLIC_URL"),
        (["slack", "C0123ABCD"], {}, "for e-mail addresses only"),
    ],
)
def test_what_cannot_be_confirmed_is_refused_and_nothing_is_kept(
    terminal: Terminal, words: list[str], env: dict[str, str], sentence: str
) -> None:
    assert sentence in terminal.fails("subscribe", *words, "--confirm", **env)
    assert json.loads(terminal.types("subscriptions", "--json")) == []


def test_a_mail_to_whom_an_alert_is_told_again_comes_back_and_pauses_nobody(
    terminal: Terminal, mailbox: Mailbox, tmp_path: Path
) -> None:
    again = ("--escalate-after", "1", "--escalate-to", DESK)
    terminal.types("subscribe", "email", "me@b.example", *again)
    unheard = TEXT.replace("第40号", "第940号").replace("2026年3月2日", f"{today():%Y年%m月%d日}")
    terminal.types("intake", terminal.file("n.txt", unheard))
    terminal.types("deliver")
    with closing(SqlStore.open(f"sqlite:///{tmp_path}/state/controlwatch.db")) as store:
        reminder = build_reminder(store, SourceStates(polling=store.polling))
        assert reminder.remind(now=now() + timedelta(minutes=2))
    with closing(sqlite3.connect(tmp_path / "state" / "controlwatch.db")) as database, database:
        database.execute("UPDATE delivery SET due_at = datetime('now', '-1 hour') WHERE follows > 0")
    terminal.types("deliver")
    assert mailbox.recipients == [["me@b.example"], [DESK]]
    report = Report(returned=f"Message-ID: {mailbox.mails[-1]['Message-ID']}\n\nthe alert")
    bounce = tmp_path / "bounce.eml"
    bounce.write_bytes(report.bytes)
    assert f"to {DESK} came back" in terminal.types("mail", "bounce", str(bounce))
    assert "paused" not in terminal.types("subscriptions")
    assert "the mail came back" in terminal.fails("deliver")


def test_a_refused_address_is_shown_as_paused_and_switched_on_again(
    terminal: Terminal, mailbox: Mailbox, tmp_path: Path
) -> None:
    mailbox.refuse.add("gone@b.example")
    terminal.types("subscribe", "email", "gone@b.example")
    unheard = TEXT.replace("第40号", "第940号").replace("2026年3月2日", f"{today():%Y年%m月%d日}")
    assert terminal.types("intake", terminal.file("n.txt", unheard)).startswith("alert:")
    assert "1 is paused: the SMTP server answered 550" in terminal.types("subscriptions")
    doctor = terminal.fails("doctor", CONTROLWATCH_CONNECT_TO="http://127.0.0.1:1", COLUMNS="300")
    assert "subscription 1 (email gone@b.example) is paused: the SMTP server answered 550" in doctor
    assert "controlwatch resume 1" in doctor
    assert "550 5.1.1 no such user" in terminal.fails("deliver")
    assert "no paused subscription 9" in terminal.fails("resume", "9")
    mailbox.refuse.clear()
    assert "1 deliveries sent" in terminal.types("resume", "1")
    assert mailbox.recipients == [["gone@b.example"]]
    store = SqlStore.open(f"sqlite:///{tmp_path / 'state' / 'controlwatch.db'}")
    assert [item.paused for item in store.subscriptions.list_active()] == [""]
    store.close()


def told(terminal: Terminal, mailbox: Mailbox) -> str:
    """Have desk@b.example told of a notice, and return the Message-ID of its mail."""
    terminal.types("subscribe", "email", DESK, "--no-health")
    terminal.types("subscribe", "email", "watch@b.example", "--category", "battery")
    unheard = TEXT.replace("第40号", "第940号").replace("2026年3月2日", f"{today():%Y年%m月%d日}")
    assert terminal.types("intake", terminal.file("n.txt", unheard)).startswith("alert:")
    (mail,) = mailbox.mails
    return str(mail["Message-ID"])


def pipes(terminal: Terminal, raw: bytes, **env: str) -> tuple[int, str]:
    """What a mail server sees that pipes a mail into us."""
    done = CliRunner().invoke(app, ["mail", "bounce"], env=terminal.env | env, input=raw)
    return done.exit_code, done.output + done.stderr


def bounce(message_id: str, **changes: str) -> bytes:
    return Report(returned=f"Message-ID: {message_id}\n\n", **changes).bytes  # type: ignore[arg-type]


def test_a_mail_that_came_back_pauses_its_subscription_tells_others_once_and_leaves_again(
    terminal: Terminal, mailbox: Mailbox
) -> None:
    message_id = told(terminal, mailbox)
    said = pipes(terminal, bounce(message_id))
    assert said[0] == 0
    assert "subscription 1 is paused: the mail came back: 5.1.1" in said[1]
    assert "known already" in pipes(terminal, bounce(message_id))[1]
    assert "1 is paused: the mail came back" in terminal.types("subscriptions")
    states = {line["target"]: line["state"] for line in json.loads(terminal.types("alerts", "--json"))}
    assert states[DESK] == "refused"
    assert "1 deliveries sent" in terminal.fails("deliver")
    (*_, warning) = mailbox.mails
    assert mailbox.recipients[1:] == [["watch@b.example"]]
    assert "subscription 1 is paused" in warning["Subject"]
    assert DESK not in warning.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "1 deliveries sent" in terminal.types("resume", "1")
    assert mailbox.mails[-1]["Message-ID"] == message_id


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"action": "delayed"}, "nothing is decided yet (delayed)"),
        ({"final": "rfc822; left@elsewhere.example"}, "forwards to"),
        (
            {"returned": "Message-ID: <ffffffffffffffffffffffffffffffff@controlwatch.example>\n\n"},
            "no mail of controlwatch",
        ),
        ({"returned": "Subject: none\n\n"}, "returns no mail that controlwatch sent"),
    ],
)
def test_other_reports_change_nothing_and_say_so(
    terminal: Terminal, mailbox: Mailbox, changes: dict[str, str], says: str
) -> None:
    returned = {"returned": f"Message-ID: {told(terminal, mailbox)}\n\n"}
    code, said = pipes(terminal, Report(**returned | changes).bytes)  # type: ignore[arg-type]
    assert code == 0
    assert "nothing is changed" in said
    assert says in said
    assert [item["paused"] for item in json.loads(terminal.types("subscriptions", "--json"))] == ["", ""]
    assert {line["state"] for line in json.loads(terminal.types("alerts", "--json"))} == {"sent"}


def test_a_mail_refused_as_spam_is_put_down_and_the_address_is_not_paused(
    terminal: Terminal, mailbox: Mailbox
) -> None:
    raw = bounce(told(terminal, mailbox), status="5.7.1", said="smtp; 550 5.7.1 refused as spam")
    code, said = pipes(terminal, raw)
    assert code == 0
    assert "subscription 1 goes on" in said
    assert "active" in terminal.types("subscriptions")
    assert "refused: email desk@b.example: the mail came back: 5.7.1" in terminal.fails("deliver")
    assert "1 deliveries made due" in terminal.types("deliver", "--again")


def test_a_subscription_that_has_ended_is_left_alone(terminal: Terminal, mailbox: Mailbox) -> None:
    raw = bounce(told(terminal, mailbox))
    terminal.types("unsubscribe", "1")
    assert "it has ended" in pipes(terminal, raw)[1]


def test_files_are_read_too_and_none_is_a_mistake(terminal: Terminal, mailbox: Mailbox) -> None:
    first, noise = terminal.folder / "1.eml", terminal.folder / "2.eml"
    first.write_bytes(bounce(told(terminal, mailbox)))
    noise.write_bytes(b"\xff\x00" * 100)
    said = terminal.types("mail", "bounce", str(noise), str(first))
    assert f"{noise}: nothing is changed: it is not a delivery status notification" in said
    assert f"{first}: subscription 1 is paused" in said
    assert "cannot be read" in terminal.fails("mail", "bounce", "/no/such")


def test_a_mail_server_is_asked_to_come_again_where_the_state_cannot_be_used(terminal: Terminal) -> None:
    for env in (
        {"CONTROLWATCH_DATABASE_URL": "postgresql://127.0.0.1:1/none?connect_timeout=2"},
        {"CONTROLWATCH_DATABASE_URL": "nonsense"},
    ):
        code, said = pipes(terminal, Report().bytes, **env)
        assert code == 75
        assert "try again later" in said


def test_a_report_that_overtakes_its_mail_comes_again(
    terminal: Terminal, mailbox: Mailbox, tmp_path: Path
) -> None:
    message_id = told(terminal, mailbox)
    with closing(sqlite3.connect(tmp_path / "state" / "controlwatch.db")) as database, database:
        database.execute("UPDATE delivery SET state = 'leased', receipt = NULL WHERE subscription_id = 1")
    code, said = pipes(terminal, bounce(message_id))
    assert (code, "not settled yet" in said) == (75, True)
