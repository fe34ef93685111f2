"""A report tells its news: what it recalls, and what is somebody's own affair, dates and names nothing."""

from __future__ import annotations

from datetime import date

import pytest

from tests.extraction.making import SIGNED, notice

TOLD = date(2028, 8, 21)
NEWS = "China will require licences for tungsten from Sept. 15, the commerce ministry said. "
NEWS_IN_CHINESE = "商务部8月21日宣布，自2028年9月15日起对钨实施出口管制。"


@pytest.mark.parametrize(
    "recalled",
    [
        "Beijing last year suspended similar rules covering lithium batteries until Nov. 10, 2028.",
        "Last autumn China put indium under licence until 31 December 2028.",
        "The ministry two years ago imposed a quota on antimony until 30 June 2029.",
        "It last December extended the pause on magnets to 10 November 2028.",
        "Your order from 1 October will be split in two lots.",
        "The contract dated 1 October 2028 stays in force.",
        "Exporters report every year, starting on 31 January.",
        "Reports are due half-yearly, from 31 January on.",
    ],
)
def test_what_a_report_recalls_dates_no_measure(recalled: str) -> None:
    read = notice("China tightens grip on tungsten", NEWS + recalled, published=TOLD)
    assert [(str(found.start), found.until) for found in read.effective] == [("2028-09-15", None)]


@pytest.mark.parametrize(
    "recalled",
    [
        "中方去年已将锂电池的管制暂停至2028年11月10日。",
        "前年公布的配额安排执行至2028年12月31日。",
        "企业应于每年1月31日起报送情况。",
        "贵司10月1日起的订单照常。",
    ],
)
def test_what_a_chinese_report_recalls_dates_no_measure(recalled: str) -> None:
    read = notice("商务部对钨实施出口管制", NEWS_IN_CHINESE + recalled, published=TOLD)
    assert [(str(found.start), found.until) for found in read.effective] == [("2028-09-15", None)]


def test_a_year_before_does_not_hide_what_is_done_now() -> None:
    text = "China last year suspended the controls on gallium, and will apply them again from Nov. 11, 2028."
    text = f"{text} China last year eased rules, and on Monday put germanium under licence from Dec. 1, 2028."
    read = notice("China tightens export controls on gallium and germanium", text, published=TOLD)
    assert "2028-12-01" in [str(found.start) for found in read.effective]


@pytest.mark.parametrize(
    ("title", "text"),
    [
        (
            "No, China has not banned graphite",
            "There is no such announcement: Announcement No. 99 of 2028, which bans exports of graphite "
            "from 1 December, is a forgery.",
        ),
        (
            "Graphite ban: where the screenshot came from",
            "MOFCOM has issued no such Announcement No. 99 of 2028 that bans graphite exports.",
        ),
        ("石墨禁运截图是假的", "群里在转商务部“2028年第99号公告”，称12月1日起禁止石墨出口。查无此号。"),
        ("“12月1日起禁止石墨出口”？", "商务部没有发布任何相关公告，所谓2028年第99号公告禁止石墨出口。"),
        (
            "Brenner Magnet AG: Half-year report 2028",
            "China's commerce ministry suspended its controls on dysprosium by Announcement No. 40 of 2028.",
        ),
        ("某某股份2028年半年度报告", "商务部发布2028年第40号公告，对稀土实施出口管制，公司已取得许可。"),
        (
            "Explainer: how a Chinese export licence works",
            "China restricts rare earths by MOFCOM Announcement No. 18 of 2025. A licence takes 45 days.",
        ),
    ],
)
def test_denials_results_and_guides_report_no_change(title: str, text: str) -> None:
    assert not notice(title, text, published=TOLD).reports_change


def test_each_item_of_a_series_has_its_number_and_its_dates() -> None:
    read = notice(
        "两部门再调整稀土管制",
        "商务部、海关总署21日接连发布三份公告。\n据第38号公告，自9月15日起，磁体扩散炉纳入出口管制。\n"
        "第39号公告则明确，2025年第56号公告中关于稀土萃取剂的规定暂停实施，自2028年8月21日起至2029年8月20日。\n"
        "第40号公告将2027年第66号公告的稀土离心机转速阈值下调，自公布之日起执行。",
        published=TOLD,
    )
    reported = {found.target for found in read.relations if found.verb == "reports"}
    assert reported == {f"MOFCOM-GACC 2028-{n}" for n in (38, 39, 40)}
    assert [(str(found.start), str(found.until)) for found in read.effective] == [
        ("2028-09-15", "None"),
        ("2028-08-21", "2029-08-20"),
        ("2028-08-21", "None"),
    ]


