"""Requests stay on public addresses: no name, redirect or spelling leads into our own network."""

from __future__ import annotations

import http.server
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
import trustme

from controlwatch.adapters.fetch import transport as ours
from controlwatch.adapters.fetch.http import HttpFetcher
from controlwatch.core.model.errors import SourceError, Unreachable
from controlwatch.core.sources.requests import Request
from controlwatch.testing.sites import Answer, Sites
from tests.services.world import WATCHER
from tests.waiting import PATIENCE


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ours, "getproxies", dict)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "0x7f000001", "2130706433", "[::1]", "10.1.2.3", "169.254.169.254"]
)
def test_no_spelling_of_a_private_address_is_asked(host: str) -> None:
    with Sites() as sites:
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
    monkeypatch.setattr(ours, "_resolve_public", lambda _host, _request: ["127.0.0.1"])
    with httpx.Client(transport=ours._PublicTransport(verify=context)) as client:
        assert client.get(f"https://www.ministry.example:{port}/").text == "ok"
        with pytest.raises(httpx.ConnectError, match="certificate"):
            client.get(f"https://www.other.example:{port}/")
    assert heard == [f"www.ministry.example:{port}"]
