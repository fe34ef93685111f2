"""What the bot answers, whatever chat it is asked in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from controlwatch.core.model.errors import ControlwatchError, UsageError
from controlwatch.core.model.timezones import to_beijing_day
from controlwatch.core.rendering import replies
from controlwatch.core.rendering.replies import Reply, ReplyButton, ReplyRow
from controlwatch.core.rendering.subscription_text import describe_subscription
from controlwatch.slack.commands import HELP, BotCommand
from controlwatch.slack.form_input import BUTTON_CAPACITY, pack_subscription
from controlwatch.slack.form_view import list_preview_lines
from controlwatch.slack.permissions import Asker
from controlwatch.slack.subscription_words import parse_subscription

if TYPE_CHECKING:
    from controlwatch.core.model import Subscription
    from controlwatch.services.queries import Queries
    from controlwatch.services.store import Store

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
MAX_DAYS = 3660
#: With one of these a subscription is saved without a look at it first.
SAVE_AT_ONCE = frozenset({"now", "立即"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResponder:
    """The bot's side of the queries and of the subscriptions."""

    queries: Queries
    store: Store

    def answer(self, command: BotCommand, asker: Asker, *, now: datetime) -> Reply:
        """Answer; what is asked wrongly is answered with what would be right."""
        questions: dict[str, Callable[[BotCommand, Asker, datetime], Reply]] = {
            "help": self._answer_help,
            "latest": self._answer_latest,
            "show": self._answer_show,
            "status": self._answer_status,
            "upcoming": self._answer_upcoming,
            "lookup": self._answer_lookup,
            "history": self._answer_history,
            "entity": self._answer_entity,
            "subscribe": self._answer_subscribe,
            "unsubscribe": self._answer_unsubscribe,
            "subscriptions": self._answer_subscriptions,
            "watchers": self._answer_watchers,
            "why": self._answer_why,
        }
        try:
            return questions[command.name](command, asker, now)
        except ControlwatchError as error:
            example = HELP.get(command.name, ("", ""))[1]
            return Reply(title="That did not work", note=str(error), rows=_list_examples(example))

    # ------------------------------------------------------------------ questions

    def _answer_help(self, _command: BotCommand, _asker: Asker, _now: datetime) -> Reply:
        rows = tuple(
            ReplyRow(heading=name, body=f"{what}: {example}") for name, (what, example) in HELP.items()
        )
        note = "Words without a command are looked up; a number is shown. Days are YYYY-MM-DD, in Beijing."
        return Reply(title="What you may ask", rows=rows, note=note)

    def _answer_latest(self, command: BotCommand, _asker: Asker, now: datetime) -> Reply:
        days, names = _split_count(command.words)
        category = issuer = None
        for name in names:
            if name.upper() in {found.code for found in self.queries.names.lexicon.issuers}:
                issuer = name.upper()
            else:
                category = self.queries.names.find_category(name)
        lines = self.queries.latest(now=now, days=days, category=category, issuer=issuer, limit=50)
        return replies.latest_reply(lines, title=f"The newest notices {' '.join(command.words)}".strip())

    def _answer_show(self, command: BotCommand, _asker: Asker, _now: datetime) -> Reply:
        return replies.notice_reply(self.queries.show(_require_words(command)))

    def _answer_status(self, command: BotCommand, _asker: Asker, now: datetime) -> Reply:
        subject, on = _split_day(command, now)
        return replies.status_reply(self.queries.law.status(subject, on=on))

    def _answer_upcoming(self, command: BotCommand, _asker: Asker, now: datetime) -> Reply:
        days, names = _split_count(command.words)
        days = min(days or 30, MAX_DAYS)
        today = to_beijing_day(now)
        found = self.queries.law.upcoming(on=today, days=days, categories=names)
        return replies.events_reply(found, days=days, cautions=self.queries.law.list_cautions(today))

    def _answer_lookup(self, command: BotCommand, _asker: Asker, now: datetime) -> Reply:
        query, on = _split_day(command, now)
        return replies.lookup_reply(self.queries.law.lookup(query, on=on))

    def _answer_history(self, command: BotCommand, _asker: Asker, _now: datetime) -> Reply:
        steps = self.queries.law.history(_require_words(command))
        rows = tuple(
            ReplyRow(heading=f"{step.date or '?'} {step.what}", body=step.number, quote=step.quote)
            for step in steps
        )
        return Reply(title=f"History of {command.text}", rows=rows)

    def _answer_entity(self, command: BotCommand, _asker: Asker, now: datetime) -> Reply:
        return replies.parties_reply(
            self.queries.law.find_parties(_require_words(command), on=to_beijing_day(now))
        )

    def _answer_watchers(self, _command: BotCommand, _asker: Asker, _now: datetime) -> Reply:
        return replies.watchers_reply(self.queries.list_watchers())

    def _answer_why(self, command: BotCommand, asker: Asker, _now: datetime) -> Reply:
        record = self.queries.show(_require_words(command))
        found = self.store.queries.list_alert_reasons(record.line.key, (asker.channel, asker.user))
        rows = tuple(
            ReplyRow(
                heading=f"{line.made_at:%Y-%m-%d %H:%M} UTC {line.kind}", body=f"{line.state}: {line.why}"
            )
            for line in found
        )
        note = "" if rows else "No alert about it was made for this channel or for you."
        return Reply(title=f"Why {record.line.number or record.line.title}", rows=rows, note=note)

    # ------------------------------------------------------------------ subscriptions

    def _answer_subscribe(self, command: BotCommand, asker: Asker, now: datetime) -> Reply:
        words = tuple(word for word in command.words if word.casefold() not in SAVE_AT_ONCE)
        if not words:
            return Reply(
                title="What do you want to hear of?",
                note=f"Choose in the form, or say it: {HELP['subscribe'][1]}",
                offers=(ReplyButton(text="Choose · 选择", value="new"),),
            )
        made = replace(parse_subscription(words, asker.channel, asker.user, self.queries), owner=asker.user)
        if made.target == asker.channel and not asker.is_manager:
            raise UsageError(
                "the subscriptions of this channel are managed by others here; try: subscribe me …"
            )
        if len(words) == len(command.words):
            return self._preview_subscription(made, now)
        number = self.store.subscriptions.subscribe(made, now)
        return Reply(
            title=f"Subscription {number}: {describe_subscription(made)}",
            note=f"Alerts come {'to you' if made.target == asker.user else 'to this channel'}. "
            f"To end it: unsubscribe {number}",
        )

    def _preview_subscription(self, made: Subscription, now: datetime) -> Reply:
        """Show what a subscription would have sent, to be saved or changed."""
        first, *others = list_preview_lines(self.queries.preview(made, now=now))
        value = pack_subscription(made, most=BUTTON_CAPACITY)
        return Reply(
            title=f"Not saved yet: {describe_subscription(made)}",
            note=first,
            rows=tuple(ReplyRow(heading="", body=line) for line in others),
            offers=(
                ReplyButton(text="Save · 保存", value=value, saves=True),
                ReplyButton(text="Change · 修改", value=value),
            ),
        )

    def _answer_unsubscribe(self, command: BotCommand, asker: Asker, _now: datetime) -> Reply:
        number, _ = _split_count(command.words)
        mine = next((item for item in self._list_subscriptions(asker) if item.id == number), None)
        if number is None or mine is None:
            raise UsageError(f"there is no subscription {command.text or '?'} of this channel or of yours")
        if mine.target == asker.channel and not asker.is_manager:
            raise UsageError("the subscriptions of this channel are managed by others here")
        self.store.subscriptions.unsubscribe(number)
        return Reply(title=f"Subscription {number} has ended.")

    def _answer_subscriptions(self, _command: BotCommand, asker: Asker, _now: datetime) -> Reply:
        found = (
            (item, f"{_name_target(item, asker)}: {describe_subscription(item)}")
            for item in self._list_subscriptions(asker)
        )
        return replies.subscriptions_reply(found, title="Subscriptions of this channel and yours")

    def _list_subscriptions(self, asker: Asker) -> tuple[Subscription, ...]:
        places = {asker.channel, asker.user}
        active = self.store.subscriptions.list_active()
        return tuple(item for item in active if item.channel == "slack" and item.target in places)


