"""What is unseen, and what of it may ring."""

from __future__ import annotations

from datetime import date

import pytest

from controlwatch.core.model import NoticeRef
from controlwatch.core.sources.new_references import find_new_references, may_alert, remove_repetitions

FIRST = date(2026, 3, 2)


def ref(name: str, day: date | None = None, title: str = "公告") -> NoticeRef:
    return NoticeRef(url=f"https://a.example/{name}", title=title, listed_on=day)


def test_nothing_rings_at_the_first_poll() -> None:
    assert [
        item.may_alert for item in find_new_references([ref("1"), ref("2")], set(), first_poll_on=None)
    ] == [False, False]


def test_everything_unseen_above_a_known_notice_rings_back_dated_or_not() -> None:
    listed = [ref("new"), ref("back-dated", date(2025, 1, 1)), ref("old")]
    found = find_new_references(listed, {"a.example/old"}, first_poll_on=FIRST)
    assert [(item.ref.url[-3:], item.may_alert, item.alert_since) for item in found] == [
        ("new", True, None),
        ("ted", True, None),
    ]


def test_what_a_deletion_moved_up_from_below_the_shelf_rings_only_if_recent() -> None:
    found = find_new_references([ref("old"), ref("from-below")], {"a.example/old"}, first_poll_on=FIRST)
    assert [(item.may_alert, item.alert_since) for item in found] == [(True, FIRST)]


def test_a_site_moved_as_a_whole_rings_only_for_what_is_recent() -> None:
    found = find_new_references([ref("moved-1"), ref("moved-2")], set(), first_poll_on=FIRST)
    assert {item.alert_since for item in found} == {FIRST}


@pytest.mark.parametrize(
    ("may_ring", "since", "dated", "expected"),
    [
        (False, None, None, False),
        (True, None, date(2020, 1, 1), True),
        (True, FIRST, date(2026, 3, 1), False),
        (True, FIRST, date(2026, 3, 2), True),
        (True, FIRST, None, True),
    ],
)
def test_an_undated_notice_rings_rather_than_be_lost(
    may_ring: bool, since: date | None, dated: date | None, expected: bool
) -> None:
    assert may_alert(may_ring=may_ring, since=since, dated=dated) is expected


def test_a_pinned_repetition_and_a_cut_title_count_once_with_the_full_title() -> None:
    listed = [ref("1", title="关于公布对…"), ref("1", title="关于公布对相关物项实施出口管制的决定"), ref("2")]
    assert [item.title for item in remove_repetitions(listed)] == [
        "关于公布对相关物项实施出口管制的决定",
        "公告",
    ]
