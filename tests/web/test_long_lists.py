"""Lists that are longer than a page: their parts together are the whole list, and every page stays light."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html import unescape
from urllib.parse import unquote

import pytest

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.storage import SqlStore
from controlwatch.bootstrap.app import App
from controlwatch.bootstrap.question_app import build_queries
from controlwatch.core.model import ReviewReason, Subscription
from controlwatch.web.pages.item_page import MAX_NOTICES
from tests.services.test_news import GALLIUM
from tests.store.steps import announcement, make_observation, observe
from tests.web.pages import Pages, served_pages

COUNT = 95
EARLY, LATE = date(2026, 3, 2), date(2026, 4, 2)
MAX_BYTES = 100_000
NEXT = re.compile(r'<a href="([^"]+)" rel="next">')
#: Path of a list → what names an entry of it.
LISTS = {
    "/subscriptions": r'<tr id="s(\d+)"',
    "/alerts": r'name="key" value="([^"]+)"',
    "/alerts?all=yes": r'<li id="a([^"]+)"',
    "/reviews": r'action="/reviews/(\d+)"',
}


def subscribe_many(app: App) -> App:
    for n in range(COUNT):
        target = Subscription(channel="email", target=f"desk{n}@example.com", health=False)
        app.store.subscriptions.subscribe(target, datetime.now(UTC))
    return app


def track_controls(store: SqlStore) -> None:
    """Track notices that put rare earths under control, the second half of them a month later."""
    for n in range(400, 400 + COUNT):
        notice = announcement(n)
        if n >= 400 + COUNT // 2:
            notice = replace(notice, published=LATE, effective=())
        observe(store, make_observation(store, notice, url=f"https://a.example/{n}", rings=False))


def track_doubts(store: SqlStore) -> None:
    """Track documents that need review, without an alert."""
    reason = ReviewReason(reason="It names what is watched.", quote="稀土", rule="review.instrument")
    for n in range(200, 200 + COUNT):
        notice, url = (
            replace(announcement(n), is_change=False, effective=(), review=(reason,)),
            f"https://a.example/{n}",
        )
        observe(store, make_observation(store, notice, url=url, rings=False))


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    with served_pages(tmp_path_factory.mktemp("state"), GALLIUM, set_up=subscribe_many) as opened:
        for delivery in iter(lambda: opened.world.claim(opened.world.now), ()):
            opened.world.mark_sent(delivery)
        track_doubts(opened.world.store)
        track_controls(opened.world.store)
        yield opened


def walk(pages: Pages, path: str) -> Iterator[str]:
    """Yield the parts of a list, by the links that lead from one to the next."""
    while path:
        answer = pages.open(path)
        assert len(answer.content) <= MAX_BYTES, path
        yield answer.text
        found = NEXT.search(answer.text)
        path = unescape(found[1]) if found else ""


@pytest.mark.parametrize("path", LISTS)
def test_the_parts_of_a_list_have_each_entry_once(pages: Pages, path: str) -> None:
    store = pages.world.store
    wanted = {
        "/subscriptions": [str(item.id) for item in store.subscriptions.list_active()],
        "/alerts": [item.key for item in store.actions.list_alerts(open_only=True, limit=500)],
        "/alerts?all=yes": [item.key for item in store.actions.list_alerts(limit=500)],
        "/reviews": [str(item.id) for item in store.reviews.list_reviews()],
    }[path]
    assert len(wanted) >= COUNT
    parts = list(walk(pages, path))
    assert len(parts) > 1
    assert [name for part in parts for name in re.findall(LISTS[path], part)] == wanted


def test_the_controls_of_an_item_are_listed_in_pages_and_drawn_on_the_first(pages: Pages) -> None:
    law = build_queries(pages.world.store, load_lexicon()).law
    controls = law.lookup("rare_earth", on=LATE, newest=MAX_NOTICES).hits
    assert len(controls) >= COUNT
    parts = list(walk(pages, f"/items/rare_earth?on={LATE}"))
    listed = [name for part in parts for name in re.findall(r'</span> <a href="/notices/([^"]+)"', part)]
    assert [unquote(name) for name in listed] == [control.key for control in controls]
    assert [("<svg" in part, 'id="history-heading"' in part) for part in parts] == [
        (place == 0, place == 0) for place in range(len(parts))
    ]


def test_a_lookup_of_the_newest_notices_says_so_and_takes_those_of_its_day(pages: Pages) -> None:
    law = build_queries(pages.world.store, load_lexicon()).law
    for day, published in ((LATE, LATE), (LATE - timedelta(days=10), EARLY)):
        part = law.lookup("rare_earth", on=day, newest=10)
        found = {pages.world.store.queries.find_record(hit.key) for hit in part.hits}
        assert {record.line.published for record in found if record is not None} == {published}
        assert len(found) == 10
        assert any(caution.startswith("only the newest 10 notices") for caution in part.cautions)
    whole = law.lookup("rare_earth", on=LATE)
    assert set(law.lookup("rare_earth", on=LATE, newest=500).hits) == set(whole.hits)


def test_the_first_page_counts_the_documents_that_the_list_shows(pages: Pages) -> None:
    assert f"{COUNT} documents need review" in pages.open("/").text
    assert f"{COUNT} documents wait for a person" in pages.open("/operations").text


def test_a_place_that_no_list_has_is_refused(pages: Pages) -> None:
    for path in ("/subscriptions?after=99999999999999999999", "/alerts?alert=-1", "/alerts?alert=x"):
        assert pages.open(path).status_code == 422
    assert pages.open("/subscriptions/99999999999999999999/edit").status_code == 400
