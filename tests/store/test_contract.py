"""What any store must keep, on SQLite and on PostgreSQL."""

from __future__ import annotations

import multiprocessing
import threading
import time as time_module
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text
from sqlmodel import SQLModel

from controlwatch import migrations
from controlwatch.adapters.storage import SqlStore
from controlwatch.adapters.storage.engine import migrate
from controlwatch.core.alerting.decide import decide
from controlwatch.core.alerting.follow_up import DeliveredAlert, plan_escalation
from controlwatch.core.alerting.health_alerts import HealthAlert
from controlwatch.core.alerting.redline import fingerprint_text
from controlwatch.core.law.key_dates import find_key_dates
from controlwatch.core.model import (
    Alert,
    CategoryFinding,
    CodeFinding,
    Delivery,
    Direction,
    Document,
    DocumentNumber,
    EffectiveDate,
    KeyDate,
    Notice,
    NoticeKind,
    NoticeRef,
    Relation,
    Snapshot,
    Subscription,
    Verb,
)
from controlwatch.core.model.addresses import canonicalize_url
from controlwatch.core.model.state import (
    Decision,
    HealthNotice,
    NewReference,
    Observation,
    PlannedDelivery,
    PollReport,
    SentMessage,
    Validators,
    WatcherState,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from controlwatch.core.alerting.reminders import PlannedAlert

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
EVERYTHING = Subscription(channel="console", target="-")


def announcement(
    n: int, *, title: str = "公布对稀土相关物项实施出口管制的决定", category: str = "rare_earth.items"
) -> Notice:
    number = DocumentNumber(issuers=("MOFCOM", "GACC"), year=2026, n=n)
    return Notice(
        title=title,
        language="zh-Hans",
        number=number,
        issuers=("MOFCOM", "GACC"),
        kind=NoticeKind.ANNOUNCEMENT,
        published=date(2026, 3, 2),
        is_change=True,
        direction=Direction.TIGHTEN,
        effective=(EffectiveDate(start=date(2026, 4, 1), basis="stated", quote="自2026年4月1日起实施"),),
        categories=(CategoryFinding(id=category, quote="稀土"),),
        hs_codes=(CodeFinding(code="2846901100", quote="2846901100"),),
    )


def sight(
    store: SqlStore, notice: Notice, *, url: str, words: str = "", rings: bool = True, watcher: str = "w"
) -> Observation:
    """Shelve a reference and return the sight of its page."""
    store.references.track(
        watcher, [NewReference(ref=NoticeRef(url=url, title=notice.title), may_alert=rings)], NOW
    )
    due = store.references.find(watcher, url)
    assert due is not None
    body = (
        words
        or f"{notice.title}。决定对下列物项实施出口管制，出口经营者应当申请许可。本公告自2026年4月1日起实施。"
        * 2
    )
    return Observation(
        watcher=watcher,
        official=True,
        address=canonicalize_url(url),
        url=url,
        document=Document(url=url, title=notice.title, text=body),
        notice=notice,
        text=body,
        fingerprint=fingerprint_text(body),
        reference=due,
    )


def observe(store: SqlStore, seen: Observation, now: datetime = NOW) -> Decision:
    """Find what is known, decide and write, as one transaction."""
    with store.notices.transaction() as transaction:
        context = transaction.find_context(seen)
        decision = decide(seen, context, now=now)
        transaction.record(seen, context, decision, now=now, next_look_at=now + timedelta(hours=1))
    return decision


def follow_up(
    store: SqlStore, rule: Callable[[DeliveredAlert], PlannedAlert | None], now: datetime
) -> list[PlannedAlert]:
    """Ask a rule about every delivered alert, and write what it plans, as one transaction."""
    planned = []
    with store.actions.transaction() as transaction:
        for delivered in transaction.list_delivered(now=now):
            alert = rule(delivered)
            if alert is not None:
                transaction.record(delivered, alert, now=now)
                planned.append(alert)
    return planned


def claim(store: SqlStore, *, now: datetime, owner: str, lease: float) -> tuple[Delivery, ...]:
    """Claim one message."""
    return next(iter(store.outbox.claim(now=now, owner=owner, lease=lease, most=1)), ())


def sent(store: SqlStore, deliveries: Iterable[Delivery], receipt: str = "1.2") -> None:
    store.outbox.mark_sent([SentMessage(deliveries=tuple(deliveries), receipt=receipt)], owner="me", now=NOW)


def test_the_schema_that_migrations_build_is_the_one_that_the_tables_declare(
    database: str, store: SqlStore
) -> None:
    engine = create_engine(database)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"include_object": lambda _o, name, kind, *_: not str(name).startswith("notice_words")},
        )
        assert compare_metadata(context, SQLModel.metadata) == []
    engine.dispose()


