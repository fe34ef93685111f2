"""What the bot answers in Slack: questions, subscriptions, and the alerts of a channel and its team."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from threading import Lock

from controlwatch.core.asking.question import Question
from controlwatch.core.law.answers import AlertLine
from controlwatch.core.model.timezones import format_beijing_time
from controlwatch.core.rendering.day_text import format_beijing_day, spell_dates
from controlwatch.core.rendering.reason_text import describe_delivery
from controlwatch.core.rendering.replies import Reply, ReplyRow, offer_questions
from controlwatch.services.answer_question import QuestionResponder
from controlwatch.services.store import AlertActions, StoredNotices
from controlwatch.slack.permissions import Asker
from controlwatch.slack.subscription_answers import SubscriptionAnswers

#: Alerts in an answer.
MAX_ALERTS = 100
#: People whose last list is remembered.
MAX_REMEMBERED = 500


class LastLists:
    """What the rows of the last list of each asker ask for: #3 is the third. Kept until the process ends."""

    def __init__(self) -> None:
        self._questions: OrderedDict[Asker, tuple[str, ...]] = OrderedDict()
        self._lock = Lock()

    def remember(self, asker: Asker, rows: Iterable[ReplyRow]) -> None:
        """Remember the rows of a list, in place of those of the list before."""
        questions = tuple(row.question for row in rows)
        if not any(questions):
            return
        with self._lock:
            self._questions[asker] = questions
            self._questions.move_to_end(asker)
            while len(self._questions) > MAX_REMEMBERED:
                self._questions.popitem(last=False)

    def find_question(self, asker: Asker, row: int) -> str:
        """Return what a row asks for; "" for a row that was not shown."""
        with self._lock:
            questions = self._questions.get(asker, ())
        return questions[row - 1] if 0 < row <= len(questions) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackResponder:
    """Answers questions in Slack, and manages the subscriptions of a channel and a user."""

    responder: QuestionResponder
    notices: StoredNotices
    actions: AlertActions
    subscriptions: SubscriptionAnswers
    last_lists: LastLists = field(default_factory=LastLists)

    def understand(self, text: str, *, now: datetime) -> Question:
        """Return what a text asks."""
        return self.responder.understand(text, now=now)

    def answer(self, text: str, asker: Asker, *, now: datetime) -> Reply:
        """Return the answer; a mistake is answered with an example, what is unclear with buttons."""
        question = self.understand(text, now=now)
        if question.row is not None and question.intent not in {"mute", "unmute"}:
            meant = self.last_lists.find_question(asker, question.row)
            if meant:
                row = self.understand(meant, now=now)
                question = replace(question, subject=row.subject, row=None)
        others = partial(self._answer_here, asker=asker, now=now)
        reply = self.responder.answer(question, now=now, others=others)
        self.last_lists.remember(asker, reply.rows)
        return reply

    def _answer_here(self, question: Question, *, asker: Asker, now: datetime) -> Reply:
        match question.intent:
            case "why":
                return self.answer_why(question, asker)
            case "alerts":
                return self.answer_alerts(question, asker)
            case "team":
                return self.answer_team(asker)
            case _:
                return self.subscriptions.answer(question, asker, now=now)

    def answer_why(self, question: Question, asker: Asker) -> Reply:
        """Return why an alert about a notice was sent here, each in the language of its subscription."""
        line = self.responder.queries.show(question.subject).line
        rows = tuple(
            describe_delivery(reason, self.responder.lexicon)
            for reason in self.notices.list_alert_reasons(line.key, (asker.channel, asker.user))
        )
        note = "" if rows else "No alert about it was made for this channel or for you."
        return Reply(title=f"Why {line.number or line.title}", rows=rows, note=note)

    def answer_alerts(self, question: Question, asker: Asker) -> Reply:
        """Return the alerts that were sent to this channel or to the asker, newest first."""
        is_open = "open" in question.words
        lines = self.actions.list_alerts(
            open_only=is_open, targets={asker.channel, asker.user}, limit=MAX_ALERTS
        )
        rows = tuple(
            ReplyRow(
                heading=f"{format_beijing_day(line.made_at)} {line.kind} {line.number or line.title}",
                body=" · ".join(
                    filter(None, (line.title if line.number else "", line.state, _describe_action(line)))
                ),
                user=line.who or "",
                question=f"show {line.number}" if line.number else "",
            )
            for line in lines
        )
        note = "" if rows else "No open alerts." if is_open else "No alerts yet."
        offers = () if is_open or not rows else offer_questions(("alerts open",))
        return Reply(title="Open alerts" if is_open else "Alerts", rows=rows, note=note, offers=offers)

    def answer_team(self, asker: Asker) -> Reply:
        """Return the open alerts with the people who have taken them, those without an assignee first."""
        lines = self.actions.list_alerts(
            open_only=True, targets={asker.channel, asker.user}, limit=MAX_ALERTS
        )
        rows = tuple(
            ReplyRow(
                heading=line.number or line.title,
                body=" · ".join(
                    filter(
                        None,
                        (
                            line.title if line.number else "",
                            f"sent {format_beijing_day(line.made_at)}",
                            f"due {spell_dates(line.due)}" if line.due else "",
                            f"since {format_beijing_day(line.assigned_at)} with"
                            if line.assigned_at
                            else "not taken yet",
                        ),
                    )
                ),
                user=line.assigned_to or "",
                question=f"show {line.number}" if line.number else "",
            )
            for line in sorted(lines, key=lambda line: (line.assigned_to or "", line.made_at))
        )
        untaken = sum(not line.assigned_to for line in lines)
        return Reply(
            title=f"{len(rows)} open alerts, {untaken} not taken yet",
            rows=rows,
            note="" if rows else "No open alerts.",
        )


def _describe_action(line: AlertLine) -> str:
    """Return the last action on an alert; the user follows."""
    if not line.what or line.acted_at is None:
        return ""
    note = f" ({line.note})" if line.note and line.what != "assigned" else ""
    return f"{line.what}{note} {spell_dates(format_beijing_time(line.acted_at))} by"
