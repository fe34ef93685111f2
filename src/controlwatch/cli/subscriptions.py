"""Subscribe: who hears of what, where and when."""

from __future__ import annotations

import re
from datetime import timedelta
from email.utils import parseaddr
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from rich.table import Table
from rich.text import Text

from controlwatch.cli.common import JsonOption, console, now, open_cli_app, parse_clock_time, print_json
from controlwatch.core.alerting.subscription_input import check_quiet_hours, parse_hs_prefix
from controlwatch.core.model import ChannelName, Direction, Language, Mute, Rate, Subscription
from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.text_safety import to_one_line
from controlwatch.core.rendering.subscription_text import WEEKDAYS, describe_criteria, describe_timing

if TYPE_CHECKING:
    from datetime import time

    from controlwatch.bootstrap import App

#: Slack channels, groups, direct messages and people: C0123ABCD, G…, D…, U…
SLACK_TARGET = re.compile(r"[CGDUW][A-Z0-9]{2,}")
MAIL_TARGET = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@(?:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+|localhost)")
#: An address without a password in it; http is for receivers on this machine or network.
WEBHOOK_TARGET = re.compile(r"https?://[^\s/@]+(?:/\S*)?")
CHANNELS: tuple[ChannelName, ...] = ("console", "slack", "email", "webhook", "apprise")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(rich_help_panel="Subscribe")(subscribe)
    app.command(rich_help_panel="Subscribe")(unsubscribe)
    app.command(rich_help_panel="Subscribe")(subscriptions)
    app.command(rich_help_panel="Subscribe")(mute)
    app.command(rich_help_panel="Subscribe")(resume)


def subscribe(
    channel: Annotated[str, typer.Argument(help="console, slack, email, webhook or apprise")],
    target: Annotated[
        str,
        typer.Argument(
            help="Slack channel id (C…), e-mail address, https address, name of a destination of "
            "CONTROLWATCH_APPRISE, or - for the console"
        ),
    ] = "-",
    *,
    category: Annotated[
        list[str] | None, typer.Option(help="A category; a group covers its leaves. Repeatable.")
    ] = None,
    issuer: Annotated[list[str] | None, typer.Option(help="MOFCOM, GACC, … Repeatable.")] = None,
    direction: Annotated[
        list[str] | None, typer.Option(help="tighten, relax, suspend, … Repeatable.")
    ] = None,
    destination: Annotated[list[str] | None, typer.Option(help="US, JP, EU, … Repeatable.")] = None,
    hs: Annotated[list[str] | None, typer.Option(help="HS code or its beginning: 8507. Repeatable.")] = None,
    term: Annotated[list[str] | None, typer.Option(help="Free words in title or text. Repeatable.")] = None,
    rate: Annotated[str, typer.Option(help="immediate, daily or weekly")] = "immediate",
    at: Annotated[str, typer.Option(help="When a digest leaves, HH:MM in the time zone given.")] = "08:30",
    weekday: Annotated[str, typer.Option(help="For weekly digests.")] = "monday",
    timezone: Annotated[str, typer.Option(help="Time zone of the hours.")] = "Asia/Shanghai",
    quiet: Annotated[str | None, typer.Option(help="No deliveries in these hours: 22:00-07:00.")] = None,
    language: Annotated[str, typer.Option(help="en, zh or both")] = "both",
    reports: Annotated[bool, typer.Option(help="Press reports too, marked as such.")] = True,
    health: Annotated[bool, typer.Option(help="Blind and recovered watchers too.")] = True,
    reminders: Annotated[
        bool,
        typer.Option(
            help="30, 7 and 1 days before a day that matters, and on it. Moved days are always told."
        ),
    ] = True,
    outlook: Annotated[bool, typer.Option(help="Each day at the hour given: today and this week.")] = False,
    escalate_after: Annotated[
        int,
        typer.Option(
            min=0, help="Minutes after which an alert is told again that nobody acted on in Slack; 0: never."
        ),
    ] = 0,
    escalate_to: Annotated[
        str, typer.Option(help="To whom, by the same channel; by default where the alert itself went.")
    ] = "",
    confirm: Annotated[
        bool,
        typer.Option("--confirm", help="Ask the address by one mail first; until then it gets nothing else."),
    ] = False,
) -> None:
    """Add a subscription. Criteria of one kind are alternatives; different kinds must all hold.

    Example: controlwatch subscribe email compliance@example.com --category battery --rate daily --at 09:00
    """
    from controlwatch.bootstrap import resolve_destination

    name = _require_choice(channel, CHANNELS, "channel")
    hours = _parse_quiet_hours(quiet)
    with open_cli_app() as app:
        names = app.queries.names
        made = Subscription(
            channel=_parse_channel(name),
            target=resolve_destination(app, target) if name == "apprise" else parse_target(name, target),
            categories=tuple(names.find_category(item) for item in category or ()),
            issuers=tuple(names.find_issuer(item) for item in issuer or ()),
            directions=tuple(
                Direction(_require_choice(item, tuple(Direction), "direction")) for item in direction or ()
            ),
            destinations=tuple(names.find_destination(item) for item in destination or ()),
            hs_prefixes=tuple(parse_hs_prefix(item) for item in hs or ()),
            terms=tuple(_parse_term(item) for item in term or ()),
            rate=_parse_rate(rate),
            at=parse_clock_time(at),
            weekday=WEEKDAYS.index(_require_choice(weekday.lower(), WEEKDAYS, "weekday")),
            timezone=_check_timezone(timezone),
            quiet=hours,
            language=_parse_language(language),
            reports=reports,
            health=health,
            reminders=reminders,
            outlook=outlook,
            escalate_after=escalate_after,
            escalate_to=parse_target(name, escalate_to) if escalate_to else "",
        )
        number = (
            _request_confirmation(app, made) if confirm else app.store.subscriptions.subscribe(made, now())
        )
    console.print(
        f"Subscription {number}: {describe_criteria(made)} → {made.channel} {made.target}, {made.rate}.",
        markup=False,
    )
    if made.channel not in app.channels:
        console.print(
            f"Note: {made.channel} is not configured here yet; alerts wait until it is.", style="yellow"
        )


