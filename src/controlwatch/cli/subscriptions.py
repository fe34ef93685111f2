"""Subscribe: who is alerted about what, where and when."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, TypeVar, get_args

import typer
from rich.text import Text

from controlwatch.cli.common import (
    JsonOption,
    build_table,
    console,
    find_subscription,
    now,
    open_cli_app,
    open_question_app,
    print_json,
)
from controlwatch.cli.completion import complete_category
from controlwatch.core.alerting.subscription_criteria import (
    CRITERIA,
    WEEKDAYS,
    parse_clock_time,
    parse_quiet_hours,
    parse_timezone,
    set_criteria,
)
from controlwatch.core.alerting.subscription_targets import parse_target
from controlwatch.core.model import ChannelName, Language, Mute, Rate, Subscription
from controlwatch.core.model.errors import UsageError
from controlwatch.core.model.text_safety import to_one_line
from controlwatch.core.model.typed_text import normalize_typed_text

if TYPE_CHECKING:
    from controlwatch.bootstrap.app import App

CHANNELS: tuple[ChannelName, ...] = get_args(ChannelName)
RATES: tuple[Rate, ...] = get_args(Rate)
LANGUAGES: tuple[Language, ...] = get_args(Language)

Choice = TypeVar("Choice", bound=str)
NumberArgument = Annotated[int, typer.Argument(help="The number that `controlwatch subscriptions` shows.")]

#: `controlwatch subscriptions`; the commands below it are in `subscription_transfer`, which adds it.
group = typer.Typer(invoke_without_command=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (subscribe, unsubscribe, mute, pause, resume):
        app.command(rich_help_panel="Subscribe")(command)


def _add_criterion_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command a repeatable option for each criterion, in place of its `**criteria`."""
    signature = inspect.signature(command, eval_str=True)
    options = [
        inspect.Parameter(
            criterion.option,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[
                list[str] | None,
                typer.Option(
                    help=criterion.help,
                    autocompletion=complete_category if criterion.option == "category" else None,
                ),
            ],
        )
        for criterion in CRITERIA
    ]
    positional = [item for item in signature.parameters.values() if item.kind is item.POSITIONAL_OR_KEYWORD]
    keywords = [item for item in signature.parameters.values() if item.kind is item.KEYWORD_ONLY]
    parameters = [*positional, *options, *keywords]
    command.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return command


