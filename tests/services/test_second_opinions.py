"""A second reader is asked after the alert has left, once, at a known cost; and it moves no conclusion."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text, update

from controlwatch.adapters.second_readers.recorded_answers import RecordedReader
from controlwatch.adapters.storage.base import (
    ALERT,
    DELIVERY,
    FINDING,
    NOTICE,
    OPINION,
    VERSION,
    notice_from_json,
)
from controlwatch.bootstrap.question_app import build_queries
from controlwatch.core.model import Attention, Subscription
from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.state import VersionText
from controlwatch.core.rendering.plain_text import render_text
from controlwatch.core.second_opinion.opinion import Purpose
from controlwatch.core.second_opinion.records import RecordedAnswer
from controlwatch.core.second_opinion.sent_text import SentText
from controlwatch.services.reread import reread_all
from controlwatch.services.second_recordings import build_case_question
from controlwatch.services.verify import verify_chain
from controlwatch.testing.model_host import ModelHost
from tests.services.reviewed import settle
from tests.services.second_reader import (
    FLOWERS,
    HINT,
    HINT_TITLE,
    ORDERS,
    TITLE,
    let_say,
    opinions_of,
    reader_of,
)
from tests.services.world import WATCHER, Page, World, tightening, world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from controlwatch.core.law.answers import NoticeRecord

pytestmark = pytest.mark.usefixtures("sound_chain")

#: The rules read no party here, and no code in the form of a bare figure.
DENIAL = ("false", "金属镓（参考海关商品编号：8112929010）")
CHANGE = Page("/notices/art_2.html", TITLE, tightening(2))
OLD = Page(
    "/notices/art_1.html",
    "商务部公告2026年第1号 公布对锑相关物项实施出口管制的决定",
    tightening(1, item="金属锑"),
)


@pytest.fixture
def host() -> Iterator[ModelHost]:
    with ModelHost() as opened:
        yield opened


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place for a second world, which may be altered."""
    return tmp_path_factory.mktemp("own")


def publish(w: World, *pages: Page) -> World:
    """A world whose first poll is over and that has read these pages since."""
    w.ministry.publish(replace(OLD))
    assert w.poll().outcome == "shelved"
    w.ministry.publish(*(replace(page) for page in pages))
    w.poll()
    return w


def deliver(w: World) -> None:
    """Send what is due."""
    w.deliverer.deliver(now=w.now)


def show(w: World, name: str) -> NoticeRecord:
    """The notice as pages and commands show it."""
    return build_queries(w.store, w.ingester.lexicon, (WATCHER,)).show(name)


def key_of(w: World, title: str) -> str:
    with w.store.engine.begin() as connection:
        return str(connection.execute(select(NOTICE.c.key).where(NOTICE.c.title == title)).scalar_one())


def test_it_is_asked_after_the_alert_has_left_and_never_before(w: World, host: ModelHost) -> None:
    publish(w, CHANGE)
    opinions_of(w, host).run_round(now=w.now)
    assert host.told == []
    deliver(w)
    opinions_of(w, host).run_round(now=w.now)
    (told,) = host.told
    assert told.startswith(TITLE)
    assert len(w.channel.messages) == 1


def test_what_a_channel_does_not_take_is_not_waited_for(w: World, host: ModelHost) -> None:
    publish(w, CHANGE)
    with w.store.engine.begin() as connection:
        connection.execute(update(DELIVERY).values(attempts=1))
    opinions_of(w, host).run_round(now=w.now)
    assert len(host.told) == 1


def test_a_doubt_is_shown_with_the_notice_and_the_reading_stays_as_it_is(w: World, host: ModelHost) -> None:
    let_say(host, is_change=[DENIAL])
    publish(w, CHANGE)
    deliver(w)
    before = show(w, "MOFCOM 2026-2")
    opinions_of(w, host).run_round(now=w.now)
    after = show(w, "MOFCOM 2026-2")
    (doubt,) = set(after.notice.doubts) - set(before.notice.doubts)
    assert DENIAL[1] in doubt
    assert replace(after.notice, doubts=before.notice.doubts) == before.notice
    assert after.line == before.line
    assert len(w.channel.messages) == 1