def test_migrating_twice_is_migrating_once(database: str, store: SqlStore) -> None:
    engine = create_engine(database)
    migrate(engine)
    engine.dispose()


def test_instants_come_back_in_utc_and_naive_ones_are_refused(store: SqlStore) -> None:
    beijing_noon = datetime.fromisoformat("2026-03-02T12:00:00+08:00")
    store.references.track("w", [], beijing_noon)
    assert store.polling.load_state("w").first_poll_at == datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
    with pytest.raises(Exception, match="timezone"):
        store.references.track("w2", [], datetime(2026, 3, 2))  # noqa: DTZ001


def test_a_watcher_never_polled_is_new(store: SqlStore) -> None:
    assert store.polling.load_state("w").health == "new"
    assert store.polling.load_state("w").first_poll_at is None


def test_a_shelf_holds_each_address_once_whatever_its_scheme(store: SqlStore) -> None:
    for url in ("http://a.example/x.html", "https://a.example/x.html"):
        store.references.track("w", [NewReference(ref=NoticeRef(url=url, title="t"), may_alert=True)], NOW)
    assert len(store.references.list_due("w", NOW)) == 1
    assert store.references.find_tracked("w", ["a.example/x.html", "a.example/y.html"]) == {
        "a.example/x.html"
    }


def test_the_first_poll_is_marked_once(store: SqlStore) -> None:
    store.references.track("w", [], NOW)
    store.references.track("w", [], NOW + timedelta(days=1))
    assert store.polling.load_state("w").first_poll_at == NOW


def test_a_missed_reference_is_due_later_and_counts_as_unread(store: SqlStore) -> None:
    store.references.track(
        "w", [NewReference(ref=NoticeRef(url="https://a.example/x", title="t"), may_alert=True)], NOW
    )
    (due,) = store.references.list_due("w", NOW)
    store.references.record_fetch_failure(due, reason="HTTP 500", absent=False, now=NOW)
    assert store.references.list_due("w", NOW) == ()
    assert store.references.list_due("w", NOW + timedelta(hours=1))[0].failures == 1
    assert store.polling.load_state("w").unread == 1


def test_validators_are_echoed_and_forgotten(store: SqlStore) -> None:
    report = PollReport(watcher="w", started_at=NOW, outcome="unchanged")
    stamps = Validators(
        etag='"abc"', last_modified="Mon, 02 Mar 2026 00:00:00 GMT", sha256="0" * 64, not_modified=3
    )
    store.polling.record_poll(report, WatcherState(id="w"), keep={"u": stamps}, drop=(), now=NOW)
    assert store.polling.find_validators("u") == stamps
    store.polling.record_poll(report, WatcherState(id="w"), keep={}, drop=["u"], now=NOW)
    assert store.polling.find_validators("u") is None


def test_a_new_notice_its_alert_and_its_deliveries_are_written_together(store: SqlStore) -> None:
    store.subscriptions.subscribe(EVERYTHING, NOW)
    decision = observe(store, sight(store, announcement(61), url="https://a.example/61.html"))
    assert decision.alert is not None
    (delivery,) = claim(store, now=NOW, owner="me", lease=60)
    assert delivery.alert == decision.alert
    assert delivery.why == "subscribed to everything"


def test_an_error_while_deciding_leaves_nothing_behind(store: SqlStore) -> None:
    seen = sight(store, announcement(61), url="https://a.example/61.html")

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
    first = observe(store, sight(store, joint, url="https://a.example/10.html"))
    second = observe(store, sight(store, alone, url="https://b.example/other.html", watcher="v"))
    assert first.alert is not None
    assert second.alert is None
    record = store.queries.find_record("MOFCOM 2026-10")
    assert record is not None
    assert [standing.url for standing in record.standings] == [
        "https://a.example/10.html",
        "https://b.example/other.html",
    ]


