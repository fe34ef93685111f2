"""The second reader: what it has done and cost, and recordings of its answers."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from controlwatch.cli.common import JsonOption, console, now, open_cli_app, print_json, show_progress
from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.text_safety import to_one_line

if TYPE_CHECKING:
    from controlwatch.core.second_opinion.records import RecordedAnswer

group = typer.Typer(help="The second reader: what it has done and cost, and recordings of its answers.")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="second", rich_help_panel="Service")


@group.command()
def status(*, json: JsonOption = False) -> None:
    """Say what is sent to whom, what was answered, and how many tokens of this month are used.

    Example: controlwatch second status
    """
    from controlwatch.bootstrap.second_reader_setup import describe_second_reader
    from controlwatch.core.second_opinion.limits import find_month_start

    with open_cli_app() as app:
        opinions = app.second_opinions
        counts = app.store.opinions.count_opinions()
        spent = app.store.opinions.count_tokens(find_month_start(now()))
        facts = {
            "model": opinions.reader.model if opinions else None,
            "host": opinions.reader.host if opinions else None,
            "sources": sorted(opinions.sources) if opinions else [],
            "tokens_this_month": spent,
            "tokens_a_month": opinions.monthly_tokens if opinions else None,
            "resting": opinions.find_rest(now=now()) if opinions else "",
            "answers": dict(counts.by_state),
            "doubts": counts.doubts,
            "reviews": counts.reviews,
            "refused": counts.refused,
        }
        sentences = (
            describe_second_reader(app.settings, opinions.reader, opinions.sources) if opinions else ()
        )
    if json:
        print_json(facts)
        return
    for sentence in sentences or ("no second reader is set up; see docs/second-reader.md",):
        console.print(Text(to_one_line(sentence, 400)), soft_wrap=True)
    if facts["resting"]:
        console.print(Text(f"not asked now: {facts['resting']}", style="yellow"), soft_wrap=True)
    states = ", ".join(f"{count} {state}" for state, count in sorted(counts.by_state.items())) or "none"
    console.print(Text(f"tokens this month: {spent:,}; questions: {states}"), soft_wrap=True)
    console.print(
        Text(f"doubts: {counts.doubts}; reviews: {counts.reviews}; entries refused: {counts.refused}")
    )


@group.command()
def record(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="LIST",
            help="A directory of cases (CASE/text.txt), or a file with a path or a gold label a line.",
        ),
    ],
    *,
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="The file that answers are added to.")],
    price: Annotated[
        float, typer.Option(help="What a million tokens cost, to say the sum before anything is sent.", min=0)
    ] = 0.0,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before the texts are sent.")] = False,
) -> None:
    """Record the answers of the second reader to a list of documents, for `make eval ARGS=--second=recorded`.

    The cost is said before anything is sent. What is recorded already is not sent again.

    Example: controlwatch second record tests/corpus --to answers.jsonl
    """
    from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
    from controlwatch.adapters.second_readers.recorded_answers import (
        format_recorded_answer,
        load_recorded_answers,
    )
    from controlwatch.bootstrap.second_reader_setup import build_second_reader
    from controlwatch.services.second_recordings import plan_recording, record_answers
    from controlwatch.settings import Settings

    lexicon = load_lexicon()
    reader = build_second_reader(Settings.load(), lexicon)
    if reader is None or not reader.host:
        raise UsageError(
            "set CONTROLWATCH_SECOND_READER to openai or anthropic first; see docs/second-reader.md"
        )
    kept = load_recorded_answers(to) if to.exists() else ()
    plan = plan_recording(_read_texts(path), lexicon, kept)
    money = f", about {plan.tokens * price / 1e6:,.2f} at the price given" if price else ""
    console.print(
        Text(
            f"{len(plan.questions)} texts are sent to {reader.host} (model {reader.model}): at most about "
            f"{plan.tokens:,} tokens{money}. {plan.kept} are recorded already."
        ),
        soft_wrap=True,
    )
    if not plan.questions or not (yes or typer.confirm("Send them?")):
        return
    with to.open("a", encoding="utf-8") as file, show_progress("record") as on_progress:

        def keep(answer: RecordedAnswer) -> None:
            file.write(format_recorded_answer(answer))
            file.flush()

        result = record_answers(reader, plan, keep, on_progress=on_progress)
    reader.close()
    console.print(Text(f"{result.recorded} answers, {result.tokens:,} tokens: {to}"), soft_wrap=True)
    if result.failed:
        ended = "; the rest was not asked" if result.is_ended else ""
        console.print(
            Text(f"{result.failed} failed{ended}: {result.last_fault}", style="red"), soft_wrap=True
        )
        raise typer.Exit(1)


def _read_texts(path: Path) -> Iterator[str]:
    """Yield the text of each document of a list, its title in the first line; raises `UsageError`."""
    from controlwatch.adapters.files.inbox import load_snapshot
    from controlwatch.cli.read import read_snapshot

    for place in _list_documents(path):
        try:
            snapshot = load_snapshot(place, url=None, now=now())
        except OSError as error:
            raise UsageError(f"{place} cannot be read: {error.strerror}") from error
        yield read_snapshot(snapshot, published=None).text


def _list_documents(path: Path) -> list[Path]:
    """Return the documents of a directory of cases, or those that the lines of a file name."""
    if path.is_dir() and not (path / "gold.jsonl").is_file():
        return sorted(path.glob("*/text.*")) or sorted(one for one in path.iterdir() if one.is_file())
    together = path / "gold.jsonl" if path.is_dir() else path
    try:
        lines = together.read_text(encoding="utf-8").splitlines()
        names = [
            jsonlib.loads(line)["file"] if line.startswith("{") else line for line in lines if line.strip()
        ]
    except (OSError, ValueError, KeyError) as error:
        raise UsageError(f"{together} is not a list of documents: {type(error).__name__}") from error
    if not all(isinstance(name, str) for name in names):
        raise UsageError(f"{together} is not a list of documents: the file of a label is a path")
    folder = together.parent
    return [
        next((one for one in (folder / name, folder.parent / name) if one.is_file()), folder / name)
        for name in names
    ]
