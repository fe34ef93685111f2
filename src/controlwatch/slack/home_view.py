"""The App Home as a Slack view: at most a hundred blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from controlwatch.core.model.text_safety import one_line
from controlwatch.core.rendering.replies import of_events, of_watchers
from controlwatch.core.rendering.slack_blocks import ACKNOWLEDGE, ALERT_BLOCK
from controlwatch.core.rendering.subscription_text import described
from controlwatch.slack.reply_blocks import CHANGE, END, NEW

if TYPE_CHECKING:
    from controlwatch.core.law.answers import AlertLine, WatcherLine
    from controlwatch.core.model import Event, Subscription
    from controlwatch.core.rendering.replies import Reply

Block = dict[str, Any]

#: What is drawn of each list; how many more there are is said. Each of the first two takes two blocks.
SUBSCRIPTIONS, ALERTS, EVENTS = 12, 15, 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What concerns one user."""

    user: str
    subscriptions: tuple[Subscription, ...]
    open: tuple[AlertLine, ...]  #: alerts that nobody has acknowledged
    upcoming: tuple[Event, ...]
    days: int  #: that upcoming looks ahead
    watchers: tuple[WatcherLine, ...]


def home_view(desk: Desk, *, said: str = "") -> Block:
    """Return the view; `said` stands on top."""
    blocks = [_plain(f"⚠️ {said}")] if said else []
    for part in (_subscriptions, _alerts, _coming, _health):
        blocks.extend(part(desk))
    return {"type": "home", "blocks": blocks}


def _subscriptions(desk: Desk) -> Iterator[Block]:
    yield _header("My subscriptions · 我的订阅")
    if not desk.subscriptions:
        yield _plain("None yet. You are told of nothing until you choose something.")
    for item in desk.subscriptions[:SUBSCRIPTIONS]:
        place = "to me" if item.target == desk.user else f"to {item.target}"
        paused = f" · PAUSED: {item.paused}" if item.paused else ""
        yield _plain(f"No. {item.id}, {place}: {described(item)}{paused}")
        number = str(item.id)
        change, end = f"{CHANGE}{number}", f"{END}{number}"
        yield _buttons(("Change · 修改", change, number), ("End · 退订", end, number))
    yield from _more(len(desk.subscriptions) - SUBSCRIPTIONS, "subscriptions")
    yield _buttons(("New subscription · 新订阅", NEW, "new"), style="primary")


def _alerts(desk: Desk) -> Iterator[Block]:
    yield _header("Open alerts · 待处理")
    if not desk.open:
        yield _plain("Nothing is open.")
    for line in desk.open[:ALERTS]:
        yield _plain(_open_alert(line))
        block = _buttons(("Acknowledge · 已阅", ACKNOWLEDGE, "ack"))
        yield {**block, "block_id": f"{ALERT_BLOCK}{line.key}"}
    yield from _more(len(desk.open) - ALERTS, "open alerts: controlwatch alerts --open")


def _open_alert(line: AlertLine) -> str:
    parts = [f"{line.made_at:%Y-%m-%d}", line.kind, line.number or "", line.title]
    if line.due:
        parts.append(f"due {line.due}")
    if line.assigned_to:
        parts.append("assigned")
    return " · ".join(part for part in parts if part)


def _coming(desk: Desk) -> Iterator[Block]:
    yield _header("What comes up · 即将发生")
    yield from _rows(of_events(desk.upcoming, days=desk.days, cautions=()), most=EVENTS)


def _health(desk: Desk) -> Iterator[Block]:
    reply = of_watchers(desk.watchers)
    yield _header(f"Sources · 监测: {reply.title}")
    trouble = [row for row in reply.rows if not row.head.startswith("healthy")]
    for row in trouble[:EVENTS]:
        yield _plain(f"{row.head} {row.body}")
    yield from _more(len(trouble) - EVENTS, "in trouble: controlwatch watchers")
    seen = [line.state.last_success_at for line in desk.watchers if line.state.last_success_at is not None]
    if seen:
        yield _plain(f"Last seen with success: {max(seen):%Y-%m-%d %H:%M} UTC")


def _rows(reply: Reply, *, most: int) -> Iterator[Block]:
    if reply.note:
        yield _plain(reply.note)
    for row in reply.rows[:most]:
        yield _plain(f"{row.head} {row.body}")
    yield from _more(len(reply.rows) - most, "to come: /controlwatch upcoming")


def _more(count: int, what: str) -> Iterator[Block]:
    if count > 0:
        yield _plain(f"… and {count} more {what}")


def _buttons(*buttons: tuple[str, str, str], style: str = "") -> Block:
    elements = [_button(text, action_id, value, style) for text, action_id, value in buttons]
    return {"type": "actions", "elements": elements}


def _button(text: str, action_id: str, value: str, style: str) -> Block:
    made: Block = {
        "type": "button",
        "text": {"type": "plain_text", "text": text},
        "action_id": action_id,
        "value": value,
    }
    return made | ({"style": style} if style else {})


def _header(text: str) -> Block:
    return {"type": "header", "text": {"type": "plain_text", "text": one_line(text, 150)}}


def _plain(text: str) -> Block:
    return {"type": "section", "text": {"type": "plain_text", "text": one_line(text, 600) or "—"}}
