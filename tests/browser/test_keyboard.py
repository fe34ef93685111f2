"""Subscribing and acknowledging with the keyboard alone, in a real browser."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.services.test_news import GALLIUM
from tests.web.pages import served_pages

MAX_TABS = 120


def tab_to(page: Page, name: str) -> None:
    """Press Tab until an element with this text or label has the focus."""
    for _ in range(MAX_TABS):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "(e => [e.innerText, e.getAttribute('aria-label'), e.labels && e.labels[0] && e.labels[0].innerText, e.name]"
            ".filter(Boolean).join(' '))(document.activeElement)"
        )
        if name in focused:
            return
    raise AssertionError(f"{name} is not reached by the Tab key")


def test_subscribe_with_the_keyboard_alone(browser: Browser, tmp_path: Path) -> None:
    with served_pages(tmp_path, GALLIUM) as pages:
        page = browser.new_page()
        page.goto(f"{pages.url}/subscriptions")
        tab_to(page, "New subscription")
        page.keyboard.press("Enter")
        page.wait_for_url("**/subscriptions/new")
        tab_to(page, "Address")
        page.keyboard.type("desk@example.com")
        tab_to(page, "minor metals")
        page.keyboard.press("Enter")
        tab_to(page, "gallium")
        page.keyboard.press("Space")
        tab_to(page, "Preview of 90 days")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("Preview")
        tab_to(page, "Subscribe")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("saved")
        page.close()
        made = pages.world.store.subscriptions.list_active()[-1]
    assert (made.target, made.categories) == ("desk@example.com", ("minor_metals.gallium",))


def test_acknowledge_with_the_keyboard_alone(browser: Browser, tmp_path: Path) -> None:
    with served_pages(tmp_path, GALLIUM) as pages:
        pages.world.mark_sent(pages.world.claim(pages.world.now))
        page = browser.new_page()
        page.goto(f"{pages.url}/alerts")
        tab_to(page, "Acknowledge")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("recorded")
        page.close()
        assert pages.world.store.actions.list_alerts(open_only=True) == ()
