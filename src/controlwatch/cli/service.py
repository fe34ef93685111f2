"""The service: run, poll, deliver, and the work of hands."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import structlog
import typer
from filelock import FileLock, Timeout
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

from controlwatch.adapters.scheduler import Clockwork
from controlwatch.cli.common import console, errors, now, opened
from controlwatch.core.errors import ControlwatchError, UsageError
from controlwatch.core.render.safe import one_line
from controlwatch.inbox import from_file, from_url, put_away, take, waiting, watcher_for
from controlwatch.rereading import reread as reread_all
from controlwatch.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from controlwatch.app import App
    from controlwatch.core.books import Decision, PollReport
    from controlwatch.core.watcher import Watcher

#: Seconds between two rounds of deliveries, and between two looks into the inbox.
DELIVER_EVERY = 10.0
INBOX_EVERY = 30.0
#: A heartbeat older than this means that the service hangs or is gone.
STALE = 90.0

log = structlog.get_logger()


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (run, poll, deliver, intake, reread, health, demo):
        app.command(rich_help_panel="Service")(command)


def run() -> None:
    """Watch: polls, deliveries and digests by the clock, until stopped by SIGTERM or Ctrl-C."""
    settings = Settings.load()
    with _only_instance(settings), opened(settings) as app:
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        clockwork = _wound(app)
        clockwork.start()
        enabled = sum(watcher.enabled for watcher in app.watchers)
        log.info(
            "watching",
            watchers=enabled,
            channels=sorted(app.pipeline.channels),
            state=str(settings.state_dir),
        )
        while not stopped.wait(1.0):
            pass
        log.info("stopping")
        app.fetch.stop()
        clockwork.stop()
        log.info("stopped")


def _wound(app: App) -> Clockwork:
    clockwork = Clockwork(watchers=len(app.watchers))
    for watcher in app.watchers:
        if watcher.enabled:
            clockwork.watch(watcher, _poll_job(app, watcher), _failed_job(app, watcher))
    clockwork.every(DELIVER_EVERY, "deliver", lambda: _deliver_job(app))
    clockwork.every(INBOX_EVERY, "inbox", lambda: _inbox_job(app))
    return clockwork


def _poll_job(app: App, watcher: Watcher) -> Callable[[], None]:
    def job() -> None:
        report = app.pipeline.poll(watcher, now=now())
        _log_report(report)
        if report.alerts:
            app.pipeline.deliver(now=now())

    return job


def _failed_job(app: App, watcher: Watcher) -> Callable[[BaseException], None]:
    return lambda error: app.pipeline.broke(watcher, error, now=now())


def _deliver_job(app: App) -> None:
    sent, failed = app.pipeline.deliver(now=now())
    if sent or failed:
        log.info("delivered", sent=sent, failed=failed)
    app.store.flush()
    _heartbeat(app.settings).write_text(now().isoformat(), encoding="utf-8")


def _inbox_job(app: App) -> None:
    for path in waiting(app.settings.state_dir / "inbox"):
        try:
            decision = take(
                from_file(path, url=None, now=now()), app.pipeline, app.watchers, title=path.stem, now=now()
            )
        except ControlwatchError as error:
            log.warning("handed-in file could not be read", file=path.name, reason=str(error))
            put_away(path, "failed")
        else:
            log.info("handed-in file taken in", file=path.name, result=_said(decision))
            put_away(path, "done")


def poll(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[WATCHER]...", help="Default: every enabled one.")
    ] = None,
) -> None:
    """Look once, now; then deliver what is due. Exit status 1 when a poll failed.

    Example: controlwatch poll mofcom-announcements aqygzj
    """
    with opened() as app:
        chosen = [app.queries.watcher(name) for name in names or ()]
        watchers = chosen or [watcher for watcher in app.watchers if watcher.enabled]
        reports = [_poll_shown(app, watcher) for watcher in watchers]
        sent, waiting_still = app.pipeline.deliver(now=now())
    console.print(f"{sent} deliveries sent, {waiting_still} not.")
    raise typer.Exit(1 if any(report.outcome == "failed" for report in reports) else 0)


def _poll_shown(app: App, watcher: Watcher) -> PollReport:
    with _progress(watcher.id) as progress:
        report = app.pipeline.poll(watcher, now=now(), progress=progress)
    if report.outcome == "failed":
        errors.print(Text(f"{watcher.id}: {report.kind}: {report.reason}", style="red"))
    else:
        alerts = f", {len(report.alerts)} alerts" if report.alerts else ""
        counts = f"{report.rows} listed, {report.unseen} unseen, {report.read} read{alerts}"
        console.print(Text(f"{watcher.id}: {report.outcome}, {counts}"))
    for sentence in report.unread:
        errors.print(Text(f"{watcher.id}: unread: {sentence}", style="yellow"))
    return report


def deliver() -> None:
    """Send what is due, once. Exit status 1 when something could not be sent."""
    with opened() as app:
        sent, failed = app.pipeline.deliver(now=now())
        refusals = app.queries.refusals()
    console.print(f"{sent} deliveries sent, {failed} not.")
    for item in refusals:
        errors.print(Text(f"refused: {item.channel} {item.target}: {item.reason}", style="red"))
    raise typer.Exit(1 if failed or refusals else 0)


def intake(
    source: Annotated[
        str, typer.Argument(metavar="FILE|URL", help="A saved page or file, or an address to fetch once.")
    ],
    *,
    url: Annotated[str | None, typer.Option(help="The official address of the file.")] = None,
) -> None:
    """Hand a notice in by hand, for sources that no machine may read; it goes through the same pipeline.

    Example: controlwatch intake saved.html --url http://www.customs.gov.cn/customs/…/article_….html
    """
    with opened() as app:
        if source.startswith(("http://", "https://")):
            snapshot = from_url(source, app.pipeline, watcher_for(source, app.watchers))
        else:
            snapshot = from_file(Path(source), url=url, now=now())
        decision = take(snapshot, app.pipeline, app.watchers, title=Path(source).stem, now=now())
        app.pipeline.deliver(now=now())
    console.print(Text(_said(decision)))


def reread() -> None:
    """Read every kept page anew with today's reader. Never alerts."""
    with opened() as app, _progress("re-reading") as progress:
        watchers = {watcher.id: watcher for watcher in app.watchers}
        differing = reread_all(app.pipeline, watchers, now=now(), progress=progress)
    console.print(f"{differing} readings differ from before; see: controlwatch show NUMBER")