def test_a_digest_holds_what_was_doubted_since_the_alert_was_made(w: World, host: ModelHost) -> None:
    let_say(host, is_change=[DENIAL])
    w.store.subscriptions.subscribe(Subscription(channel="console", target="desk", rate="daily"), w.now)
    publish(w, CHANGE)
    deliver(w)
    opinions_of(w, host).run_round(now=w.now)
    sender = replace(w.deliverer, list_doubts=w.store.opinions.list_alert_doubts)
    sender.deliver(now=w.now + timedelta(days=1))
    first, digest = w.channel.messages
    assert DENIAL[1] not in "".join(first.cards[0].doubts)
    assert DENIAL[1] in "".join(digest.cards[0].doubts)
    assert "A second reader" in render_text(digest)


def test_a_silent_text_that_it_takes_for_a_change_is_told_as_one_to_review(w: World, host: ModelHost) -> None:
    let_say(host, is_change=[("true", ORDERS)])
    publish(w, HINT)
    assert w.alerts() == []
    done = opinions_of(w, host).run_round(now=w.now)
    assert done.reviews == 1
    (alert,) = w.alerts()
    (line,) = w.store.reviews.list_reviews()
    assert (alert.kind, alert.review_id, alert.title) == ("review", line.id, HINT_TITLE)
    (reason,) = line.reasons
    assert reason.quote in HINT.text
    record = show(w, key_of(w, HINT_TITLE))
    assert (record.line.attention, record.line.review) == (Attention.REVIEW, line.reasons)
    assert not record.notice.is_change


def test_a_silent_text_is_told_once_and_stays_open_when_it_is_read_again(w: World, host: ModelHost) -> None:
    let_say(host, is_change=[("true", ORDERS)])
    publish(w, HINT)
    opinions_of(w, host).run_round(now=w.now)
    reread_all(w.ingester, {"ministry": WATCHER}, now=w.now)
    w.poll(later=timedelta(days=1))
    opinions_of(w, host).run_round(now=w.now)
    assert [alert.kind for alert in w.alerts()] == ["review"]
    assert len(w.store.reviews.list_reviews()) == 1
    assert len(host.told) == 1


def test_what_a_person_judged_is_not_asked_again_by_another_model(w: World, host: ModelHost) -> None:
    let_say(host, is_change=[("true", ORDERS)])
    publish(w, HINT)
    opinions_of(w, host).run_round(now=w.now)
    settle(w, "no-change")
    w.alerts()
    opinions_of(w, host, reader=reader_of(host, model="another")).run_round(now=w.now)
    assert len(host.told) == 2
    assert w.alerts() == []
    assert w.store.reviews.list_reviews() == ()


def test_other_words_at_the_same_address_are_asked_about_again(w: World, host: ModelHost) -> None:
    let_say(host, is_change=[("true", ORDERS)])
    publish(w, HINT)
    opinions_of(w, host).run_round(now=w.now)
    settle(w, "no-change")
    w.alerts()
    w.ministry.pages[0].text = HINT.text.replace("办公室", "有关企业应当遵守。\n办公室")
    w.ministry.render()
    w.poll(later=timedelta(days=1))
    opinions_of(w, host).run_round(now=w.now)
    assert [alert.kind for alert in w.alerts()] == ["review"]


def test_the_news_is_read_and_nobody_is_told(w: World, host: ModelHost) -> None:
    publish(w, FLOWERS)
    opinions_of(w, host).run_round(now=w.now)
    assert len(host.told) == 1
    assert w.alerts() == []


def test_what_the_first_poll_found_is_not_read(w: World, host: ModelHost) -> None:
    publish(w)
    opinions_of(w, host).run_round(now=w.now)
    assert host.told == []


def test_texts_of_other_sources_stay_here(w: World, host: ModelHost) -> None:
    publish(w, CHANGE)
    deliver(w)
    opinions_of(w, host, sources=frozenset({"customs"})).run_round(now=w.now)
    assert host.told == []


