"""What the service does: polls, deliveries and periodic jobs. Both engines call these; each may run twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial

import structlog
from sqlalchemy.exc import SQLAlchemyError

from controlwatch.adapters.files.inbox import list_inbox_files, load_snapshot, move_processed_file
from controlwatch.adapters.network.proxies import read_proxy_routes
from controlwatch.adapters.storage.explain_errors import explain_database_error
from controlwatch.adapters.system.heartbeat import ping
from controlwatch.bootstrap.app import App
from controlwatch.bootstrap.archive_addresses import open_timestamps
from controlwatch.bootstrap.stamps import build_timestamp_authority
from controlwatch.core.alerting.routing import route_alert
from controlwatch.core.alerting.source_health import is_in_lockout
from controlwatch.core.alerting.system_alerts import build_system_alert
from controlwatch.core.evidence.timestamps import STAMP_INTERVAL
from controlwatch.core.model import ChannelName
from controlwatch.core.model.errors import ControlwatchError, StoreLost, Unstamped
from controlwatch.core.model.state import PollReport
from controlwatch.core.sources.watcher import Watcher
from controlwatch.services.deliver import CHANNEL_NAMES
from controlwatch.services.first_round import FirstRound
from controlwatch.services.intake import submit
from controlwatch.services.second_opinions import SecondOpinions
from controlwatch.services.timestamp import TimestampAuthority, stamp_head

#: Seconds between two rounds of the inbox, of reminders, of pings.
INBOX_EVERY, REMIND_EVERY, PING_EVERY = 30.0, 60.0, 60.0
#: Seconds between two rounds of the second reader.
SECOND_READER_EVERY = 30.0
#: Seconds between two checks whether a time stamp is due; a failed request is repeated then.
STAMP_EVERY = 3600.0

log = structlog.get_logger()


def read_clock() -> datetime:
    """Return the time now, in UTC."""
    return datetime.now(UTC)


def _ignore_failure(_error: BaseException) -> None:
    """Do nothing more: the engine has logged it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodicJob:
    """What is done again and again."""

    name: str
    seconds: float  #: between two runs
    run: Callable[[], None]
    handle_failure: Callable[[BaseException], None] = _ignore_failure
    is_slow: bool = False  #: waits for a host that may take long: nothing else may wait for it


class ServiceJobs:
    """The jobs of the service over an open app."""

    def __init__(
        self, app: App, *, clock: Callable[[], datetime] = read_clock, deliver_soon: Callable[[], None]
    ) -> None:
        """`deliver_soon` is called where an alert was made that shall not wait for the next round."""
        self._app, self._clock, self._deliver_soon = app, clock, deliver_soon
        self._failure_alert_on: date | None = None  #: the last day of the alert that reminders fail
        self._first_round = FirstRound(
            (watcher.id for watcher in app.watchers if watcher.enabled),
            has_proxy=any(read_proxy_routes().values()),
        )
        self._lane_guards = {name: threading.Lock() for name in CHANNEL_NAMES}
        self._authority = build_timestamp_authority(app.settings)

    def list_shared_jobs(self) -> Iterator[PeriodicJob]:
        """Yield what is done once, however many machines there are."""
        yield PeriodicJob(
            name="remind",
            seconds=REMIND_EVERY,
            run=self.remind,
            handle_failure=self.alert_reminders_fail,
        )
        if self._app.settings.heartbeat_url is not None:
            yield PeriodicJob(name="ping", seconds=PING_EVERY, run=self.ping_heartbeat)
        if self._authority is not None:
            stamp = partial(self.stamp_chain, self._authority)
            yield PeriodicJob(name="stamp", seconds=STAMP_EVERY, run=stamp)
        if self._app.second_opinions is not None:
            ask = partial(self.ask_second_reader, self._app.second_opinions)
            yield PeriodicJob(name="second reader", seconds=SECOND_READER_EVERY, run=ask, is_slow=True)

    def list_local_jobs(self) -> Iterator[PeriodicJob]:
        """Yield what each machine does for itself."""
        yield PeriodicJob(name="inbox", seconds=INBOX_EVERY, run=self.process_inbox)

    def poll(self, watcher: Watcher) -> None:
        """Poll a source, unless it has locked us out, and have its alerts delivered."""
        state = self._app.store.polling.load_state(watcher.id)
        if is_in_lockout(state, now=self._clock()):
            return
        report = self._app.poller.poll(watcher, now=self._clock())
        if report.alerts:
            self._deliver_soon()
        _log_report(report)
        common = self._first_round.add_report(report)
        if common is not None:
            log.error(common.message, advice=common.advice)

    def record_crash(self, watcher: Watcher, error: BaseException) -> None:
        """Record a poll that ended in an internal error."""
        with survive_store_failure():
            self._app.poller.record_crash(watcher, error, now=self._clock())

    def deliver(self, name: ChannelName) -> None:
        """Deliver all that is due by one channel; where this process does so already, let it look again."""
        guard = self._lane_guards[name]
        if not guard.acquire(blocking=False):
            self._app.deliverer.get_lane(name).wake()
            return
        try:
            self._run_lane(name)
        finally:
            guard.release()

    def _run_lane(self, name: ChannelName) -> None:
        deliverer = self._app.deliverer
        stuck = deliverer.count_stuck().get(name, 0)
        sent, failed = deliverer.deliver_by(name, self._clock)
        if sent or failed:
            log.info("delivered", channel=name, sent=sent, failed=failed)
        if deliverer.count_stuck().get(name, 0) > stuck:
            log.error("deliveries that do not end were given up", channel=name)

    def remind(self) -> None:
        """Make the alerts that no page causes."""
        titles = self._app.reminder.run_round(now=self._clock())
        if titles:
            log.info("reminded", alerts=titles)
            self._deliver_soon()

    def alert_reminders_fail(self, error: BaseException) -> None:
        """Alert people, once a day, that reminders fail: otherwise that would look like a quiet day."""
        now = self._clock()
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
        with survive_store_failure():
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
                snapshot = load_snapshot(path, url=None, now=self._clock())
                decision = submit(
                    snapshot, app.ingester, app.fetch, app.watchers, title=path.stem, now=self._clock()
                )
            except (ControlwatchError, ValueError, LookupError, OSError) as error:
                log.warning("handed-in file could not be read", file=path.name, reason=str(error))
                move_processed_file(path, "failed")
            else:
                log.info("handed-in file taken in", file=path.name, result=decision.summary_line)
                move_processed_file(path, "done")

    def ask_second_reader(self, opinions: SecondOpinions) -> None:
        """Ask the second reader about what was read and has been sent."""
        done = opinions.run_round(now=self._clock())
        if done.answered or done.failed:
            log.info(
                "second reader",
                answered=done.answered,
                failed=done.failed,
                doubts=done.doubts,
                reviews=done.reviews,
            )
        if done.resting:
            log.info("the second reader is not asked", reason=done.resting)
        if done.reviews:
            self._deliver_soon()

    def stamp_chain(self, authority: TimestampAuthority) -> None:
        """Have the chain of custody stamped, where a stamp is due."""
        tokens = open_timestamps(self._app.settings, self._app.store)
        try:
            stamp = stamp_head(
                self._app.store.custody, tokens, authority, now=self._clock(), every=STAMP_INTERVAL
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
def survive_store_failure() -> Iterator[None]:
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
