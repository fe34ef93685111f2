"""Requests stay on public addresses: no name, redirect, spelling or proxy leads into our own network."""

from __future__ import annotations

import http.server
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import httpx
import pytest
import trustme

from controlwatch.adapters.fetch import transport as ours
from controlwatch.adapters.fetch.http import HttpFetcher
from controlwatch.adapters.limits import bounded_http
from controlwatch.adapters.network.public_addresses import is_inside_host, is_public_address
from controlwatch.core.model.errors import SourceError, Unreachable
from controlwatch.core.sources.requests import Request
from controlwatch.testing.sites import Answer, Sites
from tests.services.world import WATCHER
from tests.waiting import PATIENCE

PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "0x7f000001", "2130706433", "[::1]", "10.1.2.3", "169.254.169.254"]
)
@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"NO_PROXY": "localhost,127.0.0.1,.corp.example,fd00::/8"},
        {"HTTPS_PROXY": "http://127.0.0.1:9"},
        {"HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": "*"},
        {"ALL_PROXY": "socks5://127.0.0.1:9", "NO_PROXY": "localhost,127.0.0.1,10.0.0.0/8"},
        {"ALL_PROXY": "{sites}"},
        {"http_proxy": "{sites}"},
    ],
    ids=lambda env: " ".join(env) or "nothing",
)
def test_no_spelling_of_a_private_address_is_asked_whatever_proxies_there_are(
    host: str, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Sites() as sites:
        for name, value in environment.items():
            monkeypatch.setenv(name, value.format(sites=sites.origin))
        port = sites.origin.rpartition(":")[2]
        sites.put(f"http://{host}:{port}/secret", Answer(body=b"secret"))
        watcher = replace(WATCHER, http=replace(WATCHER.http, hosts=(f"{host}:{port}",), timeout=PATIENCE))
        fetch = HttpFetcher()
        with fetch.open_session(watcher) as ask, pytest.raises(SourceError):
            ask(Request(url=f"http://{host}:{port}/secret"))
        fetch.close()
        assert sites.asked == []


def test_a_name_that_leads_inside_is_said_so() -> None:
    watcher = replace(WATCHER, http=replace(WATCHER.http, hosts=("localhost:9",)))
    fetch = HttpFetcher()
    with fetch.open_session(watcher) as ask, pytest.raises(Unreachable, match="not a public address"):
        ask(Request(url="http://localhost:9/x"))
    fetch.close()


@pytest.mark.parametrize(
    ("address", "is_public"),
    [
        ("203.119.206.1", True),
        ("8.8.8.8", True),
        ("2400:3200::1", True),
        ("2001:4860:4860::8888", True),
        ("64:ff9b::8.8.8.8", True),  # NAT64 of a public address: how an IPv6-only machine reaches it
        ("::ffff:8.8.8.8", True),
        ("2002:808:808::1", True),  # 6to4 of 8.8.8.8
        ("64:ff9b::10.0.0.1", False),
        ("64:ff9b::127.0.0.1", False),
        ("64:ff9b::a9fe:a9fe", False),  # 169.254.169.254
        ("64:ff9b:1::8.8.8.8", False),
        ("64:ff9b:1::10.0.0.1", False),
        ("2002:7f00:1::", False),  # 6to4 of 127.0.0.1
        ("2002:a00:1::1", False),
        ("2002:c0a8:101::1", False),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", False),  # Teredo
        ("::ffff:127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:0:10.0.0.1", False),  # IPv4-translated
        ("::127.0.0.1", False),
        ("::192.168.1.1", False),
        ("2400:3200::5efe:10.0.0.1", False),  # ISATAP
        ("::", False),
        ("::1", False),
        ("0.0.0.0", False),
        ("0.1.2.3", False),
        ("10.0.0.1", False),
        ("100.64.0.1", False),
        ("127.255.255.254", False),
        ("169.254.169.254", False),
        ("172.16.0.1", False),
        ("192.0.0.1", False),
        ("192.0.2.1", False),
        ("192.88.99.1", False),
        ("192.168.0.1", False),
        ("198.18.0.1", False),
        ("198.51.100.1", False),
        ("203.0.113.1", False),
        ("224.0.0.1", False),
        ("233.252.0.1", False),
        ("239.255.255.250", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("100::1", False),
        ("2001:2::1", False),
        ("2001:10::1", False),
        ("2001:db8::1", False),
        ("3fff::1", False),
        ("4000::1", False),
        ("5f00::1", False),
        ("fc00::1", False),
        ("fd12:3456::1", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("fec0::1", False),
        ("feff::1", False),
        ("ff02::1", False),
        ("ff0e::1", False),
    ],
)
def test_an_address_is_public_only_where_what_it_embeds_is(address: str, *, is_public: bool) -> None:
    assert is_public_address(address) is is_public


@pytest.mark.parametrize(
    ("host", "is_inside"),
    [
        ("www.mofcom.gov.cn", False),
        ("8.8.8.8", False),
        ("[2400:3200::1]", False),
        ("localhost.gov.cn", False),
        ("localhost", True),
        ("LOCALHOST.", True),
        ("www.localhost", True),
        ("metadata.google.internal", True),
        ("printer.local", True),
        ("nas.home.arpa", True),
        ("intranet", True),
        ("127.1", True),
        ("0177.0.0.1", True),
        ("0x7f.1", True),
        ("2130706433", True),
        ("10.0.0.1.", True),
        ("[::1]", True),
        ("[::ffff:10.0.0.1]", True),
    ],
)
def test_a_host_behind_a_proxy_is_judged_by_what_its_name_says(host: str, *, is_inside: bool) -> None:
    assert is_inside_host(host) is is_inside


@pytest.fixture
def ministry() -> Iterator[tuple[int, ssl.SSLContext, list[str]]]:
    """A TLS server with the certificate of a ministry, a context that trusts it, and the Hosts it was asked for."""
    authority, heard = trustme.CA(), list[str]()
    server_side, client_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("www.ministry.example").configure_cert(server_side)
    authority.configure_trust(client_side)

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.headers["Host"])
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        server.socket = server_side.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port, client_side, heard
        server.shutdown()


def test_the_address_that_was_judged_is_asked_under_the_name_that_was_meant(
    ministry: tuple[int, ssl.SSLContext, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, context, heard = ministry
    monkeypatch.setattr(ours, "_resolve_public", lambda _host, _port: ["127.0.0.1"])
    monkeypatch.setattr(ours, "_load_tls_context", lambda _: context)
    with httpx.Client(transport=ours._open_direct(private=False)) as client:
        assert client.get(f"https://www.ministry.example:{port}/").text == "ok"
        with pytest.raises(httpx.ConnectError, match="certificate"):
            client.get(f"https://www.other.example:{port}/")
    assert heard == [f"www.ministry.example:{port}"]


def test_a_name_is_looked_up_once_for_the_check_and_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that answers with a public address first, and a private one next, gains nothing."""
    lookups: list[str] = []

    def rebind(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        lookups.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("203.119.206.1", port))]

    connected: list[str] = []

    def note(addresses: list[str], _port: int, _timeout: float | None) -> socket.socket:
        connected.extend(addresses)
        raise ConnectionError

    monkeypatch.setattr(socket, "getaddrinfo", rebind)
    monkeypatch.setattr(bounded_http, "connect_to_first", note)
    with (
        httpx.Client(transport=ours._open_direct(private=False)) as client,
        pytest.raises(httpx.ConnectError),
    ):
        client.get("http://rebinding.example/")
    assert (lookups, connected) == (["rebinding.example"], ["203.119.206.1"])


@contextmanager
def swallowing() -> Iterator[int]:
    """A port of 127.0.0.2 that never answers: its queue is full."""
    with socket.socket() as full:
        full.bind(("127.0.0.2", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        yield full.getsockname()[1]
        for one in waiting:
            one.close()


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.9", "127.0.0.3"],
        ["127.0.0.2", "127.0.0.3"],
        ["127.0.0.2", "127.0.0.9", "127.0.0.2", "127.0.0.3"],
        ["::1", "127.0.0.2", "127.0.0.3"],
        ["127.0.0.3", "127.0.0.2"],
    ],
)
def test_an_address_that_swallows_or_refuses_is_passed_over(
    addresses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ours, "_resolve_public", lambda _host, _port: addresses)
    with swallowing() as port, socket.create_server(("127.0.0.3", port)) as good:

        def answer() -> None:
            line, _ = good.accept()
            with line:
                line.recv(4096)
                line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")

        threading.Thread(target=answer, daemon=True).start()
        host = f"dual.example:{port}"
        watcher = replace(WATCHER, http=replace(WATCHER.http, hosts=(host,), timeout=PATIENCE))
        fetch = HttpFetcher()
        with fetch.open_session(watcher) as ask:
            page = ask(Request(url=f"http://{host}/x"))
        fetch.close()
    assert page is not None
    assert page.body == b"ok"


def test_where_no_address_answers_the_request_ends_in_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ours, "_resolve_public", lambda _host, _port: ["127.0.0.2", "127.0.0.9"])
    with swallowing() as port:
        host = f"dual.example:{port}"
        watcher = replace(WATCHER, http=replace(WATCHER.http, hosts=(host,), timeout=0.4))
        fetch = HttpFetcher()
        with fetch.open_session(watcher) as ask, pytest.raises(SourceError, match="did not answer within"):
            ask(Request(url=f"http://{host}/x"))
        fetch.close()
