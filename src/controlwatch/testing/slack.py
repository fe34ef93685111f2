"""A stand-in for the Slack Web API: real HTTP, with Slack's envelopes, limits and refusals."""

from __future__ import annotations

import itertools
import json
import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlencode

import httpx
from slack_sdk.signature import SignatureVerifier

from controlwatch.testing.sites import Answer, Asked, Sites
from controlwatch.testing.slack_limits import refused_message, refused_view

Json = dict[str, Any]
#: The workspace that the app is installed in.
TEAM = "T0DEMO"
#: Seconds within which Slack opens one view for a trigger.
TRIGGER = 3.0


@dataclass(frozen=True, slots=True)
class Posted:
    """A message that Slack accepted."""

    channel: str
    text: str
    blocks: list[dict[str, Any]]
    client_msg_id: str
    ts: str
    thread_ts: str = ""


@dataclass(slots=True)
class SlackStandIn:
    """Accepts messages and views; refuses those that Slack would refuse."""

    token: str = "xoxb-stand-in"  # noqa: S105 - not a secret: only the stand-in knows it
    channels: frozenset[str] = frozenset({"C0CONTROLS"})
    posted: list[Posted] = field(default_factory=list)
    limited: int = 0  #: number of next calls that are answered 429
    broken: int = 0  #: number of next calls that are answered 503
    scopes: tuple[str, ...] = ("chat:write", "commands", "app_mentions:read", "im:history", "im:write")
    retry_after: int = 1
    refusing: dict[str, str] = field(default_factory=dict)  #: channel → error of every message to it
    closed: dict[str, str] = field(default_factory=dict)  #: thread → error of every reply in it
    revoked: str = ""  #: error of every call: token_revoked, account_inactive
    paced: bool = False  #: whether a second message to a channel within a second is refused, as by Slack
    opened: queue.Queue[Json] = field(default_factory=queue.Queue)  #: views opened and updated, in order
    homes: dict[str, Json] = field(default_factory=dict)  #: the home last published for each user
    refused: int = 0  #: number of messages sent too soon
    _views: dict[str, Json] = field(default_factory=dict)
    _triggers: dict[str, float] = field(default_factory=dict)
    _last: dict[str, float] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def put_up(self, sites: Sites) -> str:
        """Serve the API on these sites and return its URL."""
        host = sites.origin.removeprefix("http://")
        sites.put(f"http://{host}/api/chat.postMessage", self._post_message)
        sites.put(f"http://{host}/api/auth.test", self._auth_test)
        for method in ("open", "update", "publish"):
            sites.put(f"http://{host}/api/views.{method}", partial(self._view, method))
        return f"{sites.origin}/api/"

    def commands(self, sites: Sites) -> SlackAsker:
        """Return a user of this Slack, whose answers are collected on these sites."""
        return SlackAsker(self, sites)

    def close_view(self, view: Json) -> None:
        """Close a window, as a person does: it cannot be updated any more."""
        with self._guard:
            self._views.pop(view["id"], None)

    def _auth_test(self, asked: Asked) -> Answer:
        answer = self._refusal(asked)
        if answer is not None:
            return answer
        found = _ok(user_id="U0BOT", user="controlwatch", team_id=TEAM, team="Demo", bot_id="B0BOT")
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
            if self._too_soon(message["channel"]):
                return _limited(1)
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

    def trigger(self) -> str:
        """Return a new trigger id, as sent with every interaction."""
        with self._guard:
            name = f"{next(self._numbers)}.stand-in"  # never the same again
            self._triggers[name] = time.monotonic()
        return name

    def _view(self, method: str, asked: Asked) -> Answer:
        with self._guard:
            refusal = self._trouble() or self._refusal(asked)
            if refusal is not None:
                return refusal
            given = _arguments(asked)
            view = given["view"]
            faults = refused_view(view)
            if faults:
                return _error("invalid_arguments", response_metadata={"messages": list(faults)})
            if method == "publish":
                self.homes[given["user_id"]] = view
                return _ok(view={**view, "id": f"H{given['user_id']}"})
            wrong, view_id = self._place(method, given)
            if wrong:
                return _error(wrong)
            shown = {**view, "id": view_id, "hash": f"{time.time():.6f}"}
            self._views[view_id] = shown
            self.opened.put(shown)
            return _ok(view=shown)

    def _place(self, method: str, given: Json) -> tuple[str, str]:
        """Return Slack's error, or the id of the view to show."""
        if method == "update":
            view_id = str(given.get("view_id", ""))
            return ("" if view_id in self._views else "not_found"), view_id
        issued = self._triggers.pop(given.get("trigger_id", ""), None)
        if issued is None:
            return "invalid_trigger_id", ""
        late = time.monotonic() - issued > TRIGGER
        return ("expired_trigger_id" if late else ""), f"V{len(self._views) + 1}"

    def _trouble(self) -> Answer | None:
        if self.limited > 0:
            self.limited -= 1
            return _limited(self.retry_after)
        if self.broken > 0:
            self.broken -= 1
            return Answer(status=503, body=b"upstream connect error", content_type="text/plain")
        return None

    def _refusal(self, asked: Asked) -> Answer | None:
        if self.revoked:
            return _error(self.revoked)
        given = asked.headers.get("authorization", "").removeprefix("Bearer ")
        given = given or _arguments(asked).get("token", "")
        return None if given == self.token else _error("invalid_auth")

    def _too_soon(self, channel: str) -> bool:
        now = time.monotonic()
        soon = self.paced and now - self._last.get(channel, -10.0) < 1.0
        if not soon:
            self._last[channel] = now
        self.refused += soon
        return soon

    def _wrong(self, message: dict[str, Any]) -> str | None:
        channel = message.get("channel", "")
        if channel in self.refusing:
            return self.refusing[channel]
        if channel not in self.channels:
            return "channel_not_found"
        if message.get("thread_ts") in self.closed:
            return self.closed[message["thread_ts"]]
        return refused_message(message.get("blocks", []), message.get("text", ""))


