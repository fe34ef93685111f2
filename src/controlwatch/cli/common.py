"""What the commands share: opening the app, parsing, tables, JSON and progress."""

from __future__ import annotations

import gc
import json
import sys
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from controlwatch.cli.completion import complete_notice
from controlwatch.core.model import Subscription
from controlwatch.core.model.account import PageLanguage
from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.text_safety import to_one_line
from controlwatch.core.model.timezones import to_beijing_day
from controlwatch.core.model.typed_text import normalize_typed_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, MutableMapping

    from controlwatch.bootstrap.app import App
    from controlwatch.bootstrap.question_app import QuestionApp
    from controlwatch.bootstrap.read_only import ReadOnlyApp
    from controlwatch.core.model.state import PollReport
    from controlwatch.settings import Settings
    from controlwatch.slack.setup_check import CheckResult

#: Whether commands say which state they use.
is_verbose: ContextVar[bool] = ContextVar("is_verbose", default=False)
console = Console(emoji=False)  # a title may contain :house:
error_console = Console(stderr=True, emoji=False)

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
ExplainOption = Annotated[
    bool,
    typer.Option(
        "--explain", help="Show the text with its proving words marked, and the rule behind each conclusion."
    ),
]


def read_language(value: str | None) -> str | None:
    """Return a language that a page or a report may have; raises `UsageError`."""
    if value not in {None, *get_args(PageLanguage)}:
        raise UsageError(f"{value!r} is not a language; use en or zh")
    return value


ExplainLanguageOption = Annotated[
    str | None,
    typer.Option(
        "--language", callback=read_language, help="With --explain: the language of its table, en or zh."
    ),
]


def choose_explain_language(language: str | None, *, explain: bool, as_json: bool) -> PageLanguage:
    """Return the language of an explanation, by default English.

    Raises `UsageError` where a language is named that nothing would be printed in.
    """
    if language is not None and (as_json or not explain):
        raise UsageError("--language is the language of the table of --explain, which JSON does not have")
    return "zh" if language == "zh" else "en"


def read_typed(value: str | None) -> str | None:
    """Return the value of an argument as if it had been typed plainly: it may be pasted from a chat."""
    return normalize_typed_text(value) or value if value else value


def read_number(value: str | None) -> str | None:
    """Return the number of a notice in the spelling of this program, other text as typed plainly."""
    from controlwatch.adapters.catalog.vocabulary_loader import load_vocabulary
    from controlwatch.bootstrap.question_app import load_question_lexicon
    from controlwatch.core.asking.typed_numbers import read_typed_number
    from controlwatch.settings import Settings

    if not value:
        return value
    return read_typed_number(value, load_vocabulary().numbers, load_question_lexicon(Settings.load()))


def limit_days(most: int) -> Callable[[int | None], int | None]:
    """Return a check of a number of days, from 1 to the most; it raises `UsageError`."""

    def check_days(days: int | None) -> int | None:
        if days is not None and not 1 <= days <= most:
            raise UsageError(f"--days is a number of days from 1 to {most}; {days} is not")
        return days

    return check_days


NoticeArgument = Annotated[
    str,
    typer.Argument(
        help="A number in any spelling (MOFCOM 2025-61, No. 61 of 2025, 商务部公告2025年第61号) or a URL.",
        callback=read_number,
        autocompletion=complete_notice,
    ),
]


@contextmanager
def open_cli_app(settings: Settings | None = None, *, is_worker: bool = False) -> Iterator[App]:
    """Open the app for one command, or for a worker."""
    from controlwatch.bootstrap.app import open_app
    from controlwatch.settings import Settings

    settings = settings or Settings.load()
    configure_log(settings.log_level)
    print_state(settings)
    with open_app(settings, console=console, is_worker=is_worker) as app:
        yield app


def freeze_loaded() -> None:
    """Leave what is loaded now out of collections: it lives as long as the process."""
    gc.collect()
    gc.freeze()


def resume_collections() -> None:
    """Collect garbage again, after a quick start without collections, but not what is loaded now."""
    gc.freeze()
    gc.enable()


@contextmanager
def open_question_app() -> Iterator[QuestionApp]:
    """Open what a command needs that only asks: without a state, none is created."""
    from controlwatch.bootstrap.question_app import open_question
    from controlwatch.settings import Settings

    settings = Settings.load()
    print_state(settings)
    with open_question(settings) as app:
        if app.is_in_memory:
            _print_no_state_note(settings)
        yield app


@contextmanager
def open_fetching_app() -> Iterator[App]:
    """Open the app for a command that only asks, but may fetch a page: without a state, none is created."""
    from controlwatch.bootstrap.app import open_app_for_question
    from controlwatch.settings import Settings

    settings = Settings.load()
    configure_log(settings.log_level)
    print_state(settings)
    with open_app_for_question(settings, console=console) as app:
        if app.is_in_memory:
            _print_no_state_note(settings)
        yield app


def _print_no_state_note(settings: Settings) -> None:
    note = (
        f"No state exists at {settings.state_dir.absolute()}: the reference database answers alone, "
        "and nothing is watched. Start with `controlwatch run`, or set CONTROLWATCH_STATE_DIR."
    )
    error_console.print(Text(note, style="yellow"), soft_wrap=True)


