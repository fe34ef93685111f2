"""What a document is, and whether it changes the rules."""

from __future__ import annotations

from datetime import date

import pytest

from controlwatch.core.model import NoticeKind
from tests.extraction.making import announcement, notice


@pytest.mark.parametrize(
    ("title", "text", "kind"),
    [
        ("商务部公告2026年第90号 关于镓的公告", "本公告自公布之日起施行。", "announcement"),
        ("中华人民共和国商务部令二〇二六年第3号", "自2026年4月1日起施行。", "order"),
        ("关于优化某物项监管措施的通知", "现就有关事项通知如下。", "notice"),
        ("中华人民共和国出口管制法", "第一条 为了维护国家安全，制定本法。", "law"),
        ("中华人民共和国两用物项出口管制条例", "第一条 制定本条例。", "regulation"),
        ("某某管理办法（征求意见稿）公开征求意见的通知", "请于2026年4月1日前反馈。", "draft"),
        ("商务部新闻发言人就某事答记者问", "问：有何评论？\n答：已注意到。", "spokesperson-qa"),
        ("两用物项常见问题解答之九（镓）", "1.问题？", "faq"),
        ("两用物项出口许可申请填报指南", "第一步，登录系统。", "guidance"),
        ("我国加强镓出口管制", "央视网消息：商务部今天发布公告。", "news"),
        ("Experts on controls", "Core Viewpoint - the recent export controls matter.", "commentary"),
        ("", "", "empty"),
        ("请稍候", "<script>$_ts=window['$_ts'];</script>", "challenge"),
    ],
)
def test_a_document_shows_what_it_is(title: str, text: str, kind: str) -> None:
    assert notice(title, text).kind == kind


def test_a_relaxation_of_one_battery_type_is_read_whole() -> None:
    read = notice(
        "三部门关于优化锂亚硫酰氯电池进出口监管措施的通知",
        "工信部联安全函〔2025〕335号\n为便利贸易，现通知如下：\n"
        "一、自2026年1月1日起，亚硫酰氯装填量不超过1千克的锂亚硫酰氯电池不再属于管制物项，无需办理许可证件。\n"
        "工业和信息化部办公厅 商务部办公厅 海关总署办公厅\n2025年12月9日",
    )
    assert read.is_change
    assert read.number is not None
    assert (read.number.canonical, read.direction) == ("工信部联安全函〔2025〕335号", "relax")
    assert read.issuers == ("MIIT", "MOFCOM", "GACC")
    assert read.effective[0].start is not None
    assert read.effective[0].start.isoformat() == "2026-01-01"
    assert "battery.primary_lithium" in {found.id for found in read.categories}


def test_an_english_report_of_that_relaxation_is_a_report() -> None:
    read = notice(
        "Three departments ease rules for lithium thionyl chloride batteries",
        "The Ministry of Industry and Information Technology issued a circular. Starting from Janua"
        "ry 1, 2026, lithium thionyl "
        "chloride batteries of at most 1 kg no longer belong to the control items and do not requir"
        "e a licence.",
    )
    assert (read.is_change, read.reports_change, read.direction) == (False, True, "relax")
    assert [found.start.isoformat() for found in read.effective if found.start] == ["2026-01-01"]
    assert "battery.primary_lithium" in {found.id for found in read.categories}


@pytest.mark.parametrize(
    ("title", "text", "category"),
    [
        (
            "锂离子电池行业座谈会在京召开",
            "工业和信息化部有关负责同志出席会议，会议要求推动锂离子电池行业高质量发展。",
            "battery.industry_norms",
        ),
        (
            "Symposium on the lithium battery industry",
            "The Ministry of Industry and Information Technology held a symposium on the lithium ba"
            "ttery industry.",
            "battery.industry_norms",
        ),
        (
            "Meeting on strategic minerals",
            "The meeting called for cracking down on the smuggling of strategic minerals and full-c"
            "hain control over exports.",
            "enforcement",
        ),
        ("打击战略矿产走私出口专项行动会议召开", "会议强调加强全链条管控。", "enforcement"),
    ],
)
def test_a_meeting_changes_nothing(title: str, text: str, category: str) -> None:
    read = notice(title, text)
    assert (read.is_change, read.reports_change, read.direction) == (False, False, "neutral")
    assert category in {found.id for found in read.categories}