def test_the_same_text_is_sent_once_and_every_reading_of_it_is_compared(w: World, host: ModelHost) -> None:
    let_say(host, is_change=[DENIAL])
    publish(w, CHANGE)
    deliver(w)
    opinions_of(w, host).run_round(now=w.now)
    spent = w.store.opinions.count_tokens(w.now - timedelta(days=1))
    with w.store.engine.begin() as connection:  # as older rules had read it
        row = connection.execute(select(VERSION).where(VERSION.c.title == TITLE)).mappings().one()
        older = replace(notice_from_json(row["reading"]), caveats=())
    copied = {name: row[name] for name in ("id", "title", "text", "fingerprint")}
    w.store.notices.record_rereading(VersionText(**copied, notice=older), older, now=w.now)
    assert DENIAL[1] not in "".join(show(w, "MOFCOM 2026-2").notice.doubts)
    opinions_of(w, host).run_round(now=w.now)
    assert DENIAL[1] in "".join(show(w, "MOFCOM 2026-2").notice.doubts)
    assert w.store.opinions.count_tokens(w.now - timedelta(days=1)) == spent == 1234
    assert len(host.told) == 1


def test_the_same_text_of_another_notice_is_not_sent_again(w: World, host: ModelHost) -> None:
    publish(w, FLOWERS, replace(FLOWERS, path="/notices/art_72.html"))
    done = opinions_of(w, host).run_round(now=w.now)
    assert (done.answered, len(host.told)) == (2, 1)
    assert w.store.opinions.count_tokens(w.now - timedelta(days=1)) == 1234


def test_a_text_whose_answer_failed_is_not_sent_again(w: World, host: ModelHost) -> None:
    host.fault = "broken JSON"
    publish(w, FLOWERS)
    done = opinions_of(w, host).run_round(now=w.now)
    assert (done.failed, done.answered) == (1, 0)
    host.fault = ""
    opinions_of(w, host).run_round(now=w.now)
    assert len(host.asked) == 1


def test_a_question_whose_process_was_killed_is_not_sent_again(w: World, host: ModelHost) -> None:
    publish(w, FLOWERS)
    opinions = opinions_of(w, host)
    subject = w.store.opinions.find_subject(key_of(w, FLOWERS.title))
    assert subject is not None
    _, question = build_case_question(f"{subject.title}\n{subject.text}", w.ingester.lexicon)
    noted = w.store.opinions.begin_question(
        subject.version_id, question, model="a-model", host="host", tokens=500, now=w.now
    )
    assert noted is not None
    opinions.run_round(now=w.now)
    assert host.asked == []
    assert w.store.opinions.count_tokens(w.now) == 500


def test_a_host_that_fails_three_times_is_left_alone_for_an_hour(w: World, host: ModelHost) -> None:
    host.fault = "server error"
    publish(w, *(replace(FLOWERS, path=f"/notices/art_{n}.html", title=f"菊花展{n}") for n in range(80, 86)))
    opinions = opinions_of(w, host)
    done = opinions.run_round(now=w.now)
    assert (len(host.asked), done.failed) == (3, 3)
    assert "3 times in a row" in done.resting
    opinions.run_round(now=w.now + timedelta(minutes=59))
    assert len(host.asked) == 3
    host.fault = ""
    opinions.run_round(now=w.now + timedelta(minutes=61))
    assert len(host.asked) == 6


def test_no_more_tokens_are_used_in_a_month_than_are_allowed(w: World, host: ModelHost) -> None:
    publish(w, *(replace(FLOWERS, path=f"/notices/art_{n}.html", title=f"菊花展{n}") for n in range(80, 86)))
    opinions = opinions_of(w, host, monthly_tokens=12_000)
    done = opinions.run_round(now=w.now)
    assert 0 < len(host.asked) < 6
    assert "used up" in done.resting
    assert w.store.opinions.count_tokens(w.now - timedelta(days=30)) <= 12_000


