"""Questions of law, as a person types them, on the register that ships."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.bootstrap.app import open_app
from controlwatch.core.law.lookup import match_categories
from controlwatch.core.model.state import PollReport, WatcherState
from controlwatch.demo.stage import shipped_watchers
from controlwatch.settings import Settings
from tests.cli.test_commands import Terminal, terminal

__all__ = ["terminal"]

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def asked(terminal: Terminal, *words: str) -> Any:
    return json.loads(terminal.types(*words, "--json"))


def test_a_status_has_the_documented_shape(terminal: Terminal) -> None:
    found = asked(terminal, "status", "MOFCOM 2024-46", "--on", "2026-11-09")
    assert (found["number"], found["on"], found["state"]) == (
        "MOFCOM 2024-46",
        "2026-11-09",
        "partly-suspended",
    )
    assert (found["since"], found["until"]) == ("2025-11-09", "2026-11-27")
    assert found["clauses"] == [
        {"scope": "第二款", "state": "suspended", "until": "2026-11-27"},
        {"scope": "rest", "state": "in-force", "until": None},
    ]
    link = next(link for link in found["chain"] if link["verb"] == "suspends")
    assert (link["number"], link["date"], link["clause"]) == ("MOFCOM 2025-72", "2025-11-09", "第二款")
    assert link["quote"]


@pytest.mark.parametrize(
    "spelling", ["2024-46", "MOFCOM 2024-46", "商务部公告2024年第46号", "商务部公告2024第46号"]
)
def test_a_number_is_taken_in_any_spelling(terminal: Terminal, spelling: str) -> None:
    assert asked(terminal, "status", spelling, "--on", "2026-11-28")["state"] == "in-force"


@pytest.mark.parametrize("name", ["battery", "电池"])
def test_a_category_is_as_binding_as_the_strongest_of_its_notices(terminal: Terminal, name: str) -> None:
    found = asked(terminal, "status", name, "--on", "2026-06-30")
    states = {item["number"]: item["state"] for item in found["notices"]}
    assert states["MOFCOM-GACC 2025-58"] == "suspended"
    assert found["state"] == found["notices"][0]["state"] == "in-force"


@pytest.mark.parametrize(
    ("query", "category", "number"),
    [
        ("8507.60", "battery.liion", "MOFCOM-GACC 2025-58"),
        ("85076000", "battery.liion", "MOFCOM-GACC 2025-58"),
        ("8507600090", "battery.liion", "MOFCOM-GACC 2025-58"),
        ("3a001", "battery.liion", "MOFCOM-GACC 2025-58"),
        ("graphite", "battery.anode", "MOFCOM-GACC 2025-58"),
        ("稀土", "rare_earth.equipment", "MOFCOM-GACC 2025-56"),
    ],
)
def test_a_lookup_says_what_controls_an_item_by_which_notice(
    terminal: Terminal, query: str, category: str, number: str
) -> None:
    found = asked(terminal, "lookup", query, "--on", "2026-06-30")
    hits = {(hit["category"], hit["number"]): (hit["state"], hit["until"]) for hit in found["hits"]}
    assert hits[category, number] == ("suspended", "2026-11-10")
    found = asked(terminal, "lookup", query, "--on", "2026-11-11")
    hits = {(hit["category"], hit["number"]): (hit["state"], hit["until"]) for hit in found["hits"]}
    assert hits[category, number] == ("in-force", None)


def test_a_lookup_by_hs_code_warns_that_the_description_decides(terminal: Terminal) -> None:
    cautions = asked(terminal, "lookup", "850760", "--on", "2026-06-30")["cautions"]
    assert any("description" in caution for caution in cautions)


def test_what_was_repealed_by_then_controls_nothing_and_is_named(terminal: Terminal) -> None:
    found = asked(terminal, "lookup", "无人机", "--on", "2026-06-30")
    assert all(hit["state"] not in {"repealed", "lapsed"} for hit in found["hits"])
    assert any("2023-27" in caution for caution in found["cautions"])


def test_upcoming_holds_the_ends_that_no_page_announces(terminal: Terminal) -> None:
    found = asked(terminal, "upcoming", "--days", "30", "--on", "2026-11-01")
    ends = {(event["date"], event["number"]): event for event in found if event["event"] == "suspension ends"}
    assert "MOFCOM 2025-61" in ends["2026-11-10", "MOFCOM-GACC 2025-70"]["affects"]
    assert "battery.liion" in ends["2026-11-10", "MOFCOM-GACC 2025-70"]["categories"]
    assert ("2026-11-27", "MOFCOM 2025-72") in ends


def test_upcoming_does_not_hold_a_day_that_no_longer_comes(terminal: Terminal) -> None:
    before = asked(terminal, "upcoming", "--days", "10", "--on", "2025-11-05")
    after = asked(terminal, "upcoming", "--days", "10", "--on", "2025-11-07")
    takes = [
        [event["number"] for event in found if event["date"] == "2025-11-08"] for found in (before, after)
    ]
    assert "MOFCOM-GACC 2025-58" in takes[0]
    assert takes[1] == []


def test_what_was_announced_is_no_end_until_it_is_enacted(terminal: Terminal) -> None:
    found = asked(terminal, "status", "MOFCOM 2025-61", "--on", "2026-10-15")
    assert (found["state"], found["until"]) == ("suspended", "2026-11-10")
    assert any(caution.startswith("announced, not enacted") for caution in found["cautions"])


def test_compare_names_what_moved_and_why(terminal: Terminal) -> None:
    found = asked(terminal, "compare", "--from", "2025-11-01", "--to", "2025-11-15", "--category", "battery")
    moved = {item["number"]: (item["before"], item["after"]) for item in found}
    assert moved["MOFCOM-GACC 2025-58"] == ("not-yet", "suspended")
    because = next(item for item in found if item["number"] == "MOFCOM-GACC 2025-58")["because"]
    assert ("suspends", "MOFCOM-GACC 2025-70") in [(link["verb"], link["number"]) for link in because]


def test_compare_takes_the_categories_of_a_subscription(terminal: Terminal) -> None:
    terminal.types("subscribe", "console", "--category", "graphite")
    number = str(asked(terminal, "subscriptions")[-1]["id"])
    days = ("--from", "2025-11-01", "--to", "2025-11-15")
    mine = asked(terminal, "compare", *days, "--subscription", number)
    assert [item["number"] for item in mine] == ["MOFCOM 2024-46", "MOFCOM 2025-72"]
    assert "no active subscription" in terminal.fails("compare", *days, "--subscription", "99")


def test_a_code_of_the_control_list_is_found_though_no_other_notice_names_it(terminal: Terminal) -> None:
    (hit,) = asked(terminal, "lookup", "1C351", "--on", "2026-06-30")["hits"]
    assert (hit["number"], hit["state"]) == ("MOFCOM-MIIT-GACC-SCA 2024-51", "in-force")


@pytest.mark.parametrize("name", ["Shield AI", "shield ai, inc", "护盾人工智能", "Sheild AI Inc."])
def test_a_party_is_found_in_both_languages_and_with_a_slip(terminal: Terminal, name: str) -> None:
    found = asked(terminal, "entity", name, "--on", "2025-05-01")
    best = found["matches"][0]
    assert "Shield AI" in best["en"]
    assert best["note"] == "possible match, verify identity"
    assert best["state"] in {"in-force", "suspended"}


def test_where_names_are_missing_not_found_is_never_the_headline(terminal: Terminal) -> None:
    found = asked(terminal, "entity", "Zwiebelkuchen Backstube Allgäu", "--on", "2026-11-29")
    assert found["matches"] == []
    (listing,) = found["incomplete_listings"]
    assert listing["number"] == "MOFCOM Order 2026-2"
    told = terminal.types("entity", "Zwiebelkuchen Backstube Allgäu", "--on", "2026-11-29").splitlines()
    missing = next(place for place, line in enumerate(told) if "1 listing is known without all names" in line)
    not_found = next(place for place, line in enumerate(told) if "No known listed party" in line)
    assert missing < not_found
    assert not any("no exact match" in line for line in told)
    assert listing["url"] in "".join(told).replace(" ", "")


def test_a_listing_is_not_missing_names_before_it_was_issued(terminal: Terminal) -> None:
    found = asked(terminal, "entity", "Zwiebelkuchen Backstube Allgäu", "--on", "2026-06-01")
    assert found["incomplete_listings"] == []


@pytest.mark.parametrize(
    ("name", "number", "url"),
    [
        ("Skydio", "UEL 2025-7", "art_7f68ea17b56c4b32a45cc966dbfebde5"),
        ("斯凯迪奥", "UEL 2025-7", "art_7f68ea17b56c4b32a45cc966dbfebde5"),
        ("TechInsights", "UEL 2025-10", ""),
        ("Rheinmetall", "MOFCOM 2026-30", ""),
        ("Raytheon Missiles & Defense", "UEL 2023-1", ""),
        ("General Dynamics Land Systems", "Three US firms on the unreliable entity list", ""),
        ("汉翔航空工业", "MOFCOM 2025-35", ""),
        ("OKI Electric Industry", "MOFCOM 2026-28", ""),
    ],
)
def test_a_listing_in_force_comes_before_a_repealed_one(
    terminal: Terminal, name: str, number: str, url: str
) -> None:
    matches = asked(terminal, "entity", name, "--on", "2026-11-29")["matches"]
    assert (matches[0]["number"], matches[0]["state"]) == (number, "in-force")
    assert url in matches[0]["url"]
    in_force = [match["state"] in {"in-force", "partly-suspended"} for match in matches]
    assert in_force == sorted(in_force, reverse=True)


@pytest.mark.parametrize("name", ["韩华海洋株式会社", "韩华海洋", "Hanwha Ocean"])
def test_a_name_that_only_a_title_has_is_found_with_the_units_in_that_notice(
    terminal: Terminal, name: str
) -> None:
    matches = asked(terminal, "entity", name, "--on", "2025-10-20")["matches"]
    units = [match for match in matches if match["number"] == "MOFCOM Order 2025-6"]
    assert {match["en"] for match in units} == {
        "Hanwha Shipping LLC",
        "Hanwha Philly Shipyard Inc.",
        "Hanwha Ocean USA International LLC",
        "Hanwha Shipping Holdings LLC",
        "HS USA Holdings Corp.",
    }
    assert {match["list"] for match in units} == {"entity.countermeasure"}
    assert all("title" in match["note"] for match in units)


def test_what_was_announced_is_no_caution_about_a_listing_that_is_repealed(terminal: Terminal) -> None:
    found = asked(terminal, "entity", "Shield AI", "--on", "2026-11-29")
    assert {match["state"] for match in found["matches"]} == {"repealed"}
    assert not any("announced" in caution or "no end" in caution for caution in found["cautions"])


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("status", "MOFCOM 2025-6100"), "nearest"),
        (("status", "baterry"), "did you mean"),
        (("status", "rare_earth", "--on", "2026-02-30"), "this day does not exist"),
        (("lookup", "gallium", "--on", "31.04.2026"), "this day does not exist"),
        (("status", "rare_earth", "--on", "soon"), "use YYYY-MM-DD"),
        (("lookup", "85076001234"), "write a name, an HS code"),
        (("lookup", "9Z999"), "write a name, an HS code"),
        (("lookup", "3A777"), "nearest"),
        (("compare", "--from", "2026-02-01", "--to", "2026-01-01"), "comes before"),
        (("status", "2025-61", "--on", "some day"), "YYYY-MM-DD"),
        (("entity", "  "), "empty name"),
    ],
)
def test_what_is_not_known_is_refused_with_what_is_near(
    terminal: Terminal, words: tuple[str, ...], hint: str
) -> None:
    assert hint in terminal.fails(*words)


@pytest.mark.parametrize(
    ("day", "limit"), [("2031-01-01", "known up to"), ("1999-01-01", "before 2020-01-01")]
)
def test_a_day_outside_what_is_known_is_answered_with_its_limits(
    terminal: Terminal, day: str, limit: str
) -> None:
    cautions = asked(terminal, "status", "battery", "--on", day)["cautions"]
    assert any(limit in caution for caution in cautions)


def test_the_register_and_leads_are_shown(terminal: Terminal) -> None:
    known = asked(terminal, "known")
    assert len(known) >= 90
    assert not any(line["observed"] for line in known)
    assert "2025-70" in terminal.types("known")
    assert asked(terminal, "leads") == []
    assert "No open leads" in terminal.types("leads")


@pytest.mark.parametrize(
    "words",
    [
        ("status", "2025-61"),
        ("status", "rare_earth"),
        ("lookup", "稀土"),
        ("upcoming", "--on", "2026-11-01"),
        ("compare", "--from", "2025-11-01"),
        ("entity", "Shield"),
    ],
)
def test_every_answer_reads_as_a_table_too(terminal: Terminal, words: tuple[str, ...]) -> None:
    assert "caution" in terminal.types(*words)


def test_numbers_and_codes_are_taken_in_full_width_too(terminal: Terminal) -> None:
    for query in ("８５０７．６０", "３Ａ００１"):
        (hit,) = asked(terminal, "lookup", query, "--on", "2026-06-30")["hits"]
        assert hit["number"] == "MOFCOM-GACC 2025-58"


def test_a_query_of_signs_alone_means_nothing(terminal: Terminal) -> None:
    assert "no item" in terminal.fails("lookup", "%")


@pytest.mark.parametrize("name", ["洛克希德·马丁", "洛克希德马丁"])
def test_a_dot_within_a_chinese_name_does_not_matter(terminal: Terminal, name: str) -> None:
    found = asked(terminal, "entity", name, "--on", "2026-06-30")
    assert len(found["matches"]) >= 4


@pytest.mark.parametrize(
    "words",
    [
        ("upcoming", "--on", "9999-12-31"),
        ("upcoming", "--on", "9998-01-01", "--days", "3660"),
        ("latest", "--days", "36500"),
        ("status", "battery", "--on", "9999-12-31"),
        ("history", "2025-70"),
    ],
)
def test_no_day_is_too_far(terminal: Terminal, words: tuple[str, ...]) -> None:
    assert terminal.types(*words)


def test_every_category_is_found_by_its_own_names() -> None:
    lexicon = load_lexicon()
    for category in lexicon.categories:
        for name in (category.id, category.zh, category.en):
            assert category.id in match_categories(name, lexicon), name


@pytest.mark.parametrize("query", ["稀土", "8507.60", "3A001", "graphite", "chemicals"])
def test_every_hit_carries_the_words_that_prove_it(terminal: Terminal, query: str) -> None:
    hits = asked(terminal, "lookup", query, "--on", "2026-06-30")["hits"]
    assert hits
    assert all(hit["quote"] for hit in hits)


def test_what_cannot_be_watched_is_said_with_every_answer_that_may_depend_on_it(
    terminal: Terminal, tmp_path: Path
) -> None:
    folder = tmp_path / "state"
    with open_app(Settings(state_dir=folder, watchers_dir=shipped_watchers())) as app:
        failed = PollReport(watcher="gacc-announcements", started_at=NOW, outcome="failed", kind="blocked")
        state = WatcherState(
            id="gacc-announcements", failures=3, failing_since=NOW, kind="blocked", reason="a challenge"
        )
        app.store.polling.record_poll(failed, state, keep={}, drop=(), now=NOW)
        read = PollReport(watcher="mofcom-announcements", started_at=NOW, outcome="unchanged")
        state = WatcherState(id="mofcom-announcements", last_success_at=NOW)
        app.store.polling.record_poll(read, state, keep={}, drop=(), now=NOW)
    for words in (
        ("status", "2025-58"),
        ("lookup", "850760"),
        ("status", "battery"),
    ):
        found = json.loads(terminal.types(*words, "--json", CONTROLWATCH_STATE_DIR=str(folder)))
        assert any("GACC announcements" in caution for caution in found["cautions"]), words
