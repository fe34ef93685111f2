"""Every page at both widths: no fault that the browser, axe or a narrow window would show."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Visit

PAGES = (
    "/", "/notices", "/notices?category=battery&changes=1", "/notices/MOFCOM-GACC%202025-58", "/items", "/items/gallium",
    "/items/8507", "/entities?q=skydio", "/subscriptions", "/subscriptions/new", "/alerts", "/reviews", "/sources",
    "/sources/aqygzj", "/operations",
    "/calendar?month=2026-11", "/calendar?view=list&month=2025-10&category=gallium", "/filters", "/subscriptions/import", "/people", "/audit",
    "/report?week=2026-W46",
)  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_fault(visit: Visit, path: str) -> None:
    visit.open_in_both_languages(path)
