"""Other chats as a channel, through the apprise library: Teams, Feishu, DingTalk, WeCom, and many more.

The addresses of apprise hold tokens. A subscription knows a destination by its name only, and no error names
more: what a service answers is shown without anything that stands in the address.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from controlwatch.core.alerting.delivery_failures import REPAIR_WAIT, from_http_status
from controlwatch.core.model.errors import DeclarationError, DeliveryError
from controlwatch.core.model.text_safety import to_one_line
from controlwatch.core.rendering.chat_text import TextLimit, render_chat_text, render_headline

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from apprise import NotifyBase
    from apprise.result import AppriseResult

    from controlwatch.core.model import ChannelName
    from controlwatch.core.rendering.message import Message

SETTING_NAME = "CONTROLWATCH_APPRISE"
INSTALL_HINT = "needs a package that is not installed here: pip install 'controlwatch[apprise]'"
#: Seconds to connect, to wait for an answer, and for all of it with the service's own pauses.
CONNECT_TIMEOUT, READ_TIMEOUT, TOTAL_TIMEOUT = 5.0, 15.0, 25.0
#: Services whose limit is counted in bytes of UTF-8: a Chinese character takes three of them.
BYTE_LIMITED = frozenset(
    {"NotifyDingTalk", "NotifyFeishu", "NotifyLark", "NotifyNtfy", "NotifyWeComBot", "NotifyWeChat"}
)
#: Services that name people in one message, and so count as several.
MENTIONS_PEOPLE = frozenset({"NotifyDingTalk"})
#: Services that answer 200 whatever happened, and say in the body what did; apprise takes that for sent.
ERROR_CODE_KEYS = {
    "NotifyDingTalk": ("errcode",),
    "NotifyFeishu": ("code", "StatusCode"),
    "NotifyLark": ("code", "StatusCode"),
    "NotifyWeComBot": ("errcode",),
    "NotifyWeChat": ("errcode",),
}
#: Such codes that mend by themselves: too fast, too many, busy (WeCom, DingTalk, Feishu).
TRANSIENT_CODES = frozenset({-1, 45009, 130101, 11232})
#: Words of an answer that may be tokens, whoever's.
TOKEN_PATTERN = re.compile(r"[A-Za-z0-9+/=_~.-]{20,}")
MIN_SECRET_LENGTH = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Exchange:
    """An exchange by HTTP as it went."""

    status: int = 0
    retry_after: str = ""  #: Retry-After
    body: str = ""
    error_name: str = ""  #: the name of the error, where there was no answer


_current_exchanges: ContextVar[list[_Exchange] | None] = ContextVar("controlwatch_apprise", default=None)


def is_installed() -> bool:
    """Say whether the apprise library is there."""
    return find_spec("apprise") is not None


class AppriseChannel:
    """Sends messages to the destinations that the operator has named."""

    name: ChannelName = "apprise"

    def __init__(self, destinations: Mapping[str, str], *, whole: float = TOTAL_TIMEOUT) -> None:
        """`destinations` are addresses by their names; `whole` is the most seconds that one message takes.

        They are opened when they are needed: apprise takes a second to load. Raises `DeclarationError`
        where it is not installed.
        """
        if not is_installed():
            raise DeclarationError("environment", SETTING_NAME, INSTALL_HINT)
        self._addresses = dict(destinations)
        self._whole = whole
        self._guard = threading.Lock()
        self._opened: dict[str, NotifyBase] = {}

    @property
    def destination_names(self) -> tuple[str, ...]:
        """The names of the destinations."""
        return tuple(sorted(self._addresses))

    def check_destination(self, name: str) -> None:
        """Open a destination; raises `DeclarationError` where its address is none."""
        with self._guard:
            self._get_plugin(name)

    def send(self, message: Message, *, target: str, key: str) -> str:
        """Send, and return the service with what it answered; raises `DeliveryError`."""
        del key
        if target not in self._addresses:
            known = ", ".join(self.destination_names)
            raise DeliveryError(
                f"{SETTING_NAME} declares no destination {target!r}; there are {known}",
                permanent=True,
                target=True,
            )
        with self._guard:  # a destination keeps the pauses that its service asks for
            try:
                plugin = self._get_plugin(target)
            except DeclarationError as error:
                raise DeliveryError(str(error), retry_after=REPAIR_WAIT) from error
            with _record_exchanges() as heard:
                result = _notify_plugin(plugin, message)
        service = f"{plugin.service_name}"
        wrong = _find_body_error(type(plugin).__name__, heard) if result else _explain_failure(result, heard)
        if wrong is not None:
            raise _to_delivery_error(service, wrong, heard, secrets=self._addresses[target])
        return f"{service} {heard[-1].status}" if heard else service

    def close(self) -> None:
        """Nothing is held open."""

    def _get_plugin(self, name: str) -> NotifyBase:
        if name not in self._opened:
            self._opened[name] = _open_destination(name, self._addresses[name], self._whole)
        return self._opened[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class _SendFailure:
    """Why a message was not taken."""

    reason: str = ""
    is_http_error: bool = False  #: the last answer's status says it
    retry_after: float | None = None


def _open_destination(name: str, address: str, whole: float) -> NotifyBase:
    """Open a destination; raises `DeclarationError`, which never shows the address."""
    from apprise import Apprise, AppriseAsset, OverflowMode

    _intercept_requests()
    asset = AppriseAsset(service_timeout=whole)
    asset.app_id = asset.app_desc = "controlwatch"
    asset.http_redirects = False  # what is for one place goes to no other
    plugin = Apprise.instantiate(address, asset=asset)
    if plugin is None:
        reason = f"{name}: apprise knows no such address; see its list of services"
        raise DeclarationError("environment", SETTING_NAME, reason)
    # The outbox tries again, waits and tells; what an address may ask for otherwise would hide failures.
    plugin.retry, plugin.optional, plugin.overflow_mode = 0, False, OverflowMode.UPSTREAM
    plugin.redirects = False
    plugin.socket_connect_timeout, plugin.socket_read_timeout = CONNECT_TIMEOUT, READ_TIMEOUT
    if len(plugin) > 1 and type(plugin).__name__ not in MENTIONS_PEOPLE:
        reason = (
            f"{name}: leads to {len(plugin)} places; give each a name of its own, or one would hide another"
        )
        raise DeclarationError("environment", SETTING_NAME, reason)
    return plugin


def _notify_plugin(plugin: NotifyBase, message: Message) -> AppriseResult:
    """Send a message as one text that the service takes whole."""
    from apprise import Apprise, NotifyFormat

    title = render_headline(message, plugin.title_maxlen) if plugin.title_maxlen > 0 else ""
    taken = len(title) + 2 if plugin.overflow_amalgamate_title else 0
    in_bytes = type(plugin).__name__ in BYTE_LIMITED
    body = render_chat_text(
        message,
        TextLimit(
            max_size=max(1, plugin.body_maxlen - (taken * 3 if in_bytes else taken)),
            in_bytes=in_bytes,
            max_lines=plugin.body_max_line_count,
        ),
    )
    if title:
        body = body.removeprefix(f"{title}\n").lstrip("\n") or title
    # Nothing in the text acts, so services that read Markdown get it as it is: escaped, its addresses break.
    escaped = plugin.resolve_format(NotifyFormat.TEXT) in {NotifyFormat.TEXT, NotifyFormat.HTML}
    sender = Apprise(asset=plugin.asset)
    sender.add(plugin)
    return sender.notify(body=body, title=title, body_format=NotifyFormat.TEXT if escaped else None)


def _find_body_error(service: str, heard: list[_Exchange]) -> _SendFailure | None:
    """Return what a service says went wrong in the body of a 200, if anything did."""
    names = ERROR_CODE_KEYS.get(service, ())
    said = heard[-1].body if names and heard else ""
    try:
        body = json.loads(said) if said else {}
    except ValueError:
        return None
    found: Iterable[object] = (body.get(name) for name in names) if isinstance(body, dict) else ()
    for code in found:
        if isinstance(code, int) and code != 0:
            return _SendFailure(
                reason=f"answered {said}", retry_after=None if code in TRANSIENT_CODES else REPAIR_WAIT
            )
    return None


def _explain_failure(result: AppriseResult, heard: list[_Exchange]) -> _SendFailure:
    """Return why apprise says that a message was not taken."""
    last = heard[-1] if heard else None
    if last is not None and last.error_name:
        return _SendFailure(reason=f"could not be reached: {last.error_name}")
    if last is not None and not 200 <= last.status < 300:
        return _SendFailure(reason=f"answered {last.status} {last.body}", is_http_error=True)
    if last is not None:
        return _SendFailure(reason=f"did not take it: {last.body}")
    words = " ".join(entry.message for entry in result.logs())
    return _SendFailure(reason=f"did not take it: {words}")


def _to_delivery_error(
    service: str, wrong: _SendFailure, heard: list[_Exchange], *, secrets: str
) -> DeliveryError:
    said = f"{service} {to_one_line(_scrub_secrets(wrong.reason, secrets), 160)}".rstrip()
    if wrong.is_http_error:
        return from_http_status(said, heard[-1].status, wait=heard[-1].retry_after)
    return DeliveryError(said, retry_after=wrong.retry_after)


def _scrub_secrets(words: str, address: str) -> str:
    """Return words without any piece of the address, and without what may be a token."""
    pieces = set(re.split(r"[^\w.~+-]+", address)) | set(re.split(r"[^\w.~+-]+", unquote(address)))
    for piece in sorted(pieces, key=len, reverse=True):
        if len(piece) >= MIN_SECRET_LENGTH:
            words = words.replace(piece, "…")
    return TOKEN_PATTERN.sub("…", words)


@contextmanager
def _record_exchanges() -> Iterator[list[_Exchange]]:
    """Listen to the exchanges of one message, in whatever thread apprise has them."""
    heard: list[_Exchange] = []
    before = _current_exchanges.set(heard)
    try:
        yield heard
    finally:
        _current_exchanges.reset(before)


@cache
def _intercept_requests() -> None:
    """Have every exchange that apprise makes noted where somebody listens, and keep its log to itself.

    apprise answers yes or no. Whether to wait, to try again or to give up is in the status and the headers,
    and some services say only in the body that they took nothing; so we put a session of ours into the
    place where the requests library looks for its own. The log is of no use then, and shows addresses.
    """
    from requests import RequestException, sessions

    class RecordingSession(sessions.Session):
        def send(self, request: Any, **how: Any) -> Any:
            heard = _current_exchanges.get()
            try:
                answer = super().send(request, **how)
            except RequestException as error:
                if heard is not None:
                    heard.append(_Exchange(error_name=type(error).__name__))
                raise
            if heard is not None:
                wait = answer.headers.get("Retry-After", "")
                heard.append(
                    _Exchange(status=answer.status_code, retry_after=wait, body=_decode_body(answer.content))
                )
            return answer

    sessions.Session = RecordingSession  # type: ignore[misc]
    log = logging.getLogger("apprise")
    log.addHandler(logging.NullHandler())
    log.propagate = False


def _decode_body(body: bytes | Any) -> str:
    return (body or b"")[:2000].decode("utf-8", "replace")
