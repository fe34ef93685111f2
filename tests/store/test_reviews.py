"""Documents that need review, in both databases: opened by a reading, closed by one judgement."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from controlwatch.core.law.notice_filter import NoticeFilter
from controlwatch.core.model import Attention, Notice, ReviewReason
from controlwatch.services.settle_review import Settlement, reopen_review, settle_review
from tests.store.steps import EVERYTHING, NOW, announcement, make_observation, observe

if TYPE_CHECKING:
    from controlwatch.adapters.storage import SqlStore
    from controlwatch.core.model import Verdict

URL = "https://a.example/61.html"


def unsure(n: int = 61) -> Notice:
    """A notice on which the reader did not conclude."""
    return replace(
        announcement(n),
        is_change=False,
        effective=(),
        review=(ReviewReason(reason="It names what is watched.", quote="稀土", rule="review.instrument"),),
        possible_categories=("rare_earth.items",),
    )


def settle(store: SqlStore, verdict: Verdict, number: int = 1) -> Settlement:
    return settle_review(store.reviews, number, verdict=verdict, who="Li", now=NOW + timedelta(hours=1))


def test_one_judgement_counts_of_many_at_one_moment_and_one_alert_is_made(store: SqlStore) -> None:
    store.subscriptions.subscribe(EVERYTHING, NOW)
    observe(store, make_observation(store, unsure(), url=URL))
    verdicts: tuple[Verdict, ...] = ("change", "no-change") * 3
    with ThreadPoolExecutor(6) as people:
        settled = list(people.map(lambda verdict: settle(store, verdict), verdicts))
    assert sum(item.is_first for item in settled) == 1
    assert len({item.judgement for item in settled}) == 1
    assert len(store.actions.list_alerts()) == 2
    assert len(store.reviews.list_labels()) == 1


def test_what_is_not_concluded_on_is_found_and_counted_and_is_no_part_of_the_law(store: SqlStore) -> None:
    observe(store, make_observation(store, unsure(), url=URL))
    observe(store, make_observation(store, announcement(62), url="https://a.example/62.html"))
    assert store.reviews.count_open().count == store.reviews.count_open().listed == 1
    lines = store.queries.list_notices(NoticeFilter(category="rare_earth"))
    assert {line.number: line.attention for line in lines} == {
        "MOFCOM-GACC 2026-61": Attention.REVIEW,
        "MOFCOM-GACC 2026-62": Attention.CHANGE,
    }
    assert set(store.law.load_graph(["MOFCOM 2026-61", "MOFCOM 2026-62"]).instruments) == {"MOFCOM 2026-62"}


def test_a_judgement_is_kept_when_it_is_taken_back(store: SqlStore) -> None:
    observe(store, make_observation(store, unsure(), url=URL))
    settle(store, "change")
    (line,) = store.queries.list_notices(NoticeFilter(changes_only=True))
    assert line.judgement is not None
    assert line.judgement.who == "Li"
    reopen_review(store.reviews, 1, who="Wang", now=NOW + timedelta(hours=2))
    assert store.queries.list_notices(NoticeFilter(changes_only=True)) == ()
    assert store.reviews.list_labels() == ()
    assert store.reviews.list_reviews()[0].raised_at == NOW + timedelta(hours=2)


def test_a_reading_that_concludes_closes_only_what_caused_no_alert(store: SqlStore) -> None:
    for number, rings in ((61, True), (62, False)):
        url = f"https://a.example/{number}.html"
        observe(store, make_observation(store, unsure(number), url=url, rings=rings))
        again = make_observation(store, replace(announcement(number), is_change=False), url=url, rings=rings)
        observe(store, replace(again, reread=True), NOW + timedelta(hours=1))
    assert [line.number for line in store.reviews.list_reviews()] == ["MOFCOM-GACC 2026-61"]
