"""Replay the reference database day by day; count what five kinds of subscribers are sent (`make replay`).

The service starts on a day without knowing any later notice. Then each notice of the database appears on
its day: its page holds title, number, effective dates, signature and day, and the database completes what is
read. Alerts, reminders, digests and health messages are made and delivered by the service's own code; only
the channels are replaced, by ones that keep what they are given. The sources are recorded as read twice a
day, but for Customs, which refuses automated access, and for one list that cannot be read for two days.

The day by default begins the 90 days with the most notices. `--messages DIR` writes every message to a file.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from html import escape
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console

from controlwatch.adapters.catalog.lexicon_loader import load_lexicon
from controlwatch.adapters.catalog.register_loader import load_register
from controlwatch.bootstrap.app import App, open_app
from controlwatch.core.alerting.source_health import apply_failure, apply_success
from controlwatch.core.extraction.report.summary import name_in_chinese
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.law.register import Register, RegisterEntry
from controlwatch.core.model import ChannelName, Snapshot, Subscription
from controlwatch.core.model.errors import SourceError
from controlwatch.core.model.state import PollReport
from controlwatch.core.model.timezones import BEIJING
from controlwatch.core.rendering.day_text import format_date
from controlwatch.core.rendering.message import Message
from controlwatch.core.rendering.plain_text import render_text
from controlwatch.core.rendering.slack_blocks import render_message_blocks
from controlwatch.demo.stage import shipped_watchers
from controlwatch.services.deliver import Deliverer
from controlwatch.services.intake import submit
from controlwatch.settings import Settings
from controlwatch.testing.slack_limits import texts

BUSIEST = date(2025, 9, 4)
PROFILES: dict[str, Subscription] = {
    "battery desk": Subscription(
        channel="slack", target="C0BATTERY", categories=("battery",), language="en", health=False
    ),
    "rare-earth desk": Subscription(
        channel="slack", target="C0RAREEARTH", categories=("rare_earth",), language="zh", health=False
    ),
    "everything": Subscription(
        channel="email", target="everything@example.com", language="both", health=False
    ),
    "daily digest": Subscription(
        channel="email", target="digest@example.com", language="en", rate="daily", at=time(9), health=False
    ),
    "operator": Subscription(
        channel="slack", target="C0OPERATOR", categories=("licence.procedure",), language="en", health=True
    ),
}
#: Hours in Beijing at which the service is looked after, each some minutes past.
READ_AT, PUBLISHED_AT = (8, 15), 11
HOURS = (8, 9, 11, 15, 18)
#: Sources that cannot be read, with the days of the replay on which they cannot, and why.
FAILURES = {
    "gacc-announcements": (range(10_000), "blocked", "answered 412 with a bot challenge"),
    "mofcom-policy": (range(30, 32), "reshaped", "no row matches ul > li"),
}


@dataclass(frozen=True, slots=True)
class Kept:
    """A message as a subscriber was sent it."""

    at: datetime
    target: str
    subject: str
    text: str
    alerts: int


@dataclass(slots=True)
class KeepingChannel:
    """A channel that keeps what it is given, as the text that a reader sees."""

    name: ChannelName
    kept: list[Kept]
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def close(self) -> None:
        """Do nothing: no connection is open."""

    def send(self, message: Message, *, target: str, key: str) -> str:
        """Keep a message; this cannot fail."""
        text = (
            "\n".join(texts(render_message_blocks(message))) if self.name == "slack" else render_text(message)
        )
        self.kept.append(Kept(self.now, target, message.subject, text, len(message.cards)))
        return f"kept {key}"


def main() -> int:
    """Replay, and print the table; return the exit status."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--from", dest="first", type=date.fromisoformat, default=BUSIEST, help="first day")
    options.add_argument("--days", type=int, default=90)
    options.add_argument("--messages", type=Path, metavar="DIR", help="write each message to a file")
    chosen = options.parse_args()
    lexicon = load_lexicon()
    register = load_register(lexicon)
    last = chosen.first + timedelta(days=chosen.days - 1)
    entries = sorted(
        (entry for entry in register.entries.values() if chosen.first <= get_day(entry) <= last), key=get_day
    )
    with opened(register, chosen.first) as stage:
        stage.replay(entries, lexicon, days=chosen.days)
    print_table(stage.kept, days=chosen.days, notices=len(entries), first=chosen.first)
    if chosen.messages is not None:
        write_messages(stage.kept, chosen.messages)
    return 0


def get_day(entry: RegisterEntry) -> date:
    """Return the day of issue; a notice without one is older than any replay."""
    return entry.notice.published or date.min


