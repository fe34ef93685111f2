"""What is done to a party: by its own sentence, by the clause that leads to its list, by the annex of its number."""

from __future__ import annotations

import pytest

from tests.extraction.making import announcement

TITLE = "商务部公告2027年第11号 公布将3家美国实体列入出口管制管控名单的决定"
LISTING = "决定将甲公司等3家美国实体列入出口管制管控名单（见附件），禁止向其出口两用物项。"
OWN_REMOVAL = "三、同时将雷鸟系统公司移出管控名单。"
NAMES = "1. 北方光电有限公司（Northern Optoelectronics LLC）\n2. 海蓝机器人公司（Hailan Robotics Corp.）"
MORE = "1. 南湖船舶公司（Nanhu Marine Inc.）\n2. 云岭化工公司（Yunling Chemicals Inc.）"
DAY = "本公告自公布之日起实施。"


@pytest.mark.parametrize(
    ("body", "listed", "delisted"),
    [
        pytest.param(
            f"{LISTING}\n{OWN_REMOVAL}\n{DAY}\n附件\n{NAMES}",
            {"Northern Optoelectronics LLC", "Hailan Robotics Corp."},
            {"雷鸟系统公司"},
            id="a clause takes another party off the list",
        ),
        pytest.param(
            f"{LISTING}\n{OWN_REMOVAL}\n{DAY}\n附件：1. 福克斯动力公司（Fox Dynamics Inc.）\n2. 海蓝机器人公司（Hailan Robotics Corp.）",
            {"Fox Dynamics Inc.", "Hailan Robotics Corp."},
            {"雷鸟系统公司"},
            id="the first name stands on the line of the heading",
        ),
        pytest.param(
            f"一、将附件1所列实体列入出口管制管控名单。\n二、将附件2所列实体移出出口管制管控名单。\n{DAY}\n附件1\n{NAMES}\n附件2\n{MORE}",
            {"Northern Optoelectronics LLC", "Hailan Robotics Corp."},
            {"Nanhu Marine Inc.", "Yunling Chemicals Inc."},
            id="each annex has its own clause",
        ),
        pytest.param(
            f"一、将下列实体列入出口管制管控名单：\n{NAMES}\n二、将下列实体移出出口管制管控名单：\n{MORE}\n{DAY}",
            {"Northern Optoelectronics LLC", "Hailan Robotics Corp."},
            {"Nanhu Marine Inc.", "Yunling Chemicals Inc."},
            id="each clause leads to its list",
        ),
        pytest.param(
            f"一、将下列实体移出出口管制管控名单：\n{MORE}\n二、将下列实体列入出口管制管控名单：\n{NAMES}\n{DAY}",
            {"Northern Optoelectronics LLC", "Hailan Robotics Corp."},
            {"Nanhu Marine Inc.", "Yunling Chemicals Inc."},
            id="the removal comes first",
        ),
    ],
)
def test_a_party_is_listed_or_removed_by_the_words_that_concern_it(
    body: str, listed: set[str], delisted: set[str]
) -> None:
    found = announcement(body, title=TITLE).entities
    assert {party.en or party.zh for party in found if party.action == "list"} == listed
    assert {party.en or party.zh for party in found if party.action == "delist"} == delisted


def test_a_party_taken_off_the_list_besides_is_not_counted_against_the_title() -> None:
    names = f"{NAMES}\n3. 南湖船舶公司（Nanhu Marine Inc.）"
    found = announcement(f"{LISTING}\n{OWN_REMOVAL}\n{DAY}\n附件\n{names}", title=TITLE)
    assert len(found.entities) == 4
    assert not [doubt for doubt in found.doubts if "parties" in doubt]
