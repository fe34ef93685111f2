"""Old words, new words."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlwatch.core.alerting.redline import (
    build_redline,
    compare_texts,
    fingerprint_text,
    to_comparable,
)
from controlwatch.core.model import EffectiveDate, Notice

OLD = Notice(
    title="t",
    language="zh-Hans",
    effective=(EffectiveDate(start=date(2026, 4, 1), basis="stated", quote="q"),),
)
NEW = Notice(
    title="t",
    language="zh-Hans",
    effective=(EffectiveDate(start=date(2026, 5, 1), basis="stated", quote="q"),),
)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("本公告自2026年4月1日起实施。", "本公告自2026年4月1日起实施。\n\n"),
        ("本公告自2026年4月1日起实施。", "本公告 自 2026 年 4 月 1 日起 实施。"),
        ("本公告自2026年4月1日起实施。", "本公告自２０２６年４月１日起实施。"),
        ("正文。\n浏览次数：12", "正文。\n浏览次数：1,204"),
        ("正文。\n阅读量 7 次", "正文。"),
    ],
)
def test_blanks_widths_and_counters_are_no_change(old: str, new: str) -> None:
    assert compare_texts("amended", old=old, new=new, was=OLD, now=NEW) is None
    assert fingerprint_text(old) == fingerprint_text(new)


def test_a_changed_date_is_marked_as_a_whole_number() -> None:
    stretches = build_redline("自2026年12月1日起实施", "自2026年11月10日起实施")
    marked = [(stretch.op, stretch.text) for stretch in stretches if stretch.op != "same"]
    assert marked == [("deleted", "12"), ("inserted", "11"), ("deleted", "1"), ("inserted", "10")]


def test_an_added_metal_is_the_only_insertion() -> None:
    stretches = build_redline("对钨、碲、铋相关物项", "对钨、碲、铋、铟相关物项")
    assert [(s.op, s.text) for s in stretches if s.op != "same"] == [("inserted", "、铟")]


def test_findings_that_moved_are_said_in_words() -> None:
    change = compare_texts("amended", old="自4月1日", new="自5月1日", was=OLD, now=NEW)
    assert change is not None
    assert change.moved == ("effective: 2026-04-01 → 2026-05-01",)


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_redline_holds_every_word_of_both_texts(old: str, new: str) -> None:
    stretches = build_redline(old, new)

    def words(*ops: str) -> str:
        return "".join("".join(stretch.text for stretch in stretches if stretch.op in ops).split())

    assert words("same", "deleted") == to_comparable(old)
    assert words("same", "inserted") == to_comparable(new)


def test_a_long_text_with_a_small_edit_stays_a_small_redline() -> None:
    body = "".join(f"第{n}条 出口经营者应当申请许可。" for n in range(5_000))
    stretches = build_redline(body, body.replace("第4000条", "第4000条之一"))
    assert [(s.op, s.text) for s in stretches if s.op != "same"] == [("inserted", "之一")]
    assert sum(len(s.text) for s in stretches) < 200
