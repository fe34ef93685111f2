"""The item categories: what subscriptions and questions can be limited to."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from controlwatch.cli.common import (
    JsonOption,
    build_table,
    console,
    open_question_app,
    print_json,
    read_typed,
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel="Ask")(categories)


def categories(
    search: Annotated[
        str,
        typer.Argument(
            help="Only those that match an id, a name or an item: gallium, 镓, rare-earth.",
            callback=read_typed,
        ),
    ] = "",
    *,
    json: JsonOption = False,
) -> None:
    """List the item categories by group, with the numbers of notices and of subscriptions.

    A name is understood in any spelling: gallium, minor_metals.gallium, 镓, "rare earth", rare-earth. Exit
    status 2 when nothing matches.

    Example: controlwatch categories metal
    """
    with open_question_app() as app:
        lines = app.queries.list_categories(search)
    if json:
        print_json(lines)
        return
    drawn = build_table("Category", "English", "Chinese", "Notices", "Subscriptions")
    drawn.columns[0].no_wrap = True
    for line in lines:
        is_leaf = line.id != line.group
        name = Text(f"  {line.id}" if is_leaf else line.id, style="" if is_leaf else "bold")
        drawn.add_row(name, Text(line.en), Text(line.zh), str(line.notices), str(line.subscriptions or ""))
    console.print(drawn)
    groups = sum(line.is_group for line in lines)
    found = "1 group" if groups == 1 else f"{groups} groups"
    console.print(f"{len(lines) - groups} categories in {found}. A group covers its categories.")
