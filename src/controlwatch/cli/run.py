"""The service: run, and its jobs one at a time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from controlwatch.cli.common import (
    configure_log,
    console,
    error_console,
    freeze_loaded,
    now,
    open_cli_app,
    print_poll_report,
    print_state,
    resume_collections,
    show_progress,
)
from controlwatch.core.model.errors import StoreLost, UsageError
from controlwatch.core.model.text_safety import to_one_line

if TYPE_CHECKING:
    from controlwatch.core.sources.watcher import Watcher


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (run, poll, remind, deliver, intake, reread, health, demo):
        app.command(rich_help_panel="Service")(command)


def run() -> None:
    """Run the service: poll, deliver and send digests on schedule, until SIGTERM or Ctrl-C.

    With CONTROLWATCH_ENGINE=postgresql it is one of any number of workers on one database; it waits until
    `controlwatch migrate` has been run.

    Prints first which state it runs on, and how many subscriptions are in it. Exit status 2 when a setting is
    wrong, another controlwatch runs on this state, or the state is incomplete; 74 when the file of the
    database was deleted or replaced.

    Example: CONTROLWATCH_LISTEN=127.0.0.1:8080 controlwatch run
    """
    from controlwatch.adapters.system.state_folder import remove_leftovers
    from controlwatch.bootstrap.cluster import wait_for_schema
    from controlwatch.bootstrap.state_marks import check_state_folder, describe_state
    from controlwatch.service import STORE_LOST_EXIT_STATUS, hold_state_lock, serve
    from controlwatch.settings import Settings

    settings = Settings.load()
    check_state_folder(settings)
    if settings.is_cluster:
        wait_for_schema(settings)
    with hold_state_lock(settings):
        remove_leftovers(settings.state_dir)
        with open_cli_app(settings, is_worker=True) as app:
            subscribed = len(app.store.subscriptions.list_active())
            enabled = sum(watcher.enabled for watcher in app.watchers)
            counts = f"{subscribed} subscriptions, {enabled} sources"
            console.print(Text(f"controlwatch runs on {describe_state(settings)}: {counts}"), soft_wrap=True)
            try:
                freeze_loaded()
                serve(app)
            except StoreLost as error:
                error_console.print(Text(f"controlwatch: {error}", style="red"))
                raise typer.Exit(STORE_LOST_EXIT_STATUS) from None


def poll(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[WATCHER]...", help="Watchers to poll. Default: every enabled one."),
    ] = None,
) -> None:
    """Poll the sources once, now; then deliver what is due.

    Exit status 1 when a poll failed.

    Example: controlwatch poll mofcom-announcements aqygzj
    """

    from controlwatch.adapters.network.proxies import read_proxy_routes
    from controlwatch.bootstrap.poll_round import open_poll_round
    from controlwatch.core.alerting.reachability import SourceFailure, explain_common_failure
    from controlwatch.settings import Settings

    settings = Settings.load()
    configure_log(settings.log_level)
    print_state(settings)
    with open_poll_round(settings, console=console) as polls:
        resume_collections()
        enabled = [watcher for watcher in polls.watchers if watcher.enabled]
        watchers = _choose_watchers(names, polls.watchers) if names else enabled
        polls.poller.prepare(watchers, now=now())
        reports = []
        for watcher in watchers:
            with show_progress(watcher.id) as progress:
                report = polls.poller.poll(watcher, now=now(), on_progress=progress)
            print_poll_report(report)
            reports.append(report)
        polls.checker.check_sources(now=now())
        sent, failed = polls.deliver_all(now)
    console.print(f"{sent} deliveries sent, {failed} failed.")
    failures = [report for report in reports if report.outcome == "failed"]
    common = explain_common_failure(
        [SourceFailure(kind=report.kind or "", reason=report.reason) for report in failures],
        asked=len(reports),
        has_proxy=any(read_proxy_routes().values()),
    )
    if common is not None:
        error_console.print(Text(f"{common.message}; {common.advice}", style="red"), soft_wrap=True)
    raise typer.Exit(1 if failures else 0)


def _choose_watchers(names: Iterable[str], watchers: Iterable[Watcher]) -> list[Watcher]:
    from controlwatch.services.names import choose_watcher

    return [choose_watcher(name, watchers) for name in names]


def deliver(
    *,
    again: Annotated[
        bool, typer.Option("--again", help="First make refused and waiting deliveries due now.")
    ] = False,
) -> None:
    """Send what is due, once.

    Exit status 1 when something could not be sent.

    Example, when a token or a mail server works again: controlwatch deliver --again
    """

    with open_cli_app() as app:
        if again:
            console.print(f"{app.store.outbox.retry_failed(now())} deliveries made due.")
        sent, failed = app.deliverer.deliver_all(now)
        refusals = app.queries.list_refused_deliveries()
    console.print(f"{sent} deliveries sent, {failed} failed.")
    for item in refusals:
        error_console.print(Text(f"refused: {item.channel} {item.target}: {item.reason}", style="red"))
    raise typer.Exit(1 if failed or refusals else 0)


def remind() -> None:
    """Send reminders for upcoming key dates, and alerts for dates that have moved; then deliver what is due.

    `controlwatch run` does this on schedule. Exit status 1 when something could not be sent.

    Example: controlwatch remind
    """

    with open_cli_app() as app:
        titles = app.reminder.run_round(now=now())
        sent, failed = app.deliverer.deliver_all(now)
    for title in titles:
        console.print(Text(to_one_line(title, 200)))
    console.print(f"{len(titles)} reminders; {sent} deliveries sent, {failed} failed.")
    raise typer.Exit(1 if failed else 0)


def intake(
    source: Annotated[
        str, typer.Argument(metavar="FILE|URL", help="A saved page or file, or an address to fetch once.")
    ],
    *,
    url: Annotated[str | None, typer.Option(help="The official address of the notice in the file.")] = None,
) -> None:
    """Add a notice by hand, from a source that cannot be polled; it goes through the same pipeline.

    Exit status 2 when the file or page cannot be read.

    Example: controlwatch intake saved.html --url http://www.customs.gov.cn/customs/…/article_….html
    """
    from controlwatch.adapters.files.inbox import load_snapshot
    from controlwatch.services.intake import build_intake_watcher, fetch_page, submit

    if "://" in source and not source.startswith(("http://", "https://")):
        raise UsageError(f"{source!r} is neither a file nor an address that begins with http:// or https://")
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
    """Read every kept page again with the current version of the reader. No alert is sent.

    Example: controlwatch reread
    """
    from controlwatch.services.reread import reread_all

    with open_cli_app() as app, show_progress("re-reading") as progress:
        watchers = {watcher.id: watcher for watcher in app.watchers}
        differing = reread_all(app.ingester, watchers, now=now(), on_progress=progress)
    console.print(f"{differing} readings have changed; to see one: controlwatch show NUMBER")


def health() -> None:
    """Check the heartbeat of the service on this state.

    Exit status 1 when there is none, or it is too old.

    Example: controlwatch health
    """
    from controlwatch.engine.liveness import HEARTBEAT_MAX_AGE, get_heartbeat_path
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
    once: Annotated[
        bool, typer.Option("--once", help="End after the story; do not wait for Ctrl-C.")
    ] = False,
) -> None:
    """Show controlwatch at work on sample regulators: without accounts, without a network, nothing is kept.

    Exit status 1 when the demo does not show what it should.

    Example: controlwatch demo --once
    """
    from controlwatch.demo import INSTALL_HINT, is_installed

    if not is_installed():
        raise UsageError(f"the demo {INSTALL_HINT}")
    from controlwatch.demo.story import tell

    raise typer.Exit(tell(console, once=once))