def test_the_same_number_of_two_series_is_two_notices(store: SqlStore) -> None:
    observe(store, sight(store, announcement(54), url="https://a.example/54.html"))
    customs = replace(announcement(54), number=DocumentNumber(issuers=("GACC",), year=2026, n=54))
    decision = observe(store, sight(store, customs, url="https://c.example/54.html"))
    assert decision.change is not None
    assert decision.change.kind == "new"
    assert len(store.queries.list_notices()) == 2


def test_a_copy_with_other_words_is_flagged_and_not_told(store: SqlStore) -> None:
    observe(store, sight(store, announcement(61), url="https://a.example/61.html"))
    seen = sight(
        store,
        announcement(61),
        url="https://b.example/61.html",
        words="另一份措辞不同的副本，实施日期写作2026年5月1日。" * 3,
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
        sight(store, announcement(61), url=f"https://{host}.example/61.html", watcher=host)
        for host in ("a", "b", "c", "d")
    ]
    threads = [threading.Thread(target=observe, args=(store, seen)) for seen in sights]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claim(store, now=NOW, owner="me", lease=60)) == 1
    assert len(store.queries.list_notices()) == 1


def test_two_workers_never_lease_one_delivery(store: SqlStore) -> None:
    for number in range(4):
        store.subscriptions.subscribe(replace(EVERYTHING, target=f"-{number}"), NOW)
    observe(store, sight(store, announcement(61), url="https://a.example/61.html"))
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
        seen = sight(
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
    observe(store, sight(store, announcement(61), url="https://a.example/61.html"))
    (first,) = claim(store, now=NOW, owner="dead", lease=60)
    assert claim(store, now=NOW + timedelta(seconds=30), owner="heir", lease=60) == ()
    (second,) = claim(store, now=NOW + timedelta(seconds=61), owner="heir", lease=60)
    assert second.message == first.message
    assert second.attempts == 2


def test_a_worker_whose_lease_ran_out_settles_nothing(store: SqlStore) -> None:
    store.subscriptions.subscribe(EVERYTHING, NOW)
    observe(store, sight(store, announcement(61), url="https://a.example/61.html"))
    late = claim(store, now=NOW, owner="slow", lease=60)
    claim(store, now=NOW + timedelta(seconds=61), owner="heir", lease=60)
    store.outbox.mark_refused(late, owner="slow", reason="too late to say so", now=NOW)
    assert store.queries.list_refused_deliveries() == ()


def test_a_postponed_delivery_waits_and_a_sent_one_is_done(store: SqlStore) -> None:
    store.subscriptions.subscribe(EVERYTHING, NOW)
    observe(store, sight(store, announcement(61), url="https://a.example/61.html"))
    claimed = claim(store, now=NOW, owner="me", lease=60)
    store.outbox.reschedule(claimed, owner="me", reason="429", until=NOW + timedelta(minutes=5))
    assert claim(store, now=NOW, owner="me", lease=60) == ()
    again = claim(store, now=NOW + timedelta(minutes=5), owner="me", lease=60)
    sent(store, again)
    assert claim(store, now=NOW + timedelta(days=1), owner="me", lease=60) == ()


def test_a_refused_delivery_is_shown_with_its_reason(store: SqlStore) -> None:
    store.subscriptions.subscribe(EVERYTHING, NOW)
    observe(store, sight(store, announcement(61), url="https://a.example/61.html"))
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
            sight(
                store, announcement(n), url=f"https://a.example/{n}.html", words=f"第{n}号公告的正文。" * 20
            ),
        )
    assert claim(store, now=NOW, owner="me", lease=60) == ()
    assert len(claim(store, now=NOW + timedelta(days=1), owner="me", lease=60)) == 3


