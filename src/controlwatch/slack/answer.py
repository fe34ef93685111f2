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
from controlwatch.core.model import Language
from controlwatch.core.rendering.action_text import describe_due_day, describe_last_action, name_alert_kind
from controlwatch.core.rendering.day_text import format_beijing_day
from controlwatch.core.rendering.reason_text import describe_delivery
from controlwatch.core.rendering.replies import Reply, ReplyRow, offer_questions
from controlwatch.core.rendering.wording import find_word, pick_language
from controlwatch.services.answer_question import QuestionResponder
from controlwatch.services.store import AlertActions, StoredNotices
from controlwatch.slack.permissions import Asker
from controlwatch.slack.subscription_answers import SubscriptionAnswers

OPEN_ALERTS, ALERTS = ("Open alerts", "未处理的提醒"), ("Alerts", "提醒")
NO_OPEN_ALERTS = ("No open alerts.", "没有未处理的提醒。")
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
        chat: Language = "zh" if asker.language == "zh" else "en"
        question = replace(self.understand(text, now=now), chat_language=chat)
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
                return self.answer_team(question, asker)
            case _:
                return self.subscriptions.answer(question, asker, now=now)

    def answer_why(self, question: Question, asker: Asker) -> Reply:
        """Return why an alert about a notice was sent here, each in the language of its subscription."""
        line, language = self.responder.queries.show(question.subject).line, question.language
        rows = tuple(
            describe_delivery(reason, self.responder.lexicon)
            for reason in self.notices.list_alert_reasons(line.key, (asker.channel, asker.user))
        )
        name = line.number or line.title
        none = pick_language(
            "No alert about it was made for this channel or for you.",
            "未就此向本频道或您发出提醒。",
            language,
        )
        title = pick_language(f"Why {name}", f"收到{name}提醒的原因", language)
        return Reply(title=title, rows=rows, note="" if rows else none)

    def answer_alerts(self, question: Question, asker: Asker) -> Reply:
        """Return the alerts that were sent to this channel or to the asker, newest first."""
        is_open, language = "open" in question.words, question.language
        lines = self.actions.list_alerts(
            open_only=is_open, targets={asker.channel, asker.user}, limit=MAX_ALERTS
        )
        rows = tuple(
            ReplyRow(
                heading=" ".join(
                    (
                        format_beijing_day(line.made_at, language),
                        name_alert_kind(line.kind, language),
                        line.number or line.title,
                    )
                ),
                body=" · ".join(
                    filter(
                        None,
                        (
                            line.title if line.number else "",
                            find_word(line.state, language),
                            describe_last_action(line, language),
                        ),
                    )
                ),
                user=line.who or "",
                question=f"show {line.number}" if line.number else "",
            )
            for line in lines
        )
        none = NO_OPEN_ALERTS if is_open else ("No alerts yet.", "尚无提醒。")
        asked = pick_language("alerts open", "提醒记录 未处理", language)
        return Reply(
            title=pick_language(*(OPEN_ALERTS if is_open else ALERTS), language),
            rows=rows,
            note="" if rows else pick_language(*none, language),
            offers=() if is_open or not rows else offer_questions((asked,)),
        )

    def answer_team(self, question: Question, asker: Asker) -> Reply:
        """Return the open alerts with the people who have taken them, those without an assignee first."""
        language = question.language
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
                            pick_language("sent ", "发送于", language)
                            + format_beijing_day(line.made_at, language),
                            describe_due_day(line, language),
                            _describe_assignment(line, language),
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
            title=pick_language(
                f"{len(rows)} open alerts, {untaken} not taken yet",
                f"{len(rows)}条未处理提醒，{untaken}条尚无人处理",
                language,
            ),
            rows=rows,
            note="" if rows else pick_language(*NO_OPEN_ALERTS, language),
        )


def _describe_assignment(line: AlertLine, language: Language) -> str:
    """Return since when a person has an alert; the user follows."""
    if not line.assigned_at:
        return pick_language("not taken yet", "尚无人处理", language)
    english = f"since {format_beijing_day(line.assigned_at)} with"
    return pick_language(english, f"{format_beijing_day(line.assigned_at, 'zh')}起处理人", language)
