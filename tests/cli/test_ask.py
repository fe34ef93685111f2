"""Questions in somebody's own words, asked in the terminal: the answer of the bot, and what was understood."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from controlwatch.adapters.catalog.vocabulary_loader import load_vocabulary
from tests.cli.test_commands import Terminal, terminal

__all__ = ["terminal"]


def asked(terminal: Terminal, text: str) -> Any:
    return json.loads(terminal.types("ask", text, "--json"))


@pytest.mark.parametrize(
    ("text", "intent", "title"),
    [
        ("is 2025-58 in force on 2026-06-30?", "status", "MOFCOM-GACC 2025-58 on 30 Jun 2026"),
        ("2025年第61号2026年6月30日有效吗", "status", "MOFCOM 2025-61（2026年6月30日）：暂停实施"),
        ("can I export gallium to the US", "lookup", "gallium 镓 (Ga) on"),
        ("is Skydio on the entity list?", "entity", "Skydio on"),
        (
            "compare 2025-11-01 and 2025-11-15 for rare earths",
            "compare",
            "1 Nov 2025 compared with 15 Nov 2025",
        ),
        ("history of gallium", "history", "History of gallium"),
        ("what was published in October 2025?", "latest", "1 Oct 2025 to 31 Oct 2025"),
        ("which categories are there?", "categories", "item categories"),
    ],
)
def test_a_question_is_answered_as_the_bot_does(
    terminal: Terminal, text: str, intent: str, title: str
) -> None:
    found = asked(terminal, text)
    assert found["question"]["intent"] == intent
    assert title in found["answer"]["title"]
    assert found["answer"]["rows"]
    assert found["command"].startswith(intent)
    if found["question"]["is_sentence"]:
        chinese = load_vocabulary().write_command(found["command"], "zh")
        read_as = (f"Read as: {found['command']}", f"理解为：{chinese}")
        assert any(words in found["answer"]["note"] for words in read_as)


def test_an_answer_about_a_destination_says_first_which_notices_name_it(terminal: Terminal) -> None:
    found = asked(terminal, "can I export gallium to the US")
    assert "United States is named by MOFCOM 2024-46" in found["answer"]["cautions"][0]


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("status lithium battery", ["status battery.liion", "status battery.industry_norms"]),
        ("latest gallum", ["latest minor_metals.gallium"]),
        (
            "is 2025-58 in force on 12/11/2026",
            ["is 2025-58 in force on 2026-11-12", "is 2025-58 in force on 2026-12-11"],
        ),
        ("Zwiebelkuchen", ["entity Zwiebelkuchen"]),
    ],
)
def test_what_is_unclear_is_asked_back_with_questions_that_can_be_answered(
    terminal: Terminal, text: str, choices: list[str]
) -> None:
    offers = [offer["value"] for offer in asked(terminal, text)["answer"]["offers"]]
    assert offers[: len(choices)] == choices
    for choice in offers[:2]:
        assert "did not" not in asked(terminal, choice)["answer"]["title"]
    assert choices[0] in terminal.types("ask", text)


def test_what_concerns_a_subscription_is_pointed_to_its_command(terminal: Terminal) -> None:
    assert "controlwatch mute --help" in terminal.types("ask", "mute battery 30 days")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("is 2025-58 in force?", r"MOFCOM-GACC 2025-58 on .*, as known on \d+ \w{3} 20\d\d: "),
        ("2025年第58号还有效吗", r"MOFCOM-GACC 2025-58（.*，所知截至20\d\d年.*日）："),
        ("what controls gallium", r"gallium 镓 \(Ga\) on .*, as known on "),
        ("is Skydio on the entity list?", r"Skydio on .*, as known on "),
        ("what's coming up in the next 60 days", r"Within 60 days of .*, as known on "),
        ("下个月有什么生效", r"天内，所知截至"),
        ("compare 2026-11-01 and today", r"1 Nov 2026 compared with .*, as known on "),
        ("history of gallium", r"History of gallium, as known on "),
        ("latest battery", r"Newest notices · battery, as known on "),
        ("what changed in the last 5 days?", r"Newest notices · .*, as known on "),
    ],
)
def test_the_headline_says_up_to_when_the_law_is_known_where_no_source_was_read(
    terminal: Terminal, text: str, title: str
) -> None:
    assert re.search(title, asked(terminal, text)["answer"]["title"])


def test_a_day_that_the_reference_database_knows_needs_no_such_words(terminal: Terminal) -> None:
    answer = asked(terminal, "is 2025-58 in force on 2026-06-30?")["answer"]
    assert "as known on" not in answer["title"]


def test_that_nothing_was_found_is_said_after_what_is_unknown(terminal: Terminal) -> None:
    note = asked(terminal, "latest cobalt 3")["answer"]["note"]
    assert note.startswith("What was published is unknown since ")
    assert "Nothing known matches" in note
    assert terminal.types("latest", "--category", "cobalt", "--days", "3").startswith("What was published")
