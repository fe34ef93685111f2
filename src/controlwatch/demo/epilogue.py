"""Tables of what a compliance officer would have received, and commands to try next."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from controlwatch.core.model.text_safety import to_one_line
from controlwatch.core.rendering.wording import find_word

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controlwatch.demo.stage import Stage
    from controlwatch.testing.formats.base import Posting

#: The words in capitals at the beginning of a subject: what kind of measure or message it is.
CAPITALS = re.compile(r"(?:[A-Z]{2,}[ :,]*)+")
HEALTH = {
    "healthy": "green",
    "degraded": "yellow",
    "quiet": "yellow",
    "blocked": "yellow",
    "blind": "red",
    "new": "bright_black",
}


def quiet_table(stage: Stage, rows: Iterable[tuple[str, Posting, str]]) -> Table:
    """Return the documents that raised no alert, with kind and categories and the reason."""
    table = _table("Watcher", "Document, kind and categories", "No alert because")
    for watcher_id, posting, reason in rows:
        notice = stage.app.queries.show(posting.sample.number or posting.url).notice
        names = ", ".join(stage.app.lexicon.get_category_name(found.id, "en") for found in notice.categories)
        read_as = f"{notice.kind.value}{f': {names}' if names else ''}"
        document = Text(f"{posting.sample.title}\n").append(read_as, style="bright_black")
        table.add_row(watcher_id, document, Text(reason))
    return table


def epilogue(stage: Stage, *, once: bool) -> None:
    """Print the deliveries, the health of the sources, and commands to try."""
    show = stage.console.print
    show()
    show(Rule(Text("What a compliance officer has received", style="bold cyan"), align="left", style="cyan"))
    show()
    show(_mails(stage))
    show()
    show(_slack(stage))
    show()
    show(_watchers(stage))
    show()
    show(_next(stage, once=once))


def _mails(stage: Stage) -> Table:
    count = len(stage.mailbox.mails)
    table = _table(
        "To", "Subject", title=f"Mailbox: {count} mails, subscribed to everything, in both languages"
    )
    for mail, recipients in zip(stage.mailbox.mails, stage.mailbox.recipients, strict=True):
        table.add_row(", ".join(recipients), _toned(str(mail["Subject"])))
    stage.check("the mailbox holds mail", holds=count > 0)
    return table


def _slack(stage: Stage) -> Table:
    count = len(stage.slack.posted)
    table = _table(
        "Channel", "Message", title=f"Slack: {count} messages, subscribed to batteries and rare earths"
    )
    for posted in stage.slack.posted:
        table.add_row(posted.channel, _toned(posted.text))
    stage.check("Slack holds messages", holds=count > 0)
    return table


def _watchers(stage: Stage) -> Table:
    table = _table("Watcher", "Health", "Listed", "Source", title="Watchers")
    for line in stage.app.queries.list_watchers():
        if line.enabled:
            health = Text(find_word(line.health_word, "en"), style=HEALTH[line.health])
            table.add_row(line.id, health, str(line.state.rows), Text(line.name))
    return table


def _next(stage: Stage, *, once: bool) -> Text:
    if once:
        tries: tuple[tuple[str, str], ...] = (
            ("controlwatch demo", "the same without --once: the sample regulators keep running"),
            ("controlwatch watchers", "the sources that are watched"),
            (
                "controlwatch read --sample",
                "the alert that a page would raise, shown on a sample",
            ),
            ("controlwatch run", "the service on the real sources"),
        )
    else:
        state = f"CONTROLWATCH_STATE_DIR={stage.app.settings.state_dir}"
        tries = (
            (f"{state} controlwatch latest --changes", ""),
            (f"{state} controlwatch show 'MOFCOM 2025-70'", ""),
            (f"{state} controlwatch status battery.liion --on 2026-11-11", ""),
            (f"{state} controlwatch history battery.liion", ""),
            (f"curl -H 'Host: www.mofcom.gov.cn' {stage.sites.origin}/zwgk/zcfb/index.html", ""),
        )
    text = Text("Try next\n", style="bold")
    for command, what in tries:
        text.append(f"  {command}", style="not bold cyan")
        text.append(f"  {what}\n" if what else "\n", style="not bold bright_black")
    if not once:
        text.append(
            f"\nPress Ctrl-C to end; the sample regulators are at {stage.sites.origin}, one for each Host, "
            "and are polled every 10 seconds.",
            style="bold",
        )
    return text


def _toned(subject: str) -> Text:
    """Return a subject with its badge, the words in capitals, in bold."""
    text = Text(to_one_line(subject, 300))
    head = CAPITALS.match(subject)
    if head is not None:
        text.stylize("bold", 0, head.end())
    return text


def _table(*columns: str, title: str | None = None) -> Table:
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
        header_style="bright_black",
        padding=(0, 2, 0, 0),
    )
    for place, column in enumerate(columns):
        table.add_column(column, no_wrap=place == 0, overflow="fold")
    return table
