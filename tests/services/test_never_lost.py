"""Ways in which an alert was once lost, or told falsely; each keeps the page that caused it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from controlwatch.adapters.fetch.http import HttpFetcher
from controlwatch.core.model import Subscription
from controlwatch.core.model.addresses import canonicalize_url
from controlwatch.core.model.errors import Stopping
from controlwatch.core.model.mail_servers import SmtpUrl
from controlwatch.core.sources.watcher import Detail, Expect
from controlwatch.services.intake import build_intake_watcher
from controlwatch.testing.pdf import pdf
from controlwatch.testing.sites import Answer, Asked
from tests.services.test_bad_input import CHALLENGE
from tests.services.test_news import GALLIUM, OLD, started
from tests.services.world import HOST, INDEX, START, WATCHER, Page, World, other, tightening
from tests.sources.test_pictures import needs_ocr, scanned, sheet

pytestmark = pytest.mark.usefixtures("sound_chain")

FILE = f"{HOST}/files/list.pdf"
COVER = Page(
    "/notices/art_6.html",
    "商务部公告2026年第6号",
    "现将有关清单予以公布，具体内容见附件，请有关单位遵照执行。\n商务部\n2026年3月2日",
    annex=FILE,
)
SUBSTANCE = pdf(
    ["决定对下列物项实施出口管制：", "金属镓 参考海关商品编号 8112929010", "本公告自2026年4月1日起正式实施。"]
)


def put(w: World, page: Page, *, etag: bool = True) -> None:
    w.sites.put(f"{HOST}{page.path}", Answer(body=page.html.encode(), etag=etag))


def kinds(w: World) -> list[str]:
    return [alert.kind for alert in w.alerts() if not alert.kind.startswith("health")]


def test_an_annex_that_was_missing_at_first_is_read_when_it_comes(w: World) -> None:
    started(w).ministry.publish(replace(COVER))
    put(w, COVER)
    w.poll()
    w.alerts()
    w.sites.put(FILE, Answer(body=SUBSTANCE, content_type="application/pdf"))
    w.poll(later=timedelta(minutes=20))
    assert kinds(w) == ["amended"]
    record = w.store.queries.find_record("MOFCOM 2026-6")
    assert record is not None
    assert [finding.code for finding in record.notice.hs_codes] == ["8112929010"]


def test_an_annex_that_is_replaced_under_an_unchanged_page_is_an_amendment(w: World) -> None:
    w.sites.put(FILE, Answer(body=SUBSTANCE, content_type="application/pdf"))
    started(w).ministry.publish(replace(COVER))
    put(w, COVER)
    w.poll()
    assert kinds(w) == ["new"]
    other_list = pdf(
        [
            "决定对下列物项实施出口管制：",
            "金属锗 参考海关商品编号 8112921010",
            "本公告自2026年4月1日起正式实施。",
        ]
    )
    w.sites.put(FILE, Answer(body=other_list, content_type="application/pdf"))
    w.poll(later=timedelta(hours=2))
    assert kinds(w) == ["amended"]


def test_an_annex_behind_a_challenge_is_read_from_our_copy_and_is_no_change(w: World) -> None:
    w.sites.put(FILE, Answer(body=SUBSTANCE, content_type="application/pdf"))
    started(w).ministry.publish(replace(COVER))
    w.poll()
    assert kinds(w) == ["new"]
    w.sites.put(FILE, Answer(body=CHALLENGE))
    w.poll(later=timedelta(hours=2))
    w.sites.put(FILE, Answer(body=SUBSTANCE, content_type="application/pdf"))
    w.poll(later=timedelta(hours=8))
    assert kinds(w) == []


def test_not_modified_means_the_page_we_believed_and_not_a_challenge_since(w: World) -> None:
    started(w).ministry.publish(replace(GALLIUM))
    put(w, GALLIUM)
    w.poll()
    assert kinds(w) == ["new"]
    w.sites.put(f"{HOST}{GALLIUM.path}", Answer(body=CHALLENGE))
    w.poll(later=timedelta(hours=2))
    put(w, GALLIUM)
    w.poll(later=timedelta(hours=8))
    w.poll(later=timedelta(days=1))
    assert kinds(w) == []
    with w.store.engine.begin() as connection:
        unsettled = connection.execute(text("SELECT count(*) FROM reference WHERE failures > 0")).scalar_one()
    assert unsettled == 0


def test_a_service_stopped_while_an_annex_comes_reads_the_notice_again(w: World) -> None:
    def stop(_: Asked) -> Answer:
        assert isinstance(w.fetch, HttpFetcher)
        w.fetch.stop()
        return Answer(body=SUBSTANCE, content_type="application/pdf")

    w.sites.put(FILE, stop)
    started(w).ministry.publish(replace(COVER))
    put(w, COVER)
    assert w.poll().kind == Stopping.kind
    w.sites.put(FILE, Answer(body=SUBSTANCE, content_type="application/pdf"))
    restarted = replace(w.poller, fetch=HttpFetcher(connect_to=w.sites.origin))
    restarted.poll(w.watcher, now=w.now + timedelta(minutes=10))
    assert kinds(w) == ["new"]


def test_a_header_that_cannot_be_sent_back_does_not_blind_the_watcher(w: World) -> None:
    w.ministry.publish(OLD)
    page = w.sites.answer(
        Asked(
            method="GET",
            host="www.ministry.example",
            path="/notices/index.html",
            query="",
            headers={},
            body=b"",
        )
    )
    w.sites.put(INDEX, Answer(body=page.body, headers={"ETag": '"caf\xe9"'}))
    assert w.poll().outcome == "shelved"
    assert "failed" not in [w.poll().outcome for _ in range(3)]


def test_a_new_notice_is_told_although_the_second_page_fails(w: World) -> None:
    started(
        w, *(Page(f"/notices/a{n}.html", f"商务部公告2025年第{n}号", tightening(n)) for n in range(1, 31))
    )
    w.ministry.publish(replace(GALLIUM))
    w.sites.put(f"{HOST}/notices/index_2.html", Answer(status=500))
    report = w.poll()
    assert "a part of the index was not read" in report.reason
    assert kinds(w) == ["new"]


def test_an_unasked_not_modified_settles_nothing(w: World) -> None:
    started(w).ministry.publish(replace(GALLIUM))
    w.sites.put(f"{HOST}{GALLIUM.path}", Answer(status=304))
    w.poll()
    w.ministry.render()
    w.poll(later=timedelta(minutes=10))
    assert kinds(w) == ["new"]


def test_a_quiet_cover_does_not_silence_the_full_text_elsewhere(w: World) -> None:
    from tests.services.world import Ministry

    bureau = Ministry(w.sites, host="https://bureau.example")
    watcher = other("bureau", bureau.host)
    started(w)
    bureau.publish(Page("/notices/x.html", "综合信息", "这里没有公告。" * 10))
    w.poll(watcher)
    w.ministry.publish(replace(COVER, annex=None))
    w.poll()
    before = kinds(w)
    bureau.publish(
        Page("/notices/6.html", "商务部公告2026年第6号", tightening(6, day="2026-03-01"), day="2026-03-01")
    )
    w.poll(watcher)
    assert (before, kinds(w)) == ([], ["new"])


def test_a_repeal_marked_in_the_title_alone_is_an_amendment(w: World) -> None:
    started(w, OLD)
    w.ministry.pages[0].title += "（已废止）"
    w.ministry.render()
    w.poll(later=timedelta(hours=2))
    assert kinds(w) == ["amended"]


def test_a_number_learnt_later_does_not_make_a_notice_new_again(w: World) -> None:
    started(w).ministry.publish(
        Page(GALLIUM.path, "关于镓的公告", "网页正文暂缺，请稍后访问本页面查看公告全文。")
    )
    w.poll()
    w.ministry.pages[0].title, w.ministry.pages[0].text = GALLIUM.title, GALLIUM.text
    w.ministry.render()
    for hours in (1, 2, 7, 20, 30):
        w.poll(later=timedelta(hours=hours))
    assert kinds(w).count("new") <= 1
    assert len([line for line in w.store.queries.list_notices() if line.number == "MOFCOM-GACC 2026-40"]) == 1


def test_pages_that_could_not_be_read_at_the_first_poll_do_not_ring_when_they_can(w: World) -> None:
    w.ministry.publish(replace(OLD), replace(GALLIUM))
    for page in (OLD, GALLIUM):
        w.sites.put(f"{HOST}{page.path}", Answer(status=500))
    for _ in range(4):
        w.poll(later=timedelta(hours=3))
    w.ministry.render()
    w.poll(later=timedelta(days=1))
    assert kinds(w) == []
    assert w.store.queries.find_record("MOFCOM 2026-40") is not None


def test_one_page_with_an_error_of_its_own_blinds_nobody(w: World) -> None:
    started(w).ministry.publish(replace(GALLIUM))
    w.sites.put(f"{HOST}{GALLIUM.path}", Answer(status=500))
    for _ in range(4):
        w.poll(later=timedelta(minutes=5))
    assert w.store.polling.load_state("ministry").health == "healthy"
    assert w.store.polling.load_state("ministry").unread == 1


@pytest.mark.parametrize(
    "link", ["http://www.ministry.example:99999/notices/x.html", "/notices/" + "x" * 9000 + ".html"]
)
def test_an_impossible_address_in_a_row_stops_nothing_beside_it(w: World, link: str) -> None:
    started(w).ministry.publish(replace(GALLIUM))
    rows = f'<li><a href="{link}">样例公告</a></li>' + "".join(
        w.ministry.row(page) for page in w.ministry.pages
    )
    w.sites.put(INDEX, Answer(body=f'<meta charset="utf-8"><ul class="list">{rows}</ul>'.encode()))
    assert w.poll().outcome == "looked"
    assert kinds(w) == ["new"]


def test_a_redirect_to_nowhere_fails_that_page_alone(w: World) -> None:
    started(w).ministry.publish(
        Page("/notices/art_41.html", "商务部公告2026年第41号", tightening(41)), replace(GALLIUM)
    )
    w.sites.put(f"{HOST}{GALLIUM.path}", Answer(status=302, headers={"Location": "http://[x"}))
    assert w.poll().outcome == "looked"
    assert kinds(w) == ["new"]


def test_two_names_in_gbk_stay_two_addresses() -> None:
    assert canonicalize_url("https://a.example/%B9%AB%B8%E6.html") != canonicalize_url(
        "https://a.example/%C9%CC%CE%F1.html"
    )


def test_last_years_unchanged_page_counts_when_rows_are_expected(w: World) -> None:
    watcher = replace(
        WATCHER,
        index=replace(
            WATCHER.index, url=f"{HOST}/{{year}}/index.html", pages=replace(WATCHER.index.pages, style="none")
        ),
        expect=Expect(rows=3),
    )
    for year, count in ((2026, 1), (2025, 5)):
        pages = [
            replace(
                OLD, path=f"/notices/{year}-{n}.html", title=f"商务部公告{year}年第{n}号", text=tightening(n)
            )
            for n in range(1, count + 1)
        ]
        for page in pages:
            put(w, page)
        rows = "".join(w.ministry.row(page) for page in pages)
        w.sites.put(
            f"{HOST}/{year}/index.html",
            Answer(body=f'<meta charset="utf-8"><ul class="list">{rows}</ul>'.encode(), etag=True),
        )
    assert w.poll(watcher).outcome == "shelved"
    put(w, GALLIUM)
    row = w.ministry.row(GALLIUM)
    w.sites.put(
        f"{HOST}/2026/index.html",
        Answer(body=f'<meta charset="utf-8"><ul class="list">{row}</ul>'.encode(), etag=True),
    )
    assert w.poll(watcher).outcome == "looked"


def test_hand_intake_reads_a_page_as_its_own_host_does() -> None:
    from pathlib import Path

    from controlwatch.adapters.catalog.watcher_loader import load_watchers

    watchers = load_watchers(Path("watchers"))
    for name in ("exportcontrol-rules", "gacc-english", "miit-notices", "mfa-countersanctions"):
        own = next(watcher for watcher in watchers if watcher.id == name)
        assert build_intake_watcher(own.index.url, watchers).http.hosts == own.http.hosts, name


def test_a_password_never_shows_in_an_error() -> None:
    with pytest.raises(ValueError, match="needs a number as its port") as error:
        SmtpUrl.parse("smtp://bot:Sekr3t#x@mail.example:587")
    assert "Sekr3t" not in str(error.value)


def test_deliveries_refused_for_good_can_be_put_back(w: World) -> None:
    from controlwatch.core.model.errors import DeliveryError
    from tests.services.test_delivery import DownChannel

    started(w).ministry.publish(replace(GALLIUM))
    w.poll()
    down = DownChannel(DeliveryError("550", permanent=True))
    replace(w.deliverer, channels={"console": down}).deliver(now=w.now)
    assert w.store.outbox.retry_failed(w.now) == 1
    assert w.deliverer.deliver(now=w.now) == (1, 0)


def test_a_message_that_we_cannot_write_waits_and_is_shown(w: World) -> None:
    class Broken:
        name = "console"

        def send(self, message: object, *, target: str, key: str) -> str:
            raise ValueError("no such letter")

    started(w).ministry.publish(replace(GALLIUM))
    w.poll()
    broken = replace(w.deliverer, channels={"console": Broken()})
    for days in range(3):
        broken.deliver(now=w.now + timedelta(days=days))
    (stuck,) = w.store.queries.list_refused_deliveries()
    assert "no such letter" in stuck.reason


def test_what_could_not_be_read_goes_to_everyone_it_may_concern(w: World) -> None:
    w.store.subscriptions.unsubscribe(1)
    w.store.subscriptions.subscribe(
        Subscription(channel="console", target="-", hs_prefixes=("8507",), health=False), START
    )
    started(w).ministry.publish(replace(GALLIUM))
    w.sites.put(f"{HOST}{GALLIUM.path}", Answer(status=500))
    for _ in range(3):
        w.poll(later=timedelta(hours=2))
    assert kinds(w) == ["new"]


def test_a_source_that_answers_and_shows_nothing_new_for_too_long_is_told_as_quiet(w: World) -> None:
    pages = (
        Page(f"/notices/art_{n}.html", f"商务部公告2026年第{n}号", tightening(n), day=f"2026-02-{n * 3:02}")
        for n in range(1, 9)
    )
    rows_alone = replace(WATCHER, detail=Detail(follow=False))
    w.ministry.publish(*pages)
    outcomes = [w.poll(rows_alone).outcome for _ in range(4)]
    assert w.alerts() == []
    outcomes += [w.poll(rows_alone, later=timedelta(days=1)).outcome for _ in range(20)]
    assert outcomes == ["shelved", *["unchanged"] * 23]
    told = [alert for alert in w.alerts() if alert.kind == "health-down"]
    assert "no new items for longer than usual" in told[0].title
    assert "2026-02-24" in told[0].body


@needs_ocr
@pytest.mark.slow
def test_what_a_scanned_annex_shows_is_told_and_changes_nothing_by_itself(w: World) -> None:
    w.sites.put(FILE, Answer(body=scanned(sheet()), content_type="application/pdf"))
    started(w).ministry.publish(replace(GALLIUM, annex=FILE))
    w.poll()
    (alert,) = w.alerts()
    assert alert.notice is not None
    assert alert.unread == "annex"  # so that who follows a code is told
    assert "8103200010" not in [finding.code for finding in alert.notice.hs_codes]
    (told,) = [doubt for doubt in alert.notice.doubts if "8103200010" in doubt]
    assert "nothing was concluded from it" in told
