"""What a lane asks of the outbox: what is due by one channel, to some targets, and what waits."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from controlwatch.adapters.storage import SqlStore
from controlwatch.core.model import Delivery
from controlwatch.core.model.state import ClaimScope
from tests.store.steps import (
    EVERYTHING,
    NOW,
    PAUSE,
    announcement,
    claim,
    make_observation,
    mark_sent,
    observe,
)


def hooks(store: SqlStore) -> None:
    """Let an alert be due to three webhooks and one mail address."""
    for channel, target in (("webhook", "a"), ("webhook", "b"), ("webhook", "c"), ("email", "d@e.example")):
        store.subscriptions.subscribe(replace(EVERYTHING, channel=channel, target=target), NOW)
    observe(store, make_observation(store, announcement(61), url="https://a.example/61.html"))


def claimed(store: SqlStore, scope: ClaimScope) -> set[str]:
    found = store.outbox.claim(now=NOW, owner="me", lease=60, most=9, scope=scope)
    targets = {group[0].subscription.target for group in found}
    store.outbox.release([delivery for group in found for delivery in group], owner="me")
    return targets


@pytest.mark.parametrize(
    ("scope", "targets"),
    [
        (ClaimScope(), {"a", "b", "c", "d@e.example"}),
        (ClaimScope(channel="webhook"), {"a", "b", "c"}),
        (ClaimScope(channel="webhook", without=("a", "c")), {"b"}),
        (ClaimScope(channel="webhook", only=("a", "c")), {"a", "c"}),
        (ClaimScope(channel="slack"), set()),
    ],
)
def test_a_lane_claims_what_is_due_in_its_scope(
    store: SqlStore, scope: ClaimScope, targets: set[str]
) -> None:
    hooks(store)
    assert store.outbox.list_due_channels(now=NOW) == {"webhook", "email"}
    assert claimed(store, scope) == targets


def take(store: SqlStore, target: str) -> tuple[Delivery, ...]:
    scope = ClaimScope(only=(target,))
    return store.outbox.claim(now=NOW, owner="me", lease=60, most=1, scope=scope)[0]


def test_what_failed_in_this_call_is_not_due_again_in_it_and_waits_with_its_reason(store: SqlStore) -> None:
    hooks(store)
    soon = NOW + timedelta(seconds=30)
    store.outbox.reschedule(take(store, "a"), owner="me", reason="503", until=soon)
    later = NOW + timedelta(minutes=1)
    assert store.outbox.list_due_channels(now=later, retry_due=NOW) == {"webhook", "email"}
    found = store.outbox.claim(
        now=later, owner="me", lease=60, most=9, scope=ClaimScope(channel="webhook", retry_due=NOW)
    )
    assert {group[0].subscription.target for group in found} == {"b", "c"}
    (trouble,) = store.health.list_channel_troubles()
    assert (trouble.channel, trouble.reason, trouble.waiting, trouble.tries) == ("webhook", "503", 1, 1)
    assert trouble.since == NOW


def test_when_another_target_was_paused_is_known(store: SqlStore) -> None:
    hooks(store)
    assert store.outbox.find_last_pause("webhook", except_target="b") is None
    assert store.outbox.pause(take(store, "a"), owner="me", plan=PAUSE, now=NOW)
    assert store.outbox.find_last_pause("webhook", except_target="b") == NOW
    assert store.outbox.find_last_pause("webhook", except_target="A") is None
    assert store.outbox.find_last_pause("email", except_target="b") is None


def test_what_was_given_up_and_left_after_all_is_settled_as_sent(store: SqlStore) -> None:
    store.subscriptions.subscribe(EVERYTHING, NOW)
    observe(store, make_observation(store, announcement(61), url="https://a.example/61.html"))
    given_up = claim(store, now=NOW, owner="me", lease=60)
    store.outbox.reschedule(given_up, owner="me", reason="given up", until=NOW + timedelta(seconds=30))
    mark_sent(store, given_up)
    assert claim(store, now=NOW + timedelta(days=1), owner="me", lease=60) == ()