def test_a_digest_on_slack_is_as_many_messages_as_slack_has_room_for(store: SqlStore) -> None:
    store.subscriptions.subscribe(replace(EVERYTHING, channel="slack", target="C1"), NOW)
    for n in range(61, 68):
        observe(
            store,
            sight(
                store, announcement(n), url=f"https://a.example/{n}.html", words=f"第{n}号公告的正文。" * 20
            ),
        )
    claims = [claim(store, now=NOW, owner="me", lease=60) for _ in range(3)]
    assert [len(claimed) for claimed in claims] == [4, 3, 0]


def test_many_subscribers_are_claimed_at_once_each_with_all_that_leaves_as_one_message(
    store: SqlStore,
) -> None:
    for channel in ("slack", "email", "console"):
        store.subscriptions.subscribe(replace(EVERYTHING, channel=channel), NOW)
    for n in range(61, 68):
        seen = sight(
            store, announcement(n), url=f"https://a.example/{n}.html", words=f"第{n}号公告的正文。" * 20
        )
        observe(store, seen)
    claims = [store.outbox.claim(now=NOW, owner="me", lease=60, most=2) for _ in range(4)]
    found = [[(of[0].subscription.channel, len(of)) for of in claimed] for claimed in claims]
    assert found == [[("slack", 4), ("email", 7)], [("slack", 3), ("console", 7)], [], []]


def test_what_is_put_back_was_not_tried_and_is_claimed_first(store: SqlStore) -> None:
    store.subscriptions.subscribe(EVERYTHING, NOW)
    observe(store, sight(store, announcement(61), url="https://a.example/61.html"))
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
        observe(store, sight(store, announcement(n), url=f"https://a.example/{n}.html"))
    killed = claim(store, now=NOW, owner="killed", lease=60)
    observe(store, sight(store, announcement(63), url="https://a.example/63.html"))
    again = store.outbox.claim(now=NOW + timedelta(seconds=61), owner="heir", lease=60, most=9)
    assert [len(message) for message in again] == [2, 1]
    assert {delivery.message for delivery in again[0]} == {delivery.message for delivery in killed}
    assert again[1][0].message not in {delivery.message for delivery in killed}


def test_what_was_claimed_and_never_tried_leaves_with_what_came_meanwhile(store: SqlStore) -> None:
    store.subscriptions.subscribe(EVERYTHING, NOW)
    observe(store, sight(store, announcement(61), url="https://a.example/61.html"))
    store.outbox.release(claim(store, now=NOW, owner="me", lease=60), owner="me")
    observe(store, sight(store, announcement(62), url="https://a.example/62.html"))
    assert len(claim(store, now=NOW, owner="me", lease=60)) == 2


def test_of_a_group_only_what_is_still_ours_is_settled_as_sent(store: SqlStore) -> None:
    for target in ("a", "b"):
        store.subscriptions.subscribe(replace(EVERYTHING, target=target), NOW)
    observe(store, sight(store, announcement(61), url="https://a.example/61.html"))
    mine = claim(store, now=NOW, owner="me", lease=600)
    lost = claim(store, now=NOW, owner="me", lease=1)
    claim(store, now=NOW + timedelta(seconds=2), owner="heir", lease=60)
    group = [SentMessage(deliveries=of, receipt="1") for of in (lost, mine)]
    store.outbox.mark_sent(group, owner="me", now=NOW)
    again = store.outbox.claim(now=NOW + timedelta(days=1), owner="me", lease=60, most=9)
    assert [[delivery.key for delivery in of] for of in again] == [[lost[0].key]]


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


def test_an_ended_subscription_gets_nothing_more(store: SqlStore) -> None:
    number = store.subscriptions.subscribe(EVERYTHING, NOW)
    observe(store, sight(store, announcement(61), url="https://a.example/61.html"))
    store.subscriptions.unsubscribe(number)
    assert claim(store, now=NOW, owner="me", lease=60) == ()


PAUSED = Alert(
    kind="health-down", made_at=NOW, title="subscription 1 is paused", watcher="outbox", body="why"
)


def pause(store: SqlStore, deliveries: tuple[Delivery, ...], *, owner: str = "me") -> bool:
    told = [PlannedDelivery(subscription_id=2, due_at=NOW, why="health of the watchers")]
    return store.outbox.pause(deliveries, owner=owner, reason="550", alert=PAUSED, planned=told, now=NOW)


