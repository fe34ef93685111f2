"""Ask of the law: status, lookup, upcoming, compare, entity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from controlwatch.cli.common import Json, console, day, opened, print_json, table, today
from controlwatch.cli.law_view import (
    differences_table,
    draw_cautions,
    draw_found,
    draw_parties,
    draw_status,
    events_table,
)
from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.text_safety import one_line

if TYPE_CHECKING:
    from controlwatch.bootstrap import App

On = Annotated[
    str | None, typer.Option("--on", help="The day asked about (YYYY-MM-DD, Beijing). Default: today.")
]
Categories = Annotated[
    list[str] | None, typer.Option("--category", help="Only this category or group. Repeatable.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (status, lookup, upcoming, compare, entity, leads, known):
        app.command(rich_help_panel="Ask")(command)


def status(
    subject: Annotated[
        str, typer.Argument(metavar="CATEGORY|NUMBER", help="battery, 稀土, MOFCOM 2025-61, 2024-46, …")
    ],
    *,
    on: On = None,
    json: Json = False,
) -> None:
    """Is it in force on a day? With the clauses that fare differently, and the chain that makes it so.

    Example: controlwatch status 'MOFCOM 2024-46' --on 2026-11-28
    """
    with opened() as app:
        answer = app.queries.status(subject, on=day(on) if on else today())
    if json:
        print_json(answer)
    else:
        draw_status(answer)


def lookup(
    query: Annotated[
        str,
        typer.Argument(metavar="TERM|HS|CODE", help="8507.60, 85076000, 3A001, 稀土, graphite, …"),
    ],
    *,
    on: On = None,
    json: Json = False,
) -> None:
    """What controls an item on a day, by which notice and clause.

    Example: controlwatch lookup 8507.60 --on 2026-11-11
    """
    with opened() as app:
        found = app.queries.lookup(query, on=day(on) if on else today())
    if json:
        print_json(found)
    else:
        draw_found(found)


def upcoming(
    *,
    days: Annotated[int, typer.Option(min=1, max=3660)] = 30,
    on: Annotated[str | None, typer.Option(help="Count from this day (YYYY-MM-DD) instead of today.")] = None,
    category: Categories = None,
    json: Json = False,
) -> None:
    """What takes effect, ends or closes soon; suspensions that end in silence, too."""
    first = day(on) if on else today()
    with opened() as app:
        events = app.queries.upcoming(on=first, days=days, categories=category or ())
        limits = app.queries.limits(first)
    if json:
        print_json(events)
        return
    if events:
        console.print(events_table(events))
    else:
        console.print(f"Nothing known takes effect, ends or closes within {days} days of {first}.")
    draw_cautions(limits)


def compare(
    *,
    subscription: Annotated[
        int | None, typer.Option(help="Only the categories of this subscription, by its number.")
    ] = None,
    first: Annotated[str, typer.Option("--from", help="The earlier day (YYYY-MM-DD).")],
    last: Annotated[str | None, typer.Option("--to", help="The later day. Default: today.")] = None,
    category: Categories = None,
    json: Json = False,
) -> None:
    """What stands otherwise on one day than on another.

    Example: controlwatch compare --from 2025-11-01 --to 2025-11-15 --category battery
    """
    until = day(last) if last else today()
    with opened() as app:
        wanted = (*(category or ()), *_categories_of(app, subscription))
        found = app.queries.compare(first=day(first), last=until, categories=wanted)
        limits = app.queries.limits(until)
    if json:
        print_json(found)
        return
    if found:
        console.print(differences_table(found))
    else:
        console.print(f"Nothing known stands otherwise on {until} than on {first}.")
    draw_cautions(limits)


def entity(
    name: Annotated[str, typer.Argument(help="A name or a part of it, Chinese or English.")],
    *,
    on: On = None,
    json: Json = False,
) -> None:
    """Is a party of this name listed? Possible matches, never an identification.

    Example: controlwatch entity 'Shield AI'
    """
    with opened() as app:
        found = app.queries.entity(name, on=day(on) if on else today())
    if json:
        print_json(found)
    else:
        draw_parties(found)


def leads(
    *,
    closed: Annotated[bool, typer.Option("--closed", help="Those that have been closed, too.")] = False,
    json: Json = False,
) -> None:
    """What a person should look into: numbers that a series skips and nobody has seen."""
    with opened() as app:
        found = app.queries.leads(closed=closed)
    if json:
        print_json(found)
        return
    drawn = table("Number", "Raised", "Why", "Closed by")
    for lead in found:
        closed_by = Text(lead.closed_by or "")
        drawn.add_row(Text(lead.subject), f"{lead.raised_at:%Y-%m-%d}", Text(lead.reason), closed_by)
    console.print(drawn if found else "Nothing is waiting to be looked into.")


def known(
    *,
    disagreements: Annotated[
        bool, typer.Option("--disagreements", help="Only where a page as read and the register differ.")
    ] = False,
    json: Json = False,
) -> None:
    """The register of known notices, and whether a watcher has observed them since."""
    with opened() as app:
        found = app.queries.registered(disagreements=disagreements)
        as_of = app.queries.books.register_as_of()
    if json:
        print_json(found)
        return
    drawn = table("Issued", "Number", "Observed", "Title")
    for line in found:
        title = Text(one_line(line.title, 120))
        for doubt in line.disagreements:
            title.append(f"\n{one_line(doubt, 300)}", style="yellow")
        drawn.add_row(
            str(line.issued or "?"), Text(line.number or ""), "yes" if line.observed else "not yet", title
        )
    console.print(drawn if found else "None.")
    console.print(f"{len(found)} notices; the register rests on evidence up to {as_of}.")


def _categories_of(app: App, number: int | None) -> tuple[str, ...]:
    if number is None:
        return ()
    found = next((item for item in app.store.subscriptions() if item.id == number), None)
    if found is None:
        raise UsageError(f"there is no active subscription {number}; see: controlwatch subscriptions")
    return found.categories
