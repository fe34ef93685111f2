"""Answers about the law as tables and lines of the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from controlwatch.cli.common import build_cell, build_table, console
from controlwatch.core.model.text_safety import to_one_line

if TYPE_CHECKING:
    from controlwatch.core.extraction.text.lexicon import Lexicon
    from controlwatch.core.law.answers import StatusDifference
    from controlwatch.core.rendering.law_answers import LawAnswer

#: A state with an announced measure is long: it must not squeeze the number beside it.
MAX_STATE_WIDTH = 27
#: Columns that are not broken into lines, unless a title stands there in place of a number.
UNBROKEN_COLUMNS, MAX_NUMBER = frozenset({"Date", "Number", "Notice"}), 26
STATE_STYLES = {
    "in-force": "red",
    "partly-suspended": "yellow",
    "suspended": "yellow",
    "not-yet": "cyan",
    "lapsed": "bright_black",
    "repealed": "bright_black",
    "unknown": "bright_black",
}


def print_answer(answer: LawAnswer) -> None:
    """Print the title with its state, notes, what it rests on, the tables that have rows, and cautions."""
    from controlwatch.core.rendering.proof_text import format_proof

    title = Text(to_one_line(answer.title, 150), style="bold")
    if answer.state:
        title.append(": ").append(answer.state_text, style=STATE_STYLES[answer.state])
    console.print(title)
    for note in answer.notes:
        console.print(Text(to_one_line(note, 300)))
    if answer.basis:  # beside the state: it says up to when the state is known
        console.print(Text(answer.basis, style="bright_black"))
    for table in answer.tables:
        if not table.rows:
            continue
        has_state = any(row.state for row in table.rows)
        has_quote = any(row.quote for row in table.rows)
        drawn = build_table(
            *(["State"] if has_state else []), *table.columns, *(["Proof"] if has_quote else [])
        )
        if has_state:
            drawn.columns[0].max_width = MAX_STATE_WIDTH
        for column, cells_below in zip(
            drawn.columns[has_state:], zip(*(row.cells for row in table.rows), strict=True), strict=False
        ):
            column.no_wrap = column.header in UNBROKEN_COLUMNS and max(map(len, cells_below)) <= MAX_NUMBER
        for row in table.rows:
            cells = [build_cell(cell, 600) for cell in row.cells]
            if has_state:
                cells.insert(0, Text(row.state_text, style=STATE_STYLES[row.state] if row.state else ""))
            if has_quote:
                cells.append(Text(format_proof(row.quote, 200)))
            drawn.add_row(*cells)
        console.print(drawn)
    print_cautions(answer.cautions)


def build_differences_table(differences: Iterable[StatusDifference], lexicon: Lexicon) -> Table:
    """Return the notices whose status differs between two days, and why."""
    from controlwatch.core.rendering.category_text import name_categories
    from controlwatch.core.rendering.day_text import format_date
    from controlwatch.core.rendering.state_text import format_state

    drawn = build_table("Number", "Before", "After", "Until", "Items", "Because")
    for item in differences:
        because = "\n".join(
            f"{format_date(step.date)} {step.verb}: {to_one_line(step.number, 50)}" for step in item.because
        )
        drawn.add_row(
            build_cell(item.number, 60),
            Text(format_state(item.before, None), style=STATE_STYLES[item.before]),
            Text(format_state(item.after, None, item.announced), style=STATE_STYLES[item.after]),
            format_date(item.until) if item.until else "",
            build_cell(name_categories(item.categories, lexicon), 600),
            Text(because),
        )
    return drawn


def print_cautions(cautions: Iterable[str]) -> None:
    """Print cautions, one line each."""
    from controlwatch.core.rendering.day_text import spell_dates

    for caution in cautions:
        console.print(Text(f"caution: {to_one_line(spell_dates(caution), 400)}", style="yellow"))
