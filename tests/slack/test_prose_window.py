"""In Slack a translation or an explanation by a model stands behind a button, and never in an alert."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from controlwatch.adapters.storage.base import OPINION
from controlwatch.core.model import Language, Snapshot, Subscription
from controlwatch.core.rendering.facts import CardContext
from controlwatch.core.rendering.prose_text import OFFERS, select_newest_prose
from controlwatch.core.second_opinion.opinion import Purpose
from controlwatch.core.second_opinion.prose_checks import MAX_PROSE_LENGTH
from controlwatch.core.second_opinion.records import ProseLine
from controlwatch.services.intake import submit
from controlwatch.slack.prose_view import ProseContent, ProsePlace, build_prose_view
from controlwatch.slack.prose_window import MAX_WAITING_TEXTS, TOO_MANY
from controlwatch.testing.model_host import ModelHost
from controlwatch.testing.slack_limits import refused_view, texts
from tests.extraction.making import LEXICON
from tests.services.world import Page, tightening
from tests.slack.desk import BOSS, CHANNEL, NOW, OFFICER, Desk, desk_in, element, said
from tests.waiting import PATIENCE, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from controlwatch.testing.model_host import Fault
    from controlwatch.testing.slack import Posted

TITLE = "商务部 海关总署公告2026年第902号 公布对镓相关物项实施出口管制的决定"
PROSE, ASK = "controlwatch_prose", "controlwatch_prose_ask_"
EXPLANATION = "You need a licence from 1 April 2026 for 8112929010."
CHANGE = Page("/notices/art_902.html", TITLE, tightening(902))


@pytest.fixture
def host() -> Iterator[ModelHost]:
    with ModelHost(say=lambda _text: {"text": EXPLANATION}) as opened:
        yield opened


@contextmanager
def desk_with(
    folder: Path, host: ModelHost, *, language: Language = "en", **settings: Any
) -> Iterator[tuple[Desk, Posted]]:
    """A Slack with a model beside our bot, and the message about a notice that was handed in."""
    chosen = {
        "second_reader": "openai",
        "second_reader_url": host.chat_url,
        "second_reader_model": "a-model",
        "second_reader_key": host.key,
        "second_reader_sources": "intake",
    }
    with desk_in(folder, **(chosen | settings)) as desk:
        now = datetime.now(UTC)
        desk.app.store.subscriptions.subscribe(
            Subscription(channel="slack", target=CHANNEL, language=language), now
        )
        url = "https://www.mofcom.gov.cn/zwgk/art_902.html"
        headers = (("content-type", "text/html; charset=utf-8"),)
        page = Snapshot(
            url=url, final_url=url, fetched_at=now, status=200, headers=headers, body=CHANGE.html.encode()
        )
        submit(page, desk.app.ingester, desk.app.fetch, (), title=TITLE, now=now)
        desk.deliver(datetime.now(UTC))
        yield desk, desk.slack.posted[-1]


def open_window(desk: Desk, posted: Posted, *, user: str = OFFICER) -> dict[str, Any]:
    """Press the button below the alert, and return the window."""
    assert desk.asker.press(desk.web, element(posted, PROSE), user=user, on=posted).status_code == 200
    return next_view(desk)


def next_view(desk: Desk) -> dict[str, Any]:
    return desk.slack.opened.get(timeout=PATIENCE)


def ask(desk: Desk, view: dict[str, Any], offer: str = "explanation-en", *, user: str = OFFICER) -> None:
    """Press a button in the window."""
    button = element(view, f"{ASK}{offer}")
    assert desk.asker.press_in_view(desk.web, button, view=view, user=user).status_code == 200


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"second_reader": None}, id="no second reader"),
        pytest.param({"second_reader": "wording"}, id="one that writes nothing"),
        pytest.param({"second_reader_sources": "mofcom"}, id="a text that may not be sent"),
    ],
)
def test_without_a_model_that_may_read_the_text_there_is_no_button(
    tmp_path: Path, host: ModelHost, settings: dict[str, Any]
) -> None:
    if "second_reader_sources" in settings:
        settings = {"second_reader_sources": "mofcom-announcements"}
    with desk_with(tmp_path, host, **settings) as (_, posted):
        assert element(posted, "controlwatch_acknowledge")
        assert PROSE not in json.dumps(posted.blocks)


def test_the_window_says_what_is_sent_to_whom_before_anything_is(tmp_path: Path, host: ModelHost) -> None:
    with desk_with(tmp_path, host) as (desk, posted):
        view = open_window(desk, posted)
        assert "sent to 127.0.0.1" in said(view)
        assert "Made by a machine" in said(view)
        assert TITLE in said(view)
        assert host.asked == []


@pytest.mark.parametrize(
    ("language", "offers"),
    [
        ("en", {"translation-en", "explanation-en"}),
        ("zh", {"explanation-zh"}),
        ("both", {"translation-en", "explanation-en", "explanation-zh"}),
    ],
)
def test_the_window_offers_texts_in_the_language_of_the_subscription(
    tmp_path: Path, host: ModelHost, language: Language, offers: set[str]
) -> None:
    with desk_with(tmp_path, host, language=language) as (desk, posted):
        buttons = json.dumps(open_window(desk, posted)["blocks"][-2])
        assert {
            offer for offer in ("translation-en", "explanation-en", "explanation-zh") if offer in buttons
        } == offers


def test_a_press_is_acknowledged_at_once_and_the_text_comes_when_it_is_there(
    tmp_path: Path, host: ModelHost
) -> None:
    is_ready = threading.Event()

    def say(_text: str) -> dict[str, Any]:
        is_ready.wait(PATIENCE)
        return {"text": EXPLANATION}

    host.say = say
    with desk_with(tmp_path, host) as (desk, posted):
        ask(desk, open_window(desk, posted))
        waiting = said(next_view(desk))
        assert "on its way" in waiting
        assert EXPLANATION not in waiting
        is_ready.set()
        shown = said(next_view(desk))
        assert "Explanation by a machine · English · a-model" in shown
        assert "Made by a machine" in shown
        assert EXPLANATION in shown
        assert "on its way" not in shown


def test_who_asks_for_more_texts_than_may_wait_is_told_to_come_back(tmp_path: Path, host: ModelHost) -> None:
    is_ready = threading.Event()

    def say(_text: str) -> dict[str, Any]:
        is_ready.wait(PATIENCE)
        return {"text": EXPLANATION}

    host.say = say
    with desk_with(tmp_path, host) as (desk, posted):
        window = open_window(desk, posted)
        before = len(desk.slack.posted)
        for _ in range(MAX_WAITING_TEXTS):
            ask(desk, window)
        assert len(desk.slack.posted) == before
        ask(desk, window)
        wait_for(lambda: len(desk.slack.posted) > before)
        told = json.dumps(desk.slack.posted[-1].blocks)
        is_ready.set()
        assert TOO_MANY in told


def test_no_word_of_it_is_in_the_alert(tmp_path: Path, host: ModelHost) -> None:
    with desk_with(tmp_path, host) as (desk, posted):
        ask(desk, open_window(desk, posted))
        next_view(desk)
        assert EXPLANATION in said(next_view(desk))
        desk.deliver(datetime.now(UTC))
        assert [message.ts for message in desk.slack.posted] == [posted.ts]
        assert desk.asker.answered.empty()
        assert EXPLANATION not in "\n".join(texts(posted.blocks))


def test_a_text_that_is_there_is_shown_to_the_next_who_opens_the_window_and_is_not_asked_for_again(
    tmp_path: Path, host: ModelHost
) -> None:
    with desk_with(tmp_path, host) as (desk, posted):
        ask(desk, open_window(desk, posted))
        next_view(desk)
        next_view(desk)
        view = open_window(desk, posted, user=BOSS)
        assert EXPLANATION in said(view)
        ask(desk, view, user=BOSS)
        assert EXPLANATION in said(next_view(desk))
        assert EXPLANATION in said(next_view(desk))
        assert len(host.asked) == 1


@pytest.mark.parametrize(
    ("said_by_model", "named"),
    [
        ("You need a licence from 1 May 2026.", "does not state the day 1 May 2026"),
        ("You need a licence for 8112929011.", "does not hold the figure 8112929011"),
        ("You need a licence under 3A001.", "does not hold the code 3A001"),
        ("See https://elsewhere.example/ for more.", "leads to another place"),
    ],
)
def test_a_text_that_differs_from_the_findings_is_not_shown_and_the_window_says_where(
    tmp_path: Path, host: ModelHost, said_by_model: str, named: str
) -> None:
    host.say = lambda _text: {"text": said_by_model}
    with desk_with(tmp_path, host) as (desk, posted):
        ask(desk, open_window(desk, posted))
        next_view(desk)
        shown = said(next_view(desk))
        assert said_by_model not in shown
        assert "not shown" in shown
        assert named in shown


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        ("server error", "127.0.0.1 answered 503"),
        ("rate limit", "127.0.0.1 answered 429"),
        ("too long", "127.0.0.1 gave no answer"),
        ("broken JSON", "something else than JSON"),
        ("a stream", "sent a stream"),
    ],
)
def test_a_fault_is_told_in_the_window_and_the_text_may_be_asked_for_again(
    tmp_path: Path, host: ModelHost, fault: Fault, named: str
) -> None:
    host.fault = fault
    with desk_with(tmp_path, host) as (desk, posted):
        ask(desk, open_window(desk, posted))
        next_view(desk)
        view = next_view(desk)
        assert "there is none" in said(view)
        assert named in said(view)
        host.fault = ""
        ask(desk, view)
        next_view(desk)
        assert EXPLANATION in said(next_view(desk))


def test_who_has_closed_the_window_is_told_in_a_message(tmp_path: Path, host: ModelHost) -> None:
    is_closed = threading.Event()

    def say(_text: str) -> dict[str, Any]:
        is_closed.wait(PATIENCE)
        return {"text": "You need a licence from 1 May 2026."}

    host.say = say
    with desk_with(tmp_path, host) as (desk, posted):
        ask(desk, open_window(desk, posted))
        desk.slack.close_view(next_view(desk))
        is_closed.set()
        wait_for(lambda: len(desk.slack.posted) > 1)
        told = desk.slack.posted[-1]
        assert told.channel == OFFICER
        words = "\n".join(texts(told.blocks))
        assert TITLE in words
        assert "not shown" in words
        assert "2026-05-01" in words
        assert "licence" not in words


def test_why_nothing_is_sent_is_told_and_what_was_wanted_waits(tmp_path: Path, host: ModelHost) -> None:
    with desk_with(tmp_path, host, second_reader_monthly_tokens=10) as (desk, posted):
        ask(desk, open_window(desk, posted))
        next_view(desk)
        shown = said(next_view(desk))
        assert "the tokens of this month are used up: 0 of 10" in shown
        assert "on its way" in shown
        assert host.asked == []


def test_a_store_that_fails_is_told_to_the_person_who_pressed(
    tmp_path: Path, host: ModelHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: object, **__: object) -> None:
        raise OperationalError("BEGIN IMMEDIATE", {}, Exception("database is locked"))

    with desk_with(tmp_path, host) as (desk, posted):
        view = open_window(desk, posted)
        monkeypatch.setattr(type(desk.app.store.opinions), "want_prose", locked)
        ask(desk, view)
        wait_for(lambda: len(desk.slack.posted) > 1)
        assert desk.slack.posted[-1].channel == OFFICER
        assert "did not work" in "\n".join(texts(desk.slack.posted[-1].blocks))


def test_a_text_that_the_service_asks_for_already_comes_into_the_window_too(
    tmp_path: Path, host: ModelHost
) -> None:
    is_asked, may_answer = threading.Event(), threading.Event()

    def say(_text: str) -> dict[str, Any]:
        is_asked.set()
        may_answer.wait(PATIENCE)
        return {"text": EXPLANATION}

    host.say = say
    with desk_with(tmp_path, host) as (desk, posted):
        opinions, now = desk.app.second_opinions, datetime.now(UTC)
        assert opinions is not None
        key = desk.app.queries.show("MOFCOM-GACC 2026-902").line.key
        opinions.want_prose(key, Purpose.EXPLANATION, "en", who="a person", now=now)
        service = threading.Thread(target=lambda: opinions.run_round(now=now))
        service.start()
        assert is_asked.wait(PATIENCE)
        ask(desk, open_window(desk, posted))
        assert "on its way" in said(next_view(desk))
        may_answer.set()
        assert EXPLANATION in said(next_view(desk))
        service.join()
        assert sum(b"Explain in plain" in asked.body for asked in host.asked) == 1


@pytest.mark.parametrize("settings", [{"second_reader": None}, {"second_reader": "wording"}])
def test_a_button_of_before_the_model_was_taken_out_says_so(
    tmp_path: Path, host: ModelHost, settings: dict[str, Any]
) -> None:
    with desk_with(tmp_path, host, **settings) as (desk, posted):
        button = {**element(posted, "controlwatch_acknowledge"), "action_id": PROSE}
        desk.asker.press(desk.web, button, user=OFFICER, on=posted)
        assert "No language model may read this notice" in desk.asker.answer()["text"]


def test_nobody_reads_the_text_of_an_alert_of_another_channel(tmp_path: Path, host: ModelHost) -> None:
    with desk_with(tmp_path, host) as (desk, posted):
        desk.asker.press(desk.web, element(posted, PROSE), channel="C0OTHERS", on=posted)
        assert "not sent to this channel" in desk.asker.answer()["text"]
        view = open_window(desk, posted)
        forged = {**json.loads(view["private_metadata"]), "channel": "C0OTHERS"}
        ask(desk, {**view, "private_metadata": json.dumps(forged)})
        wait_for(lambda: len(desk.slack.posted) > 1)
        assert "not sent to this channel" in "\n".join(texts(desk.slack.posted[-1].blocks))
        assert host.asked == []


def test_what_the_model_writes_does_nothing_in_slack(tmp_path: Path, host: ModelHost) -> None:
    text = "<!channel> *You* need :fire: <https@evil|a licence> & more."
    host.say = lambda _text: {"text": text.replace("https@evil", "mofcom")}
    with desk_with(tmp_path, host) as (desk, posted):
        ask(desk, open_window(desk, posted))
        next_view(desk)
        view = next_view(desk)
        (block,) = [block for block in view["blocks"] if "<!channel>" in json.dumps(block)]
        assert block["text"]["type"] == "plain_text"
        assert block["text"]["emoji"] is False


def test_a_long_translation_is_whole(tmp_path: Path, host: ModelHost) -> None:
    sentences = [f"The exporter shall apply {'to the ministry ' * 20}." for _ in range(100)]
    whole = f"{EXPLANATION} {' '.join(sentences)}"
    host.say = lambda _text: {"text": whole}
    with desk_with(tmp_path, host) as (desk, posted):
        ask(desk, open_window(desk, posted))
        next_view(desk)
        view = next_view(desk)
        pieces = [block["text"]["text"] for block in view["blocks"] if block["type"] == "section"][1:]
        assert " ".join(" ".join(pieces).split()) == " ".join(whole.split())


def test_a_text_whose_process_was_killed_can_be_asked_for_again(tmp_path: Path, host: ModelHost) -> None:
    host.fault = "server error"
    with desk_with(tmp_path, host) as (desk, posted):
        ask(desk, open_window(desk, posted))
        next_view(desk)
        view = next_view(desk)
        with desk.app.store.engine.begin() as connection:
            asked_at = datetime(2026, 1, 1, tzinfo=UTC)
            connection.execute(update(OPINION).values(state="asked", reason="", asked_at=asked_at))
        host.fault = ""
        ask(desk, view)
        next_view(desk)
        assert EXPLANATION in said(next_view(desk))


ANY_TEXT = st.one_of(st.text(max_size=300), st.text(alphabet="一a \n。", min_size=2_800, max_size=9_000))
LINES = st.builds(
    ProseLine,
    purpose=st.sampled_from([Purpose.TRANSLATION, Purpose.EXPLANATION]),
    language=st.sampled_from(["en", "zh"]),
    state=st.sampled_from(["wanted", "asked", "answered", "failed", "refused"]),
    model=st.text(max_size=200),
    text=ANY_TEXT,
    reason=ANY_TEXT,
    at=st.just(NOW),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.data_too_large])
@given(
    lines=st.lists(LINES, max_size=4),
    title=st.text(max_size=500),
    problem=st.text(max_size=600),
    language=st.sampled_from(["en", "zh", "both"]),
)
def test_slack_takes_the_window_whatever_a_model_writes(
    lines: list[ProseLine], title: str, problem: str, language: Language
) -> None:
    content = ProseContent(
        place=ProsePlace(key="a" * 32, channel=CHANNEL),
        title=title,
        lines=select_newest_prose(lines),
        host="models.example",
        context=CardContext(lexicon=LEXICON, language=language, today=NOW.date()),
    )
    assert refused_view(build_prose_view(content, problem=problem)) == ()


def test_slack_takes_the_longest_texts() -> None:
    lines = tuple(
        ProseLine(
            purpose=purpose,
            language=written,
            state="answered",
            model="m",
            text="x " * (MAX_PROSE_LENGTH // 2),
            reason="",
            at=NOW,
        )
        for purpose, written in OFFERS.values()
    )
    content = ProseContent(
        place=ProsePlace(key="a" * 32, channel=CHANNEL),
        title=TITLE,
        lines=lines,
        host="models.example",
        context=CardContext(lexicon=LEXICON, language="both", today=NOW.date()),
    )
    view = build_prose_view(content)
    assert refused_view(view) == ()
    assert view["blocks"][-2]["type"] == "actions"
