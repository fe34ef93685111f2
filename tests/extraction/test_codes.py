"""HS codes and control codes, and what only looks like them."""

from __future__ import annotations

import pytest

from tests.extraction.making import announcement, notice


def _hs(sentence: str) -> list[str]:
    return [found.code for found in announcement(sentence).hs_codes]


def _control(sentence: str) -> list[str]:
    return [found.code for found in announcement(sentence).control_codes]


@pytest.mark.parametrize(
    ("sentence", "codes"),
    [
        ("金属镓（参考海关商品编号：8112929010、8112929090）。", ["8112929010", "8112929090"]),
        ("金属镓（参考税则号列：81129290）", ["81129290"]),
        ("氦气（海关商品编号：２８０４２９００１０）", ["2804290010"]),
        ("Lithium cells (HS code 8507.60.00) need a licence.", ["85076000"]),
        ("名称\t海关商品编号\n金属锗\t8112921010\n二氧化锗\t2825600001", ["8112921010", "2825600001"]),
        ("名称\t海关商品编号\n锗及其氧化物\t8112921010、2825600001", ["8112921010", "2825600001"]),
        ("联系电话：01065197000，邮编：10073100。", []),
        ("海关商品编号见附件。文号20260302。", []),
        ("序列号8112929010与海关无关。", []),
    ],
)
def test_hs_codes_stand_behind_their_label(sentence: str, codes: list[str]) -> None:
    assert _hs(sentence) == codes


@pytest.mark.parametrize(
    ("sentence", "codes"),
    [
        ("（一）1C117.d．钨相关材料；", ["1C117.d"]),
        ("3A001 可充放电锂离子电池；3B901.a．卷绕机；", ["3A001", "3B901.a"]),
        ("6C002.a．金属碲；6E002 生产6C002项的技术。", ["6C002.a", "6E002"]),
        ("ECCN 3A001 属于美国商业管制清单。", []),
        ("型号A3A0012、X-3A001-7 不在讨论之列。", []),
    ],
)
def test_control_codes_are_those_of_the_chinese_list(sentence: str, codes: list[str]) -> None:
    assert _control(sentence) == codes


def test_codes_named_to_be_left_out_are_excluded() -> None:
    read = announcement("1C117.c．非1C226、1C241项下管制的钨合金；")
    assert [found.code for found in read.control_codes] == ["1C117.c"]
    assert read.codes_excluded == ("1C226", "1C241")


def test_an_hs_code_outside_the_rule_is_excluded() -> None:
    read = announcement("海关商品编号：8703801090；低速电动车海关商品编号：8703809090不在此列。")
    assert [found.code for found in read.hs_codes] == ["8703801090"]
    assert read.codes_excluded == ("8703809090",)


@pytest.mark.parametrize(
    ("title", "text", "codes"),
    [
        (
            "海关总署2026年2月全国出口重点商品量值表",
            "商品编码\t金额\n28046190\t53180000\n81129290\t26990114",
            {"28046190", "81129290"},
        ),
        (
            "商务部关于多晶硅反倾销措施终裁的公告",
            "被调查产品归在税则号列28046190项下，自2026年3月3日起征收反倾销税。",
            {"28046190"},
        ),
        (
            "关于《两用物项目录（征求意见稿）》公开征求意见的通知",
            "拟增列3A902、6A903，请于2026年4月1日前反馈意见。",
            {"3A902", "6A903"},
        ),
        (
            "某公司未经许可出口碳化钨案",
            "当事人伪报品名，出口1C117.d项下碳化钨，海关对其罚款12万元。",
            {"1C117.d"},
        ),
    ],
)
def test_a_text_that_changes_no_rule_still_names_its_codes(title: str, text: str, codes: set[str]) -> None:
    found = notice(title, f"{text}\n2026年3月2日")
    assert not found.reports_change
    assert {code.code for code in (*found.hs_codes, *found.control_codes)} == codes


@pytest.mark.parametrize(
    ("sentence", "codes"),
    [
        ("热丝沉积设备（海关商品编号：8479899971ex）。", ["8479899971"]),
        ("不再实行出口许可证管理，凭合同、发票直接向海关申报：7210490000（镀锌板）。", ["7210490000"]),
        ("海关商品编号见附件。合同号7210490000。", []),
    ],
)
def test_ex_behind_a_code_and_a_contract_named_before_it_change_nothing(
    sentence: str, codes: list[str]
) -> None:
    assert _hs(sentence) == codes


def test_a_letter_before_a_code_is_the_clause_and_a_heading_of_listed_codes_is_no_code() -> None:
    lines = "1.1C921.a.金属镨，包括：\n　a.1C921.a.1.纯度99.9%的金属镨；\n　b.1C921.a.2.镨钕合金。\n2.1C921.b.氧化镨。"
    assert _control(f"下列物项实施出口管制：\n{lines}") == ["1C921.a.1", "1C921.a.2", "1C921.b"]
