"""Slow and silent clients use up neither connections nor file descriptors: others are served, and polls go on."""

from __future__ import annotations

import gc
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from controlwatch.testing.sites import Answer, Sites
from controlwatch.web import bounded_protocol, serving
from controlwatch.web.serving import serve_in_thread
from tests.cli.test_service import environment  # noqa: F401 - a fixture
from tests.processes import COMMAND, running
from tests.waiting import PATIENCE, wait_for

BIG = b"x" * 30_000_000


@pytest.fixture
def web() -> Iterator[str]:
    app = FastAPI()

    @app.get("/small")
    def small() -> str:
        return "ok"

    @app.get("/big")
    def big() -> Response:
        return Response(BIG)

    @app.post("/body")
    async def take(request: Request) -> int:
        return len(await request.body())

    with serve_in_thread(app, host="127.0.0.1", port=0) as address:
        yield address


def connect(web: str) -> socket.socket:
    parts = urlsplit(web)
    return socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=PATIENCE)


def is_ended(line: socket.socket) -> bool:
    """Read to the end, which must come; what is sent before it does not matter."""
    try:
        while line.recv(65_536):
            pass
    except ConnectionError:
        pass
    return True


SLOW = {
    "nothing": b"",
    "half a line": b"GET /sma",
    "half the headers": b"GET /small HTTP/1.1\r\nHost: a\r\n",
    "half a body": b"POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc",
    "half a chunk": b"POST /body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nabc",
    "a request and half of the next": b"GET /small HTTP/1.1\r\nHost: a\r\n\r\nGET /small HTTP/1.1\r\nHo",
    "a request and no other": b"GET /small HTTP/1.1\r\nHost: a\r\n\r\n",
}


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_protocol, "REQUEST_TIMEOUT", 0.5)
    monkeypatch.setattr(bounded_protocol, "RESPONSE_TIMEOUT", 1.0)


@pytest.mark.usefixtures("hurried")
def test_a_request_that_does_not_come_to_its_end_is_given_up(
    web: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with ExitStack() as opened:
        lines = [opened.enter_context(connect(web)) for _ in SLOW]
        for line, sent in zip(lines, SLOW.values(), strict=True):
            line.sendall(sent)
        assert all(is_ended(line) for line in lines)
        assert httpx.get(f"{web}/small").json() == "ok"
    assert capfd.readouterr().err == ""


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    "start",
    [b"GET /small HTTP/1.1\r\nX: ", b"POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n"],
)
def test_a_letter_now_and_then_extends_no_time(web: str, start: bytes) -> None:
    ended = threading.Event()
    with connect(web) as line:
        line.sendall(start)

        def drip() -> None:
            with suppress(OSError):
                while not ended.wait(0.05):
                    line.sendall(b"a")

        dripping = threading.Thread(target=drip, daemon=True)
        dripping.start()
        assert is_ended(line)
        ended.set()
        dripping.join()


@pytest.mark.usefixtures("hurried")
def test_a_client_that_does_not_take_its_answer_is_given_up(web: str) -> None:
    with connect(web) as line:
        line.sendall(b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
        taken = line.recv(1_000)
        wait_for(lambda: _count_connections() == 0)
        with suppress(ConnectionError):
            while piece := line.recv(1_000_000):
                taken += piece
    assert len(taken) < len(BIG)


def _count_connections() -> int:
    held = (item for item in gc.get_objects() if isinstance(item, bounded_protocol.BoundedProtocol))
    return sum(item in item.connections for item in held)


def test_a_new_connection_takes_the_place_of_one_that_only_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "MAX_CONNECTIONS", 5)
    app, release = FastAPI(), threading.Event()

    @app.get("/small")
    def small() -> str:
        return "ok"

    @app.get("/busy")
    def busy() -> str:
        release.wait(PATIENCE)
        return "done"

    with serve_in_thread(app, host="127.0.0.1", port=0) as web, ExitStack() as opened:
        working = opened.enter_context(connect(web))
        working.sendall(b"GET /busy HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        lines = []
        for number in range(60):
            line = opened.enter_context(connect(web))
            line.sendall(b"GET /small HTTP/1.1\r\n")
            lines.append(line)
            if number % 20 == 0:
                assert httpx.get(f"{web}/small", timeout=PATIENCE).json() == "ok"
        assert all(is_ended(line) for line in lines[:50])
        assert httpx.get(f"{web}/small", timeout=PATIENCE).json() == "ok"
        release.set()  # whoever is being answered keeps the place
        answer = b""
        while piece := working.recv(4096):
            answer += piece
        assert b"done" in answer


@pytest.mark.slow
def test_hundreds_of_half_open_requests_stop_neither_the_watch_nor_its_health_check(
    environment: tuple[dict[str, str], Sites],  # noqa: F811
    tmp_path: Path,
) -> None:
    env, sites = environment
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    web, flooded = f"http://127.0.0.1:{port}", threading.Event()
    page = '<meta charset="utf-8"><ul><li><a href="/1.html">商务部公告2026年第1号</a></li></ul>'.encode()

    def list_notices(_asked: object) -> Answer:
        flooded.wait(PATIENCE)
        return Answer(body=page, headers={"Connection": "close"})

    sites.put("https://sample.example/index.html", list_notices)
    limited = ("sh", "-c", 'ulimit -n 128; exec "$@"', "sh", *COMMAND, "run")
    settings = {**env, "CONTROLWATCH_LISTEN": f"127.0.0.1:{port}"}
    with running(tmp_path / "log", env=settings, command=limited) as service, ExitStack() as opened:
        wait_for(lambda: "listening" in service.output and sites.asked)
        for number in range(400):
            line = opened.enter_context(connect(web))
            with suppress(ConnectionError):
                line.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n")
            if number % 100 == 0:
                assert httpx.get(f"{web}/healthz", timeout=PATIENCE).status_code == 200
        flooded.set()
        wait_for(lambda: any(asked.path == "/1.html" for asked in sites.asked))
        assert httpx.get(f"{web}/healthz", timeout=PATIENCE).status_code == 200
        assert len(list(Path(f"/proc/{service.process.pid}/fd").iterdir())) < 100
        assert not re.search("Too many open files|Traceback", service.output)
        assert len(service.output) < 20_000
