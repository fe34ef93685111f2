"""How sources are asked: in turn, within bounds, without holding each other up."""

from __future__ import annotations

import itertools
import threading
from dataclasses import replace
from datetime import timedelta

from controlwatch.adapters.fetch.http import HttpFetcher
from controlwatch.testing.sites import Answer, Asked
from tests.services.test_news import GALLIUM, OLD, started
from tests.services.world import HOST, INDEX, WATCHER, Ministry, Page, World, other, tightening
from tests.waiting import PATIENCE


def test_a_source_that_hangs_holds_up_no_other(w: World) -> None:
    hanging, let_go = threading.Event(), threading.Event()

    def hang(_: Asked) -> Answer:
        hanging.set()
        let_go.wait(PATIENCE)
        return Answer(body=b"late")

    w.sites.put(INDEX, hang)
    bureau = Ministry(w.sites, host="https://bureau.example")
    bureau.publish(OLD)
    stuck = threading.Thread(
        target=w.poller.poll,
        args=(replace(WATCHER, http=replace(WATCHER.http, timeout=PATIENCE, budget=2 * PATIENCE)),),
        kwargs={"now": w.now},
    )
    stuck.start()
    assert hanging.wait(PATIENCE)
    assert w.poll(other("bureau", bureau.host)).outcome == "shelved"
    let_go.set()
    stuck.join()


def test_one_host_is_asked_one_thing_at_a_time(w: World) -> None:
    inside: list[int] = []
    most: list[int] = []
    guard = threading.Lock()

    def count(asked: Asked) -> Answer:
        with guard:
            inside.append(1)
            most.append(len(inside))
        body = f'<meta charset="utf-8"><ul class="list"><li><a href="/notices/{asked.path[-6]}.html">样例</a></li></ul>'
        with guard:
            inside.pop()
        return Answer(body=body.encode())

    for n in range(6):
        w.sites.put(f"{HOST}/notices/list{n}.html", count)
    watchers = [
        replace(WATCHER, id=f"w{n}", index=replace(WATCHER.index, url=f"{HOST}/notices/list{n}.html"))
        for n in range(6)
    ]
    threads = [threading.Thread(target=w.poller.poll, args=(one,), kwargs={"now": w.now}) for one in watchers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 1


def test_what_the_time_of_a_poll_does_not_suffice_for_stays_due(w: World) -> None:
    started(w)
    w.ministry.publish(
        *(Page(f"/notices/art_{n}.html", f"商务部公告2026年第{n}号", tightening(n)) for n in range(40, 50))
    )
    seconds = itertools.count(step=3)
    hurried = replace(
        w.poller, fetch=HttpFetcher(connect_to=w.sites.origin, clock=lambda: float(next(seconds)))
    )
    short = replace(WATCHER, http=replace(WATCHER.http, budget=120.0))
    report = hurried.poll(short, now=w.now + timedelta(minutes=1))
    assert 0 < report.read < 10
    for _ in range(2):
        w.poll()
    assert len(w.alerts()) == 10


def test_a_redirect_to_a_declared_host_is_followed(w: World) -> None:
    started(w)
    w.ministry.publish(replace(GALLIUM))
    w.sites.put(f"{HOST}{GALLIUM.path}", Answer(status=301, headers={"Location": "/moved/art_40.html"}))
    w.sites.put(f"{HOST}/moved/art_40.html", Answer(body=GALLIUM.html.encode()))
    w.poll()
    assert len(w.alerts()) == 1


def test_a_host_whose_https_fails_is_asked_over_http_where_that_is_declared(w: World) -> None:
    w.ministry.publish(OLD)
    port = w.sites.origin.rpartition(":")[2]
    insecure = replace(
        WATCHER,
        index=replace(WATCHER.index, url=f"https://127.0.0.1:{port}/notices/index.html"),
        http=replace(WATCHER.http, hosts=(f"127.0.0.1:{port}",)),
    )
    w.sites.put(
        f"http://127.0.0.1:{port}/notices/index.html",
        Answer(body=b'<ul class="list"><li><a href="/notices/1.html">x</a></li></ul>'),
    )
    w.sites.put(f"http://127.0.0.1:{port}/notices/1.html", Answer(body=OLD.html.encode()))
    straight = replace(w.poller, fetch=HttpFetcher(private=True))
    assert straight.poll(insecure, now=w.now).kind == "unreachable"
    allowed = replace(insecure, http=replace(insecure.http, plain_http=True))
    assert straight.poll(allowed, now=w.now).outcome == "shelved"


def test_polls_end_at_their_next_step_when_the_service_stops_and_are_no_failures(w: World) -> None:
    started(w)
    assert isinstance(w.fetch, HttpFetcher)
    w.fetch.stop()
    assert w.poll().kind == "stopping"
    assert w.store.polling.load_state("ministry").failures == 0
