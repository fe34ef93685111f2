"""What is wrong with an installation, and what to do: settings, folders, clock, disk, database, channels."""

from __future__ import annotations

import os
import smtplib
import socket
import stat
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from controlwatch.adapters.catalog.watcher_loader import check_watchers, load_watchers
from controlwatch.adapters.fetch.http import HttpFetch
from controlwatch.adapters.storage import SqlStore
from controlwatch.adapters.storage.engine import open_engine
from controlwatch.adapters.system.disk_space import free, lacks
from controlwatch.bootstrap import authority_of, mailbox_of, stamps_of, unstamped
from controlwatch.core.alerting.source_health import ADVICE
from controlwatch.core.model.errors import ControlwatchError, DeclarationError, SourceError
from controlwatch.core.sources.requests import Request
from controlwatch.service import HUNG, heartbeat
from controlwatch.settings import Settings, Smtp
from controlwatch.slack.setup_check import Finding, check_slack, slack_setup

if TYPE_CHECKING:
    from pydantic import SecretStr

OFF = 120.0
WAIT = 10.0


def examine(settings: Settings) -> Iterator[Finding]:
    """Yield what was looked at, in the order in which things must be right."""
    yield from _state(settings.state_dir)
    yield from _service(settings)
    yield from _declarations(settings)
    yield from _database(settings)
    if settings.tsa_url is not None:
        yield _stamps(settings)
    yield from _sources(settings)
    if settings.slack_bot_token is not None:
        yield from check_slack(slack_setup(settings))
    if settings.smtp_url is not None:
        yield _mail(settings.smtp_url)
    if settings.mailbox_url is not None:
        yield _mailbox(settings)
    if settings.slack_bot_token is None and settings.smtp_url is None:
        yield Finding(
            what="alerts go to the console alone",
            right=False,
            then="set CONTROLWATCH_SLACK_BOT_TOKEN or CONTROLWATCH_SMTP_URL, see the README",
        )


def _state(folder: Path) -> Iterator[Finding]:
    if not folder.is_dir():
        yield Finding(what=f"there is no state at {folder} yet", right=True)
        return
    writable = os.access(folder, os.W_OK)
    yield Finding(
        what=f"the state is in {folder.resolve()}" if writable else f"{folder} cannot be written",
        right=writable,
        then="give it to the user that runs the service",
    )
    for name in ("secret", "controlwatch.db"):
        path = folder / name
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield Finding(what=f"{path} can be read by others", right=False, then=f"chmod 600 {path}")
    yield Finding(
        what=f"{free(folder) / 1e9:.1f} GB are free",
        right=not lacks(folder),
        then="make room: when the disk is full nothing new is taken in",
    )


def _service(settings: Settings) -> Iterator[Finding]:
    beat = heartbeat(settings)
    if not beat.exists():
        yield Finding(what="the service has not run on this state yet", right=True)
        return
    age = time.time() - beat.stat().st_mtime
    yield Finding(
        what=f"the service was last alive {age:.0f} seconds ago",
        right=age < HUNG,
        then="controlwatch run; it should be started anew by itself when it ends (systemd, Docker)",
    )


def _declarations(settings: Settings) -> Iterator[Finding]:
    try:
        mistakes = check_watchers(settings.watchers_folder())
    except DeclarationError as error:
        yield Finding(what=str(error), right=False, then="see docs/watchers.md")
        return
    for mistake in mistakes:
        yield Finding(what=str(mistake), right=False, then="see docs/watchers.md")
    if not mistakes:
        yield Finding(what="every watcher is well declared", right=True)


