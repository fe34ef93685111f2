"""How one notice acts on others, and what it inherits from them."""

from __future__ import annotations

import pytest

from controlwatch.core.extraction.extract import resolve_categories
from tests.extraction.making import LEXICON, announcement, notice


def _acts(sentence: str) -> list[tuple[str, str]]:
    return [(found.verb.value, found.target) for found in announcement(sentence).relations]


@pytest.mark.parametrize(
    ("sentence", "relations"),
    [
        (
            "商务部、海关总署公告2025年第55号、56号暂停实施。",
            [("suspends", "MOFCOM-GACC 2025-55"), ("suspends", "MOFCOM-GACC 2025-56")],
        ),
        ("商务部公告2025年第61号恢复实施。", [("resumes", "MOFCOM 2025-61")]),
        ("商务部、海关总署2024年第67号公告（《某目录》）同时废止。", [("repeals", "MOFCOM-GACC 2024-67")]),
        ("对商务部公告2025年第61号附件1予以修改。", [("amends", "MOFCOM 2025-61")]),
        ("商务部公告2025年第72号规定的暂停期限延长至2027年3月1日。", [("extends", "MOFCOM 2025-72")]),
        ("《某某物项出口管制办法》同时废止。", [("repeals", "某某物项出口管制办法")]),
        ("《中华人民共和国两用物项出口管制清单》同步予以更新。", [("amends", "两用物项出口管制清单")]),
        ("根据商务部公告2025年第61号有关规定，公告如下。", []),
    ],
)
def test_the_verb_beside_the_number_says_what_happens(
    sentence: str, relations: list[tuple[str, str]]
) -> None:
    assert _acts(sentence) == relations


def test_a_clause_of_the_target_is_kept() -> None:
    assert announcement("商务部公告2024年第46号第二款暂停实施。").relations[0].clause == "第二款"


def test_two_verbs_in_one_sentence_go_to_their_own_numbers() -> None:
    read = announcement("自2026年4月1日起，商务部公告2025年第61号恢复实施，商务部公告2025年第70号同时废止。")
    assert [(r.verb.value, r.target) for r in read.relations] == [
        ("resumes", "MOFCOM 2025-61"),
        ("repeals", "MOFCOM 2025-70"),
    ]


def test_press_reports_the_notice_and_what_it_acts_on() -> None:
    read = notice(
        "Regulator pauses rare earth rules",
        "Reuters reported on 3 March 2026 that MOFCOM issued Announcement No. 70 of 2026. It suspen"
        "ds Announcements 61 and 62 of 2025.",
    )
    assert [(r.verb.value, r.target) for r in read.relations] == [
        ("reports", "MOFCOM 2026-70"),
        ("suspends", "MOFCOM 2025-61"),
        ("suspends", "MOFCOM 2025-62"),
    ]


KNOWN = {"MOFCOM 2025-55": ("superhard",), "MOFCOM 2025-56": ("rare_earth.equipment",)}


def test_a_suspension_inherits_the_items_of_its_targets() -> None:
    read = announcement("商务部、海关总署公告2025年第55号、56号暂停实施。")
    assert read.categories == ()
    resolved = resolve_categories(read, KNOWN, LEXICON)
    assert [(c.id, c.basis) for c in resolved.categories] == [
        ("superhard", "resolved"),
        ("rare_earth.equipment", "resolved"),
    ]
    assert all(c.quote == read.relations[0].quote for c in resolved.categories)
    assert "superhard materials" in resolved.summary.en
    assert "超硬材料" in resolved.summary.zh


def test_a_notice_that_names_items_inherits_nothing() -> None:
    read = announcement("决定对镓实施出口管制，商务部公告2025年第55号同时废止。")
    assert resolve_categories(read, KNOWN, LEXICON) == read


def test_unknown_targets_change_nothing() -> None:
    read = announcement("商务部公告2025年第99号暂停实施。")
    assert resolve_categories(read, KNOWN, LEXICON) == read


