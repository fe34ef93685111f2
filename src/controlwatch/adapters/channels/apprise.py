"""Other chats as a channel, through the apprise library: Teams, Feishu, DingTalk, WeCom, and many more.

Apprise addresses contain tokens. Subscriptions and errors refer to a destination by its name only, and a
service's answer is shown without any part of the address.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from controlwatch.adapters.limits.exchange import limit_exchange
from controlwatch.core.alerting.delivery_failures import REPAIR_WAIT, from_http_status
from controlwatch.core.model import ChannelName
from controlwatch.core.model.errors import DeclarationError, DeliveryError
from controlwatch.core.model.text_safety import to_one_line
from controlwatch.core.rendering.chat_text import TextLimit, render_chat_text, render_headline
from controlwatch.core.rendering.message import Message

if TYPE_CHECKING:  # an extra, and slow to load
    from apprise import NotifyBase
    from apprise.result import AppriseResult

SETTING_NAME = "CONTROLWATCH_APPRISE"
INSTALL_HINT = "needs a package that is not installed here: pip install 'controlwatch[apprise]'"
#: Seconds to connect, to wait for an answer, and for the whole delivery, the service's pauses included.
CONNECT_TIMEOUT, READ_TIMEOUT, TOTAL_TIMEOUT = 5.0, 15.0, 25.0
MAX_BYTES = 1 << 16  #: of an answer, headers included
#: Services whose limit is counted in bytes of UTF-8: a Chinese character takes three of them.
BYTE_LIMITED = frozenset(
    {"NotifyDingTalk", "NotifyFeishu", "NotifyLark", "NotifyNtfy", "NotifyWeComBot", "NotifyWeChat"}
)
#: Services that mention people in one message, and so count as several destinations.
MENTIONS_PEOPLE = frozenset({"NotifyDingTalk"})
#: Services that answer 200 even for a failure and report it in the body; apprise takes that for sent.
ERROR_CODE_KEYS = {
    "NotifyDingTalk": ("errcode",),
    "NotifyFeishu": ("code", "StatusCode"),
    "NotifyLark": ("code", "StatusCode"),
    "NotifyWeComBot": ("errcode",),
    "NotifyWeChat": ("errcode",),
}
#: Codes in the body for temporary failures: too fast, too many, busy (WeCom, DingTalk, Feishu).
TRANSIENT_CODES = frozenset({-1, 45009, 130101, 11232})
#: Words of an answer that may be tokens.
TOKEN_PATTERN = re.compile(r"[A-Za-z0-9+/=_~.-]{20,}")
MIN_SECRET_LENGTH = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Exchange:
    """One HTTP exchange: the answer, or the error."""

    status: int = 0
    retry_after: str = ""  #: Retry-After
    body: str = ""
    error_name: str = ""  #: class of the error, when there was no answer


_current_exchanges: ContextVar[list[_Exchange] | None] = ContextVar("controlwatch_apprise", default=None)


def is_installed() -> bool:
    """Return whether the apprise library is installed."""
    return find_spec("apprise") is not None


class AppriseChannel:
    """Sends messages to the destinations that the operator declared."""

    name: ChannelName = "apprise"

    def __init__(self, destinations: Mapping[str, str], *, whole: float = TOTAL_TIMEOUT) -> None:
        """`destinations` are addresses by name; `whole` is the maximum number of seconds for one message.

        They are opened when first needed: apprise takes a second to load. Raises `DeclarationError` when it
        is not installed.
        """
        if not is_installed():
            raise DeclarationError("environment", SETTING_NAME, INSTALL_HINT)
        self._addresses = dict(destinations)
        self._whole = whole
        self._guard = threading.Lock()
        # A destination keeps the pauses that its service demands; one that is stuck delays no other.
        self._turns = {name: threading.Lock() for name in destinations}
        self._opened: dict[str, NotifyBase] = {}

    @property
    def destination_names(self) -> tuple[str, ...]:
        """The names of the destinations."""
        return tuple(sorted(self._addresses))

    def check_destination(self, name: str) -> None:
        """Open a destination; raises `DeclarationError` when its address is not valid."""
        with self._guard:
            self._get_plugin(name)

    def send(self, message: Message, *, target: str, key: str) -> str:
        """Send and return the service and its HTTP status; raises `DeliveryError`."""
        del key
        if target not in self._addresses:
            known = ", ".join(self.destination_names)
            raise DeliveryError(
                f"{SETTING_NAME} declares no destination {target!r}; there are {known}",
                permanent=True,
                target=True,
            )
        with self._turns[target]:
            try:
                with self._guard:
                    plugin = self._get_plugin(target)
            except DeclarationError as error:
                raise DeliveryError(str(error), retry_after=REPAIR_WAIT) from error
            exchanges: list[_Exchange] = []  # of this message, in whichever thread apprise makes them
            before = _current_exchanges.set(exchanges)
            try:
                with limit_exchange(self._whole, max_bytes=MAX_BYTES):
                    result = _notify_plugin(plugin, message)
            finally:
                _current_exchanges.reset(before)
        service = f"{plugin.service_name}"
        if result:
            failure = _find_body_error(type(plugin).__name__, exchanges)
        else:
            failure = _explain_failure(result, exchanges)
        if failure is None:
            return f"{service} {exchanges[-1].status}" if exchanges else service
        reason = to_one_line(_scrub_secrets(failure.reason, self._addresses[target]), 160)
        words = f"{service} {reason}".rstrip()
        if failure.is_http_error:
            raise from_http_status(words, exchanges[-1].status, wait=exchanges[-1].retry_after)
        raise DeliveryError(words, retry_after=failure.retry_after)

    def close(self) -> None:
        """Do nothing: no connection is open."""

    def _get_plugin(self, name: str) -> NotifyBase:
        """Return a destination, opened once; raises `DeclarationError`, which never shows the address."""
        if name in self._opened:
            return self._opened[name]
        from apprise import Apprise, AppriseAsset, OverflowMode

        _intercept_requests()
        asset = AppriseAsset(service_timeout=self._whole)
        asset.app_id = asset.app_desc = "controlwatch"
        asset.http_redirects = False  # a message for one place must not reach another
        plugin = Apprise.instantiate(self._addresses[name], asset=asset)
        if plugin is None:
            reason = f"{name}: apprise knows no such address; see its list of services"
            raise DeclarationError("environment", SETTING_NAME, reason)
        # The outbox retries, waits and reports; options in an address that do so would hide failures.
        plugin.retry, plugin.optional, plugin.overflow_mode = 0, False, OverflowMode.UPSTREAM
        plugin.redirects = False
        plugin.socket_connect_timeout, plugin.socket_read_timeout = CONNECT_TIMEOUT, READ_TIMEOUT
        # The failure of one place would be hidden by the success of another.
        if len(plugin) > 1 and type(plugin).__name__ not in MENTIONS_PEOPLE:
            reason = f"{name}: leads to {len(plugin)} places; declare each under its own name"
            raise DeclarationError("environment", SETTING_NAME, reason)
        self._opened[name] = plugin
        return plugin


@dataclass(frozen=True, slots=True, kw_only=True)
class _SendFailure:
    """Why a message was not accepted."""

    reason: str = ""
    is_http_error: bool = False  #: whether the status of the last answer is the reason
    retry_after: float | None = None


def _notify_plugin(plugin: NotifyBase, message: Message) -> AppriseResult:
    """Send a message as one text, short enough for the service."""
    from apprise import Apprise, NotifyFormat

    title = render_headline(message, plugin.title_maxlen) if plugin.title_maxlen > 0 else ""
    title_size = len(title) + 2 if plugin.overflow_amalgamate_title else 0
    in_bytes = type(plugin).__name__ in BYTE_LIMITED
    body = render_chat_text(
        message,
        TextLimit(
            max_size=max(1, plugin.body_maxlen - (title_size * 3 if in_bytes else title_size)),
            in_bytes=in_bytes,
            max_lines=plugin.body_max_line_count,
        ),
    )
    if title:
        body = body.removeprefix(f"{title}\n").lstrip("\n") or title
    # The text holds no markup, so services that read Markdown get it unescaped: escaping breaks its URLs.
    escaped = plugin.resolve_format(NotifyFormat.TEXT) in {NotifyFormat.TEXT, NotifyFormat.HTML}
    sender = Apprise(asset=plugin.asset)
    sender.add(plugin)
    return sender.notify(body=body, title=title, body_format=NotifyFormat.TEXT if escaped else None)


def _find_body_error(service: str, exchanges: list[_Exchange]) -> _SendFailure | None:
    """Return the failure that a service reports in the body of a 200, if any."""
    keys = ERROR_CODE_KEYS.get(service, ())
    text = exchanges[-1].body if keys and exchanges else ""
    try:
        body = json.loads(text) if text else {}
    except ValueError:
        return None
    for code in (body.get(key) for key in keys) if isinstance(body, dict) else ():
        if isinstance(code, int) and code != 0:
            wait = None if code in TRANSIENT_CODES else REPAIR_WAIT
            return _SendFailure(reason=f"answered {text}", retry_after=wait)
    return None


def _explain_failure(result: AppriseResult, exchanges: list[_Exchange]) -> _SendFailure:
    """Return why a message was not accepted, according to the last exchange or to apprise."""
    if not exchanges:
        log = " ".join(entry.message for entry in result.logs())
        return _SendFailure(reason=f"did not take it: {log}")
    last = exchanges[-1]
    if last.error_name:
        return _SendFailure(reason=f"could not be reached: {last.error_name}")
    if not 200 <= last.status < 300:
        return _SendFailure(reason=f"answered {last.status} {last.body}", is_http_error=True)
    return _SendFailure(reason=f"did not take it: {last.body}")


def _scrub_secrets(words: str, address: str) -> str:
    """Return words without any part of the address and without possible tokens."""
    pieces = set(re.split(r"[^\w.~+-]+", address)) | set(re.split(r"[^\w.~+-]+", unquote(address)))
    for piece in sorted(pieces, key=len, reverse=True):
        if len(piece) >= MIN_SECRET_LENGTH:
            words = words.replace(piece, "…")
    return TOKEN_PATTERN.sub("…", words)


@cache
def _intercept_requests() -> None:
    """Record every exchange that apprise makes in `_current_exchanges`, and silence its log.

    apprise only returns success or failure. Whether to wait, to retry or to give up depends on the status and
    the headers, and some services report a failure only in the body; so a recording session replaces the one
    of the requests library. The log is not needed then, and shows addresses.
    """
    from requests import RequestException, sessions

    from controlwatch.adapters.limits.bounded_requests import BoundedSession

    class RecordingSession(BoundedSession):
        def send(self, request: Any, **how: Any) -> Any:
            exchanges = _current_exchanges.get()
            try:
                answer = super().send(request, **how)
            except RequestException as error:
                if exchanges is not None:
                    exchanges.append(_Exchange(error_name=type(error).__name__))
                raise
            if exchanges is not None:
                wait = answer.headers.get("Retry-After", "")
                body = (answer.content or b"")[:2000].decode("utf-8", "replace")
                exchanges.append(_Exchange(status=answer.status_code, retry_after=wait, body=body))
            return answer

    sessions.Session = RecordingSession  # type: ignore[misc]
    log = logging.getLogger("apprise")
    log.addHandler(logging.NullHandler())
    log.propagate = False
