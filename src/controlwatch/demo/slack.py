"""A Slack Web API stand-in: real HTTP, Slack's envelopes, Slack's limits and Slack's refusals."""

from __future__ import annotations

import json
import queue
import re
import threading
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode

import httpx
from slack_sdk.signature import SignatureVerifier

from controlwatch.demo.serving import Answer, Asked, Sites

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_BLOCKS = 50
MOST_CHARACTERS = 13_200
LINK = re.compile(r"(?:https?://|mailto:)\S*$")
LIMITS = {"header": 150, "section": 3_000, "context": 2_000}


@dataclass(frozen=True, slots=True)
class Posted:
    """A message that Slack took."""

    channel: str
    text: str
    blocks: list[dict[str, Any]]
    client_msg_id: str
    ts: str
    thread_ts: str = ""


@dataclass(slots=True)
class SlackStandIn:
    """Takes chat.postMessage and auth.test; refuses what Slack would refuse."""

    token: str = "xoxb-stand-in"  # noqa: S105 - not a secret: the stand-in's own
    channels: frozenset[str] = frozenset({"C0CONTROLS"})
    posted: list[Posted] = field(default_factory=list)
    limited: int = 0  #: so many next calls are answered 429
    broken: int = 0  #: so many next calls are answered 503
    scopes: tuple[str, ...] = ("chat:write", "commands", "app_mentions:read", "im:history", "im:write")
    retry_after: int = 1
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def put_up(self, sites: Sites) -> str:
        """Serve on these sites and return the API's address."""
        host = sites.origin.removeprefix("http://")
        sites.put(f"http://{host}/api/chat.postMessage", self._post_message)
        sites.put(f"http://{host}/api/auth.test", self._auth_test)
        return f"{sites.origin}/api/"

    def commands(self, sites: Sites) -> SlackAsker:
        """Return a person in this Slack, whose answers are collected on these sites."""
        return SlackAsker(self, sites)

    def _auth_test(self, asked: Asked) -> Answer:
        answer = self._refusal(asked)
        if answer is not None:
            return answer
        found = _ok(user_id="U0BOT", user="controlwatch", team_id="T0DEMO", team="Demo", bot_id="B0BOT")
        return replace(found, headers={"x-oauth-scopes": ",".join(self.scopes)})

    def _post_message(self, asked: Asked) -> Answer:
        with self._guard:
            refusal = self._trouble() or self._refusal(asked)
            if refusal is not None:
                return refusal
            message = _arguments(asked)
            wrong = self._wrong(message)
            if wrong is not None:
                return _error(wrong)
            ts = f"{time.time():.6f}"
            known = next((m for m in self.posted if m.client_msg_id == message.get("client_msg_id")), None)
            if known is not None:
                return _ok(ts=known.ts, channel=known.channel)
            self.posted.append(
                Posted(
                    channel=message["channel"],
                    text=message.get("text", ""),
                    blocks=message.get("blocks", []),
                    client_msg_id=message.get("client_msg_id", ts),
                    ts=ts,
                    thread_ts=str(message.get("thread_ts") or ""),
                )
            )
            return _ok(ts=ts, channel=message["channel"])

    def _trouble(self) -> Answer | None:
        if self.limited > 0:
            self.limited -= 1
            headers = {"Retry-After": str(self.retry_after)}
            return Answer(
                status=429, body=b'{"ok":false,"error":"ratelimited"}', content_type=_JSON, headers=headers
            )
        if self.broken > 0:
            self.broken -= 1
            return Answer(status=503, body=b"upstream connect error", content_type="text/plain")
        return None

    def _refusal(self, asked: Asked) -> Answer | None:
        given = asked.headers.get("authorization", "").removeprefix("Bearer ")
        given = given or _arguments(asked).get("token", "")
        return None if given == self.token else _error("invalid_auth")

    def _wrong(self, message: dict[str, Any]) -> str | None:
        if message.get("channel") not in self.channels:
            return "channel_not_found"
        made = message.get("blocks", [])
        if refused_blocks(made):
            return "invalid_blocks"
        total = sum(len(text) for text in _texts(made)) + len(message.get("text", ""))
        return "msg_blocks_too_long" if total > MOST_CHARACTERS else None