def test_each_row_of_a_digest_keeps_its_own_dates() -> None:
    read = notice(
        "China trade controls, weekly digest",
        "Week ending 4 August 2028.\n| Date | Instrument | Subject | Effective |\n|---|---|---|---|\n"
        "| 31 Jul | MOFCOM-GACC Ann. 2028 No. 39 | Helium (2804290010), export ban prolonged from "
        "1 August 2028 to 31 January 2029 | 1 Aug 2028 |\n"
        "| 1 Aug | MOFCOM Ann. 2028 No. 41 | Control List: Kessel Avionik GmbH (Germany) added | 1 Aug 2028 |",
        published=date(2028, 8, 4),
    )
    assert {(str(found.start), str(found.until)) for found in read.effective} == {
        ("2028-08-01", "2029-01-31"),
        ("2028-08-01", "None"),
    }
    assert [party.en for party in read.entities] == ["Kessel Avionik GmbH"]
    assert [found.code for found in read.hs_codes] == ["2804290010"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            "中国商务部今（21）日公告，把海扬飞航、经纬无人载具等8家台湾企业列入管控名单。",
            ["海扬飞航", "经纬无人载具"],
        ),
        ("商务部21日将两家台湾通路商「昱成电子」、「德亿国际」列入关注名单。", ["昱成电子", "德亿国际"]),
        (
            "商务部21日将三家企业“甲川航太”、“乙海造船”和“丙山光学”列入管控名单。",
            ["甲川航太", "乙海造船", "丙山光学"],
        ),
    ],
)
def test_the_parties_that_the_press_names_in_a_sentence(text: str, names: list[str]) -> None:
    read = notice("陆方再列台企管控名单", text, published=TOLD)
    assert [party.zh for party in read.entities] == names


def test_an_answer_on_a_new_notice_gives_its_dates_and_not_those_of_the_old_rule() -> None:
    read = notice(
        "商务部新闻发言人就公布对镓、锗下游物项实施出口管制应询答记者问",
        "2027-03-16 17:20 来源：商务部新闻办公室\n答：3月16日，商务部会同海关总署发布2027年第12号公告，对氧化镓"
        "实施出口管制，分别自4月20日和7月1日起施行。2023年8月1日起，中方已对镓、锗实施管制。",
    )
    assert [str(found.start) for found in read.effective] == ["2027-04-20", "2027-07-01"]


def test_days_that_an_agent_sets_for_its_clients_are_no_deadlines() -> None:
    text = "商务部公告，自2028年10月15日起对钨实施出口管制。请9月30日前把申报资料发到操作小吴邮箱，我们帮忙申报。"
    assert notice("商务部对钨实施出口管制", text, published=TOLD).deadlines == ()


@pytest.mark.parametrize(
    "bystanders",
    [
        "日本企業も開発を進めている。",
        "日本企业普遍担心断供。",
        "Japanese companies are developing the material.",
    ],
)
def test_firms_that_a_report_only_speaks_of_are_no_destination(bystanders: str) -> None:
    found = notice(
        "商务部对镓实施出口管制",
        f"商务部3月2日发布公告，自2026年4月1日起对镓实施出口管制。{bystanders}",
        published=SIGNED,
    )
    assert found.destinations == ()


def test_what_was_done_over_the_years_is_no_news() -> None:
    found = notice(
        "某商会会员通告",
        "「两用物项许可」讲座\n近年内地先后就镓、锗实施出口许可管理，会员查询甚多。\n2026年3月2日",
    )
    assert not found.reports_change


def test_a_byline_dates_a_commentary_before_the_day_of_its_subject() -> None:
    found = notice(
        "镓管制解读",
        "作者：李某 某律师事务所　发表于2026年3月5日\n2026年3月2日，商务部发布2026年第90号公告，对镓实施出口管制。",
    )
    assert found.published == date(2026, 3, 5)


def test_the_month_of_a_statistic_lies_behind_its_dateline() -> None:
    found = notice(
        "钨出口回落", "本报上海11月21日电　海关数据显示，2026年10月我国出口钨品1,204吨，环比下降3%。"
    )
    assert found.published == date(2026, 11, 21)


@pytest.mark.parametrize(
    ("headline", "text"),
    [
        (
            "US puts Chinese chip controls on hold",
            "The U.S. Commerce Department put on hold its rule. China's commerce ministry welcomed the step.",
        ),
        ("Tungsten market update", "Traders wait. China lifted export quotas on tungsten two years ago."),
    ],
)
def test_another_states_act_and_an_old_one_are_no_news_of_china(headline: str, text: str) -> None:
    assert not notice(headline, text, published=SIGNED).reports_change


def test_a_service_that_closes_for_maintenance_changes_no_rule() -> None:
    found = notice(
        "关于暂停办理部分业务的通知",
        "因系统维护，自2026年3月5日至3月7日暂停受理出口许可证申请。\n商务部\n2026年3月2日",
    )
    assert not found.is_change
