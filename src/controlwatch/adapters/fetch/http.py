"""Asks sources over one shared httpx client: politely, within bounds, and only where declared."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, partial
from http import HTTPStatus
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit
from urllib.request import getproxies

import httpx

from controlwatch.adapters.fetch.bounded_transport import Allowance, bounded, within
from controlwatch.adapters.sandbox.nesting_guard import examine
from controlwatch.core.model import Snapshot
from controlwatch.core.model.addresses import allowed
from controlwatch.core.model.errors import (
    OutOfTime,
    RedirectLoop,
    Stopping,
    TimedOut,
    TooLarge,
    Undeclared,
    Unreachable,
)
from controlwatch.core.sources.sniff import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from controlwatch.core.model.state import Validators
    from controlwatch.core.sources.requests import Request
    from controlwatch.core.sources.watcher import Watcher

MOST_REDIRECTS = 5
HEADERS = 1_000_000  #: bytes of an answer beside its body, the frames of its pieces included
USER_AGENT = "Mozilla/5.0 (compatible; controlwatch/0.1; export-control notice watcher)"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@cache
def _trusted() -> ssl.SSLContext:
    """Whom to trust, read once: that takes longer than everything else about a client."""
    return httpx.create_ssl_context()


class HttpFetch:
    """The process's one client. Safe to use from several threads."""

    def __init__(
        self,
        *,
        user_agent: str = USER_AGENT,
        connect_to: str | None = None,
        private: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open the client; with `connect_to`, every request goes to that origin, its Host kept.

        Without it, requests go to public addresses alone, unless `private`. Behind a proxy it is the proxy
        that looks names up and decides.
        """
        transport: httpx.BaseTransport
        if connect_to is not None:
            transport = _ConnectTo(connect_to)
        elif not private and not getproxies():
            transport = _Public()
        else:
            transport = bounded(httpx.HTTPTransport(retries=0, verify=_trusted()))
        self._client = httpx.Client(
            transport=transport,
            headers={
                "User-Agent": user_agent,
                "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.6",
                "Accept-Encoding": "gzip, deflate",
            },
            follow_redirects=False,
        )
        for mounted in self._client._mounts.values():
            if isinstance(mounted, httpx.HTTPTransport):  # to a proxy
                bounded(mounted)
        self._hosts: defaultdict[str, _Host] = defaultdict(_Host)
        self._guard = threading.Lock()
        self.clock = clock  #: seconds that only go forward
        self.stopping = threading.Event()  #: set once, by `stop`

    @contextmanager
    def session(self, watcher: Watcher) -> Iterator[HttpAsk]:
        """Open one poll's worth of asking: the watcher's time budget runs from here."""
        yield HttpAsk(self, watcher, ends=self.clock() + watcher.http.budget)

    def stop(self) -> None:
        """End every poll at its next step; they say `Stopping`."""
        self.stopping.set()

    def close(self) -> None:
        """Close the client's connections."""
        self._client.close()

    def host(self, url: str) -> _Host:
        """The queue before a host."""
        with self._guard:
            return self._hosts[urlsplit(url).hostname or ""]

    def stream(self, request: httpx.Request) -> httpx.Response:
        """Send, and return the response with its body unread."""
        return self._client.send(request, stream=True)

    def build(self, request: Request, url: str, headers: dict[str, str], timeout: float) -> httpx.Request:
        """Turn our request into httpx's."""
        return self._client.build_request(
            request.method,
            url,
            data=dict(request.form) if request.form else None,
            headers={**dict(request.headers), **headers},
            timeout=timeout,
        )


@dataclass(slots=True)
class _Host:
    """One request at a time to a host, with a pause between two."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    last: float = float("-inf")


class HttpAsk:
    """One question at a time, within one poll's budget."""

    def __init__(self, fetch: HttpFetch, watcher: Watcher, *, ends: float) -> None:
        self._fetch = fetch
        self._http = watcher.http
        self._ends = ends

    def __call__(self, request: Request, validators: Validators | None = None) -> Snapshot | None:
        """Return what the source sent, whatever its status; None when it says "not modified".

        Raises `Unreachable`, `TimedOut`, `TooLarge`, `RedirectLoop`, `Undeclared`, or `Garbled` for a page
        that nobody could walk through.
        """
        try:
            return self._follow(request, request.url, validators)
        except Unreachable:
            if not (self._http.plain_http and request.url.startswith("https://")):
                raise
            return self._follow(request, "http://" + request.url.removeprefix("https://"), validators)

    def _follow(self, request: Request, url: str, validators: Validators | None) -> Snapshot | None:
        seen: set[str] = set()
        while True:
            if not allowed(url, self._http.hosts):
                raise Undeclared(f"{url} is not on a declared host ({', '.join(self._http.hosts)})")
            if url in seen or len(seen) > MOST_REDIRECTS:
                raise RedirectLoop(f"{request.url} leads through {len(seen)} redirects to {url}")
            seen.add(url)
            answer = self._politely(request, url, _conditions(validators))
            if answer.status not in _REDIRECTS or not (target := answer.header("location")):
                break
            url = _joined(url, target)
        if answer.status == HTTPStatus.NOT_MODIFIED:
            return None
        kind = answer.header("content-type") or ""
        if kind_of(answer.body, kind) in {"html", "text"}:
            examine(answer.body, kind)
        return answer

    def _politely(self, request: Request, url: str, headers: dict[str, str]) -> Snapshot:
        host = self._fetch.host(url)
        if not host.lock.acquire(timeout=max(0.0, self._left(url))):
            raise TimedOut(f"{url}: another watcher kept the host busy for the whole poll")
        try:
            pause = host.last + self._http.pause - self._fetch.clock()
            if pause > 0:
                self._fetch.stopping.wait(min(pause, self._left(url)))
            return self._ask(request, url, headers)
        finally:
            host.last = self._fetch.clock()
            host.lock.release()

    def _ask(self, request: Request, url: str, headers: dict[str, str]) -> Snapshot:
        timeout = min(self._http.timeout, self._left(url))
        try:
            asked = self._fetch.build(request, url, headers, timeout)
            with within(self._allowance(url)):
                response = self._fetch.stream(asked)
                try:
                    body = self._read(response, url)
                finally:
                    response.close()
        except httpx.TimeoutException as error:
            raise TimedOut(f"{url} did not answer within {timeout:.0f} s") from error
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise Unreachable(f"{url}: {_reason(error)}") from error
        return Snapshot(
            url=request.url,
            final_url=url,
            fetched_at=datetime.now(UTC),
            status=response.status_code,
            headers=tuple((name.lower(), value) for name, value in response.headers.multi_items()),
            body=body,
        )

    def _allowance(self, url: str) -> Allowance:
        return Allowance(
            left=partial(self._left, url),
            spent=partial(self._too_large, url),
            size=self._http.largest + HEADERS,
        )

    def _too_large(self, url: str) -> TooLarge:
        return TooLarge(f"{url} is larger than {self._http.largest:,} bytes; it was not read to its end")

    def _read(self, response: httpx.Response, url: str) -> bytes:
        codings = response.headers.get("content-encoding", "")
        if "," in codings:
            raise TooLarge(f"{url} is packed several times over ({codings}); that is how bombs are made")
        declared = response.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > self._http.largest:
            raise TooLarge(
                f"{url} announces {int(declared):,} bytes; at most {self._http.largest:,} are read"
            )
        parts: list[bytes] = []
        size = 0
        for part in response.iter_bytes():
            parts.append(part)
            size += len(part)
            if size > self._http.largest:
                raise self._too_large(url)
        return b"".join(parts)

    def _left(self, url: str) -> float:
        if self._fetch.stopping.is_set():
            raise Stopping("the service is being stopped")
        left = self._ends - self._fetch.clock()
        if left <= 0:
            raise OutOfTime(f"{url}: this poll's {self._http.budget:.0f} s are used up")
        return left


def _joined(url: str, target: str) -> str:
    try:
        return urljoin(url, target)
    except ValueError as error:
        raise Undeclared(f"{url} redirects to {target[:200]!r}, which is no address") from error


def _conditions(validators: Validators | None) -> dict[str, str]:
    """Echo the server's own stamps: never our clock, which would hide late-stamped pages for ever."""
    if validators is None:
        return {}
    stamps = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in stamps.items() if value}


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__


