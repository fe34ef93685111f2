"""One notice to 2,000 e-mail subscribers, against a bare smtplib loop over one connection to the same server.

The server runs in another process and parses nothing, so that only the sender's own work and the wire count, for
both sides; the bare loop sends the same bytes. Both take turns, several times.
"""

from __future__ import annotations

import smtplib
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from controlwatch.bootstrap.app import App, open_app
from controlwatch.core.alerting.routing import route_alert
from controlwatch.core.model import Alert, Subscription
from controlwatch.demo.stage import shipped_watchers
from controlwatch.settings import Settings
from tests.bench.mailserver import MailServer

READERS = 2_000
ROUNDS = 5
NOW = datetime(2026, 11, 1, 1, 0, tzinfo=UTC)
SENDER = "alerts@controlwatch.example"


def timed(work: Callable[[], object]) -> float:
    """Seconds that some work takes."""
    before = time.perf_counter()
    work()
    return time.perf_counter() - before


def settings_for(folder: Path, url: str) -> Settings:
    """An installation that sends its mail to this server."""
    return Settings(
        state_dir=folder,
        watchers_dir=shipped_watchers(),
        smtp_url=url,
        mail_from=f"controlwatch <{SENDER}>",
        public_url="https://alerts.controlwatch.example",
    )


def subscribe(app: App, readers: int) -> None:
    """Let `readers` people subscribe to everything."""
    for number in range(readers):
        app.store.subscriptions.subscribe(
            Subscription(channel="email", target=f"r{number}@reader.example"), NOW
        )


def tell(app: App, now: datetime) -> None:
    """Let one notice ring for everybody."""
    record = app.queries.show("MOFCOM 2025-61")
    alert = Alert(kind="new", made_at=now, title=record.line.title, watcher="w", notice=record.notice)
    app.store.outbox.enqueue_alert(
        alert, route_alert(alert, app.store.subscriptions.list_active(), now=now), about=record.line.key
    )


def deliver(app: App, now: datetime) -> None:
    """Send what is due."""
    while any(app.deliverer.deliver(now=now)):
        pass


def bare(port: int, body: bytes) -> None:
    """The floor: the same mail to as many people, by the library alone."""
    with smtplib.SMTP("127.0.0.1", port) as server:
        for number in range(READERS):
            server.sendmail(SENDER, [f"r{number}@reader.example"], body)


def one_round(app: App, server: MailServer, now: datetime) -> tuple[float, float, int]:
    """Seconds that we need and that the bare loop needs, and the bytes of a mail."""
    tell(app, now)
    ours = timed(lambda: deliver(app, now + timedelta(seconds=1)))
    body = server.first()
    taken = server.emptied()
    assert len({mail.to for mail in taken}) == len(taken) == READERS
    floor = timed(lambda: bare(server.port, body))
    server.emptied()
    return ours, floor, len(body)


def main() -> None:
    """Run and print."""
    with (
        tempfile.TemporaryDirectory() as folder,
        MailServer() as server,
        open_app(settings_for(Path(folder), server.url)) as app,
    ):
        subscribe(app, READERS)
        rounds = [one_round(app, server, NOW + timedelta(hours=n)) for n in range(ROUNDS)]
    ours, floor, size = (statistics.median(values) for values in zip(*rounds, strict=True))
    ratios = sorted(theirs / mine for mine, theirs, _ in rounds)
    print(
        f"fan-out to {READERS:,} mail subscribers, mails of {size:,} bytes, {ROUNDS} rounds: "
        f"{READERS / ours:.0f} a second; a bare loop {READERS / floor:.0f} a second; "
        f"ratio {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}; aim 0.8)"
    )
