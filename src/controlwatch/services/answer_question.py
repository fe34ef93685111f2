"""Answer questions, the same for Slack and the command line. What is unclear is asked back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from controlwatch.core.asking.question import Question, parse_question
from controlwatch.core.asking.suggestions import suggest_questions
from controlwatch.core.asking.vocabulary import IntentName, Vocabulary, fold_asked
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.answers import CategoryStatus
from controlwatch.core.model.errors import ControlwatchError, UnclearName
from controlwatch.core.model.timezones import to_beijing_day
from controlwatch.core.rendering import replies
from controlwatch.core.rendering.category_text import describe_destinations
from controlwatch.core.rendering.day_text import add_known_day
from controlwatch.core.rendering.facts import CardContext
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
)
from controlwatch.core.rendering.measure_rows import (
    list_measure_rows,
    list_suspension_rows,
)
from controlwatch.core.rendering.notice_reply import notice_reply
from controlwatch.core.rendering.problems_zh import explain_problem
from controlwatch.core.rendering.replies import Reply, ReplyRow, number_rows, offer_questions
from controlwatch.core.rendering.wording import pick_language
from controlwatch.services.latest_answers import LatestAnswers
from controlwatch.services.queries import Queries

#: The title of an answer that names a mistake.
FAILED = ("That did not work", "未能完成")
#: Days that `upcoming` looks ahead without a number.
DEFAULT_DAYS = 30
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

        `others` answers the intents that concern a person or a channel. The commands on the buttons are in
        the language of the answer, so that what they ask is answered in it too.
        """
        reply = self._answer(question, now=now, others=others)
        offers = (
            replace(offer, text=command, value=command) if offer.does == "ask" else offer
            for offer in reply.offers
            for command in (self.vocabulary.write_command(offer.value, question.language),)
        )
        return replace(reply, offers=tuple(offers), language=question.language)

    def _answer(
        self, question: Question, *, now: datetime, others: Callable[[Question], Reply] | None
    ) -> Reply:
        if question.intent is None:
            return self.ask_back(question, to_beijing_day(now))
        if question.problem:
            return Reply(
                title=pick_language("Please say it more exactly", "请说得更具体", question.language),
                language=question.language,
                note=self._explain_problem(question),
                offers=offer_questions(question.choices[:MAX_OFFERS]),
            )
        try:
            answer = self._find_answer(question.intent, others)
            reply = self.explain_reading(question, answer(question, to_beijing_day(now)))
            return number_rows(replace(reply, offers=(*reply.offers, *offer_questions(question.choices))))
        except UnclearName as error:
            asked = (
                replace(question, subject=name).write_command() for name in error.candidates[:MAX_OFFERS]
            )
            offers = offer_questions((*question.choices, *asked)) if question.subject else ()
            return Reply(
                title=pick_language(*FAILED, question.language),
                note=explain_problem(str(error), question.language),
                offers=offers,
                language=question.language,
            )
        except ControlwatchError as error:
            intent = self.vocabulary.get_intent(question.intent)
            heading = pick_language("for example", "例如", question.language)
            example = pick_language(intent.example, intent.example_zh, question.language)
            rows = (ReplyRow(heading=heading, body=example),) if example else ()
            return Reply(
                title=pick_language(*FAILED, question.language),
                note=explain_problem(str(error), question.language),
                rows=rows,
                language=question.language,
            )

    def _explain_problem(self, question: Question) -> str:
        """Return why a question cannot be answered as it is."""
        problem = explain_problem(question.problem, question.language)
        return f"{problem}." if question.choices and question.language != "zh" else problem

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
            "watchers": self.answer_watchers,
            "review": self.answer_review,
        }
        if intent in answers:
            return answers[intent]
        return lambda question, _today: others(question) if others else _point_to_commands(question)

    def ask_back(self, question: Question, today: date) -> Reply:
        """Search the listed parties for a bare name; else offer the nearest questions."""
        if question.problem:
            return Reply(
                title=pick_language(*FAILED, question.language),
                note=explain_problem(question.problem, question.language),
            )
        nearest = suggest_questions(question, self.vocabulary, self.lexicon)
        unknown = ""
        if f"entity {question.subject}" in nearest:
            named = replace(question, intent="entity", is_sentence=True)
            if self.queries.parties.find_parties(question.subject, on=today).matches:
                return number_rows(self.explain_reading(named, self.answer_entity(named, today)))
            unknown = pick_language(
                f"No item and no listed party is known here as {question.subject!r}. ",
                f"此处未收录名为“{question.subject}”的物项或列名实体。",
                question.language,
            )
        note = pick_language(
            "These are the nearest questions that can be answered; `help` lists all.",
            "以下是最接近的可回答问题；输入“帮助”可列出全部。",
            question.language,
        )
        return Reply(
            title=pick_language("I did not understand this question", "未能理解这个问题", question.language),
            note=f"{unknown}{note}",
            offers=offer_questions(nearest),
            language=question.language,
        )

    def explain_reading(self, question: Question, reply: Reply) -> Reply:
        """Say how a sentence was read, and what was left out of it."""
        language = question.language
        read, left_out = "", ""
        if question.is_sentence:
            command = self.vocabulary.write_command(question.write_command(), language)
            read = pick_language("Read as: ", "理解为：", language) + command
        if question.unread:
            left_out = pick_language("Not understood, and left out: ", "未理解、未采用：", language)
        note = " · ".join(filter(None, (reply.note, read, f"{left_out}{question.unread}")))
        return replace(reply, note=note, language=language)

    def _name_destinations(self, question: Question, reply: Reply, numbers: Iterable[str]) -> Reply:
        """Say which of the notices name the destination that was asked about."""
        if not question.destination:
            return reply
        limits = self.queries.law.find_destinations(dict.fromkeys(numbers))
        named = describe_destinations(question.destination, limits, self.lexicon, question.language)
        return replace(reply, cautions=(named, *reply.cautions))

    # ------------------------------------------------------------------ notices

    def answer_help(self, question: Question, _today: date) -> Reply:
        """Return every command with an example."""
        language = question.language
        rows = (
            ReplyRow(
                heading=intent.get_command(language),
                body=pick_language(
                    f"{intent.means}: {intent.example}", f"{intent.means_zh}：{intent.example_zh}", language
                ),
            )
            for intent in self.vocabulary.intents
        )
        note = pick_language(
            "Ask in your own words or with these commands. A notice number shows the notice, an item is "
            "looked up. Days are days in Beijing.",
            "可以直接提问，也可以用下列命令。输入文号显示公告，输入物项查询管制。日期按北京时间。",
            language,
        )
        english = ("what changed this week?", "what's coming up in the next 60 days?")
        return Reply(
            title=pick_language("What you can ask", "可以问什么", language),
            rows=tuple(rows),
            rows_per_page=len(self.vocabulary.intents),
            note=note,
            offers=offer_questions(english if language != "zh" else ("本周有什么变化", "未来60天有什么生效")),
        )

    def answer_latest(self, question: Question, today: date) -> Reply:
        """Return the newest notices; for a sentence, the changes only, and what came back by itself."""
        reply, numbers = LatestAnswers(queries=self.queries).answer(question, today)
        return self._name_destinations(question, reply, numbers)

    def answer_show(self, question: Question, today: date) -> Reply:
        """Return what a notice says."""
        if question.row is not None:
            return _ask_for_list(question)
        record = self.queries.show(question.subject)
        context = CardContext(lexicon=self.lexicon, language=question.language, today=today)
        return notice_reply(record, context, self.queries.find_status(record, on=today))

    def answer_review(self, question: Question, _today: date) -> Reply:
        """Return the documents that need review."""
        lines = (line for line in self.queries.list_reviews() if line.alerted)
        return replies.review_reply(lines, question.language)

    def answer_categories(self, question: Question, _today: date) -> Reply:
        """Return the item categories."""
        return categories_reply(self.queries.list_categories(" ".join(question.words)), question.language)

    def answer_watchers(self, question: Question, _today: date) -> Reply:
        """Return the health of the sources."""
        return replies.watchers_reply(self.queries.list_watchers(), question.language)

    # ------------------------------------------------------------------ the law

    def answer_status(self, question: Question, today: date) -> Reply:
        """Return the status of a notice or a category on a day."""
        if question.row is not None:
            return _ask_for_list(question)
        found = self.queries.law.status(question.subject, on=_get_day(question, today))
        reply = replies.law_reply(answer_status(found, self.lexicon, question.language))
        notices = found.notices if isinstance(found, CategoryStatus) else (found,)
        if self.vocabulary.suspension_words.find_all(fold_asked(question.text)):
            rows = tuple(list_suspension_rows(notices, question.language))
            reply = replace(reply, rows=(*rows, *reply.rows))
        return self._name_destinations(question, reply, (notice.number for notice in notices))

    def answer_lookup(self, question: Question, today: date) -> Reply:
        """Return what controls an item on a day."""
        found = self.queries.law.lookup(question.subject, on=_get_day(question, today))
        reply = replies.law_reply(answer_lookup(found, self.lexicon, question.language))
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
                question.language,
            )
        )

    def answer_history(self, question: Question, _today: date) -> Reply:
        """Return the changes that made a control."""
        title = add_known_day(
            pick_language(
                f"History of {question.subject}", f"{question.subject}：历次变化", question.language
            ),
            self.queries.law.find_coverage(),
            question.language,
        )
        steps = self.queries.law.history(question.subject)
        return history_reply(steps, title=title, language=question.language)

    def answer_upcoming(self, question: Question, today: date) -> Reply:
        """Return what takes effect, ends or closes."""
        first, days = today, question.count if question.count is not None else DEFAULT_DAYS
        if question.span is not None:
            first = max(today, question.span.first)
            days = max(0, (question.span.last - first).days)
        events = self.queries.law.upcoming(
            on=first, days=days, categories=(question.subject,) if question.subject else ()
        )
        coverage = self.queries.law.find_coverage(on=first)
        answer = answer_key_dates(
            events,
            self.lexicon,
            on=first,
            days=days,
            cautions=self.queries.law.list_cautions(first, coverage),
            coverage=coverage,
            language=question.language,
        )
        numbers = (event.number for event in events)
        return self._name_destinations(question, replies.law_reply(answer), numbers)

    def answer_compare(self, question: Question, today: date) -> Reply:
        """Return the notices whose status differs between two days."""
        span = question.span
        first, last = (span.first, span.last) if span is not None else (today, today)
        categories = (question.subject,) if question.subject else ()
        found = self.queries.law.compare(first=first, last=last, categories=categories)
        coverage = self.queries.law.find_coverage(on=last)
        reply = differences_reply(
            found,
            self.lexicon,
            first=first,
            last=last,
            cautions=self.queries.law.list_cautions(last, coverage),
            coverage=coverage,
            language=question.language,
        )
        return self._name_destinations(question, reply, (item.number for item in found))


def _get_day(question: Question, today: date) -> date:
    return question.span.first if question.span is not None else today


def _ask_for_list(question: Question) -> Reply:
    row, language = question.row, question.language
    return Reply(
        title=pick_language(f"Row {row} of which list?", f"哪个列表的第{row}行？", language),
        note=pick_language(
            "Ask for a list first; its rows have numbers.", "请先列出一个列表，其各行有编号。", language
        ),
        offers=offer_questions(("latest", "upcoming")),
    )


def _point_to_commands(question: Question) -> Reply:
    """Return where the command line does what only a person or a channel can ask for in Slack."""
    command = f"controlwatch {question.intent} --help"
    return Reply(
        title=pick_language(
            "This concerns a subscription or a channel", "这涉及订阅或频道", question.language
        ),
        note=pick_language(
            f"In Slack the bot answers it. In the terminal: {command}",
            f"请在 Slack 中向机器人提问；终端命令：{command}",
            question.language,
        ),
    )
