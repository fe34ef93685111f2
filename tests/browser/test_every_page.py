"""Every page at both widths: no fault that the browser, axe or a narrow window would show."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Visit

PAGES = ("/", "/people", "/audit")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_fault(visit: Visit, path: str, language: str) -> None:
    visit.open(f"{path}?lang={language}")
    visit.has_no_fault()