def test_the_answer_the_model_and_the_question_are_entered_in_the_chain(w: World, host: ModelHost) -> None:
    let_say(host, is_change=[DENIAL])
    publish(w, CHANGE)
    deliver(w)
    opinions_of(w, host).run_round(now=w.now)
    found = w.store.custody.find_newest_entry()
    assert found is not None
    entry = json.loads(found[1])
    assert (entry["what"], entry["of"]["model"], entry["of"]["host"]) == ("opinion", "a-model", "127.0.0.1")
    assert entry["of"]["prompt"].startswith("reading-")
    assert verify_chain(w.store.custody, w.archive).is_sound


@pytest.mark.parametrize("column", ["answer", "outcome", "model", "prompt"])
def test_an_answer_that_was_altered_or_inserted_is_found_out(
    folder: Path, host: ModelHost, column: str
) -> None:
    let_say(host, is_change=[DENIAL])
    with world(folder) as w:
        publish(w, CHANGE)
        deliver(w)
        opinions_of(w, host).run_round(now=w.now)
        altered = {"changed": True} if column == "outcome" else "changed"
        with w.store.engine.begin() as connection:
            connection.execute(update(OPINION).values({column: altered}))
        (fault,) = verify_chain(w.store.custody, w.archive).faults
        assert fault.kind == "row altered"
        with w.store.engine.begin() as connection:
            connection.execute(text("UPDATE custody SET opinion_id = NULL WHERE opinion_id IS NOT NULL"))
        kinds = {fault.kind for fault in verify_chain(w.store.custody, w.archive).faults}
        assert "row not entered" in kinds


# --------------------------------------------------------------------------- translations and explanations


def test_a_translation_that_a_person_wants_is_made_once_and_entered(w: World, host: ModelHost) -> None:
    publish(w, FLOWERS)
    host.say = lambda _text: {"text": "The chrysanthemum show has opened; admission is free."}
    key, opinions = key_of(w, FLOWERS.title), opinions_of(w, host)
    assert opinions.want_prose(key, Purpose.TRANSLATION, "en", who="a person", now=w.now)
    assert not opinions.want_prose(key, Purpose.TRANSLATION, "en", who="another", now=w.now)
    (waiting,) = w.store.opinions.list_prose(key)
    assert (waiting.state, waiting.text) == ("wanted", "")
    opinions.run_round(now=w.now)
    (line,) = w.store.opinions.list_prose(key)
    assert (line.state, line.text[:17], line.model) == ("answered", "The chrysanthemum", "a-model")
    asked = len(host.asked)
    opinions.run_round(now=w.now)
    assert len(host.asked) == asked


def test_a_translation_with_another_day_is_kept_as_evidence_and_never_shown(
    w: World, host: ModelHost
) -> None:
    publish(w, CHANGE)
    deliver(w)
    host.say = lambda _text: {"text": "It takes effect on 1 May 2026."}
    opinions = opinions_of(w, host)
    opinions.want_prose("MOFCOM 2026-2", Purpose.EXPLANATION, "en", who="a person", now=w.now)
    opinions.run_round(now=w.now)
    (line,) = w.store.opinions.list_prose("MOFCOM 2026-2")
    assert (line.state, line.text) == ("refused", "")
    assert "2026-05-01" in line.reason


def test_only_texts_that_may_be_sent_are_translated(w: World, host: ModelHost) -> None:
    publish(w, CHANGE)
    opinions = opinions_of(w, host, sources=frozenset({"customs"}))
    with pytest.raises(UsageError, match="may not be sent"):
        opinions.want_prose("MOFCOM 2026-2", Purpose.TRANSLATION, "en", who="a person", now=w.now)
    with pytest.raises(UsageError):
        opinions.want_prose("MOFCOM 2031-1", Purpose.TRANSLATION, "en", who="a person", now=w.now)


# --------------------------------------------------------------------------- whatever it says