def two_subscribers(store: SqlStore) -> tuple[Delivery, ...]:
    """Subscription 1 has an alert in hand, subscription 2 cares for nothing that happened."""
    store.subscriptions.subscribe(EVERYTHING, NOW)
    store.subscriptions.subscribe(replace(EVERYTHING, categories=("battery",)), NOW)
    observe(store, sight(store, announcement(61), url="https://a.example/61.html"))
    return claim(store, now=NOW, owner="me", lease=60)


def test_pausing_keeps_what_is_due_tells_others_and_happens_once(store: SqlStore) -> None:
    claimed = two_subscribers(store)
    assert pause(store, claimed)
    assert not pause(store, claimed)
    assert [item.paused for item in store.subscriptions.list_active()] == ["550", ""]
    (told,) = claim(store, now=NOW, owner="me", lease=60)
    assert (told.alert, told.subscription.id) == (PAUSED, 2)
    sent(store, [told])
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


def test_two_processes_that_keep_the_clock_at_one_time_tell_an_alert_again_once(store: SqlStore) -> None:
    store.subscriptions.subscribe(replace(EVERYTHING, escalate_after=60), NOW)
    observe(store, sight(store, announcement(61), url="https://a.example/61.html"))
    sent(store, claim(store, now=NOW, owner="me", lease=60))
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
    observe(store, sight(store, announcement(61), url="https://a.example/61.html"))
    sent(store, claim(store, now=NOW, owner="me", lease=60))
    assert store.subscriptions.update(replace(store.subscriptions.list_active()[0], escalate_after=60))
    later = NOW + timedelta(hours=2)
    assert follow_up(store, partial(plan_escalation, now=later), later) == []
    observe(
        store, sight(store, announcement(62), url="https://a.example/62.html", words="另一公告的正文。" * 20)
    )
    sent(store, claim(store, now=NOW, owner="me", lease=60))
    (ringing,) = follow_up(store, partial(plan_escalation, now=later), later)
    assert ringing.alert.notice is not None
    assert ringing.alert.notice.number == announcement(62).number


def test_what_went_to_a_place_that_a_subscription_has_left_is_still_acted_on_there_and_begins_no_thread(
    store: SqlStore,
) -> None:
    store.subscriptions.subscribe(replace(EVERYTHING, channel="slack", target="C0OLD"), NOW)
    observe(store, sight(store, announcement(61), url="https://a.example/61.html"))
    (old,) = claim(store, now=NOW, owner="me", lease=60)
    sent(store, [old], receipt="1.2")
    assert store.subscriptions.update(replace(store.subscriptions.list_active()[0], target="C0NEW"))
    url, other = "https://a.example/61.html", "决定对下列物项实施出口管制，并作如下修改。" * 9
    observe(store, sight(store, announcement(61), url=url, words=other), NOW + timedelta(hours=1))
    (new,) = claim(store, now=NOW + timedelta(hours=1), owner="me", lease=60)
    assert (new.target, new.first_receipt) == ("C0NEW", "")
    assert store.actions.record_action(old.key, what="acknowledged", who="U1", targets=["C0OLD"], now=NOW)
    assert [line.target for line in store.actions.list_alerts()] == ["C0NEW", "C0OLD"]


def test_open_are_the_alerts_that_somebody_is_to_act_on_and_no_outlook_or_health(store: SqlStore) -> None:
    store.subscriptions.subscribe(replace(EVERYTHING, outlook=True, health=True), NOW)
    observe(store, sight(store, announcement(61), url="https://a.example/61.html"))
    for kind in ("outlook", "health-down"):
        alert = replace(PAUSED, kind=kind)
        store.outbox.enqueue_alert(alert, [PlannedDelivery(subscription_id=1, due_at=NOW, why="")])
    sent(store, claim(store, now=NOW, owner="me", lease=60))
    assert [line.kind for line in store.actions.list_alerts(open_only=True)] == ["new"]
    assert len(store.actions.list_alerts()) == 3


