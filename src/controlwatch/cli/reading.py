"""Read one document, or many, and print what the system understands of it."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from controlwatch.cli.common import console, day, now, opened
from controlwatch.core.errors import SourceError, UsageError
from controlwatch.core.model import Alert, Kind, Notice, Snapshot, key_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from controlwatch.app import App


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
) -> None:
    """What would you have alerted on this page? Prints the same reading that the pipeline stores.

    Example: controlwatch read notice.html --json --published 2026-01-06
    """
    if len(paths) > 1 and not jsonl:
        raise UsageError("several documents are printed one a line: add --jsonl")
    shown = day(published) if published else None
    if not register and not any(_is_url(path) for path in paths):
        _print_all(paths, lambda path: _alone(path, published=shown), as_json=as_json, jsonl=jsonl)
        return
    with opened() as app:
        _print_all(
            paths,
            lambda path: _known(app, path, published=shown, register=register),
            as_json=as_json,
            jsonl=jsonl,
        )


def _print_all(paths: Iterable[str], reading: Callable[[str], Notice], *, as_json: bool, jsonl: bool) -> None:
    from controlwatch.core.reading.contract import to_json

    for path in paths:
        notice = reading(path)
        if jsonl:
            typer.echo(json.dumps({"path": path, **to_json(notice)}, ensure_ascii=False))
        elif as_json:
            typer.echo(json.dumps(to_json(notice), ensure_ascii=False, indent=2))
        else:
            _print(notice)


def _alone(path: str, *, published: date | None) -> Notice:
    from controlwatch.inbox import from_file

    snapshot = _stdin() if path == "-" else from_file(Path(path), url=None, now=now())
    return _read(snapshot, published=published)


def _known(app: App, path: str, *, published: date | None, register: bool) -> Notice:
    from controlwatch.core.reading import resolve
    from controlwatch.inbox import from_file, from_url, watcher_for

    if _is_url(path):
        snapshot = from_url(path, app.pipeline, watcher_for(path, app.watchers))
    else:
        snapshot = _stdin() if path == "-" else from_file(Path(path), url=None, now=now())
    notice = _read(snapshot, published=published)
    if not register:
        return notice
    known = app.store.categories_of({key_of(relation.target) for relation in notice.relations})
    return resolve(notice, known, app.pipeline.lexicon)


def _read(snapshot: Snapshot, *, published: date | None) -> Notice:
    from controlwatch.adapters.documents import read_document
    from controlwatch.adapters.lexicon import load_lexicon
    from controlwatch.core.reading import read as read_notice

    try:
        document = read_document(snapshot)
    except SourceError as error:
        # A challenge or an empty page is an answer too: the contract has kinds for them.
        return Notice(title="", language="other", kind=_kind(error), doubts=(str(error),))
    return read_notice(document, load_lexicon(), published=published)


def _kind(error: SourceError) -> Kind:
    return Kind.CHALLENGE if error.kind == "blocked" else Kind.EMPTY


def _stdin() -> Snapshot:
    body = sys.stdin.buffer.read()
    return Snapshot(url="stdin:", final_url="stdin:", fetched_at=now(), status=200, headers=(), body=body)


def _is_url(path: str) -> bool:
    return path.startswith(("http://", "https://"))


def _print(notice: Notice) -> None:
    from controlwatch.adapters.console import panel
    from controlwatch.adapters.lexicon import load_lexicon
    from controlwatch.core.render.message import card

    alert = Alert(kind="new", made_at=now(), title=notice.title, watcher="read", notice=notice)
    drawn = card(alert, load_lexicon(), language="both", why="", today=now().date())
    change = "a change of the rules" if notice.is_change else "no change of the rules"
    console.print(panel(replace(drawn, footer=(f"{notice.kind.value}: {change}",))))
