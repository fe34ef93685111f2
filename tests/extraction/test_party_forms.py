"""A party is known by the form of its name, whatever the sentence around it says."""

from __future__ import annotations

import pytest

from controlwatch.core.extraction.findings.party_forms import find_formed_parties
from tests.extraction.making import LEXICON, announcement, notice

DECISION = "商务部决定，将下列实体列入出口管制管控名单，禁止向其出口两用物项。"


@pytest.mark.parametrize(
    "listing",
    [
        "东海精机株式会社（日本）；\n北陆工业大学（日本）。",
        "1. 东海精机株式会社\n2. 北陆工业大学",
        "序号    中文名称    英文名称\n1    东海精机公司    Tokai Precision, Inc.\n2    北陆航空公司    Hokuriku Aviation LLC",
        "Tokai Seiki GmbH　东海精机有限公司（德国）；\nHokuriku B.V.　北陆光子公司（荷兰）。",
        "东海精机公司（Tokai Precision, Inc.）、北陆航空公司（Hokuriku Aviation LLC）。",
        "名单如下：东海精机公司（Tokai Precision, Inc.，地址：东京）；北陆航空公司（Hokuriku Aviation LLC，地址：富山）。",
        "一、对东海精机公司（Tokai Precision, Inc.），冻结其财产；\n二、对北陆航空公司总裁山本健（Ken Yamamoto），不准入境。",
        "Tokai Precision, Inc.; Hokuriku Aviation LLC.",
        "Tokai Precision, Inc. (东海精机公司) and Hokuriku Aviation Systems (北陆航空公司).",
        "| 1 | 东海精机公司 | Tokai Precision, Inc. |\n| 2 | 北陆航空公司 | Hokuriku Aviation LLC |",
        "名单包括：东海精机公司、北陆航空公司（日本）。",
    ],
)
def test_each_name_of_a_listing_is_one_party(listing: str) -> None:
    found = announcement(
        f"{DECISION}\n{listing}", title="商务部公告2026年第90号 关于将2家实体列入出口管制管控名单的公告"
    )
    assert len(found.entities) == 2


@pytest.mark.parametrize(
    "sentence",
    [
        "The measures are suspended in respect of Tarrant Robotics LLC and Ogden Marine Systems.",
        "Exports to Tarrant Robotics LLC, and to its successor Ogden Marine Inc., are prohibited.",
        "Tarrant Robotics LLC and Ogden Marine Inc. are placed on the Unreliable Entity List.",
        "Robert Tarrant and Helen Ogden shall not be issued visas and shall be denied entry.",
        "The Chief Executive Officer of Tarrant Robotics LLC and Ogden Marine Inc. shall be denied entry.",
    ],
)
def test_english_names_end_at_their_joint(sentence: str) -> None:
    found = notice(
        "Unreliable Entity List Working Mechanism Announcement No. 4 of 2026",
        f"The Working Mechanism has decided to include the following entities in the Unreliable Entity List.\n{sentence}\n"
        "Unreliable Entity List Working Mechanism\nMarch 2, 2026",
    )
    assert len(found.entities) == 2


@pytest.mark.parametrize(
    "sentence",
    [
        "美国商务部（Bureau of Industry and Security）另有规定。",
        "《不可靠实体清单规定》（Provisions on the Unreliable Entity List）第二条。",
        "有关技术（CVD）不在此列。",
        "依照外交部令（Order of the Ministry of Foreign Affairs）。",
    ],
)
def test_an_authority_or_a_rule_is_no_party(sentence: str) -> None:
    found = announcement(f"{DECISION}\n东海精机公司（Tokai Precision, Inc.）。\n{sentence}")
    assert [party.zh for party in found.entities] == ["东海精机公司"]


@pytest.mark.parametrize(
    ("words", "names"),
    [("Aaa Inc, " * 2_000, 1), ("A" * 20_000, 0), ("A & B & " * 2_000, 1), ("A-B.C/" * 3_000, 0)],
)
def test_thousands_of_names_and_endless_words_are_gone_through_once(words: str, names: int) -> None:
    assert len(find_formed_parties(words, 0, len(words), LEXICON)) <= names


@pytest.mark.parametrize(
    ("listing", "names"),
    [
        ("Table 1\n  1  Quartz Bay Optics, Inc.   (4 Pier Road)\n  2  Norvale Marine Ltd.   (7 Dock Street)\n",
         ["Quartz Bay Optics, Inc.", "Norvale Marine Ltd."]),
        ("Quartz Bay University of Marine Engineering and Norvale Marine Ltd. are listed.",
         ["Quartz Bay University of Marine Engineering", "Norvale Marine Ltd."]),
        ("Executives: 1. Ada B. Quill, President of Norvale Marine Ltd. 2. Tom Ferris-Lane, Chief Executive Officer",
         ["Ada B. Quill", "Norvale Marine Ltd.", "Tom Ferris-Lane"]),
    ],
)  # fmt: skip
def test_a_name_is_read_without_its_row_and_with_its_field(listing: str, names: list[str]) -> None:
    assert [party.en for party in find_formed_parties(listing, 0, len(listing), LEXICON)] == names


def test_somebody_who_is_quoted_is_no_listed_person() -> None:
    words = (
        "The list hurts, according to Ada B. Quill, president of the traders' club, who said so on Monday."
    )

    assert find_formed_parties(words, 0, len(words), LEXICON) == ()
