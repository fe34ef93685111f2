"""Fetches from sources over one shared httpx client: politely, within limits, from declared hosts only."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

import httpx

from controlwatch.adapters.fetch.transport import (
    Allowance,
    open_transports,
)
from controlwatch.adapters.limits.exchange import keep_to
from controlwatch.adapters.sandbox.nesting_guard import check_nesting
from controlwatch.core.model import Snapshot, Validators
from controlwatch.core.model.addresses import is_allowed_url
from controlwatch.core.model.errors import RedirectLoop, TimedOut, TooLarge, Undeclared, Unreachable
from controlwatch.core.sources.requests import Request
from controlwatch.core.sources.watcher import Watcher

MAX_REDIRECTS = 5
USER_AGENT = "Mozilla/5.0 (compatible; controlwatch/0.1; export-control notice watcher)"
_REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})


class HttpFetcher:
    """The one client of the process. Safe to use from several threads."""

    def __init__(
        self,
        *,
        user_agent: str = USER_AGENT,
        connect_to: str | None = None,
        private: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open the client; with `connect_to`, every request goes to that origin, with its original Host.

        Without it, requests go only to public addresses, unless `private`, and through the proxies of the
        environment. Raises `DeclarationError` for a proxy that cannot be used.
        """
        transport, mounts = open_transports(connect_to=connect_to, private=private)
        self._client = httpx.Client(
            transport=transport,
            mounts=mounts,
            headers={
                "User-Agent": user_agent,
                "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.6",
                "Accept-Encoding": "gzip, deflate",
            },
            follow_redirects=False,
        )
        self._hosts: defaultdict[str, _HostQueue] = defaultdict(_HostQueue)
        self._guard = threading.Lock()
        self.clock = clock  #: seconds that only go forward
        self.stopping = threading.Event()  #: set once, by `stop`

    @contextmanager
    def open_session(self, watcher: Watcher) -> Iterator[HttpFetchSession]:
        """Open the session of one poll; the watcher's time budget runs from here."""
        yield HttpFetchSession(self, watcher, deadline=self.clock() + watcher.http.budget)

    def stop(self) -> None:
        """End every poll at its next step, which raises `Stopping`."""
        self.stopping.set()

    def close(self) -> None:
        """Close the client's connections."""
        self._client.close()

    def get_host_queue(self, url: str) -> _HostQueue:
        """Return the queue of a URL's host."""
        with self._guard:
            return self._hosts[urlsplit(url).hostname or ""]

    def open_response(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return the response, its body unread."""
        return self._client.send(request, stream=True)

    def build_request(
        self, request: Request, url: str, headers: dict[str, str], timeout: float
    ) -> httpx.Request:
        """Return our request as httpx's, with more headers."""
        return self._client.build_request(
            request.method,
            url,
            data=dict(request.form) if request.form else None,
            headers={**dict(request.headers), **headers},
            timeout=timeout,
        )


@dataclass(slots=True)
class _HostQueue:
    """Lets one request at a time through to a host, with a pause between two."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    last_request: float = float("-inf")


class HttpFetchSession:
    """Sends one request at a time, within the time budget of one poll."""

    def __init__(self, fetch: HttpFetcher, watcher: Watcher, *, deadline: float) -> None:
        self._fetch = fetch
        self._http = watcher.http
        self._deadline = deadline  #: end of the poll, by the fetcher's clock

    def __call__(self, request: Request, validators: Validators | None = None) -> Snapshot | None:
        """Return what the source sent, whatever its status; None when it answers "not modified".

        Raises `Unreachable`, `TimedOut`, `TooLarge`, `RedirectLoop`, `Undeclared`, or `Garbled` for a page
        that is nested too deeply.
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
        # The server's own stamps, never our clock, which would hide pages stamped late for ever.
        stamps = (
            {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
            if validators
            else {}
        )
        headers = {name: value for name, value in stamps.items() if value}
        visited: set[str] = set()
        while True:
            if not is_allowed_url(url, self._http.hosts):
                raise Undeclared(f"{url} is not on a declared host ({', '.join(self._http.hosts)})")
            if url in visited or len(visited) > MAX_REDIRECTS:
                raise RedirectLoop(f"{request.url} leads through {len(visited)} redirects to {url}")
            visited.add(url)
            answer = self._request_politely(request, url, headers)
            if answer.status not in _REDIRECT_STATUSES or not (target := answer.get_header("location")):
                break
            try:
                url = urljoin(url, target)
            except ValueError as error:
                raise Undeclared(f"{url} redirects to {target[:200]!r}, which is not a URL") from error
        if answer.status == HTTPStatus.NOT_MODIFIED:
            return None
        check_nesting(answer.body, answer.get_header("content-type") or "")
        return answer

    def _request_politely(self, request: Request, url: str, headers: dict[str, str]) -> Snapshot:
        """Send a request when its host is free and the pause since the last one is over."""
        allowance = Allowance(
            url=url,
            limits=self._http,
            deadline=self._deadline,
            clock=self._fetch.clock,
            stopping=self._fetch.stopping,
        )
        host = self._fetch.get_host_queue(url)
        if not host.lock.acquire(timeout=max(0.0, allowance.get_seconds_left())):
            raise TimedOut(f"{url}: another watcher kept the host busy for the whole poll")
        try:
            pause = host.last_request + self._http.pause - self._fetch.clock()
            if pause > 0:
                self._fetch.stopping.wait(min(pause, allowance.get_seconds_left()))
            return self._send_request(request, url, headers, allowance)
        finally:
            host.last_request = self._fetch.clock()
            host.lock.release()

    def _send_request(
        self, request: Request, url: str, headers: dict[str, str], allowance: Allowance
    ) -> Snapshot:
        timeout = min(self._http.timeout, allowance.get_seconds_left())
        try:
            with keep_to(allowance):
                built = self._fetch.build_request(request, url, headers, timeout)
                response = self._fetch.open_response(built)
                try:
                    body = _read_body(response, allowance)
                finally:
                    response.close()
        except httpx.TimeoutException as error:
            raise TimedOut(f"{url} did not answer within {timeout:.0f} s") from error
        except httpx.ProxyError as error:
            raise Unreachable(f"{url}: the proxy refuses: {error}") from error
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise Unreachable(f"{url}: {str(error) or type(error).__name__}") from error
        return Snapshot(
            url=request.url,
            final_url=url,
            fetched_at=datetime.now(UTC),
            status=response.status_code,
            headers=tuple((name.lower(), value) for name, value in response.headers.multi_items()),
            body=body,
        )


def _read_body(response: httpx.Response, allowance: Allowance) -> bytes:
    """Return the decoded body; raises `TooLarge`, before reading it where the headers already tell."""
    url, largest = allowance.url, allowance.limits.largest
    codings = response.headers.get("content-encoding", "")
    if "," in codings:
        raise TooLarge(f"{url} is compressed several times over ({codings}), as decompression bombs are")
    declared = response.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > largest:
        raise TooLarge(f"{url} announces {int(declared):,} bytes; at most {largest:,} are read")
    parts: list[bytes] = []
    size = 0
    for part in response.iter_bytes():
        parts.append(part)
        size += len(part)
        if size > largest:
            raise allowance.build_size_error()
    return b"".join(parts)
