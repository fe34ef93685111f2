"""An alert to very many subscriptions: some of its deliveries are written with it, the others page by page."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from controlwatch.adapters.storage import SqlStore, fanout
from tests.store.steps import EVERYTHING, NOW, announcement, make_observation, observe


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fanout, "PAGE", 3)


def subscribe(store: SqlStore, count: int) -> None:
    for number in range(count):
        store.subscriptions.subscribe(replace(EVERYTHING, target=f"-{number}"), NOW)


def publish(store: SqlStore) -> None:
    observe(store, make_observation(store, announcement(61), url="https://a.example/61.html"))


def list_recipients(store: SqlStore) -> list[str]:
    claimed = store.outbox.claim(now=NOW + timedelta(minutes=1), owner="me", lease=60, most=100)
    return sorted(delivery.subscription.target for group in claimed for delivery in group)


@pytest.mark.parametrize("count", [0, 2, 3, 4, 8, 9])
def test_all_get_it_once_however_many_they_are(store: SqlStore, count: int) -> None:
    subscribe(store, count)
    publish(store)
    while store.outbox.route_next_page():
        pass
    assert list_recipients(store) == [f"-{number}" for number in range(count)]


def test_the_first_page_does_not_wait_for_the_others(store: SqlStore) -> None:
    subscribe(store, 8)
    publish(store)
    assert list_recipients(store) == ["-0", "-1", "-2"]


def test_several_that_route_at_the_same_time_write_each_delivery_once(store: SqlStore) -> None:
    subscribe(store, 20)
    publish(store)

    def work() -> None:
        while store.outbox.route_next_page():
            pass

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    work()
    assert list_recipients(store) == sorted(f"-{number}" for number in range(20))


def test_who_ended_a_subscription_before_its_page_gets_nothing(store: SqlStore) -> None:
    subscribe(store, 8)
    publish(store)
    store.subscriptions.unsubscribe(7)
    while store.outbox.route_next_page():
        pass
    assert list_recipients(store) == [f"-{number}" for number in range(8) if number != 6]
