"""Ask a second reader about what the rules have read: after the alert has left, once, and at a known cost.

Nothing here can change a conclusion. An answer adds doubts to a notice, or asks a person to look at one on
which the rules were silent.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Event
from typing import Protocol

from controlwatch.core.alerting.reminders import PlannedAlert
from controlwatch.core.alerting.routing import route_alert
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.model import Alert, Subscription
from controlwatch.core.model.document import remove_unprintable
from controlwatch.core.model.errors import UnusableAnswer, UsageError
from controlwatch.core.model.text_safety import to_one_line
from controlwatch.core.second_opinion.answer_schema import parse_answer
from controlwatch.core.second_opinion.comparison import compare_answer
from controlwatch.core.second_opinion.instructions import (
    LANGUAGES,
    ReaderQuestion,
    ReaderReply,
    build_prose_question,
    build_reading_question,
)
from controlwatch.core.second_opinion.limits import MAX_FAULTS, ReaderCall, find_month_start, find_rest_end
from controlwatch.core.second_opinion.opinion import Purpose, SecondOpinion
from controlwatch.core.second_opinion.prose_checks import check_prose, list_omissions, parse_prose
from controlwatch.core.second_opinion.records import (
    OpinionCounts,
    OpinionSubject,
    ProseLine,
    WantedProse,
)
from controlwatch.core.second_opinion.sent_text import SentText

#: Older readings are left alone: a second reader that is set up today does not read the whole past.
READ_SINCE = timedelta(days=3)
#: By how much the count of a host may exceed the estimate, which is rather too high.
MAX_OVERCOUNT = 4
#: Reasons why a text is not shown that are kept, and characters of each.
MAX_REASONS, MAX_REASON_LENGTH = 5, 200
Clock = Callable[[], datetime]


class SecondReader(Protocol):
    """Reads a text beside the rules. It has no tools and no history, and its answer has no power."""

    @property
    def model(self) -> str:
        """Its name, which is part of the evidence."""

    @property
    def host(self) -> str:
        """The host that texts are sent to; "" where nothing leaves this machine."""

    def ask(self, question: ReaderQuestion) -> ReaderReply | None:
        """Return its answer, None where it has none; raises `UnusableAnswer`."""

    def close(self) -> None:
        """Close whatever connection is open."""


class OpinionTransaction(Protocol):
    """One transaction: what follows from an answer, and the entry about it."""

    def list_subscriptions(self) -> tuple[Subscription, ...]:
        """Return the active subscriptions."""

    def raise_review(self, version_id: int, opinion: SecondOpinion, *, now: datetime) -> int | None:
        """Open the review of a notice; return its id, or None where nothing is to be alerted."""

    def write_alert(self, version_id: int, planned: PlannedAlert) -> None:
        """Write the alert that a document needs review."""

    def record_opinion(
        self, opinion_id: int, opinion: SecondOpinion, *, answer: str, more_tokens: int, now: datetime
    ) -> None:
        """Write what follows from an answer, and enter it in the chain of custody. This comes last.

        `more_tokens` is by how much the count of the host exceeds the estimate, negative where it is less.
        """

    def record_prose(
        self, opinion_id: int, prose: str, *, reason: str, answer: str, more_tokens: int, now: datetime
    ) -> None:
        """Write a translation or an explanation, "" where it is not shown.

        `reason` says why it is not shown, or what it lacks.
        """


class OpinionRecords(Protocol):
    """Questions to second readers and their answers, in the store."""

    def transaction(self) -> AbstractContextManager[OpinionTransaction]:
        """Open a transaction; judgements and new texts of one notice take turns with it."""

    def list_waiting(
        self,
        sources: Collection[str],
        question: ReaderQuestion,
        model: str,
        *,
        since: datetime,
        now: datetime,
    ) -> tuple[OpinionSubject, ...]:
        """Return the newest versions of notices that this model has not read, oldest first."""

    def find_answer(self, key: str) -> str | None:
        """Return the answer to the same question about the same text by the same model, as it came."""

    def begin_question(
        self,
        version_id: int,
        question: ReaderQuestion,
        *,
        model: str,
        host: str,
        tokens: int,
        now: datetime,
        wanted_id: int | None = None,
    ) -> int | None:
        """Note a question before it is sent; return its id, or None where it was noted before."""

    def record_failure(self, opinion_id: int, reason: str) -> None:
        """Write why an answer is missing or of no use. The question is not asked again."""

    def list_calls(self, limit: int) -> tuple[ReaderCall, ...]:
        """Return the newest requests that were sent, newest first."""

    def count_tokens(self, since: datetime) -> int:
        """Return the tokens of the questions since an instant."""

    def count_opinions(self) -> OpinionCounts:
        """Return what second readers have done so far."""

    def find_subject(self, key: str) -> OpinionSubject | None:
        """Return the newest version of the notice of a key; None where there is none with a text."""

    def want_prose(
        self, version_id: int, question: ReaderQuestion, *, model: str, who: str, now: datetime
    ) -> bool:
        """Note that a person wants a translation or an explanation; False where it was noted before."""

    def list_wanted(self, *, now: datetime) -> tuple[WantedProse, ...]:
        """Return the translations and explanations that people wait for, oldest first."""

    def give_up_prose(self, *, now: datetime) -> None:
        """Write that what people have waited for too long will not come; they may ask for it again."""

    def list_prose(self, key: str) -> tuple[ProseLine, ...]:
        """Return the translations and explanations of the newest version of a notice, oldest first."""

    def list_alert_doubts(self, alert_id: int) -> tuple[str, ...]:
        """Return the doubts of a second reader about the notice of an alert."""

    def find_alert_key(self, alert_id: int) -> str:
        """Return the key of the notice of an alert; "" where it is about none."""


@dataclass(slots=True, kw_only=True)
class OpinionRound:
    """What became of one round."""

    answered: int = 0
    failed: int = 0
    doubts: int = 0
    reviews: int = 0
    resting: str = ""  #: why nothing more was asked, in a sentence


class _Resting(Exception):
    """Nothing may be sent now; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A question that was noted, with its answer."""

    opinion_id: int
    answer: str
    more_tokens: int  #: what the host counted beyond the estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondOpinions:
    """Asks one second reader, and records what follows."""

    reader: SecondReader
    records: OpinionRecords
    lexicon: Lexicon
    sources: frozenset[str]  #: ids of the sources whose texts it may read
    monthly_tokens: int
    timer: Callable[[], float] = time.monotonic  #: measures how long a round takes
    stopped: Event = field(default_factory=Event)  #: set: ask nothing more

    @property
    def prose_sources(self) -> frozenset[str]:
        """The sources whose texts may be translated and explained: none where the reader writes no prose."""
        return self.sources if self.reader.host else frozenset()

    def run_round(self, *, now: datetime) -> OpinionRound:
        """Ask about what waits, what people want first. A fault of the reader is recorded, never raised."""
        get_time, done = self._start_clock(now), OpinionRound()
        self.records.give_up_prose(now=now)
        try:
            for wanted in self.records.list_wanted(now=now):
                if self.stopped.is_set():
                    return done
                self._answer_wanted(wanted, done, get_time)
            waiting = self.records.list_waiting(
                self.sources,
                self._build_question(SentText(text="")),
                self.reader.model,
                since=now - READ_SINCE,
                now=now,
            )
            for subject in waiting:
                if self.stopped.is_set():
                    return done
                self._read_subject(subject, done, get_time)
        except _Resting as reason:
            done.resting = str(reason)
        return done

    def want_prose(self, key: str, purpose: Purpose, language: str, *, who: str, now: datetime) -> bool:
        """Note that a person wants a translation or an explanation; False where it was noted before.

        Raises `UsageError` where the notice is not known, or its source may not be read by the second reader.
        """
        if purpose is Purpose.READING or language not in LANGUAGES:
            raise UsageError("choose a translation or an explanation, in English or Chinese")
        self.records.give_up_prose(now=now)
        subject = self.records.find_subject(key)
        if subject is None:
            raise UsageError("no text of this notice is kept")
        if subject.watcher not in self.prose_sources:
            raise UsageError("texts of this source may not be sent to the second reader")
        question = build_prose_question(purpose, SentText.from_parts(subject.title, subject.text), language)
        return self.records.want_prose(
            subject.version_id, question, model=self.reader.model, who=who, now=now
        )

    def answer_prose(self, key: str, purpose: Purpose, language: str, *, now: datetime) -> str:
        """Ask now for what a person wants, and wait for the answer, which is then with the notice.

        Return why nothing may be sent now, in a sentence; "" where it was asked for.
        """
        get_time = self._start_clock(now)
        wished = (key, purpose, language)
        try:
            for wanted in self.records.list_wanted(now=now):
                if (wanted.subject.key, wanted.purpose, wanted.language) == wished:
                    self._answer_wanted(wanted, OpinionRound(), get_time)
        except _Resting as reason:
            return str(reason)
        return ""

    def find_rest(self, *, now: datetime, cost: int = 0) -> str:
        """Return why nothing may be sent now, in a sentence; "" where it may, at this cost in tokens."""
        end = find_rest_end(self.records.list_calls(MAX_FAULTS), now=now)
        if end is not None:
            until = f"{end:%H:%M} UTC"
            return f"{self.reader.host} failed {MAX_FAULTS} times in a row and is left alone until {until}"
        spent = self.records.count_tokens(find_month_start(now))
        if spent + cost > self.monthly_tokens:
            return f"the tokens of this month are used up: {spent:,} of {self.monthly_tokens:,}"
        return ""

    def _start_clock(self, now: datetime) -> Clock:
        """Return what tells the time from `now` on."""
        started = self.timer()
        return lambda: now + timedelta(seconds=self.timer() - started)

    def _build_question(self, sent: SentText) -> ReaderQuestion:
        return build_reading_question(sent, (category.id for category in self.lexicon.categories))

    def _read_subject(self, subject: OpinionSubject, done: OpinionRound, get_time: Clock) -> None:
        sent = SentText.from_parts(subject.title, subject.text)
        asked = self._obtain_answer(self._build_question(sent), subject.version_id, done, get_time)
        if asked is None:
            return
        try:
            answer = parse_answer(asked.answer)
        except UnusableAnswer as error:
            self._record_fault(asked.opinion_id, error, done)
            return
        now = get_time()
        opinion = compare_answer(answer, sent, subject.notice, self.lexicon, was_told=subject.was_told)
        with self.records.transaction() as transaction:
            if opinion.review:
                review_id = transaction.raise_review(subject.version_id, opinion, now=now)
                if review_id is not None:
                    planned = plan_review_alert(
                        subject, opinion, transaction.list_subscriptions(), review_id=review_id, now=now
                    )
                    transaction.write_alert(subject.version_id, planned)
                    done.reviews += 1
            transaction.record_opinion(
                asked.opinion_id, opinion, answer=asked.answer, more_tokens=asked.more_tokens, now=now
            )
        done.answered += 1
        done.doubts += len(opinion.list_sentences())

    def _answer_wanted(self, wanted: WantedProse, done: OpinionRound, get_time: Clock) -> None:
        subject = wanted.subject
        sent = SentText.from_parts(subject.title, subject.text)
        question = build_prose_question(wanted.purpose, sent, wanted.language)
        asked = self._obtain_answer(question, subject.version_id, done, get_time, wanted_id=wanted.opinion_id)
        if asked is None:
            return
        try:
            prose = parse_prose(asked.answer)
        except UnusableAnswer as error:
            self._record_fault(asked.opinion_id, error, done)
            return
        reasons = check_prose(prose, wanted.purpose, sent, subject.notice, self.lexicon)
        notes = reasons or list_omissions(sent)
        with self.records.transaction() as transaction:
            transaction.record_prose(
                asked.opinion_id,
                "" if reasons else prose,
                reason="; ".join(to_one_line(note, MAX_REASON_LENGTH) for note in notes[:MAX_REASONS]),
                answer=asked.answer,
                more_tokens=asked.more_tokens,
                now=get_time(),
            )
        done.answered += 1

    def _obtain_answer(
        self,
        question: ReaderQuestion,
        version_id: int,
        done: OpinionRound,
        get_time: Clock,
        *,
        wanted_id: int | None = None,
    ) -> _Asked | None:
        """Return the answer that is kept, or ask once; None where there is none, or another asks already.

        Raises `_Resting` where nothing may be sent now.
        """
        reader, records = self.reader, self.records
        kept = records.find_answer(question.compute_key(reader.model))
        cost = question.estimate_cost() if kept is None and reader.host else 0
        now = get_time()
        if cost and (reason := self.find_rest(now=now, cost=cost)):
            raise _Resting(reason)
        opinion_id = records.begin_question(
            version_id,
            question,
            model=reader.model,
            host=reader.host,
            tokens=cost,
            now=now,
            wanted_id=wanted_id,
        )
        if opinion_id is None:
            return None
        if kept is not None:
            return _Asked(opinion_id=opinion_id, answer=kept, more_tokens=0)
        try:
            reply = reader.ask(question)
        except UnusableAnswer as error:
            self._record_fault(opinion_id, error, done)
            return None
        if reply is None:
            records.record_failure(opinion_id, "it has no answer")
            return None
        # What a host counts must not use up the month at once.
        tokens = cost if reply.tokens is None else min(reply.tokens, MAX_OVERCOUNT * cost)
        answer = remove_unprintable(reply.text)
        return _Asked(opinion_id=opinion_id, answer=answer, more_tokens=tokens - cost)

    def _record_fault(self, opinion_id: int, error: UnusableAnswer, done: OpinionRound) -> None:
        self.records.record_failure(opinion_id, str(error))
        done.failed += 1


def plan_review_alert(
    subject: OpinionSubject,
    opinion: SecondOpinion,
    subscriptions: Collection[Subscription],
    *,
    review_id: int,
    now: datetime,
) -> PlannedAlert:
    """Plan the alert that a document needs review on which the rules were silent."""
    notice = replace(subject.notice, review=opinion.review, possible_categories=opinion.possible_categories)
    alert = Alert(
        kind="review",
        made_at=now,
        title=subject.title,
        watcher=subject.watcher,
        url=subject.url,
        notice=notice,
        review_id=review_id,
    )
    deliveries = route_alert(alert, subscriptions, text=subject.text, now=now)
    return PlannedAlert(alert=alert, deliveries=deliveries, notice_key=subject.key)
