"""The filter of notices: what an address says, and what an address can never say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.core.law.notice_filter import (
    EVERY_NOTICE,
    ListPosition,
    NoticeFilter,
    parse_list_position,
    parse_notice_filter,
)
from controlwatch.core.model import Direction
from controlwatch.core.model.errors import UsageError
from controlwatch.services.names import Names

NAMES = Names(lexicon=load_lexicon(), watchers=())
DAYS = st.dates(date(2000, 1, 1), date(2030, 1, 1))
FILTERS = st.builds(
    NoticeFilter,
    category=st.sampled_from([None, "rare_earth", "minor_metals.gallium"]),
    issuer=st.sampled_from([None, "MOFCOM", "GACC"]),
    direction=st.sampled_from([None, *Direction]),
    destination=st.sampled_from([None, "US", "JP"]),
    first=st.none() | DAYS,
    text=st.sampled_from(["", "稀土 & 磁", "100%", "a+b=c", '"; DROP']),
    changes_only=st.booleans(),
)


@given(FILTERS)
def test_an_address_says_everything_that_a_filter_does(chosen: NoticeFilter) -> None:
    chosen = replace(chosen, last=chosen.first)
    assert parse_notice_filter(chosen.to_query(), NAMES) == chosen


def test_what_limits_nothing_is_left_out_of_the_address() -> None:
    assert EVERY_NOTICE.to_query() == ""
    assert parse_notice_filter("category=&from=&changes=0&lang=zh&before=x", NAMES) == EVERY_NOTICE


def test_names_are_understood_as_people_write_them() -> None:
    chosen = parse_notice_filter({"category": "镓", "issuer": "商务部", "destination": "日本"}, NAMES)
    assert (chosen.category, chosen.issuer, chosen.destination) == ("minor_metals.gallium", "MOFCOM", "JP")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("category=unobtainium", "no category 'unobtainium'"),
        ("issuer=NASA", "no issuer 'NASA'"),
        ("direction=sideways", "'sideways' is not a direction"),
        ("destination=XX", "no destination 'XX'"),
        ("from=2026-13-01", "'2026-13-01' is not a day"),
        ("to=tomorrow", "'tomorrow' is not a day"),
        ("from=2026-03-02&to=2026-03-01", "ends before it begins"),
        ("changes=perhaps", "'perhaps' does not say"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_reason(query: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_notice_filter(query, NAMES)


def test_a_text_without_end_and_hidden_characters_do_not_reach_the_store() -> None:
    assert len(parse_notice_filter({"text": "镓" * 9_000}, NAMES).text) == 200
    assert parse_notice_filter({"text": "镓\x00\u202e铟"}, NAMES).text == "镓铟"


@given(st.none() | DAYS, st.integers(1, 10**17))
def test_a_position_survives_its_address(day: date | None, number: int) -> None:
    place = ListPosition(published=day, id=number)
    assert parse_list_position(place.to_text()) == place


@pytest.mark.parametrize(
    "text", ["", ".", "17", "2026-03-02", "2026-03-02.", "2026-03-02.x", "monday.1", f"undated.{'9' * 19}"]
)
def test_what_is_no_position_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_list_position(text)