def print_state(settings: Settings) -> None:
    """Say which state and which database a command uses, with --verbose."""
    if not is_verbose.get():
        return
    from controlwatch.bootstrap.state_marks import describe_state

    error_console.print(Text(describe_state(settings), style="bright_black"), soft_wrap=True)


@contextmanager
def open_cli_read_only() -> Iterator[ReadOnlyApp]:
    """Open the state read-only, for a command that changes nothing."""
    from controlwatch.bootstrap.read_only import open_read_only_app
    from controlwatch.settings import Settings

    settings = Settings.load()
    configure_log(settings.log_level)
    print_state(settings)
    with open_read_only_app(settings) as kept:
        yield kept


@contextmanager
def show_progress(name: str) -> Iterator[Callable[[int, int, str], None]]:
    """Show the progress of long work, at a terminal."""
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
    """Log to stderr: coloured lines at a terminal, else JSON."""
    import structlog

    at_terminal = error_console.is_terminal
    renderer = (
        # not the pretty tracebacks: they print every variable, secrets included
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if at_terminal
        else structlog.processors.JSONRenderer(serializer=json.dumps, ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _explain_database_failure,
            structlog.processors.format_exc_info
            if not at_terminal
            else structlog.processors.StackInfoRenderer(),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level.lower()),
        # the standard error at the time of logging, not of the start
        logger_factory=lambda *_: structlog.PrintLogger(file=sys.stderr),
    )


def _explain_database_failure(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Log trouble with the database as one sentence: its traceback is long, and comes with every job."""
    error = event.get("exc_info")
    error = sys.exception() if error is True else error
    if isinstance(error, Exception):
        from controlwatch.adapters.storage.explain_errors import explain_database_error

        if reason := explain_database_error(error):
            del event["exc_info"]
            event["reason"] = reason
    return event


def now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """Return the current date in Beijing."""
    return to_beijing_day(now())


def parse_day(text: str) -> date:
    """Return a date as people write it: 2026-11-11, 11 Nov 2026, 2026年11月11日, tomorrow.

    Raises `UsageError` for anything but a single day.
    """
    from controlwatch.adapters.catalog.vocabulary_loader import load_vocabulary
    from controlwatch.core.asking.typed_days import NO_SUCH_DAY, find_asked_days

    plain = normalize_typed_text(text)
    try:
        return date.fromisoformat(plain)
    except ValueError:
        asked = find_asked_days(plain.lower(), load_vocabulary().days, today=today())
    if asked.problem:
        meant = "" if asked.problem.endswith(NO_SUCH_DAY) else "; use YYYY-MM-DD"
        meant = f": {' or '.join(asked.choices)}" if asked.choices else meant
        raise UsageError(f"{asked.problem}{meant}")
    if asked.span is None or not asked.span.is_day or asked.rest.strip():
        raise UsageError(f"{text!r} is not a date; use YYYY-MM-DD")
    return asked.span.first


def find_subscription(app: App | QuestionApp, number: int) -> Subscription:
    """Return an active subscription by its number; raises `UsageError`."""
    found = app.store.subscriptions.find_active(number)
    if found is None:
        raise UsageError(f"no active subscription {number}; to list them: controlwatch subscriptions")
    return found


def build_cell(text: str | None, most: int = 200) -> Text:
    """Return text of any source as a cell: one line, without control characters."""
    return Text(to_one_line(text or "", most))


def build_table(*columns: str, title: str = "") -> Table:
    """Return a plain table whose cells wrap."""
    drawn = Table(
        title=title or None, title_justify="left", header_style="bold", show_edge=False, pad_edge=False
    )
    for column in columns:
        drawn.add_column(column, overflow="fold")
    return drawn


def print_check(result: CheckResult) -> None:
    """Print the result of a check, with advice where it failed."""
    sign, style = ("✓", "green") if result.is_ok else ("✗", "red")
    console.print(Text(f"{sign} {result.message}", style=style), soft_wrap=True)
    if not result.is_ok and result.advice:
        console.print(Text(f"  → {result.advice}"), soft_wrap=True)


def print_poll_report(report: PollReport) -> None:
    """Print the result of a poll; problems go to the standard error."""
    if report.outcome == "failed":
        error_console.print(Text(f"{report.watcher}: {report.kind}: {report.reason}", style="red"))
    else:
        alerts = f", {len(report.alerts)} alerts" if report.alerts else ""
        counts = f"{report.rows} listed, {report.unseen} unseen, {report.read} read{alerts}"
        console.print(Text(f"{report.watcher}: {report.outcome}, {counts}"))
    if report.held:
        words = f"{report.watcher}: {report.held} new notices at once are held; see: controlwatch held"
        error_console.print(Text(words, style="yellow"))
    for sentence in report.unread:
        error_console.print(Text(f"{report.watcher}: unread: {sentence}", style="yellow"))


def print_json(value: object) -> None:
    """Print JSON with Chinese as Chinese."""
    from controlwatch.core.rendering.json_values import to_json_value

    typer.echo(json.dumps(to_json_value(value), ensure_ascii=False, indent=2))
