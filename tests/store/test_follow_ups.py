"""Actions on alerts and escalations in the store."""

from __future__ import annotations

import threading
import time as time_module
from dataclasses import replace
from datetime import timedelta
from functools import partial

from controlwatch.adapters.storage import SqlStore
from controlwatch.core.alerting.follow_up import DeliveredAlert, plan_escalation
from controlwatch.core.alerting.reminders import PlannedAlert
from controlwatch.core.model.state import (
    PlannedDelivery,
)
from tests.store.steps import (
    EVERYTHING,
    NOW,
    PAUSED,
    announcement,
    claim,
    follow_up,
    make_observation,
    mark_sent,
    observe,
)


def test_two_processes_that_keep_the_clock_at_one_time_tell_an_alert_again_once(store: SqlStore) -> None:
    store.subscriptions.subscribe(replace(EVERYTHING, escalate_after=60), NOW)
    observe(store, make_observation(store, announcement(61), url="https://a.example/61.html"))
    mark_sent(store, claim(store, now=NOW, owner="me", lease=60))
    later = NOW + timedelta(hours=2)
    rings: list[PlannedAlert] = []

    def rule(told: DeliveredAlert) -> PlannedAlert | None:
        time_module.sleep(0.3)
        return plan_escalation(told, now=later)

    def keep_the_clock() -> None:
        rings.extend(follow_up(store, rule, later))

    threads = [threading.Thread(target=keep_the_clock) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rings) == 1


def test_what_went_out_before_anything_was_to_be_told_again_is_not(store: SqlStore) -> None:
    store.subscriptions.subscribe(EVERYTHING, NOW)
    observe(store, make_observation(store, announcement(61), url="https://a.example/61.html"))
    mark_sent(store, claim(store, now=NOW, owner="me", lease=60))
    assert store.subscriptions.update(replace(store.subscriptions.list_active()[0], escalate_after=60))
    later = NOW + timedelta(hours=2)
    assert follow_up(store, partial(plan_escalation, now=later), later) == []
    observe(
        store,
        make_observation(
            store, announcement(62), url="https://a.example/62.html", words="另一公告的正文。" * 20
        ),
    )
    mark_sent(store, claim(store, now=NOW, owner="me", lease=60))
    (ringing,) = follow_up(store, partial(plan_escalation, now=later), later)
    assert ringing.alert.notice is not None
    assert ringing.alert.notice.number == announcement(62).number


def test_what_went_to_a_place_that_a_subscription_has_left_is_still_acted_on_there_and_begins_no_thread(
    store: SqlStore,
) -> None:
    store.subscriptions.subscribe(replace(EVERYTHING, channel="slack", target="C0OLD"), NOW)
    observe(store, make_observation(store, announcement(61), url="https://a.example/61.html"))
    (old,) = claim(store, now=NOW, owner="me", lease=60)
    mark_sent(store, [old], receipt="1.2")
    assert store.subscriptions.update(replace(store.subscriptions.list_active()[0], target="C0NEW"))
    url, other = "https://a.example/61.html", "决定对下列物项实施出口管制，并作如下修改。" * 9
    observe(store, make_observation(store, announcement(61), url=url, words=other), NOW + timedelta(hours=1))
    (new,) = claim(store, now=NOW + timedelta(hours=1), owner="me", lease=60)
    assert (new.target, new.first_receipt) == ("C0NEW", "")
    assert store.actions.record_action(old.key, what="acknowledged", who="U1", targets=["C0OLD"], now=NOW)
    assert [line.target for line in store.actions.list_alerts()] == ["C0NEW", "C0OLD"]


def test_open_are_the_alerts_that_somebody_is_to_act_on_and_no_outlook_or_health(store: SqlStore) -> None:
    store.subscriptions.subscribe(replace(EVERYTHING, outlook=True, health=True), NOW)
    observe(store, make_observation(store, announcement(61), url="https://a.example/61.html"))
    for kind in ("outlook", "health-down"):
        alert = replace(PAUSED, kind=kind)
        store.outbox.enqueue_alert(alert, [PlannedDelivery(subscription_id=1, due_at=NOW, why="")])
    mark_sent(store, claim(store, now=NOW, owner="me", lease=60))
    assert [line.kind for line in store.actions.list_alerts(open_only=True)] == ["new"]
    assert len(store.actions.list_alerts()) == 3
