"""The proxies of the environment are used, within the limits of every request; what is exempt goes directly."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import trustme

from controlwatch.adapters.fetch import transport as ours
from controlwatch.adapters.fetch.http import HttpFetcher
from controlwatch.adapters.limits.bounded_http import send_once
from controlwatch.adapters.limits.bounded_slack import BoundedSlackClient
from controlwatch.adapters.network.proxies import find_proxy, read_proxy_routes
from controlwatch.adapters.system.heartbeat import ping
from controlwatch.core.model import Snapshot
from controlwatch.core.model.errors import DeclarationError, SourceError, Unreachable
from controlwatch.core.sources.requests import Request
from controlwatch.testing.sites import Answer, Sites
from tests.proxy import proxy_to
from tests.services.test_inside import PROXY_VARIABLES
from tests.services.world import WATCHER
from tests.waiting import PATIENCE

NAME = "www.ministry.example"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def ministry() -> Iterator[Sites]:
    with Sites() as sites:
        sites.put(f"http://{NAME}/list.html", Answer(body=b"a list"))
        yield sites


def ask_once(url: str, *, timeout: float = PATIENCE) -> Snapshot | None:
    """Send one request as a poll does."""
    http = replace(WATCHER.http, hosts=("*",), timeout=timeout, budget=2 * timeout)
    fetch = HttpFetcher()
    try:
        with fetch.open_session(replace(WATCHER, http=http)) as session:
            return session(Request(url=url))
    finally:
        fetch.close()


@pytest.mark.parametrize(
    ("variable", "scheme", "protocol"),
    [
        ("HTTP_PROXY", "http", "HTTP"),
        ("http_proxy", "http", "HTTP"),
        ("HTTP_PROXY", "", "HTTP"),  # proxy:8080, as many write it
        ("ALL_PROXY", "http", "HTTP"),
        ("ALL_PROXY", "socks5", "SOCKS5"),
        ("all_proxy", "socks5h", "SOCKS5"),
        ("HTTP_PROXY", "socks5", "SOCKS5"),
        ("ALL_PROXY", "socks", "SOCKS5"),  # as desktops write it
    ],
)
def test_a_source_is_asked_through_the_proxy_which_looks_its_name_up(
    ministry: Sites, variable: str, scheme: str, protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxy_to(ministry.origin) as proxy:
        monkeypatch.setenv(variable, f"{scheme}://{proxy.address}" if scheme else proxy.address)
        page = ask_once(f"http://{NAME}/list.html")
        assert page is not None
        assert page.body == b"a list"
        assert [(way, host.removesuffix(":80")) for way, host in proxy.asked] == [(protocol, NAME)]


@pytest.mark.parametrize("scheme", ["http", "socks5"])
def test_the_name_and_password_of_a_proxy_are_sent_to_it(
    ministry: Sites, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxy_to(ministry.origin) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"{scheme}://desk:pass%40word@{proxy.address}")
        ask_once(f"http://{NAME}/list.html")
        (login,) = proxy.logins
    assert login == "Basic ZGVzazpwYXNzQHdvcmQ=" if scheme == "http" else "pass@word" in login


@pytest.mark.parametrize(("variable", "scheme"), [("HTTPS_PROXY", "http"), ("ALL_PROXY", "socks5")])
def test_tls_goes_through_a_proxy_to_the_source_itself(
    variable: str, scheme: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    authority, served = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(NAME).configure_cert(served)
    authority.cert_pem.write_to_path(str(tmp_path / "roots.pem"))
    monkeypatch.setattr(
        ours, "_load_tls_context", lambda _: ssl.create_default_context(cafile=tmp_path / "roots.pem")
    )
    with talking(served) as origin, proxy_to(origin) as proxy:
        monkeypatch.setenv(variable, f"{scheme}://{proxy.address}")
        page = ask_once(f"https://{NAME}/list.html")
        assert page is not None
        assert page.body == b"ok"
        assert [host for _, host in proxy.asked] == [f"{NAME}:443"]
        with pytest.raises(Unreachable, match="certificate"):
            ask_once("https://www.other.example/list.html")


@contextmanager
def talking(tls: ssl.SSLContext | None = None, *, says: bytes | None = None) -> Iterator[str]:
    """A server that answers every request the same; without words, it waits."""

    def talk(line: socket.socket) -> None:
        with suppress(OSError), tls.wrap_socket(line, server_side=True) if tls else line as spoken:
            spoken.recv(4096)
            spoken.sendall(says or b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            spoken.recv(4096)

    def serve() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=talk, args=(server.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, daemon=True).start()
        yield "http://{}:{}".format(*server.getsockname())
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("exempt", [NAME, ".ministry.example", "*.ministry.example", "ministry.example", "*"])
def test_an_exempt_host_is_asked_directly(
    ministry: Sites, exempt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxy_to(ministry.origin) as proxy:
        monkeypatch.setenv("ALL_PROXY", f"http://{proxy.address}")
        monkeypatch.setenv("NO_PROXY", f"localhost,fd00::/8,10.0.0.0/8,{exempt}")
        with pytest.raises(Unreachable, match="has no address"):
            ask_once(f"http://{NAME}/list.html")
        assert proxy.asked == []


@pytest.mark.parametrize(
    ("scheme", "says"),
    [
        ("http", b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"),
        ("http", b"\x05\xff"),
        ("socks5", b"\x05\xff"),
        ("socks5", b"\x05\x00" + b"\x05\x02\x00\x01" + bytes(6)),
        ("socks5", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        ("socks5", b"\x04"),
    ],
)
def test_a_proxy_that_refuses_or_talks_nonsense_is_a_source_that_cannot_be_reached(
    scheme: str, says: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with talking(says=says) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.replace("http", scheme))
        with pytest.raises(Unreachable):
            ask_once(f"https://{NAME}/list.html", timeout=5.0)


@pytest.mark.parametrize("scheme", ["http", "socks5"])
def test_a_proxy_that_never_answers_is_left_when_the_time_is_up(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("ALL_PROXY", "{}://{}:{}".format(scheme, *silent.getsockname()))
        with pytest.raises(SourceError) as ended:
            ask_once(f"https://{NAME}/list.html", timeout=0.4)
    assert ended.value.kind == "timed-out"


def test_with_an_origin_for_everything_no_proxy_is_asked(
    ministry: Sites, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxy_to(ministry.origin) as proxy:
        monkeypatch.setenv("ALL_PROXY", f"http://{proxy.address}")
        fetch = HttpFetcher(connect_to=ministry.origin)
        with fetch.open_session(WATCHER) as ask:
            page = ask(Request(url=f"http://{NAME}/list.html"))
        fetch.close()
        assert page is not None
        assert page.body == b"a list"
        assert proxy.asked == []


@pytest.mark.parametrize(
    "address",
    ["socks4://u:secret@proxy:1", "ftp://u:secret@proxy", "http://u:secret@", "http://u:secret@[::1"],
)
def test_a_proxy_that_cannot_be_used_is_refused_by_name_without_its_password(address: str, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setenv("HTTPS_PROXY", address)
    with pytest.raises(DeclarationError) as refused:
        HttpFetcher()
    assert "HTTPS_PROXY" in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example/", "https://a.example/", "https://b.corp.example/x", "https://corp.example",
        "http://localhost:8080/", "http://127.0.0.1/", "https://[::1]/", "https://a.example:444/",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"HTTPS_PROXY": "http://p:1"},
        {"HTTP_PROXY": "http://p:1", "ALL_PROXY": "socks5://q:2"},
        {"ALL_PROXY": "http://p:1", "NO_PROXY": ".corp.example,localhost,127.0.0.1,::1,a.example:444"},
        {"ALL_PROXY": "p:1", "NO_PROXY": "*"},
    ],
)
def test_the_way_of_a_request_is_the_one_that_httpx_takes(
    url: str, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with httpx.Client() as client:
        taken = client._transport_for_url(httpx.URL(url))
        proxy = getattr(taken._pool, "_proxy_url", None)  # type: ignore[attr-defined]
    assert proxy is None or find_proxy(url) is not None
    assert find_proxy(url) == (None if proxy is None else _write_url(proxy))


def _write_url(url: object) -> str:
    host, port = url.host.decode(), url.port  # type: ignore[attr-defined]
    return f"{url.scheme.decode()}://{host}:{port}"  # type: ignore[attr-defined]


def test_networks_that_httpx_cannot_read_are_no_reason_to_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "fd00::/8,10.0.0.0/8,::1/128,a b,.svc")
    assert "all://*.svc" in read_proxy_routes()


@pytest.mark.parametrize(("scheme", "protocol"), [("http", "HTTP"), ("socks5", "SOCKS5")])
def test_webhooks_heartbeat_and_slack_go_through_the_proxy(
    ministry: Sites, scheme: str, protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ministry.put("http://hooks.example/hook", Answer(body=b"ok"))
    ministry.put("http://monitor.example/ping", Answer(body=b"ok"))
    slack_answer = Answer(body=b'{"ok": true, "team_id": "T1"}', content_type="application/json")
    ministry.put("http://slack.example/api/auth.test", slack_answer)
    with proxy_to(ministry.origin) as proxy:
        monkeypatch.setenv("ALL_PROXY", f"{scheme}://{proxy.address}")
        monkeypatch.setenv("NO_PROXY", "localhost,fd00::/8")
        assert send_once("POST", "http://hooks.example/hook", seconds=PATIENCE, body=b"{}").status == 200
        assert ping("http://monitor.example/ping") == ""
        client = BoundedSlackClient(token="xoxb-1", base_url="http://slack.example/api/")
        assert client.auth_test()["team_id"] == "T1"
        client.http.close()
        assert [(way, host.removesuffix(":80")) for way, host in proxy.asked] == [
            (protocol, f"{name}.example") for name in ("hooks", "monitor", "slack")
        ]


def test_a_webhook_of_this_machine_that_is_exempt_goes_directly(
    ministry: Sites, monkeypatch: pytest.MonkeyPatch
) -> None:
    ministry.put(f"{ministry.origin}/hook", Answer(body=b"ok"))
    with proxy_to(ministry.origin) as proxy:
        monkeypatch.setenv("ALL_PROXY", f"http://{proxy.address}")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert send_once("POST", f"{ministry.origin}/hook", seconds=PATIENCE, body=b"{}").status == 200
        assert proxy.asked == []
