"""Notices in the store: which observations belong to one notice, written in one transaction."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from controlwatch.adapters.storage import SqlStore
from controlwatch.core.alerting.decide import decide
from controlwatch.core.model import (
    Direction,
    DocumentNumber,
    Relation,
    Verb,
)
from tests.store.steps import (
    EVERYTHING,
    NOW,
    announcement,
    claim,
    make_observation,
    observe,
)


def test_a_new_notice_its_alert_and_its_deliveries_are_written_together(store: SqlStore) -> None:
    store.subscriptions.subscribe(EVERYTHING, NOW)
    decision = observe(store, make_observation(store, announcement(61), url="https://a.example/61.html"))
    assert decision.alert is not None
    (delivery,) = claim(store, now=NOW, owner="me", lease=60)
    assert delivery.alert == decision.alert
    assert delivery.why == "subscribed to everything"


def test_an_error_while_deciding_leaves_nothing_behind(store: SqlStore) -> None:
    seen = make_observation(store, announcement(61), url="https://a.example/61.html")

    def record_and_fail() -> None:
        with store.notices.transaction() as transaction:
            context = transaction.find_context(seen)
            transaction.record(seen, context, decide(seen, context, now=NOW), now=NOW, next_look_at=None)
            raise RuntimeError("killed here")

    with pytest.raises(RuntimeError):
        record_and_fail()
    assert store.queries.list_notices() == ()
    assert store.references.list_due("w", NOW) != ()


def test_a_joint_notice_printed_with_one_issuer_is_the_same_notice(store: SqlStore) -> None:
    store.subscriptions.subscribe(EVERYTHING, NOW)
    joint, alone = announcement(10), announcement(10)
    alone = replace(alone, number=DocumentNumber(issuers=("MOFCOM",), year=2026, n=10))
    first = observe(store, make_observation(store, joint, url="https://a.example/10.html"))
    second = observe(store, make_observation(store, alone, url="https://b.example/other.html", watcher="v"))
    assert first.alert is not None
    assert second.alert is None
    record = store.queries.find_record("MOFCOM 2026-10")
    assert record is not None
    assert [standing.url for standing in record.standings] == [
        "https://a.example/10.html",
        "https://b.example/other.html",
    ]


def test_the_same_number_of_two_series_is_two_notices(store: SqlStore) -> None:
    observe(store, make_observation(store, announcement(54), url="https://a.example/54.html"))
    customs = replace(announcement(54), number=DocumentNumber(issuers=("GACC",), year=2026, n=54))
    decision = observe(store, make_observation(store, customs, url="https://c.example/54.html"))
    assert decision.change is not None
    assert decision.change.kind == "new"
    assert len(store.queries.list_notices()) == 2


def test_a_copy_with_a_few_other_words_is_flagged_and_not_told(store: SqlStore) -> None:
    words = "根据有关法律规定，经批准，决定对下列物项实施出口管制，自2026年4月1日起实施，未经许可不得出口。"
    observe(store, make_observation(store, announcement(61), url="https://a.example/61.html", words=words))
    seen = make_observation(
        store, announcement(61), url="https://b.example/61.html", words=words.replace("4月", "5月")
    )
    decision = observe(store, seen)
    assert decision.change is not None
    assert decision.change.kind == "copy"
    assert decision.alert is None
    record = store.queries.find_record("MOFCOM 2026-61")
    assert record is not None
    assert [standing.differs for standing in record.standings] == [False, True]


def test_two_threads_that_see_one_notice_at_one_time_alert_once(store: SqlStore) -> None:
    store.subscriptions.subscribe(EVERYTHING, NOW)
    sights = [
        make_observation(store, announcement(61), url=f"https://{host}.example/61.html", watcher=host)
        for host in ("a", "b", "c", "d")
    ]
    threads = [threading.Thread(target=observe, args=(store, seen)) for seen in sights]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claim(store, now=NOW, owner="me", lease=60)) == 1
    assert len(store.queries.list_notices()) == 1


def test_who_acts_on_a_notice_is_shown_with_it(store: SqlStore) -> None:
    observe(store, make_observation(store, announcement(55), url="https://a.example/55.html"))
    acting = replace(
        announcement(70),
        direction=Direction.SUSPEND,
        relations=(Relation(verb=Verb.SUSPENDS, target="MOFCOM-GACC 2026-55", quote="暂停实施第55号公告"),),
    )
    observe(
        store,
        make_observation(store, acting, url="https://a.example/70.html", words="暂停实施第55号公告。" * 20),
    )
    record = store.queries.find_record("MOFCOM 2026-55")
    assert record is not None
    assert [(act.verb, act.key) for act in record.acts] == [("suspends", "MOFCOM 2026-70")]
    assert store.notices.find_categories(["MOFCOM 2026-55"]) == {"MOFCOM 2026-55": ("rare_earth.items",)}