@pytest.mark.parametrize(
    ("text", "relations"),
    [
        (
            "商务部公告2025年第70号决定，暂停执行商务部公告2025年第44号。\n现决定恢复执行商务部公告2025年第44号。",
            {("resumes", "MOFCOM 2025-44")},
        ),
        (
            "商务部2025年3月30日发布公告2025年第35号，决定暂停实施商务部公告2024年第90号。\n"
            "现决定，上述暂停实施的期限届满后继续延长，至2027年3月31日止。",
            {("extends", "MOFCOM 2025-35"), ("suspends", "MOFCOM 2024-90")},
        ),
        (
            "商务部公告2025年第55号，已由商务部公告2025年第70号暂停实施，暂停期限即将届满。\n"
            "现将第70号公告所规定的暂停期限延长一年。",
            {("extends", "MOFCOM 2025-70"), ("suspends", "MOFCOM 2025-55")},
        ),
        (
            "商务部公告2025年第19号将12家实体列入出口管制管控名单。\n"
            "决定将甲公司（A Works Inc.）移出出口管制管控名单，停止公告2025年第19号对该公司规定的措施。",
            {("amends", "MOFCOM 2025-19")},
        ),
    ],
)
def test_what_an_older_notice_decided_is_not_what_this_one_does(
    text: str, relations: set[tuple[str, str]]
) -> None:
    assert set(_acts(text)) == relations


@pytest.mark.parametrize(
    "sentence",
    [
        "自即日起至2027年11月10日，停止适用商务部公告2025年第61号。",
        "停止执行商务部公告2025年第61号规定的措施，为期至2027年5月5日。",
        "停止执行商务部公告2025年第61号，为期一年。",
    ],
)
def test_a_notice_that_stops_until_a_day_is_suspended(sentence: str) -> None:
    assert _acts(sentence) == [("suspends", "MOFCOM 2025-61")]


def test_a_report_that_says_that_a_notice_rests_does_not_announce_it() -> None:
    read = notice(
        "China keeps rare earth curbs on hold",
        "BEIJING, 3 March 2026 - MOFCOM said that Announcement No. 16 of 2026 would remain suspended.",
    )
    assert [(found.verb.value, found.target) for found in read.relations] == [("suspends", "MOFCOM 2026-16")]


@pytest.mark.parametrize(
    ("sentence", "acts"),
    [
        (
            "《出口许可证管理货物目录（2026年）》（商务部公告2025年第95号公布）增列附表货物。",
            [("amends", "MOFCOM 2025-95")],
        ),
        ("Announcement No. 55 of 2025, whose implementation was suspended, is not affected hereby.", []),
        (
            "MOFCOM Announcement No. 46 of 2025 is not among the documents repealed and continues to apply.",
            [],
        ),
    ],
)
def test_a_list_is_changed_by_its_name_and_what_goes_on_is_left(
    sentence: str, acts: list[tuple[str, str]]
) -> None:
    assert [act for act in _acts(sentence) if not act[1].startswith("出口")] == acts


def test_figures_alone_recall_a_number_named_before() -> None:
    read = notice(
        "Unreliable Entity List Working Mechanism Announcement [2026] No. 13",
        "On April 4, 2025, the Working Mechanism issued Announcements [2025] No. 5 and No. 6, placing 17 US entities on"
        " the Unreliable Entity List.\n(1) the measures announced in No. 5 shall be suspended for one year;\n"
        "(2) the measures announced in No. 6 shall be suspended for 90 days.\nMarch 2, 2026",
    )
    assert {(found.verb.value, found.target) for found in read.relations} == {
        ("suspends", "UEL 2025-5"),
        ("suspends", "UEL 2025-6"),
    }


@pytest.mark.parametrize(
    ("sentence", "verb"),
    [
        ("商务部公告2025年第31号中“指标可跨年度使用”的规定同时停止执行。", "amends"),
        ("The exemption provided for in Announcement No. 23 of 2025 is abolished.", "amends"),
        ("商务部公告2025年第33号附件中压机的技术指标以本公告附件序号1为准。", "amends"),
        ("海关总署公告2025年第72号不变。", None),
    ],
)
def test_what_ends_in_part_is_amended_and_what_stays_is_left_alone(sentence: str, verb: str | None) -> None:
    assert [found for found, _ in _acts(sentence)] == ([verb] if verb else [])


