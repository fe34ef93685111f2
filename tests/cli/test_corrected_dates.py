"""A correction that moves a date, from the page to every answer about the notice that it corrects."""

from __future__ import annotations

import json

import pytest

from tests.cli.test_commands import TEXT, Terminal, terminal

__all__ = ["terminal"]

HEAD = "商务部 海关总署公告2026年第51号 关于更正商务部 海关总署公告2026年第40号有关内容的公告\n"
FOOT = "特此公告。\n商务部 海关总署\n2026年3月12日\n"
SENTENCE = "原文“本公告自2026年4月1日起正式实施”更正为“本公告自2026年5月10日起正式实施”。"


@pytest.fixture
def corrected(terminal: Terminal) -> Terminal:
    terminal.types("intake", terminal.file("notice.txt", TEXT))
    text = f"{HEAD}现将商务部 海关总署公告2026年第40号更正如下：\n{SENTENCE}\n{FOOT}"
    terminal.types("intake", terminal.file("correction.txt", text))
    return terminal


def test_the_status_is_that_of_the_corrected_day(corrected: Terminal) -> None:
    found = json.loads(corrected.types("status", "2026-40", "--on", "2026-04-15", "--json"))
    assert (found["state"], found["until"]) == ("not-yet", "2026-05-09")
    (step,) = (step for step in found["chain"] if step["verb"] == "date corrected")
    assert (step["number"], step["quote"]) == ("MOFCOM-GACC 2026-51", SENTENCE)
    assert "from 10 May 2026" in corrected.types("status", "2026-40", "--on", "2026-04-15")


def test_before_the_correction_the_day_first_printed_counts(corrected: Terminal) -> None:
    found = json.loads(corrected.types("status", "2026-40", "--on", "2026-03-05", "--json"))
    assert found["until"] == "2026-03-31"


def test_what_comes_up_has_the_corrected_day_and_its_words(corrected: Terminal) -> None:
    found = json.loads(corrected.types("upcoming", "--on", "2026-03-20", "--days", "90", "--json"))
    own = [(item["date"], item["quote"]) for item in found if item["number"].startswith("MOFCOM-GACC 2026-")]
    assert own == [("2026-05-10", SENTENCE)]


def test_the_notice_is_shown_with_its_correction_before_the_words_that_it_corrects(
    corrected: Terminal,
) -> None:
    told = " ".join(corrected.types("show", "2026-40").split())
    correction = "Effective date moved from 1 Apr 2026 to 10 May 2026 by MOFCOM-GACC 2026-51 of 12 Mar 2026"
    assert told.index(correction) < told.index("│ 1 Apr 2026")
    assert "2026年5月10日" in told
    answer = json.loads(corrected.types("ask", "show 2026-40", "--json"))["answer"]
    assert answer["rows"][1]["heading"].startswith(correction)
    assert answer["rows"][1]["quote"] == SENTENCE


def test_a_chinese_reader_is_shown_the_correction_in_chinese(corrected: Terminal) -> None:
    rows = json.loads(corrected.types("ask", "显示 2026-40", "--json"))["answer"]["rows"]
    assert rows[1]["heading"] == (
        "MOFCOM-GACC 2026-51于2026年3月12日更正：生效日期由2026年4月1日改为2026年5月10日。"
    )
    assert not [row["heading"] for row in rows if row["heading"].isascii()]


def test_the_step_of_the_correction_has_the_old_day_and_the_new_one(corrected: Terminal) -> None:
    found = json.loads(corrected.types("status", "2026-40", "--on", "2026-04-15", "--json"))
    (step,) = (step for step in found["chain"] if step["verb"] == "date corrected")
    assert step["moved"] == [{"event": "takes effect", "old": "2026-04-01", "new": "2026-05-10"}]
