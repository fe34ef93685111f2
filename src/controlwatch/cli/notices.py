"""Ask: latest, show, history."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from controlwatch.cli.common import (
    JsonOption,
    build_table,
    console,
    now,
    open_cli_app,
    print_json,
    to_json_value,
)
from controlwatch.core.model.text_safety import strip_hidden, to_one_line
from controlwatch.core.rendering.palette import TONE_COLOURS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.table import Table

    from controlwatch.core.extraction import Lexicon
    from controlwatch.core.law.answers import HistoryStep, NoticeLine, NoticeRecord, Revision


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(rich_help_panel="Ask")(latest)
    app.command(rich_help_panel="Ask")(show)
    app.command(rich_help_panel="Ask")(history)


def latest(
    *,
    days: Annotated[
        int | None, typer.Option(min=1, help="Only what we first saw in the last so many days.")
    ] = None,
    category: Annotated[
        str | None, typer.Option(help="A category or group: battery, rare_earth.magnets, …")
    ] = None,
    issuer: Annotated[str | None, typer.Option(help="An issuer: MOFCOM, 海关总署, …")] = None,
    search: Annotated[
        str | None, typer.Option(help="Words that title or text must contain, such as 稀土.")
    ] = None,
    changes: Annotated[bool, typer.Option("--changes", help="Only changes of the rules.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20,
    json: JsonOption = False,
) -> None:
    """The newest notices.

    Example: controlwatch latest --category rare_earth --changes
    """
    with open_cli_app() as app:
        lines = app.queries.latest(
            now=now(),
            days=days,
            category=category,
            issuer=issuer,
            containing=search,
            changes_only=changes,
            limit=limit,
        )
    if json:
        print_json(lines)
    elif lines:
        console.print(_build_latest_table(lines))
    else:
        console.print("Nothing matches. Has a poll run yet? See: controlwatch watchers")


def show(
    notice: Annotated[
        str,
        typer.Argument(help="A number in any spelling (MOFCOM 2025-61, 商务部公告2025年第61号) or a URL."),
    ],
    *,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show the words that prove, and why each conclusion was drawn.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Everything we hold about a notice: what it says, with the proof; its copies, versions and annexes."""
    with open_cli_app() as app:
        record = app.queries.show(notice)
        if json:
            print_json(_add_evidence(record, app.lexicon) if explain else record)
        elif explain:
            text = f"{record.notice.title}\n{record.text}"
            from controlwatch.cli.explain_view import print_explanation as explained

            explained(console, text, record.notice, app.lexicon)
        else:
            _print_record(record)


def history(
    subject: Annotated[
        str, typer.Argument(help="A category (battery.liion), a group (rare_earth) or a number.")
    ],
    *,
    json: JsonOption = False,
) -> None:
    """How a control came to be what it is: every change, in order of time."""
    with open_cli_app() as app:
        steps = app.queries.law.history(subject)
    if json:
        print_json(steps)
    elif steps:
        console.print(_build_history_table(steps))
    else:
        console.print(f"No change that touches {subject} is known here yet.")


def _build_latest_table(lines: Iterable[NoticeLine]) -> Table:
    drawn = build_table()
    for column in ("Published", "Number", "Direction", "Effective"):
        drawn.add_column(column, no_wrap=True)
    drawn.add_column("Title and categories", overflow="fold")
    for line in lines:
        word = line.direction if line.is_change else "report" if not line.official else "no change"
        title = Text(to_one_line(line.title, 160))
        if line.categories:
            title.append("\n" + ", ".join(line.categories), style="bright_black")
        drawn.add_row(
            str(line.published or "?"),
            Text(to_one_line(line.number or "", 80)),
            Text(word, style=TONE_COLOURS.get(line.direction, "") if line.is_change else "bright_black"),
            "\n".join(_list_dates(line)),
            title,
        )
    return drawn


def _list_dates(line: NoticeLine) -> Iterator[str]:
    for found in line.effective:
        yield str(found.start or "not stated")
        if found.until is not None:
            yield f"→ {found.until}"


