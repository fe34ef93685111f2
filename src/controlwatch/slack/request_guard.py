"""Which requests from Slack are handled: each one once, and only those of people of our own workspace.

Channels may be shared with other workspaces (Slack Connect): their people see alerts there, and could press
the buttons.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import structlog
from slack_bolt import App as Bolt
from slack_bolt import BoltContext, BoltRequest, BoltResponse

from controlwatch.slack.ack_deadline import submit

Json = dict[str, Any]
#: Seconds for which a request is remembered. Signatures are accepted for 300; Slack sends an event again for
#: longer when it gets no answer.
REQUEST_MEMORY = 3600.0
MAX_REMEMBERED = 100_000
NOT_OUR_WORKSPACE = (
    "This app answers people of the workspace that it is installed in only. Nothing has changed. "
    "本应用仅供所属工作区成员使用。"
)

log = structlog.get_logger()


@dataclass(slots=True)
class HandledRequests:
    """The ids of the requests of the last hour, in memory: a restart forgets them."""

    _seen_at: OrderedDict[str, float] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def is_repeated(self, keys: tuple[str, ...]) -> bool:
        """Remember the ids of a request; return whether one of them was remembered already."""
        now = time.monotonic()
        with self._lock:
            while self._seen_at and (
                len(self._seen_at) > MAX_REMEMBERED
                or now - next(iter(self._seen_at.values())) > REQUEST_MEMORY
            ):
                self._seen_at.popitem(last=False)
            is_known = any(key in self._seen_at for key in keys)
            for key in keys:
                self._seen_at.setdefault(key, now)
        return is_known


@dataclass(frozen=True, slots=True)
class Installation:
    """The workspace that the app is installed in, or the organization that it is installed in as a whole."""

    team_id: str
    enterprise_id: str = ""
    is_whole_enterprise: bool = False

    def includes(self, body: Json) -> bool:
        """Return whether the person behind a request belongs to it, which every request must name."""
        enterprises = set(_list_enterprise_ids(body))
        teams = set(_list_team_ids(body))
        if self.enterprise_id and enterprises - {self.enterprise_id}:
            return False
        if self.is_whole_enterprise:
            return self.enterprise_id in enterprises
        return bool(teams) and teams <= {self.team_id, self.enterprise_id or self.team_id}


@dataclass(frozen=True, slots=True)
class RequestGuard:
    """Stops requests before they are handled. Bolt has checked their signature."""

    handled: HandledRequests = field(default_factory=HandledRequests)

    def register_middleware(self, bolt: Bolt) -> None:
        """Look at every request first."""
        bolt.use(self.check_request)

    def check_request(
        self,
        req: BoltRequest,
        body: Json,
        context: BoltContext,
        next: Callable[[], object],  # noqa: A002 - the name that Bolt passes it by
    ) -> BoltResponse | None:
        """Pass a request on, or answer it."""
        if self.handled.is_repeated(tuple(_list_request_ids(req, body))):
            return BoltResponse(status=200, body="")
        found: Json = context.authorize_result or {}
        installation = Installation(
            team_id=str(found.get("team_id") or ""),
            enterprise_id=str(found.get("enterprise_id") or ""),
            is_whole_enterprise=bool(context.is_enterprise_install),
        )
        if installation.includes(body):
            next()
            return None
        log.warning("a request of another workspace was refused", teams=sorted(set(_list_team_ids(body))))
        return _refuse(body, context)


def _list_request_ids(request: BoltRequest, body: Json) -> Iterator[str]:
    """Yield what identifies a request: what Slack calls it, and its signature, which a replay bears too."""
    view = body.get("view") or {}
    if body.get("event_id"):
        yield f"event {body['event_id']}"
    if body.get("trigger_id"):
        yield f"trigger {body['trigger_id']}"
    elif body.get("type") in {"view_submission", "view_closed"} and view.get("hash"):
        yield f"view {view.get('id')} {view['hash']}"
    for signature in request.headers.get("x-slack-signature", ()):
        # what is typed into a menu with a search may be sent twice within a second
        if body.get("type") != "block_suggestion":
            yield f"signature {signature}"


def _list_team_ids(body: Json) -> Iterator[str]:
    """Yield the ids of the workspaces (T…) and organizations (E…) of the person behind a request."""
    user, team, event = body.get("user"), body.get("team"), body.get("event")
    if isinstance(event, dict):
        own = [str(event[name]) for name in ("user_team", "source_team", "team") if event.get(name)]
        yield from own or [str(body[name]) for name in ("team_id",) if body.get(name)]
        return
    for item in (user.get("team_id") if isinstance(user, dict) else None, body.get("team_id")):
        if item:
            yield str(item)
    if isinstance(team, dict) and team.get("id"):
        yield str(team["id"])


def _list_enterprise_ids(body: Json) -> Iterator[str]:
    """Yield the ids of the organizations (E…) that a request names for the person behind it."""
    enterprise = body.get("enterprise")
    named = (enterprise.get("id") if isinstance(enterprise, dict) else enterprise, body.get("enterprise_id"))
    yield from (str(item) for item in named if item)
    yield from (item for item in _list_team_ids(body) if item.startswith("E"))


def _refuse(body: Json, context: BoltContext) -> BoltResponse:
    """Answer in words, where there is somebody to answer."""
    kind = body.get("type")
    if "command" in body:
        return BoltResponse(status=200, body={"response_type": "ephemeral", "text": NOT_OUR_WORKSPACE})
    if kind == "block_suggestion":
        return BoltResponse(status=200, body={"options": []})
    if kind == "view_submission":
        blocks = (body.get("view") or {}).get("blocks") or [{}]
        field_id = next((block["block_id"] for block in blocks if block.get("type") == "input"), "")
        answer = {"response_action": "errors", "errors": {field_id: NOT_OUR_WORKSPACE}} if field_id else {}
        return BoltResponse(status=200, body=answer or {"response_action": "clear"})
    event = body.get("event") or {}
    respond, say = context.respond, context.say
    thread = event.get("thread_ts") or event.get("ts")
    # Not waited for: Slack gives three seconds.
    if kind == "block_actions" and context.response_url and respond is not None:
        submit(lambda: respond(text=NOT_OUR_WORKSPACE, response_type="ephemeral", replace_original=False))
    elif _is_question(event):
        submit(lambda: say(NOT_OUR_WORKSPACE, thread_ts=thread))
    return BoltResponse(status=200, body="")


def _is_question(event: Json) -> bool:
    """Return whether an event is a mention or a direct message of a person."""
    is_direct = event.get("type") == "message" and event.get("channel_type") == "im"
    return (event.get("type") == "app_mention" or is_direct) and "bot_id" not in event
