"""Categories: the measure's own items, not the scenery around them."""

from __future__ import annotations

import pytest

from tests.extraction.making import LEXICON, SIGNED, announcement, notice

LISTING = "商务部公告2026年第91号 公布将3家美国实体列入出口管制管控名单的决定"


def _ids(sentence: str, **options: str) -> set[str]:
    return {found.id for found in announcement(sentence, **options).categories}


def test_parts_and_materials_name_an_item_where_nothing_else_does() -> None:
    assert _ids("决定对激光雷达实施出口管制。") == {"lasers_sensors"}
    assert _ids("决定对无人驾驶航空器用激光雷达实施出口管制。") == {"uav"}


@pytest.mark.parametrize(
    ("sentence", "ids"),
    [
        ("决定对金属镓、砷化镓实施出口管制。", {"minor_metals.gallium"}),
        ("决定对锑化铟实施出口管制。", {"minor_metals.antimony"}),
        ("决定对锗酸铋实施出口管制。", {"minor_metals.bismuth"}),
        ("决定对天然鳞片石墨实施出口管制。", {"graphite"}),
        ("决定对石墨负极材料实施出口管制。", {"battery.anode"}),
        ("决定对金属铽、钐钴永磁材料实施出口管制。", {"rare_earth.items", "rare_earth.magnets"}),
        ("决定对稀土相关技术实施出口管制。", {"rare_earth.technology"}),
        ("决定对稀土产品实施出口管制。", {"rare_earth.items"}),
        ("决定對電池正極材料實施出口管制。", {"battery.cathode"}),
        ("锂亚硫酰氯电池不再属于管制物项。", {"battery.primary_lithium"}),
        ("决定对无人驾驶航空器实施出口管制。", {"uav"}),
        ("决定对民用反无人机系统实施出口管制。", {"uav.counter"}),
        ("决定对人造金刚石线锯实施出口管制。", {"superhard"}),
        (
            "China will impose export controls on antimony and synthetic diamond.",
            {"minor_metals.antimony", "superhard"},
        ),
    ],
)
def test_items_are_found_by_their_longest_word(sentence: str, ids: set[str]) -> None:
    assert _ids(sentence) == ids


@pytest.mark.parametrize(
    "sentence",
    [
        "根据《关于对锑等物项实施出口管制的公告》有关规定，现就文书送达事项公告如下。",
        "最终用途为研发石墨制品的出口申请，逐案审批。",
        "本公告不管制用于首饰的人造金刚石。",
        "附件：石墨物项清单.pdf",
        "The trigallium-free alloy is not meant.",
    ],
)
def test_scenery_is_no_category(sentence: str) -> None:
    assert _ids(sentence) == set()


def test_names_of_listed_parties_are_no_items() -> None:
    read = announcement(
        "1. 某某稀土公司（Sample Rare Earth, Inc.）\n2. 某某无人机公司（Sample Drones, Inc.）", title=LISTING
    )
    assert {found.id for found in read.categories} == {"entity.control_list"}
    assert read.destinations == ("US",)
    assert [(entity.zh, entity.en, entity.action) for entity in read.entities] == [
        ("某某稀土公司", "Sample Rare Earth, Inc.", "list"),
        ("某某无人机公司", "Sample Drones, Inc.", "list"),
    ]


@pytest.mark.parametrize(
    ("sentence", "destinations", "ids"),
    [
        ("禁止所有两用物项对日本军事用户出口。", ("JP",), {"destination.jp"}),
        (
            "向美国、墨西哥、加拿大出口易制毒化学品应当申请许可。",
            ("US", "MX", "CA"),
            {"chemicals.precursors", "destination.us", "destination.mx", "destination.ca"},
        ),
        ("原则上不予许可镓相关两用物项对美国出口。", ("US",), {"destination.us", "minor_metals.gallium"}),
    ],
)
def test_a_rule_for_a_destination_names_it(
    sentence: str, destinations: tuple[str, ...], ids: set[str]
) -> None:
    read = announcement(sentence)
    assert read.destinations == destinations
    assert {found.id for found in read.categories} == ids


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("瑞士调整两用物项出口管制清单", "瑞士政府宣布新增半导体相关物项。"),
        ("核供应国集团修改两用物项清单", "本次修改涉及石墨参数。"),
        (
            "商务部新闻发言人就美将我企业列入出口管制“实体清单”事答记者问",
            "问：有何评论？\n答：中方坚决反对。",
        ),
    ],
)
def test_a_foreign_rule_is_a_foreign_rule_and_nothing_else(title: str, text: str) -> None:
    read = notice(title, text)
    assert [found.id for found in read.categories] == ["foreign_controls"]
    assert (read.is_change, read.reports_change, read.effective, read.destinations) == (False, False, (), ())


