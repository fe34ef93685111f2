"""Steps that the tests of the store share: a notice, its observation, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from controlwatch.adapters.storage import SqlStore
from controlwatch.core.alerting.decide import decide
from controlwatch.core.alerting.delivery_failures import PausePlan
from controlwatch.core.alerting.follow_up import DeliveredAlert
from controlwatch.core.alerting.notice_matching import match_notice
from controlwatch.core.alerting.redline import fingerprint_text
from controlwatch.core.alerting.reminders import PlannedAlert
from controlwatch.core.model import (
    Alert,
    CategoryFinding,
    CodeFinding,
    Delivery,
    Direction,
    Document,
    DocumentNumber,
    EffectiveDate,
    Notice,
    NoticeKind,
    NoticeRef,
    Subscription,
)
from controlwatch.core.model.addresses import canonicalize_url
from controlwatch.core.model.state import (
    Decision,
    NewReference,
    Observation,
    PlannedDelivery,
    SentMessage,
)

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
#: The issuers of the sources that these tests know.
ISSUERS = {"w": "MOFCOM", "v": "MOFCOM", "customs": "GACC", "cabinet": "State Council"}
EVERYTHING = Subscription(channel="console", target="-")


PAUSED = Alert(
    kind="health-down", made_at=NOW, title="subscription 1 is paused", watcher="outbox", body="why"
)

#: The pause of subscription 1, of which subscription 2 is alerted.
PAUSE = PausePlan(
    subscription_id=1,
    reason="it came back",
    alert=PAUSED,
    deliveries=(PlannedDelivery(subscription_id=2, due_at=NOW, why="health of the watchers"),),
)


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


def make_observation(
    store: SqlStore, notice: Notice, *, url: str, words: str = "", rings: bool = True, watcher: str = "w"
) -> Observation:
    """Track a reference and return the observation of its page."""
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
    """Find what is known, decide and write, in one transaction."""
    with store.notices.transaction() as transaction:
        found = transaction.find_context(seen)
        match = match_notice(seen, found, ISSUERS)
        seen, context = match.observation, replace(found, known=match.known, displaced=match.displaced)
        decision = decide(seen, context, now=now)
        transaction.record(seen, context, decision, now=now, next_look_at=now + timedelta(hours=1))
    return decision


def follow_up(
    store: SqlStore, rule: Callable[[DeliveredAlert], PlannedAlert | None], now: datetime
) -> list[PlannedAlert]:
    """Apply a rule to every delivered alert, and write what it plans, in one transaction."""
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


def mark_sent(store: SqlStore, deliveries: Iterable[Delivery], receipt: str = "1.2") -> None:
    store.outbox.mark_sent([SentMessage(deliveries=tuple(deliveries), receipt=receipt)], owner="me", now=NOW)


def two_subscribers(store: SqlStore) -> tuple[Delivery, ...]:
    """Claim an alert for subscription 1; it does not concern subscription 2."""
    store.subscriptions.subscribe(EVERYTHING, NOW)
    store.subscriptions.subscribe(replace(EVERYTHING, categories=("battery",)), NOW)
    observe(store, make_observation(store, announcement(61), url="https://a.example/61.html"))
    return claim(store, now=NOW, owner="me", lease=60)
