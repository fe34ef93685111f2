"""What sites, pressers and mails put around a notice, and what a notice says without saying so."""

from __future__ import annotations

from datetime import date

import pytest

from controlwatch.core.model import Direction, DocumentNumber, Notice, NoticeKind, Verb
from tests.extraction.making import announcement, notice

SIGNED = "商务部\n2028年3月2日"


def _read(title: str, body: str) -> Notice:
    return notice(title, f"{body}\n{SIGNED}")


@pytest.mark.parametrize(
    "body",
    [
        "您访问的页面暂时无法显示，请稍后再试。\n免责声明：转载请注明出处。",
        "404\n很抱歉，您要找的页面不存在或已被删除！\n5秒后自动跳转至首页，您也可以使用站内搜索。",
    ],
)
def test_a_page_with_the_words_of_a_server_is_empty_whatever_its_title(body: str) -> None:
    read = notice("商务部公告2028年第61号 公布对部分物项实施出口管制的决定", body)
    assert (read.kind, read.is_change) == (NoticeKind.EMPTY, False)
    assert "The page has the title of an instrument and no text below it." in read.doubts


def test_a_deleted_code_is_acted_on() -> None:
    read = announcement("一、删去9A503。\n二、将9A014.b中的“16千瓦”修改为“12千瓦”。")
    assert {found.code for found in read.control_codes} == {"9A503", "9A014.b"}


def test_a_duty_to_let_end_users_be_checked_is_a_change() -> None:
    read = _read(
        "商务部公告2028年第73号 关于对铟相关物项出口实施最终用途核查的公告",
        "一、出口3C004.b项下磷化铟衬底，境外最终用户应当接受现场核查。\n二、本公告自2028年4月1日起施行。",
    )
    assert (read.is_change, read.direction) == (True, Direction.TIGHTEN)


def test_a_signature_in_two_languages_is_one_day() -> None:
    read = notice(
        "商务部公告2028年第73号 / MOFCOM Announcement No. 73 of 2028",
        "决定对铟实施出口管制。\n商务部 Ministry of Commerce\n2028年3月2日 March 2, 2028",
    )
    assert read.published == date(2028, 3, 2)


def test_the_title_of_a_suspended_notice_says_for_which_destination() -> None:
    read = _read(
        "商务部公告2028年第30号",
        "商务部公告2027年第11号（《关于强化部分物项对美国出口审查的公告》）第二款自2028年4月1日起暂停实施。",
    )
    assert read.destinations == ("US",)


def test_the_office_that_lends_its_seal_does_not_issue() -> None:
    read = notice(
        "不可靠实体清单工作机制公告〔2028〕5号",
        "决定将下列企业列入不可靠实体清单：\n1. 甲航空公司（Alpha Aero Inc.）\n不可靠实体清单工作机制\n（商务部代章）\n2028年3月2日",
    )
    assert read.issuers == ("UELWM",)


def test_what_stops_behind_a_semicolon_begins_on_the_same_day_and_has_no_end() -> None:
    read = notice(
        "商务部新闻发言人就调整管控名单措施答记者问",
        "2028-03-02\n答：自2028年3月10日起，对2月9日列入管控名单的7家实体暂停适用有关措施90天；"
        "2月11日列入的5家实体停止适用有关措施。",
    )
    assert [(found.start, found.until) for found in read.effective] == [
        (date(2028, 3, 10), date(2028, 6, 8)),
        (date(2028, 3, 10), None),
    ]


def test_a_spokesperson_may_decide_without_a_number() -> None:
    read = notice(
        "商务部新闻发言人就半导体有关问题答记者问",
        "2028-03-02\n答：经研究，中方决定，自即日起对该公司在华工厂生产的芯片出口予以豁免，无需再申领许可。",
    )
    assert (read.is_change, read.direction) == (True, Direction.RELAX)


