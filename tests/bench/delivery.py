"""One notice to 2,000 e-mail subscribers, against a bare smtplib loop over one connection to the same server."""

from __future__ import annotations

import smtplib
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from controlwatch.app import open_app
from controlwatch.core.model import Alert, Subscription
from controlwatch.core.route import route
from controlwatch.demo.mailbox import Mailbox
from controlwatch.demo.stage import shipped_watchers
from controlwatch.settings import Settings

READERS = 2_000
NOW = datetime(2026, 11, 1, 1, 0, tzinfo=UTC)


def timed(work: Callable[[], object]) -> float:
    """Seconds that some work takes."""
    before = time.perf_counter()
    work()
    return time.perf_counter() - before


def main() -> None:
    """Run and print."""
    with tempfile.TemporaryDirectory() as folder, Mailbox() as box:
        settings = Settings(
            state_dir=Path(folder),
            watchers_dir=shipped_watchers(),
            smtp_url=box.url,
            mail_from="controlwatch <alerts@controlwatch.example>",
        )
        with open_app(settings) as app:
            for number in range(READERS):
                app.store.subscribe(Subscription(channel="email", target=f"r{number}@reader.example"), NOW)
            record = app.queries.show("MOFCOM 2025-61")
            alert = Alert(kind="new", made_at=NOW, title=record.line.title, watcher="w", notice=record.notice)
            app.store.tell(alert, route(alert, app.store.subscriptions(), now=NOW), about=record.line.key)

            def deliver() -> None:
                moment = NOW + timedelta(seconds=1)
                while any(app.pipeline.deliver(now=moment)):
                    pass

            ours = timed(deliver)
        sent = len(box.mails)
        body = box.sources[0]

        def bare() -> None:
            with smtplib.SMTP("127.0.0.1", box.port) as server:
                for number in range(READERS):
                    server.sendmail("alerts@controlwatch.example", [f"r{number}@reader.example"], body)

        floor = timed(bare)
    print(
        f"fan-out to {READERS:,} mail subscribers: {sent:,} sent, {sent / ours:.0f} a second; a bare loop "
        f"{READERS / floor:.0f} a second; ratio {floor / ours:.2f} (aim 0.8)"
    )
