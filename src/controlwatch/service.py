"""The service: one clock for polls, deliveries and the inbox, alone on its state."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import structlog
from filelock import FileLock, Timeout

from controlwatch.adapters.files.inbox import from_file, put_away, waiting
from controlwatch.adapters.system.heartbeat import ping
from controlwatch.adapters.system.scheduler import Clockwork
from controlwatch.bootstrap import authority_of, check_destinations, stamps_of
from controlwatch.core.alerting.routing import route
from controlwatch.core.alerting.source_health import leave_alone
from controlwatch.core.evidence.timestamps import EVERY
from controlwatch.core.model import Alert
from controlwatch.core.model.errors import ControlwatchError, Unstamped, UsageError
from controlwatch.services.intake import take
from controlwatch.services.timestamp import stamp
from controlwatch.slack.bolt_app import slack_app
from controlwatch.slack.socket_mode import socket_mode
from controlwatch.web.serving import served
from controlwatch.web.site import site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from controlwatch.bootstrap import App
    from controlwatch.core.model.state import PollReport
    from controlwatch.core.sources.watcher import Watcher
    from controlwatch.services.ports import Authority
    from controlwatch.settings import Settings

#: Seconds between two rounds of deliveries, two looks into the inbox, two rounds of the clock.
DELIVER_EVERY = 10.0
INBOX_EVERY = 30.0
REMIND_EVERY = 60.0
#: Seconds between two looks whether a time stamp is due; an authority that gives none is asked again then.
STAMP_EVERY = 3600.0
#: A clock without a beat for so long is dead, whatever its threads say; so the process ends.
HUNG = 600.0
HUNG_STATUS = 70  # EX_SOFTWARE of sysexits.h
#: A heartbeat older than this means that the service hangs or is gone.
STALE = 90.0

log = structlog.get_logger()


@dataclass(slots=True)
class Pulse:
    """When the clock last did its work, by a clock that nobody sets."""

    at: float = field(default_factory=time.monotonic)

    def beat(self) -> None:
        """Note that it works."""
        self.at = time.monotonic()

    def stands_still(self, *, longest: float = HUNG) -> bool:
        """Say whether it has not worked for so many seconds."""
        return time.monotonic() - self.at > longest


@contextmanager
def only_instance(settings: Settings) -> Iterator[None]:
    """Hold the state for ourselves; raises `UsageError` when another service has it."""
    settings.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = FileLock(settings.state_dir / "controlwatch.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise UsageError(
            f"another controlwatch is running on {settings.state_dir.resolve()}; stop it first, "
            "or set CONTROLWATCH_STATE_DIR to a state of its own"
        ) from None
    try:
        yield
    finally:
        lock.release()


def serve(app: App) -> None:
    """Run until SIGTERM or SIGINT; then end every poll at its next step.

    Raises `UsageError` or `DeclarationError` where a subscription leads nowhere.
    """
    check_destinations(app)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with ExitStack() as opened:
        _listen(app, opened)
        _run(app, stopped)


def _listen(app: App, opened: ExitStack) -> None:
    """Open the ways in that are set: the HTTP side, Slack's socket, both or none."""
    settings = app.settings
    bolt = slack_app(app)
    if bolt is not None and settings.slack_app_token is not None:
        opened.enter_context(socket_mode(bolt, settings.slack_app_token.get_secret_value()))
    if settings.listen is not None:
        host, _, port = settings.listen.rpartition(":")
        address = opened.enter_context(served(site(app, bolt), host=host, port=int(port)))
        log.info("listening", address=address)


def _run(app: App, stopped: threading.Event) -> None:
    pulse = Pulse()
    clockwork = _wound(app, pulse)
    clockwork.start()
    enabled = sum(watcher.enabled for watcher in app.watchers)
    state = str(app.settings.state_dir)
    log.info("watching", watchers=enabled, channels=sorted(app.pipeline.channels), state=state)
    while not stopped.wait(1.0):
        if pulse.stands_still():
            # What hangs cannot be asked to stop; whoever started us starts us anew, and nothing is lost.
            log.critical("the clock stands still: the process ends itself", seconds=HUNG)
            os._exit(HUNG_STATUS)
    log.info("stopping")
    app.fetch.stop()
    app.pipeline.stopped.set()
    clockwork.stop()
    log.info("stopped")


def heartbeat(settings: Settings) -> Path:
    """The file whose content says when the service was last alive."""
    return settings.state_dir / "heartbeat"