@pytest.mark.parametrize(
    ("sentence", "direction"),
    [
        (
            "停止执行商务部公告2027年第29号关于暂停氦气（海关商品编号：2804290010）出口的规定，恢复正常出口。",
            Direction.RELAX,
        ),
        ("自2028年4月1日起，不再执行上述暂停措施，恢复加征24%的关税。", Direction.RESUME),
    ],
)
def test_the_end_of_a_stop_moves_what_was_stopped(sentence: str, direction: Direction) -> None:
    assert announcement(sentence).direction is direction


def test_alloys_named_by_two_metals_are_items_of_the_first() -> None:
    read = announcement("对钨铼合金丝（参考海关商品编号：8101960010）实施出口管制。")
    assert [found.id for found in read.categories] == ["minor_metals.tungsten"]


def test_endorsement_by_a_foreign_ministry_does_not_make_a_measure_foreign() -> None:
    read = announcement(
        "对镓相关两用物项对日本出口，申请人应当提交经日方政府部门背书的最终用户证明，审查时从严掌握。"
    )
    assert "minor_metals.gallium" in {found.id for found in read.categories}


def test_the_meeting_of_a_minister_is_no_news_of_a_rule() -> None:
    read = notice(
        "商务部部长会见某国经济界访华团",
        "2028-03-02\n部长表示，中国依法依规对稀土等物项实施管制，对符合规定的申请均予以许可。",
    )
    assert not read.reports_change


def test_the_licence_of_a_company_is_no_news_of_a_rule() -> None:
    read = notice(
        "Arctic Flake Ltd secures Chinese export licence",
        "Oslo, 4 March 2028. Its supplier has received a dual-use export licence for spherical graphite, "
        "valid from 15 March 2028. Announcement No. 39 remains in force.",
    )
    assert not read.reports_change


def test_the_term_of_an_inserted_rule_is_not_that_of_the_notice() -> None:
    read = announcement(
        "第十二条增加一款，作为第二款：“未如实申报的，暂停受理其出口申请六个月。”\n本决定自2028年4月1日起施行。"
    )
    assert [(found.start, found.until) for found in read.effective] == [(date(2028, 4, 1), None)]


def test_goods_under_way_get_a_deadline_and_no_period() -> None:
    read = announcement(
        "一、自2028年4月1日起，对附件所列商品加征15%关税。\n"
        "二、2028年4月1日之前，货物已从启运地启运，并于2028年4月1日至2028年5月13日期间进口的，不加征本公告规定加征的关税。"
    )
    assert [(found.start, found.until) for found in read.effective] == [(date(2028, 4, 1), None)]
    assert [found.date for found in read.deadlines] == [date(2028, 5, 13)]


def test_a_time_limit_from_force_is_counted_from_the_day_of_force() -> None:
    read = announcement(
        "决定对稀土实施出口管制。本办法自2028年4月1日起施行。稀土企业应当自本办法施行之日起6个月内完成系统接入。"
    )
    assert [found.date for found in read.deadlines] == [date(2028, 10, 1)]


@pytest.mark.parametrize(
    "text",
    [
        "决定对镓实施出口管制。\n四、本公告自2028年4月1日起施行。\n五、本公告自公布之日起正式实施。",
        "自2028年4月1日起，暂停实施商务部公告2027年第70号，为期90天，即暂停至2028年12月31日。",
    ],
)
def test_days_that_contradict_each_other_are_a_doubt(text: str) -> None:
    read = announcement(text)
    assert any("two days" in doubt or "do not agree" in doubt for doubt in read.doubts)


def test_a_headline_with_another_term_than_its_text_is_a_doubt() -> None:
    text = (
        "LONDON, April 30, 2028 - China has suspended its graphite controls from May 1, 2028 until {until}."
    )
    doubts = [
        notice("China suspends graphite controls for two years", text.format(until=until)).doubts
        for until in ("March 31, 2029", "April 30, 2030")
    ]
    told = "The title speaks of a term that no period of the text has."
    assert [told in found for found in doubts] == [True, False]


