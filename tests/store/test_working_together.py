"""Several workers on one database: what one does, no other does; what a dead one left, another takes up."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import make_url, text
from sqlalchemy.exc import IntegrityError

from controlwatch.adapters.channels.slack import SlackChannel
from controlwatch.adapters.storage import SqlStore
from controlwatch.adapters.storage.fanout import PAGE, has_unrouted_alerts, note_other_pages
from controlwatch.adapters.storage.new_deliveries import wake_at_commit
from controlwatch.adapters.storage.poll_schedule import list_due_hosts, release_dead_polls, take_due_ticks
from controlwatch.adapters.storage.shared_turns import SharedTurns, release_dead_turns
from controlwatch.adapters.storage.worker_registry import DEAD_AFTER, WorkerIdentity
from controlwatch.adapters.system.job_queue import Crew, Job, JobQueue, QueueLost
from controlwatch.adapters.system.poll_times import compute_next_poll
from controlwatch.adapters.system.spread_polls import LONGEST_SPREAD, compute_offset, compute_spread_poll
from controlwatch.bootstrap.cluster import wake_deliveries
from controlwatch.core.model import Snapshot, Subscription
from controlwatch.core.model.state import PlannedDelivery, PollReport
from controlwatch.core.sources.watcher import Schedule
from controlwatch.engine.cluster_engine import DatabaseClock
from controlwatch.testing.sites import Sites
from controlwatch.testing.slack import SlackStandIn
from tests.channels.test_slack import MESSAGE
from tests.services.world import WATCHER
from tests.store.conftest import create_database
from tests.store.postgres import drop_schema
from tests.store.steps import EVERYTHING, NOW, PAUSED
from tests.waiting import PATIENCE, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def shared(postgres: str, template: str) -> Iterator[SqlStore]:
    store = SqlStore.open(create_database(postgres, template=template), is_cluster=True)
    yield store
    store.close()


@pytest.fixture
def queue(shared: SqlStore) -> JobQueue:
    found = JobQueue(make_url(shared.engine.url))
    with shared.engine.begin() as connection:
        found.install(connection)
    return found


def identity(name: str) -> WorkerIdentity:
    return WorkerIdentity(id=f"worker:{name}", machine="here", engine="postgresql", version="1", revision="1")


def planned(number: int) -> PlannedDelivery:
    return PlannedDelivery(subscription_id=number, due_at=NOW, why="health of the watchers")


def count(connection: Connection, queue: JobQueue) -> int:
    return sum(queue.count_waiting(connection).values())


def die(store: SqlStore, name: str) -> None:
    """Let a worker have given no sign of life for long."""
    with store.engine.begin() as connection:
        past = f"clock_timestamp() - interval '{DEAD_AFTER + 1} seconds'"
        connection.execute(
            text(f"UPDATE worker SET beat_at = {past} WHERE id = :id"), {"id": f"worker:{name}"}
        )


# ------------------------------------------------------------------- the queue


def test_a_job_that_waits_already_is_left_alone_and_ends_no_transaction(
    shared: SqlStore, queue: JobQueue
) -> None:
    job = Job(name="poll_host", argument="a.example", queue="polls")
    with shared.engine.begin() as connection:
        queue.enqueue(connection, [job, job])
        queue.enqueue(connection, [job])
        connection.execute(text("INSERT INTO tick (name, next_at) VALUES ('mine', now())"))
    with shared.engine.begin() as connection:
        assert queue.count_waiting(connection) == {"polls": 1}
        assert connection.execute(text("SELECT count(*) FROM tick")).scalar() == 1


def test_workers_are_woken_by_the_transaction_that_writes_a_delivery_and_by_none_that_fails(
    shared: SqlStore, queue: JobQueue
) -> None:
    number = shared.subscriptions.subscribe(Subscription(channel="webhook", target="https://x.example"), NOW)
    wake_at_commit(shared.engine, lambda connection: wake_deliveries(queue, ["email"], connection))
    with pytest.raises(IntegrityError):
        shared.outbox.enqueue_alert(PAUSED, [planned(number), planned(10_000)])
    with shared.engine.begin() as connection:
        assert count(connection, queue) == 0
    shared.outbox.enqueue_alert(PAUSED, [planned(number)])
    with shared.engine.begin() as connection:
        assert count(connection, queue) == 1


def test_a_queue_that_is_gone_costs_no_alert_and_is_made_again(shared: SqlStore, queue: JobQueue) -> None:
    number = shared.subscriptions.subscribe(Subscription(channel="webhook", target="https://x.example"), NOW)
    wake_at_commit(shared.engine, lambda connection: wake_deliveries(queue, ["email"], connection))
    drop_schema(shared.engine, queue.schema)
    shared.outbox.enqueue_alert(PAUSED, [planned(number)])
    assert shared.outbox.list_due_channels(now=NOW + timedelta(days=1)) == {"webhook"}
    with shared.engine.begin() as connection:
        assert queue.install(connection)
        assert not queue.install(connection)
        queue.enqueue(connection, [Job(name="deliver", argument="webhook:0", queue="service")])
        assert count(connection, queue) == 1


def test_workers_are_woken_for_an_alert_that_is_still_to_be_routed(shared: SqlStore, queue: JobQueue) -> None:
    shared.outbox.enqueue_alert(PAUSED, [])
    wake_at_commit(shared.engine, lambda connection: wake_deliveries(queue, ["email"], connection))
    page = tuple(replace(EVERYTHING, id=n) for n in range(1, PAGE + 1))
    with shared.engine.begin() as connection:
        assert not has_unrouted_alerts(connection)
        note_other_pages(connection, 1, page)
    with shared.engine.begin() as connection:
        assert has_unrouted_alerts(connection)
        assert count(connection, queue) == 1


class Crews:
    """Two workers of one queue, on threads of this process, and what they do."""

    def __init__(self, store: SqlStore, queue: JobQueue) -> None:
        self.store, self.queue = store, queue
        self.stopped = threading.Event()
        self.at_work: list[int] = []  #: how many were at it when each job began
        self.found_due = threading.Event()
        self.ends: list[BaseException | None] = []
        self._inside = 0
        self._guard = threading.Lock()
        self._threads = [threading.Thread(target=self._serve) for _ in range(2)]

    def _serve(self) -> None:
        try:
            self.queue.run(
                {"deliver": self._work},
                self.found_due.set,
                crews=[Crew(queue="service", size=4)],
                stopped=self.stopped,
                longest=PATIENCE,
            )
        except BaseException as error:  # noqa: BLE001
            self.ends.append(error)
        else:
            self.ends.append(None)

    def _work(self, _argument: str) -> None:
        with self._guard:
            self._inside += 1
            self.at_work.append(self._inside)
        self.add("deliver")  # as an alert does that comes meanwhile
        with self._guard:
            self._inside -= 1

    def add(self, name: str) -> None:
        with self.store.engine.begin() as connection:
            self.queue.enqueue(connection, [Job(name=name, argument="email:0", queue="service")])

    def __enter__(self) -> Crews:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        for thread in self._threads:
            thread.join(PATIENCE)


def test_of_jobs_with_one_key_one_runs_at_a_time_in_all_workers(shared: SqlStore, queue: JobQueue) -> None:
    with Crews(shared, queue) as crews:
        crews.add("deliver")
        wait_for(lambda: len(crews.at_work) >= 20)
        assert crews.found_due.wait(PATIENCE)
    assert set(crews.at_work) == {1}
    assert crews.ends == [None, None]


def test_a_worker_whose_queue_is_gone_ends_and_says_so(shared: SqlStore, queue: JobQueue) -> None:
    with Crews(shared, queue) as crews:
        assert crews.found_due.wait(PATIENCE)
        drop_schema(shared.engine, queue.schema)
        wait_for(lambda: len(crews.ends) == 2)
    assert [type(end) for end in crews.ends] == [QueueLost, QueueLost]


# ------------------------------------------------------------------- the schedule


def declare(store: SqlStore, *names: str) -> None:
    store.schedule.declare(dict.fromkeys(names, "h.example"), dict.fromkeys(names, LONG_AGO))


def test_a_source_is_taken_by_one_worker_and_its_host_is_left_alone_until_it_is_done(
    shared: SqlStore,
) -> None:
    declare(shared, "a", "b")
    for name in ("one", "two"):
        shared.workers.record_beat(identity(name))
    first = shared.schedule.take_poll("h.example", owner="worker:one", known=["a"])
    assert first is not None
    assert shared.schedule.take_poll("h.example", owner="worker:two", known=["a"]) is None
    with shared.engine.begin() as connection:
        assert list_due_hosts(connection, 10) == []
    assert shared.schedule.finish_poll(first, owner="worker:one", next_at=datetime(2100, 1, 1, tzinfo=UTC))
    with shared.engine.begin() as connection:
        assert list_due_hosts(connection, 10) == ["h.example"]
    second = shared.schedule.take_poll("h.example", owner="worker:two", known=["a", "b"])
    assert second is not None
    assert second.watcher_id == "b"


def test_what_a_dead_worker_was_polling_another_polls_and_the_first_records_nothing_when_it_awakes(
    shared: SqlStore,
) -> None:
    declare(shared, "a")
    for name in ("one", "two"):
        shared.workers.record_beat(identity(name))
    taken = shared.schedule.take_poll("h.example", owner="worker:one", known=["a"])
    assert taken is not None
    stale = shared.polling.load_state("a")
    die(shared, "one")
    with shared.engine.begin() as connection:
        assert release_dead_polls(connection) == 1
    again = shared.schedule.take_poll("h.example", owner="worker:two", known=["a"])
    assert again is not None
    fresh = shared.polling.load_state("a")
    report = PollReport(watcher="a", started_at=NOW, outcome="failed", kind="timeout", reason="late")
    shared.polling.record_poll(report, stale, keep={}, drop=(), now=NOW)
    assert shared.polling.count_failures(since=LONG_AGO) == ()
    assert not shared.schedule.finish_poll(taken, owner="worker:one", next_at=NOW)
    shared.polling.record_poll(report, fresh, keep={}, drop=(), now=NOW)
    assert [failure.times for failure in shared.polling.count_failures(since=LONG_AGO)] == [1]


def test_a_source_that_its_worker_could_not_give_back_is_given_back_and_one_at_work_is_not(
    shared: SqlStore,
) -> None:
    declare(shared, "a", "b")
    shared.workers.record_beat(identity("one"))
    for _ in range(2):
        assert shared.schedule.take_poll("h.example", owner="worker:one", known=["a", "b"]) is not None
    assert shared.schedule.release_own("worker:one") == 0  # they were taken a moment ago
    assert shared.schedule.release_own("worker:one", busy=["b"], grace=0.0) == 1
    again = shared.schedule.take_poll("h.example", owner="worker:two", known=["a", "b"])
    assert again is not None
    assert again.watcher_id == "a"


def test_a_source_that_is_declared_no_more_is_polled_no_more_and_the_times_of_others_stay(
    shared: SqlStore,
) -> None:
    declare(shared, "a", "b")
    later = datetime(2100, 1, 1, tzinfo=UTC)
    shared.schedule.declare({"b": "other.example", "c": "h.example"}, {"b": later, "c": later})
    with shared.engine.begin() as connection:
        rows = connection.execute(text("SELECT watcher_id, host, next_at FROM schedule ORDER BY 1")).all()
    assert [(row[0], row[1], row[2].year) for row in rows] == [
        ("b", "other.example", 2020),
        ("c", "h.example", 2100),
    ]


def test_a_periodic_job_is_due_once_in_its_time_however_many_ask(shared: SqlStore) -> None:
    shared.schedule.declare_ticks(["remind"])
    shared.schedule.declare_ticks(["remind"])
    with shared.engine.begin() as connection:
        assert take_due_ticks(connection, {"remind": 60.0, "unknown": 1.0}) == ["remind"]
        assert take_due_ticks(connection, {"remind": 60.0}) == []


@given(
    name=st.text(min_size=1, max_size=8),
    line=st.sampled_from(["*/10 * * * *", "5 9 * * 1-5", "0 * * * *", "* 8-18 * * *"]),
)
def test_every_time_of_a_schedule_is_one_poll_and_never_earlier(name: str, line: str) -> None:
    watcher = replace(WATCHER, id=name, schedule=Schedule(cron=(line,)))
    offset, after = compute_offset(watcher), datetime(2026, 3, 2, 1, 0, 30, tzinfo=UTC)
    assert timedelta() <= offset <= LONGEST_SPREAD
    due = compute_next_poll(watcher, after)
    for _ in range(5):
        assert due is not None
        assert compute_spread_poll(watcher, due + offset) == due + offset
        following = compute_next_poll(watcher, due + timedelta(seconds=1))
        assert following is not None
        assert compute_spread_poll(watcher, due + offset + timedelta(microseconds=1)) == following + offset
        due = following


# ------------------------------------------------------------------- turns


def test_one_machine_at_a_time_has_the_turn_of_a_host_and_waits_for_its_pause(shared: SqlStore) -> None:
    one, two = (SharedTurns(shared.database, owner=f"worker:{name}") for name in ("one", "two"))
    first = one.take_turn("host:h", pause=30.0, seconds=60.0)
    assert first is not None
    assert first.pause == 0.0
    assert two.take_turn("host:h", pause=30.0, seconds=60.0) is None
    assert two.take_turn("host:other", pause=30.0, seconds=60.0) is not None
    two.end_turn("host:h")  # it has none
    assert two.take_turn("host:h", pause=30.0, seconds=60.0) is None
    one.end_turn("host:h", rest=100.0)
    after = two.take_turn("host:h", pause=30.0, seconds=60.0)
    assert after is not None
    assert 25.0 < after.pause <= 30.0
    assert 95.0 < after.rest <= 100.0


def test_a_turn_ends_with_its_worker_and_the_pause_is_kept_all_the_same(shared: SqlStore) -> None:
    shared.workers.record_beat(identity("one"))
    one, two = (SharedTurns(shared.database, owner=f"worker:{name}") for name in ("one", "two"))
    one.take_turn("host:h", pause=30.0, seconds=3600.0)
    die(shared, "one")
    with shared.engine.begin() as connection:
        assert release_dead_turns(connection) == 1
    after = two.take_turn("host:h", pause=30.0, seconds=60.0)
    assert after is not None
    assert after.pause > 25.0


def test_two_machines_keep_the_pace_of_a_slack_channel_together(shared: SqlStore) -> None:
    stand_in = SlackStandIn(paced=True)
    with Sites() as sites:
        url = stand_in.put_up(sites)
        channels = [SlackChannel(stand_in.token, api_url=url, timeout=PATIENCE) for _ in range(2)]
        for n, channel in enumerate(channels):
            channel.share_turns(SharedTurns(shared.database, owner=f"worker:{n}"))
        for n in range(3):
            channels[n % 2].send(MESSAGE, target="C0CONTROLS", key=f"{n:032x}")
        for channel in channels:
            channel.close()
    assert (len(stand_in.posted), stand_in.refused) == (3, 0)


def test_the_same_bytes_of_a_page_that_two_record_at_once_are_entered_once(shared: SqlStore) -> None:
    sent = Snapshot(
        url="https://h.example/1",
        final_url="https://h.example/1",
        fetched_at=NOW,
        status=200,
        headers=(),
        body=b"x",
    )
    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(lambda _: shared.references.record_snapshot(sent, "0" * 64, "a"), range(8)))
    assert len(found) == 1


def test_a_machine_whose_clock_is_wrong_goes_by_that_of_the_database() -> None:
    clock = DatabaseClock()
    ours = datetime.now(UTC)
    clock.compare(ours - timedelta(minutes=5), began_at=ours)
    behind = datetime.now(UTC) - clock.read_time()
    assert timedelta(minutes=4, seconds=50) < behind < timedelta(minutes=5, seconds=10)