def one_mail(store: SqlStore) -> tuple[Delivery, ...]:
    """Two alerts that left in one mail to subscription 1; subscription 2 got nothing."""
    store.subscriptions.subscribe(replace(EVERYTHING, channel="email", target="desk@b.example"), NOW)
    store.subscriptions.subscribe(replace(EVERYTHING, categories=("battery",)), NOW)
    for n in (61, 62):
        observe(store, sight(store, announcement(n), url=f"https://a.example/{n}.html"))
    claimed = claim(store, now=NOW, owner="me", lease=60)
    assert len(claimed) == 2
    sent(store, claimed, receipt=f"<{claimed[0].key}@a.example>")
    return claimed


def come_back(store: SqlStore, key: str, *, alert: Alert | None = PAUSED) -> bool:
    mailed = store.outbox.find_sent_mail(key)
    assert mailed is not None
    told = [PlannedDelivery(subscription_id=2, due_at=NOW, why="health of the watchers")] if alert else []
    return store.outbox.record_bounce(mailed, reason="it came back", alert=alert, planned=told, now=NOW)


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
    assert come_back(store, first.key, alert=None)
    assert [item.paused for item in store.subscriptions.list_active()] == ["", ""]
    assert len(store.queries.list_refused_deliveries()) == 2
    assert store.outbox.retry_failed(NOW) == 2


def test_a_mail_is_known_by_its_key_whoever_its_subscriber_and_nothing_else_is(store: SqlStore) -> None:
    (waiting,) = two_subscribers(store)
    assert store.outbox.find_sent_mail(waiting.key) is None  # not a mail
    assert store.outbox.find_sent_mail("0" * 32) is None


def test_a_mail_that_is_not_settled_is_told_from_one_that_was_sent(store: SqlStore) -> None:
    store.subscriptions.subscribe(replace(EVERYTHING, channel="email", target="desk@b.example"), NOW)
    observe(store, sight(store, announcement(61), url="https://a.example/61.html"))
    (delivery,) = claim(store, now=NOW, owner="me", lease=60)
    leaving = store.outbox.find_sent_mail(delivery.key)
    sent(store, [delivery], receipt="<1@a.example>")
    store.subscriptions.unsubscribe(1)
    settled = store.outbox.find_sent_mail(delivery.key)
    assert leaving is not None
    assert settled is not None
    assert [(item.is_leaving, item.receipt, item.active) for item in (leaving, settled)] == [
        (True, "", True),
        (False, "<1@a.example>", False),
    ]


def test_an_address_that_is_not_confirmed_gets_no_alert_until_it_is(store: SqlStore) -> None:
    number = store.subscriptions.subscribe(replace(EVERYTHING, confirmed=False), NOW)
    observe(store, sight(store, announcement(61), url="https://a.example/61.html"))
    assert claim(store, now=NOW, owner="me", lease=60) == ()
    assert [
        store.subscriptions.confirm(number),
        store.subscriptions.confirm(number),
        store.subscriptions.confirm(99),
    ] == [True, True, False]
    other = announcement(62, title="另一件事")
    observe(store, sight(store, other, url="https://a.example/62.html", words="第62号公告的正文。" * 20))
    assert len(claim(store, now=NOW, owner="me", lease=60)) == 1
    store.subscriptions.unsubscribe(number)
    assert not store.subscriptions.confirm(number)


def test_whoever_subscribed_before_there_was_confirming_counts_as_confirmed(database: str) -> None:
    engine = create_engine(database)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        given = "'console', '-', '[]', '[]', '[]', '[]', '[]', '[]', 'immediate', '08:30:00', 0, 'UTC', 'en'"
        connection.execute(
            text(
                "INSERT INTO subscription (channel, target, categories, issuers, directions, destinations, "
                "hs_prefixes, terms, rate, at, weekday, timezone, language, reports, health, active, created_at) "
                f"VALUES ({given}, true, true, true, '2026-03-02 01:00:00')"
            )
        )
    engine.dispose()
    opened = SqlStore.open(database)
    (kept,) = opened.subscriptions.list_active()
    opened.close()
    assert (kept.confirmed, kept.paused) == (True, "")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("稀土", {61}),
        ("土相", {61}),
        ("镓", {62}),
        ("氮化镓", {62}),
        ("ndfeb", {61}),
        ("NdFeB", {61}),
        ("稀有", set()),
        ("实施出口管制", {61, 62}),
        ('"; DROP TABLE notice; --', set()),
        ("100%", {62}),
        ("1_0", set()),
        ("。", {61, 62}),
    ],
)
def test_chinese_words_of_any_length_are_found_and_nothing_else(
    store: SqlStore, wanted: str, found: set[int]
) -> None:
    observe(
        store,
        sight(
            store,
            announcement(61),
            url="https://a.example/61.html",
            words="对稀土相关物项 NdFeB 实施出口管制。" * 5,
        ),
    )
    gallium = announcement(62, title="公布对镓相关物项实施出口管制的决定", category="minor_metals.gallium")
    observe(
        store,
        sight(
            store, gallium, url="https://a.example/62.html", words="对氮化镓（纯度100%）实施出口管制。" * 5
        ),
    )
    assert {
        int(line.number.rpartition("-")[2])
        for line in store.queries.list_notices(containing=wanted)
        if line.number
    } == found


