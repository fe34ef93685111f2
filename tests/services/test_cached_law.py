"""What is kept of the law in memory is never older than the store, and what limits an answer is not kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

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


def test_since_when_a_list_is_known_is_asked_for_each_time(w: World) -> None:
    """A list that begins late leaves a gap: an answer that did not know of it would be too sure."""
    law = build_law(started(w))
    before = law.find_first_listed_days()
    day = datetime(2026, 2, 1, tzinfo=UTC).date()
    ref = NoticeRef(url="https://www.ministry.example/notices/art_0.html", title="公告", listed_on=day)
    w.store.references.track("another", [NewReference(ref=ref, may_alert=False)], w.now + timedelta(hours=1))
    assert law.find_first_listed_days() == {**before, "another": day}
