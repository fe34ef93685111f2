"""Answer questions, the same for Slack and the command line. What is unclear is asked back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from controlwatch.core.asking.day_readings import DaySpan
from controlwatch.core.asking.question import Question, parse_question
from controlwatch.core.asking.suggestions import suggest_questions
from controlwatch.core.asking.vocabulary import IntentName, Vocabulary, fold_asked
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.answers import CategoryStatus, NoticeLine
from controlwatch.core.model import KeyDate
from controlwatch.core.model.errors import ControlwatchError, UnclearName
from controlwatch.core.model.timezones import to_beijing_day
from controlwatch.core.rendering import replies
from controlwatch.core.rendering.category_text import describe_destinations
from controlwatch.core.rendering.day_text import format_date, format_span, spell_dates
from controlwatch.core.rendering.law_answers import (
    answer_key_dates,
    answer_lookup,
    answer_parties,
    answer_status,
)
from controlwatch.core.rendering.list_replies import (
    categories_reply,
    differences_reply,
    history_reply,
    latest_reply,
)
from controlwatch.core.rendering.measure_rows import (
    list_event_rows,
    list_measure_rows,
    list_suspension_rows,
)
from controlwatch.core.rendering.replies import Reply, ReplyRow, number_rows, offer_questions
from controlwatch.services.queries import Queries

#: Days that `upcoming` looks ahead without a number.
DEFAULT_DAYS = 30
#: Days before today that a question about this week is answered with where the week has nothing.
DAYS_OF_A_WEEK = 7
#: Days that are offered where a period has nothing.
LONGER_PERIODS = (30, 90)
#: Notices in an answer.
MAX_NOTICES = 50
#: Buttons below a question that is asked back.
MAX_OFFERS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionResponder:
    """Answers the questions that concern no person and no channel."""

    queries: Queries
    vocabulary: Vocabulary

    @property
    def lexicon(self) -> Lexicon:
        """The names of items, issuers and places."""
        return self.queries.names.lexicon

    def understand(self, text: str, *, now: datetime) -> Question:
        """Return what a text asks, with its days counted from today in Beijing."""
        return parse_question(text, self.vocabulary, self.lexicon, today=to_beijing_day(now))

    def answer(
        self, question: Question, *, now: datetime, others: Callable[[Question], Reply] | None = None
    ) -> Reply:
        """Return the answer; what is unclear is asked back with buttons, and a mistake is explained.

        `others` answers the intents that concern a person or a channel.
        """
        if question.intent is None:
            return self.ask_back(question, to_beijing_day(now))
        if question.problem:
            return Reply(
                title="Please say it more exactly",
                note=f"{question.problem}." if question.choices else question.problem,
                offers=offer_questions(question.choices[:MAX_OFFERS]),
            )
        try:
            answer = self._find_answer(question.intent, others)
            return number_rows(self.explain_reading(question, answer(question, to_beijing_day(now))))
        except UnclearName as error:
            asked = (
                replace(question, subject=name).write_command() for name in error.candidates[:MAX_OFFERS]
            )
            offers = offer_questions(asked) if question.subject else ()
            return Reply(title="That did not work", note=str(error), offers=offers)
        except ControlwatchError as error:
            example = self.vocabulary.get_intent(question.intent).example
            rows = (ReplyRow(heading="for example", body=example),) if example else ()
            return Reply(title="That did not work", note=str(error), rows=rows)

    def _find_answer(
        self, intent: IntentName, others: Callable[[Question], Reply] | None
    ) -> Callable[[Question, date], Reply]:
        answers: dict[IntentName, Callable[[Question, date], Reply]] = {
            "help": self.answer_help,
            "latest": self.answer_latest,
            "show": self.answer_show,
            "status": self.answer_status,
            "upcoming": self.answer_upcoming,
            "lookup": self.answer_lookup,
            "history": self.answer_history,
            "compare": self.answer_compare,
            "entity": self.answer_entity,
            "categories": self.answer_categories,
            "watchers": lambda _question, _today: replies.watchers_reply(self.queries.list_watchers()),
            "review": self.answer_review,
        }
        if intent in answers:
            return answers[intent]
        return lambda question, _today: others(question) if others else _point_to_commands(question)

    def ask_back(self, question: Question, today: date) -> Reply:
        """Search the listed parties for a bare name; else offer the nearest questions."""
        if question.problem:
            return Reply(title="That did not work", note=question.problem)
        nearest = suggest_questions(question, self.vocabulary, self.lexicon)
        unknown = ""
        if f"entity {question.subject}" in nearest:
            named = replace(question, intent="entity", is_sentence=True)
            if self.queries.parties.find_parties(question.subject, on=today).matches:
                return number_rows(self.explain_reading(named, self.answer_entity(named, today)))
            unknown = f"No item and no listed party is known here as {question.subject!r}. "
        return Reply(
            title="I did not understand this question",
            note=f"{unknown}These are the nearest questions that can be answered; `help` lists all.",
            offers=offer_questions(nearest),
        )

    def explain_reading(self, question: Question, reply: Reply) -> Reply:
        """Say how a sentence was read, and what was left out of it."""
        read = f"Read as: {question.write_command()}" if question.is_sentence else ""
        left_out = f"Not understood, and left out: {question.unread}" if question.unread else ""
        note = " · ".join(filter(None, (reply.note, read, left_out)))
        return replace(reply, note=note)

    def _name_destinations(self, question: Question, reply: Reply, numbers: Iterable[str]) -> Reply:
        """Say which of the notices name the destination that was asked about."""
        if not question.destination:
            return reply
        limits = self.queries.law.find_destinations(dict.fromkeys(numbers))
        named = describe_destinations(question.destination, limits, self.lexicon)
        return replace(reply, cautions=(named, *reply.cautions))

    # ------------------------------------------------------------------ notices

    def answer_help(self, _question: Question, _today: date) -> Reply:
        """Return every command with an example."""
        rows = (
            ReplyRow(heading=intent.name, body=f"{intent.means}: {intent.example}")
            for intent in self.vocabulary.intents
        )
        return Reply(
            title="What you can ask",
            rows=tuple(rows),
            rows_per_page=len(self.vocabulary.intents),
            note="Ask in your own words or with these commands. A notice number shows the notice, an item is "
            "looked up. Days are days in Beijing.",
            offers=offer_questions(("what changed this week?", "what's coming up in the next 60 days?")),
        )

    def answer_latest(self, question: Question, today: date) -> Reply:
        """Return the newest notices; for a sentence, the changes only.

        Where nothing was published in a period that is not over, the seven days up to today are shown.
        """
        span, notes = question.span, []
        lines = self._list_latest(question, span)
        if span is not None and not span.is_day and span.first <= today <= span.last:
            looked_at = DaySpan(first=span.first, last=today)
            week = DaySpan(first=today - timedelta(days=DAYS_OF_A_WEEK), last=today)
            is_empty = not self._choose_changes(question, lines) and not self._list_events(
                question, looked_at
            )
            if week.first < span.first and is_empty:
                span = week
                lines = self._list_latest(question, span)
                notes.append(
                    f"Nothing known for {format_span(looked_at)} so far; looked at instead: "
                    f"{format_span(span)}"
                )
            else:
                span = looked_at
        shown = self._choose_changes(question, lines)
        hidden = len(lines) - len(shown)
        if hidden:
            documents = "1 document that changes" if hidden == 1 else f"{hidden} documents that change"
            notes.append(f"{documents} nothing: not shown here; `latest` shows all")
        days = f"in {question.count} days up to {format_date(today)}" if question.count is not None else ""
        period = format_span(span) if span is not None else ""
        parts = ("Newest notices", question.issuer, question.subject, period, days)
        reply = latest_reply(shown, self.lexicon, title=" · ".join(filter(None, parts)))
        if span is not None:
            rows = tuple(list_event_rows(self._list_events(question, span), question.language))
            reply = replace(reply, rows=(*reply.rows, *rows), note="" if rows else reply.note)
            notes.insert(0, self._tell_unknown(span, today))
        reply = replace(reply, note=" · ".join(filter(None, (reply.note, *notes))))
        if span is not None or question.count is not None:
            # That nothing was seen says little about days on which nobody looked.
            cautions = map(spell_dates, self.queries.law.list_cautions(today))
            offers = () if reply.rows else offer_questions(_list_wider_periods(question, today))
            reply = replace(reply, cautions=tuple(cautions), offers=offers)
        return self._name_destinations(question, reply, (line.number for line in shown if line.number))

    def _list_latest(self, question: Question, span: DaySpan | None) -> tuple[NoticeLine, ...]:
        return self.queries.latest(
            now=self.queries.clock(),
            days=question.count,
            within=(span.first, span.last) if span is not None else None,
            category=question.subject or None,
            issuer=question.issuer or None,
            limit=MAX_NOTICES,
        )

    def _list_events(self, question: Question, span: DaySpan) -> tuple[KeyDate, ...]:
        """Return what ended or came back by itself in a period, which no page announces."""
        if question.issuer or not question.is_sentence:
            return ()
        chosen = (question.subject,) if question.subject else ()
        last = min(span.last, to_beijing_day(self.queries.clock()))
        return self.queries.law.list_key_dates(span.first, max(span.first, last), categories=chosen)

    def _tell_unknown(self, span: DaySpan, today: date) -> str:
        """Return since which day of a period it is unknown what was published; "" where all was read."""
        coverage = self.queries.law.find_coverage()
        read = coverage.read_until
        until = to_beijing_day(read) if read is not None else coverage.database_until
        if until is None or until >= min(span.last, today):
            return ""
        return f"What was published is unknown since {format_date(until)}"

    def _choose_changes(self, question: Question, lines: Iterable[NoticeLine]) -> tuple[NoticeLine, ...]:
        """Return the lines that a question wants: of a sentence, those that change something."""
        return tuple(
            line for line in lines if not question.is_sentence or line.is_change or line.attention == "review"
        )

    def answer_show(self, question: Question, today: date) -> Reply:
        """Return what a notice says."""
        if question.row is not None:
            return _ask_for_list(question.row)
        record = self.queries.show(question.subject)
        return replies.notice_reply(record, self.lexicon, self.queries.find_status(record, on=today))

    def answer_review(self, _question: Question, _today: date) -> Reply:
        """Return the documents that need review."""
        return replies.review_reply(line for line in self.queries.list_reviews() if line.alerted)

    def answer_categories(self, question: Question, _today: date) -> Reply:
        """Return the item categories."""
        return categories_reply(self.queries.list_categories(" ".join(question.words)))

    # ------------------------------------------------------------------ the law

    def answer_status(self, question: Question, today: date) -> Reply:
        """Return the status of a notice or a category on a day."""
        if question.row is not None:
            return _ask_for_list(question.row)
        found = self.queries.law.status(question.subject, on=_get_day(question, today))
        reply = replies.law_reply(answer_status(found, self.lexicon))
        notices = found.notices if isinstance(found, CategoryStatus) else (found,)
        if self.vocabulary.suspension_words.find_all(fold_asked(question.text)):
            rows = tuple(list_suspension_rows(notices, question.language))
            reply = replace(reply, rows=(*rows, *reply.rows))
        return self._name_destinations(question, reply, (notice.number for notice in notices))

    def answer_lookup(self, question: Question, today: date) -> Reply:
        """Return what controls an item on a day."""
        found = self.queries.law.lookup(question.subject, on=_get_day(question, today))
        reply = replies.law_reply(answer_lookup(found, self.lexicon))
        numbers = tuple(dict.fromkeys(hit.number for hit in found.hits))
        if question.destination:
            rows = self._list_measures(question, numbers, on=found.on)
            reply = replace(reply, rows=(*rows, *reply.rows))
        return self._name_destinations(question, reply, numbers)

    def _list_measures(self, question: Question, numbers: Iterable[str], *, on: date) -> list[ReplyRow]:
        """Return what notices order for the destination asked, and what became of their suspensions."""
        records = [self.queries.show(number) for number in numbers]
        named = list(list_measure_rows(records, question.destination, self.lexicon, question.language))
        shown = {row.heading for row in named}
        statuses = [
            self.queries.find_status(record, on=on) for record in records if record.line.number in shown
        ]
        return [*named, *list_suspension_rows(filter(None, statuses), question.language)]

    def answer_entity(self, question: Question, today: date) -> Reply:
        """Return the listed parties of a similar name."""
        return replies.law_reply(
            answer_parties(
                self.queries.parties.find_parties(question.subject, on=_get_day(question, today)),
                self.lexicon,
            )
        )

    def answer_history(self, question: Question, _today: date) -> Reply:
        """Return the changes that made a control."""
        return history_reply(
            self.queries.law.history(question.subject), title=f"History of {question.subject}"
        )

    def answer_upcoming(self, question: Question, today: date) -> Reply:
        """Return what takes effect, ends or closes."""
        first, days = today, question.count if question.count is not None else DEFAULT_DAYS
        if question.span is not None:
            first = max(today, question.span.first)
            days = max(0, (question.span.last - first).days)
        events = self.queries.law.upcoming(
            on=first, days=days, categories=(question.subject,) if question.subject else ()
        )
        cautions = self.queries.law.list_cautions(first)
        answer = answer_key_dates(events, self.lexicon, on=first, days=days, cautions=cautions)
        numbers = (event.number for event in events)
        return self._name_destinations(question, replies.law_reply(answer), numbers)

    def answer_compare(self, question: Question, today: date) -> Reply:
        """Return the notices whose status differs between two days."""
        span = question.span
        first, last = (span.first, span.last) if span is not None else (today, today)
        categories = (question.subject,) if question.subject else ()
        found = self.queries.law.compare(first=first, last=last, categories=categories)
        cautions = self.queries.law.list_cautions(last)
        reply = differences_reply(found, self.lexicon, first=first, last=last, cautions=cautions)
        return self._name_destinations(question, reply, (item.number for item in found))


def _list_wider_periods(question: Question, today: date) -> Iterator[str]:
    """Yield the same question about longer periods."""
    for days in LONGER_PERIODS:
        span = DaySpan(first=today - timedelta(days=days), last=today)
        yield replace(question, span=span, count=None).write_command()


def _get_day(question: Question, today: date) -> date:
    return question.span.first if question.span is not None else today


def _ask_for_list(row: int) -> Reply:
    return Reply(
        title=f"Row {row} of which list?",
        note="Ask for a list first; its rows have numbers.",
        offers=offer_questions(("latest", "upcoming")),
    )


def _point_to_commands(question: Question) -> Reply:
    """Return where the command line does what only a person or a channel can ask for in Slack."""
    command = f"controlwatch {question.intent} --help"
    return Reply(
        title="This concerns a subscription or a channel",
        note=f"In Slack the bot answers it. In the terminal: {command}",
    )