def _request_confirmation(app: App, made: Subscription) -> int:
    """Subscribe an address that is to confirm, and send it the request."""
    from controlwatch.services.subscribe import request_confirmation

    if made.channel != "email":
        raise UsageError("only e-mail addresses are asked to confirm; leave --confirm out")
    if not app.links.public_url:
        raise UsageError(
            "--confirm needs CONTROLWATCH_PUBLIC_URL: the address at which the link in the mail reaches us"
        )
    number = request_confirmation(
        app.store.subscriptions,
        app.store.outbox,
        made,
        who="The operator of this service (本服务管理员)",
        now=now(),
    )
    app.deliverer.deliver_all(now)
    refused = next((item.paused for item in app.store.subscriptions.list_active() if item.id == number), "")
    console.print(
        f"{made.target} is asked by mail; it gets nothing else until it confirms."
        if not refused
        else f"{made.target} could not be asked: {to_one_line(refused)}",
        markup=False,
    )
    return number


def unsubscribe(
    number: Annotated[int, typer.Argument(help="As `controlwatch subscriptions` shows it.")],
) -> None:
    """End a subscription."""
    with open_cli_app() as app:
        if not app.store.subscriptions.unsubscribe(number):
            raise UsageError(f"there is no active subscription {number}; see: controlwatch subscriptions")
    console.print(f"Subscription {number} has ended.")


def subscriptions(*, json: JsonOption = False) -> None:
    """Show every active subscription."""
    with open_cli_app() as app:
        active = app.store.subscriptions.list_active()
    if json:
        print_json(active)
        return
    table = Table(
        "No.", "To", "What", "When", "Language", "State", show_edge=False, pad_edge=False, header_style="bold"
    )
    for item in active:
        table.add_row(
            str(item.id),
            Text(f"{item.channel} {item.target}"),
            Text(describe_criteria(item)),
            Text(describe_timing(item)),
            item.language,
            _format_state(item),
        )
    console.print(table if active else "Nobody is subscribed yet; see: controlwatch subscribe --help")
    for item in active:
        if item.paused:
            said = (
                f"{item.id} is paused: {to_one_line(item.paused)}. Once mended: controlwatch resume {item.id}"
            )
            console.print(Text(said, style="red"))