def test_lines_are_filtered_by_category_group_and_issuer(store: SqlStore) -> None:
    observe(store, sight(store, announcement(61), url="https://a.example/61.html"))
    assert [line.number for line in store.queries.list_notices(category="rare_earth")] == [
        "MOFCOM-GACC 2026-61"
    ]
    assert store.queries.list_notices(category="rare") == ()
    assert len(store.queries.list_notices(issuer="GACC")) == 1
    assert store.queries.list_notices(issuer="MOF") == ()
    assert store.queries.list_notices(since=NOW + timedelta(days=1)) == ()


def test_events_are_the_days_that_arrive(store: SqlStore) -> None:
    observe(store, sight(store, announcement(61), url="https://a.example/61.html"))
    (event,) = coming(store, date(2026, 3, 15), date(2026, 4, 1))
    assert (event.date, event.event, event.quote) == (
        date(2026, 4, 1),
        "takes effect",
        "自2026年4月1日起实施",
    )
    assert coming(store, date(2026, 4, 2), date(2026, 5, 1)) == ()


def coming(store: SqlStore, first: date, last: date) -> tuple[KeyDate, ...]:
    return find_key_dates(store.law.load_graph(store.law.list_keys_changed_between(first, last)), first, last)


def test_who_acts_on_a_notice_is_shown_with_it(store: SqlStore) -> None:
    observe(store, sight(store, announcement(55), url="https://a.example/55.html"))
    acting = replace(
        announcement(70),
        direction=Direction.SUSPEND,
        relations=(Relation(verb=Verb.SUSPENDS, target="MOFCOM-GACC 2026-55", quote="暂停实施第55号公告"),),
    )
    observe(store, sight(store, acting, url="https://a.example/70.html", words="暂停实施第55号公告。" * 20))
    record = store.queries.find_record("MOFCOM 2026-55")
    assert record is not None
    assert [(act.verb, act.key) for act in record.acts] == [("suspends", "MOFCOM 2026-70")]
    assert store.notices.find_categories(["MOFCOM 2026-55"]) == {"MOFCOM 2026-55": ("rare_earth.items",)}


def test_the_same_bytes_make_one_snapshot_and_other_bytes_another(store: SqlStore) -> None:
    snapshot = Snapshot(
        url="u", final_url="u", fetched_at=NOW, status=200, headers=(("etag", '"1"'),), body=b"a"
    )
    first = store.references.record_snapshot(snapshot, "a" * 64, "w")
    assert store.references.record_snapshot(snapshot, "a" * 64, "w") == first
    assert store.references.record_snapshot(snapshot, "b" * 64, "w") != first


def test_a_health_alert_reaches_its_subscribers(store: SqlStore) -> None:
    from controlwatch.core.alerting.routing import route_alert

    store.subscriptions.subscribe(EVERYTHING, NOW)
    store.subscriptions.subscribe(replace(EVERYTHING, health=False), NOW)
    alert = Alert(kind="health-down", made_at=NOW, title="blind", watcher="w", body="why")
    warned = HealthNotice(times=1, at=NOW, since=NOW, word="blind")
    assert store.polling.load_state("w").health == "new"
    with store.health.transaction() as transaction:
        assert transaction.load_notices() == {}
        deliveries = route_alert(alert, store.subscriptions.list_active(), now=NOW)
        transaction.record(HealthAlert(health_notices={"w": warned}, alert=alert), deliveries)
    with store.health.transaction() as transaction:
        assert transaction.load_notices() == {"w": warned}
        transaction.record(HealthAlert(health_notices={"w": None}), ())
    with store.health.transaction() as transaction:
        assert transaction.load_notices() == {}
    (delivery,) = claim(store, now=NOW, owner="me", lease=60)
    assert delivery.alert == alert
    assert claim(store, now=NOW, owner="me", lease=60) == ()


