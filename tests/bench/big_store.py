"""A store of 100,000 notices for the measurements, and of what a busy desk has beside them.

Notices are written past the pipeline: what is measured are answers, not taking in.
"""

from __future__ import annotations

import random
import secrets
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select

from controlwatch.adapters.storage import SqlStore
from controlwatch.adapters.storage.account_tables import ACCOUNT, AUDIT, LOGIN_SESSION
from controlwatch.adapters.storage.base import (
    ADDRESS,
    ALERT,
    ALERT_ACTION,
    DELIVERY,
    NOTICE,
    POLL,
    REVIEW,
    VERSION,
    alert_to_json,
    notice_to_json,
)
from controlwatch.adapters.storage.findings import LatestReading, write_findings_of_many
from controlwatch.core.model import (
    Alert,
    CategoryFinding,
    CodeFinding,
    Deadline,
    Direction,
    DocumentNumber,
    EffectiveDate,
    Entity,
    Notice,
    NoticeKind,
    Relation,
    Subscription,
    Verb,
)
from controlwatch.services.access import hash_token

NOTICES = 100_000
ACTS = 50  #: at most, by which notices of a category suspend, resume, extend or repeal earlier ones
BATCH = 2_000
ABOVE = 1_000_000  #: ids made here, beyond those of the register
DAYS = 6_000  #: over which the notices are spread, up to today
ISSUERS = (("MOFCOM",), ("MOFCOM", "GACC"), ("GACC",), ("CAEA",), ("State Council",))
PLACES = ("US", "JP", "TW", "EU", "KR")
VERBS = (Verb.SUSPENDS, Verb.REPEALS, Verb.EXTENDS, Verb.RESUMES)
#: Words of which texts are made; the rare one is in one notice of a thousand.
WORDS = (
    "出口经营者",
    "应当向商务部提出申请",
    "两用物项",
    "最终用户",
    "国家安全",
    "未经许可不得出口",
    "海关依法办理",
    "本公告自公布之日起实施",
)
RARE = "铟磷衬底外延片"
PARTY_LIST = "entity.control_list"

SUBSCRIPTIONS, ALERTS, DELIVERIES_EACH, REVIEWS, PEOPLE, AUDITED = 500, 3_000, 20, 300, 300, 50_000
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class MadeNotice:
    """A notice with its text."""

    notice: Notice
    text: str


