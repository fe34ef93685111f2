"""Prove: verify."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from controlwatch.cli.common import Json, console, opened, print_json, working
from controlwatch.core.custody import noted

if TYPE_CHECKING:
    from controlwatch.core.custody import Verdict


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(rich_help_panel="Prove")(verify)


def verify(
    *,
    head: Annotated[
        list[str] | None,
        typer.Option(help="A head noted earlier, SEQ:HASH; it must still be in the chain. Repeatable."),
    ] = None,
    json: Json = False,
) -> None:
    """Prove that nothing kept was altered: the chain of custody, every row and all bytes.

    Prints the head of the chain: note it somewhere else, and give it back with --head.
    Exit status 1 names the first broken link.
    """
    from controlwatch.verifying import verify as verified

    heads = [noted(text) for text in head or ()]
    with opened() as app, working("verifying") as show:
        verdict = verified(app.store, app.pipeline.archive, noted=heads, progress=show)
    if json:
        print_json(_printed(verdict))
    else:
        _tell(verdict)
    raise typer.Exit(0 if verdict.sound else 1)


def _printed(verdict: Verdict) -> dict[str, object]:
    return {
        "sound": verdict.sound,
        "head": str(verdict.head),
        "entries": verdict.head.seq,
        "snapshots": verdict.snapshots,
        "versions": verdict.versions,
        "entered_late": verdict.late,
        "first": str(verdict.faults[0]) if verdict.faults else None,
        "counts": verdict.counts,
        "faults": verdict.faults,
    }


def _tell(verdict: Verdict) -> None:
    said = f"{verdict.head.seq} entries, {verdict.snapshots} snapshots, {verdict.versions} versions"
    if verdict.late:
        said += f"; {verdict.late} held before the log began"
    console.print(Text(said))
    for head in verdict.found:
        console.print(Text(f"noted head {head.seq} is in the chain", style="green"))
    console.print(Text(f"head {verdict.head}", overflow="fold"), soft_wrap=True)
    if verdict.sound:
        console.print(Text("Nothing was altered since it was entered.", style="green"))
        return
    first, *others = verdict.faults
    console.print(Text(f"First broken link: {first}", style="red"), soft_wrap=True)
    for fault in others[:20]:
        console.print(Text(str(fault)), soft_wrap=True)
    counted = ", ".join(f"{count} × {kind}" for kind, count in verdict.counts.items())
    console.print(Text(f"In all: {counted}", style="red"))
