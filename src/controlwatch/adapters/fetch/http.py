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

from controlwatch.adapters.fetch.bounded_transport import Allowance, apply_allowance, bound_transport
from controlwatch.adapters.sandbox.nesting_guard import check_nesting
from controlwatch.core.model import Snapshot
from controlwatch.core.model.addresses import is_allowed_url
from controlwatch.core.model.errors import (
    OutOfTime,
    RedirectLoop,
    Stopping,
    TimedOut,
    TooLarge,
    Undeclared,
    Unreachable,
)
from controlwatch.core.sources.decoding import detect_format

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from controlwatch.core.model.state import Validators
    from controlwatch.core.sources.requests import Request
    from controlwatch.core.sources.watcher import Watcher

MAX_REDIRECTS = 5
MAX_HEADER_BYTES = 1_000_000  #: bytes of an answer beside its body, the frames of its pieces included
USER_AGENT = "Mozilla/5.0 (compatible; controlwatch/0.1; export-control notice watcher)"
_REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})


@cache
def _load_tls_context() -> ssl.SSLContext:
    """Whom to trust, read once: that takes longer than everything else about a client."""
    return httpx.create_ssl_context()


class HttpFetcher:
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
            transport = _FixedOriginTransport(connect_to)
        elif not private and not getproxies():
            transport = _PublicTransport()
        else:
            transport = bound_transport(httpx.HTTPTransport(retries=0, verify=_load_tls_context()))
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
                bound_transport(mounted)
        self._hosts: defaultdict[str, _HostQueue] = defaultdict(_HostQueue)
        self._guard = threading.Lock()
        self.clock = clock  #: seconds that only go forward
        self.stopping = threading.Event()  #: set once, by `stop`

    @contextmanager
    def open_session(self, watcher: Watcher) -> Iterator[HttpFetchSession]:
        """Open one poll's worth of asking: the watcher's time budget runs from here."""
        yield HttpFetchSession(self, watcher, ends=self.clock() + watcher.http.budget)

    def stop(self) -> None:
        """End every poll at its next step; they say `Stopping`."""
        self.stopping.set()

    def close(self) -> None:
        """Close the client's connections."""
        self._client.close()

    def get_host_queue(self, url: str) -> _HostQueue:
        """The queue before a host."""
        with self._guard:
            return self._hosts[urlsplit(url).hostname or ""]

    def open_response(self, request: httpx.Request) -> httpx.Response:
        """Send, and return the response with its body unread."""
        return self._client.send(request, stream=True)

    def build_request(
        self, request: Request, url: str, headers: dict[str, str], timeout: float
    ) -> httpx.Request:
        """Turn our request into httpx's."""
        return self._client.build_request(
            request.method,
            url,
            data=dict(request.form) if request.form else None,
            headers={**dict(request.headers), **headers},
            timeout=timeout,
        )


