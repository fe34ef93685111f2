"""The stage of the demo: an app with a temporary state, sample regulators, a mailbox, a Slack, a clock."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.channels.console import ConsoleChannel
from controlwatch.adapters.channels.slack import SlackChannel
from controlwatch.bootstrap.app import open_app
from controlwatch.core.extraction.mentions.numbers import parse_number
from controlwatch.core.model import Subscription
from controlwatch.core.model.text_safety import to_one_line
from controlwatch.core.model.timezones import BEIJING, to_beijing_day
from controlwatch.settings import Settings
from controlwatch.testing.regulators import Regulators
from controlwatch.testing.samples import samples
from controlwatch.testing.sites import Sites
from controlwatch.testing.slack import SlackStandIn
from controlwatch.testing.smtp import Mailbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from controlwatch.bootstrap.app import App
    from controlwatch.core.model import ChannelName
    from controlwatch.core.model.state import PollReport
    from controlwatch.core.rendering.card import Card
    from controlwatch.core.rendering.message import Message
    from controlwatch.core.sources.watcher import Watcher
    from controlwatch.services.deliver import Deliverer
    from controlwatch.services.poll import Poller
    from controlwatch.services.remind import Reminder
    from controlwatch.testing.formats.base import Posting

POLL_EVERY = timedelta(minutes=10)
SLACK = "C0CONTROLS"
MAIL = "compliance@example.com"
SUBSCRIPTIONS = (
    Subscription(channel="console", target="-", language="en"),
    Subscription(
        channel="slack", target=SLACK, categories=("battery", "rare_earth"), language="en", health=False
    ),
    Subscription(channel="email", target=MAIL, language="both", health=False),
)


class Witness:
    """The console channel, which also records what it prints, so that the demo can check itself."""

    name: ChannelName = "console"

    def __init__(self, console: Console) -> None:
        self._inner = ConsoleChannel(console)
        self.cards: list[Card] = []

    def close(self) -> None:
        """Do nothing: no connection is open."""

    def send(self, message: Message, *, target: str, key: str) -> str:
        """Print and record the cards."""
        self.cards.extend(message.cards)
        return self._inner.send(message, target=target, key=key)


@dataclass(slots=True, kw_only=True)
class Stage:
    """Everything a chapter needs."""

    console: Console
    app: App
    poller: Poller
    deliverer: Deliverer
    reminder: Reminder
    watchers: dict[str, Watcher]
    sites: Sites
    regulators: Regulators
    mailbox: Mailbox
    slack: SlackStandIn
    witness: Witness
    now: datetime
    chapter: int = 0
    astray: list[str] = field(default_factory=list)  #: where the story did not go as expected

    def heading(self, title: str, text: str) -> None:
        """Begin a chapter."""
        self.chapter += 1
        ruled = Text(f"{self.chapter}  {title}", style="bold cyan")
        self.console.print()
        self.console.print(Rule(ruled, align="left", style="cyan"))
        self.console.print(Padding(Text(text), (0, 0, 1, 0)))

    def say(self, words: str, *, style: str = "green") -> None:
        """Print a result."""
        self.console.print(Text(f"→ {words}", style=style))

    def appears(self, watcher_id: str, sample_id: str) -> Posting:
        """Let a regulator publish a document, and poll it."""
        posting = self.regulators.publish(watcher_id, sample_id)
        self.poll(watcher_id)
        return posting

    def poll(self, watcher_id: str, *, later: timedelta = POLL_EVERY, shown: bool = True) -> PollReport:
        """Advance the clock, poll once, and deliver; alerts appear on the console."""
        self.now += later
        watcher = self.watchers[watcher_id]
        report = self.poller.poll(watcher, now=self.now)
        self.reminder.checker.check_sources([watcher], now=self.now)
        if shown:
            self.console.print(_line(report, watcher, self.now))
        self.deliverer.deliver(now=self.now)
        return report

    def expect(self, *alerts: tuple[str, str]) -> None:
        """Check the alerts printed since the last check: tone and a part of the heading of each, in order."""
        cards = tuple(self.witness.cards)
        self.witness.cards.clear()
        fits = len(cards) == len(alerts) and all(
            card.tone == tone and words in card.heading
            for card, (tone, words) in zip(cards, alerts, strict=True)
        )
        if not fits:
            received = "; ".join(f"{card.tone}: {card.heading}" for card in cards) or "none"
            expected = "; ".join(f"{tone}: {words}" for tone, words in alerts) or "none"
            self.astray.append(f"expected alerts: {expected}. Received: {received}.")

    def check(self, what: str, *, holds: bool) -> None:
        """Check any other fact that the story relies on."""
        if not holds:
            self.astray.append(f"expected: {what}.")


def _line(report: PollReport, watcher: Watcher, now: datetime) -> Text:
    stamp = now.astimezone(BEIJING).strftime("%H:%M")
    if report.outcome == "failed":
        reason = to_one_line(report.reason.removeprefix(watcher.index.url).strip(), 150)
        return Text(f"{stamp}  {report.watcher}: {report.kind}: {reason}", style="yellow")
    words = f"{report.rows} listed, {report.unseen} unseen, {report.read} read"
    return Text(f"{stamp}  {report.watcher}: {words}", style="bright_black")


@contextmanager
def staged(console: Console) -> Iterator[Stage]:
    """Set up the stage, and remove everything at the end, also from the disk."""
    now = datetime.now(UTC)
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="controlwatch-demo-")))
        sites = opened.enter_context(Sites())
        mailbox = opened.enter_context(Mailbox())
        slack = SlackStandIn(channels=frozenset({SLACK}))
        settings = _settings(folder, sites, mailbox, slack)
        app = opened.enter_context(open_app(settings, console=console, unlearnt=_retold(to_beijing_day(now))))
        for subscription in SUBSCRIPTIONS:
            app.store.subscriptions.subscribe(subscription, now)
        # Only the pauses between two requests to a host and two messages to a channel are changed: these
        # hosts need no politeness.
        watchers = [
            replace(watcher, http=replace(watcher.http, pause=0.0))
            for watcher in app.watchers
            if watcher.enabled
        ]
        witness = Witness(console)
        unpaced = SlackChannel(slack.token, api_url=settings.slack_api_url, every=0.0)
        channels = {**app.channels, "console": witness, "slack": unpaced}
        yield Stage(
            console=console,
            app=app,
            poller=app.poller,
            deliverer=replace(app.deliverer, channels=channels),
            reminder=app.reminder,
            watchers={watcher.id: watcher for watcher in watchers},
            sites=sites,
            regulators=Regulators(sites, watchers, today=to_beijing_day(now)),
            mailbox=mailbox,
            slack=slack,
            witness=witness,
            now=now,
        )


def _retold(today: date) -> frozenset[str]:
    """Return the keys of the notices that are new in the story: the register must not know them yet."""
    lexicon = load_lexicon()
    numbers = (parse_number(sample.number or sample.title, lexicon) for sample in samples(today).values())
    return frozenset(number.key for number in numbers if number is not None)


def _settings(folder: Path, sites: Sites, mailbox: Mailbox, slack: SlackStandIn) -> Settings:
    """Return settings that override those of the environment: its database and accounts stay untouched."""
    return Settings(
        state_dir=folder,
        database_url=f"sqlite:///{folder / 'controlwatch.db'}",
        watchers_dir=shipped_watchers(),
        connect_to=sites.origin,
        smtp_url=mailbox.url,
        mail_from="controlwatch <alerts@controlwatch.example>",
        slack_bot_token=slack.token,
        slack_api_url=slack.put_up(sites),
    )


def shipped_watchers() -> Path:
    """Return the folder of the package's declarations, never that of the current folder."""
    package = Path(__file__).parents[1]
    packed = package / "_watchers"
    return packed if packed.is_dir() else package.parents[1] / "watchers"
