"""Answers that are not quite legal are read as browsers read them, within the bounds of size and time."""

from __future__ import annotations

import gzip
import zlib

import pytest

from controlwatch.core.model.errors import Garbled, RedirectLoop, TooLarge
from tests.services.raw_server import answer, ask, serving, watcher_of

LIST = "<html><body>商务部公告2027年第9号</body></html>".encode()
GBK = "公告".encode("gbk")


def pack(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)


def read(sent: bytes, **http: object) -> bytes:
    """What is read of one answer."""
    with serving(lambda _path, _head: sent) as server:
        page = ask(watcher_of(server, **http))
    assert page is not None
    return page.body


# --------------------------------------------------------------------------- redirects


@pytest.mark.parametrize("times", [1, 2, 4])
def test_a_redirect_to_itself_that_sets_a_cookie_is_followed(times: int) -> None:
    def wall(path: str, head: str) -> bytes:
        step = next((n for n in range(times, 0, -1) if f"step{n}=1" in head), 0)
        cookie = b"Set-Cookie: step%d=1; Path=/" % (step + 1)
        return (
            answer(LIST)
            if step == times
            else answer(b"", b"Location: " + path.encode(), cookie, status=b"302 Found")
        )

    with serving(wall) as server:
        page = ask(watcher_of(server))
        assert page is not None
        assert page.body == LIST
        assert len(server.paths) == times + 1


@pytest.mark.parametrize(
    "lines",
    [[], [b"Set-Cookie: a=1; Path=/"], [b"Set-Cookie: a=1; Path=/elsewhere"]],
    ids=["no cookie", "always the same", "one that is not sent back"],
)
def test_a_redirect_to_itself_that_changes_nothing_is_a_loop(lines: list[bytes]) -> None:
    loop = answer(b"", b"Location: /list.html", *lines, status=b"302 Found")
    with serving(lambda _path, _head: loop) as server, pytest.raises(RedirectLoop):
        ask(watcher_of(server))


@pytest.mark.parametrize(
    ("location", "path"),
    [
        (b"/" + GBK + b".html", "/%B9%AB%B8%E6.html"),
        ("/公告.html".encode(), "/%E5%85%AC%E5%91%8A.html"),
        (b"/a.jsp?n=" + GBK + b"&k=1", "/a.jsp?n=%B9%AB%B8%E6&k=1"),
        (b"/%B9%AB.html#top", "/%B9%AB.html"),
        (b"art 9.html", "/art%209.html"),
    ],
)
def test_an_address_in_a_redirect_is_asked_for_by_its_bytes(location: bytes, path: str) -> None:
    def moved(asked: str, _head: str) -> bytes:
        return (
            answer(LIST)
            if asked != "/list.html"
            else answer(b"", b"Location: " + location, status=b"302 Found")
        )

    with serving(moved) as server:
        ask(watcher_of(server))
        assert server.paths == ["/list.html", path]


@pytest.mark.parametrize(
    ("status", "method"), [(b"302 Found", "GET"), (b"303 See Other", "GET"), (b"307 T", "POST")]
)
def test_a_form_is_sent_again_only_where_the_redirect_says_so(status: bytes, method: str) -> None:
    heads: list[str] = []

    def moved(path: str, head: str) -> bytes:
        heads.append(head.split(" ", maxsplit=1)[0])
        return answer(LIST) if path == "/new" else answer(b"", b"Location: /new", status=status)

    with serving(moved) as server:
        ask(watcher_of(server), form=True)
    assert heads == ["POST", method]


@pytest.mark.parametrize(
    ("content", "paths"),
    [
        ("0;url=/new.html", ["/list.html", "/new.html"]),
        ("1; URL='new.html'", ["/list.html", "/new.html"]),
        ("0;url=/a.jsp?n=公告", ["/list.html", "/a.jsp?n=%B9%AB%B8%E6"]),
        ("0;url=/list.html", ["/list.html"]),
        ("300;url=/new.html", ["/list.html"]),
        ("15", ["/list.html"]),
    ],
)
def test_a_page_that_sends_its_visitors_on_is_followed_once(content: str, paths: list[str]) -> None:
    stop = f'<html><head><meta charset="gbk"><meta http-equiv="Refresh" content="{content}"></head></html>'
    with serving(lambda _path, _head: answer(stop.encode("gbk")).replace(b"; charset=utf-8", b"")) as server:
        ask(watcher_of(server))
        assert server.paths == paths