def test_every_category_has_a_name_in_both_languages() -> None:
    for category in LEXICON.categories:
        assert LEXICON.get_category_name(category.id, "zh")
        assert LEXICON.get_category_name(category.id, "en")
    assert LEXICON.get_category_name("rare_earth", "en") == "rare earths"


@pytest.mark.parametrize(
    "aside",
    [
        "Controls on tungsten do not change.",
        "A spokesperson, asked whether controls on tungsten would follow, said nothing.",
        "The move widens a regime that already covers tungsten.",
        "It comes on top of curbs on tungsten.",
    ],
)
def test_a_report_that_names_an_item_in_passing_is_not_about_it(aside: str) -> None:
    read = notice(
        "China puts gallium under export control",
        "BEIJING, 2 March 2026 - MOFCOM published Announcement No. 40 of 2026 on export controls on gallium."
        f"\n{aside}",
    )
    assert [found.id for found in read.categories] == ["minor_metals.gallium"]


def test_goods_whose_rebate_ends_are_not_controlled_items() -> None:
    read = announcement(
        "取消人造石墨负极材料增值税出口退税。", title="财政部 税务总局关于取消部分产品出口退税的公告"
    )
    assert [found.id for found in read.categories] == ["tax.vat_rebate"]


def test_the_name_of_what_is_repealed_tells_the_item_where_nothing_else_does() -> None:
    read = announcement("决定废止《关于对石墨物项实施出口管制的公告》（商务部公告2025年第39号）。")
    assert [found.id for found in read.categories] == ["graphite"]


def test_items_named_side_by_side_are_both_meant() -> None:
    read = announcement(
        "It is decided to implement export controls on lithium batteries and graphite anode materials.",
        title="Ministry of Commerce Announcement No. 90 of 2026",
    )
    assert {found.id for found in read.categories} == {"battery.liion", "battery.anode"}


def test_the_crucible_of_a_machine_is_not_its_item() -> None:
    read = notice(
        "MOFCOM Announcement No. 90 of 2026 on Export Control over Certain Equipment",
        "It has been decided to exercise export control over 2B901 crystal pullers for gallium oxide with an iridium "
        "crucible of 100 mm or more.\nMinistry of Commerce\nMarch 2, 2026",
    )

    assert "minor_metals.platinum_group" not in [found.id for found in read.categories]


def test_the_legal_basis_of_an_english_notice_is_not_its_subject() -> None:
    read = notice(
        "MOFCOM Announcement No. 90 of 2026 on the Catalogue of Dual-Use Items Subject to Import and Export Licences",
        "Pursuant to the Measures for the Administration of Licences and the Import and Export Tariff of 2026, MOFCOM and "
        "GACC have adjusted the Catalogue, which is hereby published.\nMinistry of Commerce\nMarch 2, 2026",
    )

    assert [found.id for found in read.categories if found.id.startswith("tariff.")] == []


def test_goods_that_an_adviser_wants_checked_are_examples() -> None:
    read = notice(
        "China adds two firms to its export control list",
        "MOFCOM added two firms to the Export Control List by Announcement No. 90 of 2026 on March 2, 2026.\n"
        "Graphite and machine tools should be checked against the dual-use list before an order is placed for exports.",
    )

    assert [found.id for found in read.categories] == ["entity.control_list"]


@pytest.mark.parametrize(
    ("words", "category"),
    [
        (
            "Used passenger cars (HS 8703.40.10.90 and 8703.60.10.90, plug-in hybrids, less than 180 days since "
            "registration) will need an export licence from 1 May 2026 under MOFCOM Announcement No. 90 of 2026.",
            "licence.goods",
        ),
        (
            "GACC Announcement No. 90 of 2026 lifted the suspension of two Danish slaughterhouses on 2 March 2026.",
            "sps_import",
        ),
    ],
)
def test_a_report_names_its_regime_in_the_words_of_the_trade(words: str, category: str) -> None:
    assert category in [found.id for found in notice("China trade this week", words).categories]


