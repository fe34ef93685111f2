"""Mails that come back: what was sent in them, and the pause of their subscription."""

from __future__ import annotations

from dataclasses import replace

from controlwatch.adapters.storage import SqlStore
from controlwatch.core.alerting.delivery_failures import PausePlan
from controlwatch.core.model import (
    Delivery,
)
from tests.store.steps import (
    EVERYTHING,
    NOW,
    PAUSE,
    announcement,
    claim,
    make_observation,
    mark_sent,
    observe,
    two_subscribers,
)


def one_mail(store: SqlStore) -> tuple[Delivery, ...]:
    """Two alerts that left in one mail to subscription 1; subscription 2 got nothing."""
    store.subscriptions.subscribe(replace(EVERYTHING, channel="email", target="desk@b.example"), NOW)
    store.subscriptions.subscribe(replace(EVERYTHING, categories=("battery",)), NOW)
    for n in (61, 62):
        observe(store, make_observation(store, announcement(n), url=f"https://a.example/{n}.html"))
    claimed = claim(store, now=NOW, owner="me", lease=60)
    assert len(claimed) == 2
    mark_sent(store, claimed, receipt=f"<{claimed[0].key}@a.example>")
    return claimed


def come_back(store: SqlStore, key: str, *, plan: PausePlan | None = PAUSE) -> bool:
    mail = store.outbox.find_sent_mail(key)
    assert mail is not None
    return store.outbox.record_bounce(mail, reason="it came back", plan=plan, now=NOW)


def test_all_that_left_in_a_mail_comes_back_with_it_once_and_leaves_again_when_resumed(
    store: SqlStore,
) -> None:
    first, second = one_mail(store)
    assert come_back(store, first.key)
    assert [item.reason for item in store.queries.list_refused_deliveries()] == ["it came back"] * 2
    assert [item.paused for item in store.subscriptions.list_active()] == ["it came back", ""]
    assert not come_back(store, first.key)
    (told,) = claim(store, now=NOW, owner="me", lease=60)
    assert told.subscription.id == 2
    assert claim(store, now=NOW, owner="me", lease=60) == ()
    assert store.subscriptions.resume(1)
    assert [item.key for item in claim(store, now=NOW, owner="me", lease=60)] == [first.key, second.key]


def test_a_mail_that_came_back_for_a_reason_of_its_own_pauses_nobody(store: SqlStore) -> None:
    first, _ = one_mail(store)
    assert come_back(store, first.key, plan=None)
    assert [item.paused for item in store.subscriptions.list_active()] == ["", ""]
    assert len(store.queries.list_refused_deliveries()) == 2
    assert store.outbox.retry_failed(NOW) == 2


def test_a_mail_is_known_by_its_key_whoever_its_subscriber_and_nothing_else_is(store: SqlStore) -> None:
    (waiting,) = two_subscribers(store)
    assert store.outbox.find_sent_mail(waiting.key) is None  # not a mail
    assert store.outbox.find_sent_mail("0" * 32) is None


def test_a_mail_that_is_not_settled_is_told_from_one_that_was_sent(store: SqlStore) -> None:
    store.subscriptions.subscribe(replace(EVERYTHING, channel="email", target="desk@b.example"), NOW)
    observe(store, make_observation(store, announcement(61), url="https://a.example/61.html"))
    (delivery,) = claim(store, now=NOW, owner="me", lease=60)
    leaving = store.outbox.find_sent_mail(delivery.key)
    mark_sent(store, [delivery], receipt="<1@a.example>")
    store.subscriptions.unsubscribe(1)
    settled = store.outbox.find_sent_mail(delivery.key)
    assert leaving is not None
    assert settled is not None
    assert [(item.is_leaving, item.receipt, item.active) for item in (leaving, settled)] == [
        (True, "", True),
        (False, "<1@a.example>", False),
    ]
