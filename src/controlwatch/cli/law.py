"""Ask of the law: status, lookup, upcoming, compare, entity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from controlwatch.cli.common import (
    JsonOption,
    build_table,
    console,
    open_cli_app,
    parse_day,
    print_json,
    today,
)
from controlwatch.cli.law_view import (
    build_differences_table,
    build_events_table,
    print_cautions,
    print_lookup,
    print_parties,
    print_status,
)
from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.text_safety import to_one_line

if TYPE_CHECKING:
    from controlwatch.bootstrap import App

DayOption = Annotated[
    str | None, typer.Option("--on", help="The day asked about (YYYY-MM-DD, Beijing). Default: today.")
]
CategoryOption = Annotated[
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
    on: DayOption = None,
    json: JsonOption = False,
) -> None:
    """Is it in force on a day? With the clauses that fare differently, and the chain that makes it so.

    Example: controlwatch status 'MOFCOM 2024-46' --on 2026-11-28
    """
    with open_cli_app() as app:
        answer = app.queries.law.status(subject, on=parse_day(on) if on else today())
    if json:
        print_json(answer)
    else:
        print_status(answer)


def lookup(
    query: Annotated[
        str,
        typer.Argument(metavar="TERM|HS|CODE", help="8507.60, 85076000, 3A001, 稀土, graphite, …"),
    ],
    *,
    on: DayOption = None,
    json: JsonOption = False,
) -> None:
    """What controls an item on a day, by which notice and clause.

    Example: controlwatch lookup 8507.60 --on 2026-11-11
    """
    with open_cli_app() as app:
        found = app.queries.law.lookup(query, on=parse_day(on) if on else today())
    if json:
        print_json(found)
    else:
        print_lookup(found)


def upcoming(
    *,
    days: Annotated[int, typer.Option(min=1, max=3660)] = 30,
    on: Annotated[str | None, typer.Option(help="Count from this day (YYYY-MM-DD) instead of today.")] = None,
    category: CategoryOption = None,
    json: JsonOption = False,
) -> None:
    """What takes effect, ends or closes soon; suspensions that end in silence, too."""
    first = parse_day(on) if on else today()
    with open_cli_app() as app:
        events = app.queries.law.upcoming(on=first, days=days, categories=category or ())
        limits = app.queries.law.list_cautions(first)
    if json:
        print_json(events)
        return
    if events:
        console.print(build_events_table(events))
    else:
        console.print(f"Nothing known takes effect, ends or closes within {days} days of {first}.")
    print_cautions(limits)


def compare(
    *,
    subscription: Annotated[
        int | None, typer.Option(help="Only the categories of this subscription, by its number.")
    ] = None,
    first: Annotated[str, typer.Option("--from", help="The earlier day (YYYY-MM-DD).")],
    last: Annotated[str | None, typer.Option("--to", help="The later day. Default: today.")] = None,
    category: CategoryOption = None,
    json: JsonOption = False,
) -> None:
    """What stands otherwise on one day than on another.

    Example: controlwatch compare --from 2025-11-01 --to 2025-11-15 --category battery
    """
    until = parse_day(last) if last else today()
    with open_cli_app() as app:
        wanted = (*(category or ()), *_find_subscribed_categories(app, subscription))
        found = app.queries.law.compare(first=parse_day(first), last=until, categories=wanted)
        limits = app.queries.law.list_cautions(until)
    if json:
        print_json(found)
        return
    if found:
        console.print(build_differences_table(found))
    else:
        console.print(f"Nothing known stands otherwise on {until} than on {first}.")
    print_cautions(limits)


def entity(
    name: Annotated[str, typer.Argument(help="A name or a part of it, Chinese or English.")],
    *,
    on: DayOption = None,
    json: JsonOption = False,
) -> None:
    """Is a party of this name listed? Possible matches, never an identification.

    Example: controlwatch entity 'Shield AI'
    """
    with open_cli_app() as app:
        found = app.queries.law.find_parties(name, on=parse_day(on) if on else today())
    if json:
        print_json(found)
    else:
        print_parties(found)


def leads(
    *,
    closed: Annotated[bool, typer.Option("--closed", help="Those that have been closed, too.")] = False,
    json: JsonOption = False,
) -> None:
    """What a person should look into: numbers that a series skips and nobody has seen."""
    with open_cli_app() as app:
        found = app.queries.list_leads(closed=closed)
    if json:
        print_json(found)
        return
    drawn = build_table("Number", "Raised", "Why", "Closed by")
    for lead in found:
        closed_by = Text(lead.closed_by or "")
        drawn.add_row(Text(lead.subject), f"{lead.raised_at:%Y-%m-%d}", Text(lead.reason), closed_by)
    console.print(drawn if found else "Nothing is waiting to be looked into.")


def known(
    *,
    disagreements: Annotated[
        bool, typer.Option("--disagreements", help="Only where a page as read and the register differ.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """The register of known notices, and whether a watcher has observed them since."""
    with open_cli_app() as app:
        found = app.queries.law.list_registered(disagreements=disagreements)
        as_of = app.store.register.find_date()
    if json:
        print_json(found)
        return
    drawn = build_table("Issued", "Number", "Observed", "Title")
    for line in found:
        title = Text(to_one_line(line.title, 120))
        for doubt in line.disagreements:
            title.append(f"\n{to_one_line(doubt, 300)}", style="yellow")
        drawn.add_row(
            str(line.issued or "?"), Text(line.number or ""), "yes" if line.observed else "not yet", title
        )
    console.print(drawn if found else "None.")
    console.print(f"{len(found)} notices; the register rests on evidence up to {as_of}.")


def _find_subscribed_categories(app: App, number: int | None) -> tuple[str, ...]:
    if number is None:
        return ()
    found = next((item for item in app.store.subscriptions.list_active() if item.id == number), None)
    if found is None:
        raise UsageError(f"there is no active subscription {number}; see: controlwatch subscriptions")
    return found.categories
