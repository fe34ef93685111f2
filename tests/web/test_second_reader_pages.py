"""A translation or an explanation by a model stands behind a button, says what it is, and shows no wrong figure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from controlwatch.adapters.catalog.lexicon_loader import load_second_reader
from controlwatch.adapters.second_readers.wording_reader import WordingReader
from controlwatch.testing.model_host import ModelHost
from tests.services.second_reader import FLOWERS, TITLE, let_say, reader_of
from tests.services.world import Page, tightening
from tests.web.pages import Pages, served_pages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from controlwatch.bootstrap.app import App
    from controlwatch.services.second_opinions import SecondOpinions

CHANGE = Page("/notices/art_2.html", TITLE, tightening(2))
NOTICE = "/notices/MOFCOM%202026-2"


@pytest.fixture
def host() -> Iterator[ModelHost]:
    with ModelHost() as opened:
        yield opened


@pytest.fixture
def served(tmp_path: Path, host: ModelHost) -> Iterator[tuple[Pages, SecondOpinions]]:
    """Pages of an installation with a second reader, and what the service does in a round."""
    from controlwatch.services.second_opinions import SecondOpinions

    found: list[SecondOpinions] = []

    def set_up(app: App) -> App:
        opinions = SecondOpinions(
            reader=reader_of(host),
            records=app.store.opinions,
            lexicon=app.lexicon,
            sources=frozenset({"ministry"}),
            monthly_tokens=1_000_000,
        )
        found.append(opinions)
        return replace(app, second_opinions=opinions)

    with served_pages(tmp_path, CHANGE, FLOWERS, set_up=set_up) as pages:
        pages.world.deliverer.deliver(now=pages.world.now)
        yield pages, found[0]


def test_a_translation_is_asked_for_with_a_button_and_shown_under_its_name(
    served: tuple[Pages, SecondOpinions], host: ModelHost
) -> None:
    pages, opinions = served
    host.say = lambda _text: {"text": "A licence is needed from 1 April 2026. <b>8112929010</b>"}
    answer = pages.send(NOTICE, "/prose", key="MOFCOM 2026-2", wanted="explanation-en")
    assert (answer.status_code, answer.headers["location"]) == (303, NOTICE)
    assert "on its way" in pages.open(NOTICE).text
    (line,) = pages.world.store.opinions.list_prose("MOFCOM 2026-2")
    opinions.run_round(now=line.at)
    page = pages.open(NOTICE).text
    assert "A licence is needed from 1 April 2026. &lt;b&gt;8112929010" in page
    assert "Explanation by a machine" in page
    assert "a-model" in page
    assert page.index("Made by a machine") > page.index("The original")


def test_a_translation_with_another_day_is_not_shown_and_the_page_says_why(
    served: tuple[Pages, SecondOpinions], host: ModelHost
) -> None:
    pages, opinions = served
    host.say = lambda _text: {"text": "A licence is needed from 1 May 2026."}
    pages.send(NOTICE, "/prose", key="MOFCOM 2026-2", wanted="explanation-en")
    (line,) = pages.world.store.opinions.list_prose("MOFCOM 2026-2")
    opinions.run_round(now=line.at)
    page = pages.open(NOTICE).text
    assert "A licence is needed" not in page
    assert "not shown" in page
    assert "does not state the day 1 May 2026" in page


def test_the_end_that_was_not_sent_is_named_beside_the_text(
    served: tuple[Pages, SecondOpinions], host: ModelHost
) -> None:
    pages, opinions = served
    host.say = lambda _text: {"text": "A licence is needed."}
    long = replace(CHANGE, path="/notices/art_3.html", title=TITLE.replace("第2号", "第3号"))
    pages.world.ministry.publish(
        replace(long, text=f"{tightening(3)}\n" + "\n".join(["物项甲乙丙丁" * 20] * 300))
    )
    pages.world.poll()
    pages.send(NOTICE, "/prose", key="MOFCOM 2026-3", wanted="explanation-en")
    (line,) = pages.world.store.opinions.list_prose("MOFCOM 2026-3")
    opinions.run_round(now=line.at)
    page = pages.open("/notices/MOFCOM%202026-3").text
    assert "A licence is needed." in page
    assert "the model was not sent the last" in page


def test_a_doubt_of_the_second_reader_stands_on_the_page(
    served: tuple[Pages, SecondOpinions], host: ModelHost
) -> None:
    pages, opinions = served
    let_say(host, is_change=[("false", "参考海关商品编号：8112929010")])
    opinions.run_round(now=pages.world.now)
    assert "does not take it for a change" in pages.open(NOTICE).text


@pytest.mark.parametrize("wanted", ["", "reading-en", "translation-fr"])
def test_what_there_is_no_button_for_is_refused(served: tuple[Pages, SecondOpinions], wanted: str) -> None:
    pages, _ = served
    assert pages.send(NOTICE, "/prose", key="MOFCOM 2026-2", wanted=wanted).status_code == 400


def test_the_metrics_say_what_it_has_done_and_cost(
    served: tuple[Pages, SecondOpinions], host: ModelHost
) -> None:
    pages, opinions = served
    let_say(host, is_change=[("true", "words that are not in the text")])
    opinions.run_round(now=pages.world.now)
    text = pages.open("/metrics").text
    assert 'controlwatch_second_reader_questions{state="answered"} 2.0' in text
    assert "controlwatch_second_reader_refused_entries 2.0" in text


def test_a_second_reader_that_writes_nothing_has_no_button_and_is_not_asked(tmp_path: Path) -> None:
    def set_up(app: App) -> App:
        from controlwatch.services.second_opinions import SecondOpinions

        opinions = SecondOpinions(
            reader=WordingReader(load_second_reader()),
            records=app.store.opinions,
            lexicon=app.lexicon,
            sources=frozenset({"ministry"}),
            monthly_tokens=1_000_000,
        )
        return replace(app, second_opinions=opinions)

    with served_pages(tmp_path, CHANGE, set_up=set_up) as pages:
        assert "/prose" not in pages.open(NOTICE).text
        answer = pages.send("/subscriptions/new", "/prose", key="MOFCOM 2026-2", wanted="explanation-en")
        assert answer.status_code == 400
        assert pages.world.store.opinions.list_prose("MOFCOM 2026-2") == ()


def test_without_a_second_reader_there_is_no_button(tmp_path: Path) -> None:
    with served_pages(tmp_path, CHANGE) as pages:
        assert "/prose" not in pages.open(NOTICE).text
        assert "controlwatch_second_reader" not in pages.open("/metrics").text
