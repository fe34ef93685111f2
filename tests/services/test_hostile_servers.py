"""Servers that never end, or that send little which becomes much: a poll ends by name, within its time and size."""

from __future__ import annotations

import gzip
import socket
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest

from controlwatch.adapters.fetch.http import HttpFetcher
from controlwatch.core.model.errors import SourceError
from controlwatch.core.sources.requests import Request
from controlwatch.core.sources.watcher import Watcher
from tests.services.world import WATCHER

#: Seconds after which an answer is given up: many times what a poll here may take.
HUNG = 60
Say = Callable[[Callable[[bytes], None], threading.Event], None]


@contextmanager
def talking(say: Say) -> Iterator[Watcher]:
    """A server that talks as it likes to whoever connects, and a watcher of it with half a second and a megabyte."""
    over = threading.Event()

    def talk(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(65536)
            say(connection.sendall, over)

    def serve() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=talk, args=(server.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, daemon=True).start()
        host = f"127.0.0.1:{server.getsockname()[1]}"
        http = replace(WATCHER.http, hosts=(host,), timeout=0.4, budget=0.5, largest=1_000_000)
        yield replace(WATCHER, index=replace(WATCHER.index, url=f"http://{host}/list.html"), http=http)
        over.set()


def asked(watcher: Watcher) -> str:
    """Ask once, on a thread that may be given up, and return how it ended."""
    ends: list[str] = []

    def ask() -> None:
        fetch = HttpFetcher(private=True)
        try:
            with fetch.open_session(watcher) as one:
                one(Request(url=watcher.index.url))
                ends.append("answered")
        except SourceError as error:
            ends.append(error.kind)
        finally:
            fetch.close()

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(HUNG)
    return ends[0] if ends else "hung"


def dripping(start: bytes) -> Say:
    def say(send: Callable[[bytes], None], over: threading.Event) -> None:
        send(start)
        while not over.wait(0.02):
            send(b"a")

    return say


def early_hints(send: Callable[[bytes], None], over: threading.Event) -> None:
    while not over.wait(0.02):
        send(b"HTTP/1.1 103 Early Hints\r\n\r\n")


@pytest.mark.parametrize(
    "say",
    [
        dripping(b"HTTP/1.1 200 OK\r\nX-Letters: "),
        dripping(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;"),
        dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n"),
        early_hints,
    ],
    ids=["a header", "the frame of a chunk", "the body", "early hints"],
)
def test_a_server_that_sends_a_letter_now_and_then_is_left_when_the_time_is_up(say: Say) -> None:
    with talking(say) as watcher:
        assert asked(watcher) == "timed-out"


def endless_nothing(send: Callable[[bytes], None], over: threading.Event) -> None:
    """Packed data in empty blocks: it unpacks to nothing, without an end."""
    packer = zlib.compressobj(wbits=31)
    send(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
    send(packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH))
    while not over.is_set():
        send(b"\x00\x00\x00\xff\xff" * 10_000)


def endless_headers(send: Callable[[bytes], None], over: threading.Event) -> None:
    while not over.is_set():
        send(b"HTTP/1.1 103 Early Hints\r\nX: " + b"a" * 5_000 + b"\r\n\r\n")


def packed(coding: bytes, body: bytes) -> Say:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n" % (coding, len(body))
    return lambda send, _over: send(head + body)


BOMB = gzip.compress(bytes(30_000_000))


@pytest.mark.parametrize(
    "say",
    [endless_nothing, endless_headers, packed(b"gzip", BOMB), packed(b"gzip, gzip", gzip.compress(BOMB)), packed(b"deflate", zlib.compress(bytes(30_000_000)))],
    ids=["unpacks to nothing", "headers", "a bomb", "a bomb in a bomb", "deflated"],
)  # fmt: skip
def test_what_is_larger_than_allowed_packed_or_unpacked_is_not_read_to_its_end(say: Say) -> None:
    with talking(say) as watcher:
        assert asked(replace(watcher, http=replace(watcher.http, timeout=20.0, budget=40.0))) == "too-large"


@pytest.mark.parametrize(
    ("head", "end"),
    [
        (b"Content-Length: " + b"9" * 5_000, "too-large"),
        (b"Content-Length: 9000", "answered"),
        (b"Content-Length: -1", "answered"),
        (b"Content-Length: 5\r\nContent-Length: 6", "answered"),
        (b"\xff: x", "answered"),
    ],
)
def test_a_wrong_length_and_lines_that_mean_nothing_do_not_hide_the_answer(head: bytes, end: str) -> None:
    with talking(lambda send, _over: send(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\nabc")) as watcher:
        assert asked(replace(watcher, http=replace(watcher.http, timeout=20.0, budget=40.0))) == end
