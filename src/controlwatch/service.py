"""The service: one scheduler for polls, deliveries and the inbox, alone on its state."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Protocol

import structlog
from filelock import FileLock, Timeout

from controlwatch.adapters.system.file_descriptors import raise_descriptor_limit
from controlwatch.adapters.system.memory_arenas import limit_memory_arenas, release_free_memory
from controlwatch.adapters.system.scheduler import Scheduler
from controlwatch.bootstrap.app import App
from controlwatch.bootstrap.connections import check_destinations
from controlwatch.core.model.errors import StoreLost, UsageError
from controlwatch.engine.cluster_engine import ClusterEngine
from controlwatch.engine.liveness import (
    HANG_EXIT_STATUS,
    HANG_TIMEOUT,
    STOP_TIMEOUT,
    Watchdog,
    write_heartbeat,
)
from controlwatch.engine.service_jobs import ServiceJobs, read_clock
from controlwatch.services.deliver import CHANNEL_NAMES
from controlwatch.settings import Settings

#: Seconds between two rounds of deliveries, and of trims of memory.
DELIVER_EVERY = 10.0
TRIM_EVERY = 60.0
#: Seconds between two beats of the scheduler.
BEAT_EVERY = 10.0
#: Seconds after SIGTERM after which the process ends whatever still runs.
END_TIMEOUT = 27.0
STORE_LOST_EXIT_STATUS = 74  # EX_IOERR: the file of the database was deleted or replaced

log = structlog.get_logger()


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
        engine: Engine = Service(app) if app.cluster is None else ClusterEngine(app, app.cluster)
        unfinished = engine.run(stopped)
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
    """Open the ways in that are set up: the web application, Slack's socket, both or none.

    What is not set up is not loaded: the pages take a third of the memory of a service without them.
    """
    settings, bolt = app.settings, None
    if settings.slack_bot_token is not None:
        from controlwatch.slack.bolt_app import open_bolt_app
        from controlwatch.slack.socket_mode import run_socket_mode

        bolt = stack.enter_context(open_bolt_app(app))
        if bolt is not None and settings.slack_app_token is not None:
            stack.enter_context(run_socket_mode(bolt, settings.slack_app_token.get_secret_value()))
    if settings.listen is not None:
        from controlwatch.web.serving import serve_in_thread
        from controlwatch.web.site import build_web_app

        host, _, port = settings.listen.rpartition(":")
        address = stack.enter_context(serve_in_thread(build_web_app(app, bolt), host=host, port=int(port)))
        log.info("listening", address=address)


class Engine(Protocol):
    """Has the jobs of the service done: in this process alone, or by all workers together."""

    def run(self, stopped: threading.Event) -> tuple[str, ...]:
        """Work until the event is set; return the names of the jobs that do not end."""

    def deliver_soon(self) -> None:
        """Let no alert wait for the next round."""


class Service:
    """The engine of one machine: a scheduler in this process, alone on its state."""

    def __init__(self, app: App) -> None:
        self._app = app
        self.jobs = ServiceJobs(app, deliver_soon=self.deliver_soon)
        self._watchdog = Watchdog()
        self._scheduler = Scheduler(watchers=len(app.watchers))
        for watcher in app.watchers:
            if watcher.enabled:
                job, failed = partial(self.jobs.poll, watcher), partial(self.jobs.record_crash, watcher)
                self._scheduler.schedule_polls(watcher, job, failed)
        self._scheduler.run_every(BEAT_EVERY, "beat", self.record_beat)
        for name in CHANNEL_NAMES:
            job = partial(self.jobs.deliver, name)
            self._scheduler.run_in_own_thread(DELIVER_EVERY, f"deliver {name}", job)
        self._scheduler.run_every(TRIM_EVERY, "trim", release_free_memory)
        self._scheduler.run_every(DELIVER_EVERY, "flush", app.store.polling.flush)
        for periodic in (*self.jobs.list_shared_jobs(), *self.jobs.list_local_jobs()):
            if periodic.is_slow:
                self._scheduler.run_in_own_thread(periodic.seconds, periodic.name, periodic.run)
            else:
                handle = periodic.handle_failure
                self._scheduler.run_every(periodic.seconds, periodic.name, periodic.run, handle)

    def run(self, stopped: threading.Event) -> tuple[str, ...]:
        """Run the jobs until the event is set; return the names of those that do not end.

        Raises `StoreLost` where the database is gone.
        """
        app = self._app
        if app.presence is not None:
            app.presence.check_engines()
        enabled = [watcher for watcher in app.watchers if watcher.enabled]
        app.poller.prepare(enabled, now=read_clock())
        self._scheduler.start()
        log.info(
            "watching",
            watchers=len(enabled),
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
        if app.presence is not None:
            app.presence.leave()
        log.info("stopped")
        if problem:
            raise StoreLost(problem)
        return unfinished

    def record_beat(self) -> None:
        """Record that the scheduler works, for the watchdog and in the heartbeat file."""
        self._watchdog.record_beat()
        if self._app.presence is not None:
            self._app.presence.record_beat()
        write_heartbeat(self._app.settings, read_clock())

    def deliver_soon(self) -> None:
        """Let no alert wait for the next round, also where a lane is busy."""
        for name in CHANNEL_NAMES:
            self._app.deliverer.get_lane(name).wake()
            self._scheduler.run_soon(f"deliver {name}")
