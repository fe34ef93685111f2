"""A clock that ran ahead and is set back puts off nothing; the log of polls ends, evidence does not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from controlwatch.adapters.storage.base import ALERT, POLL, SNAPSHOT, VERSION
from controlwatch.core.alerting.system_alerts import name_source
from controlwatch.core.model import Subscription
from controlwatch.testing.sites import Answer
from tests.services.world import HOST, START, Page, World, tightening

AHEAD = timedelta(days=90)
TITLE = "关于对镓相关物项实施出口管制的公告"


@pytest.fixture
def ahead(w: World) -> World:
    """A world whose shelf was filled, and whose clock then jumped three months ahead."""
    w.ministry.publish(Page("/notices/art_0.html", "商务部召开座谈会", "会议部署了下一阶段任务。"))
    w.poll()
    w.ministry.publish(Page("/notices/art_1.html", TITLE, tightening(40)))
    w.now += AHEAD
    return w


def set_back(w: World) -> None:
    """Set the clock right, and let it do its round."""
    w.now = START + timedelta(hours=1)
    w.remind([w.watcher], now=w.now)


def told(w: World) -> list[str]:
    while any(w.deliverer.deliver(now=w.now)):
        pass
    return [card.heading for message in w.channel.messages for card in message.cards]


def test_what_was_told_while_the_clock_ran_ahead_leaves_once_it_is_right(ahead: World) -> None:
    ahead.poll()
    set_back(ahead)
    assert len(told(ahead)) == 1


def test_a_digest_made_while_the_clock_ran_ahead_does_not_wait_for_that_day(ahead: World) -> None:
    (old,) = ahead.store.subscriptions.list_active()
    ahead.store.subscriptions.unsubscribe(old.id)
    ahead.store.subscriptions.subscribe(Subscription(channel="console", target="-", rate="weekly"), START)
    ahead.poll()
    assert told(ahead) == []
    set_back(ahead)
    assert len(told(ahead)) == 1


def test_what_a_process_held_while_the_clock_ran_ahead_is_free_once_it_is_right(ahead: World) -> None:
    ahead.poll()
    assert ahead.store.outbox.claim(now=ahead.now, owner="killed", lease=300, most=9) != ()
    set_back(ahead)
    ahead.now += timedelta(minutes=1)
    assert len(told(ahead)) == 1


def test_a_page_that_did_not_answer_while_the_clock_ran_ahead_is_tried_again_at_once(ahead: World) -> None:
    ahead.sites.put(f"{HOST}/notices/art_1.html", Answer(status=500))
    ahead.poll()
    ahead.ministry.render()
    set_back(ahead)
    ahead.poll()
    assert len(told(ahead)) == 1


def test_a_source_that_is_blind_is_told_again_by_the_right_clock(ahead: World) -> None:
    ahead.sites.take_down(ahead.watcher.index.url)
    for _ in range(3):
        ahead.poll()
    set_back(ahead)
    for _ in range(2):
        ahead.poll(later=timedelta(days=1))
    heads = [heading for heading in told(ahead) if name_source(ahead.watcher)[0] in heading]
    assert len(heads) == 2
    assert "still not readable" in heads[1]


def test_the_log_of_polls_is_dropped_after_a_year_and_evidence_never(w: World) -> None:
    w.ministry.publish(Page("/notices/art_0.html", "商务部召开座谈会", "会议部署了下一阶段任务。"))
    w.poll()
    w.ministry.publish(Page("/notices/art_1.html", TITLE, tightening(40)))
    w.poll()
    before = _counts(w)
    w.remind([w.watcher], now=w.now + timedelta(days=401))
    after = _counts(w)
    assert before["poll"] > 0
    assert after["poll"] == 0
    assert {**after, "poll": 0, "alert": 0} == {**before, "poll": 0, "alert": 0}
    assert after["alert"] >= before["alert"]


def _counts(w: World) -> dict[str, int]:
    with w.store.engine.connect() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (POLL, SNAPSHOT, VERSION, ALERT)
        }
