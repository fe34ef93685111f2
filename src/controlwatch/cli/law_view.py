"""Answers of law as tables and lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from controlwatch.cli.common import cell, console, table
from controlwatch.core.law.status import Status
from controlwatch.core.model.text_safety import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controlwatch.core.law.answers import CategoryStatus, Difference, Found, Parties
    from controlwatch.core.law.explanation import Link
    from controlwatch.core.model import Event

STATES = {
    "in-force": "red",
    "partly-suspended": "yellow",
    "suspended": "yellow",
    "not-yet": "cyan",
    "lapsed": "bright_black",
    "repealed": "bright_black",
    "unknown": "bright_black",
}


def _state(state: str, until: object = None) -> Text:
    return Text(f"{state} until {until}" if until else state, style=STATES[state])


def draw_status(answer: Status | CategoryStatus) -> None:
    """Print the status of a notice or of a category."""
    if isinstance(answer, Status):
        _notice(answer)
    else:
        _category(answer)


def _notice(found: Status) -> None:
    headline = Text(f"{one_line(found.number, 100)} on {found.on}: ", style="bold")
    console.print(headline.append_text(_state(found.state, found.until)))
    if found.title and found.title != found.number:
        console.print(Text(one_line(found.title, 300)))
    if found.since:
        console.print(Text(f"since {found.since}", style="bright_black"))
    if len(found.clauses) > 1:
        for part in found.clauses:
            console.print(cell(f"  {part.scope}: ").append_text(_state(part.state, part.until)))
    if found.chain:
        console.print(_chain(found.chain))
    draw_cautions(found.cautions)


def _category(found: CategoryStatus) -> None:
    headline = Text(f"{found.category} on {found.on}: ", style="bold")
    console.print(headline.append_text(_state(found.state)))
    drawn = table("State", "Until", "Number", "Title")
    for item in found.notices:
        drawn.add_row(
            _state(item.state),
            str(item.until or ""),
            Text(one_line(item.number, 60)),
            Text(one_line(item.title, 120)),
        )
    console.print(drawn if found.notices else "No change that touches it was known by then.")
    draw_cautions(found.cautions)


def draw_found(found: Found) -> None:
    """Print what a lookup found."""
    drawn = table("State", "Until", "Number", "Clause", "Category", "Proof")
    for hit in found.hits:
        drawn.add_row(
            _state(hit.state),
            str(hit.until or ""),
            Text(one_line(hit.number, 60)),
            cell(hit.clause),
            cell(hit.category),
            Text(one_line(hit.quote, 160)),
        )
    if found.hits:
        console.print(drawn)
    else:
        console.print(Text(f"Nothing known controls {found.query!r} on {found.on}."))
    draw_cautions(found.cautions)


def events_table(events: Iterable[Event]) -> object:
    """Return events as a table."""
    drawn = table("Day", "Event", "Number", "Categories", "Proof")
    for event in events:
        scope = f" ({event.scope})" if event.scope not in {"", "all"} else ""
        affects = f"\nof {', '.join(event.affects)}" if event.affects else ""
        drawn.add_row(
            str(event.date),
            Text("\n".join(one_line(line, 400) for line in (event.event + scope + affects).splitlines())),
            Text(one_line(event.number, 60)),
            cell(", ".join(event.categories), 600),
            Text(one_line(event.quote, 200)),
        )
    return drawn


def differences_table(found: Iterable[Difference]) -> object:
    """Return differences as a table."""
    drawn = table("Number", "Before", "After", "Until", "Categories", "Because")
    for item in found:
        because = "\n".join(f"{link.date} {link.verb}: {one_line(link.number, 50)}" for link in item.because)
        drawn.add_row(
            Text(one_line(item.number, 60)),
            _state(item.before),
            _state(item.after),
            str(item.until or ""),
            cell(", ".join(item.categories), 600),
            Text(because),
        )
    return drawn


def draw_parties(found: Parties) -> None:
    """Print the parties of a name."""
    drawn = table("Score", "Name", "List", "Number", "Since", "State")
    for match in found.matches:
        named = Text(one_line(match.en or match.zh, 100))
        if match.zh and match.en:
            named.append(f"\n{one_line(match.zh, 100)}", style="bright_black")
        drawn.add_row(
            str(match.score),
            named,
            Text(f"{match.list.removeprefix('entity.')} ({match.action})"),
            Text(one_line(match.number, 60)),
            str(match.since or "?"),
            _state(match.state, match.until),
        )
    if found.matches:
        console.print(Text("Possible matches, verify identity", style="bold yellow"))
        console.print(drawn)
    else:
        console.print(Text(f"No listed party known here resembles {found.query!r}."))
    draw_cautions(found.cautions)


def _chain(chain: Iterable[Link]) -> object:
    drawn = table("Day", "What", "By", "Clause", "Proof")
    for link in chain:
        drawn.add_row(
            str(link.date),
            cell(link.verb),
            Text(one_line(link.number, 60)),
            cell(link.clause),
            Text(one_line(link.quote, 200)),
        )
    return drawn


def draw_cautions(cautions: Iterable[str]) -> None:
    """Print cautions, a line each."""
    for caution in cautions:
        console.print(Text(f"caution: {one_line(caution, 400)}", style="yellow"))
