"""How watchers fare: what people are told, when, and how often."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from controlwatch.core.alerting.common_causes import NETWORK_CAUSE, SERVICE_CAUSE
from controlwatch.core.alerting.health_advice import EXPLANATIONS
from controlwatch.core.alerting.health_alerts import MACHINE_SOURCE, plan_health_alerts
from controlwatch.core.alerting.source_health import (
    OVERDUE_AFTER,
    NextPoll,
    apply_failure,
    apply_success,
    compute_effective_state,
)
from controlwatch.core.model import Alert
from controlwatch.core.model.errors import Implausible
from controlwatch.core.model.state import Baseline, HealthNotice, HeldReferences, WatcherState
from controlwatch.core.sources.plausibility import (
    IndexStatistics,
    check_baseline,
    describe_shortfall,
    describe_silence,
    update_baseline,
)
from controlwatch.core.sources.watcher import Http, Watcher
from tests.services.world import WATCHER

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def half_hourly(_watcher: Watcher, after: datetime) -> datetime:
    return after + HOUR / 2


def never(_watcher: Watcher, _after: datetime) -> None:
    return None


@dataclass
class Rounds:
    """Some watchers, and the rounds of the clock over them."""

    watchers: list[Watcher]
    now: datetime = NOW
    states: dict[str, WatcherState] = field(default_factory=dict)
    told: dict[str, HealthNotice] = field(default_factory=dict)
    taken_in: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    began: datetime | None = None
    next_poll: NextPoll = never

    def __post_init__(self) -> None:
        for watcher in self.watchers:
            state = WatcherState(id=watcher.id)
            self.states[watcher.id] = apply_success(state, observed=replace(state, rows=9), now=self.now)

    def stands(self, watcher: Watcher) -> WatcherState:
        """How a source fares by now."""
        state = self.states[watcher.id]
        return compute_effective_state(
            state, watcher, now=self.now, next_poll=self.next_poll, since=self.began
        )

    def fail(self, *ids: str, kind: str = "refused", times: int = 1) -> None:
        for name in ids or tuple(self.states):
            for _ in range(times):
                self.states[name] = apply_failure(
                    self.states[name], kind=kind, reason="no answer", now=self.now
                )

    def succeed(self, *ids: str) -> None:
        for name in ids or tuple(self.states):
            self.states[name] = apply_success(self.states[name], now=self.now)

    def round(
        self, later: timedelta = HOUR, *, disk_warning: str = "", held: tuple[HeldReferences, ...] = ()
    ) -> list[Alert]:
        """Let time pass; do one round; return the alerts."""
        self.now += later
        alerts = []
        states = {watcher.id: self.stands(watcher) for watcher in self.watchers}
        for ring in plan_health_alerts(
            self.watchers,
            states,
            self.told,
            self.taken_in,
            disk_warning=disk_warning,
            held=held,
            now=self.now,
        ):
            for name, warned in ring.health_notices.items():
                if warned is None:
                    self.told.pop(name, None)
                else:
                    self.told[name] = warned
            alerts += [ring.alert] if ring.alert is not None else []
        return alerts


def some(*ids: str) -> Rounds:
    return Rounds([replace(WATCHER, id=name, name=name) for name in ids])


def kinds(alerts: list[Alert]) -> list[str]:
    return [f"{alert.kind} {alert.watcher}" for alert in alerts]


def test_people_are_told_after_three_failures_and_once_it_is_over() -> None:
    world = some("a")
    found = []
    for _ in range(4):
        world.fail("a")
        found.append(kinds(world.round()))
    world.succeed("a")
    found += [kinds(world.round()), kinds(world.round())]
    assert found == [[], [], ["health-down a"], [], ["health-up a"], []]


def test_a_blip_tells_nobody() -> None:
    world = some("a")
    world.fail("a", times=2)
    assert world.round() == []
    world.succeed("a")
    assert world.round() == []


def test_what_lasts_is_told_again_after_a_day_then_three_then_every_seven() -> None:
    world = some("a")
    world.fail("a", times=3)
    hours = [hour for hour in range(24 * 40) if world.round()]
    gaps = [round((later - earlier) / 24) for earlier, later in itertools.pairwise(hours)]
    assert gaps == [1, 3, 7, 7, 7, 7, 7]


def test_a_source_that_is_blocked_by_design_is_told_once() -> None:
    world = Rounds([replace(WATCHER, id="a", blocked=True)])
    world.fail("a", kind="blocked", times=3)
    assert sum(bool(world.round(DAY)) for _ in range(40)) == 1


def test_a_recovery_says_what_was_told_meanwhile() -> None:
    world = some("a")
    world.fail("a", times=3)
    world.round()
    world.succeed("a")
    world.taken_in = {"a": ("商务部公告2026年第40号",)}
    (up,) = world.round()
    assert "商务部公告2026年第40号" in up.body


def test_a_health_alert_says_in_plain_words_what_is_wrong_since_when_and_what_to_do() -> None:
    world = some("a")
    world.fail("a", kind="reshaped", times=3)
    (down,) = world.round()
    assert down.title == "a: not readable since 2026-03-02 09:00 Beijing time"
    assert "not understood" in down.body
    assert "not seen" in down.body
    assert "Last read" in down.body
    assert "reshaped" not in down.title + down.body
    assert "reshaped" in down.technical


def every_alert() -> Iterator[Alert]:
    """One alert of each kind about sources."""
    for kind in (*EXPLANATIONS, "never heard of"):
        world = some("a")
        world.fail("a", kind=kind, times=3)
        yield from world.round()
        yield from world.round(DAY)
        world.succeed("a")
        yield from world.round()
    for word in ("quiet", "degraded"):
        yield from (concerned(word).round(2 * DAY))
    for kind in ("unreachable", "internal"):
        world = some(*"abcdef")
        world.fail(kind=kind, times=3)
        yield from world.round()
        world.succeed()
        yield from world.round()
    world = some("a")
    yield from world.round(disk_warning="the disk is nearly full: 3 MB are free")
    yield from world.round()
    yield from world.round(held=(HeldReferences(watcher="a", count=60, since=NOW, titles=("公告",)),))


def test_every_health_alert_is_written_in_chinese_too_and_shows_no_address() -> None:
    for alert in every_alert():
        assert alert.chinese is not None
        for text in (alert.chinese.title, alert.chinese.body):
            words = re.sub(r"`[^`]*`|[A-Z_]{4,}|state/inbox/", "", text)
            assert re.search(r"[a-z]{2,}", words) is None, text
            assert re.search(r"[\u4e00-\u9fff]", words), text
        assert "://" not in alert.title + alert.body


def test_when_nothing_can_be_reached_that_is_one_alert_and_one_when_most_are_back() -> None:
    world = some(*"abcdef")
    found = []
    for _ in range(5):
        world.fail(kind="unreachable")
        found += world.round()
    assert kinds(found) == [f"health-down {NETWORK_CAUSE.name}"]
    assert found[0].title.startswith("6 of 6 sources cannot be read since 2026-03-02 09:00")
    world.succeed("a", "b")
    assert world.round() == []  # the others have not been tried again yet
    world.succeed("c", "d", "e")
    assert kinds(world.round()) == [f"health-up {NETWORK_CAUSE.name}"]
    world.succeed()
    assert world.round() == []


@pytest.mark.parametrize("kind", ["unreachable", "timed-out", "refused", "blocked"])
def test_when_most_sources_fail_while_some_answer_that_is_one_alert_too(kind: str) -> None:
    lost = "abcdefghijklmn"
    world = some(*lost, *"opqrstuv")
    found = []
    for _ in range(4):
        world.fail(*lost, kind=kind)
        world.succeed(*"opqrstuv")
        found += world.round()
    assert kinds(found) == [f"health-down {NETWORK_CAUSE.name}"]
    assert found[0].title.startswith("14 of 22 sources cannot be read")
    world.succeed()
    assert kinds(world.round()) == [f"health-up {NETWORK_CAUSE.name}"]


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("https://a.example/: [Errno -2] Name or service not known", "(name service fails)"),
        ("https://a.example/: the proxy refuses: 403 Forbidden", "(the proxy refuses)"),
        ("https://a.example/: [Errno 101] Network is unreachable", "(no route to the network)"),
        ("something else", "this machine does not reach them"),
    ],
)
def test_one_alert_about_most_sources_says_what_the_reasons_have_in_common(reason: str, words: str) -> None:
    world = some(*"abcd")
    world.fail(kind="unreachable", times=3)
    world.states = {name: replace(state, reason=reason) for name, state in world.states.items()}
    (down,) = world.round()
    assert down.title.endswith(words)


def test_sources_with_the_same_trouble_in_one_round_share_an_alert_and_recover_one_by_one() -> None:
    world = some(*"abcdefghi")
    world.fail("a", "b", "c", kind="reshaped", times=3)
    world.succeed(*"defghi")
    (down,) = world.round()
    assert down.title.startswith("3 sources: not readable")
    assert "a; b; c" in down.body
    assert world.round() == []
    world.succeed("a")
    assert kinds(world.round()) == ["health-up a"]


def test_a_mailbox_that_answers_says_nothing_of_the_way_to_the_sites() -> None:
    world = some(*"abcd")
    mailbox = replace(world.watchers[-1].index, url="imaps://mail.example/INBOX")  # it may be next door
    world.watchers[-1] = replace(world.watchers[-1], index=mailbox, http=Http(hosts=()))
    world.fail("a", "b", "c", kind="unreachable", times=3)
    world.succeed("d")
    assert kinds(world.round()) == [f"health-down {NETWORK_CAUSE.name}"]


def test_a_source_that_stays_away_after_the_network_is_back_is_told_by_itself() -> None:
    world = some(*"abcd")
    world.fail(kind="unreachable", times=3)
    world.round()
    world.succeed("a", "b", "c")
    assert kinds(world.round()) == [f"health-up {NETWORK_CAUSE.name}"]
    assert world.round() == []
    world.fail("d", kind="unreachable")
    assert kinds(world.round()) == ["health-down d"]


def test_a_few_sources_that_fail_while_others_answer_are_told_each_by_itself() -> None:
    world = some(*"abcd")
    world.fail("a", "b", kind="unreachable", times=3)
    world.succeed("c", "d")
    assert kinds(world.round()) == ["health-down a", "health-down b"]


def test_challenges_that_are_sent_by_design_are_no_sign_of_a_lost_network() -> None:
    world = some(*"abcdef")
    world.watchers[:3] = [replace(watcher, blocked=True) for watcher in world.watchers[:3]]
    world.fail("a", "b", "c", kind="blocked", times=3)
    world.fail("d", kind="unreachable", times=3)
    world.succeed("e", "f")
    assert f"health-down {NETWORK_CAUSE.name}" not in kinds(world.round())


def scheduled(*ids: str) -> Rounds:
    """Some sources that are polled twice an hour."""
    world = some(*ids)
    world.next_poll = half_hourly
    return world


def test_a_source_whose_polls_stop_is_blind_whatever_its_last_one_said() -> None:
    world = scheduled("a", "b")
    assert world.round() == []
    world.succeed("b")
    (down,) = world.round(OVERDUE_AFTER)
    assert (down.watcher, world.stands(world.watchers[0]).health) == ("a", "blind")
    assert "no poll has ended since 2026-03-02 09:00" in down.technical
    world.succeed()
    assert kinds(world.round(OVERDUE_AFTER)) == ["health-up a"]


def test_what_was_due_before_the_service_began_is_not_overdue() -> None:
    world = scheduled("a")
    world.began = world.now + 9 * DAY
    assert world.round(9 * DAY) == []
    assert kinds(world.round(3 * OVERDUE_AFTER)) == ["health-down a"]


def test_a_mailbox_that_is_left_alone_for_an_hour_is_locked_out_and_not_overdue() -> None:
    world = some("a")
    world.next_poll = lambda _watcher, after: after + HOUR / 12
    world.fail("a", kind="locked-out", times=3)
    for _ in range(3):
        world.round(HOUR / 2)
        assert world.stands(world.watchers[0]).kind == "locked-out"
    world.round(HOUR / 2)
    assert world.stands(world.watchers[0]).kind == "overdue"


def test_a_source_without_a_schedule_is_never_overdue() -> None:
    (watcher,) = some("a").watchers
    state = WatcherState(id="a", last_poll_at=NOW, last_success_at=NOW)
    assert compute_effective_state(state, watcher, now=NOW + 99 * DAY, next_poll=never) == state


@pytest.mark.parametrize("kind", ["overdue", "internal"])
def test_when_no_poll_comes_to_an_end_that_is_one_alert_about_ourselves(kind: str) -> None:
    world = scheduled(*"abcdef")
    if kind == "internal":
        world.fail(kind=kind, times=3)
    down = world.round(3 * OVERDUE_AFTER)
    assert kinds(down) == [f"health-down {SERVICE_CAUSE.name}"]
    assert "controlwatch doctor" in down[0].body
    world.succeed()
    assert kinds(world.round(OVERDUE_AFTER)) == [f"health-up {SERVICE_CAUSE.name}"]


def test_one_source_that_stays_overdue_after_the_others_are_polled_again_is_told_by_itself() -> None:
    world = scheduled(*"abcd")
    world.round(3 * OVERDUE_AFTER)
    world.succeed("a", "b", "c")
    assert kinds(world.round(OVERDUE_AFTER / 2)) == [f"health-up {SERVICE_CAUSE.name}"]
    world.succeed("a", "b", "c")
    assert kinds(world.round(OVERDUE_AFTER * 1.5)) == ["health-down d"]


def test_a_disk_that_is_nearly_full_is_told_while_there_is_room_to_tell_it_and_once_it_is_over() -> None:
    world = some("a")
    full = "the disk is nearly full: 3 MB are free"
    found = [kinds(world.round(disk_warning=full)) for _ in range(25)]
    assert found == [[f"health-down {MACHINE_SOURCE}"], *[[]] * 23, [f"health-down {MACHINE_SOURCE}"]]
    assert kinds(world.round()) == [f"health-up {MACHINE_SOURCE}"]
    assert world.round() == []


def concerned(word: str) -> Rounds:
    world = some("a")
    seen = replace(world.states["a"], concern=word, concern_reason="odd")  # type: ignore[arg-type]
    world.states["a"] = apply_success(world.states["a"], observed=seen, now=world.now)
    return world


def test_an_unusual_silence_is_told_at_once_and_a_partial_reading_after_a_day() -> None:
    assert kinds(concerned("quiet").round()) == ["health-down a"]
    world = concerned("degraded")
    assert world.round() == []
    assert world.states["a"].health == "degraded"
    assert kinds(world.round(DAY)) == ["health-down a"]


def test_the_beginning_of_a_concern_is_kept_while_it_lasts() -> None:
    world = concerned("degraded")
    since = world.states["a"].concern_since
    world.now += DAY
    world.succeed("a")
    assert world.states["a"].concern_since == since
    healthy = replace(world.states["a"], concern="", concern_reason="")
    assert apply_success(world.states["a"], observed=healthy, now=world.now).concern_since is None


# What is usual for a source.


def looked(*rows: int, days: tuple[date, ...] = ()) -> Baseline:
    learnt = Baseline()
    for count in rows:
        learnt = update_baseline(learnt, IndexStatistics(rows=count, days=days))
    return learnt


def test_a_list_of_a_third_of_its_usual_length_is_not_believed() -> None:
    learnt = looked(15, 15, 14, 15, 15)
    check_baseline(learnt, IndexStatistics(rows=6))
    with pytest.raises(Implausible, match="about 15"):
        check_baseline(learnt, IndexStatistics(rows=4))


def test_too_little_is_known_of_a_new_source_to_doubt_it() -> None:
    check_baseline(looked(15, 15), IndexStatistics(rows=1))


def test_rows_that_always_bore_a_day_and_bear_none_are_not_believed() -> None:
    with pytest.raises(Implausible, match="carries a day"):
        check_baseline(looked(9, days=(date(2026, 3, 1),) * 9), IndexStatistics(rows=9))
    check_baseline(looked(9), IndexStatistics(rows=9))


def test_a_source_is_quiet_by_its_own_rhythm() -> None:
    days = tuple(date(2026, 1, 1) + timedelta(days=10 * n) for n in range(6))
    learnt = looked(5, days=days)
    last = max(days)
    assert describe_silence(learnt, last, last + timedelta(days=20)) == ""
    assert "10 days" in describe_silence(learnt, last, last + timedelta(days=21))
    daily = looked(6, days=tuple(date(2026, 1, 1) + timedelta(days=n) for n in range(6)))
    assert describe_silence(daily, date(2026, 1, 6), date(2026, 1, 20)) == ""
    few = looked(2, days=(date(2026, 1, 1), date(2026, 1, 2)))
    assert describe_silence(few, date(2026, 1, 2), date(2027, 1, 16)) == ""


def test_a_page_that_shows_less_than_the_source_says_it_has_is_read_in_part() -> None:
    assert "45 notices" in describe_shortfall(IndexStatistics(rows=3, total=45, page_size=15))
    assert describe_shortfall(IndexStatistics(rows=15, total=45, page_size=15)) == ""
    assert describe_shortfall(IndexStatistics(rows=3, total=3, page_size=15)) == ""
