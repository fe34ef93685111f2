"""Every link of a page leads to a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape

import httpx
import pytest

from controlwatch.bootstrap.app import App
from tests.waiting import PATIENCE
from tests.web.api_client import served

LINK = re.compile(r'href="(/[^"#]*)"')
#: Pages with links to many others.
PATHS = (
    "/", "/items", "/items/entity", "/items/destination.us", "/items/gallium", "/entities", "/sources", "/filters",
    "/calendar?month=2026-11", "/calendar?view=list&month=2025-04", "/notices/MOFCOM%202025-58", "/notices/MOFCOM%202025-70",
    "/report?week=2026-W46",
)  # fmt: skip


@dataclass(slots=True)
class Site:
    """The pages of an installation, each asked for once, whichever pages lead to it."""

    app: App
    browser: httpx.Client
    opened: dict[str, httpx.Response] = field(default_factory=dict)

    def open(self, path: str) -> httpx.Response:
        if path not in self.opened:
            self.opened[path] = self.browser.get(path)
        return self.opened[path]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with (
        served(tmp_path_factory.mktemp("state")) as api,
        httpx.Client(base_url=api.url.removesuffix("/api/v1"), timeout=PATIENCE) as browser,
    ):
        yield Site(api.app, browser)


@pytest.mark.parametrize("path", PATHS)
def test_every_link_leads_to_a_page(site: Site, path: str) -> None:
    found = {unescape(link) for link in LINK.findall(site.open(path).text)}
    assert found
    assert {link: status for link in found if (status := site.open(link).status_code) not in {200, 303}} == {}


def test_the_list_of_items_leads_to_every_category(site: Site) -> None:
    text = site.open("/items").text
    missing = {
        name for name in site.app.queries.names.list_categories() if f'href="/items/{name}"' not in text
    }
    assert missing == set()


def test_groups_have_names_in_both_languages(site: Site) -> None:
    lexicon = site.app.lexicon
    assert {name for name in lexicon.group_ids if lexicon.get_category_name(name, "zh") == name} == set()
