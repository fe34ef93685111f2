"""A service whose peers do not answer, drip or never end, and its two good ones, by hand for as long as you like.

`python -m tests.scenarios.slow_peers --minutes 20` publishes a notice a minute and prints what the good subscribers
got and when. tests/services/test_slow_peers.py tells the same story in seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import statistics
import tempfile
import threading
import time
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text

from controlwatch.adapters.storage import SqlStore
from controlwatch.core.model import Subscription
from controlwatch.testing.sites import Answer, Asked, Sites
from controlwatch.testing.slack import SlackStandIn
from tests.processes import COMMAND, running
from tests.services.world import Ministry, Page, tightening
from tests.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HANGING, MAIL_SUBSCRIBERS = 30, 500
GOOD_CHANNEL = "C0CONTROLS"
DECLARATION = """
id = "{id}"
name = "{id}"
issuer = "MOFCOM"
maintainers = ["tests"]
confidence = "A"
[schedule]
cron = ["* * * * *"]
[index]
kind = "links"
url = "{host}/notices/index.html"
rows = "ul.list > li"
date = "span"
article = '^/notices/.+\\.html$'
[detail]
title = ["h1"]
published = ["p.day"]
body = ["div.body"]
[http]
hosts = ["{name}"]
pause = 0.0
timeout = 10.0
budget = 40.0
[expect]
rows = 1
"""


@contextmanager
def listen(handle: Callable[[socket.socket], None]) -> Iterator[int]:
    """Handle each connection on a thread of its own, and yield the port."""
    connections: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0), backlog=200) as server:

        def handle_one(connection: socket.socket) -> None:
            with closing(connection), suppress(OSError):
                handle(connection)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    connections.append(connection)
                    threading.Thread(target=handle_one, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            for connection in connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


def swallow(connection: socket.socket) -> None:
    """Take what comes, and say nothing."""
    while connection.recv(65536):
        pass


def drip(connection: socket.socket, *, every: float = 5.0) -> None:
    """Answer one byte after the other."""
    connection.recv(65536)
    for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 1_000_000:
        connection.sendall(bytes((byte,)))
        time.sleep(every)


def pour(connection: socket.socket) -> None:
    """Answer without an end."""
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")


@dataclass(slots=True)
class GoodHook:
    """A webhook receiver that answers at once and keeps what it got."""

    received: list[tuple[str, str, float]] = field(default_factory=list)  #: key, subject, when

    def answer(self, asked: Asked) -> Answer:
        """Keep a message."""
        message = json.loads(asked.body)
        self.received.append((message["key"], message["subject"], time.time()))
        return Answer(body=b"thanks")

    def count_twice(self) -> int:
        """Return how many messages came again."""
        return len(self.received) - len({key for key, _, _ in self.received})


@dataclass(slots=True)
class Peers:
    """All peers of the story."""

    sites: Sites
    slack: SlackStandIn
    slack_url: str
    hook: GoodHook
    hook_url: str
    bad_hooks: tuple[str, ...]
    smtp_port: int
    heartbeat_url: str

    def subscribe(self, store: SqlStore, *, mails: int) -> None:
        """Let the good and the bad subscribe, the good in between."""
        now = datetime.now(UTC)
        chosen = [Subscription(channel="webhook", target=url) for url in self.bad_hooks]
        chosen.insert(len(chosen) // 2, Subscription(channel="webhook", target=self.hook_url))
        chosen += [Subscription(channel="email", target=f"r{n}@reader.example") for n in range(mails)]
        chosen.append(Subscription(channel="slack", target=GOOD_CHANNEL))
        for subscription in chosen:
            store.subscriptions.subscribe(subscription, now)

    def settings(self, folder: Path) -> dict[str, str]:
        """The settings of an installation whose peers these are."""
        return {
            "CONTROLWATCH_STATE_DIR": str(folder / "state"),
            "CONTROLWATCH_WATCHERS_DIR": str(folder / "watchers"),
            "CONTROLWATCH_CONNECT_TO": self.sites.origin,
            "CONTROLWATCH_SLACK_BOT_TOKEN": self.slack.token,
            "CONTROLWATCH_SLACK_API_URL": self.slack_url,
            "CONTROLWATCH_WEBHOOK_SECRET": "a secret of the operator's, long enough",
            "CONTROLWATCH_SMTP_URL": f"smtp://127.0.0.1:{self.smtp_port}",
            "CONTROLWATCH_MAIL_FROM": "alerts@controlwatch.example",
            "CONTROLWATCH_HEARTBEAT_URL": self.heartbeat_url,
        }


@contextmanager
def open_peers(*, hanging: int = HANGING) -> Iterator[Peers]:
    """Put up all peers: one dripping, one endless, the hanging ones, a mail server that swallows, and the good."""
    with ExitStack() as stack:
        sites = stack.enter_context(Sites())
        slack, hook = SlackStandIn(channels=frozenset({GOOD_CHANNEL})), GoodHook()
        dripping, endless, silent = (stack.enter_context(listen(handle)) for handle in (drip, pour, swallow))
        hook_url = f"{sites.origin}/good"
        sites.put(hook_url, hook.answer)
        bad = [f"http://127.0.0.1:{dripping}/drip", f"http://127.0.0.1:{endless}/endless"]
        bad += [f"http://127.0.0.1:{silent}/hang/{n}" for n in range(hanging)]
        yield Peers(
            sites=sites,
            slack=slack,
            slack_url=slack.put_up(sites),
            hook=hook,
            hook_url=hook_url,
            bad_hooks=tuple(bad),
            smtp_port=stack.enter_context(listen(swallow)),
            heartbeat_url=f"http://127.0.0.1:{stack.enter_context(listen(drip))}/ping",
        )


def read_memory(pid: int) -> float:
    """Return the resident memory of a process in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return float(status.partition("VmRSS:")[2].split()[0]) / 1000


