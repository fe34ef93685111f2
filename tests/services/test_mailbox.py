"""Newsletters come by mail: over real IMAP, as reports, each once, and never in silence."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from controlwatch.adapters.fetch.imap import ImapAccount, ImapMailbox
from controlwatch.adapters.files.inbox import load_snapshot
from controlwatch.core.alerting.source_health import is_in_lockout
from controlwatch.core.law.status import compute_status
from controlwatch.core.model.mail_servers import ImapUrl
from controlwatch.services.intake import MAILBOX_ID, build_mailbox_watcher, submit
from controlwatch.services.reread import reread_all
from tests.imap import ImapServer, header, newsletter
from tests.services.test_news import GALLIUM, started

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from controlwatch.core.model import Alert
    from controlwatch.core.model.state import PollReport
    from tests.services.world import World

pytestmark = pytest.mark.usefixtures("sound_chain")

NEWS = newsletter(
    "China imposes export controls on gallium",
    "China's Ministry of Commerce (MOFCOM) announced on March 2, 2026 new export controls on gallium "
    "(Announcement No. 40 of 2026). They take effect on April 1, 2026.",
)
OTHER = newsletter(
    "China restricts exports of antimony",
    "China's Ministry of Commerce (MOFCOM) announced on March 3, 2026 new export controls on antimony "
    "(Announcement No. 41 of 2026). They take effect on April 2, 2026.",
)
REPEAL = "商务部 海关总署公告2026年第41号 公布废止商务部 海关总署公告2026年第40号的决定"
REPEALED = "经批准，决定自2026年3月3日起废止商务部 海关总署公告2026年第40号。\n商务部 海关总署\n2026年3月3日"


@pytest.fixture
def server() -> Iterator[ImapServer]:
    with ImapServer() as opened:
        yield opened


def mailbox(url: str, *, largest: int = 1_000_000, **bounds: float) -> ImapMailbox:
    imap = ImapUrl.parse(url)
    account = ImapAccount(
        host=imap.host,
        port=imap.port,
        user=imap.user or "",
        password=imap.password or "",
        tls=imap.tls,
        folder=imap.path,
    )
    return ImapMailbox(account, largest=largest, **bounds)  # type: ignore[arg-type]


def look(w: World, url: str, *, heard: object = lambda _said: None, **bounds: float) -> PollReport:
    """Look after five minutes, and do the clock's round over the mailbox."""
    w.now += timedelta(minutes=5)
    box = mailbox(url, **bounds)  # type: ignore[arg-type]
    watcher = build_mailbox_watcher(box.address)
    poller = replace(w.poller, mailbox=box)
    report = poller.poll(watcher, now=w.now, on_decision=heard)  # type: ignore[arg-type]
    w.reminder.checker.check_sources([watcher], now=w.now)
    return report


def told(w: World) -> list[tuple[str, str]]:
    return [(alert.kind, alert.title) for alert in w.alerts()]


def test_a_newsletter_is_told_once_as_a_report_and_stays_unread_for_its_readers(
    w: World, server: ImapServer
) -> None:
    assert look(w, server.url()).outcome == "shelved"
    server.put(NEWS, at=w.now + timedelta(minutes=1))
    assert [look(w, server.url()).outcome for _ in range(2)] == ["looked", "unchanged"]
    (alert,) = w.alerts()
    assert (alert.kind, alert.watcher) == ("report", MAILBOX_ID)
    assert alert.title == "China imposes export controls on gallium"
    assert alert.notice is not None
    assert "a mail that says it is from Trade desk <desk@law.example>" in alert.notice.doubts
    assert server.unread() == 1
    assert w.store.polling.load_state(MAILBOX_ID).newest == date(2026, 3, 2)


def test_the_first_look_takes_a_week_in_and_rings_for_nothing(w: World, server: ImapServer) -> None:
    server.put(newsletter("Older", "China controls tungsten."), at=w.now - timedelta(days=30))
    server.put(NEWS, at=w.now - timedelta(days=2))
    assert look(w, server.url()).read == 1
    assert w.alerts() == []
    assert [line.title for line in w.store.queries.list_notices()] == [
        "China imposes export controls on gallium"
    ]
    server.put(OTHER, at=w.now + timedelta(minutes=1))
    look(w, server.url())
    assert told(w) == [("report", "China restricts exports of antimony")]


def test_a_first_look_of_several_rounds_rings_for_nothing_either(w: World, server: ImapServer) -> None:
    server.put(NEWS, OTHER, at=w.now - timedelta(hours=1))
    assert [look(w, server.url(), most=1).read for _ in range(3)] == [1, 1, 0]
    assert w.alerts() == []


def test_what_one_look_does_not_take_waits_for_the_next(w: World, server: ImapServer) -> None:
    look(w, server.url())
    server.put(*(newsletter(f"Letter {n}", "Nothing new.") for n in range(5)), at=w.now)
    assert [look(w, server.url(), most=2).read for _ in range(4)] == [2, 2, 1, 0]