def _database(settings: Settings) -> Iterator[Finding]:
    began = time.monotonic()
    try:
        engine = open_engine(settings.database)
        with engine.begin() as connection:
            sound = True
            if engine.dialect.name == "sqlite":
                sound = connection.execute(text("PRAGMA quick_check")).scalar() == "ok"
            else:
                connection.execute(text("SELECT 1"))
        engine.dispose()
    except (SQLAlchemyError, ControlwatchError, OSError) as error:
        # the message of a driver may hold the address, and with it a password
        yield Finding(
            what=f"the database cannot be used: {type(error).__name__}",
            right=False,
            then="check CONTROLWATCH_DATABASE_URL, its server and its rights",
        )
        return
    took = time.monotonic() - began
    yield Finding(
        what=f"the database is sound and up to date ({took:.1f} s)" if sound else "the database is damaged",
        right=sound,
        then="stop the service, keep the file, and restore the last backup: controlwatch restore",
    )


def _stamps(settings: Settings) -> Finding:
    try:
        authority_of(settings)
        with SqlStore.reading(settings.database) as store:
            wrong = unstamped(settings, store)
    except ControlwatchError as error:
        wrong = str(error)
    last = stamps_of(settings).newest()
    right = (
        f"the chain is time-stamped until entry {last[0].seq}" if last else "no time stamp was asked for yet"
    )
    return Finding(what=wrong or right, right=not wrong, then="see docs/evidence.md")


def _sources(settings: Settings) -> Iterator[Finding]:
    """Ask each host once; the first that answers tells the time, too."""
    try:
        watchers = [watcher for watcher in load_watchers(settings.watchers_folder()) if watcher.enabled]
    except DeclarationError:
        return
    hosts = {urlsplit(watcher.index.url).netloc: watcher for watcher in watchers if not watcher.blocked}
    silent: list[str] = []
    told = ""
    fetch = HttpFetch(connect_to=settings.connect_to)
    for host, watcher in hosts.items():
        try:
            with fetch.session(watcher) as ask:
                answer = ask(Request(url=watcher.index.url, headers=tuple(watcher.http.headers.items())))
        except SourceError:
            silent.append(host)
        else:
            told = told or (answer.header("date") or "" if answer is not None else "")
    fetch.close()
    yield Finding(
        what=f"{len(hosts) - len(silent)} of {len(hosts)} hosts answer"
        + (f"; not: {', '.join(silent[:6])}" if silent else ""),
        right=not silent,
        then="check network, proxy and name service from this machine; polls go on all the same",
    )
    if told:
        yield _clock(told)


def _clock(told: str) -> Finding:
    try:
        theirs = parsedate_to_datetime(told)
    except ValueError:
        return Finding(what="no host told the time", right=True)
    theirs = theirs if theirs.tzinfo is not None else theirs.replace(tzinfo=UTC)
    off = abs((datetime.now(UTC) - theirs).total_seconds())
    return Finding(
        what=f"the clock is {off:.0f} seconds off what a source says",
        right=off <= OFF,
        then="set the clock of this machine (NTP): reminders and digests go by it",
    )


def _mail(url: SecretStr) -> Finding:
    to = Smtp.parse(url.get_secret_value())
    try:
        if to.tls == "implicit":
            with smtplib.SMTP_SSL(to.host, to.port, timeout=WAIT) as server:
                server.noop()
        else:
            with smtplib.SMTP(to.host, to.port, timeout=WAIT) as server:
                server.noop()
    except (OSError, smtplib.SMTPException, socket.gaierror) as error:
        return Finding(
            what=f"the SMTP server {to.host}:{to.port} cannot be used: {type(error).__name__}",
            right=False,
            then="controlwatch mail check ADDRESS says at which step",
        )
    return Finding(what=f"the SMTP server {to.host}:{to.port} answers", right=True)


def _mailbox(settings: Settings) -> Finding:
    mailbox = mailbox_of(settings)
    try:
        count = mailbox.count()
    except SourceError as error:
        advice = ADVICE.get(error.kind, "check CONTROLWATCH_MAILBOX_URL")
        return Finding(what=f"the mailbox cannot be read: {error}", right=False, then=advice)
    return Finding(what=f"the mailbox can be read: {mailbox.address} holds {count} mails", right=True)
