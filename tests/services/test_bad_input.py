"""What bad input gets: a failed poll with its kind and reason, a health alert after three, nothing as news."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from controlwatch.core.sources.watcher import Detail, Expect, Index
from controlwatch.testing.sites import Answer
from tests.services.test_news import GALLIUM, OLD, PRESS, feed, started
from tests.services.world import HOST, INDEX, WATCHER, Page, World, tightening
from tests.waiting import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHALLENGE = b"<html><head><script>$_ts=window['$_ts'];if(!$_ts)$_ts={};$_ts.nsd=12345;</script></head><body></body></html>"
JPAAS = replace(
    WATCHER,
    id="unit",
    index=Index(
        kind="jpaas",
        url=f"{HOST}/column/index.html",
        api=f"{HOST}/api-gateway/jpaas-publish-server/front/page/build/unit",
        params={
            "parseType": "bulidstatic",
            "webId": "1",
            "pageType": "column",
            "tagId": "list",
            "pageId": "2",
        },
        rows="li",
    ),
)


def answers(reply: Answer) -> Callable[[World], None]:
    return lambda w: w.sites.put(INDEX, reply)


def redirects_in_circles(w: World) -> None:
    w.sites.put(INDEX, Answer(status=302, headers={"Location": f"{HOST}/b"}))
    w.sites.put(f"{HOST}/b", Answer(status=302, headers={"Location": INDEX}))


def redirects_for_ever(w: World) -> None:
    w.sites.put(INDEX, Answer(status=302, headers={"Location": f"{HOST}/1"}))
    for n in range(1, 30):
        w.sites.put(f"{HOST}/{n}", Answer(status=302, headers={"Location": f"{HOST}/{n + 1}"}))


def leads_elsewhere(w: World) -> None:
    w.sites.put(INDEX, Answer(status=302, headers={"Location": "http://169.254.169.254/latest/meta-data"}))


def hangs(w: World) -> None:
    def wait(_: object) -> Answer:
        threading.Event().wait(PATIENCE)
        return Answer()

    w.sites.put(INDEX, wait)


TROUBLES = [
    ("timed-out", hangs),
    ("refused", answers(Answer(status=403, body=b"forbidden"))),
    ("refused", answers(Answer(status=404))),
    ("refused", answers(Answer(status=500, body=b"Internal Server Error"))),
    ("refused", answers(Answer(status=503))),
    ("reshaped", answers(Answer(body=bytes(range(256)) * 40))),
    ("reshaped", answers(Answer(body=b""))),
    ("reshaped", answers(Answer(body=b'<html><ul class="list"></ul></html>'))),
    (
        "reshaped",
        answers(Answer(body=b'<html><div class="redesigned"><a href="/x/1.html">x</a></div></html>')),
    ),
    ("reshaped", answers(Answer(body="网站维护中，请稍后访问。".encode("gb18030")))),
    ("blocked", answers(Answer(body=CHALLENGE))),
    ("blocked", answers(Answer(status=412, body=CHALLENGE))),
    ("too-large", answers(Answer(body=b"x" * 600_000))),
    ("redirect-loop", redirects_in_circles),
    ("redirect-loop", redirects_for_ever),
    ("undeclared-host", leads_elsewhere),
]


@pytest.mark.parametrize(
    ("kind", "trouble"), TROUBLES, ids=[f"{n}-{kind}" for n, (kind, _) in enumerate(TROUBLES)]
)
def test_trouble_fails_the_poll_by_name_tells_once_after_three_and_once_on_recovery(
    w: World, kind: str, trouble: Callable[[World], None]
) -> None:
    started(w, OLD, GALLIUM)
    timeout = 0.2 if kind == "timed-out" else PATIENCE
    watcher = replace(
        WATCHER, http=replace(WATCHER.http, timeout=timeout, budget=2 * PATIENCE, largest=500_000)
    )
    trouble(w)
    reports = [w.poll(watcher) for _ in range(5)]
    assert {report.outcome for report in reports} == {"failed"}
    assert {report.kind for report in reports} == {kind}
    assert all(report.reason for report in reports)
    assert w.store.polling.load_state("ministry").health == ("blocked" if kind == "blocked" else "blind")
    (down,) = w.alerts()
    assert down.kind == "health-down"
    w.ministry.render()
    assert w.poll().outcome != "failed"
    (up,) = w.alerts()
    assert up.kind == "health-up"
    assert w.store.polling.load_state("ministry").health == "healthy"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("refused", b'{"success":false,"code":"500","message":"error","data":null}'),
        ("reshaped", b'{"success":true,"code":"200","data":null}'),
        ("reshaped", b'{"success":true,"code":"200","data":{"html":""}}'),
        ("reshaped", b'{"success":true,"code":"200","data":{"html":"<ul></ul>"}}'),
        ("garbled", b"<html>login</html>"),
        ("garbled", b""),
    ],
)
def test_a_failure_that_looks_like_success_is_a_failure(w: World, kind: str, body: bytes) -> None:
    assert JPAAS.index.api is not None
    w.sites.put(JPAAS.index.api, Answer(body=body, content_type="application/json;charset=UTF-8"))
    report = w.poll(JPAAS)
    assert (report.outcome, report.kind) == ("failed", kind)
    assert w.store.polling.load_state("unit").first_poll_at is None


def test_a_redesign_of_a_quiet_page_stays_a_failure_although_the_bytes_stay_the_same(w: World) -> None:
    started(w)
    w.sites.put(INDEX, Answer(body=b"<html><main>new shape</main></html>", etag=True))
    assert [w.poll().kind for _ in range(12)] == ["reshaped"] * 12


def test_a_feed_that_is_half_broken_is_read_and_noted(w: World) -> None:
    body = feed(("a", "First", "text"), ("b", "Second", "text")).replace(b"</channel></rss>", b"")
    w.sites.put("https://press.example/feed", Answer(body=body, content_type="application/rss+xml"))
    report = w.poll(PRESS)
    assert report.outcome == "shelved"
    assert report.rows == 2
    assert report.reason != ""


def test_broken_utf8_is_read_with_a_doubt_and_is_not_a_failure(w: World) -> None:
    started(w)
    page = replace(GALLIUM)
    w.ministry.publish(page)
    broken = page.html.encode().replace("申请许可".encode(), "申请许可".encode() + b"\xff\xfe")
    w.sites.put(f"{HOST}{page.path}", Answer(body=broken))
    w.poll()
    (alert,) = w.alerts()
    assert alert.notice is not None
    assert alert.notice.number is not None


def test_a_list_that_shrinks_below_what_is_expected_is_not_believed(w: World) -> None:
    started(w, OLD, GALLIUM)
    w.ministry.pages = w.ministry.pages[:1]
    w.ministry.render()
    report = w.poll(replace(WATCHER, expect=Expect(rows=2)))
    assert report.kind == "implausible"


def test_a_dead_server_holds_up_nobody_else(w: World) -> None:
    started(w)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        dead = unused.getsockname()[1]
    gone = replace(
        WATCHER,
        id="gone",
        index=replace(WATCHER.index, url=f"http://127.0.0.1:{dead}/index.html"),
        http=replace(WATCHER.http, hosts=(f"127.0.0.1:{dead}",)),
    )
    from controlwatch.adapters.fetch.http import HttpFetcher

    straight = replace(w.poller, fetch=HttpFetcher(private=True))
    assert straight.poll(gone, now=w.now).kind == "unreachable"
    assert w.poll().outcome != "failed"


@contextmanager
def speaking(reply: bytes) -> Iterator[str]:
    """A server that says these bytes to whoever connects, and hangs up."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                connection.sendall(reply)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    finally:
        server.close()


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (b"", "unreachable"),
        (b"\x00\x01garbage that is no HTTP\r\n\r\n", "unreachable"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n<html>cut off", "unreachable"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFF\r\nhalf a chunk", "unreachable"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope", "reshaped"),
    ],
)
def test_an_answer_that_breaks_off_or_is_no_list_is_an_error_and_nothing_is_believed(
    w: World, reply: bytes, kind: str
) -> None:
    from controlwatch.adapters.fetch.http import HttpFetcher

    with speaking(reply) as origin:
        watcher = replace(
            WATCHER,
            index=replace(WATCHER.index, url=f"{origin}/index.html"),
            http=replace(WATCHER.http, hosts=(origin.removeprefix("http://"),)),
        )
        report = replace(w.poller, fetch=HttpFetcher(private=True)).poll(watcher, now=w.now)
    assert report.kind == kind


