"""People log in with a real browser: by password, by passkey, at a provider; and see their pages."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import oidc_provider_mock
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from controlwatch.bootstrap.people import build_account_use_cases
from controlwatch.core.model.account import Role
from controlwatch.web.access import SESSION_COOKIE
from tests.browser.conftest import Site, Visit, browser, served
from tests.people import BY, PASSWORD, create_account

__all__ = ["browser"]

PAGES = ("/login", "/account", "/people", "/people/1", "/audit")
LONG = "W" * 60


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An installation with people and a provider, at the name at which passkeys work."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    person = oidc_provider_mock.User(sub="17", claims={"preferred_username": "Wang.Fang"})
    with (
        oidc_provider_mock.run_server_in_thread(user_claims=[person]) as provider,
        served(
            tmp_path_factory.mktemp("state"),
            oidc_issuer=f"http://localhost:{provider.server_port}",
            oidc_client_id="controlwatch",
            oidc_client_secret="a secret of the client",
        ) as opened,
    ):
        chief = create_account(opened.app, "chief", Role.OPERATOR)
        create_account(opened.app, LONG)
        people = build_account_use_cases(opened.app.settings, opened.app.store).people
        people.create_token(
            chief, LONG, {"read", "operate"}, lifetime=timedelta(days=9), by=BY, now=datetime.now(UTC)
        )
        yield Site(opened.app, opened.url.replace("127.0.0.1", "localhost"))


@pytest.fixture
def context(browser: Browser, site: Site) -> Iterator[BrowserContext]:
    opened = browser.new_context(base_url=site.url)
    yield opened
    opened.close()


def log_in(page: Page, name: str) -> None:
    """Log in by password, with the keyboard alone."""
    page.goto("/login")
    page.get_by_label("Name").focus()
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")


def test_the_pages_of_people_have_no_fault(browser: Browser, site: Site) -> None:
    context = browser.new_context(base_url=site.url)
    visit = Visit(context.new_page(), site.url)
    log_in(visit.page, "chief")
    people = build_account_use_cases(site.app.settings, site.app.store).people
    link = people.build_password_link(people.find_person(LONG), now=datetime.now(UTC))
    for path in (*PAGES, f"/password/{link}"):
        visit.open_in_both_languages(path)
    context.close()


def test_with_the_keyboard_alone_somebody_logs_in_sees_the_page_they_wanted_and_logs_out(
    context: BrowserContext,
) -> None:
    page = context.new_page()
    page.goto("/audit?who=chief")
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
    page.get_by_label("Name").focus()
    page.keyboard.type("chief")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/audit?who=chief")
    page.goto("/account")
    page.get_by_role("button", name="Log out").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/login")
    page.goto("/audit")
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")


def test_a_wrong_password_is_said_and_no_script_sees_the_session(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/login")
    page.get_by_label("Name").fill("chief")
    page.get_by_label("Password").fill("not this one at all")
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("alert").first).to_have_text("Name or password is wrong.")
    log_in(page, "chief")
    assert SESSION_COOKIE in {cookie["name"] for cookie in context.cookies()}
    assert page.evaluate("document.cookie") == ""


def test_without_scripts_the_password_works(browser: Browser, site: Site) -> None:
    context = browser.new_context(base_url=site.url, java_script_enabled=False)
    page = context.new_page()
    log_in(page, "chief")
    expect(page.get_by_role("link", name="chief")).to_be_visible()
    context.close()


def test_a_passkey_of_the_device_is_added_and_logs_in_and_is_removed(context: BrowserContext) -> None:
    page = context.new_page()
    device = context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    added = device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    log_in(page, "chief")
    page.goto("/account")
    page.get_by_label("Name of the passkey").fill("office laptop")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("status")).to_have_text("The passkey is added.")
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login")
    for _ in range(2):  # the count of the device goes up
        page.goto("/login?next=%2Faccount")
        page.get_by_role("button", name="Log in with a passkey").click()
        page.wait_for_url("**/account")
    used = device.send("WebAuthn.getCredentials", {"authenticatorId": added["authenticatorId"]})
    assert [one["signCount"] > 1 for one in used["credentials"]] == [True]
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("status")).to_have_text("The passkey is removed.")
    page.goto("/login")
    page.get_by_role("button", name="Log in with a passkey").click()
    expect(page.get_by_role("alert").first).to_have_text(
        "This passkey was not accepted. Try again, or log in in another way."
    )


def test_a_device_that_does_not_verify_its_owner_logs_nobody_in(context: BrowserContext) -> None:
    page = context.new_page()
    device = context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "usb", "hasResidentKey": True, "hasUserVerification": False,
        "automaticPresenceSimulation": True,
    }  # fmt: skip
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    log_in(page, "chief")
    page.goto("/account")
    page.get_by_label("Name of the passkey").fill("key")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("alert")).to_have_text("No passkey was made. Try again, or use another device.")
    expect(page.get_by_text("You have no passkey.")).to_be_visible()


def test_somebody_logs_in_at_the_provider(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/account")
    page.get_by_role("link", name="Log in at localhost").click()
    page.get_by_role("button", name="17").click()
    page.wait_for_url("**/account")
    expect(page.get_by_role("heading", level=1)).to_have_text("wang.fang")
    page.get_by_role("link", name="中文").click()
    expect(page.get_by_role("heading", level=2).first).to_have_text("语言")


def test_an_operator_creates_a_person_who_sets_a_password_and_is_disabled(
    browser: Browser, context: BrowserContext, site: Site
) -> None:
    page = context.new_page()
    log_in(page, "chief")
    page.goto("/people")
    page.get_by_label("Name").fill("li.wei")
    page.get_by_label("Role").select_option("officer")
    page.get_by_role("button", name="Create").click()
    link = page.get_by_role("textbox", name="Link to set a password").input_value()
    other = browser.new_context(base_url=site.url)
    guest = other.new_page()
    guest.goto(link)
    guest.get_by_label("New password").fill(PASSWORD)
    guest.get_by_label("The same again").fill(PASSWORD)
    guest.get_by_role("button", name="Set the password").click()
    expect(guest.get_by_role("status")).to_have_text("The password is set. Log in with it.")
    log_in(guest, "li.wei")
    page.get_by_role("button", name="Disable the account").click()
    expect(page.get_by_role("status")).to_have_text(
        "The account is disabled; its sessions and tokens have ended."
    )
    guest.goto("/")
    expect(guest.get_by_role("heading", level=1)).to_have_text("Log in")
    other.close()
