"""Searching listed parties by name: what counts as the same name, and which notices name a party."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz

from controlwatch.core.law.graph import Instrument, LegalGraph
from controlwatch.core.law.parties import (
    MAX_MATCHES,
    MIN_SCORE,
    PartyMatcher,
    list_listings,
    normalize_name,
    share_words,
)
from controlwatch.core.law.party_answers import PARENT_IN_TITLE, PartyLine
from controlwatch.core.model import Direction, EffectiveDate, NoticeKind

ON = date(2026, 6, 1)
LISTED = date(2026, 3, 1)


def listing(number: str, title: str = "公布将实体列入出口管制管控名单", **facts: object) -> Instrument:
    known = {"direction": Direction.TIGHTEN, "categories": ("entity.control_list",)} | facts
    return Instrument(
        key=number,
        number=number,
        title=title,
        issued=LISTED,
        effective=(EffectiveDate(start=LISTED, basis="stated", quote="施行"),),
        **known,
    )


def party(number: str, zh: str = "", en: str = "") -> PartyLine:
    return PartyLine(
        zh=zh, en=en, action="list", list="entity.control_list", key=number, number=number, since=LISTED
    )


def matcher(parties: list[PartyLine], *listings: Instrument) -> PartyMatcher:
    return PartyMatcher(parties, LegalGraph.from_instruments(listings), on=ON)


def test_a_title_that_names_a_known_party_lists_it() -> None:
    known = party("MOFCOM 2026-1", "斯凯迪奥公司", "Skydio, Inc.")
    later = listing("MOFCOM 2026-2", "关于将斯凯迪奥公司等11家美国企业列入管控名单的公告")
    found = matcher([known], listing("MOFCOM 2026-1"), later)
    for name in ("Skydio", "斯凯迪奥公司"):
        assert {match.number for match in found.match(name)} == {"MOFCOM 2026-1", "MOFCOM 2026-2"}


def test_a_title_that_names_a_unit_does_not_name_the_parent() -> None:
    known = party("MOFCOM 2026-1", "洛克希德·马丁公司", "Lockheed Martin Corporation")
    later = listing("MOFCOM 2026-2", "关于对洛克希德·马丁导弹与火控公司等10家美国企业采取措施的公告")
    (match,) = matcher([known], listing("MOFCOM 2026-1"), later).match("Lockheed Martin Corporation")
    assert match.number == "MOFCOM 2026-1"


@pytest.mark.parametrize("name", ["福尔兹系统公司", "福尔兹系统", "Folz Systems"])
def test_a_name_in_the_title_of_a_listing_is_found_though_no_party_of_it_was_read(name: str) -> None:
    title = "关于将福尔兹系统公司（Folz Systems）等5家实体列入管控名单的公告"
    (match,) = matcher([], listing("MOFCOM 2026-2", title)).match(name)
    assert (match.number, match.action) == ("MOFCOM 2026-2", "list")
    assert "title" in match.note


def test_a_title_does_not_name_a_party_by_a_part_of_a_latin_word() -> None:
    found = matcher([], listing("MOFCOM 2026-2", "将Metalsystems公司列入管控名单"))
    assert found.match("Meta") == found.match("tals") == ()


def test_a_release_from_a_list_is_no_listing() -> None:
    title = "关于将福尔兹系统公司移出管控名单的公告"
    (match,) = matcher([], listing("MOFCOM 2026-2", title, direction=Direction.RELAX)).match("福尔兹系统")
    assert match.action == "delist"


def test_rules_about_a_list_are_no_listing() -> None:
    rules = listing("State Council Order 1", kind=NoticeKind.REGULATION)
    answer = listing("an answer", enacts=False)
    other = listing("MOFCOM 2026-3", categories=("graphite",))
    assert list_listings(LegalGraph.from_instruments([rules, answer, other])) == ()


NAMES = st.text(alphabet="ab cde三菱重工公司.,& ", min_size=1, max_size=14)


@given(query=NAMES, names=st.lists(NAMES, min_size=1, max_size=6))
def test_a_score_is_that_of_the_nearer_of_two_measures_and_of_the_nearer_name(
    query: str, names: list[str]
) -> None:
    bare = normalize_name(query)
    expected: dict[int, int] = {}
    for place, name in enumerate(names):
        other = normalize_name(name)
        if not bare or not other or (len(bare) < 2 and bare != other):
            continue
        measures = (fuzz.WRatio(bare, other), fuzz.token_set_ratio(bare, other))
        score = 100 if bare == other else min(99, round(max(measures)))
        if score == 100 or (score >= MIN_SCORE and share_words(bare, other)):
            expected[place] = score
    parties = [party(str(place), en=name) for place, name in enumerate(names)]
    found = matcher(parties).match(query)
    assert {int(match.number): match.score for match in found} == expected


def test_no_more_than_the_nearest_are_returned() -> None:
    parties = [party("MOFCOM 2026-1", en=f"Alpha Systems {number}") for number in range(MAX_MATCHES + 5)]
    parties.append(party("MOFCOM 2026-1", en="Alpha Systems"))
    found = matcher(parties, listing("MOFCOM 2026-1")).match("Alpha Systems")
    assert (len(found), found[0].score) == (MAX_MATCHES, 100)


@pytest.mark.parametrize(
    ("query", "known"),
    [
        ("Intel", "Intelligent Epitaxy Technology"),
        ("Intel", "Source Intelligence, Inc."),
        ("Huawei", "Group W"),
        ("Meta", "Metalsystems"),
        ("Arm", "Army Systems"),
        ("BAE", "Baedeker Works"),
        ("Sony", "Sonyx Labs International"),
        ("Oki", "Tokio Engineering"),
        ("Nova", "Innovation Works"),
        ("Acer", "Lacerta Group Works"),
    ],
)
def test_letters_within_another_word_are_no_similar_name(query: str, known: str) -> None:
    assert matcher([party("MOFCOM 2026-1", en=known)], listing("MOFCOM 2026-1")).match(query) == ()


@pytest.mark.parametrize(
    ("query", "known"),
    [
        ("ShieldAI", "Shield AI, Inc."),
        ("Sheild AI", "Shield AI, Inc."),
        ("Tech Insights", "TechInsights Inc."),
        ("Lockheed Martin", "Lockheed Martin Missiles and Fire Control"),
        ("Lockhed Martin Aeronautics", "Lockheed Martin Aeronautics"),
        ("Intelligent Epitaxy", "Intelligent Epitaxy Technology"),
        ("Martin Lockheed", "Lockheed Martin Corporation"),
        ("Hanwha Philly", "Hanwha Philly Shipyard Inc."),
        ("Rheinmetal", "Rheinmetall AG"),
        ("raytheon missiles", "Raytheon Missiles & Defense"),
    ],
)
def test_words_that_are_joined_turned_or_slipped_are_a_similar_name(query: str, known: str) -> None:
    (match,) = matcher([party("MOFCOM 2026-1", en=known)], listing("MOFCOM 2026-1")).match(query)
    assert match.en == known


def test_a_listing_of_units_of_a_party_shows_them_all_though_they_bear_other_names() -> None:
    title = "关于对福尔兹海洋株式会社3家美国相关子公司采取反制措施的决定"
    units = [
        replace(party("MOFCOM 2026-1", en=name), listing_en="Countermeasures on three units of Folz Ocean")
        for name in ("Folz Ocean USA LLC", "Folz Shipping LLC", "FS Holdings Corp.")
    ]
    other = party("MOFCOM 2026-2", en="Alpha Systems")
    found = matcher([*units, other], listing("MOFCOM 2026-1", title), listing("MOFCOM 2026-2"))
    for name in ("Folz Ocean", "福尔兹海洋", "福尔兹海洋株式会社", "folz ocean co., ltd."):
        matches = found.match(name)
        assert {match.en for match in matches} == {unit.en for unit in units}
        assert {match.note for match in matches} == {PARENT_IN_TITLE}


@pytest.mark.parametrize(
    "title",
    [
        "关于将福尔兹系统公司等3家美国企业列入管控名单的公告",
        "关于对福尔兹系统导弹公司等3家美国企业采取措施的公告",
    ],
)
def test_firms_beside_the_one_in_the_title_are_no_match_for_it(title: str) -> None:
    parties = [party("MOFCOM 2026-1", zh=name) for name in ("福尔兹系统导弹公司", "阿尔法公司", "贝塔公司")]
    found = matcher(parties, listing("MOFCOM 2026-1", title)).match("福尔兹系统公司")
    assert {match.zh for match in found} <= {"福尔兹系统导弹公司", "福尔兹系统公司"}