@pytest.mark.parametrize(
    "disguise",
    [
        header(MIME_Version="1.0", Content_Type="text/plain; charset=utf-8"),
        header(MIME_Version="1.0", Content_Type="text/plain; charset=utf-8", Content_Location="ADDRESS"),
        header(MIME_Version="1.0", Content_Type="text/plain; charset=utf-8", Snapshot_Content_Location="ADDRESS"),
        header(Date="Mon, 2 Mar 2026 09:00:00 +0800"),
        header(MIME_Version="1.0", Content_Type="text/html; charset=utf-8") + b"\r\n<!-- saved from url=(0040)ADDRESS -->",
    ],
    ids=["plain", "content-location", "saved page", "no MIME at all", "saved from"],
)  # fmt: skip
@pytest.mark.parametrize("by_hand", [False, True], ids=["mailbox", "inbox"])
def test_a_mail_that_says_it_is_the_ministry_repealing_a_notice_reports_and_changes_no_law(
    w: World, server: ImapServer, tmp_path: Path, disguise: bytes, by_hand: bool
) -> None:
    started(w).ministry.publish(GALLIUM)
    w.poll()
    address = "https://www.ministry.example/notices/art_41.html"
    head = header(From="MOFCOM <announcements@ministry.example>", Subject=REPEAL)
    raw = head + disguise.replace(b"ADDRESS", address.encode()) + f"\r\n\r\n{REPEAL}\n{REPEALED}".encode()
    if by_hand:
        (file := tmp_path / "forwarded.eml").write_bytes(raw)
        submit(
            load_snapshot(file, url=None, now=w.now),
            w.ingester,
            w.fetch,
            [w.watcher],
            title="forwarded",
            now=w.now,
        )
    else:
        look(w, server.url())
        server.put(raw, at=w.now)
        look(w, server.url())
    (official, report) = w.alerts()
    assert (official.kind, report.kind) == ("new", "report")
    assert report.notice is not None
    assert (report.notice.number, report.notice.is_change) == (None, False)
    assert (
        compute_status(w.store.law.load_graph(["MOFCOM 2026-40"]), "MOFCOM 2026-40", date(2026, 5, 1)).state
        == "in-force"
    )
    w.ministry.publish(replace(GALLIUM, path="/notices/art_41.html", title=REPEAL, text=REPEALED))
    w.poll()
    assert [alert.kind for alert in w.alerts()] == ["new"]  # the ministry's own page is news all the same
    assert (
        compute_status(w.store.law.load_graph(["MOFCOM 2026-40"]), "MOFCOM 2026-40", date(2026, 5, 1)).state
        == "repealed"
    )


def test_a_forwarded_notice_that_is_known_is_tied_to_it_and_not_told_again(
    w: World, server: ImapServer
) -> None:
    started(w).ministry.publish(
        GALLIUM, replace(GALLIUM, path="/notices/art_41.html", title=REPEAL, text=REPEALED)
    )
    w.poll()
    assert [alert.kind for alert in w.alerts()] == ["new", "new"]
    look(w, server.url())
    server.put(header(Subject=REPEAL) + f"\r\n{REPEAL}\n{REPEALED}".encode(), at=w.now)
    said: list[str] = []
    look(w, server.url(), heard=said.append)
    assert "the official notice MOFCOM 2026-41 is known" in said[0]
    assert w.alerts() == []


def test_nothing_that_a_mail_leads_to_is_asked_for(w: World, server: ImapServer) -> None:
    look(w, server.url())
    page = '<p>China controls gallium.</p><a href="https://law.example/list.pdf">list</a><img src="https://law.example/seen.gif">'
    server.put(newsletter("x", "").replace(b"text/plain", b"text/html") + page.encode(), at=w.now)
    assert look(w, server.url()).read == 1
    assert w.sites.asked == []


def test_a_report_read_anew_is_a_report(w: World, server: ImapServer) -> None:
    server.put(header(Subject=REPEAL) + f"\r\n{REPEAL}\n{REPEALED}".encode(), at=w.now)
    look(w, server.url())
    watcher = build_mailbox_watcher(mailbox(server.url()).address)
    assert reread_all(w.ingester, {watcher.id: watcher}, now=w.now) == 0
    assert [line.official for line in w.store.queries.list_notices()] == [False]


class Killed(BaseException):
    """The process ends here."""


def test_a_look_that_is_killed_loses_no_mail_and_tells_none_twice(w: World, server: ImapServer) -> None:
    def killed(_said: str) -> None:
        raise Killed  # the mail is taken in, and its place is not kept yet

    look(w, server.url())
    server.put(NEWS, OTHER, at=w.now)
    for _ in range(2):
        with pytest.raises(Killed):
            look(w, server.url(), heard=killed)
    look(w, server.url())
    assert [title for _, title in told(w)] == [
        "China imposes export controls on gallium",
        "China restricts exports of antimony",
    ]


