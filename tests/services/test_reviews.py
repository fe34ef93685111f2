"""A document that the reader does not conclude on is told, kept until a person judges it, and never law."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from controlwatch.adapters.channels.webhook import build_payload
from controlwatch.adapters.storage import SqlStore
from controlwatch.bootstrap.question_app import build_queries
from controlwatch.core.law.notice_filter import NoticeFilter
from controlwatch.core.model import Attention, Direction, Subscription
from controlwatch.core.model.errors import UsageError
from controlwatch.services.settle_review import reopen_review
from tests.services.reviewed import CIRCULAR, DECIDES, SAYS_NOTHING, TITLE, open_review, settle
from tests.services.world import Ministry, Page, World, other, tightening

if TYPE_CHECKING:
    from pathlib import Path

    from controlwatch.core.model import Delivery

pytestmark = pytest.mark.usefixtures("sound_chain")

OLD = Page(
    "/notices/art_1.html",
    "商务部 海关总署公告2026年第1号 公布对锑相关物项实施出口管制的决定",
    tightening(1, item="金属锑"),
)


def started(w: World, *pages: Page) -> World:
    """A world whose first poll is over."""
    w.ministry.publish(*(replace(page) for page in pages or (OLD,)))
    assert w.poll().outcome == "shelved"
    return w


def told_once(w: World) -> World:
    """A world in which the circular was told."""
    started(w).ministry.publish(replace(CIRCULAR))
    w.poll()
    assert [alert.kind for alert in w.alerts()] == ["review"]
    return w


def deliveries(w: World) -> list[Delivery]:
    """Deliver, and return what was delivered."""
    sent: list[Delivery] = []
    while claimed := w.claim(w.now + timedelta(days=400)):
        sent.extend(claimed)
        w.mark_sent(claimed)
    return sent


def edit(w: World, text: str, *, days: int = 1) -> None:
    """Let the source show other words in the circular, and look again."""
    w.ministry.pages[0].text = text
    w.ministry.render()
    w.poll(later=timedelta(days=days))


def test_what_was_not_concluded_on_is_told_once_with_the_reason_and_its_sentence(w: World) -> None:
    started(w).ministry.publish(CIRCULAR)
    w.poll()
    w.poll()
    (alert,) = w.alerts()
    assert (alert.kind, alert.title) == ("review", TITLE)
    assert alert.review_id == open_review(w).id
    assert alert.notice is not None
    (reason,) = alert.notice.review
    assert reason.quote in CIRCULAR.text or reason.quote == TITLE
    assert alert.url == f"{w.ministry.host}{CIRCULAR.path}"


def test_it_goes_to_the_operators_and_to_whom_it_may_concern_and_to_nobody_else(w: World) -> None:
    numbers = {
        name: w.store.subscriptions.subscribe(subscription, w.now)
        for name, subscription in {
            "operator of other items": Subscription(channel="console", target="a", categories=("battery",)),
            "of the item": Subscription(
                channel="console", target="b", categories=("graphite",), health=False
            ),
            "of the item and a direction": Subscription(
                channel="console",
                target="c",
                categories=("graphite",),
                directions=(Direction.RELAX,),
                health=False,
            ),
            "of everything": Subscription(channel="console", target="d", health=False),
            "of other items": Subscription(
                channel="console", target="e", categories=("battery",), health=False
            ),
            "of another issuer": Subscription(channel="console", target="f", issuers=("GACC",), health=False),
        }.items()
    }
    started(w).ministry.publish(CIRCULAR)
    w.poll()
    reached = {delivery.subscription.id for delivery in deliveries(w)}
    assert {name for name, number in numbers.items() if number in reached} == {
        "operator of other items",
        "of the item",
        "of the item and a direction",
        "of everything",
    }


def test_the_first_poll_keeps_it_and_tells_nobody(w: World) -> None:
    started(w, OLD, CIRCULAR)
    assert w.alerts() == []
    assert not open_review(w).alerted
    assert w.store.reviews.count_open().count == 0


def test_it_stands_among_the_newest_as_needing_review_and_is_found_by_what_it_may_touch(w: World) -> None:
    told_once(w)
    (line,) = w.store.queries.list_notices(NoticeFilter(category="graphite"))
    assert (line.title, line.attention, line.is_change) == (TITLE, Attention.REVIEW, False)
    assert line.review_id == open_review(w).id
    assert line.review[0].quote
    assert TITLE not in {item.title for item in w.store.queries.list_notices(NoticeFilter(changes_only=True))}


@pytest.mark.parametrize("verdict", [None, "change", "no-change"])
def test_it_is_never_a_rule_in_force(w: World, verdict: str | None) -> None:
    told_once(w)
    queries, key = build_queries(w.store, w.ingester.lexicon), open_review(w).key
    if verdict is not None:
        settle(w, verdict)  # type: ignore[arg-type]
    today = w.now.date()
    assert w.store.law.load_graph([key]).instruments == {}
    assert queries.law.history(key) == ()
    status = queries.law.status(key, on=today)
    assert status.state == "unknown"
    assert any("not counted here" in caution for caution in status.cautions)
    assert key not in {event.key for event in queries.law.upcoming(on=today, days=300)}
    said = " ".join(queries.law.status("graphite", on=today).cautions)
    assert (TITLE in said) is (verdict is None)


def test_a_copy_of_it_is_not_told_again(w: World) -> None:
    bureau = Ministry(w.sites, host="https://bureau.example")
    bureau.publish(Page("/notices/x.html", "综合信息", "这里没有公告。" * 10))
    w.poll(other("bureau", bureau.host))
    told_once(w)
    bureau.publish(replace(CIRCULAR, path="/notices/copy.html"))
    w.poll(other("bureau", bureau.host))
    assert w.alerts() == []
    assert len(w.store.reviews.list_reviews()) == 1


def test_a_text_that_raises_the_question_only_when_it_is_amended_is_told_then(w: World) -> None:
    started(w).ministry.publish(replace(CIRCULAR, title="关于有关工作的通知", text=SAYS_NOTHING))
    w.poll()
    assert w.alerts() == []
    w.ministry.pages[0].title = TITLE
    edit(w, CIRCULAR.text)
    (alert,) = w.alerts()
    assert alert.kind == "review"
    assert open_review(w).alerted


def test_a_text_that_decides_when_it_is_amended_is_told_as_a_new_change_and_needs_no_review(w: World) -> None:
    told_once(w)
    edit(w, DECIDES)
    (alert,) = w.alerts()
    assert alert.kind == "new"
    assert alert.notice is not None
    assert [str(found.start) for found in alert.notice.effective] == ["2026-04-01"]
    assert w.store.reviews.list_reviews() == ()
    with pytest.raises(UsageError, match="needs no review any more"):
        settle(w, "no-change")


def test_a_text_that_says_less_when_it_is_amended_still_waits_for_a_person(w: World) -> None:
    told_once(w)
    edit(w, SAYS_NOTHING)
    assert len(w.alerts()) == 1
    assert open_review(w).alerted


def test_a_change_that_a_person_finds_is_told_once_to_all_whom_it_may_concern(w: World) -> None:
    told_once(w)
    late = w.store.subscriptions.subscribe(
        Subscription(channel="console", target="late", categories=("graphite",), health=False), w.now
    )
    first = settle(w, "change", note="it sets a quota")
    again = settle(w, "change")
    sent = deliveries(w)
    assert [delivery.alert.kind for delivery in sent] == ["judged-change", "judged-change"]
    assert late in {delivery.subscription.id for delivery in sent}
    assert (first.is_first, again.is_first, again.judgement.note) == (True, False, "it sets a quota")
    (line,) = w.store.queries.list_notices(NoticeFilter(changes_only=True, category="graphite"))
    assert line.judgement is not None
    assert (line.judgement.who, line.attention, line.effective) == ("U0BOSS", Attention.CHANGE, ())


def test_that_it_changes_nothing_is_told_to_those_who_were_told_of_it_in_its_thread(w: World) -> None:
    told_once(w)
    w.store.subscriptions.subscribe(Subscription(channel="console", target="late"), w.now)
    settle(w, "no-change")
    settle(w, "no-change")
    (delivery,) = deliveries(w)
    assert delivery.alert.kind == "judged-no-change"
    assert delivery.first_receipt == "kept"
    assert w.store.queries.list_notices()[0].attention is Attention.NONE


def test_of_two_judgements_the_first_counts_and_the_second_says_so(w: World) -> None:
    told_once(w)
    settle(w, "no-change", note="a meeting")
    second = settle(w, "change")
    assert "Nothing has changed" in second.sentence
    assert second.judgement.verdict == "no-change"
    assert [alert.kind for alert in w.alerts()] == ["judged-no-change"]


def test_one_that_is_opened_again_waits_again_and_only_another_verdict_is_told(w: World) -> None:
    told_once(w)
    settle(w, "no-change")
    w.alerts()
    reopen_review(w.store.reviews, open_settled(w), who="U0BOSS", now=w.now)
    assert open_review(w).state == "open"
    settle(w, "no-change")
    assert w.alerts() == []
    reopen_review(w.store.reviews, open_settled(w), who="U0BOSS", now=w.now)
    settle(w, "change")
    assert [alert.kind for alert in w.alerts()] == ["judged-change"]
    assert [label.verdict for label in w.store.reviews.list_labels()] == ["change"]


def open_settled(w: World) -> int:
    (line,) = w.store.reviews.list_reviews(settled=True)
    return line.id


def test_an_amendment_of_what_was_judged_follows_the_judgement(w: World) -> None:
    told_once(w)
    settle(w, "no-change")
    w.alerts()
    edit(w, CIRCULAR.text.replace("加强领导", "加强组织领导"))
    assert w.alerts() == []
    edit(w, DECIDES, days=3)
    assert [alert.kind for alert in w.alerts()] == ["new"]


def test_an_amendment_of_what_was_judged_a_change_is_told_as_one(w: World) -> None:
    told_once(w)
    settle(w, "change")
    w.alerts()
    edit(w, DECIDES)
    assert [alert.kind for alert in w.alerts()] == ["amended"]


def test_operators_are_reminded_once_a_day_until_it_is_judged(w: World) -> None:
    told_once(w)
    reminded = []
    for hours in (1, 23, 25, 26, 50, 51):
        w.remind((), now=w.now + timedelta(hours=hours))
        reminded += [(hours, alert.kind, TITLE in alert.body) for alert in w.alerts()]
    assert reminded == [(25, "lead", True), (50, "lead", True)]
    settle(w, "no-change")
    w.alerts()
    w.remind((), now=w.now + timedelta(hours=99))
    assert w.alerts() == []


def test_what_waits_survives_a_restart(w: World, tmp_path: Path) -> None:
    told_once(w)
    reopened = SqlStore.open(f"sqlite:///{tmp_path / 'store.db'}")
    assert [line.title for line in reopened.reviews.list_reviews()] == [TITLE]
    reopened.close()


def test_a_judgement_is_a_label_for_the_reader(w: World) -> None:
    told_once(w)
    settle(w, "no-change", note="only words")
    (label,) = w.store.reviews.list_labels()
    assert (label.title, label.verdict, label.note, label.source) == (
        TITLE,
        "no-change",
        "only words",
        "ministry",
    )
    assert len(label.text_sha256) == 64
    assert label.reasons


def test_what_a_person_judged_is_not_an_open_alert_any_more(w: World) -> None:
    told_once(w)
    assert [line.kind for line in w.store.actions.list_alerts(open_only=True)] == ["review"]
    settle(w, "no-change")
    (line,) = w.store.actions.list_alerts()[-1:]
    assert (line.what, line.who, line.note) == ("judged", "U0BOSS", "no-change")
    assert [item.kind for item in w.store.actions.list_alerts(open_only=True)] == []


def test_a_digest_says_how_many_documents_wait_and_since_when(w: World) -> None:
    told_once(w)
    daily = Subscription(channel="console", target="digest", rate="daily", language="en")
    w.store.subscriptions.subscribe(daily, w.now)
    w.deliverer = replace(w.deliverer, count_reviews=w.store.reviews.count_open)
    w.ministry.publish(Page("/notices/art_2.html", "商务部公告2026年第2号", tightening(2)))
    w.poll()
    w.deliverer.deliver(now=w.now + timedelta(days=2))
    digest = next(message for message in w.channel.messages if message.health_line)
    assert "1 document needs review, the oldest since 2 Mar 2026" in digest.health_line


def test_a_webhook_says_that_it_asks_and_under_which_number(w: World) -> None:
    started(w).ministry.publish(CIRCULAR)
    w.poll()
    w.deliverer.deliver(now=w.now)
    (card,) = build_payload(w.channel.messages[-1], "key")["cards"]  # type: ignore[misc]
    assert (card["tone"], card["review"], card["title"]) == ("review", open_review(w).id, TITLE)
    assert card["facts"][0]["word"] == "reason"  # its quote is the title, which is shown once
