"""A provision about one destination beside a general one does not make the whole control one for it."""

from __future__ import annotations

import pytest

from controlwatch.core.extraction.report.measures import list_whole_destinations
from tests.extraction.making import announcement

GENERAL = "一、出口下列物项，应当依照有关规定向国务院商务主管部门申请许可。"
MILITARY = "二、向美国军事用户出口下列物项，原则上不予许可。"
DAY = "三、本公告自2026年12月1日起实施。"


@pytest.mark.parametrize(
    ("title", "provisions", "whole"),
    [
        ("公布对钨相关物项实施出口管制的决定", (GENERAL, MILITARY, DAY), ()),
        (
            "公布对钨相关物项实施出口管制的决定",
            (GENERAL, MILITARY.replace("原则上不予许可", "禁止"), DAY),
            (),
        ),
        ("关于加强钨相关物项对美国出口管制的公告", (GENERAL, MILITARY, DAY), ("US",)),
        ("关于加强钨相关物项出口管制的公告", ("一、禁止钨相关物项对美国出口。", DAY), ("US",)),
        (
            "关于加强钨相关物项出口管制的公告",
            ("一、禁止钨相关物项对美国军事用户出口。", "二、钨相关物项对美国出口，应当申请许可。", DAY),
            ("US",),
        ),
    ],
)
def test_a_control_is_for_a_destination_where_nothing_in_it_binds_for_all(
    title: str, provisions: tuple[str, ...], whole: tuple[str, ...]
) -> None:
    found = announcement("\n".join(provisions), title=f"商务部公告2026年第91号 {title}")
    assert found.destinations == ("US",)
    assert list_whole_destinations(found) == whole
    summary = found.summary.en
    assert ("One provision is for the United States only." in summary) == (not whole)
