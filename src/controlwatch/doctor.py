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
from controlwatch.adapters.fetch.http import HttpFetcher
from controlwatch.adapters.storage import SqlStore
from controlwatch.adapters.storage.engine import open_database
from controlwatch.adapters.system.disk_space import find_disk_warning, measure_free_space
from controlwatch.bootstrap import (
    build_mailbox,
    build_timestamp_authority,
    find_stamp_warning,
    open_stamp_folder,
)
from controlwatch.core.alerting.health_advice import ADVICE
from controlwatch.core.model.errors import ControlwatchError, DeclarationError, SourceError
from controlwatch.core.sources.requests import Request
from controlwatch.service import HANG_TIMEOUT, get_heartbeat_path
from controlwatch.settings import Settings, SmtpUrl
from controlwatch.slack.setup_check import CheckResult, check_slack, read_slack_setup

if TYPE_CHECKING:
    from pydantic import SecretStr

MAX_CLOCK_SKEW = 120.0
SMTP_TIMEOUT = 10.0


def check_installation(settings: Settings) -> Iterator[CheckResult]:
    """Yield what was looked at, in the order in which things must be right."""
    yield from _check_state(settings.state_dir)
    yield from _check_service(settings)
    yield from _check_declarations(settings)
    yield from _check_database(settings)
    if settings.tsa_url is not None:
        yield _check_stamps(settings)
    yield from _check_sources(settings)
    if settings.slack_bot_token is not None:
        yield from check_slack(read_slack_setup(settings))
    if settings.smtp_url is not None:
        yield _check_smtp(settings.smtp_url)
    if settings.mailbox_url is not None:
        yield _check_mailbox(settings)
    if settings.slack_bot_token is None and settings.smtp_url is None:
        yield CheckResult(
            message="alerts go to the console alone",
            is_ok=False,
            advice="set CONTROLWATCH_SLACK_BOT_TOKEN or CONTROLWATCH_SMTP_URL, see the README",
        )


def _check_state(folder: Path) -> Iterator[CheckResult]:
    if not folder.is_dir():
        yield CheckResult(message=f"there is no state at {folder} yet", is_ok=True)
        return
    writable = os.access(folder, os.W_OK)
    yield CheckResult(
        message=f"the state is in {folder.resolve()}" if writable else f"{folder} cannot be written",
        is_ok=writable,
        advice="give it to the user that runs the service",
    )
    for name in ("secret", "controlwatch.db"):
        path = folder / name
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield CheckResult(
                message=f"{path} can be read by others", is_ok=False, advice=f"chmod 600 {path}"
            )
    yield CheckResult(
        message=f"{measure_free_space(folder) / 1e9:.1f} GB are free",
        is_ok=not find_disk_warning(folder),
        advice="make room: when the disk is full nothing new is taken in",
    )


def _check_service(settings: Settings) -> Iterator[CheckResult]:
    beat = get_heartbeat_path(settings)
    if not beat.exists():
        yield CheckResult(message="the service has not run on this state yet", is_ok=True)
        return
    age = time.time() - beat.stat().st_mtime
    yield CheckResult(
        message=f"the service was last alive {age:.0f} seconds ago",
        is_ok=age < HANG_TIMEOUT,
        advice="controlwatch run; it should be started anew by itself when it ends (systemd, Docker)",
    )


def _check_declarations(settings: Settings) -> Iterator[CheckResult]:
    try:
        mistakes = check_watchers(settings.find_watchers_folder())
    except DeclarationError as error:
        yield CheckResult(message=str(error), is_ok=False, advice="see docs/watchers.md")
        return
    for mistake in mistakes:
        yield CheckResult(message=str(mistake), is_ok=False, advice="see docs/watchers.md")
    if not mistakes:
        yield CheckResult(message="every watcher is well declared", is_ok=True)