def test_a_commentary_reports_the_announcement_it_is_about() -> None:
    read = notice(
        "Guarding core technology",
        "Core Viewpoint - The recent export controls on lithium batteries in Announcement No. 58 of"
        " 2025 by the Ministry of Commerce "
        "and the General Administration of Customs protect core technology and avoid a one-size-fit"
        "s-all approach.",
    )
    assert (read.kind, read.is_change, read.reports_change, read.direction) == (
        "commentary",
        False,
        True,
        "tighten",
    )
    assert [(r.verb.value, r.target) for r in read.relations] == [("reports", "MOFCOM-GACC 2025-58")]


@pytest.mark.parametrize(
    ("title", "text"),
    [
        (
            "商务部新闻发言人就加强稀土相关物项出口管制答记者问",
            "问：请介绍情况。\n答：关于2025年第61号公告，商务部对部分境外相关稀土物项实施管制。关于2025年第62号公告，对稀土相关技术实施管制。",
        ),
        (
            "Answers on rare earth controls",
            "A reporter asked: MOFCOM issued two announcements. Could you explain?\nA: MOFCOM issue"
            "d Announcement No. 61 of 2025 on overseas "
            "rare earth items. Announcement No. 62 of 2025 covers rare earth technologies.",
        ),
    ],
)
def test_an_answer_on_two_announcements_clarifies_both(title: str, text: str) -> None:
    read = notice(title, text)
    assert (read.is_change, read.direction, read.number) == (False, "clarify", None)
    assert {(r.verb.value, r.target) for r in read.relations} == {
        ("clarifies", "MOFCOM 2025-61"),
        ("clarifies", "MOFCOM 2025-62"),
    }


def test_an_answer_that_itself_suspends_is_a_change() -> None:
    read = notice(
        "商务部新闻发言人就调整管控名单措施答记者问",
        "问：请介绍情况。\n答：商务部公告2025年第13号、第21号将有关美国实体列入出口管制管控名单。"
        "自2025年11月10日起，停止公告2025年第13号规定的措施；继续暂停公告2025年第21号规定的措施1年。",
    )
    assert (read.is_change, read.direction) == (True, "suspend")
    assert {(r.verb.value, r.target) for r in read.relations} == {
        ("repeals", "MOFCOM 2025-13"),
        ("suspends", "MOFCOM 2025-21"),
    }
    assert ("2025-11-10", "2026-11-10") in {(str(found.start), str(found.until)) for found in read.effective}


@pytest.mark.parametrize(
    ("title", "text"),
    [
        (
            "商务部公告2026年第8号 关于对某国进口某产品进行反倾销立案调查的公告",
            "决定自2026年3月2日起进行反倾销立案调查。",
        ),
        ("关于公布政府采购限制名单的公告", "决定在政府采购活动中采取措施。"),
        (
            "某某管理办法（征求意见稿）公开征求意见的通知",
            "拟对镓实施出口管制。意见反馈截止时间为2026年4月1日。",
        ),
        ("李强签署国务院令 公布修订后的《婚姻登记条例》", "央视网消息：条例自2025年5月10日起施行。"),
        ("关于某干部任免的通知", "决定任命某某为司长。"),
    ],
)
def test_what_changes_no_export_rule_is_no_change(title: str, text: str) -> None:
    assert not notice(title, text).is_change


def test_an_announcement_with_items_is_a_change() -> None:
    assert announcement("决定对镓相关物项实施出口管制。").is_change


def test_an_item_of_a_digest_is_not_an_instrument() -> None:
    read = notice(
        "CHINA TRADE CONTROLS DIGEST",
        "17 July 2028\n1. By Notice No. 35 of 2028 (MOFCOM and GACC), wafers of indium phosphide need a "
        "licence from 1 August 2028.\n2. MOF and STA, Announcement No. 23 of 2028: the rebate is abolished "
        "as of 1 September 2028.\nThis announcement is hereby decided as follows:",
    )
    assert (read.kind, read.is_change, read.reports_change) == ("news", False, True)


def test_rows_of_a_chat_are_no_list_of_documents() -> None:
    rows = (
        f"2027-11-11 18:2{n}:10 甲\n{said}"
        for n, said in enumerate(("收到消息没", "商务部公告2027年第35号停了", "官网刚挂的", "好的"))
    )
    assert notice("群名：出口交流群", "\n".join(rows)).kind != "listing"


