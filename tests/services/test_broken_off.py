"""Answers that break off: asked for again at once, and then taken as they are, with a doubt that people see."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from controlwatch.adapters.fetch.http import HttpFetcher
from controlwatch.core.model import Attention, Subscription
from controlwatch.core.model.errors import Unreachable
from controlwatch.core.rendering.sentences_zh import translate_sentence
from controlwatch.core.sources.requests import Request
from controlwatch.services.reread import reread_all
from tests.services.raw_server import answer, ask, serving, watcher_of
from tests.services.test_browser_ways import LIST, pack
from tests.services.world import WATCHER, Page, World, tightening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from controlwatch.core.model import Snapshot
    from controlwatch.core.model.state import PollReport, WatcherState
    from controlwatch.core.sources.watcher import Watcher

pytestmark = pytest.mark.usefixtures("sound_chain")

CUT = LIST[:30]
CHUNKED = b"Transfer-Encoding: chunked"


def sized(body: bytes, announced: int) -> bytes:
    """An answer that announces a number of bytes."""
    return answer(body, b"Content-Length: %d" % announced)


def chunk(body: bytes) -> bytes:
    """A chunk, without the one that ends the body."""
    return b"%x\r\n%s\r\n" % (len(body), body)


#: Answers that break off, what is read of each, and how that is told.
BROKEN = {
    "shorter than announced": (
        sized(CUT, 9_000),
        CUT,
        f"the server announced 9,000 bytes and sent {len(CUT)}",
    ),
    "longer than announced": (sized(LIST, 30), CUT, "the server announced 30 bytes and sent more"),
    "no last chunk": (answer(chunk(CUT), CHUNKED), CUT, f"the answer broke off after {len(CUT)} bytes"),
    "within a chunk": (
        answer(b"ffff\r\n" + CUT, CHUNKED),
        CUT,
        f"the answer broke off after {len(CUT)} bytes",
    ),
    "packed": (
        answer(pack(LIST)[:-4], b"Content-Encoding: gzip"),
        LIST,
        f"the packed answer broke off after {len(pack(LIST)) - 4} bytes",
    ),
}


@pytest.mark.parametrize("sent", [sent for sent, _, _ in BROKEN.values()], ids=BROKEN)
def test_an_answer_that_breaks_off_once_is_asked_for_again_and_read_whole(sent: bytes) -> None:
    left = [sent, sized(LIST, len(LIST))]
    with serving(lambda _path, _head: left.pop(0)) as server:
        page = ask(watcher_of(server))
    assert page is not None
    assert (page.body, page.fault, left) == (LIST, "", [])


@pytest.mark.parametrize(("sent", "read", "fault"), BROKEN.values(), ids=BROKEN)
def test_what_breaks_off_twice_in_the_same_way_is_taken_as_it_is_with_its_fault(
    sent: bytes, read: bytes, fault: str
) -> None:
    with serving(lambda _path, _head: sent) as server:
        page = ask(watcher_of(server))
    assert page is not None
    assert (page.body, page.fault) == (read, fault)
    assert len(server.paths) == 2
    assert translate_sentence(page.doubts[0]).startswith("服务器")


def stamp(moment: str, *, at_end: bool = False) -> bytes:
    """A list with the moment at which it was made, before its rows or behind them."""
    made, rows = f"<p>{moment}</p>".encode(), LIST + b"<p>a row of the list</p>" * 9
    return rows + made if at_end else made + rows


@pytest.mark.parametrize(
    "send",
    [
        lambda moment: sized(stamp(moment), len(stamp(moment)) + 500),
        lambda moment: sized(stamp(moment, at_end=True), len(stamp(moment, at_end=True)) + 500),
        lambda moment: sized(stamp(moment), 9_000),
        lambda moment: sized(stamp(moment), len(stamp(moment)) - 20),
        lambda moment: answer(chunk(stamp(moment)), CHUNKED),
    ],
    ids=[
        "announces too much",
        "stamp at the end",
        "one length for all",
        "announces too little",
        "no last chunk",
    ],
)
def test_a_page_that_breaks_off_alike_with_another_time_in_it_is_taken_with_its_fault(
    send: Callable[[str], bytes],
) -> None:
    moments = ["9:59:59", "10:00:00"]
    with serving(lambda _path, _head: send(moments.pop(0))) as server:
        page = ask(watcher_of(server))
    assert page is not None
    assert b"10:00:00" in page.body
    assert page.doubts[0].endswith("the end may be missing")
    assert moments == []


@pytest.mark.parametrize("again", [sized(LIST[:50], 9_000), answer(chunk(LIST[:50]), CHUNKED)])
def test_what_breaks_off_at_another_place_each_time_was_not_read(again: bytes) -> None:
    left = [sized(CUT, 9_000), again]
    with serving(lambda _path, _head: left.pop(0)) as server, pytest.raises(Unreachable, match="asked again"):
        ask(watcher_of(server))


@pytest.mark.parametrize(
    "sent",
    [
        answer(CUT),
        sized(CUT, len(CUT)),
        answer(chunk(CUT) + b"0\r\n\r\n", CHUNKED),
        answer(pack(LIST), b"Content-Encoding: gzip", b"Content-Length: 9000"),
        answer(chunk(pack(LIST)), b"Content-Encoding: gzip", CHUNKED),
        answer(pack(LIST) + b"\r\n\r\n", b"Content-Encoding: gzip", b"Content-Length: %d" % len(pack(LIST))),
    ],
    ids=[
        "no length",
        "no closing tags",
        "chunked",
        "packed, too long",
        "packed, chunked",
        "packed, too short",
    ],
)
def test_an_answer_that_proves_to_be_whole_is_asked_for_once_whatever_its_length_says(sent: bytes) -> None:
    with serving(lambda _path, _head: sent) as server:
        page = ask(watcher_of(server))
    assert page is not None
    assert (page.body, page.fault, len(server.paths)) in {(CUT, "", 1), (LIST, "", 1)}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sent", "fault"),
    [
        (sized(CUT, 9_000), f"the server announced 9,000 bytes and sent {len(CUT)}"),
        (answer(pack(LIST), b"Content-Encoding: gzip", b"Content-Length: 9000"), ""),
    ],
    ids=["plain", "packed"],
)
def test_a_server_that_keeps_the_connection_and_has_no_more_is_read(sent: bytes, fault: str) -> None:
    with keeping([sent] * 9) as (host, asked):
        (page,) = ask_often(host, 1, timeout=3.0)
    assert (page.body, page.fault) in {(CUT, fault), (LIST, fault)}
    assert asked == ([1, 1] if fault else [1])


def test_a_redirect_whose_text_breaks_off_leads_on() -> None:
    def lead(path: str, _head: str) -> bytes:
        moved = answer(b"", b"Location: /new.html", b"Content-Length: 154", status=b"302 Found")
        return moved if path == "/list.html" else sized(LIST, len(LIST))

    with serving(lead) as server:
        page = ask(watcher_of(server))
    assert page is not None
    assert (page.body, server.paths) == (LIST, ["/list.html", "/new.html"])


@contextmanager
def keeping(replies: Sequence[bytes]) -> Iterator[tuple[str, list[int]]]:
    """A server that keeps its connections, each for these replies; then it closes it without an answer.

    Yields its host, and for each connection how often it was asked.
    """
    asked: list[int] = []

    def talk(line: socket.socket, number: int) -> None:
        with suppress(OSError), line:
            for reply in (*replies, b""):
                if not line.recv(65536):
                    return
                asked[number] += 1
                line.sendall(reply)

    def accept() -> None:
        with suppress(OSError):
            while True:
                line, _ = listener.accept()
                asked.append(0)
                threading.Thread(target=talk, args=(line, len(asked) - 1), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}", asked
        listener.shutdown(socket.SHUT_RDWR)


def ask_often(host: str, times: int, *, timeout: float = WATCHER.http.timeout) -> list[Snapshot]:
    """Ask a host with one client and return what it sent."""
    watcher = replace(WATCHER, http=replace(WATCHER.http, hosts=(host,), timeout=timeout))
    fetch = HttpFetcher(private=True)
    try:
        with fetch.open_session(watcher) as session:
            pages = [session(Request(url=f"http://{host}/{n}")) for n in range(times)]
    finally:
        fetch.close()
    return [page for page in pages if page is not None]


def test_bytes_behind_the_announced_length_are_not_taken_for_the_next_answer() -> None:
    surplus = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother"
    with keeping([sized(LIST + surplus, len(LIST))] * 6) as (host, _):
        assert [page.body for page in ask_often(host, 3)] == [LIST] * 3


def test_a_connection_that_the_server_has_closed_meanwhile_is_no_failure() -> None:
    with keeping([sized(LIST, len(LIST))]) as (host, asked):
        assert [page.body for page in ask_often(host, 2)] == [LIST] * 2
        assert asked == [2, 1]


def test_a_server_that_closes_a_new_connection_has_not_answered_and_is_asked_once() -> None:
    with keeping([]) as (host, asked):
        with pytest.raises(Unreachable):
            ask_often(host, 1)
        assert asked == [1]


# --------------------------------------------------------------------------- what people see

TIGHTENING = tightening(7)
ANNEX = "清单\n1 镓 8112929010\n2 锗 8112999010\n".encode()


def show(body: bytes, *, is_cut: bool) -> bytes:
    return sized(body, len(body) + (500 if is_cut else 0))


@dataclass(slots=True)
class CutSite:
    """A site that states a wrong length for its list, its notice or its annex, after a first look."""

    world: World
    watcher: Watcher
    cut: str
    notice: Page
    rows: list[Page]

    def answer(self, path: str, _head: str) -> bytes:
        if path == self.notice.path:
            return show(self.notice.html.encode(), is_cut=self.cut == "notice")
        if path == self.notice.annex:
            return show(ANNEX, is_cut=self.cut == "annex").replace(b"text/html", b"text/plain")
        listed = "".join(self.world.ministry.row(page) for page in self.rows)
        html = f'<html><head><meta charset="utf-8"></head><body><ul class="list">{listed}</ul></body></html>'
        return show(html.encode(), is_cut=self.cut == "list")

    def poll(self) -> PollReport:
        return self.world.poll(self.watcher)

    @property
    def state(self) -> WatcherState:
        return self.world.store.polling.load_state(self.watcher.id)


@contextmanager
def cutting(w: World, cut: str, *, text: str = TIGHTENING) -> Iterator[CutSite]:
    """Poll a site that is sound, then let it publish a notice."""
    known = Page("/notices/art_1.html", "商务部公告2026年第1号", "")
    notice = Page(
        "/notices/art_7.html", "商务部公告2026年第7号 有关出口管制事项", text, annex="/files/list.txt"
    )
    site = CutSite(w, WATCHER, "", notice, [known])
    with serving(site.answer) as server:
        watcher = watcher_of(server)
        index = replace(watcher.index, url=f"http://{server.host}/notices/index.html")
        site.watcher = replace(watcher, index=replace(index, pages=replace(index.pages, style="none")))
        w.poller = replace(w.poller, fetch=HttpFetcher(private=True))
        site.poll()
        site.rows.insert(0, notice)
        site.cut = cut
        yield site
        w.poller.fetch.close()


@pytest.mark.parametrize("cut", ["list", "notice", "annex"])
def test_what_broke_off_shows_in_the_health_of_its_source_until_it_is_whole(w: World, cut: str) -> None:
    with cutting(w, cut) as site:
        report = site.poll()
        assert report.outcome == "looked"
        assert "the server announced" in report.reason
        assert site.state.concern == "degraded"
        assert "the server announced" in site.state.concern_reason
        site.cut = ""
        site.poll()
        assert site.state.concern == ""


def test_a_list_that_broke_off_is_never_taken_for_unchanged_and_not_read_more_often(w: World) -> None:
    with cutting(w, "list") as site:
        site.poll()
        assert w.store.polling.find_validators(site.watcher.index.url) is None
        assert site.state.whole_at is not None
        assert [site.poll().outcome, site.state.concern] == ["looked", "degraded"]


@pytest.mark.parametrize("cut", ["notice", "annex"])
def test_a_notice_that_broke_off_is_told_with_a_doubt_also_to_who_follows_a_code(w: World, cut: str) -> None:
    follows = Subscription(channel="console", target="codes", hs_prefixes=("2844",))
    w.store.subscriptions.subscribe(follows, w.now)
    with cutting(w, cut) as site:
        site.poll()
    alert, same = w.alerts()
    assert alert == same
    assert alert.notice is not None
    assert alert.notice.is_change
    assert any("the end may be missing" in doubt for doubt in alert.notice.doubts)


@pytest.mark.parametrize("cut", ["notice", "annex"])
def test_a_text_that_broke_off_before_it_says_what_it_does_needs_review(w: World, cut: str) -> None:
    text = "现将镓（参考海关商品编号：8112929010）出口许可的有关情况说明如下。"
    with cutting(w, cut, text=text) as site:
        site.poll()
    (alert,) = w.alerts()
    assert alert.notice is not None
    assert alert.notice.attention is Attention.REVIEW
    (reason,) = [reason for reason in alert.notice.review if reason.rule == "review.cut"]
    assert reason.quote
    assert translate_sentence(reason.reason) != reason.reason


def test_the_doubt_outlives_a_new_reading_of_the_stored_bytes(w: World) -> None:
    with cutting(w, "notice") as site:
        site.poll()
    reread_all(w.ingester, {site.watcher.id: site.watcher}, now=w.now)
    record = w.store.queries.find_record("MOFCOM 2026-7")
    assert record is not None
    assert any("the server announced" in doubt for doubt in record.notice.doubts)