def test_an_announced_gigabyte_is_not_read(w: World) -> None:
    from controlwatch.adapters.fetch.http import HttpFetcher

    with speaking(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n") as origin:
        watcher = replace(
            WATCHER,
            index=replace(WATCHER.index, url=f"{origin}/index.html"),
            http=replace(WATCHER.http, hosts=(origin.removeprefix("http://"),)),
        )
        report = replace(w.poller, fetch=HttpFetcher(private=True)).poll(watcher, now=w.now)
    assert report.kind == "too-large"
    assert "1,073,741,824" in report.reason


def test_a_notice_that_cannot_be_read_is_told_from_its_title_after_three_tries(w: World) -> None:
    started(w).ministry.publish(replace(GALLIUM))
    w.sites.put(f"{HOST}{GALLIUM.path}", Answer(status=500))
    reports = [w.poll(later=timedelta(hours=2)) for _ in range(3)]
    assert all(len(report.unread) == 1 or report.kind == "unread" for report in reports)
    told = [alert for alert in w.alerts() if alert.kind == "new"]
    assert len(told) == 1
    assert told[0].notice is not None
    assert told[0].notice.number is not None
    assert any("could not be read" in doubt for doubt in told[0].notice.doubts)
    assert w.store.polling.load_state("ministry").unread == 1
    w.ministry.render()
    w.poll(later=timedelta(days=2))
    assert [alert.kind for alert in w.alerts() if alert.kind not in {"health-down", "health-up"}] == [
        "amended"
    ]
    assert w.store.polling.load_state("ministry").unread == 0


def test_one_unreadable_notice_does_not_hide_the_others(w: World) -> None:
    started(w)
    w.ministry.publish(
        replace(GALLIUM), Page("/notices/art_41.html", "商务部公告2026年第41号", tightening(41))
    )
    w.sites.put(f"{HOST}{GALLIUM.path}", Answer(status=500))
    report = w.poll()
    assert report.outcome == "looked"
    assert len(report.unread) == 1
    assert len(w.alerts()) == 1


def test_a_challenge_on_the_notices_alone_blocks_the_watcher(w: World) -> None:
    started(w).ministry.publish(replace(GALLIUM))
    w.sites.put(f"{HOST}{GALLIUM.path}", Answer(status=412, body=CHALLENGE))
    assert w.poll().kind == "blocked"


def test_an_annex_on_an_undeclared_host_is_doubted_and_not_fetched(w: World) -> None:
    started(w).ministry.publish(replace(GALLIUM, annex="http://evil.example/list.pdf"))
    w.poll()
    (alert,) = w.alerts()
    assert alert.notice is not None
    assert any("not on a declared host" in doubt for doubt in alert.notice.doubts)
    assert not any(asked.host == "evil.example" for asked in w.sites.asked)


def test_an_annex_is_read_with_its_notice_and_its_later_absence_is_no_change(w: World) -> None:
    from controlwatch.testing.pdf import pdf

    file = f"{HOST}/files/list.pdf"
    w.sites.put(
        file,
        Answer(
            body=pdf(["管制物项清单", "氮化镓 参考海关商品编号 2850001901"]), content_type="application/pdf"
        ),
    )
    started(w).ministry.publish(replace(GALLIUM, annex=file))
    w.poll()
    (alert,) = w.alerts()
    assert alert.notice is not None
    assert "2850001901" in [finding.code for finding in alert.notice.hs_codes]
    w.sites.take_down(file)
    w.poll(later=timedelta(hours=2))
    assert w.alerts() == []


def test_a_page_is_told_apart_from_the_list_that_the_server_sends_in_its_place(w: World) -> None:
    watcher = replace(WATCHER, detail=Detail(title=("h1",), body=("div.body",)))
    started(w).ministry.publish(replace(GALLIUM))
    w.sites.put(f"{HOST}{GALLIUM.path}", Answer(body=b"<html><body></body></html>"))
    assert w.poll(watcher).unread == ("the page came without the text of a notice",)
    assert w.alerts() == []


def test_a_first_poll_whose_notices_cannot_be_read_was_a_first_poll_all_the_same(w: World) -> None:
    w.ministry.publish(replace(OLD))
    w.sites.put(f"{HOST}{OLD.path}", Answer(status=500))
    assert w.poll().unread != ()
    assert w.store.polling.load_state("ministry").first_poll_at is not None
    w.ministry.publish(replace(GALLIUM))
    w.poll()
    assert [alert.title for alert in w.alerts()] == [GALLIUM.title]


def test_a_poll_that_breaks_in_our_own_code_is_a_failure_that_is_told(w: World) -> None:
    started(w)
    for _ in range(3):
        w.poller.record_crash(WATCHER, ZeroDivisionError("ours"), now=w.now)
    w.reminder.checker.check_sources([WATCHER], now=w.now)
    (alert,) = w.alerts()
    assert alert.kind == "health-down"
    assert "ZeroDivisionError" in alert.technical