@dataclass(slots=True, kw_only=True)
class Stage:
    """The service at a moment of the replay."""

    app: App
    deliverer: Deliverer
    register: Register
    first: date
    channels: tuple[KeepingChannel, ...]
    kept: list[Kept]

    def replay(self, entries: list[RegisterEntry], lexicon: Lexicon, *, days: int) -> None:
        """Let each day pass."""
        self.read_sources(-1, at_hour(self.first - timedelta(days=1), 18))
        for number in range(days):
            day = self.first + timedelta(days=number)
            for hour in HOURS:
                now = at_hour(day, hour)
                if hour in READ_AT:
                    self.read_sources(number, now)
                if hour == PUBLISHED_AT:
                    for entry in entries:
                        if get_day(entry) == day:
                            self.publish(entry, lexicon, now)
                self.app.reminder.remind(now=now)
                self.deliver(now)

    def read_sources(self, number: int, now: datetime) -> None:
        """Record that every source was read, or why it could not be."""
        polling = self.app.store.polling
        for watcher in self.app.watchers:
            if not watcher.enabled:
                continue
            state = polling.load_state(watcher.id)
            state = replace(state, first_poll_at=state.first_poll_at or now, whole_at=now)
            failing_days, kind, reason = FAILURES.get(watcher.id, (range(0), "", ""))
            report = PollReport(watcher=watcher.id, started_at=now, outcome="looked")
            if number in failing_days:
                report = replace(report, outcome="failed", kind=kind, reason=reason)
                state = apply_failure(state, kind=kind, reason=reason, now=now)
            else:
                state = apply_success(state, observed=state, now=now)
            polling.record_poll(report, state, keep={}, drop=(), now=now)
        self.app.reminder.check_sources(now=now)

    def publish(self, entry: RegisterEntry, lexicon: Lexicon, now: datetime) -> None:
        """Let a notice of the database appear."""
        url = next(iter(entry.urls), f"https://www.mofcom.gov.cn/replay/{entry.key.replace('/', '-')}.html")
        page = Snapshot(
            url=url,
            final_url=url,
            fetched_at=now,
            status=200,
            headers=(("content-type", "text/html; charset=utf-8"),),
            body=draw_page(entry, lexicon).encode(),
        )
        ingester = replace(self.app.ingester, register=lambda: self.register)
        try:
            submit(page, ingester, self.app.fetch, (), title=entry.notice.title, now=now)
        except SourceError as error:
            print(f"{entry.key}: {error}", file=sys.stderr)

    def deliver(self, now: datetime) -> None:
        """Send what is due."""
        for channel in self.channels:
            channel.now = now
        while any(self.deliverer.deliver(now=now)):
            pass


def draw_page(entry: RegisterEntry, lexicon: Lexicon) -> str:
    """Return the page of a notice: what the database knows of its words."""
    notice, day = entry.notice, get_day(entry)
    number = notice.number
    printed = name_in_chinese(number.canonical, lexicon) if number is not None else ""
    is_printed = number is not None and f"第{number.n}号" in notice.title
    title = notice.title if is_printed or not printed else f"{printed} {notice.title}"
    dates = [
        f"本公告自{format_date(span.start, 'zh')}起"
        + (f"至{format_date(span.until, 'zh')}" if span.until else "")
        + "实施。"
        for span in notice.effective
        if span.start is not None and span.scope == "all"
    ]
    signed = " ".join(lexicon.get_issuer_name(code, "zh") for code in notice.issuers)
    lines = (f"现公布{notice.title}。", *dates, signed, format_date(day, "zh"))
    body = "".join(f"<p>{escape(line)}</p>" for line in lines)
    return (
        f'<html><head><meta charset="utf-8"></head><body><h1>{escape(title)}</h1>'
        f'<div class="art-con">{body}</div></body></html>'
    )


def at_hour(day: date, hour: int) -> datetime:
    """Return a moment of a day in Beijing."""
    return datetime.combine(day, time(hour, 7), BEIJING).astimezone(UTC)


@contextmanager
def opened(register: Register, first: date) -> Iterator[Stage]:
    """Open a service that knows nothing of what was issued from a day on."""
    unlearnt = frozenset(entry.key for entry in register.entries.values() if get_day(entry) >= first)
    kept: list[Kept] = []
    channels = (KeepingChannel("slack", kept), KeepingChannel("email", kept))
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(state_dir=Path(folder), watchers_dir=shipped_watchers())
        with open_app(settings, console=Console(file=io.StringIO()), unlearnt=unlearnt) as app:
            start = at_hour(first - timedelta(days=1), 17)
            for item in app.store.subscriptions.list_active():
                app.store.subscriptions.unsubscribe(item.id)
            for subscription in PROFILES.values():
                app.store.subscriptions.subscribe(
                    replace(subscription, timezone=str(ZoneInfo("Asia/Shanghai"))), start
                )
            yield Stage(
                app=app,
                deliverer=replace(app.deliverer, channels={channel.name: channel for channel in channels}),
                register=register,
                first=first,
                channels=channels,
                kept=kept,
            )


def print_table(kept: list[Kept], *, days: int, notices: int, first: date) -> None:
    """Print messages, alerts and characters a day, for each profile."""
    print(f"{notices} notices in {days} days from {first}")
    heads = (f"{'messages':>9} {'alerts':>7}", f"{'a day: messages':>16} {'alerts':>7} {'characters':>11}")
    print(f"{'profile':16}", *heads)
    for name, subscription in PROFILES.items():
        own = [item for item in kept if item.target == subscription.target]
        alerts, characters = sum(item.alerts for item in own), sum(len(item.text) for item in own)
        print(
            f"{name:16} {len(own):9} {alerts:7} {len(own) / days:16.2f} {alerts / days:7.2f} "
            f"{characters / days:11.0f}"
        )


def write_messages(kept: list[Kept], folder: Path) -> None:
    """Write each message to a file of its own, in order of time."""
    folder.mkdir(parents=True, exist_ok=True)
    names = {subscription.target: name.replace(" ", "-") for name, subscription in PROFILES.items()}
    for number, item in enumerate(kept, 1):
        path = folder / f"{number:04d}-{item.at:%m%d-%H}-{names[item.target]}.txt"
        path.write_text(f"{item.subject}\n\n{item.text}\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