@dataclass(slots=True)
class _HostQueue:
    """One request at a time to a host, with a pause between two."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    last_request: float = float("-inf")


class HttpFetchSession:
    """One question at a time, within one poll's budget."""

    def __init__(self, fetch: HttpFetcher, watcher: Watcher, *, ends: float) -> None:
        self._fetch = fetch
        self._http = watcher.http
        self._ends = ends

    def __call__(self, request: Request, validators: Validators | None = None) -> Snapshot | None:
        """Return what the source sent, whatever its status; None when it says "not modified".

        Raises `Unreachable`, `TimedOut`, `TooLarge`, `RedirectLoop`, `Undeclared`, or `Garbled` for a page
        that nobody could walk through.
        """
        try:
            return self._follow_redirects(request, request.url, validators)
        except Unreachable:
            if not (self._http.plain_http and request.url.startswith("https://")):
                raise
            return self._follow_redirects(
                request, "http://" + request.url.removeprefix("https://"), validators
            )

    def _follow_redirects(self, request: Request, url: str, validators: Validators | None) -> Snapshot | None:
        seen: set[str] = set()
        while True:
            if not is_allowed_url(url, self._http.hosts):
                raise Undeclared(f"{url} is not on a declared host ({', '.join(self._http.hosts)})")
            if url in seen or len(seen) > MAX_REDIRECTS:
                raise RedirectLoop(f"{request.url} leads through {len(seen)} redirects to {url}")
            seen.add(url)
            answer = self._request_politely(request, url, _build_conditions(validators))
            if answer.status not in _REDIRECT_STATUSES or not (target := answer.get_header("location")):
                break
            url = _join_url(url, target)
        if answer.status == HTTPStatus.NOT_MODIFIED:
            return None
        kind = answer.get_header("content-type") or ""
        if detect_format(answer.body, kind) in {"html", "text"}:
            check_nesting(answer.body, kind)
        return answer

    def _request_politely(self, request: Request, url: str, headers: dict[str, str]) -> Snapshot:
        host = self._fetch.get_host_queue(url)
        if not host.lock.acquire(timeout=max(0.0, self._get_seconds_left(url))):
            raise TimedOut(f"{url}: another watcher kept the host busy for the whole poll")
        try:
            pause = host.last_request + self._http.pause - self._fetch.clock()
            if pause > 0:
                self._fetch.stopping.wait(min(pause, self._get_seconds_left(url)))
            return self._send_request(request, url, headers)
        finally:
            host.last_request = self._fetch.clock()
            host.lock.release()

    def _send_request(self, request: Request, url: str, headers: dict[str, str]) -> Snapshot:
        timeout = min(self._http.timeout, self._get_seconds_left(url))
        try:
            asked = self._fetch.build_request(request, url, headers, timeout)
            with apply_allowance(self._build_allowance(url)):
                response = self._fetch.open_response(asked)
                try:
                    body = self._read_body(response, url)
                finally:
                    response.close()
        except httpx.TimeoutException as error:
            raise TimedOut(f"{url} did not answer within {timeout:.0f} s") from error
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise Unreachable(f"{url}: {_describe_error(error)}") from error
        return Snapshot(
            url=request.url,
            final_url=url,
            fetched_at=datetime.now(UTC),
            status=response.status_code,
            headers=tuple((name.lower(), value) for name, value in response.headers.multi_items()),
            body=body,
        )

    def _build_allowance(self, url: str) -> Allowance:
        return Allowance(
            seconds_left=partial(self._get_seconds_left, url),
            size_error=partial(self._build_size_error, url),
            bytes_left=self._http.largest + MAX_HEADER_BYTES,
        )

    def _build_size_error(self, url: str) -> TooLarge:
        return TooLarge(f"{url} is larger than {self._http.largest:,} bytes; it was not read to its end")

    def _read_body(self, response: httpx.Response, url: str) -> bytes:
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
                raise self._build_size_error(url)
        return b"".join(parts)

    def _get_seconds_left(self, url: str) -> float:
        if self._fetch.stopping.is_set():
            raise Stopping("the service is being stopped")
        left = self._ends - self._fetch.clock()
        if left <= 0:
            raise OutOfTime(f"{url}: this poll's {self._http.budget:.0f} s are used up")
        return left


def _join_url(url: str, target: str) -> str:
    try:
        return urljoin(url, target)
    except ValueError as error:
        raise Undeclared(f"{url} redirects to {target[:200]!r}, which is no address") from error


def _build_conditions(validators: Validators | None) -> dict[str, str]:
    """Echo the server's own stamps: never our clock, which would hide late-stamped pages for ever."""
    if validators is None:
        return {}
    stamps = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in stamps.items() if value}


def _describe_error(error: Exception) -> str:
    return str(error) or type(error).__name__


class _PublicTransport(httpx.BaseTransport):
    """Connects to public addresses alone: a name may lead into our own network, by mistake or on purpose.

    The address that was judged is the one connected to; name and certificate are those of the host asked for.
    """

    def __init__(self, *, verify: ssl.SSLContext | None = None) -> None:
        self._inner = bound_transport(httpx.HTTPTransport(retries=0, verify=verify or _load_tls_context()))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        trouble: httpx.ConnectError | None = None
        for address in _resolve_public(host, request):
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


def _resolve_public(host: str, request: httpx.Request) -> list[str]:
    try:
        found = socket.getaddrinfo(host, request.url.port or 443, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpx.ConnectError(f"{host} has no address: {error}", request=request) from error
    addresses = list(dict.fromkeys(str(place[0]) for *_, place in found))
    inside = [address for address in addresses if not ip_address(address.partition("%")[0]).is_global]
    if inside:
        raise httpx.ConnectError(f"{host} leads to {inside[0]}, which is no public address", request=request)
    return addresses


class _FixedOriginTransport(httpx.BaseTransport):
    """Sends every request to one origin, with the Host that it was meant for."""

    def __init__(self, origin: str) -> None:
        self._origin = httpx.URL(origin)
        self._inner = bound_transport(httpx.HTTPTransport(retries=0, verify=_load_tls_context()))

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
