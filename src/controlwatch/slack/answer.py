"""What the bot answers, in whatever chat it is asked."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime

from controlwatch.core.model import Subscription
from controlwatch.core.model.errors import ControlwatchError, UsageError
from controlwatch.core.model.timezones import to_beijing_day
from controlwatch.core.rendering import replies
from controlwatch.core.rendering.law_answers import (
    answer_key_dates,
    answer_lookup,
    answer_parties,
    answer_status,
)
from controlwatch.core.rendering.replies import Reply, ReplyButton, ReplyRow
from controlwatch.core.rendering.subscription_text import describe_subscription
from controlwatch.services.ports import Subscriptions
from controlwatch.services.queries import Queries
from controlwatch.services.store import StoredNotices
from controlwatch.slack.commands import HELP, BotCommand
from controlwatch.slack.form_input import BUTTON_CAPACITY, pack_subscription
from controlwatch.slack.form_view import list_preview_lines
from controlwatch.slack.permissions import Asker
from controlwatch.slack.subscription_words import parse_subscription

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
MAX_DAYS = 3660
#: With one of these words a subscription is saved without a preview.
SAVE_AT_ONCE = frozenset({"now", "立即"})
MANAGERS_ONLY = "only managers may change the subscriptions of this channel"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResponder:
    """Answers commands with the queries, and manages the subscriptions of a channel and a user."""

    queries: Queries
    notices: StoredNotices
    subscriptions: Subscriptions

    def answer(self, command: BotCommand, asker: Asker, *, now: datetime) -> Reply:
        """Return the answer; a mistake is answered with an example of the command."""
        try:
            match command.name:
                case "subscribe":
                    return self._answer_subscribe(command, asker, now)
                case "unsubscribe":
                    return self._answer_unsubscribe(command, asker)
                case "subscriptions":
                    return self._answer_subscriptions(asker)
                case "status" | "lookup" | "upcoming" | "entity" | "history":
                    return self._answer_about_law(command, now)
                case _:
                    return self._answer_about_notices(command, asker, now)
        except ControlwatchError as error:
            example = HELP.get(command.name, ("", ""))[1]
            rows = (ReplyRow(heading="for example", body=example),) if example else ()
            return Reply(title="That did not work", note=str(error), rows=rows)

    # ------------------------------------------------------------------ questions

    def _answer_about_law(self, command: BotCommand, now: datetime) -> Reply:
        law, today = self.queries.law, to_beijing_day(now)
        match command.name:
            case "status":
                subject, on = _split_day(command, today)
                return replies.law_reply(answer_status(law.status(subject, on=on)))
            case "lookup":
                query, on = _split_day(command, today)
                return replies.law_reply(answer_lookup(law.lookup(query, on=on)))
            case "entity":
                found = self.queries.parties.find_parties(_require_words(command), on=today)
                return replies.law_reply(answer_parties(found))
            case "upcoming":
                count, names = _split_count(command.words)
                days = min(count or 30, MAX_DAYS)
                events = law.upcoming(on=today, days=days, categories=names)
                cautions = law.list_cautions(today)
                return replies.law_reply(answer_key_dates(events, on=today, days=days, cautions=cautions))
            case _:
                rows = tuple(
                    ReplyRow(
                        heading=f"{step.date or '?'} {step.what}",
                        body=" · ".join(filter(None, (step.number, step.title))),
                        quote=step.quote,
                    )
                    for step in law.history(_require_words(command))
                )
                return Reply(title=f"History of {command.text}", rows=rows)

    def _answer_about_notices(self, command: BotCommand, asker: Asker, now: datetime) -> Reply:
        match command.name:
            case "latest":
                days, names = _split_count(command.words)
                codes = {issuer.code for issuer in self.queries.names.lexicon.issuers}
                category = issuer = None
                for name in names:
                    if name.upper() in codes:
                        issuer = name.upper()
                    else:
                        category = self.queries.names.find_category(name)
                lines = self.queries.latest(now=now, days=days, category=category, issuer=issuer, limit=50)
                return replies.latest_reply(lines, title=f"Newest notices {' '.join(command.words)}".strip())
            case "show":
                record = self.queries.show(_require_words(command))
                status = self.queries.find_status(record, on=to_beijing_day(now))
                return replies.notice_reply(record, status)
            case "review":
                waiting = (line for line in self.queries.list_reviews() if line.alerted)
                return replies.review_reply(waiting)
            case "watchers":
                return replies.watchers_reply(self.queries.list_watchers())
            case "why":
                line = self.queries.show(_require_words(command)).line
                rows = tuple(
                    ReplyRow(
                        heading=f"{reason.made_at:%Y-%m-%d %H:%M} UTC {reason.kind}",
                        body=f"{reason.state}: {reason.why}",
                    )
                    for reason in self.notices.list_alert_reasons(line.key, (asker.channel, asker.user))
                )
                note = "" if rows else "No alert about it was made for this channel or for you."
                return Reply(title=f"Why {line.number or line.title}", rows=rows, note=note)
            case _:
                return Reply(
                    title="What you can ask",
                    rows=tuple(
                        ReplyRow(heading=name, body=f"{what}: {example}")
                        for name, (what, example) in HELP.items()
                    ),
                    note="Text without a command is looked up; a notice number shows the notice. "
                    "Dates are YYYY-MM-DD, in Beijing time.",
                )

    # ------------------------------------------------------------------ subscriptions

    def _answer_subscribe(self, command: BotCommand, asker: Asker, now: datetime) -> Reply:
        words = tuple(word for word in command.words if word.casefold() not in SAVE_AT_ONCE)
        if not words:
            return Reply(
                title="Which alerts do you want?",
                note=f"Use the form, or add what you want to the command: {HELP['subscribe'][1]}",
                offers=(ReplyButton(text="Choose · 选择", value="new"),),
            )
        parsed = parse_subscription(words, asker.channel, asker.user, self.queries.names)
        subscription = replace(parsed, owner=asker.user)
        if subscription.target == asker.channel and not asker.is_manager:
            raise UsageError(f"{MANAGERS_ONLY}; to subscribe for yourself: subscribe me …")
        description = describe_subscription(subscription)
        if len(words) == len(command.words):
            first, *others = list_preview_lines(self.queries.preview(subscription, now=now))
            value = pack_subscription(subscription, most=BUTTON_CAPACITY)
            return Reply(
                title=f"Not saved yet: {description}",
                note=first,
                rows=tuple(ReplyRow(heading="", body=line) for line in others),
                offers=(
                    ReplyButton(text="Save · 保存", value=value, saves=True),
                    ReplyButton(text="Change · 修改", value=value),
                ),
            )
        number = self.subscriptions.subscribe(subscription, now)
        return Reply(
            title=f"Subscription {number}: {description}",
            note=f"Alerts are sent {'to you' if subscription.target == asker.user else 'to this channel'}. "
            f"To end it: unsubscribe {number}",
        )

    def _answer_unsubscribe(self, command: BotCommand, asker: Asker) -> Reply:
        number, _ = _split_count(command.words)
        found = next((item for item in self._list_subscriptions(asker) if item.id == number), None)
        if number is None or found is None:
            raise UsageError(f"this channel and you have no subscription {command.text or '?'}")
        if found.target == asker.channel and not asker.is_manager:
            raise UsageError(MANAGERS_ONLY)
        self.subscriptions.unsubscribe(number)
        return Reply(title=f"Subscription {number} has ended.")

    def _answer_subscriptions(self, asker: Asker) -> Reply:
        found = (
            (
                item,
                f"{'you' if item.target == asker.user else 'this channel'}: {describe_subscription(item)}",
            )
            for item in self._list_subscriptions(asker)
        )
        return replies.subscriptions_reply(found, title="Your subscriptions and those of this channel")

    def _list_subscriptions(self, asker: Asker) -> tuple[Subscription, ...]:
        places = {asker.channel, asker.user}
        active = self.subscriptions.list_active()
        return tuple(item for item in active if item.channel == "slack" and item.target in places)


def _require_words(command: BotCommand) -> str:
    if not command.words:
        raise UsageError(f"`{command.name}` needs something to look for")
    return command.text


def _split_day(command: BotCommand, today: date) -> tuple[str, date]:
    """Split a question into its subject and the date asked about, wherever it is; today without one."""
    days = [word for word in command.words if DAY.fullmatch(word)]
    words = [word for word in command.words if word not in days and word.casefold() != "on"]
    if not words:
        raise UsageError(f"`{command.name}` needs something to look for")
    try:
        on = date.fromisoformat(days[0]) if days else today
    except ValueError:
        raise UsageError(f"{days[0]} is not a date") from None
    return " ".join(words), on


def _split_count(words: tuple[str, ...]) -> tuple[int | None, tuple[str, ...]]:
    """Split words into a count, None without one, and the other words."""
    counts = [word for word in words if word.isascii() and word.isdigit() and len(word) <= 6]
    fillers = {"days", "day", "天"}
    others = tuple(word for word in words if word not in counts and word.casefold() not in fillers)
    return (int(counts[0]) if counts else None), others