@dataclass(slots=True)
class SlackAsker:
    """Sends what Slack sends us, signed as Slack signs it, and collects what comes back."""

    slack: SlackStandIn
    sites: Sites
    secret: str = "signing-secret-of-the-stand-in"  # noqa: S105 - not a secret: the stand-in's own
    answered: queue.Queue[dict[str, Any]] = field(default_factory=queue.Queue)
    sent: int = 0

    def command(
        self, web: str, text: str, *, user: str = "U0ASKER", channel: str = "C0CONTROLS"
    ) -> httpx.Response:
        """Type /controlwatch and some words."""
        form = {
            "command": "/controlwatch",
            "text": text,
            "user_id": user,
            "channel_id": channel,
            "team_id": "T0DEMO",
            "response_url": self._response_url(),
            "trigger_id": "1.2.3",
        }
        return self._post(web, urlencode(form), "application/x-www-form-urlencoded")

    def press(
        self,
        web: str,
        action: dict[str, Any],
        *,
        user: str = "U0ASKER",
        channel: str = "C0CONTROLS",
        on: Posted | None = None,
    ) -> httpx.Response:
        """Press a button of a message, or choose from a list of it."""
        payload = {
            "type": "block_actions",
            "user": {"id": user},
            "team": {"id": "T0DEMO"},
            "channel": {"id": channel},
            "message": {"text": on.text, "blocks": on.blocks} if on is not None else {},
            "actions": [{"block_id": "b", **action}],
            "response_url": self._response_url(),
            "trigger_id": "1.2.3",
        }
        form = urlencode({"payload": json.dumps(payload)})
        return self._post(web, form, "application/x-www-form-urlencoded")

    def event(self, web: str, event: dict[str, Any], *, event_id: str = "") -> httpx.Response:
        """Say something that the bot hears."""
        self.sent += 1
        body = {
            "type": "event_callback",
            "team_id": "T0DEMO",
            "api_app_id": "A0",
            "event_id": event_id or f"Ev{self.sent}",
            "event": event,
        }
        return self._post(web, json.dumps(body), "application/json")

    def answer(self, *, wait: float = 10.0) -> dict[str, Any]:
        """Return the next answer that came to a response address."""
        return self.answered.get(timeout=wait)

    def signed(self, body: str, *, at: float | None = None) -> dict[str, str]:
        """Return the headers with which Slack proves that a body is its own."""
        stamp = str(int(time.time() if at is None else at))
        signature = SignatureVerifier(self.secret).generate_signature(timestamp=stamp, body=body)
        return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature or ""}

    def _response_url(self) -> str:
        self.sent += 1
        host = self.sites.origin.removeprefix("http://")
        self.sites.put(f"http://{host}/response/{self.sent}", self._take)
        return f"{self.sites.origin}/response/{self.sent}"

    def _take(self, asked: Asked) -> Answer:
        answer = json.loads(asked.body)
        made = answer.get("blocks", [])
        if refused_blocks(made):
            self.answered.put({"error": "invalid_blocks", **answer})
            return Answer(status=400, body=b"invalid_blocks")
        self.answered.put(answer)
        return Answer(body=b"ok", content_type="text/plain")

    def _post(self, web: str, body: str, kind: str) -> httpx.Response:
        headers = {"Content-Type": kind, **self.signed(body)}
        return httpx.post(f"{web}/slack/events", content=body.encode(), headers=headers, timeout=10)


_JSON = "application/json; charset=utf-8"


def refused_blocks(made: list[dict[str, Any]]) -> bool:
    """Say whether Slack would refuse these blocks: too many, too long, empty, or with a link that is none."""
    return len(made) > MOST_BLOCKS or any(_too_long(block) or _hollow(block) for block in made)


def _hollow(value: object) -> bool:
    """Say whether something holds a list of no elements, or a link that leads nowhere."""
    if isinstance(value, list):
        return any(_hollow(item) for item in value)
    if not isinstance(value, dict):
        return False
    url = value.get("url", "https://")
    if value.get("elements") == [] or not LINK.match(url):
        return True
    return any(_hollow(item) for item in value.values())


def _too_long(block: dict[str, Any]) -> bool:
    most = LIMITS.get(block.get("type", ""))
    return any(text == "" or (most is not None and len(text) > most) for text in _texts([block]))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        text = value.get("text")
        if isinstance(text, str):
            yield text
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _arguments(asked: Asked) -> dict[str, Any]:
    if asked.headers.get("content-type", "").startswith("application/json"):
        loaded: dict[str, Any] = json.loads(asked.body)
        return loaded
    form = {key: values[-1] for key, values in parse_qs(asked.body.decode()).items()}
    return {key: json.loads(value) if key in {"blocks", "metadata"} else value for key, value in form.items()}


def _ok(**values: object) -> Answer:
    return Answer(body=json.dumps({"ok": True, **values}).encode(), content_type=_JSON)


def _error(reason: str) -> Answer:
    return Answer(body=json.dumps({"ok": False, "error": reason}).encode(), content_type=_JSON)
