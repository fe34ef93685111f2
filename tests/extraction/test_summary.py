"""Each sentence of a summary is made of findings."""

from __future__ import annotations

import pytest

from tests.extraction.making import announcement, notice


def test_a_summary_says_who_what_when_and_on_what() -> None:
    read = announcement(
        "决定对镓相关物项对美国出口实施出口管制，商务部公告2025年第12号同时废止。本公告自2026年4月1日起施行。"
    )
    assert read.summary.en == (
        "MOFCOM Announcement 2026-90 puts gallium under export control for the United States. "
        "It takes effect on 2026-04-01. It repeals MOFCOM 2025-12."
    )
    assert (
        read.summary.zh == "商务部公告2026年第90号对镓相关物项实施出口管制，针对美国。自2026-04-01起施行。"
        "该文件废止商务部公告2025年第12号。"
    )


@pytest.mark.parametrize(
    ("codes", "counted"),
    [
        ("8112929010", "It names one HS code (8112929010)."),
        ("8112929010、2804290010", "It names two HS codes (8112929010, 2804290010)."),
        ("8112929010、2804290010、2841801000、2849902000", "It names four HS codes."),
    ],
)
def test_what_is_named_is_counted_as_a_person_counts(codes: str, counted: str) -> None:
    read = announcement(f"决定对镓相关物项（参考海关商品编号：{codes}）实施出口管制。")
    assert read.summary.en.endswith(counted)


def test_a_joint_notice_is_named_by_its_issuers() -> None:
    read = announcement(
        "决定对镓相关物项实施出口管制。本公告自2026年4月1日起施行。",
        title="商务部、海关总署公告2026年第40号 关于有关事项的公告",
    )
    assert read.summary.en.startswith(
        "MOFCOM and GACC Announcement 2026-40 puts gallium under export control."
    )
    assert read.summary.zh.startswith("商务部、海关总署公告2026年第40号对镓相关物项实施出口管制。")


def test_a_suspension_says_from_when_until_when_and_acting_on_what() -> None:
    read = announcement("自即日起至2026年11月10日，商务部公告2025年第11号、12号暂停实施。")
    assert read.summary.en == (
        "MOFCOM Announcement 2026-90 suspends MOFCOM 2025-11 and MOFCOM 2025-12. "
        "The suspension runs from 2026-03-02 until 2026-11-10."
    )


def test_an_answer_says_what_it_explains() -> None:
    read = notice(
        "商务部新闻发言人就加强镓出口管制答记者问",
        "问：请介绍情况。\n答：商务部发布2026年第90号公告，对镓实施出口管制。",
    )
    assert read.summary.en.startswith(
        "This is a spokesperson's answer that explains MOFCOM 2026-90 (gallium)"
    )


def test_a_listing_says_that_parties_are_added() -> None:
    read = announcement("决定将以下实体列入出口管制管控名单。\n1. 某某公司（Example Systems, Inc.）")
    assert read.summary.en == (
        "MOFCOM Announcement 2026-90 adds parties to the Control List. "
        "The notice does not state when it takes effect. It names one party."
    )


def test_a_date_that_is_not_stated_is_said_to_be_so() -> None:
    read = announcement("决定对镓相关物项实施出口管制。")
    assert "The notice does not state when it takes effect." in read.summary.en
    assert "未载明生效日期" in read.summary.zh


def test_a_report_is_called_a_report() -> None:
    read = notice(
        "News", "Xinhua: MOFCOM issued Announcement No. 5 of 2026, imposing export controls on gallium."
    )
    assert read.summary.en == (
        "This is a press report on MOFCOM 2026-5 about gallium; it is not the official text."
    )


def test_many_names_are_counted_not_listed() -> None:
    numbers = "、".join(f"{n}号" for n in range(11, 21))
    read = announcement(f"商务部公告2025年第{numbers}暂停实施。")
    assert "MOFCOM 2025-16 and 4 more" in read.summary.en
    assert "等10项" in read.summary.zh
