"""The App Home as a Slack view: at most a hundred blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.answers import AlertLine, ReviewLine, WatcherLine
from controlwatch.core.law.coverage import Coverage
from controlwatch.core.model import KeyDate, Subscription
from controlwatch.core.model.text_safety import to_one_line
from controlwatch.core.model.timezones import format_beijing_time
from controlwatch.core.rendering.day_text import add_known_day, format_beijing_day, spell_dates
from controlwatch.core.rendering.law_answers import answer_key_dates
from controlwatch.core.rendering.proof_text import format_proof
from controlwatch.core.rendering.replies import law_reply, watchers_reply
from controlwatch.core.rendering.slack_blocks import ACKNOWLEDGE, ALERT_BLOCK, JUDGE_ACTIONS, LABELS
from controlwatch.core.rendering.subscription_text import describe_subscription
from controlwatch.core.rendering.wording import pick_language
from controlwatch.slack.reply_blocks import CHANGE, END, NEW

Block = dict[str, Any]

#: The most that is drawn of each list; the number of the others follows. Of the first three each takes two
#: blocks.
MAX_CAUTIONS, MAX_NAMED_SOURCES = 4, 3
MAX_SUBSCRIPTIONS, MAX_REVIEWS, MAX_ALERTS, MAX_EVENTS = 12, 6, 10, 14


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeContent:
    """What concerns one user."""

    user: str
    subscriptions: tuple[Subscription, ...]
    reviews: tuple[tuple[ReviewLine, str], ...] = ()  #: documents to judge, each with the key of a delivery
    open_alerts: tuple[AlertLine, ...]  #: alerts without an acknowledgement
    upcoming: tuple[KeyDate, ...]
    cautions: tuple[str, ...] = ()  #: where our knowledge of them ends
    coverage: Coverage | None = None  #: until when the sources were read
    today: date  #: in Beijing
    days: int  #: from today, of the upcoming key dates
    watchers: tuple[WatcherLine, ...]
    lexicon: Lexicon  #: names of the items


def build_home_view(content: HomeContent, *, warning: str = "") -> Block:
    """Return the view, with a warning at the top."""
    blocks = [_build_section(f"⚠️ {warning}")] if warning else []
    for part in (_render_subscriptions, _render_reviews, _render_alerts, _render_upcoming, _render_health):
        blocks.extend(part(content))
    return {"type": "home", "blocks": blocks}


def _render_subscriptions(content: HomeContent) -> Iterator[Block]:
    yield _build_header("My subscriptions · 我的订阅")
    if not content.subscriptions:
        yield _build_section("None yet. You get no alerts until you subscribe.")
    for item in content.subscriptions[:MAX_SUBSCRIPTIONS]:
        place = "to me" if item.target == content.user else f"to {item.target}"
        paused = f" · PAUSED: {item.paused}" if item.paused else ""
        yield _build_section(f"No. {item.id}, {place}: {describe_subscription(item)}{paused}")
        number = str(item.id)
        change, end = f"{CHANGE}{number}", f"{END}{number}"
        yield _build_buttons(("Change · 修改", change, number), ("End · 退订", end, number))
    yield from _render_remainder(len(content.subscriptions) - MAX_SUBSCRIPTIONS, "subscriptions")
    yield _build_buttons(("New subscription · 新订阅", NEW, "new"), style="primary")


def _render_reviews(content: HomeContent) -> Iterator[Block]:
    if not content.reviews:
        return
    yield _build_header("Needs review · 待人工判定")
    for line, key in content.reviews[:MAX_REVIEWS]:
        reason = line.reasons[0] if line.reasons else None
        why = f"{reason.reason} {format_proof(reason.quote, 120)}" if reason is not None else ""
        parts = (
            f"{line.id}",
            format_beijing_day(line.raised_at),
            line.number,
            to_one_line(line.title, 120),
        )
        yield _build_section("\n".join(filter(None, (" · ".join(filter(None, parts)), why, line.url[:200]))))
        words = ((pick_language(*LABELS[name], "both"), name, "judge") for name in JUDGE_ACTIONS)
        block = _build_buttons(*words)
        yield {**block, "block_id": f"{ALERT_BLOCK}{key}"}
    yield from _render_remainder(len(content.reviews) - MAX_REVIEWS, "to review: /controlwatch review")


def _render_alerts(content: HomeContent) -> Iterator[Block]:
    yield _build_header("Open alerts · 待处理")
    if not content.open_alerts:
        yield _build_section("No open alerts.")
    for line in content.open_alerts[:MAX_ALERTS]:
        due, assigned = (
            f"due {spell_dates(line.due)}" if line.due else "",
            "assigned" if line.assigned_to else "",
        )
        parts = (format_beijing_day(line.made_at), line.kind, line.number, line.title, due, assigned)
        yield _build_section(" · ".join(part for part in parts if part))
        block = _build_buttons(("Acknowledge · 已阅", ACKNOWLEDGE, "ack"))
        yield {**block, "block_id": f"{ALERT_BLOCK}{line.key}"}
    yield from _render_remainder(
        len(content.open_alerts) - MAX_ALERTS, "open alerts: controlwatch alerts --open"
    )


def _render_upcoming(content: HomeContent) -> Iterator[Block]:
    yield _build_header(add_known_day("Upcoming key dates · 即将发生", content.coverage))
    reply = law_reply(
        answer_key_dates(content.upcoming, content.lexicon, on=content.today, days=content.days)
    )
    if reply.note:
        yield _build_section(reply.note)
    for row in reply.rows[:MAX_EVENTS]:
        yield _build_section(f"{row.heading} {row.body}")
    yield from _render_remainder(len(reply.rows) - MAX_EVENTS, "to come: /controlwatch upcoming")
    for caution in content.cautions[:MAX_CAUTIONS]:
        yield _build_section(f"⚠️ {spell_dates(caution)}")


def _render_health(content: HomeContent) -> Iterator[Block]:
    """Yield one line: how many sources are watched, which ones fail, and when the last poll was."""
    enabled = [line for line in content.watchers if line.enabled]
    failing = [line.id for line in enabled if line.health in {"blind", "blocked", "degraded"}]
    named = ", ".join(failing[:MAX_NAMED_SOURCES])
    more = f" and {len(failing) - MAX_NAMED_SOURCES} more" if len(failing) > MAX_NAMED_SOURCES else ""
    successes = [line.state.last_success_at for line in enabled if line.state.last_success_at]
    parts = (
        f"Sources · 监测: {watchers_reply(content.watchers).title}",
        f"needs attention: {named}{more}" if failing else "",
        f"last successful poll {spell_dates(format_beijing_time(max(successes)))}"
        if successes
        else "no poll yet",
    )
    yield _build_section(" · ".join(filter(None, parts)))


def _render_remainder(count: int, what: str) -> Iterator[Block]:
    if count > 0:
        yield _build_section(f"… and {count} more {what}")


def _build_buttons(*buttons: tuple[str, str, str], style: str = "") -> Block:
    """Return a row of buttons, each given as its text, action id and value."""
    elements = [
        {
            "type": "button",
            "text": {"type": "plain_text", "text": text},
            "action_id": action_id,
            "value": value,
        }
        | ({"style": style} if style else {})
        for text, action_id, value in buttons
    ]
    return {"type": "actions", "elements": elements}


def _build_header(text: str) -> Block:
    return {"type": "header", "text": {"type": "plain_text", "text": to_one_line(text, 150)}}


def _build_section(text: str) -> Block:
    return {"type": "section", "text": {"type": "plain_text", "text": to_one_line(text, 600) or "—"}}
