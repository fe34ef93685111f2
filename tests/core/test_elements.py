"""Elements below the categories: how they are named, which notices concern them, and which entries are refused."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from controlwatch.adapters.catalog.element_loader import build_elements, check_elements, load_elements
from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.catalog.register_loader import load_register
from controlwatch.core.law.elements import Element, is_named
from controlwatch.core.law.graph import Instrument
from controlwatch.core.model import to_notice_key
from controlwatch.core.model.errors import DeclarationError

LEXICON = load_lexicon()
CATALOGUE = load_elements(LEXICON)
RARE_EARTHS = [
    "Sc",
    "Y",
    "La",
    "Ce",
    "Pr",
    "Nd",
    "Pm",
    "Sm",
    "Eu",
    "Gd",
    "Tb",
    "Dy",
    "Ho",
    "Er",
    "Tm",
    "Yb",
    "Lu",
]


def element(symbol: str) -> Element:
    return next(item for item in CATALOGUE.elements if item.symbol == symbol)


def notice(number: str, title: str = "公告", *categories: str) -> Instrument:
    return Instrument(key=number, number=number, title=title, issued=date(2026, 3, 1), categories=categories)


def test_every_rare_earth_and_every_metal_of_the_taxonomy_is_an_element() -> None:
    symbols = [item.symbol for item in CATALOGUE.elements]
    assert symbols[:17] == RARE_EARTHS
    metals = {item.id for item in LEXICON.categories if item.group == "minor_metals"}
    assert metals == {name for item in CATALOGUE.elements[17:] for name in item.categories}


@pytest.mark.parametrize("item", CATALOGUE.elements, ids=lambda item: item.symbol)
def test_the_register_bears_out_what_is_said_of_an_element(item: Element) -> None:
    entries = load_register(LEXICON).entries
    for known in item.named_by:
        entry = entries[to_notice_key(known.number)]
        printed = {finding.code for finding in entry.notice.control_codes}
        assert all(
            any(code.startswith(own) or own.startswith(code) for code in printed) for own in known.control
        )


@pytest.mark.parametrize("item", CATALOGUE.elements, ids=lambda item: item.symbol)
def test_an_element_is_found_by_each_of_its_names(item: Element) -> None:
    for name in (item.symbol, item.zh, item.en, item.en.upper(), f" {item.en} ", *item.names):
        assert CATALOGUE.find_element(name) is item


def test_traditional_characters_and_full_width_letters_name_an_element_too() -> None:
    assert CATALOGUE.find_element("鏑") is CATALOGUE.find_element("Ｄｙｓｐｒｏｓｉｕｍ") is element("Dy")


@pytest.mark.parametrize("word", ["in", "be", "no", "as", "he", "dysprosi"])
def test_a_word_of_english_is_no_symbol(word: str) -> None:
    assert CATALOGUE.find_element(word) is None


@pytest.mark.parametrize(
    ("words", "symbol"), [("氧化镝", "Dy"), ("dysprosium oxide", "Dy"), ("dy", "Dy"), ("金属铽粉", "Tb")]
)
def test_words_about_one_element_mean_it(words: str, symbol: str) -> None:
    assert CATALOGUE.find_related_element(words) is element(symbol)


@pytest.mark.parametrize("words", ["铽镝铁合金", "钕铁硼", "neodymium magnets", "graphite"])
def test_words_about_several_elements_or_none_mean_no_single_one(words: str) -> None:
    assert CATALOGUE.find_related_element(words) is None


@pytest.mark.parametrize(
    ("symbol", "text", "named"),
    [
        ("Nd", "对金属钕、含钕的合金实施出口管制", True),
        ("Nd", "含镝的钕铁硼永磁材料", False),
        ("Nd", "neodymium magnets", False),
        ("Nd", "Neodymium metal and neodymium magnets", True),
        ("Er", "掺铒光纤", False),
        ("La", "lanthanum", True),
        ("La", "Atlanta", False),
        ("Tb", "對金屬鋱實施出口管制", True),
    ],
)
def test_a_text_names_an_element_but_not_in_words_for_something_else(
    symbol: str, text: str, named: bool
) -> None:
    assert is_named(element(symbol), text) is named


def test_a_new_notice_concerns_the_rare_earths_that_its_sentences_name() -> None:
    new = notice("MOFCOM 2027-1", "对部分稀土物项实施出口管制", "rare_earth.items")
    quotes = {"MOFCOM 2027-1": ("1C915 镨相关物项", "金属镧（参考海关商品编号：28053011）")}
    concerned = [
        item.symbol for item in CATALOGUE.elements if list(CATALOGUE.find_notices(item, [new], quotes))
    ]
    assert concerned == ["La", "Pr"]


def test_a_new_notice_on_a_metal_concerns_it_though_no_sentence_names_it() -> None:
    new = notice("MOFCOM 2027-1", "公告", "minor_metals.tantalum")
    concerned = [item.symbol for item in CATALOGUE.elements if list(CATALOGUE.find_notices(item, [new], {}))]
    assert concerned == ["Ta"]


def test_a_notice_of_which_the_elements_are_known_concerns_no_others() -> None:
    known = notice("MOFCOM 2025-18", "公告", "rare_earth.items")
    quotes = {"MOFCOM 2025-18": ("钬",)}
    assert not list(CATALOGUE.find_notices(element("Ho"), [known], quotes))
    assert list(CATALOGUE.find_notices(element("Dy"), [known], {}))


ROW = {"symbol": "Xx", "zh": "某", "en": "xium", "categories": ["rare_earth.items"]}


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([ROW | {"categories": ["rare_earth.xium"]}], "no category"),
        ([ROW | {"categories": []}], "no category"),
        ([ROW, ROW | {"symbol": "Yy", "en": "yium"}], "is a name of Xx too"),
        ([ROW | {"named_by": [{"number": "商务部公告2025年第18号"}]}], "not a number as we write it"),
        ([ROW | {"codes": ["1C905"]}], "no such key"),
        ([{"symbol": "Xx"}], "zh"),
    ],
)
def test_an_entry_that_cannot_be_right_is_refused(rows: list[dict[str, Any]], reason: str) -> None:
    with pytest.raises(DeclarationError, match=reason):
        check_elements(build_elements({"element": rows}, LEXICON), LEXICON)


def test_every_element_that_ships_names_its_notices_as_we_write_them() -> None:
    check_elements(CATALOGUE, LEXICON)
