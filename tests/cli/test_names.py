"""Names and days as people type them at the terminal: one rule of spelling, help where something is limited."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.cli.completion import complete_category, complete_notice, complete_subject, complete_watcher
from controlwatch.core.asking.category_names import find_category_meanings
from controlwatch.services.names import Names
from tests.cli.test_commands import TEXT, Terminal, terminal

__all__ = ["terminal"]

LEXICON = load_lexicon()
SPELLINGS = ("gallium", "Gallium", "minor_metals.gallium", "镓")
GROUP_SPELLINGS = ("rare_earth", "rare earth", "rare-earth", "Rare Earths", "稀土")


def asked(terminal: Terminal, *words: str) -> Any:
    return json.loads(terminal.types(*words, "--json"))


@pytest.mark.parametrize("name", [*SPELLINGS, *GROUP_SPELLINGS])
def test_a_category_means_the_same_in_every_command(terminal: Terminal, name: str) -> None:
    category = "minor_metals.gallium" if name in SPELLINGS else "rare_earth"
    assert asked(terminal, "status", name)["category"] == category
    for words in (
        ("latest", "--category"), ("upcoming", "--days", "3660", "--category"), ("history",),
        ("compare", "--from", "2025-11-01", "--to", "2025-11-15", "--category"),
    ):  # fmt: skip
        assert asked(terminal, *words, name) == asked(terminal, *words, category)
    numbers = {hit["number"] for hit in asked(terminal, "lookup", name)["hits"]}
    assert numbers
    assert f": {category} →" in terminal.types("subscribe", "console", "--category", name)
    assert f"{category} is muted" in terminal.types("mute", "1", name)


def test_every_category_is_found_by_its_id_and_by_its_names() -> None:
    names = Names(lexicon=LEXICON, watchers=())
    for category in LEXICON.categories:
        assert names.find_category(category.id) == category.id
        for name in (category.en, category.zh):
            assert category.id in find_category_meanings(name, LEXICON) or (
                category.group in find_category_meanings(name, LEXICON)
            ), name


@pytest.mark.parametrize("name", ["items", "technology", "quota"])
def test_a_word_of_many_categories_is_not_taken_for_one(name: str) -> None:
    assert len(find_category_meanings(name, LEXICON)) != 1 or not LEXICON.find_category(name)


def test_categories_are_listed_by_group_with_what_is_known_of_them(terminal: Terminal) -> None:
    terminal.types("subscribe", "console", "--category", "battery")
    lines = {line["id"]: line for line in asked(terminal, "categories")}
    assert set(lines) == LEXICON.category_ids | LEXICON.group_ids
    battery, leaf = lines["battery"], lines["battery.liion"]
    assert (battery["is_group"], leaf["is_group"], leaf["group"]) == (True, False, "battery")
    assert battery["notices"] >= leaf["notices"] > 0
    assert (battery["subscriptions"], leaf["subscriptions"], lines["graphite"]["subscriptions"]) == (1, 1, 0)
    assert [line["id"] for line in asked(terminal, "categories", "镓")][:1] == ["minor_metals.gallium"]
    assert "did you mean" in terminal.fails("categories", "gallum")
    assert "battery.liion" in terminal.types("categories")


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("upcoming", "--days", "5000"), "from 1 to 3660"),
        (("upcoming", "--days", "0"), "from 1 to 3660"),
        (("latest", "--days", "99999999999"), "from 1 to 36500"),
        (("status", "battery", "--on", "11 Nov"), "does not state the year"),
        (("status", "battery", "--on", "2026-02-31"), "is not a date"),
        (("status", "battery", "--on", "next week"), "is not a date"),
        (("read",), "read --sample"),
    ],
)
def test_what_is_limited_says_its_limits(terminal: Terminal, words: tuple[str, ...], hint: str) -> None:
    assert hint in terminal.fails(*words)


@pytest.mark.parametrize(
    "day", ["2026-11-11", "11 Nov 2026", "2026年11月11日", "11.11.2026", "November 11th, 2026"]
)
@pytest.mark.parametrize("number", ["2025-58", "No. 58 of 2025", "MOFCOM-GACC 2025-58", "2025年第58号"])
def test_days_and_numbers_are_taken_as_people_write_them(terminal: Terminal, day: str, number: str) -> None:
    found = asked(terminal, "status", number, "--on", day)
    assert (found["number"], found["on"], found["state"]) == ("MOFCOM-GACC 2025-58", "2026-11-11", "in-force")


def test_a_row_of_latest_says_measure_destination_title_and_link(terminal: Terminal) -> None:
    line = next(
        line for line in asked(terminal, "latest", "--limit", "200") if line["number"] == "MOFCOM 2024-46"
    )
    assert line["title_en"].isascii()
    assert line["measure"]
    shown = terminal.types("latest", "--limit", "200")
    cells = [cell.strip() for row in shown.splitlines() for cell in row.split("│")]
    words = " ".join(cells)
    for text in (line["title_en"].split()[0], line["url"][:20], "for United", "ban"):
        assert text in words
    assert "?" not in cells


def test_days_of_latest_count_back_from_today_by_the_day_of_publication(terminal: Terminal) -> None:
    assert "No known notices match" in terminal.types("latest", "--days", "1")
    assert asked(terminal, "latest", "--days", "36500", "--limit", "5") == asked(
        terminal, "latest", "--limit", "5"
    )


@pytest.mark.parametrize(
    ("part", "found"), [("metal", "minor_metals"), ("Rare-Ear", "rare_earth"), ("材料", "superhard")]
)
def test_categories_are_found_by_a_part_of_a_name(terminal: Terminal, part: str, found: str) -> None:
    assert found in {line["id"] for line in asked(terminal, "categories", part)}


def test_the_shell_completes_categories_numbers_and_watchers() -> None:
    assert ("battery.liion", "lithium-ion batteries and packs") in complete_category("battery.l") or [
        name for name, _ in complete_category("battery.l")
    ] == ["battery.liion"]
    assert "2025-58" in complete_notice("2025-5")
    assert "MOFCOM-GACC 2025-58" in complete_notice("mofcom-gacc 2025-5")
    assert complete_subject("gra") == ["graphite"]
    assert "mofcom-announcements" in complete_watcher("mofcom-a")
    assert complete_notice("zzz") == []


def test_completion_of_the_shell_can_be_installed(terminal: Terminal) -> None:
    assert "--install-completion" in terminal.types("--help")


def test_the_shell_completes_the_numbers_of_the_state(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CONTROLWATCH_STATE_DIR", terminal.env["CONTROLWATCH_STATE_DIR"])
    assert complete_notice("2026-177") == []
    terminal.types("intake", terminal.file("n.txt", TEXT.replace("第40号", "第177号")))
    assert complete_notice("2026-177") == ["2026-177"]
    assert complete_notice("mofcom-gacc 2026-17") == ["MOFCOM-GACC 2026-177"]
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "controlwatch.db").write_bytes(b"no database")
    monkeypatch.setenv("CONTROLWATCH_STATE_DIR", str(tmp_path / "broken"))
    assert complete_notice("2025-58") == ["2025-58"]


def test_the_sample_notice_is_read(terminal: Terminal) -> None:
    assert "1 May 2027" in terminal.types("read", "--sample", "--no-register")
    assert "direction" in terminal.types("read", "--sample", "--no-register", "--explain")


def test_a_subscription_is_paused_once_and_resumed(terminal: Terminal) -> None:
    terminal.types("subscribe", "console")
    assert "is paused" in terminal.types("pause", "1")
    assert "paused already" in terminal.fails("pause", "1")
    assert "Resumed: 1" in terminal.types("resume", "1")
