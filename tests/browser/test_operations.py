"""What operators do on their page, and what a notice shows of its changes, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from controlwatch.core.model import Subscription
from controlwatch.testing.pdf import pdf
from controlwatch.testing.sites import Answer
from tests.browser.conftest import browser
from tests.services.test_floods import LIMIT, notice
from tests.services.test_news import GALLIUM
from tests.services.world import HOST
from tests.services.world import Page as NoticePage
from tests.web.pages import Pages, served_pages

__all__ = ["browser"]

LATER = datetime(2100, 1, 1, tzinfo=UTC)
SUSPENSION = NoticePage(
    "/notices/art_70.html",
    "商务部 海关总署公告2026年第70号 公布暂停实施商务部 海关总署公告2026年第40号的决定",
    "经批准，商务部 海关总署公告2026年第40号自即日起至2027年3月31日暂停实施。\n商务部 海关总署\n2026年3月2日",
    annex="/files/list.pdf",
)


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    with served_pages(tmp_path, GALLIUM) as opened:
        yield opened


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


# --------------------------------------------------------------------------- operations


def test_what_a_channel_refused_is_due_again_when_an_operator_says_so(pages: Pages, page: Page) -> None:
    world = pages.world
    world.store.outbox.mark_refused(
        world.claim(world.now), owner="test", reason="550 no such user", now=world.now
    )
    page.goto(f"{pages.url}/operations")
    expect(page.get_by_role("cell", name="550 no such user")).to_be_visible()
    assert world.claim(LATER) == ()
    page.get_by_role("button", name="Try all again now").click()
    expect(page.get_by_role("status")).to_have_text("What had failed is due now.")
    expect(page.get_by_role("button", name="Try all again now")).to_have_count(0)
    assert len(world.claim(LATER)) == 1


def test_a_paused_target_is_sent_to_again_when_an_operator_resumes_it(pages: Pages, page: Page) -> None:
    subscriptions = pages.world.store.subscriptions
    numbers = [
        subscriptions.subscribe(Subscription(channel="slack", target=target), pages.world.now)
        for target in ("C0ONE", "C0TWO")
    ]
    for number in numbers:
        subscriptions.pause(number, "channel_not_found", pages.world.now)
    page.goto(f"{pages.url}/operations")
    page.get_by_role("button", name=f"Resume {numbers[1]}").click()
    expect(page.get_by_role("status")).to_have_text("The subscription is active again.")
    expect(page.get_by_role("button", name="Resume")).to_have_count(1)
    paused = {item.id: bool(item.paused) for item in subscriptions.list_active() if item.id in numbers}
    assert paused == {numbers[0]: True, numbers[1]: False}


def test_of_a_held_flood_those_are_told_that_an_operator_releases(pages: Pages, page: Page) -> None:
    world = pages.world
    world.alerts()
    world.ministry.size = 200
    world.ministry.publish(*(notice(number) for number in range(910, 922)))
    assert world.poll(LIMIT).held == 12
    page.goto(f"{pages.url}/operations")
    expect(page.get_by_text("12 notices since")).to_be_visible()
    page.get_by_label("Only titles with these words").fill("第915号")
    page.get_by_role("button", name="Read and alert ministry").click()
    expect(page.get_by_role("status")).to_have_text(
        "The held notices will be read at the next polls of their source."
    )
    expect(page.get_by_text("11 notices since")).to_be_visible()
    page.get_by_role("button", name="Read without alerts ministry").click()
    expect(page.get_by_role("region", name="Held floods")).to_contain_text("None.")
    world.now = datetime.now(UTC)
    world.poll(LIMIT)
    told = [alert.title for alert in world.alerts() if alert.kind == "new"]
    assert told == [notice(915).title]


def test_words_that_no_held_title_has_change_nothing(pages: Pages, page: Page) -> None:
    world = pages.world
    world.ministry.size = 200
    world.ministry.publish(*(notice(number) for number in range(910, 922)))
    world.poll(LIMIT)
    page.goto(f"{pages.url}/operations")
    page.get_by_label("Only titles with these words").fill("第400号")
    page.get_by_role("button", name="Read and alert ministry").click()
    expect(page.get_by_role("status")).to_have_text("Nothing has changed.")
    expect(page.get_by_text("12 notices since")).to_be_visible()


# --------------------------------------------------------------------------- the notice


def test_an_amended_notice_shows_which_words_were_replaced(pages: Pages, page: Page) -> None:
    world = pages.world
    changed = next(found for found in world.ministry.pages if found.path == GALLIUM.path)
    changed.text = changed.text.replace("2026年4月1日", "2026年5月1日")
    world.ministry.render()
    world.poll(later=timedelta(days=1))
    page.goto(f"{pages.url}/notices/{quote('MOFCOM-GACC 2026-40')}")
    versions = page.get_by_role("region", name="Versions and addresses")
    expect(versions).to_contain_text("effective: 1 Apr 2026 → 1 May 2026")
    expect(versions.locator("ins")).to_be_hidden()
    versions.get_by_text("Redline").click()
    expect(versions.locator("del")).to_have_text(["4"])
    expect(versions.locator("ins")).to_have_text(["5"])


def test_related_notices_are_drawn_from_either_side_and_lead_to_each_other(pages: Pages, page: Page) -> None:
    pages.world.sites.put(f"{HOST}/files/list.pdf", Answer(body=pdf(("清单", "金属镓"))))
    pages.world.ministry.publish(replace(SUSPENSION))
    pages.world.poll()
    page.goto(f"{pages.url}/notices/{quote('MOFCOM-GACC 2026-70')}")
    related = page.get_by_role("region", name="Related notices")
    expect(related.locator("g.node")).to_have_count(2)
    expect(related).to_contain_text("suspends")
    related.get_by_role("link", name="MOFCOM-GACC 2026-40").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("MOFCOM-GACC 2026-40")
    back = page.get_by_role("region", name="Related notices").get_by_role("link", name="MOFCOM-GACC 2026-70")
    back.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("MOFCOM-GACC 2026-70")


@pytest.mark.parametrize("is_there", [True, False])
def test_an_annex_is_named_with_its_address_and_one_that_was_not_read_says_so(
    pages: Pages, page: Page, *, is_there: bool
) -> None:
    if is_there:
        pages.world.sites.put(f"{HOST}/files/list.pdf", Answer(body=pdf(("清单", "金属镓"))))
    pages.world.ministry.publish(replace(SUSPENSION))
    pages.world.poll()
    page.goto(f"{pages.url}/notices/{quote('MOFCOM-GACC 2026-70')}")
    versions = page.get_by_role("region", name="Versions and addresses")
    expect(versions.get_by_role("link", name="附件")).to_have_attribute("href", f"{HOST}/files/list.pdf")
    expect(versions.locator(".badge.amber")).to_have_count(0 if is_there else 1)