def test_an_association_passes_a_notice_on() -> None:
    read = notice(
        "通知",
        "各会员单位：\n商务部公告2028年第17号已于5月10日发布，对超硬材料实施出口管制，6月1日起执行。\n"
        "某市进出口商会\n2028年5月12日",
    )
    assert (read.is_change, read.reports_change) == (False, True)


@pytest.mark.parametrize(
    "title",
    [
        "Page Not Available",
        "404 Not Found",
        "The requested document could not be found",
        "您访问的页面不存在",
    ],
)
def test_a_page_whose_title_says_that_it_is_not_there_is_empty(title: str) -> None:
    read = notice(
        title, "Home\nPolicy\nUse the search box to look for announcements on export control and tariffs."
    )

    assert read.kind == NoticeKind.EMPTY


def test_a_report_on_a_missing_page_is_no_empty_page() -> None:
    read = notice(
        "Document Not Found in the Archive: MOFCOM rewrites its list", "The ministry said on Monday …"
    )

    assert read.kind != NoticeKind.EMPTY


def test_a_decision_of_the_legislature_on_a_law_is_a_law_in_english_too() -> None:
    read = notice(
        "Decision of the Standing Committee of the National People's Congress on Amending the Export Control Law of the "
        "People's Republic of China",
        '(Adopted on March 2, 2026)\nIn Article 33, "five times" is revised to read "ten times".\n'
        "This Decision shall come into force on May 1, 2026.",
    )

    assert (read.kind, read.published) == (NoticeKind.LAW, date(2026, 3, 2))


def test_the_day_of_a_seminar_is_not_that_of_the_invitation() -> None:
    read = notice(
        "【開催案内】輸出管理実務セミナー（オンライン）",
        "会員の皆様\n日時　2026年5月23日（土）14：00～16：00\n内容　輸出許可申請書の書き方\n申込締切　2026年5月18日",
    )

    assert (read.kind, read.published) == (NoticeKind.OTHER, None)


def test_an_answer_that_says_from_when_a_measure_rests_is_the_measure() -> None:
    found = notice(
        "Spokesperson of the Ministry of Commerce answers a question on the Unreliable Entity List",
        "Question: What happens to the measures?\nAnswer: China will go on suspending the measures of Unreliable "
        "Entity List Working Mechanism Announcement No. 4 of 2025. The pause takes effect on March 3, 2026.",
        published=date(2026, 3, 2),
    )
    assert found.is_change
    assert found.direction.value == "suspend"


def test_a_numbered_item_of_a_digest_is_no_head() -> None:
    found = notice(
        "Trade compliance weekly | 14 April 2026",
        "1. China - MOFCOM/GACC Announcement 2026 No. 15 (10 April): export controls on yttrium, in force 10 May "
        "2026.\n2. United States - BIS adds 12 entities to the Entity List.",
    )
    assert found.kind is NoticeKind.NEWS
    assert not found.is_change


def test_stopped_fruit_is_reported_whoever_ships_it() -> None:
    found = notice(
        "China halts Vietnamese durian shipments",
        "HANOI, March 2, 2026 -- China's customs authority has stopped accepting durians from 14 packing houses.",
    )
    assert found.reports_change
    assert [category.id for category in found.categories] == ["sps_import"]


def test_an_answer_that_explains_an_announcement_is_not_the_measure() -> None:
    found = notice(
        "Spokesperson of the Ministry of Commerce answers questions",
        "Q: Can you explain the suspension?\nA: MOFCOM issued Announcement No. 70 of 2026. According to the Announcement, "
        "the suspension begins on March 10, 2026 and lasts one year.",
        published=date(2026, 3, 2),
    )
    assert not found.is_change


def test_a_page_that_labels_its_number_is_the_issuers_own_although_it_opens_with_what_they_issued() -> None:
    text = "2026年11月6日，商务部、海关总署发布2026年第88号公告，决定暂停实施有关措施。现就有关事项公告如下："
    label = (("文号", "商务部 海关总署公告2027年第97号"),)
    assert notice("关于恢复实施有关措施的公告", text, labels=label).kind == NoticeKind.ANNOUNCEMENT
    assert notice("关于恢复实施有关措施的公告", text).kind == NoticeKind.NEWS
