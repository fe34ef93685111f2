"""The console as a channel: each card is a panel in the terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from controlwatch.core.model import ChannelName, RedlineSegment
from controlwatch.core.model.text_safety import strip_hidden, to_one_line
from controlwatch.core.rendering.card import Card
from controlwatch.core.rendering.facts import CardFact
from controlwatch.core.rendering.message import Message
from controlwatch.core.rendering.palette import TONE_COLOURS
from controlwatch.core.rendering.proof_text import format_proof

#: Operation of a redline segment → style, mark before, mark after.
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
        """Do nothing: no connection is open."""

    def send(self, message: Message, *, target: str, key: str) -> str:
        """Print every card; this cannot fail."""
        del target
        for card in message.cards:
            self._console.print(render_panel(card))
        return f"printed {key}"


def render_panel(card: Card) -> Panel:
    """Return a card as a panel. Its text is plain: markup in it is not interpreted."""
    colour = TONE_COLOURS[card.tone]
    parts: list[RenderableType] = [Text(to_one_line(card.heading, 400), style=f"bold {colour}")]
    if card.title:
        parts.append(Text(to_one_line(card.title, 400), style="bold"))
    if card.moved:
        parts.append(Text(card.labels[0], style="bold"))
        parts.extend(Text(f"  • {to_one_line(line, 400)}") for line in card.moved)
    if card.redline:
        parts.append(render_redline(card.redline))
    parts.extend(Text(strip_hidden(paragraph)) for paragraph in card.summary)
    if card.facts or card.caveats:
        parts.append(_render_facts((*card.facts, *card.caveats)))
    for doubt in card.doubts:
        parts.append(Text(f"{card.labels[2]}: {to_one_line(doubt, 400)}", style="yellow"))
    if card.url:
        parts.append(Text(to_one_line(card.url, 600), style="underline"))
    parts.append(Text(" · ".join(to_one_line(line) for line in card.footer), style="bright_black"))
    title = Text(f" {to_one_line(f'{card.badge} {card.when}').strip()} ", style=f"bold reverse {colour}")
    return Panel(
        Group(*parts),
        title=title,
        title_align="left",
        border_style=colour,
        padding=(0, 1),
    )


def _render_facts(facts: Iterable[CardFact]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bright_black", no_wrap=True)
    table.add_column(overflow="fold")
    label = ""
    for fact in facts:
        value = Text(to_one_line(fact.value, 600))
        if fact.quote:
            value.append(f"\n{format_proof(fact.quote, 200)}", style="italic bright_black")
        table.add_row(Text(to_one_line(fact.label, 100) if fact.label != label else ""), value)
        label = fact.label
    return table


def render_redline(stretches: tuple[RedlineSegment, ...]) -> Text:
    """Return a redline as text; the marks keep it readable without colour."""
    text = Text()
    for stretch in stretches:
        style, before, after = REDLINE_STYLES[stretch.op]
        text.append(f"{before}{strip_hidden(stretch.text)}{after}", style=style)
    return text
