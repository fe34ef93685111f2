"""Once accounts exist: whose filters, files and feeds somebody may read and change."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import feedparser
import pytest

from controlwatch.adapters.files.subscription_file import format_subscription_file
from controlwatch.core.model import Subscription
from controlwatch.core.model.account import Role
from tests.browser.conftest import Site, served
from tests.people import FormClient, create_account

ADDRESS = re.compile(r'value="http://[^/"]+(/(?:feeds|calendar)/[^"?]+)')
OTHER = Subscription(channel="email", target="other@desk.example", categories=("battery",), health=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with served(tmp_path_factory.mktemp("state")) as opened:
        create_account(opened.app, "chief", Role.OPERATOR)
        create_account(opened.app, "officer", Role.OFFICER)
        create_account(opened.app, "reader")
        create_account(opened.app, "colleague")
        yield opened


@contextmanager
def enter(site: Site, name: str) -> Iterator[FormClient]:
    with FormClient(base_url=site.url, timeout=30) as client:
        assert client.log_in(name).status_code == 303
        yield client


def save(client: FormClient, name: str) -> tuple[str, list[str]]:
    """Save a filter; return its number, and the paths of its feed and its calendar."""
    answer = client.send_form("/filters", "/filters", name=name, query="category=rare_earth")
    number = answer.headers["location"].rpartition("-")[2]
    section = client.get("/filters").text.partition(f'id="filter-{number}"')[2].partition("</section>")[0]
    return number, ADDRESS.findall(section)


def test_a_filter_is_seen_and_ended_by_its_owner_only(site: Site) -> None:
    with enter(site, "reader") as reader, enter(site, "colleague") as colleague:
        number, _ = save(reader, "Mine alone")
        assert "Mine alone" in reader.get("/filters").text
        assert "Mine alone" not in colleague.get("/filters").text
        assert colleague.send_form(f"/filters/{number}/end", "/filters").status_code == 404
        assert "Mine alone" in reader.get("/filters").text


def test_programs_read_a_saved_filter_without_a_login_until_it_ends(site: Site) -> None:
    with enter(site, "reader") as reader, FormClient(base_url=site.url, timeout=30) as program:
        number, paths = save(reader, "For my feed reader")
        assert [program.get(path).status_code for path in paths] == [200, 200]
        assert reader.send_form(f"/filters/{number}/end", "/filters").status_code == 303
        assert [program.get(path).status_code for path in paths] == [410, 410]


def test_the_feed_of_any_filter_needs_a_login(site: Site) -> None:
    with enter(site, "reader") as reader, FormClient(base_url=site.url, timeout=30) as stranger:
        assert stranger.get("/feeds/notices.atom?category=rare_earth").status_code == 303
        feed = feedparser.parse(reader.get("/feeds/notices.atom?category=rare_earth").content)
        assert not feed.bozo
        assert feed.entries
        assert reader.get("/feeds/notices.atom?category=rareearthly").status_code == 422


def test_a_filter_without_a_name_or_a_meaning_is_not_saved(site: Site) -> None:
    with enter(site, "reader") as reader:
        assert reader.send_form("/filters", "/filters", name=" ", query="").status_code == 422
        assert reader.send_form("/filters", "/filters", name="x", query="from=soon").status_code == 422


@pytest.mark.parametrize("path", ["/subscriptions/export", "/subscriptions/import"])
def test_a_reader_neither_exports_nor_imports_subscriptions(site: Site, path: str) -> None:
    with enter(site, "reader") as reader:
        assert reader.get(path).status_code == 403


def test_only_an_operator_imports_the_address_of_somebody_else(site: Site) -> None:
    text = format_subscription_file([OTHER])
    page = "/subscriptions/import"
    with enter(site, "officer") as officer, enter(site, "chief") as chief:
        refused = officer.send_form(page, page, step="save", text=text)
        assert (refused.status_code, "only an operator" in refused.text) == (422, True)
        assert OTHER.target not in {item.target for item in site.app.store.subscriptions.list_active()}
        assert chief.send_form(page, page, step="save", text=text).status_code == 303
    (added,) = [item for item in site.app.store.subscriptions.list_active() if item.target == OTHER.target]
    assert added.owner == "chief"


def test_the_calendar_page_names_the_subscriptions_of_others_to_operators_only(site: Site) -> None:
    number = site.app.store.subscriptions.subscribe(
        Subscription(channel="email", target="x@desk.example", terms=("seen by the chief",)),
        datetime.now(UTC),
    )
    with enter(site, "reader") as reader, enter(site, "chief") as chief:
        assert "seen by the chief" not in reader.get("/calendar").text
        assert "seen by the chief" in chief.get("/calendar").text
    site.app.store.subscriptions.unsubscribe(number)
