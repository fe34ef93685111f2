"""The mailbox at the terminal and in the service: set, fetched, watched, examined."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from controlwatch.bootstrap.app import open_app
from controlwatch.core.model.errors import DeclarationError
from controlwatch.core.model.mail_servers import ImapUrl
from controlwatch.settings import Settings
from controlwatch.testing.sites import Sites
from tests.cli.test_commands import Terminal
from tests.cli.test_service import environment
from tests.imap import PASSWORD, ImapServer
from tests.processes import RunningService, typed
from tests.services.test_mailbox import NEWS, OTHER, server
from tests.waiting import wait_for

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["environment", "server"]


@pytest.fixture
def terminal(tmp_path: Path, server: ImapServer) -> Terminal:
    made = Terminal(tmp_path)
    made.env["CONTROLWATCH_MAILBOX_URL"] = server.url()
    return made


def put(server: ImapServer, *mails: bytes) -> None:
    server.put(*mails, at=datetime.now(UTC))


def test_mail_fetch_says_what_came_and_delivers_it(terminal: Terminal, server: ImapServer) -> None:
    put(server, NEWS)
    assert "shelved, 1 listed" in terminal.types("mail", "fetch")
    put(server, OTHER)
    said = terminal.types("mail", "fetch")
    assert "• China restricts exports of antimony: alert:" in said
    assert "PRESS REPORT, not the law" in said
    assert "intake.invalid" not in said  # an address that leads nowhere is shown to nobody
    assert "mailbox: looked, 1 listed, 1 unseen, 1 read, 1 alerts" in said
    assert "mailbox: unchanged" in terminal.types("poll", "mailbox")


def test_a_mailbox_is_a_source_among_the_others(terminal: Terminal) -> None:
    terminal.types("deliver", CONTROLWATCH_MAILBOX_URL="")  # which makes the state
    before = len(json.loads(terminal.types("watchers", "--json", CONTROLWATCH_MAILBOX_URL="")))
    lines = json.loads(terminal.types("watchers", "--json"))
    assert len(lines) == before + 1
    (mine,) = (line for line in lines if line["id"] == "mailbox")
    assert (mine["role"], mine["health"]) == ("secondary", "new")
    assert "controlwatch mail fetch" in terminal.fails("watchers", "probe", "mailbox")


def test_a_mailbox_that_cannot_be_read_needs_a_person(terminal: Terminal, server: ImapServer) -> None:
    wrong = {"CONTROLWATCH_MAILBOX_URL": server.url(password="wr0ng")}
    for _ in range(3):
        said = terminal.fails("mail", "fetch", **wrong)
        assert "locked-out" in said
        assert "wr0ng" not in said
    assert "not readable since" in said  # the alert, on the console
    assert "needs a person: mailbox is failing" in terminal.fails("watchers")
    with open_app(Settings(state_dir=terminal.folder / "state", mailbox_url=server.url())) as app:
        assert any("mailbox is failing" in sentence for sentence in app.queries.list_problems())
    terminal.types("mail", "fetch")
    assert "needs a person" not in terminal.types("watchers")


def test_the_doctor_looks_into_the_mailbox(terminal: Terminal, server: ImapServer) -> None:
    put(server, NEWS)
    with Sites() as sites:
        said = " ".join(terminal.fails("doctor", CONTROLWATCH_CONNECT_TO=sites.origin).split())
        assert "✓ the mailbox can be read" in said
        assert "contains 1 mails" in said
        gone = server.url(folder="Gone")
        said = terminal.fails("doctor", CONTROLWATCH_CONNECT_TO=sites.origin, CONTROLWATCH_MAILBOX_URL=gone)
    assert "✗ the mailbox cannot be read" in said
    assert "CONTROLWATCH_MAILBOX_URL" in said


def test_without_a_mailbox_the_setting_is_named(terminal: Terminal) -> None:
    said = terminal.fails("mail", "fetch", CONTROLWATCH_MAILBOX_URL="")
    assert "CONTROLWATCH_MAILBOX_URL" in said
    assert "imaps://" in said


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("imap.corp.example", "must look like"),
        ("pop3s://desk:hunter2@corp.example", "must look like"),
        ("imaps://desk:hunter2@", "must look like"),
        ("imaps://desk:hunter2@[corp.example", "must look like"),
        ("imaps://desk:hunter2/x@corp.example", "needs a number as its port"),
        ("imaps://desk:hunter2#@corp.example", "needs a number as its port"),
        ("imaps://desk:pass?hunter2=1@corp.example", "one option only"),
        ("imaps://desk:hunter2@corp.example?hunter2=1", "starttls=true"),
        ("imaps://hunter2@corp.example", "user and password"),
        ("imaps://corp.example/INBOX", "user and password"),
        ("imaps://desk:hunter2%0d%0aA1 LOGOUT@corp.example", "cannot be printed"),
    ],
)
def test_a_mailbox_that_makes_no_sense_is_refused_at_the_start_without_its_password(
    monkeypatch: pytest.MonkeyPatch, url: str, reason: str
) -> None:
    monkeypatch.setenv("CONTROLWATCH_MAILBOX_URL", url)
    with pytest.raises(DeclarationError, match=reason) as error:
        Settings.load()
    assert "CONTROLWATCH_MAILBOX_URL" in str(error.value)
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    ("url", "port", "tls", "folder"),
    [
        ("imaps://desk%40corp.example:p%23%2F@mail.example/INBOX", 993, "implicit", "INBOX"),
        ("imap://desk%40corp.example:p%23%2F@mail.example/News%20x?starttls=true", 143, "starttls", "News x"),
        ("imap://desk%40corp.example:p%23%2F@mail.example:1143/", 1143, "none", ""),
    ],
)
def test_a_mailbox_is_taken_apart(url: str, port: int, tls: str, folder: str) -> None:
    found = ImapUrl.parse(url)
    assert (found.user, found.password) == ("desk@corp.example", "p#/")
    assert (found.port, found.tls, found.path) == (port, tls, folder)
    assert "p#/" not in repr(found)


@pytest.mark.slow
def test_the_service_takes_in_what_comes_to_the_mailbox(
    environment: tuple[dict[str, str], Sites],
    tmp_path: Path,
    server: ImapServer,
    start_service: Callable[..., RunningService],
) -> None:
    (secret := tmp_path / "mailbox").write_text(server.url())
    env = environment[0] | {"CONTROLWATCH_MAILBOX_URL_FILE": str(secret)}
    put(server, NEWS)
    service = start_service(env)
    latest = ["latest", "--search", "gallium", "--json"]
    wait_for(lambda: "China imposes" in typed(latest, env=env).stdout)
    service.stop()
    assert '"watcher": "mailbox"' in service.output
    assert PASSWORD not in service.output