def conclusions(w: World) -> list[object]:
    """Everything that was concluded, and is or was to be sent when, apart from questions to a person."""
    tables = (
        (NOTICE, ("key", "number", "title", "kind", "is_change", "direction", "published", "version_id")),
        (FINDING, ("kind", "value", "basis", "scope", "start", "until", "quote")),
        (VERSION, ("kind", "text", "reading", "fingerprint")),
    )
    with w.store.engine.begin() as connection:
        rows: list[object] = []
        for table, names in tables:
            chosen = select(*(table.c[name] for name in names)).order_by(table.c.id)
            rows += [tuple(map(str, row)) for row in connection.execute(chosen)]
        sent = (
            select(ALERT.c.kind, ALERT.c.payload)
            .add_columns(*(DELIVERY.c[name] for name in ("state", "due_at", "sent_at", "attempts")))
            .join(DELIVERY, DELIVERY.c.alert_id == ALERT.c.id)
            .where(ALERT.c.kind != "review")
            .order_by(DELIVERY.c.id)
        )
        return rows + [tuple(map(str, row)) for row in connection.execute(sent)]


PIECES = st.sampled_from(
    [ORDERS, DENIAL[1], "本公告自2026年4月1日起正式实施", "本公告自2099年1月1日起正式实施", "镓", "", TITLE]
)
VALUES = st.sampled_from(["true", "false", "2026-04-01", "2099-01-01", "repeals MOFCOM 2026-1", "relax", "x"])
ENTRIES = st.lists(st.fixed_dictionaries({"value": VALUES, "quote": PIECES}), max_size=6)
SAYINGS = st.one_of(
    st.text(max_size=40),
    st.dictionaries(
        st.sampled_from(["is_change", "direction", "effective", "relations", "number", "summary"]), ENTRIES
    ).map(lambda found: json.dumps(found, ensure_ascii=False)),
)


def test_whatever_it_says_no_conclusion_changes_and_no_alert_but_a_question_is_made(
    folder: Path, host: ModelHost
) -> None:
    with world(folder) as w:
        daily = Subscription(channel="console", target="desk", rate="daily")
        w.store.subscriptions.subscribe(daily, w.now)
        publish(w, CHANGE, HINT)
        deliver(w)
        before, numbers = conclusions(w), iter(range(1_000))
        texts = [w.store.opinions.find_subject(key) for key in ("MOFCOM 2026-2", key_of(w, HINT_TITLE))]

        @settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
        @given(saying=SAYINGS)
        def say(saying: str) -> None:
            model = f"model {next(numbers)}"
            answers = []
            for subject in texts:
                assert subject is not None
                _, question = build_case_question(f"{subject.title}\n{subject.text}", w.ingester.lexicon)
                answers.append(
                    RecordedAnswer(
                        prompt=question.prompt_version,
                        model=model,
                        text_sha256=question.text_sha256,
                        answer=saying,
                        tokens=0,
                    )
                )
            opinions_of(w, host, reader=RecordedReader(answers)).run_round(now=w.now)
            assert conclusions(w) == before

        say()
        assert len(w.channel.messages) == 1
        assert verify_chain(w.store.custody, w.archive).is_sound
        w.deliverer.deliver(now=w.now + timedelta(days=1))
        assert TITLE in [card.title for message in w.channel.messages[1:] for card in message.cards]


def test_what_is_sent_is_the_title_and_the_text_and_nothing_else(w: World, host: ModelHost) -> None:
    publish(w, CHANGE)
    deliver(w)
    opinions_of(w, host).run_round(now=w.now)
    subject = w.store.opinions.find_subject("MOFCOM 2026-2")
    assert subject is not None
    assert host.told == [SentText.from_parts(subject.title, subject.text).text]
    (asked,) = host.asked
    assert str(w.archive) not in asked.body.decode()
    assert "console" not in asked.body.decode()


def test_an_answer_is_entered_with_the_time_at_which_it_came(w: World, host: ModelHost) -> None:
    publish(w, FLOWERS)
    seconds = iter(range(0, 1_000, 10))
    opinions_of(w, host, timer=lambda: float(next(seconds))).run_round(now=w.now)
    found = w.store.custody.find_newest_entry()
    assert found is not None
    entered = json.loads(found[1])["of"]
    assert entered["asked_at"] < entered["answered_at"]
