"""Subscriptions in the store: settings, confirmation, pause and resume."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

from controlwatch.adapters.storage import SqlStore
from controlwatch.adapters.storage.due_deliveries import DEFAULT_ALERTS_PER_MESSAGE
from controlwatch.core.alerting.ended_subscriptions import plan_end
from controlwatch.core.model import (
    Alert,
    Delivery,
    Direction,
    Subscription,
)
from controlwatch.core.model.state import PlannedDelivery
from tests.store.steps import (
    EVERYTHING,
    NOW,
    PAUSE,
    PAUSED,
    announcement,
    claim,
    make_observation,
    mark_sent,
    observe,
    two_subscribers,
)


def test_a_subscription_comes_back_as_it_was_given(store: SqlStore) -> None:
    given = Subscription(
        channel="email",
        target="a@b.example",
        categories=("battery", "rare_earth.magnets"),
        issuers=("MOFCOM",),
        directions=(Direction.TIGHTEN, Direction.SUSPEND),
        destinations=("US", "JP"),
        hs_prefixes=("8507",),
        terms=("稀土",),
        rate="weekly",
        at=time(7, 15),
        weekday=4,
        timezone="Europe/Berlin",
        quiet=(time(22), time(7)),
        language="zh",
        reports=False,
        health=False,
    )
    number = store.subscriptions.subscribe(given, NOW)
    assert store.subscriptions.list_active() == (replace(given, id=number),)
    assert store.subscriptions.unsubscribe(number)
    assert not store.subscriptions.unsubscribe(number)
    assert store.subscriptions.list_active() == ()


def test_parts_of_the_list_together_are_the_list_and_each_is_found_by_its_number(store: SqlStore) -> None:
    targets = [f"a{n}@b.example" for n in range(5)]
    for target in targets:
        store.subscriptions.subscribe(replace(EVERYTHING, target=target), NOW)
    first = store.subscriptions.list_active(limit=3)
    rest = store.subscriptions.list_active(after=first[-1].id, limit=3)
    assert [item.target for item in (*first, *rest)] == targets
    assert store.subscriptions.find_active(first[0].id) == first[0]
    assert store.subscriptions.unsubscribe(first[0].id)
    for number in (first[0].id, 0, -1, 10**30):
        assert store.subscriptions.find_active(number) is None


def test_own_subscriptions_are_those_that_a_person_made_or_gets(store: SqlStore) -> None:
    for target, owner in (
        ("Li@b.example", ""),
        ("desk@b.example", "li"),
        ("x@b.example", ""),
        ("y@b.example", "wu"),
    ):
        store.subscriptions.subscribe(replace(EVERYTHING, target=target, owner=owner), NOW)
    own = store.subscriptions.list_own(owner="li", address="li@b.example")
    assert [item.target for item in own] == ["Li@b.example", "desk@b.example"]
    assert [item.target for item in store.subscriptions.list_own(owner="wu", address="")] == ["y@b.example"]


def test_an_ended_subscription_gets_nothing_more(store: SqlStore) -> None:
    number = store.subscriptions.subscribe(EVERYTHING, NOW)
    observe(store, make_observation(store, announcement(61), url="https://a.example/61.html"))
    store.subscriptions.unsubscribe(number)
    assert claim(store, now=NOW, owner="me", lease=60) == ()


def pause(store: SqlStore, deliveries: tuple[Delivery, ...], *, owner: str = "me") -> bool:
    return store.outbox.pause(deliveries, owner=owner, plan=replace(PAUSE, reason="550"), now=NOW)


def test_pausing_keeps_what_is_due_tells_others_and_happens_once(store: SqlStore) -> None:
    claimed = two_subscribers(store)
    assert pause(store, claimed)
    assert not pause(store, claimed)
    assert [item.paused for item in store.subscriptions.list_active()] == ["550", ""]
    (alerted,) = claim(store, now=NOW, owner="me", lease=60)
    assert (alerted.alert, alerted.subscription.id) == (PAUSED, 2)
    mark_sent(store, [alerted])
    assert claim(store, now=NOW + timedelta(days=9), owner="me", lease=60) == ()


def test_resuming_lets_go_of_what_waited(store: SqlStore) -> None:
    (delivery,) = claimed = two_subscribers(store)
    pause(store, claimed)
    assert store.queries.list_refused_deliveries()[0].reason == "550"
    assert [store.subscriptions.resume(number) for number in (1, 1, 2, 99)] == [True, False, False, False]
    again = claim(store, now=NOW, owner="me", lease=60)
    assert [item.key for item in again] == [delivery.key]
    assert store.queries.list_refused_deliveries() == ()


def test_a_worker_whose_lease_ran_out_pauses_nobody(store: SqlStore) -> None:
    late = two_subscribers(store)
    claim(store, now=NOW + timedelta(seconds=61), owner="heir", lease=60)
    assert not pause(store, late)
    assert [item.paused for item in store.subscriptions.list_active()] == ["", ""]


def test_an_address_that_is_not_confirmed_gets_no_alert_until_it_is(store: SqlStore) -> None:
    number = store.subscriptions.subscribe(replace(EVERYTHING, confirmed=False), NOW)
    observe(store, make_observation(store, announcement(61), url="https://a.example/61.html"))
    assert claim(store, now=NOW, owner="me", lease=60) == ()
    assert [
        store.subscriptions.confirm(number),
        store.subscriptions.confirm(number),
        store.subscriptions.confirm(99),
    ] == [True, True, False]
    other = announcement(62, title="另一件事")
    observe(
        store,
        make_observation(store, other, url="https://a.example/62.html", words="第62号公告的正文。" * 20),
    )
    assert len(claim(store, now=NOW, owner="me", lease=60)) == 1
    store.subscriptions.unsubscribe(number)
    assert not store.subscriptions.confirm(number)


def test_a_subscription_ends_and_is_told_of_in_one_step_and_goes_on(store: SqlStore) -> None:
    number = store.subscriptions.subscribe(EVERYTHING, NOW)
    observe(store, make_observation(store, announcement(61), url="https://a.example/61.html"))
    plan = plan_end(replace(EVERYTHING, id=number), (), now=NOW)
    assert store.outbox.end_subscription(plan)
    assert not store.outbox.end_subscription(plan)
    assert not store.subscriptions.unsubscribe(number)
    assert store.subscriptions.find_state(number) == "ended"
    (told,) = claim(store, now=NOW, owner="me", lease=60)  # what was due before is dropped
    assert (told.alert.kind, told.target) == ("confirmation", EVERYTHING.target)
    assert store.subscriptions.reactivate(number)
    assert not store.subscriptions.reactivate(number)
    assert store.subscriptions.find_state(number) == "active"
    assert store.subscriptions.find_state(99) == "unknown"


def test_however_much_a_pause_holds_back_the_owner_is_told_of_it(store: SqlStore) -> None:
    number = store.subscriptions.subscribe(replace(EVERYTHING, owner="boss@a.example"), NOW)
    alert = Alert(kind="new", made_at=NOW, title="t", watcher="w")
    for _ in range(DEFAULT_ALERTS_PER_MESSAGE + 1):
        held = PlannedDelivery(subscription_id=number, due_at=NOW, why="")
        store.outbox.enqueue_alert(alert, [held])
    assert store.subscriptions.pause(number, "gone", NOW)
    told = PlannedDelivery(subscription_id=number, due_at=NOW, why="", addressee="boss@a.example")
    store.outbox.enqueue_alert(alert, [told])
    ((delivery,),) = store.outbox.claim(now=NOW, owner="me", lease=60, most=9)
    assert delivery.addressee == "boss@a.example"
