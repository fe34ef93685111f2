"""Whatever the text, quotes are its own words, and reading it ends soon."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controlwatch.core.extraction.report.reading_json import to_json
from controlwatch.core.extraction.text.document_text import DocumentText
from controlwatch.core.extraction.text.normalize import collapse_whitespace, detect_language, fold_text
from controlwatch.core.model import Notice
from tests.extraction.making import notice

PIECES = (
    "商务部公告2025年第61号",
    "、62号",
    "自2026年４月1日起施行。",
    "暂停实施",
    "對鎵、锗實施出口管制",
    "（参考海关商品编号：2804290010）",
    "1C117.d．",
    "非1C226项下管制的",
    "\n",
    "\t",
    "　",
    " ",
    "商务部\n2026年3月2日\n",
    "本公告自公布之日起实施。",
    "向美国出口",
    "列入不可靠实体清单",
    "for one year",
    "from November 8, 2026",
    "Announcement No. 70 of 2025",
    "suspends",
    "rare earth",
    "①½İ",
    "《某办法》同时废止",
    "意见反馈截止时间为2026年5月1日",
    "1. 某公司（Some Co.）",
)
texts = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=6)), max_size=30).map("".join)


def _quotes(read: Notice) -> Iterator[str]:
    for group in (
        read.effective,
        read.deadlines,
        read.categories,
        read.hs_codes,
        read.control_codes,
        read.relations,
    ):
        yield from (finding.quote for finding in group)


@settings(max_examples=120, deadline=None)
@given(title=texts, body=texts)
def test_every_quote_is_a_substring_of_the_text(title: str, body: str) -> None:
    read = notice(title, body)
    whole = collapse_whitespace(f"{title}\n{body}")
    for quote in _quotes(read):
        assert quote in whole
    assert all(found.quote for found in read.effective if found.basis != "not-stated")
    assert to_json(read)["title"] == title


@settings(max_examples=100, deadline=None)
@given(words=st.text(max_size=80))
def test_folding_keeps_every_character_at_its_place(words: str) -> None:
    assert len(fold_text(words)) == len(words)
    text = DocumentText.from_parts("", words)
    assert all(
        collapse_whitespace(text.original[span.start : span.end]) in collapse_whitespace(words)
        for span in text.sentences
    )


def test_widths_and_scripts_are_folded() -> None:
    assert fold_text("２０２６年１月起對鎵實施") == "2026年1月起对镓实施"


@pytest.mark.parametrize(
    ("words", "tongue"),
    [
        ("对镓实施出口管制", "zh-Hans"),
        ("對鎵實施出口管制措施", "zh-Hant"),
        ("Export controls", "en"),
        ("", "und"),
        ("Міністерство торгівлі", "uk"),
    ],
)
def test_the_script_tells_the_language(words: str, tongue: str) -> None:
    assert detect_language(words) == tongue


@pytest.mark.parametrize(
    "piece",
    [
        "1",
        "12、",
        "《",
        "用于制造",
        "第55号、",
        "一",
        "公告2025年第",
        "  \n",
        "(A",
        "a.",
        "对美国",
        "\x00",
        "决定对镓实施出口管制。\n",
    ],
)
def test_a_long_text_of_anything_is_read_in_linear_time(piece: str) -> None:
    began = time.thread_time()  # of the processor, so that no other load counts
    notice("标题", piece * (40_000 // len(piece)))
    assert time.thread_time() - began < 30  # a quadratic reading takes minutes


def test_an_empty_document_is_empty() -> None:
    read = notice("", "")
    assert (read.kind, read.is_change, read.effective, read.categories) == ("empty", False, (), ())
