"""Answers of law as tables and lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from controlwatch.cli.common import build_cell, build_table, console
from controlwatch.core.law.status import LegalStatus
from controlwatch.core.model.text_safety import to_one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controlwatch.core.law.answers import (
        CategoryStatus,
        LookupResult,
        PartySearchResult,
        StatusDifference,
    )
    from controlwatch.core.law.explanation import StatusStep
    from controlwatch.core.model import KeyDate

STATE_STYLES = {
    "in-force": "red",
    "partly-suspended": "yellow",
    "suspended": "yellow",
    "not-yet": "cyan",
    "lapsed": "bright_black",
    "repealed": "bright_black",
    "unknown": "bright_black",
}


def _format_state(state: str, until: object = None) -> Text:
    return Text(f"{state} until {until}" if until else state, style=STATE_STYLES[state])


def print_status(answer: LegalStatus | CategoryStatus) -> None:
    """Print the status of a notice or of a category."""
    if isinstance(answer, LegalStatus):
        _print_notice_status(answer)
    else:
        _print_category_status(answer)


def _print_notice_status(found: LegalStatus) -> None:
    headline = Text(f"{to_one_line(found.number, 100)} on {found.on}: ", style="bold")
    console.print(headline.append_text(_format_state(found.state, found.until)))
    if found.title and found.title != found.number:
        console.print(Text(to_one_line(found.title, 300)))
    if found.since:
        console.print(Text(f"since {found.since}", style="bright_black"))
    if len(found.clauses) > 1:
        for part in found.clauses:
            console.print(build_cell(f"  {part.scope}: ").append_text(_format_state(part.state, part.until)))
    if found.chain:
        console.print(_build_steps_table(found.chain))
    print_cautions(found.cautions)


def _print_category_status(found: CategoryStatus) -> None:
    headline = Text(f"{found.category} on {found.on}: ", style="bold")
    console.print(headline.append_text(_format_state(found.state)))
    drawn = build_table("State", "Until", "Number", "Title")
    for item in found.notices:
        drawn.add_row(
            _format_state(item.state),
            str(item.until or ""),
            Text(to_one_line(item.number, 60)),
            Text(to_one_line(item.title, 120)),
        )
    console.print(drawn if found.notices else "No change that touches it was known by then.")
    print_cautions(found.cautions)


def print_lookup(found: LookupResult) -> None:
    """Print what a lookup found."""
    drawn = build_table("State", "Until", "Number", "Clause", "Category", "Proof")
    for hit in found.hits:
        drawn.add_row(
            _format_state(hit.state),
            str(hit.until or ""),
            Text(to_one_line(hit.number, 60)),
            build_cell(hit.clause),
            build_cell(hit.category),
            Text(to_one_line(hit.quote, 160)),
        )
    if found.hits:
        console.print(drawn)
    else:
        console.print(Text(f"Nothing known controls {found.query!r} on {found.on}."))
    print_cautions(found.cautions)


def build_events_table(events: Iterable[KeyDate]) -> object:
    """Return events as a table."""
    drawn = build_table("Day", "Event", "Number", "Categories", "Proof")
    for event in events:
        scope = f" ({event.scope})" if event.scope not in {"", "all"} else ""
        affects = f"\nof {', '.join(event.affects)}" if event.affects else ""
        drawn.add_row(
            str(event.date),
            Text("\n".join(to_one_line(line, 400) for line in (event.event + scope + affects).splitlines())),
            Text(to_one_line(event.number, 60)),
            build_cell(", ".join(event.categories), 600),
            Text(to_one_line(event.quote, 200)),
        )
    return drawn


def build_differences_table(found: Iterable[StatusDifference]) -> object:
    """Return differences as a table."""
    drawn = build_table("Number", "Before", "After", "Until", "Categories", "Because")
    for item in found:
        because = "\n".join(
            f"{link.date} {link.verb}: {to_one_line(link.number, 50)}" for link in item.because
        )
        drawn.add_row(
            Text(to_one_line(item.number, 60)),
            _format_state(item.before),
            _format_state(item.after),
            str(item.until or ""),
            build_cell(", ".join(item.categories), 600),
            Text(because),
        )
    return drawn


def print_parties(found: PartySearchResult) -> None:
    """Print the parties of a name."""
    drawn = build_table("Score", "Name", "List", "Number", "Since", "State")
    for match in found.matches:
        named = Text(to_one_line(match.en or match.zh, 100))
        if match.zh and match.en:
            named.append(f"\n{to_one_line(match.zh, 100)}", style="bright_black")
        drawn.add_row(
            str(match.score),
            named,
            Text(f"{match.list.removeprefix('entity.')} ({match.action})"),
            Text(to_one_line(match.number, 60)),
            str(match.since or "?"),
            _format_state(match.state, match.until),
        )
    if found.matches:
        console.print(Text("Possible matches, verify identity", style="bold yellow"))
        console.print(drawn)
    else:
        console.print(Text(f"No listed party known here resembles {found.query!r}."))
    print_cautions(found.cautions)


def _build_steps_table(chain: Iterable[StatusStep]) -> object:
    drawn = build_table("Day", "What", "By", "Clause", "Proof")
    for link in chain:
        drawn.add_row(
            str(link.date),
            build_cell(link.verb),
            Text(to_one_line(link.number, 60)),
            build_cell(link.clause),
            Text(to_one_line(link.quote, 200)),
        )
    return drawn


def print_cautions(cautions: Iterable[str]) -> None:
    """Print cautions, a line each."""
    for caution in cautions:
        console.print(Text(f"caution: {to_one_line(caution, 400)}", style="yellow"))
