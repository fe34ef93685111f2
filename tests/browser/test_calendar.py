"""The calendar with the keyboard alone, as a screen reader finds its way, and its address made and read."""

from __future__ import annotations

import httpx
from icalendar import Calendar

from tests.browser.conftest import Visit

MONTH = "/calendar?month=2026-11&lang=en"


def test_the_month_is_a_table_with_headings_and_days(visit: Visit) -> None:
    visit.open(MONTH)
    table = visit.page.get_by_role("table", name="November 2026")
    assert table.get_by_role("columnheader").count() == 7
    assert table.get_by_role("row").count() == 7
    cell = table.get_by_role("cell").filter(has=visit.page.locator("time[datetime='2026-11-10']"))
    names = cell.get_by_role("link").all_inner_texts()
    assert any("suspension ends" in name for name in names)


def test_a_date_leads_to_its_notice_with_the_keyboard(visit: Visit) -> None:
    visit.open(MONTH)
    link = visit.page.get_by_role("link", name="suspension ends").first
    link.focus()
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_url("**/notices/**")


def test_months_are_turned_with_the_keyboard(visit: Visit) -> None:
    visit.open(MONTH)
    visit.page.get_by_role("link", name="December 2026 →").focus()
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_url("**month=2026-12**")
    assert visit.page.get_by_role("heading", level=1).inner_text() == "Calendar · December 2026"


def test_an_address_is_made_with_the_keyboard_and_programs_read_it(visit: Visit) -> None:
    visit.open("/calendar?month=2026-11&category=rare_earth&lang=en")
    visit.page.get_by_label("Name of the filter").fill("Magnets & 稀土")
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_url("**/filters**")
    saved = visit.page.get_by_role("heading", name="Magnets & 稀土").first
    assert saved.is_visible()
    address = visit.page.get_by_label("Calendar (iCalendar)").first.input_value()
    calendar = Calendar.from_ical(httpx.get(address).content)
    assert calendar["X-WR-CALNAME"] == "controlwatch · Magnets & 稀土"
    feed = visit.page.get_by_label("Feed (Atom)").first.input_value()
    assert httpx.get(feed).headers["content-type"].startswith("application/atom+xml")
    visit.page.get_by_role("button", name="End it").first.click()
    visit.page.wait_for_load_state()
    assert httpx.get(address).status_code == 410
    assert httpx.get(feed).status_code == 410
