"""One slow peer stops neither the other channels nor its own: the story of tests/scenarios/slow_peers.py, in seconds."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from controlwatch.bootstrap.app import open_app
from controlwatch.core.alerting.routing import route_alert
from controlwatch.core.model import Alert, Subscription
from controlwatch.core.model.errors import DeliveryError
from controlwatch.service import Service
from controlwatch.services import delivery_lane
from controlwatch.settings import Settings
from tests.bench.delivery import tell
from tests.scenarios.slow_peers import declare_source, open_peers
from tests.services.test_delivery import crowd
from tests.services.world import World
from tests.waiting import PATIENCE, wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from controlwatch.core.rendering.message import Message


def test_the_good_subscribers_get_each_alert_once_while_every_other_peer_is_stuck(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery_lane, "STOP_SECONDS", 0.5)
    with open_peers() as peers:
        declare_source(tmp_path, peers)
        for name, value in peers.settings(tmp_path).items():
            monkeypatch.setenv(name, value)
        with open_app(Settings.load()) as app:
            peers.subscribe(app.store, mails=50)
            service, stopped = Service(app), threading.Event()
            running = threading.Thread(target=service.run, args=(stopped,))
            running.start()
            try:
                for number in range(1, 4):
                    tell(app, datetime.now(UTC))
                    service.deliver_soon()
                    wait_for(lambda: len(peers.hook.received) == number)  # noqa: B023
                    wait_for(lambda: len(peers.slack.posted) == number)  # noqa: B023
            finally:
                stopped.set()
                running.join(PATIENCE)
            assert not running.is_alive()
            assert peers.hook.count_twice() == 0


@dataclass
class Gates:
    """A channel whose messages to some targets wait at a gate."""

    closed: frozenset[str]
    gate: threading.Event = field(default_factory=threading.Event)
    name: str = "webhook"
    taken: list[str] = field(default_factory=list)

    def send(self, message: Message, *, target: str, key: str) -> str:
        if target in self.closed:
            self.gate.wait(PATIENCE)
        self.taken.append(target)
        return key

    def close(self) -> None:
        """Nothing is open."""


def hooks(w: World, count: int) -> World:
    """A world in which one alert is due to `count` webhooks."""
    for number in range(count):
        w.store.subscriptions.subscribe(Subscription(channel="webhook", target=f"h{number}"), w.now)
    return crowd(w, 0)


def in_background(w: World, channel: Gates) -> threading.Thread:
    w.deliverer = replace(w.deliverer, channels={"webhook": channel})  # type: ignore[dict-item]
    thread = threading.Thread(target=w.deliverer.deliver_by, args=("webhook", lambda: w.now))
    thread.start()
    return thread


def test_a_message_that_takes_long_makes_room_for_the_next_and_holds_up_no_settlement(w: World) -> None:
    closed = frozenset(f"h{number}" for number in range(12))
    channel = Gates(closed)
    thread = in_background(hooks(w, 20), channel)
    wait_for(lambda: w.store.queries.count_deliveries().get("sent") == 8)
    assert not closed & set(channel.taken)
    channel.gate.set()
    thread.join(PATIENCE)
    assert sorted(channel.taken) == sorted(f"h{number}" for number in range(20))


def test_what_becomes_due_while_a_lane_is_busy_does_not_wait_for_its_end(w: World) -> None:
    channel = Gates(frozenset({"h0"}))
    thread = in_background(hooks(w, 2), channel)
    wait_for(lambda: channel.taken == ["h1"])
    w.store.subscriptions.subscribe(Subscription(channel="webhook", target="late"), w.now)
    news = Alert(kind="health-down", made_at=w.now, title="a source is blind", watcher="w")
    w.store.outbox.enqueue_alert(news, route_alert(news, w.store.subscriptions.list_active(), now=w.now))
    w.deliverer.get_lane("webhook").wake()
    wait_for(lambda: "late" in channel.taken)
    channel.gate.set()
    thread.join(PATIENCE)


def test_a_worker_that_does_not_come_back_is_given_up_counted_and_believed_when_it_does(
    w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery_lane, "GIVE_UP_SECONDS", 0.2)
    channel = Gates(frozenset({"h0"}))
    thread = in_background(hooks(w, 2), channel)
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert w.deliverer.count_stuck() == {"webhook": 1}
    assert "webhook" in w.deliverer.find_warning()
    assert w.store.queries.count_deliveries()["sent"] == 1
    channel.gate.set()
    wait_for(lambda: len(channel.taken) == 2)
    # It was sent after all, so it is settled as sent, and not sent again.
    w.now += timedelta(days=1)
    assert w.deliverer.deliver_by("webhook", lambda: w.now) == (1, 0)
    assert channel.taken == ["h1", "h0"]
    assert w.deliverer.count_stuck() == {}


@dataclass
class DeadServer:
    """A mail server that is away."""

    tries: int = 0
    name: str = "email"

    def send(self, message: Message, *, target: str, key: str) -> str:
        self.tries += 1
        raise DeliveryError("the SMTP server could not be used", us=True)


def test_a_server_that_is_away_is_not_asked_once_for_each_of_its_subscribers(w: World) -> None:
    dead = DeadServer()
    for number in range(40):
        w.store.subscriptions.subscribe(Subscription(channel="email", target=f"r{number}@b.example"), w.now)
    w = crowd(w, 0)
    deliverer = replace(w.deliverer, channels={"email": dead})  # type: ignore[dict-item]
    while any(deliverer.deliver(now=w.now)):
        pass
    assert dead.tries <= 3
    before = dead.tries
    deliverer.deliver(now=w.now + timedelta(minutes=1))
    assert dead.tries == before + 1
