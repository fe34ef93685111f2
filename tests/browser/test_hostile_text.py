"""Hostile text in every field that people and sources fill, on every page, in a real browser: nothing of it runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser

from controlwatch.core.model import Subscription
from tests.browser.conftest import Visit, browser
from tests.services.test_news import GALLIUM
from tests.web.pages import HOSTILE, Pages, served_pages

__all__ = ["browser"]

SCRIPT = "<script>alert(4)</script>\"'><img src=x onerror=alert(5)>{{ 7 * 7 }}"
PATHS = (
    "/", "/notices", f"/notices?text={quote(SCRIPT)}", f"/notices?category={quote(SCRIPT)}", "/notices/MOFCOM%202026-66",
    "/items", f"/items/{quote(SCRIPT, safe='')}", "/items/gallium", f"/entities?q={quote(SCRIPT)}", "/subscriptions",
    "/alerts", "/alerts?all=yes", "/reviews", "/sources", "/operations", "/filters", "/calendar?month=2026-04",
    f"/calendar?view=list&month=2026-04&category={quote(SCRIPT)}", "/report?week=2026-W10", f"/{quote(SCRIPT)}",
)  # fmt: skip


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """An installation whose notices, subscriptions, filters and actions have hostile words."""
    listing = replace(HOSTILE, path="/notices/art_67.html", title=HOSTILE.title.replace("66", "67"))
    with served_pages(tmp_path_factory.mktemp("state"), GALLIUM, HOSTILE, listing) as opened:
        world, store = opened.world, opened.world.store
        for delivery in iter(lambda: world.claim(world.now), ()):
            world.mark_sent(delivery)
        wanted = Subscription(channel="slack", target=SCRIPT, terms=(SCRIPT,), owner=SCRIPT)
        paused = store.subscriptions.subscribe(wanted, world.now)
        store.subscriptions.pause(paused, SCRIPT, world.now)
        opened.send("/filters", "/filters", name=SCRIPT[:80], query=f"text={quote(SCRIPT)}")
        for line in store.actions.list_alerts(open_only=True):
            store.actions.record_action(
                line.key, what="assigned", who=SCRIPT, targets=[line.target], note=SCRIPT, now=world.now
            )
        yield opened


@pytest.mark.parametrize("path", PATHS)
def test_no_word_of_it_becomes_an_element_or_runs(browser: Browser, pages: Pages, path: str) -> None:
    page = browser.new_page()
    visit = Visit(page, pages.url)
    page.on("dialog", lambda dialog: (visit.complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.goto(pages.url + path)
    assert page.evaluate("document.querySelectorAll('img, script, b').length") == 0
    assert "49" not in page.inner_text("h1")
    refused = [text for text in visit.complaints if "status of" not in text]
    page.close()
    assert refused == []


@pytest.mark.parametrize(
    "path", ["/notices/MOFCOM%202026-66", "/subscriptions", "/alerts?all=yes", "/filters", "/operations"]
)
def test_its_words_stand_on_the_page_as_text(browser: Browser, pages: Pages, path: str) -> None:
    page = browser.new_page()
    page.goto(pages.url + path)
    shown = page.inner_text("main")
    page.close()
    assert "onerror=alert" in shown