def test_a_refresh_for_browsers_without_scripts_and_a_bot_challenge_are_not_followed() -> None:
    hidden = b'<noscript><meta http-equiv="refresh" content="0;url=/no.html"></noscript><p>list</p>'
    challenge = (
        b"<html><script>$_ts=window['$_ts'];</script><meta http-equiv=refresh content='0;url=/x'></html>"
    )
    for body in (hidden, challenge):
        with serving(lambda _path, _head, body=body: answer(body)) as server:
            ask(watcher_of(server))
            assert server.paths == ["/list.html"]


# --------------------------------------------------------------------------- packing


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        (b"gzip", LIST),
        (b"", pack(LIST)),
        (b"x-gzip", pack(LIST)),
        (b"identity, gzip", pack(LIST)),
        (b"gzip, gzip", pack(LIST)),
        (b"gzip, gzip", pack(pack(LIST))),
        (b"gzip", pack(pack(LIST))),
        (b"deflate", zlib.compress(LIST)),
        (b"deflate", zlib.compress(LIST)[2:-4]),
        (b"deflate", pack(LIST)),
        (b"deflate", LIST),
        (b"br", LIST),
        (b"utf-8", LIST),
        (b"gzip", pack(LIST[:9]) + pack(LIST[9:])),
        (b"gzip", pack(LIST) + b"\r\n\r\n"),
    ],
    ids=range(15),
)
def test_a_body_is_unpacked_by_its_first_bytes_whatever_its_label(coding: bytes, body: bytes) -> None:
    assert read(answer(body, *([b"Content-Encoding: " + coding] if coding else []))) == LIST


@pytest.mark.parametrize(
    ("coding", "body", "kind"),
    [
        (b"br", b"\x8b\x03\x80abc\x03", Garbled),
        (b"zstd", b"\x28\xb5\x2f\xfd\x00abc", Garbled),
        (b"gzip", pack(LIST)[:10] + b"\xff" * 40, Garbled),
        (b"", pack(bytes(3_000_000)), TooLarge),
        (b"gzip", pack(pack(pack(pack(LIST)))), TooLarge),
    ],
    ids=["brotli", "zstd", "damaged", "a bomb without a label", "packed four times"],
)
def test_what_cannot_be_unpacked_is_an_error_and_not_a_page(
    coding: bytes, body: bytes, kind: type[Exception]
) -> None:
    with pytest.raises(kind):
        read(answer(body, b"Content-Encoding: " + coding), largest=1_000_000)


# --------------------------------------------------------------------------- heads and lengths


@pytest.mark.parametrize(
    "line",
    [
        b"this line is no field",
        b"X Powered By: x",
        b"Server : x",
        b": x",
        b"X-Note: a\x00b\x01c",
        "X-来源: x".encode(),
        b"Content-Length: 5\r\nContent-Length: 9",
        b"Content-Length: many",
        b"Content-Length:",
        b"Transfer-Encoding: identity",
        b"X-Folded: a\r\n b",
    ],
)
def test_a_head_with_illegal_lines_does_not_hide_the_page(line: bytes) -> None:
    assert read(answer(LIST, line)) == LIST


@pytest.mark.parametrize(
    "sent",
    [
        answer(LIST).replace(b"\r\n", b"\n"),
        answer(LIST).replace(b"HTTP/1.1 200 OK", b"HTTP/1.1  200"),
        b"HTTP/1.1 100 Continue\r\nbroken\r\n\r\n" + answer(LIST, b"broken"),
        answer(b"%x\r\n%s\r\n0\r\n\r\n" % (len(LIST), LIST), b"Transfer-Encoding: chunked, chunked"),
        answer(
            b"%x\r\n%s\r\n0\r\n\r\n" % (len(LIST), LIST), b"Transfer-Encoding: chunked", b"Content-Length: 3"
        ),
    ],
    ids=[
        "bare line feeds",
        "blanks in the status line",
        "after an interim answer",
        "chunked twice",
        "two lengths",
    ],
)
def test_a_head_in_an_odd_form_is_read(sent: bytes) -> None:
    assert read(sent) == LIST