def test_a_party_that_a_dated_notice_listed_is_removed_and_its_notice_amended() -> None:
    read = _read(
        "商务部公告2028年第90号 关于将里德光学有限公司移出出口管制管控名单的公告",
        "里德光学有限公司（Reed Optics Ltd.）于2027年8月14日经商务部公告2027年第58号列入出口管制管控名单。"
        "经其申请，商务部决定将其移出管控名单。公告2027年第58号所列其他实体不受影响。",
    )
    assert [(found.verb, found.target) for found in read.relations] == [(Verb.AMENDS, "MOFCOM 2027-58")]
    assert [found.action for found in read.entities] == ["delist"]


def test_the_number_above_a_full_text_is_its_number() -> None:
    read = notice(
        "商務部公佈對磷化銦襯底實施出口管制（全文）",
        "商務部網站今日公佈商務部公告2028年第66號，全文如下：\n根據《中華人民共和國出口管制法》，"
        f"經國務院批准，決定對下列物項實施出口管制：\n一、磷化銦襯底。\n二、本公告自2028年4月1日起實施。\n{SIGNED}",
    )
    assert read.number is not None
    assert read.number.canonical == "MOFCOM 2028-66"


def test_parties_named_in_latin_letters_inside_a_chinese_sentence_are_kept_apart() -> None:
    read = _read(
        "商务部令二〇二八年第6号 关于对甲海洋株式会社3家美国相关子公司采取反制措施的决定",
        "商务部决定将甲海洋株式会社3家美国相关子公司Orca Shipping LLC、Orca Philly Yard Inc.和HS USA Holdings Corp."
        "列入反制清单，禁止我国境内的组织、个人与其进行有关交易。",
    )
    assert [found.en for found in read.entities] == [
        "Orca Shipping LLC",
        "Orca Philly Yard Inc.",
        "HS USA Holdings Corp.",
    ]


def test_addresses_and_other_names_below_a_party_are_no_further_parties() -> None:
    read = _read(
        "商务部公告2028年第23号 公布将2家美国实体列入出口管制管控名单的决定",
        "决定将2家美国实体列入出口管制管控名单（见附件）。\n附件\n1. 鲍尔技术公司（Ball Technologies Corp.）\n"
        "地 址：10 Longs Drive, Las Vegas, NV, USA\n常用名称：Space & Mission Systems business of BAE Systems\n"
        "2. 美国稀土公司（USA Rare Earth, Inc.）\n地 址：100 W Airport Rd, Stillwater, OK, USA",
    )
    assert [(found.zh, found.en) for found in read.entities] == [
        ("鲍尔技术公司", "Ball Technologies Corp."),
        ("美国稀土公司", "USA Rare Earth, Inc."),
    ]


def test_a_numbered_line_is_a_party_whatever_it_is_called() -> None:
    read = _read(
        "商务部公告2028年第11号 公布将2家日本实体列入出口管制管控名单的决定",
        "决定将2家日本实体列入出口管制管控名单。\n附件\n1. 三星川造船株式会社（Mitsuboshi Shipbuilding Co., Ltd.）\n"
        "2. 日本航空研究开发机构（Japan Aviation Exploration Agency）",
    )
    assert [found.zh for found in read.entities] == ["三星川造船株式会社", "日本航空研究开发机构"]


def test_an_answer_on_a_measure_from_a_day_on_is_never_silent() -> None:
    read = notice(
        "商务部新闻发言人就芯片出口有关问题答记者问",
        "2028-03-02\n答：自即日起，有关企业凭承诺书出口民用芯片，海关直接放行，许可手续按便利化安排调整。",
    )
    assert read.is_change or [found.rule for found in read.review] == ["review.answered-measure"]


def test_a_question_on_a_measure_asks_nobody_to_look() -> None:
    read = notice(
        "商务部新闻发言人就出口管制问题答记者问",
        "2028-03-02\n问：有报道称，自4月1日起中方将暂停有关出口管制措施，能否证实？\n答：我没有可以提供的信息。",
    )
    assert not read.review