def mute(
    number: Annotated[int, typer.Argument(help="As `controlwatch subscriptions` shows it.")],
    category: Annotated[str, typer.Argument(help="A category; a group covers its leaves.")],
    *,
    days: Annotated[int, typer.Option(min=0, max=366, help="For how long; 0 ends it.")] = 30,
) -> None:
    """Keep the alerts about a category from a subscription for a while. They stand in `alerts` all the same.

    Example: controlwatch mute 3 battery.primary_lithium --days 14
    """
    with open_cli_app() as app:
        wanted = Mute(
            category=app.queries.names.find_category(category), until=now() + timedelta(days=days), who="cli"
        )
        if not app.store.actions.mute_category(number, wanted):
            raise UsageError(f"there is no active subscription {number}; see: controlwatch subscriptions")
    until = f"muted until {wanted.until:%Y-%m-%d}" if days else "told again"
    console.print(f"Subscription {number}: {wanted.category} is {until}.", markup=False)


def resume(
    which: Annotated[
        str, typer.Argument(help="A number, as `controlwatch subscriptions` shows it, or a channel: slack.")
    ],
) -> None:
    """Send to a paused subscription again, or to all of a channel; what waited for it leaves now."""

    with open_cli_app() as app:
        paused = [item for item in app.store.subscriptions.list_active() if item.paused]
        chosen = [item.id for item in paused if which in {str(item.id), item.channel}]
        if not [number for number in chosen if app.store.subscriptions.resume(number)]:
            raise UsageError(f"there is no paused subscription {which}; see: controlwatch subscriptions")
        sent, failed = app.deliverer.deliver_all(now)
    numbers = ", ".join(str(number) for number in chosen)
    console.print(f"On again: {numbers}. {sent} deliveries sent, {failed} not.", markup=False)


def _format_state(item: Subscription) -> Text:
    if item.paused:
        return Text("paused", style="red")
    return Text("active") if item.confirmed else Text("unconfirmed", style="yellow")


def _require_choice(value: str, allowed: tuple[str, ...], what: str) -> str:
    if value not in allowed:
        raise UsageError(f"no {what} {value!r}; there are {', '.join(allowed)}")
    return value


def _parse_channel(name: str) -> ChannelName:
    return next(channel for channel in CHANNELS if channel == name)


def _parse_rate(name: str) -> Rate:
    _require_choice(name, ("immediate", "daily", "weekly"), "rate")
    return "daily" if name == "daily" else "weekly" if name == "weekly" else "immediate"


def _parse_language(name: str) -> Language:
    _require_choice(name, ("en", "zh", "both"), "language")
    return "en" if name == "en" else "zh" if name == "zh" else "both"


def parse_target(channel: str, target: str) -> str:
    """Return the target as the channel knows it; raises `UsageError` where it is none."""
    if channel == "console":
        return "-"
    if channel == "webhook":
        if not WEBHOOK_TARGET.fullmatch(target):
            raise UsageError(f"{target!r} is not an address to post to; write https://receiver.example/hook")
        return target
    if channel == "slack":
        if not SLACK_TARGET.fullmatch(target):
            raise UsageError(
                f"{target!r} is not a Slack id; write the channel's id, such as C0123ABCD, not its #name"
            )
        return target
    if not MAIL_TARGET.fullmatch(target) or parseaddr(target)[1] != target:
        raise UsageError(f"{target!r} is not an e-mail address; write name@example.com")
    return target


def _check_timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(f"no time zone {name!r}; write one such as Asia/Shanghai or Europe/Berlin") from None
    return name


def _parse_quiet_hours(text: str | None) -> tuple[time, time] | None:
    if text is None:
        return None
    start, dash, end = text.partition("-")
    if not dash:
        raise UsageError(f"{text!r} are no quiet hours; write 22:00-07:00")
    return check_quiet_hours(parse_clock_time(start.strip()), parse_clock_time(end.strip()))


def _parse_term(text: str) -> str:
    if not text.strip():
        raise UsageError("an empty term would match everything; leave --term out for that")
    return text.strip()
