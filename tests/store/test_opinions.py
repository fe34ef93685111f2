"""Questions to a second reader and its answers, in both databases: asked once, entered, joined where shown."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from controlwatch.core.model import Attention, Direction, ReviewReason
from controlwatch.core.second_opinion.answer_schema import AnswerField
from controlwatch.core.second_opinion.instructions import build_prose_question, build_reading_question
from controlwatch.core.second_opinion.limits import ReaderCall
from controlwatch.core.second_opinion.opinion import Purpose, SecondDoubt, SecondOpinion
from controlwatch.core.second_opinion.sent_text import SentText
from controlwatch.services.settle_review import settle_review
from tests.store.steps import EVERYTHING, NOW, announcement, make_observation, observe

if TYPE_CHECKING:
    from controlwatch.adapters.storage import SqlStore
    from controlwatch.core.second_opinion.records import OpinionSubject

URL = "https://a.example/61.html"
KEY = "MOFCOM 2026-61"
QUESTION = build_reading_question(SentText(text="公告 61"), ["rare_earth.items"])
DOUBTING = SecondOpinion(
    doubts=(SecondDoubt(field=AnswerField.EFFECTIVE, value="2026-05-01", quote="自2026年5月1日起实施"),)
)
ASKING = SecondOpinion(
    review=(ReviewReason(reason="It may be one.", quote="稀土", rule="review.language-model"),),
    possible_categories=("rare_earth.items",),
)


def seen(store: SqlStore, *, is_change: bool = True) -> OpinionSubject:
    """A notice that was read and sent; or one in which the rules found nothing."""
    store.subscriptions.subscribe(EVERYTHING, NOW)
    notice = announcement(61)
    if not is_change:
        notice = replace(
            notice, is_change=False, reports_change=False, effective=(), direction=Direction.NEUTRAL
        )
    observe(store, make_observation(store, notice, url=URL))
    subject = store.opinions.find_subject(KEY)
    assert subject is not None
    return subject


def begin(
    store: SqlStore, subject: OpinionSubject, *, model: str = "a-model", minutes: int = 0
) -> int | None:
    return store.opinions.begin_question(
        subject.version_id,
        QUESTION,
        model=model,
        host="host.example",
        tokens=900,
        now=NOW + timedelta(minutes=minutes),
    )


def answer(
    store: SqlStore, subject: OpinionSubject, opinion: SecondOpinion, *, model: str = "a-model"
) -> None:
    opinion_id = begin(store, subject, model=model)
    assert opinion_id is not None
    with store.opinions.transaction() as transaction:
        transaction.record_opinion(
            opinion_id, opinion, answer='{"a": "稀土 \\u0000"}', more_tokens=-200, now=NOW
        )


def test_one_of_many_processes_asks_a_question(store: SqlStore) -> None:
    subject = seen(store)
    with ThreadPoolExecutor(6) as processes:
        begun = list(processes.map(lambda _: begin(store, subject), range(6)))
    assert sum(found is not None for found in begun) == 1
    assert store.opinions.count_tokens(NOW) == 900


def test_an_answer_is_found_by_its_question_and_replaces_the_estimate(store: SqlStore) -> None:
    subject = seen(store)
    assert store.opinions.find_answer(QUESTION.compute_key("a-model")) is None
    answer(store, subject, DOUBTING)
    assert store.opinions.find_answer(QUESTION.compute_key("a-model")) == '{"a": "稀土 \\u0000"}'
    assert store.opinions.find_answer(QUESTION.compute_key("another")) is None
    assert store.opinions.count_tokens(NOW) == 700
    assert store.opinions.count_tokens(NOW + timedelta(seconds=1)) == 0


def test_doubts_are_joined_to_the_record_and_to_alerts_and_stored_in_neither(store: SqlStore) -> None:
    subject = seen(store)
    answer(store, subject, DOUBTING)
    record = store.queries.find_record(KEY)
    assert record is not None
    assert DOUBTING.list_sentences()[0] in record.notice.doubts
    assert store.opinions.list_alert_doubts(1) == DOUBTING.list_sentences()
    again = store.opinions.find_subject(KEY)
    assert again is not None
    assert again.notice == subject.notice


def test_the_newest_opinion_counts(store: SqlStore) -> None:
    subject = seen(store)
    answer(store, subject, DOUBTING)
    answer(store, subject, SecondOpinion(), model="another")
    assert store.opinions.list_alert_doubts(1) == ()


def test_a_review_of_a_silent_text_is_raised_once_and_closed_by_a_judgement(store: SqlStore) -> None:
    subject = seen(store, is_change=False)
    with store.opinions.transaction() as transaction:
        first = transaction.raise_review(subject.version_id, ASKING, now=NOW)
        assert transaction.raise_review(subject.version_id, ASKING, now=NOW) is None
    assert first is not None
    (line,) = store.reviews.list_reviews()
    assert (line.reasons, line.possible_categories) == (ASKING.review, ASKING.possible_categories)
    record = store.queries.find_record(KEY)
    assert record is not None
    assert (record.line.attention, record.notice.possible_categories) == (
        Attention.REVIEW,
        ASKING.possible_categories,
    )
    settle_review(store.reviews, first, verdict="no-change", who="Li", now=NOW)
    with store.opinions.transaction() as transaction:
        assert transaction.raise_review(subject.version_id, ASKING, now=NOW) is None
    (label,) = store.reviews.list_labels()
    assert label.reasons == ASKING.review
    record = store.queries.find_record(KEY)
    assert record is not None
    assert record.line.attention is Attention.NONE


def test_the_newest_calls_come_first_and_what_never_ended_is_a_fault(store: SqlStore) -> None:
    subject = seen(store)
    failed = begin(store, subject, model="b", minutes=1)
    assert failed is not None
    store.opinions.record_failure(failed, "host.example answered 503")
    begin(store, subject, model="c", minutes=2)
    answer(store, subject, DOUBTING)
    assert store.opinions.list_calls(3) == (
        ReaderCall(asked_at=NOW + timedelta(minutes=2), is_fault=True),
        ReaderCall(asked_at=NOW + timedelta(minutes=1), is_fault=True),
        ReaderCall(asked_at=NOW, is_fault=False),
    )
    counts = store.opinions.count_opinions()
    assert (dict(counts.by_state), counts.doubts) == ({"answered": 1, "asked": 1, "failed": 1}, 1)


def test_what_a_person_wants_waits_for_a_day(store: SqlStore) -> None:
    subject = seen(store)
    question = build_prose_question(Purpose.TRANSLATION, SentText(text="公告 61"), "en")
    assert store.opinions.want_prose(subject.version_id, question, model="a-model", who="Li", now=NOW)
    assert not store.opinions.want_prose(subject.version_id, question, model="a-model", who="Li", now=NOW)
    (wanted,) = store.opinions.list_wanted(now=NOW)
    assert (wanted.purpose, wanted.language, wanted.subject.key) == (Purpose.TRANSLATION, "en", KEY)
    assert store.opinions.list_wanted(now=NOW + timedelta(days=2)) == ()


def want(store: SqlStore, subject: OpinionSubject, *, model: str = "a-model", days: int = 0) -> bool:
    question = build_prose_question(Purpose.TRANSLATION, SentText(text="公告 61"), "en")
    return store.opinions.want_prose(
        subject.version_id, question, model=model, who="Li", now=NOW + timedelta(days=days)
    )


def ask_wanted(store: SqlStore, *, model: str = "a-model", place: int = 0) -> int | None:
    """Begin the question that a person waits for."""
    wanted = store.opinions.list_wanted(now=NOW)[place]
    question = build_prose_question(wanted.purpose, SentText(text="公告 61"), wanted.language)
    return store.opinions.begin_question(
        wanted.subject.version_id,
        question,
        model=model,
        host="host.example",
        tokens=900,
        now=NOW,
        wanted_id=wanted.opinion_id,
    )


def test_what_waited_too_long_is_given_up_and_may_be_wanted_again(store: SqlStore) -> None:
    subject = seen(store)
    assert want(store, subject)
    store.opinions.give_up_prose(now=NOW + timedelta(hours=23))
    assert [line.state for line in store.opinions.list_prose(KEY)] == ["wanted"]
    store.opinions.give_up_prose(now=NOW + timedelta(days=1))
    (line,) = store.opinions.list_prose(KEY)
    assert (line.state, line.reason) == ("failed", "the second reader could not be asked")
    assert want(store, subject, days=1)
    assert [(line.state, line.reason) for line in store.opinions.list_prose(KEY)] == [("wanted", "")]


def test_a_translation_whose_process_was_killed_is_given_up(store: SqlStore) -> None:
    subject = seen(store)
    want(store, subject)
    ask_wanted(store)
    store.opinions.give_up_prose(now=NOW + timedelta(minutes=9))
    assert not want(store, subject)
    store.opinions.give_up_prose(now=NOW + timedelta(minutes=10))
    assert want(store, subject)


def test_every_try_counts_for_the_tokens_of_the_month(store: SqlStore) -> None:
    subject = seen(store)
    want(store, subject)
    failed = ask_wanted(store)
    assert failed is not None
    store.opinions.record_failure(failed, "host.example answered 503")
    want(store, subject)
    assert ask_wanted(store) == failed
    assert store.opinions.count_tokens(NOW) == 1800
    with store.opinions.transaction() as transaction:
        transaction.record_prose(failed, "Announcement 61", reason="", answer="{}", more_tokens=-200, now=NOW)
    assert store.opinions.count_tokens(NOW) == 1600


def test_what_was_wanted_of_the_model_before_is_not_asked_a_second_time(store: SqlStore) -> None:
    subject = seen(store)
    want(store, subject, model="the model before")
    want(store, subject)
    assert ask_wanted(store, place=1) is not None
    assert ask_wanted(store) is None


def test_every_answer_is_entered_and_nothing_that_waits(store: SqlStore) -> None:
    subject = seen(store)
    answer(store, subject, DOUBTING)
    begin(store, subject, model="waits")
    found = list(store.custody.iterate_entries())
    opinions = [entry for entry in found if getattr(entry, "opinion", None) is not None]
    assert [entry.opinion.model for entry in opinions] == ["a-model"]
    assert all(hasattr(entry, "line") for entry in found)
