"""What phones and chats make of what people type is answered as if it had been typed plainly."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.catalog.vocabulary_loader import load_vocabulary
from controlwatch.core.asking.question import Question, parse_question
from controlwatch.core.model.typed_text import normalize_typed_text, split_typed_words
from tests.slack.desk import Desk, desk_in

PLAIN = (
    "help",
    "latest battery",
    "latest MOFCOM",
    "latest 7",
    "show 2025-61",
    "show MOFCOM 2025-61",
    "show 商务部公告2025年第61号",
    "status MOFCOM 2024-46 2026-11-28",
    "status rare_earth",
    "状态 稀土 2026-06-30",
    "upcoming 60",
    "lookup 8507.60",
    "lookup 3A001",
    "lookup 石墨",
    "history battery.liion",
    "entity Shield AI",
    "subscribe battery rare_earth daily",
    "subscribe me US tighten now",
    "unsubscribe 3",
    "subscriptions",
    "watchers",
    "why 2025-58",
    "graphite",
    "2025-70",
)
DASHES = "-‐‑‒–—―−﹣－"
SPACES = (" ", "  ", "\u00a0", "\u3000", "\u2009", "\t", " \u200b", "\u2060 ", "\n")
AROUND = (
    ("", ""), ("*", "*"), ("_", "_"), ("~", "~"), ("`", "`"), ("```", "```"), ("“", "”"), ("‘", "’"), ("\"", "\""),
    ("'", "'"), ("«", "»"), ("「", "」"), ("„", "“"), ("*_", "_*"), ("\ufeff", "\u200b"),
)  # fmt: skip
BEFORE = (
    "",
    "> ",
    "• ",
    "— ",
    "<@U0BOT> ",
    "<@U0BOT|controlwatch>: ",
    "@controlwatch ",
    "@Controlwatch, ",
    "/controlwatch ",
    "  ",
)
AFTER = (
    "",
    ".",
    "?",
    "!",
    "。",
    "？",
    "！",
    "…",
    "...",
    " ?",
    ".\u200b",
    "?!",
    " :pray:",
    " 🙏",
    "\n",
    "。\ufe0f",
)


def parse(text: str) -> Question:
    return parse_question(text, load_vocabulary(), load_lexicon(), today=date(2026, 11, 30))


@given(
    plain=st.sampled_from(PLAIN),
    dash=st.sampled_from(DASHES),
    space=st.sampled_from(SPACES),
    around=st.sampled_from(AROUND),
    word=st.sampled_from(AROUND),
    before=st.sampled_from(BEFORE),
    after=st.sampled_from(AFTER),
    wide=st.booleans(),
    capital=st.booleans(),
    inside=st.booleans(),
)
def test_a_command_means_the_same_however_it_was_beautified(
    plain: str, dash: str, space: str, around: tuple[str, str], word: tuple[str, str], before: str, after: str, *,
    wide: bool, capital: bool, inside: bool,
) -> None:  # fmt: skip
    typed = plain.replace("-", dash)
    if wide:
        typed = "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in typed)
    typed = typed[0].upper() + typed[1:] if capital else typed
    first, *others = typed.split(" ")
    typed = space.join([first, *(f"{word[0]}{other}{word[1]}" for other in others)])
    typed = f"{around[0]}{typed}{after if inside else ''}{around[1]}{'' if inside else after}"
    assert _fold(parse(before + typed)) == _fold(parse(plain))


def _fold(question: Question) -> str:
    return question.write_command().casefold()


@given(st.text(max_size=60))
def test_text_that_was_made_plain_stays_as_it_is(text: str) -> None:
    once = split_typed_words(text)
    assert all(word == "&" or "/" in word or any(sign.isalnum() for sign in word) for word in once)
    assert not any(unicodedata.category(sign) in {"Cc", "Cf"} and not sign.isspace() for word in once for sign in word if "/" not in word)  # fmt: skip


OWN_WORDS = ("entity", "subscribe", "alerts", "categories", "unsubscribe", "pause", "watchers", "help")


@given(st.text(max_size=60), st.sampled_from(OWN_WORDS))
def test_whatever_follows_a_command_with_words_of_its_own_it_is_that_command(text: str, name: str) -> None:
    assert parse(f"{name} {text}").intent == name


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("show <https://www.mofcom.gov.cn/a/art_1_.html|www.mofcom.gov.cn/a/art_1_.html>", "www.mofcom.gov.cn/a/art_1_.html"),
        ("show <https://www.mofcom.gov.cn/~a/*1.html?x=“1”>", "www.mofcom.gov.cn/~a/"),
        ("show <tel:2025-61|2025-61>", "2025-61"),
        ("lookup <http://8507.60|8507.60>", "8507.60"),
        ("lookup <http://8507.60>", "8507.60"),
        ("show <https://www.mofcom.gov.cn/a.html|商务部公告2025年第61号>", "商务部公告2025年第61号"),
        ("entity R&amp;D &amp;amp; Sons", "R&D & Sons"),
        ("entity Int’l People’s ‘Trading Co’", "Int'l People's Trading Co"),
        ("entity Foo Co., Ltd.", "Foo Co., Ltd"),
        ("status 2025 – 61，", "2025-61"),
        ("show &lt;@U0BOT&gt; 2025-61", "<@U0BOT> 2025-61"),
        ("show 2025ー61", "2025-61"),
        ("show《商务部公告2025年第61号》", "商务部公告2025年第61号"),
        ("状态：稀土。", "稀土"),
    ],
)  # fmt: skip
def test_what_slack_marks_up_is_read_as_people_see_it(typed: str, plain: str) -> None:
    question = parse(typed)
    asked = question.subject or " ".join(question.words)
    plainly = parse(f"{question.intent} {plain}")
    assert asked.startswith(plain.removeprefix("https://")) or asked == plainly.subject


def test_quotes_hold_words_together() -> None:
    assert parse("subscribe “rare earth” daily now").words == ("rare earth", "daily", "now")
    assert normalize_typed_text(" “2025–61”.") == "2025-61"


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk_in(tmp_path_factory.mktemp("bot")) as desk:
        yield desk


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("show 2025–61", "MOFCOM 2025-61"),
        ("show “2025-61”", "MOFCOM 2025-61"),
        ("status MOFCOM 2024–46 2026–11–28", "on 28 Nov 2026"),
        ("subscribe “rare earth” daily now", "Subscription"),
        ("lookup 8507.60。", "2025-58"),
    ],
)
def test_the_bot_answers_it(chat: Desk, text: str, expected: str) -> None:
    assert expected in chat.ask(text)
