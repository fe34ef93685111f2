"""What is named only to be left out is neither an item nor a code of the measure."""

from __future__ import annotations

import pytest

from tests.extraction.making import announcement, notice

LEFT_OUT = "8112929090"


@pytest.mark.parametrize(
    "sentence",
    [
        "锗废料（参考海关商品编号：8112929090）不在本公告管制之列。",
        "本公告不适用于锗废料（参考海关商品编号：8112929090）。",
        "上述物项不包括锗废料（参考海关商品编号：8112929090）。",
        "锗废料（参考海关商品编号：8112929090）除外。",
        "锗废料（参考海关商品编号：8112929090）不受此限。",
        "以下物项不适用本公告：\n（一）锗废料（参考海关商品编号：8112929090）；\n二、其他事项另行公告。",
        "二、不列管情形\n锗废料（参考海关商品编号：8112929090）。\n三、其他\n另行公告。",
        "Germanium scrap (HS code 8112929090) is not covered by this Announcement.",
        "This Announcement does not apply to germanium scrap (HS code 8112929090).",
        "下列商品排除期限届满后不再延长：8112929090。",
        "锗废料不属于管制对象，仍按8112929090办理。",
        "以下情形不受限制：随仪器一并出口的锗片（8112929090）；船舶自用的备件。",
        "下列物项不在此次调整之列：锗废料（8112929090）、含锗炉渣。",
        "除外情形：锗废料（8112929090）。",
        "锗废料不属于本公告管制范围，其参考海关商品编号为8112929090。",
        "回收的锗屑不受本公告约束，参考海关商品编号8112929090项下的货物按现行规定办理。",
        "锗废料（8112929090）按原有规定执行。",
        "ゲルマニウムの屑（8112929090）は含まない。",
        "ゲルマニウム製の完成レンズ（8112929090）は本公告の対象としない。",
        "The following are exempt from this Announcement: germanium scrap (8112929090); ship stores.",
        "Germanium scrap is not covered by this Announcement, HS code 8112929090.",
        "Germaniumschrott (HS-Code 8112929090) ist ausgenommen.",
    ],
)
def test_a_code_named_to_be_left_out_is_excluded_in_every_wording(sentence: str) -> None:
    found = announcement(f"决定对金属镓（参考海关商品编号：8112929010）实施出口管制。\n{sentence}")
    assert [code.code for code in found.hs_codes] == ["8112929010"]
    assert found.codes_excluded == (LEFT_OUT,)
    assert {category.id for category in found.categories} == {"minor_metals.gallium"}


@pytest.mark.parametrize(
    "sentence",
    [
        "包括但不限于锗锭（参考海关商品编号：8112929090）。",
        "锗锭（参考海关商品编号：8112929090）不再属于管制物项。",
        "锗锭（参考海关商品编号：8112929090），已签许可的样品除外。",
    ],
)
def test_what_only_sounds_like_an_exclusion_stays(sentence: str) -> None:
    found = announcement(f"决定对镓、锗相关物项实施出口管制。\n{sentence}")
    assert [code.code for code in found.hs_codes] == [LEFT_OUT]


@pytest.mark.parametrize(
    "sentence",
    [
        "管制编码由3C001.e改列为3C001.f。",
        "编号从3C001.e调整为3C001.f。",
        "将“3C001.e”修改为“3C001.f”。",
        "新编码3C001.f（原编码3C001.e）。",
        "3C001.f替代原有的编码3C001.e。",
        "The entry is renumbered from 3C001.e to 3C001.f.",
        "3C001.f, formerly 3C001.e.",
        "3C001.f replaces the old code 3C001.e.",
        "Item 3C001.e is renumbered 3C001.f.",
        "管制编码：3C001.e→3C001.f。",
        "管理番号を3C001.eから3C001.fに変更する。",
    ],
)
def test_the_code_that_another_replaces_is_left_out(sentence: str) -> None:
    found = announcement(f"决定对《两用物项出口管制清单》作如下调整。\n{sentence}")
    assert [code.code for code in found.control_codes] == ["3C001.f"]
    assert found.codes_excluded == ("3C001.e",)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("原海关商品编号", "现海关商品编号"),
        ("旧编码", "新编码"),
        ("调整前税号", "调整后税号"),
        ("变更前商品编号", "变更后商品编号"),
        ("2027年编号（原编号）", "新编号"),
        ("原税则号列", "新税则号列"),
        ("Old HS code", "New HS code"),
        ("Former code", "Current code"),
        ("原编号", "现编号"),
        ("旧商品编号", "现行商品编号"),
    ],
)
@pytest.mark.parametrize("gap", ["\t", "      "])
def test_the_old_numbers_of_a_concordance_are_left_out(old: str, new: str, gap: str) -> None:
    rows = [
        ("物项名称", old, new),
        ("锗锭", "8112929010", "8112929020"),
        ("锗粉", "8112929030", "8112929040"),
    ]
    table = "\n".join(gap.join(row) for row in rows)
    found = announcement(f"《两用物项和技术进出口许可证管理目录》的海关商品编号对应调整。\n{table}")
    assert [code.code for code in found.hs_codes] == ["8112929020", "8112929040"]
    assert set(found.codes_excluded) == {"8112929010", "8112929030"}


def test_what_another_entry_controls_already_is_left_out() -> None:
    found = announcement(
        "决定对非1C226项、1C241项下管制的钨（1C117.d）实施出口管制。属于3A001项已管制的，按原规定办理。"
    )
    assert [code.code for code in found.control_codes] == ["1C117.d"]
    assert set(found.codes_excluded) == {"1C226", "1C241", "3A001"}


