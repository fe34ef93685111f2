"""A Chinese subscriber gets Chinese throughout, an English one English; the title stays as it was published."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.core.extraction.extract import read_notice
from controlwatch.core.model import Alert, Change, Document, Language, Notice
from controlwatch.core.rendering.card import Card, build_card
from controlwatch.core.rendering.facts import CardContext
from controlwatch.core.rendering.plain_text import render_card_lines
from controlwatch.core.rendering.sentences_zh import translate_finding, translate_sentence

LEXICON = load_lexicon()
NOW = datetime(2027, 3, 1, 4, tzinfo=UTC)
TITLE = "商务部公告2027年第58号 公布暂停实施商务部公告2026年第46号第二款的决定"
TEXT = "经批准，商务部公告2026年第46号第二款自即日起至2028年2月27日暂停实施。\n商务部\n2027年2月28日"
#: A Latin word of three letters or more; names of units, codes and the product are not sentences.
ENGLISH = re.compile(r"\b(?!MOFCOM|GACC|HS|https?|controlwatch|example)[A-Za-z]{3,}\b")


def suspension() -> Notice:
    return read_notice(Document(url="https://a.example/58.html", title=TITLE, text=TEXT), LEXICON)


def drawn(notice: Notice, language: Language, **more: object) -> Card:
    alert = Alert(kind="new", made_at=NOW, title=notice.title, watcher="w", notice=notice, **more)  # type: ignore[arg-type]
    return build_card(alert, CardContext(lexicon=LEXICON, language=language, today=date(2027, 3, 1)))


def test_a_chinese_card_has_no_english_sentence() -> None:
    notice = replace(suspension(), doubts=("The title speaks of 6 parties; 5 were read.",))
    card = replace(
        drawn(notice, "zh", change=Change(kind="amended", moved=("effective: none → 2027-03-01",))), footer=()
    )
    assert ENGLISH.findall("\n".join(render_card_lines(card))) == []


def test_an_english_card_is_english_beside_the_title_and_the_quotes() -> None:
    card = drawn(suspension(), "en")
    values = "\n".join((card.badge, card.when, *card.summary, *(fact.value for fact in card.facts)))
    assert re.findall(r"[一-鿿]", values) == []
    assert card.title == TITLE


def test_a_provision_is_named_in_the_readers_language() -> None:
    english = next(fact.value for fact in drawn(suspension(), "en").facts if fact.word == "relations")
    chinese = next(fact.value for fact in drawn(suspension(), "zh").facts if fact.word == "relations")
    assert english == "suspends MOFCOM 2026-46 item 2"
    assert chinese == "暂停 商务部公告2026年第46号 第二款"


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("3 characters of the page could not be decoded.", "页面有 3 个字符无法解码。"),
        ("附件1.pdf: could not be fetched: 404", "附件1.pdf：未能获取（404）。"),
        ("only the first 20 of 35 pages were read", "共 35 项，仅识读前 20 项。"),
        ("a sentence that nobody has put into Chinese", "a sentence that nobody has put into Chinese"),
    ],
)
def test_a_sentence_of_the_reader_is_put_into_chinese_and_an_unknown_one_is_kept(
    english: str, chinese: str
) -> None:
    assert translate_sentence(english) == chinese


def test_what_changed_is_named_in_chinese() -> None:
    assert translate_finding("effective: not stated → 2027-03-01") == "生效日期：未载明 → 2027-03-01"
