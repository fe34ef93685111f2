"""What a reader must not overlook stands on every card, with its words."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime

import pytest
from rich.console import Console

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.channels.console import render_panel
from controlwatch.core.model import Alert, Caveat, Language, Notice
from controlwatch.core.rendering.card import Card, build_card
from controlwatch.core.rendering.facts import CardContext
from controlwatch.core.rendering.html_mail import render_html
from controlwatch.core.rendering.message import Message
from controlwatch.core.rendering.plain_text import render_text
from controlwatch.core.rendering.slack_blocks import render_message_blocks

DEROGATION = Caveat(kind="exemption", quote="用于人道主义救援的除外。")
REACH = Caveat(kind="extraterritorial", quote="任何国家和地区的组织和个人违反上述规定的，将被追究责任。")
THRESHOLDS = tuple(
    Caveat(kind="threshold", value=f"≥{n}千克", quote=f"第{n}项，不少于{n}千克。") for n in range(1, 7)
)


def drawn(*caveats: Caveat, language: Language = "both") -> Card:
    notice = Notice(title="公告", language="zh-Hans", is_change=True, caveats=caveats)
    alert = Alert(
        kind="new", made_at=datetime(2026, 3, 2, tzinfo=UTC), title="公告", watcher="w", notice=notice
    )
    return build_card(alert, CardContext(lexicon=load_lexicon(), language=language, today=date(2026, 3, 2)))


def in_terminal(drawn: Card) -> str:
    console = Console(file=io.StringIO(), width=200)
    console.print(render_panel(drawn))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_every_channel_shows_the_kind_and_the_words() -> None:
    shown = drawn(DEROGATION)
    message = Message(subject="s", cards=(shown,))
    for said in (
        render_text(message),
        render_html(message),
        in_terminal(shown),
        str(render_message_blocks(message)),
    ):
        assert "Conditions and exceptions 条件与例外" in said
        assert "exemption 豁免或例外" in said
        assert DEROGATION.quote in said


@pytest.mark.parametrize(
    ("language", "label", "kind"),
    [("en", "Conditions and exceptions", "exemption"), ("zh", "条件与例外", "豁免或例外")],
)
def test_it_is_said_in_the_subscribers_language(language: Language, label: str, kind: str) -> None:
    (fact,) = drawn(DEROGATION, language=language).caveats
    assert (fact.label, fact.value) == (label, kind)


def test_of_many_four_are_shown_one_of_each_kind_first_and_the_rest_is_counted() -> None:
    shown = drawn(*THRESHOLDS, DEROGATION, REACH).caveats
    assert {fact.quote for fact in shown} == {
        THRESHOLDS[0].quote, THRESHOLDS[1].quote, DEROGATION.quote, REACH.quote,
    }  # fmt: skip
    assert {fact.label for fact in shown} == {"Conditions and exceptions 条件与例外 (4/8)"}


def test_a_sentence_that_holds_several_is_shown_once() -> None:
    sentence = "纯度不低于97%且不超过99%的除外。"
    (fact,) = drawn(
        Caveat(kind="threshold", value="≥97%", quote=sentence),
        Caveat(kind="threshold", value="≤99%", quote=sentence),
        Caveat(kind="exemption", quote=sentence),
        language="en",
    ).caveats
    assert fact.value == "threshold ≥97%, ≤99%; exemption"


def test_a_quote_already_shown_for_a_date_is_shown_again_for_a_caveat() -> None:
    assert drawn(DEROGATION).caveats[0].quote == DEROGATION.quote


def test_nothing_to_overlook_is_not_mentioned() -> None:
    message = Message(subject="s", cards=(drawn(),))
    assert "overlook" not in render_text(message) + render_html(message) + str(
        render_message_blocks(message)
    ) + in_terminal(drawn())
