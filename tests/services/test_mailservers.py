"""What a mail server may do to us: each failure has a name, and the password stays ours."""

from __future__ import annotations

import base64
import ssl
from typing import TYPE_CHECKING

import pytest
import trustme

from controlwatch.services.intake import build_mailbox_watcher
from tests.imap import PASSWORD, ImapServer, scripted
from tests.services.test_mailbox import NEWS, look, mailbox, server

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.world import World

__all__ = ["server"]

HELLO = b"* OK ready\r\n"
OFFERS = b"* CAPABILITY IMAP4rev1\r\nTAG OK done\r\n"
IMPATIENT = {"wait": 0.5, "longest": 0.7}
LETS_IN = (HELLO, OFFERS, b"TAG OK done\r\n")


@pytest.mark.parametrize(
    ("lines", "then", "kind"),
    [
        ((), "hang", "timed-out"),
        ((), "drip", "timed-out"),
        ((HELLO, b"* CAPABILITY IMAP4rev1"), "drip", "timed-out"),
        ((HELLO,), "hang", "timed-out"),
        ((), "end", "unreachable"),
        ((b"* BYE too many connections\r\n",), "hang", "unreachable"),
        ((b"220 mail.example ESMTP\r\n",), "hang", "unreachable"),
        ((b"\xff\x00" * 500 + b"\r\n",), "hang", "unreachable"),
        ((HELLO, b"* CAPABILITY \xff\xfe\r\nTAG OK done\r\n"), "hang", "unreachable"),
        ((*LETS_IN, b"* 3 EXISTS\r\nTAG OK [READ-ONLY]\r\n"), "hang", "unreachable"),
        ((*LETS_IN, b"* OK [UIDVALIDITY x]\r\nTAG OK done\r\n"), "hang", "unreachable"),
        ((*LETS_IN, b"* OK [UIDVALIDITY 7]\r\nTAG OK done\r\n", b"TAG NO [UNAVAILABLE] later\r\n"), "hang", "locked-out"),
        ((*LETS_IN, b"* OK [UIDVALIDITY 7]\r\nTAG OK done\r\n", b"* SEARCH nonsense\r\nTAG OK done\r\n"), "hang", "unreachable"),
        ((*LETS_IN, b"* OK [UIDVALIDITY 7]\r\nTAG OK done\r\n", b"* SEARCH 1\r\nTAG OK done\r\n",
          b"* 1 FETCH (BODY[]<0> {99999999999}\r\n"), "drip", "unreachable"),
    ],
)  # fmt: skip
def test_whatever_a_server_does_is_a_failure_with_a_name(
    w: World, lines: tuple[bytes, ...], then: str, kind: str
) -> None:
    with scripted(*lines, then=then) as port:
        url = f"imap://desk:hidden@127.0.0.1:{port}/INBOX"
        report = look(w, url, **IMPATIENT if kind == "timed-out" else {})
    assert (report.outcome, report.kind) == ("failed", kind), report.reason
    assert "hidden" not in report.reason


@pytest.mark.parametrize(
    "lines",
    [
        (OFFERS, b'TAG NO cannot LOGIN "desk" "hidden"\r\n'),
        (OFFERS, b'TAG BAD unknown command LOGIN "desk" "hidden"\r\n'),
        (OFFERS.replace(b"rev1", b"rev1 AUTH=PLAIN"), b"+ \r\n", b"TAG what?\r\n"),
    ],
)
def test_a_server_that_repeats_the_password_does_not_make_us_repeat_it(
    w: World, lines: tuple[bytes, ...]
) -> None:
    with scripted(HELLO, *lines) as port:
        report = look(w, f"imap://desk:hidden@127.0.0.1:{port}/INBOX")
    assert report.outcome == "failed"
    assert "…" in report.reason
    assert "hidden" not in report.reason
    assert base64.b64encode(b"\0desk\0hidden").decode() not in report.reason


def test_nobody_at_the_address_is_a_failure_with_a_name(w: World) -> None:
    assert look(w, "imap://a:b@127.0.0.1:1/INBOX").kind == "unreachable"


def test_a_mail_that_goes_while_we_look_is_passed_over(w: World) -> None:
    opened = b"* OK [UIDVALIDITY 7]\r\nTAG OK done\r\n"
    gone, literal = b"TAG OK done\r\n", f"{{{len(NEWS)}}}\r\n".encode() + NEWS
    there = (
        b"* 1 FETCH (FLAGS () BODY[]<0> "
        + literal
        + b' UID 9 RFC822.SIZE 9 INTERNALDATE " 1-Mar-2026 09:00:00 +0800")\r\n'
    )
    with scripted(
        *LETS_IN, opened, b"* SEARCH 8 9\r\nTAG OK done\r\n", gone, there + gone, b"* BYE\r\n"
    ) as port:
        assert look(w, f"imap://a:b@127.0.0.1:{port}/INBOX").read == 1
    assert [line.title for line in w.store.queries.list_notices()] == [
        "China imposes export controls on gallium"
    ]


def test_a_folder_of_any_name_is_found(w: World) -> None:
    with ImapServer(folder="Law &- &kBqLrw-") as server:
        assert look(w, server.url(folder="Law & 通讯")).outcome == "shelved"


def trusted(monkeypatch: pytest.MonkeyPatch, folder: Path) -> ssl.SSLContext:
    """A server's certificate, of an authority that this machine trusts from now on."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "ca.pem"))
    return context


@pytest.mark.parametrize("starttls", [False, True])
def test_the_password_goes_to_a_server_alone_whose_certificate_is_trusted(
    w: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starttls: bool
) -> None:
    context = trusted(monkeypatch, tmp_path)
    with ImapServer(tls=context, starttls=starttls) as server:
        url = server.url(scheme="imap" if starttls else "imaps", folder="INBOX")
        assert look(w, url).outcome == "shelved"
        monkeypatch.delenv("SSL_CERT_FILE")
        server.asked.clear()
        report = look(w, url)
        assert report.kind == "unreachable"
        assert "certificate" in report.reason
        assert not any(b"AUTHENTICATE" in line or b"LOGIN" in line for line in server.asked)


def test_a_server_that_does_not_encrypt_although_it_was_to_never_hears_the_password(
    w: World, server: ImapServer
) -> None:
    server.asked.clear()
    report = look(w, f"{server.url()}?starttls=true")
    assert report.outcome == "failed"
    assert "TLS" in report.reason
    assert not any(b"AUTHENTICATE" in line or b"LOGIN" in line for line in server.asked)


def test_the_password_is_in_no_name_of_the_mailbox(server: ImapServer) -> None:
    box = mailbox(server.url())
    assert PASSWORD not in f"{box.address} {build_mailbox_watcher(box.address)} {vars(box)}"