def test_the_day_of_a_mail_stands_in_its_head() -> None:
    read = notice(
        "发件人：税务部",
        "收件人：各区\n时间：2028-11-22 10:40\n主题：出口退税调整提醒\n各位同事：\n财政部上周发布了2028年第33号公告，磷酸铁锂退税率由9%降到6%。",
    )
    assert read.published == date(2028, 11, 22)


def test_an_order_is_dated_below_its_office_and_not_by_the_law_that_it_amends() -> None:
    read = notice(
        "国务院关于修改《两用物项出口管制条例》的决定",
        "中华人民共和国国务院令\n第841号\n现予公布，自2028年3月1日起施行。\n总理　×××\n2027年12月18日\n"
        "国务院决定对《两用物项出口管制条例》（2024年9月30日国务院令第792号公布）作如下修改：\n一、第十四条增加一款。",
    )
    assert read.published == date(2027, 12, 18)


def test_what_a_part_called_background_tells_of_the_last_weeks_is_the_news() -> None:
    read = notice(
        "第81号公告要点",
        "某律师事务所｜2028年11月9日\n一、背景\n2028年11月6日，商务部与海关总署联合发布2028年第81号公告，将一批超硬材料设备纳入两用物项"
        "管制，自12月8日起实施。\n二、要点\n设备（2B903）受控。",
    )
    assert [day.start for day in read.effective] == [date(2028, 12, 8)]


def test_a_headline_that_promises_the_full_text_leaves_it_to_the_text() -> None:
    read = notice(
        "重磅！混动乘用车出口也要许可证了（附公告全文）",
        "某某号　2028年3月5日 18:30\n来源：商务部网站\n商务部 海关总署公告2028年第66号\n关于对混合动力乘用车实施出口许可证管理的公告\n"
        "决定对混合动力乘用车（海关商品编号8703601090）实施出口许可证管理。\n本公告自2028年7月1日起执行。\n商务部　海关总署\n2028年3月2日",
    )
    assert (read.is_change, read.number) == (
        True,
        DocumentNumber(issuers=("MOFCOM", "GACC"), year=2028, n=66),
    )


def test_a_number_at_the_foot_is_the_notices_own() -> None:
    read = notice(
        "关于废止商务部公告2026年第19号部分内容的公告",
        "商务部决定：\n废止商务部公告2026年第19号第一条第（二）项。据此，出口锗酸铋晶体无须再申领两用物项出口许可证。\n"
        "本公告自2028年4月1日起执行。\n公告编号：商务部公告2028年第7号\n签发日期：2028年3月2日",
    )
    assert read.number == DocumentNumber(issuers=("MOFCOM",), year=2028, n=7)
    assert (read.is_change, read.published) == (True, date(2028, 3, 2))


def test_the_head_of_a_japanese_mail_dates_and_names_it() -> None:
    read = notice(
        "差出人：貿易管理室",
        "日時：2028年3月12日 8:55\n件名：中国のテルル化カドミウム亜鉛基板の輸出管理\n各位\n昨夕、中国の商務部と海関総署が2028年第14号公告を公表しました。"
        "4月12日から、基板（6C002.e）を中国から輸出するには輸出許可が必要となります。",
    )
    assert read.published == date(2028, 3, 12)


def test_a_party_that_is_taken_off_a_list_in_japanese_is_not_left_out() -> None:
    read = notice(
        "中国商務部、2社を「関注リスト」から除外",
        "中国商務部は6月16日、「関注リスト」（ウオッチリスト）から、琴浦工業など日本企業2社を除外する公告（商務部公告2028年第34号）を発表した。",
        published=date(2028, 6, 17),
    )
    assert (read.reports_change, read.direction) == (True, Direction.RELAX)
    assert {category.id for category in read.categories} == {"entity.watch_list"}