def test_each_row_of_a_clean_up_says_what_is_done() -> None:
    rows = (
        "1 / 商务部公告2018年第77号 / 全文废止\n"
        "2 / 商务部公告2020年第63号 / 第二条、第五条废止，其余继续有效\n"
        "3 / 商务部令2019年第4号 / 将第九条中“机电办”改为“商务主管部门”"
    )
    found = notice(
        "商务部公告2026年第90号 关于废止和修改部分文件的决定",
        f"决定对下列文件予以废止或者修改。\n序号 / 文件 / 处理意见\n{rows}\n商务部\n2026年3月2日",
    )
    assert [(act.verb.value, act.target) for act in found.relations] == [
        ("repeals", "MOFCOM 2018-77"),
        ("amends", "MOFCOM 2020-63"),
        ("amends", "MOFCOM Order 2019-4"),
    ]


def test_the_notice_that_had_suspended_another_is_extended_where_the_other_goes_on_resting() -> None:
    found = announcement(
        "2025年11月10日发布2025年第57号公告，决定自当日起至2026年3月10日暂停实施上述措施。"
        "上述暂停措施到期后继续实施。即日起继续暂停实施商务部公告2025年第39号。"
    )
    acts = {(act.verb.value, act.target) for act in found.relations}
    assert acts == {("suspends", "MOFCOM 2025-39"), ("extends", "MOFCOM 2025-57")}


@pytest.mark.parametrize(
    ("sentence", "relations"),
    [
        (
            "废止《关于暂停实施稀土技术出口管制的公告》（商务部公告2025年第72号）。",
            [("repeals", "MOFCOM 2025-72")],
        ),
        ("商务部公告2025年第45号规定的暂停措施自2026年6月15日起停止执行。", [("repeals", "MOFCOM 2025-45")]),
        (
            "许可程序按照商务部公告2020年第63号附件3执行，其附件1、附件2同时废止。",
            [("amends", "MOFCOM 2020-63")],
        ),
        (
            "商务部公告2025年第70号所定暂停实施期限届满后，2025年第55号公告继续暂停实施。",
            [("suspends", "MOFCOM 2025-55"), ("extends", "MOFCOM 2025-70")],
        ),
        (
            "现将《中国禁止出口限制出口技术目录》（商务部公告2025年第28号公布）的调整事项公告如下。",
            [("amends", "MOFCOM 2025-28")],
        ),
    ],
)
def test_the_notice_that_put_another_to_rest_has_an_end_of_its_own(
    sentence: str, relations: list[tuple[str, str]]
) -> None:
    assert sorted(_acts(sentence)) == sorted(relations)


def test_a_ban_told_of_first_is_prolonged_by_what_follows() -> None:
    read = notice(
        "Ministry of Commerce\nAnnouncement No. 6 of 2026",
        "Under MOFCOM Announcement No. 29 of 2025 the export of argon is prohibited until March 31, 2026. The Ministry hereby "
        "announces that the prohibition is prolonged to July 31, 2026.\nMinistry of Commerce\nMarch 2, 2026",
    )
    assert [(act.verb.value, act.target) for act in read.relations] == [("extends", "MOFCOM 2025-29")]


def test_a_list_of_dashes_takes_the_verb_of_the_line_that_leads_it() -> None:
    assert _acts(
        "自2026年4月10日起，以下公告暂停实施一年：\n——商务部公告2025年第41号（公布对铟相关物项实施出口管制的决定）；\n"
        "——商务部公告2025年第43号（公布对稀土相关技术实施出口管制的决定）。"
    ) == [("suspends", "MOFCOM 2025-41"), ("suspends", "MOFCOM 2025-43")]


def test_what_rests_is_told_where_only_measures_named_before_go_on_resting() -> None:
    found = _acts(
        "工作机制2025年5月14日发布公告（不可靠实体清单工作机制公告〔2025〕6号），暂停公告〔2024〕22号对4家实体采取的不可靠实体清单措施，"
        "为期一年。\n决定自2026年5月14日起至2026年12月31日，对上述4家实体继续暂停前述措施。"
    )
    assert ("extends", "UEL 2025-6") in found


