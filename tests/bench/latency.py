"""How long a notice takes to reach its readers: from the begin of the poll that finds it to Slack and to a mailbox.

Two hundred notices are published on a loopback site one after the other; each is polled, read, stored and
delivered to a Slack channel and a mail address over their own protocols. The channel is another each time:
to one of them a message goes only every second.

Then the same of the service as a process, `controlwatch run`, which polls its sources each minute: from the answer
that held the notice to a webhook. `LATENCY_MINUTES` sets for how long; four notices are published each minute.
"""

from __future__ import annotations

import os
import signal
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from controlwatch.adapters.channels.email import EmailChannel, SmtpServer
from controlwatch.adapters.channels.slack import SlackChannel
from controlwatch.adapters.storage import SqlStore
from controlwatch.core.model import Subscription
from controlwatch.core.model.timezones import to_beijing_day
from controlwatch.testing.sites import Answer, Asked
from controlwatch.testing.slack import SlackStandIn
from controlwatch.testing.smtp import Mailbox
from tests.processes import Fork, type_commands
from tests.services.world import START, Ministry, Page, World, tightening, world
from tests.torture.cluster import TimedSites, declare
from tests.waiting import wait_for

NOTICES = 200
MINUTES, EACH_MINUTE = int(os.environ.get("LATENCY_MINUTES", "6")), 4


def main() -> None:
    """Run and print."""
    measure_parts()
    measure_service()


def measure_service() -> None:
    """Publish notices while the service runs, each for a receiver of its own."""
    with tempfile.TemporaryDirectory() as name, TimedSites() as sites:
        folder, received, count = Path(name), {}, MINUTES * EACH_MINUTE

        def receive(asked: Asked) -> Answer:
            received[asked.path] = time.monotonic()
            return Answer(body=b"ok")

        (folder / "watchers").mkdir()
        ministries = [Ministry(sites, host=f"https://www.m{n}.example") for n in range(count)]
        store = SqlStore.open(f"sqlite:///{folder / 'state' / 'controlwatch.db'}")
        for n, ministry in enumerate(ministries):
            declare(folder / "watchers", f"m{n}", ministry.host.removeprefix("https://"), cron="* * * * *")
            ministry.publish(_new_page(100 + n))
            sites.put(f"{sites.origin}/hook{n}", receive)
            wanted = Subscription(
                channel="webhook", target=f"{sites.origin}/hook{n}", terms=(_mark(500 + n),)
            )
            store.subscriptions.subscribe(wanted, datetime.now(UTC))
        env = {key: value for key, value in os.environ.items() if not key.startswith("CONTROLWATCH_")} | {
            "CONTROLWATCH_STATE_DIR": str(folder / "state"),
            "CONTROLWATCH_WATCHERS_DIR": str(folder / "watchers"),
            "CONTROLWATCH_CONNECT_TO": sites.origin,
            "CONTROLWATCH_WEBHOOK_SECRET": "w" * 40,
        }
        service = Fork(type_commands, ("run",), env=env, out=folder / "log")
        try:
            states = [f"m{n}" for n in range(count)]
            wait_for(
                lambda: all(state.last_success_at for state in store.polling.load_states(states)),
                patience=300,
            )
            for n, ministry in enumerate(ministries):
                ministry.publish(_new_page(500 + n))
                if n % EACH_MINUTE == EACH_MINUTE - 1:
                    wait_for(lambda n=n: len(received) > n, patience=150)  # type: ignore[misc]
        finally:
            service.send_signal(signal.SIGTERM)
            service.wait(60)
            store.close()
        took = sorted(received[f"/hook{n}"] - _find_answer(sites, n) for n in range(count))
    print(
        f"{count} notices in {MINUTES} minutes of the service, from the answer that held one to its receiver: "
        f"p50 {took[count // 2]:.2f} s, p90 {took[int(count * 0.9)]:.2f} s, p95 {took[int(count * 0.95)]:.2f} s, "
        f"max {took[-1]:.2f} s (demanded p95 1 s)"
    )


def _mark(number: int) -> str:
    return f"第{number}类"


def _new_page(number: int) -> Page:
    """A notice of today about something of its own."""
    day = f"{to_beijing_day(datetime.now(UTC))}"
    words = tightening(number, item=f"{_mark(number)}金属镓", day=day).replace("2026年4月1日", "2099年4月1日")
    return Page(f"/notices/art_{number}.html", f"商务部公告{day[:4]}年第{number}号", words, day=day)


def _find_answer(sites: TimedSites, n: int) -> float:
    """When the page of a notice had been answered for the first time."""
    host = f"www.m{n}.example"
    return sites.times[host][sites.paths[host].index(f"/notices/art_{500 + n}.html")][1]


def measure_parts() -> None:
    """Poll and deliver in this process."""
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
