"""Each sentence of a summary is made of findings."""

from __future__ import annotations

from tests.reading.making import announcement, notice


def test_a_summary_says_who_what_when_and_on_what() -> None:
    read = announcement(
        "决定对镓相关物项对美国出口实施出口管制，商务部公告2025年第12号同时废止。本公告自2026年4月1日起施行。"
    )
    assert read.summary.en == (
        "MOFCOM 2026-90 (Ministry of Commerce) tightens control: gallium; destinations singled out:"
        " United States. "
        "Effective from 2026-04-01. It repeals MOFCOM 2025-12."
    )
    assert (
        read.summary.zh == "MOFCOM 2026-90（商务部）收紧管制：镓相关物项；针对：美国。生效：2026-04-01起。"
        "本文废止MOFCOM 2025-12。"
    )


def test_a_date_that_is_not_stated_is_said_to_be_so() -> None:
    read = announcement("决定对镓相关物项实施出口管制。")
    assert "date: not stated" in read.summary.en
    assert "日期未载明" in read.summary.zh


def test_a_report_is_called_a_report() -> None:
    read = notice(
        "News", "Xinhua: MOFCOM issued Announcement No. 5 of 2026, imposing export controls on gallium."
    )
    assert read.summary.en.startswith(
        "This is a news report that reports a change made elsewhere (subjects: gallium)."
    )


def test_many_names_are_counted_not_listed() -> None:
    numbers = "、".join(f"{n}号" for n in range(11, 21))
    read = announcement(f"商务部公告2025年第{numbers}暂停实施。")
    assert "MOFCOM 2025-16 and 4 more" in read.summary.en
    assert "等10项" in read.summary.zh