def health() -> None:
    """Say whether the service is alive here: exit status 0 when its heartbeat is fresh."""
    path = _heartbeat(Settings.load())
    try:
        age = (now() - datetime.fromisoformat(path.read_text(encoding="utf-8"))).total_seconds()
    except (OSError, ValueError):
        errors.print("no heartbeat: `controlwatch run` has not run on this state")
        raise typer.Exit(1) from None
    console.print(f"last heartbeat {age:.0f} s ago")
    raise typer.Exit(0 if age <= STALE else 1)


def demo(
    *,
    once: Annotated[bool, typer.Option("--once", help="End by itself when the story is told.")] = False,
) -> None:
    """The whole story on sample regulators on this machine: no account, no network, nothing kept."""
    from controlwatch.demo.story import tell  # noqa: PLC0415 - the demo brings servers of its own

    raise typer.Exit(tell(console, once=once))


@contextmanager
def _only_instance(settings: Settings) -> Iterator[None]:
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


@contextmanager
def _progress(name: str) -> Iterator[Callable[[int, int, str], None]]:
    columns = (
        TextColumn("{task.fields[name]}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task("", name=name, total=None)

        def show(done: int, total: int, title: str) -> None:
            bar.update(task, completed=done, total=total, description=one_line(title, 40).replace("[", "("))

        yield show


def _log_report(report: PollReport) -> None:
    values = {"watcher": report.watcher, "outcome": report.outcome, "rows": report.rows, "read": report.read}
    if report.kind == "stopping":
        return
    if report.outcome == "failed":
        log.warning("poll failed", **values, kind=report.kind, reason=report.reason)
    elif report.outcome != "unchanged":
        log.info(
            "polled", **values, unseen=report.unseen, alerts=len(report.alerts), unread=len(report.unread)
        )


def _said(decision: Decision) -> str:
    if decision.alert is not None:
        return f"alert: {decision.alert.title}"
    if decision.change is None:
        return "nothing that was not known"
    return f"{decision.change.kind}, no alert: {decision.quiet_because}"


def _heartbeat(settings: Settings) -> Path:
    return settings.state_dir / "heartbeat"
