"""What the bot answers, whatever chat it is asked in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from controlwatch.core.model.errors import ControlwatchError, UsageError
from controlwatch.core.model.timezones import beijing_day
from controlwatch.core.rendering import replies
from controlwatch.core.rendering.replies import Offer, Reply, Row
from controlwatch.core.rendering.subscription_text import described
from controlwatch.slack.commands import HELP, Command
from controlwatch.slack.form_input import IN_A_BUTTON, packed
from controlwatch.slack.form_view import preview_lines
from controlwatch.slack.permissions import Asker
from controlwatch.slack.subscription_words import wanted

if TYPE_CHECKING:
    from controlwatch.adapters.storage import SqlStore
    from controlwatch.core.model import Subscription
    from controlwatch.services.queries import Queries

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
MOST_DAYS = 3660
#: With one of these a subscription is saved without a look at it first.
NOW = frozenset({"now", "立即"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """The bot's side of the queries and of the subscriptions."""

    queries: Queries
    store: SqlStore

    def answer(self, command: Command, asker: Asker, *, now: datetime) -> Reply:
        """Answer; what is asked wrongly is answered with what would be right."""
        questions: dict[str, Callable[[Command, Asker, datetime], Reply]] = {
            "help": self._help,
            "latest": self._latest,
            "show": self._show,
            "status": self._status,
            "upcoming": self._upcoming,
            "lookup": self._lookup,
            "history": self._history,
            "entity": self._entity,
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
            "subscriptions": self._subscriptions,
            "watchers": self._watchers,
            "why": self._why,
        }
        try:
            return questions[command.name](command, asker, now)
        except ControlwatchError as error:
            example = HELP.get(command.name, ("", ""))[1]
            return Reply(title="That did not work", note=str(error), rows=_examples(example))

    # ------------------------------------------------------------------ questions

    def _help(self, _command: Command, _asker: Asker, _now: datetime) -> Reply:
        rows = tuple(Row(head=name, body=f"{what}: {example}") for name, (what, example) in HELP.items())
        note = "Words without a command are looked up; a number is shown. Days are YYYY-MM-DD, in Beijing."
        return Reply(title="What you may ask", rows=rows, note=note)

    def _latest(self, command: Command, _asker: Asker, now: datetime) -> Reply:
        days, names = _number(command.words)
        category = issuer = None
        for name in names:
            if name.upper() in {found.code for found in self.queries.lexicon.issuers}:
                issuer = name.upper()
            else:
                category = self.queries.category(name)
        lines = self.queries.latest(now=now, days=days, category=category, issuer=issuer, limit=50)
        return replies.of_lines(lines, title=f"The newest notices {' '.join(command.words)}".strip())

    def _show(self, command: Command, _asker: Asker, _now: datetime) -> Reply:
        return replies.of_record(self.queries.show(_some(command)))

    def _status(self, command: Command, _asker: Asker, now: datetime) -> Reply:
        subject, on = _dated(command, now)
        return replies.of_status(self.queries.status(subject, on=on))

    def _upcoming(self, command: Command, _asker: Asker, now: datetime) -> Reply:
        days, names = _number(command.words)
        days = min(days or 30, MOST_DAYS)
        today = beijing_day(now)
        found = self.queries.upcoming(on=today, days=days, categories=names)
        return replies.of_events(found, days=days, cautions=self.queries.limits(today))

    def _lookup(self, command: Command, _asker: Asker, now: datetime) -> Reply:
        query, on = _dated(command, now)
        return replies.of_lookup(self.queries.lookup(query, on=on))

    def _history(self, command: Command, _asker: Asker, _now: datetime) -> Reply:
        steps = self.queries.history(_some(command))
        rows = tuple(
            Row(head=f"{step.date or '?'} {step.what}", body=step.number, quote=step.quote) for step in steps
        )
        return Reply(title=f"History of {command.text}", rows=rows)

    def _entity(self, command: Command, _asker: Asker, now: datetime) -> Reply:
        return replies.of_parties(self.queries.entity(_some(command), on=beijing_day(now)))

    def _watchers(self, _command: Command, _asker: Asker, _now: datetime) -> Reply:
        return replies.of_watchers(self.queries.watchers())

    def _why(self, command: Command, asker: Asker, _now: datetime) -> Reply:
        record = self.queries.show(_some(command))
        found = self.store.reasons(record.line.key, (asker.channel, asker.user))
        rows = tuple(
            Row(head=f"{line.made_at:%Y-%m-%d %H:%M} UTC {line.kind}", body=f"{line.state}: {line.why}")
            for line in found
        )
        note = "" if rows else "No alert about it was made for this channel or for you."
        return Reply(title=f"Why {record.line.number or record.line.title}", rows=rows, note=note)

    # ------------------------------------------------------------------ subscriptions

    def _subscribe(self, command: Command, asker: Asker, now: datetime) -> Reply:
        words = tuple(word for word in command.words if word.casefold() not in NOW)
        if not words:
            return Reply(
                title="What do you want to hear of?",
                note=f"Choose in the form, or say it: {HELP['subscribe'][1]}",
                offers=(Offer(text="Choose · 选择", value="new"),),
            )
        made = replace(wanted(words, asker.channel, asker.user, self.queries), owner=asker.user)
        if made.target == asker.channel and not asker.manager:
            raise UsageError(
                "the subscriptions of this channel are managed by others here; try: subscribe me …"
            )
        if len(words) == len(command.words):
            return self._previewed(made, now)
        number = self.store.subscribe(made, now)
        return Reply(
            title=f"Subscription {number}: {described(made)}",
            note=f"Alerts come {'to you' if made.target == asker.user else 'to this channel'}. "
            f"To end it: unsubscribe {number}",
        )

    def _previewed(self, made: Subscription, now: datetime) -> Reply:
        """Show what a subscription would have sent, to be saved or changed."""
        first, *others = preview_lines(self.queries.preview(made, now=now))
        value = packed(made, most=IN_A_BUTTON)
        return Reply(
            title=f"Not saved yet: {described(made)}",
            note=first,
            rows=tuple(Row(head="", body=line) for line in others),
            offers=(
                Offer(text="Save · 保存", value=value, saves=True),
                Offer(text="Change · 修改", value=value),
            ),
        )

    def _unsubscribe(self, command: Command, asker: Asker, _now: datetime) -> Reply:
        number, _ = _number(command.words)
        mine = next((item for item in self._of(asker) if item.id == number), None)
        if number is None or mine is None:
            raise UsageError(f"there is no subscription {command.text or '?'} of this channel or of yours")
        if mine.target == asker.channel and not asker.manager:
            raise UsageError("the subscriptions of this channel are managed by others here")
        self.store.unsubscribe(number)
        return Reply(title=f"Subscription {number} has ended.")

    def _subscriptions(self, _command: Command, asker: Asker, _now: datetime) -> Reply:
        found = ((item, f"{_place(item, asker)}: {described(item)}") for item in self._of(asker))
        return replies.of_subscriptions(found, title="Subscriptions of this channel and yours")

    def _of(self, asker: Asker) -> tuple[Subscription, ...]:
        places = {asker.channel, asker.user}
        active = self.store.subscriptions()
        return tuple(item for item in active if item.channel == "slack" and item.target in places)


def _place(item: Subscription, asker: Asker) -> str:
    return "you" if item.target == asker.user else "this channel"


def _some(command: Command) -> str:
    if not command.words:
        raise UsageError(f"{command.name} what?")
    return command.text


def _dated(command: Command, now: datetime) -> tuple[str, date]:
    """Part a subject from the day asked about, wherever it stands; today in Beijing without one."""
    days = [word for word in command.words if DAY.fullmatch(word)]
    words = [word for word in command.words if word not in days and word.casefold() != "on"]
    if not words:
        raise UsageError(f"{command.name} what?")
    try:
        on = date.fromisoformat(days[0]) if days else beijing_day(now)
    except ValueError:
        raise UsageError(f"{days[0]} is not a day") from None
    return " ".join(words), on


def _number(words: tuple[str, ...]) -> tuple[int | None, tuple[str, ...]]:
    """Part a count from the other words."""
    counts = [word for word in words if word.isascii() and word.isdigit() and len(word) <= 6]
    fillers = {"days", "day", "天"}
    others = tuple(word for word in words if word not in counts and word.casefold() not in fillers)
    return (int(counts[0]) if counts else None), others


def _examples(example: str) -> tuple[Row, ...]:
    return (Row(head="for example", body=example),) if example else ()
