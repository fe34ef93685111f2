"""Ask: status, lookup, upcoming, compare, leads, known."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from controlwatch.cli.common import (
    JsonOption,
    build_table,
    console,
    find_subscription,
    limit_days,
    open_question_app,
    parse_day,
    print_json,
    read_number,
    read_typed,
    today,
)
from controlwatch.cli.completion import complete_category, complete_subject
from controlwatch.cli.law_view import build_differences_table, print_answer, print_cautions
from controlwatch.core.model.text_safety import to_one_line
from controlwatch.core.rendering.day_text import (
    add_known_day,
    format_beijing_day,
    format_date,
    spell_dates,
)

#: Days that `upcoming` looks ahead: ten years.
MAX_DAYS_AHEAD = 3660
DayOption = Annotated[
    str | None,
    typer.Option(
        "--on", help="The date to answer for, in Beijing: 2026-11-11, 11 Nov 2026, tomorrow. Default: today."
    ),
]
CategoryOption = Annotated[
    list[str] | None,
    typer.Option(
        "--category",
        help="Only this category or group or element, in any spelling: gallium, 镓, rare-earth. Repeatable.",
        autocompletion=complete_category,
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (status, lookup, upcoming, compare, leads, known):
        app.command(rich_help_panel="Ask")(command)


def status(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="CATEGORY|ELEMENT|NUMBER",
            help="battery, 稀土, Dy, MOFCOM 2025-61, 2024-46, …",
            callback=read_number,
            autocompletion=complete_subject,
        ),
    ],
    *,
    on: DayOption = None,
    json: JsonOption = False,
) -> None:
    """Show whether a notice or a category is in force on a date, and why.

    Prints the state with its last day, the clauses whose state differs, and the chain of notices that leads
    to it, each with the sentence that proves it. Exit status 2 when the subject is not known.

    Example: controlwatch status 'MOFCOM 2024-46' --on 2026-11-28
    """
    with open_question_app() as app:
        answer = app.queries.law.status(subject, on=parse_day(on) if on else today())
    if json:
        print_json(answer)
    else:
        from controlwatch.core.rendering.law_answers import answer_status

        print_answer(answer_status(answer, app.lexicon))


def lookup(
    query: Annotated[
        str,
        typer.Argument(
            metavar="TERM|HS|CODE",
            help="8507.60, 85076000, 3A001, 稀土, graphite, dysprosium, 镝, Dy, …",
            callback=read_typed,
        ),
    ],
    *,
    on: DayOption = None,
    json: JsonOption = False,
) -> None:
    """Show which notices and clauses control an item on a date.

    The item is an HS code, a control code, or a name in Chinese or English. Exit status 2 when it is not
    known.

    Example: controlwatch lookup 8507.60 --on 2026-11-11
    """
    with open_question_app() as app:
        found = app.queries.law.lookup(query, on=parse_day(on) if on else today())
    if json:
        print_json(found)
    else:
        from controlwatch.core.rendering.law_answers import answer_lookup

        print_answer(answer_lookup(found, app.lexicon))


def upcoming(
    *,
    days: Annotated[
        int,
        typer.Option(
            callback=limit_days(MAX_DAYS_AHEAD),
            help="How many days ahead: 1 to 3660, counted from today, or from --on.",
        ),
    ] = 30,
    on: Annotated[str | None, typer.Option(help="Count from this day (YYYY-MM-DD) instead of today.")] = None,
    category: CategoryOption = None,
    json: JsonOption = False,
) -> None:
    """Show what takes effect, ends or closes soon, including suspensions that end without a new notice.

    Example: controlwatch upcoming --days 60 --category battery
    """
    first = parse_day(on) if on else today()
    with open_question_app() as app:
        events = app.queries.law.upcoming(on=first, days=days, categories=category or ())
        coverage = app.queries.law.find_coverage(on=first)
        limits = app.queries.law.list_cautions(first, coverage)
    if json:
        print_json(events)
    else:
        from controlwatch.core.rendering.law_answers import answer_key_dates

        print_answer(
            answer_key_dates(events, app.lexicon, on=first, days=days, cautions=limits, coverage=coverage)
        )


def compare(
    *,
    subscription: Annotated[
        int | None, typer.Option(help="Only the categories of this subscription, by its number.")
    ] = None,
    first: Annotated[str, typer.Option("--from", help="The earlier date (YYYY-MM-DD).")],
    last: Annotated[
        str | None, typer.Option("--to", help="The later date (YYYY-MM-DD). Default: today.")
    ] = None,
    category: CategoryOption = None,
    json: JsonOption = False,
) -> None:
    """Show the notices whose status differs between two dates, and the acts that changed it.

    Example: controlwatch compare --from 2025-11-01 --to 2025-11-15 --category battery
    """
    until = parse_day(last) if last else today()
    with open_question_app() as app:
        categories = list(category or ())
        if subscription is not None:
            categories += find_subscription(app, subscription).categories
        found = app.queries.law.compare(first=parse_day(first), last=until, categories=categories)
        coverage = app.queries.law.find_coverage(on=until)
        limits = app.queries.law.list_cautions(until, coverage)
    if json:
        print_json(found)
        return
    if found:
        console.print(build_differences_table(found, app.lexicon))
    else:
        days = spell_dates(f"{until} than on {parse_day(first)}")
        console.print(add_known_day(f"No known notice has another status on {days}", coverage) + ".")
    print_cautions(limits)


def leads(
    *,
    closed: Annotated[bool, typer.Option("--closed", help="Also show closed leads.")] = False,
    json: JsonOption = False,
) -> None:
    """Show numbers that a series of notices skips and no source has shown: a person should look into them.

    Example: controlwatch leads --closed
    """
    with open_question_app() as app:
        found = app.queries.list_leads(closed=closed)
    if json:
        print_json(found)
        return
    drawn = build_table("Number", "Raised", "Why", "Closed by")
    for lead in found:
        drawn.add_row(
            Text(lead.subject),
            format_beijing_day(lead.raised_at),
            Text(lead.reason),
            Text(lead.closed_by or ""),
        )
    console.print(drawn if found else "No open leads.")


def known(
    *,
    disagreements: Annotated[
        bool,
        typer.Option("--disagreements", help="Only notices that differ from their pages."),
    ] = False,
    json: JsonOption = False,
) -> None:
    """List the register of known notices, and whether a source has shown each of them since.

    Example: controlwatch known --disagreements
    """
    with open_question_app() as app:
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
            format_date(line.issued) if line.issued else "not stated",
            Text(line.number or ""),
            "yes" if line.observed else "not yet",
            title,
        )
    console.print(drawn if found else "No notices.")
    console.print(
        f"{len(found)} notices; the reference database is based on evidence up to "
        f"{format_date(as_of) if as_of else 'an unknown day'}."
    )
