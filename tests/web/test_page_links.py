"""Every link of a page leads to a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest

from tests.web.api_client import Api, served

LINK = re.compile(r'href="(/[^"#]*)"')
#: Pages with links to many others.
PATHS = (
    "/", "/items", "/items/entity", "/items/destination.us", "/items/gallium", "/entities", "/sources", "/filters",
    "/calendar?month=2026-11", "/calendar?view=list&month=2025-04", "/notices/MOFCOM%202025-58", "/notices/MOFCOM%202025-70",
    "/report?week=2026-W46",
)  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with served(tmp_path_factory.mktemp("state")) as opened:
        yield opened


@pytest.mark.parametrize("path", PATHS)
def test_every_link_leads_to_a_page(site: Api, path: str) -> None:
    base = site.url.removesuffix("/api/v1")
    web = Api(app=site.app, url=base, headers=site.headers)
    found = {unescape(link) for link in LINK.findall(web.ask(path).text)}
    assert found
    assert {link: status for link in found if (status := web.ask(link).status_code) not in {200, 303}} == {}


def test_the_list_of_items_leads_to_every_category(site: Api) -> None:
    web = Api(app=site.app, url=site.url.removesuffix("/api/v1"), headers=site.headers)
    text = web.ask("/items").text
    missing = {
        name for name in site.app.queries.names.list_categories() if f'href="/items/{name}"' not in text
    }
    assert missing == set()


def test_groups_have_names_in_both_languages(site: Api) -> None:
    lexicon = site.app.lexicon
    assert {name for name in lexicon.group_ids if lexicon.get_category_name(name, "zh") == name} == set()
