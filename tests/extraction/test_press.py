"""The press reports an instrument; a repost or a translation is read as the instrument."""

from __future__ import annotations

import pytest

from tests.extraction.making import notice

GALLIUM = "MOFCOM-GACC 2026-40"


@pytest.mark.parametrize(
    ("title", "text", "target"),
    [
        (
            "China puts gallium under export control in Announcement No. 40 of 2026",
            "MOFCOM and GACC published Announcement No. 40 of 2026 on gallium, effective April 1, 2026.",
            GALLIUM,
        ),
        (
            "China tightens export controls on gallium",
            "China's commerce ministry released Announcement No. 40 of 2026 on Monday, placing gallium under "
            "export controls. The rules will take effect on 1 April 2026.",
            "MOFCOM 2026-40",
        ),
        (
            "Gallium curbed",
            "The Ministry of Commerce (MOFCOM) and the General Administration of Customs (GACC) jointly "
            "issued Notice No.40 [2026], which curbs exports of gallium, effective as of April 1, 2026.",
            GALLIUM,
        ),
        (
            "MOFCOM Announcement 40/2026: what exporters need to know",
            "MOFCOM issued Announcement 40/2026, which tightens export controls on gallium "
            "from 1 April 2026.",
            "MOFCOM 2026-40",
        ),
        (
            "商务部、海关总署发布2026年第40号公告，对镓相关物项实施出口管制",
            "记者3月2日从商务部获悉，对镓相关物项实施出口管制的公告自2026年4月1日起实施。",
            GALLIUM,
        ),
        (
            "两部门：对镓相关物项实施出口管制",
            "商务部、海关总署发布2026年第40号公告，对镓相关物项实施出口管制，自2026年4月1日起实施。",
            GALLIUM,
        ),
    ],
)
def test_the_press_reports_and_is_no_instrument(title: str, text: str, target: str) -> None:
    read = notice(title, text)
    assert (read.kind, read.is_change, read.reports_change, read.number) == ("news", False, True, None)
    assert [(found.verb.value, found.target) for found in read.relations] == [("reports", target)]
    assert (read.direction, [str(found.start) for found in read.effective]) == ("tighten", ["2026-04-01"])


def test_a_headline_without_an_issuer_is_tied_to_the_ministrys_series_with_a_doubt() -> None:
    read = notice("China puts gallium under export control in Announcement No. 40 of 2026")
    assert [found.target for found in read.relations] == ["MOFCOM 2026-40"]
    assert any("without its issuer" in doubt for doubt in read.doubts)


TRANSLATION = (
    "In accordance with the Export Control Law, it is decided to implement export control on gallium. "
    "The announcement is as follows:\n1. Gallium metal shall not be exported without a licence.\n"
    "This Announcement shall take effect as of April 1, 2026.\n"
    "Ministry of Commerce\nGeneral Administration of Customs\nMarch 2, 2026"
)
REPOST = (
    "来源：新华社\n根据《中华人民共和国出口管制法》有关规定，决定对镓相关物项实施出口管制。现公告如下：\n"
    "一、未经许可，不得出口镓。\n二、本公告自2026年4月1日起实施。\n商务部 海关总署\n2026年3月2日"
)


@pytest.mark.parametrize(
    ("title", "text", "number"),
    [
        (
            "Announcement No. 40 of 2026 of the Ministry of Commerce and the General Administration of "
            "Customs on Implementing Export Control on Gallium",
            TRANSLATION,
            GALLIUM,
        ),
        ("China curbs gallium: the full text", TRANSLATION, None),
        ("商务部、海关总署发布2026年第40号公告", REPOST, GALLIUM),
        ("商务部 海关总署公告2026年第40号", REPOST, GALLIUM),
    ],
)
def test_a_repost_or_translation_is_the_instrument(title: str, text: str, number: str | None) -> None:
    read = notice(title, text)
    assert (read.kind, read.is_change, read.direction) == ("announcement", True, "tighten")
    assert (read.number and read.number.canonical) == number
    assert (read.issuers, str(read.published)) == (("MOFCOM", "GACC"), "2026-03-02")


@pytest.mark.parametrize(
    ("title", "head"),
    [
        ("不可靠实体清单工作机制〔2026〕10号", ""),
        ("不可靠实体清单工作机制公告〔2026〕10号", ""),
        ("关于将某公司列入不可靠实体清单的公告（不可靠实体清单工作机制〔2026〕10号）", ""),
        (
            "不可靠实体清单工作机制关于将某公司列入不可靠实体清单的公告",
            "不可靠实体清单工作机制〔2026〕10号\n",
        ),
        ("不可靠实体清单工作机制关于将某公司列入不可靠实体清单的公告", "〔2026〕10号\n"),
    ],
)
def test_the_working_mechanism_numbers_its_announcements_in_many_ways(title: str, head: str) -> None:
    read = notice(
        title, f"{head}决定将某公司（Some Inc.）列入不可靠实体清单。\n不可靠实体清单工作机制\n2026年3月2日"
    )
    assert read.number is not None
    assert (read.number.canonical, read.kind, read.is_change) == ("UEL 2026-10", "announcement", True)


def test_a_number_that_is_not_printed_stays_unknown() -> None:
    read = notice(
        "不可靠实体清单工作机制关于将某公司列入不可靠实体清单的公告",
        "决定将某公司（Some Inc.）列入不可靠实体清单。\n不可靠实体清单工作机制\n2026年3月2日",
    )
    assert (read.number, read.is_change) == (None, True)


INDEX = "\n".join(f"关于第{n}项有关事项的公告 [2026-03-0{n}]" for n in range(1, 8))


@pytest.mark.parametrize(
    ("title", "text", "kind"),
    [
        ("政策发布", INDEX, "listing"),
        ("提示", "您的请求疑似攻击行为，已被网站防火墙拦截。", "challenge"),
        ("", "请开启JavaScript并刷新该页。", "challenge"),
        ("Security check", "Verify you are human by completing the action below.", "challenge"),
        ("商务部", "[an error occurred while processing this directive]", "empty"),
        ("公告", "首页 > \n", "empty"),
    ],
)
def test_what_is_no_document_says_nothing(title: str, text: str, kind: str) -> None:
    read = notice(title, text)
    assert (read.kind, read.is_change, read.reports_change, read.categories) == (kind, False, False, ())
