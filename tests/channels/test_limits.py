"""Whatever a peer does, an exchange with it ends in time, and its answer is not read for ever."""

from __future__ import annotations

import smtplib
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest
from slack_sdk.errors import SlackClientError

from controlwatch.adapters.archive.timestamp_authority import Rfc3161Authority, TokenVerifier
from controlwatch.adapters.channels.apprise import AppriseChannel
from controlwatch.adapters.channels.email import EmailChannel, SmtpServer, check_server
from controlwatch.adapters.channels.slack import SlackChannel
from controlwatch.adapters.channels.webhook import WebhookChannel
from controlwatch.adapters.limits.bounded_http import AnswerTooLong, BoundedHttpClient
from controlwatch.adapters.limits.bounded_slack import BoundedResponseClient, BoundedSlackClient
from controlwatch.adapters.system.heartbeat import ping
from controlwatch.core.evidence.custody import ChainHead
from controlwatch.core.model.errors import DeliveryError, Unstamped
from controlwatch.core.rendering.card import Card
from controlwatch.core.rendering.message import Message
from tests.scenarios.slow_peers import drip, listen, pour, swallow

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

SECONDS = 0.3
MESSAGE = Message(subject="s", cards=(Card(tone="neutral", badge="b", heading="h", title="t"),))
KEY = "0" * 32
#: A byte now and then: each wait is far shorter than the limit, and the whole is far longer.
DRIP = partial(drip, every=0.02)


def send_webhook(port: int) -> None:
    WebhookChannel("secret", timeout=SECONDS).send(MESSAGE, target=f"http://127.0.0.1:{port}/", key=KEY)


def send_slack(port: int) -> None:
    SlackChannel("xoxb-1", api_url=f"http://127.0.0.1:{port}/", timeout=SECONDS).send(
        MESSAGE, target="C1", key=KEY
    )


def send_apprise(port: int) -> None:
    channel = AppriseChannel({"desk": f"json://127.0.0.1:{port}/"}, whole=SECONDS)
    channel.send(MESSAGE, target="desk", key=KEY)


def respond_to_slack(port: int) -> None:
    http = BoundedHttpClient(seconds=SECONDS)
    BoundedResponseClient(f"http://127.0.0.1:{port}/", http=http).send(text="an answer")


def ask_slack(port: int) -> None:
    client = BoundedSlackClient(
        token="xoxb-1", base_url=f"http://127.0.0.1:{port}/", timeout=SECONDS, retry_handlers=[]
    )
    client.views_publish(user_id="U1", view={"type": "home", "blocks": []})


def request_stamp(port: int) -> None:
    authority = Rfc3161Authority(f"http://127.0.0.1:{port}/", TokenVerifier(), max_seconds=SECONDS)
    authority.request_token(ChainHead(seq=1, hash="0" * 64), "line")


def send_mail(port: int) -> None:
    server = SmtpServer(host="127.0.0.1", port=port)
    EmailChannel(server, sender="a@b.example", longest=SECONDS).send(MESSAGE, target="c@d.example", key=KEY)


EXCHANGES: list[Callable[[int], None]] = [
    send_webhook, send_slack, send_apprise, respond_to_slack, ask_slack, request_stamp,
]  # fmt: skip


@pytest.mark.parametrize("peer", [DRIP, pour, swallow], ids=["drips", "never ends", "is silent"])
@pytest.mark.parametrize("exchange", EXCHANGES, ids=lambda exchange: exchange.__name__)
def test_an_http_peer_that_does_not_come_to_an_end_is_left(
    exchange: Callable[[int], None], peer: Callable[[socket.socket], None]
) -> None:
    with (
        listen(peer) as port,
        pytest.raises((DeliveryError, Unstamped, SlackClientError, OSError)),
    ):
        exchange(port)


def test_an_answer_without_an_end_is_cut_long_before_the_time_is_up() -> None:
    with listen(pour) as port, pytest.raises(AnswerTooLong):
        BoundedHttpClient(seconds=600).send("GET", f"http://127.0.0.1:{port}/")


def test_a_heartbeat_address_that_drips_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controlwatch.adapters.system.heartbeat.TIMEOUT", SECONDS)
    with listen(DRIP) as port:
        # Where the machine is busy, the time is up before the connection stands.
        assert ping(f"http://127.0.0.1:{port}/") in {"ReadTimeout", "ConnectTimeout"}


def talk_smtp(connection: socket.socket, *, until: bytes, then: Callable[[socket.socket], None]) -> None:
    """Be a mail server as far as a command, and then something else."""
    connection.sendall(b"220 relay.example ESMTP\r\n")
    lines = connection.makefile("rb")
    for line in lines:
        if line.upper().startswith(until):
            then(connection)
            return
        if line.upper().startswith(b"DATA"):
            connection.sendall(b"354 go ahead\r\n")
            while lines.readline() != b".\r\n":
                pass
            then(connection)
            return
        connection.sendall(b"250 OK\r\n")


def drip_reply(connection: socket.socket) -> None:
    """Begin a reply, and go on one byte after the other."""
    for byte in b"250-" + b"a" * 100_000:
        connection.sendall(bytes((byte,)))
        time.sleep(0.05)


def pour_reply(connection: socket.socket) -> None:
    """Send lines of one reply without an end."""
    while True:
        connection.sendall(b"250-and so on\r\n" * 1000)


@pytest.mark.parametrize("then", [drip_reply, pour_reply, swallow])
@pytest.mark.parametrize("until", [b"EHLO", b"MAIL", b"RCPT", b"never"])
def test_a_mail_server_that_does_not_come_to_an_end_is_left(
    until: bytes, then: Callable[[socket.socket], None]
) -> None:
    with listen(partial(talk_smtp, until=until, then=then)) as port, pytest.raises(DeliveryError) as error:
        send_mail(port)
    assert error.value.us
    assert not error.value.permanent


@pytest.mark.parametrize("greet", [drip_reply, swallow])
def test_a_mail_server_that_does_not_greet_is_left(greet: Callable[[socket.socket], None]) -> None:
    with listen(greet) as port, pytest.raises(DeliveryError):
        check_server(SmtpServer(host="127.0.0.1", port=port), seconds=SECONDS)


def test_a_mail_whose_receipt_got_lost_is_not_sent_again_over_another_connection() -> None:
    taken: list[bytes] = []

    def take_two(connection: socket.socket) -> None:
        connection.sendall(b"220 relay.example ESMTP\r\n")
        lines = connection.makefile("rb")
        for line in lines:
            if line.upper().startswith(b"DATA"):
                connection.sendall(b"354 go ahead\r\n")
                while lines.readline() != b".\r\n":
                    pass
                taken.append(line)
                if len(taken) == 2:
                    return  # accepted, and the connection is gone before the receipt
            connection.sendall(b"250 OK\r\n")

    with listen(take_two) as port:
        channel = EmailChannel(SmtpServer(host="127.0.0.1", port=port), sender="a@b.example")
        channel.send(MESSAGE, target="c@d.example", key=KEY)
        with pytest.raises(DeliveryError) as error:
            channel.send(MESSAGE, target="c@d.example", key="1" * 32)
    assert isinstance(error.value.__cause__, smtplib.SMTPServerDisconnected)
    assert len(taken) == 2
