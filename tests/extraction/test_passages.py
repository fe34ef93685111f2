"""Only the news of a report counts: not what it recalls, supposes, quotes, or lists as unchanged."""

from __future__ import annotations

import pytest

from controlwatch.core.model import Notice
from tests.extraction.making import notice

NEWS = (
    "BEIJING, March 2, 2026 - China's commerce ministry put gallium under export control on Monday. "
    "The rule takes effect on April 1, 2026."
)


def report(*paragraphs: str, title: str = "China puts gallium under export control") -> Notice:
    return notice(title, "\n".join((NEWS, *paragraphs)))


@pytest.mark.parametrize(
    "beside",
    [
        "Background. Graphite (3C901) has needed a licence since May 1, 2024.",
        "Traders whisper that graphite shipments to Japan will be banned from May 1, 2026.",
        "In May 2023 China imposed export controls on graphite, effective May 20, 2023.",
        "Beijing has tightened export controls on graphite since then.",
        "If talks fail, China could ban exports of graphite to Japan from June 1, 2026.",
    ],
)
def test_what_a_report_recalls_or_supposes_is_not_its_news(beside: str) -> None:
    read = report(beside)
    assert [found.id for found in read.categories] == ["minor_metals.gallium"]
    assert [str(found.start) for found in read.effective] == ["2026-04-01"]
    assert read.destinations == ()


@pytest.mark.parametrize(
    "text",
    [
        "If the suspension ends, exports of gallium could require a licence again from May 1, 2026.",
        "Exports of gallium have needed a licence since August 1, 2023.",
        "The market whispers that China will ban exports of gallium from May 1, 2026.",
    ],
)
def test_a_text_without_news_reports_no_change(text: str) -> None:
    assert not notice("Gallium: what buyers ask", f"London, March 2, 2026 - {text}").reports_change


def test_a_row_that_has_not_changed_is_no_news_and_nor_is_a_note_on_it() -> None:
    rows = (
        "id | issuer | number | measure | status | start | end",
        "C-2 | MOFCOM/GACC | 2026 No. 40 | export licence for gallium | ADDED | 2026-04-01 | -",
        "C-1 | MOFCOM | 2025 No. 51 | export licence for graphite | unchanged | 2025-07-01 | 2026-06-30",
        "Note on C-1: it expires on 2026-06-30.",
    )
    read = notice("TRADE MEASURES TRACKER (export 2026-03-02)", "\n".join(rows))
    assert [(str(found.start), found.until) for found in read.effective] == [("2026-04-01", None)]
    assert [found.target for found in read.relations] == ["MOFCOM-GACC 2026-40"]


def test_an_older_mail_below_an_answer_is_not_the_news() -> None:
    answer = (
        "Our commerce ministry has issued MOFCOM notice 2026 no. 40. From 1 April 2026 exports of gallium "
        "need a licence, and the licence takes 45 working days.",
        "Zhao, sales (2 March 2026)",
        "",
        "> On 27 Feb 2026 Marta wrote:",
        "> You said the controls were suspended until 1 November 2026. Is the suspension over?",
    )
    read = notice("RE: order on hold", "\n".join(answer))
    assert (str(read.published), read.direction) == ("2026-03-02", "tighten")
    assert [(str(found.start), found.until) for found in read.effective] == [("2026-04-01", None)]


def test_an_item_of_a_digest_without_a_change_is_no_news() -> None:
    items = (
        "1. Gallium: licence needed",
        "MOFCOM Announcement No. 40 of 2026 puts gallium under export control from April 1, 2026.",
        "2. In the pipeline",
        "The ministry is consulting on tighter rules for graphite from June 1, 2026. No change so far.",
        "3. Elsewhere",
        "The Netherlands extended its licence requirement for metrology tools from December 1, 2026.",
    )
    read = notice("China Trade Controls Weekly, 2 March 2026", "\n".join(items))
    assert [str(found.start) for found in read.effective] == ["2026-04-01"]
    assert "graphite" not in [found.id for found in read.categories]


