"""The service: run, poll, deliver, and the work of hands."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from controlwatch.cli.common import (
    console,
    error_console,
    now,
    open_cli_app,
    print_poll_report,
    show_progress,
)
from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.text_safety import to_one_line

if TYPE_CHECKING:
    from controlwatch.bootstrap import App
    from controlwatch.core.model.state import PollReport
    from controlwatch.core.sources.watcher import Watcher


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (run, poll, remind, deliver, intake, reread, health, demo):
        app.command(rich_help_panel="Service")(command)


def run() -> None:
    """Watch: polls, deliveries and digests by the clock, until stopped by SIGTERM or Ctrl-C."""
    from controlwatch.service import hold_state_lock, serve
    from controlwatch.settings import Settings

    settings = Settings.load()
    with hold_state_lock(settings), open_cli_app(settings) as app:
        serve(app)


def poll(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[WATCHER]...", help="Default: every enabled one.")
    ] = None,
) -> None:
    """Look once, now; then deliver what is due. Exit status 1 when a poll failed.

    Example: controlwatch poll mofcom-announcements aqygzj
    """

    with open_cli_app() as app:
        chosen = [app.queries.names.find_watcher(name) for name in names or ()]
        watchers = chosen or [watcher for watcher in app.watchers if watcher.enabled]
        reports = [_poll_with_progress(app, watcher) for watcher in watchers]
        app.reminder.check_sources(now=now())
        sent, waiting_still = app.deliverer.deliver_all(now)
    console.print(f"{sent} deliveries sent, {waiting_still} not.")
    raise typer.Exit(1 if any(report.outcome == "failed" for report in reports) else 0)


def _poll_with_progress(app: App, watcher: Watcher) -> PollReport:
    with show_progress(watcher.id) as progress:
        report = app.poller.poll(watcher, now=now(), on_progress=progress)
    print_poll_report(report)
    return report


def deliver(
    *,
    again: Annotated[
        bool, typer.Option("--again", help="First put refused and waiting deliveries back, due now.")
    ] = False,
) -> None:
    """Send what is due, once. Exit status 1 when something could not be sent.

    After a token or a mail relay was mended: controlwatch deliver --again
    """

    with open_cli_app() as app:
        if again:
            console.print(f"{app.store.outbox.retry_failed(now())} deliveries put back.")
        sent, failed = app.deliverer.deliver_all(now)
        refusals = app.queries.list_refused_deliveries()
    console.print(f"{sent} deliveries sent, {failed} not.")
    for item in refusals:
        error_console.print(Text(f"not taken: {item.channel} {item.target}: {item.reason}", style="red"))
    raise typer.Exit(1 if failed or refusals else 0)


def remind() -> None:
    """Ring for the days that draw near or have moved, once, now; then deliver what is due.

    The service does it by itself; this is for those who run controlwatch from a timetable of their own.
    """

    with open_cli_app() as app:
        titles = app.reminder.run_round(now=now())
        sent, waiting_still = app.deliverer.deliver_all(now)
    for title in titles:
        console.print(Text(to_one_line(title, 200)))
    console.print(f"{len(titles)} reminders; {sent} deliveries sent, {waiting_still} not.")
    raise typer.Exit(1 if waiting_still else 0)


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
    from controlwatch.adapters.files.inbox import load_snapshot
    from controlwatch.services.intake import build_intake_watcher, fetch_page, submit

    with open_cli_app() as app:
        if source.startswith(("http://", "https://")):
            snapshot = fetch_page(source, build_intake_watcher(source, app.watchers), app.fetch)
        else:
            snapshot = load_snapshot(Path(source), url=url, now=now())
        title = Path(source).stem
        decision = submit(snapshot, app.ingester, app.fetch, app.watchers, title=title, now=now())
        app.deliverer.deliver_all(now)
    console.print(Text(decision.summary_line))


def reread() -> None:
    """Read every kept page anew with today's reader. Never alerts."""
    from controlwatch.services.reread import reread_all

    with open_cli_app() as app, show_progress("re-reading") as progress:
        watchers = {watcher.id: watcher for watcher in app.watchers}
        differing = reread_all(app.ingester, watchers, now=now(), on_progress=progress)
    console.print(f"{differing} readings differ from before; see: controlwatch show NUMBER")


def health() -> None:
    """Say whether the service is alive here: exit status 0 when its heartbeat is fresh."""
    from controlwatch.service import HEARTBEAT_MAX_AGE, get_heartbeat_path
    from controlwatch.settings import Settings

    path = get_heartbeat_path(Settings.load())
    try:
        age = (now() - datetime.fromisoformat(path.read_text(encoding="utf-8"))).total_seconds()
    except (OSError, ValueError):
        error_console.print("no heartbeat: `controlwatch run` has not run on this state")
        raise typer.Exit(1) from None
    console.print(f"last heartbeat {age:.0f} s ago")
    raise typer.Exit(0 if age <= HEARTBEAT_MAX_AGE else 1)


def demo(
    *,
    once: Annotated[bool, typer.Option("--once", help="End by itself when the story is told.")] = False,
) -> None:
    """The whole story on sample regulators on this machine: no account, no network, nothing kept."""
    from controlwatch.demo import INSTALL_HINT, is_installed

    if not is_installed():
        raise UsageError(f"the demo {INSTALL_HINT}")
    from controlwatch.demo.story import tell

    raise typer.Exit(tell(console, once=once))