def _name_target(item: Subscription, asker: Asker) -> str:
    return "you" if item.target == asker.user else "this channel"


def _require_words(command: BotCommand) -> str:
    if not command.words:
        raise UsageError(f"{command.name} what?")
    return command.text


def _split_day(command: BotCommand, now: datetime) -> tuple[str, date]:
    """Part a subject from the day asked about, wherever it stands; today in Beijing without one."""
    days = [word for word in command.words if DAY.fullmatch(word)]
    words = [word for word in command.words if word not in days and word.casefold() != "on"]
    if not words:
        raise UsageError(f"{command.name} what?")
    try:
        on = date.fromisoformat(days[0]) if days else to_beijing_day(now)
    except ValueError:
        raise UsageError(f"{days[0]} is not a day") from None
    return " ".join(words), on


def _split_count(words: tuple[str, ...]) -> tuple[int | None, tuple[str, ...]]:
    """Part a count from the other words."""
    counts = [word for word in words if word.isascii() and word.isdigit() and len(word) <= 6]
    fillers = {"days", "day", "天"}
    others = tuple(word for word in words if word not in counts and word.casefold() not in fillers)
    return (int(counts[0]) if counts else None), others


def _list_examples(example: str) -> tuple[ReplyRow, ...]:
    return (ReplyRow(heading="for example", body=example),) if example else ()