def _check_database(settings: Settings) -> Iterator[CheckResult]:
    began = time.monotonic()
    try:
        engine = open_database(settings.database).write
        with engine.begin() as connection:
            sound = True
            if engine.dialect.name == "sqlite":
                sound = connection.execute(text("PRAGMA quick_check")).scalar() == "ok"
            else:
                connection.execute(text("SELECT 1"))
        engine.dispose()
    except (SQLAlchemyError, ControlwatchError, OSError) as error:
        # the message of a driver may hold the address, and with it a password
        yield CheckResult(
            message=f"the database cannot be used: {type(error).__name__}",
            is_ok=False,
            advice="check CONTROLWATCH_DATABASE_URL, its server and its rights",
        )
        return
    took = time.monotonic() - began
    yield CheckResult(
        message=f"the database is sound and up to date ({took:.1f} s)"
        if sound
        else "the database is damaged",
        is_ok=sound,
        advice="stop the service, keep the file, and restore the last backup: controlwatch restore",
    )


def _check_stamps(settings: Settings) -> CheckResult:
    try:
        build_timestamp_authority(settings)
        with SqlStore.open_read_only(settings.database) as store:
            wrong = find_stamp_warning(settings, store)
    except ControlwatchError as error:
        wrong = str(error)
    last = open_stamp_folder(settings).find_newest()
    right = (
        f"the chain is time-stamped until entry {last[0].seq}" if last else "no time stamp was asked for yet"
    )
    return CheckResult(message=wrong or right, is_ok=not wrong, advice="see docs/evidence.md")


def _check_sources(settings: Settings) -> Iterator[CheckResult]:
    """Ask each host once; the first that answers tells the time, too."""
    try:
        watchers = [watcher for watcher in load_watchers(settings.find_watchers_folder()) if watcher.enabled]
    except DeclarationError:
        return
    hosts = {urlsplit(watcher.index.url).netloc: watcher for watcher in watchers if not watcher.blocked}
    silent: list[str] = []
    told = ""
    fetch = HttpFetcher(connect_to=settings.connect_to)
    for host, watcher in hosts.items():
        try:
            with fetch.open_session(watcher) as ask:
                answer = ask(Request(url=watcher.index.url, headers=tuple(watcher.http.headers.items())))
        except SourceError:
            silent.append(host)
        else:
            told = told or (answer.get_header("date") or "" if answer is not None else "")
    fetch.close()
    yield CheckResult(
        message=f"{len(hosts) - len(silent)} of {len(hosts)} hosts answer"
        + (f"; not: {', '.join(silent[:6])}" if silent else ""),
        is_ok=not silent,
        advice="check network, proxy and name service from this machine; polls go on all the same",
    )
    if told:
        yield _check_clock(told)


def _check_clock(told: str) -> CheckResult:
    try:
        theirs = parsedate_to_datetime(told)
    except ValueError:
        return CheckResult(message="no host told the time", is_ok=True)
    theirs = theirs if theirs.tzinfo is not None else theirs.replace(tzinfo=UTC)
    off = abs((datetime.now(UTC) - theirs).total_seconds())
    return CheckResult(
        message=f"the clock is {off:.0f} seconds off what a source says",
        is_ok=off <= MAX_CLOCK_SKEW,
        advice="set the clock of this machine (NTP): reminders and digests go by it",
    )


def _check_smtp(url: SecretStr) -> CheckResult:
    to = SmtpUrl.parse(url.get_secret_value())
    try:
        if to.tls == "implicit":
            with smtplib.SMTP_SSL(to.host, to.port, timeout=SMTP_TIMEOUT) as server:
                server.noop()
        else:
            with smtplib.SMTP(to.host, to.port, timeout=SMTP_TIMEOUT) as server:
                server.noop()
    except (OSError, smtplib.SMTPException, socket.gaierror) as error:
        return CheckResult(
            message=f"the SMTP server {to.host}:{to.port} cannot be used: {type(error).__name__}",
            is_ok=False,
            advice="controlwatch mail check ADDRESS says at which step",
        )
    return CheckResult(message=f"the SMTP server {to.host}:{to.port} answers", is_ok=True)


def _check_mailbox(settings: Settings) -> CheckResult:
    mailbox = build_mailbox(settings)
    try:
        count = mailbox.count_mails()
    except SourceError as error:
        advice = ADVICE.get(error.kind, "check CONTROLWATCH_MAILBOX_URL")
        return CheckResult(message=f"the mailbox cannot be read: {error}", is_ok=False, advice=advice)
    return CheckResult(message=f"the mailbox can be read: {mailbox.address} holds {count} mails", is_ok=True)
