"""Checks of an installation, with advice: state, service, database, sources, clock and channels."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.catalog.watcher_loader import check_watchers, load_watchers
from controlwatch.adapters.channels.email import SmtpServer, check_server
from controlwatch.adapters.fetch.http import HttpFetcher
from controlwatch.adapters.files.picture_text import can_read_pictures
from controlwatch.adapters.network.proxies import read_proxy_routes
from controlwatch.adapters.storage import SqlStore
from controlwatch.adapters.storage.engine import describe_database, has_store, open_database
from controlwatch.adapters.storage.explain_errors import explain_database_error
from controlwatch.adapters.system.disk_space import find_disk_warning, measure_free_space
from controlwatch.bootstrap.archive_addresses import open_timestamps
from controlwatch.bootstrap.connections import build_mailbox
from controlwatch.bootstrap.second_reader_setup import (
    build_second_opinions,
    build_second_reader,
    choose_second_sources,
    describe_second_reader,
)
from controlwatch.bootstrap.stamps import build_timestamp_authority, find_stamp_warning
from controlwatch.bootstrap.state_marks import check_marks, check_state_folder
from controlwatch.core.alerting.health_advice import ADVICE
from controlwatch.core.alerting.judgements import REMINDER_INTERVAL, describe_open_reviews
from controlwatch.core.alerting.reachability import SourceFailure, explain_common_failure
from controlwatch.core.model.errors import (
    ControlwatchError,
    DeclarationError,
    DeliveryError,
    SourceError,
    UsageError,
)
from controlwatch.core.model.mail_servers import SmtpUrl
from controlwatch.core.model.text_safety import to_one_line
from controlwatch.core.sources.requests import Request
from controlwatch.core.sources.watcher import Watcher
from controlwatch.engine.cluster_checks import check_cluster
from controlwatch.engine.liveness import HANG_TIMEOUT, get_heartbeat_path
from controlwatch.settings import SETTINGS_FILE_KEY, Settings
from controlwatch.slack.setup_check import CheckResult, check_slack, read_slack_setup

MAX_CLOCK_SKEW = 120.0
SMTP_TIMEOUT = 10.0
MAX_HOSTS_NAMED = 6  #: hosts whose failure is explained


def check_installation(settings: Settings) -> Iterator[CheckResult]:
    """Yield the results of the checks, in the order in which problems must be fixed."""
    yield from _check_state(settings)
    yield from _check_declarations(settings)
    yield from _check_database(settings)
    if settings.is_cluster:
        yield from check_cluster(settings)
    yield from _check_deliveries(settings)
    yield from _check_reviews(settings)
    if settings.second_reader is not None:
        yield from _check_second_reader(settings)
    if settings.tsa_url is not None:
        yield _check_stamps(settings)
    yield _check_pictures()
    yield from check_sources(settings)
    if settings.slack_bot_token is not None:
        yield from check_slack(read_slack_setup(settings))
    if settings.smtp_url is not None:
        yield check_smtp(settings.smtp_url)
    if settings.mailbox_url is not None:
        yield _check_mailbox(settings)
    if settings.slack_bot_token is None and settings.smtp_url is None:
        yield CheckResult(
            message="alerts are sent to the console only",
            is_ok=False,
            advice="set CONTROLWATCH_SLACK_BOT_TOKEN or CONTROLWATCH_SMTP_URL; see docs/settings.md",
        )


def _check_state(settings: Settings) -> Iterator[CheckResult]:
    folder = settings.state_dir
    if not folder.is_dir():
        yield CheckResult(
            message=f"{folder.absolute()} does not exist yet: the service has not run", is_ok=True
        )
        return
    try:
        check_state_folder(settings)
    except UsageError as error:
        yield CheckResult(message=str(error), is_ok=False, advice="see docs/running.md")
        return
    writable = os.access(folder, os.W_OK)
    yield CheckResult(
        message=f"the state is in {folder.resolve()}" if writable else f"{folder} is not writable",
        is_ok=writable,
        advice="give it to the user that runs the service",
    )
    named = os.environ.get(SETTINGS_FILE_KEY)
    for path in (folder / "secret", folder / "controlwatch.db", *((Path(named),) if named else ())):
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield CheckResult(
                message=f"{path} is readable by other users", is_ok=False, advice=f"chmod 600 {path}"
            )
    yield CheckResult(
        message=f"{measure_free_space(folder) / 1e9:.1f} GB are free",
        is_ok=not find_disk_warning(folder),
        advice="free some space: with a full disk, no new notice can be stored",
    )
    heartbeat = get_heartbeat_path(settings)
    if not heartbeat.exists():
        yield CheckResult(message="the service has not run on this state yet", is_ok=True)
        return
    age = time.time() - heartbeat.stat().st_mtime
    yield CheckResult(
        message=f"the last heartbeat of the service was {age:.0f} seconds ago",
        is_ok=age < HANG_TIMEOUT,
        advice="start `controlwatch run`, and let systemd or Docker restart it when it ends",
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
        yield CheckResult(message="all watcher declarations are valid", is_ok=True)


def _check_pictures() -> CheckResult:
    """Return whether scanned annexes are read. Without the extra they are a doubt; that breaks nothing."""
    if can_read_pictures():
        message = "scanned annexes and pictures are recognised (extra `ocr`); what is read is always a doubt"
    else:
        message = "scanned annexes and pictures are not read; the extra `ocr` would (see docs/running.md)"
    return CheckResult(message=message, is_ok=True)


def _check_database(settings: Settings) -> Iterator[CheckResult]:
    started = time.monotonic()
    where = describe_database(settings.database)
    try:
        if not has_store(settings.database):
            yield CheckResult(message=f"{where} does not exist yet: the service has not run", is_ok=True)
            return
        check_state_folder(settings)
        engine = open_database(settings.database, migrates=not settings.is_cluster).write
        with engine.begin() as connection:
            is_intact = True
            if engine.dialect.name == "sqlite":
                is_intact = connection.execute(text("PRAGMA quick_check")).scalar() == "ok"
            else:
                connection.execute(text("SELECT 1"))
        engine.dispose()
        with SqlStore.open_read_only(settings.database) as store:
            check_marks(settings, store)
    except UsageError as error:
        yield CheckResult(message=str(error), is_ok=False, advice="see docs/running.md")
        return
    except (SQLAlchemyError, ControlwatchError, OSError) as error:
        # the message of a driver may show the address, with its password
        unknown = f"the database cannot be used: {type(error).__name__}"
        yield CheckResult(
            message=explain_database_error(error) or unknown,
            is_ok=False,
            advice="check CONTROLWATCH_DATABASE_URL, the server and its permissions",
        )
        return
    took = time.monotonic() - started
    yield CheckResult(
        message=f"the database is intact and up to date ({where}, {took:.1f} s)"
        if is_intact
        else f"the database is damaged ({where})",
        is_ok=is_intact,
        advice="stop the service, keep the file, and restore the last backup: controlwatch restore",
    )


def _check_deliveries(settings: Settings) -> Iterator[CheckResult]:
    """Name the subscriptions that are paused, and the channels that do not accept our messages."""
    try:
        with SqlStore.open_read_only(settings.database) as store:
            active = store.subscriptions.list_active()
            troubles = store.health.list_channel_troubles()
    except ControlwatchError:
        return  # the check of the database says so
    if active and not any(item.health for item in active):
        yield CheckResult(
            message="no subscription gets the alerts about sources that fail",
            is_ok=False,
            advice="add one for the operators: controlwatch subscribe CHANNEL TARGET --health",
        )
    paused = [item for item in active if item.paused]
    for item in paused:
        reason = to_one_line(item.paused, 200)
        yield CheckResult(
            message=f"subscription {item.id} ({item.channel} {item.target}) is paused: {reason}",
            is_ok=False,
            advice=f"when the cause is repaired: controlwatch resume {item.id}",
        )
    for trouble in troubles:
        reason = to_one_line(trouble.reason, 200)
        yield CheckResult(
            message=f"{trouble.channel}: {trouble.waiting} deliveries wait for another try: {reason}",
            is_ok=False,
            advice="when the cause is repaired: controlwatch deliver --again",
        )
    if not paused and not troubles:
        yield CheckResult(message="no subscription is paused, and no delivery failed", is_ok=True)


def _check_reviews(settings: Settings) -> Iterator[CheckResult]:
    """Say how many documents wait for a person, and since when."""
    try:
        with SqlStore.open_read_only(settings.database) as store:
            found = store.reviews.count_open()
    except ControlwatchError:
        return  # the check of the database says so
    is_late = found.oldest is not None and datetime.now(UTC) - found.oldest > REMINDER_INTERVAL
    yield CheckResult(
        message=describe_open_reviews(found)[0] or "no document needs review",
        is_ok=not is_late,
        advice="read each and settle it: controlwatch review",
    )


def _check_second_reader(settings: Settings) -> Iterator[CheckResult]:
    """Say what leaves this machine, to which host, and why nothing is sent now."""
    lexicon = load_lexicon()
    try:
        watchers = load_watchers(settings.find_watchers_folder())
        reader, sources = build_second_reader(settings, lexicon), choose_second_sources(settings, watchers)
    except DeclarationError as error:
        yield CheckResult(message=str(error), is_ok=False, advice="see docs/second-reader.md")
        return
    if reader is None:
        return
    for sentence in describe_second_reader(settings, reader, sources):
        yield CheckResult(message=sentence, is_ok=True)
    try:
        with SqlStore.open_read_only(settings.database) as store:
            opinions = build_second_opinions(settings, store, lexicon, watchers)
            rest = opinions.find_rest(now=datetime.now(UTC)) if opinions is not None else ""
    except ControlwatchError:
        return  # the check of the database says so
    if rest:
        yield CheckResult(message=rest, is_ok=False, advice="see: controlwatch second status")


def _check_stamps(settings: Settings) -> CheckResult:
    try:
        build_timestamp_authority(settings)
        with SqlStore.open_read_only(settings.database) as store:
            warning = find_stamp_warning(settings, store)
            last = open_timestamps(settings, store).find_newest()
    except ControlwatchError as error:
        warning, last = str(error), None
    state = (
        f"the chain is time-stamped up to entry {last[0].seq}" if last else "no time stamp was requested yet"
    )
    return CheckResult(message=warning or state, is_ok=not warning, advice="see docs/evidence.md")


def check_sources(settings: Settings) -> Iterator[CheckResult]:
    """Send one request to each host; the first answer also gives the time to check the clock by."""
    try:
        watchers = [watcher for watcher in load_watchers(settings.find_watchers_folder()) if watcher.enabled]
    except DeclarationError:
        return
    hosts = {urlsplit(watcher.index.url).netloc: watcher for watcher in watchers if not watcher.blocked}
    failures: dict[str, SourceFailure] = {}
    date_header = ""
    fetch = HttpFetcher(connect_to=settings.connect_to)
    for host, watcher in hosts.items():
        try:
            with fetch.open_session(watcher) as ask:
                answer = ask(Request(url=watcher.index.url, headers=tuple(watcher.http.headers.items())))
        except SourceError as error:
            failures[host] = SourceFailure(kind=error.kind, reason=str(error))
        else:
            date_header = date_header or (answer.get_header("date") or "" if answer is not None else "")
    fetch.close()
    common = explain_common_failure(
        tuple(failures.values()), asked=len(hosts), has_proxy=any(read_proxy_routes().values())
    )
    yield from _describe_hosts_apart(watchers)
    message = f"{len(hosts) - len(failures)} of {len(hosts)} hosts answer"
    if failures:
        message += f"; not: {', '.join(list(failures)[:6])}"
    yield CheckResult(
        message=common.message if common is not None else message,
        is_ok=not failures,
        advice=common.advice
        if common is not None
        else "each is named below, with the layer that fails; the other hosts are polled all the same",
    )
    for host, failure in list(failures.items())[:MAX_HOSTS_NAMED] if common is None else ():
        advice = ADVICE.get(failure.kind, ("see docs/running.md", ""))[0]
        yield CheckResult(message=f"{host}: {to_one_line(failure.reason, 400)}", is_ok=False, advice=advice)
    if not date_header:
        return
    try:
        theirs = parsedate_to_datetime(date_header)
    except ValueError:
        yield CheckResult(message="no host sent a valid date", is_ok=True)
        return
    theirs = theirs if theirs.tzinfo is not None else theirs.replace(tzinfo=UTC)
    off = abs((datetime.now(UTC) - theirs).total_seconds())
    yield CheckResult(
        message=f"the clock differs by {off:.0f} seconds from that of a source",
        is_ok=off <= MAX_CLOCK_SKEW,
        advice="set the clock of this machine (NTP): reminders and digests depend on it",
    )


def _describe_hosts_apart(watchers: list[Watcher]) -> Iterator[CheckResult]:
    """Name the hosts for which a declaration accepts another TLS, a mirror or plain http."""
    for watcher in watchers:
        for sentence in watcher.http.describe_exceptions():
            yield CheckResult(message=f"declared by {watcher.id}: {sentence}", is_ok=True)


def check_smtp(url: SecretStr) -> CheckResult:
    """Connect to the mail server, without a login and without a mail."""
    smtp = SmtpUrl.parse(url.get_secret_value())
    try:
        check_server(SmtpServer(host=smtp.host, port=smtp.port, tls=smtp.tls), seconds=SMTP_TIMEOUT)
    except DeliveryError as error:
        return CheckResult(
            message=f"the SMTP server {smtp.host}:{smtp.port} cannot be used: {error}",
            is_ok=False,
            advice="to see at which step: controlwatch mail check ADDRESS",
        )
    return CheckResult(message=f"the SMTP server {smtp.host}:{smtp.port} answers", is_ok=True)


def _check_mailbox(settings: Settings) -> CheckResult:
    mailbox = build_mailbox(settings)
    try:
        count = mailbox.count_mails()
    except SourceError as error:
        advice = ADVICE.get(error.kind, ("check CONTROLWATCH_MAILBOX_URL", ""))[0]
        return CheckResult(message=f"the mailbox cannot be read: {error}", is_ok=False, advice=advice)
    return CheckResult(
        message=f"the mailbox can be read: {mailbox.address} contains {count} mails", is_ok=True
    )
