"""The service: one scheduler for polls, deliveries and the inbox, alone on its state."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import structlog
from filelock import FileLock, Timeout
from sqlalchemy.exc import SQLAlchemyError

from controlwatch.adapters.files.inbox import list_inbox_files, load_snapshot, move_processed_file
from controlwatch.adapters.network.proxies import read_proxy_routes
from controlwatch.adapters.storage.explain_errors import explain_database_error
from controlwatch.adapters.system.file_descriptors import raise_descriptor_limit
from controlwatch.adapters.system.heartbeat import ping
from controlwatch.adapters.system.memory_arenas import limit_memory_arenas, release_free_memory
from controlwatch.adapters.system.scheduler import Scheduler
from controlwatch.bootstrap.app import App
from controlwatch.bootstrap.archives import open_timestamps
from controlwatch.bootstrap.connections import check_destinations
from controlwatch.bootstrap.stamps import build_timestamp_authority
from controlwatch.core.alerting.routing import route_alert
from controlwatch.core.alerting.source_health import is_in_lockout
from controlwatch.core.alerting.system_alerts import build_system_alert
from controlwatch.core.evidence.timestamps import STAMP_INTERVAL
from controlwatch.core.model import ChannelName
from controlwatch.core.model.errors import ControlwatchError, StoreLost, Unstamped, UsageError
from controlwatch.core.model.state import PollReport
from controlwatch.core.sources.watcher import Watcher
from controlwatch.services.deliver import CHANNEL_NAMES
from controlwatch.services.first_round import FirstRound
from controlwatch.services.intake import submit
from controlwatch.services.timestamp import TimestampAuthority, stamp_head
from controlwatch.settings import Settings
from controlwatch.slack.bolt_app import build_bolt_app
from controlwatch.slack.socket_mode import run_socket_mode
from controlwatch.web.serving import serve_in_thread
from controlwatch.web.site import build_web_app

#: Seconds between two rounds of deliveries, of the inbox, of reminders, of pings, of trims of memory.
DELIVER_EVERY = 10.0
INBOX_EVERY = 30.0
REMIND_EVERY = 60.0
PING_EVERY = 60.0
TRIM_EVERY = 60.0
#: Seconds between two beats of the scheduler.
BEAT_EVERY = 10.0
#: Seconds between two checks whether a time stamp is due; a failed request is repeated then.
STAMP_EVERY = 3600.0
#: Seconds without a beat after which the scheduler counts as hung, and the process ends itself.
HANG_TIMEOUT = 600.0
HANG_EXIT_STATUS = 70  # EX_SOFTWARE of sysexits.h
#: Seconds that jobs may take to end after SIGTERM, and after which the process ends whatever still runs.
STOP_TIMEOUT = 18.0
END_TIMEOUT = 27.0
STORE_LOST_EXIT_STATUS = 74  # EX_IOERR: the file of the database was deleted or replaced
#: Seconds after which a heartbeat file means that the service hangs or is gone.
HEARTBEAT_MAX_AGE = 90.0

log = structlog.get_logger()


def read_clock() -> datetime:
    """Return the time now, in UTC."""
    return datetime.now(UTC)


def get_heartbeat_path(settings: Settings) -> Path:
    """Return the file whose content is when the service was last alive."""
    return settings.state_dir / "heartbeat"


@contextmanager
def hold_state_lock(settings: Settings) -> Iterator[None]:
    """Hold the state for this process alone; raises `UsageError` when another service has it."""
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
    """Run until SIGTERM or SIGINT; then end polls at their next step, and the process within half a minute.

    A peer that does not answer may hold a thread longer. Nothing is lost: what it was about is done again.
    Raises `UsageError` or `DeclarationError` where a subscription has no usable destination.
    """
    raise_descriptor_limit()
    limit_memory_arenas()
    check_destinations(app.channels, app.store.subscriptions)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    threading.Thread(target=_end_in_time, args=(stopped,), name="end", daemon=True).start()
    with ExitStack() as stack:
        _open_listeners(app, stack)
        unfinished = Service(app).run(stopped)
    if unfinished:
        log.warning("the process ends before its jobs", jobs=unfinished)
        os._exit(0)


def _end_in_time(stopped: threading.Event) -> None:
    """End the process some time after it was told to, whatever still runs."""
    stopped.wait()
    time.sleep(END_TIMEOUT)
    log.warning("the process ends before its threads", seconds=END_TIMEOUT)
    os._exit(0)


def _open_listeners(app: App, stack: ExitStack) -> None:
    """Open the ways in that are set up: the web application, Slack's socket, both or none."""
    settings = app.settings
    bolt = build_bolt_app(app)
    if bolt is not None and settings.slack_app_token is not None:
        stack.enter_context(run_socket_mode(bolt, settings.slack_app_token.get_secret_value()))
    if settings.listen is not None:
        host, _, port = settings.listen.rpartition(":")
        address = stack.enter_context(serve_in_thread(build_web_app(app, bolt), host=host, port=int(port)))
        log.info("listening", address=address)