class _Public(httpx.BaseTransport):
    """Connects to public addresses alone: a name may lead into our own network, by mistake or on purpose.

    The address that was judged is the one connected to; name and certificate are those of the host asked for.
    """

    def __init__(self, *, verify: ssl.SSLContext | None = None) -> None:
        self._inner = bounded(httpx.HTTPTransport(retries=0, verify=verify or _trusted()))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        trouble: httpx.ConnectError | None = None
        for address in _public_addresses(host, request):
            moved = httpx.Request(
                request.method,
                request.url.copy_with(host=address),
                headers=request.headers,  # with the Host that was asked for
                stream=request.stream,
                extensions={**request.extensions, "sni_hostname": host},
            )
            try:
                return self._inner.handle_request(moved)
            except httpx.ConnectError as error:
                trouble = error
        raise trouble or httpx.ConnectError(f"{host} has no address", request=request)

    def close(self) -> None:
        self._inner.close()


def _public_addresses(host: str, request: httpx.Request) -> list[str]:
    try:
        found = socket.getaddrinfo(host, request.url.port or 443, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpx.ConnectError(f"{host} has no address: {error}", request=request) from error
    addresses = list(dict.fromkeys(str(place[0]) for *_, place in found))
    inside = [address for address in addresses if not ip_address(address.partition("%")[0]).is_global]
    if inside:
        raise httpx.ConnectError(f"{host} leads to {inside[0]}, which is no public address", request=request)
    return addresses


class _ConnectTo(httpx.BaseTransport):
    """Sends every request to one origin, with the Host that it was meant for."""

    def __init__(self, origin: str) -> None:
        self._origin = httpx.URL(origin)
        self._inner = bounded(httpx.HTTPTransport(retries=0, verify=_trusted()))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url.copy_with(
            scheme=self._origin.scheme, host=self._origin.host, port=self._origin.port
        )
        moved = httpx.Request(
            request.method, url, headers=request.headers, stream=request.stream, extensions=request.extensions
        )
        return self._inner.handle_request(moved)

    def close(self) -> None:
        self._inner.close()
