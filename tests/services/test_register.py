"""A register beside the watchers: what it knows is not news, and what it says differently is shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.bootstrap.question_app import build_queries
from controlwatch.core.law.register import Register, RegisterEntry
from controlwatch.core.law.status import compute_status
from controlwatch.core.model import (
    CategoryFinding,
    Direction,
    DocumentNumber,
    EffectiveDate,
    Notice,
    NoticeKind,
    Relation,
    Verb,
)
from tests.services.test_news import GALLIUM, OLD
from tests.services.world import START, Ministry, Page, World, other

pytestmark = pytest.mark.usefixtures("sound_chain")

NUMBER = DocumentNumber(issuers=("MOFCOM", "GACC"), year=2026, n=40)
KNOWN = Notice(
    title="镓相关物项",
    language="zh-Hans",
    number=NUMBER,
    issuers=("MOFCOM", "GACC"),
    kind=NoticeKind.ANNOUNCEMENT,
    published=date(2026, 3, 2),
    is_change=True,
    direction=Direction.TIGHTEN,
    effective=(EffectiveDate(start=date(2026, 4, 1), basis="stated", quote="register: takes effect"),),
    categories=(CategoryFinding(id="minor_metals.gallium", quote="register: concerns"),),
    relations=(Relation(verb=Verb.REPEALS, target="MOFCOM 2020-9", quote="register: repeals MOFCOM 2020-9"),),
)


def registered(w: World, *notices: Notice, now: datetime = START) -> World:
    """A world whose shelf is filled and whose register knows some notices."""
    entries = {
        n.number.key: RegisterEntry(key=n.number.key, notice=n) for n in notices if n.number is not None
    }
    register = Register(entries=entries, as_of=date(2026, 3, 1), digest="one")
    w.store.register.import_entries(register, now)
    w.poller = w.poller_with(register=lambda: register)
    w.ministry.publish(replace(OLD))
    assert w.poll().outcome == "shelved"
    return w


def test_the_register_rings_for_nobody_and_answers_at_once(w: World) -> None:
    registered(w, KNOWN)
    assert w.alerts() == []
    assert w.store.queries.find_record("MOFCOM 2026-40") is not None
    found = compute_status(w.store.law.load_graph(["MOFCOM 2026-40"]), "MOFCOM 2026-40", date(2026, 4, 1))
    assert found.state == "in-force"


def test_a_page_of_a_notice_issued_before_we_watched_completes_it_quietly(w: World) -> None:
    registered(w, KNOWN, now=START + timedelta(days=30))
    w.ministry.publish(replace(GALLIUM))
    w.poll()
    assert w.alerts() == []
    record = w.store.queries.find_record("MOFCOM 2026-40")
    assert record is not None
    assert [(item.kind, bool(item.quiet_because)) for item in record.revisions] == [
        ("register", True),
        ("new", True),
    ]
    (line,) = w.store.register.list_entries()
    assert line.observed


def test_a_page_of_a_notice_issued_since_we_watch_is_told_though_the_register_knows_it(w: World) -> None:
    registered(w, KNOWN)
    w.ministry.publish(replace(GALLIUM))
    w.poll()
    assert [alert.title for alert in w.alerts()] == [GALLIUM.title]


def test_what_the_page_does_not_say_stays_filled_in_and_the_difference_is_shown(w: World) -> None:
    moved = EffectiveDate(start=date(2026, 5, 1), basis="stated", quote="register: takes effect")
    registered(w, replace(KNOWN, effective=(moved,)), now=START + timedelta(days=30))
    w.ministry.publish(replace(GALLIUM))
    w.poll()
    record = w.store.queries.find_record("MOFCOM 2026-40")
    assert record is not None
    assert [found.start for found in record.notice.effective] == [date(2026, 4, 1)]  # the text outweighs
    assert [relation.target for relation in record.notice.relations] == ["MOFCOM 2020-9"]  # the register adds
    (line,) = w.store.register.list_entries()
    assert any(
        "2026-04-01 by this page, 2026-05-01 by the reference database" in doubt
        for doubt in line.disagreements
    )


def test_an_amendment_of_an_observed_notice_still_rings(w: World) -> None:
    registered(w, KNOWN, now=START + timedelta(days=30))
    w.ministry.publish(replace(GALLIUM))
    w.poll()
    page = next(page for page in w.ministry.pages if page.path == GALLIUM.path)
    page.text = page.text.replace("2026年4月1日", "2026年6月1日")
    w.ministry.render()
    w.poll(later=timedelta(hours=2))
    assert [alert.kind for alert in w.alerts()] == ["amended"]


def test_a_page_that_cannot_be_read_leaves_what_the_register_knows(w: World) -> None:
    registered(w, KNOWN, now=START + timedelta(days=30))
    w.ministry.publish(replace(GALLIUM))
    w.sites.take_down(f"{w.ministry.host}{GALLIUM.path}")
    for _ in range(4):
        w.poll(later=timedelta(hours=3))
    record = w.store.queries.find_record("MOFCOM 2026-40")
    assert record is not None
    assert record.notice.is_change


def test_a_suspension_read_after_the_register_takes_the_items_of_its_target(w: World) -> None:
    registered(w, KNOWN)
    w.ministry.publish(
        Page(
            "/notices/art_70.html",
            "商务部 海关总署公告2026年第70号 公布暂停实施商务部、海关总署公告2026年第40号的决定",
            "经批准，自即日起至2027年3月10日，暂停实施商务部、海关总署公告2026年第40号（公布对有关物项实施出口管制的决定）。\n"
            "商务部 海关总署\n2026年3月10日",
            day="2026-03-10",
        )
    )
    w.poll()
    (alert,) = w.alerts()
    assert alert.notice is not None
    assert [(found.id, found.basis) for found in alert.notice.categories] == [
        ("minor_metals.gallium", "resolved")
    ]
    ledger = w.store.law.load_graph(["MOFCOM 2026-40"])
    assert compute_status(ledger, "MOFCOM 2026-40", date(2026, 4, 1)).state == "suspended"
    assert compute_status(ledger, "MOFCOM 2026-40", date(2027, 3, 11)).state == "in-force"


def test_a_newer_register_replaces_what_nobody_has_observed(w: World) -> None:
    registered(w, KNOWN)
    later = replace(KNOWN, title="镓相关物项（更正）")
    newer = Register(entries={NUMBER.key: RegisterEntry(key=NUMBER.key, notice=later)}, digest="two")
    assert w.store.register.import_entries(newer, datetime(2026, 6, 1, tzinfo=UTC)) == 1
    record = w.store.queries.find_record("MOFCOM 2026-40")
    assert record is not None
    assert record.line.title == "镓相关物项（更正）"


def suspension_known(w: World) -> World:
    """A world whose register knows a suspension, and not the notice that it suspends."""
    pause = replace(
        KNOWN,
        number=DocumentNumber(issuers=("MOFCOM",), year=2026, n=70),
        title="暂停实施第40号公告",
        published=date(2026, 2, 20),
        direction=Direction.SUSPEND,
        categories=(),
        relations=(Relation(verb=Verb.SUSPENDS, target="MOFCOM-GACC 2026-40", quote="register: suspends"),),
    )
    return registered(w, pause)


def test_what_others_make_known_of_a_registered_notice_is_no_observation_of_it(w: World) -> None:
    suspension_known(w).ministry.publish(replace(GALLIUM))
    w.poll()
    (line,) = w.store.register.list_entries()
    assert not line.observed
    record = w.store.queries.find_record("MOFCOM 2026-70")
    assert record is not None
    assert [found.id for found in record.notice.categories] == ["minor_metals.gallium"]


def test_press_about_a_notice_that_only_the_register_knows_is_told_if_it_was_issued_since_we_watch(
    w: World,
) -> None:
    registered(w, KNOWN)
    press = other("press", "https://press.example", role="secondary")
    site = Ministry(w.sites, host="https://press.example")
    site.publish(Page("/notices/art_0.html", "会议", "会议总结了工作。"))
    assert w.poll(press).outcome == "shelved"
    words = "商务部、海关总署发布公告2026年第40号，对金属镓相关物项实施出口管制，自2026年4月1日起实施。"
    site.publish(Page("/notices/art_1.html", "商务部公告2026年第40号对镓实施出口管制", words))
    w.poll(press)
    assert [alert.kind for alert in w.alerts()] == ["report"]


def test_a_listing_of_which_the_register_lacks_names_keeps_saying_so_once_observed(w: World) -> None:
    lacking = replace(KNOWN, doubts=("register: names 0 of 20 parties of this listing; read the notice",))
    registered(w, lacking, now=START + timedelta(days=30))
    w.ministry.publish(replace(GALLIUM))
    w.poll()
    (listing,) = w.store.law.list_incomplete_listings()
    assert (listing.number, listing.gap) == (
        "MOFCOM-GACC 2026-40",
        "names 0 of 20 parties of this listing; read the notice",
    )
    assert listing.url


def test_an_observed_notice_concerns_the_rare_earths_that_it_names(w: World) -> None:
    registered(w, KNOWN, now=START + timedelta(days=30))
    words = (
        "商务部 海关总署公告2026年第41号 公布对部分稀土相关物项实施出口管制的决定\n"
        "经批准，决定对下列稀土物项实施出口管制：\n1C915 镨相关物项：金属镨（参考海关商品编号：2805301100）。\n"
        "本公告自2026年4月1日起正式实施。\n商务部 海关总署\n2026年3月3日"
    )
    title = "商务部 海关总署公告2026年第41号 公布对部分稀土相关物项实施出口管制的决定"
    w.ministry.publish(Page("/notices/art_41.html", title, words))
    w.poll()
    queries = build_queries(w.store, load_lexicon()).law
    (hit,) = queries.lookup("praseodymium", on=date(2026, 4, 2)).hits
    assert (hit.number, hit.state) == ("MOFCOM-GACC 2026-41", "in-force")
    assert "镨" in hit.quote
    assert queries.lookup("lanthanum", on=date(2026, 4, 2)).hits == ()


def test_the_summary_states_the_day_that_the_register_fills_in(w: World) -> None:
    registered(w, replace(KNOWN, published=date(2026, 3, 4)))
    undated = replace(GALLIUM, text=GALLIUM.text.replace("本公告自2026年4月1日起正式实施", "特此公告"))
    w.ministry.publish(undated)
    w.poll()
    (alert,) = w.alerts()
    assert alert.notice is not None
    assert "It takes effect on 2026-04-01" in alert.notice.summary.en
    assert "does not state" not in alert.notice.summary.en