@pytest.mark.parametrize(
    ("sentence", "category"),
    [
        ("对铋实施出口管制（纯度低于99.99%的除外）。", "minor_metals.bismuth"),
        ("镝、铽的出口管制不受影响，钨相关物项的出口管制暂停。", "minor_metals.tungsten"),
        ("取消对石墨的临时出口管制，对锗的管制维持不变。", "graphite"),
        ("决定对石墨实施出口管制，但石墨电极（不含高纯石墨电极）除外。", "graphite"),
    ],
)
def test_an_exclusion_reaches_no_further_than_its_clause(sentence: str, category: str) -> None:
    assert {found.id for found in announcement(sentence).categories} == {category}


def test_a_row_of_goods_that_leaves_out_seed_is_a_row() -> None:
    found = announcement(
        "自2027年1月1日起，对下列商品加征关税（税则号列）：\n12019020 黄大豆，种用除外\n"
        "28459000 重水除外的其他同位素\n27090000 石油原油"
    )
    assert [code.code for code in found.hs_codes] == ["12019020", "28459000", "27090000"]


def test_a_code_behind_the_number_of_its_line_is_a_code() -> None:
    found = announcement("对下列物项实施出口管制：\n1.2C902.a 金刚石微粉\n2.2C902.b 金刚石单晶")
    assert [code.code for code in found.control_codes] == ["2C902.a", "2C902.b"]


def test_a_cell_that_a_correction_replaces_is_left_out() -> None:
    found = announcement(
        "现更正如下：\n序号\t栏目\t原表内容\t更正后\n2\t参考税则号列\t85076200\t85076000\n5\t管制编码\t3C901.d\t3C901.b",
        title="商务部公告2026年第90号 关于更正2026年第80号公告附件的公告",
    )
    assert [code.code for code in found.hs_codes] == ["85076000"]
    assert [code.code for code in found.control_codes] == ["3C901.b"]


@pytest.mark.parametrize(
    ("sentence", "covered"),
    [
        ("二、下列商品不适用前款，继续按34%税率加征：\n10059000 其他玉米\n12019020 黄大豆", ["8112929010"]),
        (
            "其中，生锑（税则号列26171010）本次不作调整。\n26110000\t钨矿砂\n26171010\t生锑",
            ["8112929010", "26110000"],
        ),
        (
            "附件第三部分产品不重复规定。\n第二部分：84145930（离心通风机）\n第三部分：39074000（聚碳酸酯）",
            ["8112929010", "84145930"],
        ),
        (
            "2. The following are not in the scope of this measure: (1) scanners; (2) gases, code 3824999990.\n"
            "3. Neon (code 2804290020) is.",
            ["8112929010", "2804290020"],
        ),
        (
            "固态钨合金（税则号列8101994010），但医用准直器除外（税则号列9022909030）。",
            ["8112929010", "8101994010"],
        ),
    ],
)
def test_what_one_place_leaves_out_another_may_list(sentence: str, covered: list[str]) -> None:
    found = announcement(f"决定对金属镓（参考海关商品编号：8112929010）实施出口管制。\n{sentence}")
    assert [code.code for code in found.hs_codes] == covered


def test_an_item_with_one_bracket_behind_its_exception_keeps_it() -> None:
    found = announcement(
        "决定对氮化铝镓外延片，1C226项已列管的除外（参考海关商品编号：3818009031），实施出口管制。"
    )
    assert [code.code for code in found.hs_codes] == ["3818009031"]


@pytest.mark.parametrize(
    "sentence",
    [
        "Complete scanners (HS code 9022140000) are not within the scope of this Announcement.",
        "Complete scanners (HS code 9022140000) lie beyond the scope of this Announcement.",
        "Fertige Geräte (Zolltarifnummer 9022140000) fallen nicht unter diese Bekanntmachung.",
    ],
)
def test_what_is_not_within_the_scope_is_left_out(sentence: str) -> None:
    read = notice(
        "MOFCOM Announcement No. 90 of 2026 on Export Control over Gallium",
        f"It has been decided to exercise export control over gallium (HS code 8112929090).\n{sentence}\n"
        "Ministry of Commerce\nMarch 2, 2026",
    )

    assert read.codes_excluded == ("9022140000",)


def test_each_numbered_line_of_a_list_of_exceptions_is_left_out() -> None:
    read = announcement(
        "附件“1C901 钨粉”自2026年4月15日起增加下列除外情形：\n"
        "一、焊条用钨粉（海关商品编号8101100090）；\n二、灯丝（海关商品编号8101960000）。\n"
        "其余钨粉（海关商品编号8101100010）须凭许可证出口。"
    )

    assert read.codes_excluded == ("8101100090", "8101960000")
    assert [code.code for code in read.hs_codes] == ["8101100010"]


def test_a_compound_named_to_tell_others_apart_is_no_item() -> None:
    read = announcement("决定对下列物项实施出口管制：\n3C901.a 锑化铟以外的铟基外延片。\n3C901.b 高纯铟。")

    assert [found.id for found in read.categories] == ["minor_metals.indium"]
    assert "3C901.a" in [code.code for code in read.control_codes]


@pytest.mark.parametrize(
    "question", ["海关商品编号2825800010以外的货品是否就不受管制？", "海关商品编号2825800010是不是不受管制？"]
)
def test_a_question_leaves_nothing_out(question: str) -> None:
    found = notice("关于锑相关物项出口许可的问题解答", f"问：{question}\n答：编号仅供参考。\n2026年3月2日")
    assert [code.code for code in found.hs_codes] == ["2825800010"]
    assert found.codes_excluded == ()
