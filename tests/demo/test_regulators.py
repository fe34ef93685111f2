"""The sample regulators speak the formats that the shipped watchers read, on any day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import httpx
import pytest

from controlwatch.adapters.catalog.watcher_loader import load_watchers
from controlwatch.adapters.fetch.http import HttpFetch
from controlwatch.adapters.files import documents
from controlwatch.core.model.errors import Challenged, Garbled, Refused, Reshaped
from controlwatch.core.sources.charset import decode
from controlwatch.core.sources.index_pages import parse
from controlwatch.core.sources.plausibility import believe, newest
from controlwatch.core.sources.requests import Request, detail, entries, page, shell, unit
from controlwatch.demo.stage import shipped_watchers
from controlwatch.testing.regulators import Regulators
from controlwatch.testing.sites import Sites

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controlwatch.core.model import IndexPage
    from controlwatch.core.sources.watcher import Watcher
    from controlwatch.services.ports import Ask

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


def shown(watcher: Watcher, ask: Ask, today: date) -> IndexPage:
    """The first page of an index, asked for as the pipeline asks."""
    column = shell(watcher)
    ids = None
    if column is not None:
        ids = unit(watcher, decode(ask(column).body, header=None).text)
    first = entries(watcher, today=today)[0]
    return parse(watcher, ask(page(watcher, first, ids=ids, today=today)))


@pytest.mark.parametrize("today", [TODAY, date(2027, 1, 1), date(2028, 2, 29)])
@pytest.mark.parametrize("watcher", WATCHERS.values(), ids=WATCHERS)
def test_every_shipped_watcher_reads_its_sample_regulator(
    watcher: Watcher, today: date, sites: Sites
) -> None:
    Regulators(sites, [watcher], today=today)
    with HttpFetch(connect_to=sites.origin).session(watcher) as ask:
        index = shown(watcher, ask, today)
        believe(watcher.expect, rows=len(index.refs), newest_on=newest(index.refs), today=today)
        assert not index.faults
        if watcher.detail.follow:
            document = documents.read_document(ask(detail(watcher, index.refs[0].url)), watcher)
            assert document.title == index.refs[0].title
            assert document.page_date is not None
            assert document.text
            assert not document.doubts or not watcher.detail.body


def test_the_taiwan_office_writes_gb18030_and_says_gb2312(sites: Sites) -> None:
    watcher = WATCHERS["tao-measures"]
    regulators = Regulators(sites, [watcher], today=TODAY)
    regulators.publish("tao-measures", "sample-tao")
    with HttpFetch(connect_to=sites.origin).session(watcher) as ask:
        sent = ask(Request(url=watcher.index.url))
        assert b"charset=gb2312" in sent.body
        assert "䶮" in parse(watcher, sent).refs[0].title


def test_the_export_control_site_garbles_its_chinese_for_anybody_who_does_not_say_who_asks(
    sites: Sites,
) -> None:
    watcher = WATCHERS["exportcontrol-rules"]
    Regulators(sites, [watcher], today=TODAY)
    unsaid = {name: value for name, value in watcher.http.headers.items() if name != "X-Requested-With"}
    silent = replace(watcher, http=replace(watcher.http, headers=unsaid))
    with HttpFetch(connect_to=sites.origin).session(silent) as ask, pytest.raises(Garbled):
        shown(silent, ask, TODAY)


def test_a_challenge_comes_instead_of_every_page_of_the_host_and_goes_again(sites: Sites) -> None:
    watcher = WATCHERS["gacc-announcements"]
    regulators = Regulators(sites, [watcher], today=TODAY)
    with HttpFetch(connect_to=sites.origin).session(watcher) as ask:
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
    with HttpFetch(connect_to=sites.origin).session(watcher) as ask:
        assert shown(watcher, ask, TODAY).refs
        with pytest.raises(Refused):
            parse(watcher, ask(page(watcher, first)))


def test_a_redesigned_column_still_holds_its_notices_but_not_where_they_were(sites: Sites) -> None:
    watcher = WATCHERS["mofcom-policy"]
    regulators = Regulators(sites, [watcher], today=TODAY)
    posting = regulators.publish("mofcom-policy", "2025-72")
    regulators.redesign("mofcom-policy")
    with HttpFetch(connect_to=sites.origin).session(watcher) as ask:
        with pytest.raises(Reshaped):
            shown(watcher, ask, TODAY)
        request = page(watcher, watcher.index.url, ids=unit(watcher, decode(ask(shell(watcher)).body).text))
        assert posting.path.encode() in ask(request).body


def test_the_second_page_of_a_column_begins_where_the_first_ends(sites: Sites) -> None:
    watcher = WATCHERS["mofcom-policy"]
    regulators = Regulators(sites, [watcher], today=TODAY)
    for sample_id in ("2025-58", "2025-70", "2025-72"):
        regulators.publish("mofcom-policy", sample_id)
    with HttpFetch(connect_to=sites.origin).session(watcher) as ask:
        first, second = (
            parse(watcher, ask(page(watcher, watcher.index.url, number=number))) for number in (1, 2)
        )
    assert (len(first.refs), len(second.refs), first.total) == (15, 2, 17)


def test_an_amendment_changes_the_page_and_nothing_else(sites: Sites) -> None:
    watcher = WATCHERS["mofcom-announcements"]
    regulators = Regulators(sites, [watcher], today=TODAY)
    posting = regulators.publish("mofcom-announcements", "sample-listing")
    with HttpFetch(connect_to=sites.origin).session(watcher) as ask:
        before, listed = ask(detail(watcher, posting.url)).body, shown(watcher, ask, TODAY)
        regulators.amend("mofcom-announcements", "sample-listing")
        assert ask(detail(watcher, posting.url)).body != before
        assert shown(watcher, ask, TODAY) == listed


def test_a_person_can_look_at_the_sites_with_a_host_header(sites: Sites) -> None:
    Regulators(sites, WATCHERS.values(), today=TODAY)
    answer = httpx.get(f"{sites.origin}/xwfb/index.html", headers={"Host": "www.mofcom.gov.cn"})
    assert "新闻发言人谈话" in answer.text