def test_what_a_review_decides_on_a_listing_below_amends_and_suspends_it() -> None:
    found = notice(
        "不可靠实体清单工作机制公告〔2026〕13号 关于调整不可靠实体清单措施的公告",
        "工作机制对不可靠实体清单工作机制公告〔2025〕6号所列实体的改正情况进行了审查，决定：\n"
        "（一）甲冷链公司（Alpha Cold Chain, Inc.）已改正其行为，自2026年3月10日起移出不可靠实体清单，停止采取相应措施。\n"
        "（二）对下列实体，自2026年3月10日起暂停执行上述公告规定的措施，期限一年：\n乙雷达公司（Beta Radar, Inc.）\n2026年3月2日",
    )
    assert {(act.verb.value, act.target) for act in found.relations} == {
        ("amends", "UEL 2025-6"),
        ("suspends", "UEL 2025-6"),
    }


def test_what_suspended_a_notice_does_not_apply_again_with_it() -> None:
    found = announcement(
        "2025年11月7日，商务部发布2025年第90号公告，决定暂停实施第33号公告。\n商务部决定自2026年4月10日起恢复实施商务部公告2025年第33号，"
        "商务部公告2025年第90号同时废止。"
    )
    assert {(act.verb.value, act.target) for act in found.relations} == {
        ("resumes", "MOFCOM 2025-33"),
        ("repeals", "MOFCOM 2025-90"),
    }


@pytest.mark.parametrize(
    "decision",
    [
        "现决定，自2026年4月1日起，上述两个公告暂时停止执行，为期九个月。",
        "自2026年4月1日起，上述两份公告停止实施90天。",
        "The Ministry has decided to put both Announcements on hold from 1 April 2026.",
        "These two Announcements shall be held in abeyance from 1 April 2026.",
    ],
)
def test_a_count_of_notices_means_each_of_those_named_before(decision: str) -> None:
    recalled = (
        "In June 2025 the Ministry of Commerce issued Announcement No. 31 of 2025 and Announcement No. 32 of 2025."
        if decision.isascii()
        else "2025年6月，商务部先后发布2025年第31号公告和2025年第32号公告。"
    )
    assert _acts(f"{recalled}\n{decision}") == [
        ("suspends", "MOFCOM 2025-31"),
        ("suspends", "MOFCOM 2025-32"),
    ]


def test_a_count_that_does_not_agree_means_none_of_them() -> None:
    assert (
        _acts("2025年6月，商务部发布第31号公告和第32号公告。\n自2026年4月1日起，上述三个公告停止实施90天。")
        == []
    )


@pytest.mark.parametrize(
    "act",
    [
        "put on hold the enforcement of",
        "hold in abeyance",
        "stay the application of",
        "temporarily cease to apply",
    ],
)
def test_what_is_put_on_hold_rests(act: str) -> None:
    found = announcement(
        f"It is hereby decided to {act} MOFCOM Announcement No. 31 of 2025 from 1 April 2026."
    )
    assert [(relation.verb.value, relation.target) for relation in found.relations] == [
        ("suspends", "MOFCOM 2025-31")
    ]
    assert found.direction.value == "suspend"


@pytest.mark.parametrize("act", ["从关注名单中去除", "自关注名单上除名", "从关注名单中剔除"])
def test_a_party_taken_off_by_any_word_amends_the_listing_named_before(act: str) -> None:
    found = announcement(
        "商务部公告2025年第31号将9家进口商列入出口管制关注名单。\n"
        f"经核实，决定自2026年4月1日起把下列实体{act}：\n1. 甲光学公司（Alpha Optics B.V.）"
    )
    assert [(relation.verb.value, relation.target) for relation in found.relations] == [
        ("amends", "MOFCOM 2025-31")
    ]
    assert found.direction.value == "relax"


def test_a_postponement_that_is_not_prolonged_lets_only_what_was_postponed_apply_again() -> None:
    assert _acts(
        "商务部2025年5月8日发布的2025年第70号公告决定，将2025年第31号公告的施行推迟至2026年4月1日。\n"
        "推迟期满后不再延长。自2026年4月2日起，商务部公告2025年第31号重新执行。"
    ) == [("resumes", "MOFCOM 2025-31")]


