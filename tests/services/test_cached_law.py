"""What is kept of the law in memory is never older than the store, and what limits an answer is not kept."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.bootstrap.question_app import build_queries
from controlwatch.core.model import NoticeRef
from controlwatch.core.model.state import NewReference
from controlwatch.services.cached_law import CachedLaw, RevisionCache
from tests.services.test_news import GALLIUM, started
from tests.services.world import World


def build_law(w: World) -> CachedLaw:
    return CachedLaw(w.store.law, RevisionCache(w.store.queries.find_revision))


def test_a_notice_that_the_store_learns_is_in_the_next_answer(w: World) -> None:
    law = build_law(started(w))
    assert law.list_keys_touching("minor_metals.gallium") == ()
    w.ministry.publish(GALLIUM)
    w.poll()
    assert law.list_keys_touching("minor_metals.gallium") == ("MOFCOM 2026-40",)


def test_the_same_graph_answers_until_then(w: World) -> None:
    law = build_law(started(w))
    assert law.load_graph(["MOFCOM-GACC 2026-1"]) is law.load_graph(["MOFCOM-GACC 2026-1"])


def test_a_lookup_a_timeline_and_a_history_know_a_new_notice_at_once(w: World) -> None:
    law = build_queries(started(w).store, load_lexicon(), is_cached=True).law
    on, new = date(2026, 5, 1), "MOFCOM 2026-40"

    def find_new() -> list[bool]:
        steps, rows = law.history("minor_metals"), law.timeline("minor_metals", today=on).rows
        hits = law.lookup("minor_metals", on=on).hits
        return [any(one.key == new for one in found) for found in (steps, rows, hits)]

    assert find_new() == [False, False, False]
    w.ministry.publish(GALLIUM)
    w.poll()
    assert find_new() == [True, True, True]
    assert find_new() == [True, True, True]


def test_since_when_a_list_is_known_is_asked_for_each_time(w: World) -> None:
    """A list that begins late leaves a gap: an answer that did not know of it would be too sure."""
    law = build_law(started(w))
    before = law.find_first_listed_days()
    day = datetime(2026, 2, 1, tzinfo=UTC).date()
    ref = NoticeRef(url="https://www.ministry.example/notices/art_0.html", title="公告", listed_on=day)
    w.store.references.track("another", [NewReference(ref=ref, may_alert=False)], w.now + timedelta(hours=1))
    assert law.find_first_listed_days() == {**before, "another": day}