def _wound(app: App, pulse: Pulse) -> Clockwork:
    clockwork = Clockwork(watchers=len(app.watchers))
    for watcher in app.watchers:
        if watcher.enabled:
            clockwork.watch(watcher, _poll_job(app, watcher, clockwork), _failed_job(app, watcher))
    clockwork.every(DELIVER_EVERY, "deliver", lambda: _deliver_job(app, pulse))
    clockwork.every(REMIND_EVERY, "remind", lambda: _remind_job(app), _FailedReminders(app))
    clockwork.every(INBOX_EVERY, "inbox", lambda: _inbox_job(app))
    authority = authority_of(app.settings)
    if authority is not None:
        clockwork.every(STAMP_EVERY, "stamp", lambda: _stamp_job(app, authority))
    return clockwork


def _poll_job(app: App, watcher: Watcher, clockwork: Clockwork) -> Callable[[], None]:
    def job() -> None:
        if leave_alone(app.store.state(watcher.id), now=_now()):
            return
        report = app.poll(watcher, now=_now())
        if report.alerts:
            clockwork.soon("deliver")  # nobody waits for the next round for news
        _log_report(report)

    return job


def _failed_job(app: App, watcher: Watcher) -> Callable[[BaseException], None]:
    return lambda error: app.pipeline.broke(watcher, error, now=_now())


def _deliver_job(app: App, pulse: Pulse) -> None:
    pulse.beat()  # whatever comes of it: a store that cannot be reached is no clock that stands still
    sent, failed = deliver_all(app, after_each=lambda: _beat(app, pulse))
    if sent or failed:
        log.info("delivered", sent=sent, failed=failed)
    app.store.flush()
    _beat(app, pulse)


def _beat(app: App, pulse: Pulse) -> None:
    pulse.beat()
    heartbeat(app.settings).write_text(_now().isoformat(), encoding="utf-8")


@dataclass(slots=True)
class _FailedReminders:
    """Tells, once a day, that nobody is being reminded: that would look like peace."""

    app: App
    told_on: date | None = None

    def __call__(self, error: BaseException) -> None:
        now = _now()
        if self.told_on == now.date():
            return
        alert = Alert(
            kind="health-down",
            made_at=now,
            title="reminders fail",
            watcher="clock",
            body=f"an error of ours, please report it: {type(error).__name__}: {error}",
        )
        store = self.app.store
        store.tell(alert, route(alert, store.subscriptions(), now=now))
        self.told_on = now.date()


def _remind_job(app: App) -> None:
    titles = app.pipeline.remind(app.watchers, now=_now())
    if titles:
        log.info("reminded", alerts=titles)
    _sign_of_life(app)


def _sign_of_life(app: App) -> None:
    """Ask the heartbeat address while nothing needs a person: whoever keeps it notices when it stays out."""
    url = app.settings.heartbeat_url
    waiting = app.queries.needs_a_person() if url is not None else ()
    if url is None or waiting:
        log.debug("no sign of life", needs=waiting)
        return
    wrong = ping(url.get_secret_value())
    if wrong:
        log.warning("the heartbeat address does not answer", reason=wrong)


def deliver_all(app: App, *, after_each: Callable[[], None] = lambda: None) -> tuple[int, int]:
    """Send everything that is due; return how many deliveries were sent and how many were not.

    `after_each` round something may be done: a crowd behind a slow server is served for many minutes.
    """
    sent = failed = 0
    while any(round_ := app.pipeline.deliver(now=_now())):
        sent, failed = sent + round_[0], failed + round_[1]
        after_each()
    return sent, failed


def _stamp_job(app: App, authority: Authority) -> None:
    try:
        found = stamp(app.store, stamps_of(app.settings), authority, now=_now(), every=EVERY)
    except (Unstamped, OSError) as error:
        log.warning("the chain of custody got no time stamp", reason=str(error))
        return
    if found is not None:
        log.info(
            "the chain of custody was stamped", entry=found.head.seq, by=found.by, at=found.at.isoformat()
        )


def _inbox_job(app: App) -> None:
    for path in waiting(app.settings.state_dir / "inbox"):
        try:
            snapshot = from_file(path, url=None, now=_now())
            decision = take(snapshot, app.pipeline, app.watchers, title=path.stem, now=_now())
        except (ControlwatchError, ValueError, LookupError, OSError) as error:
            log.warning("handed-in file could not be read", file=path.name, reason=str(error))
            put_away(path, "failed")
        else:
            log.info("handed-in file taken in", file=path.name, result=decision.said)
            put_away(path, "done")


def _log_report(report: PollReport) -> None:
    if report.kind == "stopping":
        return
    values = {"watcher": report.watcher, "outcome": report.outcome, "rows": report.rows, "read": report.read}
    if report.outcome == "failed":
        log.warning("poll failed", **values, kind=report.kind, reason=report.reason)
    elif report.outcome != "unchanged":
        log.info(
            "polled", **values, unseen=report.unseen, alerts=len(report.alerts), unread=len(report.unread)
        )
    for sentence in report.unread:
        log.warning("not read", watcher=report.watcher, reason=sentence)


def _now() -> datetime:
    return datetime.now(UTC)
