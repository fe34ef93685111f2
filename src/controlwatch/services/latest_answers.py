"""Answers to what changed: the newest notices, and what took effect, ended or came back by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from controlwatch.core.asking.category_names import find_category_meanings
from controlwatch.core.asking.day_readings import DaySpan
from controlwatch.core.asking.question import LISTINGS, Question
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.answers import NoticeLine
from controlwatch.core.model import KeyDate, Language
from controlwatch.core.model.timezones import to_beijing_day
from controlwatch.core.rendering.day_text import format_date, format_span
from controlwatch.core.rendering.law_answers import tell_all
from controlwatch.core.rendering.list_replies import latest_reply
from controlwatch.core.rendering.measure_rows import list_event_rows
from controlwatch.core.rendering.replies import Reply, offer_questions
from controlwatch.core.rendering.wording import pick_language
from controlwatch.services.queries import Queries

#: Days before today that a question about this week is answered with where the week has nothing.
DAYS_OF_A_WEEK = 7
#: Days that are offered where a period has nothing.
LONGER_PERIODS = (30, 90)
#: Notices in an answer.
MAX_NOTICES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class LatestAnswers:
    """Answers what was published in a period, and what happened in it without a notice of that day."""

    queries: Queries

    def answer(self, question: Question, today: date) -> tuple[Reply, tuple[str, ...]]:
        """Return the newest notices, and their numbers; for a sentence, the changes only.

        Where nothing was published in a period that is not over, the seven days up to today are shown.
        """
        language = question.language
        span, lines, replaced = self._choose_period(question, today)
        shown = self._choose_changes(question, lines)
        events = () if span is None else tuple(list_event_rows(self._list_events(question, span), language))
        coverage = self.queries.law.find_coverage(on=min(span.last, today) if span is not None else today)
        reply = latest_reply(
            shown,
            self.queries.names.lexicon,
            title=_name_period(question, span, today, self.queries.names.lexicon),
            coverage=coverage,
            others=events,
            language=language,
        )
        notes = (reply.note, replaced, _tell_hidden(len(lines) - len(shown), language))
        reply = replace(reply, note=" · ".join(filter(None, notes)))
        if span is not None or question.count is not None:
            # That nothing was seen says little about days on which nobody looked.
            cautions = tell_all(self.queries.law.list_cautions(today, coverage), language)
            offers = () if reply.rows else offer_questions(_list_wider_periods(question, today))
            reply = replace(reply, cautions=cautions, offers=offers)
        return reply, tuple(line.number for line in shown if line.number)

    def _choose_period(
        self, question: Question, today: date
    ) -> tuple[DaySpan | None, tuple[NoticeLine, ...], str]:
        """Return the period that is looked at, its notices, and a sentence where it is not the one asked."""
        span = question.span
        lines = self._list_latest(question, span)
        if span is None or span.is_day or not span.first <= today <= span.last:
            return span, lines, ""
        looked_at = DaySpan(first=span.first, last=today)
        week = DaySpan(first=today - timedelta(days=DAYS_OF_A_WEEK), last=today)
        has_any = self._choose_changes(question, lines) or self._list_events(question, looked_at)
        if week.first >= span.first or has_any:
            return looked_at, lines, ""
        replaced = pick_language(
            f"Nothing known for {format_span(looked_at)} so far; looked at instead: {format_span(week)}",
            f"{format_span(looked_at, 'zh')}暂无所知内容，改为查看{format_span(week, 'zh')}",
            question.language,
        )
        return week, self._list_latest(question, week), replaced

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

    def _choose_changes(self, question: Question, lines: Iterable[NoticeLine]) -> tuple[NoticeLine, ...]:
        """Return the lines that a question wants: of a sentence, those that change something."""
        return tuple(
            line for line in lines if not question.is_sentence or line.is_change or line.attention == "review"
        )


def _name_period(question: Question, span: DaySpan | None, today: date, lexicon: Lexicon) -> str:
    """Return the title: of which issuer, item and days."""
    language, days = question.language, ""
    if question.count is not None:
        english = f"in {question.count} days up to {format_date(today)}"
        days = pick_language(english, f"截至{format_date(today, 'zh')}的{question.count}天", language)
    period = format_span(span, language) if span is not None else ""
    subject = question.subject
    if subject == LISTINGS:
        subject = pick_language("listed parties", "列名实体", language)
    elif language == "zh":
        meant = find_category_meanings(subject, lexicon)
        subject = lexicon.get_category_name(meant[0], "zh") if len(meant) == 1 else subject
    newest = pick_language("Newest notices", "最新公告", language)
    return " · ".join(filter(None, (newest, question.issuer, subject, period, days)))


def _tell_hidden(hidden: int, language: Language) -> str:
    """Return how many documents are not shown because they change nothing; "" for none."""
    if not hidden:
        return ""
    documents = "1 document that changes" if hidden == 1 else f"{hidden} documents that change"
    return pick_language(
        f"{documents} nothing: not shown here; `latest` shows all",
        f"另有{hidden}份不涉及调整的文件未列出，输入“最新”可查看全部",
        language,
    )


def _list_wider_periods(question: Question, today: date) -> Iterator[str]:
    """Yield the same question about longer periods."""
    for days in LONGER_PERIODS:
        span = DaySpan(first=today - timedelta(days=days), last=today)
        yield replace(question, span=span, count=None).write_command()
