"""The sample regulators speak the formats that the shipped watchers read, on any day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import httpx
import pytest

from controlwatch.adapters.catalog.watcher_loader import load_watchers
from controlwatch.adapters.fetch.http import HttpFetcher
from controlwatch.adapters.files import documents
from controlwatch.core.model.errors import Challenged, Garbled, Refused, Reshaped
from controlwatch.core.sources.decoding import decode_body
from controlwatch.core.sources.index_pages import parse_index
from controlwatch.core.sources.plausibility import check_expectations, find_newest_day
from controlwatch.core.sources.requests import (
    Request,
    build_column_request,
    build_detail_request,
    build_page_request,
    list_index_urls,
    parse_unit,
)
from controlwatch.demo.stage import shipped_watchers
from controlwatch.testing.regulators import Regulators
from controlwatch.testing.sites import Sites

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controlwatch.core.model import IndexPage
    from controlwatch.core.sources.watcher import Watcher
    from controlwatch.services.ports import FetchSession

WATCHERS = {
    watcher.id: replace(watcher, http=replace(watcher.http, pause=0.0))
    for watcher in load_watchers(shipped_watchers())
    if watcher.enabled
}
TODAY = datetime.now(UTC).date()


@pytest.fixture
def sites() -> Iterator[Sites]:
    with Sites() as opened:
        yield opened


def shown(watcher: Watcher, ask: FetchSession, today: date) -> IndexPage:
    """The first page of an index, asked for as the pipeline asks."""
    column = build_column_request(watcher)
    ids = None
    if column is not None:
        ids = parse_unit(watcher, decode_body(ask(column).body, header=None).text)
    first = list_index_urls(watcher, today=today)[0]
    return parse_index(watcher, ask(build_page_request(watcher, first, ids=ids, today=today)))


@pytest.mark.parametrize("today", [TODAY, date(2027, 1, 1), date(2028, 2, 29)])
@pytest.mark.parametrize("watcher", WATCHERS.values(), ids=WATCHERS)
def test_every_shipped_watcher_reads_its_sample_regulator(
    watcher: Watcher, today: date, sites: Sites
) -> None:
    Regulators(sites, [watcher], today=today)
    with HttpFetcher(connect_to=sites.origin).open_session(watcher) as ask:
        index = shown(watcher, ask, today)
        check_expectations(
            watcher.expect, rows=len(index.refs), newest_on=find_newest_day(index.refs), today=today
        )
        assert not index.faults
        if watcher.detail.follow:
            document = documents.read_document(ask(build_detail_request(watcher, index.refs[0].url)), watcher)
            assert document.title == index.refs[0].title
            assert document.page_date is not None
            assert document.text
            assert not document.doubts or not watcher.detail.body


def test_the_taiwan_office_writes_gb18030_and_says_gb2312(sites: Sites) -> None:
    watcher = WATCHERS["tao-measures"]
    regulators = Regulators(sites, [watcher], today=TODAY)
    regulators.publish("tao-measures", "sample-tao")
    with HttpFetcher(connect_to=sites.origin).open_session(watcher) as ask:
        sent = ask(Request(url=watcher.index.url))
        assert b"charset=gb2312" in sent.body
        assert "䶮" in parse_index(watcher, sent).refs[0].title


def test_the_export_control_site_garbles_its_chinese_for_anybody_who_does_not_say_who_asks(
    sites: Sites,
) -> None:
    watcher = WATCHERS["exportcontrol-rules"]
    Regulators(sites, [watcher], today=TODAY)
    unsaid = {name: value for name, value in watcher.http.headers.items() if name != "X-Requested-With"}
    silent = replace(watcher, http=replace(watcher.http, headers=unsaid))
    with HttpFetcher(connect_to=sites.origin).open_session(silent) as ask, pytest.raises(Garbled):
        shown(silent, ask, TODAY)


def test_a_challenge_comes_instead_of_every_page_of_the_host_and_goes_again(sites: Sites) -> None:
    watcher = WATCHERS["gacc-announcements"]
    regulators = Regulators(sites, [watcher], today=TODAY)
    with HttpFetcher(connect_to=sites.origin).open_session(watcher) as ask:
        regulators.challenge("gacc-announcements")
        with pytest.raises(Challenged):
            shown(watcher, ask, TODAY)
        regulators.restore("gacc-announcements")
        assert shown(watcher, ask, TODAY).refs


def test_a_rebuilt_column_answers_to_its_new_ids_alone(sites: Sites) -> None:
    watcher = WATCHERS["mofcom-policy"]
    regulators = Regulators(sites, [watcher], today=TODAY)
    regulators.renumber("mofcom-policy")
    first = watcher.index.url
    with HttpFetcher(connect_to=sites.origin).open_session(watcher) as ask:
        assert shown(watcher, ask, TODAY).refs
        with pytest.raises(Refused):
            parse_index(watcher, ask(build_page_request(watcher, first)))


def test_a_redesigned_column_still_holds_its_notices_but_not_where_they_were(sites: Sites) -> None:
    watcher = WATCHERS["mofcom-policy"]
    regulators = Regulators(sites, [watcher], today=TODAY)
    posting = regulators.publish("mofcom-policy", "2025-72")
    regulators.redesign("mofcom-policy")
    with HttpFetcher(connect_to=sites.origin).open_session(watcher) as ask:
        with pytest.raises(Reshaped):
            shown(watcher, ask, TODAY)
        request = build_page_request(
            watcher,
            watcher.index.url,
            ids=parse_unit(watcher, decode_body(ask(build_column_request(watcher)).body).text),
        )
        assert posting.path.encode() in ask(request).body


def test_the_second_page_of_a_column_begins_where_the_first_ends(sites: Sites) -> None:
    watcher = WATCHERS["mofcom-policy"]
    regulators = Regulators(sites, [watcher], today=TODAY)
    for sample_id in ("2025-58", "2025-70", "2025-72"):
        regulators.publish("mofcom-policy", sample_id)
    with HttpFetcher(connect_to=sites.origin).open_session(watcher) as ask:
        first, second = (
            parse_index(watcher, ask(build_page_request(watcher, watcher.index.url, number=number)))
            for number in (1, 2)
        )
    assert (len(first.refs), len(second.refs), first.total) == (15, 2, 17)


def test_an_amendment_changes_the_page_and_nothing_else(sites: Sites) -> None:
    watcher = WATCHERS["mofcom-announcements"]
    regulators = Regulators(sites, [watcher], today=TODAY)
    posting = regulators.publish("mofcom-announcements", "sample-listing")
    with HttpFetcher(connect_to=sites.origin).open_session(watcher) as ask:
        before, listed = ask(build_detail_request(watcher, posting.url)).body, shown(watcher, ask, TODAY)
        regulators.amend("mofcom-announcements", "sample-listing")
        assert ask(build_detail_request(watcher, posting.url)).body != before
        assert shown(watcher, ask, TODAY) == listed


def test_a_person_can_look_at_the_sites_with_a_host_header(sites: Sites) -> None:
    Regulators(sites, WATCHERS.values(), today=TODAY)
    answer = httpx.get(f"{sites.origin}/xwfb/index.html", headers={"Host": "www.mofcom.gov.cn"})
    assert "新闻发言人谈话" in answer.text