class NoticeMaker:
    """Makes notices, the oldest first: one in eight changes the rules, one in fifty has no day.

    A third of the others is about the first category. Of the changes, one in three ends after a year, one in
    forty lists parties, and one in two hundred is a catalogue of many codes.
    """

    def __init__(self, categories: list[str], *, today: date) -> None:
        self._categories, self._today = categories, today
        self._rng = random.Random(7)
        self._acted: Counter[str] = Counter()
        self._earlier: defaultdict[str, list[str]] = defaultdict(list)

    def make(self, n: int) -> MadeNotice:
        """Return the notice of a number from 1 to `NOTICES`."""
        rng = self._rng
        issued = self._today - timedelta(days=(NOTICES - n) * DAYS // NOTICES)
        change = n // 8 if n % 8 == 0 else 0
        chosen = rng.sample(self._categories, k=1 if change else 2)
        if change and change % 40 == 0:
            chosen = [PARTY_LIST]
        elif not change and n % 3 == 0:
            chosen[0] = self._categories[0]
        number = DocumentNumber(issuers=("MOFCOM",), year=issued.year, n=n)
        body = "，".join(rng.choice(WORDS) for _ in range(60)) + (RARE if n % 1_000 == 0 else "")
        codes = tuple(self._make_codes(400 if change % 200 == 0 else 2)) if change else ()
        notice = Notice(
            title=f"公布对第{n}号物项实施出口管制的决定",
            language="zh-Hans",
            number=number,
            issuers=rng.choice(ISSUERS),
            kind=NoticeKind.ANNOUNCEMENT if change else NoticeKind.NEWS,
            published=issued if n % 50 else None,
            is_change=bool(change),
            direction=rng.choice(list(Direction)) if change else Direction.NEUTRAL,
            effective=(_make_days(issued, change),) if change else (),
            deadlines=self._make_deadlines(issued, change),
            categories=tuple(CategoryFinding(id=name, quote="两用物项") for name in chosen),
            destinations=(rng.choice(PLACES),) if n % 10 == 0 else (),
            hs_codes=codes,
            control_codes=tuple(
                CodeFinding(
                    code=f"{rng.randrange(10)}{rng.choice('ABCDE')}{rng.randrange(1000):03}", quote="编码"
                )
                for _ in codes[:5]
            ),
            entities=tuple(_make_parties(n)) if chosen == [PARTY_LIST] else (),
            relations=tuple(self._make_acts(chosen[0], number.canonical)) if change else (),
        )
        return MadeNotice(notice, body + "".join(f"\n{code.quote}" for code in codes))

    def _make_codes(self, count: int) -> Iterator[CodeFinding]:
        for _ in range(count):
            code = f"{self._rng.randrange(25, 95)}{self._rng.randrange(10**6):06}"
            yield CodeFinding(code=code, quote=f"参考海关商品编号：{code}")

    def _make_deadlines(self, issued: date, change: int) -> tuple[Deadline, ...]:
        if not change or change % 5:
            return ()
        return (Deadline(kind="comments", date=issued + timedelta(days=30), quote="国家安全"),)

    def _make_acts(self, category: str, number: str) -> Iterator[Relation]:
        earlier = self._earlier[category]
        if earlier and self._acted[category] < ACTS and self._rng.random() < 0.5:
            self._acted[category] += 1
            verb = VERBS[self._acted[category] % len(VERBS)]
            yield Relation(verb=verb, target=self._rng.choice(earlier), quote="未经许可不得出口")
        earlier.append(number)


def _make_days(issued: date, change: int) -> EffectiveDate:
    until = issued + timedelta(days=365) if change % 3 == 0 else None
    return EffectiveDate(start=issued, until=until, basis="stated", quote="本公告自公布之日起实施")


def _make_parties(n: int) -> Iterator[Entity]:
    for place in range(10):
        yield Entity(zh=f"样例{n}第{place}公司", en=f"Sample {n} Trading {place} Co., Ltd.", action="list")


def fill_store(
    store: SqlStore,
    categories: list[str],
    *,
    today: date,
    on_progress: Callable[[int], None] = lambda _count: None,
) -> None:
    """Write the notices in batches; `on_progress` is told how many there are after each."""
    maker = NoticeMaker(categories, today=today)
    for start in range(1, NOTICES + 1, BATCH):
        made = {ABOVE + n: maker.make(n) for n in range(start, start + BATCH)}
        with store.engine.begin() as connection:
            connection.execute(
                NOTICE.insert(), [_build_notice_row(key, one.notice) for key, one in made.items()]
            )
            connection.execute(ADDRESS.insert(), [_build_address_row(key) for key in made])
            connection.execute(VERSION.insert(), [_build_version_row(key, one) for key, one in made.items()])
            readings = [
                LatestReading(
                    notice_id=key, version_id=key, notice=one.notice, body=f"{one.notice.title}\n{one.text}"
                )
                for key, one in made.items()
            ]
            write_findings_of_many(readings, connection)
        on_progress(start + BATCH - 1)
    analyze(store)


def analyze(store: SqlStore) -> None:
    """Let the database count what it holds, as both do by themselves in the long run."""
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


def choose_changes(store: SqlStore, count: int, rng: random.Random) -> list[str]:
    """Return the keys of some of the notices that change the rules."""
    with store.engine.begin() as connection:
        keys = connection.execute(select(NOTICE.c.key).where(NOTICE.c.is_change, NOTICE.c.id > ABOVE))
        return rng.choices(keys.scalars().all(), k=count)


def find_largest(store: SqlStore) -> str:
    """Return the key of the newest catalogue."""
    with store.engine.begin() as connection:
        chosen = select(NOTICE.c.key).where(NOTICE.c.id == ABOVE + NOTICES // 1_600 * 1_600)
        return str(connection.execute(chosen).scalar_one())


def touch_store(store: SqlStore, n: int) -> None:
    """Add one more notice, so that what is kept in memory of the law is of no use any more."""
    row_id, today = ABOVE + NOTICES + n, datetime.now(UTC).date()
    notice = Notice(
        title=f"第{n}号消息",
        language="zh-Hans",
        number=DocumentNumber(issuers=("MOFCOM",), year=today.year, n=NOTICES + n),
        published=today,
        issuers=("MOFCOM",),
        kind=NoticeKind.NEWS,
    )
    with store.engine.begin() as connection:
        connection.execute(NOTICE.insert(), [_build_notice_row(row_id, notice)])
        connection.execute(ADDRESS.insert(), [_build_address_row(row_id)])
        connection.execute(VERSION.insert(), [_build_version_row(row_id, MadeNotice(notice, ""))])


def fill_desk(store: SqlStore, watchers: list[str], categories: list[str], *, now: datetime) -> str:
    """Add subscriptions, alerts with actions, reviews, polls, people and their log; return the token of a session."""
    rng = random.Random(11)
    numbers = [
        store.subscriptions.subscribe(
            Subscription(
                channel="email",
                target=f"desk{n}@reader.example",
                categories=tuple(rng.sample(categories, k=2)),
            ),
            now,
        )
        for n in range(SUBSCRIPTIONS)
    ]
    with store.engine.begin() as connection:
        connection.execute(ALERT.insert(), [_build_alert_row(n, now) for n in range(1, ALERTS + 1)])
        sent = [_build_delivery_row(n, rng.choice(numbers), now) for n in range(ALERTS * DELIVERIES_EACH)]
        unique = {(row["alert_id"], row["subscription_id"]): row for row in sent}
        connection.execute(DELIVERY.insert(), list(unique.values()))
        connection.execute(
            ALERT_ACTION.insert(),
            [
                {"delivery_id": row["id"], "what": "acknowledged", "who": "li.wei", "note": "", "at": now}
                for row in unique.values()
                if row["closed_at"]
            ],
        )
        connection.execute(REVIEW.insert(), [_build_review_row(n, now) for n in range(1, REVIEWS + 1)])
        polls = [
            {
                "watcher_id": watcher,
                "started_at": now - timedelta(hours=6 * turn),
                "outcome": "failed" if rng.random() < 0.05 else "new",
            }
            for watcher in watchers
            for turn in range(4 * 90)
        ]
        connection.execute(POLL.insert(), polls)
        people = [_build_account_row(n, now) for n in range(PEOPLE)]
        operator = connection.execute(insert(ACCOUNT).returning(ACCOUNT.c.id), people).scalars().first()
        connection.execute(AUDIT.insert(), [_build_audit_row(n, now) for n in range(AUDITED)])
        token = secrets.token_urlsafe(32)
        session = {"account_id": operator, "hash": hash_token(token), "agent": "bench", "created_at": now}
        connection.execute(
            LOGIN_SESSION.insert(), [session | {"used_at": now, "expires_at": now + timedelta(days=1)}]
        )
    analyze(store)
    return token


def _build_notice_row(key: int, notice: Notice) -> Row:
    assert notice.number is not None
    return {
        "id": key,
        "key": notice.number.key,
        "number": notice.number.canonical,
        "title": notice.title,
        "kind": notice.kind.value,
        "issuers": list(notice.issuers),
        "published": notice.published,
        "is_change": notice.is_change,
        "direction": notice.direction.value,
        "official": True,
        "rung": False,
        "watcher_id": "bench",
        "url": f"https://bench.example/{key}.html",
        "first_seen_at": datetime.now(UTC) - timedelta(days=1),
        "version_id": key,
    }


def _build_address_row(key: int) -> Row:
    url = f"https://bench.example/{key}.html"
    common = {
        "id": key,
        "notice_id": key,
        "watcher_id": "bench",
        "first_seen_at": datetime.now(UTC),
        "differs": False,
    }
    return common | {"address": url, "url": url}


def _build_version_row(key: int, made: MadeNotice) -> Row:
    common = {
        "kind": "new",
        "made_at": datetime.now(UTC),
        "fingerprint": "",
        "fallback": False,
        "quiet_because": "",
    }
    ids: Row = {"id": key, "notice_id": key, "address_id": key, "redline": [], "moved": []}
    return (
        common | ids | {"title": made.notice.title, "text": made.text, "reading": notice_to_json(made.notice)}
    )


def _build_alert_row(n: int, now: datetime) -> Row:
    made_at, title = now - timedelta(hours=ALERTS - n), f"第{n}号公告"
    alert = Alert(kind="new", made_at=made_at, title=title, watcher="bench")
    about = ABOVE + NOTICES - ALERTS + n
    return {
        "id": n,
        "kind": "new",
        "made_at": made_at,
        "title": title,
        "watcher_id": "bench",
        "notice_id": about,
        "version_id": about,
        "payload": alert_to_json(alert),
    }


def _build_delivery_row(n: int, subscription: int, now: datetime) -> Row:
    """Return a delivery; of the newest alerts, half are open."""
    alert = 1 + n // DELIVERIES_EACH
    sent_at = now - timedelta(hours=ALERTS - alert)
    is_open = alert > ALERTS - 200 and n % 2
    return {
        "id": 1 + n,
        "alert_id": alert,
        "subscription_id": subscription,
        "state": "sent",
        "channel": "email",
        "addressee": "",
        "due_at": sent_at,
        "sent_at": sent_at,
        "closed_at": None if is_open else sent_at,
        "key": f"bench{n}",
        "message": f"bench{n}",
        "receipt": "1",
    }


def _build_review_row(n: int, now: datetime) -> Row:
    about = ABOVE + NOTICES - 8 * n + 1
    return {"notice_id": about, "version_id": about, "raised_at": now - timedelta(hours=n), "alerted": True}


def _build_account_row(n: int, now: datetime) -> Row:
    role = "reader" if n else "operator"
    name = f"person.{n}"
    return {"name": name, "email": f"{name}@desk.example", "role": role, "language": "en", "created_at": now}


def _build_audit_row(n: int, now: datetime) -> Row:
    common = {
        "who": f"person.{n % PEOPLE}",
        "what": "login",
        "subject": "password",
        "detail": "",
        "address": "::1",
    }
    return common | {"at": now - timedelta(minutes=n)}