def test_the_name_of_a_prolonged_notice_does_not_say_what_is_done_to_it() -> None:
    assert _acts(
        "《关于暂停收取特别港务费的公告》（交通运输部公告2025年第31号）规定的暂停收取期限，由2026年4月1日顺延至2027年4月1日。"
    ) == [("extends", "MOT 2025-31")]


def test_what_a_notice_had_put_to_rest_by_its_number_is_prolonged_by_it() -> None:
    assert sorted(
        _acts(
            "By Announcement No. 40 of 2025, the Ministry of Commerce suspended Announcement No. 20 of 2025 until "
            "April 1, 2026. It has been decided to prolong that suspension to April 1, 2027."
        )
    ) == [("extends", "MOFCOM 2025-40"), ("suspends", "MOFCOM 2025-20")]


def test_a_part_of_those_listed_by_several_notices_amends_each() -> None:
    assert _acts(
        "商务部公告2025年第11号、第30号先后将21家实体列入关注名单。现将其中下列2家从名单中移除，自2026年4月1日起生效。"
    ) == [("amends", "MOFCOM 2025-11"), ("amends", "MOFCOM 2025-30")]


def test_notices_named_before_a_decision_on_both_are_its_targets() -> None:
    assert _acts(
        "商务部公告2025年第45号、2025年第46号原定于2026年4月1日施行。现将上述两个公告的施行日期延后至2026年8月1日。"
    ) == [("amends", "MOFCOM 2025-45"), ("amends", "MOFCOM 2025-46")]


def test_a_pause_that_is_not_renewed_lets_its_notice_apply_again() -> None:
    assert _acts(
        "The pause in the implementation of MOFCOM Announcement No. 33 of 2025 will not be renewed when it runs out "
        "on April 10, 2026."
    ) == [("resumes", "MOFCOM 2025-33")]


def test_a_notice_whose_suspension_ends_by_words_behind_its_number_is_repealed() -> None:
    assert _acts(
        "商务部公告2025年第11号自2026年4月1日起恢复效力。此前以商务部公告2025年第40号作出的暂停安排同时终止。"
    ) == [("resumes", "MOFCOM 2025-11"), ("repeals", "MOFCOM 2025-40")]


def test_an_act_told_with_its_days_is_that_of_the_notice_before_it() -> None:
    assert _acts(
        "2025年3月，商务部发布2025年第70号公告，自2025年4月1日至2026年4月1日，暂停实施2025年第55号、第56号公告。"
        "\n现决定将上述暂停实施措施延续一年。"
    ) == [("extends", "MOFCOM 2025-70")]


def test_a_list_of_bare_numbers_takes_the_form_of_the_line_that_leads_it() -> None:
    assert _acts(
        "The following Announcements are shelved for twelve months as from April 1, 2026: No. 50 of 2025 (gallium), "
        "No. 51 of 2025 (germanium)."
    ) == [("suspends", "MOFCOM 2025-50"), ("suspends", "MOFCOM 2025-51")]


def test_what_is_not_enforced_between_two_days_rests_from_one_to_the_other() -> None:
    found = announcement(
        "MOFCOM Announcement No. 50 of 2025 will not be enforced between April 1, 2026 and March 31, 2027."
    )
    assert [(act.verb.value, act.target) for act in found.relations] == [("suspends", "MOFCOM 2025-50")]
    assert [(str(entry.start), str(entry.until)) for entry in found.effective] == [
        ("2026-04-01", "2027-03-31")
    ]
    assert found.direction.value == "suspend"


def test_a_rest_that_is_not_renewed_ends_by_any_word() -> None:
    found = announcement(
        "对商务部公告2025年第50号暂停执行的安排将于2026年3月31日期满。商务部决定不予续期，自次日起重新施行。"
    )
    assert [(act.verb.value, act.target) for act in found.relations] == [("resumes", "MOFCOM 2025-50")]
    assert found.direction.value == "resume"
