"""Fetches from sources over one shared httpx client: politely, within limits, from declared hosts only."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import quote_from_bytes, urlsplit

import httpx

from controlwatch.adapters.fetch.content_coding import UnpackedBody, unpack_body
from controlwatch.adapters.fetch.failure_layers import describe_failure
from controlwatch.adapters.fetch.transport import TLS_RULES, Allowance, open_transports
from controlwatch.adapters.limits.bounded_http import SURPLUS
from controlwatch.adapters.limits.exchange import keep_to
from controlwatch.adapters.sandbox.nesting_guard import check_nesting
from controlwatch.core.model import Snapshot, Validators
from controlwatch.core.model.addresses import is_allowed_url, resolve_link
from controlwatch.core.model.document import FAULT
from controlwatch.core.model.errors import RedirectLoop, Refused, TimedOut, TooLarge, Undeclared, Unreachable
from controlwatch.core.sources.broken_answers import SENT_MORE, break_off_alike
from controlwatch.core.sources.meta_refresh import find_meta_refresh
from controlwatch.core.sources.requests import Request
from controlwatch.core.sources.retry_after import read_retry_after
from controlwatch.core.sources.watcher import Http, Watcher
from controlwatch.services.ports import Turns

MAX_REDIRECTS = 5
#: Seconds between two tries for a turn that another machine has, and for which a turn outlasts its request.
TURN_INTERVAL, TURN_MARGIN = 0.1, 5.0
USER_AGENT = "Mozilla/5.0 (compatible; controlwatch/0.1; export-control notice watcher)"
#: What stays as it is in an address: everything printable in ASCII but the space.
_PRINTABLE = "".join(chr(code) for code in range(0x21, 0x7F))
_REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})
_TO_GET_STATUSES = frozenset({301, 302, 303})  # after them browsers ask by GET, without the form


class HttpFetcher:
    """The one client of the process. Safe to use from several threads."""

    def __init__(
        self,
        *,
        user_agent: str = USER_AGENT,
        connect_to: str | None = None,
        private: bool = False,
        clock: Callable[[], float] = time.monotonic,
        turns: Turns | None = None,
    ) -> None:
        """Open the client; with `connect_to`, every request goes to that origin, with its original Host.

        With `turns`, hosts are requested in turn with other machines.

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
        self.turns = turns
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
        self, request: Request, url: str, headers: dict[str, str], limits: Http
    ) -> httpx.Request:
        """Return our request as httpx's, with more headers, and with the cookies of its host.

        Raises `Unreachable` for an address that cannot be requested.
        """
        try:
            return self._client.build_request(
                request.method,
                url,
                data=dict(request.form) if request.form else None,
                headers={**dict(request.headers), **headers},
                extensions={TLS_RULES: limits.find_tls_rules(urlsplit(url).hostname or "")},
            )
        except (httpx.InvalidURL, UnicodeError, ValueError) as error:
            raise Unreachable(f"{url}: {str(error) or type(error).__name__}") from error


