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

from controlwatch.adapters.files.inbox import list_inbox_files, load_snapshot, move_processed_file
from controlwatch.adapters.system.heartbeat import ping
from controlwatch.adapters.system.scheduler import Scheduler
from controlwatch.bootstrap import build_timestamp_authority, check_destinations, open_stamp_folder
from controlwatch.core.alerting.routing import route_alert
from controlwatch.core.alerting.source_health import is_in_lockout
from controlwatch.core.evidence.timestamps import STAMP_INTERVAL
from controlwatch.core.model import Alert
from controlwatch.core.model.errors import ControlwatchError, Unstamped, UsageError
from controlwatch.services.intake import take
from controlwatch.services.timestamp import stamp
from controlwatch.slack.bolt_app import build_bolt_app
from controlwatch.slack.socket_mode import run_socket_mode
from controlwatch.web.serving import serve_in_thread
from controlwatch.web.site import build_web_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from controlwatch.bootstrap import App
    from controlwatch.core.model.state import PollReport
    from controlwatch.core.sources.watcher import Watcher
    from controlwatch.services.ports import TimestampAuthority
    from controlwatch.settings import Settings

#: Seconds between two rounds of deliveries, two looks into the inbox, two rounds of the clock.
DELIVER_EVERY = 10.0
INBOX_EVERY = 30.0
REMIND_EVERY = 60.0
#: Seconds between two looks whether a time stamp is due; an authority that gives none is asked again then.
STAMP_EVERY = 3600.0
#: A clock without a beat for so long is dead, whatever its threads say; so the process ends.
HANG_TIMEOUT = 600.0
HANG_EXIT_STATUS = 70  # EX_SOFTWARE of sysexits.h
#: A heartbeat older than this means that the service hangs or is gone.
HEARTBEAT_MAX_AGE = 90.0

log = structlog.get_logger()


@dataclass(slots=True)
class Watchdog:
    """When the clock last did its work, by a clock that nobody sets."""

    last_beat_at: float = field(default_factory=time.monotonic)

    def record_beat(self) -> None:
        """Note that it works."""
        self.last_beat_at = time.monotonic()

    def has_stalled(self, *, longest: float = HANG_TIMEOUT) -> bool:
        """Say whether it has not worked for so many seconds."""
        return time.monotonic() - self.last_beat_at > longest


@contextmanager
def hold_state_lock(settings: Settings) -> Iterator[None]:
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
        _open_listeners(app, opened)
        _run_until_stopped(app, stopped)


def _open_listeners(app: App, opened: ExitStack) -> None:
    """Open the ways in that are set: the HTTP side, Slack's socket, both or none."""
    settings = app.settings
    bolt = build_bolt_app(app)
    if bolt is not None and settings.slack_app_token is not None:
        opened.enter_context(run_socket_mode(bolt, settings.slack_app_token.get_secret_value()))
    if settings.listen is not None:
        host, _, port = settings.listen.rpartition(":")
        address = opened.enter_context(serve_in_thread(build_web_app(app, bolt), host=host, port=int(port)))
        log.info("listening", address=address)


def _run_until_stopped(app: App, stopped: threading.Event) -> None:
    pulse = Watchdog()
    clockwork = _build_scheduler(app, pulse)
    clockwork.start()
    enabled = sum(watcher.enabled for watcher in app.watchers)
    state = str(app.settings.state_dir)
    log.info("watching", watchers=enabled, channels=sorted(app.pipeline.channels), state=state)
    while not stopped.wait(1.0):
        if pulse.has_stalled():
            # What hangs cannot be asked to stop; whoever started us starts us anew, and nothing is lost.
            log.critical("the clock stands still: the process ends itself", seconds=HANG_TIMEOUT)
            os._exit(HANG_EXIT_STATUS)
    log.info("stopping")
    app.fetch.stop()
    app.pipeline.stopped.set()
    clockwork.stop()
    log.info("stopped")


def get_heartbeat_path(settings: Settings) -> Path:
    """The file whose content says when the service was last alive."""
    return settings.state_dir / "heartbeat"