@_add_criterion_options
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
    rate: Annotated[str, typer.Option(help="immediate, daily or weekly")] = "immediate",
    at: Annotated[str, typer.Option(help="Time of day for digests and outlooks, HH:MM.")] = "08:30",
    weekday: Annotated[str, typer.Option(help="Day of weekly digests.")] = "monday",
    timezone: Annotated[str, typer.Option(help="Time zone of --at and --quiet.")] = "Asia/Shanghai",
    quiet: Annotated[str | None, typer.Option(help="Hours without deliveries: 22:00-07:00.")] = None,
    language: Annotated[str, typer.Option(help="en, zh or both")] = "both",
    reports: Annotated[bool, typer.Option(help="Also send press reports, marked as such.")] = True,
    health: Annotated[
        bool | None,
        typer.Option(
            help="Also alert when a source fails or recovers: for operators. Default: yes where no other "
            "subscription gets these alerts, else no."
        ),
    ] = None,
    reminders: Annotated[
        bool,
        typer.Option(
            help="Also remind 30, 7 and 1 days before a key date, and on the day. "
            "A date that moves is always alerted."
        ),
    ] = True,
    outlook: Annotated[bool, typer.Option(help="Send the key dates of the week each day, at --at.")] = False,
    escalate_after: Annotated[
        int,
        typer.Option(min=0, help="Minutes after which an alert without an action is repeated; 0: never."),
    ] = 0,
    escalate_to: Annotated[
        str, typer.Option(help="Target of the repetition, on the same channel. Default: the same target.")
    ] = "",
    confirm: Annotated[
        bool,
        typer.Option("--confirm", help="Ask the address to confirm by one mail; until then send nothing."),
    ] = False,
    **criteria: list[str] | None,
) -> None:
    """Add a subscription.

    Values of one criterion are alternatives; different criteria must all match. Without criteria, every
    notice matches. Exit status 2 when a value cannot be used.

    Example: controlwatch subscribe email compliance@example.com --category battery --rate daily --at 09:00
    """
    from controlwatch.bootstrap.connections import resolve_destination
    from controlwatch.bootstrap.state_marks import describe_state
    from controlwatch.core.rendering.subscription_text import describe_criteria

    name = _choose(channel, CHANNELS, "channel")
    with open_cli_app() as app:
        names = app.queries.names
        plain = Subscription(
            channel=name,
            target=resolve_destination(app.channels, target)
            if name == "apprise"
            else parse_target(name, target),
            rate=_choose(rate, RATES, "rate"),
            at=parse_clock_time(at),
            weekday=WEEKDAYS.index(_choose(weekday.lower(), WEEKDAYS, "weekday")),
            timezone=parse_timezone(timezone),
            quiet=parse_quiet_hours(quiet) if quiet is not None else None,
            language=_choose(language, LANGUAGES, "language"),
            reports=reports,
            health=not any(item.health for item in app.store.subscriptions.list_active())
            if health is None
            else health,
            reminders=reminders,
            outlook=outlook,
            escalate_after=escalate_after,
            escalate_to=parse_target(name, escalate_to) if escalate_to else "",
        )
        values = {
            item.field: [
                item.parse(normalize_typed_text(value) or value, names)
                for value in criteria[item.option] or ()
            ]
            for item in CRITERIA
        }
        subscription = set_criteria(plain, values)
        if confirm:
            number = _request_confirmation(app, subscription)
        else:
            number = app.store.subscriptions.subscribe(subscription, now())
        where = describe_state(app.settings)
    what = describe_criteria(subscription)
    console.print(
        f"Subscription {number}: {what} → {name} {subscription.target}, {subscription.rate}.", markup=False
    )
    note = f"It is in {where}: `controlwatch run` sends its alerts only with the same settings."
    console.print(Text(note, style="bright_black"), soft_wrap=True)
    if name not in app.channels:
        console.print(f"Note: {name} is not configured here yet; alerts wait until it is.", style="yellow")


def _request_confirmation(app: App, subscription: Subscription) -> int:
    """Subscribe an address that has to confirm, and send it the request."""
    from controlwatch.services.subscribe import request_confirmation

    if subscription.channel != "email":
        raise UsageError("--confirm is for e-mail addresses only")
    if not app.links.public_url:
        raise UsageError(
            "--confirm needs CONTROLWATCH_PUBLIC_URL, the address that the link in the mail leads to"
        )
    number = request_confirmation(
        app.store.subscriptions,
        app.store.outbox,
        subscription,
        who="The operator of this service (本服务管理员)",
        now=now(),
    )
    app.deliverer.deliver_all(now)
    active = app.store.subscriptions.list_active()
    refusal = next((item.paused for item in active if item.id == number), "")
    console.print(
        f"The request to confirm could not be sent to {subscription.target}: {to_one_line(refusal)}"
        if refusal
        else f"{subscription.target} is asked to confirm by mail; nothing else is sent until then.",
        markup=False,
    )
    return number


def unsubscribe(number: NumberArgument) -> None:
    """End a subscription; its waiting deliveries are dropped.

    Exit status 2 when no active subscription has this number. Example: controlwatch unsubscribe 3
    """
    with open_cli_app() as app:
        app.store.subscriptions.unsubscribe(find_subscription(app, number).id)
    console.print(f"Subscription {number} has ended.")