@dataclass(slots=True)
class Watchdog:
    """When the scheduler last did its work, by a clock that cannot be set."""

    last_beat: float = field(default_factory=time.monotonic)

    def record_beat(self) -> None:
        """Record that it works."""
        self.last_beat = time.monotonic()

    def has_stalled(self, *, longest: float = HANG_TIMEOUT) -> bool:
        """Return whether it has not worked for this number of seconds."""
        return time.monotonic() - self.last_beat > longest


class Service:
    """The jobs of the service, and what runs them."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._watchdog = Watchdog()
        self._failure_alert_on: date | None = None  #: the last day of the alert that reminders fail
        self._scheduler = Scheduler(watchers=len(app.watchers))
        enabled = [watcher for watcher in app.watchers if watcher.enabled]
        self._first_round = FirstRound(
            (watcher.id for watcher in enabled), has_proxy=any(read_proxy_routes().values())
        )
        for watcher in enabled:
            self._schedule_polls(watcher)
        self._scheduler.run_every(BEAT_EVERY, "beat", self.record_beat)
        for name in CHANNEL_NAMES:
            job = partial(self.deliver, name)
            self._scheduler.run_in_own_thread(DELIVER_EVERY, f"deliver {name}", job)
        self._scheduler.run_every(TRIM_EVERY, "trim", release_free_memory)
        self._scheduler.run_every(DELIVER_EVERY, "flush", app.store.polling.flush)
        self._scheduler.run_every(REMIND_EVERY, "remind", self.remind, self.alert_reminders_fail)
        if app.settings.heartbeat_url is not None:
            self._scheduler.run_every(PING_EVERY, "ping", self.ping_heartbeat)
        self._scheduler.run_every(INBOX_EVERY, "inbox", self.process_inbox)
        authority = build_timestamp_authority(app.settings)
        if authority is not None:
            self._scheduler.run_every(STAMP_EVERY, "stamp", lambda: self.stamp_chain(authority))

    def run(self, stopped: threading.Event) -> tuple[str, ...]:
        """Run the jobs until the event is set; return the names of those that do not end.

        Raises `StoreLost` where the database is gone.
        """
        app = self._app
        self._scheduler.start()
        log.info(
            "watching",
            watchers=sum(watcher.enabled for watcher in app.watchers),
            channels=sorted(app.channels),
            state=str(app.settings.state_dir),
        )
        problem = ""
        while not problem and not stopped.wait(1.0):
            problem = app.store.find_problem()
            if self._watchdog.has_stalled():
                # A hung job cannot be asked to stop; the supervisor restarts the process. Nothing is lost.
                log.critical("the scheduler has stalled: the process ends itself", seconds=HANG_TIMEOUT)
                os._exit(HANG_EXIT_STATUS)
        if problem:
            log.critical("the service ends itself", reason=problem)
        log.info("stopping")
        app.stop()
        unfinished = self._scheduler.stop(longest=STOP_TIMEOUT)
        log.info("stopped")
        if problem:
            raise StoreLost(problem)
        return unfinished

    def _schedule_polls(self, watcher: Watcher) -> None:
        poller, polling = self._app.poller, self._app.store.polling

        def run_poll() -> None:
            if is_in_lockout(polling.load_state(watcher.id), now=read_clock()):
                return
            report = poller.poll(watcher, now=read_clock())
            if report.alerts:
                self.deliver_soon()
            _log_report(report)
            common = self._first_round.add_report(report)
            if common is not None:
                log.error(common.message, advice=common.advice)

        def handle_crash(error: BaseException) -> None:
            with _survive_store_failure():
                poller.record_crash(watcher, error, now=read_clock())

        self._scheduler.schedule_polls(watcher, run_poll, handle_crash)

    def deliver(self, name: ChannelName) -> None:
        """Deliver all that is due by one channel."""
        deliverer = self._app.deliverer
        stuck = deliverer.count_stuck().get(name, 0)
        sent, failed = deliverer.deliver_by(name, read_clock)
        if sent or failed:
            log.info("delivered", channel=name, sent=sent, failed=failed)
        if deliverer.count_stuck().get(name, 0) > stuck:
            log.error("deliveries that do not end were given up", channel=name)

    def record_beat(self) -> None:
        """Record that the scheduler works, for the watchdog and in the heartbeat file."""
        self._watchdog.record_beat()
        get_heartbeat_path(self._app.settings).write_text(read_clock().isoformat(), encoding="utf-8")

    def remind(self) -> None:
        """Make the alerts that no page causes."""
        titles = self._app.reminder.run_round(now=read_clock())
        if titles:
            log.info("reminded", alerts=titles)
            self.deliver_soon()

    def deliver_soon(self) -> None:
        """Let no alert wait for the next round, also where a lane is busy."""
        for name in CHANNEL_NAMES:
            self._app.deliverer.get_lane(name).wake()
            self._scheduler.run_soon(f"deliver {name}")

    def alert_reminders_fail(self, error: BaseException) -> None:
        """Alert people, once a day, that reminders fail: otherwise that would look like a quiet day."""
        now = read_clock()
        if self._failure_alert_on == now.date():
            return
        alert = build_system_alert(
            "health-down",
            ("reminders fail", "提醒功能出错"),
            (
                "No reminders are sent until this is repaired. Please report it with the log.",
                "修复之前不会发送到期提醒。请连同日志一并报告。",
            ),
            watcher="clock",
            now=now,
            technical=f"internal error: {type(error).__name__}: {error}",
        )
        store = self._app.store
        with _survive_store_failure():
            store.outbox.enqueue_alert(alert, route_alert(alert, store.subscriptions.list_active(), now=now))
            self._failure_alert_on = now.date()

    def ping_heartbeat(self) -> None:
        """Request the heartbeat address while nothing needs a person; its monitor notices silence."""
        url = self._app.settings.heartbeat_url
        problems = self._app.queries.list_problems() if url is not None else ()
        if url is None or problems:
            log.debug("no sign of life", needs=problems)
            return
        failure = ping(url.get_secret_value())
        if failure:
            log.warning("the heartbeat address does not answer", reason=failure)

    def process_inbox(self) -> None:
        """Ingest the files in the inbox folder."""
        app = self._app
        for path in list_inbox_files(app.settings.state_dir / "inbox"):
            try:
                snapshot = load_snapshot(path, url=None, now=read_clock())
                decision = submit(
                    snapshot, app.ingester, app.fetch, app.watchers, title=path.stem, now=read_clock()
                )
            except (ControlwatchError, ValueError, LookupError, OSError) as error:
                log.warning("handed-in file could not be read", file=path.name, reason=str(error))
                move_processed_file(path, "failed")
            else:
                log.info("handed-in file taken in", file=path.name, result=decision.summary_line)
                move_processed_file(path, "done")

    def stamp_chain(self, authority: TimestampAuthority) -> None:
        """Have the chain of custody stamped, where a stamp is due."""
        tokens = open_timestamps(self._app.settings, self._app.store)
        try:
            stamp = stamp_head(
                self._app.store.custody, tokens, authority, now=read_clock(), every=STAMP_INTERVAL
            )
        except (Unstamped, OSError) as error:
            log.warning("the chain of custody got no time stamp", reason=str(error))
            return
        if stamp is not None:
            log.info(
                "the chain of custody was stamped",
                entry=stamp.head.seq,
                by=stamp.by,
                at=stamp.at.isoformat(),
            )


@contextmanager
def _survive_store_failure() -> Iterator[None]:
    """Log that a failure could not be recorded: the store may be what has failed."""
    try:
        yield
    except (SQLAlchemyError, StoreLost) as error:
        log.warning("a failure could not be recorded", reason=explain_database_error(error) or str(error))


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
    if report.held:
        log.warning("too many new notices at once: held", watcher=report.watcher, held=report.held)
    for sentence in report.unread:
        log.warning("not read", watcher=report.watcher, reason=sentence)
