"""What the commands share: opening the app, JSON, days."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, time
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from controlwatch.core.model import Notice
from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.text_safety import to_one_line
from controlwatch.core.model.timezones import to_beijing_day

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from controlwatch.bootstrap import App, ReadOnlyApp
    from controlwatch.core.model.state import PollReport
    from controlwatch.settings import Settings

console = Console()
error_console = Console(stderr=True)

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


@contextmanager
def open_cli_app(settings: Settings | None = None) -> Iterator[App]:
    """Open the app for one command."""
    from controlwatch.bootstrap import open_app
    from controlwatch.settings import Settings

    settings = settings or Settings.load()
    configure_log(settings.log_level)
    with open_app(settings, console=console) as app:
        yield app


@contextmanager
def open_cli_read_only() -> Iterator[ReadOnlyApp]:
    """Open what is kept for a command that changes nothing."""
    from controlwatch.bootstrap import open_read_only_app
    from controlwatch.settings import Settings

    settings = Settings.load()
    configure_log(settings.log_level)
    with open_read_only_app(settings) as kept:
        yield kept


@contextmanager
def show_progress(name: str) -> Iterator[Callable[[int, int, str], None]]:
    """Show how far a long piece of work is, at a terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.fields[name]}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(
        *columns, console=error_console, transient=True, disable=not error_console.is_terminal
    ) as bar:
        task = bar.add_task("", name=name, total=None)

        def show(done: int, total: int, title: str) -> None:
            bar.update(
                task, completed=done, total=total, description=to_one_line(title, 40).replace("[", "(")
            )

        yield show


def configure_log(level: str) -> None:
    """Log to stderr: coloured lines for a person, JSON for a machine."""
    import structlog

    person = error_console.is_terminal
    last = (
        # not the pretty tracebacks: they print every variable, secrets and whole stores among them
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if person
        else structlog.processors.JSONRenderer(serializer=json.dumps, ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info if not person else structlog.processors.StackInfoRenderer(),
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level.lower()),
        # the standard error of the moment, not of the start
        logger_factory=lambda *_: structlog.PrintLogger(file=sys.stderr),
    )


def now() -> datetime:
    """This instant."""
    return datetime.now(UTC)


def today() -> date:
    """This day in Beijing."""
    return to_beijing_day(now())


def parse_day(text: str) -> date:
    """Read YYYY-MM-DD."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a day; write YYYY-MM-DD") from None


def parse_clock_time(text: str) -> time:
    """Read HH:MM."""
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not an hour; write HH:MM") from None


def to_json_value(value: object) -> object:
    """Turn our values into plain JSON ones; a notice becomes what `controlwatch read` prints."""
    if isinstance(value, Notice):
        from controlwatch.core.extraction.report.reading_json import to_json

        return to_json(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: to_json_value(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, dict):
        return {name: to_json_value(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json_value(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, (date, datetime, time)) else value


def build_cell(text: str | None, most: int = 200) -> Text:
    """Return text from anywhere as a cell: one line, without characters that act."""
    return Text(to_one_line(text or "", most))


def build_table(*columns: str, title: str = "") -> Table:
    """Return a plain table whose cells fold."""
    drawn = Table(
        title=title or None, title_justify="left", header_style="bold", show_edge=False, pad_edge=False
    )
    for column in columns:
        drawn.add_column(column, overflow="fold")
    return drawn


def print_poll_report(report: PollReport) -> None:
    """Say what a poll came to; trouble goes to the standard error."""
    if report.outcome == "failed":
        error_console.print(Text(f"{report.watcher}: {report.kind}: {report.reason}", style="red"))
    else:
        alerts = f", {len(report.alerts)} alerts" if report.alerts else ""
        counts = f"{report.rows} listed, {report.unseen} unseen, {report.read} read{alerts}"
        console.print(Text(f"{report.watcher}: {report.outcome}, {counts}"))
    for sentence in report.unread:
        error_console.print(Text(f"{report.watcher}: unread: {sentence}", style="yellow"))


def print_json(value: object) -> None:
    """Print JSON with Chinese as Chinese."""
    typer.echo(json.dumps(to_json_value(value), ensure_ascii=False, indent=2))
