"""What a page hides is never read as if it stood on the page; it is quoted in a doubt."""

from __future__ import annotations

import pytest

from controlwatch.core.sources.notice_pages import parse_notice_page

URL = "https://www.ministry.example/notices/1.html"
SHOWN = "自2026年12月1日起，对8103200010钽粉实施出口管制，特此公告。"
SECRET = "自2027年1月1日起，对1C226钨停止实施出口管制。"


def page(markup: str) -> str:
    return f'<html><body><div class="art-con"><p>{SHOWN}</p>{markup}</div></body></html>'


@pytest.mark.parametrize(
    "attributes",
    [
        'style="display:none"',
        'style="DISPLAY : none !important"',
        "hidden",
        'hidden=""',
        'style="visibility:hidden"',
        'style="font-size:0"',
        'style="font-size:0px;line-height:0"',
        'style="opacity:0"',
        'style="opacity: 0.0;"',
        'style="position:absolute;left:-9999px"',
        'style="text-indent:-9999px"',
        'style="position:absolute;clip:rect(0 0 0 0)"',
        'style="clip-path:inset(50%)"',
        'style="color:#fff"',
        'style="color: #FFFFFF; background: white"',
        'style="color:rgb(255, 255, 255)"',
        'style="mso-hide:all"',
    ],
)
@pytest.mark.parametrize("tag", ["p", "span", "div"])
def test_hidden_words_are_left_out_and_quoted(tag: str, attributes: str) -> None:
    read = parse_notice_page(page(f"<{tag} {attributes}>{SECRET}</{tag}>"), url=URL)
    assert read.text == SHOWN
    assert read.doubts == (f"hidden on the page and left out: “{SECRET}”",)


@pytest.mark.parametrize(
    "markup",
    [
        f'<p style="color:#333;font-size:10.5pt;left:-10px">{SECRET}</p>',
        f'<p style="opacity:0.9">{SECRET}</p>',
        f'<p style="font-size:0.9em">{SECRET}</p>',
        f'<p style="background-color:#fff">{SECRET}</p>',
        f'<p style="color:white;background:#900">{SECRET}</p>',
        f'<div style="background:navy"><span style="color:white">{SECRET}</span></div>',
        f'<table class="list"><tr><td style="color:#fff">{SECRET}</td></tr></table>',
        f'<table><tr bgcolor="#900"><td><font color="#ffffff">{SECRET}</font></td></tr></table>',
        f'<p style="border-color:#fff">{SECRET}</p>',
        f'<p style="color:#ffff00">{SECRET}</p>',
    ],
)
def test_what_is_shown_is_read(markup: str) -> None:
    read = parse_notice_page(page(markup), url=URL)
    assert read.text == f"{SHOWN}\n{SECRET}"
    assert read.doubts == ()


def test_a_hidden_row_and_a_hidden_cell_of_a_table_are_left_out() -> None:
    rows = (
        "<tr><td>1</td><td>8103200010</td></tr>"
        '<tr style="display:none"><td>2</td><td>8112999010</td></tr>'
        "<tr><td>3</td><td>3801100030<span hidden>8482102000</span></td></tr>"
    )
    read = parse_notice_page(page(f"<table>{rows}</table>"), url=URL)
    assert read.text.split("\n")[1:] == ["1\t8103200010", "3\t3801100030"]
    assert len(read.doubts) == 1


def test_words_that_also_stand_on_the_page_are_no_doubt() -> None:
    assert parse_notice_page(page(f'<p style="display:none">{SHOWN}</p>'), url=URL).doubts == ()


def test_a_text_that_only_a_script_shows_is_read_with_a_doubt() -> None:
    markup = f'<html><body><div class="art-con"><div style="display:none"><p>{SECRET}</p></div></div></body></html>'
    read = parse_notice_page(markup, url=URL)
    assert read.text == SECRET
    assert read.doubts == ("the text is hidden until a script shows it; look",)
