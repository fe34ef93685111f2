"""The App Home as a Slack view: at most a hundred blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.answers import AlertLine, ReviewLine, WatcherLine
from controlwatch.core.law.coverage import Coverage
from controlwatch.core.model import KeyDate, Language, Subscription
from controlwatch.core.model.text_safety import to_one_line
from controlwatch.core.rendering.action_text import describe_due_day, name_alert_kind
from controlwatch.core.rendering.day_text import add_known_day, format_beijing_day, spell_beijing_time
from controlwatch.core.rendering.facts import CardContext
from controlwatch.core.rendering.law_answers import answer_key_dates, tell_all
from controlwatch.core.rendering.proof_text import format_proof
from controlwatch.core.rendering.replies import law_reply, watchers_reply
from controlwatch.core.rendering.sentences_zh import translate_sentence
from controlwatch.core.rendering.slack_blocks import ACKNOWLEDGE, ALERT_BLOCK, JUDGE_ACTIONS, LABELS
from controlwatch.core.rendering.subscription_text import describe_place, describe_subscription_in
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
    language: Language = "both"  #: of the labels; sentences of both languages are in English
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

    @property
    def context(self) -> CardContext:
        """How names and days are written in sentences: in one language."""
        one: Language = "zh" if self.language == "zh" else "en"
        return CardContext(lexicon=self.lexicon, language=one, today=self.today)

    def label(self, english: str, chinese: str) -> str:
        """Return the words of a heading or a button."""
        return pick_language(english, chinese, self.language)

    def say(self, english: str, chinese: str) -> str:
        """Return a sentence, in one language."""
        return self.context.pick_one(english, chinese)


def build_home_view(content: HomeContent, *, warning: str = "") -> Block:
    """Return the view, with a warning at the top."""
    blocks = [_build_section(f"⚠️ {warning}")] if warning else []
    for part in (_render_subscriptions, _render_reviews, _render_alerts, _render_upcoming, _render_health):
        blocks.extend(part(content))
    return {"type": "home", "blocks": blocks}


def _render_subscriptions(content: HomeContent) -> Iterator[Block]:
    label, context = content.label, content.context
    yield _build_header(label("My subscriptions", "我的订阅"))
    if not content.subscriptions:
        # Nothing tells the language of a person without a subscription.
        none = ("None yet. You get no alerts until you subscribe.", "尚无订阅。订阅后才会收到提醒。")
        yield _build_section(label(*none))
    for item in content.subscriptions[:MAX_SUBSCRIPTIONS]:
        place, words = (
            describe_place(item, content.user, context.language),
            describe_subscription_in(item, context),
        )
        yield _build_section(
            content.say(f"No. {item.id}, {place}: {words}", f"{item.id}号，{place}：{words}")
        )
        number = str(item.id)
        change, end = f"{CHANGE}{number}", f"{END}{number}"
        yield _build_buttons((label("Change", "修改"), change, number), (label("End", "退订"), end, number))
    more = len(content.subscriptions) - MAX_SUBSCRIPTIONS
    yield from _render_remainder(more, content.say("subscriptions", "项订阅"), content)
    yield _build_buttons((label("New subscription", "新订阅"), NEW, "new"), style="primary")


def _render_reviews(content: HomeContent) -> Iterator[Block]:
    if not content.reviews:
        return
    language = content.context.language
    yield _build_header(content.label("Needs review", "待人工判定"))
    for line, key in content.reviews[:MAX_REVIEWS]:
        reason = line.reasons[0] if line.reasons else None
        why = ""
        if reason is not None:
            told = translate_sentence(reason.reason) if language == "zh" else reason.reason
            why = f"{told} {format_proof(reason.quote, 120)}"
        parts = (
            f"{line.id}",
            format_beijing_day(line.raised_at, language),
            line.number,
            to_one_line(line.title, 120),
        )
        yield _build_section("\n".join(filter(None, (" · ".join(filter(None, parts)), why, line.url[:200]))))
        words = ((content.label(*LABELS[name]), name, "judge") for name in JUDGE_ACTIONS)
        block = _build_buttons(*words)
        yield {**block, "block_id": f"{ALERT_BLOCK}{key}"}
    rest = content.say("to review: /controlwatch review", "份待判定：/controlwatch 待判定")
    yield from _render_remainder(len(content.reviews) - MAX_REVIEWS, rest, content)


def _render_alerts(content: HomeContent) -> Iterator[Block]:
    language = content.context.language
    yield _build_header(content.label("Open alerts", "待处理"))
    if not content.open_alerts:
        yield _build_section(content.say("No open alerts.", "没有未处理的提醒。"))
    for line in content.open_alerts[:MAX_ALERTS]:
        parts = (
            format_beijing_day(line.made_at, language),
            name_alert_kind(line.kind, language),
            line.number,
            line.title,
            describe_due_day(line, language),
            content.say("assigned", "已指派") if line.assigned_to else "",
        )
        yield _build_section(" · ".join(part for part in parts if part))
        block = _build_buttons((content.label("Acknowledge", "已阅"), ACKNOWLEDGE, "ack"))
        yield {**block, "block_id": f"{ALERT_BLOCK}{line.key}"}
    rest = content.say(
        "open alerts: /controlwatch alerts open", "条未处理提醒：/controlwatch 提醒记录 未处理"
    )
    yield from _render_remainder(len(content.open_alerts) - MAX_ALERTS, rest, content)


def _render_upcoming(content: HomeContent) -> Iterator[Block]:
    language = content.context.language
    heading = content.label("Upcoming key dates", "即将发生")
    yield _build_header(add_known_day(heading, content.coverage, language))
    reply = law_reply(
        answer_key_dates(
            content.upcoming, content.lexicon, on=content.today, days=content.days, language=language
        )
    )
    if reply.note:
        yield _build_section(reply.note)
    for row in reply.rows[:MAX_EVENTS]:
        yield _build_section(f"{row.heading} {row.body}")
    rest = content.say("to come: /controlwatch upcoming", "项：/controlwatch 即将")
    yield from _render_remainder(len(reply.rows) - MAX_EVENTS, rest, content)
    for caution in tell_all(content.cautions[:MAX_CAUTIONS], language):
        yield _build_section(f"⚠️ {caution}")


def _render_health(content: HomeContent) -> Iterator[Block]:
    """Yield one line: how many sources are watched, which ones fail, and when the last poll was."""
    enabled = [line for line in content.watchers if line.enabled]
    failing = [line.id for line in enabled if line.health in {"blind", "blocked", "degraded"}]
    named = ", ".join(failing[:MAX_NAMED_SOURCES])
    hidden = len(failing) - MAX_NAMED_SOURCES
    more = content.say(f" and {hidden} more", f"等{len(failing)}个") if hidden > 0 else ""
    language = content.context.language
    successes = [line.state.last_success_at for line in enabled if line.state.last_success_at]
    last = spell_beijing_time(max(successes), language) if successes else ""
    parts = (
        f"{content.label('Sources', '监测')}: {watchers_reply(content.watchers, language).title}",
        content.say("needs attention: ", "须关注：") + named + more if failing else "",
        content.say(f"last successful poll {last}", f"最近一次成功读取：{last}")
        if successes
        else content.say("no poll yet", "尚未读取"),
    )
    yield _build_section(" · ".join(filter(None, parts)))


def _render_remainder(count: int, what: str, content: HomeContent) -> Iterator[Block]:
    if count > 0:
        yield _build_section(content.say(f"… and {count} more {what}", f"… 另有{count}{what}"))


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
