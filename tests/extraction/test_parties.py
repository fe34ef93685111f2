"""Which parties a listing names, in every form of a list."""

from __future__ import annotations

import pytest

from tests.extraction.making import announcement

TITLE = "商务部公告2026年第90号 关于将有关实体列入出口管制管控名单的公告"


@pytest.mark.parametrize(
    "rows",
    [
        "1|甲陵推进公司|Jialing Propulsion LLC|44 Harbor St.\n2|乙川雷达公司|Yichuan Radar Corp.|Suite 30",
        "（1）甲陵推进公司\n（2）乙川雷达公司",
        "- Jialing Propulsion LLC (甲陵推进公司)\n- Yichuan Radar Corp. (乙川雷达公司)",
        "1. 甲陵推进公司（Jialing Propulsion，瑞典）\n2. 乙川雷达公司（Yichuan Radar，荷兰）",
    ],
)
def test_each_line_of_a_list_is_a_party(rows: str) -> None:
    found = announcement(f"决定将下列2家实体列入出口管制管控名单。\n{rows}", title=TITLE)
    assert [party.zh for party in found.entities] == ["甲陵推进公司", "乙川雷达公司"]


def test_a_party_taken_off_beside_a_list_is_named_too() -> None:
    found = announcement(
        "一、决定将附件所列实体列入出口管制管控名单。\n"
        "二、将丙岭金属公司（Bingling Metals）自关注名单中移出。\n附件\n1. 甲陵推进公司（Jialing Propulsion）",
        title=TITLE,
    )
    assert [(party.zh, party.action) for party in found.entities] == [
        ("甲陵推进公司", "list"),
        ("丙岭金属公司", "delist"),
    ]


def test_a_name_may_hold_the_characters_of_a_particle() -> None:
    found = announcement(
        "决定将波罗的海测绘公司（Baltic Survey Ltd.）列入出口管制管控名单，自2026年4月1日起实施。"
    )
    assert [party.zh for party in found.entities] == ["波罗的海测绘公司"]