@pytest.mark.parametrize(
    ("sentence", "names"),
    [
        ("The companies are Kestrel Composites and drone maker Ironbridge Autonomy.", 2),
        ("The ministry named Harden Optics, Reno Propulsion and Cortes Bay Shipyard in its statement.", 3),
        ("Heron Defense Group and Sylvester Radar Company were named over arms sales.", 2),
    ],
)
def test_the_parties_are_those_that_the_press_names(sentence: str, names: int) -> None:
    read = notice(
        "China puts American firms on its export control list",
        "BEIJING, March 2, 2026 - China's commerce ministry added US companies to its export control list "
        f"on Monday, with immediate effect. {sentence}",
    )
    assert len(read.entities) == names


def test_a_day_that_follows_from_yesterday_is_that_of_the_notice() -> None:
    text = "（2026年3月3日，本报讯）商务部昨日发表今年第40号公告，即日起对镓相关物项实施出口管制。"
    assert [str(found.start) for found in notice("内地管制镓出口", text).effective] == ["2026-03-02"]


def test_a_conference_that_tells_of_no_decision_reports_none() -> None:
    text = (
        "Transcript of the regular press conference of March 2, 2026\n"
        "Bloomberg: Will the suspension of Announcement No. 55 of 2025, due to lapse on May 1, be prolonged?\n"
        "Spokesperson: If there is information, we will release it in due time."
    )
    read = notice("MINISTRY OF COMMERCE", text)
    assert (read.kind, read.reports_change, read.relations) == ("spokesperson-qa", False, ())


@pytest.mark.parametrize(
    ("title", "text"),
    [
        (
            "Webinar: two years of gallium licences",
            "Join us on 8 April 2026. Since China put gallium under export control on August 1, 2023, "
            "importers have learned much.",
        ),
        (
            "Do we need a licence for gallium?",
            "Our forwarder says that exports of gallium need a licence of the Ministry of Commerce.",
        ),
        (
            "China asks for views on gallium licences",
            "The Ministry of Commerce published a draft announcement by which exports of gallium would need "
            "a licence from July 1, 2026.",
        ),
        (
            "Northvale Magnetics raises its outlook",
            "Its chief executive said that export licences from China for gallium were needed no longer.",
        ),
        (
            "China imposes anti-dumping duties on optical fibre from Japan",
            "MOFCOM issued Announcement No. 20 of 2026. From April 1, 2026, importers have to pay the duties.",
        ),
        (
            "商务部召开例行新闻发布会",
            "彭博社记者：有消息说，中方将于4月1日起停止向日本出口镓，请商务部证实。\n发言人：情况不属实。",
        ),
    ],
)
def test_an_invitation_a_question_a_draft_or_a_result_reports_no_change(title: str, text: str) -> None:
    assert not notice(title, f"{text}\n2 March 2026").reports_change


@pytest.mark.parametrize(
    ("title", "text"),
    [
        (
            "China Update: new gallium controls, and join our webinar on 5 May",
            "MOFCOM issued Announcement No. 40 of 2026 on Monday. From April 1, 2026 exports of gallium need "
            "a licence.",
        ),
        (
            "Are you ready for China's new gallium rules?",
            "China's Ministry of Commerce has put gallium under export control. Licences are needed from "
            "April 1, 2026.",
        ),
        (
            "China tightens gallium controls after consultation",
            "China on Monday put gallium under export control after a consultation on the draft rules last "
            "year. The rules take effect on April 1, 2026.",
        ),
        (
            "Gallium: what you must do",
            "If your order ships after 1 April 2026 we need an export licence, because our Ministry of "
            "Commerce has issued Announcement No. 40 of 2026 on gallium.",
        ),
        ("中国管制镓", "近年来需求增长。商务部2日公告，自2026年4月1日起对镓相关物项实施出口管制。"),
    ],
)
def test_news_that_also_invites_asks_or_looks_back_is_still_news(title: str, text: str) -> None:
    read = notice(title, f"{text}\n2 March 2026")
    assert (read.reports_change, [str(found.start) for found in read.effective]) == (True, ["2026-04-01"])
