"""The console as a channel: a card is a panel in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from controlwatch.core.model.text_safety import strip_hidden, to_one_line
from controlwatch.core.rendering.palette import TONE_COLOURS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import RenderableType

    from controlwatch.core.model import ChannelName, RedlineSegment
    from controlwatch.core.rendering.card import Card
    from controlwatch.core.rendering.facts import CardFact
    from controlwatch.core.rendering.message import Message

#: What is done with a stretch → style, sign before, sign after.
REDLINE_STYLES = {
    "same": ("", "", ""),
    "deleted": ("strike red", "[-", "-]"),
    "inserted": ("underline green", "{+", "+}"),
}


class ConsoleChannel:
    """Prints alerts where the service runs."""

    name: ChannelName = "console"

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console()

    def close(self) -> None:
        """Nothing is held open."""

    def send(self, message: Message, *, target: str, key: str) -> str:
        """Print every card; the console cannot refuse."""
        del target
        for card in message.cards:
            self._console.print(render_panel(card))
        return f"printed {key}"


def render_panel(card: Card) -> Panel:
    """Draw a card as a panel. Text goes in as text: no markup of ours or theirs is interpreted."""
    colour = TONE_COLOURS[card.tone]
    title = Text(f" {to_one_line(card.badge)} ", style=f"bold reverse {colour}")
    return Panel(
        Group(*_render_parts(card, colour)),
        title=title,
        title_align="left",
        border_style=colour,
        padding=(0, 1),
    )


def _render_parts(card: Card, colour: str) -> Iterator[RenderableType]:
    yield Text(to_one_line(card.heading, 400), style=f"bold {colour}")
    if card.title:
        yield Text(to_one_line(card.title, 400), style="bold")
    if card.moved:
        yield Text(card.labels[0], style="bold")
        yield from (Text(f"  • {to_one_line(line, 400)}") for line in card.moved)
    if card.redline:
        yield render_redline(card.redline)
    for paragraph in card.summary:
        yield Text(strip_hidden(paragraph))
    if card.facts or card.caveats:
        yield _render_facts((*card.facts, *card.caveats))
    for doubt in card.doubts:
        yield Text(f"{card.labels[2]}: {to_one_line(doubt, 400)}", style="yellow")
    if card.url:
        yield Text(to_one_line(card.url, 600), style="underline")
    yield Text(" · ".join(to_one_line(line) for line in card.footer), style="bright_black")


def _render_facts(facts: Iterable[CardFact]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bright_black", no_wrap=True)
    table.add_column(overflow="fold")
    label = ""
    for fact in facts:
        value = Text(to_one_line(fact.value, 600))
        if fact.quote:
            value.append(f"\n「{to_one_line(fact.quote, 200)}」", style="italic bright_black")
        table.add_row(Text(to_one_line(fact.label, 100) if fact.label != label else ""), value)
        label = fact.label
    return table


def render_redline(stretches: tuple[RedlineSegment, ...]) -> Text:
    """Draw a redline; the signs keep it readable where there is no colour."""
    text = Text()
    for stretch in stretches:
        style, before, after = REDLINE_STYLES[stretch.op]
        text.append(f"{before}{strip_hidden(stretch.text)}{after}", style=style)
    return text