def _build_scheduler(app: App, pulse: Watchdog) -> Scheduler:
    clockwork = Scheduler(watchers=len(app.watchers))
    for watcher in app.watchers:
        if watcher.enabled:
            clockwork.schedule_polls(
                watcher, _build_poll_job(app, watcher, clockwork), _build_failure_handler(app, watcher)
            )
    clockwork.run_every(DELIVER_EVERY, "deliver", lambda: _run_delivery_job(app, pulse))
    clockwork.run_every(REMIND_EVERY, "remind", lambda: _run_reminder_job(app), _ReminderFailureNotifier(app))
    clockwork.run_every(INBOX_EVERY, "inbox", lambda: _run_inbox_job(app))
    authority = build_timestamp_authority(app.settings)
    if authority is not None:
        clockwork.run_every(STAMP_EVERY, "stamp", lambda: _run_timestamp_job(app, authority))
    return clockwork


def _build_poll_job(app: App, watcher: Watcher, clockwork: Scheduler) -> Callable[[], None]:
    def run_poll() -> None:
        if is_in_lockout(app.store.load_watcher_state(watcher.id), now=_read_clock()):
            return
        report = app.poll(watcher, now=_read_clock())
        if report.alerts:
            clockwork.run_soon("deliver")  # nobody waits for the next round for news
        _log_report(report)

    return run_poll


def _build_failure_handler(app: App, watcher: Watcher) -> Callable[[BaseException], None]:
    return lambda error: app.pipeline.broke(watcher, error, now=_read_clock())


def _run_delivery_job(app: App, pulse: Watchdog) -> None:
    pulse.record_beat()  # whatever comes of it: a store that cannot be reached is no clock that stands still
    sent, failed = deliver_all(app, after_each=lambda: _write_heartbeat(app, pulse))
    if sent or failed:
        log.info("delivered", sent=sent, failed=failed)
    app.store.flush()
    _write_heartbeat(app, pulse)


def _write_heartbeat(app: App, pulse: Watchdog) -> None:
    pulse.record_beat()
    get_heartbeat_path(app.settings).write_text(_read_clock().isoformat(), encoding="utf-8")


@dataclass(slots=True)
class _ReminderFailureNotifier:
    """Tells, once a day, that nobody is being reminded: that would look like peace."""

    app: App
    notified_on: date | None = None

    def __call__(self, error: BaseException) -> None:
        now = _read_clock()
        if self.notified_on == now.date():
            return
        alert = Alert(
            kind="health-down",
            made_at=now,
            title="reminders fail",
            watcher="clock",
            body=f"an error of ours, please report it: {type(error).__name__}: {error}",
        )
        store = self.app.store
        store.enqueue_alert(alert, route_alert(alert, store.list_subscriptions(), now=now))
        self.notified_on = now.date()


def _run_reminder_job(app: App) -> None:
    titles = app.pipeline.remind(app.watchers, now=_read_clock())
    if titles:
        log.info("reminded", alerts=titles)
    _ping_heartbeat(app)


def _ping_heartbeat(app: App) -> None:
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
    while any(round_ := app.pipeline.deliver(now=_read_clock())):
        sent, failed = sent + round_[0], failed + round_[1]
        after_each()
    return sent, failed


def _run_timestamp_job(app: App, authority: TimestampAuthority) -> None:
    try:
        found = stamp(
            app.store, open_stamp_folder(app.settings), authority, now=_read_clock(), every=STAMP_INTERVAL
        )
    except (Unstamped, OSError) as error:
        log.warning("the chain of custody got no time stamp", reason=str(error))
        return
    if found is not None:
        log.info(
            "the chain of custody was stamped", entry=found.head.seq, by=found.by, at=found.at.isoformat()
        )


def _run_inbox_job(app: App) -> None:
    for path in list_inbox_files(app.settings.state_dir / "inbox"):
        try:
            snapshot = load_snapshot(path, url=None, now=_read_clock())
            decision = take(snapshot, app.pipeline, app.watchers, title=path.stem, now=_read_clock())
        except (ControlwatchError, ValueError, LookupError, OSError) as error:
            log.warning("handed-in file could not be read", file=path.name, reason=str(error))
            move_processed_file(path, "failed")
        else:
            log.info("handed-in file taken in", file=path.name, result=decision.summary_line)
            move_processed_file(path, "done")


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


def _read_clock() -> datetime:
    return datetime.now(UTC)
