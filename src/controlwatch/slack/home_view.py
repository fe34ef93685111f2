"""The App Home as a Slack view: at most a hundred blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from controlwatch.core.model.text_safety import to_one_line
from controlwatch.core.rendering.replies import events_reply, watchers_reply
from controlwatch.core.rendering.slack_blocks import ACKNOWLEDGE, ALERT_BLOCK
from controlwatch.core.rendering.subscription_text import describe_subscription
from controlwatch.slack.reply_blocks import CHANGE, END, NEW

if TYPE_CHECKING:
    from controlwatch.core.law.answers import AlertLine, WatcherLine
    from controlwatch.core.model import KeyDate, Subscription
    from controlwatch.core.rendering.replies import Reply

Block = dict[str, Any]

#: What is drawn of each list; how many more there are is said. Each of the first two takes two blocks.
MAX_SUBSCRIPTIONS, MAX_ALERTS, MAX_EVENTS = 12, 15, 15


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeContent:
    """What concerns one user."""

    user: str
    subscriptions: tuple[Subscription, ...]
    open_alerts: tuple[AlertLine, ...]  #: alerts that nobody has acknowledged
    upcoming: tuple[KeyDate, ...]
    days: int  #: that upcoming looks ahead
    watchers: tuple[WatcherLine, ...]


def build_home_view(desk: HomeContent, *, said: str = "") -> Block:
    """Return the view; `said` stands on top."""
    blocks = [_build_section(f"⚠️ {said}")] if said else []
    for part in (_render_subscriptions, _render_alerts, _render_upcoming, _render_health):
        blocks.extend(part(desk))
    return {"type": "home", "blocks": blocks}


def _render_subscriptions(desk: HomeContent) -> Iterator[Block]:
    yield _build_header("My subscriptions · 我的订阅")
    if not desk.subscriptions:
        yield _build_section("None yet. You are told of nothing until you choose something.")
    for item in desk.subscriptions[:MAX_SUBSCRIPTIONS]:
        place = "to me" if item.target == desk.user else f"to {item.target}"
        paused = f" · PAUSED: {item.paused}" if item.paused else ""
        yield _build_section(f"No. {item.id}, {place}: {describe_subscription(item)}{paused}")
        number = str(item.id)
        change, end = f"{CHANGE}{number}", f"{END}{number}"
        yield _build_buttons(("Change · 修改", change, number), ("End · 退订", end, number))
    yield from _render_remainder(len(desk.subscriptions) - MAX_SUBSCRIPTIONS, "subscriptions")
    yield _build_buttons(("New subscription · 新订阅", NEW, "new"), style="primary")


def _render_alerts(desk: HomeContent) -> Iterator[Block]:
    yield _build_header("Open alerts · 待处理")
    if not desk.open_alerts:
        yield _build_section("Nothing is open.")
    for line in desk.open_alerts[:MAX_ALERTS]:
        yield _build_section(_format_open_alert(line))
        block = _build_buttons(("Acknowledge · 已阅", ACKNOWLEDGE, "ack"))
        yield {**block, "block_id": f"{ALERT_BLOCK}{line.key}"}
    yield from _render_remainder(
        len(desk.open_alerts) - MAX_ALERTS, "open alerts: controlwatch alerts --open"
    )


def _format_open_alert(line: AlertLine) -> str:
    parts = [f"{line.made_at:%Y-%m-%d}", line.kind, line.number or "", line.title]
    if line.due:
        parts.append(f"due {line.due}")
    if line.assigned_to:
        parts.append("assigned")
    return " · ".join(part for part in parts if part)


def _render_upcoming(desk: HomeContent) -> Iterator[Block]:
    yield _build_header("What comes up · 即将发生")
    yield from _render_rows(events_reply(desk.upcoming, days=desk.days, cautions=()), most=MAX_EVENTS)


def _render_health(desk: HomeContent) -> Iterator[Block]:
    reply = watchers_reply(desk.watchers)
    yield _build_header(f"Sources · 监测: {reply.title}")
    trouble = [row for row in reply.rows if not row.heading.startswith("healthy")]
    for row in trouble[:MAX_EVENTS]:
        yield _build_section(f"{row.heading} {row.body}")
    yield from _render_remainder(len(trouble) - MAX_EVENTS, "in trouble: controlwatch watchers")
    seen = [line.state.last_success_at for line in desk.watchers if line.state.last_success_at is not None]
    if seen:
        yield _build_section(f"Last seen with success: {max(seen):%Y-%m-%d %H:%M} UTC")


def _render_rows(reply: Reply, *, most: int) -> Iterator[Block]:
    if reply.note:
        yield _build_section(reply.note)
    for row in reply.rows[:most]:
        yield _build_section(f"{row.heading} {row.body}")
    yield from _render_remainder(len(reply.rows) - most, "to come: /controlwatch upcoming")


def _render_remainder(count: int, what: str) -> Iterator[Block]:
    if count > 0:
        yield _build_section(f"… and {count} more {what}")


def _build_buttons(*buttons: tuple[str, str, str], style: str = "") -> Block:
    elements = [_build_button(text, action_id, value, style) for text, action_id, value in buttons]
    return {"type": "actions", "elements": elements}


def _build_button(text: str, action_id: str, value: str, style: str) -> Block:
    made: Block = {
        "type": "button",
        "text": {"type": "plain_text", "text": text},
        "action_id": action_id,
        "value": value,
    }
    return made | ({"style": style} if style else {})


def _build_header(text: str) -> Block:
    return {"type": "header", "text": {"type": "plain_text", "text": to_one_line(text, 150)}}


def _build_section(text: str) -> Block:
    return {"type": "section", "text": {"type": "plain_text", "text": to_one_line(text, 600) or "—"}}