def _count_up(path: str, times: int) -> None:
    store = SqlStore.open(f"sqlite:///{path}")
    for _ in range(times):
        with store.engine.begin() as connection:
            value = connection.execute(text("SELECT not_modified FROM resource WHERE url = 'n'")).scalar_one()
            connection.execute(
                text("UPDATE resource SET not_modified = :v WHERE url = 'n'"), {"v": value + 1}
            )
    store.close()


@pytest.mark.slow
def test_three_processes_lose_no_update_on_sqlite(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = SqlStore.open(f"sqlite:///{path}")
    report = PollReport(watcher="w", started_at=NOW, outcome="unchanged")
    store.polling.record_poll(report, WatcherState(id="w"), keep={"n": Validators()}, drop=(), now=NOW)
    workers = [
        multiprocessing.get_context("spawn").Process(target=_count_up, args=(str(path), 100))
        for _ in range(3)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    with store.engine.begin() as connection:
        counted = connection.execute(text("SELECT not_modified FROM resource WHERE url = 'n'")).scalar_one()
    store.close()
    assert counted == 300


def test_files_of_the_store_are_private(tmp_path: Path) -> None:
    store = SqlStore.open(f"sqlite:///{tmp_path / 'state' / 'store.db'}")
    store.close()
    assert (tmp_path / "state").stat().st_mode & 0o077 == 0


def quiet(store: SqlStore, now: datetime, *, not_modified: int) -> None:
    """One quiet poll of the watcher w."""
    state = replace(store.polling.load_state("w"), last_success_at=now, last_poll_at=now)
    report = PollReport(watcher="w", started_at=now, outcome="unchanged")
    stamps = {"u": Validators(etag='"1"', not_modified=not_modified)}
    store.polling.record_poll(report, state, keep=stamps, drop=(), now=now)


def test_quiet_polls_are_seen_by_others_after_a_flush(database: str, store: SqlStore) -> None:
    store.references.track("w", [], NOW)
    for minutes in (10, 20, 30):
        quiet(store, NOW + timedelta(minutes=minutes), not_modified=minutes // 10)
    assert store.polling.load_state("w").last_success_at == NOW + timedelta(minutes=30)
    store.polling.flush()
    other = SqlStore.open(database)
    assert other.polling.load_state("w").last_success_at == NOW + timedelta(minutes=30)
    held = other.polling.find_validators("u")
    assert held is not None
    assert held.not_modified == 3
    other.close()


def test_what_another_process_shelved_is_due_after_a_flush(database: str, store: SqlStore) -> None:
    store.references.track("w", [], NOW)
    quiet(store, NOW, not_modified=1)
    other = SqlStore.open(database)
    other.references.track(
        "w", [NewReference(ref=NoticeRef(url="https://a.example/x", title="t"), may_alert=True)], NOW
    )
    other.close()
    quiet(store, NOW, not_modified=2)
    store.polling.flush()
    assert len(store.references.list_due("w", NOW)) == 1


def test_a_failure_ends_the_quiet_and_is_written_at_once(database: str, store: SqlStore) -> None:
    store.references.track("w", [], NOW)
    quiet(store, NOW, not_modified=1)
    failed = PollReport(watcher="w", started_at=NOW, outcome="failed", kind="timed-out", reason="no answer")
    store.polling.record_poll(
        failed,
        replace(store.polling.load_state("w"), failures=1, kind="timed-out"),
        keep={},
        drop=["u"],
        now=NOW,
    )
    other = SqlStore.open(database)
    assert other.polling.load_state("w").failures == 1
    assert other.polling.find_validators("u") is None
    other.close()
    assert store.polling.find_validators("u") is None
