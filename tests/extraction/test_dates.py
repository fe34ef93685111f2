"""Publication days, effective dates and deadlines."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from controlwatch.core.extraction.mentions.dates import add_duration, find_date_mentions
from tests.extraction.making import LEXICON, SIGNED, announcement, notice


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("2026年11月8日", date(2026, 11, 8)),
        ("2026 年 11 月 8 日", date(2026, 11, 8)),
        ("二〇二六年十二月一日", date(2026, 12, 1)),
        ("二〇二六年十二月三十一日", date(2026, 12, 31)),
        ("2026-11-08", date(2026, 11, 8)),
        ("8 November 2026", date(2026, 11, 8)),
        ("November 8, 2026", date(2026, 11, 8)),
        ("Nov. 8, 2026", date(2026, 11, 8)),
        ("2026年13月40日", None),
        ("11月8日", None),
    ],
)
def test_days_are_read_in_both_languages(words: str, day: date | None) -> None:
    assert [word.day for word in find_date_mentions(words, LEXICON)] == [day]


def test_a_day_without_a_year_lies_next_to_the_publication() -> None:
    assert find_date_mentions("自1月1日起", LEXICON, anchor=date(2025, 12, 12))[0].day == date(2026, 1, 1)


def test_a_period_counts_from_its_start() -> None:
    assert add_duration(date(2025, 11, 10), 1, "年") == date(2026, 11, 10)
    assert add_duration(date(2024, 2, 29), 1, "年") == date(2025, 2, 28)
    assert add_duration(date(2026, 1, 31), 1, "个月") == date(2026, 2, 28)
    assert add_duration(date(2026, 1, 1), 90, "天") == date(2026, 4, 1)


@pytest.mark.parametrize(
    ("sentence", "start", "basis"),
    [
        ("本公告自公布之日起实施。", SIGNED, "on-publication"),
        ("本公告自发布之日起正式实施。", SIGNED, "on-publication"),
        ("本公告自印发之日起施行。", SIGNED, "on-publication"),
        ("以上措施自即日起执行。", SIGNED, "on-publication"),
        ("以上决定立即生效。", SIGNED, "on-publication"),
        ("上述措施即刻生效。", SIGNED, "on-publication"),
        ("本公告自公布次日起施行。", SIGNED + timedelta(days=1), "on-publication"),
        ("本公告自公布后第15日起施行。", SIGNED + timedelta(days=15), "on-publication"),
        ("本公告自2026年12月1日起正式实施。", date(2026, 12, 1), "stated"),
        ("本公告自二〇二六年十二月一日起施行。", date(2026, 12, 1), "stated"),
        ("本公告自2026年4月起执行。", date(2026, 4, 1), "stated"),
        ("本公告于2026年12月1日起施行。", date(2026, 12, 1), "stated"),
        ("本公告施行日期为2026年12月1日。", date(2026, 12, 1), "stated"),
        ("本公告于发布之日起三十日后开始执行。", SIGNED + timedelta(days=30), "on-publication"),
        ("2026年12月1日（含当日）以后申报出口的，适用本公告。", date(2026, 12, 1), "stated"),
        ("有关物项的管理措施以2026年12月1日为界。", date(2026, 12, 1), "stated"),
        ("企业应当于2026年12月1日前报送执行情况。", None, "not-stated"),
        ("有关事项另行公告。", None, "not-stated"),
        ("自收到申请之日起45日内作出决定。", None, "not-stated"),
        ("许可证有效期不超过2026年12月31日。", None, "not-stated"),
        ("出口许可证自签发之日起生效。", None, "not-stated"),
        ("该清单于2020年10月17日通过。", None, "not-stated"),
    ],
)
def test_effective_date_is_read_from_the_closing_sentence(
    sentence: str, start: date | None, basis: str
) -> None:
    read = announcement(f"决定对镓相关物项实施出口管制。\n{sentence}")
    assert [(found.start, found.basis) for found in read.effective] == [(start, basis)]


def test_days_after_publication_are_counted() -> None:
    found = announcement("决定对镓相关物项实施出口管制。本公告自公布之日起30日后施行。").effective[0]
    assert (found.start, found.basis, found.derived) == (date(2026, 4, 1), "on-publication", True)


def test_on_publication_without_a_publication_day_has_no_start() -> None:
    read = notice("关于对镓相关物项实施出口管制的公告", "本公告自公布之日起施行。")
    assert [(found.start, found.basis) for found in read.effective] == [(None, "on-publication")]
    assert "It takes effect on publication, but no publication date is stated." in read.doubts


def test_a_suspension_carries_its_end() -> None:
    found = announcement("经批准，自即日起至2027年3月1日，商务部公告2025年第80号暂停实施。").effective
    assert [(one.start, one.until, one.basis) for one in found] == [
        (SIGNED, date(2027, 3, 1), "on-publication")
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "自2026年3月10日13时01分起，暂停实施有关措施，为期一年。",
        "自2026年3月10日13时01分起，一年内暂停实施有关关税措施。",
    ],
)
def test_an_end_counted_from_a_period_is_derived_and_the_hour_kept(sentence: str) -> None:
    found = announcement(
        sentence, title="国务院关税税则委员会公告2026年第5号 关于暂停加征关税的公告"
    ).effective[0]
    assert (found.start, found.until, found.derived) == (date(2026, 3, 10), date(2027, 3, 10), True)
    assert found.time == time(13, 1)


def test_parts_with_their_own_dates_keep_their_scope() -> None:
    found = announcement(
        "决定对镓相关物项实施出口管制。\n本公告“一（一）”部分自2026年6月1日起实施。本公告“一（二）”部分自公布之日起实施。"
    ).effective
    assert [(one.start, "一（一）" in one.scope, "一（二）" in one.scope) for one in found] == [
        (date(2026, 6, 1), True, False),
        (SIGNED, False, True),
    ]


@pytest.mark.parametrize(
    ("title", "text", "page_date", "published", "day"),
    [
        (
            "关于对镓实施出口管制的公告",
            "本公告自公布之日起施行。\n商务部\n2026年3月2日",
            date(2026, 3, 9),
            None,
            SIGNED,
        ),
        (
            "关于对镓实施出口管制的公告",
            "【发文日期】2026年03月02日\n本公告自公布之日起施行。",
            date(2026, 3, 9),
            None,
            SIGNED,
        ),
        ("关于对镓实施出口管制的公告", "本公告自公布之日起施行。", date(2026, 3, 9), None, date(2026, 3, 9)),
        (
            "关于对镓实施出口管制的公告",
            "来源：商务部网站　2026-03-09\n本公告自公布之日起施行。",
            None,
            None,
            date(2026, 3, 9),
        ),
        (
            "关于对镓实施出口管制的公告",
            "本公告自公布之日起施行。",
            None,
            date(2026, 3, 10),
            date(2026, 3, 10),
        ),
        ("关于对镓实施出口管制的公告", "本公告自公布之日起施行。", None, None, None),
        ("Meeting on licences", "2026-03-02 17:18:46 [Print]\nA meeting was held.", None, None, SIGNED),
    ],
)
def test_publication_is_signature_then_label_then_dateline_then_page_then_given(
    title: str, text: str, page_date: date | None, published: date | None, day: date | None
) -> None:
    assert notice(title, text, page_date=page_date, published=published).published == day


@pytest.mark.parametrize(
    ("sentence", "kind", "day"),
    [
        ("意见反馈截止时间为2026年4月16日。", "comments-close", date(2026, 4, 16)),
        ("请于2026年4月16日前将意见反馈至我局。", "comments-close", date(2026, 4, 16)),
        ("过渡期至2026年6月30日止。", "transition-ends", date(2026, 6, 30)),
        ("企业应当于2026年5月31日前提交申请材料。", "application-closes", date(2026, 5, 31)),
        ("有关企业应当于2026年7月15日前向商务部报告。", "report-due", date(2026, 7, 15)),
    ],
)
def test_deadlines_are_not_effective_dates(sentence: str, kind: str, day: date) -> None:
    read = announcement(f"决定对镓相关物项实施出口管制。\n{sentence}")
    assert [(found.kind, found.date) for found in read.deadlines] == [(kind, day)]
    assert read.effective[0].basis == "not-stated"


def test_a_foreign_date_is_not_ours() -> None:
    read = notice("某国扩大出口管制清单", "某国政府宣布，自2026年5月1日起实施新规。")
    assert read.effective == ()


@pytest.mark.parametrize(
    ("sentence", "start", "until"),
    [
        ("本公告自发布之日起满30日后施行。", date(2026, 4, 1), None),
        ("本公告自2026年4月1日起施行。上述措施有效期二年。", date(2026, 4, 1), date(2028, 4, 1)),
        ("临时管制的实施期限为2年，自2026年4月1日起计算。", date(2026, 4, 1), date(2028, 4, 1)),
        ("自2026年4月1日起一年内，暂停实施商务部公告2025年第80号。", date(2026, 4, 1), date(2027, 4, 1)),
        (
            "自2026年4月1日至2026年9月30日，暂停实施商务部公告2025年第80号。",
            date(2026, 4, 1),
            date(2026, 9, 30),
        ),
        ("本公告于公布当日生效。", SIGNED, None),
        (
            "This Announcement shall take effect at 0:00 (Beijing time) on April 1, 2026.",
            date(2026, 4, 1),
            None,
        ),
        (
            "The measures are suspended for a further 90 days, starting from April 1, 2026.",
            date(2026, 4, 1),
            date(2026, 6, 30),
        ),
    ],
)
def test_periods_and_terms_are_counted_from_their_start(
    sentence: str, start: date, until: date | None
) -> None:
    found = announcement(f"决定对镓相关物项实施出口管制。\n{sentence}").effective
    assert [(day.start, day.until) for day in found] == [(start, until)]


@pytest.mark.parametrize(
    "sentence",
    [
        "许可证有效期1年。",
        "2026年4月1日前已签订的合同，可以在2026年6月30日前执行完毕。",
        "美国商务部的规则自2026年4月1日起生效。",
        "此前，商务部公告2025年第80号自2025年10月1日起施行。",
        "商务部公告2025年第80号规定的期限将于2026年4月1日届满。",
    ],
)
def test_days_of_licences_contracts_foreign_rules_and_the_past_are_not_taken(sentence: str) -> None:
    found = announcement(f"决定对镓相关物项实施出口管制。\n{sentence}").effective
    assert [(day.start, day.basis) for day in found] == [(None, "not-stated")]


def test_each_stage_says_what_it_does() -> None:
    found = announcement(
        "自2026年4月1日起至2026年12月31日，将电池产品的增值税出口退税率由9%下调至6%；自2027年1月1日起，取消电池产品增值税出口退税。"
    ).effective
    assert [(day.start, day.until, day.scope) for day in found] == [
        (date(2026, 4, 1), date(2026, 12, 31), "由9%下调至6%"),
        (date(2027, 1, 1), None, "取消电池产品增值税出口退税"),
    ]


@pytest.mark.parametrize(
    ("title", "text", "period"),
    [
        (
            "China to lift curbs on suppliers for a year",
            "BEIJING, March 7, 2028 - China said in UEL Announcement No. 9 of 2028 it would suspend for one year the bans.\n"
            "The suspension, effective March 10, covers four companies.",
            (date(2028, 3, 10), date(2029, 3, 10)),
        ),
        (
            "国务院关税税则委员会调整加征关税",
            "新华社2026年11月6日电 税委会今天公告，自2026年11月10日起，对原产于美国的进口商品，"
            "继续暂停实施24%的对美加征关税税率一年。",
            (date(2026, 11, 10), date(2027, 11, 10)),
        ),
    ],
)
def test_a_term_and_its_start_in_different_words_make_one_period(
    title: str, text: str, period: tuple[date, date]
) -> None:
    assert [(found.start, found.until) for found in notice(title, text).effective] == [period]


@pytest.mark.parametrize("words", ["from Saturday", "starting Thursday"])
def test_a_weekday_dates_nothing_where_the_day_of_the_report_is_unknown(words: str) -> None:
    read = notice(
        "China bans exports to a firm",
        f"Exports to the firm are banned {words}, MOFCOM said in Announcement No. 9 of 2028.",
    )
    assert [found.start for found in read.effective] in ([], [None])


def test_at_once_means_the_day_of_issue_that_the_sentence_gives() -> None:
    read = notice(
        "贸易周报",
        "2026年12月20日\n商务部12月15日公布2026年第61号公告，对镓实施出口管制，2027年2月1日起施行。\n"
        "海关总署12月18日发布第149号公告，自公告发布之日起恢复进口禽肉。",
    )
    assert date(2026, 12, 18) in {found.start for found in read.effective}


def test_days_in_a_question_are_the_reporters() -> None:
    read = notice(
        "商务部新闻发言人就有关措施答记者问",
        "2027年10月30日\n有记者问：双方结束磋商。美方称中方将自12月1日起停止管制措施，能否证实？\n"
        "答：中方决定，自2027年11月10日起，暂停实施商务部公告2027年第55号。",
    )
    assert [found.start for found in read.effective] == [date(2027, 11, 10)]


def _spans(body: str) -> set[tuple[date | None, date | None]]:
    return {(found.start, found.until) for found in announcement(body).effective}


def test_the_term_of_the_whole_notice_ends_each_of_its_parts() -> None:
    body = (
        "决定实施出口管制。第一条自2026年5月1日起施行；第二条自发布之日起施行。\n"
        "本公告有效期二年，自发布之日起计算。"
    )
    assert _spans(body) == {(date(2026, 5, 1), date(2028, 3, 2)), (date(2026, 3, 2), date(2028, 3, 2))}


def test_goods_that_are_let_in_again_are_dated_by_their_shipment() -> None:
    body = "恢复受理有关企业2026年3月20日（含，以提单日期计）以后启运的产品进口申报。此前启运的不予受理。"
    assert _spans(body) == {(date(2026, 3, 20), None)}


def test_what_an_older_notice_decided_does_not_date_its_correction() -> None:
    body = "2026年2月1日，商务部发布2026年第80号公告，决定自2026年4月1日起实施出口管制。现更正如下：序号2应为序号3。"
    assert _spans(body) == {(None, None)}


def test_an_older_mail_below_an_instrument_dates_nothing() -> None:
    head = (
        "From: a@company.example\nSubject: FW: full text\n\n商务部公告2026年第90号\n关于禁止氦气出口的公告\n"
    )
    act = "自2026年6月8日起，禁止出口氦气。\n商务部\n2026年6月5日\n"
    older = (
        "From: b@company.example\nSent: Wednesday, 31 May 2026\nThe trade says it starts from July 1, 2026."
    )
    first, _, rest = (head + act + older).partition("\n")
    assert {found.start for found in notice(first, rest).effective} == {date(2026, 6, 8)}


def test_a_corrected_day_governs_the_article_and_not_the_words_quoted() -> None:
    found = announcement(
        "商务部公告2026年第71号第四条“2026年12月15日”应为“2027年1月15日”。特此更正。",
        title="商务部公告2026年第90号 关于商务部公告2026年第71号的更正",
    )
    assert all("“" not in day.scope for day in found.effective)


@pytest.mark.parametrize(
    "body",
    [
        "Article 1 Tungsten powder requires an export licence.\nBeijing, 2 March 2026\n\nNote by the drafting department\n"
        "Why was the limit moved? Powder was ground down abroad, exporters of many provinces reported.",
        "Tungsten powder requires an export licence.\nDone at Beijing on 2 March 2026",
        "Tungsten powder requires an export licence.\nPeking, den 2. März 2026",
    ],
)
def test_place_and_day_on_a_line_are_a_signature(body: str) -> None:
    read = notice("MOFCOM Announcement No. 90 of 2026 on the Export Control of Tungsten Powder", body)

    assert read.published == SIGNED


def test_a_day_behind_the_number_of_a_head_is_that_of_the_notice() -> None:
    read = notice(
        "Ministry of Commerce\nMOFCOM Announcement No. 90 of 2026, 2 March 2026",
        "It has been decided to exercise export control over tungsten powder.\nExporters shall apply for a licence.",
    )

    assert read.published == SIGNED


def test_the_day_of_a_page_stands_below_the_title_that_it_prints_again() -> None:
    title = "MOFCOM Spokesperson's Remarks on Export Control over Tungsten"
    menus = "\n".join(f"Menu {name}" for name in "ABCDEFGHIJ")
    read = notice(
        title, f"{menus}\n{title}\nSource: Office  March 2, 2026 14:00  Font size: L M S\nQ: Will it last?"
    )

    assert read.published == SIGNED


@pytest.mark.parametrize(
    ("sentence", "start", "until"),
    [
        (
            "The measures shall remain suspended for a further year counted from 10 April 2026.",
            date(2026, 4, 10),
            date(2027, 4, 10),
        ),
        ("Collection of the port dues starts again on 14 April 2026.", date(2026, 4, 14), None),
        ("The export ban became effective three days later, on April 5, 2026.", date(2026, 4, 5), None),
    ],
)
def test_a_day_is_begun_in_the_words_of_english(sentence: str, start: date, until: date | None) -> None:
    read = notice(
        "MOFCOM Announcement No. 90 of 2026 on Suspending Measures under the Unreliable Entity List",
        f"{sentence}\nMinistry of Commerce\nMarch 2, 2026",
    )

    assert [(found.start, found.until) for found in read.effective] == [(start, until)]


def test_a_part_that_applies_again_begins_on_the_day_from_which_the_rest_goes_on_resting() -> None:
    read = announcement(
        "决定对列入不可靠实体清单的甲公司、乙公司，自2026年5月13日起继续暂停公告所列措施，期限为一年。\n其余2家实体的措施于2026年5月13日恢复，即：丙公司、丁公司。"
    )
    assert {(found.start, found.until) for found in read.effective} == {
        (date(2026, 5, 13), date(2027, 5, 13)),
        (date(2026, 5, 13), None),
    }


def test_the_term_that_another_notice_set_is_not_that_of_the_one_that_ends_it() -> None:
    read = announcement(
        "商务部于2025年10月30日发布公告2025年第68号，对公告2025年第31号的管制措施暂停实施一年。现公告如下：\n"
        "一、公告2025年第68号自2026年3月10日起提前终止。\n二、上述管制措施自同日起恢复执行。"
    )
    assert [(found.start, found.until) for found in read.effective] == [(date(2026, 3, 10), None)]


def test_what_has_begun_already_lies_in_the_past() -> None:
    read = notice(
        "同位素出口手续",
        "国防科工局、海关总署2026年1号公告2月15日就已经开始实行，医用同位素凭豁免编号报关，出口不用再办核两用品许可证了。",
        published=date(2026, 5, 13),
    )
    assert [found.start for found in read.effective] == [date(2026, 2, 15)]


def test_the_longest_period_that_a_law_allows_is_no_term() -> None:
    read = notice(
        "国务院关于修改《货物进出口管理条例》的决定",
        "中华人民共和国国务院令\n第856号\n现予公布，自2028年1月1日起施行。\n总理　×××\n2027年10月25日\n"
        "一、第三十五条修改为：“可以临时决定禁止特定货物出口。临时措施的实施期限不超过2年，确有必要的可以延长。”",
    )
    assert [(found.start, found.until) for found in read.effective] == [(date(2028, 1, 1), None)]


@pytest.mark.parametrize("verb", ["延长", "顺延", "延续", "展期"])
def test_a_term_that_is_prolonged_goes_on_from_the_day_on_which_it_ended(verb: str) -> None:
    found = announcement(f"商务部公告2025年第31号规定的暂停期限，由2026年4月1日{verb}至2027年4月1日。")
    assert [(entry.start, entry.until) for entry in found.effective] == [(date(2026, 4, 1), date(2027, 4, 1))]


@pytest.mark.parametrize(
    "clause",
    ["本公告于发布之时起正式生效。", "本公告自公布之时起立即执行。", "This Announcement is effective today."],
)
def test_the_moment_and_the_day_of_publication_are_one(clause: str) -> None:
    found = announcement(f"决定对镓相关物项实施出口管制。\n{clause}")
    assert [(entry.start, entry.basis) for entry in found.effective] == [(date(2026, 3, 2), "on-publication")]


def test_a_requirement_described_by_its_notice_does_not_make_a_sentence_a_recital() -> None:
    found = notice(
        "China pauses controls on gallium",
        "On March 2, 2026, the Ministry of Commerce published Announcement No. 90 of 2026. It suspends, from the "
        "day of publication until March 1, 2027, the licensing requirements that were introduced by MOFCOM "
        "Announcement No. 31 of 2025 for gallium.",
        published=date(2026, 3, 4),
    )
    assert [(entry.start, entry.until) for entry in found.effective] == [(date(2026, 3, 2), date(2027, 3, 1))]


def test_a_rest_that_begins_and_lasts_ends_after_its_term() -> None:
    found = announcement(
        "MOFCOM Announcement No. 31 of 2025 is suspended. The suspension begins on April 1, 2026 and lasts one year."
    )
    assert (date(2026, 4, 1), date(2027, 4, 1)) in [(entry.start, entry.until) for entry in found.effective]


def test_a_span_for_applications_does_not_end_the_notice() -> None:
    found = announcement(
        "决定对镓相关物项实施出口管制，自公布之日起施行。\n申请由省级商务主管部门受理，受理期限截至2026年4月20日。"
    )
    assert [entry.until for entry in found.effective] == [None]
    assert [(one.kind, one.date) for one in found.deadlines] == [("application-closes", date(2026, 4, 20))]


def test_half_a_year_is_six_months() -> None:
    found = announcement("自2026年4月1日起，暂停实施商务部公告2025年第31号，为期半年。")
    assert [(entry.start, entry.until) for entry in found.effective] == [
        (date(2026, 4, 1), date(2026, 10, 1))
    ]


def test_a_day_for_applications_leaves_the_other_days_of_its_sentence() -> None:
    found = announcement(
        "决定在2026年4月1日至2027年3月31日期间试行稀土永磁材料出口通用许可，企业可自2026年3月20日起提交申请。"
    )
    assert [(entry.start, entry.until) for entry in found.effective] == [
        (date(2026, 4, 1), date(2027, 3, 31))
    ]
    assert found.deadlines == ()


def test_the_act_of_another_state_may_be_the_reason_of_an_own_one() -> None:
    found = announcement(
        "鉴于美方已取消对有关中国企业的限制，自2026年4月1日起，取消商务部公告2025年第88号对美国4家企业采取的不可靠实体清单措施。"
    )
    assert [entry.start for entry in found.effective] == [date(2026, 4, 1)]
    assert found.direction.value == "relax"


def test_the_term_of_a_published_list_counts_from_its_publication() -> None:
    found = announcement("现将两用物项出口通用许可企业名单予以公布，有效期一年，自公布之日起计算。")
    assert [(entry.start, entry.until) for entry in found.effective] == [(date(2026, 3, 2), date(2027, 3, 2))]
