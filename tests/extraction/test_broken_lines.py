"""A text is read the same whether or not a mail program broke its lines and marked them as quoted."""

from __future__ import annotations

import textwrap
from datetime import date

import pytest

from controlwatch.core.extraction.text.unwrapping import undo_wrapping
from controlwatch.core.model import Verb
from tests.extraction.making import notice

ENGLISH = (
    "In accordance with the Export Control Law of the People's Republic of China, and in order to implement "
    "the outcome of the consultations, the Ministry of Commerce has decided that the implementation of "
    "Announcement No. 55 of 2025 of the Ministry of Commerce and the General Administration of Customs shall "
    "be suspended. This Announcement shall be implemented from November 7, 2025 to November 10, 2026."
)
CHINESE = (
    "根据《中华人民共和国出口管制法》《中华人民共和国两用物项出口管制条例》等法律法规有关规定，为落实有关经贸磋商达成的安排，"
    "经国务院批准，自2025年11月7日起至2026年11月10日止，暂停实施商务部公告2025年第55号，期间出口经营者出口有关物项，"
    "不再需要申请两用物项出口许可，但仍应当遵守其他法律、行政法规和部门规章的有关规定。"
)


def break_lines(text: str, width: int) -> str:
    if text.isascii():
        return textwrap.fill(text, width)
    return "\n".join(text[at : at + width] for at in range(0, len(text), width))


@pytest.mark.parametrize(
    ("title", "text", "width"),
    [
        ("Announcement No. 70 of 2025 of the Ministry of Commerce", ENGLISH, 72),
        ("商务部公告2025年第70号", CHINESE, 38),
    ],
)
@pytest.mark.parametrize("mark", ["", "> ", "> > "])
def test_broken_and_quoted_lines_say_what_the_whole_text_says(
    title: str, text: str, width: int, mark: str
) -> None:
    body = "\n".join(mark + line for line in break_lines(text, width).splitlines())
    read = notice(title, body)
    assert [(found.start, found.until) for found in read.effective] == [
        (date(2025, 11, 7), date(2026, 11, 10))
    ]
    assert [relation.verb for relation in read.relations] == [Verb.SUSPENDS]
    printed = " ".join(body.split())
    assert all(found.quote in printed for found in read.effective)


def test_paragraphs_and_lists_are_left_as_they_are() -> None:
    listed = "\n".join(
        f"{n}. 某某无人系统股份有限公司（Some Unmanned Systems Company {n}）" for n in range(1, 9)
    )
    for text in (listed, f"{ENGLISH}\n{ENGLISH}", "商务部\n海关总署\n2026年3月2日"):
        assert undo_wrapping(text) == (text, [])


def test_offsets_stay() -> None:
    broken = textwrap.fill(ENGLISH, 72)
    joined, cuts = undo_wrapping(broken)
    assert len(joined) == len(broken)
    assert not cuts
    assert joined == ENGLISH