def _build_history_table(steps: Iterable[HistoryStep]) -> Table:
    drawn = build_table("Day", "What", "Number", "Title", "Proof")
    for step in steps:
        style = TONE_COLOURS.get(step.direction, "")
        drawn.add_row(
            str(step.date or "?"),
            Text(to_one_line(step.what, 200), style=style),
            Text(to_one_line(step.number, 80)),
            Text(to_one_line(step.title, 80)),
            Text(to_one_line(step.quote, 120)),
        )
    return drawn


def _add_evidence(record: NoticeRecord, lexicon: Lexicon) -> dict[str, object]:
    printed = {item.name: to_json_value(getattr(record, item.name)) for item in fields(record)}
    from controlwatch.core.extraction.report.reading_json import list_evidence

    return printed | {"evidence": list_evidence(record.notice, lexicon)}


def _print_record(record: NoticeRecord) -> None:
    line, notice = record.line, record.notice
    console.print(
        Text(
            f"{line.number or 'no number'} · {line.direction}",
            style=f"bold {TONE_COLOURS.get(line.direction, '')}",
        )
    )
    console.print(Text(to_one_line(line.title, 400), style="bold"))
    for text in (notice.summary.en, notice.summary.zh):
        console.print(Text(strip_hidden(text)))
    console.print(_build_findings_table(record))
    for doubt in notice.doubts:
        console.print(Text(to_one_line(f"doubt: {doubt}", 500), style="yellow"))
    _print_copies(record)
    for act in record.acts:
        console.print(
            Text(f"{act.verb} by {act.key} ({act.published}): {act.title} 「{to_one_line(act.quote, 160)}」")
        )
    for revision in record.revisions[1:]:
        _print_revision(revision)


def _build_findings_table(record: NoticeRecord) -> Table:
    drawn = build_table()
    drawn.add_column("Finding", no_wrap=True)
    drawn.add_column("Value", overflow="fold", ratio=2)
    drawn.add_column("Proof", overflow="fold", ratio=3)
    before = ""
    for name, value, proof in _list_conclusions(record):
        # One sentence often proves many things; it is printed where it proves the first.
        drawn.add_row(
            name,
            Text(to_one_line(value, 400)),
            Text("〃" if proof and proof == before else to_one_line(proof, 300)),
        )
        before = proof
    return drawn


def _list_conclusions(record: NoticeRecord) -> Iterator[tuple[str, str, str]]:
    notice = record.notice
    yield "kind", f"{notice.kind.value}, {'a change' if notice.is_change else 'no change'} of the rules", ""
    yield "published", str(record.line.published or "not stated"), ""
    for found in notice.effective:
        span = str(found.start or "not stated") + (f" → {found.until}" if found.until else "")
        yield "effective", f"{span} ({found.scope}, {found.basis})", found.quote
    for deadline in notice.deadlines:
        yield deadline.kind, str(deadline.date), deadline.quote
    for category in notice.categories:
        yield "category", f"{category.id} ({category.basis})", category.quote
    for name, codes in (("HS code", notice.hs_codes), ("control code", notice.control_codes)):
        for code in codes:
            yield name, code.code, code.quote
    for relation in notice.relations:
        yield (
            "relation",
            f"{relation.verb.value} {relation.target} {relation.clause or ''}".rstrip(),
            relation.quote,
        )


def _print_copies(record: NoticeRecord) -> None:
    for standing in record.standings:
        note = "  words differ from the notice's own address!" if standing.differs else ""
        console.print(
            Text(f"{standing.url}  ({standing.watcher}){note}", style="yellow" if note else "bright_black")
        )
    for annex in record.annexes:
        doubt = f"  {annex.doubt}" if annex.doubt else ""
        console.print(
            Text(f"annex: {annex.name}  {annex.url}{doubt}", style="yellow" if doubt else "bright_black")
        )


def _print_revision(revision: Revision) -> None:
    console.print(
        Text(f"{revision.kind} {revision.made_at:%Y-%m-%d %H:%M} UTC  {revision.url}", style="bold")
    )
    for moved in revision.moved:
        console.print(Text(f"  {moved}"))
    if revision.redline:
        from controlwatch.adapters.channels.console import render_redline

        console.print(render_redline(revision.redline))
