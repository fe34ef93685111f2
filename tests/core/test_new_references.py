"""Which references of an index are new, which may alert, and how far its pages are turned."""

from __future__ import annotations

from datetime import date

import pytest

from controlwatch.core.model import NoticeRef
from controlwatch.core.sources.index_pages import (
    PageView,
    add_references,
    find_new_references,
    may_alert,
    should_turn_page,
)
from controlwatch.core.sources.watcher import Pages

FIRST = date(2026, 3, 2)


def listed_of(*refs: NoticeRef) -> dict[str, NoticeRef]:
    listed: dict[str, NoticeRef] = {}
    add_references(listed, refs)
    return listed


def ref(name: str, day: date | None = None, title: str = "公告") -> NoticeRef:
    return NoticeRef(url=f"https://a.example/{name}", title=title, listed_on=day)


def test_the_first_poll_never_alerts() -> None:
    assert [
        item.may_alert
        for item in find_new_references(listed_of(ref("1"), ref("2")), set(), first_poll_on=None)
    ] == [False, False]


def test_every_new_reference_above_a_known_one_may_alert_back_dated_or_not() -> None:
    listed = listed_of(ref("new"), ref("back-dated", date(2025, 1, 1)), ref("old"))
    found = find_new_references(listed, {"a.example/old"}, first_poll_on=FIRST)
    assert [(item.ref.url[-3:], item.may_alert, item.alert_since) for item in found] == [
        ("new", True, None),
        ("ted", True, None),
    ]


def test_what_a_deletion_moves_into_view_alerts_only_if_recent() -> None:
    found = find_new_references(
        listed_of(ref("old"), ref("from-below")), {"a.example/old"}, first_poll_on=FIRST
    )
    assert [(item.may_alert, item.alert_since) for item in found] == [(True, FIRST)]


def test_a_site_moved_as_a_whole_alerts_only_about_what_is_recent() -> None:
    found = find_new_references(listed_of(ref("moved-1"), ref("moved-2")), set(), first_poll_on=FIRST)
    assert {item.alert_since for item in found} == {FIRST}


@pytest.mark.parametrize(
    ("eligible", "since", "dated", "expected"),
    [
        (False, None, None, False),
        (True, None, date(2020, 1, 1), True),
        (True, FIRST, date(2026, 3, 1), False),
        (True, FIRST, date(2026, 3, 2), True),
        (True, FIRST, None, True),
    ],
)
def test_an_undated_notice_may_alert_rather_than_be_lost(
    eligible: bool, since: date | None, dated: date | None, expected: bool
) -> None:
    assert may_alert(eligible=eligible, since=since, dated=dated) is expected


def test_a_pinned_repetition_and_a_cut_title_count_once_with_the_full_title() -> None:
    listed = listed_of(
        ref("1", title="关于公布对…"), ref("1", title="关于公布对相关物项实施出口管制的决定"), ref("2")
    )
    assert [item.title for item in listed.values()] == [
        "关于公布对相关物项实施出口管制的决定",
        "公告",
    ]


PAGES = Pages(style="field", size=15, shelf=2, most=4)


@pytest.mark.parametrize(
    ("page", "is_first_poll", "is_full_scan", "expected"),
    [
        # a usual poll turns while something is untracked
        (PageView(number=1, has_untracked=True), False, False, True),
        (PageView(number=1), False, False, False),
        (PageView(number=1, is_unchanged=True), False, False, False),
        (PageView(number=3, has_untracked=True), False, False, True),
        (PageView(number=4, has_untracked=True), False, False, False),  # the last page allowed
        # a full scan reads the required pages, whatever they show
        (PageView(number=1), False, True, True),
        (PageView(number=1, is_unchanged=True), False, True, True),
        (PageView(number=2), False, True, False),
        (PageView(number=2, is_unchanged=True), False, True, False),
        (PageView(number=2, has_untracked=True), False, True, True),
        # the first poll reads the required pages, and no more
        (PageView(number=1, has_untracked=True), True, True, True),
        (PageView(number=2, has_untracked=True), True, True, False),
        # unless a page leaves a gap to what is known, and then up to the last page allowed
        (PageView(number=2, has_untracked=True, leaves_gap=True), True, True, True),
        (PageView(number=4, has_untracked=True, leaves_gap=True), True, True, False),
        # the end of the list, and a page that repeats the ones before it, always stop
        (PageView(number=1, total=15, has_untracked=True), True, True, False),
        (PageView(number=1, total=15, has_untracked=True), False, False, False),
        (PageView(number=1, total=16, has_untracked=True), False, False, True),
        (PageView(number=2, is_repetition=True, has_untracked=True), False, False, False),
    ],
)
def test_pages_are_turned_while_they_are_required_or_show_something_new(
    page: PageView, is_first_poll: bool, is_full_scan: bool, expected: bool
) -> None:
    assert should_turn_page(PAGES, page, is_first_poll=is_first_poll, is_full_scan=is_full_scan) is expected
