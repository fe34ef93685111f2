"""What must hold for every text: of any script, width and spacing, however long or damaged."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from opencc_purepy import OpenCC

from controlwatch.core.extraction.extract import read_notice
from controlwatch.core.extraction.report.provenance import list_grounds
from controlwatch.core.extraction.text.normalize import collapse_whitespace
from controlwatch.core.model import Document, Notice, NoticeKind
from tests.evaluation import CORPUS, load_cases, load_document
from tests.extraction.making import LEXICON, announcement, notice

TO_WIDE = {ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"}


@cache
def documents() -> tuple[Document, ...]:
    found = (load_document(case) for case in load_cases(CORPUS))
    return tuple(document for document in found if document is not None and document.text)


def chinese() -> tuple[Document, ...]:
    return tuple(one for one in documents() if not one.url.startswith(("case:p-en", "case:x-en", "case:y-")))


def conclusions(found: Notice) -> dict[str, object]:
    """What a compliance officer acts on."""
    return {
        "number": found.number.canonical if found.number else None,
        "is_change": found.is_change,
        "direction": found.direction,
        "effective": {(day.start, day.until, day.basis) for day in found.effective},
        "categories": {category.id for category in found.categories},
        "hs": {code.code for code in found.hs_codes},
        "control": {code.code for code in found.control_codes},
        "relations": {(act.verb, act.target) for act in found.relations},
    }


def changed(document: Document, title: str, text: str) -> Document:
    return Document(url=document.url, title=title, text=text, page_date=document.page_date)


# The laws take turns in the corpus: half of the cases is tried by one of them, what they say by the evaluation.


@pytest.mark.parametrize("document", documents()[0::6], ids=lambda document: document.url)
def test_full_width_figures_change_no_conclusion(document: Document) -> None:
    wide = changed(document, document.title.translate(TO_WIDE), document.text.translate(TO_WIDE))
    assert conclusions(read_notice(wide, LEXICON)) == conclusions(read_notice(document, LEXICON))


@pytest.mark.parametrize("document", chinese()[1::12], ids=lambda document: document.url)
def test_traditional_characters_change_no_conclusion(document: Document) -> None:
    convert = OpenCC("s2t").convert
    traditional = changed(document, convert(document.title), convert(document.text))
    assert conclusions(read_notice(traditional, LEXICON)) == conclusions(read_notice(document, LEXICON))


@settings(max_examples=60, deadline=None)
@given(document=st.sampled_from(documents()), blank=st.sampled_from(["\u3000", "\u00a0", "  ", "\u2003"]))
def test_the_kind_of_a_blank_changes_no_conclusion(document: Document, blank: str) -> None:
    spaced = changed(document, document.title, document.text.replace(" ", blank))
    assert conclusions(read_notice(spaced, LEXICON)) == conclusions(read_notice(document, LEXICON))


UNRELATED = (
    "会议室预订请联系办公室，茶水由会务组统一安排。",
    "本网站支持无障碍浏览，建议使用最新版本的浏览器访问。",
    "食堂本周供应西红柿鸡蛋面，请自备餐具。",
    "The library is closed for cleaning; please return books at the desk.",
)


@settings(max_examples=80, deadline=None)
@given(document=st.sampled_from(documents()), paragraph=st.sampled_from(UNRELATED))
def test_an_unrelated_paragraph_changes_no_number_and_no_date(document: Document, paragraph: str) -> None:
    first, second = (
        read_notice(one, LEXICON)
        for one in (document, changed(document, document.title, f"{document.text}\n{paragraph}"))
    )
    assume(first.kind is not NoticeKind.EMPTY)  # with a paragraph it is a page with a text
    before, after = conclusions(first), conclusions(second)
    assert (after["number"], after["effective"]) == (before["number"], before["effective"])


@settings(max_examples=150, deadline=None)
@given(title=st.text(max_size=60), body=st.text(max_size=600))
def test_no_text_is_too_strange_to_be_read(title: str, body: str) -> None:
    found = notice(title, body)
    assert all(day.quote for day in found.effective if day.basis != "not-stated")


@settings(max_examples=60, deadline=None)
@given(document=st.sampled_from(documents()), cut=st.integers(0, 4000), hole=st.integers(0, 4000))
def test_a_truncated_or_torn_text_is_read_and_every_quote_is_its_own(
    document: Document, cut: int, hole: int
) -> None:
    torn = document.text[:hole] + document.text[hole + 40 : cut + 41]
    found = read_notice(changed(document, document.title, torn), LEXICON)
    whole = collapse_whitespace(f"{document.title}\n{torn}")
    assert [ground for ground in list_grounds(found) if ground.quote not in whole] == []


@pytest.mark.parametrize("document", documents()[3::6], ids=lambda document: document.url)
def test_every_quote_of_a_real_shape_is_verbatim(document: Document) -> None:
    whole = collapse_whitespace(f"{document.title}\n{document.text}")
    found = read_notice(document, LEXICON)
    assert [ground for ground in list_grounds(found) if ground.quote not in whole] == []


@pytest.mark.parametrize(
    "words",
    [
        "自9999年12月31日起施行，为期90年。",
        "自0000年0月0日起施行。",
        "商务部、海关总署、工业和信息化部、" * 400,
        "，不作调整" * 400,
        "公告2025年第1号、" * 400,
    ],
)
def test_no_wording_runs_away_or_raises(words: str) -> None:
    days = (found.start for found in announcement(words).effective)
    assert all(day is None or day.year < 2200 for day in days)
