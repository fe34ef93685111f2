"""Read one document, or many, and print what the system understands of it."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from controlwatch.cli.common import console, day, now, opened
from controlwatch.core.model import Alert, Ground, Kind, Notice, Snapshot, key_of
from controlwatch.core.model.errors import SourceError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from controlwatch.bootstrap import App

#: An error of the source → the rule that tells what the bytes are instead of a document.
NO_DOCUMENT = {"blocked": "kind.challenge", "garbled": "kind.garbled"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A document and what was understood of it."""

    text: str  #: title and text as they were read; "" where no document came
    notice: Notice


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel="Ask")(read)


def read(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH|URL|-...", help="HTML, text, PDF, DOCX, …; - for standard input."),
    ],
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object, as docs/read-json.md describes.")
    ] = False,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="One object a line, in order, with its path.")
    ] = False,
    register: Annotated[
        bool,
        typer.Option("--register/--no-register", help="Look older notices up, or read the document alone."),
    ] = True,
    published: Annotated[
        str | None, typer.Option(help="Publication date (YYYY-MM-DD) when the page shows none.")
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show the words that prove, and why each conclusion was drawn.")
    ] = False,
    full: Annotated[
        bool, typer.Option("--full", help="With --explain: a long document whole, nothing folded.")
    ] = False,
) -> None:
    """What would you have alerted on this page? Prints the same reading that the pipeline stores.

    Example: controlwatch read notice.html --json --published 2026-01-06
    """
    if len(paths) > 1 and not jsonl:
        raise UsageError("several documents are printed one a line: add --jsonl")
    shown = day(published) if published else None
    printing = _printing(as_json=as_json, jsonl=jsonl, explain=explain, full=full)
    if not register and not any(_is_url(path) for path in paths):
        for path in paths:
            printing(path, _alone(path, published=shown))
        return
    with opened() as app:
        for path in paths:
            printing(path, _known(app, path, published=shown, register=register))


def _printing(*, as_json: bool, jsonl: bool, explain: bool, full: bool) -> Callable[[str, Reading], None]:
    """Return how a reading is printed; of JSON and a line of it, the line counts."""
    if full and not explain:
        raise UsageError("--full says how --explain shows a document: add --explain")
    if jsonl:
        return lambda path, reading: _print_json(
            {"path": path, **_json(reading, explain=explain)}, indent=None
        )
    if as_json:
        return lambda _, reading: _print_json(_json(reading, explain=explain), indent=2)
    if explain:
        return lambda _, reading: _explain(reading, full=full)
    return lambda _, reading: _print(reading.notice)


def _json(reading: Reading, *, explain: bool) -> dict[str, object]:
    from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
    from controlwatch.core.extraction.report.reading_json import evidence, to_json

    printed = to_json(reading.notice)
    return printed | ({"evidence": evidence(reading.notice, load_lexicon())} if explain else {})


def _print_json(printed: dict[str, object], *, indent: int | None) -> None:
    typer.echo(json.dumps(printed, ensure_ascii=False, indent=indent))


def _explain(reading: Reading, *, full: bool) -> None:
    from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
    from controlwatch.cli.explain_view import explain

    explain(console, reading.text, reading.notice, load_lexicon(), full=full)


def _alone(path: str, *, published: date | None) -> Reading:
    from controlwatch.adapters.files.inbox import from_file

    snapshot = _stdin() if path == "-" else from_file(Path(path), url=None, now=now())
    return _read(snapshot, published=published)


def _known(app: App, path: str, *, published: date | None, register: bool) -> Reading:
    from controlwatch.adapters.files.inbox import from_file
    from controlwatch.core.extraction import resolve
    from controlwatch.services.intake import from_url, watcher_for

    if _is_url(path):
        snapshot = from_url(path, app.pipeline, watcher_for(path, app.watchers))
    else:
        snapshot = _stdin() if path == "-" else from_file(Path(path), url=None, now=now())
    reading = _read(snapshot, published=published)
    if not register:
        return reading
    targets = {key_of(relation.target) for relation in reading.notice.relations}
    known = app.store.categories_of(targets)
    return replace(reading, notice=resolve(reading.notice, known, app.pipeline.lexicon))


def _read(snapshot: Snapshot, *, published: date | None) -> Reading:
    from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
    from controlwatch.adapters.files.documents import read_document
    from controlwatch.core.extraction import read as read_notice

    try:
        document = read_document(snapshot)
    except SourceError as error:
        # A challenge or an empty page is an answer too: the contract has kinds for them.
        return Reading(text="", notice=_no_document(error))
    notice = read_notice(document, load_lexicon(), published=published)
    return Reading(text=f"{document.title}\n{document.text}", notice=notice)


def _no_document(error: SourceError) -> Notice:
    kind = Kind.CHALLENGE if error.kind == "blocked" else Kind.EMPTY
    because = Ground(about="kind", value=kind.value, rule=NO_DOCUMENT.get(error.kind, "kind.empty"))
    return Notice(title="", language="other", kind=kind, doubts=(str(error),), grounds=(because,))


def _stdin() -> Snapshot:
    body = sys.stdin.buffer.read()
    return Snapshot(url="stdin:", final_url="stdin:", fetched_at=now(), status=200, headers=(), body=body)


def _is_url(path: str) -> bool:
    return path.startswith(("http://", "https://"))


def _print(notice: Notice) -> None:
    from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
    from controlwatch.adapters.channels.console import panel
    from controlwatch.core.rendering.card import card

    alert = Alert(kind="new", made_at=now(), title=notice.title, watcher="read", notice=notice)
    drawn = card(alert, load_lexicon(), language="both", why="", today=now().date())
    change = "a change of the rules" if notice.is_change else "no change of the rules"
    console.print(panel(replace(drawn, footer=(f"{notice.kind.value}: {change}",))))
