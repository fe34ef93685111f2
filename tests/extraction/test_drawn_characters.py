"""Characters that look like others are read as what they show, and quotes keep what was printed."""

from __future__ import annotations

from datetime import date

import pytest

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.core.extraction.extract import read_notice
from controlwatch.core.model import Document, Notice

TITLE = "商务部 海关总署公告2027年第18号 公布对钽铌相关物项实施出口管制的决定"
BODY = (
    "根据有关法律规定，决定对下列物项实施出口管制：\n一、金属钽（参考海关商品编号：8103200000）。\n"
    "出口上述物项应当申请许可。本公告自{day}起正式实施。\n商务部 海关总署\n2027年3月5日"
)


def read(day: str, changes: dict[str, str] | None = None) -> Notice:
    table = str.maketrans(changes or {})
    text = BODY.format(day=day).translate(table)
    return read_notice(
        Document(url="https://www.ministry.example/1", title=TITLE.translate(table), text=text),
        load_lexicon(),
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"日": "⽇", "月": "⽉"},
        {"日": "⽇", "月": "⽉", "一": "⼀", "金": "⾦", "口": "⼝", "用": "⽤"},
        {"金": "\uf90a", "见": "⻅", "车": "⻋"},
    ],
)
def test_radicals_are_read_as_characters_and_quotes_keep_them(changes: dict[str, str]) -> None:
    notice = read("2027年4月12日", changes)
    assert notice.is_change
    assert [found.start for found in notice.effective] == [date(2027, 4, 12)]
    assert notice.published == date(2027, 3, 5)
    assert "2027年4月12日".translate(str.maketrans(changes)) in notice.effective[0].quote


@pytest.mark.parametrize(
    "day",
    [
        "二O二七年四月十二日",
        "二零二七年四月十二日",
        "二0二七年四月十二日",
        "二○二七年四月十二日",
        "2O27年4月l2日",
        "２０２７年４月１２日",
    ],
)
def test_zeros_and_ones_that_look_like_letters_are_figures(day: str) -> None:
    notice = read(day)
    assert [found.start for found in notice.effective] == [date(2027, 4, 12)]
    assert day in notice.effective[0].quote


@pytest.mark.parametrize("day", ["2027年四月廿五日", "2027年4月12曰", "二〇二七年四月X日"])
def test_words_in_the_shape_of_a_day_that_were_not_read_are_a_doubt(day: str) -> None:
    assert any(day in doubt and "shape of a day" in doubt for doubt in read(day).doubts)


@pytest.mark.parametrize("figure", ["10⁵", "1×10⁻⁷", "10^(0.5)"])
def test_a_power_is_a_part_of_its_threshold(figure: str) -> None:
    text = BODY.format(day="2027年4月12日").replace("一、金属钽", f"一、数量超过{figure}个的金属钽")
    notice = read_notice(
        Document(url="https://www.ministry.example/1", title=TITLE, text=text), load_lexicon()
    )
    assert any(
        figure in caveat.value.translate(str.maketrans("（）", "()"))
        for caveat in notice.caveats
        if caveat.kind == "threshold"
    )
