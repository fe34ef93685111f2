"""The weekly report over real HTTP, as a page and as a PDF that a reader opens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pypdfium2
import pytest

from controlwatch.adapters.files.pdf_report import write_report_pdf
from controlwatch.core.model.errors import UsageError
from controlwatch.core.rendering.weekly_report_text import ReportEntry, ReportPart, ReportText
from controlwatch.services.weekly_reports import parse_week
from tests.services.test_news import GALLIUM
from tests.web.pages import HOSTILE, Pages, served_pages

WEEK = "2026-W10"  #: in which the notices are published
NEXT_MONTH = "2026-W14"  #: in which they take effect


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    with served_pages(tmp_path_factory.mktemp("state"), GALLIUM, HOSTILE) as opened:
        yield opened


def read_pdf(pages: Pages, path: str) -> list[str]:
    """Return the text of each page of a PDF, without the breaks of lines."""
    answer = pages.open(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    document = pypdfium2.PdfDocument(answer.content)
    return ["".join(page.get_textpage().get_text_range().split()) for page in document]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_new_rule_is_in_the_report_of_its_week_with_its_sentence(pages: Pages, language: str) -> None:
    text = pages.open(f"/report?week={WEEK}&lang={language}").text
    assert "公布对镓相关物项实施出口管制的决定" in text
    assert "「本公告自2026年4月1日起正式实施。」" in text


def test_what_takes_effect_is_in_the_report_of_its_week_and_before_among_what_comes(pages: Pages) -> None:
    coming = pages.open(f"/report?week={WEEK}&lang=en").text.partition("The 60 days after")[2]
    assert "1 Apr 2026 · takes effect" in coming
    happened = pages.open(f"/report?week={NEXT_MONTH}&lang=en").text
    assert (
        "1 Apr 2026 · takes effect" in happened.partition("Took effect")[2].partition("The 60 days after")[0]
    )


def test_the_alerts_of_the_week_are_named_with_who_acted(pages: Pages) -> None:
    for delivery in iter(lambda: pages.world.claim(pages.world.now), ()):
        pages.world.mark_sent(delivery)
    (line, *_) = pages.world.store.actions.list_alerts(open_only=True)
    pages.world.store.actions.record_action(
        line.key, what="acknowledged", who="Ada of the desk", targets=["-"], now=pages.world.now
    )
    alerts = pages.open(f"/report?week={WEEK}&lang=en").text.partition("Alerts of the week")[2]
    assert "acknowledged · Ada of the desk" in alerts
    assert "Ada of the desk" not in pages.open(f"/report?week={NEXT_MONTH}&lang=en").text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_pdf_says_the_same_with_numbered_pages(pages: Pages, language: str) -> None:
    read = read_pdf(pages, f"/report.pdf?week={WEEK}&lang={language}")
    assert "公布对镓相关物项实施出口管制的决定" in read[0]
    assert "本公告自2026年4月1日起正式实施" in read[0]
    assert [page for number, page in enumerate(read, 1) if f"{number}/{len(read)}" not in page] == []


def test_text_of_a_notice_is_never_markup_of_the_page(pages: Pages) -> None:
    text = pages.open(f"/report?week={WEEK}").text
    assert "<script>alert" not in text
    assert "<img" not in text


def test_hostile_text_is_text_in_a_pdf(tmp_path: Path) -> None:
    hostile = '</font><a href="javascript:x">&amp; ]]> <para> 公告\U0001f600 {{ 7 * 7 }} %s'
    entry = ReportEntry(
        heading=hostile,
        lines=(hostile, "长" * 9_000, "x" * 9_000),
        quotes=(hostile,),
        url='https://a.example/"<b>',
    )
    section = ReportPart(heading=hostile, entries=(entry,), nothing="")
    path = tmp_path / "report.pdf"
    write_report_pdf(
        ReportText(title=hostile, lines=(hostile,), cautions=(hostile,), sections=(section,)), path
    )
    with pypdfium2.PdfDocument(path) as document:
        read = "".join("".join(page.get_textpage().get_text_range().split()) for page in document)
    assert read.count('</font><ahref="javascript:x">&amp;]]><para>公告〓{{7*7}}%s') >= 6
    assert {link.partition('"')[0] for link in find_links(path)} == {"https://a.example/"}


def find_links(path: Path) -> list[str]:
    """Return what the links of a PDF lead to."""
    return re.findall(r"/URI \((.*?)\)", path.read_bytes().decode("latin-1"))


@pytest.mark.parametrize("path", ["/report", "/report.pdf"])
@pytest.mark.parametrize("week", ["2026-W54", "2026-W00", "W10", "1999-W10", "９９", "2026-03-02"])
def test_what_is_no_week_is_refused_with_an_example(pages: Pages, path: str, week: str) -> None:
    answer = pages.open(f"{path}?week={week}")
    assert answer.status_code == 400
    assert "2026-W48" in answer.text


def test_a_week_begins_on_monday_and_the_last_whole_one_is_the_default() -> None:
    assert parse_week("2026-W10", today=date(2026, 3, 20)) == date(2026, 3, 2)
    assert parse_week("2026w10", today=date(2026, 3, 20)) == date(2026, 3, 2)
    assert parse_week("", today=date(2026, 3, 9)) == date(2026, 3, 2)
    assert parse_week("", today=date(2026, 3, 15)) == date(2026, 3, 2)
    with pytest.raises(UsageError):
        parse_week("2021-W53", today=date(2026, 3, 20))