@group.callback()
def subscriptions(context: typer.Context, *, json: JsonOption = False) -> None:
    """List every active subscription, with its state and the reason where it is paused.

    Example: controlwatch subscriptions --json
    """
    from controlwatch.core.rendering.subscription_text import describe_criteria, describe_timing

    if context.invoked_subcommand is not None:
        return
    with open_question_app() as app:
        active = app.store.subscriptions.list_active()
    if json:
        print_json(active)
        return
    drawn = build_table("No.", "To", "What", "When", "Language", "State")
    for item in active:
        state = Text("active") if item.confirmed else Text("unconfirmed", style="yellow")
        drawn.add_row(
            str(item.id),
            Text(f"{item.channel} {item.target}"),
            Text(describe_criteria(item)),
            Text(describe_timing(item)),
            item.language,
            Text("paused", style="red") if item.paused else state,
        )
    console.print(drawn if active else "No subscriptions yet; see: controlwatch subscribe --help")
    for item in active:
        if item.paused:
            advice = f"when the problem is fixed: controlwatch resume {item.id}"
            console.print(Text(f"{item.id} is paused: {to_one_line(item.paused)}; {advice}", style="red"))


def mute(
    number: NumberArgument,
    category: Annotated[
        str,
        typer.Argument(
            help="A category or a group, which covers its categories; in any spelling.",
            autocompletion=complete_category,
        ),
    ],
    *,
    days: Annotated[
        int, typer.Option(min=0, max=366, help="For how many days from today, at most 366; 0 ends the mute.")
    ] = 30,
) -> None:
    """Stop a subscription's alerts about a category for some days.

    They are not sent, but `controlwatch alerts` lists them. Exit status 2 when no active subscription has
    this number.

    Example: controlwatch mute 3 battery.primary_lithium --days 14
    """
    with open_cli_app() as app:
        subscription = find_subscription(app, number)
        muted = Mute(
            category=app.queries.names.find_category(category), until=now() + timedelta(days=days), who="cli"
        )
        app.store.actions.mute_category(subscription.id, muted)
    state = f"muted until {muted.until:%Y-%m-%d}" if days else "no longer muted"
    console.print(f"Subscription {number}: {muted.category} is {state}.", markup=False)


def pause(number: NumberArgument) -> None:
    """Hold the alerts of a subscription back: they wait until it is resumed.

    Exit status 2 when no active subscription has this number, or it is paused. Example: controlwatch pause 3
    """
    with open_cli_app() as app:
        subscription = find_subscription(app, number)
        if not app.store.subscriptions.pause(subscription.id, "paused by the operator", now()):
            raise UsageError(f"subscription {number} is paused already: {to_one_line(subscription.paused)}")
    console.print(f"Subscription {number} is paused; its alerts wait. To go on: controlwatch resume {number}")


def resume(
    which: Annotated[
        str,
        typer.Argument(
            help="The number of a subscription that is paused or has ended, or a channel, such as slack."
        ),
    ],
) -> None:
    """Resume a paused subscription, or all of a channel, and send what has waited; or continue an ended one.

    What was alerted after a subscription had ended is not sent. Exit status 2 when no such subscription is
    paused or has ended.

    Example: controlwatch resume 3
    """

    with open_cli_app() as app:
        if which.isdecimal() and app.store.subscriptions.reactivate(int(which)):
            console.print(f"Subscription {which} is active again.", markup=False)
            return
        paused = [item for item in app.store.subscriptions.list_active() if item.paused]
        chosen = [item.id for item in paused if which in {str(item.id), item.channel}]
        if not [number for number in chosen if app.store.subscriptions.resume(number)]:
            raise UsageError(
                f"no paused subscription {which}, nor one that has ended; "
                "to list those that are active: controlwatch subscriptions"
            )
        sent, failed = app.deliverer.deliver_all(now)
    numbers = ", ".join(str(number) for number in chosen)
    console.print(f"Resumed: {numbers}. {sent} deliveries sent, {failed} failed.", markup=False)


def _choose(value: str, allowed: tuple[Choice, ...], what: str) -> Choice:
    """Return the allowed value that was entered; raises `UsageError`."""
    for item in allowed:
        if item == value:
            return item
    raise UsageError(f"{value!r} is not a {what}; use one of {', '.join(allowed)}")
