"""Set up an installation: state, channel, first subscription, a test message, a unit of systemd."""

from __future__ import annotations

import os
import secrets
import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from controlwatch.cli.common import console, now, print_check
from controlwatch.cli.setup_files import build_docker_command, write_settings, write_unit
from controlwatch.cli.subscriptions import LANGUAGES, RATES, Choice
from controlwatch.core.alerting.subscription_targets import parse_target
from controlwatch.core.model.errors import ControlwatchError, DeliveryError, UsageError

if TYPE_CHECKING:
    from controlwatch.bootstrap.app import App
    from controlwatch.core.model import ChannelName, Subscription
    from controlwatch.services.names import Names
    from controlwatch.settings import Settings
    from controlwatch.slack.setup_check import CheckResult

CHANNELS: tuple[ChannelName, ...] = ("slack", "email", "console")
STATE_KEY, TOKEN_KEY = "CONTROLWATCH_STATE_DIR", "CONTROLWATCH_SLACK_BOT_TOKEN"
SMTP_KEY, SENDER_KEY = "CONTROLWATCH_SMTP_URL", "CONTROLWATCH_MAIL_FROM"
TARGET_QUESTIONS = {
    "slack": "Slack channel (C…) or person (U…) for the alerts",
    "email": "E-mail address for the alerts",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupDialog:
    """Asks at the terminal; with `answers_itself`, takes what is given, and the defaults."""

    answers_itself: bool

    def ask_text(self, question: str, given: str | None, default: str | None = None) -> str:
        """Return what was given, else the answer; raises `UsageError` where --yes was given."""
        if given is not None:
            return given
        if not self.answers_itself:
            return str(typer.prompt(question, default=default, show_default=bool(default))).strip()
        if default is None:
            raise UsageError(f"with --yes an option must answer this: {question}")
        return default

    def ask_choice(
        self, question: str, given: str | None, choices: tuple[Choice, ...], default: Choice
    ) -> Choice:
        """Return one of the choices; raises `UsageError` for another one that was given."""
        while True:
            answer = self.ask_text(f"{question} ({', '.join(choices)})", given, default).lower()
            found = next((choice for choice in choices if choice == answer), None)
            if found is not None:
                return found
            if given is not None:
                raise UsageError(f"{answer!r} is none of {', '.join(choices)}")
            console.print(Text(f"{answer!r} is none of them.", style="yellow"))

    def ask_secret(self, question: str, key: str) -> str:
        """Return a value that the terminal does not show; raises `UsageError` where --yes was given."""
        if self.answers_itself:
            raise UsageError(f"with --yes, {key} must be set in the environment or in the settings file")
        return str(typer.prompt(question, hide_input=True)).strip()


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(rich_help_panel="Service")(setup)


def setup(
    *,
    yes: Annotated[
        bool, typer.Option("--yes", help="Ask nothing: use options, the environment and the defaults.")
    ] = False,
    settings_file: Annotated[
        Path, typer.Option(help="The file to keep the settings in; only its owner can read it.")
    ] = Path("controlwatch.env"),
    state_dir: Annotated[Path | None, typer.Option(help="The directory of the state.")] = None,
    channel: Annotated[str | None, typer.Option(help="slack, email or console")] = None,
    target: Annotated[
        str | None, typer.Option(help="Slack channel id (C…) or e-mail address for the alerts.")
    ] = None,
    mail_from: Annotated[str | None, typer.Option(help="The sender's address of mails.")] = None,
    category: Annotated[
        list[str] | None,
        typer.Option(help="Category, group, or a word to search for: battery, 镓, 8507. Repeatable."),
    ] = None,
    language: Annotated[str | None, typer.Option(help="en, zh or both")] = None,
    rate: Annotated[str | None, typer.Option(help="immediate, daily or weekly")] = None,
    unit: Annotated[Path | None, typer.Option(help="Write a systemd unit to this file.")] = None,
    docker: Annotated[bool, typer.Option("--docker", help="Print the command for a container.")] = False,
    sources: Annotated[bool, typer.Option(help="Check whether the sources can be reached.")] = True,
) -> None:
    """Set up controlwatch: state, channel, first subscription, a test message, a unit of systemd.

    Settings go to a file that only its owner can read; CONTROLWATCH_SETTINGS names it to the other commands.
    What the file and the state contain already is kept. With --yes, the Slack token and the address of the
    mail server are taken from the environment. Exit status 1 when a check fails.

    Example: controlwatch setup --yes --channel email --target desk@example.com --category battery
    """
    from controlwatch.adapters.storage.engine import has_store
    from controlwatch.bootstrap.app import open_app
    from controlwatch.core.rendering.subscription_text import describe_criteria, describe_timing
    from controlwatch.doctor import check_sources
    from controlwatch.settings import Settings

    dialog = SetupDialog(answers_itself=yes)
    values = collect_known_values(settings_file)
    state = dialog.ask_text(
        "Directory of the state", str(state_dir) if state_dir else values.get(STATE_KEY), "state"
    )
    values[STATE_KEY] = str(Path(state).absolute())
    name = dialog.ask_choice("Where do alerts go?", channel, CHANNELS, guess_channel(values))
    results = ask_channel_settings(dialog, values, name, mail_from)
    settings = Settings.parse(values)
    recipient = "-" if name == "console" else ask_target(dialog, name, target)
    write_settings(settings_file, values)
    is_new = not has_store(settings.database)
    with open_app(settings, console=console) as app:
        if is_new:  # the console is subscribed to everything where nothing else is
            for item in app.store.subscriptions.list_active():
                app.store.subscriptions.unsubscribe(item.id)
        subscription = find_or_ask_subscription(
            app, dialog, name=name, target=recipient, given=(category, language, rate)
        )
    console.print(
        Text(f"✓ subscription {subscription.id}: {describe_criteria(subscription)} → {name} {recipient}, ")
        + Text(describe_timing(subscription))
    )
    results += send_test(settings, name, recipient)
    if sources:
        for result in check_sources(settings):
            print_check(result)
            results.append(result.is_ok)
    if unit is None and not yes:
        answer = dialog.ask_text("Write a systemd unit to (blank: none)", None, "")
        unit = Path(answer) if answer else None
    if unit is not None:
        write_unit(unit, settings_file, settings.state_dir)
    if docker:
        console.print(Text(build_docker_command(settings_file, settings.state_dir)), soft_wrap=True)
    command = f"CONTROLWATCH_SETTINGS={shlex.quote(str(settings_file.absolute()))} controlwatch run"
    console.print(Text(f"Start the service: {command}"), soft_wrap=True)
    raise typer.Exit(0 if all(results) else 1)


def collect_known_values(settings_file: Path) -> dict[str, str]:
    """Return the settings of the file, with those of the environment over them; an unknown one is refused."""
    from controlwatch.settings import PREFIX, SETTINGS_FILE_KEY, Settings, read_settings_file

    values = read_settings_file(settings_file) if settings_file.exists() else {}
    values |= {
        key: value
        for key, value in os.environ.items()
        if key.startswith(PREFIX) and not key.startswith(f"{PREFIX}TEST_") and key != SETTINGS_FILE_KEY
    }
    Settings.parse({key: value for key, value in values.items() if key != SMTP_KEY})
    return values


def guess_channel(values: dict[str, str]) -> ChannelName:
    """Return the channel that is set up already, else the console."""
    if is_set(values, TOKEN_KEY):
        return "slack"
    return "email" if is_set(values, SMTP_KEY) else "console"


def is_set(values: dict[str, str], key: str) -> bool:
    """Return whether a setting has a value, itself or in a file that it names."""
    return bool(values.get(key, "").strip() or values.get(f"{key}_FILE"))


def ask_channel_settings(
    dialog: SetupDialog, values: dict[str, str], channel: str, mail_from: str | None
) -> list[bool]:
    """Complete the settings of a channel and check them; return the results of the checks."""
    from controlwatch.doctor import check_smtp
    from controlwatch.settings import Settings
    from controlwatch.slack.setup_check import check_slack, read_slack_setup

    def check_slack_setup() -> Iterable[CheckResult]:
        return check_slack(read_slack_setup(Settings.parse(values)))

    def check_mail_server() -> Iterable[CheckResult]:
        url = Settings.parse(values).smtp_url
        return () if url is None else (check_smtp(url),)

    if channel == "slack":
        question = "Bot token of the Slack app, xoxb-… (docs/slack.md says how to get one)"
        return ask_and_check(dialog, values, key=TOKEN_KEY, question=question, check=check_slack_setup)
    if channel == "email":
        values[SENDER_KEY] = dialog.ask_text("Sender's address", mail_from or values.get(SENDER_KEY))
        question = "Mail server: smtp://user:password@host:587?starttls=true, or smtps://…"
        return ask_and_check(dialog, values, key=SMTP_KEY, question=question, check=check_mail_server)
    return []


def ask_and_check(
    dialog: SetupDialog,
    values: dict[str, str],
    *,
    key: str,
    question: str,
    check: Callable[[], Iterable[CheckResult]],
) -> list[bool]:
    """Ask for a secret that is not set yet, and check it; a person may enter it again when that fails."""
    if is_set(values, key):
        console.print(f"{key} is kept.")
    while True:
        if not is_set(values, key):
            values[key] = dialog.ask_secret(question, key)
        try:
            found = list(check())
        except ControlwatchError as error:
            if dialog.answers_itself:
                raise
            console.print(Text(f"✗ {error}", style="red"))
            found = []
        for result in found:
            print_check(result)
        # The first check is of the secret itself; the others do not keep alerts from being sent.
        is_accepted = bool(found) and found[0].is_ok
        if is_accepted or dialog.answers_itself or not typer.confirm(f"Enter {key} again?", default=True):
            return [is_accepted]
        values.pop(key, None)
        values.pop(f"{key}_FILE", None)


def ask_target(dialog: SetupDialog, name: ChannelName, given: str | None) -> str:
    """Return the recipient of the alerts; raises `UsageError` for one that was given and cannot be one."""
    while True:
        try:
            return parse_target(name, dialog.ask_text(TARGET_QUESTIONS[name], given))
        except UsageError as error:
            if dialog.answers_itself or given is not None:
                raise
            console.print(Text(str(error), style="yellow"))


def find_or_ask_subscription(
    app: App,
    dialog: SetupDialog,
    *,
    name: ChannelName,
    target: str,
    given: tuple[list[str] | None, str | None, str | None],
) -> Subscription:
    """Return the subscription that this recipient has, else a new one as the answers say."""
    from controlwatch.core.model import Subscription

    replaced: list[int] = []
    for item in app.store.subscriptions.list_active():
        if (item.channel, item.target) == (name, target):
            # The console is subscribed to everything by itself, before a person was asked.
            automatic = Subscription(channel=name, target=target, id=item.id)
            is_automatic = name == "console" and item == automatic
            if not is_automatic or (dialog.answers_itself and not any(given)):
                if any(given):
                    note = (
                        f"Subscription {item.id} exists already and is kept as it is; to replace it, end it "
                        f"first: controlwatch unsubscribe {item.id}"
                    )
                    console.print(Text(note, style="yellow"))
                return item
            replaced.append(item.id)
    categories, language, rate = given
    found = ask_categories(dialog, app.queries.names, categories)
    chosen_language = dialog.ask_choice("Language", language, LANGUAGES, "both")
    chosen_rate = dialog.ask_choice("How often", rate, RATES, "immediate")
    subscription = Subscription(
        channel=name, target=target, categories=found, language=chosen_language, rate=chosen_rate
    )
    for old in replaced:
        app.store.subscriptions.unsubscribe(old)
    number = app.store.subscriptions.subscribe(subscription, now())
    return next(item for item in app.store.subscriptions.list_active() if item.id == number)


def ask_categories(dialog: SetupDialog, names: Names, given: list[str] | None) -> tuple[str, ...]:
    """Return the ids of the categories that words name or describe; none: everything."""
    question = "What are you concerned with? Words such as battery, 镓, 8507; blank: everything"
    while True:
        words = given if given is not None else dialog.ask_text(question, None, "").split(",")
        try:
            matches = [item for word in words if word.strip() for item in search_categories(word, names)]
        except UsageError as error:
            if dialog.answers_itself or given is not None:
                raise
            console.print(Text(str(error), style="yellow"))
            continue
        found = tuple(dict.fromkeys(matches))
        if given is not None or dialog.answers_itself or not found:
            return found
        listed = ", ".join(f"{item} ({names.lexicon.get_category_name(item, 'en')})" for item in found)
        if typer.confirm(f"{listed}: are these meant?", default=True):
            return found


def search_categories(word: str, names: Names) -> tuple[str, ...]:
    """Return the categories that a word names, else those that it describes; raises `UsageError`."""
    from controlwatch.core.law.lookup import match_categories

    try:
        return (names.find_category(word.strip()),)
    except UsageError:
        found = match_categories(word.strip(), names.lexicon)
        if not found:
            raise UsageError(f"no category and no item is called {word.strip()!r}") from None
        return found


def send_test(settings: Settings, channel: str, target: str) -> list[bool]:
    """Send a test message to the recipient through the channel; print and return how it went."""
    from controlwatch.adapters.channels.console import ConsoleChannel
    from controlwatch.bootstrap.connections import build_mail_channel
    from controlwatch.cli.mail import build_test_message
    from controlwatch.cli.smtp_advice import find_advice
    from controlwatch.slack.setup_check import CheckResult, read_slack_setup, send_test_message

    if channel == "slack":
        result = send_test_message(read_slack_setup(settings), target)
    elif channel == "email":
        key = secrets.token_hex(16)
        try:
            for _step in build_mail_channel(settings).check_delivery(
                build_test_message("controlwatch setup"), target=target, key=key
            ):
                pass
            result = CheckResult(message=f"a test mail was sent to {target}", is_ok=True)
        except DeliveryError as error:
            result = CheckResult(message=str(error), is_ok=False, advice=find_advice(error))
    else:
        message = build_test_message("controlwatch setup")
        ConsoleChannel(console).send(message, target="-", key=secrets.token_hex(16))
        result = CheckResult(message="alerts are printed where `controlwatch run` runs", is_ok=True)
    print_check(result)
    return [result.is_ok]
