"""Read documents, and print what is understood of them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from controlwatch.cli.common import (
    ExplainLanguageOption,
    ExplainOption,
    choose_explain_language,
    console,
    error_console,
    now,
    open_fetching_app,
    parse_day,
)
from controlwatch.core.model import Alert, Ground, Notice, NoticeKind, Snapshot, to_notice_key
from controlwatch.core.model.account import PageLanguage
from controlwatch.core.model.errors import SourceError, UsageError

if TYPE_CHECKING:
    from controlwatch.bootstrap.app import App
    from controlwatch.core.extraction.text.lexicon import Lexicon

#: A notice that was never published, in our own words.
SAMPLE = Path(__file__).parents[1] / "data" / "samples" / "notice.html"
#: The kind of a source error → the rule that says what the bytes are instead of a document.
NON_DOCUMENT_RULES = {"blocked": "kind.challenge", "garbled": "kind.garbled"}


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeReading:
    """A document and what was understood of it."""

    text: str  #: title and text as they were read; "" where the bytes are not a document
    notice: Notice


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel="Ask")(read)


def read(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH|URL|-...", help="HTML, text, PDF, DOCX, …; - for standard input."),
    ] = None,
    *,
    sample: Annotated[
        bool, typer.Option("--sample", help="Read the fictional sample notice that comes with the package.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object, as docs/read-json.md describes.")
    ] = False,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="Print one JSON object per line, in order, with its path.")
    ] = False,
    register: Annotated[
        bool,
        typer.Option(
            "--register/--no-register", help="Look up older notices, or read the document on its own."
        ),
    ] = True,
    published: Annotated[
        str | None, typer.Option(help="Publication date (YYYY-MM-DD) where the page shows none.")
    ] = None,
    explain: ExplainOption = False,
    full: Annotated[
        bool, typer.Option("--full", help="With --explain: show a long document in full.")
    ] = False,
    language: ExplainLanguageOption = None,
) -> None:
    """Read a document and print what an alert about it would say: the reading that the pipeline stores.

    Nothing is stored, and no alert is sent. Exit status 2 when a file cannot be read.

    Example: controlwatch read --sample --explain --language zh

    Example: controlwatch read notice.html --json --published 2026-01-06
    """
    paths = list(paths or ())
    if sample:
        paths.append(str(SAMPLE))
        error_console.print(Text(f"A fictional notice: {SAMPLE}", style="bright_black"), soft_wrap=True)
    if not paths:
        raise UsageError("name a file, an address or -; to try it on a sample: controlwatch read --sample")
    if len(paths) > 1 and not jsonl:
        raise UsageError("several documents are printed one per line: add --jsonl")
    if full and not explain:
        raise UsageError("--full changes what --explain shows: add --explain")
    shown = parse_day(published) if published else None
    explained_in = choose_explain_language(language, explain=explain, as_json=as_json or jsonl)
    print_reading = _choose_printer(
        as_json=as_json, jsonl=jsonl, explain=explain, full=full, language=explained_in
    )
    if not register and not any(_is_url(path) for path in paths):
        for path in paths:
            print_reading(path, read_snapshot(_load_file(path), published=shown))
        return
    with open_fetching_app() as app:
        for path in paths:
            print_reading(path, _read_with_app(app, path, published=shown, register=register))


def _choose_printer(
    *, as_json: bool, jsonl: bool, explain: bool, full: bool, language: PageLanguage
) -> Callable[[str, NoticeReading], None]:
    """Return what prints the reading of a path; with both JSON options, --jsonl counts."""
    from controlwatch.adapters.catalog.lexicon_loader import load_lexicon

    def print_as_json(path: str, reading: NoticeReading) -> None:
        from controlwatch.core.extraction.report.reading_json import list_evidence, to_json

        printed: dict[str, object] = {"path": path} if jsonl else {}
        printed |= to_json(reading.notice)
        if explain:
            printed |= {"evidence": list_evidence(reading.notice, load_lexicon())}
        typer.echo(json.dumps(printed, ensure_ascii=False, indent=None if jsonl else 2))

    def print_explained(_path: str, reading: NoticeReading) -> None:
        from controlwatch.cli.explain_view import print_explanation

        print_explanation(console, reading.text, reading.notice, load_lexicon(), full=full, language=language)

    def print_card(_path: str, reading: NoticeReading) -> None:
        from controlwatch.adapters.channels.console import render_panel
        from controlwatch.core.rendering.card import build_card
        from controlwatch.core.rendering.facts import CardContext

        notice = reading.notice
        alert = Alert(kind="new", made_at=now(), title=notice.title, watcher="read", notice=notice)
        card = build_card(alert, CardContext(lexicon=load_lexicon(), language="both", today=now().date()))
        change = "a change of the rules" if notice.is_change else "no change of the rules"
        console.print(render_panel(replace(card, footer=(f"{notice.kind.value}: {change}",))))

    if as_json or jsonl:
        return print_as_json
    return print_explained if explain else print_card


def _read_with_app(app: App, path: str, *, published: date | None, register: bool) -> NoticeReading:
    """Read a file or a fetched page, and look up the categories of the notices it acts on."""
    from controlwatch.core.extraction.extract import resolve_categories
    from controlwatch.services.intake import build_intake_watcher, fetch_page

    if _is_url(path):
        snapshot = fetch_page(path, build_intake_watcher(path, app.watchers), app.fetch)
    else:
        snapshot = _load_file(path)
    reading = read_snapshot(snapshot, published=published)
    if not register:
        return reading
    targets = {to_notice_key(relation.target) for relation in reading.notice.relations}
    known = app.store.notices.find_categories(targets)
    return replace(reading, notice=resolve_categories(reading.notice, known, app.lexicon))


def read_snapshot(
    snapshot: Snapshot, *, published: date | None, lexicon: Lexicon | None = None
) -> NoticeReading:
    """Return what a document says by itself, read with the shipped lexicon or another one.

    `published` is its day where it states none.
    """
    from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
    from controlwatch.adapters.files.documents import read_document
    from controlwatch.core.extraction.extract import read_notice

    try:
        document = read_document(snapshot)
    except SourceError as error:
        # A challenge or an empty page is an answer too: the contract has kinds for them.
        kind = NoticeKind.CHALLENGE if error.kind == "blocked" else NoticeKind.EMPTY
        rule = NON_DOCUMENT_RULES.get(error.kind, "kind.empty")
        ground = Ground(about="kind", value=kind.value, rule=rule)
        notice = Notice(title="", language="other", kind=kind, doubts=(str(error),), grounds=(ground,))
        return NoticeReading(text="", notice=notice)
    notice = read_notice(document, lexicon or load_lexicon(), published=published)
    return NoticeReading(text=f"{document.title}\n{document.text}", notice=notice)


def _load_file(path: str) -> Snapshot:
    """Return a file, or standard input, as a snapshot; raises `UsageError`."""
    from controlwatch.adapters.files.inbox import load_snapshot

    if path != "-":
        return load_snapshot(Path(path), url=None, now=now())
    body = sys.stdin.buffer.read()
    return Snapshot(url="stdin:", final_url="stdin:", fetched_at=now(), status=200, headers=(), body=body)


def _is_url(path: str) -> bool:
    return path.startswith(("http://", "https://"))
