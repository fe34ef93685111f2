"""Deliveries in the outbox: claimed under leases, grouped into messages, settled."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, time, timedelta

from controlwatch.adapters.storage import SqlStore
from controlwatch.core.model import (
    Delivery,
)
from controlwatch.core.model.state import ClaimScope, SentMessage
from tests.store.steps import (
    EVERYTHING,
    NOW,
    announcement,
    claim,
    make_observation,
    mark_sent,
    observe,
)


def test_two_workers_never_lease_one_delivery(store: SqlStore) -> None:
    for number in range(4):
        store.subscriptions.subscribe(replace(EVERYTHING, target=f"-{number}"), NOW)
    observe(store, make_observation(store, announcement(61), url="https://a.example/61.html"))
    claimed: list[int] = []

    def work(owner: str) -> None:
        while deliveries := claim(store, now=NOW, owner=owner, lease=60):
            claimed.extend(delivery.id for delivery in deliveries)

    threads = [threading.Thread(target=work, args=(f"worker {n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == sorted(set(claimed))
    assert len(claimed) == 4


def test_workers_that_claim_many_at_once_tear_no_message_in_two(store: SqlStore) -> None:
    for number in range(40):
        store.subscriptions.subscribe(replace(EVERYTHING, target=f"-{number}"), NOW)
    for n in (61, 62, 63):
        seen = make_observation(
            store, announcement(n), url=f"https://a.example/{n}.html", words=f"第{n}号公告的正文。" * 20
        )
        observe(store, seen)
    claimed: list[tuple[Delivery, ...]] = []

    def work(owner: str) -> None:
        while messages := store.outbox.claim(now=NOW, owner=owner, lease=60, most=7):
            claimed.extend(messages)

    threads = [threading.Thread(target=work, args=(f"worker {n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(of[0].subscription.target for of in claimed) == sorted(f"-{n}" for n in range(40))
    assert {len(of) for of in claimed} == {3}


def test_a_lease_that_ran_out_is_claimed_again_with_the_same_key(store: SqlStore) -> None:
    store.subscriptions.subscribe(EVERYTHING, NOW)
    observe(store, make_observation(store, announcement(61), url="https://a.example/61.html"))
    (first,) = claim(store, now=NOW, owner="dead", lease=60)
    assert claim(store, now=NOW + timedelta(seconds=30), owner="heir", lease=60) == ()
    (second,) = claim(store, now=NOW + timedelta(seconds=61), owner="heir", lease=60)
    assert second.message == first.message
    assert second.attempts == 2


def test_a_worker_whose_lease_ran_out_settles_nothing(store: SqlStore) -> None:
    store.subscriptions.subscribe(EVERYTHING, NOW)
    observe(store, make_observation(store, announcement(61), url="https://a.example/61.html"))
    late = claim(store, now=NOW, owner="slow", lease=60)
    claim(store, now=NOW + timedelta(seconds=61), owner="heir", lease=60)
    store.outbox.mark_refused(late, owner="slow", reason="too late to say so", now=NOW)
    assert store.queries.list_refused_deliveries() == ()


def test_a_postponed_delivery_waits_and_a_sent_one_is_done(store: SqlStore) -> None:
    store.subscriptions.subscribe(EVERYTHING, NOW)
    observe(store, make_observation(store, announcement(61), url="https://a.example/61.html"))
    claimed = claim(store, now=NOW, owner="me", lease=60)
    store.outbox.reschedule(claimed, owner="me", reason="429", until=NOW + timedelta(minutes=5))
    assert claim(store, now=NOW, owner="me", lease=60) == ()
    again = claim(store, now=NOW + timedelta(minutes=5), owner="me", lease=60)
    mark_sent(store, again)
    assert claim(store, now=NOW + timedelta(days=1), owner="me", lease=60) == ()


def test_a_refused_delivery_is_shown_with_its_reason(store: SqlStore) -> None:
    store.subscriptions.subscribe(EVERYTHING, NOW)
    observe(store, make_observation(store, announcement(61), url="https://a.example/61.html"))
    store.outbox.mark_refused(
        claim(store, now=NOW, owner="me", lease=60), owner="me", reason="no such user", now=NOW
    )
    (refusal,) = store.queries.list_refused_deliveries()
    assert refusal.reason == "no such user"


def test_what_is_due_to_one_subscriber_leaves_together(store: SqlStore) -> None:
    store.subscriptions.subscribe(replace(EVERYTHING, rate="daily", at=time(8, 30)), NOW)
    for n in (61, 62, 63):
        observe(
            store,
            make_observation(
                store, announcement(n), url=f"https://a.example/{n}.html", words=f"第{n}号公告的正文。" * 20
            ),
        )
    assert claim(store, now=NOW, owner="me", lease=60) == ()
    assert len(claim(store, now=NOW + timedelta(days=1), owner="me", lease=60)) == 3


def test_a_digest_on_slack_is_as_many_messages_as_slack_has_room_for(store: SqlStore) -> None:
    store.subscriptions.subscribe(replace(EVERYTHING, channel="slack", target="C1"), NOW)
    for n in range(61, 84):
        observe(
            store,
            make_observation(
                store, announcement(n), url=f"https://a.example/{n}.html", words=f"第{n}号公告的正文。" * 20
            ),
        )
    claims = [claim(store, now=NOW, owner="me", lease=60) for _ in range(3)]
    assert [len(claimed) for claimed in claims] == [20, 3, 0]


def test_many_subscribers_are_claimed_at_once_each_with_all_that_leaves_as_one_message(
    store: SqlStore,
) -> None:
    for channel in ("apprise", "email", "console"):
        store.subscriptions.subscribe(replace(EVERYTHING, channel=channel, target=channel), NOW)
    for n in range(61, 68):
        seen = make_observation(
            store, announcement(n), url=f"https://a.example/{n}.html", words=f"第{n}号公告的正文。" * 20
        )
        observe(store, seen)
    claims = [store.outbox.claim(now=NOW, owner="me", lease=60, most=2) for _ in range(4)]
    found = [[(of[0].subscription.channel, len(of)) for of in claimed] for claimed in claims]
    assert found == [[("apprise", 5), ("email", 7)], [("console", 7), ("apprise", 2)], [], []]


def test_what_is_put_back_was_not_tried_and_is_claimed_first(store: SqlStore) -> None:
    store.subscriptions.subscribe(EVERYTHING, NOW)
    observe(store, make_observation(store, announcement(61), url="https://a.example/61.html"))
    first = claim(store, now=NOW, owner="me", lease=60)
    store.outbox.release(first, owner="another")
    assert claim(store, now=NOW, owner="me", lease=60) == ()
    store.outbox.release(first, owner="me")
    assert claim(store, now=NOW, owner="me", lease=60) == first


def test_what_may_have_left_is_tried_again_as_it_was_and_what_is_new_leaves_by_itself(
    store: SqlStore,
) -> None:
    store.subscriptions.subscribe(EVERYTHING, NOW)
    for n in (61, 62):
        observe(store, make_observation(store, announcement(n), url=f"https://a.example/{n}.html"))
    killed = claim(store, now=NOW, owner="killed", lease=60)
    observe(store, make_observation(store, announcement(63), url="https://a.example/63.html"))
    again = store.outbox.claim(now=NOW + timedelta(seconds=61), owner="heir", lease=60, most=9)
    assert [len(message) for message in again] == [2, 1]
    assert {delivery.message for delivery in again[0]} == {delivery.message for delivery in killed}
    assert again[1][0].message not in {delivery.message for delivery in killed}


def test_what_was_claimed_and_never_tried_leaves_with_what_came_meanwhile(store: SqlStore) -> None:
    store.subscriptions.subscribe(EVERYTHING, NOW)
    observe(store, make_observation(store, announcement(61), url="https://a.example/61.html"))
    store.outbox.release(claim(store, now=NOW, owner="me", lease=60), owner="me")
    observe(store, make_observation(store, announcement(62), url="https://a.example/62.html"))
    assert len(claim(store, now=NOW, owner="me", lease=60)) == 2


def test_of_a_group_only_what_is_still_ours_is_settled_as_sent(store: SqlStore) -> None:
    for target in ("a", "b"):
        store.subscriptions.subscribe(replace(EVERYTHING, target=target), NOW)
    observe(store, make_observation(store, announcement(61), url="https://a.example/61.html"))
    mine = claim(store, now=NOW, owner="me", lease=600)
    lost = claim(store, now=NOW, owner="me", lease=1)
    claim(store, now=NOW + timedelta(seconds=2), owner="heir", lease=60)
    group = [SentMessage(deliveries=of, receipt="1") for of in (lost, mine)]
    store.outbox.mark_sent(group, owner="me", now=NOW)
    again = store.outbox.claim(now=NOW + timedelta(days=1), owner="me", lease=60, most=9)
    assert [[delivery.key for delivery in of] for of in again] == [[lost[0].key]]


def tell(store: SqlStore, *numbers: int, at: datetime = NOW) -> None:
    """Tell the subscribers of several notices."""
    for n in numbers:
        seen = make_observation(
            store, announcement(n), url=f"https://a.example/{n}.html", words=f"第{n}号公告的正文。" * 20
        )
        observe(store, seen, at)


def test_what_is_due_to_one_target_by_several_subscriptions_leaves_together(store: SqlStore) -> None:
    for terms in ((), ("号公告",)):
        store.subscriptions.subscribe(replace(EVERYTHING, terms=terms), NOW)
    store.subscriptions.subscribe(replace(EVERYTHING, target="another"), NOW)
    store.subscriptions.subscribe(replace(EVERYTHING, channel="webhook"), NOW)
    tell(store, 61, 62)
    found = store.outbox.claim(now=NOW, owner="me", lease=60, most=9)
    claimed = sorted((of[0].subscription.channel, of[0].target, len(of)) for of in found)
    assert claimed == [("console", "-", 4), ("console", "another", 2), ("webhook", "-", 2)]
    for of in found:
        assert len({delivery.message for delivery in of}) == 1


def test_an_action_on_a_card_counts_for_every_subscription_that_it_was_sent_for(store: SqlStore) -> None:
    for _ in range(2):
        store.subscriptions.subscribe(EVERYTHING, NOW)
    tell(store, 61)
    sent = claim(store, now=NOW, owner="me", lease=60)
    mark_sent(store, sent)
    store.actions.record_action(sent[0].key, what="acknowledged", who="U1", targets=("-",), now=NOW)
    assert store.actions.list_alerts(open_only=True) == ()


GATHERED = ClaimScope(gather_bursts=True)


def leave(store: SqlStore, now: datetime) -> list[int]:
    """Send what may leave now; return the number of alerts of each message."""
    found = store.outbox.claim(now=now, owner="me", lease=60, most=9, scope=GATHERED)
    sent = [SentMessage(deliveries=of, receipt="r") for of in found]
    if sent:
        store.outbox.mark_sent(sent, owner="me", now=now)
    return [len(of) for of in found]


def test_what_follows_three_messages_within_a_minute_leaves_as_one_within_the_next(store: SqlStore) -> None:
    store.subscriptions.subscribe(EVERYTHING, NOW)
    found = []
    for second in range(70):
        now = NOW + timedelta(seconds=second)
        if second < 20:
            tell(store, 61 + second, at=now)
        found.append(leave(store, now))
    assert found[:3] == [[1], [1], [1]]
    late = [(second, sizes) for second, sizes in enumerate(found) if sizes and second > 2]
    ((second, sizes),) = late
    assert sizes == [17]
    assert second - 3 <= 50


def test_a_burst_to_one_target_delays_no_other_and_not_the_first_one_after_it(store: SqlStore) -> None:
    store.subscriptions.subscribe(EVERYTHING, NOW)
    for second in range(4):
        tell(store, 61 + second, at=NOW + timedelta(seconds=second))
        leave(store, NOW + timedelta(seconds=second))
    store.subscriptions.subscribe(replace(EVERYTHING, target="another"), NOW)
    tell(store, 70, at=NOW + timedelta(seconds=5))
    assert leave(store, NOW + timedelta(seconds=5)) == [1]
    assert leave(store, NOW + timedelta(seconds=70)) == [2]
    tell(store, 71, at=NOW + timedelta(minutes=5))
    assert leave(store, NOW + timedelta(minutes=5)) == [1, 1]
