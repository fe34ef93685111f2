"""Deliveries: sent once, tried again, refused for good, never lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from controlwatch.adapters.storage import SqlStore
from controlwatch.adapters.storage.base import ALERT, FANOUT
from controlwatch.core.alerting.signed_links import SignedLinks
from controlwatch.core.model import Subscription
from controlwatch.core.model.errors import DeliveryError
from controlwatch.services.reread import reread_all
from controlwatch.services.subscribe import request_confirmation
from tests.services.test_news import GALLIUM, started
from tests.services.world import START, Page, World, tightening

if TYPE_CHECKING:
    from controlwatch.core.rendering.message import Message


LINKS = SignedLinks(public_url="https://alerts.example", secret=b"s" * 32)


@dataclass
class DownChannel:
    """A channel that fails the first `times` times."""

    error: DeliveryError
    times: int = 1
    name: str = "console"
    messages: list[Message] = field(default_factory=list)

    def send(self, message: Message, *, target: str, key: str) -> str:
        del target
        if self.times > 0:
            self.times -= 1
            raise self.error
        self.messages.append(message)
        return key


@pytest.fixture
def alerted(w: World) -> World:
    started(w).ministry.publish(GALLIUM)
    w.poll()
    return w


def test_an_alert_is_sent_once(alerted: World) -> None:
    assert alerted.deliverer.deliver(now=alerted.now) == (1, 0)
    assert alerted.deliverer.deliver(now=alerted.now) == (0, 0)
    (message,) = alerted.channel.messages
    assert message.subject.startswith("NEW CONTROL 新增管制 from 1 Apr 2026 · gallium (MOFCOM–GACC 2026-40)")


def test_an_alert_that_cannot_be_routed_holds_up_no_other_and_is_reported(alerted: World) -> None:
    with alerted.store.engine.begin() as connection:
        broken = {"kind": "new", "made_at": START, "title": "t", "watcher_id": "w", "payload": {}}
        number = connection.execute(ALERT.insert().values(broken).returning(ALERT.c.id)).scalar_one()
        connection.execute(FANOUT.insert().values(alert_id=number, after_id=0))
    assert alerted.deliverer.deliver(now=alerted.now) == (1, 0)
    assert "not routed to all subscriptions" in alerted.deliverer.find_warning()


def test_a_channel_that_is_down_gets_the_alert_when_it_is_up(alerted: World) -> None:
    channel = DownChannel(DeliveryError("no network"), times=3)
    deliverer = replace(alerted.deliverer, channels={"console": channel})
    now = alerted.now
    for _ in range(3):
        assert deliverer.deliver(now=now) == (0, 1)
        now += timedelta(hours=1)
    assert deliverer.deliver(now=now) == (1, 0)
    assert len(channel.messages) == 1


def test_a_channel_that_asks_to_wait_is_left_alone_so_long(alerted: World) -> None:
    channel = DownChannel(DeliveryError("429", retry_after=90))
    deliverer = replace(alerted.deliverer, channels={"console": channel})
    deliverer.deliver(now=alerted.now)
    assert deliverer.deliver(now=alerted.now + timedelta(seconds=89)) == (0, 0)
    assert deliverer.deliver(now=alerted.now + timedelta(seconds=91)) == (1, 0)


def test_a_refusal_for_good_is_not_tried_again_and_is_shown(alerted: World) -> None:
    channel = DownChannel(DeliveryError("550 no such user", permanent=True))
    deliverer = replace(alerted.deliverer, channels={"console": channel})
    assert deliverer.deliver(now=alerted.now) == (0, 1)
    assert deliverer.deliver(now=alerted.now + timedelta(days=9)) == (0, 0)
    assert alerted.store.queries.list_refused_deliveries()[0].reason == "550 no such user"


GONE = DeliveryError("550 5.1.1 <gone@b.example>: no such user", permanent=True, target=True)


@dataclass
class GoneTarget:
    """A channel that knows one target no more, and keeps what it sends to the others."""

    gone: set[str] = field(default_factory=lambda: {"gone@b.example"})
    name: str = "email"
    taken: list[tuple[str, Message]] = field(default_factory=list)
    tries: int = 0

    def send(self, message: Message, *, target: str, key: str) -> str:
        self.tries += 1
        if target in self.gone:
            raise GONE
        self.taken.append((target, message))
        return key


def gone_address(w: World, **changes: Any) -> tuple[World, GoneTarget, int]:
    """A world in which subscription 2 is of an address that is refused for good, and has an alert due."""
    channel = GoneTarget()
    mine = Subscription(channel="email", target="gone@b.example", **changes)
    number = w.store.subscriptions.subscribe(mine, START)
    w.deliverer = replace(w.deliverer, channels={"console": w.channel, "email": channel})
    started(w).ministry.publish(GALLIUM)
    w.poll()
    return w, channel, number


def deliver_all(w: World, *, later: timedelta = timedelta(0)) -> None:
    while any(w.deliverer.deliver(now=w.now + later)):
        pass


def test_an_address_that_is_refused_for_good_is_asked_once_and_shown_as_paused(w: World) -> None:
    _, channel, number = gone_address(w)
    w.ministry.publish(Page("/notices/art_41.html", "商务部公告2026年第41号", tightening(41)))
    deliver_all(w)
    w.poll()
    deliver_all(w, later=timedelta(days=9))
    assert channel.tries == 1
    (paused,) = (item for item in w.store.subscriptions.list_active() if item.id == number)
    assert paused.paused == str(GONE)
    assert [item.reason for item in w.store.queries.list_refused_deliveries()] == [str(GONE)]


def test_whoever_hears_of_health_is_told_of_a_paused_subscription_once_and_not_by_the_same_way(
    w: World,
) -> None:
    _, channel, number = gone_address(w)
    w.store.subscriptions.subscribe(
        Subscription(channel="email", target="gone@b.example", categories=("battery",)), START
    )
    w.store.subscriptions.subscribe(
        Subscription(channel="email", target="deaf@b.example", health=False), START
    )
    w.store.subscriptions.subscribe(Subscription(channel="email", target="owner@b.example"), START)
    deliver_all(w)
    deliver_all(w, later=timedelta(days=1))
    for told in ([message for _, message in channel.taken], w.channel.messages):
        subjects = [message.subject for message in told if "is paused" in message.subject]
        assert subjects == [
            f"NOT DELIVERED 投递中断: subscription {number} is paused: its mail address no longer accepts messages"
        ]
    assert {target for target, _ in channel.taken} == {"owner@b.example"}


def test_the_alert_about_a_paused_subscription_does_not_tell_others_whose_address_it_is(w: World) -> None:
    gone_address(w)
    deliver_all(w)
    told = w.channel.messages[-1]
    assert "is paused" in told.subject
    assert "550 5.1.1" in str(told)
    assert "gone@b.example" not in str(told)


def test_a_subscription_that_is_resumed_gets_what_waited_and_what_came_meanwhile(w: World) -> None:
    _, channel, number = gone_address(w)
    deliver_all(w)
    w.ministry.publish(Page("/notices/art_41.html", "商务部公告2026年第41号", tightening(41)))
    w.poll()
    channel.gone.clear()
    deliver_all(w)
    assert channel.taken == []
    assert w.store.subscriptions.resume(number)
    assert not w.store.subscriptions.resume(number)
    deliver_all(w)
    assert sum(len(message.cards) for _, message in channel.taken) == 2
    assert w.store.queries.list_refused_deliveries() == ()


def test_an_address_that_nobody_confirmed_is_paused_without_a_word_to_others(w: World) -> None:
    w.deliverer = replace(w.deliverer, links=LINKS, channels={"console": w.channel, "email": GoneTarget()})
    request_confirmation(
        w.store.subscriptions,
        w.store.outbox,
        Subscription(channel="email", target="gone@b.example"),
        who="somebody",
        now=w.now,
    )
    deliver_all(w)
    assert [bool(item.paused) for item in w.store.subscriptions.list_active()] == [False, True]
    assert w.channel.messages == []


def escalated(w: World) -> GoneTarget:
    """Let an alert be told again to somebody else than its subscriber, and return the channel."""
    _, channel, _ = gone_address(w, escalate_after=60, escalate_to="boss@b.example")
    channel.gone.clear()
    w.deliverer = replace(w.deliverer, links=LINKS)
    deliver_all(w)
    w.now += timedelta(hours=2)
    w.remind((), now=w.now)
    return channel


def test_whoever_an_alert_is_told_again_gets_no_link_that_ends_the_subscription_of_another(w: World) -> None:
    channel = escalated(w)
    deliver_all(w)
    (first, message), (boss, again) = channel.taken
    assert (first, boss) == ("gone@b.example", "boss@b.example")
    assert message.unsubscribe
    assert again.unsubscribe == ""


def test_what_goes_to_somebody_else_waits_when_it_is_us_whom_a_channel_refuses(w: World) -> None:
    channel = escalated(w)
    revoked = DownChannel(DeliveryError("token_revoked", permanent=True, us=True), times=9)
    w.deliverer = replace(w.deliverer, channels={"console": w.channel, "email": revoked})
    deliver_all(w)
    assert revoked.times == 8
    w.deliverer = replace(w.deliverer, channels={"console": w.channel, "email": channel})
    deliver_all(w, later=timedelta(hours=2))
    assert channel.taken[-1][0] == "boss@b.example"


def test_a_message_that_is_refused_for_good_pauses_nobody(alerted: World) -> None:
    channel = DownChannel(DeliveryError("Slack refused: invalid_blocks", permanent=True))
    deliverer = replace(alerted.deliverer, channels={"console": channel})
    deliverer.deliver(now=alerted.now)
    assert [item.paused for item in alerted.store.subscriptions.list_active()] == [""]
    assert [item.reason for item in alerted.store.queries.list_refused_deliveries()] == [
        "Slack refused: invalid_blocks"
    ]


def test_a_channel_that_is_not_configured_keeps_its_alerts_waiting(alerted: World) -> None:
    nowhere = replace(alerted.deliverer, channels={})
    assert nowhere.deliver(now=alerted.now) == (0, 1)
    assert alerted.deliverer.deliver(now=alerted.now + timedelta(hours=2)) == (1, 0)


@dataclass
class SlowChannel:
    """A channel each of whose messages takes so long, by a clock of the test."""

    seconds: float
    name: str = "console"
    passed: float = 0.0
    taken: list[str] = field(default_factory=list)

    def clock(self) -> float:
        return self.passed

    def send(self, message: Message, *, target: str, key: str) -> str:
        self.passed += self.seconds
        self.taken.append(target)
        return key


def crowd(w: World, readers: int) -> World:
    """A world in which one alert is due to `readers` readers."""
    w.store.subscriptions.unsubscribe(1)
    for number in range(readers):
        w.store.subscriptions.subscribe(Subscription(channel="console", target=f"r{number}"), START)
    started(w).ministry.publish(GALLIUM)
    w.poll()
    return w


def test_a_slow_server_gets_no_message_whose_lease_might_run_out_and_the_rest_is_given_back(w: World) -> None:
    slow = SlowChannel(seconds=20.0)
    deliverer = replace(crowd(w, 70).deliverer, channels={"console": slow}, clock=slow.clock)
    sent, failed = deliverer.deliver(now=w.now)
    assert (sent, failed) == (len(slow.taken), 0)
    assert sent <= 4  # two that begin within half a minute, and what was on its way beside them
    rest = w.store.outbox.claim(now=w.now, owner="another", lease=60, most=100)
    assert len(rest) == 70 - sent
    assert {delivery.attempts for (delivery,) in rest} == {1}


def test_every_reader_of_a_crowd_gets_the_alert_once_however_slow_the_server(w: World) -> None:
    slow = SlowChannel(seconds=7.0)
    deliverer = replace(crowd(w, 70).deliverer, channels={"console": slow}, clock=slow.clock)
    while any(deliverer.deliver(now=w.now)):
        pass
    assert sorted(slow.taken) == sorted(f"r{number}" for number in range(70))


def test_a_process_that_is_told_to_stop_gives_back_what_it_has_not_begun(w: World) -> None:
    @dataclass
    class Stops:
        stopped: Event
        name: str = "console"

        def send(self, message: Message, *, target: str, key: str) -> str:
            self.stopped.set()
            return key

    deliverer = replace(crowd(w, 70).deliverer, stopped=Event())
    sent, _ = replace(deliverer, channels={"console": Stops(deliverer.stopped)}).deliver(now=w.now)
    assert 1 <= sent < 10
    assert deliverer.deliver(now=w.now) == (0, 0)
    assert len(w.store.outbox.claim(now=w.now, owner="heir", lease=60, most=100)) == 70 - sent


def test_one_reader_whose_message_cannot_be_written_or_sent_holds_up_nobody(w: World) -> None:
    @dataclass
    class Choosy:
        name: str = "console"
        taken: list[str] = field(default_factory=list)

        def send(self, message: Message, *, target: str, key: str) -> str:
            troubles = {
                "r5": ValueError("no such letter"),
                "r6": GONE,
                "r7": DeliveryError("429", retry_after=9),
            }
            if target in troubles:
                raise troubles[target]
            self.taken.append(target)
            return key

    choosy = Choosy()
    deliverer = replace(crowd(w, 30).deliverer, channels={"console": choosy})
    while any(deliverer.deliver(now=w.now)):
        pass
    assert sorted(set(choosy.taken)) == sorted({f"r{n}" for n in range(30)} - {"r5", "r6", "r7"})
    waiting = w.store.outbox.claim(now=w.now + timedelta(seconds=10), owner="another", lease=60, most=100)
    assert {message[0].subscription.target for message in waiting} == {"r7"}


def test_two_processes_that_deliver_at_once_send_no_message_twice(w: World) -> None:
    channel = SlowChannel(seconds=0.0)
    deliverer = replace(crowd(w, 120).deliverer, channels={"console": channel})
    others = [
        replace(deliverer, owner=f"process {n}", outbox=SqlStore(w.store.database).outbox) for n in range(2)
    ]
    with ThreadPoolExecutor(2) as both:
        counts = list(both.map(lambda each: each.deliver(now=w.now), others))
    assert sum(sent for sent, _ in counts) == 120
    assert sorted(channel.taken) == sorted(f"r{number}" for number in range(120))


def test_a_process_that_dies_while_sending_leaves_the_alert_to_its_heir(alerted: World) -> None:
    @dataclass
    class Dies:
        name: str = "console"

        def send(self, message: Message, *, target: str, key: str) -> str:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace(alerted.deliverer, channels={"console": Dies()}).deliver(now=alerted.now)
    assert alerted.deliverer.deliver(now=alerted.now) == (0, 0)
    assert alerted.deliverer.deliver(now=alerted.now + timedelta(minutes=6)) == (1, 0)


def test_a_process_that_dies_between_the_commits_reads_the_notice_again(w: World) -> None:
    started(w).ministry.publish(GALLIUM)

    class Dies:
        parse_index = staticmethod(w.ingester.documents.parse_index)

        def read_document(self, *_: object) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        w.poller_with(documents=Dies()).poll(w.watcher, now=w.now + timedelta(minutes=10))  # type: ignore[arg-type]
    w.poll(later=timedelta(minutes=20))
    assert len(w.alerts()) == 1


def test_a_page_that_kills_the_process_each_time_does_not_hide_the_others(w: World) -> None:
    started(w).ministry.publish(
        Page("/notices/art_41.html", "商务部公告2026年第41号", tightening(41)), GALLIUM
    )
    documents = w.ingester.documents

    class Dies:
        parse_index = staticmethod(documents.parse_index)
        read_annex = staticmethod(documents.read_annex)

        def read_document(self, snapshot: object, watcher: object) -> object:
            if "art_40" in snapshot.url:  # type: ignore[attr-defined]
                raise KeyboardInterrupt
            return documents.read_document(snapshot, watcher)  # type: ignore[arg-type]

    mortal = w.poller_with(documents=Dies())  # type: ignore[arg-type]
    for _ in range(6):
        w.now += timedelta(minutes=2)
        try:
            mortal.poll(w.watcher, now=w.now)
        except KeyboardInterrupt:
            continue
    told = [alert.notice.number.n for alert in w.alerts() if alert.notice and alert.notice.number]
    assert 41 in told


def test_a_digest_leaves_once_a_day_as_one_message(w: World) -> None:
    w.store.subscriptions.unsubscribe(1)
    w.store.subscriptions.subscribe(
        Subscription(channel="console", target="-", rate="daily", at=time(17, 0)), START
    )
    started(w).ministry.publish(
        *(Page(f"/notices/art_{n}.html", f"商务部公告2026年第{n}号", tightening(n)) for n in (41, 42, 43))
    )
    w.poll()
    assert w.deliverer.deliver(now=w.now) == (0, 0)
    assert w.deliverer.deliver(now=w.now + timedelta(hours=9)) == (3, 0)
    (message,) = w.channel.messages
    assert len(message.cards) == 3


def test_reading_everything_anew_never_rings(alerted: World) -> None:
    alerted.alerts()
    watchers = {alerted.watcher.id: alerted.watcher}
    assert reread_all(alerted.ingester, watchers, now=alerted.now) == 0
    other = replace(alerted.watcher, detail=replace(alerted.watcher.detail, body=("h1",)))
    assert reread_all(alerted.ingester, {other.id: other}, now=alerted.now) == 2
    assert alerted.alerts() == []


def test_a_second_look_asks_with_the_servers_own_stamps_and_in_full_now_and_then(w: World) -> None:
    started(w)
    for _ in range(12):
        w.poll(later=timedelta(seconds=30))
    asked = [
        request.headers.get("if-none-match")
        for request in w.sites.asked
        if request.path == "/notices/index.html"
    ]
    assert asked[0] is None
    assert set(asked[1:10]) == {asked[1]}
    assert asked[1] is not None
    assert asked[10] is None
    assert asked[11] is not None


def test_a_poll_without_news_adds_nothing_to_the_log(w: World) -> None:
    from sqlalchemy import text

    started(w)

    def rows() -> int:
        with w.store.engine.begin() as connection:
            return int(connection.execute(text("SELECT count(*) FROM poll")).scalar_one())

    before = rows()
    for _ in range(20):
        w.poll(later=timedelta(seconds=20))
    assert rows() == before