def publish(ministry: Ministry, number: int) -> None:
    """Publish a notice of today."""
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    body = tightening(number, item=f"第{number}号物项，金属镓", day=day)
    title = f"商务部公告2026年第{number}号 公布对第{number}号物项实施出口管制的决定"
    ministry.publish(Page(f"/notices/art_{number}.html", title, body, day=day))


def declare_source(folder: Path, peers: Peers, name: str = "ministry") -> Ministry:
    """Declare a source with one notice, and return its site."""
    site = Ministry(peers.sites, host=f"https://{name}.example")
    declared = DECLARATION.format(id=name, host=site.host, name=f"{name}.example")
    (folder / "watchers").mkdir(exist_ok=True)
    (folder / "watchers" / f"{name}.toml").write_text(declared, encoding="utf-8")
    publish(site, 1)
    return site


def tell_story(folder: Path, peers: Peers, *, minutes: int) -> list[str]:
    """Run the service for so long, a notice a minute, and return what was seen."""
    ministry, other = declare_source(folder, peers, "ministry"), declare_source(folder, peers, "bureau")
    (folder / "state").mkdir()
    database = f"sqlite:///{folder / 'state' / 'controlwatch.db'}"
    store = SqlStore.open(database)
    peers.subscribe(store, mails=MAIL_SUBSCRIBERS)
    plain = {name: value for name, value in os.environ.items() if not name.startswith("CONTROLWATCH_")}
    memory: list[float] = []
    with running(
        folder / "log", env={**plain, **peers.settings(folder)}, command=(*COMMAND, "run")
    ) as service:
        wait_for(lambda: "shelved" in service.output or "polled" in service.output)
        for minute in range(minutes):
            time.sleep(60 - time.time() % 60 - 5 if time.time() % 60 < 50 else 115 - time.time() % 60)
            publish(ministry, 100 + minute)
            if minute == minutes // 4:
                peers.sites.put(f"{other.host}/notices/index.html", Answer(status=503))
            memory.append(read_memory(service.process.pid))
        time.sleep(30)
        memory.append(read_memory(service.process.pid))
        began = time.monotonic()
        service.process.send_signal(signal.SIGTERM)
        status = service.process.wait(timeout=60)
        ended = time.monotonic() - began
        output = service.output
    lines = describe(peers, store, memory)
    lines.append(f"SIGTERM: status {status} after {ended:.1f} s")
    lines.append(f"log: {len(output.splitlines())} lines, {output.count('Traceback')} tracebacks")
    store.close()
    return lines


def describe(peers: Peers, store: SqlStore, memory: list[float]) -> list[str]:
    """Return what the good subscribers got, how long after it was enqueued, and what became of the others."""
    query = text(
        "SELECT delivery.message, delivery.state, alert.kind, alert.made_at, delivery.sent_at, subscription.channel, "
        "subscription.target FROM delivery JOIN alert ON alert.id = delivery.alert_id "
        "JOIN subscription ON subscription.id = delivery.subscription_id"
    )
    with store.engine.begin() as connection:
        rows = [dict(row) for row in connection.execute(query).mappings()]
    lines = []
    for name, target in (("webhook", peers.hook_url), ("slack", GOOD_CHANNEL)):
        own = [row for row in rows if row["target"] == target]
        waits = sorted(
            (datetime.fromisoformat(row["sent_at"]) - datetime.fromisoformat(row["made_at"])).total_seconds()
            for row in own
            if row["state"] == "sent"
        )
        kinds = {
            kind: sum(row["kind"] == kind for row in own) for kind in sorted({row["kind"] for row in own})
        }
        p95 = waits[max(0, -(-len(waits) * 95 // 100) - 1)] if waits else float("nan")
        lines.append(
            f"good {name}: {len(waits)} of {len(own)} sent ({kinds}); after median {statistics.median(waits):.2f}, "
            f"p95 {p95:.2f}, at most {waits[-1]:.2f} s"
        )
    asked = sum(asked.path == "/api/chat.postMessage" for asked in peers.sites.asked)
    again = asked - len(peers.slack.posted)
    lines.append(f"sent twice: {peers.hook.count_twice()} by webhook, {again} by Slack")
    lines.append("memory in MB: " + ", ".join(f"{size:.0f}" for size in memory))
    return lines


def main() -> None:
    """Tell the story and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=20)
    minutes = parser.parse_args().minutes
    with tempfile.TemporaryDirectory() as folder, open_peers() as peers:
        for line in tell_story(Path(folder), peers, minutes=minutes):
            print(line)


if __name__ == "__main__":
    main()
