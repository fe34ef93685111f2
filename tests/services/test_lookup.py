"""Lookups on the shipped register: element by element, and by customs codes in agreement with words."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date

import pytest

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.catalog.register_loader import load_register
from controlwatch.adapters.storage import SqlStore
from controlwatch.bootstrap.question_app import build_queries
from controlwatch.core.law.answers import CategoryStatus, LookupResult
from controlwatch.core.law.lookup import DESCRIPTION_DECIDES
from controlwatch.core.model.errors import UsageError
from controlwatch.services.legal_queries import LegalQueries
from tests.known import known

LEXICON = load_lexicon()
BEFORE, SUSPENDED, LATER = date(2025, 10, 20), date(2026, 6, 30), date(2026, 11, 29)

SEVEN, FIVE, ABROAD = "MOFCOM-GACC 2025-18", "MOFCOM-GACC 2025-57", "MOFCOM 2025-61"
METALS, LIST = "MOFCOM-GACC 2025-10", "MOFCOM-MIIT-GACC-SCA 2024-51"
UNITED_STATES = "MOFCOM 2024-46"
TRADERS = "MOFCOM 2025-68"


@pytest.fixture(scope="module")
def law(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LegalQueries]:
    state = tmp_path_factory.mktemp("law") / "state"
    known(state)
    store = SqlStore.open(f"sqlite:///{state / 'controlwatch.db'}")
    yield build_queries(store, LEXICON).law
    store.close()
    shutil.rmtree(state)


def states(found: LookupResult) -> dict[str, set[str]]:
    """Return the states of the parts of each notice in an answer."""
    answer: dict[str, set[str]] = {}
    for hit in found.hits:
        answer.setdefault(hit.number, set()).add(hit.state.value)
    return answer


#: The rare earths that a notice names, each with its control code; the others are named by none.
RARE_EARTHS = {
    "Sc": ("钪", "scandium", SEVEN, "1C907"),
    "Y": ("钇", "yttrium", SEVEN, "1C908"),
    "La": ("镧", "lanthanum", "", ""),
    "Ce": ("铈", "cerium", "", ""),
    "Pr": ("镨", "praseodymium", "", ""),
    "Nd": ("钕", "neodymium", "", ""),
    "Pm": ("钷", "promethium", "", ""),
    "Sm": ("钐", "samarium", SEVEN, "1C902"),
    "Eu": ("铕", "europium", FIVE, "1C912"),
    "Gd": ("钆", "gadolinium", SEVEN, "1C903"),
    "Tb": ("铽", "terbium", SEVEN, "1C904"),
    "Dy": ("镝", "dysprosium", SEVEN, "1C905"),
    "Ho": ("钬", "holmium", FIVE, "1C909"),
    "Er": ("铒", "erbium", FIVE, "1C910"),
    "Tm": ("铥", "thulium", FIVE, "1C911"),
    "Yb": ("镱", "ytterbium", FIVE, "1C913"),
    "Lu": ("镥", "lutetium", SEVEN, "1C906"),
}


@pytest.mark.parametrize("symbol", RARE_EARTHS)
def test_each_rare_earth_has_its_own_notices(law: LegalQueries, symbol: str) -> None:
    zh, en, number, code = RARE_EARTHS[symbol]
    for on, of_seven, of_five, abroad in (
        (BEFORE, {"in-force"}, {"not-yet"}, {"not-yet", "in-force"}),
        (SUSPENDED, {"in-force"}, {"suspended"}, {"suspended"}),
        (LATER, {"in-force"}, {"in-force"}, {"in-force"}),
    ):
        expected = {SEVEN: {SEVEN: of_seven, ABROAD: abroad}, FIVE: {FIVE: of_five}, "": {}}[number]
        for word in (symbol, zh, en):
            found = law.lookup(word, on=on)
            assert states(found) == expected, (word, on)
            assert found.element == f"{en} {zh} ({symbol})"
            codes = {hit.code for hit in found.hits if hit.number == number}
            assert codes == ({code} if code else set())


@pytest.mark.parametrize("symbol", [symbol for symbol, row in RARE_EARTHS.items() if not row[2]])
def test_a_rare_earth_that_no_notice_names_says_so(law: LegalQueries, symbol: str) -> None:
    zh, en, _, _ = RARE_EARTHS[symbol]
    found = law.lookup(en, on=SUSPENDED)
    assert found.notes[:2] == (
        f"{en} {zh} ({symbol}): no notice known here controls it by name.",
        f"Controls of rare earths in force: {SEVEN}.",
    )
    status = law.status(zh, on=SUSPENDED)
    assert isinstance(status, CategoryStatus)
    assert (status.notices, status.notes) == ((), found.notes)
    with pytest.raises(UsageError, match="no notice known here controls it by name"):
        law.history(symbol)


def test_what_is_controlled_is_not_said_to_be_controlled_by_none(law: LegalQueries) -> None:
    assert law.lookup("Dy", on=SUSPENDED).notes == ()
    assert law.lookup("Dy", on=date(2025, 1, 1)).notes[0].endswith("controls it by name.")


MINOR_METALS = {
    "Ga": {"MOFCOM-GACC 2023-23", UNITED_STATES, "MOFCOM-MOST 2025-28", LIST},
    "Ge": {"MOFCOM-GACC 2023-23", UNITED_STATES, LIST},
    "Sb": {"MOFCOM-GACC 2024-33", UNITED_STATES, TRADERS, LIST},
    "W": {METALS, TRADERS, LIST},
    "Te": {METALS},
    "Bi": {METALS, LIST},
    "Mo": {METALS},
    "In": {METALS},
    "Ag": {TRADERS},
    "Be": {LIST},
    "Hf": {LIST},
    "Zr": {LIST},
    "Ti": {LIST},
    "Mg": {LIST},
}


@pytest.mark.parametrize("symbol", MINOR_METALS)
def test_each_minor_metal_has_its_own_notices(law: LegalQueries, symbol: str) -> None:
    found = states(law.lookup(symbol, on=SUSPENDED))
    assert set(found) == MINOR_METALS[symbol]
    parts = found.pop(UNITED_STATES, None)
    assert parts in (None, {"in-force", "suspended"})
    assert all(state == {"in-force"} for state in found.values())
    assert states(law.lookup(symbol, on=LATER)) == {number: {"in-force"} for number in MINOR_METALS[symbol]}


@pytest.mark.parametrize("symbol", ["Re", "Ta", "Nb", "V", "Mn", "Sn", "Cd", "Se", "Cs", "Rb", "Pt", "Os"])
def test_a_metal_that_no_notice_controls_says_so(law: LegalQueries, symbol: str) -> None:
    found = law.lookup(symbol, on=SUSPENDED)
    assert found.hits == ()
    assert found.notes[0].endswith("no notice known here controls it by name.")
    assert any("read the list too" in caution for caution in found.cautions)


def test_the_status_and_the_history_of_an_element_are_of_its_notices(law: LegalQueries) -> None:
    for word in ("holmium", "钬", "Ho", "ho"):
        status = law.status(word, on=SUSPENDED)
        assert isinstance(status, CategoryStatus)
        assert [(item.number, item.state) for item in status.notices] == [(FIVE, "suspended")]
        assert (status.category, status.element) == ("rare_earth.items", "holmium 钬 (Ho)")
        steps = law.history(word)
        assert {step.number for step in steps if step.what == "issued"} >= {FIVE}
        assert not any(SEVEN in (step.number, step.what) for step in steps)


def test_upcoming_dates_and_differences_are_those_of_an_element(law: LegalQueries) -> None:
    day = date(2026, 11, 1)
    ends = {word: law.upcoming(on=day, days=30, categories=[word]) for word in ("Ho", "Dy", "Te")}
    assert [event.event for event in ends["Ho"]].count("suspension ends") == 1
    assert all(FIVE in event.affects for event in ends["Ho"] if event.event == "suspension ends")
    assert ends["Te"] == ()
    changed = {
        word: [
            item.number
            for item in law.compare(first=date(2025, 11, 1), last=date(2025, 11, 15), categories=[word])
        ]
        for word in ("Ho", "Dy", "Te")
    }
    assert changed == {"Ho": [FIVE], "Dy": [ABROAD], "Te": []}


def test_an_element_is_more_than_its_group_where_other_groups_name_it(law: LegalQueries) -> None:
    categories = {hit.category for hit in law.lookup("lithium", on=SUSPENDED).hits}
    assert {"minor_metals.lithium", "battery.liion"} <= categories


# --------------------------------------------------------------------------- customs codes

CODES = sorted({code for category in LEXICON.categories for code in category.hs})
#: The changes that print each code, by the register.
PRINTED: dict[str, set[str]] = {}
for entry in load_register(LEXICON).entries.values():
    for finding in entry.notice.hs_codes if entry.notice.is_change else ():
        name = entry.notice.number.canonical if entry.notice.number else entry.notice.title
        PRINTED.setdefault(finding.code, set()).add(name)


def list_spellings(code: str) -> set[str]:
    """Return a customs code, its heading and subheading, and a longer code below it."""
    return {code, code[:4], code[:6], code.ljust(10, "0")}


def numbers(found: LookupResult) -> set[str]:
    return {hit.number for hit in found.hits}


#: What a lookup on a day finds; many codes have the same heading.
FOUND: dict[tuple[str, date], LookupResult] = {}


def find_numbers(law: LegalQueries, query: str, on: date, of: str = "") -> set[str]:
    """Return the notices that a lookup finds, of a category or of all; each query is asked once."""
    if (query, on) not in FOUND:
        FOUND[query, on] = law.lookup(query, on=on)
    return {hit.number for hit in FOUND[query, on].hits if of in {"", hit.category}}


@pytest.mark.parametrize("code", CODES)
def test_a_code_of_the_taxonomy_finds_what_controls_its_category(law: LegalQueries, code: str) -> None:
    owners = [category.id for category in LEXICON.categories if code in category.hs]
    expected = set().union(*(find_numbers(law, owner, SUSPENDED, of=owner) for owner in owners))
    for spelling in list_spellings(code):
        assert expected <= find_numbers(law, spelling, SUSPENDED), spelling


@pytest.mark.parametrize("code", sorted(PRINTED))
def test_a_code_of_the_register_finds_the_notices_that_print_it(law: LegalQueries, code: str) -> None:
    for spelling in list_spellings(code):
        assert PRINTED[code] <= find_numbers(law, spelling, LATER), spelling


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("2504", "graphite"),
        ("8110", "antimony"),
        ("811292", "germanium"),
        ("2846", "rare_earth.items"),
        ("280530", "rare_earth.items"),
        ("2805.30", "rare_earth.items"),
        ("85051110", "rare_earth.magnets"),
        ("8505 11", "rare_earth.magnets"),
        ("8106", "bismuth"),
    ],
)
def test_a_code_finds_all_that_the_words_for_it_find_with_the_same_caution(
    law: LegalQueries, code: str, words: str
) -> None:
    by_code, by_words = law.lookup(code, on=SUSPENDED), law.lookup(words, on=SUSPENDED)
    assert numbers(by_words) <= numbers(by_code)
    assert DESCRIPTION_DECIDES in by_code.cautions
    assert DESCRIPTION_DECIDES in by_words.cautions


def test_notices_that_do_not_print_the_code_are_told_apart(law: LegalQueries) -> None:
    found = law.lookup("2504", on=SUSPENDED)
    (caution,) = (caution for caution in found.cautions if caution.startswith("the code 2504"))
    assert "MOFCOM-GACC 2023-39" not in caution
    assert "MOFCOM-GACC 2025-58" in caution
    assert {hit.code for hit in found.hits if hit.number == "MOFCOM-GACC 2025-58"} == {None}


@pytest.mark.parametrize(
    ("word", "ban"), [("tungsten", "MOFCOM-GACC 2026-29"), ("钨", "MOFCOM-GACC 2026-29")]
)
def test_a_gas_that_has_an_element_in_its_name_brings_no_rules_on_other_gases(
    law: LegalQueries, word: str, ban: str
) -> None:
    numbers = {hit.number for hit in law.lookup(word, on=LATER).hits}
    assert ban not in numbers
    assert {METALS, LIST} <= numbers
    assert ban in {hit.number for hit in law.lookup("helium", on=LATER).hits}


@pytest.mark.parametrize(
    ("word", "number"),
    [
        ("lithium", "MOFCOM-GACC 2025-58"),
        ("锂", "MOFCOM-GACC 2025-58"),
        ("cobalt", "MOFCOM-GACC 2025-58"),
        ("tungsten hexafluoride", "MOFCOM-GACC 2026-29"),
        ("六氟化钨", "MOFCOM-GACC 2026-29"),
    ],
)
def test_categories_whose_names_have_an_element_or_that_are_asked_in_full_stay(
    law: LegalQueries, word: str, number: str
) -> None:
    assert number in {hit.number for hit in law.lookup(word, on=LATER).hits}


@pytest.mark.parametrize(
    ("code", "others"), [("3A901", "3B901, 3C901"), ("3D901", "3B901, 3C901"), ("3b901", "3C901")]
)
def test_a_control_code_points_to_those_of_the_same_number(law: LegalQueries, code: str, others: str) -> None:
    try:
        said = " ".join(law.lookup(code, on=LATER).notes)
    except UsageError as error:
        said = str(error)
    assert f"See also {others}" in said


def test_a_control_code_alone_with_its_number_points_to_none(law: LegalQueries) -> None:
    assert law.lookup("1C351", on=LATER).notes == ()
