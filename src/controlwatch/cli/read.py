"""Read one document, or many, and print what the system understands of it."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from controlwatch.cli.common import console, now, open_cli_app, parse_day
from controlwatch.core.model import Alert, Ground, Notice, NoticeKind, Snapshot, to_notice_key
from controlwatch.core.model.errors import SourceError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from controlwatch.bootstrap import App

#: An error of the source → the rule that tells what the bytes are instead of a document.
NON_DOCUMENT_RULES = {"blocked": "kind.challenge", "garbled": "kind.garbled"}


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeReading:
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
    shown = parse_day(published) if published else None
    printing = _choose_printer(as_json=as_json, jsonl=jsonl, explain=explain, full=full)
    if not register and not any(_is_url(path) for path in paths):
        for path in paths:
            printing(path, _read_alone(path, published=shown))
        return
    with open_cli_app() as app:
        for path in paths:
            printing(path, _read_with_register(app, path, published=shown, register=register))


def _choose_printer(
    *, as_json: bool, jsonl: bool, explain: bool, full: bool
) -> Callable[[str, NoticeReading], None]:
    """Return how a reading is printed; of JSON and a line of it, the line counts."""
    if full and not explain:
        raise UsageError("--full says how --explain shows a document: add --explain")
    if jsonl:
        return lambda path, reading: _print_json(
            {"path": path, **_build_json(reading, explain=explain)}, indent=None
        )
    if as_json:
        return lambda _, reading: _print_json(_build_json(reading, explain=explain), indent=2)
    if explain:
        return lambda _, reading: _print_explanation(reading, full=full)
    return lambda _, reading: _print_card(reading.notice)


def _build_json(reading: NoticeReading, *, explain: bool) -> dict[str, object]:
    from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
    from controlwatch.core.extraction.report.reading_json import list_evidence, to_json

    printed = to_json(reading.notice)
    return printed | ({"evidence": list_evidence(reading.notice, load_lexicon())} if explain else {})


def _print_json(printed: dict[str, object], *, indent: int | None) -> None:
    typer.echo(json.dumps(printed, ensure_ascii=False, indent=indent))


def _print_explanation(reading: NoticeReading, *, full: bool) -> None:
    from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
    from controlwatch.cli.explain_view import print_explanation

    print_explanation(console, reading.text, reading.notice, load_lexicon(), full=full)


def _read_alone(path: str, *, published: date | None) -> NoticeReading:
    from controlwatch.adapters.files.inbox import load_snapshot

    snapshot = _read_stdin() if path == "-" else load_snapshot(Path(path), url=None, now=now())
    return _read_snapshot(snapshot, published=published)


def _read_with_register(app: App, path: str, *, published: date | None, register: bool) -> NoticeReading:
    from controlwatch.adapters.files.inbox import load_snapshot
    from controlwatch.core.extraction import resolve_categories
    from controlwatch.services.intake import build_intake_watcher, fetch_page

    if _is_url(path):
        snapshot = fetch_page(path, build_intake_watcher(path, app.watchers), app.fetch)
    else:
        snapshot = _read_stdin() if path == "-" else load_snapshot(Path(path), url=None, now=now())
    reading = _read_snapshot(snapshot, published=published)
    if not register:
        return reading
    targets = {to_notice_key(relation.target) for relation in reading.notice.relations}
    known = app.store.notices.find_categories(targets)
    return replace(reading, notice=resolve_categories(reading.notice, known, app.lexicon))


def _read_snapshot(snapshot: Snapshot, *, published: date | None) -> NoticeReading:
    from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
    from controlwatch.adapters.files.documents import read_document
    from controlwatch.core.extraction import read_notice

    try:
        document = read_document(snapshot)
    except SourceError as error:
        # A challenge or an empty page is an answer too: the contract has kinds for them.
        return NoticeReading(text="", notice=_build_non_document(error))
    notice = read_notice(document, load_lexicon(), published=published)
    return NoticeReading(text=f"{document.title}\n{document.text}", notice=notice)


def _build_non_document(error: SourceError) -> Notice:
    kind = NoticeKind.CHALLENGE if error.kind == "blocked" else NoticeKind.EMPTY
    because = Ground(about="kind", value=kind.value, rule=NON_DOCUMENT_RULES.get(error.kind, "kind.empty"))
    return Notice(title="", language="other", kind=kind, doubts=(str(error),), grounds=(because,))


def _read_stdin() -> Snapshot:
    body = sys.stdin.buffer.read()
    return Snapshot(url="stdin:", final_url="stdin:", fetched_at=now(), status=200, headers=(), body=body)


def _is_url(path: str) -> bool:
    return path.startswith(("http://", "https://"))


def _print_card(notice: Notice) -> None:
    from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
    from controlwatch.adapters.channels.console import render_panel
    from controlwatch.core.rendering.card import build_card
    from controlwatch.core.rendering.facts import CardContext

    alert = Alert(kind="new", made_at=now(), title=notice.title, watcher="read", notice=notice)
    context = CardContext(lexicon=load_lexicon(), language="both", today=now().date())
    drawn = build_card(alert, context)
    change = "a change of the rules" if notice.is_change else "no change of the rules"
    console.print(render_panel(replace(drawn, footer=(f"{notice.kind.value}: {change}",))))