@pytest.mark.parametrize(
    ("sentence", "ids"),
    [
        ("决定对钕铁硼永磁材料（含镝、铽）实施出口管制。", {"rare_earth.magnets"}),
        ("决定对密码模块实施商用密码出口管制，包括抗量子计算攻击的密钥封装模块。", {"cryptography"}),
        ("决定对氧化镨、金属钕实施出口管制。", {"rare_earth.items"}),
    ],
)
def test_what_an_item_contains_or_withstands_is_no_item(sentence: str, ids: set[str]) -> None:
    assert _ids(sentence) == ids


def test_a_title_on_technologies_controls_technologies() -> None:
    found = announcement(
        "未经许可，不得出口下列物项：镨钕金属熔盐电解技术及其载体。",
        title="商务部公告2026年第90号 关于对镨钕相关技术实施出口管制的公告",
    )
    assert {category.id for category in found.categories} == {"rare_earth.technology"}


def test_what_must_still_be_followed_is_no_subject() -> None:
    found = announcement(
        "自2026年3月10日起继续暂停实施商务部公告2025年第52号。暂停期间，仍须遵守《中华人民共和国两用物项出口管制条例》第十四条。"
    )
    assert "framework_law" not in {category.id for category in found.categories}


def test_goods_of_an_import_duty_are_no_controlled_items() -> None:
    read = notice(
        "大陸再中止ECFA優惠 不鏽鋼改課最惠國稅率",
        "國務院關稅稅則委員會26日宣布，自2026年12月15日起，中止部分產品關稅減讓，涵蓋不鏽鋼冷軋板及銑床，改按最惠國稅率課徵。",
    )
    assert {category.id for category in read.categories} == {"tariff.import_rates"}


def test_an_isotope_is_a_nuclear_item_and_no_metal() -> None:
    assert _ids("钼-99、镥-177、镓-68免于办理核两用品出口许可。") == {"nuclear"}


def test_codes_tell_what_a_word_that_stands_alone_does_not() -> None:
    read = notice(
        "Announcement No. 14 of 2026 of the Ministry of Commerce on Export Control on Infrared Detector Materials",
        "It is decided to impose export controls on the following items:\n3C002.h Infrared window blanks.\n"
        "This Announcement shall take effect as of April 12, 2026.\nMinistry of Commerce\nMarch 10, 2026",
    )
    assert {category.id for category in read.categories} == {"minor_metals.germanium"}


def test_what_another_state_does_to_a_branch_is_the_reason_and_not_the_subject() -> None:
    found = notice(
        "商务部令二〇二六年第4号 关于对甲船级社采取反制措施的决定",
        "甲船级社支持外国政府对中国海事、物流和造船业实施歧视性限制。决定：\n"
        "第一条 将甲船级社（Alpha Class AS）列入反制清单。\n商务部\n2026年3月2日",
    )
    assert [category.id for category in found.categories] == ["entity.countermeasure"]


@pytest.mark.parametrize(
    ("subject", "category"), [("碲化镉", "minor_metals.tellurium"), ("镉", "minor_metals.cadmium")]
)
def test_a_compound_is_not_also_the_metal_that_ends_its_name(subject: str, category: str) -> None:
    found = announcement(f"决定对{subject}相关物项实施出口管制，自2026年4月1日起实施。")
    assert [one.id for one in found.categories] == [category]


def test_machines_to_make_what_a_report_names_are_equipment() -> None:
    found = notice(
        "China to license battery anodes",
        "China will require permits for graphite anodes and the kilns used to make them, the commerce ministry "
        "said, from 1 April 2026.",
        published=SIGNED,
    )
    assert {one.id for one in found.categories} == {"battery.anode", "battery.equipment_tech"}


@pytest.mark.parametrize(
    ("headline", "lead"),
    [
        (
            "China takes 16 firms off control list",
            "China lifted its export ban on 16 U.S. firms, MOFCOM said.",
        ),
        ("中国、2社を管理リストに追加", "中国商務省は2社を輸出管理の「管理リスト」に追加したと発表した。"),
    ],
)
def test_a_headline_names_the_control_list_in_its_own_words(headline: str, lead: str) -> None:
    found = notice(headline, lead, published=SIGNED)
    assert [category.id for category in found.categories] == ["entity.control_list"]