@dataclass(slots=True)
class SlackAsker:
    """Sends us requests as Slack does, signed as by Slack, and collects the answers."""

    slack: SlackStandIn
    sites: Sites
    secret: str = "signing-secret-of-the-stand-in"  # noqa: S105 - not a secret: only the stand-in knows it
    answered: queue.Queue[dict[str, Any]] = field(default_factory=queue.Queue)
    sent: int = 0
    team: str = TEAM  #: the workspace of the user, another one in a shared channel
    _last: tuple[bytes, dict[str, str]] = field(default=(b"", {}), repr=False)

    def command(
        self, web: str, text: str, *, user: str = "U0ASKER", channel: str = "C0CONTROLS"
    ) -> httpx.Response:
        """Enter the command /controlwatch with some text."""
        form = {
            "command": "/controlwatch",
            "text": text,
            "user_id": user,
            "channel_id": channel,
            "team_id": self.team,
            "response_url": self._response_url(),
            "trigger_id": self.slack.trigger(),
        }
        return self._post(web, urlencode(form), _FORM)

    def repeat(self, web: str, times: int) -> list[httpx.Response]:
        """Send the last request again, byte for byte, as somebody who has recorded it."""
        body, headers = self._last
        return [
            httpx.post(f"{web}/slack/events", content=body, headers=headers, timeout=60) for _ in range(times)
        ]

    def press(
        self,
        web: str,
        action: dict[str, Any],
        *,
        user: str = "U0ASKER",
        channel: str = "C0CONTROLS",
        on: Posted | None = None,
    ) -> httpx.Response:
        """Press a button of a message, or choose from a menu in it."""
        payload = {
            "type": "block_actions",
            "user": {"id": user, "team_id": self.team},
            "team": {"id": TEAM},
            "channel": {"id": channel},
            "message": {"text": on.text, "blocks": on.blocks} if on is not None else {},
            "actions": [{"block_id": "b", **action}],
            "response_url": self._response_url(),
            "trigger_id": self.slack.trigger(),
        }
        form = urlencode({"payload": json.dumps(payload)})
        return self._post(web, form, _FORM)

    def press_in_view(self, web: str, action: Json, *, view: Json, user: str = "U0ASKER") -> httpx.Response:
        """Press a button in a modal or in the App Home."""
        payload = {
            "type": "block_actions",
            "user": {"id": user, "team_id": self.team},
            "team": {"id": TEAM},
            "container": {"type": "view"},
            "view": view,
            "actions": [{"block_id": "b", **action}],
            "trigger_id": self.slack.trigger(),
        }
        return self._post(web, urlencode({"payload": json.dumps(payload)}), _FORM)

    def submit(self, web: str, view: Json, values: Json, *, user: str = "U0ASKER") -> httpx.Response:
        """Submit a modal; `values` are by block, then by action, as Slack sends them."""
        payload = {
            "type": "view_submission",
            "user": {"id": user, "team_id": self.team},
            "team": {"id": TEAM},
            "view": {**view, "state": {"values": values}},
            "trigger_id": self.slack.trigger(),
        }
        return self._post(web, urlencode({"payload": json.dumps(payload)}), _FORM)

    def suggest(self, web: str, action_id: str, typed: str, *, user: str = "U0ASKER") -> Json:
        """Type into a menu with external options, and return the options that we offer."""
        payload = {
            "type": "block_suggestion",
            "user": {"id": user, "team_id": self.team},
            "team": {"id": TEAM},
            "container": {"type": "view"},
            "view": {"id": "V1", "type": "modal"},
            "action_id": action_id,
            "block_id": action_id,
            "value": typed,
        }
        answer: Json = self._post(web, urlencode({"payload": json.dumps(payload)}), _FORM).json()
        return answer

    def event(self, web: str, event: dict[str, Any], *, event_id: str = "") -> httpx.Response:
        """Send an event to the bot."""
        self.sent += 1
        body = {
            "type": "event_callback",
            "team_id": TEAM,
            "api_app_id": "A0",
            "event_id": event_id or f"Ev{self.sent}",
            "event": {"team": self.team, **event},
        }
        return self._post(web, json.dumps(body), "application/json")

    def answer(self, *, wait: float = 60.0) -> dict[str, Any]:
        """Return the next answer sent to a response URL; `wait` is in seconds."""
        return self.answered.get(timeout=wait)

    def signed(self, body: str, *, at: float | None = None) -> dict[str, str]:
        """Return the headers of Slack's signature of a body."""
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
        wrong = refused_message(made, answer.get("text", ""))
        if wrong is not None:
            self.answered.put({"error": wrong, **answer})
            return Answer(status=400, body=wrong.encode())
        self.answered.put(answer)
        return Answer(body=b"ok", content_type="text/plain")

    def _post(self, web: str, body: str, kind: str) -> httpx.Response:
        headers = {"Content-Type": kind, **self.signed(body)}
        self._last = (body.encode(), headers)
        return httpx.post(f"{web}/slack/events", content=body.encode(), headers=headers, timeout=60)


_JSON = "application/json; charset=utf-8"
_FORM = "application/x-www-form-urlencoded"


def _arguments(asked: Asked) -> dict[str, Any]:
    if asked.headers.get("content-type", "").startswith("application/json"):
        loaded: dict[str, Any] = json.loads(asked.body)
        return loaded
    form = {key: values[-1] for key, values in parse_qs(asked.body.decode()).items()}
    nested = ("blocks", "metadata", "view")
    return {key: json.loads(value) if key in nested else value for key, value in form.items()}


def _ok(**values: object) -> Answer:
    return Answer(body=json.dumps({"ok": True, **values}).encode(), content_type=_JSON)


def _error(reason: str, **values: object) -> Answer:
    return Answer(body=json.dumps({"ok": False, "error": reason, **values}).encode(), content_type=_JSON)


def _limited(wait: int) -> Answer:
    said = b'{"ok":false,"error":"ratelimited"}'
    return Answer(status=429, body=said, content_type=_JSON, headers={"Retry-After": str(wait)})
