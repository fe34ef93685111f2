"""Checks of what several machines share: archive, clock, connections of the database, versions of workers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import URL, Engine, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from controlwatch.adapters.storage import SqlStore
from controlwatch.adapters.storage.engine import build_timeouts, parse_database_url
from controlwatch.bootstrap.archive_addresses import open_archive
from controlwatch.bootstrap.cluster import check_cluster_settings
from controlwatch.core.model.errors import ControlwatchError
from controlwatch.settings import Settings
from controlwatch.slack.setup_check import CheckResult

#: Of the machine and the database: fetched pages are dated by the former.
MAX_SKEW = timedelta(seconds=5)
_PID = text("SELECT pg_backend_pid()")


def check_cluster(settings: Settings) -> Iterator[CheckResult]:
    """Yield the results of the checks; nothing is changed."""
    try:
        check_cluster_settings(settings)
        store = SqlStore.open(settings.database, is_cluster=True)
    except (ControlwatchError, SQLAlchemyError) as error:
        shown = str(error) if isinstance(error, ControlwatchError) else "the database cannot be used"
        yield CheckResult(message=shown, is_ok=False, advice="see docs/growing.md")
        return
    try:
        yield check_archive(settings, store)
        yield _check_clock(store.engine)
        yield _check_pooler(parse_database_url(settings.database))
        yield _check_workers(store)
    finally:
        store.close()


def check_archive(settings: Settings, store: SqlStore) -> CheckResult:
    """Return whether the archive answers from here."""
    where = settings.archive.partition("?")[0]
    try:
        open_archive(settings, store).inspect_copy("0" * 64)
    except (ControlwatchError, SQLAlchemyError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        return CheckResult(
            message=f"the archive {where} {reason}",
            is_ok=False,
            advice="check CONTROLWATCH_ARCHIVE, and the credentials of the storage in the environment",
        )
    return CheckResult(message=f"the archive {where} can be read", is_ok=True)


def _check_clock(engine: Engine) -> CheckResult:
    before = datetime.now(UTC)
    with engine.connect() as connection:
        theirs: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    after = datetime.now(UTC)
    off = abs(theirs - (before + (after - before) / 2))
    return CheckResult(
        message=f"the clock differs by {off.total_seconds():.1f} seconds from that of the database",
        is_ok=off <= MAX_SKEW,
        advice="set the clocks of both machines (NTP): pages are dated by the one that fetches them",
    )


def _check_pooler(url: URL) -> CheckResult:
    """Tell a pooler that shares connections between transactions: two connections are one of the server's."""
    engine = create_engine(url, connect_args=build_timeouts(url), pool_size=2, max_overflow=0)
    try:
        with engine.connect() as first, engine.connect() as second:
            own = first.execute(_PID).scalar()
            first.rollback()
            other = second.execute(_PID).scalar()  # while its transaction is open, it keeps its connection
            again = first.execute(_PID).scalar()
    finally:
        engine.dispose()
    return CheckResult(
        message="a pooler shares the connections to the database between transactions"
        if own == other or again != own
        else "connections to the database are our own, so that it can notify us",
        is_ok=own != other and again == own,
        advice="connect to PostgreSQL directly, or let the pooler (pgbouncer) use pool_mode = session",
    )


def _check_workers(store: SqlStore) -> CheckResult:
    live = [worker for worker in store.workers.list_workers() if worker.is_live]
    versions = Counter(f"version {worker.version}, schema {worker.revision}" for worker in live)
    shown = "; ".join(f"{count} of {version}" for version, count in versions.items())
    return CheckResult(
        message=f"{len(live)} workers live: {shown}" if live else "no worker lives",
        is_ok=bool(live),
        advice="start `controlwatch run` on one machine or more",
    )
