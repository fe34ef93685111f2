"""Documents that need review: list them, settle them, export the judgements."""

from __future__ import annotations

import getpass
import json as jsonlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer
from rich.text import Text
from typer.core import TyperGroup

from controlwatch.cli.common import (
    JsonOption,
    build_cell,
    build_table,
    console,
    now,
    open_cli_app,
    open_question_app,
    print_json,
)
from controlwatch.core.model import describe_judgement
from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.text_safety import to_one_line
from controlwatch.core.model.timezones import BEIJING

if TYPE_CHECKING:
    from controlwatch.core.law.answers import ReviewLine

SETTLE = "settle"


class _NumberFirst(TyperGroup):
    """Takes `review NUMBER …` for `review settle NUMBER …`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Return the words that are left for the command that the first of them names."""
        is_number = bool(args) and args[0].isdecimal()
        return super().parse_args(ctx, [SETTLE, *args] if is_number else args)


group = typer.Typer(invoke_without_command=True, cls=_NumberFirst)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="review", rich_help_panel="Ask")


@group.callback()
def review(
    context: typer.Context,
    *,
    settled: Annotated[
        bool,
        typer.Option("--all", help="Also those that are settled, and those that caused no alert."),
    ] = False,
    json: JsonOption = False,
) -> None:
    """List the documents that need review, oldest first; settle one with `controlwatch review NUMBER`.

    They are official texts, or reports that may be one, of which it was not concluded whether they change
    the rules. Read the original, then: controlwatch review NUMBER --as change|no-change.

    Example: controlwatch review 12 --as change
    """
    if context.invoked_subcommand is not None:
        return
    with open_question_app() as app:
        lines = app.queries.list_reviews(settled=settled)
    waiting = [line for line in lines if line.alerted and line.state == "open"]
    shown = lines if settled else tuple(waiting)
    if json:
        print_json(shown)
        return
    for line in shown:
        _print_line(line)
    if not shown:
        console.print("Nothing needs review.")
    others = len(lines) - len(waiting)
    if others and not settled:
        console.print(
            f"{others} more were known before monitoring began, or found when stored pages were read again, "
            "without an alert: controlwatch review --all",
            markup=False,
        )


@group.command(name=SETTLE, hidden=True)
def settle(
    number: Annotated[
        int,
        typer.Argument(metavar="NUMBER", min=1, max=2**31 - 1, help="As `controlwatch review` lists it."),
    ],
    *,
    verdict: Annotated[
        str, typer.Option("--as", metavar="change|no-change", help="Whether it changes the rules.")
    ] = "",
    note: Annotated[str, typer.Option(help="Why, in your words; it is kept with the judgement.")] = "",
    by: Annotated[str, typer.Option(metavar="NAME", help="Who judges; your account by default.")] = "",
    reopen: Annotated[
        bool, typer.Option("--reopen", help="Take the judgement back: it waits again.")
    ] = False,
) -> None:
    """Settle a document that needs review, or open it again.

    The first judgement counts; another one changes nothing. The subscribers of the categories
    that it may touch are alerted to a change; of no change, those are notified who were alerted before.

    Example: controlwatch review 12 --as no-change --note 'a meeting report'
    """
    if reopen == bool(verdict) or (verdict and verdict not in {"change", "no-change"}):
        raise UsageError(f"say what it is: controlwatch review {number} --as change|no-change, or --reopen")
    from controlwatch.services.settle_review import reopen_review, settle_review

    who = to_one_line(by, 100) or getpass.getuser()
    with open_cli_app() as app:
        if reopen:
            line = reopen_review(app.store.reviews, number, who=who, note=note, now=now())
            console.print(Text(f"{number} waits again: {to_one_line(line.title, 200)}"))
            return
        settled = settle_review(
            app.store.reviews,
            number,
            verdict=cast('Literal["change", "no-change"]', verdict),
            who=who,
            note=note,
            now=now(),
        )
    console.print(Text(to_one_line(settled.sentence, 400)))


@group.command()
def export(
    *,
    jsonl: Annotated[
        Path, typer.Option("--jsonl", "--labels", metavar="FILE", help="The file to write; - prints it.")
    ],
) -> None:
    """Write each judgement as a label, one JSON object a line, to measure the reader on.

    Example: controlwatch review export --jsonl labels.jsonl
    """
    from controlwatch.core.rendering.json_values import to_json_value

    with open_question_app() as app:
        labels = app.store.reviews.list_labels()
    text = "".join(f"{jsonlib.dumps(to_json_value(label), ensure_ascii=False)}\n" for label in labels)
    if str(jsonl) == "-":
        typer.echo(text, nl=False)
        return
    jsonl.write_text(text, encoding="utf-8")
    console.print(f"{len(labels)} labels: {jsonl}", markup=False)


def _print_line(line: ReviewLine) -> None:
    """Print a document with the reasons, each with its sentence."""
    unalerted = "" if line.alerted else ", without an alert"
    since = f"{line.raised_at.astimezone(BEIJING):%Y-%m-%d %H:%M}"
    judged = f": {describe_judgement(line.judgement)}" if line.judgement is not None else ""
    heading = f"{line.id}  {line.state}{judged}  since {since} (Beijing){unalerted}"
    console.print(Text(heading, style="bold yellow" if line.state == "open" else "bright_black"))
    drawn = build_table()
    drawn.show_header = False
    drawn.add_column(no_wrap=True)
    drawn.add_column(overflow="fold")
    rows = [("title", " · ".join(filter(None, (line.number, line.title)))), ("original", line.url)]
    from controlwatch.core.rendering.proof_text import format_proof

    rows += [("why", f"{reason.reason} {format_proof(reason.quote)}") for reason in line.reasons]
    if line.possible_categories:
        rows.append(("may affect", ", ".join(line.possible_categories)))
    for name, value in rows:
        drawn.add_row(f"    {name}", build_cell(value, 500))
    console.print(drawn)