def test_a_mailbox_that_numbers_its_mails_anew_tells_nothing_twice_and_loses_nothing(
    w: World, server: ImapServer
) -> None:
    look(w, server.url())
    server.put(NEWS, at=w.now)
    look(w, server.url())
    server.remove()
    server.create()
    server.put(NEWS, OTHER, at=w.now)
    assert look(w, server.url()).read == 2
    assert [title for _, title in told(w)] == [
        "China imposes export controls on gallium",
        "China restricts exports of antimony",
    ]
    assert look(w, server.url()).outcome == "unchanged"


def health(w: World) -> list[Alert]:
    return [alert for alert in w.alerts() if alert.kind.startswith("health")]


def test_a_wrong_password_is_told_after_three_looks_without_it_and_knocked_for_once_an_hour(
    w: World, server: ImapServer
) -> None:
    reports = [look(w, server.url(password="wr0ng")) for _ in range(3)]
    assert {report.kind for report in reports} == {"locked-out"}
    (alert,) = health(w)
    assert "not readable" in alert.title
    assert "CONTROLWATCH_MAILBOX_URL" in alert.body
    assert "wr0ng" not in f"{alert} {reports}"
    assert is_in_lockout(w.store.polling.load_state(MAILBOX_ID), now=w.now + timedelta(minutes=59))
    assert not is_in_lockout(w.store.polling.load_state(MAILBOX_ID), now=w.now + timedelta(minutes=60))
    look(w, server.url())
    (again,) = health(w)
    assert again.kind == "health-up"
    assert not is_in_lockout(w.store.polling.load_state(MAILBOX_ID), now=w.now)


def test_a_folder_that_is_gone_is_told_and_what_came_meanwhile_is_not_lost(
    w: World, server: ImapServer
) -> None:
    look(w, server.url())
    server.remove()
    reports = [look(w, server.url()) for _ in range(3)]
    assert {report.kind for report in reports} == {"locked-out"}
    assert "the folder" in reports[-1].reason
    server.create()
    server.put(NEWS, at=w.now)
    look(w, server.url())
    assert [kind for kind, _ in told(w)] == ["health-down", "report", "health-up"]


@pytest.mark.parametrize(
    "raw",
    [
        b"\r\n",
        b"\x00\xff\xfe" * 2_000,
        b"no headers at all",
        b"Subject: =?no-such-charset?b?////?=\r\nFrom: \xff\xff <<<>>\r\nDate: x\r\n\r\ny",
        b"From: (((((\r\nSubject: \x00\x1b[31m\r\nMIME-Version: 1.0\r\nContent-Type: image/png\r\n\r\nx",
        b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n\r\ny\r\n" * 500,
    ],
    ids=["empty", "garbage", "no headers", "damaged headers", "a picture", "500 parts"],
)
def test_a_damaged_mail_stops_none_behind_it_and_is_not_passed_over_in_silence(
    w: World, server: ImapServer, raw: bytes
) -> None:
    look(w, server.url())
    server.put(raw, NEWS, at=w.now)
    report = look(w, server.url())
    assert (report.outcome, report.read) == ("looked", 2)
    assert len(w.store.queries.list_notices()) == 2
    alerts = w.alerts()
    assert alerts[-1].title == "China imposes export controls on gallium"
    assert len(alerts) == 1 + len(report.unread)  # what could not be read is told from its subject
    assert all("the mail could not be read" in str(alert.notice) for alert in alerts[:-1])
    assert look(w, server.url()).outcome == "unchanged"


def test_of_a_mail_that_is_too_large_the_beginning_is_read_and_the_rest_is_doubted(
    w: World, server: ImapServer
) -> None:
    look(w, server.url())
    server.put(NEWS + b"x" * 3_000_000, at=w.now)
    look(w, server.url(), largest=len(NEWS))
    (alert,) = w.alerts()
    assert alert.title == "China imposes export controls on gallium"
    assert alert.notice is not None
    assert any("too large, only a part of it was read" in doubt for doubt in alert.notice.doubts)


def test_of_an_endless_text_the_beginning_is_read(w: World, server: ImapServer) -> None:
    look(w, server.url())
    server.put(NEWS + b"\r\n" + (b"x" * 76 + b"\r\n") * 13_500, at=w.now)
    look(w, server.url(), largest=2_000_000)
    (alert,) = w.alerts()
    assert alert.notice is not None
    assert "only the first 1000000 characters were read" in alert.notice.doubts


def test_a_stopping_service_leaves_the_rest_and_says_nothing_of_the_mailbox(
    w: World, server: ImapServer
) -> None:
    server.put(NEWS, OTHER, at=w.now)
    assert look(w, server.url(), heard=lambda _said: w.poller.stopped.set()).kind == "stopping"
    assert w.store.polling.load_state(MAILBOX_ID).failures == 0
    w.poller.stopped.clear()
    assert look(w, server.url()).read == 1
