"""The requests to a source, page by page and year by year."""

from __future__ import annotations

from datetime import date
from urllib.parse import parse_qsl, urlsplit

import pytest

from controlwatch.core.model.errors import Reshaped
from controlwatch.core.sources import requests
from controlwatch.core.sources.watcher import Pages

from .make import SITE, jpaas, links, record, watcher

YEARLY = watcher(links(url=f"{SITE}/gg/{{year}}/index.html"))
UNITS = """<script queryData="{'tagId':'导航','pageId':'n'}"></script>
<script url="/unit" queryData="{'tagId':'列表','pageId':'live','webId':'w2','editType':'null'}"></script>"""


def query(request: requests.Request | None) -> dict[str, str]:
    assert request is not None
    return dict(parse_qsl(urlsplit(request.url).query, keep_blank_values=True))


def test_a_yearly_index_is_requested_for_this_year_and_the_last() -> None:
    found = requests.list_index_urls(YEARLY, today=date(2027, 1, 1))
    assert found == (f"{SITE}/gg/2027/index.html", f"{SITE}/gg/2026/index.html")


@pytest.mark.parametrize(
    ("today", "year", "optional"),
    [
        (date(2027, 1, 2), 2027, True),
        (date(2027, 1, 2), 2026, False),
        (date(2027, 2, 1), 2027, False),
        (None, 2027, False),
    ],
)
def test_only_in_january_may_the_page_of_the_year_be_missing(
    today: date | None, year: int, optional: bool
) -> None:
    request = requests.build_page_request(YEARLY, f"{SITE}/gg/{year}/index.html", today=today)
    assert request is not None
    assert (request.optional, request.conditional) == (optional, True)


def test_a_unit_is_requested_with_each_key_as_its_own_parameter() -> None:
    source = watcher(jpaas(pages=Pages(style="param-json", size=24)))
    first, second = (
        requests.build_page_request(source, "x"),
        requests.build_page_request(source, "x", number=2),
    )
    assert query(first) == {"webId": "w", "pageId": "p", "tagId": "列表", "editType": "null"}
    assert query(second)["paramJson"] == '{"pageNo":2,"pageSize":24}'
    assert first is not None
    assert not first.conditional


def test_live_parameters_win_over_declared_ones() -> None:
    source = watcher(jpaas())
    live = requests.parse_unit(source, UNITS)
    assert live == {"tagId": "列表", "pageId": "live", "webId": "w2", "editType": "null"}
    assert query(requests.build_page_request(source, "x", ids=live))["pageId"] == "live"


def test_the_only_unit_is_taken_when_none_is_named() -> None:
    only = "<script queryData=\"{'tagId':'List','pageId':'q'}\"></script>"
    assert requests.parse_unit(watcher(jpaas(params={})), only)["pageId"] == "q"


@pytest.mark.parametrize(
    "shell",
    [
        "<html></html>",
        "<script queryData='not json'></script>",
        UNITS.replace("列表", "别处"),
    ],
)
def test_a_column_page_without_the_list_is_reshaped(shell: str) -> None:
    with pytest.raises(Reshaped):
        requests.parse_unit(watcher(jpaas()), shell)


def test_a_unit_without_any_parameters_is_not_requested() -> None:
    with pytest.raises(Reshaped):
        requests.build_page_request(watcher(jpaas(params={})), "x")


def test_a_form_is_posted_with_its_page_number() -> None:
    source = watcher(
        record(
            method="POST",
            params={"columnID": "15", "title": ""},
            pages=Pages(style="field", name="pageNumber"),
        )
    )
    request = requests.build_page_request(source, "x", number=3)
    assert request is not None
    assert (request.method, request.url) == ("POST", f"{SITE}/api")
    assert request.form == (("columnID", "15"), ("title", ""), ("pageNumber", "3"))


def test_pages_in_the_path_count_from_where_the_site_does() -> None:
    source = watcher(links(url=f"{SITE}/list/", pages=Pages(style="path", name="index_{n}.htm", first=0)))
    urls = [requests.build_page_request(source, f"{SITE}/list/", number=n) for n in (1, 2, 3)]
    assert [request and request.url for request in urls] == [
        f"{SITE}/list/",
        f"{SITE}/list/index_1.htm",
        f"{SITE}/list/index_2.htm",
    ]


def test_an_index_of_one_page_has_no_second() -> None:
    assert requests.build_page_request(watcher(links()), f"{SITE}/list/", number=2) is None
    assert requests.build_column_request(watcher(links())) is None


def test_a_notice_is_requested_as_by_a_browser() -> None:
    headers = {"Referer": f"{SITE}/", "X-Requested-With": "XMLHttpRequest", "Accept": "application/json"}
    request = requests.build_detail_request(watcher(links(), headers=headers), f"{SITE}/art_1.html")
    assert request.headers == (("Referer", f"{SITE}/"),)
