"""What people hand in goes the same way."""

from __future__ import annotations

from contextlib import suppress
from email.message import EmailMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from typing import TYPE_CHECKING

import pytest

from controlwatch.adapters.files.inbox import list_inbox_files, load_snapshot, move_processed_file
from controlwatch.core.model.errors import SourceError, UsageError
from controlwatch.services.intake import submit
from tests.services.test_news import GALLIUM, started

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.world import World


def test_a_saved_page_is_alerted_and_is_the_notice_that_the_site_shows_later(
    w: World, tmp_path: Path
) -> None:
    started(w)
    file = tmp_path / "saved.html"
    saved = f"<!-- saved from url=(0043)https://www.ministry.example{GALLIUM.path} -->\n{GALLIUM.html}"
    file.write_text(saved, encoding="utf-8")
    decision = submit(
        load_snapshot(file, url=None, now=w.now), w.ingester, w.fetch, [w.watcher], title="saved", now=w.now
    )
    assert decision.alert is not None
    w.ministry.publish(GALLIUM)
    w.poll()
    assert len(w.alerts()) == 1


def test_the_same_file_twice_is_nothing_new(w: World, tmp_path: Path) -> None:
    file = tmp_path / "notice.txt"
    file.write_text(f"{GALLIUM.title}\n{GALLIUM.text}", encoding="utf-8")
    for _ in range(2):
        submit(load_snapshot(file, url=None, now=w.now), w.ingester, w.fetch, [], title="notice", now=w.now)
    assert len(w.alerts()) == 1


def test_a_file_that_is_not_there_is_said(w: World, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load_snapshot(tmp_path / "missing.html", url=None, now=w.now)


def test_the_inbox_leaves_half_copied_files_and_never_overwrites(tmp_path: Path) -> None:
    for name in ("a.html", "b.html.part", ".hidden", "README.md"):
        (tmp_path / name).write_text("x", encoding="utf-8")
    (found,) = list_inbox_files(tmp_path)
    assert found.name == "a.html"
    assert move_processed_file(found, "done").name == "a.html"
    (tmp_path / "a.html").write_text("y", encoding="utf-8")
    assert move_processed_file(tmp_path / "a.html", "done").name == "a-1.html"


def mhtml(page: str, address: str) -> bytes:
    """A page as a browser saves it in one file."""
    mail = MIMEMultipart("related")
    mail["From"] = "<Saved by Blink>"
    mail["Snapshot-Content-Location"] = address
    mail["Subject"] = "=?utf-8?B?5YWs5ZGK?="
    part = MIMEText(page, "html", "utf-8")
    part["Content-Location"] = address
    mail.attach(part)
    mail.attach(MIMEText("body { color: red }", "css", "utf-8"))
    return mail.as_bytes()


def test_a_page_saved_as_one_file_is_the_notice_that_the_site_shows(w: World, tmp_path: Path) -> None:
    started(w)
    file = tmp_path / "saved.mhtml"
    file.write_bytes(mhtml(GALLIUM.html, f"https://www.ministry.example{GALLIUM.path}"))
    snapshot = load_snapshot(file, url=None, now=w.now)
    assert snapshot.url == f"https://www.ministry.example{GALLIUM.path}"
    decision = submit(snapshot, w.ingester, w.fetch, [w.watcher], title="saved", now=w.now)
    assert decision.alert is not None
    w.ministry.publish(GALLIUM)
    w.poll()
    (alert,) = w.alerts()
    assert alert.notice is not None
    assert alert.notice.number is not None
    assert w.archive.load_bytes(snapshot.sha256) == file.read_bytes()


def test_a_mail_is_read_as_a_person_reads_it_and_says_what_was_left(w: World, tmp_path: Path) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "desk@law.example", "us@corp.example", GALLIUM.title
    mail.set_content("see the page")
    mail.add_alternative(
        f"<html><body><h1>{GALLIUM.title}</h1><p>{GALLIUM.text}</p></body></html>", subtype="html"
    )
    mail.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="list.pdf")
    file = tmp_path / "mail.eml"
    file.write_bytes(mail.as_bytes())
    snapshot = load_snapshot(file, url=None, now=w.now)
    submit(snapshot, w.ingester, w.fetch, [], title="mail", now=w.now)
    (alert,) = w.alerts()
    assert alert.notice is not None
    assert "2026-04-01" in {str(found.start) for found in alert.notice.effective}
    assert any("list.pdf" in doubt for doubt in alert.notice.doubts)
    assert alert.kind == "report"  # who forwards a notice is not who issued it


def test_who_handed_a_file_in_is_kept_with_it(w: World, tmp_path: Path) -> None:
    file = tmp_path / "notice.txt"
    file.write_text(f"{GALLIUM.title}\n{GALLIUM.text}", encoding="utf-8")
    snapshot = load_snapshot(file, url=None, now=w.now)
    submit(snapshot, w.ingester, w.fetch, [], title="notice", now=w.now)
    kept = w.store.references.find_snapshot(snapshot.url, snapshot.sha256)
    assert kept is not None
    assert dict(kept.headers)["x-handed-in-by"] == file.owner()


def bomb() -> bytes:
    mail = EmailMessage()
    mail.set_content("x")
    for _ in range(40):
        outer = EmailMessage()
        outer.add_attachment(mail)
        mail = outer
    return mail.as_bytes()


@pytest.mark.parametrize(
    "body",
    [
        b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n\r\ny\r\n" * 500,
        b"MIME-Version: 1.0\r\nContent-Type: image/png\r\n\r\nnothing",
        b"MIME-Version: 1.0\r\nContent-Type: text/html; charset=no-such\r\n\r\n<p>x</p>",
        b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed\r\n\r\n\x00\xff",
        bomb(),
    ],
    ids=["500 parts", "no page", "unknown charset", "no boundary", "nested"],
)
def test_a_damaged_mail_is_refused_by_name_or_read_never_an_error_of_ours(
    w: World, tmp_path: Path, body: bytes
) -> None:
    file = tmp_path / "x.eml"
    file.write_bytes(body)
    with suppress(SourceError):
        submit(load_snapshot(file, url=None, now=w.now), w.ingester, w.fetch, [], title="x", now=w.now)
    assert all(alert.notice is None or not alert.notice.is_change for alert in w.alerts())
