"""How long a notice takes to reach its readers: from the begin of the poll that finds it to Slack and to a mailbox.

Two hundred notices are published on a loopback site one after the other; each is polled, read, stored and
delivered to a Slack channel and a mail address over their own protocols. The channel is another each time:
to one of them a message goes only every second.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from controlwatch.adapters.channels.email import EmailChannel, SmtpServer
from controlwatch.adapters.channels.slack import SlackChannel
from controlwatch.core.model import Subscription
from controlwatch.testing.slack import SlackStandIn
from controlwatch.testing.smtp import Mailbox
from tests.services.world import START, Page, World, tightening, world

NOTICES = 200


def main() -> None:
    """Run and print."""
    slack = SlackStandIn(channels=frozenset(f"C{number}" for number in range(NOTICES + 1)))
    with tempfile.TemporaryDirectory() as folder, world(Path(folder)) as w, Mailbox() as box:
        mail = EmailChannel(SmtpServer(host="127.0.0.1", port=box.port), sender="alerts@controlwatch.example")
        api = slack.put_up(w.sites)
        w.deliverer = replace(
            w.deliverer, channels={"slack": SlackChannel(slack.token, api_url=api), "email": mail}
        )
        w.store.subscriptions.unsubscribe(1)
        w.store.subscriptions.subscribe(Subscription(channel="email", target="desk@reader.example"), START)
        w.ministry.publish(_page(0))
        w.now = datetime.now(UTC)
        w.poll()
        times = [_one(w, number, slack, box) for number in range(1, NOTICES + 1)]
        mail.close()
    in_slack, in_mail, polled = (sorted(values) for values in zip(*times, strict=True))
    said = "; ".join(
        f"{where} p50 {values[NOTICES // 2] * 1000:.0f} ms, p99 {values[int(NOTICES * 0.99) - 1] * 1000:.0f} ms"
        for where, values in (
            ("in Slack", in_slack),
            ("in the mailbox", in_mail),
            ("of which polling", polled),
        )
    )
    print(f"{NOTICES} notices, from the begin of a poll: {said}")


def _page(number: int) -> Page:
    return Page(f"/notices/art_{number}.html", f"商务部公告2026年第{number + 1}号", tightening(number + 1))


def _one(w: World, number: int, slack: SlackStandIn, box: Mailbox) -> tuple[float, float, float]:
    """Seconds until one more notice is in Slack, until it is in the mailbox, and until it was polled."""
    w.ministry.publish(_page(number))
    for item in w.store.subscriptions.list_active():
        if item.channel == "slack":
            w.store.subscriptions.unsubscribe(item.id)
    w.store.subscriptions.subscribe(Subscription(channel="slack", target=f"C{number}"), START)
    posted, mailed = len(slack.posted), len(box.arrived)
    began = time.monotonic()
    w.now = datetime.now(UTC)
    w.poller.poll(w.watcher, now=w.now)
    polled = time.monotonic() - began
    while any(w.deliverer.deliver(now=datetime.now(UTC))):
        pass
    assert (len(slack.posted), len(box.arrived)) == (posted + 1, mailed + 1)
    ts = slack.posted[-1].ts
    return float(ts) - time.time() + time.monotonic() - began, box.arrived[-1] - began, polled


if __name__ == "__main__":
    main()