@dataclass(slots=True)
class _HostQueue:
    """Lets one request at a time through to a host, with a pause between two."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    last_request: float = float("-inf")
    resting_until: float = float("-inf")  #: the host has asked not to be requested before (Retry-After)


@dataclass(slots=True)
class _HeldTurn:
    """A turn among all machines, and what it is given up with."""

    rest: float = 0.0  #: seconds for which the host has asked not to be requested


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
            for url in self._list_other_addresses(request.url):
                with suppress(Unreachable):
                    return self._follow_redirects(request, url, validators)
            raise

    def _list_other_addresses(self, url: str) -> Iterator[str]:
        """Yield where else a page can be reached, as declared: over plain http, and at its mirrors."""
        if self._http.plain_http and url.startswith("https://"):
            yield "http://" + url.removeprefix("https://")
        parts = urlsplit(url)
        for mirror in self._http.mirrors.get(parts.netloc.lower(), ()):
            yield parts._replace(netloc=mirror).geturl()

    def _follow_redirects(self, request: Request, url: str, validators: Validators | None) -> Snapshot | None:
        # The server's own stamps, never our clock, which would hide pages stamped late for ever.
        stamps = (
            {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
            if validators
            else {}
        )
        headers = {name: value for name, value in stamps.items() if value}
        sent, target, is_refreshed = request, url, False
        visited: set[tuple[str, str]] = set()
        while True:
            if not is_allowed_url(target, self._http.hosts):
                raise Undeclared(f"{target} is not on a declared host ({', '.join(self._http.hosts)})")
            built = self._fetch.build_request(sent, target, headers, self._http)
            # A page may redirect to itself to set a cookie: asked again with it, it is another request.
            state = (target, built.headers.get("cookie", ""))
            if state in visited or len(visited) > MAX_REDIRECTS:
                raise RedirectLoop(f"{request.url} leads through {len(visited)} redirects to {target}")
            visited.add(state)
            answer = self._request_politely(built, target, request.url)
            location = answer.get_header("location")
            if answer.status in _REDIRECT_STATUSES and location:
                following = resolve_link(location, base=target)
                if following is None:
                    raise Undeclared(f"{target} redirects to {location[:200]!r}, which is not a URL")
                if answer.status in _TO_GET_STATUSES and sent.method == "POST":
                    sent = replace(sent, method="GET", form=())
            else:
                refresh = None if is_refreshed else find_meta_refresh(answer)
                if refresh is None or (refresh, state[1]) in visited:
                    break
                following, is_refreshed = refresh, True
            target = following
        if answer.status == HTTPStatus.NOT_MODIFIED:
            return None
        if answer.fault:
            answer = self._ask_again(answer, sent)
        check_nesting(answer.body, answer.get_header("content-type") or "")
        return answer

    def _ask_again(self, broken: Snapshot, sent: Request) -> Snapshot:
        """Return the answer to a second request, where the first answer broke off.

        A server that states wrong lengths sends the same again, but for the time or a number that it prints:
        that is then all there is, and the answer keeps its fault. Raises `Unreachable` where the second
        answer breaks off elsewhere.
        """
        url = broken.final_url
        built = self._fetch.build_request(sent, url, {}, self._http)
        answer = self._request_politely(built, url, broken.url)
        if answer.fault and not break_off_alike(broken, answer):
            raise Unreachable(f"{url}: HTTP: {broken.fault}; asked again, {answer.fault}")
        return answer

    def _request_politely(self, built: httpx.Request, url: str, asked: str) -> Snapshot:
        """Send a request when its host is free and the pause since the last one is over.

        `asked` is the address before all redirects. Raises `Refused` while the host wants a pause.
        """
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
            resting = host.resting_until - self._fetch.clock()
            if resting > 0:
                raise _build_rest_error(url, resting)
            pause = host.last_request + self._http.pause - self._fetch.clock()
            if pause > 0:
                self._fetch.stopping.wait(min(pause, allowance.get_seconds_left()))
            with self._hold_shared_turn(url, allowance) as turn:
                answer = self._send_request(built, asked, allowance)
                if rest := read_retry_after(answer):
                    host.resting_until = self._fetch.clock() + rest
                    turn.rest = rest
            return answer
        finally:
            host.last_request = self._fetch.clock()
            host.lock.release()

    @contextmanager
    def _hold_shared_turn(self, url: str, allowance: Allowance) -> Iterator[_HeldTurn]:
        """Wait until no other machine requests the host, and the pause is over; raises `Refused`."""
        turns, held = self._fetch.turns, _HeldTurn()
        if turns is None:
            yield held
            return
        name = f"host:{urlsplit(url).hostname or ''}"
        while True:
            asked_at = self._fetch.clock()
            wait = turns.take_turn(name, pause=self._http.pause, seconds=self._http.timeout + TURN_MARGIN)
            if wait is None:
                self._fetch.stopping.wait(min(TURN_INTERVAL, allowance.get_seconds_left()))
                continue
            try:
                if wait.rest > 0:
                    raise _build_rest_error(url, wait.rest)
                self._fetch.stopping.wait(min(wait.pause, allowance.get_seconds_left()))
                # A process that was stopped meanwhile may have lost its turn.
                if self._fetch.clock() - asked_at <= wait.pause + TURN_MARGIN / 2:
                    yield held
                    return
            finally:
                turns.end_turn(name, rest=held.rest)

    def _send_request(self, built: httpx.Request, asked: str, allowance: Allowance) -> Snapshot:
        url = allowance.url
        timeout = min(self._http.timeout, allowance.get_seconds_left())
        built.extensions["timeout"] = dict.fromkeys(("connect", "read", "write", "pool"), timeout)
        try:
            with keep_to(allowance):
                response = self._open_response(built, allowance)
                try:
                    body, fault = _read_body(response, allowance)
                finally:
                    response.close()
        except httpx.TimeoutException as error:
            raise TimedOut(f"{url}: {describe_failure(error, timeout=timeout)}") from error
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise Unreachable(f"{url}: {describe_failure(error, timeout=timeout)}") from error
        return Snapshot(
            url=asked,
            final_url=url,
            fetched_at=datetime.now(UTC),
            status=response.status_code,
            headers=(*_read_headers(response), *([(FAULT, fault)] if fault else [])),
            body=body,
        )

    def _open_response(self, built: httpx.Request, allowance: Allowance) -> httpx.Response:
        """Send a request; over a new connection where the server has closed the one that was kept."""
        while True:
            try:
                return self._fetch.open_response(built)
            except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
                if allowance.connections_opened or allowance.bytes_received:
                    raise


def _build_rest_error(url: str, seconds: float) -> Refused:
    return Refused(
        f"{url} was not requested: its host asked for a pause, which lasts {seconds:.0f} s more"
        " (Retry-After)",
        status=HTTPStatus.TOO_MANY_REQUESTS,
        retry_after=seconds,
    )


def _read_headers(response: httpx.Response) -> Iterator[tuple[str, str]]:
    """Yield the headers; an address keeps its bytes, percent-encoded, in whatever encoding they are."""
    for name, value in response.headers.multi_items():
        if name.lower() != "location":
            yield name.lower(), value
    for raw_name, raw in response.headers.raw:
        if raw_name.lower() == b"location":
            yield "location", quote_from_bytes(raw, safe=_PRINTABLE)


def _read_body(response: httpx.Response, allowance: Allowance) -> tuple[bytes, str]:
    """Return the unpacked body and how it broke off: "" where it came whole, and for errors and redirects.

    A packed body that came to its end is whole, whatever its headers say. One of which no more comes in time
    has broken off. Raises `TooLarge`, before reading it where the headers already tell.
    """
    url, largest = allowance.url, allowance.limits.largest
    declared = response.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > largest:
        raise TooLarge(f"{url} announces {int(declared):,} bytes; at most {largest:,} are read")
    parts: list[bytes] = []
    size = 0
    is_cut = False
    try:
        for part in response.iter_raw():
            parts.append(part)
            size += len(part)
            if size > largest:
                raise allowance.build_size_error()
    except (httpx.RemoteProtocolError, httpx.ReadError, httpx.ReadTimeout):
        if not parts and response.is_success:
            raise
        is_cut = True
    coding = response.headers.get("content-encoding", "")
    unpacked = unpack_body(b"".join(parts), coding=coding, url=url, largest=largest)
    return unpacked.body, _describe_fault(response, unpacked, size, is_cut=is_cut)


def _describe_fault(response: httpx.Response, unpacked: UnpackedBody, size: int, *, is_cut: bool) -> str:
    """Return how an answer of `size` bytes broke off, "" where it did not."""
    if unpacked.is_whole or not response.is_success:
        return ""
    if unpacked.is_whole is False:
        return f"the packed answer broke off after {size:,} bytes"
    announced = response.headers.get("content-length", "")
    if is_cut and announced.isdecimal() and "transfer-encoding" not in response.headers:
        return f"the server announced {int(announced):,} bytes and sent {size:,}"
    if is_cut:
        return f"the answer broke off after {size:,} bytes"
    has_surplus = response.extensions["network_stream"].get_extra_info(SURPLUS)
    return f"the server announced {size:,} bytes and {SENT_MORE}" if has_surplus else ""
